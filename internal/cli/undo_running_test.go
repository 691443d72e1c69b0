package cli

import (
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// TestAnUndoOfARunThatIsStillAtWork: what it has done so far is not what it will
// have done. An undo waits for it, or ends; it takes nothing back in part.
func TestAnUndoOfARunThatIsStillAtWork(t *testing.T) {
	for name, c := range map[string]struct {
		args string
		want Status
		code string
	}{
		"it waits":               {"undo --yes --allow-deletes 1 --lock-timeout 60s", StatusRefused, "stale_plan"},
		"it does not wait":       {"undo --yes --allow-deletes 1", StatusLocked, "locked"},
		"it waits for too short": {"undo --yes --allow-deletes 1 --lock-timeout 10ms", StatusLocked, "locked"},
	} {
		t.Run(name, func(t *testing.T) {
			url := startTestEmulator(t, emulator.Options{})
			running, _, _ := person(t, url, twoTenants)
			controlEmulator(t, "POST", url, "faults", `{"match":{"path":"/v1/mgmt/tenant/create","nth":2},"do":{"delay":"1500ms"}}`)
			ended := make(chan Status, 1)
			go func() { ended <- running.Run(t.Context(), strings.Fields("apply --yes --max-workers 1")) }()
			for requests(t, url)["/v1/mgmt/tenant/create"] < 2 { // one is done, the other is in flight
			}
			app, out, errs := person(t, url, twoTenants)
			app.Home = running.Home
			if got := app.Run(t.Context(), append(strings.Fields(c.args), "--format", "json")); got != c.want || !strings.Contains(out.String(), c.code) {
				t.Errorf("status %d, want %d\n%s%s", got, c.want, out, errs)
			}
			if !strings.Contains(errs.String(), "still at work") {
				t.Errorf("it does not say so: %s", errs)
			}
			if got := <-ended; got != StatusOK {
				t.Errorf("the run: status %d", got)
			}
			if made := requests(t, url); made["/v1/mgmt/tenant/delete"] != 0 {
				t.Errorf("%d deletes", made["/v1/mgmt/tenant/delete"])
			}
			after, _, afterErrs := person(t, url, twoTenants)
			after.Home = running.Home
			if got := after.Run(t.Context(), strings.Fields("undo --yes --allow-deletes 2")); got != StatusOK {
				t.Errorf("afterwards: status %d\n%s", got, afterErrs)
			}
		})
	}
}
