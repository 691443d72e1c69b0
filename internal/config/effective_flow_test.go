package config

import (
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// TestWhereTheIDOfAFlowComesFrom: one that has no id of its own has the place of its
// entry, whether an overlay is laid over it or not.
func TestWhereTheIDOfAFlowComesFrom(t *testing.T) {
	cfg := load(t, `version: "1.0"
environments:
  plain: { project_id: P2plain }
  over:
    project_id: P2over
    overlay:
      flows:
        - { id: magic-link, enabled: false }
        - { key: second, enabled: false }
        - { key: third, id: other }
flows:
  - { template: magic-link }
  - { template: mfa-login, key: second }
  - { template: social-login, key: third, id: third }
`, nil)
	for environment, want := range map[string]map[resource.Address]string{
		"plain": {"flow/magic-link": "descope.yaml:12:5", "flow/mfa-login": "descope.yaml:13:5", "flow/third": "descope.yaml:14:47"},
		"over":  {"flow/magic-link": "descope.yaml:12:5", "flow/mfa-login": "descope.yaml:13:5", "flow/other": "descope.yaml:10:29"},
	} {
		effective, err := cfg.Effective(Selection{Environment: environment})
		if err != nil {
			t.Fatal(err)
		}
		got := map[resource.Address]string{}
		for _, top := range effective.Settings {
			for _, entry := range top.Entries {
				for _, member := range entry.Members {
					if top.Key == "flows" && member.Key == "id" {
						got[entry.Address] = member.Origin.String()
					}
				}
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: got %v", environment, got)
		}
		for address, at := range want {
			if got[address] != at {
				t.Errorf("%s: the id of %s is from %s, want %s", environment, address, got[address], at)
			}
		}
	}
}
