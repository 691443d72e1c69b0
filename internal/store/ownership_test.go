package store_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

const (
	ownA    = `{"format_version":"1.0","op":"own","at":"2026-11-23T17:00:00Z","addresses":["tenant/a"]}`
	ownB    = `{"format_version":"1.7","op":"own","at":"2026-11-23T17:00:00Z","addresses":["tenant/b"],"since":"later minor version"}`
	disownA = `{"format_version":"1.0","op":"disown","at":"2026-11-23T17:00:00Z","addresses":["tenant/a"]}`
	mark    = `#torn`
	rest    = `{"format_version":"1.0","op":"own","at":"2026-11-23T17:00:00Z","addresses":["tenant/x`
)

// project is a state folder with the given ownership record.
func project(t *testing.T, content string) (*store.ProjectState, string) {
	t.Helper()
	state := store.Open(filepath.Join(t.TempDir(), "state")).Project("h", "P")
	path := filepath.Join(state.Dir(), "ownership.jsonl")
	if err := os.MkdirAll(state.Dir(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return state, path
}

// testTime is when everything in these tests was written.
var testTime = time.Date(2026, 11, 23, 17, 0, 0, 0, time.UTC)

// owned lists what is owned, sorted.
func owned(t *testing.T, state *store.ProjectState) []resource.Address {
	t.Helper()
	set, err := state.Owned()
	if err != nil {
		t.Fatal(err)
	}
	for address, at := range set {
		if !at.Equal(testTime) {
			t.Errorf("%s is owned since %s", address, at)
		}
	}
	return slices.Sorted(maps.Keys(set))
}

func TestOwnershipIsWhatWasRecordedLast(t *testing.T) {
	state, path := project(t, "")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(state.Own(testTime, "tenant/a", "tenant/b", "tenant/c"))
	must(state.Disown(testTime, "tenant/b", "tenant/never"))
	must(state.Own(testTime, "tenant/d/with <slash> & \"quotes\" é"))
	must(state.Disown(testTime, "tenant/a"))
	must(state.Own(testTime, "tenant/a"))
	want := []resource.Address{"tenant/a", "tenant/c", "tenant/d/with <slash> & \"quotes\" é"}
	if diff := cmp.Diff(want, owned(t, state)); diff != "" {
		t.Error(diff)
	}
	content, err := os.ReadFile(path)
	must(err)
	first, _, _ := strings.Cut(string(content), "\n")
	if want := `{"format_version":"1.0","op":"own","at":"2026-11-23T17:00:00Z","addresses":["tenant/a","tenant/b","tenant/c"]}`; first != want {
		t.Errorf("the first line is %s", first)
	}
	if lines := strings.Count(string(content), "\n"); lines != 5 {
		t.Errorf("5 calls made %d lines", lines)
	}
}

func TestAddressesThatAreNoneAreRefused(t *testing.T) {
	state, path := project(t, ownA+"\n")
	for _, bad := range []resource.Address{"", "tenant", "tenant/", "/a", "tenant/\xff"} {
		if err := state.Own(testTime, "tenant/good", bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != ownA+"\n" {
		t.Errorf("something was written: %s, %v", content, err)
	}
}

func TestReadingTornAndDamagedRecords(t *testing.T) {
	cases := []struct {
		name, content string
		want          []resource.Address
		line          int    // where the damage is; 0: none
		reason        string // a part of it
	}{
		{name: "empty"},
		{name: "one line", content: ownA + "\n", want: []resource.Address{"tenant/a"}},
		{name: "a minor version from later", content: ownB + "\n", want: []resource.Address{"tenant/b"}},
		{name: "the last line is torn", content: ownA + "\n" + rest, want: []resource.Address{"tenant/a"}},
		{name: "the only line is torn", content: rest},
		{name: "torn to zeros by a power failure", content: ownA + "\n\x00\x00\x00", want: []resource.Address{"tenant/a"}},
		{name: "whole but for the line's end", content: ownA + "\n" + ownB, want: []resource.Address{"tenant/a"}},
		{name: "torn once", content: rest + mark + "\n" + ownA + "\n", want: []resource.Address{"tenant/a"}},
		{name: "whole but for the line's end, and marked", content: ownA + "\n" + ownB + mark + "\n" + disownA + "\n"},
		{name: "torn while being marked", content: rest + mark[:2] + mark + "\n" + ownA + "\n", want: []resource.Address{"tenant/a"}},
		{name: "torn while being marked, at the end", content: rest + mark[:2]},
		{name: "marked while another process finished it", content: ownA + "\n" + mark + "\n" + ownB + "\n", want: []resource.Address{"tenant/a", "tenant/b"}},
		{name: "damage at the start", content: "x\n" + ownA + "\n", line: 1, reason: "damaged"},
		{name: "damage in the middle", content: ownA + "\nx\n" + ownB + "\n", line: 2, reason: "damaged"},
		{name: "a blank line", content: ownA + "\n\n" + ownB + "\n", line: 2, reason: "damaged"},
		{name: "damage in a last line that was written to its end", content: ownA + "\n" + rest + "\n", line: 2, reason: "damaged"},
		{name: "two lines damaged", content: "x\ny\n" + ownA + "\n", line: 1, reason: "damaged"},
		{name: "damage before what was torn later", content: "x\n" + ownA + "\n" + rest + mark + "\n", line: 1, reason: "damaged"},
		{name: "an operation that does not exist", content: strings.Replace(ownA, "own", "buy", 1) + "\n", line: 1, reason: `unknown operation "buy"`},
		{name: "an address that is none", content: strings.Replace(ownA, "tenant/a", "tenant", 1) + "\n", line: 1, reason: `"tenant" is no address`},
		{name: "no version", content: `{"op":"own"}` + "\n", line: 1, reason: `has the format ""`},
		{name: "a major version from later", content: ownA + "\n" + strings.Replace(ownB, "1.7", "2.0", 1) + "\n", line: 2, reason: `has the format "2.0", and this version reads 1.x`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			state, path := project(t, c.content)
			if c.line == 0 {
				if diff := cmp.Diff(c.want, owned(t, state)); diff != "" {
					t.Error(diff)
				}
				return
			}
			got, err := state.Owned()
			damage, ok := errors.AsType[*store.DamagedError](err)
			if !ok || got != nil {
				t.Fatalf("got %v, %v", got, err)
			}
			if damage.File != path || damage.Line != c.line || !strings.Contains(damage.Reason, c.reason) {
				t.Errorf("got %v, want line %d and %q", err, c.line, c.reason)
			}
			if fault := damage.Fault(); fault.Code != "damaged_record" || fault.Message != err.Error() || fault.Hint == "" {
				t.Errorf("the fault is %+v", fault)
			}
		})
	}
}

// TestAnyPrefixIsReadableAndCanBeContinued: wherever a process is killed or the
// disk is full, nothing that was there before is lost, and the next record
// finds its place; however often it happens.
func TestAnyPrefixIsReadableAndCanBeContinued(t *testing.T) {
	base, runs := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		state := store.Open(filepath.Join(base, strconv.Itoa(runs))).Project("h", "P")
		path := filepath.Join(state.Dir(), "ownership.jsonl")
		names := rapid.SampledFrom([]resource.Address{"tenant/a", "tenant/b", "tenant/c", "tenant/é\n"})
		model := map[resource.Address]time.Time{}
		for range rapid.IntRange(1, 12).Draw(rt, "calls") {
			before, _ := os.ReadFile(path)
			addresses := rapid.SliceOfN(names, 1, 3).Draw(rt, "addresses")
			next, call := maps.Clone(model), state.Own
			own := rapid.Bool().Draw(rt, "own")
			if !own {
				call = state.Disown
			}
			for _, address := range addresses {
				if delete(next, address); own {
					next[address] = testTime
				}
			}
			if err := call(testTime, addresses...); err != nil {
				rt.Fatal(err)
			}
			content, err := os.ReadFile(path)
			if err != nil {
				rt.Fatal(err)
			}
			keep := rapid.IntRange(len(before), len(content)).Draw(rt, "keep")
			if rapid.Bool().Draw(rt, "whole") {
				keep = len(content)
			}
			if err := os.Truncate(path, int64(keep)); err != nil {
				rt.Fatal(err)
			}
			got, err := state.Owned()
			if err != nil {
				rt.Fatalf("%v in\n%s", err, content[:keep])
			}
			if keep == len(content) {
				model = next
			}
			if diff := cmp.Diff(model, got); diff != "" {
				rt.Fatalf("%s in\n%s", diff, content[:keep])
			}
		}
	})
}

// FuzzOwned: whatever stands in the file, reading it ends with a set or with a
// line, and a record that can be read can be continued.
func FuzzOwned(f *testing.F) {
	for _, seed := range []string{"", ownA + "\n" + disownA, rest + mark + "\n" + ownB + "\n", "x\n", "\n\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		state, _ := project(t, content)
		before, err := state.Owned()
		if err != nil {
			if damage, ok := errors.AsType[*store.DamagedError](err); !ok || damage.Line < 1 || damage.Line > strings.Count(content, "\n")+1 {
				t.Fatalf("got %v", err)
			}
			return
		}
		if err := state.Own(testTime, "tenant/new"); err != nil {
			t.Fatal(err)
		}
		after, err := state.Owned()
		if err != nil {
			t.Fatal(err)
		}
		before["tenant/new"] = testTime
		if diff := cmp.Diff(before, after); diff != "" {
			t.Error(diff)
		}
	})
}
