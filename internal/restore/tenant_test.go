package restore_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/restore"
)

type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

// tenant is a tenant out of its JSON; settings, when given, were read.
func tenant(t tester, raw string, settings ...string) resource.Tenant {
	t.Helper()
	parsed, err := resource.ParseTenant(json.RawMessage(raw))
	if err == nil && len(settings) > 0 {
		parsed, err = parsed.WithSettings(json.RawMessage(settings[0]))
	}
	if err != nil {
		t.Fatalf("tenant %s: %v", raw, err)
	}
	return parsed
}

// wants shows the wanted values, one text each.
func wants(desired resource.Desired) []string {
	texts := []string{}
	for _, field := range desired.Fields {
		text := field.Path.String() + "=" + string(field.Value)
		if field.Remove {
			text = field.Path.String() + " removed"
		}
		texts = append(texts, text)
	}
	return texts
}

func codes(notes []resource.Note) []string {
	found := []string{}
	for _, note := range notes {
		found = append(found, note.Code)
	}
	return found
}

const acme = `{"id":"acme","name":"Acme","customAttributes":{"plan":"a","seats":9007199254740993,"none":null},"selfProvisioningDomains":["b.com","a.com"],` +
	`"authType":"none","domains":[],"createdTime":1700000000,"disabled":false,"enforceSSO":false,"enforceSSOExclusions":["U1"],"federatedAppIds":[],` +
	`"parent":"group","successors":["x"],"defaultRoles":["Viewer"],"roleInheritance":"none","shiny":{"new":1}}`

func TestTenantThatIsGone(t *testing.T) {
	users := 3
	wanted, lost := restore.Tenant(restore.Was{
		Tenant: tenant(t, acme, `{"enabled":true,"sessionTokenExpiration":10,"sessionTokenExpirationUnit":"minutes","domains":[],"odd":5,"blank":""}`),
		SSO:    "an SSO configuration (SAML)", Roles: 2, Users: &users, Omitted: []string{"customAttributes.token"},
	}, nil)
	if !wanted.Restored || wanted.Absent || wanted.ID != "acme" {
		t.Errorf("wanted %+v", wanted)
	}
	// What is unset in a new tenant anyway is not written.
	want := []string{
		`name="Acme"`, `self_provisioning_domains=["a.com","b.com"]`, `custom_attributes.plan="a"`, `custom_attributes.seats=9007199254740993`,
		`parent="group"`, `role_inheritance="none"`, `default_roles=["Viewer"]`, `settings.enabled=true`, `settings.session_token_expiration=10`,
		`settings.session_token_expiration_unit="minutes"`, `enforce_sso_exclusions=["U1"]`,
	}
	if got := wants(wanted); !slices.Equal(got, want) {
		t.Errorf("wants\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	wantLost := []string{
		restore.CodeSecret, restore.CodeUnknown, restore.CodeUnknown, restore.CodeServer, restore.CodeMembers, restore.CodeKeys, restore.CodeSSO, restore.CodeRoles,
	}
	if got := codes(lost); !slices.Equal(got, wantLost) {
		t.Errorf("lost %v, want %v", got, wantLost)
	}
	for _, text := range []string{"shiny cannot", "settings.odd cannot", "of its 3 members does not", "(SAML) has to be set up again", "2 roles"} {
		if !slices.ContainsFunc(lost, func(note resource.Note) bool {
			return strings.Contains(note.Message, text) && note.Address == "tenant/acme"
		}) {
			t.Errorf("nothing says %q", text)
		}
	}
}

func TestTenantThatIsLive(t *testing.T) {
	live := tenant(t, `{"id":"acme","name":"ACME","customAttributes":{"plan":"b","extra":1,"token":"s"},"selfProvisioningDomains":[],"enforceSSOExclusions":[],`+
		`"disabled":true,"parent":"","authType":"saml","domains":[],"shiny":{"new":1},"roleInheritance":"","defaultRoles":[]}`, `{"enabled":false}`)
	wanted, lost := restore.Tenant(restore.Was{
		Tenant: tenant(t, acme, `{"enabled":false,"inactivityTime":0}`), Omitted: []string{"customAttributes.token"},
	}, &live)
	want := []string{
		`name="Acme"`, `self_provisioning_domains=["a.com","b.com"]`, `custom_attributes.plan="a"`, `custom_attributes.seats=9007199254740993`,
		`custom_attributes.extra removed`, `disabled=false`, `enforce_sso=false`, `role_inheritance="none"`, `default_roles=["Viewer"]`,
		`settings.enabled=false`, `settings.inactivity_time=0`, `enforce_sso_exclusions=["U1"]`, `federated_app_ids=[]`,
	}
	if got := wants(wanted); !slices.Equal(got, want) {
		t.Errorf("wants\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := codes(lost); !slices.Equal(got, []string{restore.CodeSecret, restore.CodeParent, restore.CodeSSO}) {
		t.Errorf("lost %v", lost)
	}
}

// A key that is itself a secret stands nowhere, and is therefore not taken for one
// that came since.
func TestTenantWithAKeyThatIsSecret(t *testing.T) {
	live := tenant(t, `{"id":"acme","name":"Acme","customAttributes":{"plan":"b","K2secret":"x"}}`)
	for _, omitted := range []string{`customAttributes["[redacted]"]`, "customAttributes.[redacted]"} {
		wanted, lost := restore.Tenant(restore.Was{
			Tenant: tenant(t, `{"id":"acme","name":"Acme","customAttributes":{"plan":"a"}}`), Omitted: []string{omitted},
		}, &live)
		if got := wants(wanted); !slices.Equal(got, []string{`name="Acme"`, `custom_attributes.plan="a"`}) || !slices.Equal(codes(lost), []string{restore.CodeSecret, restore.CodeSecret}) {
			t.Errorf("wants %v, lost %v", got, lost)
		}
	}
}

// A backup of another tool holds less, and what it does not hold stays.
func TestTenantOfFewFields(t *testing.T) {
	live := tenant(t, `{"id":"acme","name":"ACME","disabled":true,"customAttributes":{"x":1}}`)
	wanted, lost := restore.Tenant(restore.Was{Tenant: tenant(t, `{"id":"acme","name":"Acme","selfProvisioningDomains":[]}`)}, &live)
	if got := wants(wanted); !slices.Equal(got, []string{`name="Acme"`, `self_provisioning_domains=[]`}) || len(lost) != 0 {
		t.Errorf("wants %v, lost %v", got, lost)
	}
	wanted, lost = restore.Tenant(restore.Was{Tenant: tenant(t, `{"id":"acme","name":"Acme"}`)}, nil)
	if got := wants(wanted); !slices.Equal(got, []string{`name="Acme"`}) || !slices.Contains(codes(lost), restore.CodeNoSettings) {
		t.Errorf("wants %v, lost %v", got, lost)
	}
}

// Whatever was and is: planned against what is live, the wanted state leaves
// each writable field as it was, and a second plan is empty.
func TestTenantComesBackProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		was, live := randomTenant(t, "was"), randomTenant(t, "live")
		wanted, _ := restore.Tenant(restore.Was{Tenant: was}, &live)
		made, err := plan.Make(plan.Input{
			Manage: resource.Manage{Configured: true}, Desired: []resource.Desired{wanted}, Live: []resource.Tenant{live},
			Thresholds: plan.Thresholds{DeletePercent: 100, UpdatePercent: 100},
		})
		if err != nil {
			t.Fatalf("plan: %v", err)
		}
		after := map[resource.Path]resource.Value{}
		for _, field := range made.Plan.Changes[0].Fields {
			after[field.At] = field.After
		}
		for _, field := range resource.WritableTenantFields() {
			paths := []resource.Path{{Field: field.Name}}
			switch field.Name {
			case "settings", "parent":
				continue
			case "custom_attributes":
				paths = nil
				for _, key := range []string{"a", "b", "c"} {
					paths = append(paths, resource.Path{Field: field.Name, Key: key})
				}
			}
			for _, path := range paths {
				want, _ := was.Value(path)
				got, changed := after[path]
				if !changed {
					got, _ = live.Value(path)
				}
				shape := field.Shape
				if path.Key != "" {
					shape = resource.ShapeObject
				}
				if !shape.Equal(got, want) {
					t.Fatalf("%s becomes %s, and was %s", path, got, want)
				}
			}
		}
	})
}

func randomTenant(t *rapid.T, label string) resource.Tenant {
	attributes := rapid.MapOf(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.SampledFrom([]any{"x", 1.5, true, nil, []string{"q"}})).Draw(t, label+" attributes")
	sets := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"p", "q", "r"}), rapid.ID)
	raw, err := json.Marshal(map[string]any{
		"id": "acme", "name": rapid.StringMatching("[a-z]{1,3}").Draw(t, label+" name"), "customAttributes": attributes,
		"selfProvisioningDomains": sets.Draw(t, label+" domains"), "enforceSSOExclusions": sets.Draw(t, label+" exclusions"),
		"federatedAppIds": sets.Draw(t, label+" apps"), "defaultRoles": sets.Draw(t, label+" roles"),
		"disabled": rapid.Bool().Draw(t, label+" disabled"), "enforceSSO": rapid.Bool().Draw(t, label+" enforce"),
		"roleInheritance": rapid.SampledFrom([]string{"", "none", "userOnly"}).Draw(t, label+" inheritance"), "parent": "",
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return tenant(t, string(raw))
}
