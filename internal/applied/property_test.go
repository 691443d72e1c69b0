package applied_test

import (
	"maps"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/applied"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// anyText is hostile: slashes, line ends, escapes for terminals and for JSON.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.RuneFrom([]rune("a/\n\r\"\\\x1b[\u2028é\U0001F512.{},:<|")), 1, 8, -1))
}

// anyValue is any JSON value but null.
func anyValue() *rapid.Generator[resource.Value] {
	return rapid.OneOf(
		rapid.Map(anyText(), resource.StringValue),
		rapid.Map(rapid.Int64(), func(n int64) resource.Value { return resource.Value(strconv.FormatInt(n, 10)) }),
		rapid.SampledFrom([]resource.Value{"true", "[]", "{}", "9007199254740993", "1.0", "1e-400", "0.1000000000000000055511151231257827", `{"a":[null,{"b":1}]}`}),
		rapid.Map(rapid.SliceOfN(anyText(), 0, 3), resource.StringsValue),
	)
}

func anyAddress() *rapid.Generator[resource.Address] {
	return rapid.Custom(func(t *rapid.T) resource.Address {
		kind := rapid.SampledFrom([]resource.Kind{resource.KindTenant, resource.KindFlow}).Draw(t, "kind")
		return resource.NewAddress(kind, rapid.OneOf(anyText(), rapid.SampledFrom([]string{"a", "b"})).Filter(func(id string) bool { return id != "" }).Draw(t, "id"))
	})
}

func anyChange() *rapid.Generator[applied.Change] {
	return rapid.Custom(func(t *rapid.T) applied.Change {
		change := applied.Change{Object: drift.Object{
			Absent: rapid.Bool().Draw(t, "absent"), Values: map[string]resource.Value{}, Managed: []string{}, Hidden: map[string]string{},
		}, Wrote: rapid.Bool().Draw(t, "wrote")}
		if change.Object.Absent {
			return change
		}
		change.Object.Values = rapid.MapOfN(anyText(), anyValue(), 0, 4).Draw(t, "values")
		if rapid.Bool().Draw(t, "unset setting") {
			change.Object.Values["settings.enabled"] = resource.Absent
		}
		for path := range change.Object.Values {
			if rapid.Bool().Draw(t, "managed") {
				change.Object.Managed = append(change.Object.Managed, path)
			}
		}
		if rapid.Bool().Draw(t, "is a flow") {
			change.Object.Document = document(rapid.SampledFrom([]string{"one", "two"}).Draw(t, "document"))
		}
		return change
	})
}

// TestRecordsAreAMap: whatever is written, in whichever batches, is read again, and
// what is written twice changes nothing.
func TestRecordsAreAMap(t *testing.T) {
	root, round := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		records := open(filepath.Join(root, strconv.Itoa(round)), "")
		want := map[resource.Address]drift.Object{}
		for run := range rapid.IntRange(1, 4).Draw(t, "runs") {
			id := strconv.Itoa(run)
			changes := rapid.MapOfN(anyAddress(), anyChange(), 0, 5).Draw(t, "changes")
			gone := rapid.SampledFrom([]string{"", "tenant/", "a"}).Draw(t, "forgotten")
			forget := func(address resource.Address) bool { return gone != "" && strings.Contains(string(address), gone) }
			b := batch(id, changes)
			b.Forget = forget
			if err := records.Update(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			maps.DeleteFunc(want, func(address resource.Address, _ drift.Object) bool {
				_, named := changes[address]
				return !named && forget(address)
			})
			for address, change := range changes {
				now := object(id, change)
				before, there := want[address]
				after := now
				if before.At, before.RunID = after.At, after.RunID; there && !change.Wrote && cmp.Equal(before, after, sorted) {
					after.RunID = want[address].RunID
				}
				want[address] = after
			}
			found, err := records.Read()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, found.Objects, sorted, cmp.Transformer("empty", func(m map[resource.Address]drift.Object) map[resource.Address]drift.Object {
				if m == nil {
					return map[resource.Address]drift.Object{}
				}
				return m
			})); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

// sorted compares lists of paths without regard to their order.
var sorted = cmp.Transformer("set", func(paths []string) map[string]bool {
	set := map[string]bool{}
	for _, path := range paths {
		set[path] = true
	}
	return set
})

// FuzzRead: no file makes a reader fail in another way than with an error.
func FuzzRead(f *testing.F) {
	header := `{"format_version":"1.0","kind":"applied","host":"api.descope.com","project_id":"P2abc"}` + "\n"
	f.Add(header + sealed(`{"address":"tenant/a","absent":false,"managed":["x"],"values":{"x":1},"hidden":{"y":"1:2"},"at":"2026-11-26T01:02:03Z","run_id":"r","commit":""`))
	f.Add(header + sealed(`{"address":"flow/a","document":"sha256:`+strings.Repeat("a", 64)+`","managed":[],"values":{},"hidden":{},"at":"2026-11-26T01:02:03Z"`))
	f.Add(header + "<<<<<<<\n")
	f.Add("\r\n" + header)
	f.Fuzz(func(t *testing.T, content string) {
		records := open(t.TempDir(), t.TempDir())
		write(t, records, content)
		found, err := records.Read()
		if (err == nil) != found.Known {
			t.Errorf("%+v, %v", found, err)
		}
		if err == nil && records.Update(t.Context(), batch("one", map[resource.Address]applied.Change{"tenant/z": tenant(nil)})) == nil {
			if after := read(t, records); len(after.Objects) < len(found.Objects) {
				t.Errorf("%d objects were lost", len(found.Objects)-len(after.Objects))
			}
		}
	})
}
