package flow

import (
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Tasks are referred to by their number: in arguments whose name says so
// ("finishStepId": "2.end"), and in expressions ("tasks.2.output.token"). The
// numbers are no identity, so a comparison first maps them.

// renaming gives a task id another name; ok is false for what is no task.
type renaming func(id string) (name string, ok bool)

// expressionRoots are the words that stand before a task's id in expressions.
var expressionRoots = []string{"tasks.", "steps."}

// renameRefs rewrites the references to tasks inside a value. key is the one
// under which the value stands.
func renameRefs(v resource.Value, key string, rename renaming) resource.Value {
	if !mayRefer(v) && !namesTask(key) {
		return v
	}
	switch {
	case isObject(v):
		members, _ := v.AsObject()
		for name, value := range members {
			inner := name
			if name == "value" && namesTask(key) {
				inner = key // {"finishStepId": {"type": "inline", "value": …}}
			}
			members[name] = renameRefs(value, inner, rename)
		}
		return resource.ObjectValue(members)
	case isArray(v):
		list := items(v)
		for i, item := range list {
			list[i] = renameRefs(item, key, rename)
		}
		return arrayValue(list)
	case isString(v):
		return renamedText(v, key, rename)
	default:
		return v
	}
}

// mayRefer is a cheap test, because most values refer to nothing.
func mayRefer(v resource.Value) bool {
	return hasText(v, "tepId") || hasText(v, "askId") || hasText(v, expressionRoots[0]) || hasText(v, expressionRoots[1])
}

// namesTask reports whether a key's value is the id of a task.
func namesTask(key string) bool {
	for _, suffix := range []string{"StepId", "TaskId", "stepId", "taskId"} {
		if strings.HasSuffix(key, suffix) {
			return true
		}
	}
	return false
}

func renamedText(v resource.Value, key string, rename renaming) resource.Value {
	s := text(v)
	if namesTask(key) {
		if name, ok := rename(s); ok {
			return resource.StringValue(name)
		}
		return v
	}
	out := s
	for _, root := range expressionRoots {
		out = renamedExpression(out, root, rename)
	}
	if out == s {
		return v
	}
	return resource.StringValue(out)
}

// renamedExpression rewrites each id that follows the root, where the root begins a word.
func renamedExpression(s, root string, rename renaming) string {
	var out strings.Builder
	for {
		at := strings.Index(s, root)
		if at < 0 {
			out.WriteString(s)
			return out.String()
		}
		end := at + len(root)
		out.WriteString(s[:end])
		begins := at == 0 || !isWordByte(s[at-1])
		s = s[end:]
		if !begins {
			continue
		}
		if name, length := leadingTask(s, rename); length > 0 {
			out.WriteString(name)
			s = s[length:]
		}
	}
}

// leadingTask finds the task whose id stands at the beginning of s: the longest,
// because "2.end" begins with "2".
func leadingTask(s string, rename renaming) (name string, length int) {
	end := wordEnd(s, 0)
	if end == 0 {
		return "", 0
	}
	if end < len(s) && s[end] == '.' {
		if longer := wordEnd(s, end+1); longer > end+1 {
			if name, ok := rename(s[:longer]); ok {
				return name, longer
			}
		}
	}
	if name, ok := rename(s[:end]); ok {
		return name, end
	}
	return "", 0
}

func wordEnd(s string, start int) int {
	for start < len(s) && isWordByte(s[start]) {
		start++
	}
	return start
}

func isWordByte(c byte) bool {
	return c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// refsOf lists the tasks to which a value refers, in the order of the text, with
// the argument that does.
func refsOf(fields map[string]resource.Value, known map[string]*task) []edge {
	var found []edge
	for _, key := range sortedKeys(fields) {
		renameRefs(fields[key], key, func(id string) (string, bool) {
			if known[id] == nil {
				return "", false
			}
			found = append(found, edge{"ref:" + key, id})
			return id, true
		})
	}
	return found
}
