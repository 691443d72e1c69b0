package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// buildForBench builds the program as it is shipped and returns its path.
func buildForBench(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "descope-mgmt")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, "../../cmd/descope-mgmt")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// benchFolder holds a configuration of that many tenants, each with a name, two
// domains and three attributes.
func benchFolder(b *testing.B, tenants int) string {
	b.Helper()
	var text strings.Builder
	text.WriteString("version: \"1.0\"\ntenants:\n")
	for i := range tenants {
		fmt.Fprintf(&text, "  - id: tenant-%05d\n    name: Tenant %05d\n    self_provisioning_domains: [a%d.example.com, b%d.example.com]\n"+
			"    custom_attributes: { plan: enterprise, region: us-east, seats: %d }\n", i, i, i, i, i)
	}
	folder := b.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "descope.yaml"), []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	return folder
}

// measured is one run of the program as the operating system accounts it.
type measured struct {
	wall time.Duration
	work time.Duration // processor time of all threads
	rss  int64         // peak resident bytes
}

func measure(b *testing.B, program, folder, url string, args ...string) measured {
	b.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = folder
	cmd.Env = []string{
		"HOME=" + folder, "DESCOPE_PROJECT_ID=" + scriptProject, "DESCOPE_MANAGEMENT_KEY=" + scriptKey, "DESCOPE_BASE_URL=" + url,
	}
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %v\n%.2000s", args, err, out)
	}
	return accounted(cmd, start)
}

// accounted is a command that has ended.
func accounted(cmd *exec.Cmd, start time.Time) measured {
	return measured{
		wall: time.Since(start), rss: residentPeak(cmd),
		work: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
	}
}

func reportRuns(b *testing.B, runs []measured) {
	b.Helper()
	slices.SortFunc(runs, func(x, y measured) int { return int(x.wall - y.wall) })
	peak := slices.MaxFunc(runs, func(x, y measured) int { return int(x.rss - y.rss) })
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(runs[len(runs)/2].wall.Microseconds())/1000, "ms/command")
	b.ReportMetric(float64(runs[len(runs)/2].work.Microseconds())/1000, "cpu-ms/command")
	b.ReportMetric(float64(peak.rss)/1e6, "peak-MB")
}

// BenchmarkHelp measures the whole process of --help, warm.
func BenchmarkHelp(b *testing.B) {
	program := buildForBench(b)
	folder := b.TempDir()
	measure(b, program, folder, "", "--help")
	var runs []measured
	for b.Loop() {
		runs = append(runs, measure(b, program, folder, "", "--help"))
	}
	reportRuns(b, runs)
}

// BenchmarkCreate100 measures a whole sync that creates 100 tenants, without
// limit or latency.
func BenchmarkCreate100(b *testing.B) {
	program := buildForBench(b)
	var runs []measured
	for b.Loop() {
		b.StopTimer()
		folder, url := benchFolder(b, 100), startTestEmulator(b, emulator.Options{})
		b.StartTimer()
		runs = append(runs, measure(b, program, folder, url, "tenant", "sync", "--yes"))
	}
	reportRuns(b, runs)
}

// BenchmarkNoOpPlan100 measures a whole plan of 100 tenants without changes at
// 50 ms of latency.
func BenchmarkNoOpPlan100(b *testing.B) {
	benchNoOp(b, 100, 50*time.Millisecond)
}

// BenchmarkNoOpPlan10000 measures a whole plan of 10,000 tenants against
// 10,000 without changes, and its peak memory.
func BenchmarkNoOpPlan10000(b *testing.B) {
	benchNoOp(b, 10_000, 0)
}

func benchNoOp(b *testing.B, tenants int, latency time.Duration) {
	b.Helper()
	program := buildForBench(b)
	folder := benchFolder(b, tenants)
	seed, err := emulator.ParseSeed(benchState(tenants))
	if err != nil {
		b.Fatal(err)
	}
	url := startTestEmulator(b, emulator.Options{Latency: latency, Seed: &seed})
	var runs []measured
	for b.Loop() {
		runs = append(runs, measure(b, program, folder, url, "plan", "--rate-limits", "off"))
	}
	reportRuns(b, runs)
}

func benchState(tenants int) []byte {
	var text strings.Builder
	fmt.Fprintf(&text, `{"projects":[{"id":%q,"tenants":[`, scriptProject)
	for i := range tenants {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, `{"id":"tenant-%05d","name":"Tenant %05d","selfProvisioningDomains":["a%d.example.com","b%d.example.com"],`+
			`"customAttributes":{"plan":"enterprise","region":"us-east","seats":%d},"createdTime":1700000000}`, i, i, i, i, i)
	}
	text.WriteString("]}]}")
	return []byte(text.String())
}
