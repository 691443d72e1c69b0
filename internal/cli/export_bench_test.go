package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// manyLive is an exporter that has read a project of many tenants.
func manyLive(b *testing.B, count int) *exporter {
	b.Helper()
	app := &App{WorkDir: b.TempDir(), Now: time.Now, redact: newRedactor(nil, nil)}
	x := &exporter{session: &session{app: app, target: config.Target{ProjectID: scriptProject}}, kinds: exportKinds{tenants: true}}
	for i := range count {
		live, err := resource.ParseTenant(fmt.Appendf(nil, `{"id":"tenant-%d","name":"Tenant %d","selfProvisioningDomains":["d%d.com"],"customAttributes":{"plan":"pro","seats":%d}}`, i, i, i, i))
		if err != nil {
			b.Fatal(err)
		}
		x.live = append(x.live, live)
	}
	return x
}

// BenchmarkExport makes a valid configuration of what was read, without the calls; one
// tenant of it has a domain that validation refuses.
func BenchmarkExport(b *testing.B) {
	for _, count := range []int{1000, 10000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			x := manyLive(b, count)
			x.live[count/2], _ = resource.ParseTenant([]byte(`{"id":"public","name":"P","selfProvisioningDomains":["gmail.com"]}`))
			for b.Loop() {
				x.left = nil
				if err := x.build(); err != nil {
					b.Fatal(err)
				}
				if err := x.settle(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*count), "µs/tenant")
		})
	}
}

// BenchmarkExportAgain brings one edit in the console into a configuration of many
// tenants, without the calls.
func BenchmarkExportAgain(b *testing.B) {
	for _, count := range []int{1000, 10000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			x := manyLive(b, count)
			if err := x.build(); err != nil {
				b.Fatal(err)
			}
			texts, err := x.configFiles(configHead{}, false)
			if err != nil {
				b.Fatal(err)
			}
			edited := strings.Replace(texts[0].text, "name: Tenant 7\n", "name: Before\n", 1)
			if err := os.WriteFile(filepath.Join(x.app.WorkDir, configName), []byte(edited), 0o600); err != nil {
				b.Fatal(err)
			}
			if x.config, err = config.Load(b.Context(), x.app.configOptions(need{editing: true})); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				merged, err := x.merge(b.Context())
				if err != nil || len(merged.edits) != 1 || len(merged.remaining) > 0 {
					b.Fatal("not one edit: ", err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*count), "µs/tenant")
		})
	}
}
