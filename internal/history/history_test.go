package history_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

var testTime = time.Date(2026, 3, 4, 5, 6, 7, 89, time.UTC)

func open(dir string) *history.History { return history.Open(store.Open(dir).Project("host", "P2")) }

// document is a flow that cannot be mistaken for another one.
func document(text string) resource.Value {
	return resource.ObjectValue(map[string]resource.Value{"flowId": resource.StringValue("sign-in"), "contents": resource.StringValue(text)})
}

func entry(origin history.Origin) history.Entry {
	return history.Entry{At: testTime, Origin: origin, User: "alice", GitCommit: "abc", RunID: "r1", Name: "Sign in"}
}

func record(t *testing.T, h *history.History, id string, doc resource.Value, origin history.Origin) history.Entry {
	t.Helper()
	recorded, err := h.Record(id, doc, entry(origin))
	if err != nil {
		t.Fatal(err)
	}
	return recorded
}

func TestVersionsComeBackAsTheyWere(t *testing.T) {
	dir := t.TempDir()
	h := open(dir)
	if entries, err := h.Entries("sign-in"); err != nil || len(entries) != 0 {
		t.Fatalf("an empty history: %v, %v", entries, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("reading has made %v, %v", left, err)
	}
	first := record(t, h, "sign-in", document("one"), history.OriginDeployed)
	want := entry(history.OriginDeployed)
	want.N, want.Digest = 1, document("one").Digest()
	if first != want {
		t.Errorf("recorded %+v, want %+v", first, want)
	}
	record(t, h, "sign-in", document("two"), history.OriginDeployed)
	record(t, h, "sign-in", document("one"), history.OriginRolledBack)
	record(t, h, "sign-in", document("one"), history.OriginRolledBack) // a write is news also when nothing changed
	record(t, h, "sign-in", resource.Absent, history.OriginDeleted)

	again := open(dir)
	entries, err := again.Entries("sign-in")
	if err != nil || len(entries) != 5 {
		t.Fatalf("%v, %+v", err, entries)
	}
	for i, want := range []string{"one", "two", "one", "one"} {
		doc, err := again.Document("sign-in", i+1)
		if err != nil || doc != document(want) || entries[i].N != i+1 {
			t.Errorf("version %d (%d): %s, %v", i+1, entries[i].N, doc, err)
		}
		byDigest, err := again.ByDigest("sign-in", document(want).Digest())
		if err != nil || byDigest != doc {
			t.Errorf("by digest: %s, %v", byDigest, err)
		}
	}
	if !entries[0].At.Equal(testTime) {
		t.Errorf("the time is %s", entries[0].At)
	}
}

func TestWhatWasOnlySeenIsNoNewVersion(t *testing.T) {
	for _, origin := range history.Origins() {
		t.Run(string(origin), func(t *testing.T) {
			h := open(t.TempDir())
			record(t, h, "f", document("one"), history.OriginDeployed)
			repeated := record(t, h, "f", document("one"), origin)
			want := 2
			if origin == history.OriginFound || origin == history.OriginExported {
				want = 1
			}
			if entries, err := h.Entries("f"); err != nil || len(entries) != want || repeated.N != want {
				t.Errorf("%d entries, want %d, returned %+v, %v", len(entries), want, repeated, err)
			}
			if other := record(t, h, "f", document("two"), origin); other.N != want+1 {
				t.Errorf("another document is version %d", other.N)
			}
		})
	}
}

func TestMissingVersions(t *testing.T) {
	h := open(t.TempDir())
	if known, err := h.Known("f"); known || err != nil {
		t.Errorf("known: %v, %v", known, err)
	}
	_, err := h.Document("f", 1)
	wantMissing(t, err, "no version of flow")
	record(t, h, "f", document("one"), history.OriginExported)
	record(t, h, "f", resource.Absent, history.OriginDeleted)
	if known, err := h.Known("f"); !known || err != nil {
		t.Errorf("known: %v, %v", known, err)
	}
	_, err = h.Document("f", 3)
	wantMissing(t, err, "has no version 3")
	_, err = h.Document("f", 0)
	wantMissing(t, err, "has no version 0")
	_, err = h.Document("f", 2)
	wantMissing(t, err, "is its deletion")
	for _, digest := range []string{"", "sha256:" + strings.Repeat("0", 64), "sha256:../../x"} {
		_, err = h.ByDigest("f", digest)
		wantMissing(t, err, "flow \"f\"")
	}
}

func wantMissing(t *testing.T, err error, text string) {
	t.Helper()
	missing, ok := errors.AsType[*history.NoVersionError](err)
	if !ok || !strings.Contains(err.Error(), text) || missing.Fault().Hint == "" {
		t.Errorf("want %q, got %v", text, err)
	}
}

func TestWhatCannotBeReadAgainIsNotRecorded(t *testing.T) {
	for name, try := range map[string]func(e *history.Entry) (id string, doc resource.Value){
		"no id":              func(*history.Entry) (string, resource.Value) { return "", document("one") },
		"an id of raw bytes": func(*history.Entry) (string, resource.Value) { return "\xff", document("one") },
		"no document":        func(*history.Entry) (string, resource.Value) { return "f", resource.Absent },
		"no origin":          func(e *history.Entry) (string, resource.Value) { e.Origin = "new"; return "f", document("one") },
		"no time":            func(e *history.Entry) (string, resource.Value) { e.At = time.Time{}; return "f", document("one") },
		"a far time": func(e *history.Entry) (string, resource.Value) {
			e.At = testTime.AddDate(9000, 0, 0)
			return "f", document("one")
		},
		"a name of raw bytes": func(e *history.Entry) (string, resource.Value) { e.Name = "\xff"; return "f", document("one") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			e := entry(history.OriginDeployed)
			id, doc := try(&e)
			if _, err := open(dir).Record(id, doc, e); err == nil {
				t.Error("it was recorded")
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("left %v", left)
			}
		})
	}
}

// TestHostileIDsStayInTheirFolders: each id has its own history, below the
// state folder, whatever it holds.
func TestHostileIDsStayInTheirFolders(t *testing.T) {
	ids := []string{"../../x", "/etc/passwd", ".", "..", "a/b", `a\b`, "a", "A", "con", "~", "a\x00b", "new\nline", strings.Repeat("long", 100), strings.Repeat("long", 101)}
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	h := open(state)
	for _, id := range ids {
		record(t, h, id, document(id), history.OriginDeployed)
	}
	for _, id := range ids {
		if doc, err := h.Document(id, 1); err != nil || doc != document(id) {
			t.Errorf("%q: %s, %v", id, doc, err)
		}
		if entries, err := h.Entries(id); err != nil || len(entries) != 1 {
			t.Errorf("%q has %d entries, %v", id, len(entries), err)
		}
	}
	flows, err := h.Flows()
	slices.Sort(ids)
	if err != nil || !slices.Equal(flows, ids) {
		t.Errorf("the flows are %q, %v", flows, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("something stands beside the state: %v, %v", left, err)
	}
}

func TestModes(t *testing.T) {
	dir := t.TempDir()
	record(t, open(dir), "f", document("one"), history.OriginDeployed)
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		want := os.FileMode(0o600)
		if info.IsDir() {
			want = 0o700
		}
		if path != dir && info.Mode().Perm() != want {
			t.Errorf("%s has the mode %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// files are the paths of a flow's history and of the document of a version.
func files(dir string, doc resource.Value) (lines, content string) {
	folder := store.Open(dir).Project("host", "P2").Folder("flows").Folder("f")
	return folder.Path("history.jsonl"), folder.Path(strings.TrimPrefix(doc.Digest(), "sha256:") + ".json")
}

func TestDamagedDocuments(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"another text": func(path string) error { return os.WriteFile(path, []byte(document("evil")), 0o600) },
		"a blank more": func(path string) error { return os.WriteFile(path, []byte(document("one")+"\n"), 0o600) },
		"cut off":      func(path string) error { return os.Truncate(path, 10) },
		"empty":        func(path string) error { return os.Truncate(path, 0) },
		"gone":         os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			h := open(dir)
			record(t, h, "f", document("one"), history.OriginDeployed)
			record(t, h, "f", document("two"), history.OriginDeployed)
			_, path := files(dir, document("one"))
			if err := damage(path); err != nil {
				t.Fatal(err)
			}
			_, err := h.Document("f", 1)
			if damaged, ok := errors.AsType[*store.DamagedError](err); !ok || damaged.File != path || damaged.Fault().Hint == "" {
				t.Errorf("got %v", err)
			}
			if doc, err := h.Document("f", 2); err != nil || doc != document("two") {
				t.Errorf("the other version: %s, %v", doc, err)
			}
			record(t, h, "f", document("one"), history.OriginRolledBack)
			if doc, err := h.Document("f", 1); err != nil || doc != document("one") {
				t.Errorf("written again: %s, %v", doc, err)
			}
		})
	}
}

func TestDamagedLines(t *testing.T) {
	const whole = `{"format_version":"1.0","flow_id":"f","n":2,"at":"2026-03-04T05:06:07Z","digest":"","origin":"deleted"}`
	for name, damaged := range map[string]string{
		"no JSON":               `{"format_version":`,
		"a blank line":          ``,
		"another major version": strings.Replace(whole, "1.0", "2.0", 1),
		"no version":            strings.Replace(whole, "1.0", "", 1),
		"no flow":               strings.Replace(whole, `"f"`, `""`, 1),
		"number zero":           strings.Replace(whole, `"n":2`, `"n":0`, 1),
		"a number beyond all":   strings.Replace(whole, `"n":2`, `"n":9999999999`, 1),
		"no origin":             strings.Replace(whole, "deleted", "", 1),
		"no digest":             strings.Replace(whole, "deleted", "deployed", 1),
		"a path as digest":      strings.Replace(whole, `"digest":""`, `"digest":"sha256:../../../../../../../../../etc/passwd"`, 1),
		"upper case in digest":  strings.Replace(whole, `"digest":""`, `"digest":"sha256:`+strings.Repeat("A", 64)+`"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			h := open(dir)
			record(t, h, "f", document("one"), history.OriginDeployed)
			path, _ := files(dir, document("one"))
			appendTo(t, path, damaged+"\n")
			_, err := h.Entries("f")
			if failure, ok := errors.AsType[*store.DamagedError](err); !ok || failure.File != path || failure.Line != 2 || failure.Fault().Hint == "" {
				t.Errorf("got %v", err)
			}
			if _, err := h.Record("f", document("two"), entry(history.OriginDeployed)); err == nil {
				t.Error("a damaged history was continued")
			}
			if _, err := h.Known("f"); err == nil {
				t.Error("nobody knows whether it is known")
			}
			if _, err := h.Flows(); err == nil {
				t.Error("nobody knows all flows")
			}
		})
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = file.WriteString(text)
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestTornLine: what a killed process has left is passed over, and the next
// line stands on its own.
func TestTornLine(t *testing.T) {
	dir := t.TempDir()
	h := open(dir)
	record(t, h, "f", document("one"), history.OriginDeployed)
	path, _ := files(dir, document("one"))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{1, len(whole) / 2, len(whole) - 1} {
		appendTo(t, path, string(whole[:cut]))
		next := record(t, h, "f", document(fmt.Sprint(cut)), history.OriginDeployed)
		if doc, err := h.Document("f", next.N); err != nil || doc != document(fmt.Sprint(cut)) {
			t.Errorf("after %d torn bytes: %s, %v", cut, doc, err)
		}
	}
	if entries, err := h.Entries("f"); err != nil || len(entries) != 4 || entries[3].N != 4 {
		t.Errorf("%+v, %v", entries, err)
	}
}

// TestNumbersOfLinesThatMetOrWentAway: two processes that take one number at the
// same moment get two, and a number stays with its version when somebody has
// removed old lines.
func TestNumbersOfLinesThatMetOrWentAway(t *testing.T) {
	dir := t.TempDir()
	h := open(dir)
	for _, text := range []string{"one", "two", "three"} {
		record(t, h, "f", document(text), history.OriginDeployed)
	}
	path, _ := files(dir, document("one"))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.Collect(strings.Lines(string(text)))
	for name, test := range map[string]struct {
		lines []string
		want  []int
	}{
		"as written":       {lines, []int{1, 2, 3}},
		"the same twice":   {[]string{lines[0], lines[1], lines[1], lines[2]}, []int{1, 2, 3, 4}},
		"the first is out": {lines[1:], []int{2, 3}},
	} {
		if err := os.WriteFile(path, []byte(strings.Join(test.lines, "")), 0o600); err != nil {
			t.Fatal(err)
		}
		entries, err := h.Entries("f")
		var numbers []int
		for _, e := range entries {
			numbers = append(numbers, e.N)
		}
		if err != nil || !slices.Equal(numbers, test.want) {
			t.Errorf("%s: %v, %v", name, numbers, err)
		}
	}
}

// TestHistoryIsAList: whatever is recorded, in whichever order, comes back.
func TestHistoryIsAList(t *testing.T) {
	root, round := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		h := open(filepath.Join(root, strconv.Itoa(round)))
		want := map[string][]string{}
		for range rapid.IntRange(1, 12).Draw(t, "records") {
			id := rapid.StringN(1, 3, -1).Draw(t, "id")
			text := rapid.SampledFrom([]string{"one", "two", "three"}).Draw(t, "text")
			e := entry(rapid.SampledFrom(history.Origins()).Draw(t, "origin"))
			e.Name = rapid.String().Draw(t, "name")
			recorded, err := h.Record(id, document(text), e)
			if err != nil {
				t.Fatal(err)
			}
			if recorded.N > len(want[id]) {
				want[id] = append(want[id], text)
			}
			if want[id][recorded.N-1] != text {
				t.Fatalf("version %d of %q has another text", recorded.N, id)
			}
		}
		for id, texts := range want {
			for i, text := range texts {
				if doc, err := h.Document(id, i+1); err != nil || doc != document(text) {
					t.Fatalf("version %d of %q: %s, %v", i+1, id, doc, err)
				}
			}
		}
	})
}

// TestUnwritableFolder: the error names the place and the next step.
func TestUnwritableFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "projects"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := open(dir).Record("f", document("one"), entry(history.OriginDeployed))
	if failure, ok := errors.AsType[*store.FileError](err); !ok || !strings.Contains(failure.Fault().Hint, "--home") {
		t.Errorf("got %v", err)
	}
}
