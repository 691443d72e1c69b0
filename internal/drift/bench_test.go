package drift_test

import (
	"fmt"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// BenchmarkDetect compares one environment of 1,000 tenants and 50 flows in which
// nothing differs: what a nightly job does most often.
func BenchmarkDetect(b *testing.B) {
	in := input(nil)
	in.Applied = drift.Applied{Known: true, Objects: map[resource.Address]drift.Object{}}
	for i := range 1000 {
		id := fmt.Sprintf("tenant-%04d", i)
		in.Live = append(in.Live, tenant(b, `{"id":"`+id+`","name":"Name","selfProvisioningDomains":["`+id+`.com"],"customAttributes":{"plan":"pro"}}`))
		in.Desired = append(in.Desired, want(id, "name", `"Name"`, "self_provisioning_domains", `["`+id+`.com"]`, "custom_attributes:plan", `"pro"`))
		in.Applied.Objects[resource.NewAddress(resource.KindTenant, id)] = applied("name", `"Name"`, "self_provisioning_domains", `["`+id+`.com"]`, "custom_attributes.plan", `"pro"`)
	}
	in.Flows = plan.Flows{Manage: resource.Manage{Configured: true}}
	for i := range 50 {
		form := document(b, fmt.Sprintf("flow-%02d", i))
		in.Flows.Live = append(in.Flows.Live, liveFlow(b, form))
		in.Flows.Desired = append(in.Flows.Desired, wantFlow(form))
		in.Applied.Objects[in.Flows.Desired[i].Address()] = drift.Object{Document: form}
	}
	for b.Loop() {
		if result, err := drift.Detect(in); err != nil || len(result.Findings) > 0 {
			b.Fatalf("%v %+v", err, result.Findings)
		}
	}
	b.ReportMetric(1050/b.Elapsed().Seconds()*float64(b.N), "objects/s")
}
