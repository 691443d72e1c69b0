package drift

import (
	"fmt"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// flows compares all flows that are wanted and selected, and lists the live ones
// that are not wanted.
func (d *detector) flows() error {
	flows := d.in.Flows
	if !flows.Manage.Configured {
		return nil
	}
	live := make(map[string]*resource.Flow, len(flows.Live))
	for i := range flows.Live {
		if live[flows.Live[i].ID] != nil {
			return fmt.Errorf("drift: the list of live flows names %q twice", flows.Live[i].ID)
		}
		live[flows.Live[i].ID] = &flows.Live[i]
	}
	named := make(map[string]bool, len(flows.Desired))
	for i := range flows.Desired {
		wanted := &flows.Desired[i]
		if named[wanted.ID] {
			return fmt.Errorf("drift: %s is wanted twice", wanted.Address())
		}
		named[wanted.ID] = true
		if !d.selects(flows.Manage, wanted.Address()) {
			continue
		}
		if err := d.flow(wanted, live[wanted.ID]); err != nil {
			return fmt.Errorf("drift of %s: %w", wanted.Address(), err)
		}
	}
	for _, id := range flows.Manage.Elsewhere {
		named[id] = true
	}
	for id := range live {
		d.orphan(flows.Manage, resource.NewAddress(resource.KindFlow, id), named[id] || plan.IsBuiltIn(id))
	}
	return nil
}

// flow compares one wanted flow with its live one, which may be nil.
func (d *detector) flow(wanted *resource.Desired, live *resource.Flow) error {
	ways := waysOut{protect: wanted.Protect, blocked: wanted.Absent && plan.IsBuiltIn(wanted.ID)}
	if one, ok := d.whole(wanted, live != nil); ok {
		d.finish([]difference{one}, ways)
		return nil
	}
	if live == nil {
		return nil // and declared absent
	}
	record := d.record(wanted.Address())
	if !record.known {
		d.unrecorded = append(d.unrecorded, wanted.Address())
	}
	if d.in.Alike[wanted.ID] && (!record.known || isSettled(wanted, live, record.object.Document)) {
		return nil
	}
	sides, err := d.sidesOf(wanted, live)
	if err != nil {
		return err
	}
	var against flow.Difference
	if !d.in.Alike[wanted.ID] {
		against = flow.Diff(sides.wanted, sides.live)
	}
	var list []difference
	switch state := sides.state(!against.IsEmpty()); state {
	case "":
	case StateConverged:
		list = d.operations(wanted, state, flow.Diff(sides.applied, sides.live))
	default:
		apply := flow.Diff(sides.live, sides.wanted)
		list = d.operations(wanted, state, against, apply)
		ways.breaking = len(flow.Breaking(apply)) > 0
		ways.unknown = d.in.Flows.Known != nil && !d.in.Flows.Known[wanted.ID]
		ways.blocked = wanted.Protect && sides.wanted.Disabled() && !sides.live.Disabled()
	}
	if sides.switched {
		list = append(list, d.switched(wanted, sides)...)
	}
	d.finish(list, ways)
	return nil
}

// isSettled reports whether nothing has happened to a flow that means what is wanted: it
// is as it was applied last, or what is wanted was applied last as well and nobody has used
// a switch that nobody manages.
func isSettled(wanted *resource.Desired, live *resource.Flow, applied resource.Value) bool {
	return applied == live.Document || applied == wanted.Flow.Document && (wanted.Flow.ManagesSwitch || isDisabled(applied) == isDisabled(live.Document))
}

func isDisabled(export resource.Value) bool {
	return export.Get("metadata").Get("disabled") == resource.BoolValue(true)
}

// Alike reports whether a live flow with its document means what is wanted, so that a
// caller can ask while it still waits for others. What cannot be compared is not alike.
func Alike(wanted *resource.Desired, live *resource.Flow) bool {
	if wanted.Flow == nil || live.Document.IsAbsent() {
		return false
	}
	now, err := flow.FromValue(live.Document)
	if err != nil {
		return false
	}
	code, err := flow.FromValue(wanted.Flow.Document)
	if err != nil {
		return false
	}
	if !wanted.Flow.ManagesSwitch {
		code = code.WithMetadata("disabled", live.Document.Get("metadata").Get("disabled"))
	}
	return code.Same(now)
}

// sides are the three documents of one flow.
type sides struct {
	wanted, live, applied flow.Document
	known                 bool // what was applied
	gone                  bool // what was applied is that there is no such flow
	// switched says that the flow was switched on or off since the last apply, while
	// the configuration leaves the switch alone.
	switched bool
}

func (d *detector) sidesOf(wanted *resource.Desired, live *resource.Flow) (sides, error) {
	if live.Document.IsAbsent() {
		return sides{}, fmt.Errorf("the document of flow %q was not read", live.ID)
	}
	var s sides
	var err error
	if s.live, err = flow.FromValue(live.Document); err != nil {
		return s, fmt.Errorf("live: %w", err)
	}
	if s.wanted, err = flow.FromValue(wanted.Flow.Document); err != nil {
		return s, err
	}
	record := d.record(wanted.Address())
	s.gone = record.known && record.object.Absent
	if s.known = record.known && !record.object.Document.IsAbsent(); s.known {
		if s.applied, err = flow.FromValue(record.object.Document); err != nil {
			return s, fmt.Errorf("the document that was applied last: %w", err)
		}
	}
	if wanted.Flow.ManagesSwitch {
		return s, nil
	}
	s.switched = s.known && s.applied.Disabled() != s.live.Disabled()
	now := live.Document.Get("metadata").Get("disabled")
	s.wanted = s.wanted.WithMetadata("disabled", now)
	if s.known {
		s.applied = s.applied.WithMetadata("disabled", now)
	}
	return s, nil
}

// state is where the difference between code and project comes from; empty where
// there is none and never was.
func (s sides) state(differs bool) State {
	switch {
	case !differs && s.known && !s.applied.Same(s.wanted):
		return StateConverged
	case !differs:
		return ""
	case s.gone:
		return StateConflict
	case !s.known:
		return StateDiffers
	case s.applied.Same(s.live):
		return StatePending
	case s.applied.Same(s.wanted):
		return StateDrifted
	default:
		return StateConflict
	}
}

// operations makes a finding of each operation that leads from the code's flow to
// the live one, or, for one that has converged, from the one that was applied.
// The way back, where it is given, tells which sign-in methods the live flow has
// and the code has not.
func (d *detector) operations(wanted *resource.Desired, state State, against flow.Difference, back ...flow.Difference) []difference {
	breaks := flow.Breaking(against)
	for _, one := range back {
		for _, extra := range flow.Breaking(one) {
			if extra.Rule == flow.RuleMethodRemoved {
				breaks = append(breaks, extra)
			}
		}
	}
	guilty := breakers(against.Operations, breaks)
	var list []difference
	for i := range against.Operations {
		operation := &against.Operations[i]
		fields := plan.FlowFields(flow.Difference{Operations: against.Operations[i : i+1]})
		for j, field := range fields {
			one := newDifference(wanted.Address(), ChangeField, state)
			one.Path, one.operation, one.breaks, one.before, one.after = field.Path, operation, guilty[i], field.Before, field.After
			if len(fields) == len(operation.Fields) {
				one.field = operation.Fields[j].Path
			}
			one.Source = positionOf(wanted.Source)
			want := field.Before
			if state == StateConverged {
				want = field.After
			}
			d.setValues(&one, resource.Absent, field.After, want, d.isSecret(field.Before))
			list = append(list, one)
		}
	}
	return list
}

// breakers are the operations, by index, that a breaking change comes from: those
// that name its task. Where none does, every one that can change the flow's course
// is held to be one.
func breakers(operations []flow.Operation, breaks []flow.Break) map[int]bool {
	guilty := map[int]bool{}
	for _, one := range breaks {
		found := false
		for i := range operations {
			if isAbout(&operations[i], one) {
				guilty[i], found = true, true
			}
		}
		for i := range operations {
			if !found && steers(operations[i].Object) {
				guilty[i] = true
			}
		}
	}
	return guilty
}

func isAbout(o *flow.Operation, one flow.Break) bool {
	if one.Rule == flow.RuleDisabled {
		return o.Object == flow.ObjectMetadata && o.Subject == "disabled"
	}
	if !steers(o.Object) || one.TaskID == "" {
		return false
	}
	return one.TaskID == o.TaskID || one.TaskID == o.FromID || one.TaskID == o.ToID ||
		one.Task != "" && (one.Task == o.Task || one.Task == o.Screen || one.Task == o.From || one.Task == o.To)
}

// steers reports whether such a part of a flow decides where it leads.
func steers(object flow.Object) bool {
	switch object {
	case flow.ObjectStart, flow.ObjectTask, flow.ObjectCondition, flow.ObjectEdge, flow.ObjectScreen, flow.ObjectInput, flow.ObjectButton, flow.ObjectElement:
		return true
	default:
		return false
	}
}

// switched is the finding of a flow that somebody has switched on or off although
// the configuration leaves the switch alone.
func (d *detector) switched(wanted *resource.Desired, s sides) []difference {
	before := s.live.WithMetadata("disabled", resource.BoolValue(!s.live.Disabled()))
	list := d.operations(wanted, StateDrifted, flow.Diff(before, s.live))
	for i := range list {
		one := &list[i]
		one.Managed, one.Source, one.Applied, one.Wanted = false, nil, one.Wanted, resource.Absent
		d.note(wanted.Address(), NoteUnmanaged, unmanagedSwitch)
	}
	return list
}

const unmanagedSwitch = "the flow was switched on or off outside of this tool and the configuration leaves the switch alone: put it right in the Descope console, or name it with enabled:"
