package drift_test

import (
	"os"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestSeverityOfTenantFields(t *testing.T) {
	for _, test := range []struct {
		path, live, settings, want string
		severity                   resource.Severity
	}{
		{"name", `"name":"B"`, "{}", `"A"`, "info"},
		{"custom_attributes:plan", `"customAttributes":{"plan":"x"}`, "{}", `"y"`, "info"},
		{"disabled", `"disabled":true`, "{}", "false", "critical"},
		{"enforce_sso", `"enforceSSO":false`, "{}", "true", "critical"},
		{"self_provisioning_domains", `"selfProvisioningDomains":["a.com","b.com"]`, "{}", `["a.com"]`, "critical"},
		{"self_provisioning_domains", `"selfProvisioningDomains":["b.com"]`, "{}", `["a.com"]`, "critical"},
		{"self_provisioning_domains", `"selfProvisioningDomains":["a.com"]`, "{}", `["a.com","b.com"]`, "warning"},
		{"default_roles", `"defaultRoles":["Admin"]`, "{}", `[]`, "warning"},
		{"role_inheritance", `"roleInheritance":"userOnly"`, "{}", `"none"`, "warning"},
		{"parent", `"parent":"x"`, "{}", `"y"`, "warning"},
		{"settings:enabled", `"name":"A"`, `{"enabled":true}`, "false", "critical"},
		{"settings:stepup_token_expiration_unit", `"name":"A"`, `{"stepupTokenExpirationUnit":"weeks"}`, `"minutes"`, "critical"},
		{"settings:jit_disabled", `"name":"A"`, `{"JITDisabled":false}`, "true", "critical"},
		{"settings:sso_setup_suite_settings", `"name":"A"`, `{"ssoSetupSuiteSettings":{"enabled":true}}`, `{"enabled":false}`, "warning"},
	} {
		in := input([]resource.Tenant{tenant(t, `{"id":"acme",`+test.live+`}`, test.settings)}, want("acme", test.path, test.want))
		got := onlyFinding(t, in)
		if got.Severity != test.severity {
			t.Errorf("%s: %s", test.path, got.Severity)
		}
		if test.path == "parent" && got.Ways.Apply != "" {
			t.Errorf("no apply moves a tenant: %+v", got.Ways)
		}
	}
}

func TestSeverityOfFlowOperations(t *testing.T) {
	const send = `"action":"sign-up-or-in-otp-sms"`
	for _, test := range []struct {
		name      string
		live      []string // replacements in the live document
		wanted    []string // and in the one of the code
		severity  resource.Severity
		forceable bool // an apply has to be allowed
	}{
		{name: "a text", live: []string{"Continue", "Go on"}, severity: "info"},
		{name: "the name", live: []string{"Name of ID", "Login"}, severity: "info"},
		{name: "the name of a step", live: []string{`"name":"Welcome"`, `"name":"Hello"`}, severity: "info"},
		{name: "an argument", live: []string{"https://a", "https://b"}, severity: "warning"},
		{name: "switched off", live: []string{`"disabled":false`, `"disabled":true`}, severity: "critical"},
		{name: "switched on", wanted: []string{`"disabled":false`, `"disabled":true`}, severity: "critical", forceable: true},
		{name: "a method is another one", live: []string{send, `"action":"sign-up-or-in-magic-link-email"`}, severity: "critical", forceable: true},
		{name: "an edge goes past the method", live: []string{`"interactionId":"go","taskId":"2"`, `"interactionId":"go","taskId":"0"`}, severity: "critical"},
		{name: "the code goes past the method", wanted: []string{`"interactionId":"go","taskId":"2"`, `"interactionId":"go","taskId":"0"`}, severity: "critical", forceable: true},
		{name: "a condition on nothing", live: []string{`"references":{}`, `"references":{"connectors":{"sms":"C1"}}`}, severity: "warning"},
	} {
		t.Run(test.name, func(t *testing.T) {
			result := mustDetect(t, flowInput([]resource.Flow{liveFlow(t, document(t, "login", test.live...))}, wantFlow(document(t, "login", test.wanted...))))
			worst := resource.SeverityInfo
			for _, finding := range result.Findings {
				if result.AtLeast(finding.Severity).Summary.Differences() > 0 && rank(finding.Severity) > rank(worst) {
					worst = finding.Severity
				}
				if allowed := strings.Contains(finding.Ways.Apply, "--allow-breaking-changes"); allowed != test.forceable {
					t.Errorf("way out %q", finding.Ways.Apply)
				}
			}
			if len(result.Findings) == 0 || worst != test.severity {
				t.Errorf("%s: %+v", worst, result.Findings)
			}
		})
	}
}

func rank(severity resource.Severity) int {
	for i, one := range resource.Severities() {
		if one == severity {
			return i
		}
	}
	return -1
}

func TestRulesOfTheConfiguration(t *testing.T) {
	in := input([]resource.Tenant{tenant(t, `{"id":"acme","name":"B","disabled":true}`)}, want("acme", "name", `"A"`, "disabled", "false"))
	in.Rules.Severity = []resource.SeverityRule{
		{Severity: "warning"}, {Address: "tenant/*", Path: "name", Severity: "critical"}, {Path: "dis*", Severity: "info"}, {Address: "flow/*", Severity: "info"},
	}
	result := mustDetect(t, in)
	got := map[string]resource.Severity{}
	for _, finding := range result.Findings {
		got[finding.Path] = finding.Severity
	}
	if got["name"] != "critical" || got["disabled"] != "info" {
		t.Errorf("severities %v", got)
	}
	if critical := result.AtLeast("critical"); len(critical.Findings) != 1 || critical.Summary != (drift.Summary{Differs: 1, Critical: 1}) || len(result.Findings) != 2 {
		t.Errorf("critical ones: %+v", critical)
	}
}

func TestWatchedPaths(t *testing.T) {
	watched := []string{}
	for _, field := range resource.WritableTenantFields() {
		if drift.IsWatched(resource.Path{Field: field.Name}) {
			watched = append(watched, field.Name)
		}
	}
	for _, field := range resource.TenantSettingsFields() {
		if path := (resource.Path{Field: "settings", Key: field.Name}); !drift.IsWatched(path) {
			watched = append(watched, "not "+path.String())
		}
	}
	if got := strings.Join(watched, " "); got != "self_provisioning_domains disabled enforce_sso enforce_sso_exclusions not settings.sso_setup_suite_settings" {
		t.Error(got)
	}
}

// TestDocumentedTable holds the page against the table.
func TestDocumentedTable(t *testing.T) {
	page, err := os.ReadFile("../../docs/drift.md")
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString("| kind | what differs | severity | because |\n|---|---|---|---|\n")
	for _, row := range drift.Grades() {
		kind := string(row.Kind)
		if kind == "" {
			kind = "any"
		}
		table.WriteString("| " + kind + " | " + row.What + " | " + string(row.Severity) + " | " + row.Why + " |\n")
	}
	if !strings.Contains(string(page), table.String()) {
		t.Errorf("docs/drift.md does not have this table:\n%s", table.String())
	}
}
