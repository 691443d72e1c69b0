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

// outcome is everything that a load gives, as text.
func outcome(cfg *Config, err error) string {
	var out strings.Builder
	var invalid *InvalidError
	switch {
	case errors.As(err, &invalid):
		for _, d := range invalid.Diagnostics {
			fmt.Fprintln(&out, d.Code, d.Render())
		}
		return out.String()
	case err != nil:
		return err.Error()
	}
	for _, d := range cfg.Warnings() {
		fmt.Fprintln(&out, d.Code, d.Render())
	}
	for _, environment := range append(cfg.Environments(), "") {
		for _, d := range cfg.Desired(environment) {
			fmt.Fprintln(&out, environment, d.ID, d.Absent, d.Protect, d.Source)
			for _, f := range d.Fields {
				fmt.Fprintln(&out, " ", f.Path, f.Value, f.Remove, f.Source)
			}
		}
		fmt.Fprintln(&out, environment, cfg.Manage(environment))
	}
	fmt.Fprintln(&out, cfg.Guard(), cfg.Performance("").MaxWorkers)
	return out.String()
}

// loadInParts loads a text with every document that can be cut, cut into parts
// of one item each, and reports whether the parts were accepted.
func loadInParts(text string, env variables) (cfg *Config, cut bool, err error) {
	sources := texts{"descope.yaml": text}.sources()
	l := newLoader(Options{Lookup: env.lookup, ToolVersion: "1.2.3"})
	l.bulkFrom, l.bulkPart, l.workers = 0, 0, 1
	cfg, err = l.loadWithOverlays(context.Background(), sources)
	if errors.Is(err, errWhole) {
		return nil, false, err
	}
	return cfg, true, err
}

func loadWhole(text string, env variables) (*Config, error) {
	l := newLoader(Options{Lookup: env.lookup, ToolVersion: "1.2.3"})
	l.asWhole, l.workers = true, 1
	return l.loadWithOverlays(context.Background(), texts{"descope.yaml": text}.sources())
}

func TestPartsAreTheWhole(t *testing.T) {
	const head = "version: \"1.0\"\n"
	tests := []struct {
		name, text string
		cut        bool
	}{
		{"plain", head + "tenants:\n  - id: one\n    name: One\n  - id: two\n    # comment\n    name: Two\n\n  - id: three\n", true},
		{"not indented", head + "tenants: # the list\n- id: one\n- id: two\n- id: three\nguard: { delete_threshold: 5 }\n", true},
		{"keys before and after", "# head\n" + head + "guard: { delete_threshold: 5 }\ntenants:\n  - id: one\n  - id: one\n\n# between\nmanage: { orphans: eror }\n", true},
		{"one item", head + "tenants:\n  - id: one\n", true},
		{"nested lists and text", head + "tenants:\n  - id: one\n    default_roles:\n      - a\n      - b\n    name: |-\n      - not an item\n  -\n    id: two\n  - { id: three }\n", true},
		{"windows line ends", strings.ReplaceAll(head+"tenants:\n  - id: one\n  - id: two\n    nmae: x\n", "\n", "\r\n"), true},
		{"mistakes in every item", head + "tenants:\n  - id: one\n    x: 1\n  - id: two\n    y: 1\n  - 5\n  -\n  - [a]\n", true},
		{"with one more tenant", head + "tenant: { id: zero }\ntenants:\n  - id: one\n  - id: zero\n", true},
		{"list twice", head + "tenants:\n  - id: one\n  - id: two\ntenants:\n  - id: three\n", true},
		{"several documents", head + "tenants:\n  - id: one\n  - id: two\n---\ntenants:\n  - id: three\n  - id: two\n", true},
		{"alias in the same item", head + "tenants:\n  - id: &x one\n    name: *x\n  - id: two\n", true},

		{"alias of another item", head + "tenants:\n  - id: &x one\n  - id: two\n    name: *x\n", false},
		{"alias of the head", "version: &v \"1.0\"\ntenants:\n  - id: one\n    name: *v\n  - id: two\n", false},
		{"quotes over items", head + "tenants:\n  - id: one\n    name: \"a\n  - id: two\n    b\"\n  - id: three\n", false},
		{"brackets over items", head + "tenants:\n  - id: one\n    default_roles: [a,\n  - b]\n  - id: three\n", false},
		{"not valid in an item", head + "tenants:\n  - id: one\n  - id: two\n   name: x\n  - id: three\n", false},
		{"not valid in the head", "version: [\ntenants:\n  - id: one\n  - id: two\n", false},
		{"too deep in an item", head + "tenants:\n  - id: one\n  - " + strings.Repeat("[", 101) + strings.Repeat("]", 101) + "\n", false},
		{"in the quotes of the head", "requires: \"\ntenants:\n  - id: one\n  - id: two\n\"\n", false},
		{"in the quotes of the head, closed behind the items", "$schema: \"\ntenants:\n  - id: one\n  - id: two\n\nversion: \"\n", false},
		{"outdented", head + "tenants:\n    - id: one\n    - id: two\n  - id: three\n", false},
		{"not a mapping", "- a\ntenants:\n  - id: one\n  - id: two\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg, cut, err := loadInParts(tt.text, nil)
			if cut != tt.cut {
				t.Errorf("cut: %v, want %v", cut, tt.cut)
			}
			if !cut {
				return
			}
			if diff := cmp.Diff(outcome(loadWhole(tt.text, nil)), outcome(cfg, err)); diff != "" {
				t.Errorf("whole and parts differ (-whole +parts):\n%s", diff)
			}
		})
	}
}

// TestPartsOfALargeDocument goes through Load, with the sizes of real use.
func TestPartsOfALargeDocument(t *testing.T) {
	text := string(manyTenants(3000))
	broken := text + "  - id: last\n    name: *nobody\n"
	for name, text := range map[string]string{"good": text, "broken": broken} {
		if len(text) < bulkFrom {
			t.Fatal("the text is not large")
		}
		if outcome(loadTexts(texts{"descope.yaml": text}, nil)) != outcome(loadWhole(text, nil)) {
			t.Errorf("%s: whole and parts differ", name)
		}
	}
}

// TestPartsOfAnyDocument mixes pieces of YAML into documents and compares.
func TestPartsOfAnyDocument(t *testing.T) {
	pieces := []string{
		"version: \"1.0\"\n", "tenants:\n", "  - id: one\n", "  - id: two\n", "- id: three\n", "    name: x\n", "    name: \"x\n", "    x\"\n",
		"      - a\n", "    default_roles:\n", "    default_roles: [\n", "  - b]\n", "# c\n", "\n", "guard: {}\n", "   - id: odd\n", "    <<: *a\n",
		"  - &a\n    id: four\n", "    name: |\n", "     - text\n", "\t\n", "---\n", "...\n", "  - 'q\n", "  -\n", "  name: y\n", "tenants: []\n", "\"\n",
		"    name: >-\n", "  ? a\n  : b\n", "    nmae: z # c\n", "tenants: &l\n", "  - {id: five,\n", "  - x}\n", "$schema: \"a\n",
	}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 20).Draw(t, "pieces"), "")
		cfg, cut, err := loadInParts(text, nil)
		if !cut {
			return
		}
		if diff := cmp.Diff(outcome(loadWhole(text, nil)), outcome(cfg, err)); diff != "" {
			t.Fatalf("whole and parts differ (-whole +parts):\n%s\n%s", diff, text)
		}
	})
}
