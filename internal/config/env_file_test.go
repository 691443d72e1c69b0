package config

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestLinesOfVariables(t *testing.T) {
	cases := []struct{ name, line, variable, want string }{
		{"plain", "A=b", "A", "b"},
		{"empty", "A=", "A", ""},
		{"exported", "export  A=b", "A", "b"},
		{"called export", "export=b", "export", "b"},
		{"blanks around", "  A=  b c \t", "A", "b c"},
		{"a comment after it", "A=b # c", "A", "b"},
		{"only a comment", "A= # c", "A", ""},
		{"a hash inside", "A=b#c", "A", "b#c"},
		{"an equals sign inside", "A=b=c==", "A", "b=c=="},
		{"quotes inside", `A=b"c'd`, "A", `b"c'd`},
		{"single quotes", `A='b # "c" \n ${D}'`, "A", `b # "c" \n ${D}`},
		{"single quotes and a comment", `A='b'  # c`, "A", "b"},
		{"double quotes", `A="b # 'c' \"d\" \\ \n\t\r\$"`, "A", "b # 'c' \"d\" \\ \n\t\r$"},
		{"nothing is expanded", `A="$B ${C} $(id) ` + "`id`" + `"`, "A", "$B ${C} $(id) `id`"},
		{"carriage return", "A=b\r", "A", "b"},
		{"byte order mark", "\ufeffA=b", "A", "b"},
		{"unicode", "A=häß 日本", "A", "häß 日本"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := parseEnvFile(".env", []byte(c.line+"\n# end\n\n"))
			if got, found := f.values[c.variable]; len(f.said) > 0 || !found || got.value != c.want || got.line != 1 || len(f.values) != 1 {
				t.Errorf("got %+v", f)
			}
		})
	}
}

func TestLinesThatAreNoVariables(t *testing.T) {
	cases := map[string]string{
		"text":                                 ".env:1:1: error CFG044: a line that is neither NAME=value nor a comment",
		"=canary1":                             ".env:1:1: error CFG044: what stands before = is not the name of a variable",
		"1A=canary1":                           ".env:1:1: error CFG044: what stands before = is not the name of a variable",
		"A =canary1":                           ".env:1:1: error CFG044: what stands before = is not the name of a variable",
		"A: canary1=":                          ".env:1:1: error CFG044: what stands before = is not the name of a variable",
		`A="canary1`:                           ".env:1:1: error CFG044: the value of A has a quote that is not closed on its line",
		`A='canary1`:                           ".env:1:1: error CFG044: the value of A has a quote that is not closed on its line",
		`A="canary1\`:                          ".env:1:1: error CFG044: the value of A has a quote that is not closed on its line",
		`A="b"canary1`:                         ".env:1:1: error CFG044: the value of A goes on after its closing quote",
		`A="b"#canary1`:                        ".env:1:1: error CFG044: the value of A goes on after its closing quote",
		`A="\q"`:                               `.env:1:1: error CFG044: the value of A has a \ before something that needs none`,
		"A=1\nB=2\nexport A=canary1":           ".env:3:1: error CFG044: A already stands in line 1",
		"\nA=\x00":                             ".env:2:1: error CFG044: a NUL byte is not allowed",
		"\n\nA=\xff":                           ".env:3:1: error CFG044: not valid UTF-8",
		"A=" + strings.Repeat("x", maxEnvLine): ".env:1:1: error CFG044: a line of more than 64 KiB",
	}
	for text, want := range cases {
		f := parseEnvFile(".env", []byte(text))
		wantLines(t, f.said, []string{want})
		if said := fmt.Sprintf("%+v", f.said); strings.Contains(said, "canary1") {
			t.Errorf("%q is quoted: %s", text, said)
		}
	}
}

// envProject is a folder with a configuration and a file of variables.
func envProject(t *testing.T, configuration, env string, mode os.FileMode) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{"descope.yaml": configuration, ".env": env} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(folder, ".env"), mode); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestWhatIsTakenFromTheEnvFile(t *testing.T) {
	configuration := `version: "1.0"
auth: { project_id: "${DESCOPE_PROJECT_ID}", management_key: "${TEAM_KEY}", base_url: "${DESCOPE_BASE_URL:-https://api.descope.com}" }
tenants:
  - { id: acme, custom_attributes: { set: "${SET}", empty: "x${EMPTY}", home: "${HOME:-none}", raw: "${RAW}", proxy: "${https_proxy:-none}" } }
`
	env := "SET=file\nEMPTY=file\nHOME=/evil\nhttps_proxy=evil\nDESCOPE_BASE_URL=https://evil.example\nRAW=\"${SET}\"\nTEAM_KEY=K2file\nDESCOPE_PROJECT_ID=P2file\nDESCOPE_MANAGEMENT_KEY=K2unused\nDESCOPE_ENVIRONMENT=evil\n"
	folder := envProject(t, configuration, env, 0o644)
	process := variables{"SET": "process", "EMPTY": ""}
	cfg, err := Load(context.Background(), Options{WorkDir: folder, Lookup: process.lookup})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"RAW": "${SET}", "TEAM_KEY": "K2file", "DESCOPE_PROJECT_ID": "P2file"}, cfg.FromEnvFile()); diff != "" {
		t.Error(diff)
	}
	values := map[string]string{}
	for _, field := range cfg.Desired("")[0].Fields {
		values[field.Path.Key], _ = field.Value.AsString()
	}
	if diff := cmp.Diff(map[string]string{"set": "process", "empty": "x", "home": "none", "raw": "${SET}", "proxy": "none"}, values); diff != "" {
		t.Error(diff)
	}
	wantLines(t, cfg.Warnings(), []string{
		`.env:1:1: warning CFG046: anybody on this machine may read this file (mode 0644)`,
		`.env:3:1: warning CFG045: HOME is not taken from this file`,
		`.env:4:1: warning CFG045: https_proxy is not taken from this file`,
		`.env:5:1: warning CFG045: DESCOPE_BASE_URL is not taken from this file`,
		`.env:6:1: warning CFG045: the value of RAW holds ${, and nothing is put in its place`,
		`.env:10:1: warning CFG045: DESCOPE_ENVIRONMENT is not taken from this file`,
	})
}

// TestHostsInTheEnvFileAreSpokenOf: also where the configuration does not reference
// them, because who has written them there wants another host.
func TestHostsInTheEnvFileAreSpokenOf(t *testing.T) {
	folder := envProject(t, "version: \"1.0\"\nauth: { project_id: P2x }\n", "OTHER=1\nDESCOPE_BASE_URL=http://127.0.0.1:1\nHOME=/x\n", 0o600)
	for name, c := range map[string]struct {
		process variables
		want    []string
	}{
		"not set":  {variables{}, []string{`.env:2:1: warning CFG045: DESCOPE_BASE_URL is not taken from this file`}},
		"set":      {variables{"DESCOPE_BASE_URL": "http://127.0.0.1:2"}, nil},
		"to empty": {variables{"DESCOPE_BASE_URL": ""}, nil},
	} {
		cfg, err := Load(context.Background(), Options{WorkDir: folder, Lookup: c.process.lookup})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		wantLines(t, cfg.Warnings(), c.want)
	}
}

func TestWhichEnvFile(t *testing.T) {
	configuration := "version: \"1.0\"\nauth: { project_id: \"${ID}\" }\n"
	folder := envProject(t, configuration, "ID=P2usual\n", 0o600)
	if err := os.WriteFile(filepath.Join(folder, "other"), []byte("ID=P2other\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	if err := os.CopyFS(filepath.Join(home, ".descope"), os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(home, ".descope", "descope.yaml"), filepath.Join(home, ".descope", "config.yaml")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		opts Options
		want map[string]string
	}{
		"beside the configuration":       {Options{WorkDir: folder}, map[string]string{"ID": "P2usual"}},
		"of a folder":                    {Options{WorkDir: home, Paths: []string{folder}}, map[string]string{"ID": "P2usual"}},
		"another":                        {Options{WorkDir: folder, EnvFile: filepath.Join(folder, "other")}, map[string]string{"ID": "P2other"}},
		"none":                           {Options{WorkDir: folder, NoEnvFile: true}, nil},
		"of the home folder":             {Options{WorkDir: t.TempDir(), Home: home, Reading: true}, nil},
		"of the home folder, named":      {Options{WorkDir: home, Home: home, Paths: []string{".descope/config.yaml"}}, nil},
		"of another user's home folder":  {Options{WorkDir: home, Paths: []string{".descope/config.yaml"}}, map[string]string{"ID": "P2usual"}},
		"for the home folder, by option": {Options{WorkDir: t.TempDir(), Home: home, Reading: true, EnvFile: filepath.Join(folder, "other")}, map[string]string{"ID": "P2other"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := Load(context.Background(), c.opts)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, cfg.FromEnvFile()); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := Load(context.Background(), Options{WorkDir: folder, EnvFile: filepath.Join(folder, "missing")}); err == nil || !strings.Contains(err.Error(), "read missing: no such file or directory") {
		t.Errorf("a named file that is missing: %v", err)
	}
}

func TestEnvFilesThatAreRefused(t *testing.T) {
	configuration := "version: \"1.0\"\nauth: { project_id: \"${ID}\" }\n"
	for name, c := range map[string]struct {
		spoil func(path string) error
		want  string
	}{
		"written by anybody":     {func(path string) error { return os.Chmod(path, 0o602) }, "anybody may write to this file (mode 0602)"},
		"in a folder of anybody": {func(path string) error { return os.Chmod(filepath.Dir(path), 0o703) }, "anybody may replace this file: its folder has mode 0703"},
		"a pipe":                 {func(path string) error { return replaceBy(path, func() error { return makePipe(path) }) }, "not a regular file but a pipe"},
		"a folder":               {func(path string) error { return replaceBy(path, func() error { return os.Mkdir(path, 0o700) }) }, "not a regular file but a folder"},
		"a device":               {func(path string) error { return replaceBy(path, func() error { return os.Symlink("/dev/zero", path) }) }, "not a regular file but a device"},
		"large":                  {func(path string) error { return os.Truncate(path, maxEnvFile+1) }, "it has more than 1024 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := envProject(t, configuration, "ID=P2canary\n", 0o600)
			if err := c.spoil(filepath.Join(folder, ".env")); err != nil {
				t.Fatal(err)
			}
			cfg, err := Load(context.Background(), Options{WorkDir: folder})
			wantLines(t, slices.DeleteFunc(diagnosticsOf(t, cfg, err), func(d Diagnostic) bool { return d.Severity != SeverityError }), []string{".env:1:1: error CFG044: " + c.want})
		})
	}
}

func replaceBy(path string, put func() error) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return put()
}

// TestValuesOfVariablesSurvive: whatever is written down in double quotes is read.
func TestValuesOfVariablesSurvive(t *testing.T) {
	escapes := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "$", `\$`)
	rapid.Check(t, func(rt *rapid.T) {
		want := rapid.MapOfN(rapid.StringMatching(`[A-Za-z_][A-Za-z0-9_]{0,8}`), rapid.StringOf(rapid.RuneFrom([]rune("ab #='\"\\$\n\r\t{}ü"))), 0, 8).Draw(rt, "values")
		text := ""
		for name, value := range want {
			text += rapid.SampledFrom([]string{"", "export ", "# a comment\n\n"}).Draw(rt, "before") + name + `="` + escapes.Replace(value) + "\"" + rapid.SampledFrom([]string{"\n", " # x\n", "\r\n"}).Draw(rt, "end")
		}
		f := parseEnvFile(".env", []byte(text))
		got := map[string]string{}
		for name, one := range f.values {
			got[name] = one.value
		}
		if !maps.Equal(got, want) || len(f.said) > 0 {
			rt.Fatalf("%q: got %q, want %q, said %v", text, got, want, f.said)
		}
	})
}

// FuzzEnvFile: nothing panics, nothing but names is ever quoted, and what is said
// points into the text.
func FuzzEnvFile(f *testing.F) {
	for _, seed := range []string{"A=b\n", "export A='b' # c\r\n", "A=\"b\\n\\\"\"", "A=\"", "\ufeff=\x00", "A", "A=1\nA=2\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		lines := 1 + strings.Count(string(text), "\n")
		parsed := parseEnvFile(".env", text)
		for _, d := range parsed.said {
			if d.Position.Line < 1 || d.Position.Line > lines || d.Code != codeEnvFile || d.Message == "" {
				t.Errorf("%q: %+v", text, d)
			}
		}
		for name, one := range parsed.values {
			if !isVariableName(name) || one.line < 1 || one.line > lines || strings.ContainsRune(one.value, 0) {
				t.Errorf("%q: %q: %+v", text, name, one)
			}
			again := parseEnvFile(".env", []byte(name+"='"+strings.ReplaceAll(one.value, "'", "")+"'"))
			if !strings.ContainsAny(one.value, "'\n\r") && (len(again.said) > 0 || again.values[name].value != one.value) {
				t.Errorf("%q: %+v", text, again)
			}
		}
	})
}

// TestCheckReadsTheFileOfVariables: what a load takes from it a check takes too.
func TestCheckReadsTheFileOfVariables(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		".env": "ACME_NAME=Acme\n", "descope.yaml": "version: \"1.0\"\ntenants:\n  - { id: acme-corp, name: \"${ACME_NAME}\" }\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	checked, err := Check(t.Context(), Options{WorkDir: folder})
	if err != nil || checked.TenantCount() != 1 || checked.EnvFile() != filepath.Join(folder, ".env") {
		t.Errorf("got %+v, %v", checked, err)
	}
}
