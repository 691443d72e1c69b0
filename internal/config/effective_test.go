package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shownLines writes settings as "path = value (origin)", one a line.
func shownLines(settings []Setting, path string) []string {
	var out []string
	for _, s := range settings {
		at := strings.Trim(path+"."+s.Key, ".")
		if s.Address != "" {
			at = string(s.Address)
		}
		if !s.Value.IsAbsent() {
			reference := ""
			if s.Reference {
				reference = "reference "
			}
			out = append(out, fmt.Sprintf("%s = %s%s (%s)", at, reference, s.Value, s.Origin))
		}
		out = append(out, shownLines(s.Members, at)...)
		out = append(out, shownLines(s.Entries, at)...)
	}
	return out
}

const effectiveText = `version: "1.0"
auth: { project_id: P2auth, management_key: "${AUTH_CREDENTIAL}", read_key: "${AUTH_READER}" }
performance: { max_workers: 5, rate_limits: "off" }
tenants:
  - { id: acme, key: a, name: Acme, domains: [a.com], self_provisioning: true, custom_attributes: { b: 1, a: x }, remove_attributes: [z, y], settings: { inactivity_time: 1, enabled: true }, protect: true }
  - { id: gone, state: absent, except: [dev] }
flows:
  - { template: mfa-login, id: login, enabled: false, name: N, config: { methods: [sms] }, references: { roles: { Viewer: R }, connectors: { G: C } }, protect: true, only: [dev] }
`

const effectiveEnvironments = `environments:
  dev: { project_id: "${DEV_ID}", order: 3, performance: { max_workers: 9 } }
  prod: { management_key: "${PROD_CREDENTIAL}", base_url: "https://${HOST:-api}.descope.com" }
drift:
  ignore: [{ address: tenant/acme, reason: r, owner: o, only: [dev] }]
  severity: [{ path: name, severity: info }]
`

func TestEffective(t *testing.T) {
	tenants := []string{
		`tenant/acme.id = "acme" (descope.yaml:5:5)`,
		`tenant/acme.key = "a" (descope.yaml:5:22)`,
		`tenant/acme.name = "Acme" (descope.yaml:5:31)`,
		`tenant/acme.self_provisioning_domains = ["a.com"] (descope.yaml:5:46)`,
		`tenant/acme.custom_attributes.a = "x" (descope.yaml:5:110)`,
		`tenant/acme.custom_attributes.b = 1 (descope.yaml:5:104)`,
		`tenant/acme.settings.enabled = true (descope.yaml:5:183)`,
		`tenant/acme.settings.inactivity_time = 1 (descope.yaml:5:171)`,
		`tenant/acme.remove_attributes = ["y","z"] (descope.yaml:5:138)`,
		`tenant/acme.protect = true (descope.yaml:5:200)`,
	}
	flows := []string{
		`flow/login.template = "mfa-login" (descope.yaml:8:17)`,
		`flow/login.id = "login" (descope.yaml:8:32)`,
		`flow/login.name = "N" (descope.yaml:8:61)`,
		`flow/login.enabled = false (descope.yaml:8:48)`,
		`flow/login.config.methods = ["sms"] (descope.yaml:8:83)`,
		`flow/login.references.connectors.G = "C" (descope.yaml:8:145)`,
		`flow/login.references.roles.Viewer = "R" (descope.yaml:8:123)`,
		`flow/login.protect = true (descope.yaml:8:161)`,
	}
	gone := []string{`tenant/gone.id = "gone" (descope.yaml:6:5)`, `tenant/gone.state = "absent" (descope.yaml:6:24)`}
	severity := []string{`drift.severity.path = "name" (descope.yaml:14:14)`, `drift.severity.severity = "info" (descope.yaml:14:14)`}
	off := `performance.rate_limits = "off" (descope.yaml:3:32)`
	tests := []struct {
		name, environment string
		env               variables
		project           string
		protected         bool
		want              []string
	}{
		{
			"none", "", nil, "P2auth", false,
			slices.Concat([]string{
				`version = "1.0" ()`,
				`auth.project_id = "P2auth" (descope.yaml:2:21)`,
				`auth.management_key = reference "${AUTH_CREDENTIAL}" (descope.yaml:2:45)`,
				`auth.read_key = reference "${AUTH_READER}" (descope.yaml:2:77)`,
				`environments.dev.project_id = reference "${DEV_ID}" (descope.yaml:10:22)`,
				`environments.dev.order = 3 (descope.yaml:10:35)`,
				`environments.dev.performance.max_workers = 9 (descope.yaml:10:60)`,
				`environments.prod.management_key = reference "${PROD_CREDENTIAL}" (descope.yaml:11:27)`,
				`environments.prod.base_url = "https://api.descope.com" (descope.yaml:11:59)`,
			}, tenants, gone, severity, []string{`performance.max_workers = 5 (descope.yaml:3:16)`, off}),
		},
		{
			"dev", "dev",
			variables{"DEV_ID": "P2dev"},
			"P2dev", false,
			slices.Concat([]string{
				`version = "1.0" ()`,
				`environments.dev.project_id = "P2dev" (descope.yaml:10:22)`,
				`environments.dev.management_key = reference "${AUTH_CREDENTIAL}" (descope.yaml:2:45)`,
				`environments.dev.read_key = reference "${AUTH_READER}" (descope.yaml:2:77)`,
				`environments.dev.order = 3 (descope.yaml:10:35)`,
			}, tenants, flows, []string{
				`drift.ignore.address = "tenant/acme" (descope.yaml:13:12)`,
				`drift.ignore.reason = "r" (descope.yaml:13:12)`,
				`drift.ignore.owner = "o" (descope.yaml:13:12)`,
			}, severity, []string{`performance.max_workers = 9 (descope.yaml:10:60)`, off}),
		},
		{
			"variables fill what the environment leaves out", "",
			variables{"DESCOPE_ENVIRONMENT": "prod", "DESCOPE_PROJECT_ID": "P9", "DESCOPE_BASE_URL": "https://x.example", "DESCOPE_MANAGEMENT_KEY": "K9canary"},
			"P9", true,
			slices.Concat([]string{
				`version = "1.0" ()`,
				`environments.prod.project_id = "P9" (DESCOPE_PROJECT_ID)`,
				`environments.prod.management_key = reference "${PROD_CREDENTIAL}" (descope.yaml:11:27)`,
				`environments.prod.base_url = "https://api.descope.com" (descope.yaml:11:59)`,
				`environments.prod.protected = true ()`,
			}, tenants, gone, severity, []string{`performance.max_workers = 5 (descope.yaml:3:16)`, off}),
		},
		{
			"variables over auth", "dev",
			variables{"DESCOPE_MANAGEMENT_KEY": "K9canary", "DESCOPE_BASE_URL": "https://x.example"},
			"", false,
			slices.Concat([]string{
				`version = "1.0" ()`,
				`environments.dev.project_id = reference "${DEV_ID}" (descope.yaml:10:22)`,
				`environments.dev.management_key = reference "${DESCOPE_MANAGEMENT_KEY}" (DESCOPE_MANAGEMENT_KEY)`,
				`environments.dev.base_url = "https://x.example" (DESCOPE_BASE_URL)`,
				`environments.dev.order = 3 (descope.yaml:10:35)`,
			}, tenants, flows, []string{
				`drift.ignore.address = "tenant/acme" (descope.yaml:13:12)`,
				`drift.ignore.reason = "r" (descope.yaml:13:12)`,
				`drift.ignore.owner = "o" (descope.yaml:13:12)`,
			}, severity, []string{`performance.max_workers = 9 (descope.yaml:10:60)`, off}),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := load(t, effectiveText+effectiveEnvironments, nil)
			got, err := cfg.Effective(Selection{Environment: tt.environment, Lookup: tt.env.lookup})
			if err != nil {
				t.Fatal(err)
			}
			if got.ProjectID != tt.project || got.Protected != tt.protected {
				t.Errorf("project %q, protected %t", got.ProjectID, got.Protected)
			}
			if diff := cmp.Diff(slices.Sorted(slices.Values(tt.want)), slices.Sorted(slices.Values(shownLines(got.Settings, "")))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEffectiveWithoutAnything(t *testing.T) {
	got, err := load(t, "version: \"1.0\"\n", nil).Effective(Selection{})
	if diff := cmp.Diff([]string{`version = "1.0" ()`}, shownLines(got.Settings, "")); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	for _, sel := range []Selection{{Environment: "stage"}, {Lookup: variables{"DESCOPE_ENVIRONMENT": "stage"}.lookup}} {
		if got, err := load(t, effectiveText+effectiveEnvironments, nil).Effective(sel); err == nil {
			t.Errorf("got %+v", got)
		}
	}
}

// TestEffectiveNeverShowsAKey gives the key in the places that are shown.
func TestEffectiveNeverShowsAKey(t *testing.T) {
	cfg := load(t, effectiveText+effectiveEnvironments, nil)
	for _, environment := range []string{"", "dev", "prod"} {
		env := variables{"AUTH_CREDENTIAL": canary, "AUTH_READER": canary, "PROD_CREDENTIAL": canary, "DEV_ID": canary, "HOST": canary, "DESCOPE_PROJECT_ID": canary, "DESCOPE_BASE_URL": "https://" + canary}
		got, err := cfg.Effective(Selection{Environment: environment, Lookup: env.lookup})
		if text := fmt.Sprintf("%+v", got); err != nil || strings.Contains(text, canary) {
			t.Errorf("%v %s", err, text)
		}
	}
}

// TestEffectiveOrder: the settings stand in the order of the reference.
func TestEffectiveOrder(t *testing.T) {
	cfg, err := loadTrusted(everything+"flows: [{ template: magic-link }]\n", variables{"DESCOPE_MANAGEMENT_KEY": "K9canary"})
	if err != nil {
		t.Fatal(err)
	}
	wantOrder := func(what string, settings []Setting, known []string) {
		t.Helper()
		last := -1
		for _, s := range settings {
			at := slices.Index(known, s.Key)
			if at <= last {
				t.Errorf("%s: %s is out of order, or unknown", what, s.Key)
			}
			last = at
		}
	}
	for _, environment := range []string{"", "dev"} {
		got, err := cfg.Effective(Selection{Environment: environment})
		if err != nil {
			t.Fatal(err)
		}
		wantOrder("top", got.Settings, topBlock().names())
		for _, s := range got.Settings {
			switch s.Key {
			case "environments":
				wantOrder("environments", s.Members[0].Members, environmentBlock().names())
			case "auth":
				wantOrder("auth", s.Members, authBlock().names())
			case "tenants":
				wantOrder("tenant", s.Entries[0].Members, tenantBlock().names())
			case "flows":
				wantOrder("flow", s.Entries[0].Members, flowBlock().names())
			case "state":
				wantOrder("state", s.Members, stateBlock().names())
			case "backup":
				wantOrder("backup", s.Members, backupBlock().names())
			case "performance":
				wantOrder("performance", s.Members, performanceBlock().names())
			}
		}
	}
}
