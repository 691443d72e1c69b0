package applied_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/applied"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

func seen(t *testing.T, records *applied.Records, day int, complete bool, keys ...string) map[string]int {
	t.Helper()
	first, err := records.Seen(t.Context(), keys, testTime.AddDate(0, 0, day), complete)
	if err != nil {
		t.Fatal(err)
	}
	days := map[string]int{}
	for key, at := range first {
		days[key] = int(at.Sub(testTime) / (24 * time.Hour))
	}
	return days
}

func TestFirstSeen(t *testing.T) {
	dir, shared := t.TempDir(), t.TempDir()
	records := open(dir, shared)
	path := filepath.Join(dir, "projects", "api.descope.com", "P2abc", "applied", "seen.jsonl")
	steps := []struct {
		name     string
		day      int
		complete bool
		keys     []string
		want     map[string]int
	}{
		{"nothing leaves no trace", 0, true, nil, map[string]int{}},
		{"new ones are seen now", 1, true, []string{"a", "b\n\x1b"}, map[string]int{"a": 1, "b\n\x1b": 1}},
		{"known ones keep their time", 2, true, []string{"a", "b\n\x1b", "c"}, map[string]int{"a": 1, "b\n\x1b": 1, "c": 2}},
		{"a part forgets nothing", 3, false, []string{"d"}, map[string]int{"d": 3}},
		{"and is remembered", 4, false, []string{"a", "c", "d"}, map[string]int{"a": 1, "c": 2, "d": 3}},
		{"what is gone is forgotten", 5, true, []string{"a"}, map[string]int{"a": 1}},
		{"and new when it comes back", 6, true, []string{"a", "c"}, map[string]int{"a": 1, "c": 6}},
		{"a secret is new each time", 7, true, []string{canary}, map[string]int{canary: 7}},
		{"and again", 8, true, []string{canary}, map[string]int{canary: 8}},
		{"bytes that are no text", 9, true, []string{"\xff"}, map[string]int{"\xff": 9}},
		{"have their time too", 10, true, []string{"\xff"}, map[string]int{"\xff": 9}},
	}
	for _, step := range steps {
		if got := seen(t, records, step.day, step.complete, step.keys...); !maps.Equal(got, step.want) {
			t.Errorf("%s: got %v, want %v", step.name, got, step.want)
		}
		if _, err := os.Stat(path); (err == nil) == (step.day == 0) {
			t.Errorf("%s: %v", step.name, err)
		}
	}
	if content, err := os.ReadFile(path); err != nil || strings.Contains(string(content), canary) {
		t.Errorf("%s, %v", content, err)
	}
	if entries, err := os.ReadDir(shared); err != nil || len(entries) > 0 {
		t.Errorf("something is among the records: %v, %v", entries, err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	seen(t, records, 11, true, "\xff")
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		t.Errorf("the file was written although nothing is new: %v", err)
	}
}

func TestDamagedTimes(t *testing.T) {
	for name, damage := range map[string]string{
		"no JSON": "x\n", "no time": `{"format_version":"1.0","key":"a"}` + "\n", "newer": `{"format_version":"2.0","key":"a","first_seen":"2026-01-02T03:04:05Z"}` + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			records := open(dir, "")
			seen(t, records, 0, true, "a")
			path := filepath.Join(filepath.Dir(records.Path()), "seen.jsonl")
			content, err := os.ReadFile(path)
			if err = errors.Join(err, os.WriteFile(path, []byte(string(content)+damage), 0o600)); err != nil {
				t.Fatal(err)
			}
			first, err := records.Seen(t.Context(), []string{"a", "b"}, testTime.AddDate(0, 0, 1), true)
			if failure, ok := errors.AsType[*store.DamagedError](err); !ok || failure.Line != 2 || failure.File != path || failure.Fault().Hint == "" {
				t.Errorf("got %v", err)
			}
			if !first["a"].Equal(testTime) || !first["b"].Equal(testTime.AddDate(0, 0, 1)) {
				t.Errorf("got %v", first)
			}
		})
	}
}
