package flow_test

import (
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
)

// What a part lists is what people see, so that it is compared apart from what the
// listed parts say of themselves.
func TestListedPartsAreCompared(t *testing.T) {
	original := read(t, "testdata/sign-in.json")
	for name, nodes := range map[string][]any{"nothing is listed": {}, "only the first is": {"title"}} {
		changed := treeOf(t, original)
		_, root := changed.part("SCaaa1", "ROOT")
		root["nodes"] = nodes
		if d := flow.Diff(original, changed.document(t)); d.IsEmpty() || flow.Same(original.Value(), changed.document(t).Value()) {
			t.Errorf("%s: no difference", name)
		}
	}
	cycle := treeOf(t, original)
	_, part := cycle.part("SCaaa1", "btnMail")
	part["nodes"] = []any{"ROOT"}
	document := cycle.document(t)
	if flow.Diff(original, document).IsEmpty() {
		t.Error("a cycle: no difference")
	}
	flow.Breaking(flow.Diff(document, original)) // ends
}
