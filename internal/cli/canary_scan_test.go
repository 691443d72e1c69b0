package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// canaries are secrets, one from each source that there is. None may be in
// anything that a command prints or writes down.
var canaries = map[string]string{
	"key in a variable":           "K2c4naryVariable0000000000000000",
	"key in .env":                 "K2c4naryDotenv000000000000000000",
	"key in a file":               "K2c4naryFile00000000000000000000",
	"key of a program":            "K2c4naryProgram00000000000000000",
	"key of the user's program":   "K2c4naryOwn000000000000000000000",
	"key for reading":             "K2c4naryReads0000000000000000000",
	"key for writing":             "K2c4naryWrites000000000000000000",
	"key that nobody uses":        "K2c4naryUnused000000000000000000",
	"value in a variable":         "c4nary \"variable\" <&> \\ é + %",
	"value in .env":               "c4nary 'dotenv' \t <&> é + /",
	"value in the configuration":  "c4nary/literal+value=é",
	"number in the configuration": "4711081547110815",
	"item of a list":              "c4nary/item+of+list",
	"part of a setting":           "c4nary/part+of+setting",
	"value of an overlay":         "c4nary/overlay+value",
	"value set in a flow":         "c4nary/flow+value",
	"value that is live":          "c4nary/live+value",
	"short value":                 "c4nry",
	"short value that is live":    "l1vecn",
}

// canaryForms are the ways in which a secret could leave.
func canaryForms(secret string) []string {
	forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), hex.EncodeToString([]byte(secret))}
	forms = append(forms, escapedForms(secret)...)
	for shift := range 3 { // wherever it begins inside of what is encoded
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", shift) + secret))
		first, last := (shift*8+5)/6, len(encoded)-4
		if last-first >= 8 {
			forms = append(forms, encoded[first:last], strings.NewReplacer("+", "-", "/", "_").Replace(encoded[first:last]))
		}
	}
	return forms
}

const canaryConfiguration = `version: "1.0"
environments:
  variable:
    project_id: P2variable
    management_key: "${C4_KEY_VARIABLE}"
    overlay: { tenants: [{ id: acme, custom_attributes: { overlaid: !secret "OVERLAY" } }] }
  dotenv: { project_id: "${C4_PROJECT}", management_key: "${C4_KEY_DOTENV}" }
  file: { project_id: P2file, management_key_file: key-file }
  program: { project_id: P2program, management_key_command: [./print-key] }
  own: { project_id: P2own }
  reads: { project_id: P2reads, read_key: "${C4_KEY_READS}", management_key: "${C4_KEY_WRITES}" }
tenants:
  - id: acme
    name: Acme
    custom_attributes:
      variable: !secret "${APP_SECRET}"
      dotenv: !secret "${DOTENV_SECRET}"
      literal: !secret "LITERAL"
      number: !secret NUMBER
      list: [plain, !secret "ITEM"]
      pin: !secret "PIN"
      plan: gold
    settings: { enabled: true, sso_setup_suite_settings: { note: !secret "PART" } }
  - { id: other, name: "Other", custom_attributes: { plan: gold } }
  - { id: gone, state: absent }
flows:
  - { template: magic-link, set: { metadata.description: !secret "FLOW" } }
`

// canaryPlace is a folder with every source of secrets, and six projects.
type canaryPlace struct {
	t      *testing.T
	folder string
	url    string
	said   []string
	forms  map[string][][]byte // of each secret
}

func newCanaryPlace(t *testing.T) *canaryPlace {
	t.Helper()
	p := &canaryPlace{t: t, folder: t.TempDir(), forms: map[string][][]byte{}}
	for name, secret := range canaries {
		forms := canaryForms(secret)
		slices.Sort(forms)
		for _, form := range slices.Compact(forms) {
			p.forms[name] = append(p.forms[name], []byte(form))
		}
	}
	keys := map[string]string{
		"P2variable": "key in a variable", "P2dotenv": "key in .env", "P2file": "key in a file", "P2program": "key of a program", "P2own": "key of the user's program", "P2reads": "key for reading",
	}
	options := emulator.Options{}
	for _, id := range slices.Sorted(maps.Keys(keys)) {
		options.Projects = append(options.Projects, emulator.Project{ID: id, ManagementKey: canaries[keys[id]]})
	}
	p.url = startTestEmulator(t, options)
	quoted := func(name string) string {
		text, err := json.Marshal(canaries[name])
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	configuration := strings.NewReplacer(`"LITERAL"`, quoted("value in the configuration"), "NUMBER", canaries["number in the configuration"], `"ITEM"`, quoted("item of a list"),
		`"PART"`, quoted("part of a setting"), `"OVERLAY"`, quoted("value of an overlay"), `"FLOW"`, quoted("value set in a flow"), `"PIN"`, quoted("short value")).Replace(canaryConfiguration)
	p.write("descope.yaml", configuration, 0o600)
	p.write(".env", "C4_PROJECT=P2dotenv\nC4_KEY_DOTENV="+canaries["key in .env"]+"\nDOTENV_SECRET=\"c4nary 'dotenv' \\t <&> é + /\"\nDESCOPE_MANAGEMENT_KEY="+canaries["key that nobody uses"]+"\n", 0o600)
	p.write("key-file", canaries["key in a file"]+"\n", 0o600)
	p.write("print-key", "#!/bin/sh\necho "+canaries["key of a program"]+"\n", 0o700)
	p.write("home/.descope-mgmt/print-key", "#!/bin/sh\necho "+canaries["key of the user's program"]+"\n", 0o700)
	p.write("home/.descope-mgmt/config.yaml", "management_key_command: [./print-key]\n", 0o600)
	for id, name := range keys {
		for _, body := range []map[string]any{
			{"id": "acme", "name": "Acme", "customAttributes": map[string]any{"variable": canaries["value that is live"], "pin": canaries["short value that is live"], "plan": "silver"}},
			{"id": "gone", "name": "Gone"},
		} {
			p.call(id, canaries[name], "/v1/mgmt/tenant/create", body)
		}
	}
	return p
}

func (p *canaryPlace) write(name, text string, mode os.FileMode) {
	p.t.Helper()
	path := filepath.Join(p.folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		p.t.Fatal(err)
	}
}

// call is one call as the console makes it.
func (p *canaryPlace) call(project, key, path string, body any) {
	p.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+path, bytes.NewReader(text))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+project+":"+key)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if answer, _ := io.ReadAll(response.Body); response.StatusCode >= 300 {
		p.t.Fatalf("%s: %s %s\n%s", path, response.Status, answer, strings.Join(p.said, "\n"))
	}
}

// run runs one command, and looks at all that it prints.
func (p *canaryPlace) run(args ...string) Status {
	p.t.Helper()
	var out, errs bytes.Buffer
	app := &App{
		In: strings.NewReader(""), Out: &out, Err: &errs, WorkDir: p.folder, Home: filepath.Join(p.folder, "home"), Now: time.Now,
		Random: rand.NewChaCha8([32]byte{byte(len(p.said))}), Backoff: descope.Backoff{First: time.Millisecond, Most: 2 * time.Millisecond},
		Environ: []string{
			"C4_KEY_VARIABLE=" + canaries["key in a variable"], "C4_KEY_READS=" + canaries["key for reading"], "C4_KEY_WRITES=" + canaries["key for writing"],
			"APP_SECRET=" + canaries["value in a variable"], "DESCOPE_BASE_URL=" + p.url, "DESCOPE_MGMT_ALLOW_EXEC=1", "PATH=" + os.Getenv("PATH"),
			"GITHUB_STEP_SUMMARY=" + filepath.Join(p.folder, "summary.md"), "USER=c4",
		},
	}
	status := app.Run(p.t.Context(), args)
	line := strings.Join(args, " ")
	p.said = append(p.said, fmt.Sprintf("%d %s", status, line))
	p.search(line, out.Bytes())
	p.search(line+", standard error", errs.Bytes())
	if status == StatusInternal {
		p.t.Errorf("%s: %s", line, errs.String())
	}
	return status
}

// search looks for every secret in every form.
func (p *canaryPlace) search(where string, text []byte) {
	p.t.Helper()
	for name, forms := range p.forms {
		for _, form := range forms {
			if at := bytes.Index(text, form); at >= 0 {
				p.t.Errorf("%s holds the %s: %q", where, name, text[max(0, at-80):min(len(text), at+len(form)+20)])
				break
			}
		}
	}
}

// searchFiles looks through everything that was written.
func (p *canaryPlace) searchFiles() (count int) {
	p.t.Helper()
	own := []string{"descope.yaml", ".env", "key-file", "print-key", "home/.descope-mgmt/print-key"}
	if text, err := os.ReadFile(filepath.Join(p.folder, "descope.yaml")); err != nil || bytes.Contains(text, []byte(canaries["value that is live"])) || bytes.Contains(text, []byte(canaries["short value that is live"])) {
		p.t.Errorf("a live secret stands in the configuration: %v", err)
	}
	err := filepath.WalkDir(p.folder, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(p.folder, path)
		if err != nil || entry.IsDir() || slices.Contains(own, name) {
			return err
		}
		text, err := os.ReadFile(path)
		p.search(name, append([]byte(name+"\n"), text...))
		count++
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return count
}

// canaryRuns say with which arguments each command runs; {n} is the number of the
// run, for what can be done only once.
var canaryRuns = map[string][]string{
	"apply":            {"--yes", "--allow-deletes", "1"},
	"audit list":       {},
	"audit verify":     {},
	"backup create":    {},
	"backup diff":      {"latest"},
	"backup list":      {},
	"backup prune":     {"--yes"},
	"backup restore":   {"latest", "--yes", "--allow-breaking-changes"},
	"backup show":      {"latest"},
	"backup verify":    {},
	"completion":       {"bash"},
	"config fmt":       {"--check"},
	"config show":      {"--origin"},
	"doctor":           {},
	"drift adopt":      {"tenant/acme", "--path", "custom_attributes.plan", "--dry-run"},
	"drift detect":     {},
	"drift report":     {},
	"env check":        {},
	"env diff":         {"variable", "dotenv"},
	"env list":         {},
	"env promote":      {"--from", "variable", "--to", "dotenv", "--dry-run"},
	"flow check":       {"exported.json"},
	"flow delete":      {"magic-link", "--allow-deletes", "1"},
	"flow deploy":      {"--yes", "--replace-unmanaged"},
	"flow diff":        {"live:magic-link", "exported.json"},
	"flow export":      {"magic-link"},
	"flow history":     {"magic-link"},
	"flow import":      {"exported.json", "--yes", "--replace-unmanaged", "--allow-breaking-changes"},
	"flow list":        {},
	"flow rollback":    {"magic-link", "--yes"},
	"flow templates":   {},
	"lock release":     {"--yes"},
	"lock status":      {},
	"plan":             {"--out", "out-{n}.plan"},
	"project export":   {"-o", "project-{n}", "--include-settings", "--include-tenants", "--include-flows"},
	"project show":     {},
	"project validate": {},
	"schema":           {},
	"tenant create":    {"new-{n}", "--name", "New {n}", "--yes"},
	"tenant delete":    {"other", "--allow-deletes", "1", "--override-guard", "delete_threshold"},
	"tenant get":       {"acme"},
	"tenant list":      {},
	"tenant sync":      {"--yes", "--allow-deletes", "1"},
	"tenant update":    {"acme", "--attribute", "plan=n{n}", "--yes"},
	"undo":             {"--yes"},
	"validate":         {},
	"version":          {},
}

// canariesElsewhere are the commands that read no configuration and no credential.
var canariesElsewhere = map[string]string{
	"demo":     "it makes its own project and keys, which TestDemo looks for",
	"emulator": "it serves, and is the other side",
	"init":     "nothing is marked before there is a configuration; its scripts look for the key",
}

// TestNoSecretLeaves runs every command in every format, in an environment of
// every source of keys, and looks for the secrets in all that is printed, and in
// all files that there are at the end.
func TestNoSecretLeaves(t *testing.T) {
	t.Parallel()
	p := newCanaryPlace(t)
	for _, environment := range []string{"variable", "dotenv", "file", "program", "own"} {
		if got := p.run("apply", "-e", environment, "--yes", "--allow-deletes", "1", "--override-guard", "delete_threshold", "--log-level", "debug", "--log-file", "log"); got != StatusOK {
			t.Errorf("apply in %s: status %d", environment, got)
		}
	}
	if got := p.run("apply", "-e", "reads", "--yes", "--allow-deletes", "1", "--override-guard", "delete_threshold", "--format", "json"); got == StatusOK {
		t.Error("the key for writing is not known, and it was written")
	}
	if got := p.run("flow", "export", "magic-link", "-e", "variable", "-o", "exported.json"); got != StatusOK {
		t.Errorf("flow export: status %d", got)
	}
	environments := []string{"variable", "dotenv", "file", "program", "own", "reads"}
	succeeded := map[string]bool{}
	number := 0
	walkCommands(newRootCommand(&App{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard}), func(cmd *cobra.Command) {
		name := strings.TrimPrefix(cmd.CommandPath(), "descope-mgmt ")
		arguments, known := canaryRuns[name]
		if _, elsewhere := canariesElsewhere[name]; elsewhere == known {
			t.Errorf("%s: say in canaryRuns how it is run", name)
		}
		if !known {
			return
		}
		for i, format := range formatsOf(cmd) {
			number++
			p.call("P2variable", canaries["key in a variable"], "/v1/mgmt/tenant/update", map[string]any{"id": "acme", "name": "Acme", "customAttributes": map[string]any{
				"variable": canaries["value that is live"], "pin": canaries["short value that is live"], "plan": fmt.Sprint("console ", number),
			}})
			args := append(strings.Fields(name), arguments...)
			for j := range args {
				args[j] = strings.ReplaceAll(args[j], "{n}", fmt.Sprint(number))
			}
			args = append(args, "--format", format, "--rate-limits", "off")
			if !strings.HasPrefix(name, "env ") {
				environment := environments[0]
				if i > 0 {
					environment = environments[(number+i)%len(environments)]
				}
				args = append(args, "-e", environment)
			}
			if number%2 == 0 {
				args = append(args, "-v", "--log-level", "debug", "--log-format", "json", "--log-file", "log")
			}
			if p.run(args...) <= StatusPartial { // an undo cannot bring secrets back
				succeeded[name] = true
			}
		}
		p.run(append(strings.Fields(name), "-e", "nowhere", "--no-such-flag")...)
		p.run(append(strings.Fields(name), append(slices.Clone(arguments), "-e", "nowhere")...)...)
	})
	if got := p.run("drift", "adopt", "tenant/acme", "-e", "variable", "--accept-critical"); got == StatusOK {
		t.Error("a secret was taken over into the configuration")
	}
	for name := range canaryRuns {
		if !succeeded[name] && !slices.Contains([]string{"flow history", "flow rollback"}, name) { // no version of a secret flow is kept
			t.Errorf("%s never succeeds", name)
		}
	}
	if count := p.searchFiles(); count < 50 {
		t.Errorf("only %d files were looked at", count)
	}
	if t.Failed() {
		t.Log(strings.Join(p.said, "\n"))
	}
}
