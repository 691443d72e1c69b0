package cli

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

// What no call waits for begins once all lists of flows were answered, or are not waited
// for any more, and in any case soon.
func TestTurnsComeAfterTheListsOfFlows(t *testing.T) {
	answered := func(m *member, class pace.Class, status int) {
		_ = m.enter(t.Context())
		m.leave(class, time.Now(), descope.Outcome{Status: status})
	}
	for name, test := range map[string]struct {
		happens func(a, b *member) // within the first millisecond
		waits   time.Duration
	}{
		"all were answered": {func(a, b *member) {
			answered(a, pace.ClassOther, http.StatusOK)
			answered(b, pace.ClassOther, http.StatusOK)
		}, time.Millisecond},
		"one was refused": {func(a, b *member) {
			answered(a, pace.ClassOther, http.StatusBadGateway)
			answered(b, pace.ClassOther, http.StatusOK)
		}, time.Millisecond},
		"one has gone": {func(a, b *member) { answered(a, pace.ClassOther, http.StatusOK); b.end(t.Context()) }, time.Millisecond},
		"one is slow": {func(a, _ *member) {
			answered(a, pace.ClassOther, http.StatusOK)
			answered(a, pace.ClassOther, http.StatusOK)
		}, listPatience},
		"only tenants came": {func(a, b *member) {
			answered(a, pace.ClassTenant, http.StatusOK)
			answered(b, pace.ClassTenant, http.StatusOK)
		}, listPatience},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				members, _ := gather(t, reader{"off", 52}, reader{"off", 52})
				start, waited := time.Now(), time.Duration(0)
				go members[0].inTurn(func() { waited = time.Since(start) })
				time.Sleep(time.Millisecond)
				test.happens(members[0], members[1])
				time.Sleep(time.Second)
				synctest.Wait()
				if waited != test.waits {
					t.Errorf("waited %s, want %s", waited, test.waits)
				}
			})
		})
	}
}
