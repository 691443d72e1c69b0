package emulator

import (
	"fmt"
	"regexp"
)

// maxTasks is the hard limit of a flow: 200 tasks, the pseudo-task start apart.
const maxTasks = 200

const (
	startTask  = "start"
	taskScreen = "screen"
)

var flowIDPattern = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// flowParts is a view of the parts of a flow in the exported form; what is
// absent or null is nil.
type flowParts struct {
	id       string
	metadata object
	contents object
	tasks    object // task id → task
	screens  []object
}

// readFlow looks into a flow. What has the wrong type of JSON is an error,
// what is missing is not.
func readFlow(exported object) (flowParts, error) {
	var parts flowParts
	var err error
	if raw := exported["flowId"]; len(raw) > 0 && !isNull(raw) {
		if _, err = (field{name: "flowId"}).check(raw); err != nil {
			return parts, err
		}
		parts.id = exported.text("flowId")
	}
	if parts.metadata, err = exported.objectMember("metadata"); err != nil {
		return parts, err
	}
	if _, _, err = split(metadataFields, parts.metadata); err != nil {
		return parts, err
	}
	if parts.contents, err = exported.objectMember("contents"); err != nil {
		return parts, err
	}
	if _, _, err = split(contentsFields, parts.contents); err != nil {
		return parts, err
	}
	if parts.tasks, err = parts.contents.objectMember("tasks"); err != nil {
		return parts, err
	}
	for _, id := range parts.tasks.sortedKeys() {
		if parts.tasks[id][0] != '{' {
			return parts, &fieldError{"tasks." + id, "must be an object"}
		}
	}
	if parts.screens, err = exported.objectsMember("screens"); err != nil {
		return parts, err
	}
	for i, screen := range parts.screens {
		if _, _, err = split(screenFields, screen); err != nil {
			return parts, err
		}
		if screen.text("screenId") == "" {
			return parts, &fieldError{fmt.Sprintf("screens[%d].screenId", i), "is required"}
		}
	}
	_, err = exported.objectMember("references")
	return parts, err
}

// storedParts is what [readFlow] gives of a flow that it has accepted before.
func storedParts(exported object) flowParts {
	var parts flowParts
	parts.id = exported.text("flowId")
	parts.metadata, _ = exported.objectMember("metadata")
	parts.contents, _ = exported.objectMember("contents")
	parts.tasks, _ = parts.contents.objectMember("tasks")
	parts.screens, _ = exported.objectsMember("screens")
	return parts
}

// checkImport refuses a flow as the table of unknowns says.
func (s *Server) checkImport(parts flowParts) error {
	for _, check := range []func(flowParts) (key, detail string){
		checkFlowID, checkComplete, checkTaskCount, checkEdges, checkScreens,
	} {
		key, detail := check(parts)
		if key == "" {
			continue
		}
		if refusal := s.unknowns[key].err; refusal != nil {
			return refusal.withDetail(detail)
		}
	}
	return nil
}

func checkFlowID(f flowParts) (key, detail string) {
	if flowIDPattern.MatchString(f.id) {
		return "", ""
	}
	return unknownFlowID, fmt.Sprintf("The flowId field %q may have letters, digits, - and _ only", f.id)
}

func checkComplete(f flowParts) (key, detail string) {
	start := ""
	if f.contents != nil {
		start = f.contents.text("startTask")
	}
	_, found := f.tasks[start]
	switch {
	case f.metadata == nil:
		return unknownFlowIncomplete, "The metadata field is required"
	case f.contents == nil:
		return unknownFlowIncomplete, "The contents field is required"
	case start == "":
		return unknownFlowIncomplete, "The startTask field is required"
	case !found:
		return unknownFlowIncomplete, fmt.Sprintf("The flow has no task %q, with which it starts", start)
	}
	return "", ""
}

func checkTaskCount(f flowParts) (key, detail string) {
	count := len(f.tasks)
	if _, found := f.tasks[startTask]; found {
		count--
	}
	if count <= maxTasks {
		return "", ""
	}
	return unknownFlowTasks, fmt.Sprintf("The flow has %d tasks, more than %d", count, maxTasks)
}

func checkEdges(f flowParts) (key, detail string) {
	for _, id := range f.tasks.sortedKeys() {
		next, err := parsed(f.tasks[id]).objectMember("next")
		if err != nil {
			continue // free-form: the table of unknowns says nothing about it
		}
		rules, err := next.objectsMember("rules")
		if err != nil {
			continue
		}
		for _, rule := range rules {
			to := rule["taskId"]
			if len(to) == 0 || to[0] != '"' {
				continue
			}
			if _, found := f.tasks[decoded[string](to)]; !found {
				return unknownFlowEdge, fmt.Sprintf("The task %q leads to %s, which does not exist", id, to)
			}
		}
	}
	return "", ""
}

func checkScreens(f flowParts) (key, detail string) {
	screens := map[string]bool{}
	for _, screen := range f.screens {
		id := screen.text("screenId")
		if screens[id] {
			return unknownFlowScreenTwice, fmt.Sprintf("The screen %q occurs twice", id)
		}
		screens[id] = true
	}
	for _, id := range f.tasks.sortedKeys() {
		task := parsed(f.tasks[id])
		screen := task["screenId"]
		if len(screen) > 0 && screen[0] == '"' && string(task["type"]) == `"`+taskScreen+`"` && !screens[decoded[string](screen)] {
			return unknownFlowScreen, fmt.Sprintf("The task %q shows the screen %s, which does not exist", id, screen)
		}
	}
	return "", ""
}
