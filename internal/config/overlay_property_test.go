package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// baseKeys are the keys that a base entry is put together from, at most one of each
// group.
func baseKeys() [][]string {
	return [][]string{
		{"name: \"Base %d\""},
		{"self_provisioning_domains: [\"b%d.com\"]", "domains: [\"b%d.com\"], self_provisioning: true", "self_provisioning: false", "self_provisioning_domains: []"},
		{"custom_attributes: { a: 1, b: [x] }", "custom_attributes: { c: 2 }", "custom_attributes: {}"},
		{"remove_attributes: [d]", "remove_attributes: [e, f]"},
		{"settings: { enabled: true, inactivity_time: 5 }", "settings: { jit_disabled: true }"},
		{"default_roles: [r]"}, {"disabled: true"}, {"protect: true"}, {"state: absent", "state: present"},
	}
}

// overKeys are those of an overlay's entry. Their domains and names are of the
// entry, so that nothing clashes.
func overKeys() [][]string {
	return [][]string{
		{"name: \"Over %d\"", "name: ~"},
		{"self_provisioning_domains: [\"o%d.com\"]", "domains: [\"o%d.com\"], self_provisioning: true", "self_provisioning: false", "self_provisioning_domains: ~", "domains: ~", "domains: [\"o%d.com\"]", "self_provisioning_domains: ~, self_provisioning: false"},
		{"custom_attributes: { a: 3, d: 4 }", "custom_attributes: { a: ~, d: ~ }", "custom_attributes: ~", "custom_attributes: { c: [yes-text] }"},
		{"remove_attributes: [b]", "remove_attributes: ~", "remove_attributes: []"},
		{"settings: { inactivity_time: 6 }", "settings: { enabled: ~ }", "settings: ~"},
		{"default_roles: []", "default_roles: ~"}, {"disabled: false", "disabled: ~"}, {"protect: false", "protect: true"}, {"state: absent", "state: present"},
	}
}

// drawEntry is one entry as flow text.
func drawEntry(t *rapid.T, number int, groups [][]string) string {
	entry := []string{fmt.Sprintf("id: tenant-%d", number)}
	for _, group := range groups {
		if pick := rapid.IntRange(-1, len(group)-1).Draw(t, "key"); pick >= 0 {
			key := group[pick]
			if strings.Contains(key, "%d") {
				key = fmt.Sprintf(key, number)
			}
			entry = append(entry, key)
		}
	}
	return "{ " + strings.Join(entry, ", ") + " }"
}

// decodeRaw is the raw form of an entry, in an overlay or not.
func decodeRaw(t *rapid.T, text string, layer *overlay) *rawTenant {
	roots, failure := parseYAML([]byte(text))
	if failure != nil {
		t.Fatal(failure)
	}
	l := newLoader(Options{})
	l.layer = layer
	raw := &rawTenant{}
	if !l.decodeTenant(roots[0].Content[0], raw) || len(l.diagnostics) > 0 {
		t.Fatal(l.diagnostics, text)
	}
	return raw
}

// settled is what comes of a raw form.
func settled(raw *rawTenant) (fields []resource.DesiredField, rest string) {
	l := newLoader(Options{})
	raw = raw.clone()
	l.settleDomains(raw)
	l.settleRemoved(raw)
	l.sortFields(raw.fields)
	return raw.fields, fmt.Sprint(raw.absent, raw.protect, raw.name, raw.domains)
}

// TestLayingTwiceIsLayingOnce, and neither of the two entries changes.
func TestLayingTwiceIsLayingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		baseText, overText := drawEntry(t, 1, baseKeys()), drawEntry(t, 1, overKeys())
		base, over := decodeRaw(t, baseText, nil), decodeRaw(t, overText, &overlay{})
		once := layTenant(base, over)
		twice := layTenant(once, over)
		onceFields, onceRest := settled(once)
		twiceFields, twiceRest := settled(twice)
		if diff := cmp.Diff(onceFields, twiceFields); diff != "" || onceRest != twiceRest {
			t.Errorf("%s over %s: %s\n%s\n%s", overText, baseText, diff, onceRest, twiceRest)
		}
		for text, raw := range map[string]*rawTenant{baseText: base, overText: over} {
			layer := &overlay{}
			if raw == base {
				layer = nil
			}
			wantFields, wantRest := settled(decodeRaw(t, text, layer))
			gotFields, gotRest := settled(raw)
			if diff := cmp.Diff(wantFields, gotFields); diff != "" || wantRest != gotRest {
				t.Errorf("%s is changed: %s", text, diff)
			}
		}
	})
}

// drawFiles spreads entries of the base and of two overlays over files with any
// names, and returns them with the base alone.
func drawFiles(t *rapid.T, overlays func(number int) string) (spread texts, base string) {
	const count = 4
	head := "version: \"1.0\"\nenvironments: { dev: {}, prod: {} }\n"
	base = head + "tenants: []\n"
	parts := []string{base}
	for i := range count {
		entry := drawEntry(t, i, baseKeys())
		parts = append(parts, "tenant: "+entry+"\n")
		base += "---\ntenant: " + entry + "\n"
		for _, environment := range []string{"dev", "prod"} {
			if over := overlays(i); over != "" {
				parts = append(parts, "environments: { "+environment+": { overlay: { tenants: [ "+over+" ] } } }\n")
			}
		}
	}
	spread = texts{}
	for i, part := range rapid.Permutation(parts).Draw(t, "order") {
		name := fmt.Sprintf("%d.yaml", i%rapid.IntRange(1, 9).Draw(t, "files"))
		spread[name] += "---\n" + part
	}
	return spread, base
}

// TestAnOverlayOfNothingChangesNothing: entries with their ids alone.
func TestAnOverlayOfNothingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		files, base := drawFiles(t, func(number int) string { return fmt.Sprintf("{ id: tenant-%d }", number) })
		want, err := loadTexts(texts{"descope.yaml": base}, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := loadTexts(files, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, environment := range []string{"", "dev", "prod"} {
			if diff := cmp.Diff(withoutPlaces(want.Desired("")), withoutPlaces(got.Desired(environment))); diff != "" {
				t.Errorf("%s: %s", environment, diff)
			}
			if diff := cmp.Diff(sortedByID(got.Desired("")), sortedByID(got.Desired(environment))); diff != "" {
				t.Errorf("places in %s: %s", environment, diff)
			}
		}
	})
}

// sortedByID sorts with the places.
func sortedByID(desired []resource.Desired) []resource.Desired {
	slices.SortFunc(desired, func(a, b resource.Desired) int { return strings.Compare(a.ID, b.ID) })
	return desired
}

// TestTheOrderOfOverlaysDoesNotMatter: parts in any files and any order make the
// same, and the base stays as it is without them.
func TestTheOrderOfOverlaysDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var entries []string
		files, base := drawFiles(t, func(number int) string {
			entry := ""
			if rapid.Bool().Draw(t, "overlay") {
				entry = drawEntry(t, number, overKeys())
			}
			entries = append(entries, entry)
			return entry
		})
		ordered := base
		for i, entry := range entries {
			if entry != "" {
				ordered += "---\nenvironments: { " + []string{"dev", "prod"}[i%2] + ": { overlay: { tenants: [ " + entry + " ] } } }\n"
			}
		}
		want, err := loadTexts(texts{"descope.yaml": ordered}, nil)
		got, errSpread := loadTexts(files, nil)
		if (err == nil) != (errSpread == nil) {
			t.Fatalf("%v and %v", err, errSpread)
		}
		if err != nil {
			return // self_provisioning: true without a domain, and the like
		}
		alone, err := loadTexts(texts{"descope.yaml": base}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(withoutPlaces(alone.Desired("")), withoutPlaces(got.Desired(""))); diff != "" {
			t.Errorf("the base is changed: %s", diff)
		}
		for _, environment := range []string{"", "dev", "prod"} {
			if diff := cmp.Diff(withoutPlaces(want.Desired(environment)), withoutPlaces(got.Desired(environment))); diff != "" {
				t.Errorf("%s: %s", environment, diff)
			}
			if diff := cmp.Diff(want.Manage(environment), got.Manage(environment)); diff != "" {
				t.Errorf("%s: %s", environment, diff)
			}
		}
	})
}
