package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// tenants is a seed of that many tenants with a few attributes each.
func tenants(t testing.TB, count int) *emulator.State {
	t.Helper()
	var out strings.Builder
	out.WriteString(`{"projects":[{"id":"` + projectID + `","tenants":[`)
	for i := range count {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `{"id":"tenant-%d","name":"Tenant %d","selfProvisioningDomains":["t%d.example.com"],"customAttributes":{"plan":"gold","seats":%d}}`, i, i, i, i)
	}
	out.WriteString(`]}]}`)
	seed, err := emulator.ParseSeed([]byte(out.String()))
	if err != nil {
		t.Fatal(err)
	}
	return &seed
}

// BenchmarkListTenants measures a list of 10,000 tenants over HTTP.
func BenchmarkListTenants(b *testing.B) {
	h := start(b, emulator.Options{Seed: tenants(b, 10_000)})
	size := 0
	for b.Loop() {
		size = len(h.ok("GET", "/v1/mgmt/tenant/all", ""))
	}
	b.ReportMetric(float64(size)/1e6, "MB")
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms/list")
}

// BenchmarkCreateTenants measures creates over HTTP, one after the other.
func BenchmarkCreateTenants(b *testing.B) {
	for _, store := range []struct{ name, dir string }{{"memory", ""}, {"sqlite", b.TempDir()}} {
		b.Run(store.name, func(b *testing.B) {
			h := start(b, emulator.Options{DataDir: store.dir})
			h.controlOK("POST", "reset", "")
			next := 0
			for b.Loop() {
				next++
				h.createTenant(fmt.Sprint(next))
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
		})
	}
}

// BenchmarkRead measures the smallest read over HTTP: what each call costs,
// its records in both logs included.
func BenchmarkRead(b *testing.B) {
	h := start(b, emulator.Options{})
	for b.Loop() {
		h.ok("GET", "/v1/mgmt/license", "")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reads/s")
}

// bigFlow is a flow of about 100 kB: 40 tasks and as many screens.
func bigFlow() string {
	var tasks, screens strings.Builder
	for i := range 40 {
		fmt.Fprintf(&tasks, `,"%d":{"id":"%d","name":"Screen %d","type":"screen","screenId":"SC%027d","calculatedInputKeys":true,"next":{"rules":[{"interactionId":"next","taskId":"%d"}]},"view":{"x":%d,"y":-12}}`, i, i, i, i, (i+1)%40, 480*i)
		fmt.Fprintf(&screens, `,{"screenId":"SC%027d","interactions":[{"id":"next","label":"Next"}],"contents":{`, i)
		for node := range 8 {
			fmt.Fprintf(&screens, `"node-%d":{"custom":{},"displayName":"Text","hidden":false,"isCanvas":false,"linkedNodes":{},"nodes":[],"parent":"ROOT","props":{"children":"Text %d of screen %d","full-width":false,"text-align":"center","variant":"body1"},"type":{"resolvedName":"Text"}},`, node, node, i)
		}
		screens.WriteString(`"ROOT":{"custom":{},"displayName":"Container","nodes":[],"props":{},"type":{"resolvedName":"Container"}}}}`)
	}
	return `{"flowId":"big","metadata":{"name":"Big"},"contents":{"startTask":"0","tasks":{"start":{"id":"start"}` + tasks.String() + `}},"screens":[` + screens.String()[1:] + `]}`
}

// BenchmarkFlow measures the import of a flow of 100 kB over HTTP, and its
// first export after each: later ones are answered from memory.
func BenchmarkFlow(b *testing.B) {
	for _, store := range []struct{ name, dir string }{{"memory", ""}, {"sqlite", b.TempDir()}} {
		for _, behavior := range []emulator.ImportBehavior{emulator.ImportLive, emulator.ImportVerbatim} {
			b.Run(store.name+"/"+string(behavior), func(b *testing.B) {
				dir := store.dir
				if dir != "" {
					dir = b.TempDir()
				}
				h := start(b, emulator.Options{DataDir: dir, ImportBehavior: behavior})
				body := `{"flow":` + bigFlow() + `}`
				var imports time.Duration
				for b.Loop() {
					started := time.Now()
					h.ok("POST", "/v2/mgmt/flow/import", body)
					imports += time.Since(started)
					h.ok("POST", "/v2/mgmt/flow/export", `{"flowId":"big"}`)
				}
				each := float64(b.N) * 1e6
				b.ReportMetric(float64(len(body))/1000, "kB")
				b.ReportMetric(float64(imports.Nanoseconds())/each, "ms/import")
				b.ReportMetric(float64((b.Elapsed()-imports).Nanoseconds())/each, "ms/export")
			})
		}
	}
}

// BenchmarkPutState measures the exchange of 10,000 tenants.
func BenchmarkPutState(b *testing.B) {
	h := start(b, emulator.Options{Seed: tenants(b, 10_000)})
	state := h.controlOK("GET", "state", "")
	for b.Loop() {
		h.controlOK("PUT", "state", state)
	}
}
