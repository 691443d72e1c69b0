package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// configurationParts are members of the top level that make a configuration together,
// each in several spellings.
func configurationParts() [][]string {
	return [][]string{
		{"version: \"1.0\"", "version: '1.0' # v", "\"version\": \"1.0\""},
		{"environments: { prod: { protected: true, project_id: \"P2prod\", overlay: { tenants: [ {name: ~, id: acme}, {id: own} ] } }, dev: {} }", "environments:\n   # of dev\n   dev:\n       overlay:\n           tenants:\n           -   { settings: ~, id: 'acme' } # none\n           - disabled: true\n             id: acme2\n   prod: {order: 3}"},
		{"tenants:\n- { settings: {inactivity_time: 5, enabled: true}, name: 'Acme', id: \"acme\" }\n# two\n\n-   name: \"Two: # 2\"\n    id: acme2\n    custom_attributes: &a {plan: yes, seats: 0x10, list: [ \"a\", 'b', 1.50,\n      true ]}\n", "tenants:\n  - &one\n    id: acme\n    custom_attributes:\n         block: |+\n             text\n               # no comment\n\n         folded: >-\n            a\n            b\n  - <<: *one\n    id: acme2\n    name: \"Two\n      lines\"\n    # below\n"},
		{"manage: {orphans: ignore, tenants: {exclude: [\"x-*\"]}}", "manage:\n  orphans:   report\n  # scope\n  flows: { include: ['*'] }"},
		{"flows:\n - enabled: true\n   template:   \"magic-link\" # made\n", "flow: { config: {}, template: magic-link, set: {\"metadata.description\": \"${D:-d}\"} }"},
		{"drift: { severity: [ {severity: info, path: name} ] }", "guard: {update_threshold: 50, delete_threshold: \"10%\"}"},
		{"performance: { rate_limits: { user: off, tenant: 200/60s }, max_workers: 010 }", "backup:\n        retention_days: 7\n        dir: \"~/b\""},
	}
}

// TestFormattedConfigurationsSayTheSame formats random configurations and loads both.
func TestFormattedConfigurationsSayTheSame(t *testing.T) {
	ranks, loaded := config.KeyRanks(), 0
	folder := t.TempDir()
	path := filepath.Join(folder, "descope.yaml")
	rapid.Check(t, func(t *rapid.T) {
		var members []string
		for i, group := range configurationParts() {
			if part := rapid.SampledFrom(append(group, "")).Draw(t, "part"); part != "" {
				members = append(members, fmt.Sprintf("# above %d\n%s\n", i, part))
			}
		}
		separator := rapid.SampledFrom([]string{"", "\n", "\n\n# apart\n\n", "---\n"}).Draw(t, "separator")
		text := strings.Join(rapid.Permutation(append(members, "# last\n")).Draw(t, "order"), separator)
		formatted, err := yamledit.Format([]byte(text), yamledit.YAML, ranks)
		if err != nil {
			t.Fatalf("%v for\n%s", err, text)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		options := config.Options{WorkDir: folder, Paths: []string{path}}
		if _, err := config.Load(context.Background(), options); err == nil {
			loaded++
		}
		if err := config.CompareText(context.Background(), options, map[string][]byte{path: formatted}); err != nil {
			t.Errorf("%v:\n%s\nfor\n%s", err, formatted, text)
		}
		if again, err := yamledit.Format(formatted, yamledit.YAML, ranks); err != nil || string(again) != string(formatted) {
			t.Errorf("%v, a second time it is\n%s\nafter\n%s", err, again, formatted)
		}
	})
	if loaded == 0 {
		t.Error("none of them was a configuration")
	}
	t.Log(loaded, "of them were configurations")
}

// TestExamplesAreFormatted, so that newcomers copy the canonical form.
func TestExamplesAreFormatted(t *testing.T) {
	paths, err := filepath.Glob("../../examples/*/descope.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		formatted, err := yamledit.Format(text, yamledit.YAML, config.KeyRanks())
		if err != nil || string(formatted) != string(text) {
			t.Errorf("%s is not in canonical form: %v", path, err)
		}
	}
}
