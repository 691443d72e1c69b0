package config

import (
	"strings"
	"testing"
)

// diagnosticCase is a configuration with everything that is said about it.
type diagnosticCase struct {
	name string
	text string
	env  variables
	want []string
}

func runDiagnosticCases(t *testing.T, cases []diagnosticCase) {
	t.Helper()
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := loadTexts(texts{"descope.yaml": tt.text}, tt.env)
			wantLines(t, diagnosticsOf(t, cfg, err), tt.want)
		})
	}
}

func structureCases() []diagnosticCase {
	return []diagnosticCase{
		{"unknown key with suggestion", tenants("  - id: acme\n    nmae: Acme\n"), nil, []string{
			`descope.yaml:4:5: error CFG010: unknown key "nmae" in a tenant`,
		}},
		{"unknown top-level key", "version: \"1.0\"\ntenant_list: []\n", nil, []string{
			`descope.yaml:2:1: error CFG010: unknown key "tenant_list" in the configuration`,
		}},
		{"duplicate key", tenants("  - id: acme\n    name: Acme\n    name: Other\n"), nil, []string{
			`descope.yaml:5:5: error CFG011: the key "name" stands twice in this mapping, first at descope.yaml:4:5`,
		}},
		{"two spellings of a setting", tenants("  - id: acme\n    settings:\n      enabled: true\n      JITDisabled: true\n      jit_disabled: true\n"), nil, []string{
			`descope.yaml:7:7: error CFG011: "jit_disabled" is already given as "JITDisabled" at descope.yaml:6:7`,
		}},
		{"merged twice", tenants("  - &a { id: acme, name: Acme }\n  - id: other\n    <<: *a\n    <<: *a\n    name: Other\n"), nil, []string{
			`descope.yaml:6:5: error CFG011: the key "<<" stands twice in this mapping`,
		}},
		{"merge of text", tenants("  - id: acme\n    <<: text\n"), nil, []string{
			`descope.yaml:4:9: error CFG012: what << merges must be a mapping, not text`,
		}},
		{"document that is a list", "- version: \"1.0\"\n", nil, []string{
			`descope.yaml:1:1: error CFG012: the configuration must be a mapping, not a list`,
			`descope.yaml:1:1: error CFG020: the version is missing`,
		}},
		{"null everywhere", "version: \"1.0\"\nmanage:\ntenants:\n  - id: acme\n    name: ~\n    domains: [null]\n    settings: { enabled: null }\n  -\n", nil, []string{
			`descope.yaml:2:8: error CFG013: "manage" is null`,
			`descope.yaml:5:11: error CFG013: "name" is null`,
			`descope.yaml:6:14: warning CFG064: domains take no effect without self_provisioning`,
			`descope.yaml:6:15: error CFG013: an item of domains is null`,
			`descope.yaml:7:26: error CFG013: "enabled" is null`,
			`descope.yaml:8:4: error CFG013: a tenant is null`,
		}},
		{"null id is one mistake", tenants("  - id:\n"), nil, []string{
			`descope.yaml:3:8: error CFG013: "id" is null`,
		}},
		{"null and complex keys", tenants("  - id: acme\n    ~: x\n    [a]: y\n"), nil, []string{
			`descope.yaml:4:5: error CFG013: a key is null`,
			`descope.yaml:5:5: error CFG012: a key is text, not a list`,
		}},
		{"wrong types", tenants("  - id: 7\n    name: [Acme]\n    self_provisioning_domains: acme.com\n    enforce_sso: yes\n    disabled: \"true\"\n    settings: []\n    custom_attributes: 3\n    default_roles: { a: b }\n    only: dev\n    protect: 1\n"), nil, []string{
			`descope.yaml:3:9: error CFG012: id must be text, not a number`,
			`descope.yaml:4:11: error CFG012: name must be text, not a list`,
			`descope.yaml:5:32: error CFG012: self_provisioning_domains must be a list, not text`,
			`descope.yaml:6:18: error CFG012: enforce_sso must be true or false, not text`,
			`descope.yaml:7:15: error CFG012: disabled must be true or false, not text`,
			`descope.yaml:8:15: error CFG012: settings must be a mapping, not a list`,
			`descope.yaml:9:24: error CFG012: custom_attributes must be a mapping, not a number`,
			`descope.yaml:10:20: error CFG012: default_roles must be a list, not a mapping`,
			`descope.yaml:11:11: error CFG012: only must be a list, not text`,
			`descope.yaml:12:14: error CFG012: protect must be true or false, not a number`,
		}},
		{"lists in place of mappings", "version: \"1.0\"\nauth: []\nenvironments: [dev]\nmanage: all\nguard: 10\nperformance: fast\nvariables: NAME\ntenants: { id: acme }\n", nil, []string{
			`descope.yaml:2:7: error CFG012: auth must be a mapping, not a list`,
			`descope.yaml:3:15: error CFG012: environments must be a mapping, not a list`,
			`descope.yaml:4:9: error CFG012: manage must be a mapping, not text`,
			`descope.yaml:5:8: error CFG012: guard must be a mapping, not a number`,
			`descope.yaml:6:14: error CFG012: performance must be a mapping, not text`,
			`descope.yaml:7:12: error CFG012: variables must be a list, not text`,
			`descope.yaml:8:10: error CFG012: tenants must be a list, not a mapping`,
		}},
		{"keys of later versions", "version: \"1.0\"\nflows: []\nguard: {}\nauth: { management_key_command: [pass] }\nenvironments:\n  dev: { guard: {}, tenants: [], flows: [], backup: {} }\n", nil, []string{
			`descope.yaml:4:33: error CFG042: management_key_command names commands to run, and this file is not trusted to`,
			`descope.yaml:6:10: error CFG015: "guard" is not supported by this version`,
			`descope.yaml:6:21: error CFG015: "tenants" is not supported by this version`,
			`descope.yaml:6:34: error CFG015: "flows" is not supported by this version`,
			`descope.yaml:6:45: error CFG015: "backup" is not supported by this version`,
		}},
		{"state", "version: \"1.0\"\nstate: { dir: ./here, mode: team, folder: /x }\n---\nstate: { dir: /second }\n---\nstate: /x\n", nil, []string{
			`descope.yaml:2:15: error CFG014: state.dir must be an absolute path, not "./here"`,
			`descope.yaml:2:29: error CFG014: mode cannot be "team"`,
			`descope.yaml:2:35: error CFG010: unknown key "folder" in state`,
			`descope.yaml:4:10: error CFG016: state.dir is already set at descope.yaml:2:10`,
			`descope.yaml:6:8: error CFG012: state must be a mapping, not text`,
		}},
		{"tags", tenants("  - id: !!str acme\n    name: !vault Acme\n    disabled: !!bool perhaps\n    default_roles: !!set [a]\n    custom_attributes: { a: !!int 3, b: !!float 3, c: ! 3, d: !!int 3.5 }\n"), nil, []string{
			`descope.yaml:4:11: error CFG004: the tag "!vault" is not supported here`,
			`descope.yaml:5:15: error CFG004: the tag "!!bool" is not supported here`,
			`descope.yaml:6:20: error CFG004: the tag "!!set" is not supported here`,
			`descope.yaml:7:63: error CFG004: the tag "!!int" is not supported here`,
		}},
	}
}

func valueCases() []diagnosticCase {
	return []diagnosticCase{
		{"version", "version: \"2.0\"\n", nil, []string{
			`descope.yaml:1:10: error CFG020: version "2.0" is not supported; this version of the tool reads "1.0"`,
		}},
		{"version as a number", "version: 1.0\n", nil, []string{
			`descope.yaml:1:10: error CFG020: version must be text, not a number`,
		}},
		{"version missing", "tenants: []\n", nil, []string{
			`descope.yaml:1:1: error CFG020: the version is missing`,
		}},
		{"requires", "version: \"1.0\"\nrequires: \">=2.0\"\n", nil, []string{
			`descope.yaml:2:11: error CFG021: the configuration requires ">=2.0", and this is 1.2.3`,
		}},
		{"requires nonsense", "version: \"1.0\"\nrequires: \"newest\"\n", nil, []string{
			`descope.yaml:2:11: error CFG014: requires "newest" is no version constraint`,
		}},
		{"words", tenants("  - id: acme\n    state: gone\n    role_inheritance: userOnyl\n    settings: { session_token_expiration_unit: fortnights, session_token_expiration: 1.5, inactivity_time: 3000000000 }\n"), nil, []string{
			`descope.yaml:4:12: error CFG014: state cannot be "gone"`,
			`descope.yaml:5:23: error CFG014: role_inheritance cannot be "userOnyl"`,
			`descope.yaml:6:48: error CFG014: session_token_expiration_unit cannot be "fortnights"`,
			`descope.yaml:6:86: error CFG014: session_token_expiration must be a whole number from 0 to 2147483647, not "1.5"`,
			`descope.yaml:6:108: error CFG014: inactivity_time must be a whole number from 0 to 2147483647, not "3000000000"`,
		}},
		{"manage", "version: \"1.0\"\nmanage:\n  orphans: delete\n  flows: {}\n  tenants: { include: [\"[a\", \"\"], exclude: [\"tenant/x\"], skip: [] }\n", nil, []string{
			`descope.yaml:3:12: error CFG014: orphans cannot be "delete"`,
			`descope.yaml:5:24: error CFG014: the pattern "[a" is not well formed`,
			`descope.yaml:5:30: error CFG014: a pattern of include is empty`,
			`descope.yaml:5:45: error CFG014: the pattern "tenant/x" is over ids, not addresses`,
			`descope.yaml:5:58: error CFG010: unknown key "skip" in manage.tenants`,
		}},
		{"guard", "version: \"1.0\"\nguard: { delete_threshold: \"101%\", update_threshold: -1 }\n", nil, []string{
			`descope.yaml:2:28: error CFG014: delete_threshold must be a percentage from 0 to 100, not "101%"`,
			`descope.yaml:2:54: error CFG014: update_threshold must be a whole number from 0 to 100, not "-1"`,
		}},
		{"guard types", "version: \"1.0\"\nguard: { delete_threshold: true, update_threshold: \"50\" }\n", nil, []string{
			`descope.yaml:2:28: error CFG012: delete_threshold must be a percentage, not true or false`,
			`descope.yaml:2:52: error CFG014: update_threshold must be a percentage from 0 to 100, not "50"`,
		}},
		{"performance", "version: \"1.0\"\nperformance:\n  max_workers: 21\n  rate_limit_buffer: 0\n  rate_limits: { tenant: 200, users: off, other: 0/10s, user: 5/1h }\n", nil, []string{
			`descope.yaml:3:16: error CFG014: max_workers must be a whole number from 1 to 20, not "21"`,
			`descope.yaml:4:22: error CFG014: rate_limit_buffer must be over 0 and at most 1, not "0"`,
			`descope.yaml:5:26: error CFG012: tenant must be a number of calls per time, not a number`,
			`descope.yaml:5:31: error CFG010: unknown key "users" in rate_limits`,
			`descope.yaml:5:50: error CFG014: other must be a number of calls per time, not "0/10s"`,
		}},
		{"performance types", "version: \"1.0\"\nperformance: { max_workers: many, rate_limit_buffer: \"1\", rate_limits: [] }\n", nil, []string{
			`descope.yaml:2:29: error CFG012: max_workers must be a whole number, not text`,
			`descope.yaml:2:54: error CFG012: rate_limit_buffer must be a number, not text`,
			`descope.yaml:2:72: error CFG012: rate_limits must be a profile or a mapping, not a list`,
		}},
		{"variables", "version: \"1.0\"\nvariables: [OK, \"${NOT}\", 3]\n", nil, []string{
			`descope.yaml:2:17: error CFG014: "${NOT}" cannot be the name of a variable`,
			`descope.yaml:2:27: error CFG012: an item of variables must be text, not a number`,
		}},
		{"environment names and hosts", "version: \"1.0\"\nenvironments:\n  \"a b\": {}\n  dev: { base_url: \"https://evil.example\", project_id: \"P:1\" }\n  test: { base_url: \"http://api.descope.com\" }\n  local: { base_url: \"http://127.0.0.1:8787\" }\n  odd: { base_url: \"ftp://x\", project_id: \"\" }\n  user: { base_url: \"https://u:p@api.descope.com\" }\n", nil, []string{
			`descope.yaml:3:3: error CFG041: "a b" cannot be the name of an environment`,
			`descope.yaml:4:20: error CFG040: base_url names the host "evil.example"; from a file only hosts under descope.com and loopback addresses are accepted (give others by --base-url or DESCOPE_BASE_URL)`,
			`descope.yaml:4:56: error CFG014: project_id holds a character that no project id has`,
			`descope.yaml:5:21: error CFG040: base_url must use https: plain http is for loopback addresses only`,
			`descope.yaml:7:20: error CFG014: base_url must be a URL like https://api.descope.com`,
			`descope.yaml:7:43: error CFG014: project_id is empty`,
			`descope.yaml:8:21: error CFG014: base_url may hold no user, query or fragment`,
		}},
		{"hosts that only look right", "version: \"1.0\"\nenvironments:\n  a: { base_url: \"https://descope.com.evil.example\" }\n  b: { base_url: \"https://evildescope.com\" }\n  c: { base_url: \"http://127.0.0.1.evil.example\" }\n  d: { base_url: \"https://API.Descope.COM\" }\n  e: { base_url: \"http://[::1]:8787\" }\n", nil, []string{
			`descope.yaml:3:18: error CFG040: base_url names the host "descope.com.evil.example"; from a file only hosts under descope.com and loopback addresses are accepted (give others by --base-url or DESCOPE_BASE_URL)`,
			`descope.yaml:4:18: error CFG040: base_url names the host "evildescope.com"; from a file only hosts under descope.com and loopback addresses are accepted (give others by --base-url or DESCOPE_BASE_URL)`,
			`descope.yaml:5:18: error CFG040: base_url must use https: plain http is for loopback addresses only`,
		}},
		{"ambiguous scalars", tenants("  - id: acme\n    custom_attributes: { a: 0777, b: yes, c: 1_000, d: 1__x, e: \"no\", f: [off] }\n"), nil, []string{
			`descope.yaml:4:29: warning CFG083: 0777 is the decimal number 777 here; drop the leading zero, or put it in quotes if it is text`,
			`descope.yaml:4:38: warning CFG083: yes is text here; write true, or put it in quotes`,
			`descope.yaml:4:46: warning CFG083: 1_000 is text here; write the digits without _, or put it in quotes`,
			`descope.yaml:4:75: warning CFG083: off is text here; write false, or put it in quotes`,
		}},
		{"no numbers", tenants("  - id: acme\n    custom_attributes: { a: .inf, b: -.INF, c: .NaN, d: " + strings.Repeat("9", 1001) + " }\n"), nil, []string{
			`descope.yaml:4:29: error CFG012: ".inf" is not a finite number`,
			`descope.yaml:4:38: error CFG012: "-.INF" is not a finite number`,
			`descope.yaml:4:48: error CFG012: ".NaN" is not a finite number`,
			`descope.yaml:4:57: error CFG012: "` + strings.Repeat("9", 60) + `…" has more digits than a number may have`,
		}},
	}
}

func tenantCases() []diagnosticCase {
	return []diagnosticCase{
		{"tenant without id", tenants("  - name: Acme\n"), nil, []string{
			`descope.yaml:3:5: error CFG050: a tenant has no id`,
		}},
		{"impossible ids", tenants("  - id: \"\"\n  - id: a b\n  - id: a/b\n  - id: \"a\\x07b\"\n  - id: \"a\\u200bb\"\n"), nil, []string{
			`descope.yaml:3:9: error CFG050: the id "" is empty`,
			`descope.yaml:4:9: error CFG050: the id "a b" holds white space`,
			`descope.yaml:5:9: error CFG050: the id "a/b" holds a /`,
			`descope.yaml:6:9: error CFG050: the id "a\ab" holds a control character`,
			`descope.yaml:7:9: error CFG050: the id "a\u200bb" holds a control character`,
		}},
		{"ids outside of the rule", tenants("  - id: T2JEfABC\n  - id: ab\n  - id: " + strings.Repeat("a", 51) + "\n"), nil, []string{
			`descope.yaml:3:9: warning CFG051: the id "T2JEfABC" may hold lower-case letters, digits and hyphens only where this tool creates the tenant`,
			`descope.yaml:4:9: warning CFG051: the id "ab" must have 3 to 50 characters where this tool creates the tenant`,
			`descope.yaml:5:9: warning CFG051: the id "` + strings.Repeat("a", 51) + `" must have 3 to 50 characters where this tool creates the tenant`,
		}},
		{"names", tenants("  - { id: one, name: \"\" }\n  - { id: two, name: \" \" }\n  - { id: three, name: \"a\\nb\" }\n  - { id: four, name: \" x\" }\n  - { id: five, name: " + strings.Repeat("é", 101) + " }\n  - { id: six, name: " + strings.Repeat("é", 100) + " }\n"), nil, []string{
			`descope.yaml:3:22: error CFG052: the name is empty`,
			`descope.yaml:4:22: error CFG052: the name is empty`,
			`descope.yaml:5:24: error CFG052: the name "a\nb" holds a control character`,
			`descope.yaml:6:23: warning CFG053: the name " x" starts or ends with white space`,
			`descope.yaml:7:23: warning CFG053: the name must have 1 to 100 characters where this tool creates the tenant, not 101`,
		}},
		{"the same twice", tenants("  - { id: one, key: k, name: N, self_provisioning_domains: [a.com] }\n  - { id: one, key: k, name: N, self_provisioning_domains: [A.com] }\n"), nil, []string{
			`descope.yaml:4:11: error CFG054: the id "one" already stands at descope.yaml:3:11`,
			`descope.yaml:4:21: error CFG054: the key "k" already stands at descope.yaml:3:21`,
			`descope.yaml:4:30: error CFG054: the name "N" already stands at descope.yaml:3:30`,
			`descope.yaml:4:61: warning CFG060: the domain "A.com" is taken in lower case`,
			`descope.yaml:4:61: error CFG062: the domain "A.com" already stands at descope.yaml:3:61, with the tenant "one"`,
		}},
		{"bad key and parent", tenants("  - { id: one, key: \"\", parent: \"x y\" }\n"), nil, []string{
			`descope.yaml:3:21: error CFG014: the key "" is empty`,
			`descope.yaml:3:33: error CFG070: the parent "x y" holds white space`,
		}},
		{"domains", tenants("  - id: acme\n    self_provisioning_domains: [\"\", nodot, a@b.com, \"*.a.com\", -a.com, a_b.com, 1.2.3.4, bücher.de, " + strings.Repeat("a", 64) + ".com, " + strings.Repeat("a.", 126) + "com, gmail.com, yahoo.co.uk, GMX.net]\n"), nil, []string{
			`descope.yaml:4:33: error CFG060: the domain "" is empty`,
			`descope.yaml:4:37: error CFG060: the domain "nodot" is no domain name`,
			`descope.yaml:4:44: error CFG060: the domain "a@b.com" is an address or URL`,
			`descope.yaml:4:53: error CFG060: the domain "*.a.com" holds a wildcard`,
			`descope.yaml:4:64: error CFG060: the domain "-a.com" is no domain name`,
			`descope.yaml:4:72: error CFG060: the domain "a_b.com" is no domain name`,
			`descope.yaml:4:81: error CFG060: the domain "1.2.3.4" is no domain name`,
			`descope.yaml:4:90: error CFG060: the domain "bücher.de" is not ASCII; write its xn-- form`,
			`descope.yaml:4:101: error CFG060: the domain "` + strings.Repeat("a", 60) + `…" is no domain name`,
			`descope.yaml:4:171: error CFG060: the domain "` + strings.Repeat("a.", 30) + `…" is longer than 253 characters`,
			`descope.yaml:4:428: error CFG061: the domain "gmail.com" is a public mail domain: everybody with such an address would join the tenant`,
			`descope.yaml:4:439: error CFG061: the domain "yahoo.co.uk" is a public mail domain: everybody with such an address would join the tenant`,
			`descope.yaml:4:452: error CFG061: the domain "GMX.net" is a public mail domain: everybody with such an address would join the tenant`,
		}},
		{"the pair of domain keys", tenants("  - { id: one, self_provisioning: true }\n  - { id: two, self_provisioning: true, domains: [] }\n  - { id: three, self_provisioning: false, domains: [a.com] }\n  - { id: four, domains: [b.com] }\n  - { id: five, self_provisioning_domains: [c.com], domains: [c.com] }\n  - { id: six, self_provisioning_domains: [d.com], self_provisioning: true }\n"), nil, []string{
			`descope.yaml:3:35: error CFG063: self_provisioning: true needs at least one domain`,
			`descope.yaml:4:35: error CFG063: self_provisioning: true needs at least one domain`,
			`descope.yaml:5:53: warning CFG064: domains take no effect while self_provisioning is false`,
			`descope.yaml:6:26: warning CFG064: domains take no effect without self_provisioning`,
			`descope.yaml:7:62: error CFG063: domains and self_provisioning_domains (descope.yaml:7:44) are two ways to say one thing`,
			`descope.yaml:8:71: error CFG063: self_provisioning and self_provisioning_domains (descope.yaml:8:43) are two ways to say one thing`,
		}},
		{"parents", tenants("  - { id: aaa, parent: aaa }\n  - { id: bbb, parent: ccc }\n  - { id: ccc, parent: bbb }\n  - { id: gone, state: absent }\n  - { id: ddd, parent: gone }\n  - { id: l2, parent: elsewhere }\n  - { id: lv3, parent: l2 }\n  - { id: lv4, parent: lv3 }\n"), nil, []string{
			`descope.yaml:3:24: error CFG070: the tenant "aaa" is its own parent`,
			`descope.yaml:4:24: error CFG070: parents form a loop: bbb -> ccc -> bbb`,
			`descope.yaml:7:24: error CFG070: the parent "gone" is declared absent at descope.yaml:6:5`,
			`descope.yaml:8:11: warning CFG051: the id "l2" must have 3 to 50 characters where this tool creates the tenant`,
			`descope.yaml:10:24: warning CFG071: the tenant "lv4" is on level 4; more than 3 are hard to reason about`,
		}},
		{"attributes", tenants("  - id: acme\n    custom_attributes: { a: null, b: { x: 1 }, c: [[1]], \"\": 1, d: 1, e: [~] }\n    remove_attributes: [d, x, x, \" \", 3]\n"), nil, []string{
			`descope.yaml:4:29: error CFG013: the attribute "a" is null`,
			`descope.yaml:4:38: error CFG012: the attribute "b" must be text, a number, true or false, or a list of those, not a mapping`,
			`descope.yaml:4:52: error CFG012: an item of the attribute "c" must be text, a number, or true or false, not a list`,
			`descope.yaml:4:58: error CFG080: the attribute key "" is empty, starts or ends with white space, or holds a control character`,
			`descope.yaml:4:75: error CFG013: an item of the attribute "e" is null`,
			`descope.yaml:5:25: error CFG080: the attribute "d" is also set at descope.yaml:4:68`,
			`descope.yaml:5:31: warning CFG082: "x" stands twice in remove_attributes`,
			`descope.yaml:5:34: error CFG080: the attribute key " " is empty, starts or ends with white space, or holds a control character`,
			`descope.yaml:5:39: error CFG012: an item of remove_attributes must be text, not a number`,
		}},
		{"repeated items", tenants("  - { id: acme, default_roles: [B, A, B, \"\"], self_provisioning_domains: [a.com, a.com] }\n"), nil, []string{
			`descope.yaml:3:39: warning CFG082: "B" stands twice in default_roles`,
			`descope.yaml:3:42: error CFG014: an item of default_roles is empty`,
			`descope.yaml:3:82: warning CFG082: "a.com" stands twice in self_provisioning_domains`,
		}},
		{"absent entries", tenants("  - { id: acme, state: absent, name: Acme, custom_attributes: { a: 1, b: 2 }, remove_attributes: [c], protect: true, key: k }\n"), nil, []string{
			`descope.yaml:3:38: warning CFG081: name takes no effect on a tenant with state: absent`,
			`descope.yaml:3:68: warning CFG081: custom_attributes takes no effect on a tenant with state: absent`,
			`descope.yaml:3:99: warning CFG081: remove_attributes takes no effect on a tenant with state: absent`,
		}},
		{"only and except", "version: \"1.0\"\nenvironments: { dev: {}, prod: {} }\ntenants:\n  - { id: one, only: [dev], except: [prod] }\n  - { id: two, only: [] }\n  - { id: three, only: [prd] }\n  - { id: four, except: [live] }\n", nil, []string{
			`descope.yaml:4:37: error CFG055: except stands beside only (descope.yaml:4:22)`,
			`descope.yaml:5:22: error CFG055: only names no environment`,
			`descope.yaml:6:25: error CFG041: no environment is called "prd"`,
			`descope.yaml:7:26: error CFG041: no environment is called "live"`,
		}},
		{"outside of manage", "version: \"1.0\"\ntenants: [{ id: acme }, { id: sandbox-1 }, { id: other }]\nmanage: { tenants: { include: [\"a*\", \"s*\"], exclude: [\"sandbox-*\"] } }\n", nil, []string{
			`descope.yaml:2:25: warning CFG056: the tenant "sandbox-1" is outside of manage.tenants, so its entry takes no effect`,
			`descope.yaml:2:44: warning CFG056: the tenant "other" is outside of manage.tenants, so its entry takes no effect`,
		}},
		{"only without environments", tenants("  - { id: one, only: [dev] }\n"), nil, []string{
			`descope.yaml:3:23: error CFG041: no environment is called "dev"`,
		}},
	}
}

func variableCases() []diagnosticCase {
	return []diagnosticCase{
		{"unset variable", tenants("  - id: acme\n    name: \"Acme ${REGION} ${TIER:-gold} ${SIZE}\"\n"), nil, []string{
			`descope.yaml:4:11: error CFG030: the variable REGION is not set`,
			`descope.yaml:4:11: error CFG030: the variable SIZE is not set`,
		}},
		{"malformed references", tenants("  - id: acme\n    custom_attributes: { a: \"${A\", b: \"${1A}\", c: \"${}\", d: \"${A:-${B}}\", e: \"${A-b}\", f: \"$${A} $A\" }\n"), nil, []string{
			`descope.yaml:4:29: error CFG031: a ${ has no } after it`,
			`descope.yaml:4:39: error CFG031: a ${…} does not hold the name of a variable`,
			`descope.yaml:4:51: error CFG031: a ${…} does not hold the name of a variable`,
			`descope.yaml:4:61: error CFG031: the default of ${A} holds another reference`,
			`descope.yaml:4:78: error CFG031: a ${…} does not hold the name of a variable`,
		}},
		{"a substituted value stays text", tenants("  - { id: acme, disabled: \"${FLAG}\", settings: { inactivity_time: \"${N}\" } }\n"), variables{"FLAG": "true", "N": "5"}, []string{
			`descope.yaml:3:27: error CFG012: disabled must be true or false, not text`,
			`descope.yaml:3:67: error CFG012: inactivity_time must be a whole number, not text`,
		}},
		{"credentials elsewhere", "version: \"1.0\"\nvariables: [LISTED_TOKEN]\nenvironments:\n  dev: { project_id: \"${DEV_ID}\", management_key: \"${DEV_CREDENTIAL}\" }\ntenants:\n  - id: acme\n    name: \"${DESCOPE_MANAGEMENT_KEY}\"\n    custom_attributes: { a: \"${DEV_CREDENTIAL}\", b: \"${api_secret}\", c: \"${LISTED_TOKEN}\", d: \"${MONKEY_COUNT:-3}\" }\n", variables{"DEV_CREDENTIAL": "not-a-key", "DEV_ID": "P2dev", "LISTED_TOKEN": "x"}, []string{
			`descope.yaml:7:11: error CFG032: the variable DESCOPE_MANAGEMENT_KEY serves as a credential and may be used for a management_key or read_key only`,
			`descope.yaml:8:29: error CFG032: the variable DEV_CREDENTIAL serves as a credential and may be used for a management_key or read_key only`,
			`descope.yaml:8:53: error CFG032: the name of the variable api_secret says that it holds a secret`,
			`descope.yaml:8:95: error CFG032: the name of the variable MONKEY_COUNT says that it holds a secret`,
		}},
		{"credentials as project id", "version: \"1.0\"\nauth: { project_id: \"${DESCOPE_MANAGEMENT_KEY}\", base_url: \"https://${AWS_SECRET}.descope.com\" }\n", nil, []string{
			`descope.yaml:2:21: error CFG032: the variable DESCOPE_MANAGEMENT_KEY serves as a credential and may be used for a management_key or read_key only`,
			`descope.yaml:2:60: error CFG032: the name of the variable AWS_SECRET says that it holds a secret`,
		}},
		{"missing credentials are notes", "version: \"1.0\"\nauth: { project_id: \"${DESCOPE_PROJECT_ID}\", management_key: \"${DESCOPE_MANAGEMENT_KEY}\" }\nenvironments:\n  dev: { management_key: \"${DEV_KEY}\", base_url: \"${DEV_URL:-http://localhost:1}\" }\n", variables{"DEV_KEY": ""}, []string{
			`descope.yaml:2:21: note CFG034: the variable DESCOPE_PROJECT_ID is not set`,
			`descope.yaml:2:62: note CFG034: the variable DESCOPE_MANAGEMENT_KEY is not set`,
			`descope.yaml:4:26: note CFG034: the variable DEV_KEY is not set`,
		}},
		{"literal keys", "version: \"1.0\"\nenvironments:\n  a: { management_key: Kliteral }\n  b: { management_key: \"K${REST}\" }\n  c: { management_key: \"${KEY:-Kdefault}\" }\n  d: { management_key: [Kliteral] }\n  e: { management_key: \"${K2abcdefghijklmnopqrstuvwxyz012}\" }\n  f: { management_key: \"${A B}\" }\n", nil, []string{
			`descope.yaml:3:24: error CFG033: management_key must be exactly one ${NAME}: a management key may not stand in a file`,
			`descope.yaml:4:24: error CFG033: management_key must be exactly one ${NAME}: a management key may not stand in a file`,
			`descope.yaml:5:24: error CFG033: management_key must be exactly one ${NAME}: a management key may not stand in a file`,
			`descope.yaml:6:24: error CFG012: management_key must be text, not a list`,
			`descope.yaml:7:24: error CFG033: management_key must be exactly one ${NAME}: a management key may not stand in a file`,
			`descope.yaml:8:24: error CFG033: management_key must be exactly one ${NAME}: a management key may not stand in a file`,
		}},
		{"values that hold a loaded key", "version: \"1.0\"\nauth: { management_key: \"${K}\" }\nmanage: { tenants: { exclude: [\"x-canary-key-1234\"] } }\ntenants:\n  - id: canary-key-1234\n    name: \"pre canary-key-1234 post\"\n    custom_attributes: { canary-key-1234: 1, b: [\"canary-key-1234\"], c: \"${OTHER}\", d: fine }\n", variables{"K": "canary-key-1234", "OTHER": "see canary-key-1234"}, []string{
			`descope.yaml:3:32: error CFG032: a pattern contains the value of a management key`,
			`descope.yaml:5:5: error CFG032: the id contains the value of a management key`,
			`descope.yaml:6:11: error CFG032: name contains the value of a management key`,
			`descope.yaml:7:43: error CFG032: custom_attributes contains the value of a management key`,
			`descope.yaml:7:49: error CFG032: custom_attributes contains the value of a management key`,
			`descope.yaml:7:73: error CFG032: custom_attributes contains the value of a management key`,
		}},
		{"a short key is looked for as a whole", tenants("  - { id: acme, name: development, custom_attributes: { a: dev } }\n"), variables{"DESCOPE_MANAGEMENT_KEY": "dev"}, []string{
			`descope.yaml:3:60: error CFG032: custom_attributes contains the value of a management key`,
		}},
	}
}

func TestDiagnosticsOfStructure(t *testing.T) { runDiagnosticCases(t, structureCases()) }
func TestDiagnosticsOfValues(t *testing.T)    { runDiagnosticCases(t, valueCases()) }
func TestDiagnosticsOfTenants(t *testing.T)   { runDiagnosticCases(t, tenantCases()) }
func TestDiagnosticsOfVariables(t *testing.T) { runDiagnosticCases(t, variableCases()) }

// TestTenMistakes finds ten different mistakes in one pass, two of them in one
// entry, and shows each with its line and a hint.
func TestTenMistakes(t *testing.T) {
	text := `version: "1.1"
auth:
  management_key: "K2literal"
manage: { orphans: reprot }
tenants:
  - id: acme
    nmae: Acme
    name: 12
    name: Acme
  - id: a/b
    parent: ~
  - id: globex
    self_provisioning_domains: [gmail.com, "é x"]
`
	cfg, err := loadTexts(texts{"descope.yaml": text}, nil)
	diagnostics := diagnosticsOf(t, cfg, err)
	wantLines(t, diagnostics, []string{
		`descope.yaml:1:10: error CFG020: version "1.1" is not supported; this version of the tool reads "1.0"`,
		`descope.yaml:3:19: error CFG033: management_key must be exactly one ${NAME}: a management key may not stand in a file`,
		`descope.yaml:4:20: error CFG014: orphans cannot be "reprot"`,
		`descope.yaml:7:5: error CFG010: unknown key "nmae" in a tenant`,
		`descope.yaml:8:11: error CFG012: name must be text, not a number`,
		`descope.yaml:9:5: error CFG011: the key "name" stands twice in this mapping, first at descope.yaml:8:5`,
		`descope.yaml:10:9: error CFG050: the id "a/b" holds a /`,
		`descope.yaml:11:13: error CFG013: "parent" is null`,
		`descope.yaml:13:33: error CFG061: the domain "gmail.com" is a public mail domain: everybody with such an address would join the tenant`,
		`descope.yaml:13:44: error CFG060: the domain "é x" is not ASCII; write its xn-- form`,
	})
	for _, d := range diagnostics {
		if d.Suggestion == "" || (d.SourceLine == "") != (d.Code == codeLiteralKey) {
			t.Errorf("no suggestion or line: %s", d.Render())
		}
		if d.SourceLine != "" && d.SourceLine != strings.Split(text, "\n")[d.Position.Line-1] {
			t.Errorf("wrong line: %s", d.Render())
		}
	}
	if got := err.Error(); got != `the configuration has 10 errors, the first: descope.yaml:1:10: version "1.1" is not supported; this version of the tool reads "1.0"` {
		t.Errorf("got %q", got)
	}
}
