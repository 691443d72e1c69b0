package yamledit

import "fmt"

// Reason says why an edit is refused.
type Reason string

// The reasons.
const (
	ReasonSyntax      Reason = "syntax"      // the text is not valid
	ReasonMissing     Reason = "missing"     // there is nothing at the path, or nothing that can hold it
	ReasonAlias       Reason = "alias"       // the value stands at an anchor elsewhere
	ReasonAnchor      Reason = "anchor"      // an alias elsewhere takes the value over
	ReasonMerge       Reason = "merge"       // the value comes from a merged mapping (<<)
	ReasonReference   Reason = "reference"   // the value holds a ${…}
	ReasonTag         Reason = "tag"         // the value has an explicit tag
	ReasonDuplicate   Reason = "duplicate"   // the key stands twice
	ReasonUnsupported Reason = "unsupported" // the text is written in a way that is not edited
	ReasonInternal    Reason = "internal"    // the edited text would say something else than it should
)

// Error is an edit that is refused, with the place that stands in its way. Line
// and Column count from 1; the column counts characters.
type Error struct {
	Reason  Reason
	Line    int
	Column  int
	Message string
}

// Error is "line L, column C: message".
func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// refuse is the error of an edit at a node.
func refuse(n *node, reason Reason, format string, arguments ...any) error {
	return &Error{Reason: reason, Line: n.line, Column: n.column, Message: fmt.Sprintf(format, arguments...)}
}
