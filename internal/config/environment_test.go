package config

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func environmentCases() []diagnosticCase {
	return []diagnosticCase{
		{"order", "version: \"1.0\"\nenvironments:\n  a: { order: -1 }\n  b: { order: \"1\" }\n  c: { order: 1.5 }\n  d: { order: ~ }\n  e: { order: 99999999999 }\nauth: { order: 1 }\n", nil, []string{
			`descope.yaml:3:15: error CFG014: order must be a whole number from 0 to 2147483647, not "-1"`,
			`descope.yaml:4:15: error CFG012: order must be a whole number, not text`,
			`descope.yaml:5:15: error CFG014: order must be a whole number from 0 to 2147483647, not "1.5"`,
			`descope.yaml:6:15: error CFG013: "order" is null`,
			`descope.yaml:7:15: error CFG014: order must be a whole number from 0 to 2147483647, not "99999999999"`,
			`descope.yaml:8:9: error CFG010: unknown key "order" in auth`,
		}},
		{"performance", "version: \"1.0\"\nenvironments:\n  a: { performance: fast }\n  b: { performance: { max_workers: 21, rate_limits: quick, workers: 1 } }\n", nil, []string{
			`descope.yaml:3:21: error CFG012: environments.a.performance must be a mapping, not text`,
			`descope.yaml:4:36: error CFG014: max_workers must be a whole number from 1 to 20, not "21"`,
			`descope.yaml:4:53: error CFG014: rate_limits cannot be "quick"`,
			`descope.yaml:4:60: error CFG010: unknown key "workers" in environments.b.performance`,
		}},
		{"a key for reading in the file", "version: \"1.0\"\nauth: { read_key: Kliteral }\nenvironments:\n  a: { read_key: [x] }\n  b: { read_key: \"${A:-b}\" }\n", nil, []string{
			`descope.yaml:2:19: error CFG033: read_key must be exactly one ${NAME}: a management key may not stand in a file`,
			`descope.yaml:4:18: error CFG012: read_key must be text, not a list`,
			`descope.yaml:5:18: error CFG033: read_key must be exactly one ${NAME}: a management key may not stand in a file`,
		}},
		{"a key for reading is a credential", "version: \"1.0\"\nauth: { read_key: \"${READER}\" }\ntenants:\n  - { id: acme, name: \"${READER}\" }\n  - { id: other, name: \"see canary-key-1\" }\n", variables{"READER": "canary-key-1"}, []string{
			`descope.yaml:4:23: error CFG032: the variable READER serves as a credential and may be used for a management_key or read_key only`,
			`descope.yaml:5:24: error CFG032: name contains the value of a management key`,
		}},
		{"a key for reading that is not set", "version: \"1.0\"\nenvironments: { dev: { read_key: \"${READER}\" } }\n", nil, []string{
			`descope.yaml:2:34: note CFG034: the variable READER is not set`,
		}},
		{"the folder of records", "version: \"1.0\"\nstate: { applied_dir: \"\" }\n---\nstate: { applied_dir: ~ana/x }\n---\nstate: { mode: user, applied_dir: 7 }\n", nil, []string{
			`descope.yaml:2:23: error CFG014: state.applied_dir is empty`,
			`descope.yaml:4:10: error CFG016: state.applied_dir is already set at descope.yaml:2:10`,
			`descope.yaml:6:22: error CFG016: state.applied_dir is already set at descope.yaml:2:10`,
		}},
		{"the folder of records in another home", "version: \"1.0\"\nstate: { applied_dir: ~ana/x }\n", nil, []string{
			`descope.yaml:2:23: error CFG014: state.applied_dir cannot be "~ana/x": only ~/ stands for a home folder`,
		}},
	}
}

func TestEnvironmentDiagnostics(t *testing.T) { runDiagnosticCases(t, environmentCases()) }

// TestEnvironmentSettingsGivenTwice: an environment may stand in several
// documents, and each of its settings in one of them.
func TestEnvironmentSettingsGivenTwice(t *testing.T) {
	text := "version: \"1.0\"\nenvironments:\n  a.b: { order: 1, performance: { max_workers: 1 } }\n---\nenvironments:\n  a.b: { order: 1, performance: { max_workers: 2, rate_limit_buffer: 1 } }\n"
	cfg, err := loadTexts(texts{"descope.yaml": text}, nil)
	wantLines(t, diagnosticsOf(t, cfg, err), []string{
		`descope.yaml:6:10: error CFG016: environments.a.b.order is already set at descope.yaml:3:10`,
		`descope.yaml:6:35: error CFG016: environments.a.b.performance.max_workers is already set at descope.yaml:3:35`,
	})
}

func TestPerformanceOfAnEnvironment(t *testing.T) {
	cfg := load(t, "version: \"1.0\"\nperformance: { max_workers: 5, rate_limits: { tenant: 1/1s, other: 2/1s } }\nenvironments:\n  dev: { performance: { rate_limits: { user: 3/1s } } }\n  test: {}\n---\nenvironments:\n  dev: { performance: { rate_limit_buffer: 0.5 } }\n", nil)
	base := Performance{MaxWorkers: 5, RateLimits: []string{"tenant=1/1s", "other=2/1s"}}
	for environment, want := range map[string]Performance{
		"": base, "test": base, "nowhere": base,
		"dev": {MaxWorkers: 5, RateLimitBuffer: 0.5, RateLimits: []string{"user=3/1s"}},
	} {
		got := cfg.Performance(environment)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", environment, diff)
		}
		got.RateLimits[0] = "changed"
		if diff := cmp.Diff(want, cfg.Performance(environment)); diff != "" {
			t.Errorf("%q: a reader changed it: %s", environment, diff)
		}
	}
}

func TestEnvironmentList(t *testing.T) {
	cfg := load(t, `version: "1.0"
auth: { read_key: "${READER}" }
environments:
  late: { project_id: P2late }
  prod: { project_id: "${PROD_ID}", management_key: "${PROD_CREDENTIAL}", order: 30 }
  dev: { project_id: P2dev, management_key: "${DEV_CREDENTIAL}", read_key: "${DEV_READER}", order: 0 }
  twin: { project_id: P2prd, order: 10 }
  test: { project_id: "${TEST_ID}", protected: true, order: 10 }
  broken: { project_id: "${BROKEN_ID}", management_key: "${DEV_CREDENTIAL}" }
  bare: { management_key: "${DEV_CREDENTIAL}" }
`, nil)
	order := func(n int) *int { return &n }
	got := cfg.EnvironmentList(variables{"PROD_ID": "P2prd", "BROKEN_ID": "K2 key", "DEV_CREDENTIAL": "Kdev"}.lookup)
	want := []Environment{
		{Name: "dev", Order: order(0), ProjectID: "P2dev"},
		{Name: "twin", Order: order(10), ProjectID: "P2prd", Protected: true},
		{Name: "test", Order: order(10), Protected: true},
		{Name: "prod", Order: order(30), ProjectID: "P2prd", Protected: true},
		{Name: "late", ProjectID: "P2late"},
		{Name: "broken"},
		{Name: "bare"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if list := cfg.EnvironmentList(nil); len(list) != len(want) || list[3].ProjectID != "" {
		t.Errorf("without variables: %+v", list)
	}
	if list := load(t, "version: \"1.0\"\n", nil).EnvironmentList(nil); len(list) != 0 {
		t.Errorf("got %+v", list)
	}
}

const readText = `version: "1.0"
auth: { project_id: P2auth, management_key: "${AUTH_CREDENTIAL}", read_key: "${AUTH_READER}" }
environments:
  both: { project_id: P2both, management_key: "${BOTH_CREDENTIAL}", read_key: "${BOTH_READER}" }
  writer: { project_id: P2writer, management_key: "${WRITER_CREDENTIAL}" }
  reader: { project_id: P2reader, read_key: "${READER_READER}" }
  bare: { project_id: P2bare }
`

func TestResolveReadKey(t *testing.T) {
	all := variables{"AUTH_CREDENTIAL": "Kauth", "AUTH_READER": "Rauth", "BOTH_CREDENTIAL": "Kboth", "BOTH_READER": "Rboth", "WRITER_CREDENTIAL": "Kwriter", "READER_READER": "Rreader"}
	withVariable := maps.Clone(all)
	withVariable[managementKeyVariable] = "Kvar"
	tests := []struct {
		name        string
		environment string
		env         variables
		reads       string // key and source for a command that reads
		writes      string // and for one that writes
	}{
		{"the environment's own", "both", all, "Rboth read_key of environments.both (descope.yaml:4:79)", "Kboth environments.both (descope.yaml:4:47)"},
		{"the environment's management key before auth", "writer", all, "Kwriter environments.writer (descope.yaml:5:51)", "Kwriter environments.writer (descope.yaml:5:51)"},
		{"the environment's read key alone", "reader", all, "Rreader read_key of environments.reader (descope.yaml:6:45)", "Kauth auth (descope.yaml:2:45)"},
		{"auth's", "bare", all, "Rauth read_key of auth (descope.yaml:2:77)", "Kauth auth (descope.yaml:2:45)"},
		{"the environment's over the variable", "both", withVariable, "Rboth read_key of environments.both (descope.yaml:4:79)", "Kboth environments.both (descope.yaml:4:47)"},
		{"the environment's alone over the variable", "reader", withVariable, "Rreader read_key of environments.reader (descope.yaml:6:45)", "Kvar DESCOPE_MANAGEMENT_KEY"},
		{"the variable over auth", "bare", withVariable, "Kvar DESCOPE_MANAGEMENT_KEY", "Kvar DESCOPE_MANAGEMENT_KEY"},
		{
			"no stronger key instead", "both",
			variables{"BOTH_CREDENTIAL": "Kboth", managementKeyVariable: "Kvar"},
			"the read key of environments.both (descope.yaml:4:79) is in the variable BOTH_READER, which is not set", "Kboth environments.both (descope.yaml:4:47)",
		},
		{
			"never a read key for a write", "both",
			variables{"BOTH_READER": "Rboth", "AUTH_READER": "Rauth"},
			"Rboth read_key of environments.both (descope.yaml:4:79)", "the management key of environments.both (descope.yaml:4:47) is in the variable BOTH_CREDENTIAL, which is not set",
		},
	}
	cfg := load(t, readText, nil)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for reading, want := range map[bool]string{true: tt.reads, false: tt.writes} {
				target, err := Resolve(cfg, Selection{Environment: tt.environment, Lookup: tt.env.lookup, Reading: reading})
				got := target.ManagementKey.Reveal() + " " + target.KeySource
				if err != nil {
					got = err.Error()
				}
				if got != want {
					t.Errorf("reading %t: got %q, want %q", reading, got, want)
				}
			}
		})
	}
}

// TestReadKeysAreKeys: whichever key a command uses, what holds the other one
// is refused and not shown.
func TestReadKeysAreKeys(t *testing.T) {
	env := variables{"BOTH_CREDENTIAL": canary, "BOTH_READER": "read" + canary, "READER_READER": "other" + canary}
	cfg := load(t, readText, nil)
	for _, sel := range []Selection{
		{Environment: "both", ProjectID: "x-read" + canary},
		{Environment: "both", BaseURL: "https://" + canary + ".example"},
		{ProjectID: "Pother" + canary, Environment: "bare"},
	} {
		for _, sel.Reading = range []bool{true, false} {
			sel.Lookup = env.lookup
			if target, err := Resolve(cfg, sel); err == nil || strings.Contains(err.Error(), canary) {
				t.Errorf("%+v: got %+v, %v", sel, target, err)
			}
		}
	}
	var got []string
	for _, key := range cfg.Credentials(env.lookup) {
		got = append(got, key.Reveal())
	}
	if diff := cmp.Diff([]string{canary, "other" + canary, "read" + canary}, got); diff != "" {
		t.Error(diff)
	}
	if keys := (*Config)(nil).Credentials(env.lookup); keys != nil {
		t.Errorf("got %v", keys)
	}
}
