package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

var errDisk = errors.New("the disk is broken")

func testRecords(from, to int) []Record {
	var records []Record
	for i := from; i < to; i++ {
		records = append(records, Record{Time: At(time.Unix(1e9, 0)), Event: EventChange, Detail: fmt.Sprint(i)})
	}
	return records
}

func openTest(t *testing.T) *Log {
	t.Helper()
	log := Open(store.Open(t.TempDir()), "h", "P")
	if err := log.Append(t.Context(), testRecords(0, 3)...); err != nil {
		t.Fatal(err)
	}
	return log
}

// again is the log as another process sees it, with a disk that works.
func again(l *Log) *Log {
	fresh := *l
	fresh.disk = disk{
		write:   func(file *os.File, lines []byte) error { _, err := file.Write(lines); return err },
		flush:   (*os.File).Sync,
		replace: fresh.folder.Replace,
	}
	return &fresh
}

// put makes a new file: some file systems go to the disk for each that is made
// shorter and written anew.
func put(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(path), os.WriteFile(path, content, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// step makes one step of an append fail or die.
type step struct {
	name    string
	arrange func(l *Log, stop func() error)
	written func(lines int) int // records that are there afterwards, of those of the append
	pending bool                // after a death
}

func none(int) int  { return 0 }
func all(n int) int { return n }
func first(int) int { return 1 }
func steps() []step {
	nth := func(l *Log, number int, before bool, stop func() error) {
		replace, calls := l.disk.replace, 0
		l.disk.replace = func(name string, content []byte) error {
			calls++
			if calls != number {
				return replace(name, content)
			}
			if before {
				return stop()
			}
			return errors.Join(replace(name, content), stop())
		}
	}
	write := func(part func(lines []byte) []byte) func(*Log, func() error) {
		return func(l *Log, stop func() error) {
			l.disk.write = func(file *os.File, lines []byte) error {
				_, err := file.Write(part(lines))
				return errors.Join(err, stop())
			}
		}
	}
	return []step{
		{"before the first head", func(l *Log, stop func() error) { nth(l, 1, true, stop) }, none, false},
		{"after the first head", func(l *Log, stop func() error) { nth(l, 1, false, stop) }, none, true},
		{"before the lines", write(func([]byte) []byte { return nil }), none, true},
		{"in the first line", write(func(lines []byte) []byte { return lines[:20] }), none, true},
		{"before the end of the first line", write(func(lines []byte) []byte { return lines[:bytes.IndexByte(lines, '\n')] }), none, true},
		{"after the first line", write(func(lines []byte) []byte { return lines[:bytes.IndexByte(lines, '\n')+1] }), first, true},
		{"in the last line", write(func(lines []byte) []byte { return lines[:len(lines)-9] }), func(n int) int { return n - 1 }, true},
		{"with lost blocks", write(func(lines []byte) []byte {
			clear(lines[bytes.IndexByte(lines, '\n')+30:][:64])
			return lines
		}), first, true},
		{"with nothing but lost blocks", write(func(lines []byte) []byte { return make([]byte, len(lines)) }), none, true},
		{"before the flush", write(func(lines []byte) []byte { return lines }), all, true},
		{"after the flush", func(l *Log, stop func() error) {
			flush := l.disk.flush
			l.disk.flush = func(file *os.File) error { return errors.Join(flush(file), stop()) }
		}, all, true},
		{"before the last head", func(l *Log, stop func() error) { nth(l, 2, true, stop) }, all, true},
		{"after the last head", func(l *Log, stop func() error) { nth(l, 2, false, stop) }, all, false},
	}
}

func wantRecords(t *testing.T, l *Log, want []Record, pending bool) {
	t.Helper()
	summary, err := l.Verify(t.Context())
	if err != nil || summary.Records != len(want) || summary.Pending != pending {
		t.Fatalf("got %+v, %v, want %d records", summary, err, len(want))
	}
	i := 0
	for record, err := range l.Records(t.Context(), Filter{}) {
		if err != nil || record.Detail != want[i].Detail || record.Seq != i+1 {
			t.Errorf("record %d is %+v, %v", i+1, record, err)
		}
		i++
	}
	head, err := l.Head(t.Context())
	if err != nil || head.Seq != len(want) || head.Digest != summary.Head {
		t.Errorf("the head is %+v, %v", head, err)
	}
}

// TestDeathInEachStep: what was committed stays, what is whole counts, and the
// next append goes on behind it.
func TestDeathInEachStep(t *testing.T) {
	type death struct{}
	for _, appended := range []int{2, 5} {
		for _, step := range steps() {
			t.Run(fmt.Sprintf("%s of %d records", step.name, appended), func(t *testing.T) {
				log := openTest(t)
				dying := again(log)
				step.arrange(dying, func() error { panic(death{}) })
				func() {
					defer func() {
						if _, ok := recover().(death); !ok {
							t.Fatal("the step was not made")
						}
					}()
					_ = dying.Append(t.Context(), testRecords(3, 3+appended)...)
				}()
				want := testRecords(0, 3+step.written(appended))
				wantRecords(t, log, want, step.pending)
				wantRecords(t, log, want, step.pending) // looking changes nothing
				if err := log.Append(t.Context(), testRecords(20, 22)...); err != nil {
					t.Fatal(err)
				}
				wantRecords(t, log, append(want, testRecords(20, 22)...), false)
			})
		}
	}
}

// TestFailureOfEachStep: an append that fails says so, and leaves nothing unless
// its last step was all that failed.
func TestFailureOfEachStep(t *testing.T) {
	for _, step := range steps() {
		t.Run(step.name, func(t *testing.T) {
			log := openTest(t)
			failing := again(log)
			step.arrange(failing, func() error { return &store.FileError{Op: "write", Path: "f", Err: errDisk} })
			err := failing.Append(t.Context(), testRecords(3, 6)...)
			failure, ok := errors.AsType[*WriteError](err)
			if !ok || !errors.Is(err, errDisk) || failure.Path != log.Path() || failure.Fault().Code != "audit_log" || failure.Fault().Hint == "" {
				t.Fatalf("got %v", err)
			}
			summary, err := log.Verify(t.Context())
			want := testRecords(0, 3)
			// Where the disk cannot say that it has taken anything back, what it holds counts.
			if strings.Contains(step.name, "last head") || strings.Contains(step.name, "after the flush") {
				want = testRecords(0, summary.Records)
			}
			if err != nil || summary.Records != len(want) {
				t.Errorf("got %+v, %v", summary, err)
			}
			if err := log.Append(t.Context(), testRecords(20, 22)...); err != nil {
				t.Fatal(err)
			}
			wantRecords(t, log, append(want, testRecords(20, 22)...), false)
		})
	}
}

// TestEveryCutOfAnAppendThatWentOn: each length of the file is either explained
// by the head or found.
func TestEveryCutOfAnAppendThatWentOn(t *testing.T) {
	log := openTest(t)
	dying := again(log)
	dying.disk.write = func(file *os.File, lines []byte) error {
		_, err := file.Write(lines)
		panic(err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = dying.Append(t.Context(), testRecords(3, 6)...)
	}()
	content, err := os.ReadFile(log.Path())
	if err != nil {
		t.Fatal(err)
	}
	head, err := log.readHead()
	if err != nil || head.Next == nil || head.Next.Size != int64(len(content)) {
		t.Fatal(head, err)
	}
	for size := len(content); size >= 0; size-- {
		if err := os.Truncate(log.Path(), int64(size)); err != nil {
			t.Fatal(err)
		}
		summary, err := log.Verify(t.Context())
		explained := int64(size) >= head.Size
		if explained != (err == nil) || explained && (!summary.Pending || summary.Records != bytes.Count(content[:size], []byte{'\n'})) {
			t.Fatalf("cut at byte %d: %+v, %v", size, summary, err)
		}
	}
	// A changed bit in the whole lines is found, also where nobody has committed them.
	for at := range content {
		changed := bytes.Clone(content)
		changed[at] ^= 1
		put(t, log.Path(), changed)
		if _, err := log.Verify(t.Context()); err == nil {
			t.Fatalf("byte %d was changed", at)
		}
	}
	for name, longer := range map[string][]byte{"garbage": []byte("x"), "a record": content[:bytes.IndexByte(content, '\n')+1]} {
		put(t, log.Path(), append(bytes.Clone(content), longer...))
		if _, err := log.Verify(t.Context()); err == nil {
			t.Errorf("%s was added", name)
		}
	}
}

// TestOtherRecordsThanAnnouncedShow, also where they have a right chain.
func TestOtherRecordsThanAnnouncedShow(t *testing.T) {
	long := testRecords(10, 12)
	long[0].Detail += strings.Repeat("x", 5000)
	cases := map[string][]Record{"others of the same size": testRecords(20, 22), "more": testRecords(20, 23)}
	for name, put := range cases {
		t.Run(name, func(t *testing.T) {
			log := openTest(t)
			before, err := log.readHead()
			if err != nil {
				t.Fatal(err)
			}
			announced := testRecords(10, 12)
			if len(put) > len(announced) {
				announced = long
			}
			_, next, err := log.encode(before.link, announced)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(log.Append(t.Context(), put...), log.writeHead(before.link, &next)); err != nil {
				t.Fatal(err)
			}
			if _, err := log.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), "not those that the head of the audit log announces") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestHeadsThatCannotBe are refused by whoever appends, too, sealed or not.
func TestHeadsThatCannotBe(t *testing.T) {
	digest := genesis("h", "P")
	cases := map[string]headFile{
		"begins elsewhere":   {link: link{Digest: genesis("h", "other")}, Next: &link{Seq: 1, Size: 1}},
		"size of nothing":    {link: link{Digest: digest, Size: 9}},
		"negative number":    {link: link{Seq: -1, Digest: digest}},
		"negative size":      {link: link{Seq: 1, Digest: digest, Size: -1}},
		"next does not grow": {link: link{Digest: digest}, Next: &link{Seq: 1}},
		"next does not rise": {link: link{Digest: digest}, Next: &link{Size: 9}},
	}
	for name, head := range cases {
		log := Open(store.Open(t.TempDir()), "h", "P")
		if err := errors.Join(log.folder.Make(), log.writeHead(head.link, head.Next)); err != nil {
			t.Fatal(err)
		}
		_, err := log.Verify(t.Context())
		for _, err := range []error{err, log.Append(t.Context(), testRecords(0, 1)...)} {
			if err == nil || !strings.Contains(err.Error(), "contradicts itself") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestHeldLockIsAnErrorAfterAWhile(t *testing.T) {
	log := openTest(t)
	log.patience = 20 * time.Millisecond
	holder := flock.New(log.folder.Path(log.name + lockSuffix))
	if err := holder.Lock(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Unlock() }()
	err := log.Append(t.Context(), testRecords(3, 4)...)
	if _, ok := errors.AsType[*WriteError](err); !ok || !errors.Is(err, errHeld) {
		t.Errorf("append: %v", err)
	}
	if _, err := log.Verify(t.Context()); !errors.Is(err, errHeld) {
		t.Errorf("verify: %v", err)
	}
}

// TestNewerVersions: a minor addition is read, a new major is refused.
func TestNewerVersions(t *testing.T) {
	cases := map[string]string{`"1.7","new":{"a":[1]}`: "", `"2.0"`: "format 2.0", `""`: "format ,", `7`: "cannot be read"}
	for version, want := range cases {
		log := openTest(t)
		content, err := os.ReadFile(log.Path())
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.SplitAfter(content, []byte{'\n'})
		last := bytes.Replace(lines[2], []byte(`"1.0"`), []byte(version), 1)
		reseal(last[:len(last)-1])
		content = bytes.Join([][]byte{lines[0], lines[1], last}, nil)
		end := link{Seq: 3, Digest: string(last[len(last)-74 : len(last)-3]), Size: int64(len(content))}
		if err := errors.Join(os.WriteFile(log.Path(), content, 0o600), log.writeHead(end, nil)); err != nil {
			t.Fatal(err)
		}
		_, err = log.Verify(t.Context())
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", version, err)
		}
	}
}

// reseal gives a line that was changed the digest that it has now, as somebody
// would who knows how.
func reseal(line []byte) {
	if _, ok, _ := readSeal(line, "digest"); ok {
		copy(line[len(line)-len(sealEnd)-hexDigits:], zeros)
		seal(line)
	}
}

func FuzzVerify(f *testing.F) {
	log := Open(store.Open(f.TempDir()), "h", "P")
	if err := log.Append(f.Context(), testRecords(0, 1)...); err != nil {
		f.Fatal(err)
	}
	content, err := os.ReadFile(log.Path())
	if err != nil {
		f.Fatal(err)
	}
	head, err := os.ReadFile(log.folder.Path(log.name + headSuffix))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content, head, false)
	f.Add(content, head, true)
	f.Add(bytes.Replace(content, []byte(`"detail"`), []byte(`"fields":[{"path":"a","before":[[[1]]]}],"detail"`), 1), head, true)
	f.Add([]byte(`{"format_version":"1.0","seq":1,"digest":"`+unsealed+`"}`+"\n"), []byte(nil), true)
	f.Fuzz(func(t *testing.T, content, head []byte, sealed bool) {
		if sealed {
			var lines []byte
			for line := range bytes.Lines(content) {
				line = bytes.Clone(line)
				reseal(bytes.TrimSuffix(line, []byte{'\n'}))
				lines = append(lines, line...)
			}
			content = lines
		}
		put(t, log.Path(), content)
		put(t, log.folder.Path(log.name+headSuffix), head)
		summary, err := log.Verify(t.Context())
		records := 0
		for record, failure := range log.Records(t.Context(), Filter{}) {
			if failure != nil {
				if err == nil {
					t.Fatalf("records: %v", failure)
				}
				break
			}
			records++
			if _, err := json.Marshal(record); err != nil {
				t.Fatalf("a record that was read cannot be written: %v", err)
			}
		}
		if err == nil && records != summary.Records {
			t.Fatalf("%d records, %+v", records, summary)
		}
	})
}
