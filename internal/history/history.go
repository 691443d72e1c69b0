package history

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// folderName is the folder of all histories in the project's state.
const folderName = "flows"

// Origin says how a version came to be known.
type Origin string

// The origins.
const (
	OriginDeployed   Origin = "deployed"    // this tool wrote it from the configuration
	OriginRolledBack Origin = "rolled_back" // this tool wrote an earlier version again
	OriginImported   Origin = "imported"    // this tool wrote it from a file
	OriginRestored   Origin = "restored"    // this tool wrote it from a backup, or undid a run
	OriginDeleted    Origin = "deleted"     // this tool deleted it
	OriginExported   Origin = "exported"    // somebody took it over into files
	OriginFound      Origin = "found"       // it was live, and not as this tool had last known it
)

// Origins are all of them, in the order of the constants.
func Origins() []Origin {
	return []Origin{
		OriginDeployed, OriginRolledBack, OriginImported, OriginRestored, OriginDeleted, OriginExported, OriginFound,
	}
}

// repeats reports whether the origin says something new of a version that is the
// newest already.
func (o Origin) repeats() bool { return o != OriginFound && o != OriginExported }

// Entry is one version of a flow. Texts that are not known are "".
type Entry struct {
	N         int       `json:"n"` // from 1, in the order of time
	At        time.Time `json:"at"`
	Digest    string    `json:"digest"` // of the document, as [resource.Value.Digest] gives it; "" where none is kept
	Origin    Origin    `json:"origin"`
	User      string    `json:"user"`
	GitCommit string    `json:"git_commit"`
	RunID     string    `json:"run_id"`
	Name      string    `json:"name"` // the flow's name for people
}

// History is the histories of one project's flows. It is safe for concurrent use,
// also by several processes. Flow ids may be any texts: different ones never share
// a history, and none leads out of the state folder.
type History struct {
	folder store.Folder
}

// Open names the histories of a project. Nothing is read or made before it is needed.
func Open(state *store.ProjectState) *History { return &History{folder: state.Folder(folderName)} }

// Record adds a version and returns its entry with number and digest, which it
// sets itself. Where the newest version has the same digest, a version that was
// only seen (exported or found) adds nothing, and that newest entry is returned.
// Only a deleted flow may come without a document. What is recorded is on disk when
// Record returns nil. Errors about files are a *[store.FileError], damage is a
// *[store.DamagedError].
func (h *History) Record(id string, document resource.Value, entry Entry) (Entry, error) {
	if err := check(id, document, entry); err != nil {
		return Entry{}, fmt.Errorf("history of flow %q: %w", id, err)
	}
	entry.At, entry.Digest = entry.At.UTC(), ""
	if !document.IsAbsent() {
		entry.Digest = document.Digest()
	}
	before, err := h.Entries(id)
	if err != nil {
		return Entry{}, err
	}
	if newest := len(before) - 1; newest >= 0 && before[newest].Digest == entry.Digest && !entry.Origin.repeats() {
		return before[newest], h.keep(id, document)
	}
	if err := h.keep(id, document); err != nil {
		return Entry{}, err
	}
	entry.N = numberAfter(before, 0)
	if err := h.of(id).AppendLine(linesFile, newLine(id, entry)); err != nil {
		return Entry{}, err
	}
	return h.written(id, entry)
}

// written is an entry as it came to stand among those that others have written
// at the same moment.
func (h *History) written(id string, entry Entry) (Entry, error) {
	after, err := h.Entries(id)
	if err != nil {
		return Entry{}, err
	}
	for _, found := range slices.Backward(after) {
		numbered := entry
		numbered.N = found.N
		if found.At.Equal(entry.At) {
			numbered.At = found.At
		}
		if found == numbered {
			return found, nil
		}
	}
	return Entry{}, h.damage(id, 1, "a line that was just written is not in it")
}

// check refuses what could not be read again.
func check(id string, document resource.Value, entry Entry) error {
	switch year := entry.At.UTC().Year(); {
	case id == "" || !utf8.ValidString(id):
		return errors.New("the id is empty or no text")
	case !slices.Contains(Origins(), entry.Origin):
		return fmt.Errorf("%q is no origin", entry.Origin)
	case document.IsAbsent() && entry.Origin != OriginDeleted:
		return errors.New("a version needs its document")
	case entry.At.IsZero() || year < 1 || year > 9999:
		return errors.New("a version needs its time")
	}
	for _, text := range []string{entry.User, entry.GitCommit, entry.RunID, entry.Name} {
		if !utf8.ValidString(text) {
			return fmt.Errorf("%q is no text", text)
		}
	}
	return nil
}

// keep writes a document, unless it is there already. One that is there and
// damaged is written again.
func (h *History) keep(id string, document resource.Value) error {
	if document.IsAbsent() {
		return nil
	}
	folder, name := h.of(id), fileOf(document.Digest())
	if err := folder.Make(); err != nil {
		return err
	}
	err := folder.Create(name, []byte(document))
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := h.read(id, document.Digest()); err == nil {
		return nil
	}
	return folder.Replace(name, []byte(document))
}

// Document is the document of a version; [Entry.N] is its number. Without such a
// version the error is a *[NoVersionError]; a document that is damaged or missing
// is a *[store.DamagedError].
func (h *History) Document(id string, n int) (resource.Value, error) {
	entries, err := h.Entries(id)
	if err != nil {
		return resource.Absent, err
	}
	at := slices.IndexFunc(entries, func(e Entry) bool { return e.N == n })
	if at < 0 || entries[at].Digest == "" {
		return resource.Absent, &NoVersionError{ID: id, N: n, Last: last(entries), Bare: at >= 0}
	}
	return h.read(id, entries[at].Digest)
}

// Keep stores a document that is about to be written, so that [History.ByDigest]
// finds it whatever comes of that. It adds no version.
func (h *History) Keep(id string, document resource.Value) error {
	if id == "" || !utf8.ValidString(id) || document.IsAbsent() {
		return fmt.Errorf("history of flow %q: there is nothing to keep", id)
	}
	return h.keep(id, document)
}

// ByDigest is the document that has the digest, of a version or only kept. Errors
// are as of [History.Document].
func (h *History) ByDigest(id, digest string) (resource.Value, error) {
	entries, err := h.Entries(id)
	if err != nil {
		return resource.Absent, err
	}
	isVersion := slices.ContainsFunc(entries, func(e Entry) bool { return e.Digest == digest })
	if digest == "" || !isVersion && !h.has(id, digest) {
		return resource.Absent, &NoVersionError{ID: id, Digest: digest, Last: last(entries)}
	}
	return h.read(id, digest)
}

// has reports whether a document is kept.
func (h *History) has(id, digest string) bool {
	_, err := os.Lstat(h.of(id).Path(fileOf(digest)))
	return err == nil
}

// read reads a document and checks it.
func (h *History) read(id, digest string) (resource.Value, error) {
	folder, name := h.of(id), fileOf(digest)
	file, err := folder.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return resource.Absent, damagedDocument(folder.Path(name), "it is missing")
	}
	if err != nil {
		return resource.Absent, err
	}
	text, err := io.ReadAll(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return resource.Absent, &store.FileError{Op: "read", Path: folder.Path(name), Err: err}
	}
	// What has the digest is what was written, and that was canonical.
	if document := resource.Value(text); document.Digest() == digest {
		return document, nil
	}
	return resource.Absent, damagedDocument(folder.Path(name), "its content has another digest than its name")
}

// of is the folder of one flow.
func (h *History) of(id string) store.Folder { return h.folder.Folder(id) }

func last(entries []Entry) int {
	if len(entries) == 0 {
		return 0
	}
	return entries[len(entries)-1].N
}
