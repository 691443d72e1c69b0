package applied

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// revision is what the records are to be.
type revision struct {
	before    loaded
	lines     map[resource.Address][]byte // what is new; nil for a line that goes
	documents map[string]resource.Value   // of the new lines, by digest
	differs   bool
}

// reviser works a batch out.
type reviser struct {
	records *Records
	key     hashKey
	making  bool // all of it is wanted, and the key may be made where there is none
	batch   Batch
	next    revision
	writer  *writer
	secret  map[string]bool // paths, as far as they were asked about
}

// revise holds a batch against what is recorded. Unless all of it is wanted it ends
// with the first difference, and makes nothing.
func (r *Records) revise(batch Batch, all bool) (revision, error) {
	before, err := r.load()
	if err != nil {
		return revision{}, err
	}
	key, err := r.loadKey()
	if err != nil {
		return revision{}, err
	}
	work := reviser{records: r, key: key, making: all, batch: batch, writer: newWriter(), secret: map[string]bool{}, next: revision{
		before: before, lines: map[resource.Address][]byte{}, documents: map[string]resource.Value{},
	}}
	named := make(map[resource.Address]bool, len(before.lines))
	for address, change := range batch.Changes {
		named[address] = true
		if err := work.change(address, change); err != nil {
			return revision{}, err
		}
		if work.next.differs && !all {
			return work.next, nil
		}
	}
	if batch.Forget != nil {
		for _, one := range before.lines {
			if !named[one.address] && batch.Forget(one.address) {
				work.next.lines[one.address], work.next.differs = nil, true
			}
		}
	}
	return work.next, nil
}

// change works one object out.
func (w *reviser) change(address resource.Address, change Change) error {
	if err := address.Check(); err != nil {
		return err
	}
	if w.records.isSecret(string(address)) {
		return nil // its very line would tell it
	}
	old := w.old(address)
	now, err := w.now(address, change, old)
	if errors.Is(err, errNoKey) {
		w.next.differs = true // there is a hash to be made
		return nil
	}
	if err != nil || now == nil {
		return err
	}
	same, err := w.isRecorded(now, old)
	if err == nil && !same && old != nil && change.Keep != nil {
		if err = w.keep(now, &change, old); err == nil {
			same, err = w.isRecorded(now, old)
		}
	}
	if err != nil {
		return err
	}
	if same && !change.Wrote {
		return w.mend(now, change.Object.Document)
	}
	if !w.making {
		w.next.differs = true // that is all that was asked
		return nil
	}
	if now.At, now.RunID, now.Commit = w.batch.At.UTC(), w.batch.RunID, w.commit(); old != nil {
		before, err := old.parse()
		if err != nil {
			return err
		}
		now.unknown = before.unknown
	}
	text := w.writer.encode(now)
	if old != nil && bytes.Equal(old.text, text) {
		return w.mend(now, change.Object.Document)
	}
	if w.next.differs = true; now.digest != "" && !change.Object.Document.IsAbsent() {
		w.next.documents[now.digest] = change.Object.Document
	}
	w.next.lines[address] = text
	return nil
}

// keep lets the caller leave parts of an object as they are recorded.
func (w *reviser) keep(now *line, change *Change, old *recorded) error {
	recorded, err := old.parse()
	if err != nil {
		return err
	}
	before, after := recorded.Object, now.Object
	if recorded.digest != "" {
		document, damage := w.records.document(recorded.digest)
		if damage != nil {
			return nil //nolint:nilerr // the document is written anew, which mends it
		}
		before.Document, after.Document = document, change.Object.Document
	}
	kept := change.Keep(before, after)
	now.Values, now.Hidden = kept.Values, kept.Hidden
	if now.digest != "" && !kept.Document.IsAbsent() {
		change.Object.Document, now.digest = kept.Document, kept.Document.Digest()
	}
	return nil
}

// commit is that of the configuration.
func (w *reviser) commit() string {
	if w.batch.Commit == nil {
		return ""
	}
	return w.batch.Commit()
}

// isRecorded reports whether an object is recorded as it is now.
func (w *reviser) isRecorded(now *line, old *recorded) (bool, error) {
	if old == nil {
		return false, nil
	}
	if bytes.HasPrefix(old.text, w.writer.content(now)) {
		return true, nil
	}
	// A newer version of this program may have written the same in another order.
	before, err := old.parse()
	if err != nil {
		return false, err
	}
	return before.Absent == now.Absent && before.digest == now.digest && slices.Equal(before.Managed, now.Managed) &&
		maps.Equal(before.Values, now.Values) && maps.Equal(before.Hidden, now.Hidden), nil
}

// mend writes a document again that is missing or damaged.
func (w *reviser) mend(now *line, document resource.Value) error {
	if now.digest == "" || document.IsAbsent() {
		return nil
	}
	if _, err := w.records.document(now.digest); err == nil {
		return nil
	}
	w.next.documents[now.digest], w.next.differs = document, true
	return nil
}

// recorded is a line of the file.
type recorded struct {
	found
	records *Records
	parsed  *line // nil until somebody asks
}

// parse reads the line.
func (o *recorded) parse() (*line, error) {
	if o.parsed == nil {
		parsed, err := parseLine(o.text)
		if err != nil {
			return nil, o.records.damaged(o.number, err.Error())
		}
		o.parsed = &parsed
	}
	return o.parsed, nil
}

// old is what is recorded of an object; nil for nothing.
func (w *reviser) old(address resource.Address) *recorded {
	lines := w.next.before.lines
	at, there := slices.BinarySearchFunc(lines, address, func(one found, address resource.Address) int {
		return strings.Compare(string(one.address), string(address))
	})
	if !there {
		return nil
	}
	return &recorded{found: lines[at], records: w.records}
}

// now is the line of an object after the batch, but for its facts; nil where it
// has none, and gets none.
func (w *reviser) now(address resource.Address, change Change, old *recorded) (*line, error) {
	next := &line{address: address, Object: drift.Object{Absent: change.Object.Absent}}
	if change.Object.Absent {
		return next, nil
	}
	if change.Partial {
		if old == nil {
			return nil, nil
		}
		before, err := old.parse()
		if err != nil || before.Absent {
			return nil, err
		}
		next.Managed, next.Values, next.Hidden, next.digest = before.Managed, maps.Clone(before.Values), maps.Clone(before.Hidden), before.digest
	} else {
		next.Managed = w.managed(change.Object.Managed)
	}
	if document := change.Object.Document; !document.IsAbsent() && !w.records.options.Secret(document) && !w.hidesDocument(address) {
		next.digest = document.Digest()
	}
	if !change.Partial && w.arePlain(address, change.Object.Values) {
		next.Values = change.Object.Values
		return next, nil
	}
	if next.Values == nil {
		next.Values, next.Hidden = map[string]resource.Value{}, map[string]string{}
	}
	for path, value := range change.Object.Values {
		if w.isSecretPath(path) {
			continue
		}
		delete(next.Values, path)
		delete(next.Hidden, path)
		if err := w.take(next, change, old, path, value); err != nil {
			return nil, err
		}
	}
	return next, nil
}

// managed are the paths that may be written down, sorted.
func (w *reviser) managed(paths []string) []string {
	kept := make([]string, 0, len(paths))
	for _, path := range paths {
		if !w.isSecretPath(path) {
			kept = append(kept, path)
		}
	}
	slices.Sort(kept)
	return slices.Compact(kept)
}

// arePlain reports whether values can be written down as they are.
func (w *reviser) arePlain(address resource.Address, values map[string]resource.Value) bool {
	for path, value := range values {
		if value.IsAbsent() && !isSetting(path) || w.isSecretPath(path) || w.isSecretValue(address, path, value) {
			return false
		}
	}
	return true
}

// take puts one value into a line, a secret one as a hash. A hash that another
// machine has made stays where this run has not written: nobody can tell here
// whether it is out of date, and two machines would otherwise change the line in turn.
func (w *reviser) take(next *line, change Change, old *recorded, path string, value resource.Value) error {
	if !w.isSecretValue(next.address, path, value) {
		if !value.IsAbsent() || isSetting(path) {
			next.Values[path] = value
		}
		return nil
	}
	if old != nil && !change.Wrote {
		before, err := old.parse()
		if err != nil {
			return err
		}
		if hash := before.Hidden[path]; hash != "" && !w.key.made(hash) {
			next.Hidden[path] = hash
			return nil
		}
	}
	if w.key.isNone() {
		if !w.making {
			return errNoKey
		}
		var err error
		if w.key, err = w.records.newKey(); err != nil {
			return err
		}
	}
	next.Hidden[path] = w.key.hash(w.records.options, next.address, path, value)
	return nil
}

// isSecretValue reports whether a value may stand in no file. That there is none
// is no secret.
func (w *reviser) isSecretValue(address resource.Address, path string, value resource.Value) bool {
	return w.records.options.Secret(value) || !value.IsAbsent() && w.records.options.SecretPaths.Has(address, path)
}

// hidesDocument reports whether the document of an object may stand in no file.
func (w *reviser) hidesDocument(address resource.Address) bool {
	return address.Kind() == resource.KindFlow && w.records.options.SecretPaths.In(address)
}

// isSecretPath reports whether a path may stand in no file.
func (w *reviser) isSecretPath(path string) bool {
	secret, known := w.secret[path]
	if !known {
		secret = w.records.isSecret(path)
		w.secret[path] = secret
	}
	return secret
}

// isSetting reports whether a path is one of those that are known only where they
// are recorded.
func isSetting(path string) bool { return strings.HasPrefix(path, "settings.") }

func (r *Records) isSecret(text string) bool { return r.options.Secret(resource.StringValue(text)) }
