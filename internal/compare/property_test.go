package compare_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/compare"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// hostileNames are what people and machines put into names.
var hostileNames = []string{
	"Acme", "", "<script>alert(1)</script>", "a|b", "`rm`", "line\nbreak", "\x1b[31mred\x1b[0m", "::error::x", "\u202eevil", "ends in \\", `"quoted"`, "tenant/x", "日本語",
}

// side draws one of the two projects: few ids, so that many stand on both sides.
func side(t *rapid.T, label string) compare.Project {
	p := project(label)
	for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, 5), 0, 6, rapid.ID).Draw(t, label+" ids") {
		attributes := rapid.MapOfN(rapid.SampledFrom(hostileNames), rapid.SampledFrom([]any{"x", "y", 1, 1.5, true, nil}), 0, 3).Draw(t, "attributes")
		object := map[string]any{
			"id": "t" + strconv.Itoa(i), "name": rapid.SampledFrom(hostileNames).Draw(t, "name"), "customAttributes": attributes, "createdTime": rapid.IntRange(0, 9).Draw(t, "created"),
			"disabled": rapid.Bool().Draw(t, "disabled"), "defaultRoles": rapid.SliceOf(rapid.SampledFrom([]string{"a", "b"})).Draw(t, "roles"),
		}
		if rapid.Bool().Draw(t, "has a parent") {
			object["parent"] = "t" + strconv.Itoa(rapid.IntRange(0, 5).Draw(t, "parent"))
		}
		raw, err := json.Marshal(object)
		if err != nil {
			t.Fatalf("marshal: %v", err)
		}
		settings := []string{`{"sessionTokenExpiration":` + strconv.Itoa(rapid.IntRange(0, 2).Draw(t, "setting")) + `}`}
		p.Tenants = append(p.Tenants, tenant(t, string(raw), settings[:rapid.IntRange(0, 1).Draw(t, "settings")]...))
	}
	for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, 3), 0, 3, rapid.ID).Draw(t, label+" flows") {
		p.Flows = append(p.Flows, flow(t, "f"+strconv.Itoa(i), rapid.SampledFrom(hostileNames).Draw(t, "task")))
	}
	keyed := rapid.SliceOfNDistinct(rapid.IntRange(0, 5), 0, 4, rapid.ID).Draw(t, label+" keyed")
	p.Keys = map[resource.Address]string{}
	for n, i := range keyed {
		p.Keys[resource.NewAddress(resource.KindTenant, "t"+strconv.Itoa(i))] = fmt.Sprintf("t%d", n) // a key may look like an id
	}
	return p
}

func TestAProjectIsLikeItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := side(t, "a")
		found := compared(t, compare.Input{A: a, B: a})
		if len(found.Differences) != 0 || found.Summary != (compare.Summary{Same: len(a.Tenants) + len(a.Flows)}) {
			t.Fatalf("differences %+v, summary %+v", found.Differences, found.Summary)
		}
	})
}

func TestSidesMayChangePlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := side(t, "a"), side(t, "b")
		forward, backward := compared(t, compare.Input{A: a, B: b}), compared(t, compare.Input{A: b, B: a})
		if diff := cmp.Diff(mirrored(forward), words(backward)); diff != "" {
			t.Fatalf("the other way round it is not the same: %s", diff)
		}
		summary := forward.Summary
		if backward.Summary != (compare.Summary{OnlyInA: summary.OnlyInB, OnlyInB: summary.OnlyInA, Differ: summary.Differ, Same: summary.Same}) {
			t.Fatalf("summaries %+v and %+v", forward.Summary, backward.Summary)
		}
		objects := len(a.Tenants) + len(a.Flows) + len(b.Tenants) + len(b.Flows)
		if summary.OnlyInA+summary.OnlyInB+2*(summary.Differ+summary.Same) != objects || len(forward.Differences) != summary.Differences() {
			t.Fatalf("summary %+v of %d objects", summary, objects)
		}
	})
}

// words takes the fields of flows out: they say what leads from A to B.
func words(found compare.Comparison) []compare.Difference {
	list := slices.Clone(found.Differences)
	for i := range list {
		if list[i].Kind == resource.KindFlow && list[i].Place == compare.PlaceBoth {
			list[i].Fields = nil
		}
	}
	return list
}

func mirrored(found compare.Comparison) []compare.Difference {
	places := map[compare.Place]compare.Place{compare.PlaceA: compare.PlaceB, compare.PlaceB: compare.PlaceA, compare.PlaceBoth: compare.PlaceBoth}
	list := words(found)
	for i := range list {
		list[i].A, list[i].B, list[i].Place = list[i].B, list[i].A, places[list[i].Place]
		list[i].Fields = slices.Clone(list[i].Fields)
		for j, field := range list[i].Fields {
			list[i].Fields[j].A, list[i].Fields[j].B = field.B, field.A
		}
	}
	return list
}

// TestOrderMakesNoDifference: however the lists come, the bytes are the same.
func TestOrderMakesNoDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := side(t, "a"), side(t, "b")
		want, err := json.Marshal(compared(t, compare.Input{A: a, B: b}))
		if err != nil {
			t.Fatalf("marshal: %v", err)
		}
		for _, p := range []*compare.Project{&a, &b} {
			p.Tenants = rapid.Permutation(p.Tenants).Draw(t, "tenants")
			p.Flows = rapid.Permutation(p.Flows).Draw(t, "flows")
		}
		got, err := json.Marshal(compared(t, compare.Input{A: a, B: b}))
		if err != nil || string(got) != string(want) {
			t.Fatalf("got  %s\nwant %s, %v", got, want, err)
		}
	})
}

func BenchmarkCompareTenThousand(b *testing.B) {
	one, other := project("a"), project("b")
	for i := range 10_000 {
		raw := `{"id":"t%d","name":"Tenant %d","customAttributes":{"plan":%q,"seats":250},"selfProvisioningDomains":["t%d.example.com"],"createdTime":%d}`
		one.Tenants = append(one.Tenants, tenant(b, fmt.Sprintf(raw, i, i, "pro", i, i)))
		other.Tenants = append(other.Tenants, tenant(b, fmt.Sprintf(raw, i, i, []string{"pro", "basic"}[i%2], i, i+1)))
	}
	for b.Loop() {
		found := compared(b, compare.Input{A: one, B: other})
		if found.Summary.Differ != 5_000 {
			b.Fatalf("summary %+v", found.Summary)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/tenant")
}
