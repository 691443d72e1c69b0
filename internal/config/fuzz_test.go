package config

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// checkOutcome asserts what holds for every input: an error is about the
// configuration, and every diagnostic points into the text.
func checkOutcome(t *testing.T, text string, cfg *Config, err error) {
	t.Helper()
	var diagnostics []Diagnostic
	var invalid *InvalidError
	switch {
	case err == nil:
		diagnostics = cfg.Warnings()
	case errors.As(err, &invalid):
		diagnostics = invalid.Diagnostics
		if len(invalid.Errors()) == 0 {
			t.Error("refused without an error")
		}
	default:
		t.Fatalf("error %v", err)
	}
	lines := strings.Split(text, "\n")
	for _, d := range diagnostics {
		if d.Position.Line < 1 || d.Position.Line > len(lines) || d.Position.Column < 1 || d.Position.Column > 1+len(lines[d.Position.Line-1]) {
			t.Errorf("%s is outside of the text %q", d, text)
		}
		if d.Code == "" || d.Message == "" || !utf8.ValidString(d.Render()) || strings.ContainsAny(strings.ReplaceAll(d.Render(), "\n", ""), "\x00\x1b\r") {
			t.Errorf("cannot be shown: %q", d.Render())
		}
	}
}

// FuzzLoadYAML loads any text, documents together and each alone, in parts and as a
// check: nothing panics, everything that is said has a place, and all ways agree. No
// goroutine is needed for that, so that the coverage is that of the text.
func FuzzLoadYAML(f *testing.F) {
	for _, cases := range [][]diagnosticCase{structureCases(), valueCases(), tenantCases(), variableCases(), backupCases(), flowCases(), driftCases(), environmentCases(), overlayCases()} {
		for _, tt := range cases {
			f.Add(tt.text)
		}
	}
	for _, text := range validTexts() {
		f.Add(text)
	}
	for _, tt := range hostileBytes() {
		f.Add(tt.text)
	}
	f.Add("? - a\n: - b\n<<: [*x]\n")
	f.Add("<<: [&m {tenants: [{id: a}]}, {manage: *m}]\n")
	f.Add("tenants: &t\n- *t\n")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			return
		}
		env := variables{"A": "x", "DESCOPE_MANAGEMENT_KEY": "K2canary"}
		cfg, err := loadWhole(text, env)
		checkOutcome(t, text, cfg, err)
		if err == nil {
			for _, environment := range append(cfg.Environments(), "") {
				if _, err := cfg.Effective(Selection{Environment: environment, Lookup: env.lookup}); err != nil {
					t.Errorf("%q of %q cannot be shown: %v", environment, text, err)
				}
			}
		}
		files := texts{"descope.yaml": text}
		if diff := cmp.Diff(outcome(cfg, err), outcome(loadAs(files, env, 1, 1))); diff != "" {
			t.Errorf("documents of %q differ when each is parsed alone (-together +alone):\n%s", text, diff)
		}
		checked, errOfCheck := checkAs(files, env, 1)
		if diff := cmp.Diff(verdict(cfg, err), verdict(checked, errOfCheck)); diff != "" {
			t.Errorf("a check of %q differs (-load +check):\n%s", text, diff)
		}
		inParts, cut, errInParts := loadInParts(text, env)
		if !cut {
			return
		}
		if diff := cmp.Diff(outcome(cfg, err), outcome(inParts, errInParts)); diff != "" {
			t.Errorf("whole and parts of %q differ (-whole +parts):\n%s", text, diff)
		}
	})
}

// FuzzLoadUser loads any text as the user's own settings.
func FuzzLoadUser(f *testing.F) {
	for _, tt := range append(userCases(), backupCases()...) {
		f.Add(tt.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		user, err := loadUserText(text, nil)
		if err == nil {
			if merged := MergeSettings(nil, user, ""); merged.Backup.RetentionDays < 1 || merged.Performance.MaxWorkers < 1 {
				t.Errorf("%q makes %+v", text, merged)
			}
			return
		}
		checkOutcome(t, text, nil, err)
	})
}

// FuzzLoadJSON loads any text as JSON.
func FuzzLoadJSON(f *testing.F) {
	f.Add(`{"version": "1.0", "tenants": [{"id": "a", "custom_attributes": {"n": 1e400, "s": "\ud83d\ude00"}}]}`)
	f.Add(`{"a": [1, {"b": null}], "a": tru`)
	f.Add("[[[]]")
	f.Fuzz(func(t *testing.T, text string) {
		cfg, err := loadTexts(texts{"descope.json": text}, nil)
		checkOutcome(t, text, cfg, err)
	})
}

// FuzzTemplate: a text without ${ is never changed, and what is quoted with
// $${ comes back.
func FuzzTemplate(f *testing.F) {
	f.Add("a ${A} $${B} ${C:-d}$")
	f.Fuzz(func(t *testing.T, text string) {
		segments, err := parseTemplate(strings.ReplaceAll(text, "${", "$${"))
		if err != nil {
			t.Fatalf("quoted text: %v", err)
		}
		value, missing := expand(segments, variables{}.lookup)
		if len(missing) > 0 || value != text {
			t.Errorf("%q became %q", text, value)
		}
		if segments, err := parseTemplate(text); err == nil {
			expand(segments, variables{}.lookup)
		}
	})
}
