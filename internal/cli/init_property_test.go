package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// consoleProject is a project that somebody has made in the console, as calls of the
// API. Not every call need succeed: what the service refuses is not in the project.
type consoleProject struct {
	tenants []map[string]any // the create calls
	more    []consoleCall
}

type consoleCall struct {
	path string
	body any
}

// hostileTexts are what a file in YAML, a terminal or a template could take for
// something else.
var hostileTexts = []string{
	"", " ", "yes", "No", "null", "~", "1e3", "0777", "2025-01-02", "1:30", "a: b", "a #b", "- a", "'", `"`, `\`, "é ü", "日本 🌍", " lead", "trail ",
	"two\nlines", "\x1b[31m", "${HOME}", "$${X}", "${", "$", "{a}", "[b]", "a,b", "*a", "&a", "!a", "%a", "@a", "`a`", "---", "<<", "=", ".inf", ".NaN",
	"::error::", "a\tb", "x\u0085y", "\u2028", "\ufeff", "\u0000", "{{ template }}", "true", strings.Repeat("long ", 400),
}

func drawConsoleValue(t *rapid.T, label string) any {
	text := rapid.SampledFrom(hostileTexts)
	return rapid.OneOf(
		rapid.Map(text, func(s string) any { return s }),
		rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.Int64(), func(n int64) any { return n }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.SliceOfN(text, 0, 3), func(list []string) any { return list }),
		rapid.SampledFrom([]any{
			json.Number("12345678901234567890"), json.Number("0.1000000000000000055511151231257827"), json.Number("-1e-7"), json.Number("1.0"),
			nil,
			map[string]any{},
			map[string]any{"a": 1},
			[]any{1, true, "x"},
			[]any{[]any{1}},
			[]any{},
			"of " + scriptKey,
		}),
	).Draw(t, label)
}

func drawConsoleTenant(t *rapid.T, number int) map[string]any {
	label := fmt.Sprint("tenant ", number)
	name := rapid.SampledFrom(hostileTexts).Draw(t, label+" name")
	create := map[string]any{"name": fmt.Sprintf("%s %d", name, number)}
	switch rapid.IntRange(0, 5).Draw(t, label+" id") {
	case 0: // the service makes one
	case 1:
		create["id"] = rapid.SampledFrom([]string{"A B", "ünï", "x/y", "true", "12", "T_" + strconv.Itoa(number), "a.b", "${ID}", "-", "'"}).Draw(t, label+" odd id")
	default:
		create["id"] = "tenant-" + strconv.Itoa(number)
	}
	keys := rapid.SampledFrom([]string{"plan", "seats", "регион", "a b", "x.y", "Z", "no", "12", "${k}", "", "<<", "a: b", "'", "\u2028", "null"})
	create["customAttributes"] = rapid.MapOfN(keys, rapid.Custom(func(t *rapid.T) any { return drawConsoleValue(t, "value") }), 0, 5).Draw(t, label+" attributes")
	create["selfProvisioningDomains"] = rapid.SliceOfN(rapid.SampledFrom([]string{
		fmt.Sprintf("a%d.com", number), fmt.Sprintf("b%d.org", number), "gmail.com", "shared.com", fmt.Sprintf("UP%d.com", number), "no domain", "xn--mnchen-3ya.de",
	}), 0, 3).Draw(t, label+" domains")
	create["disabled"] = rapid.Bool().Draw(t, label+" disabled")
	create["enforceSSO"] = rapid.Bool().Draw(t, label+" enforce")
	create["roleInheritance"] = rapid.SampledFrom([]string{"", "none", "userOnly"}).Draw(t, label+" inheritance")
	return create
}

// drawConsole draws a whole project.
func drawConsole(t *rapid.T) consoleProject {
	p := consoleProject{}
	for number := range rapid.IntRange(0, 12).Draw(t, "tenants") {
		create := drawConsoleTenant(t, number)
		if above := rapid.IntRange(0, 3*(number+1)).Draw(t, "above"); above < number {
			if id, known := p.tenants[above]["id"]; known {
				create["parent"] = id
			}
		}
		p.tenants = append(p.tenants, create)
		id, known := create["id"]
		if !known {
			continue
		}
		if settings := drawSettings(t, "settings"); settings != nil {
			settings["tenantId"], settings["selfProvisioningDomains"] = id, create["selfProvisioningDomains"]
			p.more = append(p.more, consoleCall{"/v1/mgmt/tenant/settings", settings})
		}
		roles := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"Admin", "Viewer", "Äditor"}), 0, 3, rapid.ID).Draw(t, "roles")
		p.more = append(p.more, consoleCall{"/v1/mgmt/tenant/updateDefaultRoles", map[string]any{"id": id, "defaultRoles": roles}})
	}
	templates := flow.Templates()
	for number := range rapid.IntRange(0, 3).Draw(t, "flows") {
		document, wrong := flow.Render(templates[rapid.IntRange(0, len(templates)-1).Draw(t, "template")], nil)
		if len(wrong) > 0 {
			continue
		}
		document = document.WithID(rapid.SampledFrom([]string{"sign-in", "Sign-in", "step-up", fmt.Sprint("flow_", number)}).Draw(t, "flow id")).
			WithMetadata("name", resource.StringValue(rapid.SampledFrom(hostileTexts).Draw(t, "flow name"))).
			WithMetadata("description", resource.StringValue(rapid.SampledFrom(append(hostileTexts, "of "+scriptKey)).Draw(t, "flow text"))).
			WithMetadata("disabled", resource.BoolValue(rapid.Bool().Draw(t, "flow switch")))
		p.more = append(p.more, consoleCall{"/v2/mgmt/flow/import", map[string]any{"flow": json.RawMessage(document.Value())}})
	}
	return p
}

// make makes the project, and gives the ids of its tenants.
func (p consoleProject) make(t failer, place project) []string {
	t.Helper()
	for _, role := range []string{"Admin", "Viewer", "Äditor"} {
		place.call(t, "/v1/mgmt/role/create", map[string]string{"name": role})
	}
	var ids []string
	for _, create := range p.tenants {
		answer, err := fetch(context.Background(), http.MethodPost, place.url, "/v1/mgmt/tenant/create", encode(t, create))
		var created struct {
			ID string `json:"id"`
		}
		if err == nil && json.Unmarshal([]byte(answer), &created) == nil {
			ids = append(ids, created.ID)
		}
	}
	for _, call := range p.more {
		_, _ = fetch(context.Background(), http.MethodPost, place.url, call.path, encode(t, call.body))
	}
	return ids
}

// endedRun is one run of the program, and how it ended.
type endedRun struct {
	status    Status
	out, errs string
}

func (p project) try(args ...string) endedRun {
	var out, errs bytes.Buffer
	app := &App{
		In: strings.NewReader(""), Out: &out, Err: &errs, WorkDir: p.folder, Home: p.folder, Now: time.Now, Random: rand.NewChaCha8([32]byte{1}),
		Environ: []string{"DESCOPE_PROJECT_ID=" + scriptProject, "DESCOPE_MANAGEMENT_KEY=" + scriptKey, "DESCOPE_BASE_URL=" + p.url, "DESCOPE_MGMT_RATE_LIMITS=off", "USER=kim"},
	}
	return endedRun{app.Run(context.Background(), args), out.String(), errs.String()}
}

func (e endedRun) isEmptyPlan(t failer, after string) {
	t.Helper()
	if e.status != StatusOK || !strings.Contains(e.out, "No changes.") {
		t.Fatalf("the plan after %s: status %d\n%s%s", after, e.status, e.out, e.errs)
	}
}

// filesOf are the texts of all files that a project would commit.
func (p project) filesOf(t failer) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(p.folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == ".descope-mgmt" {
			return filepath.SkipDir
		}
		if entry.IsDir() {
			return nil
		}
		text, err := os.ReadFile(path)
		texts[strings.TrimPrefix(path, p.folder+"/")] = string(text)
		return err
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return texts
}

// initsVariable is the number of random projects; the full number is 300.
const initsVariable = "DESCOPE_TEST_INITS"

// TestInitEndsInAnEmptyPlan: whatever somebody has made in the console, init writes a
// configuration that a plan has nothing to do for, with no key in any file, and after
// an edit in the console an export changes the lines of that tenant only.
func TestInitEndsInAnEmptyPlan(t *testing.T) {
	if testing.Short() {
		t.Skip("many runs of the program")
	}
	for range rounds(t, initsVariable, 5) {
		seed := rand.IntN(math.MaxInt32)
		t.Run(strconv.Itoa(seed), func(t *testing.T) { adoptConsole(t, rapid.Custom(drawConsole).Example(seed)) })
	}
}

// consolePlace is an empty emulated project, and an empty folder for its files. The
// server does not wait for connections that nobody has used.
func consolePlace(t *testing.T) project {
	t.Helper()
	emulated, err := emulator.New(emulator.Options{Projects: []emulator.Project{{ID: scriptProject, ManagementKey: scriptKey}}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(emulated)
	t.Cleanup(server.Close)
	return project{folder: t.TempDir(), url: server.URL}
}

func adoptConsole(t *testing.T, made consoleProject) {
	t.Helper()
	place := consolePlace(t)
	ids := made.make(t, place)
	if run := place.try("init", "--yes", "--include-settings"); run.status != StatusOK {
		t.Fatalf("init: status %d\n%s%s", run.status, run.out, run.errs)
	}
	place.try("plan", "--detailed-exitcode").isEmptyPlan(t, "init")
	if run := place.try("config", "fmt", "--check"); run.status != StatusOK {
		t.Fatalf("not canonical: %s%s", run.out, run.errs)
	}
	before := place.filesOf(t)
	for name, text := range before {
		if strings.Contains(text, scriptKey) {
			t.Fatalf("the key stands in %s", name)
		}
	}
	if run := place.try("project", "export", "--include-settings"); run.status != StatusOK || !maps.Equal(place.filesOf(t), before) {
		t.Fatalf("an export of what was just exported: status %d\n%s%s", run.status, run.out, run.errs)
	}
	if len(ids) == 0 {
		return
	}
	edited := ids[len(ids)/2]
	place.patch(t, map[string]any{"id": edited, "name": "New: name", "customAttributes": map[string]any{"plan": "new #1", "fresh": 5}, "disabled": true})
	run := place.try("project", "export", "--include-settings")
	if run.status != StatusOK {
		t.Fatalf("export: status %d\n%s%s", run.status, run.out, run.errs)
	}
	after := place.filesOf(t)
	for name := range after {
		if name != configName && after[name] != before[name] {
			t.Fatalf("the export has changed %s", name)
		}
	}
	compareEntries(t, edited, before[configName], after[configName])
	place.try("plan", "--detailed-exitcode").isEmptyPlan(t, "export")
}

// TestExportLeavesSecretsAlone: what is marked as secret is live in another way, and
// comes neither into the configuration nor into any output.
func TestExportLeavesSecretsAlone(t *testing.T) {
	t.Parallel()
	p := newCanaryPlace(t)
	if got := p.run("project", "export", "-e", "variable", "--include-settings", "--include-tenants"); got != StatusError { // a plan is not empty
		t.Errorf("status %d", got)
	}
	text, err := os.ReadFile(filepath.Join(p.folder, configName))
	if err != nil || !strings.Contains(string(text), "plan: silver") && !strings.Contains(string(text), `plan: "silver"`) {
		t.Errorf("%v\n%s", err, text)
	}
	for _, name := range []string{"value that is live", "short value that is live", "key in a variable"} {
		if strings.Contains(string(text), canaries[name]) {
			t.Errorf("the configuration holds the %s:\n%s", name, text)
		}
	}
	p.searchFiles()
}

func (p project) patch(t failer, body any) {
	t.Helper()
	if _, err := fetch(context.Background(), http.MethodPatch, p.url, "/v1/mgmt/tenant/patch", encode(t, body)); err != nil {
		t.Fatalf("edit in the console: %v", err)
	}
}

// compareEntries wants the same text in both files but for one entry.
func compareEntries(t failer, edited, before, after string) {
	t.Helper()
	other := func(text string) []string {
		var kept []string
		for i, entry := range strings.Split(text, "\n  - ") {
			if line, _, _ := strings.Cut(entry, "\n"); i > 0 && (strings.Contains(line, edited) || strings.HasPrefix(line, "#") && strings.Contains(entry, "\n    id: "+edited)) {
				// what follows the last entry of a list is no part of it
				_, behind, _ := strings.Cut(entry, "\n\n")
				entry = behind
			}
			kept = append(kept, entry)
		}
		return kept
	}
	if !slices.Equal(other(before), other(after)) {
		t.Fatalf("more than the entry of %s has changed:\n%s\n---\n%s", edited, before, after)
	}
}
