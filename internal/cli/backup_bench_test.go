package cli

import (
	"encoding/json"
	"math"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// seededEmulator is an emulated project of that many tenants.
func seededEmulator(b *testing.B, tenants int, options emulator.Options) string {
	b.Helper()
	seed, err := emulator.ParseSeed(benchState(tenants))
	if err != nil {
		b.Fatal(err)
	}
	options.Seed = &seed
	return startTestEmulator(b, options)
}

// BenchmarkBackup10000 measures what the automatic backup of 10,000 tenants
// costs: the same change of one tenant with it and without, and the peak memory
// of both.
func BenchmarkBackup10000(b *testing.B) {
	program := buildForBench(b)
	folder, url := b.TempDir(), seededEmulator(b, 10_000, emulator.Options{})
	var with, without []measured
	for i := 0; b.Loop(); i++ {
		name := []string{"A", "B"}[i%2]
		args := []string{"tenant", "update", "tenant-00001", "--yes", "--rate-limits", "off", "--name"}
		with = append(with, measure(b, program, folder, url, append(args, name)...))
		without = append(without, measure(b, program, folder, url, append(args, name+"2", "--no-backup")...))
	}
	byTime := func(x, y measured) int { return int(x.wall - y.wall) }
	bySize := func(x, y measured) int { return int(x.rss - y.rss) }
	slices.SortFunc(with, byTime)
	slices.SortFunc(without, byTime)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64((with[len(with)/2].wall - without[len(without)/2].wall).Milliseconds()), "ms/backup")
	b.ReportMetric(float64(slices.MaxFunc(with, bySize).rss-slices.MaxFunc(without, bySize).rss)/1e6, "MB/backup")
	b.ReportMetric(float64(slices.MaxFunc(with, bySize).rss)/1e6, "peak-MB")
}

// BenchmarkBackupVerify10000 measures the whole command that checks a backup of
// 10,000 tenants.
func BenchmarkBackupVerify10000(b *testing.B) {
	program := buildForBench(b)
	folder, url := b.TempDir(), seededEmulator(b, 10_000, emulator.Options{})
	measure(b, program, folder, url, "tenant", "update", "tenant-00001", "--name", "X", "--yes", "--rate-limits", "off")
	var runs []measured
	for b.Loop() {
		runs = append(runs, measure(b, program, folder, url, "backup", "verify"))
	}
	reportRuns(b, runs)
}

// BenchmarkBackupCreate100 measures a backup of everything that 100 tenants have,
// at 50 ms of latency, and how far the duration that is said beforehand is off.
func BenchmarkBackupCreate100(b *testing.B) {
	program := buildForBench(b)
	folder, url := b.TempDir(), seededEmulator(b, 100, emulator.Options{Latency: 50 * time.Millisecond})
	var errors []float64
	for b.Loop() {
		cmd := exec.Command(program, "backup", "create", "--format", "json", "--rate-limits", "off")
		cmd.Dir = folder
		cmd.Env = []string{
			"HOME=" + folder, "DESCOPE_PROJECT_ID=" + scriptProject, "DESCOPE_MANAGEMENT_KEY=" + scriptKey, "DESCOPE_BASE_URL=" + url,
		}
		out, err := cmd.Output()
		var made backupMade
		if err == nil {
			err = json.Unmarshal(out, &made)
		}
		if err != nil || made.Calls != made.CallsEstimate || made.Tenants != 100 {
			b.Fatalf("%v: %s", err, out)
		}
		errors = append(errors, 100*math.Abs(float64(made.DurationEstimateMS-made.DurationMS))/float64(made.DurationMS))
	}
	slices.Sort(errors)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(errors[len(errors)/2], "%-off")
	b.ReportMetric(errors[len(errors)-1], "%-off-at-most")
}
