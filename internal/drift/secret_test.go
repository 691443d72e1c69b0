package drift_test

import (
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// hasher is a keyed hash.
type hasher = func(address resource.Address, path string, value resource.Value) string

func TestSecretsAreNotInFindings(t *testing.T) {
	secret := func(v resource.Value) bool { return strings.Contains(string(v), "s3cret") }
	hash := func(address resource.Address, path string, v resource.Value) string {
		return (resource.Value(address) + resource.Value(path) + v).Digest()
	}
	live := func(text string) []resource.Tenant {
		return []resource.Tenant{tenant(t, `{"id":"acme","name":"A","customAttributes":{"k":"`+text+`"}}`)}
	}
	base := applied("name", `"A"`)
	base.Hidden["custom_attributes.k"] = hash("tenant/acme", "custom_attributes.k", `"s3cret-1"`)
	detect := func(live []resource.Tenant, wanted string, object drift.Object, hash hasher) drift.Result {
		in := recorded(input(live, want("acme", "custom_attributes:k", `"`+wanted+`"`)), "tenant/acme", object)
		in.Secret, in.HashOf = secret, hash
		return mustDetect(t, in)
	}
	for _, test := range []struct {
		name         string
		live, wanted string
		object       drift.Object
		hash         hasher
		state        drift.State
	}{
		{"pending", "s3cret-1", "s3cret-2", base, hash, drift.StatePending},
		{"drifted", "s3cret-2", "s3cret-1", base, hash, drift.StateDrifted},
		{"conflict", "s3cret-2", "plain", base, hash, drift.StateConflict},
		{"converged", "plain", "plain", base, hash, drift.StateConverged},
		{"another key", "s3cret-1", "s3cret-2", drift.Object{Hidden: map[string]string{"custom_attributes.k": ""}}, hash, drift.StateDiffers},
		{"no key", "s3cret-1", "s3cret-2", base, nil, drift.StateDiffers},
	} {
		t.Run(test.name, func(t *testing.T) {
			result := detect(live(test.live), test.wanted, test.object, test.hash)
			if len(result.Findings) != 1 {
				t.Fatalf("findings %+v", result.Findings)
			}
			got := result.Findings[0]
			if got.State != test.state || !got.Sensitive || !got.Applied.IsAbsent() || !got.Live.IsAbsent() || !got.Wanted.IsAbsent() || got.Ways.Adopt != "" {
				t.Errorf("finding %+v", got)
			}
		})
	}
	first, second := detect(live("s3cret-2"), "x", base, hash).Findings[0], detect(live("s3cret-3"), "x", base, hash).Findings[0]
	if drift.Key(first) == drift.Key(second) || strings.Contains(first.LiveDigest, "s3cret") {
		t.Errorf("digests %q and %q", first.LiveDigest, second.LiveDigest)
	}
	if settled := detect(live("s3cret-1"), "s3cret-1", base, hash).Findings; len(settled) > 0 {
		t.Errorf("what is as it was applied: %+v", settled)
	}
}

func TestPlacesOfSecretsAreNotInFindings(t *testing.T) {
	in := recorded(input([]resource.Tenant{tenant(t, `{"id":"acme","name":"A","customAttributes":{"k":"one"}}`)}, want("acme", "custom_attributes:k", `"two"`)), "tenant/acme", applied("custom_attributes.k", `"two"`))
	in.SecretPaths = resource.SecretPaths{"tenant/acme": {{Field: "custom_attributes", Key: "k"}}}
	got := mustDetect(t, in).Findings
	if len(got) != 1 || got[0].State != drift.StateDrifted || !got[0].Sensitive || !got[0].Live.IsAbsent() || !got[0].Wanted.IsAbsent() || !got[0].Applied.IsAbsent() || got[0].Ways.Adopt != "" {
		t.Errorf("got %+v", got)
	}
}
