package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// shownText is a text as people and adversaries write it, with what YAML, the
// terminal and the tool itself could take for something else.
func shownText() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			"a", "acme", "yes", "null", "~", "0x1", "1.5", "2026-01-01", "-", "- ", ": ", ":", " #", "#", "\n", "\t", "\r", `"`, "'", `\`, "${", "$${A}", "$", "{", "}", "[", "]", ",",
			"&", "*", "!", "|", ">", "%", "@", "`", "---", "...", "<<", " ", "é", "😀", "\u2028", "\u0085", "\x1b[31m", "\u202e", "\ufeff", "\ufffd", "::error::", "/",
		}),
		rapid.StringN(0, 6, -1),
	)
	return rapid.Custom(func(t *rapid.T) string {
		text := strings.Join(rapid.SliceOfN(piece, 0, 5).Draw(t, "pieces"), "")
		if rapid.IntRange(0, 30).Draw(t, "long") == 0 {
			text += strings.Repeat("long ", 400) + "."
		}
		return text
	})
}

// shownValue is any value that an attribute or a setting of a flow may have.
func shownValue(depth int) *rapid.Generator[any] {
	scalar := rapid.OneOf(
		rapid.Map(shownText(), func(s string) any { return quotedTemplate(s) }),
		rapid.Map(rapid.SampledFrom([]string{"0", "-1", "12345678901234567890", "0.10", "1e400", "-0"}), func(s string) any { return json.Number(s) }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
	)
	if depth == 0 {
		return scalar
	}
	inner := shownValue(depth - 1)
	return rapid.OneOf(
		scalar,
		rapid.Map(rapid.SliceOfN(inner, 0, 4), func(items []any) any { return items }),
		rapid.Map(rapid.MapOfN(shownText(), inner, 0, 3), func(members map[string]any) any { return members }),
	)
}

// quotedTemplate writes a text so that nothing in it stands for a variable.
func quotedTemplate(s string) string { return strings.ReplaceAll(s, "${", "$${") }

// shownConfiguration is a configuration with two environments as a JSON document.
func shownConfiguration(t *rapid.T) []byte {
	text := rapid.Map(shownText(), quotedTemplate)
	key := rapid.Map(shownText(), func(s string) string { return "<" + strings.Map(withoutControls, s) + ">" })
	scalars := rapid.OneOf(shownValue(0), rapid.Map(rapid.SliceOfN(shownValue(0), 0, 40), func(items []any) any { return items }))
	tenant := map[string]any{
		"id": "acme", "name": "N" + strings.Map(withoutControls, text.Draw(t, "name")),
		"custom_attributes": rapid.MapOfN(key, scalars, 0, 4).Draw(t, "attributes"),
		"default_roles":     rapid.SliceOfN(key, 0, 3).Draw(t, "roles"),
		"settings": map[string]any{
			"inactivity_time": 3, "enabled": true,
			"sso_setup_suite_settings": rapid.MapOfN(shownText(), shownValue(2), 0, 3).Draw(t, "settings"),
		},
		"protect": rapid.Bool().Draw(t, "protect"), "remove_attributes": []string{"x y"},
	}
	aFlow := map[string]any{
		"template": "mfa-login", "config": map[string]any{"methods": []string{"sms", "totp"}}, "enabled": rapid.Bool().Draw(t, "enabled"), "name": "F" + strings.Map(withoutControls, text.Draw(t, "flow name")),
		"set": map[string]any{"metadata.description": text.Draw(t, "description"), "task 'Sign In / OTP / SMS'.arguments.extra": shownValue(2).Draw(t, "extra")},
	}
	document := map[string]any{
		"version": "1.0",
		"auth":    map[string]any{"project_id": "P2auth", "management_key": "${AUTH_CREDENTIAL}", "read_key": "${AUTH_READER}"},
		"environments": map[string]any{
			"dev":    map[string]any{"project_id": "${DEV_ID}", "performance": map[string]any{"rate_limits": map[string]any{"tenant": "1/1s"}}, "order": 1},
			"prod.x": map[string]any{"management_key": "${PROD_CREDENTIAL}", "read_key": "${PROD_READER}", "base_url": "https://api.descope.com"},
		},
		"manage":      map[string]any{"tenants": map[string]any{"exclude": []string{"sandbox-*", "[a-c]?"}}, "orphans": "error"},
		"performance": map[string]any{"max_workers": 3, "rate_limit_buffer": 0.25, "rate_limits": "off"},
		"guard":       map[string]any{"delete_threshold": 7},
		"backup":      map[string]any{"retention_days": 9, "dir": "~/b"},
		"state":       map[string]any{"dir": "/s", "mode": "group", "applied_dir": "applied"},
		"drift": map[string]any{
			"ignore": []any{
				map[string]any{"address": "tenant/*", "path": "name", "until": "2026-12-31", "reason": "R" + text.Draw(t, "reason"), "owner": "O" + text.Draw(t, "owner")},
				map[string]any{"address": "flow/*", "reason": "r", "owner": "o", "only": []string{"dev"}},
			},
			"severity": []any{map[string]any{"path": "name", "severity": "info"}},
		},
		"tenants": []any{tenant, map[string]any{"id": "gone", "state": "absent", "except": []string{"dev"}}, map[string]any{"id": "some", "only": []string{"dev"}, "parent": "acme"}},
		"flows":   []any{aFlow, map[string]any{"id": "old", "state": "absent", "protect": true}},
	}
	encoded, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// withoutControls drops what no name may hold.
func withoutControls(r rune) rune {
	if unprintable(r) || r == '\n' || r == '\t' {
		return -1
	}
	return r
}

// TestShownConfigurationsSayTheSame reads what is shown back: it is valid, wants
// the same, and is shown as itself.
func TestShownConfigurationsSayTheSame(t *testing.T) {
	folder := t.TempDir()
	variables := map[string]string{"DEV_ID": "P2dev", "PROD_CREDENTIAL": "K2canary-of-prod", "AUTH_READER": "K2canary-of-auth"}
	lookup := func(name string) (string, bool) { value, set := variables[name]; return value, set }
	load := func(t *rapid.T, name string, text []byte) (*config.Config, error) {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return config.Load(t.Context(), config.Options{Paths: []string{path}, WorkDir: folder, Lookup: lookup})
	}
	valid := 0
	rapid.Check(t, func(t *rapid.T) {
		first, err := load(t, "descope.json", shownConfiguration(t))
		if err != nil {
			return // such as a number that is too long
		}
		valid++
		environment := rapid.SampledFrom([]string{"", "dev", "prod.x"}).Draw(t, "environment")
		origins := rapid.Bool().Draw(t, "origins")
		selection := config.Selection{Environment: environment, Lookup: lookup}
		shown, err := first.Effective(selection)
		if err != nil {
			t.Fatal(err)
		}
		text := configurationText(shown.Settings, origins)
		if strings.Contains(text, "K2canary") || strings.IndexFunc(text, unprintable) >= 0 {
			t.Fatalf("not fit to be shown:\n%s", text)
		}
		second, err := load(t, "shown.yaml", []byte(text))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		places := cmpopts.IgnoreTypes(resource.Position{})
		for what, pair := range map[string][2]any{
			"tenants":     {first.Desired(environment), second.Desired(environment)},
			"flows":       {first.DesiredFlows(environment), second.DesiredFlows(environment)},
			"performance": {first.Performance(environment), second.Performance(environment)},
			"drift":       {first.Drift(environment), second.Drift(environment)},
			"settings":    {config.MergeSettings(first, nil, environment), config.MergeSettings(second, nil, environment)},
			"guard":       {first.Guard(), second.Guard()},
			"scope":       {first.Manage(environment).Exclude, second.Manage(environment).Exclude},
			"orphans":     {first.Manage(environment).Orphans, second.ManageFlows(environment).Orphans},
		} {
			if diff := cmp.Diff(pair[0], pair[1], places, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: %s\n%s", what, diff, text)
			}
		}
		again, err := second.Effective(selection)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(configurationText(shown.Settings, false), configurationText(again.Settings, false)); diff != "" {
			t.Errorf("shown again: %s", diff)
		}
	})
	if valid < 10 {
		t.Errorf("only %d configurations were valid", valid)
	}
}
