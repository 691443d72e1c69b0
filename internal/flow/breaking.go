package flow

import (
	"cmp"
	"fmt"
	"slices"
)

// Rule is a way in which a change can lock people out, or let in who should not be.
type Rule string

// The rules.
const (
	RuleMethodRemoved      Rule = "sign-in-method-removed"
	RuleInputRemoved       Rule = "input-removed"
	RuleInteractionRemoved Rule = "interaction-removed"
	RuleScreenRemoved      Rule = "screen-removed"
	RuleDisabled           Rule = "flow-disabled"
	RuleEndUnreachable     Rule = "end-unreachable"
	RuleMFABypass          Rule = "mfa-bypass"
)

// Break is one breaking change.
type Break struct {
	Rule    Rule   `json:"rule"`
	FlowID  string `json:"flow_id"`
	Method  string `json:"method,omitempty"`  // sign-in-method-removed: such as "passkey"
	TaskID  string `json:"task_id,omitempty"` // in the old flow
	Task    string `json:"task,omitempty"`    // its name for people, quoted
	Subject string `json:"subject,omitempty"` // the input or interaction
	Message string `json:"message"`           // what breaks, with the names of method, task and flow
	Reason  string `json:"reason"`            // why that is dangerous
}

// reasons say why each rule is one.
var reasons = map[Rule]string{
	RuleMethodRemoved:      "users who know no other way to sign in are locked out",
	RuleInputRemoved:       "what was asked for here is missing in the steps after it",
	RuleInteractionRemoved: "the way that people took from here is gone",
	RuleScreenRemoved:      "people who stand on this page when the flow changes cannot go on, and links to it break",
	RuleDisabled:           "nobody can sign in through a flow that is switched off",
	RuleEndUnreachable:     "people who get this far cannot finish",
	RuleMFABypass:          "a login that took more factors can now succeed with fewer",
}

// Breaking lists the breaking changes between two versions of one flow, sorted by
// rule and task. It is made for a difference that [Diff] returned; one that was
// put together otherwise has none.
func Breaking(d Difference) []Break {
	if d.matching == nil {
		return nil
	}
	var list []Break
	for _, rule := range []func(Difference) []Break{
		methodsRemoved, inputsRemoved, interactionsRemoved, screensRemoved, flowDisabled, endsUnreachable, factorsBypassed,
	} {
		list = append(list, rule(d)...)
	}
	for i := range list {
		list[i].Reason = reasons[list[i].Rule]
		list[i].FlowID = d.flowID()
	}
	slices.SortStableFunc(list, func(a, b Break) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Method, b.Method), compareIDs(a.TaskID, b.TaskID), cmp.Compare(a.Message, b.Message))
	})
	return list
}

// flowID is the id of the flow, which a snapshot folder does not know.
func (d Difference) flowID() string { return cmp.Or(d.after.flowID, d.before.flowID) }

// flowName is how messages call the flow.
func (d Difference) flowName() string {
	name := cmp.Or(d.flowID(), d.after.doc.Name(), d.before.doc.Name())
	if name == "" {
		return "the flow"
	}
	return "flow '" + name + "'"
}

// breakAt is a break at a task of the old flow.
func (d Difference) breakAt(rule Rule, id, format string, args ...any) Break {
	b := Break{Rule: rule, TaskID: id, Message: fmt.Sprintf(format, args...) + " in " + d.flowName()}
	if d.before.tasks[id] != nil {
		b.Task = d.before.taskName(id)
	}
	return b
}

// methodsRemoved: a way to sign in that could be reached no longer can.
func methodsRemoved(d Difference) []Break {
	after, reached := d.after.methods(), d.after.reachable(d.after.start, "")
	var list []Break
	for _, m := range d.before.methods() {
		if slices.ContainsFunc(after, func(other method) bool { return other.name == m.name }) {
			continue
		}
		what := "is removed"
		if t := d.matching.taskOf(m.task); t != nil && !reached[t.id] {
			what = "can no longer be reached"
		}
		b := d.breakAt(RuleMethodRemoved, m.task, "the sign-in method %s %s: task %s", m.name, what, d.before.taskName(m.task))
		b.Method = m.name
		list = append(list, b)
	}
	return list
}

// inputsRemoved: a screen that is still there no longer asks for something.
func inputsRemoved(d Difference) []Break {
	var list []Break
	for _, s := range d.before.screens {
		other := d.matching.screenOf(s)
		if other == nil || d.before.userOf[s.id] == nil {
			continue
		}
		after := other.inputNames()
		for _, name := range s.inputNames() {
			if slices.Contains(after, name) {
				continue
			}
			b := d.breakAt(RuleInputRemoved, d.before.userOf[s.id].id, "the input '%s' is removed from the screen of task %s", name, d.before.screenName(s.id))
			b.Subject = name
			list = append(list, b)
		}
	}
	return list
}

// inputNames are the names under which a screen hands on what people give, as far
// as they see it, sorted.
func (s *screen) inputNames() []string {
	names, shown := map[string]bool{}, s.shown()
	for id, node := range s.nodes {
		if name := text(node.Get("props").Get("name")); name != "" && shown[id] && s.nodeClass(id) == ObjectInput {
			names[name] = true
		}
	}
	return sortedKeys(names)
}

// interactionsRemoved: a screen or branch lost something that people could do
// there, or it leads nowhere now.
func interactionsRemoved(d Difference) []Break {
	c := &comparison{a: d.before, b: d.after, m: d.matching}
	reached := d.before.reachable(d.before.start, "")
	var list []Break
	for _, id := range d.before.taskIDs {
		before, after := d.before.tasks[id], d.matching.taskOf(id)
		if after == nil || !reached[id] || before.kind == kindStart {
			continue
		}
		same := c.interactions(before, after)
		seen := map[string]bool{}
		sa, sb := d.before.screenOf(before), d.after.screenOf(after)
		var usableA, usableB map[string]bool
		if sa != nil && sb != nil {
			usableA, usableB = sa.usable(), sb.usable()
		}
		for _, e := range before.edges {
			other, renamed := same[e.interaction]
			if !renamed {
				other = e.interaction
			}
			leads := slices.ContainsFunc(after.edges, func(x edge) bool { return x.interaction == other })
			gone := sa != nil && sb != nil &&
				(sa.hasInteraction(e.interaction) && !sb.hasInteraction(other) || usableA[e.interaction] && !usableB[other])
			if leads && !gone || seen[e.interaction] {
				continue
			}
			seen[e.interaction] = true
			subject := d.before.interactionName(before, e.interaction)
			b := d.breakAt(RuleInteractionRemoved, id, "the interaction %s is removed: task %s", subject, d.before.taskName(id))
			b.Subject = subject
			list = append(list, b)
		}
	}
	return list
}

// screensRemoved: a page that people could see is gone.
func screensRemoved(d Difference) []Break {
	reached := d.before.reachable(d.before.start, "")
	var list []Break
	for _, s := range d.before.screens {
		user := d.before.userOf[s.id]
		if user == nil || !reached[user.id] {
			continue
		}
		if other := d.matching.screenOf(s); other != nil && d.after.userOf[other.id] != nil {
			continue
		}
		list = append(list, d.breakAt(RuleScreenRemoved, user.id, "the screen of task %s is removed", d.before.taskName(user.id)))
	}
	return list
}

// flowDisabled: the flow was on, and is off.
func flowDisabled(d Difference) []Break {
	if d.before.doc.Disabled() || !d.after.doc.Disabled() {
		return nil
	}
	return []Break{{Rule: RuleDisabled, Message: d.flowName() + " is switched off"}}
}

// endsUnreachable: from where people could finish, they no longer can.
func endsUnreachable(d Difference) []Break {
	canBefore, canAfter := d.before.canReachEnd(), d.after.canReachEnd()
	if canBefore[d.before.start] && !canAfter[d.after.start] {
		return []Break{d.breakAt(RuleEndUnreachable, d.before.start, "no path leads from the start, task %s, to an end with a session", d.before.taskName(d.before.start))}
	}
	reachedBefore, reachedAfter := d.before.reachable(d.before.start, ""), d.after.reachable(d.after.start, "")
	var list []Break
	for _, id := range d.before.taskIDs {
		after := d.matching.taskOf(id)
		if after != nil && reachedBefore[id] && canBefore[id] && reachedAfter[after.id] && !canAfter[after.id] {
			list = append(list, d.breakAt(RuleEndUnreachable, id, "no path leads from task %s to an end with a session any more", d.before.taskName(id)))
		}
	}
	return list
}
