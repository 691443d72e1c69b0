package config

import (
	"slices"
	"strings"
	"testing"
)

// overlaid is tenants of the base (from line 3) under the overlay of prod, whose
// entries start on line 5 below the base.
func overlaid(base, entries string) string { return tenants(base) + over("tenants", entries) }

// overlaidFlows is the same for flows.
func overlaidFlows(base, entries string) string { return flows(base) + over("flows", entries) }

func overlayCases() []diagnosticCase {
	return slices.Concat(overlayShapeCases(), overlayTenantCases(), overlayNearCases(), overlayFlowCases())
}

func overlayShapeCases() []diagnosticCase {
	head := "version: \"1.0\"\n"
	return []diagnosticCase{
		{"no mapping", head + "environments: { prod: { overlay: [] } }\n", nil, []string{`descope.yaml:2:34: error CFG012: an overlay must be a mapping, not a list`}},
		{"null", head + "environments: { prod: { overlay: } }\n", nil, []string{`descope.yaml:2:34: error CFG013: "overlay" is null`}},
		{"unknown key", head + "environments: { prod: { overlay: { tenant: { id: acme } } } }\n", nil, []string{`descope.yaml:2:36: error CFG010: unknown key "tenant" in an overlay`}},
		{"no lists", head + "environments: { prod: { overlay: { tenants: {}, flows: a } } }\n", nil, []string{
			`descope.yaml:2:45: error CFG012: tenants must be a list, not a mapping`,
			`descope.yaml:2:56: error CFG012: flows must be a list, not text`,
		}},
		{"no entries", head + "environments: { prod: { overlay: { tenants: [a], flows: [1] } } }\n", nil, []string{
			`descope.yaml:2:46: error CFG012: a tenant must be a mapping, not text`,
			`descope.yaml:2:58: error CFG012: a flow must be a mapping, not a number`,
		}},
		{"neither id nor key", head + "environments: { prod: { overlay: { tenants: [{ name: A }], flows: [{ enabled: true }] } } }\n", nil, []string{
			`descope.yaml:2:46: error CFG050: a tenant of an overlay has neither id nor key`,
			`descope.yaml:2:68: error CFG050: a flow of an overlay has neither id nor key`,
		}},
		{"resources outside of an overlay", head + "environments: { prod: { tenants: [] } }\n", nil, []string{`descope.yaml:2:25: error CFG015: "tenants" is not supported by this version`}},
		{"a document that cannot be read", "version: [\n---\n" + over("tenants", "          - { key: a }\n"), nil, []string{`descope.yaml:1:11: error CFG001: not valid YAML: did not find expected node content`}},
	}
}

// What belongs into an overlay is sent there, and what belongs nowhere is not.
func TestResourcesOutsideOfAnOverlay(t *testing.T) {
	for key, want := range map[string]string{"tenants": "under overlay:", "flows": "under overlay:", "guard": "remove the key"} {
		cfg, err := loadTexts(texts{"descope.yaml": "version: \"1.0\"\nenvironments: { prod: { " + key + ": [] } }\n"}, nil)
		diagnostics := diagnosticsOf(t, cfg, err)
		if len(diagnostics) != 1 || !strings.Contains(diagnostics[0].Suggestion, want) {
			t.Errorf("%s: %+v, want %q", key, diagnostics, want)
		}
	}
}

func overlayTenantCases() []diagnosticCase {
	return []diagnosticCase{
		{"unknown key", overlaid("  - { id: acme, key: acme }\n", "          - { key: acmee }\n          - { key: zzz }\n"), nil, []string{
			`descope.yaml:8:20: error CFG100: no tenant has the key "acmee"`,
			`descope.yaml:9:20: error CFG100: no tenant has the key "zzz"`,
		}},
		{"unknown key and a known id", overlaid("  - { id: acme, key: acme }\n", "          - { key: acmee, id: acme }\n"), nil, []string{
			`descope.yaml:8:20: error CFG100: no tenant has the key "acmee"; the id "acme" stands at descope.yaml:3:11`,
		}},
		{"an entry without id in the base", overlaid("  - { key: acme }\n", "          - { key: acme }\n"), nil, []string{`descope.yaml:3:5: error CFG050: a tenant has no id`}},
		{"selection", overlaid("  - { id: acme }\n", "          - { id: acme, only: [prod] }\n          - { id: own, except: [dev] }\n"), nil, []string{
			`descope.yaml:8:31: error CFG100: only may not stand in an overlay: its entries belong to its environment`,
			`descope.yaml:9:32: error CFG100: except may not stand in an overlay: its entries belong to its environment`,
		}},
		{"twice by id and by key", overlaid("  - { id: acme, key: a }\n", "          - { id: acme, name: A }\n          - { key: a, name: B }\n"), nil, []string{
			`descope.yaml:9:13: error CFG054: the overlay of prod already has the tenant "acme" at descope.yaml:8:13`,
		}},
		{"twice in two documents", tenants("  - { id: acme }\n") + over("tenants", "          - { id: acme }\n") + "---\n" + over("tenants", "          - { id: acme }\n"), nil, []string{
			`descope.yaml:14:13: error CFG054: the overlay of prod already has the tenant "acme" at descope.yaml:8:13`,
		}},
		{"one of its own twice", overlaid("  []\n", "          - { id: own, key: a }\n          - { id: own }\n          - { id: two, key: a }\n"), nil, []string{
			`descope.yaml:9:13: error CFG054: the overlay of prod already has the tenant "own" at descope.yaml:8:13`,
			`descope.yaml:10:29: error CFG054: the key "a" already stands at descope.yaml:8:29`,
		}},
		{"null where it may not stand", overlaid("  - { id: acme }\n", "          - { id: acme, key: ~, state: ~, protect: ~, settings: { sso_setup_suite_settings: { a: ~ } }, default_roles: [~] }\n"), nil, []string{
			`descope.yaml:8:30: error CFG013: "key" is null`,
			`descope.yaml:8:40: error CFG013: "state" is null`,
			`descope.yaml:8:52: error CFG013: "protect" is null`,
			`descope.yaml:8:98: error CFG013: "a" in sso_setup_suite_settings is null`,
			`descope.yaml:8:121: error CFG013: an item of default_roles is null`,
		}},
		{"null in one of its own", overlaid("  - { id: acme }\n", "          - { id: own, name: ~, custom_attributes: { a: ~ }, settings: { enabled: ~ }, domains: ~, remove_attributes: ~ }\n"), nil, []string{
			`descope.yaml:8:30: error CFG100: name is null, and the tenant stands in this overlay alone, so that there is nothing to unmanage`,
			`descope.yaml:8:57: error CFG100: the attribute "a" is null, and the tenant stands in this overlay alone, so that there is nothing to unmanage`,
			`descope.yaml:8:83: error CFG100: enabled is null, and the tenant stands in this overlay alone, so that there is nothing to unmanage`,
			`descope.yaml:8:97: error CFG100: domains is null, and the tenant stands in this overlay alone, so that there is nothing to unmanage`,
			`descope.yaml:8:119: error CFG100: remove_attributes is null, and the tenant stands in this overlay alone, so that there is nothing to unmanage`,
		}},
		{"null without effect", overlaid("  - { id: acme, custom_attributes: { a: 1 } }\n", "          - { id: acme, name: ~, custom_attributes: { b: ~ }, remove_attributes: ~ }\n"), nil, []string{
			`descope.yaml:8:31: warning CFG101: name is null, and the entry at descope.yaml:3:5 does not manage it`,
			`descope.yaml:8:58: warning CFG101: the attribute "b" is null, and the entry at descope.yaml:3:5 does not manage it`,
			`descope.yaml:8:82: warning CFG101: remove_attributes is null, and the entry at descope.yaml:3:5 does not manage it`,
		}},
		{"an entry of other environments", overlaid("  - { id: acme, except: [prod] }\n", "          - { id: acme, name: A }\n"), nil, []string{
			`descope.yaml:8:13: warning CFG101: the tenant "acme" (descope.yaml:3:5) does not belong to the environment prod, so that what lies over it takes no effect`,
		}},
		{"an id that another one has", overlaid("  - { id: acme, key: a }\n  - { id: beta }\n", "          - { key: a, id: beta }\n"), nil, []string{
			`descope.yaml:9:27: error CFG054: the id "beta" already stands at descope.yaml:4:11`,
		}},
		{"an id that two get", overlaid("  - { id: acme, key: a }\n  - { id: beta, key: b }\n", "          - { key: a, id: same }\n          - { key: b, id: same }\n          - { id: same }\n"), nil, []string{
			`descope.yaml:10:27: error CFG054: the id "same" already stands at descope.yaml:9:27`,
			`descope.yaml:11:19: error CFG054: the id "same" already stands at descope.yaml:9:27`,
		}},
		{"ids that change places", overlaid("  - { id: acme, key: a }\n  - { id: beta, key: b }\n", "          - { key: a, id: beta }\n          - { key: b, id: acme }\n"), nil, nil},
		{"ids outside of the rules", overlaid("  - { id: acme, key: a }\n", "          - { key: a, id: T2JEf }\n          - { id: \"a/b\" }\n"), nil, []string{
			`descope.yaml:8:27: warning CFG051: the id "T2JEf" may hold lower-case letters, digits and hyphens only where this tool creates the tenant`,
			`descope.yaml:9:19: error CFG050: the id "a/b" holds a /`,
		}},
		{"names and keys", overlaid("  - { id: acme }\n", "          - { id: acme, name: \" \", key: \"\" }\n"), nil, []string{
			`descope.yaml:8:31: error CFG052: the name is empty`,
			`descope.yaml:8:41: error CFG014: the key "" is empty`,
			`descope.yaml:8:41: error CFG100: no tenant has the key ""; the id "acme" stands at descope.yaml:3:11`,
		}},
		{"a name that another one has", overlaid("  - { id: acme, name: A }\n  - { id: beta, name: B }\n  - { id: gamma, name: C, except: [prod] }\n", "          - { id: acme, name: B }\n          - { id: own, name: C }\n          - { id: new, name: B }\n"), nil, []string{
			`descope.yaml:10:31: error CFG054: the name "B" already stands at descope.yaml:4:23`,
			`descope.yaml:12:30: error CFG054: the name "B" already stands at descope.yaml:10:31`,
		}},
		{"names that change places", overlaid("  - { id: acme, name: A }\n  - { id: beta, name: B }\n", "          - { id: acme, name: B }\n          - { id: beta, name: A }\n"), nil, nil},
		{"a domain that another one has", overlaid("  - { id: acme, self_provisioning_domains: [a.com] }\n  - { id: beta, domains: [b.com], self_provisioning: true }\n", "          - { id: acme, self_provisioning_domains: [b.com] }\n          - { id: own, domains: [b.com], self_provisioning: true }\n"), nil, []string{
			`descope.yaml:9:53: error CFG062: the domain "b.com" already stands at descope.yaml:4:27, with the tenant "beta"`,
			`descope.yaml:10:34: error CFG062: the domain "b.com" already stands at descope.yaml:9:53, with the tenant "acme"`,
		}},
		{"a domain that moves", overlaid("  - { id: acme, self_provisioning_domains: [a.com] }\n  - { id: beta, domains: [b.com], self_provisioning: true }\n", "          - { id: acme, self_provisioning_domains: [b.com] }\n          - { id: beta, self_provisioning: false }\n"), nil, nil},
		{"one that comes back clashes", overlaid("  - { id: acme, state: absent, domains: [a.com], self_provisioning: true }\n  - { id: beta, self_provisioning_domains: [a.com] }\n", "          - { id: acme, state: present }\n"), nil, []string{
			`descope.yaml:3:41: warning CFG081: self_provisioning_domains takes no effect on a tenant with state: absent`,
			`descope.yaml:9:13: error CFG062: the domain "a.com" already stands at descope.yaml:4:45, with the tenant "beta"`,
		}},
		{"domains that take no effect", overlaid("  - { id: acme, self_provisioning: false }\n  - { id: beta }\n", "          - { id: acme, domains: [a.com] }\n          - { id: beta, domains: [b.com] }\n"), nil, []string{
			`descope.yaml:9:34: warning CFG064: domains take no effect while self_provisioning is false`,
			`descope.yaml:10:34: warning CFG064: domains take no effect without self_provisioning`,
		}},
		{"domains that are missing", overlaid("  - { id: acme, domains: [a.com], self_provisioning: true }\n  - { id: beta }\n", "          - { id: acme, domains: [] }\n          - { id: beta, self_provisioning: true }\n"), nil, []string{
			`descope.yaml:9:34: error CFG063: self_provisioning: true needs at least one domain`,
			`descope.yaml:10:44: error CFG063: self_provisioning: true needs at least one domain`,
		}},
		{"two spellings", overlaid("  - { id: acme }\n", "          - { id: acme, domains: [a.com], self_provisioning_domains: [a.com] }\n"), nil, []string{
			`descope.yaml:8:34: error CFG063: domains and self_provisioning_domains (descope.yaml:8:70) are two ways to say one thing`,
		}},
		{"an attribute set and removed", overlaid("  - { id: acme }\n", "          - { id: acme, custom_attributes: { a: 1 }, remove_attributes: [a] }\n"), nil, []string{
			`descope.yaml:8:74: error CFG080: the attribute "a" is also set at descope.yaml:8:49`,
		}},
		{"absent with more", overlaid("  - { id: acme, name: A, domains: [a.com], self_provisioning: true }\n", "          - { id: acme, state: absent, default_roles: [a] }\n"), nil, []string{
			`descope.yaml:8:55: warning CFG081: default_roles takes no effect on a tenant with state: absent`,
		}},
		{"outside of the scope", overlaid("  - { id: acme, key: a }\n", "          - { key: a, id: sandbox-1 }\n          - { id: sandbox-2 }\n") + "manage: { tenants: { exclude: [\"sandbox-*\"] } }\n", nil, []string{
			`descope.yaml:8:13: warning CFG056: the tenant "sandbox-1" is outside of manage.tenants, so its entry takes no effect`,
			`descope.yaml:9:13: warning CFG056: the tenant "sandbox-2" is outside of manage.tenants, so its entry takes no effect`,
		}},
		{"a parent that is absent here", overlaid("  - { id: group }\n  - { id: acme, parent: group }\n  - { id: beta }\n", "          - { id: group, state: absent }\n          - { id: beta, parent: group }\n"), nil, []string{
			`descope.yaml:10:13: error CFG070: the parent "group" of the tenant "acme" is declared absent at descope.yaml:10:13`,
			`descope.yaml:11:33: error CFG070: the parent "group" of the tenant "beta" is declared absent at descope.yaml:10:13`,
		}},
		{"a parent that is absent anyway", overlaid("  - { id: group, state: absent }\n  - { id: acme, parent: group }\n", "          - { id: acme, name: A }\n          - { id: group, protect: true }\n"), nil, []string{
			`descope.yaml:4:25: error CFG070: the parent "group" is declared absent at descope.yaml:3:5`,
		}},
		{"one that comes back below one that is absent", overlaid("  - { id: group, state: absent }\n  - { id: acme, state: absent, parent: group }\n", "          - { id: acme, state: present }\n"), nil, []string{
			`descope.yaml:4:40: warning CFG081: parent takes no effect on a tenant with state: absent`,
			`descope.yaml:9:13: error CFG070: the parent "group" of the tenant "acme" is declared absent at descope.yaml:3:5`,
		}},
		{"a loop", overlaid("  - { id: acme, parent: beta }\n  - { id: beta }\n", "          - { id: beta, parent: acme }\n          - { id: own, parent: own }\n"), nil, []string{
			`descope.yaml:9:33: error CFG070: parents form a loop: acme -> beta -> acme`,
			`descope.yaml:10:32: error CFG070: parents form a loop: own -> own`,
		}},
		{"a loop of the base", overlaid("  - { id: acme, parent: beta }\n  - { id: beta, parent: acme }\n", "          - { id: beta, name: B }\n"), nil, []string{
			`descope.yaml:3:25: error CFG070: parents form a loop: acme -> beta -> acme`,
		}},
		{"levels", overlaid("  - { id: one }\n  - { id: two, parent: one }\n  - { id: three, parent: two }\n", "          - { id: one, parent: top }\n          - { id: five, parent: three }\n"), nil, []string{
			`descope.yaml:5:26: warning CFG071: the tenant "three" is on level 4 in the environment prod; more than 3 are hard to reason about`,
			`descope.yaml:11:33: warning CFG071: the tenant "five" is on level 5 in the environment prod; more than 3 are hard to reason about`,
		}},
		{"a mistake of a base below an overlay stands once", overlaid("  - { id: acme, name: \"\", default_roles: [a, a] }\n", "          - { id: acme, enforce_sso: true }\n"), nil, []string{
			`descope.yaml:3:23: error CFG052: the name is empty`,
			`descope.yaml:3:46: warning CFG082: "a" stands twice in default_roles`,
		}},
		{"an alias in two environments", "version: \"1.0\"\ntenants: [{ id: acme }]\nenvironments:\n  dev: { overlay: &o { tenants: [{ id: acme, name: ~ }] } }\n  prod: { overlay: *o }\n", nil, []string{
			`descope.yaml:4:52: warning CFG101: name is null, and the entry at descope.yaml:2:11 does not manage it`,
		}},
		{"a variable that is not set", overlaid("  - { id: acme, key: a, name: A }\n", "          - { key: a, name: \"${NOT_SET}\" }\n          - { id: \"${NOR_THIS}\" }\n"), nil, []string{
			`descope.yaml:8:29: note CFG034: the variable NOT_SET is not set`,
			`descope.yaml:9:19: note CFG034: the variable NOR_THIS is not set`,
		}},
		{"a credential", overlaid("  - { id: acme }\n", "          - { id: acme, name: \"${MY_TOKEN}\", custom_attributes: { a: \"${DESCOPE_MANAGEMENT_KEY}\", b: xK2canaryx } }\n"), variables{"MY_TOKEN": "x", "DESCOPE_MANAGEMENT_KEY": "K2canary"}, []string{
			`descope.yaml:8:31: error CFG032: the name of the variable MY_TOKEN says that it holds a secret`,
			`descope.yaml:8:70: error CFG032: the variable DESCOPE_MANAGEMENT_KEY serves as a credential and may be used for a management_key or read_key only`,
			`descope.yaml:8:102: error CFG032: custom_attributes contains the value of a management key`,
		}},
	}
}

func overlayNearCases() []diagnosticCase {
	return []diagnosticCase{
		{"a tenant that nearly has the id of one", overlaid("  - { id: acme-corp }\n", "          - { id: acme-crop, enforce_sso: true }\n"), nil, []string{
			`descope.yaml:8:19: warning CFG101: the tenant "acme-crop" stands in the overlay of prod alone, and lies over no other entry`,
		}},
		{"another tenant with a name of its own", overlaid("  - { id: acme-corp }\n", "          - { id: acme-crop, name: Crops }\n"), nil, nil},
		{"a tenant that is near none", overlaid("  - { id: acme-corp }\n", "          - { id: other, enforce_sso: true }\n"), nil, nil},
		{"a flow that nearly has the id of one", overlaidFlows("  - { template: magic-link }\n", "          - { id: magic-lnik, enabled: true }\n"), nil, []string{
			`descope.yaml:8:19: error CFG100: no flow has the id "magic-lnik"`,
		}},
	}
}

func overlayFlowCases() []diagnosticCase {
	return []diagnosticCase{
		{"unknown key", overlaidFlows("  - { template: magic-link, key: login }\n", "          - { key: logn }\n          - { key: other, id: magic-link }\n"), nil, []string{
			`descope.yaml:8:20: error CFG100: no flow has the key "logn"`,
			`descope.yaml:9:20: error CFG100: no flow has the key "other"; the id "magic-link" stands at descope.yaml:3:17`,
		}},
		{"a key twice in the base", flows("  - { template: magic-link, key: a }\n  - { template: mfa-login, key: a }\n"), nil, []string{`descope.yaml:4:33: error CFG054: the key "a" already stands at descope.yaml:3:34`}},
		{"one of its own of nothing", overlaidFlows("  - { template: magic-link }\n", "          - { id: own, name: A }\n"), nil, []string{`descope.yaml:8:13: error CFG090: a flow has neither template nor file`}},
		{"both", overlaidFlows("  - { template: magic-link }\n", "          - { id: magic-link, template: mfa-login, file: a.json }\n"), nil, []string{`descope.yaml:8:13: error CFG090: a flow has both template and file`}},
		{"twice", overlaidFlows("  - { template: magic-link }\n", "          - { id: magic-link }\n          - { template: magic-link }\n          - { id: own, template: mfa-login }\n          - { id: own, template: mfa-login }\n"), nil, []string{
			`descope.yaml:9:13: error CFG054: the overlay of prod already has the flow "magic-link" at descope.yaml:8:13`,
			`descope.yaml:11:13: error CFG054: the overlay of prod already has the flow "own" at descope.yaml:10:13`,
		}},
		{"an id that another one has", overlaidFlows("  - { template: magic-link, key: a }\n  - { template: mfa-login }\n", "          - { key: a, id: mfa-login }\n"), nil, []string{
			`descope.yaml:9:27: error CFG054: the id "mfa-login" already stands at descope.yaml:4:17`,
		}},
		{"selection and null", overlaidFlows("  - { template: magic-link }\n", "          - { id: magic-link, only: [prod], template: ~ }\n          - { id: own, template: mfa-login, name: ~ }\n"), nil, []string{
			`descope.yaml:8:37: error CFG100: only may not stand in an overlay: its entries belong to its environment`,
			`descope.yaml:8:55: error CFG013: "template" is null`,
			`descope.yaml:9:51: error CFG100: name is null, and the flow stands in this overlay alone, so that there is nothing to unmanage`,
		}},
		{"null without effect", overlaidFlows("  - { template: mfa-login, config: { remember_device: true } }\n", "          - { id: mfa-login, set: ~, config: { methods: ~ }, references: { roles: { Viewer: ~ } } }\n"), nil, []string{
			`descope.yaml:8:35: warning CFG101: set is null, and the entry at descope.yaml:3:5 does not manage it`,
			`descope.yaml:8:57: warning CFG101: config.methods is null, and the entry at descope.yaml:3:5 does not manage it`,
			`descope.yaml:8:93: warning CFG101: references.roles.Viewer is null, and the entry at descope.yaml:3:5 does not manage it`,
		}},
		{"an entry of other environments", overlaidFlows("  - { template: magic-link, except: [prod] }\n", "          - { id: magic-link, name: A }\n"), nil, []string{
			`descope.yaml:8:13: warning CFG101: the flow "magic-link" (descope.yaml:3:5) does not belong to the environment prod, so that what lies over it takes no effect`,
		}},
		{"a parameter of the overlay", overlaidFlows("  - { template: mfa-login, config: { methods: [sms] } }\n", "          - { id: mfa-login, config: { methods: [fax] } }\n"), nil, []string{
			`descope.yaml:8:50: error CFG093: the parameter "methods" holds an item that is not allowed; it takes a list with at least 1 of sms, totp, email, passkey, not "fax"`,
		}},
		{"parameters that do not fit", overlaidFlows("  - { template: mfa-login, config: { methods: [sms] } }\n", "          - { id: mfa-login, template: social-login }\n"), nil, []string{
			`descope.yaml:8:40: error CFG093: the parameter "methods" is no parameter of the template social-login; its parameters are providers, sign_up`,
		}},
		{"parameters of a file", overlaidFlows("  - { template: mfa-login, config: { methods: [sms] } }\n", "          - { id: mfa-login, file: a.json, config: { methods: [sms] } }\n"), nil, []string{
			`descope.yaml:8:36: error CFG091: the flow's file "a.json": no such file or directory`,
			`descope.yaml:8:52: error CFG090: config holds the parameters of a template, and this flow has none`,
		}},
		{"values that do not fit", overlaidFlows("  - { template: magic-link, set: { \"task 'Magic Link Sent'.name\": a }, references: { roles: { Viewer: R } } }\n", "          - { id: magic-link, template: social-login, set: { title: b } }\n"), nil, []string{
			`descope.yaml:3:95: warning CFG096: the flow has no reference to "Viewer" under roles`,
			`descope.yaml:8:41: error CFG094: cannot set "task 'Magic Link Sent'.name": the flow has no task "Magic Link Sent"`,
			`descope.yaml:8:41: warning CFG096: the flow has no reference to "Viewer" under roles`,
			`descope.yaml:8:62: error CFG094: cannot set "title": it begins with "title", which is no part of a flow`,
		}},
		{"a finding of the base stands once", overlaidFlows("  - { template: magic-link, set: { \"task 0.next.rules[0].taskId\": x } }\n", "          - { id: magic-link, name: A }\n"), nil, nowhere("descope.yaml:3:5")},
		{"a finding of the overlay", overlaidFlows("  - { template: magic-link }\n", "          - { id: magic-link, set: { \"task 0.next.rules[0].taskId\": x } }\n"), nil, nowhere("descope.yaml:8:13")},
		{"names and ids", overlaidFlows("  - { template: magic-link, key: a }\n", "          - { key: a, id: \"a/b\", name: \"\" }\n"), nil, []string{
			`descope.yaml:8:27: error CFG050: the flow's id "a/b" may hold letters, digits, - and _ only`,
			`descope.yaml:8:40: error CFG052: the name is empty`,
		}},
		{"absent with more", overlaidFlows("  - { template: magic-link, name: A, enabled: true }\n", "          - { id: magic-link, state: absent, set: {} }\n"), nil, []string{
			`descope.yaml:8:51: warning CFG081: set takes no effect on a flow with state: absent`,
		}},
		{"outside of the scope", overlaidFlows("  - { template: magic-link, key: a }\n", "          - { key: a, id: legacy-1 }\n          - { id: legacy-2, template: mfa-login }\n") + "manage: { flows: { exclude: [\"legacy-*\"] } }\n", nil, []string{
			`descope.yaml:8:13: warning CFG056: the flow "legacy-1" is outside of manage.flows, so its entry takes no effect`,
			`descope.yaml:9:13: warning CFG056: the flow "legacy-2" is outside of manage.flows, so its entry takes no effect`,
		}},
		{"a variable that is not set", overlaidFlows("  - { template: magic-link }\n", "          - { id: magic-link, set: { metadata.description: \"${NOT_SET}\" } }\n"), nil, []string{
			`descope.yaml:8:60: note CFG034: the variable NOT_SET is not set`,
		}},
		{"a key in a value", overlaidFlows("  - { template: magic-link }\n", "          - { id: magic-link, set: { metadata.description: K2canary1 } }\n"), variables{"DESCOPE_MANAGEMENT_KEY": "K2canary1"}, []string{
			`descope.yaml:3:5: error CFG032: the flow "magic-link" contains the value of a management key`,
			`descope.yaml:8:60: error CFG032: a value contains the value of a management key`,
		}},
	}
}

// nowhere is what is said about a magic-link flow whose first task leads nowhere.
func nowhere(at string) []string {
	var out []string
	for _, task := range []string{"'End'", "'Magic Link Sent'", "'Sign Up or In / Magic Link / Email' (1)", "'Sign Up or In / Magic Link / Email' (1.end)", "'Verified Successfully'"} {
		out = append(out, at+": warning CFG095: the flow \"magic-link\" (template \"magic-link\"): no path leads to task "+task+" (unreachable-task)")
	}
	return append(out, at+": error CFG095: the flow \"magic-link\" (template \"magic-link\"): task 'Welcome Screen' leads over 'Continue' to task \"x\", which is not in the flow (edge-to-nowhere)")
}

func TestOverlayDiagnostics(t *testing.T) { runDiagnosticCases(t, overlayCases()) }
