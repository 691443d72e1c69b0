package flow_test

import (
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestSame(t *testing.T) {
	const first = `{"flowId":"a","metadata":{"name":"A"},"contents":{"startTask":"1","tasks":{"1":{"id":"1","name":"End","type":"automated","action":"logged-in"}}}}`
	const renumbered = `{"flowId":"a","metadata":{"name":"A"},"contents":{"startTask":"2","tasks":{"2":{"id":"2","name":"End","type":"automated","action":"logged-in"}}}}`
	const other = `{"flowId":"a","metadata":{"name":"B"},"contents":{"startTask":"1","tasks":{"1":{"id":"1","name":"End","type":"automated","action":"logged-in"}}}}`
	for _, test := range []struct {
		name string
		a, b resource.Value
		want bool
	}{
		{"itself", first, first, true},
		{"other numbers", first, renumbered, true},
		{"another name", first, other, false},
		{"no flows", `{"x":1}`, `{"x":1.0}`, true},
		{"a flow and none", first, `{"x":1}`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := flow.Same(test.a, test.b); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
