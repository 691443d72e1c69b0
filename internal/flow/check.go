package flow

import (
	"cmp"
	"fmt"
	"slices"
)

// Severity says whether a finding keeps a flow from working.
type Severity string

// The severities.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// The most tasks that a flow may have, and from which on people lose their way.
const (
	MaxTasks  = 200
	manyTasks = 100
)

// The codes of findings.
const (
	CodeNoStart         = "no-start-task"
	CodeDanglingEdge    = "edge-to-nowhere"
	CodeMissingScreen   = "missing-screen"
	CodeDuplicateID     = "duplicate-id"
	CodeTooManyTasks    = "too-many-tasks"
	CodeUnreachable     = "unreachable-task"
	CodeUnusedScreen    = "unused-screen"
	CodeOpenInteraction = "interaction-without-edge"
	CodeManyTasks       = "many-tasks"
)

// Finding is one thing that is wrong with a flow, or looks like it.
type Finding struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code"` // one of the codes above
	TaskID   string   `json:"task_id,omitempty"`
	Task     string   `json:"task,omitempty"` // its name for people
	ScreenID string   `json:"screen_id,omitempty"`
	Screen   string   `json:"screen,omitempty"` // the name of the task that shows it
	Message  string   `json:"message"`
}

// Check judges a flow by itself. Findings come errors first, then by code, task
// and screen. A flow whose findings are all warnings can be deployed.
func Check(d Document) []Finding {
	g := newGraph(d)
	var found []Finding
	for _, rule := range []func(*graph) []Finding{
		checkStart, checkEdges, checkTaskScreens, checkTaskIDs, checkScreenIDs, checkCount,
		checkReachable, checkUsed, checkInteractions,
	} {
		found = append(found, rule(g)...)
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Code, b.Code),
			compareIDs(a.TaskID, b.TaskID), cmp.Compare(a.ScreenID, b.ScreenID), cmp.Compare(a.Message, b.Message),
		)
	})
	return found
}

func (g *graph) taskFinding(severity Severity, code, id, format string, args ...any) Finding {
	return Finding{Severity: severity, Code: code, TaskID: id, Task: g.plainName(id), Message: fmt.Sprintf(format, args...)}
}

// plainName is a task's name as it stands.
func (g *graph) plainName(id string) string {
	if t := g.tasks[id]; t != nil {
		return t.name
	}
	return ""
}

func checkStart(g *graph) []Finding {
	switch {
	case g.start == "":
		return []Finding{{Severity: SeverityError, Code: CodeNoStart, Message: "the flow has no start task"}}
	case g.tasks[g.start] == nil:
		return []Finding{{Severity: SeverityError, Code: CodeNoStart, TaskID: g.start, Message: fmt.Sprintf("the start task %q is not in the flow", g.start)}}
	}
	return nil
}

func checkEdges(g *graph) []Finding {
	var found []Finding
	for _, id := range g.taskIDs {
		for _, e := range g.tasks[id].edges {
			if g.tasks[e.target] == nil {
				found = append(found, g.taskFinding(SeverityError, CodeDanglingEdge, id, "task %s leads over %s to task %q, which is not in the flow",
					g.taskName(id), g.interactionName(g.tasks[id], e.interaction), e.target))
			}
		}
	}
	return found
}

func checkTaskScreens(g *graph) []Finding {
	var found []Finding
	for _, id := range g.taskIDs {
		t := g.tasks[id]
		if t.kind == kindScreen && g.screenOf(t) == nil {
			f := g.taskFinding(SeverityError, CodeMissingScreen, id, "task %s shows the screen %q, which is not in the flow", g.taskName(id), t.screenID)
			f.ScreenID = t.screenID
			found = append(found, f)
		}
	}
	return found
}

// checkTaskIDs looks at the id inside of each task; the keys of the map cannot repeat.
func checkTaskIDs(g *graph) []Finding {
	members, _ := g.doc.root.Get("contents").Get("tasks").AsObject()
	first := map[string]string{}
	var found []Finding
	for _, key := range g.taskIDs {
		id := text(members[key].Get("id"))
		if id == "" {
			continue
		}
		if other, twice := first[id]; twice {
			found = append(found, g.taskFinding(SeverityError, CodeDuplicateID, key, "the tasks %s and %s have the same id %q", g.taskName(other), g.taskName(key), id))
			continue
		}
		first[id] = key
	}
	return found
}

func checkScreenIDs(g *graph) []Finding {
	seen := map[string]bool{}
	var found []Finding
	for _, s := range g.screens {
		if seen[s.id] {
			found = append(found, g.screenFinding(SeverityError, CodeDuplicateID, s.id, "two screens have the same id %q", s.id))
		}
		seen[s.id] = true
		ids := map[string]bool{}
		for _, i := range s.interactions {
			if ids[i.id] {
				found = append(found, g.screenFinding(SeverityError, CodeDuplicateID, s.id, "the screen of %s has two interactions with the id %q", g.screenName(s.id), i.id))
			}
			ids[i.id] = true
		}
	}
	return found
}

func (g *graph) screenFinding(severity Severity, code, id, format string, args ...any) Finding {
	f := Finding{Severity: severity, Code: code, ScreenID: id, Message: fmt.Sprintf(format, args...)}
	if user := g.userOf[id]; user != nil {
		f.TaskID, f.Task, f.Screen = user.id, user.name, user.name
	}
	return f
}

func checkCount(g *graph) []Finding {
	switch count := len(g.taskIDs); {
	case count > MaxTasks:
		return []Finding{{Severity: SeverityError, Code: CodeTooManyTasks, Message: fmt.Sprintf("%d tasks are more than the %d that a flow may have", count, MaxTasks)}}
	case count > manyTasks:
		return []Finding{{Severity: SeverityWarning, Code: CodeManyTasks, Message: fmt.Sprintf("%d tasks are many: sub-flows make a flow easier to follow", count)}}
	}
	return nil
}

func checkReachable(g *graph) []Finding {
	if g.tasks[g.start] == nil {
		return nil // nothing is, and that has its own finding
	}
	reached := g.reachable(g.start, "")
	var found []Finding
	for _, id := range g.taskIDs {
		if !reached[id] && g.tasks[id].kind != kindStart {
			found = append(found, g.taskFinding(SeverityWarning, CodeUnreachable, id, "no path leads to task %s", g.taskName(id)))
		}
	}
	return found
}

func checkUsed(g *graph) []Finding {
	var found []Finding
	for _, s := range g.screens {
		if g.userOf[s.id] == nil {
			found = append(found, g.screenFinding(SeverityWarning, CodeUnusedScreen, s.id, "no task shows the screen %q", s.id))
		}
	}
	return found
}

func checkInteractions(g *graph) []Finding {
	var found []Finding
	for _, id := range g.taskIDs {
		t := g.tasks[id]
		led := map[string]bool{}
		for _, e := range t.edges {
			led[e.interaction] = true
		}
		for _, name := range g.openInteractions(t, led) {
			f := g.taskFinding(SeverityWarning, CodeOpenInteraction, id, "%s in task %s leads nowhere", name, g.taskName(id))
			if t.screenID != "" {
				f.ScreenID, f.Screen = t.screenID, t.name
			}
			found = append(found, f)
		}
	}
	return found
}

// openInteractions are those of a task's screen and conditions without an edge.
func (g *graph) openInteractions(t *task, led map[string]bool) []string {
	var open []string
	for _, c := range t.conditions {
		if !led[c.id] {
			open = append(open, "the branch "+g.interactionName(t, c.id))
		}
	}
	if s := g.screenOf(t); s != nil {
		for _, i := range s.interactions {
			if !led[i.id] {
				open = append(open, "the interaction "+s.interactionName(i.id))
			}
		}
	}
	return open
}
