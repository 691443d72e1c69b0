package applied

import (
	"context"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// The names of the files and folders.
const (
	linesFile = "applied.jsonl"
	flowsName = "flows"
	lockFile  = "applied.lock"
	seenFile  = "seen.jsonl"
	keyFile   = "applied.key"
)

// patience is how long another process may hold the lock: it does so for a few
// syncs of the disk.
const patience = 10 * time.Second

// restAge is how old a temporary file is when nobody is at work on it any more.
const restAge = time.Hour

// Options say whose records they are, and where they are kept.
type Options struct {
	Host      string // compared without regard to case
	ProjectID string
	// Folder holds the records. It may lie in a repository.
	Folder store.Folder
	// Own is this project's folder in the user's state: the lock and the times at
	// which differences were first seen. It may be the same as Folder.
	Own store.Folder
	// Keys is the folder in the user's state that holds the key of the hashes.
	Keys store.Folder
	// Random makes that key when it is first needed.
	Random io.Reader
	// Secret reports whether a value may stand in no file; nil means that none is
	// secret. It is asked about ids and names too, as strings.
	Secret func(resource.Value) bool
	// SecretPaths are the places whose values may stand in no file, whatever they
	// are. The document of a flow that has one is not kept.
	SecretPaths resource.SecretPaths
	// Patience is how long another process may hold the lock; 0 means ten seconds.
	Patience time.Duration
}

// Records are what was applied last to one project. They are safe for concurrent
// use, also by several processes that share the user's state.
type Records struct {
	options Options
}

// Open names the records of a project. Nothing is read or made before it is needed.
func Open(options Options) *Records {
	options.Host = strings.ToLower(options.Host)
	if options.Secret == nil {
		options.Secret = func(resource.Value) bool { return false }
	}
	if options.Patience == 0 {
		options.Patience = patience
	}
	return &Records{options: options}
}

// Path is the file of the lines; it need not exist.
func (r *Records) Path() string { return r.options.Folder.Path(linesFile) }

// Batch is what becomes of the records after a run.
type Batch struct {
	At    time.Time
	RunID string
	// Commit finds out the commit of the configuration, empty when unknown. It is
	// called when a line changes, and not otherwise. It may be nil.
	Commit func() string
	// Changes are the objects that the run was about, in any order, each once. It is
	// called more than once.
	Changes iter.Seq2[resource.Address, Change]
	// Forget is asked about recorded objects that Changes does not name: those
	// that nobody needs to know about any more lose their lines. It may be nil.
	Forget func(resource.Address) bool
}

// Change is what is known of one object after a run.
type Change struct {
	// Object is what is live now. Its time, run and commit are those of the batch,
	// and are set only when the run wrote the object or anything else of it is
	// not as it was recorded. Values that are secret become hashes; an object whose
	// id is secret is not recorded, a path that is secret is left out, and a
	// document that holds a secret is not kept.
	Object drift.Object
	// Wrote says that the run has written the object.
	Wrote bool
	// Partial says that only the given values are known: they are laid over those
	// that are recorded, and the managed paths stay. An object that was not there, or
	// that nobody has recorded, has no record then either.
	Partial bool
	// Keep gives the object as it is to be recorded, from how it is recorded and how
	// it is now, its secret values hidden already: what nobody has applied may stay
	// as it was. It must change neither. It is called where the two differ; nil
	// records what is now.
	Keep func(before, now drift.Object) drift.Object
}

// Read is what is recorded. A project without records is not Known.
//
// A path that is in Values is known, an absent value included: there was none. A
// path that is in Hidden has a hash, as [Records.Hash] makes it, or an empty text
// where the hash was made with the key of another machine, so that nobody can tell
// here. Of the settings of a tenant ("settings.KEY") all others are unknown, and of
// everything else in an object that was there, all others are known to be absent.
//
// Errors are a *[store.FileError], or a *[store.DamagedError] that names the line.
func (r *Records) Read() (drift.Applied, error) {
	for attempt := 0; ; attempt++ {
		applied, err := r.read()
		// Somebody may have replaced the lines, and removed a document that those
		// before had named.
		if _, gone := isGone(err); !gone || attempt == readAttempts {
			return applied, err
		}
	}
}

// readAttempts is how often records that change under the reader are read anew.
const readAttempts = 3

func (r *Records) read() (drift.Applied, error) {
	found, err := r.load()
	if err != nil || !found.exists {
		return drift.Applied{}, err
	}
	key, err := r.loadKey()
	if err != nil {
		return drift.Applied{}, err
	}
	applied := drift.Applied{Known: true, Objects: make(map[resource.Address]drift.Object, len(found.lines))}
	for _, one := range found.lines {
		parsed, err := parseLine(one.text)
		if err != nil {
			return drift.Applied{}, r.damaged(one.number, err.Error())
		}
		object := parsed.Object
		for path, hash := range object.Hidden {
			if !key.made(hash) {
				object.Hidden[path] = ""
			}
		}
		if parsed.digest != "" {
			if object.Document, err = r.document(parsed.digest); err != nil {
				return drift.Applied{}, err
			}
		}
		applied.Objects[one.address] = object
	}
	return applied, nil
}

// Update writes down what a run has found and done. Where nothing differs from
// what is recorded nothing is written, and the folders are not touched. Two updates
// at once wait for each other, and neither loses a line.
//
// Errors are a *[store.FileError] or a *[store.DamagedError]; what was recorded
// before is then still there as a whole. A context that ends while another process
// holds the lock has its own.
func (r *Records) Update(ctx context.Context, batch Batch) error {
	// A look comes first, which leaves no trace.
	if next, err := r.revise(batch, false); err != nil || !next.differs {
		return err
	}
	if err := r.options.Own.Make(); err != nil {
		return err
	}
	unlock, err := r.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	// From here on it is done to the end.
	next, err := r.revise(batch, true)
	if err != nil || !next.differs {
		return err
	}
	return r.write(next, batch.At)
}
