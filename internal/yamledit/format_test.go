package yamledit_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// ranked is an order for the keys at the top and for those of items.
func ranked(path []string) map[string]int {
	switch len(path) {
	case 0:
		return map[string]int{"version": 0, "auth": 1, "tenants": 2, "flows": 3}
	case 2:
		return map[string]int{"id": 0, "name": 1, "domains": 2}
	default:
		return nil
	}
}

type formatCase struct{ name, text, want string }

func runFormatCases(t *testing.T, syntax yamledit.Syntax, cases []formatCase) {
	t.Helper()
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			got, err := yamledit.Format([]byte(tt.text), syntax, ranked)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			again, err := yamledit.Format(got, syntax, ranked)
			if err != nil || string(again) != string(got) {
				t.Errorf("%v, a second time:\n%s", err, cmp.Diff(string(got), string(again)))
			}
		})
	}
}

func TestFormatLayout(t *testing.T) {
	long := strings.Repeat("x", 100)
	runFormatCases(t, yamledit.YAML, []formatCase{
		{"indentation", "tenants:\n- id: a\n  settings:\n     enabled: true\n-   id: b\n", "tenants:\n  - id: a\n    settings:\n      enabled: true\n  - id: b\n"},
		{"compact lists", "a:\n-   - b\n    - c\n-\n  - d\n", "a:\n  - - b\n    - c\n  - - d\n"},
		{"brackets that fit", "a: {b: 1,c: [ x ,z], }\nd: [\n  1,\n  2\n]\n", "a: { b: 1, c: [x, z] }\nd: [1, 2]\n"},
		{"brackets that do not fit", "a: {b: 1, c: [" + long + ", yyyyyyyyyyyyyyyyyyyy]}\n", "a:\n  b: 1\n  c:\n    - " + long + "\n    - yyyyyyyyyyyyyyyyyyyy\n"},
		{"a pair in a list", "a: [b: 1, c]\n", "a: [{ b: 1 }, c]\n"},
		{"empty brackets", "a: { }\nb: [ ]\n", "a: {}\nb: []\n"},
		{"a document in brackets", "{version: \"1.0\", tenants: []}", "{ version: \"1.0\", tenants: [] }\n"},
		{"the order of keys", "tenants:\n  - {name: A, x: 1, id: a}\n  - domains: []\n    x: 1\n    id: b\nx: 1\nversion: \"1.0\"\n", "version: \"1.0\"\nx: 1\n\ntenants:\n  - { id: a, x: 1, name: A }\n  - id: b\n    x: 1\n    domains: []\n"},
		{"keys twice stay", "tenants: []\nversion: 1\nversion: 2\n", "tenants: []\nversion: 1\nversion: 2\n"},
		{"an anchor before its alias", "flows: &a [x]\ntenants: *a\n", "flows: &a [x]\ntenants: *a\n"},
		{"anchors that move together", "tenants: &a [x]\nversion: 1\nflows: *a\n", "version: 1\ntenants: &a [x]\nflows: *a\n"},
		{"blocks at the top", "version: 1\ntenants:\n  - a\nflows: []\nx: 1\n", "version: 1\n\ntenants:\n  - a\n\nflows: []\nx: 1\n"},
		{"one empty line between groups", "\n\na: 1\n\n\n\nb: 2\nc:\n\n  - 1\n\n\n  - 2\n\n\n", "a: 1\n\nb: 2\n\nc:\n  - 1\n\n  - 2\n"},
		{"line endings and a mark", "\ufeffa: 1\r\nb: |\r\n  x\r\n\r\n  y\r\n", "a: 1\n\nb: |\n  x\n\n  y\n"},
		{"no line feed at the end", "a: 1", "a: 1\n"},
		{"documents", "%YAML 1.2\n--- {a: 1}\n...\n# b\n---\n\nc: 1\n--- # d\n", "%YAML 1.2\n---\n{ a: 1 }\n...\n# b\n---\nc: 1\n--- # d\n"},
		{"nothing", "", ""},
		{"a text alone", "  \"a\"   # b\n---\n{a: 1}\n", "  \"a\"   # b\n---\n{ a: 1 }\n"},
		{"only comments", "\n\n# a\n\n\n  # b\n", "# a\n\n# b\n"},
	})
}

func TestFormatScalars(t *testing.T) {
	runFormatCases(t, yamledit.YAML, []formatCase{
		{"quotes that are not needed", "a: \"b c\"\n\"d\": 'e'\n'f g': \"h/i@j\"\n", "a: b c\nd: e\nf g: h/i@j\n"},
		{"quotes that are needed", "a: \"1.0\"\nb: 'true'\nc: \"${X}\"\nd: '[x]'\ne: \"a: b\"\nf: 'a #b'\ng: \"\"\nh: ' i'\nj: \"*\"\n", "a: \"1.0\"\nb: 'true'\nc: \"${X}\"\nd: '[x]'\ne: \"a: b\"\nf: 'a #b'\ng: \"\"\nh: ' i'\nj: \"*\"\n"},
		{"text that older readers take for something else", "a: yes\nb: No\non: c\nd: 2026-12-31\ne: 12:30:00\nf: 1_000\ng: =\nh: 0b11\n", "a: \"yes\"\nb: \"No\"\n\"on\": c\nd: \"2026-12-31\"\ne: \"12:30:00\"\nf: \"1_000\"\ng: \"=\"\nh: \"0b11\"\n"},
		{"what is no text", "a: 0777\nb: 9007199254740993\nc: 1.50\nd: ~\ne:\nf: True\n12: x\n", "a: 0777\nb: 9007199254740993\nc: 1.50\nd: ~\ne:\nf: True\n12: x\n"},
		{"escapes", "a: \"x\\ty\"\nb: \"\\u00e9\"\nc: 'it''s'\n", "a: \"x\\ty\"\nb: é\nc: it's\n"},
		{"tags and anchors", "a: !secret   \"x\"\nb: &x !!str   12\nc: !!map\n  d: &y\n    - e\nf: ! 3\n", "a: !secret \"x\"\nb: &x !!str 12\n\nc: !!map\n  d: &y\n    - e\n\nf: ! 3\n"},
		{"merge keys", "a: &x\n    b: 1\nc:\n    <<: *x\n    d: *x\n", "a: &x\n  b: 1\n\nc:\n  <<: *x\n  d: *x\n"},
		{"an alias as a key", "a: &x b\n*x : c\nd: { *x : e }\n", "a: &x b\n*x : c\nd: { *x : e }\n"},
		{"block text", "a: |\n    x\n      y\n\n    z\nb: >-\n  folded\n\n\nc: |2\n     indented\n", "a: |\n  x\n    y\n\n  z\n\nb: >-\n  folded\n\nc: |2\n     indented\n"},
		{"block text that keeps empty lines", "a: |+\n  x\n\n\nb: 1\n", "a: |+\n  x\n\n\nb: 1\n"},
		{"block text without a line feed", "a: |\n  x", "a: |-\n  x\n"},
		{"block text in a list", "- |\n   a\n- b: |+\n     c\n\n", "- |\n  a\n- b: |+\n    c\n\n"},
		{"text on several lines", "a: \"b\n     c \\\n   d\"\ne: f\n     g\n\n     h\n", "a: \"b\n  c \\\n  d\"\n\ne: f\n  g\n\n  h\n"},
		{"text on several lines in brackets", "a: [\"b\n  c\", d\n  e]\n", "a: [b c, d e]\n"},
		{"block text that starts with blanks", "a: |1\n  x\n", "a: |2\n   x\n"},
	})
}

func TestFormatComments(t *testing.T) {
	runFormatCases(t, yamledit.YAML, []formatCase{
		{"everywhere", "# top\n\n# above a\na:    # at a\n   # above b\n   b: 1   # at b\n   # below b\n# above c\nc: [ 1 ] # at c\n# end\n", "# top\n\n# above a\na: # at a\n  # above b\n  b: 1 # at b\n  # below b\n\n# above c\nc: [1] # at c\n# end\n"},
		{"the schema stays first", "# yaml-language-server: $schema=./descope.schema.json\n# tenants\ntenants: []\nversion: 1 # v\n", "# yaml-language-server: $schema=./descope.schema.json\nversion: 1 # v\n# tenants\ntenants: []\n"},
		{"they move with their key", "# about tenants\ntenants: [] # t\n# about the version\nversion: 1\n", "# about the version\nversion: 1\n# about tenants\ntenants: [] # t\n"},
		{"those of the file do not", "# about the file\n\ntenants: []\nversion: 1\n", "# about the file\n\nversion: 1\ntenants: []\n"},
		{"between items", "a:\n# one\n- 1\n# two\n\n- 2\n# below\nb: 1\n", "a:\n  # one\n  - 1\n  # two\n\n  - 2\n\n# below\nb: 1\n"},
		{"at the end of a list", "a:\n  - b: 1\n    # of b\n  # of a\n# of all\n", "a:\n  - b: 1\n    # of b\n  # of a\n# of all\n"},
		{"a list at the column of its key", "a:\n- 1\n# of all\n", "a:\n  - 1\n# of all\n"},
		{"in brackets", "a: { # one\n  b: 1, # two\n  # three\n  c: [ ] # four\n  # five\n} # six\n", "a: # one\n  b: 1 # two\n  # three\n  c: [] # four\n  # five\n  # six\n"},
		{"in empty brackets", "a: [ # one\n  # two\n]\n", "a: # one\n  # two\n  []\n"},
		{"behind brackets that do not fit", "- {a: " + strings.Repeat("x", 120) + "} # b\n", "# b\n- a: " + strings.Repeat("x", 120) + "\n"},
		{"between key and value", "a: # one\n  # two\n  b # three\nc:\n   # four\n - d\n", "a: # one\n  # two\n  b # three\n\nc:\n  # four\n  - d\n"},
		{"at block text", "a: | # one\n  # no comment\n # two\n# three\nb: 1\n", "a: | # one\n  # no comment\n\n# two\n# three\nb: 1\n"},
		{"at a dash", "- # one\n  a: 1\n-\n  # two\n  b: 1\n- # three\n", "- # one\n  a: 1\n-\n  # two\n  b: 1\n- # three\n"},
		{"no comments", "a: b#c\nd: 'x # y'\ne: |\n  # z\n", "a: b#c\nd: 'x # y'\n\ne: |\n  # z\n"},
		{"at an anchor", "a: &x # one\n  b: 1\nc: !t # two\n", "a: &x # one\n  b: 1\n\nc: !t # two\n"},
	})
}

func TestFormatJSON(t *testing.T) {
	runFormatCases(t, yamledit.JSON, []formatCase{
		{"one line", `{"tenants":[{"name":"A","id":"a"}],"version":"1.0"}`, "{\n  \"version\": \"1.0\",\n  \"tenants\": [{ \"id\": \"a\", \"name\": \"A\" }]\n}\n"},
		{"several lines", "\ufeff{\n\t\"version\": \"1.0\", \"auth\": {\n},\r\n \"x\": [1,\n 1.0e5]}", "{\n  \"version\": \"1.0\",\n  \"auth\": {},\n  \"x\": [\n    1,\n    1.0e5\n  ]\n}\n"},
		{"a line that is too long", `{"a": ["` + strings.Repeat("x", 110) + `", "\u00e9"]}`, "{\n  \"a\": [\n    \"" + strings.Repeat("x", 110) + "\",\n    \"\\u00e9\"\n  ]\n}\n"},
		{"a key twice", `{"version":1,"tenants":2,"version":3}`, "{\n  \"version\": 1,\n  \"tenants\": 2,\n  \"version\": 3\n}\n"},
		{"a list", `[]`, "[]\n"},
		{"a number", ` 1.50 `, "1.50\n"},
	})
}

func TestFormatRefuses(t *testing.T) {
	tests := []struct {
		name, text string
		syntax     yamledit.Syntax
		reason     yamledit.Reason
		line       int
	}{
		{"YAML that is not valid", "a: 1\n---\nb: [\n", yamledit.YAML, yamledit.ReasonSyntax, 4},
		{"JSON that is not valid", "{\n\"a\": }", yamledit.JSON, yamledit.ReasonSyntax, 2},
		{"a control character", "a: 1\nb: \x01\n", yamledit.YAML, yamledit.ReasonSyntax, 2},
		{"a key with a question mark", "a: 1\n? b\n: c\n", yamledit.YAML, yamledit.ReasonUnsupported, 2},
		{"a key that is a list", "a: 1\n---\n[b]: c\n", yamledit.YAML, yamledit.ReasonUnsupported, 3},
		{"a tag without a blank", "a: [!t, b]\n", yamledit.YAML, yamledit.ReasonUnsupported, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := yamledit.Format([]byte(tt.text), tt.syntax, ranked)
			refused, ok := errors.AsType[*yamledit.Error](err)
			if !ok || refused.Reason != tt.reason || refused.Line != tt.line {
				t.Errorf("got %v, want %s in line %d", err, tt.reason, tt.line)
			}
		})
	}
}
