package config

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// counted is what a check says, as text.
type counted interface {
	Warnings() []Diagnostic
	TenantCount() int
	FlowCount() int
	Files() []string
}

func verdict(of counted, err error) string {
	var invalid *InvalidError
	switch {
	case errors.As(err, &invalid):
		return renderAll(invalid.Diagnostics)
	case err != nil:
		return err.Error()
	}
	return renderAll(of.Warnings()) + fmt.Sprintln(of.TenantCount(), of.FlowCount(), of.Files())
}

func renderAll(diagnostics []Diagnostic) string {
	var out strings.Builder
	for _, d := range diagnostics {
		fmt.Fprintln(&out, d.Code, d.Severity, d.Render())
	}
	return out.String()
}

// loadAs loads with small pieces of work, so that few documents make many of them.
func loadAs(files texts, env variables, workers, size int) (*Config, error) {
	l := newLoader(Options{Lookup: env.lookup, ToolVersion: "1.2.3", Workers: workers})
	l.aheadSize = size
	return l.loadAll(context.Background(), files.sources())
}

func checkAs(files texts, env variables, workers int) (*Checked, error) {
	return checkSources(context.Background(), Options{Lookup: env.lookup, ToolVersion: "1.2.3", Workers: workers}, files.sources())
}

// compareWays reads the same files in every way, and wants the same of each.
func compareWays(t interface {
	Helper()
	Errorf(string, ...any)
}, files texts, env variables,
) {
	t.Helper()
	cfg, err := loadAs(files, env, 1, 1)
	want, wantVerdict := outcome(cfg, err), verdict(cfg, err)
	for name, one := range map[string]struct{ workers, size int }{"beside each other": {4, 1}, "together": {1, 1 << 20}, "both": {4, 200}} {
		if diff := cmp.Diff(want, outcome(loadAs(files, env, one.workers, one.size))); diff != "" {
			t.Errorf("parsed %s (-one after the other +%s):\n%s\n%q", name, name, diff, files)
		}
	}
	for _, workers := range []int{1, 4} {
		checked, err := checkAs(files, env, workers)
		if diff := cmp.Diff(wantVerdict, verdict(checked, err)); diff != "" {
			t.Errorf("checked by %d (-load +check):\n%s\n%q", workers, diff, files)
		}
	}
}

// TestCheckSaysWhatLoadSays goes through every mistake that the other tests know.
func TestCheckSaysWhatLoadSays(t *testing.T) {
	for _, cases := range [][]diagnosticCase{structureCases(), valueCases(), tenantCases(), variableCases(), textCases(), backupCases(), flowCases(), driftCases(), environmentCases(), overlayCases()} {
		for _, tt := range cases {
			t.Run(tt.name, func(t *testing.T) {
				files := texts{"descope.yaml": tt.text}
				cfg, err := loadAs(files, tt.env, 1, 1)
				checked, errOfCheck := checkAs(files, tt.env, 2)
				if diff := cmp.Diff(verdict(cfg, err), verdict(checked, errOfCheck)); diff != "" {
					t.Errorf("(-load +check):\n%s", diff)
				}
			})
		}
	}
	for name, text := range validTexts() {
		t.Run(fmt.Sprint("valid ", name), func(t *testing.T) { compareWays(t, texts{"descope.yaml": text}, nil) })
	}
}

func TestCheckNeedsEarlierTenants(t *testing.T) {
	const head = "version: \"1.0\"\nenvironments: { dev: {}, prod: {} }\n"
	tests := []struct {
		name  string
		files texts
		env   variables
		want  string // a part of what is said
	}{
		{"nothing stands twice", texts{"a.yaml": head + "---\ntenant: { id: one, name: One, self_provisioning_domains: [a.com] }\n---\ntenant: { id: two, name: a.com, self_provisioning_domains: [b.com] }\n"}, nil, "2 0"},
		{"id", texts{"a.yaml": head + "tenant: { id: one }\n", "b.yaml": "tenant: { id: two }\n---\ntenant: { id: one }\n"}, nil, `b.yaml:3:15: the id "one" already stands at a.yaml:3:15`},
		{"name of one for a time", texts{"a.yaml": head + "tenants:\n- { id: one, name: A, only: [dev] }\n- { id: two, name: A, only: [prod] }\n- { id: three, name: A, except: [dev] }\n"}, nil, `a.yaml:6:22: the name "A" already stands at a.yaml:5:20`},
		{"domain", texts{"a.yaml": head + "tenants:\n- { id: one, self_provisioning_domains: [A.com] }\n- { id: two, self_provisioning_domains: [b.com, a.com] }\n"}, nil, `with the tenant "one"`},
		{"same domain twice in one tenant", texts{"a.yaml": head + "tenants:\n- { id: one, self_provisioning_domains: [a.com, a.com] }\n"}, nil, "stands twice in self_provisioning_domains"},
		{"key", texts{"a.yaml": head + "tenants: [{ id: one, key: k }, { id: two, key: k }]\n"}, nil, `the key "k" already stands`},
		{"parent that is absent", texts{"a.yaml": head + "tenants: [{ id: top, state: absent }, { id: one, parent: top }]\n"}, nil, `the parent "top" is declared absent`},
		{"parents in a loop", texts{"a.yaml": head + "tenant: { id: one, parent: two }\n", "b.yaml": "tenant: { id: two, parent: three }\n", "c.yaml": "tenant: { id: three, parent: one }\n"}, nil, "parents form a loop: one -> two -> three -> one"},
		{"too many levels", texts{"a.yaml": head + "tenants: [{ id: aa1 }, { id: aa2, parent: aa1 }, { id: aa3, parent: aa2 }, { id: aa4, parent: aa3 }]\n"}, nil, "is on level 4"},
		{"overlay behind its entry", texts{"a.yaml": head + "tenants: [{ id: one, name: A }, { id: two, name: B }]\n", "b.yaml": "environments: { dev: { overlay: { tenants: [{ id: one, name: B }] } } }\n"}, nil, `b.yaml:1:62: the name "B" already stands at a.yaml:3:50`},
		{"overlay that brings an absent tenant back", texts{"a.yaml": head + "tenants: [{ id: one, name: A, state: absent }, { id: two, name: A }]\n", "b.yaml": "environments: { dev: { overlay: { tenants: [{ id: one, state: present }] } } }\n"}, nil, `b.yaml:1:45: the name "A" already stands at a.yaml:3:65`},
		{"overlay with a key that is nearly one", texts{"a.yaml": head + "tenants: [{ id: one, key: acme }]\n", "b.yaml": "environments: { dev: { overlay: { tenants: [{ key: acmee }] } } }\n"}, nil, `did you mean acme`},
		{"overlay with an id that is nearly one", texts{"a.yaml": head + "tenants: [{ id: acme-corp }]\n", "b.yaml": "environments: { dev: { overlay: { tenants: [{ id: acme-crop, enforce_sso: true }] } } }\n"}, nil, `did you mean acme-corp? if it is another tenant, give it a name`},
		{"scope behind the tenants", texts{"a.yaml": head + "tenants: [{ id: one }, { id: two }]\n", "b.yaml": "manage: { tenants: { exclude: [o*] } }\n"}, nil, `the tenant "one" is outside of manage.tenants`},
		{"key of an environment behind the tenants", texts{"a.yaml": head + "tenants: [{ id: one, name: xK2secret-valuex }]\n", "b.yaml": "auth: { management_key: \"${MINE}\" }\n"}, variables{"MINE": "K2secret-value"}, "contains the value of a management key"},
		{"credential used in a value before it is one", texts{"a.yaml": head + "tenants: [{ id: one, name: \"${MINE}\" }]\n", "b.yaml": "auth: { management_key: \"${MINE}\" }\n"}, variables{"MINE": "K2secret-value"}, "the variable MINE serves as a credential"},
		{"environment behind the tenants", texts{"a.yaml": "version: \"1.0\"\ntenants: [{ id: one, only: [dev] }, { id: two, only: [tset] }]\n", "b.yaml": "environments: { dev: {}, test: {} }\n"}, nil, `no environment is called "tset"`},
		{"an unreadable document", texts{"a.yaml": head + "tenants: [{ id: one }]\n---\n[\n---\ntenants: [{ id: one }]\n"}, nil, `the id "one" already stands`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			compareWays(t, tt.files, tt.env)
			checked, err := checkAs(tt.files, tt.env, 2)
			if got := verdict(checked, err); !strings.Contains(got, tt.want) {
				t.Errorf("said\n%swant %q in it", got, tt.want)
			}
		})
	}
}

// TestCheckLetsTenantsGo asserts that a check keeps those that something is compared
// with, and no others.
func TestCheckLetsTenantsGo(t *testing.T) {
	var text strings.Builder
	text.WriteString("version: \"1.0\"\n")
	for i := range 1000 {
		fmt.Fprintf(&text, "---\ntenant: { id: tenant-%d, name: Tenant %d, self_provisioning_domains: [t%d.com], custom_attributes: { a: %d } }\n", i, i, i, i)
	}
	text.WriteString("---\ntenant: { id: child, parent: tenant-7 }\n")
	checked, err := checkAs(texts{"descope.yaml": text.String()}, nil, 2)
	if err != nil {
		t.Fatal(err)
	}
	if kept := len(checked.cfg.tenants); kept != 2 || checked.TenantCount() != 1001 {
		t.Errorf("%d tenants were kept of %d, want 2 of 1001", kept, checked.TenantCount())
	}
}

func TestFingerprints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var set fingerprints
		seen := map[uint64]bool{}
		for _, print := range rapid.SliceOf(rapid.Uint64Range(1, 5000)).Draw(t, "prints") {
			if set.has(print) != seen[print] || set.add(print) == seen[print] {
				t.Fatalf("%d", print)
			}
			seen[print] = true
		}
		if set.count != len(seen) {
			t.Errorf("%d members, want %d", set.count, len(seen))
		}
	})
	var set fingerprints
	for print := uint64(1); print <= 5000; print++ {
		if !set.add(print<<32) || set.add(print<<32) { // all of them want the same slot at first
			t.Fatal(print)
		}
	}
}

// TestEveryWayIsTheSame generates streams, and reads each one document after the other,
// beside each other, together, and as a check.
func TestEveryWayIsTheSame(t *testing.T) {
	documents := []string{
		"environments: { dev: {}, prod: {} }", "environments: { prod: { overlay: { tenants: [{ id: one, name: B }] } } }",
		"environments: { dev: { overlay: { tenants: [{ id: two, state: present, parent: one }, { key: k, id: new }] } } }",
		"manage: { tenants: { exclude: [t*] } }", "auth: { management_key: \"${MINE}\" }", "tenants: [", "- x", "# nothing", "tenant: &a { id: one, name: *a }",
		"tenants:\n- { id: one, key: k }\n- { id: two, state: absent, name: B }\n", "tenant: { id: \"${MINE}\" }", "tenant: { id: x-${SET}, name: \"${SET}\" }",
		"\"", "tenant: { id: one } # \u00e9\r", "...\n# c", "...\n%YAML 1.2\n---\ntenant: { id: three }", "\ufeff", "flow: { template: magic-link }", "? a\n: - b", "tenant: { id: |\n  x\n }",
	}
	tenant := rapid.Custom(func(t *rapid.T) string {
		text := "id: " + rapid.SampledFrom([]string{"one", "two", "three", "four", "five"}).Draw(t, "id")
		for _, key := range []string{"name: A", "name: B", "key: k", "parent: one", "parent: two", "self_provisioning_domains: [a.com]", "self_provisioning_domains: [a.com, b.com]", "only: [dev]", "except: [dev]", "state: absent", "nmae: x", "custom_attributes: { a: \"${SET}\" }"} {
			if rapid.IntRange(0, 5).Draw(t, key) == 0 {
				text += ", " + key
			}
		}
		return "tenant: { " + text + " }"
	})
	rapid.Check(t, func(t *rapid.T) {
		files := texts{"a.yaml": "version: \"1.0\"\n", "b.yaml": ""}
		for range rapid.IntRange(1, 12).Draw(t, "documents") {
			name := rapid.SampledFrom([]string{"a.yaml", "b.yaml"}).Draw(t, "file")
			one := tenant.Draw(t, "tenant")
			if rapid.IntRange(0, 3).Draw(t, "odd") == 0 {
				one = rapid.SampledFrom(documents).Draw(t, "document")
			}
			files[name] += "---\n" + one + "\n"
		}
		compareWays(t, files, variables{"SET": "x", "MINE": "K2secret-value"})
	})
}

// TestSingleEntriesAreBounded asserts the limit of a document with one tenant or flow.
func TestSingleEntriesAreBounded(t *testing.T) {
	padding := "# " + strings.Repeat("x", maxSingle) + "\n"
	large := "version: \"1.0\"\n---\n" + padding + "tenant: { id: one }\n---\n" + padding + "flow: { template: magic-link }\n---\ntenant: { id: two }\n---\n" + padding + "tenants: [{ id: three }]\n"
	cfg, err := loadTexts(texts{"a.yaml": large, "b.json": `{"tenant": {"id": "four"}, "$schema": "` + padding[:maxSingle] + `"}`}, nil)
	wantLines(t, diagnosticsOf(t, cfg, err), []string{
		"a.yaml:4:9: error CFG003: a document with a single tenant or flow has more than 1 MiB",
		"a.yaml:7:7: error CFG003: a document with a single tenant or flow has more than 1 MiB",
		"b.json:1:12: error CFG003: a document with a single tenant or flow has more than 1 MiB",
	})
}
