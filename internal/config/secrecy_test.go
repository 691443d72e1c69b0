package config

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

const canary = "K2canary0Key1With2Many3Letters4x"

// TestNoDiagnosticShowsAKey puts a key, set or pasted, into every place where
// it does not belong, and looks at everything that is said.
func TestNoDiagnosticShowsAKey(t *testing.T) {
	env := variables{"DESCOPE_MANAGEMENT_KEY": canary}
	unset := variables{}
	tests := []struct {
		name, text string
		env        variables
	}{
		{"substituted into a name", tenants("  - id: acme\n    name: \"${DESCOPE_MANAGEMENT_KEY}\"\n    nmae: 1\n"), env},
		{"written into a name", tenants("  - { id: acme, name: " + canary + ", foo: 1 }\n"), env},
		{"as key of a mapping", tenants("  - { id: acme, " + canary + ": 1 }\n"), env},
		{"as id", tenants("  - id: \"" + canary + "/\"\n  - id: " + canary + "\n  - id: " + canary + "\n"), env},
		{"as word", tenants("  - { id: acme, state: " + canary + " }\n"), env},
		{"as number", tenants("  - { id: acme, settings: { inactivity_time: " + canary + " } }\n"), env},
		{"as tag", tenants("  - { id: acme, name: !" + canary + " x }\n"), env},
		{"as version", "version: " + canary + "\nrequires: " + canary + "\n", env},
		{"as domain", tenants("  - { id: acme, self_provisioning_domains: [" + canary + ".com, " + canary + "] }\n"), env},
		{"as host", "version: \"1.0\"\nauth: { base_url: \"https://" + canary + ".evil.example\" }\n", env},
		{"as environment", "version: \"1.0\"\nenvironments: { \"" + canary + " \": {} }\ntenants: [{ id: acme, only: [" + canary + "] }]\n", env},
		{"as anchor", "version: \"1.0\"\ntenants: [*" + canary + "]\n", env},
		{"in a comment", "version: 1.0 # " + canary + "\n", env},
		{"as parents", tenants("  - { id: acme, parent: " + canary + " }\n  - { id: " + canary + ", parent: acme }\n"), env},

		{"literal", "version: \"1.0\"\nauth: { management_key: " + canary + ", foo: 1 }\n", unset},
		{"literal for reading", "version: \"1.0\"\nauth: { read_key: " + canary + ", foo: 1 }\nenvironments: { dev: { read_key: [" + canary + "] } }\n", unset},
		{"in an acceptance", "version: \"1.0\"\ndrift: { ignore: [{ address: \"tenant/" + canary + "\", path: " + canary + ", reason: " + canary + ", owner: " + canary + ", until: " + canary + " }] }\n", env},
		{"literal block", "version: \"1.0\"\nauth:\n  management_key: |\n    " + canary + "\n", unset},
		{"literal in a list", "version: \"1.0\"\nauth:\n  management_key:\n    - " + canary + "\n", unset},
		{"literal in a mapping", "version: \"1.0\"\nauth:\n  management_key: { value: " + canary + " }\n", unset},
		{"literal as default", "version: \"1.0\"\nauth: { management_key: \"${K:-" + canary + "}\" }\n", unset},
		{"literal between braces", "version: \"1.0\"\nauth: { management_key: \"${" + canary + "}\" }\n", unset},
		{"literal under a misspelt key", "version: \"1.0\"\nauth: { managment_key: " + canary + " }\nenvironments: { dev: { key: [" + canary + "] } }\n", unset},
		{"literal under a later key", "version: \"1.0\"\nauth: { management_key_command: [echo, " + canary + "] }\n", unset},
		{"literal under the same key twice", "version: \"1.0\"\nauth: { management_key: \"${A}\", management_key: " + canary + " }\n", unset},
		{"literal that is not valid YAML", "version: \"1.0\"\nauth:\n  management_key: " + canary + ": x\n", unset},
		{"literal on its own line that is not valid YAML", "version: \"1.0\"\nauth:\n  management_key: >\n  " + canary + ": x: y\n", unset},
		{"literal with a bad character", "version: \"1.0\"\nauth:\n  management_key: " + canary + "\x00\n", unset},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := loadTexts(texts{"descope.yaml": tt.text}, tt.env)
			diagnostics := diagnosticsOf(t, cfg, err)
			if len(diagnostics) == 0 {
				t.Fatal("nothing is said")
			}
			shown := fmt.Sprint(err)
			for _, d := range diagnostics {
				document, err := json.Marshal(d)
				if err != nil {
					t.Fatal(err)
				}
				shown += "\n" + d.Render() + "\n" + d.String() + "\n" + string(document)
			}
			if strings.Contains(shown, canary) {
				t.Errorf("the key is shown:\n%s", shown)
			}
		})
	}
}

func TestSourceLines(t *testing.T) {
	folder := files(t, map[string]string{"descope.yaml": "\ufeffversion: \"1.0\"\r\nfirst: é\r\n# " + strings.Repeat("x", 10000) + "\nsecond: 2\nthird: " + strings.Repeat("y", 5000)})
	_, err := Load(context.Background(), Options{WorkDir: folder})
	var got []string
	for _, d := range diagnosticsOf(t, nil, err) {
		got = append(got, d.SourceLine)
	}
	if strings.Join(got, "|") != "first: é|second: 2|" {
		t.Errorf("got %q", got)
	}
}

func TestSourceLinesOfAFileThatIsGone(t *testing.T) {
	opened := false
	src := texts{"descope.yaml": "foo: 1\n"}.sources()[0]
	inner := src.open
	src.open = func() (io.ReadCloser, error) {
		if opened {
			return nil, errors.New("gone")
		}
		opened = true
		return inner()
	}
	_, err := loadSources(context.Background(), Options{}, []source{src})
	for _, d := range diagnosticsOf(t, nil, err) {
		if d.SourceLine != "" {
			t.Errorf("got %q", d.SourceLine)
		}
	}
}
