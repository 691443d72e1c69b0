package emulator_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

func TestExactSleep(t *testing.T) {
	for _, d := range []time.Duration{-time.Second, 0, 300 * time.Microsecond, 3 * time.Millisecond} {
		start := time.Now()
		if err := emulator.ExactSleep(t.Context(), d); err != nil || time.Since(start) < d {
			t.Errorf("%s: ended after %s: %v", d, time.Since(start), err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, d := range []time.Duration{0, 300 * time.Microsecond, time.Hour} {
		if err := emulator.ExactSleep(ended, d); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: interrupted: %v", d, err)
		}
	}
}
