package config

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// loadUserText reads one text as the user's own settings.
func loadUserText(text string, env variables) (*User, error) {
	return loadUser(context.Background(), Options{Lookup: env.lookup}, texts{"config.yaml": text}.sources()[0])
}

// writeUser writes the user's own settings with a mode, and returns their path.
func writeUser(t *testing.T, text string, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// outcomeOf returns what was said about the user's own settings.
func outcomeOf(t *testing.T, user *User, err error) []Diagnostic {
	t.Helper()
	if err == nil {
		return user.Warnings()
	}
	return diagnosticsOf(t, nil, err)
}

func TestUserSettings(t *testing.T) {
	path := writeUser(t, `backup: { dir: ~/b, after: [[cp, "{file}", /x]] }
state: { dir: /mnt/team, mode: group }
performance: { max_workers: 3, rate_limits: documented }
`, 0o644)
	user, err := LoadUser(context.Background(), path, Options{WorkDir: filepath.Dir(path)})
	if err != nil {
		t.Fatal(err)
	}
	if got := user.own().Backup; got.Dir != "~/b" || got.RetentionDays != DefaultRetentionDays || cmp.Diff([][]string{{"cp", "{file}", "/x"}}, got.After) != "" {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff(State{Dir: "/mnt/team", Group: true}, user.own().State); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Performance{MaxWorkers: 3, RateLimits: []string{"documented"}}, user.own().Performance); diff != "" {
		t.Error(diff)
	}
	if len(user.Warnings()) != 0 {
		t.Errorf("warnings %v", user.Warnings())
	}
}

func TestUserSettingsThatDoNotExist(t *testing.T) {
	user, err := LoadUser(context.Background(), filepath.Join(t.TempDir(), "none", "config.yaml"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, u := range map[string]*User{"no file": user, "nil": nil} {
		if diff := cmp.Diff(defaultSettings(), u.own()); diff != "" || u.Warnings() != nil {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestDiagnosticsOfUserSettings(t *testing.T) {
	for _, c := range userCases() {
		t.Run(c.name, func(t *testing.T) {
			user, err := loadUserText(c.text, c.env)
			wantLines(t, outcomeOf(t, user, err), c.want)
		})
	}
}

func userCases() []diagnosticCase {
	return []diagnosticCase{
		{"empty", "", nil, nil},
		{"a comment", "# nothing\n", nil, nil},
		{"the version alone", "version: \"1.0\"\n", nil, nil},
		{"another version", "version: \"2.0\"\n", nil, []string{
			`config.yaml:1:10: error CFG020: version "2.0" is not supported; this version of the tool reads "1.0"`,
		}},
		{"keys of a configuration", "auth: {}\ntenants: []\nbackups: {}\n", nil, []string{
			`config.yaml:1:1: error CFG010: unknown key "auth" in the user's own settings`,
			`config.yaml:2:1: error CFG010: unknown key "tenants" in the user's own settings`,
			`config.yaml:3:1: error CFG010: unknown key "backups" in the user's own settings`,
		}},
		{"a command for the key", "management_key_command: [pass, show, x]\n", nil, nil},
		{"a command that is none", "management_key_command: pass\n", nil, []string{
			`config.yaml:1:25: error CFG012: management_key_command must be a list of a program and its arguments, not text`,
		}},
		{"a command twice", "management_key_command: [a]\n---\nmanagement_key_command: [b]\n", nil, []string{
			`config.yaml:3:25: error CFG016: management_key_command is already set at config.yaml:1:25`,
		}},
		{"a list", "[]\n", nil, []string{`config.yaml:1:1: error CFG012: the user's own settings must be a mapping, not a list`}},
		{"not YAML", "a: b: c\n", nil, []string{`config.yaml:1:5: error CFG001: not valid YAML: mapping values are not allowed in this context`}},
		{"given twice", "state: { dir: /a }\n---\nstate: { dir: /b }\n", nil, []string{
			`config.yaml:3:10: error CFG016: state.dir is already set at config.yaml:1:10`,
		}},
		{"a credential", "backup: { dir: \"${DESCOPE_MANAGEMENT_KEY}\" }\n", variables{managementKeyVariable: "/x"}, []string{
			`config.yaml:1:16: error CFG032: the variable DESCOPE_MANAGEMENT_KEY serves as a credential and may be used for a management_key or read_key only`,
		}},
		{"a variable that is not set", "backup: { dir: \"${NONE}\" }\n", nil, []string{
			`config.yaml:1:16: error CFG030: the variable NONE is not set`,
		}},
	}
}

func TestUnknownKeysOfTheUserGetSuggestions(t *testing.T) {
	_, err := loadUserText("backups: {}\nflows: []\n", nil)
	var got []string
	for _, d := range diagnosticsOf(t, nil, err) {
		got = append(got, d.Suggestion)
	}
	if diff := cmp.Diff([]string{`did you mean backup?`, "known keys: version, backup, state, performance, management_key_command"}, got); diff != "" {
		t.Error(diff)
	}
}

// writersCases are modes of the settings' file.
func writersCases() map[fs.FileMode]string {
	return map[fs.FileMode]string{
		0o600: "", 0o644: "", 0o444: "", 0o755: "",
		0o620: "0620", 0o602: "0602", 0o664: "0664", 0o777: "0777",
	}
}

func TestSettingsThatOthersMayWrite(t *testing.T) {
	for mode, shown := range writersCases() {
		t.Run(mode.String(), func(t *testing.T) {
			path := writeUser(t, "backup: { retention_days: 0 }\n", mode)
			link := filepath.Join(t.TempDir(), "link.yaml")
			if err := os.Symlink(path, link); err != nil {
				t.Fatal(err)
			}
			for _, place := range []string{path, link} {
				_, err := LoadUser(context.Background(), place, Options{WorkDir: filepath.Dir(place)})
				name := filepath.Base(place)
				want := []string{name + `:1:27: error CFG014: retention_days must be a whole number from 1 to 36500, not "0"`}
				if shown != "" {
					want = append([]string{name + `:1:1: error CFG043: others may write to this file (mode ` + shown + `), and it can name programs to run`}, want...)
				}
				wantLines(t, diagnosticsOf(t, nil, err), want)
			}
		})
	}
}

func TestUserSettingsThatCannotBeRead(t *testing.T) {
	work := t.TempDir()
	if err := os.Symlink("nothing", filepath.Join(work, "config.yaml")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(work, "config.yaml"): "configuration config.yaml: open",
		work:                               "configuration .: not a regular file but a folder",
	} {
		if _, err := LoadUser(context.Background(), path, Options{WorkDir: work}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", path, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := LoadUser(ctx, writeUser(t, "", 0o600), Options{}); err == nil {
		t.Error("a cancelled load went on")
	}
}

func TestNoDiagnosticOfUserSettingsShowsAKey(t *testing.T) {
	for name, text := range map[string]string{
		"under an unknown key": "management_key: " + canary + "\n",
		"as a command":         "management_key_command: " + canary + "\n",
		"in a block":           "auth:\n  management_key: |\n    " + canary + "\n",
	} {
		_, err := loadUserText(text, nil)
		for _, d := range diagnosticsOf(t, nil, err) {
			if strings.Contains(d.Render(), canary) {
				t.Errorf("%s: %s", name, d.Render())
			}
		}
	}
}
