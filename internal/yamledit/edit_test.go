package yamledit_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// operation is an edit of a file.
type operation func(f *yamledit.File) (*yamledit.File, error)

func set(path yamledit.Path, value string) operation {
	return func(f *yamledit.File) (*yamledit.File, error) {
		parsed, err := resource.ParseValue([]byte(value))
		if err != nil {
			return nil, err
		}
		return f.Set(path, parsed)
	}
}

func remove(path yamledit.Path) operation {
	return func(f *yamledit.File) (*yamledit.File, error) { return f.Remove(path) }
}

func appendTo(path yamledit.Path, entry ...yamledit.Member) operation {
	return func(f *yamledit.File) (*yamledit.File, error) { return f.Append(path, entry) }
}

func parse(t *testing.T, text string) *yamledit.File {
	t.Helper()
	syntax := yamledit.YAML
	if strings.HasPrefix(strings.ReplaceAll(text, "\r", ""), "{\n") || strings.HasPrefix(text, "{\"") {
		syntax = yamledit.JSON
	}
	f, err := yamledit.Parse([]byte(text), syntax)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return f
}

var (
	doc     = yamledit.Document(0)
	tenants = doc.Key("tenants")
	acme    = tenants.Item(0)
	overlay = doc.Key("environments", "dev", "overlay")
)

const commented = `# head
version: "1.0"   # the format

tenants:
  # the first customer
  - id: acme     # stays
    name: "Acme"   # as in the contract
    # about domains
    self_provisioning_domains:
      - acme.com   # main
      - 'acme.net'

    custom_attributes: { plan: basic, seats: 10 } # sold
  # the second
  - id: beta

# the end
`

func TestEdits(t *testing.T) {
	for _, tt := range editCases() {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.edit(parse(t, tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got.Text())); diff != "" {
				t.Error(diff)
			}
		})
		t.Run(tt.name+" with Windows line breaks", func(t *testing.T) {
			got, err := tt.edit(parse(t, strings.ReplaceAll(tt.text, "\n", "\r\n")))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.ReplaceAll(tt.want, "\n", "\r\n"), string(got.Text())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

type editCase struct {
	name, text string
	edit       operation
	want       string
}

// changed is a text with one part of it replaced.
func changed(text, old, with string) string {
	if strings.Count(text, old) != 1 {
		panic("not once in the text: " + old)
	}
	return strings.Replace(text, old, with, 1)
}

func editCases() []editCase {
	entry := []yamledit.Member{{Key: "id", Value: `"new"`}, {Key: "name", Value: `"New: one"`, Comment: "left out: gmail.com"}, {Key: "custom_attributes", Value: `{"a":1,"b":["x","y z"]}`}}
	return []editCase{
		{"quoted text", commented, set(acme.Key("name"), `"Acme \"2\" ${X}"`), changed(commented, `"Acme"`, `"Acme \"2\" $${X}"`)},
		{"text in a flow mapping", commented, set(acme.Key("custom_attributes", "plan"), `"a, b"`), changed(commented, "basic", `"a, b"`)},
		{"a number keeps its digits", commented, set(acme.Key("custom_attributes", "seats"), `9007199254740993.10`), changed(commented, "10 }", "9007199254740993.10 }")},
		{"text that looks like a number", commented, set(acme.Key("custom_attributes", "plan"), `"1e3"`), changed(commented, "basic", `"1e3"`)},
		{"text that older readers take for a boolean", commented, set(acme.Key("custom_attributes", "plan"), `"Off"`), changed(commented, "basic", `"Off"`)},
		{"several lines and an escape", commented, set(acme.Key("name"), `"a\nb\u001b[1m é 😀"`), changed(commented, `"Acme"`, `"a\nb\u001b[1m é 😀"`)},
		{"the same value", commented, set(acme.Key("name"), `"Acme"`), commented},
		{"a new key of a flow mapping", commented, set(acme.Key("custom_attributes", "region"), `"eu"`), changed(commented, "seats: 10", "seats: 10, region: eu")},
		{"a new key", commented, set(acme.Key("disabled"), `true`), changed(commented, "# sold\n", "# sold\n    disabled: true\n")},
		{"a new key of a new mapping", commented, set(tenants.Item(1).Key("settings", "enabled"), `true`), changed(commented, "id: beta\n", "id: beta\n    settings:\n      enabled: true\n")},
		{"an item more", commented, set(acme.Key("self_provisioning_domains"), `["acme.com","acme.net","acme.org"]`), changed(commented, "'acme.net'\n", "'acme.net'\n      - 'acme.org'\n")},
		{"an item less", commented, set(acme.Key("self_provisioning_domains"), `["acme.net"]`), changed(commented, "      - acme.com   # main\n", "")},
		{"no item", commented, set(acme.Key("self_provisioning_domains"), `[]`), changed(commented, "domains:\n      - acme.com   # main\n      - 'acme.net'\n", "domains: []\n")},
		{"all items others", commented, set(acme.Key("self_provisioning_domains"), `["x.com"]`), changed(commented, "- acme.com   # main\n      - 'acme.net'\n", "- 'x.com'\n")},
		{"a mapping, key by key", commented, set(acme.Key("custom_attributes"), `{"seats":10,"tier":"gold"}`), changed(commented, "plan: basic, seats: 10", "seats: 10, tier: gold")},
		{"remove a key", commented, remove(acme.Key("name")), changed(commented, "    name: \"Acme\"   # as in the contract\n", "")},
		{"remove the first key", commented, remove(acme.Key("id")), changed(commented, "id: acme     # stays\n    name", "name")},
		{"remove a list", commented, remove(acme.Key("self_provisioning_domains")), changed(commented, "    self_provisioning_domains:\n      - acme.com   # main\n      - 'acme.net'\n", "")},
		{"remove from a flow mapping", commented, remove(acme.Key("custom_attributes", "plan")), changed(commented, "plan: basic, ", "")},
		{"remove the last of a flow mapping", commented, remove(acme.Key("custom_attributes", "seats")), changed(commented, ", seats: 10", "")},
		{"append an entry", commented, appendTo(tenants, entry...), changed(commented, "id: beta\n", "id: beta\n  - id: new\n    # left out: gmail.com\n    name: \"New: one\"\n    custom_attributes:\n      a: 1\n      b: [x, y z]\n")},
		{"remove the only key", "a:\n  b: 1 # c\nd: 2\n", remove(doc.Key("a", "b")), "a: {}\nd: 2\n"},
		{"remove the only key in brackets", "a: { b: 1 }\n", remove(doc.Key("a", "b")), "a: {}\n"},
		{"make a list", "a: 1\nenvironments:\n    dev:\n        protected: true # no\n    prod: {}\n", appendTo(overlay.Key("tenants"), entry[0]), "a: 1\nenvironments:\n    dev:\n        protected: true # no\n        overlay:\n            tenants:\n                - id: new\n    prod: {}\n"},
		{"make a list as others are indented", "tenants:\n- id: a\nenvironments:\n  dev:\n    order: 1", appendTo(overlay.Key("tenants"), entry[0]), "tenants:\n- id: a\nenvironments:\n  dev:\n    order: 1\n    overlay:\n      tenants:\n      - id: new"},
		{"grow in brackets", "environments:\n  dev: { order: 1 } # c\n", appendTo(overlay.Key("tenants"), entry[0]), "environments:\n  dev: { order: 1, overlay: { tenants: [{ id: new }] } } # c\n"},
		{"fill what is empty", "environments:\n  dev: # c\n  prod:\n    order: 1\n", appendTo(overlay.Key("tenants"), entry[0]), "environments:\n  dev: # c\n    overlay:\n      tenants:\n        - id: new\n  prod:\n    order: 1\n"},
		{"append to a list of one-line entries", "tenants:\n  - { id: \"a\", name: \"A\" }\n\n  - { id: \"b\" }\n", appendTo(tenants, entry[:2]...), "tenants:\n  - { id: \"a\", name: \"A\" }\n\n  - { id: \"b\" }\n\n  # left out: gmail.com\n  - { id: \"new\", name: \"New: one\" }\n"},
		{"append to an empty list", "tenants: [] # none\n", appendTo(tenants, entry[0]), "tenants: [{ id: new }] # none\n"},
		{"a literal block becomes a line", "a:\n  t: |+ # c\n    one\n\n    two\n\n  # d\n  u: 1\n", set(doc.Key("a", "t"), `"x"`), "a:\n  t: x # c\n  # d\n  u: 1\n"},
		{"behind a literal block", "a:\n  t: |\n    one\n\n# d\nb: 1\n", set(doc.Key("a", "u"), `2`), "a:\n  t: |\n    one\n  u: 2\n\n# d\nb: 1\n"},
		{"text over several lines", "a:\n  t: one\n    two\n\n    three # c\n  u: 1\n", set(doc.Key("a", "t"), `"x"`), "a:\n  t: x # c\n  u: 1\n"},
		{"several documents", "a: 1\n---\n# x\nb: 2 # c\n...\n---\nc: 3\n", set(yamledit.Document(1).Key("b"), `4`), "a: 1\n---\n# x\nb: 4 # c\n...\n---\nc: 3\n"},
		{"a byte order mark and a version", "\ufeff%YAML 1.2\n---\nétat: { é: 1, b: 2 }\n", set(doc.Key("état", "b"), `"ü"`), "\ufeff%YAML 1.2\n---\nétat: { é: 1, b: ü }\n"},
		{"an anchor elsewhere", "x: &x { a: 1 }\ny: *x\nz: { <<: *x, b: 2 } # c\n", set(doc.Key("z", "b"), `3`), "x: &x { a: 1 }\ny: *x\nz: { <<: *x, b: 3 } # c\n"},
		{"brackets over lines", "a: [\n  one, # 1\n  two # 2\n]\n", set(doc.Key("a"), `["one","two","three"]`), "a: [\n  one, # 1\n  two, # 2\n  three\n]\n"},
		{"a comma at the end", "a: {\n  one: 1, # 1\n}\n", set(doc.Key("a", "two"), `2`), "a: {\n  one: 1, # 1\n  two: 2,\n}\n"},
		{"remove a line in brackets", "a: {\n  one: 1, # 1\n  two: 2 # 2\n}\n", remove(doc.Key("a", "two")), "a: {\n  one: 1 # 1\n}\n"},
		{"a list of lists", "a:\n- - 1\n  - 2\n- - 3\n", set(doc.Key("a").Item(0), `[1,2,4]`), "a:\n- - 1\n  - 2\n  - 4\n- - 3\n"},
		{"no line break at the end", "a: 1\nb: 2", remove(doc.Key("b")), "a: 1"},
		{"a tab before a comment", "a: 1\t# c\nb: 2\n", set(doc.Key("a"), `"x"`), "a: x\t# c\nb: 2\n"},
		{"JSON", "{\n    \"a\": [],\n    \"b\": {\"c\": 1}\n}\n", appendTo(doc.Key("a"), entry...), "{\n    \"a\": [\n        {\n            \"id\": \"new\",\n            \"name\": \"New: one\",\n            \"custom_attributes\": {\n                \"a\": 1,\n                \"b\": [\"x\", \"y z\"]\n            }\n        }\n    ],\n    \"b\": {\"c\": 1}\n}\n"},
		{"a new key in JSON", "{\n  \"a\": 1\n}\n", set(doc.Key("b", "c"), `"\u001b😀\u0085"`), "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": \"\\u001b😀\\u0085\"\n  }\n}\n"},
		{"a line of JSON", `{"a":{"b":1,"c":"${X}"}}`, set(doc.Key("a", "d"), `[true,"x"]`), `{"a":{"b":1,"c":"${X}","d":[true,"x"]}}`},
		{"remove the last line of JSON", "{\n  \"a\": 1,\n  \"b\": 2\n}\n", remove(doc.Key("b")), "{\n  \"a\": 1\n}\n"},
		{"JSON in YAML", "--- {\"a\": 1}\n", set(doc.Key("b"), `"x"`), "--- {\"a\": 1, \"b\": x}\n"},
	}
}

func TestRefusals(t *testing.T) {
	const text = `base: &base { a: 1 }
alias: *base
merged: { <<: *base, b: 2 }
anchored: &n "x"
variable: "${X:-1}"
list: ["a", "$${b}", "${c}"]
tagged: !!str 5
map: { x: 1, x: 2 }
deep: { in: *base, t: { v: "${Y}" } }
"q": [p: 1]
? e
: 1
`
	tests := []struct {
		name string
		edit operation
		want string
	}{
		{"an alias", set(doc.Key("alias"), `1`), "alias: line 2, column 8"},
		{"through an alias", set(doc.Key("alias", "a"), `1`), "alias: line 2, column 8"},
		{"an anchor", set(doc.Key("anchored"), `1`), "anchor: line 4, column 11"},
		{"inside of an anchor", set(doc.Key("base", "a"), `2`), "anchor: line 1, column 7"},
		{"more in an anchor", set(doc.Key("base", "z"), `2`), "anchor: line 1, column 7"},
		{"a key that is merged", set(doc.Key("merged", "a"), `2`), "merge: line 3, column 11"},
		{"a mapping that merges", set(doc.Key("merged"), `{"b":2}`), "merge: line 3, column 11"},
		{"a variable", set(doc.Key("variable"), `1`), "reference: line 5, column 11"},
		{"a variable in a list", set(doc.Key("list"), `["z"]`), "reference: line 6, column 22"},
		{"a variable that would go", remove(doc.Key("deep")), "alias: line 9, column 13"},
		{"a variable further below", set(doc.Key("deep", "t"), `5`), "reference: line 9, column 28"},
		{"a tag", set(doc.Key("tagged"), `"6"`), "tag: line 7, column 9"},
		{"a key that stands twice", set(doc.Key("map", "x"), `3`), "duplicate: line 8, column 14"},
		{"no brackets", set(doc.Key("q").Item(0).Key("p"), `3`), "unsupported: line 10, column 10"},
		{"a question mark", set(doc.Key("e"), `3`), "unsupported: line 12, column 3"},
		{"beside a question mark", set(doc.Key("new"), `3`), "unsupported: line 1, column 1"},
		{"nothing to remove", remove(doc.Key("none")), "missing: line 1, column 1"},
		{"no list", appendTo(doc.Key("variable")), "missing: line 5, column 11"},
		{"no mapping", set(doc.Key("variable", "x"), `1`), "missing: line 5, column 11"},
		{"no document", set(yamledit.Document(1), `1`), "missing: line 1, column 1"},
		{"a whole document", set(doc, `1`), "unsupported: line 1, column 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parse(t, text)
			_, err := tt.edit(f)
			var refused *yamledit.Error
			if !errors.As(err, &refused) {
				t.Fatalf("error %v", err)
			}
			if got := string(refused.Reason) + ": " + refused.Error(); !strings.HasPrefix(got, tt.want+":") {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if string(f.Text()) != text {
				t.Error("the text has changed")
			}
		})
	}
}

func TestTextsThatAreNotValid(t *testing.T) {
	tests := []struct {
		name, text string
		syntax     yamledit.Syntax
		want       string
	}{
		{"tab", "a: 1\nb:\n\t- x\n", yamledit.YAML, "line 3, column 1"},
		{"second document", "a: 1\n---\nb: [\n---\nc: 1\n", yamledit.YAML, "line 4, column 1"},
		{"unknown alias", "a: *b\n", yamledit.YAML, "line 1, column 4"},
		{"control character", "a: 1\n# é\x1b\n", yamledit.YAML, "line 2, column 4"},
		{"lone carriage return", "a: 1\r# x\n", yamledit.YAML, "line 1, column 5"},
		{"not UTF-8", "a: \xff\n", yamledit.YAML, "line 1, column 4"},
		{"too deep", strings.Repeat("[", 150) + strings.Repeat("]", 150), yamledit.YAML, "line 1, column 102"},
		{"comment in JSON", "{\n  // no\n}", yamledit.JSON, "line 2, column 3"},
		{"JSON ends too early", "{\"a\": 1", yamledit.JSON, "line 1, column 8"},
		{"JSON too deep", strings.Repeat("[", 150) + strings.Repeat("]", 150), yamledit.JSON, "line 1, column 102"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := yamledit.Parse([]byte(tt.text), tt.syntax)
			var refused *yamledit.Error
			if !errors.As(err, &refused) || refused.Reason != yamledit.ReasonSyntax || !strings.HasPrefix(err.Error(), tt.want+":") {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestFindAndGet(t *testing.T) {
	text := "# é\n--- {x: [{ id: a }]}\n---\ntenants:\n  - id: beta\n    n: 0x1F\n  - *b\n"
	text = strings.Replace(text, "- id: beta", "- &b { id: beta, \"t u\": [+1, 01, .5, ~, yes] }", 1)
	text = strings.Replace(text, "    n: 0x1F\n", "", 1)
	f := parse(t, text)
	for _, tt := range []struct {
		line, column int
		want         string
	}{
		{2, 5, ""}, {2, 10, "x[0]"}, {4, 1, ""}, {5, 3, "tenants"}, {5, 5, "tenants[0]"}, {6, 5, "tenants[1]"}, {5, 27, `tenants[0]["t u"]`}, {5, 14, "tenants[0].id"},
	} {
		path, found := f.Find(tt.line, tt.column)
		if !found || path.String() != tt.want {
			t.Errorf("at %d:%d is %q (%t), want %q", tt.line, tt.column, path, found, tt.want)
		}
	}
	if _, found := f.Find(5, 6); found {
		t.Error("something is found where nothing stands")
	}
	entry := yamledit.Document(1).Key("tenants").Item(0)
	if got, err := f.Get(entry); got != `{"id":"beta","t u":[1,1,0.5,null,"yes"]}` || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	if got, err := f.Get(entry.Key("none")); got != resource.Absent || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	if line, column, ok := f.Place(entry.Key("t u")); line != 5 || column != 20 || !ok {
		t.Errorf("at %d:%d", line, column)
	}
}
