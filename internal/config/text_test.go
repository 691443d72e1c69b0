package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiagnosticsOfText(t *testing.T) { runDiagnosticCases(t, textCases()) }

func textCases() []diagnosticCase {
	return []diagnosticCase{
		{"tab as indentation", "version: \"1.0\"\ntenants:\n\t- id: acme\n", nil, []string{
			`descope.yaml:3:1: error CFG001: not valid YAML: found character that cannot start any token`,
		}},
		{"colon in plain text", "version: \"1.0\"\ntenants:\n  - id: acme\n    name: Acme: the company\n", nil, []string{
			`descope.yaml:4:15: error CFG001: not valid YAML: mapping values are not allowed in this context`,
		}},
		{"unclosed quote", "version: \"1.0\ntenants: []\n", nil, []string{
			`descope.yaml:1:10: error CFG001: not valid YAML: found unexpected end of stream, while scanning a quoted scalar`,
		}},
		{"wrong indentation", "version: \"1.0\"\ntenants:\n  - id: acme\n   name: x\n", nil, []string{
			`descope.yaml:4:4: error CFG001: not valid YAML: did not find expected '-' indicator, while parsing a block collection that starts in column 3, 1 lines above`,
		}},
		{"unknown alias", "version: \"1.0\"\ntenants: [*acme]\n", nil, []string{
			`descope.yaml:2:11: error CFG001: not valid YAML: unknown anchor 'acme' referenced`,
		}},
		{"unknown directive", "%FOO\n---\nversion: \"1.0\"\n", nil, []string{
			`descope.yaml:1:5: error CFG001: not valid YAML: found unknown directive name`,
		}},
		{"one bad document of several", "version: \"1.0\"\n---\ntenants: [\n---\ntenants:\n  - id: acme\n    nmae: x\n  - only: [dev]\n", nil, []string{
			`descope.yaml:3:11: error CFG001: not valid YAML: did not find expected node content`,
			`descope.yaml:7:5: error CFG010: unknown key "nmae" in a tenant`,
			`descope.yaml:8:5: error CFG050: a tenant has no id`,
		}},
		{"NUL", "version: \"1.0\"\ntenants: [] # é\x00\n", nil, []string{
			`descope.yaml:2:16: error CFG002: a NUL byte is not allowed`,
		}},
		{"invalid UTF-8", "version: \"1.0\"\n# é\xff\n", nil, []string{
			`descope.yaml:2:4: error CFG002: not valid UTF-8`,
		}},
		{"UTF-16", "\xff\xfev\x00e\x00", nil, []string{
			`descope.yaml:1:1: error CFG002: not valid UTF-8`,
		}},
		{"control character", "version: \"1.0\"\n# \x1b[31m\n", nil, []string{
			`descope.yaml:2:3: error CFG002: the character U+001B is not allowed as it is`,
		}},
		{"line separator", "version: \"1.0\"\n# \u2028\n", nil, []string{
			`descope.yaml:2:3: error CFG002: the character U+2028 is not allowed as it is`,
		}},
		{"lone carriage return", "version: \"1.0\"\r# x\n", nil, []string{
			`descope.yaml:1:15: error CFG002: a carriage return without a line feed is not allowed`,
		}},
		{"alias loop", "version: \"1.0\"\ntenants: &a [*a]\n", nil, []string{
			`descope.yaml:2:14: error CFG003: the alias *a contains itself`,
		}},
		{"alias bomb", "version: \"1.0\"\nvariables:\n  - &a [x,x,x,x,x,x,x,x,x,x]\n  - &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n  - &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n  - &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n  - &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n  - [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n", nil, []string{
			`descope.yaml:8:27: error CFG003: aliases expand to too much`,
		}},
		{"alias bomb of text", "version: \"1.0\"\ntenants:\n  - id: acme\n    name: &n " + strings.Repeat("x", 1<<20) + "\n    default_roles: [" + strings.Repeat("*n,", 16) + "]\n", nil, []string{
			`descope.yaml:5:66: error CFG003: aliases expand to too much`,
		}},
		{"nested too deep", "version: \"1.0\"\ntenants: " + strings.Repeat("[", 101) + strings.Repeat("]", 101) + "\n", nil, []string{
			`descope.yaml:2:110: error CFG003: nested deeper than 100 levels`,
		}},
		{"nested far too deep", "version: \"1.0\"\ntenants: " + strings.Repeat("[", 20000) + "\n", nil, []string{
			`descope.yaml:2:10010: error CFG003: nested deeper than 100 levels`,
		}},
	}
}

func TestTextsThatAreFine(t *testing.T) {
	const tenant = "tenants:\n  - id: acme\n    name: Acmé\n"
	tests := map[string]string{
		"byte order mark":       "\ufeffversion: \"1.0\"\n" + tenant,
		"windows line ends":     strings.ReplaceAll("version: \"1.0\"\n"+tenant, "\n", "\r\n"),
		"no line break at end":  "version: \"1.0\"\n" + strings.TrimSuffix(tenant, "\n"),
		"version directive":     "%YAML 1.2\n---\nversion: \"1.0\"\n" + tenant,
		"markers and comments":  "# head\n---\n# more\nversion: \"1.0\"\n...\n# between\n---\n" + tenant + "...\n",
		"empty documents":       "---\n---\nversion: \"1.0\"\n---\n# nothing\n---\n" + tenant + "---\n",
		"second mark":           "version: \"1.0\"\n\ufeff---\n" + tenant,
		"content behind marker": "--- {version: \"1.0\"}\n--- # x\n" + tenant,
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := load(t, text, nil)
			want := []string{`name="Acmé"`}
			if diff := cmp.Diff(want, fieldsOf(t, cfg, "", "acme")); diff != "" {
				t.Error(diff)
			}
			at := cfg.Desired("")[0].Source
			line := strings.Split(strings.ReplaceAll(text, "\r", ""), "\n")[at.Line-1]
			if !strings.HasPrefix(line[at.Column-1:], "id: acme") {
				t.Errorf("the tenant is said to stand at %s, which is %q", at, line)
			}
		})
	}
}

func TestDepthOfOneHundredIsFine(t *testing.T) {
	deep := strings.Repeat("{ a: ", 95) + "1" + strings.Repeat(" }", 95)
	cfg := load(t, tenants("  - id: acme\n    settings: { sso_setup_suite_settings: "+deep+" }\n"), nil)
	if got := fieldsOf(t, cfg, "", "acme"); !strings.Contains(got[0], strings.Repeat(`{"a":`, 95)+"1") {
		t.Errorf("got %s", got)
	}
}

func TestJSON(t *testing.T) {
	text := "\ufeff{\n  \"$schema\": \"./descope.schema.json\", \"version\": \"1.0\",\n  \"tenants\": [\n    {\"id\": \"acme\", \"name\": \"A\\/\\ud83d\\ude00\\u2028é\", \"custom_attributes\": {\"n\": 9007199254740993, \"f\": -1.50e+3, \"b\": true, \"l\": []}}\n  ]\n}\n"
	cfg, err := loadTexts(texts{"descope.json": text}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"custom_attributes.b=true", "custom_attributes.f=-1.50e+3", "custom_attributes.l=[]", "custom_attributes.n=9007199254740993", "name=\"A/😀\\u2028é\""}
	if diff := cmp.Diff(want, fieldsOf(t, cfg, "", "acme")); diff != "" {
		t.Error(diff)
	}
	if got := cfg.Desired("")[0].Source.String(); got != "descope.json:4:5" {
		t.Errorf("source %s", got)
	}
}

func TestDiagnosticsOfJSON(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"mistakes", "{\n  \"version\": \"1.0\",\n  \"tenants\": [{\"id\": \"acme\", \"é\": 1, \"id\": \"x\", \"name\": null}]\n}", []string{
			`descope.json:3:30: error CFG010: unknown key "é" in a tenant`,
			`descope.json:3:38: error CFG011: the key "id" stands twice in this mapping, first at descope.json:3:16`,
			`descope.json:3:57: error CFG013: "name" is null`,
		}},
		{"comment", "{\n  // no\n}", []string{`descope.json:2:3: error CFG001: not valid JSON: invalid character '/'`}},
		{"comma too much", "{\"version\": \"1.0\",}", []string{`descope.json:1:19: error CFG001: not valid JSON: invalid character '}' looking for beginning of object key string`}},
		{"unclosed", "{\"version\": [\"1.0\"", []string{`descope.json:1:19: error CFG001: not valid JSON: the text ends too early`}},
		{"empty", "", []string{`descope.json:1:1: error CFG001: not valid JSON: the text ends too early`}},
		{"two values", "{} {}", []string{`descope.json:1:4: error CFG001: not valid JSON: text after the end of the JSON value`}},
		{"half of a pair", "{\"version\": \"\\ud800\"}", []string{`descope.json:1:13: error CFG001: not valid JSON: half of a surrogate pair ("\ud800" to "\udfff")`}},
		{"invalid UTF-8", "{\"version\": \"\xff\"}", []string{`descope.json:1:14: error CFG002: not valid UTF-8`}},
		{"NUL", "{}\x00", []string{`descope.json:1:3: error CFG002: a NUL byte is not allowed`}},
		{"too deep", strings.Repeat("[", 200) + strings.Repeat("]", 200), []string{`descope.json:1:101: error CFG003: nested deeper than 100 levels`}},
		{"a list", "[]", []string{
			`descope.json:1:1: error CFG012: the configuration must be a mapping, not a list`,
			`descope.json:1:1: error CFG020: the version is missing`,
		}},
		{"merge key is no merge key", "{\"version\": \"1.0\", \"<<\": {}}", []string{`descope.json:1:20: error CFG010: unknown key "<<" in the configuration`}},
		{"replacement character is fine", "{\"version\": \"1.0\", \"tenants\": [{\"id\": \"a\ufffdc\"}, {\"id\": \"a\\ufffdd\"}]}", []string{
			`descope.json:1:39: warning CFG051: the id "a�c" may hold lower-case letters, digits and hyphens only where this tool creates the tenant`,
			`descope.json:1:54: warning CFG051: the id "a�d" may hold lower-case letters, digits and hyphens only where this tool creates the tenant`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := loadTexts(texts{"descope.json": tt.text}, nil)
			wantLines(t, diagnosticsOf(t, cfg, err), tt.want)
		})
	}
}

func TestSplitDocuments(t *testing.T) {
	tests := []struct {
		name, text string
		limit      int
		want       []string // "line: text"
	}{
		{"nothing", "", 100, nil},
		{"comments only", "# a\n\n# b\n", 100, nil},
		{"one", "a: 1\n", 100, []string{"1: a: 1\n"}},
		{"two", "a: 1\n---\nb: 2", 100, []string{"1: a: 1\n", "2: ---\nb: 2"}},
		{"marker in text is none", "a: |\n  ---\n ...\n---x\n", 100, []string{"1: a: |\n  ---\n ...\n---x\n"}},
		{"end marker", "a: 1\n...\n\n# c\nb: 2\n...\n...\n", 100, []string{"1: a: 1\n...\n", "3: \n# c\nb: 2\n...\n"}},
		{"directive", "%YAML 1.1\n---\na: 1\n---\n%YAML 1.1\n", 100, []string{"1: #YAML 1.1\n---\na: 1\n", "4: ---\n%YAML 1.1\n"}},
		{"too large", "a: 1\n---\nb: 22222222222\n---\nc: 3\n", 10, []string{"1: a: 1\n", "2: (too large)", "4: ---\nc: 3\n"}},
		{"prologue too large", "# 123456789 123456789\n", 10, []string{"1: (too large)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			err := splitDocuments(strings.NewReader(tt.text), tt.limit, func(doc document) error {
				text := string(doc.text)
				if doc.tooLarge {
					text = "(too large)"
				}
				got = append(got, fmt.Sprintf("%d: %s", doc.line, text))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSplitDocumentsWithLongLines(t *testing.T) {
	long := "a: " + strings.Repeat("x", 300<<10)
	text := long + "\n---\nb: " + strings.Repeat("-", 100<<10) + "\n"
	var got []string
	err := splitDocuments(strings.NewReader(text), maxDocument, func(doc document) error {
		got = append(got, string(doc.text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0] != long+"\n" || strings.Join(got, "") != text {
		t.Errorf("%d documents", len(got))
	}
}

// endless gives "a: xxxx…" until it has given the number of bytes.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.left)
	copy(p, bytes.Repeat([]byte{'x'}, n))
	e.left -= n
	return n, nil
}

func TestDocumentOverTheLimit(t *testing.T) {
	for _, name := range []string{"descope.yaml", "descope.json"} {
		t.Run(name, func(t *testing.T) {
			src := source{name: name, json: strings.HasSuffix(name, ".json"), open: func() (io.ReadCloser, error) {
				return io.NopCloser(&endless{left: maxDocument + 1}), nil
			}}
			cfg, err := loadSources(context.Background(), Options{}, []source{src})
			wantLines(t, diagnosticsOf(t, cfg, err), []string{name + `:1:1: error CFG003: a document of more than 64 MiB`})
		})
	}
}

// failing is the end of a file that breaks in the middle.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errDisk }

var errDisk = errors.New("disk on fire")

func TestReadErrorNamesTheFile(t *testing.T) {
	for _, name := range []string{"descope.yaml", "descope.json"} {
		src := source{name: name, json: strings.HasSuffix(name, ".json"), open: func() (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader("a: 1\n"), failing{})), nil
		}}
		_, err := loadSources(context.Background(), Options{}, []source{src})
		if !errors.Is(err, errDisk) || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v", err)
		}
	}
}
