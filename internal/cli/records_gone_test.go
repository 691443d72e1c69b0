package cli

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// TestARunWhoseRecordsAreTakenAwaySendsNothingMore: somebody removes or moves the
// state folder while a run is at work. What was sent is reported, and the status
// says that the records are not whole.
func TestARunWhoseRecordsAreTakenAwaySendsNothingMore(t *testing.T) {
	for name, c := range map[string]struct {
		take func(folder string) error
		sent int
	}{
		"removed before the first write": {os.RemoveAll, 0},
		"removed after a write":          {os.RemoveAll, 1},
		"moved after a write":            {func(folder string) error { return os.Rename(folder, folder+".moved") }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			url := startTestEmulator(t, emulator.Options{})
			app, out, errs := person(t, url, twoTenants)
			var mu sync.Mutex
			taken := false
			app.Now = func() time.Time {
				mu.Lock()
				defer mu.Unlock()
				if !taken && begun(t, app) && requests(t, url)["/v1/mgmt/tenant/create"] >= c.sent {
					taken = true
					if err := c.take(filepath.Join(app.Home, ".descope-mgmt")); err != nil {
						t.Error(err)
					}
				}
				return time.Now()
			}
			if got := app.Run(t.Context(), strings.Fields("apply --yes --max-workers 1 --format json")); got != StatusIntegrity {
				t.Errorf("status %d\n%s%s", got, out, errs)
			}
			if sent := requests(t, url)["/v1/mgmt/tenant/create"]; sent != c.sent {
				t.Errorf("%d creates, want %d", sent, c.sent)
			}
			if !strings.Contains(errs.String()+out.String(), "not there any more") {
				t.Errorf("it does not say why:\n%s%s", out, errs)
			}
		})
	}
}
