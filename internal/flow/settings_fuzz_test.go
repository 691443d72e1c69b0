package flow_test

import (
	"os"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// FuzzSetPath: whatever path is given, a value is set in a flow that can be read
// again, or the path is refused.
func FuzzSetPath(f *testing.F) {
	for _, seed := range []string{
		"metadata.description", "task 'Send code'.arguments.url", "task '", "screen 'Welcome'.x[0]", "references.connectors['a\\'b']", "task 0.arguments['__proto__']", "metadata.a.b.c.d.e", "task '\x00'.x", "[[[[",
	} {
		f.Add(seed, `"x"`)
	}
	f.Add("metadata.name", "[[[[")
	text, err := os.ReadFile("testdata/sign-in.json")
	if err != nil {
		f.Fatal(err)
	}
	document, err := flow.Parse(text)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path, raw string) {
		value, err := resource.ParseValue([]byte(raw))
		if err != nil {
			return
		}
		changed, err := flow.Set(document, map[string]resource.Value{path: value})
		if err != nil {
			return
		}
		if _, err := flow.FromValue(changed.Value()); err != nil {
			t.Errorf("%q = %s makes what cannot be read: %v", path, raw, err)
		}
	})
}
