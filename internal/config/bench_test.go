package config

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
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
