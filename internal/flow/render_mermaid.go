package flow

import (
	"fmt"
	"strings"
)

// Mermaid is the new flow as a flowchart in which the difference is marked: what
// came is green and has a +, what went is red and has a -, what was changed is
// yellow and has a ~; edges that came are thick, those that went are dotted. It
// needs a difference that [Diff] returned. Names are harmless in it.
func (d Difference) Mermaid() string {
	if d.matching == nil {
		return "flowchart TD\n"
	}
	c := &chart{d: d, nodes: map[string]string{}, marks: map[string]Action{}, came: map[[3]string]int{}}
	c.out.WriteString("flowchart TD\n")
	c.collect()
	c.drawNodes()
	c.drawStart()
	c.drawEdges()
	c.out.WriteString("  classDef added fill:#d3f9d8,stroke:#2b8a3e\n")
	c.out.WriteString("  classDef changed fill:#fff3bf,stroke:#e67700\n")
	c.out.WriteString("  classDef removed fill:#ffe3e3,stroke:#c92a2a,stroke-dasharray:4\n")
	return c.out.String()
}

// chart is a drawing in the making. Tasks of the old flow have keys that begin
// with "-", those of the new one with "+".
type chart struct {
	d     Difference
	out   strings.Builder
	nodes map[string]string // by key
	marks map[string]Action // by key
	came  map[[3]string]int // edges of the new flow that were added: task, interaction, target
}

// collect reads the operations.
func (c *chart) collect() {
	for _, o := range c.d.Operations {
		switch {
		case o.Object == ObjectTask && o.Action == ActionRemoved:
			c.marks["-"+o.TaskID] = ActionRemoved
		case o.Object == ObjectTask && o.Action == ActionAdded:
			c.marks["+"+o.TaskID] = ActionAdded
		case o.Object == ObjectEdge:
			if o.ToID != "" {
				c.came[[3]string{o.TaskID, o.ID, o.ToID}]++
			}
		case o.TaskID != "" && c.d.after.tasks[o.TaskID] != nil && o.Action != ActionRemoved:
			c.mark("+" + o.TaskID)
		case o.TaskID != "" && o.Action == ActionRemoved: // a part of the old flow's screen
			if t := c.d.matching.taskOf(o.TaskID); t != nil {
				c.mark("+" + t.id)
			}
		}
	}
}

func (c *chart) mark(key string) {
	if c.marks[key] == "" {
		c.marks[key] = ActionChanged
	}
}

// key is where a task of the old flow is drawn.
func (c *chart) key(id string) string {
	if t := c.d.matching.taskOf(id); t != nil {
		return "+" + t.id
	}
	return "-" + id
}

func (c *chart) drawNodes() {
	for _, id := range c.d.after.taskIDs {
		c.drawNode("+"+id, c.d.after.tasks[id])
	}
	for _, id := range c.d.before.taskIDs {
		if c.d.matching.taskOf(id) == nil {
			c.drawNode("-"+id, c.d.before.tasks[id])
		}
	}
}

func (c *chart) drawNode(key string, t *task) {
	if t.kind == kindStart {
		return
	}
	name := fmt.Sprintf("n%d", len(c.nodes))
	c.nodes[key] = name
	opening, closing := "[", "]"
	switch {
	case t.kind == kindCondition:
		opening, closing = "{", "}"
	case t.kind == kindScreen:
		opening, closing = "[/", "/]"
	case t.kind == kindFlow:
		opening, closing = "[[", "]]"
	case t.action == actionLoggedIn:
		opening, closing = "([", "])"
	}
	label := t.name
	if label == "" {
		label = t.id
	}
	if mark := c.marks[key]; mark != "" {
		label = mark.symbol() + " " + label
	}
	fmt.Fprintf(&c.out, "  %s%s\"%s\"%s", name, opening, mermaidText(label), closing)
	if mark := c.marks[key]; mark != "" {
		fmt.Fprintf(&c.out, ":::%s", mark)
	}
	c.out.WriteString("\n")
}

func (c *chart) drawStart() {
	c.out.WriteString("  begin((\"start\"))\n")
	before, after := c.nodes[c.key(c.d.before.start)], c.nodes["+"+c.d.after.start]
	switch {
	case before == after && after != "":
		fmt.Fprintf(&c.out, "  begin --> %s\n", after)
		return
	case before != "":
		fmt.Fprintf(&c.out, "  begin -.->|\"#45;\"| %s\n", before)
	}
	if after != "" {
		fmt.Fprintf(&c.out, "  begin ==>|\"#43;\"| %s\n", after)
	}
}

func (c *chart) drawEdges() {
	for _, id := range c.d.after.taskIDs {
		t := c.d.after.tasks[id]
		for _, e := range t.edges {
			edge := [3]string{id, e.interaction, e.target}
			isNew := c.came[edge] > 0 || c.marks["+"+id] == ActionAdded
			c.came[edge]--
			c.drawEdge("+"+id, "+"+e.target, isNew, false, c.d.after.interactionName(t, e.interaction))
		}
	}
	for _, o := range c.d.Operations {
		if o.Object == ObjectEdge && o.FromID != "" {
			c.drawEdge("+"+o.TaskID, c.key(o.FromID), false, true, o.Subject)
		}
	}
	for _, id := range c.d.before.taskIDs {
		if c.d.matching.taskOf(id) == nil {
			t := c.d.before.tasks[id]
			for _, e := range t.edges {
				c.drawEdge("-"+id, c.key(e.target), false, true, c.d.before.interactionName(t, e.interaction))
			}
		}
	}
}

// drawEdge leaves out edges to nowhere, and those of the entry.
func (c *chart) drawEdge(from, to string, came, went bool, label string) {
	x, y := c.nodes[from], c.nodes[to]
	if x == "" || y == "" {
		return
	}
	arrow, sign := "-->", ""
	switch {
	case came:
		arrow, sign = "==>", "+ "
	case went:
		arrow, sign = "-.->", "- "
	}
	label = strings.Trim(label, "'")
	if label == success { // nearly every edge: it says nothing
		label = ""
	}
	if label = strings.TrimSpace(sign + label); label == "" {
		fmt.Fprintf(&c.out, "  %s %s %s\n", x, arrow, y)
		return
	}
	fmt.Fprintf(&c.out, "  %s %s|\"%s\"| %s\n", x, arrow, mermaidText(label), y)
}
