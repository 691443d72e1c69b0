package plan

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Flows are the flows of a project, as a plan has to know them.
type Flows struct {
	Manage  resource.Manage
	Desired []resource.Desired // in any order
	// Live are all flows of the project. Those that [NeedDocuments] names carry
	// their documents.
	Live []resource.Flow
	// Known are the flows, by id, that this tool has written, or exported into a
	// configuration: only they are replaced without being asked for.
	Known map[string]bool
	// Roles are the names and ids of the project's roles; nil where they were not read, and
	// then references to roles are not checked.
	Roles map[string]bool
}

// The codes of what stops a change of a flow.
const (
	BlockedBreaking         = "breaking_change"   // people could no longer sign in as before
	BlockedUnmanaged        = "unmanaged_flow"    // somebody has made it by hand
	BlockedBuiltIn          = "built_in_flow"     // Descope keeps it
	BlockedMissingReference = "reference_missing" // the project lacks what the flow names
)

// NoteConnectors says that nobody can check the connectors that a flow names.
const NoteConnectors = "connectors_not_checkable"

// builtInFlows cannot be deleted (Descope's page on managing flows), and every
// project has them.
var builtInFlows = []string{"sign-up-or-in", "sign-up", "sign-in", "step-up"}

// IsBuiltIn reports whether every project has the flow of that id, so that it is
// never an orphan and cannot be deleted.
func IsBuiltIn(id string) bool { return slices.Contains(builtInFlows, id) }

// NeedDocuments gives the ids of the live flows whose documents must be read
// before [Make], sorted: those that are wanted in any form, and that the plan is
// about.
func NeedDocuments(flows Flows, options resource.PlanOptions) []string {
	ids := []string{}
	if !flows.Manage.Configured {
		return ids
	}
	live := liveFlows(flows.Live)
	for i := range flows.Desired {
		if wanted := &flows.Desired[i]; live[wanted.ID] != nil && flows.selects(wanted.ID, options) {
			ids = append(ids, wanted.ID)
		}
	}
	return sortedIDs(ids)
}

// NeedRoles reports whether a flow that the plan could write names roles.
func NeedRoles(flows Flows, options resource.PlanOptions) bool {
	if !flows.Manage.Configured {
		return false
	}
	return slices.ContainsFunc(flows.Desired, func(wanted resource.Desired) bool {
		return !wanted.Absent && flows.selects(wanted.ID, options) && slices.ContainsFunc(references(wanted.Flow.Document), func(r flow.Reference) bool {
			return r.Kind == flow.ReferenceRole
		})
	})
}

func liveFlows(live []resource.Flow) map[string]*resource.Flow {
	byID := make(map[string]*resource.Flow, len(live))
	for i := range live {
		byID[live[i].ID] = &live[i]
	}
	return byID
}

// selects reports whether the plan is about a flow.
func (f Flows) selects(id string, options resource.PlanOptions) bool {
	address := string(resource.NewAddress(resource.KindFlow, id))
	return f.Manage.InScope(id) && !resource.MatchAny(options.Exclude, address) &&
		(len(options.Target) == 0 || resource.MatchAny(options.Target, address))
}

// references lists what a document names; none where it is no flow.
func references(document resource.Value) []flow.Reference {
	parsed, err := flow.FromValue(document)
	if err != nil {
		return nil
	}
	return flow.References(parsed)
}

// planFlows compares all flows that are wanted and selected, and lists the live
// ones that are not. They wait for no tenant: the engine makes tenants first.
func (p *planner) planFlows() error {
	flows := p.in.Flows
	if !flows.Manage.Configured {
		return nil
	}
	live := liveFlows(flows.Live)
	wantedIDs := map[string]*resource.Desired{}
	for i := range flows.Desired {
		wanted := &flows.Desired[i]
		if first, twice := wantedIDs[wanted.ID]; twice {
			p.addDuplicate(first, wanted)
			continue
		}
		wantedIDs[wanted.ID] = wanted
		if !flows.selects(wanted.ID, p.in.Options) {
			continue
		}
		change, err := p.flowChange(wanted, live[wanted.ID])
		if err != nil {
			return fmt.Errorf("plan %s: %w", wanted.Address(), err)
		}
		p.flows = append(p.flows, change)
	}
	for id := range live {
		named := wantedIDs[id] != nil || slices.Contains(flows.Manage.Elsewhere, id) || IsBuiltIn(id)
		if !named && flows.selects(id, p.in.Options) && flows.Manage.Orphans != resource.OrphansIgnore {
			p.orphans = append(p.orphans, resource.NewAddress(resource.KindFlow, id))
		}
	}
	p.checkReferences(wantedIDs, live)
	slices.SortFunc(p.flows, func(a, b resource.Change) int { return cmp.Compare(a.Address, b.Address) })
	slices.Sort(p.orphans)
	return nil
}

func newFlowChange(id string, action resource.Action) resource.Change {
	return resource.Change{
		Address: resource.NewAddress(resource.KindFlow, id), Kind: resource.KindFlow, ID: id, Action: action, Fields: []resource.FieldChange{},
	}
}

// flowChange compares one wanted flow with its live one, which may be nil.
func (p *planner) flowChange(wanted *resource.Desired, live *resource.Flow) (resource.Change, error) {
	var change resource.Change
	var err error
	switch {
	case wanted.Absent && live == nil:
		change = newFlowChange(wanted.ID, resource.ActionNoChange)
		change.BaseDigest = digestOf([]byte("absent"))
	case wanted.Absent:
		change = deleteFlow(live)
	case live == nil:
		change, err = createFlow(wanted)
	default:
		change, err = p.updateFlow(wanted, live)
	}
	if err != nil {
		return change, err
	}
	if !wanted.Source.IsZero() {
		source := wanted.Source
		change.Source = &source
	}
	if wanted.Protect {
		guardProtectedFlow(&change)
	}
	return change, nil
}

// createFlow shows what a new flow is in a few numbers.
func createFlow(wanted *resource.Desired) (resource.Change, error) {
	change := newFlowChange(wanted.ID, resource.ActionCreate)
	document, err := flow.FromValue(wanted.Flow.Document)
	if err != nil {
		return change, err
	}
	tasks, _ := wanted.Flow.Document.Get("contents").Get("tasks").AsObject()
	change.Fields = []resource.FieldChange{
		{Path: "disabled", After: resource.BoolValue(document.Disabled())},
		{Path: "name", After: resource.StringValue(document.Name())},
		{Path: "tasks", After: resource.Value(fmt.Sprint(len(tasks)))},
	}
	change.Flow = &resource.FlowChange{After: wanted.Flow.Document}
	change.WantedDigest = wanted.Flow.Document.Digest()
	return change, nil
}

func deleteFlow(live *resource.Flow) resource.Change {
	change := newFlowChange(live.ID, resource.ActionDelete)
	change.Fields = []resource.FieldChange{{Path: "name", Before: resource.StringValue(live.Name)}}
	change.Flow = &resource.FlowChange{Before: live.Document}
	digest := live.Document.Digest()
	change.BaseDigest = &digest
	if IsBuiltIn(live.ID) {
		block(&change, BlockedBuiltIn, "%s is built into Descope and cannot be deleted; enabled: false switches it off", change.Address)
	}
	return change
}

// updateFlow compares two flows by their meaning: task numbers, ids of screens,
// positions and versions are no difference. What differs becomes a field each.
func (p *planner) updateFlow(wanted *resource.Desired, live *resource.Flow) (resource.Change, error) {
	change := newFlowChange(wanted.ID, resource.ActionUpdate)
	before, err := flow.FromValue(live.Document)
	if err != nil {
		return change, fmt.Errorf("live: %w", err)
	}
	after, err := flow.FromValue(wanted.Flow.Document)
	if err != nil {
		return change, err
	}
	if !wanted.Flow.ManagesSwitch {
		after = after.WithMetadata("disabled", live.Document.Get("metadata").Get("disabled"))
	}
	difference := flow.Diff(before, after)
	if difference.IsEmpty() {
		change.Action = resource.ActionNoChange
		digest := wanted.Flow.Document.Digest()
		change.BaseDigest = &digest
		return change, nil
	}
	change.Fields = FlowFields(difference)
	change.Flow = &resource.FlowChange{Before: live.Document, After: after.Value()}
	change.WantedDigest = after.Value().Digest()
	digest := live.Document.Digest()
	change.BaseDigest = &digest
	if !p.in.Flows.Known[wanted.ID] && !p.in.Options.ReplaceUnmanaged {
		block(&change, BlockedUnmanaged,
			"%s was made by hand, and this tool has never written it: %sdescope-mgmt flow export %s%s takes it over, --replace-unmanaged replaces it",
			change.Address, p.lookAt(wanted), resource.ShellWord(wanted.ID), p.selected())
	}
	switch breaks := flow.Breaking(difference); {
	case len(breaks) == 0:
	case p.in.Options.AllowBreaking:
		p.notes = append(p.notes, resource.Note{Address: change.Address, Code: NoteBreaking, Message: "allowed: " + breakText(breaks)})
	default:
		block(&change, BlockedBreaking, "%s; --allow-breaking-changes lets it pass", breakText(breaks))
	}
	return change, nil
}

// lookAt proposes the command that shows how the file of a flow and what is live
// differ; empty where the flow does not come from a file.
func (p *planner) lookAt(wanted *resource.Desired) string {
	for _, given := range wanted.Flow.Given {
		file, isText := given.Value.AsString()
		if given.Path.Field != "file" || !isText {
			continue
		}
		if !path.IsAbs(file) {
			file = path.Join(path.Dir(given.Source.File), file)
		}
		if !strings.Contains(file, "/") && path.Ext(file) != ".json" { // a bare word may be an id
			file = "./" + file
		}
		return fmt.Sprintf("descope-mgmt flow diff %s live:%s%s shows what differs, ", resource.ShellWord(file), resource.ShellWord(wanted.ID), p.selected())
	}
	return ""
}

// selected is the flag that selects the plan's environment again; empty where none is
// selected.
func (p *planner) selected() string {
	if p.in.Environment == nil {
		return ""
	}
	return " -e " + resource.ShellWord(*p.in.Environment)
}

// FlowFields shows each operation between two flows, with its values where it
// has some.
func FlowFields(difference flow.Difference) []resource.FieldChange {
	fields := []resource.FieldChange{}
	for _, field := range difference.Fields() {
		fields = append(fields, resource.FieldChange{Path: field.Path, Before: field.Before, After: field.After})
	}
	return fields
}

func breakText(breaks []flow.Break) string {
	texts := make([]string, len(breaks))
	for i, one := range breaks {
		texts[i] = fmt.Sprintf("%s (%s)", one.Message, one.Reason)
	}
	return listed(texts, "; ")
}

func guardProtectedFlow(change *resource.Change) {
	switch {
	case change.Action == resource.ActionDelete:
		block(change, BlockedProtected, "%s is protected and would be deleted", change.Address)
	case change.Action == resource.ActionUpdate && change.Flow.After.Get("metadata").Get("disabled") == resource.BoolValue(true) &&
		change.Flow.Before.Get("metadata").Get("disabled") != resource.BoolValue(true):
		block(change, BlockedProtected, "%s is protected and would be disabled", change.Address)
	}
}

// checkReferences holds what the flows to be written name against the project:
// roles and sub-flows must be there, connectors cannot be asked for.
func (p *planner) checkReferences(wanted map[string]*resource.Desired, live map[string]*resource.Flow) {
	for i := range p.flows {
		change := &p.flows[i]
		if change.Action != resource.ActionCreate && change.Action != resource.ActionUpdate {
			continue
		}
		connectors, missing := []string{}, []string{}
		for _, reference := range references(change.Flow.After) {
			name := cmp.Or(reference.Name, reference.ID)
			switch reference.Kind {
			case flow.ReferenceConnector:
				connectors = append(connectors, name)
			case flow.ReferenceRole:
				if p.in.Flows.Roles != nil && !p.in.Flows.Roles[name] {
					missing = append(missing, "the role "+name)
				}
			case flow.ReferenceFlow:
				there := live[name] != nil
				if sub := wanted[name]; sub != nil && p.in.Flows.selects(name, p.in.Options) {
					there = !sub.Absent
				}
				if !there {
					missing = append(missing, "the flow "+name)
				}
			}
		}
		if len(missing) > 0 {
			block(change, BlockedMissingReference, "%s needs %s, which the project does not have", change.Address, strings.Join(missing, " and "))
		}
		if len(connectors) > 0 {
			p.notes = append(p.notes, resource.Note{
				Address: change.Address, Code: NoteConnectors,
				Message: "it uses connectors that nobody can check from here: " + listed(connectors, ", "),
			})
		}
	}
}
