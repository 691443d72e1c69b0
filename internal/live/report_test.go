package live_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/live"
)

var update = flag.Bool("update", false, "write what the emulator answers into testdata")

// record asks every probe on a host.
func record(t *testing.T, h *host) live.Report {
	t.Helper()
	recorder := live.NewRecorder(h.api, h.run, h.cleaner)
	report := live.Report{Host: h.target.Host()}
	for _, probe := range live.Probes() {
		if h.ctx.Err() != nil {
			t.Fatal(context.Cause(h.ctx))
		}
		var finding live.Finding
		t.Run(probe.ID, func(t *testing.T) { // so that it cleans up before the next one
			var err error
			if finding, err = recorder.Ask(h.ctx, t, probe); err != nil {
				t.Fatal(err)
			}
		})
		report.Answers = append(report.Answers, finding)
	}
	return report
}

// recordEmulator is what an emulator answers, checked for everything that the
// report may not hold.
func recordEmulator(t *testing.T, options emulator.Options) (live.Report, string) {
	t.Helper()
	h := newHost(t.Context(), t, emulated(t, options))
	report := record(t, h)
	report.Host = live.EmulatorHost
	text, err := report.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{emulatedKey, emulatedProject, h.run.Prefix, h.run.Marker, "127.0.0.1"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the report holds %q", secret)
		}
	}
	return report, string(text)
}

// The emulator's answers are kept, so that a change of them is seen, and can be
// compared with those of the service.
func TestEmulatorReport(t *testing.T) {
	if err := live.CheckProbes(live.Probes()); err != nil {
		t.Fatal(err)
	}
	report, got := recordEmulator(t, emulator.Options{})
	for _, one := range report.Answers {
		if one.Problem != "" && !one.NotEmulated {
			t.Errorf("%s: %s", one.ID, one.Problem)
		}
	}
	path := filepath.Join("testdata", "emulator-report.json")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, err := live.ParseReport(kept)
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != got {
		t.Errorf("the emulator answers otherwise than %s says; if that is meant, run: go test ./internal/live -run TestEmulatorReport -update\n%s", path, live.Compare(before, report))
	}
}
