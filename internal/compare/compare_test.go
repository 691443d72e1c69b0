package compare_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/compare"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// tester is what a test and a rapid check have in common.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

// tenant is a live tenant out of its JSON; settings, when given, were read.
func tenant(t tester, raw string, settings ...string) resource.Tenant {
	t.Helper()
	live, err := resource.ParseTenant(json.RawMessage(raw))
	if err == nil && len(settings) > 0 {
		live, err = live.WithSettings(json.RawMessage(settings[0]))
	}
	if err != nil {
		t.Fatalf("live tenant %s: %v", raw, err)
	}
	return live
}

// flow is a live flow with one screen-less task of that name.
func flow(t tester, id, task string) resource.Flow {
	t.Helper()
	document := fmt.Sprintf(`{"flowId":%q,"metadata":{"name":"Flow %s"},"contents":{"startTask":"0","tasks":{"0":{"id":"0","type":"automated","action":"logged-in","name":%s}}},"screens":[],"references":{}}`, id, id, resource.StringValue(task))
	live, err := resource.Flow{ID: id}.WithDocument(json.RawMessage(document))
	if err != nil {
		t.Fatalf("flow %s: %v", document, err)
	}
	return live
}

func project(environment string, tenants ...resource.Tenant) compare.Project {
	return compare.Project{Side: compare.Side{Environment: environment, ProjectID: "P2" + environment, Host: "api.descope.com"}, Tenants: tenants}
}

func compared(t tester, in compare.Input) compare.Comparison {
	t.Helper()
	found, err := compare.Compare(in)
	if err != nil {
		t.Fatalf("Compare: %v", err)
	}
	return found
}

func TestTenantFields(t *testing.T) {
	cases := []struct {
		name                 string
		a, b                 string
		settingsA, settingsB string
		want                 []compare.Field
	}{
		{name: "the same in other words", a: `{"id":"x","name":"X","customAttributes":{"n":1.0,"z":null},"selfProvisioningDomains":["a.com","b.com"]}`, b: `{"id":"x","name":"X","customAttributes":{"n":1},"selfProvisioningDomains":["b.com","a.com","a.com"]}`},
		{name: "what the service writes does not count", a: `{"id":"x","name":"X","createdTime":1,"successors":["y"]}`, b: `{"id":"x","name":"X","createdTime":2}`},
		{name: "absent is the zero of its shape", a: `{"id":"x","name":"X"}`, b: `{"id":"x","name":"X","disabled":false,"defaultRoles":[],"roleInheritance":"","parent":"","enforceSSO":null}`},
		{name: "a string", a: `{"id":"x","name":"X"}`, b: `{"id":"x","name":"Y"}`, want: []compare.Field{{Path: "name", A: `"X"`, B: `"Y"`}}},
		{name: "a switch", a: `{"id":"x"}`, b: `{"id":"x","enforceSSO":true}`, want: []compare.Field{{Path: "enforce_sso", B: `true`}}},
		{
			name: "attributes one by one", a: `{"id":"x","customAttributes":{"plan":"pro","a b":1,"same":"s"}}`, b: `{"id":"x","customAttributes":{"plan":"basic","n":9007199254740993,"same":"s"}}`,
			want: []compare.Field{{Path: "custom_attributes.n", B: "9007199254740993"}, {Path: "custom_attributes.plan", A: `"pro"`, B: `"basic"`}, {Path: `custom_attributes["a b"]`, A: "1"}},
		},
		{name: "attributes that are none", a: `{"id":"x","customAttributes":"oh"}`, b: `{"id":"x"}`, want: []compare.Field{{Path: "custom_attributes", A: `"oh"`}}},
		{name: "a set is shown sorted", a: `{"id":"x","defaultRoles":["b","a"]}`, b: `{"id":"x","defaultRoles":["a"]}`, want: []compare.Field{{Path: "default_roles", A: `["a","b"]`, B: `["a"]`}}},
		{name: "what no configuration names", a: `{"id":"x","enforceSSOExclusions":["U1"]}`, b: `{"id":"x"}`, want: []compare.Field{{Path: "enforce_sso_exclusions", A: `["U1"]`}}},
		{name: "another parent", a: `{"id":"x","parent":"p"}`, b: `{"id":"x","parent":"q"}`, want: []compare.Field{{Path: "parent", A: `"p"`, B: `"q"`}}},
		{name: "no parent", a: `{"id":"x","parent":"p"}`, b: `{"id":"x"}`, want: []compare.Field{{Path: "parent", A: `"p"`}}},
		{
			name: "settings", a: `{"id":"x"}`, b: `{"id":"x"}`, settingsA: `{"sessionTokenExpiration":10,"enabled":false}`, settingsB: `{"sessionTokenExpiration":10.5,"JITDisabled":false}`,
			want: []compare.Field{{Path: "settings.session_token_expiration", A: "10", B: "10.5"}},
		},
		{name: "settings of one side only", a: `{"id":"x"}`, b: `{"id":"x"}`, settingsA: `{"sessionTokenExpiration":10}`},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			a, b := tenant(t, test.a), tenant(t, test.b)
			if test.settingsA != "" {
				a = tenant(t, test.a, test.settingsA)
			}
			if test.settingsB != "" {
				b = tenant(t, test.b, test.settingsB)
			}
			found := compared(t, compare.Input{A: project("a", a), B: project("b", b)})
			if len(test.want) == 0 {
				if len(found.Differences) != 0 || found.Summary != (compare.Summary{Same: 1}) {
					t.Errorf("got %+v", found)
				}
				return
			}
			want := []compare.Difference{{Name: "tenant/x", A: "tenant/x", B: "tenant/x", Kind: "tenant", Place: compare.PlaceBoth, Fields: test.want}}
			if diff := cmp.Diff(want, found.Differences); diff != "" {
				t.Error(diff)
			}
			if found.Summary != (compare.Summary{Differ: 1}) || found.Summary.Differences() != 1 {
				t.Errorf("summary %+v", found.Summary)
			}
		})
	}
}

func TestSettingsThatWereNotReadAreSaid(t *testing.T) {
	full, bare := tenant(t, `{"id":"x"}`, `{}`), tenant(t, `{"id":"y"}`)
	only := tenant(t, `{"id":"z"}`)
	found := compared(t, compare.Input{A: project("a", full, bare, only), B: project("b", full, bare)})
	want := []resource.Note{{Code: compare.NoteSettings, Message: "session settings: compared for 1 of 2 shared tenants, those whose settings the configuration names"}}
	if diff := cmp.Diff(want, found.Notes); diff != "" {
		t.Error(diff)
	}
	if found = compared(t, compare.Input{A: project("a", full), B: project("b", full)}); len(found.Notes) != 0 {
		t.Errorf("notes %+v", found.Notes)
	}
}

func TestObjectsOfOneSide(t *testing.T) {
	a := project("a", tenant(t, `{"id":"x","name":"X"}`))
	a.Flows = []resource.Flow{{ID: "login", Name: "Login"}} // without its document: there is nothing to compare it with
	b := project("b", tenant(t, `{"id":"y","name":"Y"}`))
	found := compared(t, compare.Input{A: a, B: b})
	want := []compare.Difference{
		{Name: "flow/login", A: "flow/login", Kind: "flow", Place: compare.PlaceA, Fields: []compare.Field{{Path: "name", A: `"Login"`}}},
		{Name: "tenant/x", A: "tenant/x", Kind: "tenant", Place: compare.PlaceA, Fields: []compare.Field{{Path: "name", A: `"X"`}}},
		{Name: "tenant/y", B: "tenant/y", Kind: "tenant", Place: compare.PlaceB, Fields: []compare.Field{{Path: "name", B: `"Y"`}}},
	}
	if diff := cmp.Diff(want, found.Differences); diff != "" {
		t.Error(diff)
	}
	if found.Summary != (compare.Summary{OnlyInA: 2, OnlyInB: 1}) || found.Summary.Differences() != 3 {
		t.Errorf("summary %+v", found.Summary)
	}
}

func TestFlows(t *testing.T) {
	a, b := project("a"), project("b")
	a.Flows, b.Flows = []resource.Flow{flow(t, "same", "Done"), flow(t, "other", "Done")}, []resource.Flow{flow(t, "other", "End"), flow(t, "same", "Done")}
	found := compared(t, compare.Input{A: a, B: b})
	if found.Summary != (compare.Summary{Differ: 1, Same: 1}) || found.Differences[0].Name != "flow/other" {
		t.Fatalf("got %+v", found)
	}
	want := []compare.Field{{Path: `task 'End' changed: name`, A: `"Done"`, B: `"End"`}}
	if diff := cmp.Diff(want, found.Differences[0].Fields); diff != "" {
		t.Error(diff)
	}
}

func TestLogicalNames(t *testing.T) {
	a := project("a", tenant(t, `{"id":"acme-a","name":"Acme"}`), tenant(t, `{"id":"child","name":"C","parent":"acme-a"}`), tenant(t, `{"id":"acme","name":"Another"}`))
	b := project("b", tenant(t, `{"id":"acme-b","name":"Acme"}`), tenant(t, `{"id":"child","name":"C","parent":"acme-b"}`))
	a.Keys = map[resource.Address]string{"tenant/acme-a": "acme", "tenant/child": "child"}
	b.Keys = map[resource.Address]string{"tenant/acme-b": "acme", "tenant/child": "child"}
	names := func(found compare.Comparison) (list []string) {
		for _, one := range found.Differences {
			list = append(list, fmt.Sprintf("%s %s %s %s", one.Name, one.A, one.B, one.Place))
		}
		return list
	}
	// The parent is the same by its key; a tenant that happens to be called like the key is its own.
	if diff := cmp.Diff([]string{"tenant/acme tenant/acme  only_in_a"}, names(compared(t, compare.Input{A: a, B: b}))); diff != "" {
		t.Error(diff)
	}
	b.Tenants[0] = tenant(t, `{"id":"acme-b","name":"Acme Inc"}`)
	want := []string{"tenant/acme tenant/acme  only_in_a", "tenant/acme tenant/acme-a tenant/acme-b differs"}
	if diff := cmp.Diff(want, names(compared(t, compare.Input{A: a, B: b}))); diff != "" {
		t.Error(diff)
	}
	// A key that only one side has is no match.
	b.Keys = nil
	want = []string{
		"tenant/acme tenant/acme  only_in_a", "tenant/acme-a tenant/acme-a  only_in_a", "tenant/acme-b  tenant/acme-b only_in_b", "tenant/child tenant/child tenant/child differs",
	}
	if diff := cmp.Diff(want, names(compared(t, compare.Input{A: a, B: b}))); diff != "" {
		t.Error(diff)
	}
}

func TestNarrowing(t *testing.T) {
	a := project("a", tenant(t, `{"id":"acme-a","name":"1"}`), tenant(t, `{"id":"x","name":"1"}`))
	b := project("b", tenant(t, `{"id":"acme-b","name":"2"}`), tenant(t, `{"id":"x","name":"2"}`))
	a.Keys, b.Keys = map[resource.Address]string{"tenant/acme-a": "acme"}, map[resource.Address]string{"tenant/acme-b": "acme"}
	cases := []struct {
		name            string
		target, exclude []resource.Glob
		want            []compare.Match
	}{
		{"everything", nil, nil, []compare.Match{{"tenant/acme", "tenant/acme-a", "tenant/acme-b"}, {"tenant/x", "tenant/x", "tenant/x"}}},
		{"by the key", []resource.Glob{"tenant/acme"}, nil, []compare.Match{{"tenant/acme", "tenant/acme-a", "tenant/acme-b"}}},
		{"by the id of B", []resource.Glob{"tenant/*-b"}, nil, []compare.Match{{"tenant/acme", "tenant/acme-a", "tenant/acme-b"}}},
		{"left out by the id of A", nil, []resource.Glob{"tenant/acme-a"}, []compare.Match{{"tenant/x", "tenant/x", "tenant/x"}}},
		{"exclusion wins", []resource.Glob{"tenant/*"}, []resource.Glob{"*"}, []compare.Match{}},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			in := compare.Input{A: a, B: b, Target: test.target, Exclude: test.exclude}
			shared, err := compare.Shared(in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, shared); diff != "" {
				t.Error(diff)
			}
			if found := compared(t, in); found.Summary.Differ != len(test.want) {
				t.Errorf("summary %+v", found.Summary)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	one := tenant(t, `{"id":"x"}`)
	withFlow := project("b")
	withFlow.Flows = []resource.Flow{flow(t, "login", "Done")}
	unread := project("a")
	unread.Flows = []resource.Flow{{ID: "login"}}
	broken := project("")
	broken.Flows = []resource.Flow{{ID: "login", Document: `{"metadata":{},"contents":[]}`}}
	keyed := project("b")
	keyed.Keys = map[resource.Address]string{"tenant/1": "k", "tenant/2": "k"}
	cases := []struct {
		name string
		in   compare.Input
		want string
	}{
		{"twice in A", compare.Input{A: project("a", one, one), B: project("b")}, "tenant/x stands twice in the list of environment a"},
		{"twice in B", compare.Input{A: project("a"), B: project("", one, one)}, "tenant/x stands twice in the list of project P2"},
		{"a key twice", compare.Input{A: project("a"), B: keyed}, `environment b gives the key "k" to both tenant/1 and tenant/2`},
		{"no document", compare.Input{A: unread, B: withFlow}, "flow/login of environment a: its document was not read"},
		{"no flow", compare.Input{A: withFlow, B: broken}, "flow/login of project P2: contents: an object is expected here"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			if _, err := compare.Compare(test.in); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
	if _, err := compare.Shared(cases[0].in); err == nil {
		t.Error("Shared takes what stands twice")
	}
}

func TestSecretsHaveNoValues(t *testing.T) {
	a := project("a", tenant(t, `{"id":"x","name":"hush","customAttributes":{"k":"hush","l":"hush"}}`))
	b := project("b", tenant(t, `{"id":"x","name":"open","customAttributes":{"k":"open"}}`))
	a.Tenants = append(a.Tenants, tenant(t, `{"id":"y","name":"hush"}`))
	found := compared(t, compare.Input{A: a, B: b, Secret: func(v resource.Value) bool { return strings.Contains(string(v), "hush") }})
	text, err := json.Marshal(found)
	if err != nil || strings.Contains(string(text), "hush") || strings.Count(string(text), `"sensitive":true`) != 4 {
		t.Errorf("%s, %v", text, err)
	}
}

// TestDocument holds the JSON form that scripts read.
func TestDocument(t *testing.T) {
	in := compare.Input{
		ToolVersion: "1.2.3", CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		A: project("a", tenant(t, `{"id":"x","name":"<X>"}`, `{}`)), B: project("b", tenant(t, `{"id":"x"}`, `{}`)),
	}
	text, err := json.Marshal(compared(t, in))
	want := `{"format_version":"1.0","tool_version":"1.2.3","created_at":"2026-01-02T03:04:05Z",` +
		`"a":{"environment":"a","project_id":"P2a","host":"api.descope.com"},"b":{"environment":"b","project_id":"P2b","host":"api.descope.com"},` +
		`"differences":[{"name":"tenant/x","a":"tenant/x","b":"tenant/x","kind":"tenant","place":"differs","fields":[{"path":"name","a":"\u003cX\u003e","b":null,"sensitive":false}]}],` +
		`"notes":[],"summary":{"only_in_a":0,"only_in_b":0,"differs":1,"same":0}}`
	if err != nil || string(text) != want {
		t.Errorf("got  %s\nwant %s\n%v", text, want, err)
	}
}

func TestPlacesOfSecretsHaveNoValues(t *testing.T) {
	a := project("a", tenant(t, `{"id":"x","name":"A","customAttributes":{"k":"one"}}`))
	b := project("b", tenant(t, `{"id":"x","name":"B","customAttributes":{"k":"two"}}`))
	in := compare.Input{A: a, B: b, SecretPaths: resource.SecretPaths{"tenant/x": {{Field: "custom_attributes", Key: "k"}}}}
	text, err := json.Marshal(compared(t, in))
	if err != nil || strings.Contains(string(text), "one") || strings.Contains(string(text), "two") || strings.Count(string(text), `"sensitive":true`) != 1 {
		t.Errorf("%s, %v", text, err)
	}
}
