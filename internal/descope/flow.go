package descope

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Flows lists all flows of the project, in the service's order and without their
// documents: Descope does not page this list. Nothing is asked for by id, since a
// filter that matches nothing is an error of its own (E103009).
func (r *Reader) Flows(ctx context.Context) ([]resource.Flow, error) {
	request := call{method: http.MethodPost, path: pathFlowList, body: fixed(resource.ObjectValue(nil))}
	return listOf(ctx, r.caller, request, "flows", resource.ParseFlow)
}

// Flow exports one flow. For the error about an unknown id [IsNotFound] is true.
func (r *Reader) Flow(ctx context.Context, id string) (resource.Flow, error) {
	return r.caller.flow(ctx, id)
}

// FlowIfThere exports one flow; nil where there is none.
func (r *Reader) FlowIfThere(ctx context.Context, id string) (*resource.Flow, error) {
	return r.caller.flowIfThere(ctx, id)
}

func (c *caller) flow(ctx context.Context, id string) (resource.Flow, error) {
	flow := resource.Flow{ID: id}
	err := c.do(ctx, call{
		method: http.MethodPost, path: pathFlowExport, body: fixed(resource.ObjectValue(map[string]resource.Value{"flowId": resource.StringValue(id)})),
		patient: true,
		decode: func(answer io.Reader) (err error) {
			flow, err = decodeExport(answer, flow)
			return err
		},
	})
	if err != nil {
		return resource.Flow{}, err
	}
	return flow, nil
}

// decodeExport reads {"flow": …}. An answer that is in memory is read in one go; what
// that does not understand goes the long way, and fails there.
func decodeExport(answer io.Reader, flow resource.Flow) (resource.Flow, error) {
	if text, inMemory := answer.(*bytes.Buffer); inMemory {
		value, err := resource.ParseValue(text.Bytes())
		if document := value.Get("flow"); err == nil && !document.IsAbsent() {
			return flow.WithExport(document)
		}
	}
	raw, err := decodeOne(answer)
	if err != nil {
		return flow, err
	}
	var exported struct {
		Flow json.RawMessage `json:"flow"`
	}
	if err := json.Unmarshal(raw, &exported); err != nil {
		return flow, err
	}
	if exported.Flow == nil {
		return flow, errors.New(`the answer has no "flow"`)
	}
	return flow.WithDocument(exported.Flow)
}

// ImportFlow creates or replaces a flow. The API has no precondition, so that the
// flow is exported and checked directly before: what somebody writes between the
// two calls is lost.
func (w *Writer) ImportFlow(ctx context.Context, id string, edit resource.FlowImport) error {
	if given, _ := edit.Document.Get("flowId").AsString(); id == "" || given != id {
		return fmt.Errorf("import flow %q: the document is that of %q", id, given)
	}
	members := map[string]resource.Value{"flow": edit.Document}
	if edit.Changelog != "" {
		members["changelog"] = resource.StringValue(edit.Changelog)
	}
	body := resource.ObjectValue(members)
	return w.caller.do(ctx, call{
		method: http.MethodPost, path: pathFlowImport, kind: kindImport, overRead: true,
		body: func(ctx context.Context) ([]byte, error) {
			if edit.Check == nil {
				return []byte(body), nil
			}
			live, err := w.caller.flowIfThere(ctx, id)
			if err != nil {
				return nil, err
			}
			if err := edit.Check(live); err != nil {
				return nil, err
			}
			return []byte(body), nil
		},
		readBack: func(ctx context.Context) (finding, error) { return w.caller.lookAtImported(ctx, id, edit) },
	})
}

// flowIfThere exports a flow; nil when there is none.
func (c *caller) flowIfThere(ctx context.Context, id string) (*resource.Flow, error) {
	live, err := c.flow(ctx, id)
	if IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &live, nil
}

// lookAtImported finds out whether an import took effect.
func (c *caller) lookAtImported(ctx context.Context, id string, edit resource.FlowImport) (finding, error) {
	live, err := c.flowIfThere(ctx, id)
	switch {
	case err != nil:
		return finding{}, err
	case live != nil && edit.Same != nil && edit.Same(*live):
		return finding{effect: effectDone}, nil
	case edit.Check == nil:
		return finding{effect: effectUnclear}, nil
	case edit.Check(live) == nil:
		return finding{effect: effectNone}, nil
	default:
		return finding{effect: effectOther, detail: "the flow is neither as before nor as wanted"}, nil
	}
}

// DeleteFlow deletes a flow. Check is called when the answer to the delete was
// lost and the flow is still there; see [resource.TenantDelete].
func (w *Writer) DeleteFlow(ctx context.Context, id string, check func(live resource.Flow) error) error {
	if id == "" {
		return errors.New("delete flow: the id is empty")
	}
	body := resource.ObjectValue(map[string]resource.Value{"ids": resource.StringsValue([]string{id})})
	return w.caller.do(ctx, call{
		method: http.MethodPost, path: pathFlowDelete, kind: kindDelete, body: fixed(body),
		readBack: func(ctx context.Context) (finding, error) {
			live, err := w.caller.flowIfThere(ctx, id)
			switch {
			case err != nil:
				return finding{}, err
			case live == nil:
				return finding{effect: effectDone}, nil
			case check == nil:
				return finding{effect: effectNone}, nil
			}
			if err := check(*live); err != nil {
				return finding{effect: effectOther, detail: cmp.Or(err.Error(), "it is another flow")}, nil
			}
			return finding{effect: effectNone}, nil
		},
	})
}
