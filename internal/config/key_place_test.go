package config

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// keyFolder holds a configuration with every way to a key, and its files.
func keyFolder(t *testing.T, configuration string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"descope.yaml": configuration, "key": "K2fromfile\r\n", "empty": "\n", "text": "two words\n", "project": "P2x\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "home"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "home", "key"), []byte("K2fromhome"), 0o400); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestWhereTheKeyComesFrom(t *testing.T) {
	const auth = "auth: { project_id: P2auth, management_key_file: key }\n"
	const env = "environments: { dev: { project_id: P2dev, "
	own := &KeyCommand{Argv: []string{"pass"}, Dir: "/home", Source: "the user"}
	cases := []struct {
		name, text  string
		variables   variables
		sel         Selection
		key, source string
		command     string
	}{
		{"a file of auth", auth, nil, Selection{}, "K2fromfile", "management_key_file of auth (descope.yaml:2:50)", ""},
		{"a variable over auth", auth, variables{managementKeyVariable: "K2variable"}, Selection{}, "K2variable", managementKeyVariable, ""},
		{"a file over a variable", env + "management_key_file: \"~/key\" } }\n", variables{managementKeyVariable: "K2variable"}, Selection{Environment: "dev"}, "K2fromhome", "management_key_file of environments.dev (descope.yaml:2:64)", ""},
		{"auth fills", auth + env + " } }\n", nil, Selection{Environment: "dev"}, "K2fromfile", "management_key_file of auth (descope.yaml:2:50)", ""},
		{"an environment over auth", auth + env + "management_key: \"${K}\" } }\n", variables{"K": "K2own"}, Selection{Environment: "dev"}, "K2own", "environments.dev (descope.yaml:3:59)", ""},
		{"a path in a variable", env + "management_key_file: \"${KEYS}/key\" } }\n", variables{"KEYS": "."}, Selection{Environment: "dev"}, "K2fromfile", "management_key_file of environments.dev (descope.yaml:2:64)", ""},
		{"a key for reading beside it", env + "management_key_file: key, read_key: \"${R}\" } }\n", variables{"R": "K2reads"}, Selection{Environment: "dev", Reading: true}, "K2reads", "read_key of environments.dev (descope.yaml:2:79)", ""},
		{"and for writing", env + "management_key_file: key, read_key: \"${R}\" } }\n", variables{"R": "K2reads"}, Selection{Environment: "dev"}, "K2fromfile", "management_key_file of environments.dev (descope.yaml:2:64)", ""},
		{"reading with a file over a key for reading of auth", "auth: { read_key: \"${R}\" }\n" + env + "management_key_file: key } }\n", variables{"R": "K2reads"}, Selection{Environment: "dev", Reading: true}, "K2fromfile", "management_key_file of environments.dev (descope.yaml:3:64)", ""},
		{"a command", env + "management_key_command: [pass, \"${NAME}\"] } }\n", variables{"NAME": "x", managementKeyVariable: "K2variable"}, Selection{Environment: "dev"}, "", "", "[pass x] management_key_command of environments.dev (descope.yaml:2:67)"},
		{"the user's own command at last", "auth: { project_id: P2auth }\n", nil, Selection{KeyCommand: own}, "", "", "[pass] the user"},
		{"auth before it", auth, nil, Selection{KeyCommand: own}, "K2fromfile", "management_key_file of auth (descope.yaml:2:50)", ""},
		{"a variable before it", "auth: { project_id: P2auth }\n", variables{managementKeyVariable: "K2variable"}, Selection{KeyCommand: own}, "K2variable", managementKeyVariable, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			folder := keyFolder(t, "version: \"1.0\"\n"+c.text)
			cfg, err := Load(context.Background(), Options{WorkDir: folder, Home: filepath.Join(folder, "home"), Lookup: c.variables.lookup, AllowExec: true})
			if err != nil {
				t.Fatal(err)
			}
			c.sel.Lookup = c.variables.lookup
			target, err := Resolve(cfg, c.sel)
			if err != nil {
				t.Fatal(err)
			}
			command := ""
			if target.KeyCommand != nil {
				command = fmt.Sprint(target.KeyCommand.Argv, " ", target.KeyCommand.Source)
			}
			if diff := cmp.Diff([]string{c.key, c.source, c.command}, []string{target.ManagementKey.Reveal(), target.KeySource, command}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestTheWrongOneOfTwoIsNamed: which of project id and key is none of its kind.
func TestTheWrongOneOfTwoIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ project, key, want string }{
		"the id as the key":      {"P2quickstart", "P2quickstart", "the management key from DESCOPE_MANAGEMENT_KEY looks like a project id"},
		"the id without its P2":  {"P2quickstart", "quickstart", "the management key from DESCOPE_MANAGEMENT_KEY looks like a project id"},
		"the key as the id":      {"K2quickstart", "K2quickstart", "the project id from DESCOPE_PROJECT_ID looks like a management key"},
		"a key inside of the id": {"P2K2quickstart", "K2quickstart", "the project id from DESCOPE_PROJECT_ID looks like a management key"},
	} {
		variables := variables{"DESCOPE_PROJECT_ID": c.project, "DESCOPE_MANAGEMENT_KEY": c.key}
		_, err := Resolve(nil, Selection{Lookup: variables.lookup})
		if failure, is := errors.AsType[*SelectionError](err); !is || !strings.HasPrefix(failure.Message, c.want) || failure.Hint == "" || strings.Contains(failure.Message+failure.Hint, c.key) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeyFilesThatAreNone(t *testing.T) {
	const place = "management_key_file of auth (descope.yaml:2:30)"
	cases := []struct {
		name, path, want string
		spoil            func(path string) error
	}{
		{"missing", "none", "the management key cannot be read, by " + place + ": read the file: no such file or directory", nil},
		{"empty", "empty", "the file in " + place + " is empty", nil},
		{"text", "text", "the management key from " + place + " holds white space or another character that no key has", nil},
		{"large", "key", "the file in " + place + " cannot be trusted: it has more than 64 KiB", func(path string) error { return os.Truncate(path, maxKeyFile+1) }},
		{"variable", "${NONE}", "the path in " + place + " is in the variable NONE, which is not set", nil},
		{"empty variable", "${NONE:-}", "the path in " + place + " is none", nil},
		{"a swapped project", "project", `the project id from auth (descope.yaml:2:53) looks like a management key`, nil},
		{"a swapped project, short", "project", `the project id from auth (descope.yaml:2:53) looks like a management key`, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			project := "P2x"
			swapped := strings.HasPrefix(c.name, "a swapped project")
			switch c.name {
			case "a swapped project":
				project = "K2abcdefghijklmnopqrstuvwxyz0123"
			case "a swapped project, short":
				project = "K2dev"
			}
			text := strings.Replace("version: \"1.0\"\nauth: { management_key_file: \"PATH\", project_id: "+project+" }\n", "PATH", c.path, 1)
			folder := keyFolder(t, text)
			if c.spoil != nil {
				if err := c.spoil(filepath.Join(folder, c.path)); err != nil {
					t.Fatal(err)
				}
			}
			cfg, err := Load(context.Background(), Options{WorkDir: folder})
			if err != nil {
				t.Fatal(err)
			}
			_, err = Resolve(cfg, Selection{})
			if swapped {
				if selection, is := errors.AsType[*SelectionError](err); !is || selection.Message != c.want || !strings.Contains(selection.Hint, "swapped") {
					t.Errorf("got %v", err)
				}
				return
			}
			missing, is := errors.AsType[*MissingCredentialError](err)
			if !is || missing.Message != c.want || missing.Hint == "" {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestFilesOfKeysAreLookedAt(t *testing.T) {
	const at = "descope.yaml:2:30: "
	cases := []struct {
		name, path string
		spoil      func(path string) error
		want       string
	}{
		{"private", "key", nil, ""},
		{"readable", "key", func(path string) error { return os.Chmod(path, 0o604) }, at + "warning CFG046: the file of the management key can be read by anybody on this machine (mode 0604)"},
		{"writable", "key", func(path string) error { return os.Chmod(path, 0o602) }, at + "error CFG037: the file of the management key cannot be trusted: anybody may write to this file (mode 0602)"},
		{"replaceable", "key", func(path string) error { return os.Chmod(filepath.Dir(path), 0o777) }, at + "error CFG037: the file of the management key cannot be trusted: anybody may replace this file: its folder has mode 0777"},
		{"in a folder like /tmp", "key", func(path string) error { return os.Chmod(filepath.Dir(path), 0o777|os.ModeSticky) }, ""},
		{"a pipe", "key", func(path string) error { return replaceBy(path, func() error { return makePipe(path) }) }, at + "error CFG037: the file of the management key cannot be trusted: not a regular file but a pipe"},
		{"a device", "/dev/zero", nil, at + "error CFG037: the file of the management key cannot be trusted: not a regular file but a device"},
		{"missing", "none", nil, at + "note CFG034: the file of the management key cannot be read: no such file or directory"},
		{"a key and no path", canary, nil, at + "error CFG033: management_key_file is a key and no path: a management key may not stand in a file of the configuration"},
		{"another home folder", "~root/key", nil, at + "error CFG014: management_key_file begins with ~, and only ~/ stands for a home folder"},
		{"empty", "", nil, at + "error CFG014: management_key_file is empty"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			folder := keyFolder(t, strings.Replace("version: \"1.0\"\nauth: { management_key_file: \"PATH\", project_id: P2x }\n", "PATH", c.path, 1))
			if c.spoil != nil {
				if err := c.spoil(filepath.Join(folder, c.path)); err != nil {
					t.Fatal(err)
				}
			}
			cfg, err := Load(context.Background(), Options{WorkDir: folder})
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			diagnostics := diagnosticsOf(t, cfg, err)
			wantLines(t, diagnostics, want)
			if text := fmt.Sprintf("%+v", diagnostics); strings.Contains(text, canary) || strings.Contains(text, "K2fromfile") {
				t.Error(text)
			}
		})
	}
}

func TestWaysToAKey(t *testing.T) {
	cases := append(keyCases(), diagnosticCase{"a command in a file that is not trusted", "version: \"1.0\"\nauth: { management_key_command: [pass] }\n", nil, []string{
		"descope.yaml:2:33: error CFG042: management_key_command names commands to run, and this file is not trusted to",
	}})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			text, read := c.text, loadTrusted
			if strings.Contains(c.name, "not trusted") {
				read = func(text string, env variables) (*Config, error) { return loadTexts(texts{"descope.yaml": text}, env) }
			}
			cfg, err := read(text, c.env)
			wantLines(t, diagnosticsOf(t, cfg, err), c.want)
		})
	}
}

func keyCases() []diagnosticCase {
	return []diagnosticCase{
		{"two ways", "version: \"1.0\"\nauth: { management_key: \"${K}\", management_key_file: /dev/null/none, management_key_command: [pass] }\n", variables{"K": "K2x"}, []string{
			"descope.yaml:2:54: note CFG034: the file of the management key cannot be read: not a directory",
			"descope.yaml:2:54: error CFG036: management_key_file stands beside management_key (descope.yaml:2:25)",
			"descope.yaml:2:94: error CFG036: management_key_command stands beside management_key (descope.yaml:2:25)",
		}},
		{"two ways in two documents", "version: \"1.0\"\nenvironments: { dev: { management_key: \"${K}\" } }\n---\nenvironments: { dev: { management_key_command: [pass] } }\n", variables{"K": "K2x"}, []string{
			"descope.yaml:4:48: error CFG036: management_key_command stands beside management_key (descope.yaml:2:40)",
		}},
		{"a way in each block", "version: \"1.0\"\nauth: { management_key_command: [pass] }\nenvironments: { dev: { management_key: \"${K}\" } }\n", variables{"K": "K2x"}, nil},
		{"a command that is text", "version: \"1.0\"\nauth: { management_key_command: \"pass show\" }\n", nil, []string{
			"descope.yaml:2:33: error CFG012: management_key_command must be a list of a program and its arguments, not text",
		}},
		{"an empty command", "version: \"1.0\"\nauth: { management_key_command: [] }\n", nil, []string{
			"descope.yaml:2:33: error CFG014: management_key_command is empty",
		}},
		{"no program", "version: \"1.0\"\nauth: { management_key_command: [\"\", x] }\n", nil, []string{
			"descope.yaml:2:34: error CFG014: the program of management_key_command is empty",
		}},
		{"a path in a variable", "version: \"1.0\"\nauth: { management_key_file: \"${NONE}\" }\n", nil, []string{
			"descope.yaml:2:30: note CFG034: the variable NONE is not set",
		}},
	}
}

func TestTheUsersCommand(t *testing.T) {
	user, err := loadUserText("management_key_command: [pass, show, \"${N}\"]\n", variables{"N": "x"})
	if err != nil {
		t.Fatal(err)
	}
	want := &KeyCommand{Argv: []string{"pass", "show", "x"}, Dir: user.KeyCommand().Dir, Source: "management_key_command (config.yaml:1:25)"}
	if diff := cmp.Diff(want, user.KeyCommand()); diff != "" {
		t.Error(diff)
	}
	if (*User)(nil).KeyCommand() != nil {
		t.Error("nobody has a command")
	}
	target := Target{ProjectID: "P2x", KeyCommand: user.KeyCommand()}
	if with, err := target.WithKey("K2printed"); err != nil || with.ManagementKey.Reveal() != "K2printed" || with.KeySource != want.Source {
		t.Errorf("got %+v, %v", with, err)
	}
	for _, none := range []string{"", "two words", "K2\x01"} {
		if _, err := target.WithKey(none); err == nil || (none != "" && strings.Contains(err.Error(), none)) {
			t.Errorf("%q: %v", none, err)
		}
	}
	target.BaseURL = "https://K2printed.descope.com"
	if _, err := target.WithKey("K2printed"); err == nil || strings.Contains(err.Error(), "K2printed") {
		t.Errorf("got %v", err)
	}
}
