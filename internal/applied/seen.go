package applied

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// seenLine is one difference in the file of first-seen times.
type seenLine struct {
	FormatVersion string    `json:"format_version"`
	Key           string    `json:"key"`
	FirstSeen     time.Time `json:"first_seen"`
}

// Seen gives the time at which each of the keys was first asked about, which is now
// for those that are new, and writes the new ones down. Keys are any texts that name
// a difference of this project; a key that is secret is new each time. Complete says
// that these are all differences that there are: others are forgotten, and are new
// when they come back.
//
// Where the times cannot be read or written down they are returned all the same, as
// far as they are known, with a *[store.FileError] or a *[store.DamagedError].
func (r *Records) Seen(ctx context.Context, keys []string, now time.Time, complete bool) (map[string]time.Time, error) {
	now = now.UTC().Truncate(time.Second)
	known, err := r.loadSeen()
	first, _, differs := r.firstSeen(known, keys, now, complete)
	if err != nil || !differs {
		return first, err
	}
	if err := r.options.Own.Make(); err != nil {
		return first, err
	}
	unlock, err := r.lock(ctx)
	if err != nil {
		return first, err
	}
	defer unlock()
	if known, err = r.loadSeen(); err != nil {
		return first, err
	}
	first, next, differs := r.firstSeen(known, keys, now, complete)
	if !differs {
		return first, nil
	}
	return first, r.options.Own.ReplaceFrom(seenFile, func(out io.Writer) error { return writeSeen(out, next) })
}

// firstSeen is what Seen returns, and what is to be written down.
func (r *Records) firstSeen(known map[string]time.Time, keys []string, now time.Time, complete bool) (first, next map[string]time.Time, differs bool) {
	first, next = make(map[string]time.Time, len(keys)), map[string]time.Time{}
	if !complete {
		maps.Copy(next, known)
	}
	for _, key := range keys {
		at, there := known[cleaned(key)]
		if !there {
			at = now
		}
		if first[key] = at; !r.isSecret(key) {
			next[cleaned(key)] = at
		}
	}
	return first, next, !maps.Equal(known, next)
}

func (r *Records) loadSeen() (map[string]time.Time, error) {
	known := map[string]time.Time{}
	err := r.options.Own.EachLine(seenFile, func(number int, text []byte) error {
		var one seenLine
		damage := &store.DamagedError{
			File: r.options.Own.Path(seenFile), Line: number,
			Hint: "restore or remove the file; without it all differences count as new",
		}
		if err := json.Unmarshal(text, &one); err != nil || one.FirstSeen.IsZero() {
			damage.Reason = "the record of when differences were first seen is damaged"
			return damage
		}
		if major, _, _ := strings.Cut(one.FormatVersion, "."); major != "1" {
			damage.Reason = fmt.Sprintf("the record of when differences were first seen has the format %q, and this version reads 1.x", one.FormatVersion)
			damage.Hint = "use the version of descope-mgmt that wrote it, or a newer one"
			return damage
		}
		known[one.Key] = one.FirstSeen.UTC()
		return nil
	})
	return known, err
}

func writeSeen(out io.Writer, next map[string]time.Time) error {
	for _, key := range slices.Sorted(maps.Keys(next)) {
		text, err := json.Marshal(seenLine{FormatVersion: format, Key: key, FirstSeen: next[key]})
		if err == nil {
			_, err = out.Write(append(text, '\n'))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
