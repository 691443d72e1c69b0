package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestOrderAndBlocks(t *testing.T) {
	withDomains := func(id string, domains ...string) resource.Tenant {
		return tenant(t, fmt.Sprintf(`{"id":%q,"name":"Name of %s","selfProvisioningDomains":%s}`, id, id, resource.StringsValue(domains)))
	}
	wantDomains := func(id string, domains ...string) resource.Desired {
		return want(id, "self_provisioning_domains", string(resource.StringsValue(domains)))
	}
	create := func(id string, pairs ...string) resource.Desired {
		return want(id, append([]string{"name", fmt.Sprintf("%q", "N "+id)}, pairs...)...)
	}
	cases := []struct {
		name    string
		live    []resource.Tenant
		desired []resource.Desired
		want    []string // address, what it waits for, and the code of its block
	}{
		{
			"a child waits for the create of its parent", nil,
			[]resource.Desired{create("kid", "parent", `"dad"`), create("dad")},
			[]string{"dad", "kid after dad"},
		},
		{
			"a child of a live parent waits for nothing", tenants(t, "dad"),
			[]resource.Desired{create("kid", "parent", `"dad"`), want("dad", "name", `"x"`)},
			[]string{"dad", "kid"},
		},
		{
			"a child of a parent that goes", tenants(t, "dad"),
			[]resource.Desired{create("kid", "parent", `"dad"`), absent("dad")},
			[]string{"dad", "kid !parent_missing"},
		},
		{
			"a parent goes after its children", tenants(t, "dad", "kid/dad", "kit/dad"),
			[]resource.Desired{absent("dad"), absent("kid"), absent("kit")},
			[]string{"dad after kid kit", "kid", "kit"},
		},
		{
			"a parent whose child stays", tenants(t, "dad", "kid/dad", "kit/dad"),
			[]resource.Desired{absent("dad"), absent("kid"), want("kit")},
			[]string{"dad after kid !has_children", "kid", "kit"},
		},
		{
			"a parent whose child is protected, and its parent", tenants(t, "top", "dad/top", "kid/dad"),
			[]resource.Desired{absent("top"), absent("dad"), protected(absent("kid"))},
			[]string{"dad after kid !has_children", "kid !protected_object", "top after dad !has_children"},
		},
		{
			"live parents in a circle", tenants(t, "aaa/bbb", "bbb/aaa"),
			[]resource.Desired{absent("aaa"), absent("bbb")},
			[]string{"aaa after bbb !order_cycle", "bbb after aaa !order_cycle"},
		},
		{
			"parents to be created in a circle, and below it", nil,
			[]resource.Desired{create("aaa", "parent", `"bbb"`), create("bbb", "parent", `"aaa"`), create("ccc", "parent", `"bbb"`)},
			[]string{"aaa after bbb !order_cycle", "bbb after aaa !order_cycle", "ccc after bbb !depends_on_blocked"},
		},
		{"its own parent", nil, []resource.Desired{create("aaa", "parent", `"aaa"`)}, []string{"aaa after aaa !order_cycle"}},
		{
			"another parent", tenants(t, "dad", "kid", "sub/dad"),
			[]resource.Desired{want("kid", "parent", `"dad"`), want("sub", "parent", `""`)},
			[]string{"kid !parent_differs", "sub !parent_differs"},
		},
		{
			"the parent it has, though nobody lists it",
			[]resource.Tenant{tenant(t, `{"id":"kid","name":"K","parent":"hidden"}`)},
			[]resource.Desired{want("kid", "parent", `"hidden"`)},
			[]string{"kid"},
		},

		{
			"a domain that stays with another",
			[]resource.Tenant{withDomains("aaa", "x.com")},
			[]resource.Desired{create("new", "self_provisioning_domains", `["x.com"]`)},
			[]string{"new !domain_taken"},
		},
		{
			"domains know no case",
			[]resource.Tenant{withDomains("aaa", "X.com")},
			[]resource.Desired{create("new", "self_provisioning_domains", `["x.COM"]`)},
			[]string{"new !domain_taken"},
		},
		{
			"a domain that moves",
			[]resource.Tenant{withDomains("aaa", "x.com", "y.com"), withDomains("bbb")},
			[]resource.Desired{wantDomains("aaa", "y.com"), wantDomains("bbb", "x.com")},
			[]string{"aaa", "bbb after aaa"},
		},
		{
			"a domain that a delete frees",
			[]resource.Tenant{withDomains("aaa", "x.com")},
			[]resource.Desired{absent("aaa"), create("new", "self_provisioning_domains", `["x.com"]`)},
			[]string{"aaa", "new after aaa"},
		},
		{
			"a domain whose owner changes otherwise",
			[]resource.Tenant{withDomains("aaa", "x.com")},
			[]resource.Desired{want("aaa", "name", `"B"`), create("new", "self_provisioning_domains", `["x.com"]`)},
			[]string{"aaa", "new !domain_taken"},
		},
		{
			"two want a domain", nil,
			[]resource.Desired{create("aaa", "self_provisioning_domains", `["x.com"]`), create("bbb", "self_provisioning_domains", `["x.com"]`)},
			[]string{"aaa !domain_taken", "bbb !domain_taken"},
		},
		{
			"domains that change places",
			[]resource.Tenant{withDomains("aaa", "x.com"), withDomains("bbb", "y.com")},
			[]resource.Desired{wantDomains("aaa", "y.com"), wantDomains("bbb", "x.com")},
			[]string{"aaa after bbb !order_cycle", "bbb after aaa !order_cycle"},
		},
		{
			"a chain",
			[]resource.Tenant{withDomains("aaa", "x.com"), withDomains("bbb", "y.com"), withDomains("ccc", "z.com")},
			[]resource.Desired{wantDomains("aaa", "y.com"), wantDomains("bbb", "z.com"), absent("ccc")},
			[]string{"aaa after bbb", "bbb after ccc", "ccc"},
		},
		{
			"a chain whose end is blocked",
			[]resource.Tenant{withDomains("aaa", "x.com"), withDomains("bbb", "y.com"), withDomains("ccc", "z.com")},
			[]resource.Desired{wantDomains("aaa", "y.com"), wantDomains("bbb", "z.com"), protected(absent("ccc"))},
			[]string{"aaa after bbb !depends_on_blocked", "bbb after ccc !depends_on_blocked", "ccc !protected_object"},
		},
		{
			"live domains that clash already are not ours",
			[]resource.Tenant{withDomains("aaa", "x.com"), withDomains("bbb", "x.com")},
			[]resource.Desired{wantDomains("aaa", "x.com", "y.com"), wantDomains("bbb", "x.com")},
			[]string{"aaa", "bbb"},
		},

		{"a name that stays with another", tenants(t, "aaa"), []resource.Desired{want("new", "name", `"Name of aaa"`)}, []string{"new !name_taken"}},
		{"a name that a rename frees", tenants(t, "aaa"), []resource.Desired{want("new", "name", `"Name of aaa"`), want("aaa", "name", `"B"`)}, []string{"aaa", "new after aaa"}},
		{"a name that a delete frees", tenants(t, "aaa"), []resource.Desired{want("new", "name", `"Name of aaa"`), absent("aaa")}, []string{"aaa", "new after aaa"}},
		{"names differ by case", tenants(t, "aaa"), []resource.Desired{want("new", "name", `"name of AAA"`)}, []string{"new"}},
		{
			"two want a name", nil,
			[]resource.Desired{want("aaa", "name", `"N"`), want("bbb", "name", `"N"`), want("ccc", "name", `"M"`)},
			[]string{"aaa !name_taken", "bbb !name_taken", "ccc"},
		},
		{
			"names that change places", tenants(t, "aaa", "bbb"),
			[]resource.Desired{want("aaa", "name", `"Name of bbb"`), want("bbb", "name", `"Name of aaa"`)},
			[]string{"aaa after bbb !order_cycle", "bbb after aaa !order_cycle"},
		},
		{
			"one giver for two reasons stands once",
			[]resource.Tenant{withDomains("aaa", "x.com")},
			[]resource.Desired{absent("aaa"), want("new", "name", `"Name of aaa"`, "self_provisioning_domains", `["x.com"]`)},
			[]string{"aaa", "new after aaa"},
		},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			in := input(test.live, test.desired...)
			in.Manage.Orphans = resource.OrphansIgnore
			got := []string{}
			for _, change := range mustMake(t, in).Plan.Changes {
				line := change.ID
				for i, address := range change.After {
					if i == 0 {
						line += " after"
					}
					line += " " + address.ID()
				}
				if change.Blocked != nil {
					line += " !" + change.Blocked.Code
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExcludedGiverKeepsWhatItHas(t *testing.T) {
	in := input(tenants(t, "aaa"), want("new", "name", `"Name of aaa"`), want("aaa", "name", `"B"`))
	in.Options.Exclude = []resource.Glob{"tenant/aaa"}
	if diff := cmp.Diff([]string{`create tenant/new name:>"Name of aaa" !name_taken`}, outline(mustMake(t, in).Plan)); diff != "" {
		t.Error(diff)
	}
}

func TestHoldersOutsideOfTheScopeCount(t *testing.T) {
	in := input(tenants(t, "sandbox-1", "acme", "sandbox-2/acme"), want("new", "name", `"Name of sandbox-1"`), absent("acme"))
	in.Manage.Exclude = []resource.Glob{"sandbox-*"}
	got := outline(mustMake(t, in).Plan)
	if diff := cmp.Diff([]string{`delete tenant/acme name:"Name of acme"> !has_children`, `create tenant/new name:>"Name of sandbox-1" !name_taken`}, got); diff != "" {
		t.Error(diff)
	}
}

func TestBlockMessages(t *testing.T) {
	live := append(tenants(t, "dad", "kid-1/dad", "kid-2/dad", "safe", "aaa", "bbb"),
		tenant(t, `{"id":"owner","name":"Owner","selfProvisioningDomains":["x.com"]}`))
	desired := []resource.Desired{
		absent("dad"), protected(absent("safe")), want("kid-1", "parent", `"aaa"`), want("kid-2", "parent", `""`),
		want("aaa", "name", `"Name of bbb"`), want("bbb", "name", `"Name of aaa"`),
		want("new-1", "name", `"Owner"`), want("new-2", "name", `"N2"`, "self_provisioning_domains", `["x.com"]`),
		want("new-3", "name", `"N"`), want("new-4", "name", `"N"`), want("new-5", "name", `"N5"`, "parent", `"new-4"`),
		want("new-6", "name", `"N6"`, "parent", `"new-7"`), want("new-7", "name", `"N7"`), want("new-8", "name", `"N8"`, "parent", `"dad"`),
	}
	in := input(live, desired...)
	in.Options.Exclude = []resource.Glob{"tenant/new-7"}
	p := mustMake(t, in).Plan
	for id, want := range map[string]string{
		"dad":   `tenant/dad cannot be deleted before its children: "kid-1", "kid-2"`,
		"safe":  "tenant/safe is protected and would be deleted",
		"kid-1": `tenant/kid-1 has the parent "dad" and cannot be moved to the parent "aaa": a parent is set at creation only`,
		"kid-2": `tenant/kid-2 has the parent "dad" and cannot be moved to no parent: a parent is set at creation only`,
		"aaa":   "no order lets these changes succeed, each waits for another one: tenant/aaa, tenant/bbb; make them in two steps",
		"new-1": `tenant/new-1 wants the name "Owner", which belongs to tenant/owner`,
		"new-2": `tenant/new-2 wants the domain "x.com", which belongs to tenant/owner`,
		"new-3": `tenant/new-3 wants the name "N", and so does tenant "new-4"`,
		"new-5": "tenant/new-5 waits for tenant/new-4, which is blocked",
		"new-6": `tenant/new-6 needs the parent "new-7", which does not exist yet and is left out of this plan`,
		"new-8": `tenant/new-8 needs the parent "dad", which this plan deletes`,
	} {
		blocked := change(t, p, id).Blocked
		if blocked == nil || blocked.Message != want {
			t.Errorf("%s: %+v, want %q", id, blocked, want)
		}
	}
}

func TestLongListsAreCut(t *testing.T) {
	specs := []string{"dad"}
	for i := range 13 {
		specs = append(specs, fmt.Sprintf("kid-%02d/dad", i))
	}
	result := mustMake(t, input(tenants(t, specs...), absent("dad")))
	message := change(t, result.Plan, "dad").Blocked.Message
	if !strings.HasSuffix(message, `"kid-08", "kid-09", and 3 more`) {
		t.Errorf("got %q", message)
	}
}

// TestDeepChains holds the walks against a chain as long as a large project.
func TestDeepChains(t *testing.T) {
	const count = 10_000
	desired := []resource.Desired{}
	for i := range count {
		wanted := want(fmt.Sprintf("t-%05d", i), "name", fmt.Sprintf(`"T %d"`, i))
		if i > 0 {
			wanted = want(fmt.Sprintf("t-%05d", i), "name", fmt.Sprintf(`"T %d"`, i), "parent", fmt.Sprintf(`"t-%05d"`, i-1))
		}
		desired = append(desired, wanted)
	}
	desired[0] = want("t-00000", "name", `"T 0"`, "parent", fmt.Sprintf(`"t-%05d"`, count-1))
	result := mustMake(t, input(nil, desired...))
	if result.Plan.Summary.Blocked != count {
		t.Errorf("summary %+v", result.Plan.Summary)
	}
}
