package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestMergeSettings(t *testing.T) {
	days := func(days int) Backup { return Backup{RetentionDays: days} }
	usual := Performance{MaxWorkers: DefaultMaxWorkers}
	cases := []struct {
		name, project, user string
		want                Settings
	}{
		{"nothing", "", "", Settings{Backup: days(30), Performance: usual}},
		{
			"the user's alone", "",
			"backup: { dir: /u, retention_days: 7, after: [[u]], after_required: true }\nstate: { dir: /s, mode: group }\nperformance: { max_workers: 3, rate_limit_buffer: 0.5, rate_limits: off }\n",
			Settings{
				Backup{Dir: "/u", RetentionDays: 7, After: [][]string{{"u"}}, AfterRequired: true},
				State{Dir: "/s", Group: true},
				Performance{MaxWorkers: 3, RateLimitBuffer: 0.5, RateLimits: []string{"off"}},
			},
		},
		{
			"the project's over the user's", "backup: { dir: /p, retention_days: 30, after: [[p]], after_required: false }\nstate: { dir: /t, mode: user }\nperformance: { max_workers: 10, rate_limit_buffer: 1, rate_limits: seed }\n",
			"backup: { dir: /u, retention_days: 7, after: [[u]], after_required: true }\nstate: { dir: /s, mode: group }\nperformance: { max_workers: 3, rate_limit_buffer: 0.5, rate_limits: off }\n",
			Settings{
				Backup{Dir: "/p", RetentionDays: 30, After: [][]string{{"p"}}},
				State{Dir: "/t"},
				Performance{MaxWorkers: 10, RateLimitBuffer: 1, RateLimits: []string{"seed"}},
			},
		},
		{
			"key by key", "backup: { dir: /p }\nstate: { mode: group }\nperformance: { rate_limits: seed }\n",
			"backup: { retention_days: 7, after: [[u]] }\nstate: { dir: /s }\nperformance: { max_workers: 3, rate_limits: off }\n",
			Settings{
				Backup{Dir: "/p", RetentionDays: 7, After: [][]string{{"u"}}},
				State{Dir: "/s", Group: true},
				Performance{MaxWorkers: 3, RateLimits: []string{"seed"}},
			},
		},
		{
			"the records of the project", "state: { applied_dir: applied }\n", "state: { dir: /s, applied_dir: /u }\n",
			Settings{Backup: days(30), State: State{Dir: "/s", AppliedDir: "/conf/applied"}, Performance: usual},
		},
		{
			"the records of the user", "state: { dir: /t }\n", "state: { dir: /s, applied_dir: /u }\n",
			Settings{Backup: days(30), State: State{Dir: "/t", AppliedDir: "/u"}, Performance: usual},
		},
		{
			"the environment's over both", "performance: { max_workers: 10, rate_limits: { tenant: 1/1s, other: 2/1s } }\nenvironments: { dev: { performance: { rate_limits: { user: 3/1s } } }, prod: { performance: { max_workers: 1 } } }\n",
			"performance: { max_workers: 3, rate_limit_buffer: 0.5, rate_limits: off }\n",
			Settings{Backup: days(30), Performance: Performance{MaxWorkers: 10, RateLimitBuffer: 0.5, RateLimits: []string{"user=3/1s"}}},
		},
		{
			"the environment's over the user's", "environments: { dev: { performance: { rate_limit_buffer: 1 } } }\n",
			"performance: { max_workers: 3, rate_limit_buffer: 0.5 }\n",
			Settings{Backup: days(30), Performance: Performance{MaxWorkers: 3, RateLimitBuffer: 1}},
		},
		{"no commands in the project", "backup: { after: [] }\n", "backup: { after: [[u]] }\n", Settings{Backup: Backup{RetentionDays: 30, After: [][]string{}}, Performance: usual}},
		{
			"a project cannot waive the user's commands", "backup: { after_required: false }\n", "backup: { after: [[u]], after_required: true }\n",
			Settings{Backup: Backup{RetentionDays: 30, After: [][]string{{"u"}}, AfterRequired: true}, Performance: usual},
		},
		{
			"a project can demand the user's commands", "backup: { after_required: true }\n", "backup: { after: [[u]], after_required: false }\n",
			Settings{Backup: Backup{RetentionDays: 30, After: [][]string{{"u"}}, AfterRequired: true}, Performance: usual},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			cfg, err := loadTrusted("version: \"1.0\"\n"+c.project, nil)
			if err != nil {
				t.Fatal(err)
			}
			user, err := loadUserText(c.user, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := MergeSettings(cfg, user, "dev")
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreFields(Backup{}, "Source")); diff != "" {
				t.Error(diff)
			}
			if c.project == "" {
				if diff := cmp.Diff(got, MergeSettings(nil, user, "")); diff != "" {
					t.Errorf("without a configuration: %s", diff)
				}
			}
			if c.user == "" {
				if diff := cmp.Diff(got, MergeSettings(cfg, nil, "")); diff != "" {
					t.Errorf("without settings of the user: %s", diff)
				}
			}
		})
	}
	if diff := cmp.Diff(defaultSettings(), MergeSettings(nil, nil, "")); diff != "" {
		t.Error(diff)
	}
}

func TestMergedSettingsSayWhereTheyStand(t *testing.T) {
	cfg := load(t, "version: \"1.0\"\nbackup: { dir: /p }\n", nil)
	user, err := loadUserText("backup: { dir: /u, after: [[u, x]], after_required: true }\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	merged := MergeSettings(cfg, user, "")
	source := merged.Backup.Source
	if source.Dir.File != "descope.yaml" || source.After.File != "config.yaml" || source.AfterRequired.File != "config.yaml" || !source.RetentionDays.IsZero() {
		t.Errorf("got %+v", source)
	}
	merged.Backup.After[0][1] = "changed"
	if user.own().Backup.After[0][1] != "x" {
		t.Error("a reader changed the user's settings")
	}
}
