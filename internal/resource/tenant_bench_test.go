package resource_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// liveTenant is one object of the list call, of about 600 bytes, with its keys
// in the order of the vendor's reference.
func liveTenant(n int) json.RawMessage {
	return fmt.Appendf(nil, `{"id":"tenant-%05d","name":"Tenant %05d","selfProvisioningDomains":["a%05d.example.com","b%05d.example.com"],`+
		`"customAttributes":{"plan":"enterprise","region":"us-east","seats":%d},"authType":"none","domains":[],"createdTime":1731240000,`+
		`"disabled":false,"enforceSSO":false,"enforceSSOExclusions":["U2aaaaaaaaaaaaaaaaaaaaaaaaaaa","U2bbbbbbbbbbbbbbbbbbbbbbbbbbb"],`+
		`"federatedAppIds":["SA2ccccccccccccccccccccccccccc"],"parent":"","successors":[],"defaultRoles":["Viewer"],"roleInheritance":"none",`+
		`"unknownField":{"nested":[1,2.50,1e3,null,true],"text":"Grüße"}}`, n, n, n, n, n)
}

// BenchmarkParseTenant10000 measures what a plan pays to read the answer of one
// list call of 10,000 tenants, object by object.
func BenchmarkParseTenant10000(b *testing.B) {
	const count = 10_000
	raws := make([]json.RawMessage, count)
	for i := range raws {
		raws[i] = liveTenant(i)
	}
	b.ReportAllocs()
	for b.Loop() {
		parse := resource.TenantParser()
		for _, raw := range raws {
			if _, err := parse(raw); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(time.Millisecond)/float64(b.N), "ms/list")
	b.ReportMetric(float64(len(raws[0])), "bytes/tenant")
}

// BenchmarkTenantDigest measures the digest of one whole live tenant.
func BenchmarkTenantDigest(b *testing.B) {
	tenant, err := resource.ParseTenant(liveTenant(1))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tenant.Digest(); err != nil {
			b.Fatal(err)
		}
	}
}
