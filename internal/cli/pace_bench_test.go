package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// pacedFolder holds a configuration of that many tenants under these limits.
func pacedFolder(b *testing.B, tenants int, performance string) string {
	b.Helper()
	var text strings.Builder
	fmt.Fprintf(&text, "version: \"1.0\"\nperformance: %s\ntenants:\n", performance)
	for i := range tenants {
		fmt.Fprintf(&text, "  - { id: tenant-%05d, name: Tenant %05d }\n", i, i)
	}
	folder := b.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "descope.yaml"), []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	return folder
}

// refusedCalls is how many calls the emulator has answered with 429.
func refusedCalls(b *testing.B, url string) int {
	b.Helper()
	answer := controlEmulator(b, http.MethodGet, url, "stats", "")
	var stats struct {
		Classes []struct {
			Limited int `json:"limited"`
		} `json:"classes"`
	}
	if err := json.Unmarshal(answer, &stats); err != nil {
		b.Fatal(err)
	}
	sum := 0
	for _, class := range stats.Classes {
		sum += class.Limited
	}
	return sum
}

func mustLimits(b *testing.B, text string) emulator.Limits {
	b.Helper()
	limits, err := emulator.ParseLimits([]string{text})
	if err != nil {
		b.Fatal(err)
	}
	return limits
}

// BenchmarkCreate100Slow measures a whole sync that creates 100 tenants at
// 500 ms of latency under the limits of the profile seed: the optimum is a list,
// ten rounds and a list, 6.0 s.
func BenchmarkCreate100Slow(b *testing.B) {
	benchPaced(b, 100, "{ max_workers: 10 }", emulator.Options{Latency: 500 * time.Millisecond, Limits: mustLimits(b, "seed")}, 6)
}

// BenchmarkCreate500Limited measures a whole sync that creates 500 tenants under
// a limit of 50 calls in 3 s, at a latency of 0 to 400 ms. The optimum is
// calls × (window + mean latency) / limit.
func BenchmarkCreate500Limited(b *testing.B) {
	options := emulator.Options{LatencyJitter: 400 * time.Millisecond, Limits: mustLimits(b, "tenant=50/3s")}
	benchPaced(b, 500, "{ rate_limit_buffer: 1.0, rate_limits: { tenant: 50/3s } }", options, 502*(3+0.2)/50)
}

// BenchmarkCreate100Near measures a whole sync that creates 100 tenants at 50 ms
// with no limit in the way: the optimum is 0.6 s.
func BenchmarkCreate100Near(b *testing.B) {
	benchPaced(b, 100, "{ rate_limits: off }", emulator.Options{Latency: 50 * time.Millisecond}, 0.6)
}

func benchPaced(b *testing.B, tenants int, performance string, options emulator.Options, optimum float64) {
	b.Helper()
	program := buildForBench(b)
	var runs []measured
	refused := 0
	for b.Loop() {
		folder, url := pacedFolder(b, tenants, performance), startTestEmulator(b, options)
		runs = append(runs, measure(b, program, folder, url, "tenant", "sync", "--yes"))
		refused += refusedCalls(b, url)
	}
	reportRuns(b, runs)
	b.ReportMetric(runs[len(runs)/2].wall.Seconds()/optimum, "of-optimum")
	b.ReportMetric(float64(refused), "refused")
}

// BenchmarkTwoProcesses measures two syncs of 250 tenants each at once, to two
// projects of one host, that share one budget through its file.
func BenchmarkTwoProcesses(b *testing.B) {
	program := buildForBench(b)
	const other = "P2scriptscriptscriptscript002"
	optimum := 504 * (3 + 0.2) / 50
	refused, slowest := 0, time.Duration(0)
	for b.Loop() {
		folder := pacedFolder(b, 250, "{ rate_limit_buffer: 1.0, rate_limits: { tenant: 50/3s } }")
		url := startTestEmulator(b, emulator.Options{
			LatencyJitter: 400 * time.Millisecond, Limits: mustLimits(b, "tenant=50/3s"),
			Projects: []emulator.Project{{ID: other, ManagementKey: scriptKey}},
		})
		start := time.Now()
		var both sync.WaitGroup
		for _, project := range []string{scriptProject, other} {
			both.Go(func() { measure(b, program, folder, url, "tenant", "sync", "--yes", "--project-id", project) })
		}
		both.Wait()
		slowest = max(slowest, time.Since(start))
		refused += refusedCalls(b, url)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(slowest.Seconds(), "s/both")
	b.ReportMetric(slowest.Seconds()/optimum, "of-optimum")
	b.ReportMetric(float64(refused), "refused")
}
