package cli

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// slowHand answers after a long while, by the clock that the app reads.
type slowHand struct {
	answer *strings.Reader
	later  *atomic.Int64
	by     time.Duration
}

func (s slowHand) Read(p []byte) (int, error) {
	s.later.Add(int64(s.by))
	return s.answer.Read(p)
}

func TestTheTimeOfARunLeavesOutWhoWasAsked(t *testing.T) {
	app, out, errs := person(t, startTestEmulator(t, emulator.Options{}), "version: \"1.0\"\ntenants: [{ id: acme, name: Acme }]\n")
	var later atomic.Int64
	app.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	app.In = slowHand{strings.NewReader("yes\n"), &later, time.Hour}
	if got := app.Run(t.Context(), []string{"apply", "--format", "json"}); got != StatusOK {
		t.Fatalf("status %d\n%s%s", got, out, errs)
	}
	var report resource.Report
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	if took := time.Duration(report.DurationMS) * time.Millisecond; later.Load() == 0 || took >= time.Hour {
		t.Errorf("the run took %s, of which somebody has read the plan for %s", took, time.Duration(later.Load()))
	}
}
