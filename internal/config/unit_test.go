package config

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestSatisfies(t *testing.T) {
	tests := []struct {
		constraints, version string
		ok, known, bad       bool
	}{
		{">=1.0", "1.0.0-rc.1", true, true, false},
		{">=1.0", "0.9.9", false, true, false},
		{">=1", "v1.2.3+build", true, true, false},
		{">= 1.2, <2", "1.2.0", true, true, false},
		{">=1.2,<2", "2.0.0-beta", false, true, false},
		{"=1.2", "1.2.5", true, true, false},
		{"1.2", "1.2.5", true, true, false},
		{"=1.2.4", "1.2.5", false, true, false},
		{">1.2", "1.2.5", false, true, false},
		{">1.2", "1.3.0", true, true, false},
		{"<=1.2", "1.2.5", true, true, false},
		{"<1.2.5", "1.2.4", true, true, false},
		{">=1.2.3", "1.2", false, true, false},
		{">=1.10", "1.9.0", false, true, false},
		{">=1.0", "dev", true, false, false},
		{">=1.0", "", true, false, false},
		{"~>1.0", "1.0.0", false, true, true},
		{"", "1.0.0", false, true, true},
		{">=1.0,", "1.0.0", false, true, true},
		{">=1.0.0.0", "1.0.0", false, true, true},
		{">=x", "1.0.0", false, true, true},
		{"==1.0", "1.0.0", false, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.constraints+" "+tt.version, func(t *testing.T) {
			ok, known, err := satisfies(tt.constraints, tt.version)
			if ok != tt.ok || known != tt.known || (err != nil) != tt.bad {
				t.Errorf("got %v, %v, %v", ok, known, err)
			}
		})
	}
}

func TestRequiresOfADevelopmentBuild(t *testing.T) {
	l := newLoader(Options{ToolVersion: "(devel)"})
	cfg, err := l.load(t.Context(), texts{"descope.yaml": "version: \"1.0\"\nrequires: \">=99\"\n"}.sources())
	wantLines(t, diagnosticsOf(t, cfg, err), []string{`descope.yaml:2:11: warning CFG021: requires ">=99" cannot be checked: this is a development build`})
}

func TestDidYouMean(t *testing.T) {
	tests := []struct {
		name  string
		known []string
		want  string
	}{
		{"nmae", []string{"id", "name"}, `did you mean name?`},
		{"customAttributes", []string{"custom_attributes"}, `did you mean custom_attributes?`},
		{"xyz", []string{"a", "b"}, "known: a, b"},
		{"xyz", nil, ""},
	}
	for _, tt := range tests {
		if got := didYouMean(tt.name, tt.known, "known"); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestPublicMailDomains(t *testing.T) {
	if !slices.IsSorted(publicMailDomains) {
		t.Error("the list is not sorted")
	}
	if len(slices.Compact(slices.Clone(publicMailDomains))) != len(publicMailDomains) {
		t.Error("the list has repetitions")
	}
	for _, domain := range publicMailDomains {
		if problem := domainProblem(domain); problem != "" {
			t.Errorf("%s %s", domain, problem)
		}
	}
	for _, domain := range []string{"gmail.com", "googlemail.com", "outlook.com", "hotmail.fr", "hotmail.co.uk", "live.com", "yahoo.com", "yahoo.com.br", "yahoo.co.jp", "icloud.com", "proton.me", "gmx.de", "aol.com", "mail.ru", "qq.com", "163.com"} {
		if !isPublicMail(domain) {
			t.Errorf("%s is public", domain)
		}
	}
	for _, domain := range []string{"acme.com", "mail.acme.com", "gmail.acme.com", "yahoo.acme.com", "yahooinc.com", "live.acme.io", "example.gmx.net.acme.com"} {
		if isPublicMail(domain) {
			t.Errorf("%s is not public", domain)
		}
	}
}

func TestRender(t *testing.T) {
	at := resource.Position{File: "descope.yaml", Line: 12, Column: 5}
	long := strings.Repeat("a", 300)
	tests := []struct {
		name string
		d    Diagnostic
		want string
	}{
		{"error", Diagnostic{SeverityError, "CFG010", at, "unknown key", "did you mean?", "    nmae: x"}, "descope.yaml:12:5: unknown key [CFG010]\n  12 |     nmae: x\n     |     ^\n  hint: did you mean?"},
		{"warning", Diagnostic{SeverityWarning, "CFG064", at, "no effect", "", ""}, "descope.yaml:12:5: warning: no effect [CFG064]"},
		{"no place", Diagnostic{Severity: SeverityNote, Code: "CFG034", Message: "hm"}, "note: hm [CFG034]"},
		{"terminal", Diagnostic{SeverityError, "CFG010", at, "m", "", "\ta\x1b[2J\u202e\u200bb"}, "descope.yaml:12:5: m [CFG010]\n  12 |  a�[2J��b\n     |     ^"},
		{"column behind the end", Diagnostic{SeverityError, "CFG010", at, "m", "", "ab \r\n"}, "descope.yaml:12:5: m [CFG010]\n  12 | ab\n     |   ^"},
		{"long line", Diagnostic{SeverityError, "CFG010", resource.Position{File: "f", Line: 1, Column: 200}, "m", "", long}, "f:1:200: m [CFG010]\n  1 | …" + strings.Repeat("a", 120) + "…\n    | " + strings.Repeat(" ", 61) + "^"},
		{"end of long line", Diagnostic{SeverityError, "CFG010", resource.Position{File: "f", Line: 1, Column: 300}, "m", "", long}, "f:1:300: m [CFG010]\n  1 | …" + strings.Repeat("a", 120) + "\n    | " + strings.Repeat(" ", 120) + "^"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.d.Render()); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := tests[0].d.String(); got != "descope.yaml:12:5: unknown key" {
		t.Errorf("got %q", got)
	}
	if got := tests[2].d.String(); got != "hm" {
		t.Errorf("got %q", got)
	}
}

func TestInvalidError(t *testing.T) {
	d := Diagnostic{Severity: SeverityError, Message: "m", Position: resource.Position{File: "f", Line: 1, Column: 2}}
	warning := Diagnostic{Severity: SeverityWarning, Message: "w"}
	tests := map[string][]Diagnostic{
		"the configuration is not valid":                      {warning},
		"the configuration has 1 error: f:1:2: m":             {warning, d},
		"the configuration has 2 errors, the first: f:1:2: m": {d, warning, d},
	}
	for want, diagnostics := range tests {
		if got := (&InvalidError{diagnostics}).Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestEveryCodeIsTested asserts that each code stands in a table of expected
// diagnostics.
func TestEveryCodeIsTested(t *testing.T) {
	seen := map[string]bool{}
	for _, cases := range [][]diagnosticCase{structureCases(), valueCases(), tenantCases(), variableCases(), textCases(), backupCases(), flowCases(), driftCases(), environmentCases(), overlayCases(), secretCases(), keyCases()} {
		for _, tt := range cases {
			for _, line := range tt.want {
				for _, c := range diagnosticCodes() {
					seen[c.code] = seen[c.code] || strings.Contains(line, " "+c.code+": ")
				}
			}
		}
	}
	seen[codeSetTwice] = true // TestSettingsGivenTwice
	seen[codeWriters] = true  // TestSettingsThatOthersMayWrite
	seen[codeFlowLoss] = true // TestOtherShapes
	seen[codeEnvFile] = true  // TestLinesThatAreNoVariables
	seen[codeEnvKept] = true  // TestWhatIsTakenFromTheEnvFile
	seen[codeReadable] = true // TestWhatIsTakenFromTheEnvFile
	seen[codeKeyFile] = true  // TestFilesOfKeysAreLookedAt
	for i, c := range diagnosticCodes() {
		if !seen[c.code] {
			t.Errorf("no case expects %s", c.code)
		}
		if i > 0 && c.code <= diagnosticCodes()[i-1].code {
			t.Errorf("%s is out of order", c.code)
		}
	}
}
