package config

// validTexts are configurations that schema and loader both accept.
func validTexts() map[string]string {
	return map[string]string{
		"smallest":   `version: "1.0"`,
		"everything": everything,
		"template":   tenants("  - { id: acme, state: \"${S:-absent}\", role_inheritance: \"${R:-none}\" }\n"),
		"profile":    "version: \"1.0\"\nperformance: { rate_limits: \"off\", rate_limit_buffer: 1 }\n",
		"absent":     tenants("  - { id: acme, key: a, state: absent, protect: false }\n"),
		"pair":       tenants("  - { id: acme, domains: [a.com], self_provisioning: true }\n  - { id: two, self_provisioning: false }\n"),
		"one":        "$schema: ./descope.schema.json\nversion: \"1.0\"\ntenant: { id: acme }\n",
		"flows":      flowsEverything,
		"overlay":    overlayEverything,
		"domains":    tenants("  - { id: acme, self_provisioning_domains: [A-1.2b.example, \"${D:-a.com}\", a.4ever] }\n"),
		"constraint": "version: \"1.0\"\nrequires: \" >= v1.0 , <2.1.0-rc.1+build,=1\"\nstate: { dir: \"~/x\" }\nauth: { base_url: \"HTTPS://api.descope.com/\" }\n",
		"wire":       tenants("  - { id: acme, settings: { JITDisabled: true, refreshTokenExpiration: 1, refreshTokenExpirationUnit: days } }\n"),
	}
}

const everything = `version: "1.0"
requires: ">=1.0"
variables: [SOME_KEY]
auth: { project_id: P2auth, management_key: "${DESCOPE_MANAGEMENT_KEY}", read_key: "${DESCOPE_READ_KEY}", base_url: "https://api.descope.com" }
environments:
  dev: { project_id: "P2dev", management_key: "${DEV_CREDENTIAL}", read_key: "${DEV_READER}", base_url: "http://localhost:1", protected: false, order: 0, performance: { max_workers: 1, rate_limits: documented } }
manage: { tenants: { include: ["*"], exclude: ["sandbox-*"] }, orphans: report }
guard: { delete_threshold: "10%", update_threshold: 50 }
performance: { max_workers: 10, rate_limit_buffer: 0.8, rate_limits: { tenant: 200/60s, user: "off" } }
drift:
  ignore: [{ address: "tenant/acme-*", path: name, until: "2026-12-31", reason: r, owner: o, only: [dev] }]
  severity: [{ address: "flow/*", severity: info }, { path: "custom_attributes.*", severity: "${S:-critical}" }]
state: { dir: /mnt/team/descope-mgmt, mode: group, applied_dir: applied }
backup: { dir: ~/backups, retention_days: 1, after_required: false }
tenants:
  - id: acme-corp
    key: acme
    name: Acme
    state: present
    self_provisioning_domains: [acme.com]
    custom_attributes: { plan: gold, seats: 5, ratio: 0.5, on: true, list: [a, 1, false] }
    remove_attributes: [old]
    disabled: false
    enforce_sso: false
    parent: group
    role_inheritance: userOnly
    default_roles: [Viewer]
    settings: { enabled: true, session_token_expiration: 10, session_token_expiration_unit: minutes, sso_setup_suite_settings: { enabled: true, disabledFeatures: { saml: [1] } } }
    protect: true
    only: [dev]
  - { id: other, except: [dev] }
`

const flowsEverything = `version: "1.0"
environments: { dev: {} }
manage: { flows: { include: ["*"], exclude: ["legacy-*"] } }
flows:
  - template: mfa-login
    id: login
    state: present
    name: "Login of ${N:-Acme}"
    enabled: false
    config: { methods: [sms, "${M:-totp}"], remember_device: true, remember_duration_days: 7 }
    set: { "metadata.description": "x", "task 'Sign In / OTP / SMS'.arguments.extra": { a: [1, true] } }
    references: { connectors: { "SMS gateway": CI2 }, roles: { Viewer: "${R:-ROL2}" } }
    protect: true
    only: [dev]
  - { id: gone, state: absent, except: [dev] }
flow: { template: social-login }
`

const overlayEverything = `version: "1.0"
tenants:
  - { id: acme, key: acme, name: A, custom_attributes: { a: 1, b: 2 }, remove_attributes: [c], settings: { enabled: true, inactivity_time: 1 }, parent: group, default_roles: [r], disabled: true, enforce_sso: true, role_inheritance: none }
  - { id: beta, domains: [b.com], self_provisioning: true }
flows:
  - { template: mfa-login, key: login, name: A, enabled: true, config: { remember_device: true, remember_duration_days: 7 }, set: { metadata.description: x } }
  - { template: magic-link, references: { roles: { Viewer: R }, connectors: { c: C } } }
environments:
  prod:
    overlay:
      tenants:
        - { key: acme, id: T2prd, name: ~, custom_attributes: { a: ~, d: [x] }, remove_attributes: ~, settings: { enabled: ~, inactivityTime: 2 }, parent: ~, default_roles: ~, disabled: ~, enforce_sso: ~, role_inheritance: ~, state: present, protect: true }
        - { id: beta, domains: ~, self_provisioning: ~, self_provisioning_domains: [c.com] }
        - { id: own, key: own, name: "${N:-Own}" }
      flows:
        - { key: login, id: login, name: ~, enabled: ~, config: { remember_device: ~ }, set: ~, state: present, protect: false }
        - { id: magic-link, references: { roles: ~, connectors: { c: ~ } } }
        - { template: social-login, config: { providers: [apple] } }
  dev: { overlay: { tenants: [{ id: acme, custom_attributes: ~, settings: ~ }], flows: [{ key: login, template: social-login, config: ~, references: { roles: { a: b } } }] } }
`

// invalidTexts are configurations that schema and loader both refuse.
func invalidTexts() map[string]string {
	return map[string]string{
		"version":             "version: \"2.0\"\n",
		"version number":      "version: 1.0\n",
		"unknown key":         "version: \"1.0\"\nfoo: 1\n",
		"drift":               "version: \"1.0\"\ndrift: []\n",
		"drift key":           "version: \"1.0\"\ndrift: { accept: [] }\n",
		"drift no reason":     "version: \"1.0\"\ndrift: { ignore: [{ address: tenant/a, owner: ana }] }\n",
		"drift no owner":      "version: \"1.0\"\ndrift: { ignore: [{ address: tenant/a, reason: x }] }\n",
		"drift no address":    "version: \"1.0\"\ndrift: { ignore: [{ owner: ana, reason: x }] }\n",
		"drift day":           "version: \"1.0\"\ndrift: { ignore: [{ address: tenant/a, owner: ana, reason: x, until: soon }] }\n",
		"drift only":          "version: \"1.0\"\ndrift: { ignore: [{ address: tenant/a, owner: ana, reason: x, only: [] }] }\n",
		"drift severity":      "version: \"1.0\"\ndrift: { severity: [{ address: tenant/a, severity: grave }] }\n",
		"drift no place":      "version: \"1.0\"\ndrift: { severity: [{ severity: info }] }\n",
		"drift no severity":   "version: \"1.0\"\ndrift: { severity: [{ path: name }] }\n",
		"order":               "version: \"1.0\"\nenvironments: { dev: { order: -1 } }\n",
		"order text":          "version: \"1.0\"\nenvironments: { dev: { order: \"1\" } }\n",
		"order of auth":       "version: \"1.0\"\nauth: { order: 1 }\n",
		"performance of one":  "version: \"1.0\"\nenvironments: { dev: { performance: { max_workers: 0 } } }\n",
		"literal read key":    "version: \"1.0\"\nauth: { read_key: K2abc }\n",
		"applied_dir":         "version: \"1.0\"\nstate: { applied_dir: \"\" }\n",
		"flow of nothing":     "version: \"1.0\"\nflows: [{}]\n",
		"flow of two things":  "version: \"1.0\"\nflows: [{ template: magic-link, file: a.json }]\n",
		"flow key":            "version: \"1.0\"\nflows: [{ template: magic-link, settings: {} }]\n",
		"flow config":         "version: \"1.0\"\nflows: [{ file: a.json, config: {} }]\n",
		"flow set":            "version: \"1.0\"\nflows: [{ template: magic-link, set: [] }]\n",
		"flow null":           "version: \"1.0\"\nflows: [{ template: magic-link, set: { metadata.description: ~ } }]\n",
		"flow reference":      "version: \"1.0\"\nflows: [{ template: magic-link, references: { connectors: { a: 1 } } }]\n",
		"flow reference kind": "version: \"1.0\"\nflows: [{ template: magic-link, references: { groups: {} } }]\n",
		"flow enabled":        "version: \"1.0\"\nflows: [{ template: magic-link, enabled: \"yes\" }]\n",
		"flow only":           "version: \"1.0\"\nflows: [{ template: magic-link, only: [a], except: [b] }]\n",
		"flow alone":          "version: \"1.0\"\nflow: [{ template: magic-link }]\n",
		"flow absent":         "version: \"1.0\"\nflows: [{ state: absent }]\n",
		"scope of flows":      "version: \"1.0\"\nmanage: { flows: { only: [] } }\n",
		"unknown tenant key":  tenants("  - { id: acme, nmae: x }\n"),
		"no id":               tenants("  - { name: x }\n"),
		"empty id":            tenants("  - { id: \"\" }\n"),
		"null":                tenants("  - { id: acme, name: ~ }\n"),
		"name number":         tenants("  - { id: acme, name: 1 }\n"),
		"bool text":           tenants("  - { id: acme, disabled: \"yes\" }\n"),
		"state":               tenants("  - { id: acme, state: gone }\n"),
		"role inheritance":    tenants("  - { id: acme, role_inheritance: all }\n"),
		"attribute mapping":   tenants("  - { id: acme, custom_attributes: { a: { b: 1 } } }\n"),
		"attribute null":      tenants("  - { id: acme, custom_attributes: { a: ~ } }\n"),
		"nested list":         tenants("  - { id: acme, custom_attributes: { a: [[1]] } }\n"),
		"setting unknown":     tenants("  - { id: acme, settings: { foo: 1 } }\n"),
		"setting negative":    tenants("  - { id: acme, settings: { inactivity_time: -1 } }\n"),
		"setting fraction":    tenants("  - { id: acme, settings: { inactivity_time: 1.5 } }\n"),
		"setting unit":        tenants("  - { id: acme, settings: { inactivity_time_unit: years } }\n"),
		"nested null":         tenants("  - { id: acme, settings: { sso_setup_suite_settings: { a: ~ } } }\n"),
		"domains pair":        tenants("  - { id: acme, domains: [a.com], self_provisioning_domains: [a.com] }\n"),
		"pair without domain": tenants("  - { id: acme, domains: [], self_provisioning: true }\n"),
		"only and except":     tenants("  - { id: acme, only: [a], except: [b] }\n"),
		"empty only":          tenants("  - { id: acme, only: [] }\n"),
		"list of domains":     tenants("  - { id: acme, self_provisioning_domains: a.com }\n"),
		"literal key":         "version: \"1.0\"\nauth: { management_key: K2abc }\n",
		"key with default":    "version: \"1.0\"\nauth: { management_key: \"${A:-b}\" }\n",
		"environment key":     "version: \"1.0\"\nenvironments: { dev: { tenants: [] } }\n",
		"environment name":    "version: \"1.0\"\nenvironments: { \"a b\": {} }\n",
		"orphans":             "version: \"1.0\"\nmanage: { orphans: delete }\n",
		"guard":               "version: \"1.0\"\nguard: { delete_threshold: 101 }\n",
		"guard text":          "version: \"1.0\"\nguard: { delete_threshold: \"101%\" }\n",
		"workers":             "version: \"1.0\"\nperformance: { max_workers: 0 }\n",
		"buffer":              "version: \"1.0\"\nperformance: { rate_limit_buffer: 1.1 }\n",
		"rate class":          "version: \"1.0\"\nperformance: { rate_limits: { users: \"off\" } }\n",
		"rate":                "version: \"1.0\"\nperformance: { rate_limits: { user: \"5\" } }\n",
		"rate profile":        "version: \"1.0\"\nperformance: { rate_limits: \"fast\" }\n",
		"backup":              "version: \"1.0\"\nbackup: []\n",
		"backup key":          "version: \"1.0\"\nbackup: { folder: /x }\n",
		"backup empty dir":    "version: \"1.0\"\nbackup: { dir: \"\" }\n",
		"backup other home":   "version: \"1.0\"\nbackup: { dir: ~anna/backups }\n",
		"backup days":         "version: \"1.0\"\nbackup: { retention_days: 0 }\n",
		"backup days text":    "version: \"1.0\"\nbackup: { retention_days: \"30\" }\n",
		"backup no program":   "version: \"1.0\"\nbackup: { after: [[]] }\n",
		"backup shell":        "version: \"1.0\"\nbackup: { after: [\"cp {file} /x\"] }\n",
		"backup empty text":   "version: \"1.0\"\nbackup: { after: [[cp, \"\"]] }\n",
		"backup required":     "version: \"1.0\"\nbackup: { after_required: \"yes\" }\n",
		"overlay":             "version: \"1.0\"\nenvironments: { dev: { overlay: [] } }\n",
		"overlay key":         "version: \"1.0\"\nenvironments: { dev: { overlay: { tenant: { id: acme } } } }\n",
		"overlay of nothing":  "version: \"1.0\"\nenvironments: { dev: { overlay: { tenants: [{ name: A }] } } }\n",
		"overlay selection":   "version: \"1.0\"\nenvironments: { dev: { overlay: { tenants: [{ id: acme, only: [dev] }] } } }\n",
		"overlay null":        "version: \"1.0\"\nenvironments: { dev: { overlay: { tenants: [{ id: acme, protect: ~ }] } } }\n",
		"overlay nested null": tenants("  - { id: acme }\n") + "environments: { dev: { overlay: { tenants: [{ id: acme, settings: { sso_setup_suite_settings: { a: ~ } } }] } } }\n",
		"overlay flow":        "version: \"1.0\"\nenvironments: { dev: { overlay: { flows: [{ id: a, template: magic-link, file: a.json }] } } }\n",
		"overlay flow null":   "version: \"1.0\"\nenvironments: { dev: { overlay: { flows: [{ id: a, template: ~ }] } } }\n",
		"overlay flow name":   "version: \"1.0\"\nenvironments: { dev: { overlay: { flows: [{ id: a, template: magic-link, enabled: \"yes\" }] } } }\n",
		"tenants mapping":     "version: \"1.0\"\ntenants: { id: acme }\n",
		"a list":              "[]",
		"requires":            "version: \"1.0\"\nrequires: latest\n",
		"base_url":            "version: \"1.0\"\nauth: { base_url: api.descope.com }\n",
		"state dir":           "version: \"1.0\"\nstate: { dir: here }\n",
		"drift kind":          "version: \"1.0\"\ndrift: { severity: [{ address: role/x, severity: info }] }\n",
		"a domain":            tenants("  - { id: acme, self_provisioning_domains: [acme] }\n"),
		"an address":          tenants("  - { id: acme, domains: [ana@acme.com], self_provisioning: true }\n"),
	}
}
