package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// withoutPlaces drops positions and sorts, so that only what is desired counts.
func withoutPlaces(desired []resource.Desired) []resource.Desired {
	out := slices.Clone(desired)
	for i := range out {
		out[i].Source = resource.Position{}
		out[i].Fields = slices.Clone(out[i].Fields)
		for j := range out[i].Fields {
			out[i].Fields[j].Source = resource.Position{}
		}
		if out[i].Flow != nil {
			plain := *out[i].Flow
			plain.Given = nil // as it is written
			out[i].Flow = &plain
		}
	}
	slices.SortFunc(out, func(a, b resource.Desired) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// TestOrderDoesNotMatter spreads the same tenants over files, documents and
// styles, in any order of entries and keys: what is desired is the same.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(1, 6).Draw(t, "tenants")
		entries := make([][]string, count)
		for i := range entries {
			entries[i] = rapid.Permutation([]string{
				fmt.Sprintf("id: tenant-%d", i),
				fmt.Sprintf("name: Tenant %d", i),
				fmt.Sprintf("self_provisioning_domains: [b%d.com, a%d.com]", i, i),
				rapid.SampledFrom([]string{"custom_attributes: { a: 1, b: [x], c: \"y\" }", "custom_attributes: { c: \"y\", b: [x], a: 1 }"}).Draw(t, "attributes"),
				"settings: { enabled: true, inactivity_time: 5 }",
				"remove_attributes: [z]",
			}).Draw(t, "keys")
		}
		reference := "version: \"1.0\"\ntenants:\n"
		for i := range entries {
			reference += "  - { " + strings.Join(slices.Sorted(slices.Values(entries[i])), ", ") + " }\n"
		}
		reference = strings.ReplaceAll(reference, "{ c: \"y\", b: [x], a: 1 }", "{ a: 1, b: [x], c: \"y\" }")
		want, err := loadTexts(texts{"descope.yaml": reference}, nil)
		if err != nil {
			t.Fatalf("%v in\n%s", err, reference)
		}

		spread := texts{"a.yaml": "", "b.yaml": "", "c.yaml": "version: \"1.0\"\n"}
		for _, entry := range rapid.Permutation(entries).Draw(t, "order") {
			name := rapid.SampledFrom([]string{"a.yaml", "b.yaml", "c.yaml"}).Draw(t, "file")
			switch rapid.IntRange(0, 2).Draw(t, "style") {
			case 0:
				spread[name] += "---\ntenant:\n  " + strings.Join(entry, "\n  ") + "\n"
			case 1:
				spread[name] += "---\ntenants:\n- " + strings.Join(entry, "\n  ") + "\n"
			default:
				spread[name] += "---\ntenants: [{ " + strings.Join(entry, ", ") + " }]\n"
			}
		}
		got, err := loadTexts(spread, nil)
		if err != nil {
			t.Fatalf("%v in %q", err, spread)
		}
		if diff := gocmp.Diff(withoutPlaces(want.Desired("")), withoutPlaces(got.Desired(""))); diff != "" {
			t.Errorf("%s\n%q", diff, spread)
		}
		for _, desired := range got.Desired("") {
			if !slices.IsSortedFunc(desired.Fields, func(a, b resource.DesiredField) int { return cmp.Compare(a.Path.String(), b.Path.String()) }) {
				t.Errorf("fields of %s are not sorted", desired.ID)
			}
		}
	})
}

// TestSubstitutedTextIsText puts any value into a variable: it arrives as it is.
func TestSubstitutedTextIsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.String().Draw(t, "value")
		cfg, err := loadTexts(texts{"descope.yaml": tenants("  - id: acme\n    custom_attributes: { a: \"<${V}>\" }\n")}, variables{"V": value})
		if err != nil {
			t.Fatal(err)
		}
		got, _ := cfg.Desired("")[0].Fields[0].Value.AsString()
		want, _ := resource.StringValue("<" + value + ">").AsString()
		if got != want {
			t.Errorf("%q became %q", value, got)
		}
	})
}

// TestNumbersKeepTheirValue writes any number in any of YAML's spellings.
func TestNumbersKeepTheirValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,4})?`).Draw(t, "number")
		cfg, err := loadTexts(texts{"descope.yaml": tenants("  - id: acme\n    custom_attributes: { a: " + text + " }\n")}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := cfg.Desired("")[0].Fields[0].Value; got != resource.Value(text) {
			t.Errorf("%s became %s", text, got)
		}
	})
}
