package flow

import (
	"fmt"
	"strings"
)

// symbol stands before each line; the word beside it says the same.
func (a Action) symbol() string {
	switch a {
	case ActionAdded:
		return "+"
	case ActionRemoved:
		return "-"
	default:
		return "~"
	}
}

// phrase is an operation in words, without what changed inside. name makes a
// name harmless in the target language.
func (o Operation) phrase(name func(string) string) string {
	task := "task " + name(o.Task)
	switch o.Object {
	case ObjectTask:
		return fmt.Sprintf("%s %s", task, o.Action)
	case ObjectStart:
		return fmt.Sprintf("the start redirected from %s to %s", name(orNone(o.From)), name(orNone(o.To)))
	case ObjectEdge:
		return o.edgePhrase(task, name)
	case ObjectCondition:
		if o.Action == ActionMoved {
			return fmt.Sprintf("%s: the branches are in another order", task)
		}
		return fmt.Sprintf("condition %s of %s %s", name(o.Subject), task, o.Action)
	case ObjectScreen:
		return fmt.Sprintf("screen of %s %s", name(o.Screen), o.Action)
	case ObjectText, ObjectInput, ObjectButton, ObjectElement:
		return fmt.Sprintf("%s %s on the screen of %s %s", o.Object, name(o.Subject), name(o.Screen), o.Action)
	default:
		if o.Task != "" {
			return fmt.Sprintf("%s %s of %s %s", o.Object, name(o.Subject), task, o.Action)
		}
		return fmt.Sprintf("%s %s %s", o.Object, name(o.Subject), o.Action)
	}
}

func (o Operation) edgePhrase(task string, name func(string) string) string {
	way := "edge"
	if o.Subject != "" {
		way += " " + name(o.Subject)
	}
	switch o.Action {
	case ActionAdded:
		return fmt.Sprintf("%s of %s to %s added", way, task, name(o.To))
	case ActionRemoved:
		return fmt.Sprintf("%s of %s to %s removed", way, task, name(o.From))
	default:
		return fmt.Sprintf("%s of %s redirected from %s to %s", way, task, name(o.From), name(o.To))
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// String is the operation on one line, without symbol and values. Names cannot
// break the line.
func (o Operation) String() string { return o.phrase(visible) }

// Text is the difference for a terminal: an operation a line, its fields indented
// below, and the counts at the end. It holds no colour and no control character.
func (d Difference) Text() string {
	if d.IsEmpty() {
		return "No differences.\n"
	}
	var out strings.Builder
	for _, o := range d.Operations {
		fmt.Fprintf(&out, "%s %s\n", o.Action.symbol(), o)
		if o.Object == ObjectTask && o.Action != ActionChanged {
			continue
		}
		for _, f := range o.Fields {
			fmt.Fprintf(&out, "    %s: %s -> %s\n", visible(f.Path), shown(f.Before), shown(f.After))
		}
	}
	out.WriteString(d.summary() + "\n")
	return out.String()
}

// summary is one sentence with the counts.
func (d Difference) summary() string {
	added, removed, changed := 0, 0, 0
	for _, o := range d.Operations {
		switch o.Action {
		case ActionAdded:
			added++
		case ActionRemoved:
			removed++
		default:
			changed++
		}
	}
	word := "differences"
	if len(d.Operations) == 1 {
		word = "difference"
	}
	return fmt.Sprintf("%d %s: %d added, %d changed, %d removed.", len(d.Operations), word, added, changed, removed)
}

// Markdown is the difference as a list. Names and values are harmless in it,
// whatever they hold.
func (d Difference) Markdown() string {
	if d.IsEmpty() {
		return "No differences.\n"
	}
	var out strings.Builder
	out.WriteString(d.summary() + "\n\n")
	for _, o := range d.Operations {
		fmt.Fprintf(&out, "* %s %s\n", markdownCode(o.Action.symbol()), o.phrase(markdownText))
		if o.Object == ObjectTask && o.Action != ActionChanged {
			continue
		}
		for _, f := range o.Fields {
			fmt.Fprintf(&out, "  * %s: %s → %s\n", markdownCode(f.Path), markdownCode(shown(f.Before)), markdownCode(shown(f.After)))
		}
	}
	return out.String()
}
