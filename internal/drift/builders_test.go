package drift_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// tester is what a test and a rapid check have in common.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

var now = time.Date(2025, 11, 10, 14, 30, 15, 0, time.UTC)

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

// want is a wanted tenant out of paths and JSON values in turn. A path may have
// a key after a colon; the value "-" removes it.
func want(id string, pairs ...string) resource.Desired {
	wanted := resource.Desired{Kind: resource.KindTenant, ID: id, Source: resource.Position{File: "descope.yaml", Line: 7, Column: 5}}
	for i := 0; i < len(pairs); i += 2 {
		field, key, _ := strings.Cut(pairs[i], ":")
		wanted.Fields = append(wanted.Fields, resource.DesiredField{
			Path: resource.Path{Field: field, Key: key}, Value: resource.Value(strings.TrimSuffix(pairs[i+1], "-")), Remove: pairs[i+1] == "-",
			Source: resource.Position{File: "descope.yaml", Line: 8 + i/2, Column: 11},
		})
	}
	return wanted
}

// applied is a record of one tenant out of paths and JSON values in turn.
func applied(pairs ...string) drift.Object {
	object := drift.Object{Values: map[string]resource.Value{}, Hidden: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		object.Values[pairs[i]] = resource.Value(pairs[i+1])
		object.Managed = append(object.Managed, pairs[i])
	}
	return object
}

// input is a usual one: everything in scope, orphans reported, nothing recorded.
func input(live []resource.Tenant, desired ...resource.Desired) drift.Input {
	environment := "dev"
	return drift.Input{
		ToolVersion: "1.2.3", Environment: &environment, ProjectID: "P2test", Host: "api.descope.com", CreatedAt: now,
		Manage: resource.Manage{Configured: true}, Live: live, Desired: desired,
	}
}

// document is a small login: a page with a button, an action, and the end. Each
// pair of texts replaces one by the other.
func document(t tester, id string, replace ...string) resource.Value {
	t.Helper()
	text := strings.NewReplacer(replace...).Replace(`{"flowId":"ID","metadata":{"name":"Name of ID","disabled":false},` +
		`"contents":{"startTask":"start","tasks":{` +
		`"start":{"id":"start","name":"Start","next":{"rules":[{"interactionId":"","taskId":"1"}]}},` +
		`"1":{"id":"1","name":"Welcome","type":"screen","screenId":"SC1","next":{"rules":[{"interactionId":"go","taskId":"2"}]}},` +
		`"2":{"id":"2","name":"Send code","type":"automated","action":"sign-up-or-in-otp-sms","arguments":{"url":{"type":"inline","value":"https://a"}},"next":{"rules":[{"interactionId":"success","taskId":"0"}]}},` +
		`"0":{"id":"0","name":"End","type":"automated","action":"logged-in","next":{}}}},` +
		`"screens":[{"screenId":"SC1","interactions":[{"id":"go","label":"Go"}],"contents":{"ROOT":{"type":{"resolvedName":"Container"},"nodes":["b"]},` +
		`"b":{"type":{"resolvedName":"Button"},"props":{"id":"go","children":"Continue"},"nodes":[],"parent":"ROOT"}}}],"references":{}}`)
	value, err := resource.ParseValue([]byte(strings.ReplaceAll(text, "ID\"", id+"\"")))
	if err != nil {
		t.Fatalf("document: %v", err)
	}
	return value
}

func liveFlow(t tester, document resource.Value) resource.Flow {
	t.Helper()
	id, _ := document.Get("flowId").AsString()
	flow, err := resource.Flow{ID: id}.WithDocument(json.RawMessage(document))
	if err != nil {
		t.Fatalf("live flow: %v", err)
	}
	return flow
}

func wantFlow(document resource.Value) resource.Desired {
	id, _ := document.Get("flowId").AsString()
	return resource.Desired{
		Kind: resource.KindFlow, ID: id, Flow: &resource.DesiredFlow{Document: document, ManagesSwitch: true},
		Source: resource.Position{File: "descope.yaml", Line: 20, Column: 5},
	}
}

// flowInput is a usual one of flows alone.
func flowInput(live []resource.Flow, desired ...resource.Desired) drift.Input {
	in := input(nil)
	in.Manage = resource.Manage{}
	in.Flows = plan.Flows{Manage: resource.Manage{Configured: true}, Live: live, Desired: desired}
	return in
}

// recorded is an input to whose project something was applied.
func recorded(in drift.Input, address resource.Address, object drift.Object) drift.Input {
	in.Applied = drift.Applied{Known: true, Objects: map[resource.Address]drift.Object{address: object}}
	return in
}

// mustDetect detects, with the tenants compared beforehand as well: the result is the
// same one.
func mustDetect(t tester, in drift.Input) drift.Result {
	t.Helper()
	result, err := drift.Detect(in)
	if err != nil {
		t.Fatalf("Detect: %v", err)
	}
	compared, err := drift.CompareTenants(in)
	if err != nil {
		t.Fatalf("CompareTenants: %v", err)
	}
	if again, err := compared.Detect(in); err != nil || !reflect.DeepEqual(again, result) {
		t.Fatalf("with the tenants compared beforehand: %v\n%+v, want\n%+v", err, again, result)
	}
	return result
}

func onlyFinding(t tester, in drift.Input) drift.Finding {
	t.Helper()
	result := mustDetect(t, in)
	if len(result.Findings) != 1 {
		t.Fatalf("%d findings: %+v", len(result.Findings), result.Findings)
	}
	return result.Findings[0]
}
