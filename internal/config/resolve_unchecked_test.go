package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWhatProtectionIsNotChecked: the ids of protected environments are compared as
// far as their variables are set, and those that were not are named.
func TestWhatProtectionIsNotChecked(t *testing.T) {
	const text = `version: "1.0"
environments:
  dev: { project_id: P2dev }
  prod: { project_id: "${PROD_ID}" }
  live: {}
  staging: { project_id: "${STAGING_ID}" }
`
	unknown := []Unchecked{{"prod", "PROD_ID"}, {"live", "DESCOPE_PROJECT_ID"}}
	for name, c := range map[string]struct {
		sel       Selection
		env       variables
		protected string
		want      []Unchecked
	}{
		"by its environment": {Selection{Environment: "dev"}, nil, "", unknown},
		"by its id":          {Selection{ProjectID: "P2dev"}, nil, "", unknown},
		"one is known":       {Selection{Environment: "dev"}, variables{"PROD_ID": "P2prod"}, "", unknown[1:]},
		"all are known":      {Selection{Environment: "dev"}, variables{"PROD_ID": "P2prod", "DESCOPE_PROJECT_ID": "P2live"}, "", nil},
		"it is protected":    {Selection{Environment: "dev"}, variables{"PROD_ID": "P2dev"}, "prod", nil},
		"nobody's project":   {Selection{ProjectID: "P2other"}, nil, "prod", nil},
	} {
		t.Run(name, func(t *testing.T) {
			c.sel.Lookup, c.sel.WithoutKey = c.env.lookup, true
			target, err := Resolve(load(t, text, nil), c.sel)
			if err != nil {
				t.Fatal(err)
			}
			if target.ProtectedName != c.protected || target.Protected != (c.protected != "") {
				t.Errorf("protected %v as %q", target.Protected, target.ProtectedName)
			}
			if diff := cmp.Diff(c.want, target.Unchecked); diff != "" {
				t.Error(diff)
			}
		})
	}
}
