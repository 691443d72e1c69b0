package cli

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"pgregory.net/rapid"
)

// completionApp is a program in a folder with that configuration, and nothing else.
func completionApp(t testing.TB, configuration string, environ ...string) (app *App, out *bytes.Buffer) {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "descope.yaml"), []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	out = &bytes.Buffer{}
	return &App{
		In: strings.NewReader(""), Out: out, Err: &bytes.Buffer{}, Environ: environ, WorkDir: folder, Home: filepath.Join(folder, "home"),
		Now: time.Now, Random: bytes.NewReader(make([]byte, 64)),
	}, out
}

// words are the candidates without descriptions.
func completionWords(t testing.TB, app *App, out *bytes.Buffer, args ...string) []string {
	t.Helper()
	out.Reset()
	if status := app.Run(context.Background(), append([]string{"__complete"}, args...)); status != StatusOK {
		t.Fatalf("%q ends with status %d", args, status)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, ":") {
		t.Fatalf("%q ends with %q", args, last)
	}
	var words []string
	for _, line := range lines[:len(lines)-1] {
		word, _, _ := strings.Cut(line, "\t")
		words = append(words, word)
	}
	return words
}

// freeFlags take what nobody can know beforehand.
var freeFlags = []string{
	"allow-deletes", "attribute", "attribute-json", "base-url", "confirm-users", "default-role", "domain", "environments", "into-project",
	"latency", "latency-jitter", "listen", "lock-timeout", "max-workers", "name", "path", "plan-digest", "project", "project-id",
	"remove-attribute", "retention-days", "setting", "since", "timeout", "user",
}

// TestEveryFlagHasItsCompletion wants a decision about each flag that takes a value,
// and no row that nothing belongs to.
func TestEveryFlagHasItsCompletion(t *testing.T) {
	flags, paths := map[string]bool{}, map[string]bool{}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		path := withoutProgram(cmd.CommandPath())
		paths[path] = true
		cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			if flag.NoOptDefVal != "" {
				return
			}
			flags[flag.Name], flags[path+" "+flag.Name] = true, true
			_, own := flagCompleters[path+" "+flag.Name]
			_, common := flagCompleters[flag.Name]
			if free := slices.Contains(freeFlags, flag.Name); !own && !common && !free {
				t.Errorf("%s --%s: say in completion_table.go what can follow it", path, flag.Name)
			} else if common && free {
				t.Errorf("--%s stands in both lists", flag.Name)
			}
		})
		for _, child := range cmd.Commands() {
			walk(child)
		}
	}
	walk(newRootCommand(&App{}))
	for name := range flagCompleters {
		if !flags[name] {
			t.Errorf("completion_table.go knows the flag %q, and no command has it", name)
		}
	}
	for _, name := range freeFlags {
		if !flags[name] {
			t.Errorf("freeFlags has %q, and no command has it", name)
		}
	}
	for path := range argumentCompleters {
		if !paths[path] && path != "help" { // cobra adds it later
			t.Errorf("completion_table.go knows the command %q, and there is none", path)
		}
	}
}

// TestCommandsWithArgumentsHaveTheirCompletion: a new command that takes arguments
// needs a row, but for those whose arguments are new names.
func TestCommandsWithArgumentsHaveTheirCompletion(t *testing.T) {
	walkCommands(newRootCommand(&App{}), func(cmd *cobra.Command) {
		path := withoutProgram(cmd.CommandPath())
		_, known := argumentCompleters[path]
		takes := strings.ContainsAny(strings.TrimPrefix(cmd.Use, cmd.Name()), "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
		if takes && !known && path != "tenant create" && path != "env promote" {
			t.Errorf("%s: say in completion_table.go what its arguments are", path)
		}
	})
}

// TestCompletionTouchesNothing asks for everything that can be asked for, and wants
// no call, no program and no file.
func TestCompletionTouchesNothing(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		t.Errorf("a completion has called %s", request.URL.Path)
	}))
	defer server.Close()
	configuration := "version: \"1.0\"\nauth: { project_id: P2completecompletecomplete001, management_key_command: [touch, was-run] }\n" +
		"environments: { dev: { management_key_command: [touch, was-run] } }\ntenants: [ { id: acme-corp, name: Acme } ]\n"
	var questions [][]string
	asked := map[string]bool{}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		words := strings.Fields(withoutProgram(cmd.CommandPath()))
		ask := func(more ...string) { questions = append(questions, append(slices.Clone(words), more...)) }
		ask("")
		if _, known := argumentCompleters[strings.Join(words, " ")]; known {
			ask("x", "")
		}
		cmd.Flags().VisitAll(func(flag *pflag.Flag) {
			if _, own := flagCompleters[strings.Join(append(words, flag.Name), " ")]; own || !asked[flag.Name] {
				asked[flag.Name] = true
				ask("--"+flag.Name, "")
			}
		})
		for _, child := range cmd.Commands() {
			walk(child)
		}
	}
	root := newRootCommand(&App{})
	walk(root)
	root.PersistentFlags().VisitAll(func(flag *pflag.Flag) { questions = append(questions, []string{"plan", "--" + flag.Name, ""}) })
	app, out := completionApp(t, configuration)
	for _, question := range append(questions, []string{"plan", "-e", "dev", "--target", "tenant/"}, []string{"flow", "diff", "history:x:"}) {
		one := &App{
			In: app.In, Out: out, Err: app.Err, WorkDir: app.WorkDir, Home: app.Home, Now: app.Now, Random: app.Random,
			Environ: []string{"DESCOPE_BASE_URL=" + server.URL, "DESCOPE_MGMT_ALLOW_EXEC=1"},
		}
		completionWords(t, one, out, question...)
	}
	if entries, err := os.ReadDir(app.WorkDir); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, error %v", entries, err)
	}
}

// TestCompletionKeepsSecrets: a key that stands in an id or a name by mistake is not
// shown.
func TestCompletionKeepsSecrets(t *testing.T) {
	const key = "K2canarycanarycanarycanarycanary"
	app, out := completionApp(t, "tenants:\n  - { id: acme, name: \""+key+"\" }\n  - { id: \""+key+"\" }\n", "DESCOPE_MANAGEMENT_KEY="+key)
	completionWords(t, app, out, "tenant", "get", "")
	if strings.Contains(out.String(), key) || !strings.Contains(out.String(), "acme") {
		t.Errorf("%s", out)
	}
}

func manyTenants(count int) string {
	var text strings.Builder
	text.WriteString("version: \"1.0\"\nenvironments: { dev: {} }\ntenants:\n")
	for i := range count {
		fmt.Fprintf(&text, "  - id: \"t-%06d\"\n    name: \"Tenant %d\"\n    custom_attributes: { plan: \"enterprise\", region: \"us-east\" }\n", i, i)
	}
	return text.String()
}

// TestManyTenants: more than fit are shown by what they begin with, and no shell is led
// to believe that the first ones are all there are.
func TestManyTenants(t *testing.T) {
	for _, row := range []struct {
		typed string
		want  []string
	}{
		{"", []string{"t-00", "t-01"}},
		{"t-01", []string{"t-010", "t-011"}},
		{"t-0119", []string{"t-011900", "t-011901"}},
		{"t-012", nil},
		{"nobody", nil},
	} {
		t.Run(row.typed, func(t *testing.T) {
			app, out := completionApp(t, manyTenants(12_000))
			words := completionWords(t, app, out, "tenant", "get", row.typed)
			if len(words) > mostCandidates || !slices.Equal(words[:min(len(words), len(row.want))], row.want) {
				t.Errorf("%d words: %v", len(words), words)
			}
			if row.want == nil && len(words) > 0 {
				t.Errorf("%v", words)
			}
		})
	}
}

// BenchmarkCompletion is one question over 100,000 tenants.
func BenchmarkCompletion(b *testing.B) {
	configuration := manyTenants(100_000)
	for _, typed := range []string{"", "t-0991"} {
		b.Run("typed="+typed, func(b *testing.B) {
			app, out := completionApp(b, configuration)
			for b.Loop() {
				one := App{In: app.In, Out: out, Err: app.Err, WorkDir: app.WorkDir, Home: app.Home, Now: app.Now, Random: app.Random}
				completionWords(b, &one, out, "tenant", "get", typed)
			}
		})
	}
}

func TestStemsCoverAllIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfNDistinct(rapid.StringMatching(`[abé]{1,6}`), 2, 40, rapid.ID).Draw(t, "ids")
		found := stems(ids)
		for _, id := range ids {
			if !slices.ContainsFunc(found, func(c candidate) bool { return strings.HasPrefix(id, c.word) && c.word != "" }) {
				t.Fatalf("%q is not among %v", id, found)
			}
		}
		for _, one := range found {
			if !slices.ContainsFunc(ids, func(id string) bool { return strings.HasPrefix(id, one.word) }) {
				t.Fatalf("nothing begins with %q", one.word)
			}
		}
		if len(found) < 2 {
			t.Fatalf("%v leads nowhere", found)
		}
	})
}

func TestPlainWords(t *testing.T) {
	for word, want := range map[string]bool{
		"acme-corp": true, "tenant/acme.corp_1": true, "T2JEfKlø": true, "git:HEAD:x": true,
		"": false, "-rf": false, "~root": false, "a b": false, "$(x)": false, "`x`": false, "a;b": false, "a\tb": false, "a\nb": false, "a\x1b[2J": false,
		"a'b": false, "a\"b": false, "a&b": false, "a|b": false, "a*": false, "_activeHelp_ x": false, "\xff": false, strings.Repeat("a", 300): false,
	} {
		if got := isPlainWord(word); got != want {
			t.Errorf("%q: %v", word, got)
		}
	}
	if about := aboutLine("a\tb\nc\x1b[2J " + strings.Repeat("x", 100)); strings.ContainsAny(about, "\t\n\x1b") || len([]rune(about)) > longestAbout {
		t.Errorf("%q", about)
	}
}

// TestOtherShells hold the scripts against the shells' own parsers, and fish against
// its own completion.
func TestOtherShells(t *testing.T) {
	app, _ := completionApp(t, "version: \"1.0\"\nenvironments: { dev: {}, prod: {} }\n")
	for _, row := range []struct {
		shell string
		args  []string
		want  string
	}{
		{"zsh", []string{"-fc", "autoload -U compinit && compinit -D -u && source <(descope-mgmt completion zsh) && print ${_comps[descope-mgmt]}"}, "_descope-mgmt\n"},
		{"fish", []string{"-N", "-c", "descope-mgmt completion fish | source; complete -C 'descope-mgmt plan -e '"}, "dev\nprod\n"},
		{"pwsh", []string{"-NoProfile", "-Command", "descope-mgmt completion powershell | Out-String | Invoke-Expression; (TabExpansion2 'descope-mgmt plan -e ' 24).CompletionMatches.ListItemText"}, "dev\nprod\n"},
	} {
		t.Run(row.shell, func(t *testing.T) {
			if got := askShell(t, app.WorkDir, row.shell, row.args...); got != row.want {
				t.Errorf("%q", got)
			}
		})
	}
}

// shellIn is a shell in a folder, for which the test's own binary is descope-mgmt.
func shellIn(t *testing.T, folder, shell string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath(shell)
	if err != nil {
		t.Skipf("%s is not installed: its script is only generated, not tried", shell)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, "descope-mgmt")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir = folder
	cmd.Env = append(instruments(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "HOME="+t.TempDir())
	return cmd
}

// askShell runs a shell in a folder and returns what it prints.
func askShell(t *testing.T, folder, shell string, args ...string) string {
	t.Helper()
	out, err := shellIn(t, folder, shell, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if entries, _ := filepath.Glob(filepath.Join(folder, "evil*")); len(entries) > 0 {
		t.Errorf("a word was run: %v", entries)
	}
	return string(out)
}
