package backup_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
)

const day = 24 * time.Hour

func TestPrune(t *testing.T) {
	at := func(days int) time.Time { return testTime.Add(time.Duration(-days) * day) }
	name := func(days int) string { return backup.Name{At: at(days), Operation: "apply"}.String() }
	type file struct {
		days    int // its age, by its name and inside
		host    string
		project string
		change  func(text []byte) []byte
		inside  *int
	}
	ours := func(days int) file { return file{days: days, host: "h", project: "P"} }
	changed := func(f file, change func(text []byte) []byte) file { f.change = change; return f }
	inside := func(f file, days int) file { f.inside = &days; return f }
	flip := func(text []byte) []byte { text[len(text)-20] ^= 1; return text }
	cases := map[string]struct {
		files  []file
		policy backup.PrunePolicy
		want   []string // what goes
	}{
		"nothing":               {},
		"old ones":              {files: []file{ours(1), ours(31), ours(40)}, want: []string{name(31), name(40)}},
		"the very border stays": {files: []file{ours(1), ours(30)}},
		"the newest of all":     {files: []file{ours(31), ours(40)}, want: []string{name(40)}},
		"the newest of each project and host": {
			files: []file{ours(1), ours(31), {days: 32, host: "h", project: "Q"}, {days: 33, host: "g", project: "P"}, {days: 34, host: "H", project: "P"}, {days: 35, host: "g", project: "P"}},
			want:  []string{name(31), name(34), name(35)},
		},
		"of one project alone": {
			files:  []file{ours(1), ours(31), {days: 2, host: "h", project: "Q"}, {days: 32, host: "h", project: "Q"}, {days: 33, host: "g", project: "P"}, {days: 34, host: "g", project: "P"}},
			policy: backup.PrunePolicy{Host: "H", ProjectID: "P"}, want: []string{name(31)},
		},
		"named ones": {
			files: []file{ours(1), ours(31), ours(40)}, policy: backup.PrunePolicy{Named: map[string]bool{name(31): true}}, want: []string{name(40)},
		},
		"a named newest still is the newest": {
			files: []file{ours(31), ours(40)}, policy: backup.PrunePolicy{Named: map[string]bool{name(31): true}}, want: []string{name(40)},
		},
		"dry run":                                {files: []file{ours(1), ours(31)}, policy: backup.PrunePolicy{DryRun: true}, want: []string{name(31)}},
		"damaged":                                {files: []file{ours(1), changed(ours(31), flip), ours(40)}, want: []string{name(40)}},
		"unsealed":                               {files: []file{ours(1), changed(ours(40), func([]byte) []byte { return seedExample(t) })}},
		"foreign":                                {files: []file{ours(1), changed(ours(40), func([]byte) []byte { return []byte("{}") })}},
		"old by name, young inside":              {files: []file{ours(1), inside(ours(40), 2)}},
		"old by name, from the future inside":    {files: []file{ours(1), inside(ours(40), -2)}},
		"young by name, old inside":              {files: []file{ours(1), inside(ours(2), 40)}},
		"a damaged young one vouches for none":   {files: []file{changed(ours(1), flip), ours(31), ours(40)}, want: []string{name(40)}},
		"one of the future vouches for none":     {files: []file{ours(-3), ours(31), ours(40)}, want: []string{name(40)}},
		"the future stays":                       {files: []file{ours(-3), ours(-40), ours(1)}},
		"a clock set back":                       {files: []file{ours(1), ours(31), ours(40)}, policy: backup.PrunePolicy{Now: at(365)}},
		"an unsealed young one vouches for none": {files: []file{changed(ours(1), func([]byte) []byte { return seedExample(t) }), ours(31)}},
		"a negative time keeps all of today":     {files: []file{ours(-1), ours(0), ours(1)}, policy: backup.PrunePolicy{Keep: -day * 99}, want: []string{name(1)}},
	}
	for caseName, c := range cases {
		t.Run(caseName, func(t *testing.T) {
			dir := t.TempDir()
			files := directory(t, dir)
			for _, f := range c.files {
				days := f.days
				if f.inside != nil {
					days = *f.inside
				}
				text := encode(t, taken(t, at(days), "apply", f.host, f.project))
				if f.change != nil {
					text = f.change(text)
				}
				write(t, dir, name(f.days), text)
			}
			write(t, dir, "old.json", encode(t, taken(t, at(99), "apply", "h", "P"))) // another name: not ours
			before := names(t, dir)
			policy := c.policy
			if policy.Now.IsZero() {
				policy.Now = testTime
			}
			if policy.Keep == 0 {
				policy.Keep = 30 * day
			}
			infos, err := backup.Prune(t.Context(), files, policy)
			if err != nil {
				t.Fatal(err)
			}
			got := []string{}
			for _, info := range infos {
				got = append(got, info.Name)
			}
			if diff := cmp.Diff(append([]string{}, c.want...), got); diff != "" {
				t.Error(diff)
			}
			left := slices.DeleteFunc(before, func(name string) bool { return !policy.DryRun && slices.Contains(c.want, name) })
			if diff := cmp.Diff(left, names(t, dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPruneOpensLittle: of the young files it opens those that it needs to know
// that an old one is not the newest.
func TestPruneOpensLittle(t *testing.T) {
	dir := t.TempDir()
	files := &hooked{Files: directory(t, dir)}
	var young []string
	for days := range 20 {
		young = append(young, save(t, files, taken(t, testTime.Add(time.Duration(-days)*day), "apply", "h", "P")).Name)
	}
	for _, old := range []bool{false, true} {
		if old {
			save(t, files, taken(t, testTime.Add(-31*day), "apply", "h", "P"))
		}
		files.opened = nil
		if _, err := backup.Prune(t.Context(), files, backup.PrunePolicy{Now: testTime, Keep: 30 * day}); err != nil {
			t.Fatal(err)
		}
		opened := slices.Compact(slices.DeleteFunc(files.opened, func(name string) bool { return !slices.Contains(young, name) }))
		want := []string{}
		if old {
			want = young[:1]
		}
		if diff := cmp.Diff(want, append([]string{}, opened...)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestPruneSaysWhatIsGoneWhenItFails(t *testing.T) {
	files := &hooked{Files: directory(t, t.TempDir())}
	for _, days := range []int{1, 31, 32, 33} {
		save(t, files, taken(t, testTime.Add(time.Duration(-days)*day), "apply", "h", "P"))
	}
	policy := backup.PrunePolicy{Now: testTime, Keep: 30 * day}
	broken, removals := errors.New("the disk is broken"), 0
	files.before = func(call, _ string) error {
		if call == "remove" {
			if removals++; removals == 2 {
				return broken
			}
		}
		return nil
	}
	if removed, err := backup.Prune(t.Context(), files, policy); !errors.Is(err, broken) || len(removed) != 1 {
		t.Errorf("got %+v, %v", removed, err)
	}
	files.before = func(call, name string) error {
		if call == "remove" {
			return files.Files.Remove(t.Context(), name) // somebody else is faster
		}
		return nil
	}
	if removed, err := backup.Prune(t.Context(), files, policy); err != nil || len(removed) != 0 {
		t.Errorf("got %+v, %v", removed, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	files.before = nil
	save(t, files, taken(t, testTime.Add(-50*day), "apply", "h", "P"))
	if _, err := backup.Prune(ctx, files, policy); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if removed, err := backup.Prune(t.Context(), directory(t, t.TempDir()+"-nothing"), policy); err != nil || len(removed) != 0 {
		t.Errorf("a folder that is not there: %v, %v", removed, err)
	}
	if _, err := os.Stat(files.Path("x")); err == nil {
		t.Error("something was made")
	}
}
