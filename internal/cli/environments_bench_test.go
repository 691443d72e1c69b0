package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// benchEnvironments are the user's, in promotion order; prod is protected.
var benchEnvironments = []string{"test", "devtest", "dev", "staging", "prod"}

const (
	benchFlows   = 50
	benchLatency = 50 * time.Millisecond
	// benchReads is how many calls one environment takes: two lists, and an export of
	// each flow.
	benchReads = 2 + benchFlows
)

// BenchmarkReadAllEnvironments measures a whole command that compares five
// environments of 1,000 tenants and 50 flows each with the configuration, at 50 ms of
// latency and ten calls in flight: without limits, under the profiles (where prod is
// protected and has the strictest), and under a limit that rules. The optimum is what
// the limits allow; the estimate is the one that is printed before the reads.
func BenchmarkReadAllEnvironments(b *testing.B) {
	program := buildForBench(b)
	folder, state := benchEverywhere(b, program, 1000)
	calls := len(benchEnvironments) * benchReads
	rounds := time.Duration((calls + 9) / 10)
	other := calls - len(benchEnvironments)
	const window, limit = 3 * time.Second, 40 // 0.8 × 50
	for _, run := range []struct {
		name    string
		limits  string // of the emulator
		flags   []string
		optimum time.Duration
	}{
		{"unlimited", "off", []string{"--rate-limits", "off"}, rounds * benchLatency},
		{"profiles", "seed", nil, rounds * benchLatency},
		{"limited", "other=50/3s", []string{"--rate-limits", "tenant=off,other=50/3s"}, time.Duration((other-1)/limit)*(window+benchLatency) + 2*benchLatency},
	} {
		b.Run(run.name, func(b *testing.B) {
			flags := []string{"--latency", benchLatency.String(), "--rate-limit", run.limits}
			for _, project := range benchProjects() {
				flags = append(flags, "--project", project.ID+"="+scriptKey)
			}
			url := emulatorProcess(b, program, state, flags...)
			var took, foretold, bare []float64
			for b.Loop() {
				b.StopTimer()
				home := b.TempDir() // with no calls that count already
				if run.limits == "off" {
					bare = append(bare, bareReads(b, url).Seconds())
				} else { // no calls count already
					controlEmulator(b, http.MethodPost, url, "reset", "")
				}
				b.StartTimer()
				wall, estimate := measureReads(b, program, folder, home, url, append([]string{"drift", "detect", "--all-environments"}, run.flags...)...)
				took, foretold = append(took, wall.Seconds()), append(foretold, estimate.Seconds()/wall.Seconds()-1)
			}
			slices.Sort(took)
			slices.Sort(bare)
			slices.SortFunc(foretold, func(x, y float64) int { return int(1e6 * (x*x - y*y)) })
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(took[len(took)/2], "s/command")
			b.ReportMetric(run.optimum.Seconds(), "s/optimum")
			if len(bare) > 0 {
				b.ReportMetric(bare[len(bare)/2], "s/bare")
			}
			b.ReportMetric(took[len(took)/2]/run.optimum.Seconds(), "of-optimum")
			b.ReportMetric(100*foretold[len(foretold)-1], "%/worst-estimate")
			b.ReportMetric(float64(refusedCalls(b, url)), "refused")
		})
	}
}

func benchProjects() []emulator.Project {
	var projects []emulator.Project
	for i := range benchEnvironments {
		projects = append(projects, emulator.Project{ID: benchProject(i), ManagementKey: scriptKey})
	}
	return projects
}

func benchProject(i int) string { return fmt.Sprintf("P2bench%023d", i) }

// benchEverywhere gives a folder with a configuration, and the state of an emulator
// that matches it.
func benchEverywhere(b *testing.B, program string, tenants int) (folder string, state []byte) {
	b.Helper()
	folder = benchFolder(b, tenants)
	path := filepath.Join(folder, "descope.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	text = append(text, "flows:\n"...)
	for i := range benchFlows {
		text = fmt.Appendf(text, "  - { id: login-%02d, template: mfa-login, name: Login %02d }\n", i, i)
	}
	text = append(text, "environments:\n"...)
	seed := emulator.State{}
	one, err := emulator.ParseSeed(benchState(tenants))
	if err != nil {
		b.Fatal(err)
	}
	for i, name := range benchEnvironments {
		text = fmt.Appendf(text, "  %s: { project_id: %s }\n", name, benchProject(i))
		project := one.Projects[0]
		project.ID = benchProject(i)
		seed.Projects = append(seed.Projects, project)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		b.Fatal(err)
	}
	url := startTestEmulator(b, emulator.Options{Seed: &seed, Projects: benchProjects()})
	measureReads(b, program, folder, b.TempDir(), url, "flow", "deploy", "--all-environments", "--yes", "--rate-limits", "off", "--confirm-environment", "prod", "--no-input")
	return folder, controlEmulator(b, http.MethodGet, url, "state", "")
}

// bareReads makes the calls of the command as fast as this machine can, ten at a time, and
// throws the answers away: the yardstick for what the rest of the command costs.
func bareReads(b *testing.B, url string) time.Duration {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 10}}
	defer client.CloseIdleConnections()
	call := func(method, path, body string, project int) error {
		request, err := http.NewRequestWithContext(b.Context(), method, url+path, strings.NewReader(body))
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer "+benchProject(project)+":"+scriptKey)
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		if response.StatusCode != http.StatusOK {
			return errors.New(response.Status)
		}
		_, err = io.Copy(io.Discard, response.Body)
		return err
	}
	start := time.Now()
	calls := errgroup.Group{}
	calls.SetLimit(10)
	for i := range benchEnvironments {
		calls.Go(func() error { return call(http.MethodPost, "/v1/mgmt/flow/list", "{}", i) })
		calls.Go(func() error { return call(http.MethodGet, "/v1/mgmt/tenant/all", "", i) })
	}
	for i := range benchEnvironments {
		for flow := range benchFlows {
			calls.Go(func() error {
				return call(http.MethodPost, "/v2/mgmt/flow/export", fmt.Sprintf(`{"flowId":"login-%02d"}`, flow), i)
			})
		}
	}
	if err := calls.Wait(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

var estimateLine = regexp.MustCompile(`(?m)^Reading 5 environments: 260 calls, about (\S+)$`)

// measureReads runs the program, and gives how long it took and how long it said
// that it would take.
func measureReads(b *testing.B, program, folder, home, url string, args ...string) (took, estimate time.Duration) {
	b.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = folder
	cmd.Env = []string{"HOME=" + home, "DESCOPE_MANAGEMENT_KEY=" + scriptKey, "DESCOPE_BASE_URL=" + url}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	if err := cmd.Run(); err != nil {
		b.Fatalf("%v: %v\n%.2000s\n%.2000s", args, err, errs.String(), out.String())
	}
	took = time.Since(start)
	if args[0] != "drift" {
		return took, 0
	}
	found := estimateLine.FindStringSubmatch(errs.String())
	if found == nil || strings.Count(out.String(), "No drift") != len(benchEnvironments) {
		b.Fatalf("%v:\n%.2000s\n%.2000s", args, errs.String(), out.String())
	}
	estimate, err := time.ParseDuration(found[1])
	if err != nil {
		b.Fatal(err)
	}
	return took, estimate
}
