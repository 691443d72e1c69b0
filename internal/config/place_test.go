package config

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestPlace(t *testing.T) {
	files := texts{
		"base.yaml": tenants("  - { id: acme, key: a }\n  - { id: beta }\n") + "flows:\n  - { template: magic-link, key: login }\n",
		"more.yaml": "tenants: [{ id: gamma }]\n",
		"prod.yaml": over("tenants", "          - { key: a, id: T2prd }\n          - { id: own, key: o }\n") + "---\n" +
			over("flows", "          - { key: login, id: sign-in }\n"),
	}
	cfg, err := loadTexts(files, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := func(file string, line, column int) resource.Position {
		return resource.Position{File: file + ".yaml", Line: line, Column: column}
	}
	common := Place{TenantsList: at("base", 3, 3), FlowsList: at("base", 6, 3)}
	in := func(base Place, change func(*Place)) Place {
		change(&base)
		return base
	}
	prod := in(common, func(p *Place) { p.OverlayBlock, p.Environment = at("prod", 4, 7), at("prod", 3, 5) })
	for _, tt := range []struct {
		environment string
		address     resource.Address
		want        Place
	}{
		{"", "tenant/acme", in(common, func(p *Place) { p.Base, p.Key, p.BaseID = at("base", 3, 5), "a", "acme" })},
		{"", "tenant/gamma", in(common, func(p *Place) { p.Base, p.BaseID, p.TenantsList = at("more", 1, 11), "gamma", at("more", 1, 10) })},
		{"other", "tenant/T2prd", common},
		{"prod", "tenant/T2prd", in(prod, func(p *Place) { p.Base, p.Overlay, p.Key, p.BaseID = at("base", 3, 5), at("prod", 5, 13), "a", "acme" })},
		{"prod", "tenant/acme", prod},
		{"prod", "tenant/beta", in(prod, func(p *Place) { p.Base, p.BaseID = at("base", 4, 5), "beta" })},
		{"prod", "tenant/own", in(prod, func(p *Place) { p.Overlay, p.Key = at("prod", 6, 13), "o" })},
		{"prod", "flow/sign-in", in(prod, func(p *Place) {
			p.Base, p.Overlay, p.Key, p.BaseID, p.OverlayBlock = at("base", 6, 5), at("prod", 12, 13), "login", "magic-link", at("prod", 11, 7)
		})},
		{"prod", "role/x", prod},
	} {
		if diff := cmp.Diff(tt.want, cfg.Place(tt.environment, tt.address)); diff != "" {
			t.Errorf("%q %s (-want +got):\n%s", tt.environment, tt.address, diff)
		}
	}
	if got := load(t, "version: \"1.0\"\n", nil).Place("", "tenant/x"); got != (Place{}) {
		t.Errorf("got %+v", got)
	}
}

// TestPlaceOfALargeList: the list stands where its first item does, also where it is
// read in parts.
func TestPlaceOfALargeList(t *testing.T) {
	text := "version: \"1.0\"\ntenants: # many\n  - id: one\n  - id: two\n"
	cfg, cut, err := loadInParts(text, nil)
	if err != nil || !cut {
		t.Fatal(cut, err)
	}
	want := resource.Position{File: "descope.yaml", Line: 3, Column: 3}
	if got := cfg.Place("", "tenant/two").TenantsList; got != want || load(t, text, nil).Place("", "").TenantsList != want {
		t.Errorf("got %s", got)
	}
}

// TestOverlayOverALargeList lays over entries that are read in parts, before the
// overlay is known.
func TestOverlayOverALargeList(t *testing.T) {
	text := string(manyTenants(3000)) + "environments: { prod: { overlay: { tenants: [{ id: tenant-01234, name: B }, { id: own }] } } }\n"
	cfg := load(t, text, nil)
	if got := fieldsOf(t, cfg, "prod", "tenant-01234"); got[3] != `name="B"` {
		t.Errorf("got %q", got)
	}
	if got := fieldsOf(t, cfg, "", "tenant-01234"); got[3] != `name="Tenant Number 01234"` {
		t.Errorf("the base is changed: %q", got)
	}
	if got := len(cfg.Desired("prod")); got != 3001 {
		t.Errorf("%d tenants", got)
	}
}

// TestOverlayWithVariablesThatAreNotSet: a note at load; the entries are left out,
// and only the selection of the environment fails.
func TestOverlayWithVariablesThatAreNotSet(t *testing.T) {
	text := `version: "1.0"
environments:
  dev: { project_id: P2dev, management_key: "${DEV_CREDENTIAL}", overlay: { tenants: [{ id: acme, name: "${DEV_NAME:-Dev}" }] } }
  prod:
    project_id: P2prd
    management_key: "${PROD_CREDENTIAL}"
    overlay: { tenants: [{ key: b, id: "${PROD_ID}" }, { id: acme, name: "${PROD_NAME}" }], flows: [{ id: magic-link, name: "${PROD_NAME}" }] }
tenants: [{ id: acme, name: A }, { id: beta, key: b }, { id: gamma }]
flows: [{ template: magic-link }]
`
	env := variables{"DEV_CREDENTIAL": "x", "PROD_CREDENTIAL": "y"}
	cfg := load(t, text, env)
	if diff := cmp.Diff([]string{"gamma"}, idsOf(cfg.Desired("prod"))); diff != "" {
		t.Error(diff)
	}
	if got := cfg.Manage("prod").Elsewhere; !cmp.Equal(got, []string{"acme", "beta"}) || len(cfg.DesiredFlows("prod")) != 0 {
		t.Errorf("elsewhere %q", got)
	}
	want := []MissingVariable{
		{"PROD_ID", resource.Position{File: "descope.yaml", Line: 7, Column: 40}},
		{"PROD_NAME", resource.Position{File: "descope.yaml", Line: 7, Column: 74}},
		{"PROD_NAME", resource.Position{File: "descope.yaml", Line: 7, Column: 125}},
	}
	if diff := cmp.Diff(want, cfg.MissingVariables("prod")); diff != "" || cfg.MissingVariables("dev") != nil {
		t.Error(diff)
	}
	_, err := Resolve(cfg, Selection{Environment: "prod", Lookup: env.lookup})
	var missing *MissingCredentialError
	if !errors.As(err, &missing) || missing.Variable != "PROD_ID" || missing.Message != "the overlay of prod uses the variable PROD_ID (descope.yaml:7:40), which is not set" || missing.Hint != "set PROD_ID" {
		t.Errorf("got %v", err)
	}
	if _, err := Resolve(cfg, Selection{ProjectID: "P2prd", Lookup: variables{"DESCOPE_MANAGEMENT_KEY": "k"}.lookup}); !errors.As(err, &missing) {
		t.Errorf("the project of prod without -e: %v", err)
	}
	for _, selection := range []Selection{{Environment: "dev"}, {Environment: "prod", WithoutKey: true}} {
		selection.Lookup = env.lookup
		if _, err := Resolve(cfg, selection); err != nil {
			t.Error(err)
		}
	}
	env["PROD_ID"], env["PROD_NAME"] = "T2prd", "Prod"
	cfg = load(t, text, env)
	if diff := cmp.Diff([]string{"acme", "T2prd", "gamma"}, idsOf(cfg.Desired("prod"))); diff != "" {
		t.Error(diff)
	}
	if _, err := Resolve(cfg, Selection{Environment: "prod", Lookup: env.lookup}); err != nil {
		t.Error(err)
	}
}
