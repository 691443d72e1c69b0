package live_test

import (
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// The suite runs against the emulator with every test run, so that it cannot rot:
// on one as Descope was seen to answer, and on an older host.
func TestSuiteOnEmulator(t *testing.T) {
	for _, test := range []struct {
		name    string
		options emulator.Options
	}{
		{"as recorded", emulator.Options{}},
		{"an older host", emulator.Options{NoPatch: true, NotFoundStatus: 404, ImportBehavior: emulator.ImportVerbatim}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target := emulated(t, test.options)
			h := newHost(t.Context(), t, target)
			h.calls = func() int {
				all, _ := countCalls(t, target, 0)
				return all
			}
			play(t, h)
		})
	}
}
