package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestAttributeValuesAreExact(t *testing.T) {
	tests := []struct{ yaml, want string }{
		{"9007199254740993", "9007199254740993"},
		{"-9223372036854775809", "-9223372036854775809"},
		{"123456789012345678901234567890", "123456789012345678901234567890"},
		{"0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"},
		{"1.50", "1.50"},
		{"1e3", "1e3"},
		{"-1.5E-07", "-1.5E-07"},
		{"+5", "5"},
		{"+.5", "0.5"},
		{"-.5e1", "-0.5e1"},
		{"5.", "5"},
		{"007", "7"},
		{"0", "0"},
		{"-0", "-0"},
		{"00", "0"},
		{"0777", "777"},
		{"0o777", "511"},
		{"0x1F", "31"},
		{"0xFFFFFFFFFFFFFFFFFF", "4722366482869645213695"},
		{"0o8", `"0o8"`},
		{"0x", `"0x"`},
		{"0xG", `"0xG"`},
		{"0x-1", `"0x-1"`},
		{"1_000", `"1_000"`},
		{"0b11", `"0b11"`},
		{"1.2.3", `"1.2.3"`},
		{"1e", `"1e"`},
		{"1e+", `"1e+"`},
		{"e5", `"e5"`},
		{"+", `"+"`},
		{"+-1", `"+-1"`},
		{".", `"."`},
		{"12:30:45", `"12:30:45"`},
		{"2020-01-01", `"2020-01-01"`},
		{"2001-12-14t21:59:43.10-05:00", `"2001-12-14t21:59:43.10-05:00"`},
		{"true", "true"},
		{"FALSE", "false"},
		{"tRue", `"tRue"`},
		{"yes", `"yes"`},
		{"Off", `"Off"`},
		{"y", `"y"`},
		{`"true"`, `"true"`},
		{`'12'`, `"12"`},
		{`"~"`, `"~"`},
		{`""`, `""`},
		{"nUll", `"nUll"`},
		{"=", `"="`},
		{"!!str 12", `"12"`},
		{"! 12", `"12"`},
		{`!!int "12"`, "12"},
		{"!!float 12", "12"},
		{"!!bool true", "true"},
		{`"<b>&\u2028\0"`, `"<b>&\u2028\u0000"`},
		{`"😀"`, `"😀"`},
		{`[1, "1", true, 1.0]`, `[1,"1",true,1.0]`},
		{"[]", "[]"},
		{"\"${SET}\"", `"12"`},
		{"${SET}", `"12"`},
		{"\"a${SET}b${EMPTY:-c}$${SET}$\"", `"a12bc${SET}$"`},
		{"\"${EMPTY}\"", `""`},
		{"\"${UNSET:-}\"", `""`},
		{"\"${UNSET:-x: [y]}\"", `"x: [y]"`},
		{"\"${TRAP}\"", `"true, b: 1\n- c"`},
	}
	env := variables{"SET": "12", "EMPTY": "", "TRAP": "true, b: 1\n- c"}
	for _, tt := range tests {
		t.Run(tt.yaml, func(t *testing.T) {
			cfg := load(t, tenants("  - id: acme\n    custom_attributes:\n      a: "+tt.yaml+"\n"), env)
			if diff := cmp.Diff([]string{"custom_attributes.a=" + tt.want}, fieldsOf(t, cfg, "", "acme")); diff != "" {
				t.Error(diff)
			}
			value := cfg.Desired("")[0].Fields[0].Value
			if parsed, err := resource.ParseValue([]byte(value)); err != nil || parsed != value {
				t.Errorf("%s is not canonical JSON: %v", value, err)
			}
		})
	}
}

func TestAllFields(t *testing.T) {
	cfg := load(t, tenants(`  - id: acme
    key: logical
    name: "Acme ${REGION}"
    state: present
    self_provisioning_domains: [b.com, A.com]
    custom_attributes: { plan: enterprise, "odd key": 1, y: n }
    remove_attributes: [old]
    disabled: false
    enforce_sso: true
    parent: group
    role_inheritance: userOnly
    default_roles: [Viewer, Admin]
    protect: true
    settings:
      enabled: true
      sessionTokenExpiration: 0x0A
      session_token_expiration_unit: minutes
      JITDisabled: false
      sso_setup_suite_settings: { enabled: true, disabledFeatures: { saml: [1, { a: b }] } }
  - id: bare
    role_inheritance: ""
    parent: ""
    self_provisioning: false
  - id: pair
    self_provisioning: true
    domains: [z.com, y.com]
`), variables{"REGION": "EU"})
	want := []string{
		"custom_attributes.old removed", "custom_attributes.plan=\"enterprise\"", "custom_attributes.y=\"n\"", "custom_attributes[\"odd key\"]=1",
		"default_roles=[\"Admin\",\"Viewer\"]", "disabled=false", "enforce_sso=true", "name=\"Acme EU\"", "parent=\"group\"",
		"role_inheritance=\"userOnly\"", "self_provisioning_domains=[\"a.com\",\"b.com\"]",
		"settings.enabled=true", "settings.jit_disabled=false", "settings.session_token_expiration=10", "settings.session_token_expiration_unit=\"minutes\"",
		`settings.sso_setup_suite_settings={"disabledFeatures":{"saml":[1,{"a":"b"}]},"enabled":true}`,
	}
	if diff := cmp.Diff(want, fieldsOf(t, cfg, "", "acme")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{`parent=""`, `role_inheritance=""`, "self_provisioning_domains=[]"}, fieldsOf(t, cfg, "", "bare")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{`self_provisioning_domains=["y.com","z.com"]`}, fieldsOf(t, cfg, "", "pair")); diff != "" {
		t.Error(diff)
	}
	acme := cfg.Desired("")[0]
	if !acme.Protect || acme.Absent || acme.Kind != resource.KindTenant || acme.Source.String() != "descope.yaml:3:5" {
		t.Errorf("got %+v", acme)
	}
	name, _ := acme.Field(resource.Path{Field: "name"})
	if name.Source.String() != "descope.yaml:5:11" {
		t.Errorf("name stands at %s", name.Source)
	}
}

func TestAliasesAndMerges(t *testing.T) {
	cfg := load(t, tenants(`  - &base
    id: base
    name: Base
    custom_attributes: &attributes { plan: gold, tier: 1 }
    default_roles: &roles [&viewer Viewer]
  - <<: *base
    id: one
    name: One
  - id: two
    default_roles: *roles
    custom_attributes:
      <<: [{ tier: 2, extra: x }, *attributes]
      plan: silver
  - id: three
    name: *viewer
    custom_attributes: { *viewer : 1 }
`), nil)
	wants := map[string][]string{
		"one":   {`custom_attributes.plan="gold"`, "custom_attributes.tier=1", `default_roles=["Viewer"]`, `name="One"`},
		"two":   {`custom_attributes.extra="x"`, `custom_attributes.plan="silver"`, "custom_attributes.tier=2", `default_roles=["Viewer"]`},
		"three": {"custom_attributes.Viewer=1", `name="Viewer"`},
	}
	for id, want := range wants {
		if diff := cmp.Diff(want, fieldsOf(t, cfg, "", id)); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
}

func TestAliasedTenantIsFoundTwice(t *testing.T) {
	cfg, err := loadTexts(texts{"descope.yaml": tenants("  - &a { id: acme }\n  - *a\n")}, nil)
	wantLines(t, diagnosticsOf(t, cfg, err), []string{
		`descope.yaml:3:14: error CFG054: the id "acme" already stands at descope.yaml:3:14`,
	})
}

func TestManyAttributes(t *testing.T) {
	var text strings.Builder
	for i := range 40 {
		text.WriteString("      k" + strings.Repeat("x", i) + ": 1\n")
	}
	cfg := load(t, tenants("  - id: acme\n    custom_attributes:\n"+text.String()), nil)
	if got := len(fieldsOf(t, cfg, "", "acme")); got != 40 {
		t.Errorf("%d attributes, want 40", got)
	}
	cfg, err := loadTexts(texts{"descope.yaml": tenants("  - id: acme\n    custom_attributes:\n" + text.String() + "      k: 2\n      <<: { kx: 3, other: 4 }\n")}, nil)
	wantLines(t, diagnosticsOf(t, cfg, err), []string{
		`descope.yaml:45:7: error CFG011: the key "k" stands twice in this mapping, first at descope.yaml:5:7`,
	})
}

func TestGuardAndWorkers(t *testing.T) {
	cfg := load(t, "version: \"1.0\"\n", nil)
	if got := cfg.Guard(); got != (Guard{DeletePercent: 10, UpdatePercent: 50}) || cfg.Performance("").MaxWorkers != 10 {
		t.Errorf("defaults: %+v, %d", got, cfg.Performance("").MaxWorkers)
	}
	cfg = load(t, "version: \"1.0\"\nguard: { delete_threshold: \"0%\", update_threshold: 100 }\nperformance: { max_workers: 3, rate_limits: { tenant: 200/60s, user-create: off, other: 1000/1m30s } }\n", nil)
	if got := cfg.Guard(); got != (Guard{DeletePercent: 0, UpdatePercent: 100}) || cfg.Performance("dev").MaxWorkers != 3 {
		t.Errorf("got %+v, %d", got, cfg.Performance("dev").MaxWorkers)
	}
	wantLines(t, cfg.Warnings(), nil)
	want := Performance{MaxWorkers: 3, RateLimits: []string{"tenant=200/60s", "user-create=off", "other=1000/1m30s"}}
	if diff := cmp.Diff(want, cfg.Performance("")); diff != "" {
		t.Error(diff)
	}
	cfg = load(t, "version: \"1.0\"\nperformance: { rate_limits: documented, rate_limit_buffer: 1 }\n", nil)
	if diff := cmp.Diff(Performance{MaxWorkers: 10, RateLimitBuffer: 1, RateLimits: []string{"documented"}}, cfg.Performance("")); diff != "" {
		t.Error(diff)
	}
}

func TestManage(t *testing.T) {
	cfg := load(t, "version: \"1.0\"\n", nil)
	if diff := cmp.Diff(resource.Manage{}, cfg.Manage("")); diff != "" {
		t.Error(diff)
	}
	if load(t, "version: \"1.0\"\ntenants: []\n", nil).Manage("").Configured != true {
		t.Error("an empty list is a list")
	}
	cfg = load(t, `version: "1.0"
environments: { dev: {}, test: {}, prod: {} }
manage: { tenants: { include: ["a*", "b*"], exclude: ["ab*"] }, orphans: error }
tenants:
  - id: everywhere
  - { id: only-dev, only: [dev, test] }
  - { id: not-prod, except: [prod] }
  - { id: gone, state: absent, only: [prod] }
`, nil)
	want := resource.Manage{
		Configured: true, Include: []resource.Glob{"a*", "b*"}, Exclude: []resource.Glob{"ab*"},
		Elsewhere: []string{"not-prod", "only-dev"}, Orphans: resource.OrphansError,
	}
	if diff := cmp.Diff(want, cfg.Manage("prod")); diff != "" {
		t.Error(diff)
	}
	for environment, want := range map[string][]string{
		"":     {"everywhere", "not-prod"},
		"dev":  {"everywhere", "only-dev", "not-prod"},
		"prod": {"everywhere", "gone"},
	} {
		if diff := cmp.Diff(want, idsOf(cfg.Desired(environment))); diff != "" {
			t.Errorf("%s: %s", environment, diff)
		}
	}
	if gone := cfg.Desired("prod")[1]; !gone.Absent || len(gone.Fields) != 0 {
		t.Errorf("got %+v", gone)
	}
	if diff := cmp.Diff([]string{"dev", "test", "prod"}, cfg.Environments()); diff != "" {
		t.Error(diff)
	}
}

func TestNamesMayComeAgainInOtherEnvironments(t *testing.T) {
	load(t, `version: "1.0"
environments: { dev: {}, test: {}, prod: {} }
tenants:
  - { id: T1abc, name: Acme, only: [dev], self_provisioning_domains: [a.com] }
  - { id: T2abc, name: Acme, only: [prod], self_provisioning_domains: [a.com] }
  - { id: T3abc, name: Acme, only: [test], self_provisioning_domains: [a.com] }
  - { id: old-acme, state: absent, name: Acme }
`, nil)
	cfg, err := loadTexts(texts{"descope.yaml": `version: "1.0"
environments: { dev: {}, test: {}, prod: {} }
tenants:
  - { id: aaa, name: Acme, only: [dev] }
  - { id: bbb, name: Acme, except: [dev, test] }
  - { id: ccc, name: Acme, except: [dev, prod] }
  - { id: ddd, name: Acme, only: [prod] }
`}, nil)
	wantLines(t, diagnosticsOf(t, cfg, err), []string{
		`descope.yaml:6:22: error CFG054: the name "Acme" already stands at descope.yaml:5:22`,
		`descope.yaml:7:22: error CFG054: the name "Acme" already stands at descope.yaml:5:22`,
	})
}

func TestConfigDoesNotChange(t *testing.T) {
	cfg := load(t, "version: \"1.0\"\nenvironments: { dev: {} }\nmanage: { tenants: { include: [a*, B] } }\ntenants: [{ id: acme }, { id: B }]\n", nil)
	cfg.Files()[0], cfg.Environments()[0], cfg.Desired("")[0].ID, cfg.Manage("").Include[0] = "x", "x", "x", "x"
	cfg.Warnings()[0].Code = "x"
	if cfg.Files()[0] != "descope.yaml" || cfg.Environments()[0] != "dev" || cfg.Desired("")[0].ID != "acme" ||
		cfg.Manage("").Include[0] != "a*" || cfg.Warnings()[0].Code != codeIDRule {
		t.Error("a caller changed the configuration")
	}
}
