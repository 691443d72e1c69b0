package config

import "testing"

func TestState(t *testing.T) {
	cases := []struct {
		name, text string
		vars       variables
		want       State
	}{
		{"nothing", "", nil, State{}},
		{"empty", "state: {}\n", nil, State{}},
		{"a folder", "state: { dir: /mnt/team }\n", nil, State{Dir: "/mnt/team"}},
		{"home", "state: { dir: ~/team, mode: user }\n", nil, State{Dir: "~/team"}},
		{"for a group", "state: { dir: /mnt/team, mode: group }\n", nil, State{Dir: "/mnt/team", Group: true}},
		{"the usual folder for a group", "state: { mode: group }\n", nil, State{Group: true}},
		{"in two documents", "state: { dir: /mnt/team }\n---\nstate: { mode: group }\n", nil, State{Dir: "/mnt/team", Group: true}},
		{"records beside the file", "state: { applied_dir: applied/../records }\n", nil, State{AppliedDir: "/conf/records"}},
		{"records elsewhere", "state: { dir: /mnt/team, applied_dir: /srv/records/ }\n", nil, State{Dir: "/mnt/team", AppliedDir: "/srv/records"}},
		{"records at home", "state: { applied_dir: \"~/records\" }\n", nil, State{AppliedDir: "~/records"}},
		{"records above the file", "state: { applied_dir: \"../${R}\" }\n", variables{"R": "records"}, State{AppliedDir: "/records"}},
		{"a variable", "state: { dir: \"${TEAM}/state\" }\n", variables{"TEAM": "/mnt/a"}, State{Dir: "/mnt/a/state"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := load(t, "version: \"1.0\"\n"+c.text, c.vars).settings.State; got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestResolveWithoutKey(t *testing.T) {
	cfg := load(t, "version: \"1.0\"\nenvironments: { dev: { project_id: P2dev, management_key: \"${DEV_KEY}\" } }\n", nil)
	if _, err := Resolve(cfg, Selection{Environment: "dev"}); err == nil {
		t.Error("the missing key was not missed")
	}
	target, err := Resolve(cfg, Selection{Environment: "dev", WithoutKey: true})
	if err != nil || target.ProjectID != "P2dev" || target.KeySource != "" {
		t.Errorf("got %+v, %v", target, err)
	}
}
