package audit_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/audit"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// image is what the two files of a log hold.
type image struct{ log, head []byte }

func imageOf(t testing.TB, log *audit.Log) image {
	t.Helper()
	return image{[]byte(content(t, log.Path())), []byte(content(t, headPath(log)))}
}

// record makes a log of so many records, in batches of two, and gives its image.
func record(t testing.TB, log *audit.Log, from, to int) image {
	t.Helper()
	for i := from; i < to; i += 2 {
		must(t, log.Append(t.Context(), changes(i, min(i+2, to))...))
	}
	return imageOf(t, log)
}

func place(t testing.TB, log *audit.Log, files image) {
	t.Helper()
	put(t, log.Path(), files.log)
	put(t, headPath(log), files.head)
}

// put makes a new file: some file systems go to the disk for each that is made
// shorter and written anew.
func put(t testing.TB, path string, content []byte) {
	t.Helper()
	must(t, os.RemoveAll(path), os.WriteFile(path, content, 0o600))
}

// poke writes one byte into a file.
func poke(t testing.TB, path string, at int, value byte) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(t, err)
	_, err = file.WriteAt([]byte{value}, int64(at))
	must(t, err, file.Close())
}

// wantBreak checks that a verification finds a break, and says how.
func wantBreak(t testing.TB, log *audit.Log, what string) *audit.BreakError {
	t.Helper()
	summary, err := log.Verify(t.Context())
	damage, ok := errors.AsType[*audit.BreakError](err)
	if !ok {
		t.Fatalf("%s: got %+v, %v", what, summary, err)
	}
	fault := damage.Fault()
	if _, ok := errors.AsType[*store.DamagedError](err); !ok || fault.Code != "damaged_record" || fault.Hint == "" || damage.Line < 1 {
		t.Errorf("%s: %+v", what, damage)
	}
	return damage
}

func TestAnyChangedBitShows(t *testing.T) {
	log := open(t.TempDir())
	good := record(t, log, 0, 3)
	for at, was := range good.log {
		for bit := range 8 {
			poke(t, log.Path(), at, was^1<<bit)
			damage := wantBreak(t, log, fmt.Sprintf("bit %d of byte %d of the log", bit, at))
			line := bytes.Count(good.log[:at], []byte{'\n'}) + 1
			if damage.Line != line || damage.Seq != line || damage.File != log.Path() {
				t.Errorf("byte %d of line %d: found %s", at, line, damage)
			}
		}
		poke(t, log.Path(), at, was)
	}
	for at, was := range good.head {
		for bit := range 8 {
			poke(t, headPath(log), at, was^1<<bit)
			if damage := wantBreak(t, log, fmt.Sprintf("bit %d of byte %d of the head", bit, at)); damage.File != headPath(log) {
				t.Errorf("byte %d of the head: found %s", at, damage)
			}
		}
		poke(t, headPath(log), at, was)
	}
	verified(t, log)
}

func TestChangedLinesShow(t *testing.T) {
	log := open(t.TempDir())
	good := record(t, log, 0, 6)
	lines := slices.Collect(bytes.Lines(good.log))
	more := record(t, log, 6, 8)
	other := open(t.TempDir())
	record(t, other, 0, 2)
	rewritten := record(t, other, 3, 7)
	foreign := record(t, audit.Open(store.Open(t.TempDir()), testHost, "P9"), 0, 6)
	exchanged := slices.Clone(lines)
	exchanged[2] = slices.Collect(bytes.Lines(rewritten.log))[2]
	cut := func(from, to int) []byte { return bytes.Join(slices.Delete(slices.Clone(lines), from, to), nil) }
	swapped := slices.Clone(lines)
	swapped[1], swapped[2] = swapped[2], swapped[1]

	cases := []struct {
		name   string
		files  image
		seq    int
		reason string
	}{
		{"first record deleted", image{cut(0, 1), good.head}, 1, "record 1 is missing or out of order: record 2 stands in its place"},
		{"one record deleted", image{cut(2, 3), good.head}, 3, "record 3 is missing or out of order: record 4 stands in its place"},
		{"last record deleted", image{cut(5, 6), good.head}, 6, "ends too early"},
		{"last four records deleted", image{cut(2, 6), good.head}, 3, "ends too early"},
		{"all records deleted", image{nil, good.head}, 1, "missing or empty"},
		{"two swapped", image{bytes.Join(swapped, nil), good.head}, 2, "record 2 is missing or out of order: record 3"},
		{"one exchanged for a sealed one", image{bytes.Join(exchanged, nil), good.head}, 4, "does not continue the one before it"},
		{"one repeated", image{bytes.Join(slices.Insert(slices.Clone(lines), 2, lines[1]), nil), good.head}, 3, "record 2 stands in the place of record 3"},
		{"last repeated", image{append(slices.Clone(good.log), lines[5]...), good.head}, 7, "record 6 stands in the place of record 7"},
		{"added with a right chain", image{more.log, good.head}, 7, "goes on after the end"},
		{"an older log", image{good.log, more.head}, 7, "ends too early"},
		{"chain written anew", image{rewritten.log, good.head}, 6, "do not belong together"},
		{"head written anew", image{good.log, rewritten.head}, 6, "do not belong together"},
		{"other project's files", foreign, 1, "belongs to another project"},
		{"not a record", image{append(slices.Clone(good.log), "{}\n"...), good.head}, 7, "no record of this program"},
		{"empty line", image{append(slices.Clone(good.log), '\n'), good.head}, 7, "no record of this program"},
		{"no end", image{append(slices.Clone(good.log), '{'), good.head}, 7, "in the middle of a record"},
		{"a huge line", image{append(slices.Clone(good.log), bytes.Repeat([]byte("x"), 2<<20)...), good.head}, 7, "longer than 1048576 bytes"},
		{"empty head", image{good.log, nil}, 0, "its digest does not fit"},
		{"head of an empty log", image{good.log, []byte("{}\n")}, 0, "its digest does not fit"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			place(t, log, c.files)
			damage := wantBreak(t, log, c.name)
			if damage.Seq != c.seq || !strings.Contains(damage.Reason, c.reason) {
				t.Errorf("got record %d, %s", damage.Seq, damage)
			}
			var last error
			for _, err := range log.Records(t.Context(), audit.Filter{User: "nobody"}) {
				last = err
			}
			if last == nil || last.Error() != damage.Error() {
				t.Errorf("records end with %v", last)
			}
		})
	}
}

func TestMissingFilesShow(t *testing.T) {
	log := open(t.TempDir())
	good := record(t, log, 0, 3)
	must(t, os.Remove(headPath(log)))
	if damage := wantBreak(t, log, "no head"); damage.File != headPath(log) || !strings.Contains(damage.Reason, "is missing") {
		t.Errorf("got %s", damage)
	}
	place(t, log, good)
	must(t, os.Remove(log.Path()))
	if damage := wantBreak(t, log, "no log"); !strings.Contains(damage.Reason, "the audit log is missing") {
		t.Errorf("got %s", damage)
	}
	for range 2 { // and appending does not repair it
		_, headErr := log.Head(t.Context())
		for _, err := range []error{headErr, log.Append(t.Context(), change("x"))} {
			if _, ok := errors.AsType[*audit.BreakError](err); !ok {
				t.Errorf("got %v", err)
			}
		}
	}
	_ = wantBreak(t, log, "no log")
}

// TestNoRearrangementPasses: whatever is taken out, repeated, moved or put in
// from another log, with the head as it was.
func TestNoRearrangementPasses(t *testing.T) {
	log := open(t.TempDir())
	good := record(t, log, 0, 7)
	lines := slices.Collect(bytes.Lines(good.log))
	pool := slices.Concat(lines, slices.Collect(bytes.Lines(record(t, open(t.TempDir()), 1, 8).log)))
	rapid.Check(t, func(r *rapid.T) {
		var changed []byte
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(pool)-1), 0, 9).Draw(r, "lines") {
			changed = append(changed, pool[i]...)
		}
		kept := rapid.IntRange(0, 7).Draw(r, "kept")
		changed = append(bytes.Join(lines[:kept], nil), changed...)
		if bytes.Equal(changed, good.log) {
			r.Skip("nothing was changed")
		}
		put(t, log.Path(), changed)
		_ = wantBreak(t, log, "a rearrangement")
	})
}

func TestEveryCutShows(t *testing.T) {
	log := open(t.TempDir())
	good := record(t, log, 0, 4)
	for size := range slices.Backward(good.log) {
		must(t, os.Truncate(log.Path(), int64(size)))
		_ = wantBreak(t, log, fmt.Sprintf("cut at byte %d", size))
	}
	place(t, log, good)
	for size := range slices.Backward(good.head) {
		must(t, os.Truncate(headPath(log), int64(size)))
		_ = wantBreak(t, log, fmt.Sprintf("head cut at byte %d", size))
	}
}
