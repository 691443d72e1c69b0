package applied_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/applied"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

var testTime = time.Date(2026, 11, 26, 1, 2, 3, 0, time.UTC)

const canary = "K2canary"

// open opens the records of a project whose state lies in a folder; elsewhere is
// the folder of the records, empty for the one in the state.
func open(dir, elsewhere string) *applied.Records {
	state := store.Open(dir)
	own := state.Project("api.descope.com", "P2abc").Folder("applied")
	random := sha256.Sum256([]byte(dir))
	options := applied.Options{
		Host: "API.descope.com", ProjectID: "P2abc", Folder: own, Own: own, Keys: state.Folder("applied"),
		Random: bytes.NewReader(random[:]),
		Secret: func(value resource.Value) bool { return strings.Contains(string(value), canary) },
		SecretPaths: resource.SecretPaths{
			"tenant/marked": {{Field: "custom_attributes", Key: "pin"}}, "flow/marked": {{Field: "metadata.description"}},
		},
	}
	if elsewhere != "" {
		options.Folder = state.Public(elsewhere)
	}
	return applied.Open(options)
}

// batch is what a run says of some objects.
func batch(run string, changes map[resource.Address]applied.Change) applied.Batch {
	return applied.Batch{At: testTime, RunID: run, Commit: func() string { return "c0ffee" }, Changes: maps.All(changes)}
}

// tenant is a change of a tenant that was there.
func tenant(values map[string]resource.Value, managed ...string) applied.Change {
	return applied.Change{Object: drift.Object{Values: values, Managed: managed}}
}

func document(text string) resource.Value {
	return resource.ObjectValue(map[string]resource.Value{"flowId": `"f"`, "text": resource.StringValue(text)})
}

func flow(text string) applied.Change {
	return applied.Change{Object: drift.Object{Document: document(text)}}
}

func update(t *testing.T, records *applied.Records, b applied.Batch) {
	t.Helper()
	if err := records.Update(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, records *applied.Records) drift.Applied {
	t.Helper()
	found, err := records.Read()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func text(t *testing.T, records *applied.Records) string {
	t.Helper()
	content, err := os.ReadFile(records.Path())
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// object is how a change is read again.
func object(run string, change applied.Change) drift.Object {
	o := change.Object
	o.At, o.RunID, o.Commit = testTime, run, "c0ffee"
	if o.Values == nil {
		o.Values = map[string]resource.Value{}
	}
	if o.Hidden == nil {
		o.Hidden = map[string]string{}
	}
	if o.Managed == nil {
		o.Managed = []string{}
	}
	return o
}

func TestRecordsAreReadAsTheyWereWritten(t *testing.T) {
	records := open(t.TempDir(), "")
	if found := read(t, records); found.Known || len(found.Objects) != 0 {
		t.Errorf("before anything was applied: %+v", found)
	}
	changes := map[resource.Address]applied.Change{
		"tenant/b":    tenant(map[string]resource.Value{"name": `"B"`, "settings.enabled": resource.Absent, "custom_attributes.n": "9007199254740993"}, "name"),
		"tenant/a":    {Object: drift.Object{Absent: true}},
		"flow/sign/x": flow("one"),
	}
	update(t, records, batch("one", changes))
	want := drift.Applied{Known: true, Objects: map[resource.Address]drift.Object{}}
	for address, change := range changes {
		want.Objects[address] = object("one", change)
	}
	if diff := cmp.Diff(want, read(t, records)); diff != "" {
		t.Error(diff)
	}
	lines := strings.Split(text(t, records), "\n")
	wantLines := []string{
		`{"format_version":"1.0","kind":"applied","host":"api.descope.com","project_id":"P2abc"}`,
		`{"address":"flow/sign/x","absent":false,"document":"` + document("one").Digest() + `","managed":[],"values":{},"hidden":{},`,
		`{"address":"tenant/a","absent":true,"managed":[],"values":{},"hidden":{},"at":"2026-11-26T01:02:03Z","run_id":"one","commit":"c0ffee","sha256":"`,
		`{"address":"tenant/b","absent":false,"managed":["name"],"values":{"custom_attributes.n":9007199254740993,"name":"B","settings.enabled":null},`,
		"",
	}
	for i, line := range lines {
		if i >= len(wantLines) || !strings.HasPrefix(line, wantLines[i]) {
			t.Errorf("line %d is\n%s", i+1, line)
		}
	}
}

// TestOnlyWhatDiffersChanges: a line, with its time and run, stays as it is while
// its object does, and the file is not touched while all do.
func TestOnlyWhatDiffersChanges(t *testing.T) {
	dir := t.TempDir()
	records := open(dir, "")
	same := tenant(map[string]resource.Value{"name": `"A"`}, "name")
	update(t, records, batch("one", map[resource.Address]applied.Change{
		"tenant/a": same, "tenant/b": tenant(map[string]resource.Value{"name": `"B"`}), "flow/f": flow("one"), "flow/g": flow("one"),
	}))
	old := text(t, records)
	before, err := os.Stat(records.Path())
	if err != nil {
		t.Fatal(err)
	}
	noMore := batch("two", map[resource.Address]applied.Change{"tenant/a": same, "flow/f": flow("one")})
	noMore.Forget = func(resource.Address) bool { return false }
	update(t, records, noMore)
	if after, err := os.Stat(records.Path()); err != nil || !os.SameFile(before, after) || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("the file was touched: %v", err)
	}
	wrote := same
	wrote.Wrote = true
	next := batch("three", map[resource.Address]applied.Change{
		"tenant/a": wrote, "tenant/c": tenant(nil), "flow/f": flow("two"), "flow/g": {Object: drift.Object{Absent: true}},
	})
	next.Forget = func(address resource.Address) bool { return address == "tenant/b" }
	update(t, records, next)
	oldLines, newLines := strings.Split(old, "\n"), strings.Split(text(t, records), "\n")
	if newLines[0] != oldLines[0] || len(newLines) != 6 {
		t.Errorf("got\n%s", strings.Join(newLines, "\n"))
	}
	found := read(t, records)
	if got := slices.Sorted(maps.Keys(found.Objects)); !slices.Equal(got, []resource.Address{"flow/f", "flow/g", "tenant/a", "tenant/c"}) {
		t.Errorf("got %v", got)
	}
	if got := found.Objects["tenant/a"].RunID; got != "three" {
		t.Errorf("what was written is of run %s", got)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(records.Path()), "flows", "*"))
	if err != nil || len(files) != 1 || "sha256:"+filepath.Base(files[0]) != document("two").Digest()+".json" {
		t.Errorf("documents: %v, %v", files, err)
	}
}

// TestPartialChanges lay what was written over what is recorded, where there is
// something.
func TestPartialChanges(t *testing.T) {
	records := open(t.TempDir(), "")
	partial := func(values map[string]resource.Value) applied.Change {
		change := tenant(values, "ignored")
		change.Partial, change.Wrote = true, true
		return change
	}
	update(t, records, batch("zero", map[resource.Address]applied.Change{"tenant/a": partial(map[string]resource.Value{"name": `"A"`})}))
	if read(t, records).Known {
		t.Error("a part of an object made a record")
	}
	update(t, records, batch("one", map[resource.Address]applied.Change{
		"tenant/a": tenant(map[string]resource.Value{"name": `"A"`, "disabled": "true", "custom_attributes.x": "1"}, "name"),
		"tenant/b": {Object: drift.Object{Absent: true}},
	}))
	update(t, records, batch("two", map[resource.Address]applied.Change{
		"tenant/a": partial(map[string]resource.Value{"name": `"B"`, "custom_attributes.x": resource.Absent, "settings.enabled": "true"}),
		"tenant/b": partial(map[string]resource.Value{"name": `"B"`}),
		"tenant/c": partial(map[string]resource.Value{"name": `"C"`}),
	}))
	want := map[resource.Address]drift.Object{
		"tenant/a": object("two", tenant(map[string]resource.Value{"name": `"B"`, "disabled": "true", "settings.enabled": "true"}, "name")),
		"tenant/b": object("one", applied.Change{Object: drift.Object{Absent: true}}),
	}
	if diff := cmp.Diff(want, read(t, records).Objects); diff != "" {
		t.Error(diff)
	}
}

// TestKeptParts: the caller sees an object as it is recorded and as it is now, and
// what it leaves as it was is no difference. A document that is damaged cannot be left.
func TestKeptParts(t *testing.T) {
	records := open(t.TempDir(), "")
	update(t, records, batch("one", map[resource.Address]applied.Change{
		"tenant/a": tenant(map[string]resource.Value{"name": `"A"`, "disabled": "true"}), "flow/f": flow("one"),
	}))
	before := text(t, records)
	keepName := func(before, now drift.Object) drift.Object {
		now.Values = map[string]resource.Value{"name": before.Values["name"], "disabled": now.Values["disabled"]}
		return now
	}
	keepDocument := func(before, _ drift.Object) drift.Object { return before }
	change := func(disabled resource.Value) map[resource.Address]applied.Change {
		a, f := tenant(map[string]resource.Value{"name": `"B"`, "disabled": disabled}), flow("two")
		a.Keep, f.Keep = keepName, keepDocument
		return map[resource.Address]applied.Change{"tenant/a": a, "flow/f": f}
	}
	update(t, records, batch("two", change("true")))
	if after := text(t, records); after != before {
		t.Errorf("what was kept is a difference:\n%s\nwas\n%s", after, before)
	}
	update(t, records, batch("three", change("false")))
	want := map[resource.Address]drift.Object{
		"tenant/a": object("three", tenant(map[string]resource.Value{"name": `"A"`, "disabled": "false"})), "flow/f": object("one", flow("one")),
	}
	if diff := cmp.Diff(want, read(t, records).Objects); diff != "" {
		t.Error(diff)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(records.Path()), "flows", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the documents are %v, %v", files, err)
	}
	if err := os.WriteFile(files[0], []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	update(t, records, batch("four", change("false")))
	if got := read(t, records).Objects["flow/f"].Document; got != document("two") {
		t.Errorf("the flow is recorded as %s", got)
	}
}

// TestUnknownFieldsSurvive: those that a newer version has added to a line or to
// the header stay, also where the line changes.
func TestUnknownFieldsSurvive(t *testing.T) {
	records := open(t.TempDir(), "")
	change := func(name string) map[resource.Address]applied.Change {
		return map[resource.Address]applied.Change{"tenant/a": tenant(map[string]resource.Value{"name": resource.StringValue(name)}, "name")}
	}
	update(t, records, batch("one", change("A")))
	lines := strings.Split(text(t, records), "\n")
	header := strings.Replace(lines[0], `"1.0"`, `"1.7","later":1.50`, 1)
	body := strings.Replace(lines[1][:strings.LastIndex(lines[1], `,"sha256"`)], `"absent"`, `"new":{"x":[1.50]},"absent"`, 1)
	write(t, records, header+"\n"+sealed(body)+"\n")

	update(t, records, batch("two", change("A")))
	if got := text(t, records); got != header+"\n"+sealed(body)+"\n" {
		t.Errorf("the same was written anew:\n%s", got)
	}
	update(t, records, batch("two", change("B")))
	if got := text(t, records); !strings.HasPrefix(got, header+"\n") || !strings.Contains(got, `,"new":{"x":[1.50]},"sha256"`) || !strings.Contains(got, `"name":"B"`) {
		t.Errorf("got\n%s", got)
	}
}

// sealed ends a line as records do.
func sealed(body string) string {
	sum := sha256.Sum256([]byte(body))
	return body + `,"sha256":"` + hex.EncodeToString(sum[:]) + `"}`
}

func write(t *testing.T, records *applied.Records, content string) {
	t.Helper()
	if err := os.WriteFile(records.Path(), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestSecretsBecomeHashes: no secret stands in any file, and a hash tells whether
// the value is the same, on the machine that has the key.
func TestSecretsBecomeHashes(t *testing.T) {
	dir, shared := t.TempDir(), t.TempDir()
	records := open(dir, shared)
	secret := resource.StringValue("Bearer " + canary)
	change := tenant(map[string]resource.Value{
		"name": `"A"`, "custom_attributes.token": secret, "custom_attributes." + canary: `"x"`,
	}, "name", "custom_attributes."+canary)
	leaky := flow(canary)
	changes := map[resource.Address]applied.Change{"tenant/a": change, "tenant/" + canary: tenant(nil), "flow/f": leaky}
	update(t, records, batch("one", changes))
	for _, root := range []string{dir, shared} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			if strings.Contains(path, canary) || bytes.Contains(content, []byte(canary)) {
				t.Errorf("%s holds a secret:\n%s", path, content)
			}
			if root == shared && strings.Contains(path, "key") {
				t.Errorf("the key is among the records: %s", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	hash := func(records *applied.Records, address resource.Address, path string, value resource.Value) string {
		hash, err := records.Hash(address, path, value)
		if err != nil {
			t.Fatal(err)
		}
		return hash
	}
	found := read(t, records).Objects
	if got := found["tenant/a"]; got.Hidden["custom_attributes.token"] != hash(records, "tenant/a", "custom_attributes.token", secret) ||
		len(got.Hidden) != 1 || len(got.Values) != 1 || len(got.Managed) != 1 {
		t.Errorf("got %+v", got)
	}
	if got := found["flow/f"]; !got.Document.IsAbsent() || got.RunID != "one" || len(found) != 2 {
		t.Errorf("got %+v", found)
	}
	hashes := map[string]bool{}
	for _, one := range []string{
		hash(records, "tenant/a", "custom_attributes.token", secret), hash(records, "tenant/b", "custom_attributes.token", secret),
		hash(records, "tenant/a", "custom_attributes.other", secret), hash(records, "tenant/a", "custom_attributes.token", secret+" "),
	} {
		hashes[one] = true
	}
	if len(hashes) != 4 {
		t.Errorf("hashes of different places or values meet: %v", hashes)
	}

	// Another machine, which has no key, and later one of its own.
	other := open(t.TempDir(), shared)
	if got := read(t, other).Objects["tenant/a"].Hidden["custom_attributes.token"]; got != "" || hash(other, "tenant/a", "custom_attributes.token", secret) != "" {
		t.Errorf("a hash of nobody's key: %q", got)
	}
	before := text(t, records)
	update(t, other, batch("two", changes))
	if text(t, records) != before {
		t.Error("two machines would change the line in turn")
	}
	change.Wrote = true
	update(t, other, batch("three", map[resource.Address]applied.Change{"tenant/a": change}))
	ours, theirs := read(t, other).Objects["tenant/a"].Hidden["custom_attributes.token"], read(t, records).Objects["tenant/a"].Hidden["custom_attributes.token"]
	if ours == "" || ours != hash(other, "tenant/a", "custom_attributes.token", secret) || theirs != "" {
		t.Errorf("what was written by another machine: %q there, %q here", ours, theirs)
	}
	if info, err := os.Stat(filepath.Join(dir, "applied", "applied.key")); err != nil || info.Mode() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
}

// TestModes: records in the user's state are for the user, and those of a
// repository for everybody.
func TestModes(t *testing.T) {
	for name, c := range map[string]struct {
		elsewhere    bool
		folder, file fs.FileMode
	}{"state": {false, 0o700, 0o600}, "repository": {true, 0o755, 0o644}} {
		t.Run(name, func(t *testing.T) {
			elsewhere := ""
			if c.elsewhere {
				elsewhere = filepath.Join(t.TempDir(), "repository", "api.descope.com", "P2abc")
			}
			records := open(filepath.Join(t.TempDir(), "state"), elsewhere)
			update(t, records, batch("one", map[resource.Address]applied.Change{"flow/f": flow("one")}))
			err := filepath.WalkDir(filepath.Dir(records.Path()), func(path string, entry fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				info, err := entry.Info()
				want := c.file
				if entry.IsDir() {
					want = c.folder
				}
				if err == nil && info.Mode().Perm() != want {
					t.Errorf("%s has mode %o, want %o", path, info.Mode().Perm(), want)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestPlacesOfSecretsBecomeHashes: whatever stands there, and that nothing does is
// no secret.
func TestPlacesOfSecretsBecomeHashes(t *testing.T) {
	dir := t.TempDir()
	records := open(dir, "")
	update(t, records, batch("one", map[resource.Address]applied.Change{
		"tenant/marked": tenant(map[string]resource.Value{"custom_attributes.pin": `"4711"`, "custom_attributes.plan": `"a"`}, "custom_attributes.pin"),
		"tenant/other":  tenant(map[string]resource.Value{"custom_attributes.pin": `"4711"`}, "custom_attributes.pin"),
		"flow/marked":   flow("4711"),
	}))
	found := read(t, records).Objects
	hash, err := records.Hash("tenant/marked", "custom_attributes.pin", `"4711"`)
	if got := found["tenant/marked"]; err != nil || got.Hidden["custom_attributes.pin"] != hash || len(got.Values) != 1 || len(got.Managed) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	if got := found["tenant/other"]; len(got.Hidden) != 0 {
		t.Errorf("got %+v", got)
	}
	if got := found["flow/marked"]; !got.Document.IsAbsent() || len(found) != 3 {
		t.Errorf("got %+v", found)
	}
	update(t, records, batch("two", map[resource.Address]applied.Change{"tenant/marked": tenant(map[string]resource.Value{"custom_attributes.pin": resource.Absent, "custom_attributes.plan": `"a"`}, "custom_attributes.pin")}))
	if got := read(t, records).Objects["tenant/marked"]; len(got.Hidden) != 0 || len(got.Values) != 1 {
		t.Errorf("got %+v", got)
	}
}
