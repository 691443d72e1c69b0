package descope

import (
	"strings"
	"testing"
)

func TestHintsOfForm(t *testing.T) {
	for name, c := range map[string]struct{ project, key, want string }{
		"as they are":      {"P2x", "K2secret", ""},
		"quotes":           {"P2x", `"K2secret"`, "the key holds a quotation mark"},
		"both in one":      {"P2x", "P2x:K2secret", "the key looks like PROJECT:KEY"},
		"the id as a key":  {"P2x", "P2secret", "the key begins with P"},
		"another token":    {"P2x", "eyJsecret", "the key does not begin with K"},
		"another id":       {"quickstart", "K2secret", "the project id does not begin with P"},
		"nothing is right": {"x", "secret", "the key does not begin with K"},
	} {
		got := hintOfForm(c.project, c.key)
		if !strings.HasPrefix(got, c.want) || (got == "") != (c.want == "") || strings.Contains(got, "secret") {
			t.Errorf("%s: %q", name, got)
		}
	}
}
