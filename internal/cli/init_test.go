package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestInitAsks(t *testing.T) {
	cases := map[string]struct {
		args, answers string
		want          Status
		asked         int
		place         string // of the configuration
		has, hasNot   string // in it
	}{
		"everything as it is":       {"init", "\n\n\n\n\n\n", StatusOK, 6, "descope.yaml", "tenants:", "settings:"},
		"settings":                  {"init", "\n\n\n\n\nyes\n", StatusOK, 6, "descope.yaml", "session_token_expiration: 5", "environments:"},
		"no tenants, a folder":      {"init", "\nidentity\nnone\nno\ny\n", StatusOK, 5, "identity/descope.yaml", "flows:", "tenants:"},
		"environments":              {"init", "\n\ndev, prod\n\nn\n\n", StatusOK, 6, "descope.yaml", "DESCOPE_PROD_MANAGEMENT_KEY", "flows:"},
		"what flags say is offered": {"init --no-flows --environments test", "\n\n\n\n\n\n", StatusOK, 6, "descope.yaml", "DESCOPE_TEST_MANAGEMENT_KEY", "flows:"},
		"neither yes nor no":        {"init", "\n\n\nmaybe\nno\n\n", StatusOK, 6, "descope.yaml", "flows:", "tenants:"},
		"no environment":            {"init", "\n\na b/c\ndev,prod\n\n\n\n", StatusOK, 7, "descope.yaml", "DESCOPE_PROD_MANAGEMENT_KEY", "settings:"},
		"what is meant is asked":    {"init", "?\n\n?\nidentity\n?\n\n\n\n\n", StatusOK, 9, "identity/descope.yaml", "tenants:", "environments:"},
		"--yes asks nothing":        {"init --yes", "maybe\n", StatusOK, 0, "descope.yaml", "tenants:", "settings:"},
		"--no-input asks nothing":   {"init --no-input", "maybe\n", StatusOK, 0, "descope.yaml", "tenants:", "settings:"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			place := consolePlace(t)
			place.call(t, "/v1/mgmt/tenant/create", map[string]any{"id": "acme", "name": "Acme"})
			place.call(t, "/v1/mgmt/tenant/settings", map[string]any{"tenantId": "acme", "enabled": true, "sessionTokenExpiration": 5})
			app, out, errs := person(t, place.url, "")
			if err := os.Remove(filepath.Join(app.WorkDir, "descope.yaml")); err != nil {
				t.Fatal(err)
			}
			app.In = strings.NewReader(c.answers)
			if got := app.Run(t.Context(), strings.Fields(c.args)); got != c.want {
				t.Fatalf("status %d, want %d\n%s%s", got, c.want, out, errs)
			}
			if asked := strings.Count(errs.String(), "]: ") + strings.Count(errs.String(), "? ["); asked != c.asked {
				t.Errorf("%d questions, want %d\n%s", asked, c.asked, errs)
			}
			if c.place == "" {
				if entries, err := os.ReadDir(app.WorkDir); err != nil || slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() != ".descope-mgmt" }) {
					t.Errorf("written: %v, %v", entries, err)
				}
				return
			}
			text, err := os.ReadFile(filepath.Join(app.WorkDir, c.place))
			if err != nil || !strings.Contains(string(text), c.has) || strings.Contains(string(text), c.hasNot) {
				t.Errorf("%v\n%s", err, text)
			}
		})
	}
}

// TestInitGoesOnWhereItWasCutOff: the configuration is written at last, so that the
// files of a run that was killed do not stand in the way of the next.
func TestInitGoesOnWhereItWasCutOff(t *testing.T) {
	place := consolePlace(t)
	if run := place.try("init", "--yes"); run.status != StatusOK {
		t.Fatalf("status %d\n%s%s", run.status, run.out, run.errs)
	}
	for _, name := range []string{configName, "flows/sign-up.json"} {
		if err := os.Remove(filepath.Join(place.folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	run := place.try("init", "--yes", "--format", "json")
	var document exportDocument
	if err := json.Unmarshal([]byte(run.out), &document); err != nil || run.status != StatusOK {
		t.Fatalf("status %d, %v\n%s%s", run.status, err, run.out, run.errs)
	}
	for _, file := range document.Files {
		wanted := exportUnchanged
		if file.File == configName || file.File == "flows/sign-up.json" {
			wanted = exportWritten
		}
		if file.State != wanted {
			t.Errorf("%s is %s, want %s", file.File, file.State, wanted)
		}
	}
}

// TestInitWritesAllOrNothing: where one file cannot be written, none is.
func TestInitWritesAllOrNothing(t *testing.T) {
	place := consolePlace(t)
	if err := os.Mkdir(filepath.Join(place.folder, ".env.example"), 0o700); err != nil { // nobody can write a file there
		t.Fatal(err)
	}
	if run := place.try("init", "--yes"); run.status != StatusRefused {
		t.Fatalf("status %d\n%s%s", run.status, run.out, run.errs)
	}
	if texts := place.filesOf(t); len(texts) > 0 {
		t.Errorf("these files stay: %v", keysOf(texts))
	}
}

// TestInitOfACompany is a project of 120 tenants and 12 flows, with every kind of value.
func TestInitOfACompany(t *testing.T) {
	if testing.Short() {
		t.Skip("a large project")
	}
	place := consolePlace(t)
	place.call(t, "/v1/mgmt/role/create", map[string]string{"name": "Viewer"})
	for i := range 120 {
		create := map[string]any{
			"name": fmt.Sprintf("Customer %d %s", i, []string{"", "日本", strings.Repeat("long ", 40), "${X}"}[i%4]),
			"customAttributes": map[string]any{
				"plan": []string{"", "pro", "Ünï: #1"}[i%3], "seats": json.Number(fmt.Sprint(9007199254740993+int64(i), "1")), "rate": json.Number("0.1000000000000000055511151231257827"),
				"live": i%2 == 0, "tags": []any{"a", 1, true}, "none": []any{},
			},
			"selfProvisioningDomains": []string{fmt.Sprintf("c%d.com", i), fmt.Sprintf("c%d.org", i)}, "disabled": i%7 == 0, "enforceSSO": i%11 == 0,
		}
		if i%3 > 0 {
			create["id"] = fmt.Sprintf("customer-%d", i)
		}
		if i > 10 && i%5 == 0 {
			create["parent"] = fmt.Sprintf("customer-%d", 3*(i/9)+1)
		}
		place.call(t, "/v1/mgmt/tenant/create", create)
		if i%12 == 1 {
			id := create["id"]
			place.call(t, "/v1/mgmt/tenant/settings", map[string]any{"tenantId": id, "enabled": true, "sessionTokenExpiration": i, "sessionTokenExpirationUnit": "hours", "selfProvisioningDomains": create["selfProvisioningDomains"]})
			place.call(t, "/v1/mgmt/tenant/updateDefaultRoles", map[string]any{"id": id, "defaultRoles": []string{"Viewer"}})
		}
	}
	for i := range 8 {
		templates := flow.Templates()
		document, wrong := flow.Render(templates[i%len(templates)], nil)
		if len(wrong) > 0 {
			t.Fatal(wrong)
		}
		place.call(t, "/v2/mgmt/flow/import", map[string]any{"flow": json.RawMessage(document.WithID(fmt.Sprintf("flow-%d", i)).WithMetadata("name", resource.StringValue(fmt.Sprintf("Flow %d ${x}", i))).Value())})
	}
	run := place.try("init", "--yes", "--include-settings", "--format", "json")
	var document exportDocument
	if err := json.Unmarshal([]byte(run.out), &document); err != nil || run.status != StatusOK {
		t.Fatalf("status %d, %v\n%s%s", run.status, err, run.out, run.errs)
	}
	if *document.Tenants != (exportCount{120, 120}) || *document.Flows != (exportCount{12, 12}) || len(document.Left) > 0 {
		t.Errorf("tenants %v, flows %v, left %v", *document.Tenants, *document.Flows, document.Left)
	}
	plan := place.try("plan", "--detailed-exitcode")
	plan.isEmptyPlan(t, "init")
	if !strings.Contains(plan.out, "(132 unchanged)") {
		t.Errorf("%s", plan.out)
	}
}

func TestIgnoreBlock(t *testing.T) {
	crlf := func(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }
	cases := map[string]struct{ before, after string }{
		"nothing":             {"", ignoreBlock},
		"others":              {"/bin\n", "/bin\n" + ignoreBlock},
		"no line break":       {"/bin", "/bin\n" + ignoreBlock},
		"an older one":        {"a\n" + ignoreBegin + "\nold\n" + ignoreEnd + "\nb\n", "a\n" + ignoreBlock + "b\n"},
		"one without its end": {ignoreBegin + "\nold\n", ignoreBegin + "\nold\n" + ignoreBlock},
		"line breaks of DOS":  {"/bin\r\n", "/bin\r\n" + crlf(ignoreBlock)},
	}
	for name, c := range cases {
		got := withIgnoreBlock(c.before)
		if got != c.after {
			t.Errorf("%s: %q, want %q", name, got, c.after)
		}
		if again := withIgnoreBlock(got); name != "one without its end" && again != got {
			t.Errorf("%s: again it becomes %q", name, again)
		}
	}
}

func TestEnvironmentVariables(t *testing.T) {
	for name, want := range map[string]string{"dev": "DESCOPE_DEV_PROJECT_ID", "prod-eu.2": "DESCOPE_PROD_EU_2_PROJECT_ID"} {
		if got := environmentVariable(name, "PROJECT_ID"); got != want || !config.IsEnvironmentName(name) {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestCommentsAreOneLine(t *testing.T) {
	if got, want := commentText("a\nb\u2028é\x1b\ufeff"), `a\u000ab\u2028é\u001b\ufeff`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
