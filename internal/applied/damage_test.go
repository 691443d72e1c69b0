package applied_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/applied"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// threeLines are records of two tenants and a flow, after a header.
func threeLines(t *testing.T) (records *applied.Records, lines []string) {
	t.Helper()
	records = open(t.TempDir(), "")
	update(t, records, batch("one", map[resource.Address]applied.Change{
		"flow/f": flow("one"), "tenant/a": tenant(map[string]resource.Value{"name": `"A"`}), "tenant/b": tenant(nil),
	}))
	return records, strings.SplitAfter(strings.TrimSuffix(text(t, records), "\n"), "\n")
}

func wantDamage(t *testing.T, records *applied.Records, file string, number int, reason string) {
	t.Helper()
	_, err := records.Read()
	damage, ok := errors.AsType[*store.DamagedError](err)
	if !ok || damage.File != file || damage.Line != number || !strings.Contains(damage.Reason, reason) || damage.Fault().Hint == "" {
		t.Errorf("got %v, want %s:%d: %s", err, file, number, reason)
	}
}

func TestDamageIsNamedAndNothingIsWritten(t *testing.T) {
	last := func(lines []string, change func(string) string) string {
		lines[3] = change(lines[3])
		return strings.Join(lines, "")
	}
	for name, c := range map[string]struct {
		damage func(lines []string) string
		line   int
		reason string
	}{
		"empty":           {func([]string) string { return "" }, 1, "it is empty"},
		"blank":           {func([]string) string { return "\n\n" }, 1, "it is empty"},
		"no JSON":         {func([]string) string { return "hello\n" }, 1, "the header is damaged"},
		"no header":       {func(lines []string) string { return strings.Join(lines[1:], "") }, 1, "format"},
		"another file":    {func(lines []string) string { return strings.Replace(lines[0], "applied", "backup", 1) }, 1, "does not say that it is a record"},
		"another project": {func(lines []string) string { return strings.Replace(lines[0], "P2abc", "P2\x1b[2J", 1) }, 1, "the header is damaged"},
		"an escape":       {func(lines []string) string { return strings.Replace(lines[0], "P2abc", `P2\u001b[2J`, 1) }, 1, `project "P2\x1b[2J"`},
		"another host":    {func(lines []string) string { return strings.Replace(lines[0], "descope.com", "other.com", 1) }, 1, "api.other.com"},
		"a newer format":  {func(lines []string) string { return strings.Replace(lines[0], "1.0", "2.0", 1) }, 1, `format "2.0"`},
		"a value was changed": {func(lines []string) string {
			return strings.Replace(strings.Join(lines, ""), `"name":"A"`, `"name":"X"`, 1)
		}, 3, "does not have the digest"},
		"cut in the middle": {func(lines []string) string { return last(lines, func(s string) string { return s[:len(s)/2] }) }, 4, "does not have the digest"},
		"cut at its end":    {func(lines []string) string { return last(lines, func(s string) string { return s[:len(s)-2] }) }, 4, "does not have the digest"},
		"cut at its start":  {func(lines []string) string { return last(lines, func(s string) string { return s[1:] }) }, 4, "does not have the digest"},
		"not JSON":          {func(lines []string) string { return last(lines, func(string) string { return sealed(`{"address":`) }) }, 4, "not a JSON value"},
		"no address":        {func(lines []string) string { return last(lines, func(string) string { return sealed(`{"x":1`) }) }, 4, `"" is no address`},
		"an address of nothing": {func(lines []string) string {
			return last(lines, func(string) string { return sealed(`{"address":"tenant/","absent":false`) })
		}, 4, `"tenant/" is no address`},
		"no object": {func(lines []string) string {
			return last(lines, func(string) string { return sealed(`["tenant/b","address"`) })
		}, 4, ""},
		"no paths": {func(lines []string) string {
			return last(lines, func(string) string {
				return sealed(`{"address":"tenant/b","at":"2026-01-02T03:04:05Z","values":{},"hidden":{}`)
			})
		}, 4, "which paths were managed"},
		"nothing of hidden values": {func(lines []string) string {
			return last(lines, func(string) string {
				return sealed(`{"address":"tenant/b","at":"2026-01-02T03:04:05Z","managed":[],"values":{}`)
			})
		}, 4, "which values are hidden"},
		"no values": {func(lines []string) string {
			return last(lines, func(string) string {
				return sealed(`{"address":"tenant/b","absent":false,"managed":[],"at":"2026-01-02T03:04:05Z"`)
			})
		}, 4, "no values"},
		"no time": {func(lines []string) string {
			return last(lines, func(string) string { return sealed(`{"address":"tenant/b","at":"now"`) })
		}, 4, `"now" is no time`},
		"a path as digest": {func(lines []string) string {
			return last(lines, func(string) string {
				return sealed(`{"address":"tenant/b","document":"sha256:../../../../etc/passwd","at":"2026-01-02T03:04:05Z"`)
			})
		}, 4, "is no digest"},
		"a conflict":          {func(lines []string) string { return lines[0] + "<<<<<<< HEAD\n" + lines[1] }, 2, "git has left a conflict"},
		"the middle of one":   {func(lines []string) string { return lines[0] + lines[1] + "=======\n" + lines[2] }, 3, "git has left a conflict"},
		"a conflict at once":  {func(lines []string) string { return "<<<<<<< HEAD\n" + lines[0] }, 1, "git has left a conflict"},
		"the base of one":     {func(lines []string) string { return lines[0] + "||||||| 12ab\n" }, 2, "git has left a conflict"},
		"a foreign header":    {func(lines []string) string { return lines[0] + strings.Replace(lines[0], "P2abc", "P2xyz", 1) }, 2, `"P2xyz"`},
		"a line that is none": {func(lines []string) string { return strings.Join(lines, "") + "\nx\n" }, 5, "does not have the digest"},
	} {
		t.Run(name, func(t *testing.T) {
			records, lines := threeLines(t)
			damaged := c.damage(lines)
			write(t, records, damaged)
			wantDamage(t, records, records.Path(), c.line, c.reason)
			err := records.Update(t.Context(), batch("two", map[resource.Address]applied.Change{
				"tenant/b": tenant(map[string]resource.Value{"name": `"B"`}), "tenant/c": tenant(nil),
			}))
			if _, ok := errors.AsType[*store.DamagedError](err); !ok || text(t, records) != damaged {
				t.Errorf("a damaged record was continued: %v", err)
			}
			if err := os.Remove(records.Path()); err != nil {
				t.Fatal(err)
			}
			update(t, records, batch("three", map[resource.Address]applied.Change{"tenant/b": tenant(nil)}))
			if got := read(t, records).Objects; len(got) != 1 {
				t.Errorf("made anew: %+v", got)
			}
		})
	}
}

// TestWhatGitMakesOfIt: lines of two branches, in any order and with any ends, are
// read; of an object that stands twice the later line counts. The next change puts
// the file in order.
func TestWhatGitMakesOfIt(t *testing.T) {
	records, lines := threeLines(t)
	other := open(t.TempDir(), "")
	later := batch("later", map[resource.Address]applied.Change{
		"tenant/a": tenant(map[string]resource.Value{"name": `"later"`}), "tenant/c": tenant(nil),
	})
	later.At = testTime.AddDate(0, 0, 1)
	update(t, other, later)
	theirs := strings.SplitAfter(strings.TrimSuffix(text(t, other), "\n"), "\n")
	for name, merged := range map[string]string{
		"ours first":           strings.Join(lines, "") + "\n" + strings.Join(theirs[1:], ""),
		"theirs first":         strings.Join(theirs, "") + "\n" + strings.Join(lines[1:], "") + "\n",
		"both headers":         strings.Join(lines, "") + "\n" + strings.Join(theirs, ""),
		"with carriage return": strings.ReplaceAll(strings.Join(lines, "")+"\n"+strings.Join(theirs[1:], ""), "\n", "\r\n"),
	} {
		write(t, records, merged)
		found := read(t, records).Objects
		if len(found) != 4 || found["tenant/a"].Values["name"] != `"later"` || found["flow/f"].Document != document("one") {
			t.Errorf("%s: got %+v", name, found)
		}
		update(t, records, batch("next", map[resource.Address]applied.Change{"tenant/d": tenant(nil)}))
		if got := strings.Split(text(t, records), "\n"); len(got) != 7 || !strings.HasPrefix(got[3], `{"address":"tenant/b"`) {
			t.Errorf("%s: got\n%s", name, strings.Join(got, "\n"))
		}
	}
}

func TestDamagedDocuments(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"missing": os.Remove,
		"changed": func(path string) error { return os.WriteFile(path, []byte(`{}`), 0o600) },
		"cut":     func(path string) error { return os.Truncate(path, 3) },
	} {
		t.Run(name, func(t *testing.T) {
			records, _ := threeLines(t)
			path := filepath.Join(filepath.Dir(records.Path()), "flows", strings.TrimPrefix(document("one").Digest(), "sha256:")+".json")
			if err := damage(path); err != nil {
				t.Fatal(err)
			}
			reason := "the document of a flow is damaged"
			if name == "missing" {
				reason = "the document of a flow is missing"
				_, err := records.Read()
				if missing, ok := errors.AsType[*store.DamagedError](err); !ok || strings.Contains(missing.Hint, "remove") || !strings.Contains(missing.Hint, "deploy") {
					t.Errorf("got %v", err)
				}
			}
			wantDamage(t, records, path, 1, reason)
			before := text(t, records)
			update(t, records, batch("two", map[resource.Address]applied.Change{"flow/f": flow("one")}))
			if got := read(t, records).Objects["flow/f"]; got.Document != document("one") || got.RunID != "one" || text(t, records) != before {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestLinksAreNotFollowed, neither in place of the file nor of a folder.
func TestLinksAreNotFollowed(t *testing.T) {
	change := batch("two", map[resource.Address]applied.Change{"flow/f": flow("two"), "tenant/a": tenant(nil)})
	for _, place := range []string{"applied.jsonl", "flows", "."} {
		t.Run(place, func(t *testing.T) {
			records := open(t.TempDir(), filepath.Join(t.TempDir(), "records"))
			update(t, records, batch("one", map[resource.Address]applied.Change{"flow/f": flow("one")}))
			folder := filepath.Dir(records.Path())
			path := filepath.Join(folder, place)
			moved := filepath.Join(t.TempDir(), "elsewhere")
			if err := errors.Join(os.Rename(path, moved), os.Symlink(moved, path)); err != nil {
				t.Fatal(err)
			}
			before := listing(t, moved)
			err := records.Update(t.Context(), change)
			if failure, ok := errors.AsType[*store.FileError](err); !ok || failure.Fault().Hint == "" {
				t.Errorf("got %v", err)
			}
			if after := listing(t, moved); after != before {
				t.Errorf("something was written there:\n%s\n%s", before, after)
			}
		})
	}
}

// listing is all that is below a path.
func listing(t *testing.T, root string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		fmt.Fprintf(&all, "%s %s\n", path, content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func TestNoAddressIsRecorded(t *testing.T) {
	for _, address := range []resource.Address{"", "tenant", "tenant/", "/x", "tenant/\xff"} {
		records := open(t.TempDir(), "")
		err := records.Update(t.Context(), batch("one", map[resource.Address]applied.Change{address: {Object: drift.Object{Absent: true}}}))
		if err == nil || !strings.Contains(err.Error(), "is no address") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestDamagedKey(t *testing.T) {
	dir := t.TempDir()
	records := open(dir, "")
	change := map[resource.Address]applied.Change{"tenant/a": tenant(map[string]resource.Value{"x": resource.StringValue(canary)})}
	update(t, records, batch("one", change))
	path := filepath.Join(dir, "applied", "applied.key")
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantDamage(t, records, path, 1, "the key of the hashes is damaged")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if got := read(t, records).Objects["tenant/a"].Hidden["x"]; got != "" {
		t.Errorf("a hash of a key that is gone: %q", got)
	}
}
