package yamledit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// BenchmarkSet measures one edit of a file with 1,000 tenants, with its check: the
// text is parsed twice. In one line the file is flow style.
func BenchmarkSet(b *testing.B) {
	var block, flow strings.Builder
	block.WriteString("tenants:\n")
	flow.WriteString("{ tenants: [")
	for i := range 1000 {
		fmt.Fprintf(&block, "  - id: tenant-%d # c\n    name: \"Tenant %d\"\n    custom_attributes: { plan: basic, seats: %d }\n", i, i, i)
		fmt.Fprintf(&flow, "{ id: tenant-%d, name: \"Tenant %d\", custom_attributes: { plan: basic, seats: %d } }, ", i, i, i)
	}
	flow.WriteString("] }\n")
	for name, text := range map[string]string{"block": block.String(), "one-line": flow.String()} {
		b.Run(name, func(b *testing.B) {
			f, err := yamledit.Parse([]byte(text), yamledit.YAML)
			if err != nil {
				b.Fatal(err)
			}
			path := yamledit.Document(0).Key("tenants").Item(500).Key("custom_attributes", "plan")
			for b.Loop() {
				if _, err := f.Set(path, `"gold"`); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
