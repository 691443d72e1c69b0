package applied_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/applied"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// many are changes of so many tenants, of ordinary size.
func many(number int) func(yield func(resource.Address, applied.Change) bool) {
	return func(yield func(resource.Address, applied.Change) bool) {
		for i := range number {
			values := map[string]resource.Value{
				"name": resource.StringValue(fmt.Sprintf("Tenant %d", i)), "disabled": "false", "enforce_sso": "false",
				"self_provisioning_domains": resource.StringsValue([]string{fmt.Sprintf("tenant-%d.example", i)}),
				"default_roles":             "[]", "role_inheritance": `""`, "enforce_sso_exclusions": "[]", "federated_app_ids": "[]",
				"custom_attributes.plan": `"enterprise"`, "custom_attributes.seats": resource.Value(fmt.Sprint(i)),
			}
			change := applied.Change{Object: drift.Object{Values: values, Managed: []string{"custom_attributes.plan", "name"}}}
			if !yield(resource.NewAddress(resource.KindTenant, fmt.Sprintf("tenant-%06d", i)), change) {
				return
			}
		}
	}
}

// BenchmarkRecords measures the records of 100,000 tenants: written for the first
// time, refreshed where nothing differs, and read.
func BenchmarkRecords(b *testing.B) {
	const tenants = 100_000
	batch := func(run string) applied.Batch {
		return applied.Batch{At: testTime, RunID: run, Changes: many(tenants)}
	}
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			records := open(b.TempDir(), "")
			if err := records.Update(b.Context(), batch("one")); err != nil {
				b.Fatal(err)
			}
			info, err := os.Stat(records.Path())
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(info.Size())/(1<<20), "MB")
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/op")
	})
	records := open(b.TempDir(), "")
	if err := records.Update(b.Context(), batch("one")); err != nil {
		b.Fatal(err)
	}
	b.Run("refresh", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := records.Update(b.Context(), batch("two")); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/op")
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if found, err := records.Read(); err != nil || len(found.Objects) != tenants {
				b.Fatal(len(found.Objects), err)
			}
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/op")
	})
}
