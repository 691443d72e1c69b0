package apply

import (
	"context"
	"errors"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// The codes of faults that the engine itself finds. All other codes come from
// the errors of the calls.
const (
	CodeError        = "error"         // a call failed with an error that carries no code
	CodeConflict     = "conflict"      // the live object is neither what the plan saw nor what it wants
	CodeDependency   = "dependency"    // not sent: a change that it needs did not succeed
	CodeInterrupted  = "interrupted"   // not sent: the run was cancelled before
	CodeStopped      = "stopped"       // not sent: the run may not write any longer
	CodeNotInEffect  = "not_in_effect" // the service accepted the write, and the live state does not show it
	CodeNotApplied   = "not_applied"   // the answer was lost, and the live state is as before
	CodeIncomplete   = "incomplete"    // the answer was lost; the call took effect and its successors were not sent
	CodeUnexpectedID = "unexpected_id" // the service created the object under another id
	CodeInternal     = "internal"      // a fault of this program
	CodeNoAnswer     = "no_answer"     // a call was cut off, and its error carries no code
)

const (
	hintAgain    = "run again: the next plan shows what is left"
	hintReplan   = "make a new plan, look at it, and apply that one"
	hintComplete = "the next run completes the change"
	hintLook     = "run plan to see what is live, then run again"
)

// stepError is a failure that a step found by itself.
type stepError struct {
	fault  resource.Fault
	unsent bool // the write was not made
	lost   bool // nobody knows whether the write was made
}

func (e *stepError) Error() string         { return e.fault.Message }
func (e *stepError) Fault() resource.Fault { return e.fault }

// unsent reports whether it is certain that the write behind the error was
// never sent.
func unsent(err error) bool {
	if own, ok := errors.AsType[*stepError](err); ok {
		return own.unsent
	}
	aware, ok := errors.AsType[interface {
		error
		Unsent() bool
	}](err)
	return ok && aware.Unsent()
}

// ambiguous reports whether the write behind the error may have taken effect. An
// error that says nothing about it is a definite failure, unless it comes from a
// cancelled context: then nobody knows how far the call had come.
func ambiguous(err error) bool {
	if own, ok := errors.AsType[*stepError](err); ok {
		return own.lost
	}
	if aware, ok := errors.AsType[interface {
		error
		OutcomeUnknown() bool
	}](err); ok {
		return aware.OutcomeUnknown()
	}
	return cutOff(err)
}

func cutOff(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// faultOf is the error as documents show it.
func faultOf(err error) resource.Fault {
	if own, ok := errors.AsType[*stepError](err); ok {
		return own.fault
	}
	if faulty, ok := errors.AsType[interface {
		error
		Fault() resource.Fault
	}](err); ok {
		return faulty.Fault()
	}
	code := CodeError
	if cutOff(err) {
		code = CodeNoAnswer
	}
	return resource.Fault{Code: code, Message: err.Error()}
}

// located says at which of several calls a change ended: which were made, which
// one failed and how, and which were not sent. A change of one call needs no
// such words.
func located(steps []Step, done int, verb, cause string) string {
	if len(steps) < 2 {
		return cause
	}
	var text strings.Builder
	if done > 0 {
		text.WriteString(stepNames(steps[:done]) + " done, ")
	}
	text.WriteString(steps[done].Name + " " + verb + ": " + cause)
	if rest := steps[done+1:]; len(rest) > 0 {
		text.WriteString("; " + stepNames(rest) + " not sent")
	}
	return text.String()
}

func stepNames(steps []Step) string {
	names := make([]string, len(steps))
	for i, step := range steps {
		names[i] = step.Name
	}
	return strings.Join(names, ", ")
}

// hints joins what is to be done next; empty ones are left out.
func hints(all ...string) string {
	var given []string
	for _, hint := range all {
		if hint != "" {
			given = append(given, hint)
		}
	}
	return strings.Join(given, "; ")
}
