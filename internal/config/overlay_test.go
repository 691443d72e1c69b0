package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// over puts entries into the overlay of prod. They start on line 5, indented by ten.
func over(kind, entries string) string {
	return "environments:\n  prod:\n    overlay:\n      " + kind + ":\n" + entries
}

// placed lists what is desired with file and line of every value.
func placed(desired []resource.Desired) []string {
	var out []string
	for _, d := range desired {
		head := d.ID
		if d.Absent {
			head += " absent"
		}
		if d.Protect {
			head += " protected"
		}
		out = append(out, fmt.Sprintf("%s @%s", head, short(d.Source)))
		fields := d.Fields
		if d.Flow != nil {
			fields = d.Flow.Given
		}
		for _, f := range fields {
			value := "=" + string(f.Value)
			if f.Remove {
				value = " removed"
			}
			out = append(out, fmt.Sprintf("  %s%s @%s", f.Path, value, short(f.Source)))
		}
	}
	return out
}

func short(at resource.Position) string {
	return fmt.Sprintf("%s:%d:%d", strings.TrimSuffix(at.File, ".yaml"), at.Line, at.Column)
}

// mergeCase lays one entry over another one.
type mergeCase struct {
	name, base, over string
	want             []string
}

// runMergeCases loads each case with the overlay behind the base and before it.
func runMergeCases(t *testing.T, kind string, cases []mergeCase) {
	t.Helper()
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			base := "version: \"1.0\"\n" + kind + ":\n  - " + tt.base + "\n"
			for _, name := range []string{"prod.yaml", "aprod.yaml"} {
				cfg, err := loadTexts(texts{"base.yaml": base, name: over(kind, "          - "+tt.over+"\n")}, nil)
				for _, d := range diagnosticsOf(t, cfg, err) {
					t.Error(d.Render())
				}
				if err != nil {
					return
				}
				list, below := cfg.Desired, cfg.Desired("")
				if kind == "flows" {
					list, below = cfg.DesiredFlows, cfg.DesiredFlows("")
				}
				got := placed(list("prod"))
				for i := range got {
					got[i] = strings.ReplaceAll(got[i], "@aprod", "@prod")
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
				alone := load(t, strings.ReplaceAll(base, "base.yaml", "descope.yaml"), nil)
				before := alone.Desired("")
				if kind == "flows" {
					before = alone.DesiredFlows("")
				}
				if diff := cmp.Diff(withoutPlaces(before), withoutPlaces(below)); diff != "" {
					t.Errorf("the base is changed:\n%s", diff)
				}
			}
		})
	}
}

func TestTenantsAreLaidByPath(t *testing.T) {
	runMergeCases(t, "tenants", []mergeCase{
		{"nothing", "{ id: acme, name: A }", "{ id: acme }", []string{"acme @base:3:5", `  name="A" @base:3:23`}},
		{"a key", "{ id: acme, name: A, disabled: true }", "{ id: acme, name: B }", []string{
			"acme @base:3:5", "  disabled=true @base:3:36", `  name="B" @prod:5:31`,
		}},
		{"a key more", "{ id: acme, name: A }", "{ id: acme, enforce_sso: true }", []string{
			"acme @base:3:5", "  enforce_sso=true @prod:5:38", `  name="A" @base:3:23`,
		}},
		{"maps by inner key", "{ id: acme, custom_attributes: { a: 1, b: 2 }, settings: { enabled: true, inactivity_time: 5 } }", "{ id: acme, custom_attributes: { b: 3, c: 4 }, settings: { inactivityTime: 6 } }", []string{
			"acme @base:3:5", "  custom_attributes.a=1 @base:3:41", "  custom_attributes.b=3 @prod:5:49", "  custom_attributes.c=4 @prod:5:55",
			"  settings.enabled=true @base:3:73", "  settings.inactivity_time=6 @prod:5:88",
		}},
		{"lists as a whole", "{ id: acme, default_roles: [a, b], self_provisioning_domains: [a.com, b.com] }", "{ id: acme, default_roles: [c], self_provisioning_domains: [c.com] }", []string{
			"acme @base:3:5", `  default_roles=["c"] @prod:5:40`, `  self_provisioning_domains=["c.com"] @prod:5:72`,
		}},
		{"an empty list", "{ id: acme, self_provisioning_domains: [a.com] }", "{ id: acme, self_provisioning_domains: [] }", []string{
			"acme @base:3:5", "  self_provisioning_domains=[] @prod:5:52",
		}},
		{"null for a key", "{ id: acme, name: A, default_roles: [a], parent: group }", "{ id: acme, name: ~, default_roles: null, parent: null }", []string{"acme @base:3:5"}},
		{"null for an inner key", "{ id: acme, custom_attributes: { a: 1, b: 2 }, settings: { enabled: true, inactivity_time: 5 } }", "{ id: acme, custom_attributes: { a: ~ }, settings: { enabled: ~ } }", []string{
			"acme @base:3:5", "  custom_attributes.b=2 @base:3:47", "  settings.inactivity_time=5 @base:3:96",
		}},
		{"null for a map", "{ id: acme, custom_attributes: { a: 1 }, remove_attributes: [b], settings: { enabled: true } }", "{ id: acme, custom_attributes: ~, settings: ~ }", []string{"acme @base:3:5"}},
		{"an attribute set over removed", "{ id: acme, remove_attributes: [a, b] }", "{ id: acme, custom_attributes: { a: 1 } }", []string{
			"acme @base:3:5", "  custom_attributes.a=1 @prod:5:49", "  custom_attributes.b removed @base:3:40",
		}},
		{"an attribute removed over set", "{ id: acme, custom_attributes: { a: 1, b: 2 } }", "{ id: acme, remove_attributes: [a] }", []string{
			"acme @base:3:5", "  custom_attributes.a removed @prod:5:45", "  custom_attributes.b=2 @base:3:47",
		}},
		{"removed attributes are a list", "{ id: acme, remove_attributes: [a, b] }", "{ id: acme, remove_attributes: [c] }", []string{
			"acme @base:3:5", "  custom_attributes.c removed @prod:5:45",
		}},
		{"no removed attributes", "{ id: acme, custom_attributes: { c: 1 }, remove_attributes: [a, b] }", "{ id: acme, remove_attributes: ~ }", []string{
			"acme @base:3:5", "  custom_attributes.c=1 @base:3:41",
		}},
		{"an attribute neither set nor removed", "{ id: acme, remove_attributes: [a, b] }", "{ id: acme, custom_attributes: { a: ~ } }", []string{
			"acme @base:3:5", "  custom_attributes.b removed @base:3:40",
		}},
		{"an object as a whole", "{ id: acme, settings: { sso_setup_suite_settings: { a: 1 } } }", "{ id: acme, settings: { sso_setup_suite_settings: { b: 2 } } }", []string{
			"acme @base:3:5", `  settings.sso_setup_suite_settings={"b":2} @prod:5:63`,
		}},
		{"absent here", "{ id: acme, name: A, domains: [a.com], self_provisioning: true }", "{ id: acme, state: absent }", []string{"acme absent @base:3:5"}},
		{"protected here", "{ id: acme }", "{ id: acme, protect: true }", []string{"acme protected @base:3:5"}},
		{"not protected here", "{ id: acme, protect: true }", "{ id: acme, protect: false }", []string{"acme @base:3:5"}},
		{"another id", "{ id: acme, key: a, name: A }", "{ key: a, id: acme-prod }", []string{"acme-prod @base:3:5", `  name="A" @base:3:31`}},
		{"by key alone", "{ id: acme, key: a, name: A }", "{ key: a, name: B }", []string{"acme @base:3:5", `  name="B" @prod:5:29`}},
		{"one of its own", "{ id: acme }", "{ id: own, name: B, key: o }", []string{"acme @base:3:5", "own @prod:5:13", `  name="B" @prod:5:30`}},
		{"one of its own, absent", "{ id: acme }", "{ id: own, state: absent }", []string{"acme @base:3:5", "own absent @prod:5:13"}},
	})
}

func TestDomainsAreLaidInEachSpelling(t *testing.T) {
	on := "{ id: acme, domains: [a.com], self_provisioning: true }"
	off := "{ id: acme, self_provisioning: false }"
	list := "{ id: acme, self_provisioning_domains: [a.com] }"
	runMergeCases(t, "tenants", []mergeCase{
		{"switched off", on, "{ id: acme, self_provisioning: false }", []string{"acme @base:3:5", "  self_provisioning_domains=[] @prod:5:44"}},
		{"other domains", on, "{ id: acme, domains: [b.com] }", []string{"acme @base:3:5", `  self_provisioning_domains=["b.com"] @prod:5:34`}},
		{"both", off, "{ id: acme, domains: [b.com], self_provisioning: true }", []string{"acme @base:3:5", `  self_provisioning_domains=["b.com"] @prod:5:34`}},
		{"the list over the pair", on, "{ id: acme, self_provisioning_domains: [b.com] }", []string{"acme @base:3:5", `  self_provisioning_domains=["b.com"] @prod:5:52`}},
		{"a list switched off", list, "{ id: acme, self_provisioning: false }", []string{"acme @base:3:5", "  self_provisioning_domains=[] @prod:5:44"}},
		{"a list with other domains", list, "{ id: acme, domains: [b.com] }", []string{"acme @base:3:5", `  self_provisioning_domains=["b.com"] @prod:5:34`}},
		{"a list switched on", list, "{ id: acme, self_provisioning: true }", []string{"acme @base:3:5", `  self_provisioning_domains=["a.com"] @base:3:44`}},
		{"domains unmanaged", on, "{ id: acme, domains: ~ }", []string{"acme @base:3:5"}},
		{"the switch unmanaged", on, "{ id: acme, self_provisioning: ~ }", []string{"acme @base:3:5"}},
		{"the list unmanaged", on, "{ id: acme, self_provisioning_domains: ~ }", []string{"acme @base:3:5"}},
		{"unmanaged in one spelling, given in the other", list, "{ id: acme, self_provisioning_domains: ~, domains: [b.com], self_provisioning: true }", []string{
			"acme @base:3:5", `  self_provisioning_domains=["b.com"] @prod:5:64`,
		}},
	})
}

// TestABaseThatIsAbsentComesBack: what an absent entry says is kept for the
// environments where it is not absent.
func TestABaseThatIsAbsentComesBack(t *testing.T) {
	cfg := load(t, tenants("  - { id: acme, state: absent, name: A, remove_attributes: [x] }\n")+over("tenants", "          - { id: acme, state: present }\n"), nil)
	if diff := cmp.Diff([]string{"acme @descope:3:5", "  custom_attributes.x removed @descope:3:61", `  name="A" @descope:3:38`}, placed(cfg.Desired("prod"))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"acme absent @descope:3:5"}, placed(cfg.Desired(""))); diff != "" {
		t.Error(diff)
	}
}

// TestParentsMeanTheSameEntry: an id of the base goes with the entry that has it.
func TestParentsMeanTheSameEntry(t *testing.T) {
	cfg := load(t, tenants(`  - { id: group, key: group }
  - { id: child, parent: group }
  - { id: other, parent: group }
  - { id: third }
`)+over("tenants", `          - { key: group, id: T2group }
          - { id: other, name: B }
          - { id: third, parent: group }
          - { id: fourth, parent: T2group }
`), nil)
	if diff := cmp.Diff([]string{
		"T2group @descope:3:5",
		"child @descope:4:5", `  parent="T2group" @descope:4:26`,
		"other @descope:5:5", `  name="B" @descope:12:32`, `  parent="T2group" @descope:5:26`,
		"third @descope:6:5", `  parent="T2group" @descope:13:34`,
		"fourth @descope:14:13", `  parent="T2group" @descope:14:35`,
	}, placed(cfg.Desired("prod"))); diff != "" {
		t.Error(diff)
	}
	if got := fieldsOf(t, cfg, "", "child"); got[0] != `parent="group"` {
		t.Errorf("the base is changed: %q", got)
	}
}

func TestOverlayInSeveralParts(t *testing.T) {
	files := texts{
		"a.yaml": over("tenants", "          - { id: one, name: B }\n") + "---\n" + over("tenants", "          - { id: two, name: C }\n"),
		"b.yaml": tenants("  - { id: one, name: A }\n  - { id: two }\n") + "environments: { dev: { overlay: { tenants: [{ id: one, name: D }] } }, prod: { project_id: P2prd } }\n",
		"c.json": `{"environments": {"prod": {"overlay": {"tenants": [{"id": "three"}], "flows": [{"template": "magic-link"}]}}}}`,
	}
	cfg, err := loadTexts(files, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"one @b:3:5", `  name="B" @a:5:30`, "two @b:4:5", `  name="C" @a:11:30`, "three @c.json:1:52"}, placed(cfg.Desired("prod"))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"one @b:3:5", `  name="D" @b:5:62`, "two @b:4:5"}, placed(cfg.Desired("dev"))); diff != "" {
		t.Error(diff)
	}
	if got := len(cfg.DesiredFlows("prod")); got != 1 || len(cfg.DesiredFlows("dev")) != 0 || len(cfg.DesiredFlows("")) != 0 {
		t.Errorf("%d flows in prod", got)
	}
	if !cfg.ManageFlows("prod").Configured || cfg.ManageFlows("dev").Configured || cfg.TenantCount() != 3 || cfg.FlowCount() != 1 {
		t.Error("counts or scopes are wrong")
	}
}

func TestWhatOtherEnvironmentsNameIsNoOrphan(t *testing.T) {
	cfg := load(t, tenants("  - { id: acme, key: a }\n  - { id: only-dev, only: [dev] }\n")+`flows: [{ template: magic-link, key: login }]
environments:
  dev: {}
  prod: { overlay: { tenants: [{ key: a, id: T2prd }, { id: own }], flows: [{ key: login, id: login }] } }
  test: { overlay: { tenants: [{ id: own }, { id: mine }] } }
`, nil)
	for environment, want := range map[string][]string{
		"":     {"T2prd", "mine", "only-dev", "own"},
		"dev":  {"T2prd", "mine", "own"},
		"prod": {"acme", "mine", "only-dev"},
		"test": {"T2prd", "only-dev"},
	} {
		if diff := cmp.Diff(want, cfg.Manage(environment).Elsewhere); diff != "" {
			t.Errorf("%s: %s", environment, diff)
		}
	}
	if diff := cmp.Diff([]string{"magic-link"}, cfg.ManageFlows("prod").Elsewhere); diff != "" {
		t.Error(diff)
	}
	if cfg.TenantCount() != 4 {
		t.Errorf("%d tenants", cfg.TenantCount())
	}
	if diff := cmp.Diff(map[resource.Address]string{"tenant/T2prd": "a", "flow/login": "login"}, cfg.Keys("prod")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[resource.Address]string{"tenant/acme": "a", "flow/magic-link": "login"}, cfg.Keys("dev")); diff != "" {
		t.Error(diff)
	}
}
