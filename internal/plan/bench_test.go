package plan_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// BenchmarkMake10000NoChange measures pure planning of 10,000 configured
// tenants against 10,000 live ones of which none differs: a name, two domains
// and three attributes each.
func BenchmarkMake10000NoChange(b *testing.B) {
	const count = 10_000
	in := plan.Input{ProjectID: "P2bench", Host: "api.descope.com", Manage: resource.Manage{Configured: true}, Thresholds: plan.DefaultThresholds()}
	for i := range count {
		raw := json.RawMessage(fmt.Sprintf(`{"id":"tenant-%05d","name":"Tenant %05d","selfProvisioningDomains":["a%05d.example.com","b%05d.example.com"],`+
			`"customAttributes":{"plan":"enterprise","region":"us-east","seats":%d},"authType":"none","domains":[],"createdTime":1731240000,`+
			`"disabled":false,"enforceSSO":false,"enforceSSOExclusions":["U2aaaaaaaaaaaaaaaaaaaaaaaaaaa","U2bbbbbbbbbbbbbbbbbbbbbbbbbbb"],`+
			`"federatedAppIds":["SA2ccccccccccccccccccccccccccc"],"parent":"","successors":[],"defaultRoles":["Viewer"],"roleInheritance":"none"}`, i, i, i, i, i))
		live, err := resource.ParseTenant(raw)
		if err != nil {
			b.Fatal(err)
		}
		in.Live = append(in.Live, live)
		in.Desired = append(in.Desired, resource.Desired{
			Kind: resource.KindTenant, ID: fmt.Sprintf("tenant-%05d", i), Source: resource.Position{File: "descope.yaml", Line: i + 1, Column: 5},
			Fields: []resource.DesiredField{
				{Path: resource.Path{Field: "custom_attributes", Key: "plan"}, Value: resource.StringValue("enterprise")},
				{Path: resource.Path{Field: "custom_attributes", Key: "region"}, Value: resource.StringValue("us-east")},
				{Path: resource.Path{Field: "custom_attributes", Key: "seats"}, Value: resource.Value(fmt.Sprint(i))},
				{Path: resource.Path{Field: "name"}, Value: resource.StringValue(fmt.Sprintf("Tenant %05d", i))},
				{Path: resource.Path{Field: "self_provisioning_domains"}, Value: resource.StringsValue([]string{
					fmt.Sprintf("b%05d.example.com", i), fmt.Sprintf("a%05d.example.com", i),
				})},
			},
		})
	}
	b.ReportAllocs()
	for b.Loop() {
		result, err := plan.Make(in)
		if err != nil {
			b.Fatal(err)
		}
		if result.Plan.Summary.NoChange != count {
			b.Fatalf("the benchmark plans changes: %+v", result.Plan.Summary)
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(time.Millisecond)/float64(b.N), "ms/plan")
}
