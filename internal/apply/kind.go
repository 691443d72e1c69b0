package apply

import (
	"context"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Kind is one kind of object as the engine sees it: how a change becomes calls,
// and what the live objects show of them afterwards.
type Kind interface {
	// Name is the kind whose changes these are.
	Name() resource.Kind
	// Steps gives the writing calls of a change, in order, without making any. An
	// error means that the change cannot be expressed, and refuses the plan.
	Steps(change resource.Change) ([]Step, error)
	// Observe reads what is live of the changes' objects, in as few calls as the
	// service allows.
	Observe(ctx context.Context, changes []resource.Change) (Observed, error)
}

// Step is one writing call of a change. Steps are sent one after the other, and
// the first that fails ends the change.
type Step struct {
	// Name says in messages what the call writes: "create", "settings".
	Name string
	// Fields are the managed values that the call writes; empty for a delete.
	Fields []resource.FieldChange
	// Send makes the call. An error that has OutcomeUnknown() bool says whether
	// the write may have taken effect, one that has Fault() resource.Fault says
	// how documents show it.
	Send func(ctx context.Context) error
}

// Observed is the live state of one kind at one moment.
type Observed interface {
	// Effect says what can be seen of one step of a change.
	Effect(change resource.Change, step Step) Effect
}

// Effect is what the live state shows of one write.
type Effect struct {
	State EffectState
	// Detail completes the sentence "the write was sent, but …" without values,
	// since these may be sensitive.
	Detail string
}

// EffectState is the verdict on one write.
type EffectState int

// The verdicts.
const (
	EffectHidden EffectState = iota // the live state does not show what the step writes
	EffectDone                      // everything is as it was written
	EffectNone                      // everything is as it was before
	EffectOther                     // neither
)
