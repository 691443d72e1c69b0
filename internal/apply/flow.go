package apply

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// FlowWriter makes the calls that change flows.
type FlowWriter interface {
	// ImportFlow creates or replaces a flow.
	ImportFlow(ctx context.Context, id string, edit resource.FlowImport) error
	// DeleteFlow deletes a flow; check sees it before a delete is repeated.
	DeleteFlow(ctx context.Context, id string, check func(live resource.Flow) error) error
}

// FlowReader exports one flow; nil where there is none.
type FlowReader interface {
	FlowIfThere(ctx context.Context, id string) (*resource.Flow, error)
}

// FlowOptions are what imports say about the run.
type FlowOptions struct {
	Changelog string // kept by Descope with each version; empty for none
	Workers   int    // exports at once, at least 1
}

const stepImport = "import"

// Flows is the kind of flows. A create and an update are one import. A fresh
// export goes directly before each write, since the API has no precondition. The
// service gives back an import in another form, so that flows are compared by
// their meaning.
func Flows(writer FlowWriter, reader FlowReader, options FlowOptions) Kind {
	return flowKind{writer: writer, reader: reader, options: options}
}

type flowKind struct {
	writer  FlowWriter
	reader  FlowReader
	options FlowOptions
}

func (k flowKind) Name() resource.Kind { return resource.KindFlow }

func (k flowKind) Steps(change resource.Change) ([]Step, error) {
	if change.Flow == nil {
		return nil, fmt.Errorf("the documents of the flow are missing")
	}
	if change.Action == resource.ActionDelete {
		check := checkFlow(change)
		return []Step{{Name: stepDelete, Send: func(ctx context.Context) error {
			live, err := k.reader.FlowIfThere(ctx, change.ID)
			if err != nil || live == nil { // somebody else has deleted it
				return err
			}
			if err := check(live); err != nil {
				return err
			}
			return k.writer.DeleteFlow(ctx, change.ID, func(live resource.Flow) error {
				if !flow.Same(live.Document, change.Flow.Before) {
					return fmt.Errorf("flow %q is not the one that the plan saw", change.ID)
				}
				return nil
			})
		}}}, nil
	}
	if id, _ := change.Flow.After.Get("flowId").AsString(); id != change.ID {
		return nil, fmt.Errorf("the document is that of the flow %q", id)
	}
	edit := resource.FlowImport{
		Document: change.Flow.After, Changelog: k.options.Changelog, Check: checkFlow(change),
		Same: func(live resource.Flow) bool { return flow.Same(live.Document, change.Flow.After) },
	}
	return []Step{{Name: stepImport, Fields: change.Fields, Send: func(ctx context.Context) error {
		return k.writer.ImportFlow(ctx, change.ID, edit)
	}}}, nil
}

// checkFlow is the last look before a write: the flow must be what the plan
// saw. One that already is what the plan wants does no harm.
func checkFlow(change resource.Change) func(*resource.Flow) error {
	return func(live *resource.Flow) error {
		switch {
		case live == nil && change.Flow.Before.IsAbsent():
			return nil
		case live != nil && !change.Flow.Before.IsAbsent() && flow.Same(live.Document, change.Flow.Before):
			return nil
		case live != nil && !change.Flow.After.IsAbsent() && flow.Same(live.Document, change.Flow.After):
			return nil
		}
		what := "changed since the plan was made"
		if live == nil {
			what = "was deleted since the plan was made"
		} else if change.Flow.Before.IsAbsent() {
			what = "was created by somebody else since the plan was made"
		}
		return &stepError{unsent: true, fault: resource.Fault{
			Code: CodeConflict, Message: fmt.Sprintf("flow %q %s; it was left as it is", change.ID, what), Hint: hintReplan,
		}}
	}
}

// Observe exports the flows of the changes, each with one call.
func (k flowKind) Observe(ctx context.Context, changes []resource.Change) (Observed, error) {
	found := make([]*resource.Flow, len(changes))
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(max(k.options.Workers, 1))
	for i, change := range changes {
		tasks.Go(func() (err error) {
			found[i], err = k.reader.FlowIfThere(ctx, change.ID)
			return err
		})
	}
	if err := tasks.Wait(); err != nil {
		return nil, err
	}
	observed := make(observedFlows, len(changes))
	for i, change := range changes {
		observed[change.ID] = found[i]
	}
	return observed, nil
}

// observedFlows are live flows by id; nil for one that is not there.
type observedFlows map[string]*resource.Flow

func (o observedFlows) Effect(change resource.Change, step Step) Effect {
	live, looked := o[change.ID]
	switch {
	case !looked || change.Flow == nil:
		return Effect{State: EffectHidden}
	case step.Name == stepDelete && live != nil:
		return Effect{State: EffectNone, Detail: "the flow is still there"}
	case step.Name == stepDelete:
		return Effect{State: EffectDone}
	case live != nil && flow.Same(live.Document, change.Flow.After):
		return Effect{State: EffectDone}
	case live == nil && change.Flow.Before.IsAbsent():
		return Effect{State: EffectNone, Detail: "there is no such flow"}
	case live == nil:
		return Effect{State: EffectOther, Detail: "the flow is gone"}
	case !change.Flow.Before.IsAbsent() && flow.Same(live.Document, change.Flow.Before):
		return Effect{State: EffectNone, Detail: "the flow is as before"}
	}
	return Effect{State: EffectOther, Detail: "the flow is not the planned one"}
}
