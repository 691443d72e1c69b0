package plan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestDeleteThatLosesSSO(t *testing.T) {
	in := input(tenants(t, "acme", "widget"), absent("acme"), absent("widget"))
	in.SSO = map[string]string{"acme": "an SSO configuration (SAML)"}
	result := mustMake(t, in)
	if got := change(t, result.Plan, "acme").Blocked; got == nil || got.Code != plan.BlockedSSO || !strings.Contains(got.Message, "has an SSO configuration (SAML)") {
		t.Errorf("blocked: %+v", got)
	}
	if got := change(t, result.Plan, "widget").Blocked; got != nil {
		t.Errorf("a tenant without SSO is blocked: %+v", got)
	}
	if result.Plan.Summary.Blocked != 1 || len(result.Refusals) != 1 || result.Refusals[0].Code != plan.CodeBlocked {
		t.Errorf("summary %+v, refusals %+v", result.Plan.Summary, result.Refusals)
	}
	in.Options.AllowSSOLoss = true
	allowed := mustMake(t, in)
	if allowed.Plan.Summary.Delete != 2 || len(allowed.Refusals) != 0 || !allowed.Plan.Options.AllowSSOLoss {
		t.Errorf("with the loss allowed: %+v, %+v", allowed.Plan.Summary, allowed.Refusals)
	}
	if err := plan.CheckSaved(allowed.Plan, result.Plan); err == nil || !strings.Contains(err.Error(), "give --allow-sso-loss again") {
		t.Errorf("a saved plan without its option: %v", err)
	}
	if err := plan.CheckSaved(result.Plan, allowed.Plan); err == nil || !strings.Contains(err.Error(), "made without --allow-sso-loss") {
		t.Errorf("a saved plan with one more option: %v", err)
	}
}

func TestDeletesSuggestToDisableFirst(t *testing.T) {
	count := func(live []resource.Tenant, desired ...resource.Desired) int {
		count := 0
		for _, note := range mustMake(t, input(live, desired...)).Plan.Notes {
			if note.Code == plan.NoteDisableFirst && note.Address == "" {
				count++
			}
		}
		return count
	}
	disabled := []resource.Tenant{tenant(t, `{"id":"acme","name":"A","disabled":true}`)}
	if got := count(tenants(t, "aaa", "bbb"), absent("aaa"), absent("bbb")); got != 1 {
		t.Errorf("two deletes: %d notes", got)
	}
	if got := count(disabled, absent("acme")); got != 0 {
		t.Errorf("a tenant that is disabled already: %d notes", got)
	}
	if got := count(tenants(t, "aaa"), want("aaa", "name", `"A"`)); got != 0 {
		t.Errorf("no delete: %d notes", got)
	}
}

func TestRestoredObjectsMayBreakTheRulesForNewOnes(t *testing.T) {
	odd := want("T2JEfGHk", "name", `"`+strings.Repeat("long ", 30)+`"`, "enforce_sso_exclusions", `["U2","U1"]`, "federated_app_ids", `[]`)
	if problems := problemsOf(t, input(nil, odd)); len(problems) != 2 {
		t.Errorf("problems of a new object: %v", problems)
	}
	odd.Restored = true
	got := change(t, mustMake(t, input(nil, odd)).Plan, odd.ID)
	if got.Action != resource.ActionCreate || len(got.Fields) != 3 || got.Fields[0].After != `["U1","U2"]` {
		t.Errorf("change %+v", got)
	}
	odd.Fields[0].Value = `""`
	if problems := problemsOf(t, input(nil, odd)); len(problems) != 1 || problems[0].Code != plan.ProblemInvalidName {
		t.Errorf("problems of an object without a name: %v", problems)
	}
}

func TestSecretValuesAreSensitive(t *testing.T) {
	in := input([]resource.Tenant{tenant(t, `{"id":"acme","name":"A","customAttributes":{"token":"old-secret"}}`)},
		want("acme", "custom_attributes:token", `"new"`, "name", `"B"`))
	in.Secret = func(value resource.Value) bool { return strings.Contains(string(value), "secret") }
	made := mustMake(t, in).Plan
	text, err := json.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "old-secret") || !strings.Contains(string(text), `"before":"A"`) {
		t.Errorf("the document is %s", text)
	}
	for _, field := range change(t, made, "acme").Fields {
		if field.Sensitive != (field.Path == "custom_attributes.token") {
			t.Errorf("%s: sensitive is %v", field.Path, field.Sensitive)
		}
	}
	saved, err := plan.ParseSaved(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.CheckSaved(saved, made); err != nil {
		t.Errorf("its own document: %v", err)
	}
}

// TestPlacesOfSecrets: a value is sensitive by its place, whatever it is, and what
// was approved covers it all the same.
func TestPlacesOfSecrets(t *testing.T) {
	made := func(live, wanted, key string) *resource.Plan {
		in := input([]resource.Tenant{tenant(t, `{"id":"acme","name":"A","customAttributes":{"token":"`+live+`"}}`)}, want("acme", "custom_attributes:token", `"`+wanted+`"`, "name", `"A"`))
		in.SecretPaths = resource.SecretPaths{}
		in.SecretPaths.Add("tenant/acme", resource.Path{Field: "custom_attributes", Key: "token"})
		if key != "" {
			in.Keyed = func(text string) string { return key + string(resource.StringValue(text).Digest()) }
		}
		return mustMake(t, in).Plan
	}
	first := made("one", "two", "k")
	field := change(t, first, "acme").Fields[0]
	if !field.Sensitive || field.ValuesDigest == "" || len(change(t, first, "acme").Fields) != 1 {
		t.Errorf("got %+v", field)
	}
	text, err := json.Marshal(first)
	if err != nil || strings.Contains(string(text), `"one"`) || strings.Contains(string(text), `"two"`) {
		t.Errorf("%s, %v", text, err)
	}
	for name, other := range map[string]*resource.Plan{"another value": made("one", "three", "k"), "another key": made("one", "two", "l")} {
		if other.PlanDigest == first.PlanDigest {
			t.Errorf("%s: the digest is the same", name)
		}
		saved, err := plan.ParseSaved(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := plan.CheckSaved(saved, other); err == nil || !strings.Contains(err.Error(), "its secret values have changed since, or the plan was made with another management key") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if made("one", "two", "k").PlanDigest != first.PlanDigest {
		t.Error("the same plan has another digest")
	}
	// The digest of one that is as it is wanted does not tell what it is.
	if a, b := change(t, made("one", "one", ""), "acme"), change(t, made("two", "two", ""), "acme"); a.Action != resource.ActionNoChange || *a.BaseDigest != *b.BaseDigest {
		t.Errorf("got %s and %s", *a.BaseDigest, *b.BaseDigest)
	}
}
