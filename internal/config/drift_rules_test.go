package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// driftText puts the value of "drift" under a valid head; it starts on line 3.
func driftText(value string) string {
	return "version: \"1.0\"\nenvironments: { dev: {}, prod: {} }\ndrift:\n" + value
}

func driftCases() []diagnosticCase {
	return []diagnosticCase{
		{"everything is right", driftText("  ignore:\n    - { address: \"tenant/*\", path: \"settings.*\", until: 2024-02-29, reason: r, owner: o, only: [dev] }\n    - { address: \"[tf]*\", until: \"2026-12-31\", reason: r, owner: o }\n  severity:\n    - { address: \"*\", severity: info }\n"), nil, nil},
		{"wrong types", "version: \"1.0\"\ndrift: []\n---\ndrift: { ignore: {}, severity: all }\n---\ndrift: { ignore: [tenant/a, ~], severity: [[]] }\n", nil, []string{
			`descope.yaml:2:8: error CFG012: drift must be a mapping, not a list`,
			`descope.yaml:4:18: error CFG012: drift.ignore must be a list, not a mapping`,
			`descope.yaml:4:32: error CFG012: drift.severity must be a list, not text`,
			`descope.yaml:6:19: error CFG012: an entry of drift.ignore must be a mapping, not text`,
			`descope.yaml:6:29: error CFG013: an entry of drift.ignore is null`,
			`descope.yaml:6:44: error CFG012: an entry of drift.severity must be a mapping, not a list`,
		}},
		{"unknown keys", driftText("  accept: []\n  ignore: [{ address: tenant/a, reason: r, owner: o, severity: info }]\n  severity: [{ path: name, severity: info, only: [dev] }]\n"), nil, []string{
			`descope.yaml:4:3: error CFG010: unknown key "accept" in drift`,
			`descope.yaml:5:54: error CFG010: unknown key "severity" in an entry of drift.ignore`,
			`descope.yaml:6:44: error CFG010: unknown key "only" in an entry of drift.severity`,
		}},
		{"what is missing", driftText("  ignore:\n    - {}\n    - { address: tenant/a, reason: r }\n    - { address: tenant/a, owner: o }\n  severity:\n    - {}\n    - { path: name }\n    - { severity: info }\n"), nil, []string{
			`descope.yaml:5:7: error CFG110: an entry of drift.ignore has no address`,
			`descope.yaml:5:7: error CFG110: an entry of drift.ignore has no owner`,
			`descope.yaml:5:7: error CFG110: an entry of drift.ignore has no reason`,
			`descope.yaml:6:7: error CFG110: an entry of drift.ignore has no owner`,
			`descope.yaml:7:7: error CFG110: an entry of drift.ignore has no reason`,
			`descope.yaml:9:7: error CFG110: an entry of drift.severity has neither address nor path`,
			`descope.yaml:9:7: error CFG110: an entry of drift.severity has no severity`,
			`descope.yaml:10:7: error CFG110: an entry of drift.severity has no severity`,
			`descope.yaml:11:7: error CFG110: an entry of drift.severity has neither address nor path`,
		}},
		{"a refused value is not missing too", driftText("  ignore:\n    - { address: ~, reason: 7, owner: \" \" }\n  severity:\n    - { address: acme, severity: [] }\n"), nil, []string{
			`descope.yaml:5:18: error CFG013: "address" is null`,
			`descope.yaml:5:29: error CFG012: reason must be text, not a number`,
			`descope.yaml:5:39: error CFG014: owner is empty`,
			`descope.yaml:7:18: error CFG014: the pattern "acme" matches no address`,
			`descope.yaml:7:34: error CFG012: severity must be text, not a list`,
		}},
		{"patterns", driftText("  ignore:\n    - { address: \"tenant/[a\", path: \"[\", reason: r, owner: o }\n    - { address: \"user/a\", path: \"\", reason: r, owner: o }\n    - { address: \"tenants/a\", reason: r, owner: o }\n    - { address: tenant, reason: r, owner: o }\n"), nil, []string{
			`descope.yaml:5:18: error CFG014: the pattern "tenant/[a" is not well formed`,
			`descope.yaml:5:37: error CFG014: the pattern "[" is not well formed`,
			`descope.yaml:6:18: error CFG014: the pattern "user/a" matches no address`,
			`descope.yaml:6:34: error CFG014: path is empty`,
			`descope.yaml:7:18: error CFG014: the pattern "tenants/a" matches no address`,
			`descope.yaml:8:18: error CFG014: the pattern "tenant" matches no address`,
		}},
		{"days", driftText("  ignore:\n    - { address: \"*\", reason: r, owner: o, until: 2026-02-30 }\n    - { address: \"*\", reason: r, owner: o, until: 2026-2-3 }\n    - { address: \"*\", reason: r, owner: o, until: 20260203 }\n    - { address: \"*\", reason: r, owner: o, until: \"2026-02-03T00:00:00Z\" }\n    - { address: \"*\", reason: r, owner: o, until: \"\" }\n    - { address: \"*\", reason: r, owner: o, until: \"${DAY}\" }\n"), variables{"DAY": "2023-02-29"}, []string{
			`descope.yaml:5:51: error CFG014: until must be a day like 2026-12-31, not "2026-02-30"`,
			`descope.yaml:6:51: error CFG014: until must be a day like 2026-12-31, not "2026-2-3"`,
			`descope.yaml:7:51: error CFG012: until must be text, not a number`,
			`descope.yaml:8:51: error CFG014: until must be a day like 2026-12-31, not "2026-02-03T00:00:00Z"`,
			`descope.yaml:9:51: error CFG014: until must be a day like 2026-12-31, not ""`,
			`descope.yaml:10:51: error CFG014: until must be a day like 2026-12-31, not "${DAY}"`,
		}},
		{"environments", driftText("  ignore:\n    - { address: \"*\", reason: r, owner: o, only: [stage] }\n    - { address: \"*\", reason: r, owner: o, only: [] }\n    - { address: \"*\", reason: r, owner: o, only: dev }\n"), nil, []string{
			`descope.yaml:5:51: error CFG041: no environment is called "stage"`,
			`descope.yaml:6:50: error CFG055: only names no environment`,
			`descope.yaml:7:50: error CFG012: only must be a list, not text`,
		}},
		{"severities", driftText("  severity: [{ path: name, severity: grave }, { path: name, severity: ~ }]\n"), nil, []string{
			`descope.yaml:4:38: error CFG014: severity cannot be "grave"`,
			`descope.yaml:4:71: error CFG013: "severity" is null`,
		}},
		{"a loaded key", driftText("  ignore:\n    - { address: \"tenant/canary-key-1\", path: canary-key-1, reason: \"see canary-key-1\", owner: canary-key-1 }\n") + "auth: { read_key: \"${READER}\" }\n", variables{"READER": "canary-key-1"}, []string{
			`descope.yaml:5:18: error CFG032: a value contains the value of a management key`,
			`descope.yaml:5:47: error CFG032: a value contains the value of a management key`,
			`descope.yaml:5:69: error CFG032: a value contains the value of a management key`,
			`descope.yaml:5:96: error CFG032: a value contains the value of a management key`,
		}},
	}
}

func TestDriftDiagnostics(t *testing.T) { runDiagnosticCases(t, driftCases()) }

func TestDrift(t *testing.T) {
	if diff := cmp.Diff(resource.DriftRules{}, load(t, "version: \"1.0\"\n", nil).Drift("dev")); diff != "" {
		t.Error(diff)
	}
	cfg := load(t, `version: "1.0"
environments: { dev: {}, prod: {} }
drift:
  ignore:
    - address: tenant/acme-*
      path: custom_attributes.*
      until: 2026-12-31
      reason: "moves to ${WHERE}"
      owner: ana
    - { address: flow/*, reason: r, owner: o, only: [prod] }
  severity:
    - { path: name, severity: critical }
---
drift:
  ignore: [{ address: "*", reason: later, owner: ben }]
  severity: [{ address: flow/*, path: name, severity: info }]
`, variables{"WHERE": "CRM"})
	at := func(line, column int) resource.Position {
		return resource.Position{File: "descope.yaml", Line: line, Column: column}
	}
	everywhere := resource.Acceptance{Address: "tenant/acme-*", Path: "custom_attributes.*", Until: "2026-12-31", Reason: "moves to CRM", Owner: "ana", Source: at(5, 7)}
	prod := resource.Acceptance{Address: "flow/*", Reason: "r", Owner: "o", Source: at(10, 7)}
	second := resource.Acceptance{Address: "*", Reason: "later", Owner: "ben", Source: at(15, 12)}
	severity := []resource.SeverityRule{
		{Path: "name", Severity: resource.SeverityCritical, Source: at(12, 7)},
		{Address: "flow/*", Path: "name", Severity: resource.SeverityInfo, Source: at(16, 14)},
	}
	for environment, ignore := range map[string][]resource.Acceptance{
		"": {everywhere, second}, "dev": {everywhere, second}, "prod": {everywhere, prod, second},
	} {
		want := resource.DriftRules{Ignore: ignore, Severity: severity}
		if diff := cmp.Diff(want, cfg.Drift(environment)); diff != "" {
			t.Errorf("%q: %s", environment, diff)
		}
	}
}
