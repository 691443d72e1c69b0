package cli

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// streamFolder holds the tenants of [benchState] as one document each. The value of
// the attribute "plan" is theirs, or another one.
func streamFolder(b *testing.B, tenants int, plan, last string) string {
	b.Helper()
	folder := b.TempDir()
	file, err := os.Create(filepath.Join(folder, "descope.yaml"))
	if err != nil {
		b.Fatal(err)
	}
	out := bufio.NewWriter(file)
	fmt.Fprintln(out, `version: "1.0"`)
	for i := range tenants {
		fmt.Fprintf(out, "---\ntenant:\n  id: tenant-%05d\n  name: Tenant %05d\n  self_provisioning_domains: [a%d.example.com, b%d.example.com]\n"+
			"  custom_attributes: { plan: %s, region: us-east, seats: %d }\n", i, i, i, i, plan, i)
	}
	fmt.Fprint(out, last)
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	return folder
}

// BenchmarkValidate100000 measures validate of a stream of 100,000 tenants: the whole
// process, its peak memory, and the processor time of all its threads.
func BenchmarkValidate100000(b *testing.B) {
	program := buildForBench(b)
	folder := streamFolder(b, 100_000, "enterprise", "")
	var runs []measured
	for b.Loop() {
		runs = append(runs, measure(b, program, folder, "", "validate"))
	}
	reportRuns(b, runs)
}

// BenchmarkValidate100000Mistake measures the same with a tenant at the end whose name
// another one has, so that the files are read twice.
func BenchmarkValidate100000Mistake(b *testing.B) {
	program := buildForBench(b)
	folder := streamFolder(b, 100_000, "enterprise", "---\ntenant: { id: last, name: Tenant 00007 }\n")
	var runs []measured
	for b.Loop() {
		cmd := exec.Command(program, "validate")
		cmd.Dir = folder
		start := time.Now()
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "descope.yaml:600003:27: the name \"Tenant 00007\" already stands at descope.yaml:47:9") {
			b.Fatalf("%v: %.2000s", err, out)
		}
		runs = append(runs, accounted(cmd, start))
	}
	reportRuns(b, runs)
}

// BenchmarkPlan100000 measures a plan of 100,000 tenants against 100,000 live ones
// without changes: the process of the command, not the emulator.
func BenchmarkPlan100000(b *testing.B) { benchPlanOfStream(b, "enterprise") }

// BenchmarkPlan100000AllChanged measures the same where each of them is to be updated.
func BenchmarkPlan100000AllChanged(b *testing.B) { benchPlanOfStream(b, "premium") }

func benchPlanOfStream(b *testing.B, plan string) {
	b.Helper()
	const tenants = 100_000
	program := buildForBench(b)
	folder := streamFolder(b, tenants, plan, "")
	url := emulatorProcess(b, program, benchState(tenants))
	var runs []measured
	for b.Loop() {
		runs = append(runs, measure(b, program, folder, url, "plan", "--rate-limits", "off"))
	}
	reportRuns(b, runs)
}

// emulatorProcess starts an emulator as a process of its own, as users do. In this one, its
// tenants would count as memory of every command that is started here.
func emulatorProcess(b *testing.B, program string, state []byte, flags ...string) (url string) {
	b.Helper()
	seed := filepath.Join(b.TempDir(), "seed.json")
	if err := os.WriteFile(seed, state, 0o600); err != nil {
		b.Fatal(err)
	}
	args := []string{"emulator", "--listen", "127.0.0.1:0", "--project", scriptProject + "=" + scriptKey, "--seed", seed}
	cmd := exec.Command(program, append(args, flags...)...)
	out, err := cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	cmd.Stdout = cmd.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, address, found := strings.Cut(lines.Text(), "API at "); found {
			url, _, _ = strings.Cut(address, ";")
			return url
		}
	}
	b.Fatal("the emulator did not say where it is")
	return ""
}
