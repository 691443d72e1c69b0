package plan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// usualPlan has one change of each kind, a blocked one, an orphan and a note.
func usualPlan(t tester) plan.Input {
	t.Helper()
	live := append(tenants(t, "old", "same", "safe", "zombie"), tenant(t, `{"id":"acme","name":"Acme","customAttributes":{"n":9007199254740993}}`))
	in := input(live,
		at(1, want("acme", "name", `"<Acme & Co>"`, "custom_attributes:n", "-", "custom_attributes:fresh", "1.50")), at(9, want("same", "name", `"Name of same"`)),
		at(20, absent("old")), at(30, protected(absent("safe"))), at(40, want("new", "name", `"New"`, "self_provisioning_domains", `["x.com","y.com"]`)))
	in.Environment = new("dev")
	in.Options = resource.PlanOptions{Target: []resource.Glob{"tenant/*"}, Exclude: []resource.Glob{"tenant/none*"}, Prune: true}
	return in
}

// save writes a plan as a command does, and reads it back.
func save(t tester, p *resource.Plan) *resource.Plan {
	t.Helper()
	raw, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatalf("encode the plan: %v", err)
	}
	saved, err := plan.ParseSaved(raw)
	if err != nil {
		t.Fatalf("ParseSaved: %v", err)
	}
	return saved
}

func TestSavedPlanIsAcceptedUnchanged(t *testing.T) {
	in := usualPlan(t)
	saved := save(t, mustMake(t, in).Plan)
	in.CreatedAt, in.ToolVersion = in.CreatedAt.Add(time.Hour), "1.2.4"
	for i := range in.Desired {
		in.Desired[i] = at(100+i, in.Desired[i])
	}
	if err := plan.CheckSaved(saved, mustMake(t, in).Plan); err != nil {
		t.Errorf("only time, version and positions differ: %v", err)
	}
}

func TestDigestCovers(t *testing.T) {
	base := mustMake(t, usualPlan(t)).Plan
	if base.PlanDigest != plan.Digest(base) || len(base.PlanDigest) != 71 || !strings.HasPrefix(base.PlanDigest, "sha256:") {
		t.Fatalf("plan digest %q", base.PlanDigest)
	}
	field := func(p *resource.Plan) *resource.FieldChange { return &p.Changes[0].Fields[0] }
	cases := []struct {
		name    string
		adjust  func(*resource.Plan)
		covered bool
	}{
		{"project", func(p *resource.Plan) { p.ProjectID = "P3" }, true},
		{"host", func(p *resource.Plan) { p.Host = "localhost:1" }, true},
		{"a change more", func(p *resource.Plan) { p.Changes = append(p.Changes, resource.Change{Address: "tenant/x"}) }, true},
		{"a change less", func(p *resource.Plan) { p.Changes = p.Changes[1:] }, true},
		{"address", func(p *resource.Plan) { p.Changes[0].Address += "x" }, true},
		{"action", func(p *resource.Plan) { p.Changes[0].Action = resource.ActionDelete }, true},
		{"a field more", func(p *resource.Plan) { p.Changes[2].Fields = append(p.Changes[2].Fields, resource.FieldChange{}) }, true},
		{"a field less", func(p *resource.Plan) { p.Changes[0].Fields = p.Changes[0].Fields[1:] }, true},
		{"path", func(p *resource.Plan) { field(p).Path += "x" }, true},
		{"value before", func(p *resource.Plan) { field(p).Before = "1" }, true},
		{"value after", func(p *resource.Plan) { field(p).After = "1.5" }, true},
		{"values exchanged", func(p *resource.Plan) { f := field(p); f.Before, f.After = f.After, f.Before }, true},
		{"sensitive", func(p *resource.Plan) { field(p).Sensitive = true }, true},
		{"block", func(p *resource.Plan) { p.Changes[0].Blocked = &resource.Blocked{Code: "x"} }, true},
		{"no block", func(p *resource.Plan) { p.Changes[3].Blocked = nil }, true},
		{"code of a block", func(p *resource.Plan) { p.Changes[3].Blocked = &resource.Blocked{Code: "x"} }, true},
		{"base digest", func(p *resource.Plan) { p.Changes[0].BaseDigest = new("x") }, true},
		{"no base digest", func(p *resource.Plan) { p.Changes[0].BaseDigest = nil }, true},
		{"base digest of what is unchanged", func(p *resource.Plan) { p.Changes[4].BaseDigest = new("x") }, true},
		{"users that go with a delete", func(p *resource.Plan) { p.Changes[2].Cascade = true }, true},

		{"time", func(p *resource.Plan) { p.CreatedAt = time.Time{} }, false},
		{"tool version", func(p *resource.Plan) { p.ToolVersion = "x" }, false},
		{"environment", func(p *resource.Plan) { p.Environment = nil }, false},
		{"options", func(p *resource.Plan) { p.Options = resource.PlanOptions{} }, false},
		{"estimates", func(p *resource.Plan) { p.CallsEstimate, p.DurationEstimateMS = 0, 0 }, false},
		{"orphans", func(p *resource.Plan) { p.Orphans = nil }, false},
		{"notes", func(p *resource.Plan) { p.Notes = nil }, false},
		{"summary", func(p *resource.Plan) { p.Summary = resource.PlanSummary{} }, false},
		{"position", func(p *resource.Plan) { p.Changes[0].Source = nil }, false},
		{"text of a block", func(p *resource.Plan) { p.Changes[3].Blocked = &resource.Blocked{Code: p.Changes[3].Blocked.Code} }, false},
		{"users", func(p *resource.Plan) { plan.SetUsers(p, map[string]int{"old": 7}) }, false},
		{"order of changes and fields", func(p *resource.Plan) {
			p.Changes[0], p.Changes[1] = p.Changes[1], p.Changes[0]
			fields := p.Changes[1].Fields
			fields[0], fields[1] = fields[1], fields[0]
		}, false},
		{"null and absent", func(p *resource.Plan) { p.Changes[0].Fields[0].Before = "null" }, false},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			adjusted := mustMake(t, usualPlan(t)).Plan
			test.adjust(adjusted)
			if changed := plan.Digest(adjusted) != base.PlanDigest; changed != test.covered {
				t.Errorf("the digest changes: %v", changed)
			}
		})
	}
}

// TestDigestIsUnambiguous gives changes whose parts, run together, are the same text.
func TestDigestIsUnambiguous(t *testing.T) {
	with := func(project, host string, changes ...resource.Change) *resource.Plan {
		return &resource.Plan{ProjectID: project, Host: host, Changes: changes}
	}
	fields := func(fields ...resource.FieldChange) resource.Change {
		return resource.Change{Address: "tenant/a", Fields: fields}
	}
	seen := map[string]int{}
	for i, p := range []*resource.Plan{
		with("ab", "c"), with("a", "bc"), with("", "abc"),
		with("a", "b", resource.Change{Address: "tenant/a", Action: "b"}), with("a", "b", resource.Change{Address: "tenant/ab"}),
		with("a", "b", resource.Change{Address: "tenant/a"}, resource.Change{Address: "tenant/b"}),
		with("a", "b", fields(resource.FieldChange{Path: "x", Before: "1", After: "23"})), with("a", "b", fields(resource.FieldChange{Path: "x", Before: "12", After: "3"})),
		with("a", "b", fields(resource.FieldChange{Path: "x"}, resource.FieldChange{Path: "y"})), with("a", "b", fields(resource.FieldChange{Path: "xnullnully"})),
		with("a", "b", resource.Change{Address: "tenant/a", BaseDigest: new("")}), with("a", "b", resource.Change{Address: "tenant/a", Blocked: &resource.Blocked{}}),
	} {
		digest := plan.Digest(p)
		if first, twice := seen[digest]; twice {
			t.Errorf("plans %d and %d have one digest", first, i)
		}
		seen[digest] = i
	}
}

func TestDigestLeavesSensitiveValuesOut(t *testing.T) {
	with := func(value resource.Value) *resource.Plan {
		return &resource.Plan{Changes: []resource.Change{{Address: "tenant/a", Fields: []resource.FieldChange{{Path: "x", After: value, Sensitive: true}}}}}
	}
	if plan.Digest(with(`"secret"`)) != plan.Digest(with(`"guess"`)) {
		t.Error("the digest lets a sensitive value be guessed")
	}
}

func TestCheckSavedNamesEveryDifference(t *testing.T) {
	const editedReason = "the file was edited: its changes do not have the plan_digest that it carries"
	cases := []struct {
		name   string
		saved  func(*resource.Plan)
		fresh  func(*plan.Input)
		reason []string
	}{
		{
			"environment", nil, func(in *plan.Input) { in.Environment = new("prod") },
			[]string{`it was made for the environment "dev", and this run is for the environment "prod": give -e dev again`},
		},
		{
			"no environment now", nil, func(in *plan.Input) { in.Environment = nil },
			[]string{`it was made for the environment "dev", and this run is for no environment: give -e dev again`},
		},
		{
			"no environment then", func(p *resource.Plan) { p.Environment = nil }, nil,
			[]string{`it was made for no environment, and this run is for the environment "dev"`},
		},
		{
			"project and host", nil, func(in *plan.Input) { in.ProjectID, in.Host = "P9", "localhost:8787" },
			[]string{`it was made for the project "P2test", and this run is for "P9"`, `it was made for the host "api.descope.com", and this run is for "localhost:8787"`},
		},
		{
			"target left out", nil, func(in *plan.Input) { in.Options.Target = nil },
			[]string{"it was made with --target 'tenant/*', and this run has no --target: give --target 'tenant/*' again"},
		},
		{
			"exclude added", nil, func(in *plan.Input) { in.Options.Exclude = append(in.Options.Exclude, "tenant/a*") },
			[]string{"it was made with --exclude 'tenant/none*', and this run has --exclude 'tenant/a*' --exclude 'tenant/none*': give --exclude 'tenant/none*' again"},
		},
		{
			"exclude only now", func(p *resource.Plan) { p.Options.Exclude = nil }, nil,
			[]string{"it was made with no --exclude, and this run has --exclude 'tenant/none*': leave it out"},
		},
		{
			"prune left out", nil, func(in *plan.Input) { in.Options.Prune = false },
			[]string{"it was made with --prune, and this run has none: give --prune again"},
		},
		{
			"prune only now", func(p *resource.Plan) { p.Options.Prune = false }, nil,
			[]string{"it was made without --prune, and this run has it: leave it out"},
		},
		{"order of patterns is none", func(p *resource.Plan) { p.Options.Exclude = []resource.Glob{"tenant/none*", "tenant/none*"} }, nil, nil},
		{
			"a value edited by hand", func(p *resource.Plan) { p.Changes[0].Fields[1].After = `"evil"` }, nil,
			[]string{editedReason, "tenant/acme (update) has changed since, live or in the configuration"},
		},
		{"the digest edited by hand", func(p *resource.Plan) { p.PlanDigest = "sha256:" + strings.Repeat("0", 64) }, nil, []string{editedReason}},
		{
			"both edited by hand", func(p *resource.Plan) { p.Changes[0].Fields[1].After = `"evil"`; p.PlanDigest = plan.Digest(p) }, nil,
			[]string{"tenant/acme (update) has changed since, live or in the configuration"},
		},
		{
			"a touched tenant changed live", nil, func(in *plan.Input) {
				in.Live[4] = tenant(t, `{"id":"acme","name":"Acme","customAttributes":{"n":9007199254740993},"unknown":1}`)
			},
			[]string{"tenant/acme (update) has changed since, live or in the configuration"},
		},
		{"an untouched tenant changed elsewhere", nil, func(in *plan.Input) { in.Live[1] = tenant(t, `{"id":"same","name":"Name of same","unknown":1}`) }, nil},
		{
			"the configuration of an untouched tenant changed", nil, func(in *plan.Input) { in.Desired[1] = want("same", "disabled", "false") },
			[]string{"tenant/same (no_change) has changed since, live or in the configuration"},
		},
		{
			"an action changed", nil, func(in *plan.Input) { in.Desired[1] = want("same", "disabled", "true") },
			[]string{"tenant/same was no_change, and would be update"},
		},
		{
			"an object came and one went", nil, func(in *plan.Input) { in.Desired[4] = want("newer", "name", `"New"`) },
			[]string{"tenant/new was create, and is not in the plan any more", "tenant/newer is not in it, and would be create"},
		},
		{"an orphan came", nil, func(in *plan.Input) { in.Live = append(in.Live, tenants(t, "stranger")...) }, nil},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			saved := save(t, mustMake(t, usualPlan(t)).Plan)
			if test.saved != nil {
				test.saved(saved)
			}
			in := usualPlan(t)
			if test.fresh != nil {
				test.fresh(&in)
			}
			err := plan.CheckSaved(saved, mustMake(t, in).Plan)
			var stale *plan.StaleError
			if errors.As(err, &stale) != (test.reason != nil) {
				t.Fatalf("got %v", err)
			}
			if stale == nil {
				return
			}
			if diff := cmp.Diff(test.reason, stale.Reasons); diff != "" {
				t.Error(diff)
			}
			if want := "the saved plan does not hold any more: " + strings.Join(test.reason, "; "); err.Error() != want {
				t.Errorf("error %q", err)
			}
		})
	}
}

func TestStaleErrorIsCut(t *testing.T) {
	err := &plan.StaleError{Reasons: strings.Split(strings.Repeat("x ", 12)+"x", " ")}
	if !strings.HasSuffix(err.Error(), "x; x; and 3 more") {
		t.Errorf("got %q", err)
	}
}

func TestParseSavedRefuses(t *testing.T) {
	good, err := json.Marshal(mustMake(t, usualPlan(t)).Plan)
	if err != nil {
		t.Fatal(err)
	}
	replace := func(old, by string) []byte {
		if !bytes.Contains(good, []byte(old)) {
			t.Fatalf("the plan has no %s", old)
		}
		return bytes.Replace(good, []byte(old), []byte(by), 1)
	}
	cases := []struct {
		name string
		raw  []byte
		want string // empty: accepted
	}{
		{"itself", good, ""},
		{"newer minor version with a new field", replace(`"format_version":"1.0"`, `"format_version":"1.7","later":{"x":[1]}`), ""},
		{"newer major version", replace(`"format_version":"1.0"`, `"format_version":"2.0"`), `format_version "2.0", and this version of the tool reads 1.x`},
		{"version that only starts alike", replace(`"format_version":"1.0"`, `"format_version":"10.0"`), `format_version "10.0"`},
		{"no version", replace(`"format_version":"1.0",`, ``), "it has no format_version"},
		{"version that is no text", replace(`"format_version":"1.0"`, `"format_version":1.0`), "not a plan document"},
		{"nothing", nil, "not a plan document"},
		{"no JSON", []byte("plan:"), "not a plan document"},
		{"an array", []byte("[]"), "not a plan document"},
		{"trailing text", append(bytes.Clone(good), '!'), "not a plan document"},
		{"cut off", good[:len(good)-1], "not a plan document"},
		{"no digest", replace(`"plan_digest":"sha256:`, `"plan_digest":"`), "plan_digest is"},
		{"short digest", replace(`"plan_digest":"sha256:`, `"plan_digest":"sha256:ab`), "plan_digest is"},
		{"digest that is no hex", replace(`"plan_digest":"sha256:`, `"plan_digest":"sha256:zz`), "plan_digest is"},
		{"no changes", replace(`"changes":`, `"chnges":`), "it has no list of changes"},
		{"unknown action", replace(`"action":"update"`, `"action":"replace"`), `unknown action "replace"`},
		{"address without a kind", replace(`"address":"tenant/acme"`, `"address":"acme"`), `the address "acme"`},
		{"address without an id", replace(`"address":"tenant/acme"`, `"address":"tenant/"`), `the address "tenant/"`},
		{"address twice", replace(`"address":"tenant/acme"`, `"address":"tenant/new"`), "tenant/new stands in it twice"},
		{"wrong type", replace(`"changes":[`, `"changes":[7,`), "not a plan document"},
		{"bad time", replace(`"created_at":"2025`, `"created_at":"25`), "not a plan document"},
		{"value with a key twice", replace(`"after":1.50`, `"after":{"a":1,"a":2}`), `the key "a" stands twice`},
		{"too large", make([]byte, plan.MaxSavedBytes+1), "more than the 268435456 that a plan may have"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			saved, err := plan.ParseSaved(test.raw)
			if test.want == "" {
				if err != nil || plan.Digest(saved) != saved.PlanDigest {
					t.Errorf("got %v", err)
				}
				return
			}
			if err == nil || saved != nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error that says %q", err, test.want)
			}
		})
	}
}

// FuzzParseSaved reads anything without panic; what it accepts can be compared,
// and survives being written and read again.
func FuzzParseSaved(f *testing.F) {
	good, err := json.Marshal(mustMake(f, usualPlan(f)).Plan)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"format_version":"1.0","plan_digest":"sha256:` + strings.Repeat("a", 64) + `","changes":[]}`))
	f.Add([]byte(`{"format_version":"1.0","changes":[{"fields":[{"before":{"b":1,"a":[1e9]},"after":"\u2028"}]}]}`))
	fresh := mustMake(f, usualPlan(f)).Plan
	f.Fuzz(func(t *testing.T, raw []byte) {
		saved, err := plan.ParseSaved(raw)
		if err != nil {
			return
		}
		accepted := plan.CheckSaved(saved, fresh) == nil
		if accepted && plan.Digest(saved) != fresh.PlanDigest {
			t.Fatal("a plan is accepted that is not the fresh one")
		}
		text, err := json.Marshal(saved)
		if err != nil {
			return // a year beyond 9999, which Go reads and does not write
		}
		again, err := plan.ParseSaved(text)
		if err != nil || plan.Digest(again) != plan.Digest(saved) {
			t.Fatalf("does not survive: %v\n%s", err, text)
		}
	})
}
