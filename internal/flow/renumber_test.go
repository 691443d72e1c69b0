package flow_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
)

func TestRenumberingIsNoDifference(t *testing.T) {
	for _, path := range samples(t) {
		t.Run(path, func(t *testing.T) {
			original := read(t, path)
			export := treeOf(t, original)
			rapid.Check(t, func(random *rapid.T) {
				other := export.renumbered(random, random).document(random)
				for _, d := range []flow.Difference{flow.Diff(original, other), flow.Diff(other, original)} {
					if !d.IsEmpty() {
						random.Fatalf("a renumbered flow differs:%s", allLines(d))
					}
				}
			})
		})
	}
}
