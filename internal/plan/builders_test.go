package plan_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
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

// tenants are live tenants with an id, a name of their own, and a parent after a slash: "child/parent".
func tenants(t tester, specs ...string) []resource.Tenant {
	t.Helper()
	live := []resource.Tenant{}
	for _, spec := range specs {
		id, parent, _ := strings.Cut(spec, "/")
		live = append(live, tenant(t, fmt.Sprintf(`{"id":%q,"name":"Name of %s","parent":%q}`, id, id, parent)))
	}
	return live
}

// numbered are live tenants t-000, t-001 and so on.
func numbered(t tester, count int) []resource.Tenant {
	t.Helper()
	specs := []string{}
	for i := range count {
		specs = append(specs, fmt.Sprintf("t-%03d", i))
	}
	return tenants(t, specs...)
}

// want is a wanted tenant out of paths and JSON values in turn. A path may have
// a key after a colon; the value "-" removes it.
func want(id string, pairs ...string) resource.Desired {
	wanted := resource.Desired{Kind: resource.KindTenant, ID: id}
	for i := 0; i < len(pairs); i += 2 {
		field, key, _ := strings.Cut(pairs[i], ":")
		wanted.Fields = append(wanted.Fields, resource.DesiredField{
			Path: resource.Path{Field: field, Key: key}, Value: resource.Value(strings.TrimSuffix(pairs[i+1], "-")), Remove: pairs[i+1] == "-",
		})
	}
	return wanted
}

func absent(id string) resource.Desired {
	return resource.Desired{Kind: resource.KindTenant, ID: id, Absent: true}
}

func protected(wanted resource.Desired) resource.Desired {
	wanted.Protect = true
	return wanted
}

// at places a wanted tenant in a file, each of its values on a line of its own.
func at(line int, wanted resource.Desired) resource.Desired {
	wanted.Source = resource.Position{File: "descope.yaml", Line: line, Column: 5}
	wanted.Fields = slices.Clone(wanted.Fields)
	for i := range wanted.Fields {
		wanted.Fields[i].Source = resource.Position{File: "descope.yaml", Line: line + i + 1, Column: 11}
	}
	return wanted
}

// input is a usual one: everything in scope, orphans reported.
func input(live []resource.Tenant, desired ...resource.Desired) plan.Input {
	return plan.Input{
		ToolVersion: "1.2.3", ProjectID: "P2test", Host: "api.descope.com", CreatedAt: time.Date(2025, 11, 10, 14, 30, 15, 0, time.UTC),
		Manage: resource.Manage{Configured: true}, Thresholds: plan.Thresholds{DeletePercent: 100, UpdatePercent: 100},
		Live: live, Desired: desired,
	}
}

func mustMake(t tester, in plan.Input) plan.Result {
	t.Helper()
	result, err := plan.Make(in)
	if err != nil {
		t.Fatalf("Make: %v", err)
	}
	return result
}

func problemsOf(t *testing.T, in plan.Input) []plan.Problem {
	t.Helper()
	_, err := plan.Make(in)
	var invalid *plan.InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("Make gives %v, not an invalid error", err)
	}
	return invalid.Problems
}

// outline shows a plan in short: one line for each change.
func outline(p *resource.Plan) []string {
	lines := []string{}
	for _, change := range p.Changes {
		line := fmt.Sprintf("%s %s", change.Action, change.Address)
		for _, field := range change.Fields {
			line += fmt.Sprintf(" %s:%s>%s", field.Path, field.Before, field.After)
		}
		if len(change.After) > 0 {
			line += fmt.Sprintf(" after %s", change.After)
		}
		if change.Blocked != nil {
			line += " !" + change.Blocked.Code
		}
		lines = append(lines, line)
	}
	for _, orphan := range p.Orphans {
		lines = append(lines, "orphan "+string(orphan))
	}
	return lines
}

func refusalCodes(refusals []plan.Refusal) []string {
	codes := []string{}
	for _, refusal := range refusals {
		codes = append(codes, refusal.Code)
	}
	return codes
}

func change(t tester, p *resource.Plan, id string) resource.Change {
	t.Helper()
	for _, change := range p.Changes {
		if change.ID == id {
			return change
		}
	}
	t.Fatalf("no change of %s in the plan: %v", id, outline(p))
	return resource.Change{}
}
