package cli

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

// longWait is how long the limits may hold back a call without a word.
const longWait = 3 * time.Second

// waits tells, once in a session, that the limits hold it back for long.
type waits struct {
	told atomic.Bool
	why  string // which limits they are, and the way out, where there is one; empty where that is not known
}

// acquire takes a slot for one call, and tells when it is long in coming.
func (w *waits) acquire(ctx context.Context, budget *pace.Budget, class pace.Class, tell func(message string)) (pace.Slot, error) {
	if w.told.Load() {
		return budget.Acquire(ctx, class, 1)
	}
	timer := time.AfterFunc(longWait, func() {
		if !w.told.Swap(true) {
			tell(waitText(ctx, budget, class) + w.why)
		}
	})
	defer timer.Stop()
	return budget.Acquire(ctx, class, 1)
}

// whyWaiting says which limits hold calls back. In front of an emulator there is no
// reason for any.
func (s *session) whyWaiting() string {
	why := s.limitsFrom
	if s.limitsFrom == protectedProfile {
		why += ", because " + s.target.ProtectedName + " is protected"
	}
	if host, _, err := net.SplitHostPort(s.host); err == nil && isLoopback(host) {
		why += "; DESCOPE_MGMT_RATE_LIMITS=off for an emulator"
	}
	return " (" + why + ")"
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// waitText says for what a call waits, and how long from now where that is known.
func waitText(ctx context.Context, budget *pace.Budget, class pace.Class) string {
	left, _, err := budget.NextFree(ctx, class)
	if err != nil || left < time.Second {
		return fmt.Sprintf("waiting for the rate limit of %s calls", class)
	}
	return fmt.Sprintf("waiting %s for the rate limit of %s calls", left.Round(time.Second), class)
}
