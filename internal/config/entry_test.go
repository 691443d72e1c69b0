package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestParseTenant(t *testing.T) {
	desired, diagnostics := ParseTenant([]byte(`{"id": "acme", "name": "${HOME} $${X} ${", "custom_attributes": {"n": 9007199254740993}}`))
	if len(diagnostics) > 0 {
		t.Fatal(diagnostics)
	}
	want := resource.Desired{Kind: resource.KindTenant, ID: "acme", Fields: []resource.DesiredField{
		{Path: resource.Path{Field: "custom_attributes", Key: "n"}, Value: "9007199254740993"},
		{Path: resource.Path{Field: "name"}, Value: `"${HOME} $${X} ${"`},
	}}
	if diff := cmp.Diff(want, desired); diff != "" {
		t.Error(diff)
	}
}

func TestParseTenantRefuses(t *testing.T) {
	tests := map[string]string{
		`{"id": "acme", "self_provisioning_domains": ["gmail.com"]}`: codePublicMail,
		`{"name": "x"}`:               codeID,
		`{"id": "a/b"}`:               codeID,
		`{"id": "acme"`:               codeSyntax,
		``:                            codeValue,
		`{"id": "a-1"},{"id": "b-1"}`: codeValue,
		`null`:                        codeNull,
	}
	for entry, want := range tests {
		_, diagnostics := ParseTenant([]byte(entry))
		if len(diagnostics) != 1 || diagnostics[0].Code != want || !diagnostics[0].Position.IsZero() || diagnostics[0].SourceLine != "" {
			t.Errorf("%s: got %+v, want %s", entry, diagnostics, want)
		}
	}
}
