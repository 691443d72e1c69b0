package config

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// manyTenants is a configuration of typical tenants.
func manyTenants(n int) []byte {
	var out bytes.Buffer
	out.WriteString("version: \"1.0\"\ntenants:\n")
	for i := range n {
		fmt.Fprintf(&out, `  - id: "tenant-%05d"
    name: "Tenant Number %05d"
    domains: ["t%05d.example.com", "t%05d.example.net"]
    self_provisioning: true
    custom_attributes:
      plan: "enterprise"
      region: us-east
      seats: %d
`, i, i, i, i, i)
	}
	return out.Bytes()
}

func writeFile(t testing.TB, folder, name string, content []byte) {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func benchmarkLoad(b *testing.B, tenants int) {
	b.Helper()
	folder := b.TempDir()
	writeFile(b, folder, "descope.yaml", manyTenants(tenants))
	b.ReportAllocs()
	for b.Loop() {
		cfg, err := Load(context.Background(), Options{WorkDir: folder})
		if err != nil {
			b.Fatal(err)
		}
		if got := len(cfg.Desired("")); got != tenants {
			b.Fatalf("%d tenants, want %d", got, tenants)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(tenants), "µs/tenant")
}

// BenchmarkLoad500 is the work of a large team: 500 tenants in one file.
func BenchmarkLoad500(b *testing.B) { benchmarkLoad(b, 500) }

// BenchmarkLoad10000 shows that the time grows with the number of tenants only.
func BenchmarkLoad10000(b *testing.B) { benchmarkLoad(b, 10000) }

// BenchmarkLoadStream10000 reads the same tenants as one document each.
func BenchmarkLoadStream10000(b *testing.B) {
	const tenants = 10000
	folder := b.TempDir()
	var out bytes.Buffer
	out.WriteString("version: \"1.0\"\n")
	for i := range tenants {
		fmt.Fprintf(&out, "---\ntenant:\n  id: tenant-%05d\n  name: Tenant Number %05d\n  custom_attributes: { plan: enterprise, seats: %d }\n", i, i, i)
	}
	writeFile(b, folder, "descope.yaml", out.Bytes())
	b.ReportAllocs()
	for b.Loop() {
		cfg, err := Load(context.Background(), Options{WorkDir: folder})
		if err != nil {
			b.Fatal(err)
		}
		if got := len(cfg.Desired("")); got != tenants {
			b.Fatalf("%d tenants, want %d", got, tenants)
		}
	}
}

// childVariable makes the test program load one file and say how much memory
// it took at most.
const childVariable = "DESCOPE_MGMT_TEST_LOAD"

func TestMain(m *testing.M) {
	if path, child := os.LookupEnv(childVariable); child {
		os.Exit(loadAndReport(path))
	}
	os.Exit(m.Run())
}

func loadAndReport(path string) int {
	if _, err := Load(context.Background(), Options{WorkDir: "/", Paths: []string{path}}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for line := range strings.Lines(string(status)) {
		if peak, found := strings.CutPrefix(line, "VmHWM:"); found {
			fmt.Println(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(peak), "kB")))
		}
	}
	return 0
}

// BenchmarkPeak10000 measures the most memory that a process needs to load
// 10,000 tenants from one file: everything that is resident, the program too.
func BenchmarkPeak10000(b *testing.B) {
	folder := b.TempDir()
	writeFile(b, folder, "descope.yaml", manyTenants(10000))
	most := 0
	for b.Loop() {
		child := exec.CommandContext(b.Context(), os.Args[0])
		child.Env = append(os.Environ(), childVariable+"="+filepath.Join(folder, "descope.yaml"))
		out, err := child.Output()
		if err != nil {
			b.Skipf("no peak on this system: %v", err)
		}
		peak, err := strconv.Atoi(strings.TrimSpace(string(out)))
		if err != nil {
			b.Fatal(err)
		}
		most = max(most, peak)
	}
	b.ReportMetric(float64(most)/1024, "peak-MiB")
}

// TestLiveHeap bounds what a loaded configuration keeps.
func TestLiveHeap(t *testing.T) {
	const tenants = 1000
	folder := t.TempDir()
	writeFile(t, folder, "descope.yaml", manyTenants(tenants))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	cfg, err := Load(context.Background(), Options{WorkDir: folder})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	kept := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d tenants keep %d KiB", tenants, kept>>10)
	if kept > 5<<20 {
		t.Errorf("%d tenants keep %d bytes, want at most 5 MiB", tenants, kept)
	}
	runtime.KeepAlive(cfg)
}
