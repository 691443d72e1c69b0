package plan_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// world is a model of a project: what each tenant has on the wire, and its
// settings. It is as strict as the service about names, domains and parents.
type world struct {
	tenants  map[string]map[string]resource.Value
	settings map[string]map[string]resource.Value
}

// live lists the world as the API would, with the settings that are asked for.
func (w world) live(t tester, withSettings []string) []resource.Tenant {
	t.Helper()
	live := []resource.Tenant{}
	for _, id := range slices.Sorted(maps.Keys(w.tenants)) {
		if slices.Contains(withSettings, id) {
			live = append(live, tenant(t, string(resource.ObjectValue(w.tenants[id])), string(resource.ObjectValue(w.settings[id]))))
		} else {
			live = append(live, tenant(t, string(resource.ObjectValue(w.tenants[id]))))
		}
	}
	return live
}

// apply makes one change, or says why the service would not.
func (w world) apply(change resource.Change) error {
	switch change.Action {
	case resource.ActionCreate:
		if w.tenants[change.ID] != nil {
			return fmt.Errorf("%s exists", change.ID)
		}
		w.tenants[change.ID] = map[string]resource.Value{"id": resource.StringValue(change.ID), "parent": `""`}
		w.settings[change.ID] = map[string]resource.Value{}
	case resource.ActionDelete:
		for id, other := range w.tenants {
			if other["parent"] == resource.StringValue(change.ID) {
				return fmt.Errorf("%s has the child %s", change.ID, id)
			}
		}
		delete(w.tenants, change.ID)
		delete(w.settings, change.ID)
		return nil
	}
	for _, field := range change.Fields {
		if err := w.set(change, field); err != nil {
			return err
		}
	}
	return w.check(change.ID)
}

func (w world) set(change resource.Change, field resource.FieldChange) error {
	if field.At.Field == "parent" && change.Action != resource.ActionCreate {
		return fmt.Errorf("%s cannot be moved", change.ID)
	}
	table, _ := resource.FindField(resource.TenantFields(), field.At.Field)
	switch field.At.Field {
	case "settings":
		setting, _ := resource.FindField(resource.TenantSettingsFields(), field.At.Key)
		w.settings[change.ID][setting.Wire] = field.After
	case "custom_attributes":
		attributes, _ := w.tenants[change.ID][table.Wire].AsObject()
		merged := map[string]resource.Value{}
		maps.Copy(merged, attributes)
		merged[field.At.Key] = field.After // absent goes
		w.tenants[change.ID][table.Wire] = resource.ObjectValue(merged)
	default:
		w.tenants[change.ID][table.Wire] = field.After
	}
	return nil
}

func (w world) check(id string) error {
	own := w.tenants[id]
	if parent, _ := own["parent"].AsString(); parent != "" && w.tenants[parent] == nil {
		return fmt.Errorf("%s has no parent %s", id, parent)
	}
	domains, _ := own["selfProvisioningDomains"].AsStrings()
	for otherID, other := range w.tenants {
		if otherID == id {
			continue
		}
		if other["name"] == own["name"] {
			return fmt.Errorf("%s has the name of %s", id, otherID)
		}
		theirs, _ := other["selfProvisioningDomains"].AsStrings()
		for _, domain := range domains {
			if slices.Contains(theirs, domain) {
				return fmt.Errorf("%s has the domain %s of %s", id, domain, otherID)
			}
		}
	}
	return nil
}

// run makes all writes of a plan in an order of the test's choice that obeys After.
func (w world) run(t *rapid.T, p *resource.Plan) {
	pending := map[resource.Address]resource.Change{}
	for _, change := range p.Changes {
		if change.Action.Writes() && change.Blocked == nil {
			pending[change.Address] = change
		}
	}
	for len(pending) > 0 {
		ready := []resource.Address{}
		for _, address := range slices.Sorted(maps.Keys(pending)) {
			if !slices.ContainsFunc(pending[address].After, func(before resource.Address) bool { _, waits := pending[before]; return waits }) {
				ready = append(ready, address)
			}
		}
		if len(ready) == 0 {
			t.Fatalf("deadlock: %v", outline(p))
		}
		next := rapid.SampledFrom(ready).Draw(t, "next")
		if err := w.apply(pending[next]); err != nil {
			t.Fatalf("%s: %v\nplan: %s", next, err, strings.Join(outline(p), "\n"))
		}
		delete(pending, next)
	}
}

var (
	modelIDs     = []string{"t-0", "t-1", "t-2", "t-3", "t-4", "t-5"}
	modelNames   = []string{"Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta", "Eta"}
	modelDomains = []string{"a.com", "b.com", "c.com", "d.com"}
	modelValues  = []string{`"x"`, `1`, `1.0`, `9007199254740993`, `["p","q"]`, `true`}
)

// drawWorld draws a project that obeys the service's own rules.
func drawWorld(t *rapid.T) world {
	w := world{tenants: map[string]map[string]resource.Value{}, settings: map[string]map[string]resource.Value{}}
	names := rapid.Permutation(modelNames).Draw(t, "names")
	owners := map[string][]string{}
	for _, domain := range modelDomains {
		owner := rapid.SampledFrom(modelIDs).Draw(t, "owner of "+domain)
		owners[owner] = append(owners[owner], domain)
	}
	above := []string{""}
	for i, id := range modelIDs {
		if !rapid.Bool().Draw(t, id+" is live") {
			continue
		}
		members := map[string]resource.Value{
			"id": resource.StringValue(id), "name": resource.StringValue(names[i]), "unknown": `{"kept":[1,null]}`,
			"parent": resource.StringValue(rapid.SampledFrom(above).Draw(t, id+" below")),
		}
		if rapid.Bool().Draw(t, id+" has domains") {
			members["selfProvisioningDomains"] = resource.StringsValue(owners[id])
		}
		if rapid.Bool().Draw(t, id+" has attributes") {
			members["customAttributes"] = resource.ObjectValue(map[string]resource.Value{
				"a": resource.Value(rapid.SampledFrom(modelValues).Draw(t, "a")), "other": `"untouched"`,
			})
		}
		if rapid.Bool().Draw(t, id+" is disabled") {
			members["disabled"] = "true"
		}
		w.tenants[id], w.settings[id] = members, map[string]resource.Value{"sessionTokenExpiration": "10", "domains": "[]"}
		above = append(above, id)
	}
	return w
}

// drawDesired draws a configuration of some of the tenants, parents in no
// circle and known to somebody. It always names the first one, so that the
// target of [drawInput] still names something once orphans are gone.
func drawDesired(t *rapid.T, w world) []resource.Desired {
	desired := []resource.Desired{}
	known := []string{""}
	for _, id := range modelIDs {
		states := []string{"absent", "present", "present", "unmanaged"}
		if id == modelIDs[0] {
			states = states[:3]
		}
		state := rapid.SampledFrom(states).Draw(t, id)
		wanted := resource.Desired{Kind: resource.KindTenant, ID: id, Absent: state == "absent", Protect: rapid.IntRange(0, 9).Draw(t, "protect") == 0}
		if state == "present" {
			wanted.Fields = drawFields(t, id, w.tenants[id] == nil, known)
		}
		if state != "unmanaged" {
			desired = append(desired, wanted)
		}
		if state == "present" || w.tenants[id] != nil {
			known = append(known, id)
		}
	}
	return desired
}

func drawFields(t *rapid.T, id string, fresh bool, parents []string) []resource.DesiredField {
	fields := []resource.DesiredField{}
	add := func(path resource.Path, value resource.Value) {
		fields = append(fields, resource.DesiredField{Path: path, Value: value, Remove: value == resource.Absent})
	}
	if fresh || rapid.Bool().Draw(t, id+" name managed") {
		add(resource.Path{Field: "name"}, resource.StringValue(rapid.SampledFrom(modelNames).Draw(t, "name")))
	}
	if rapid.Bool().Draw(t, id+" domains managed") {
		add(resource.Path{Field: "self_provisioning_domains"}, resource.StringsValue(rapid.SliceOfN(rapid.SampledFrom(modelDomains), 0, 3).Draw(t, "domains")))
	}
	for _, key := range []string{"a", "b.c"} {
		if rapid.Bool().Draw(t, id+" attribute managed") {
			add(resource.Path{Field: "custom_attributes", Key: key}, resource.Value(rapid.SampledFrom(append(modelValues, "")).Draw(t, key)))
		}
	}
	if rapid.Bool().Draw(t, id+" disabled managed") {
		add(resource.Path{Field: "disabled"}, resource.BoolValue(rapid.Bool().Draw(t, "disabled")))
	}
	if rapid.Bool().Draw(t, id+" roles managed") {
		add(resource.Path{Field: "default_roles"}, resource.StringsValue(rapid.SliceOfN(rapid.SampledFrom([]string{"R", "S"}), 0, 2).Draw(t, "roles")))
	}
	if rapid.IntRange(0, 3).Draw(t, id+" parent managed") == 0 {
		add(resource.Path{Field: "parent"}, resource.StringValue(rapid.SampledFrom(parents).Draw(t, "parent")))
	}
	if rapid.IntRange(0, 3).Draw(t, id+" settings managed") == 0 {
		add(resource.Path{Field: "settings", Key: "session_token_expiration"}, resource.Value(rapid.SampledFrom([]string{"10", "20"}).Draw(t, "expiration")))
		add(resource.Path{Field: "settings", Key: "enabled"}, resource.BoolValue(rapid.Bool().Draw(t, "enabled")))
	}
	return rapid.Permutation(fields).Draw(t, "fields")
}

// drawInput draws a project, a configuration and options.
func drawInput(t *rapid.T) (plan.Input, world) {
	w := drawWorld(t)
	in := input(nil, drawDesired(t, w)...)
	in.Options.Prune = rapid.Bool().Draw(t, "prune")
	in.Owned = map[resource.Address]bool{}
	for _, id := range modelIDs {
		in.Owned[resource.NewAddress(resource.KindTenant, id)] = rapid.Bool().Draw(t, "owned")
	}
	if rapid.IntRange(0, 3).Draw(t, "targeted") == 0 {
		in.Options.Target = []resource.Glob{"tenant/t-[0-3]*"}
	}
	in.Manage.Orphans = rapid.SampledFrom([]resource.OrphanPolicy{"", resource.OrphansIgnore, resource.OrphansError}).Draw(t, "orphans")
	return look(t, in, w), w
}

// look gives a plan's input what is live now.
func look(t tester, in plan.Input, w world) plan.Input {
	t.Helper()
	in.Live = w.live(t, nil)
	in.Live = w.live(t, plan.NeedSettings(in.Desired, in.Live, in.Manage, in.Options))
	return in
}
