package descope

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// tenantList is an answer to the list call: so many tenants of 600 bytes each.
func tenantList(count int) []byte {
	var out bytes.Buffer
	out.WriteString(`{"tenants":[`)
	for i := range count {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `{"id":"tenant-%05d","name":"Tenant number %05d","selfProvisioningDomains":["t%05d.example.com","www.t%05d.example.org"],`+
			`"customAttributes":{"plan":"enterprise","region":"us-east","seats":%d,"exact":9007199254740993,"tags":["a","b","c"]},"authType":"none",`+
			`"domains":[],"createdTime":%d,"disabled":false,"enforceSSO":false,"enforceSSOExclusions":["U2fsh7sdh3jsd83hskw93jsdk2z"],`+
			`"federatedAppIds":[],"parent":"","successors":[],"defaultRoles":["Viewer"],"roleInheritance":"none","unknownField":{"deep":[1,2,{"x":null}],"note":"a field that no type of ours knows, of some length, kept"}}`,
			i, i, i, i, i, 1700000000+i)
	}
	out.WriteString(`]}`)
	return out.Bytes()
}

// BenchmarkDecodeTenants measures the decoding of a list of 10,000 tenants,
// network apart, and reports what one tenant costs.
func BenchmarkDecodeTenants(b *testing.B) {
	list := tenantList(10_000)
	b.SetBytes(int64(len(list)))
	b.ReportAllocs()
	for b.Loop() {
		tenants, err := decodeList(bytes.NewReader(list), "tenants", resource.TenantParser())
		if err != nil || len(tenants) != 10_000 {
			b.Fatal(len(tenants), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/tenant")
}
