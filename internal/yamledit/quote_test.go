package yamledit_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// TestWhatIsWrittenIsReadAgain: text that no editor shows as it is comes back byte by
// byte, as a value and as a key, and stands in the file in characters that one can see.
func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	const tag = "\U000e0041" // an invisible letter, beyond 16 bits
	for name, text := range map[string]string{
		"carriage return": "a\rb", "tab": "a\tb\t", "line break": "a\nb", "bell": "\a", "escape": "\x1b[2J", "quotes": `"'\`,
		"right to left": "a\u202eb", "invisible": "a" + tag + "b", "mark of order": "\ufeffa", "picture": "\U0001f512",
	} {
		t.Run(name, func(t *testing.T) {
			for syntax, before := range map[yamledit.Syntax]string{yamledit.YAML: "name: x\n", yamledit.JSON: "{\"name\": \"x\"}\n"} {
				file, err := yamledit.Parse([]byte(before), syntax)
				if err == nil {
					file, err = file.Set(yamledit.Document(0).Key("name"), resource.StringValue(text))
				}
				if err == nil {
					file, err = file.Set(yamledit.Document(0).Key(text), `"y"`)
				}
				if err != nil {
					t.Fatal(err)
				}
				written := string(file.Text())
				if strings.ContainsAny(written, "\r\a\x1b\u202e\ufeff"+tag) {
					t.Errorf("it cannot be seen: %q", written)
				}
				again, err := yamledit.Parse([]byte(written), syntax)
				if err != nil {
					t.Fatalf("%v\n%q", err, written)
				}
				value, err := again.Get(yamledit.Document(0).Key("name"))
				if got, _ := value.AsString(); err != nil || got != text {
					t.Errorf("got %q, %v of\n%s", got, err, written)
				}
				if value, err := again.Get(yamledit.Document(0).Key(text)); err != nil || value != `"y"` {
					t.Errorf("under the key: %s, %v of\n%s", value, err, written)
				}
			}
		})
	}
}

// TestPlainValues reads unquoted text as the configuration does.
func TestPlainValues(t *testing.T) {
	for text, want := range map[string]resource.Value{
		"0x1F": "31", "0o17": "15", "0xZZ": `"0xZZ"`, "0x": `"0x"`, "0x-1": `"0x-1"`, "0x1_0": `"0x1_0"`, "0b1": `"0b1"`,
		"+1": "1", "01": "1", ".5": "0.5", "-.5": "-0.5", "1.": "1", "1e3": "1e3", "+": `"+"`, ".": `"."`, "1.2.3": `"1.2.3"`,
		"~": "null", "NULL": "null", "True": "true", "FALSE": "false", "yes": `"yes"`, "2026-11-26": `"2026-11-26"`,
	} {
		file, err := yamledit.Parse([]byte("a: "+text+"\n"), yamledit.YAML)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := file.Get(yamledit.Document(0).Key("a")); err != nil || got != want {
			t.Errorf("%s is %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{".inf", "-.Inf", ".NaN"} {
		file, err := yamledit.Parse([]byte("a: "+text+"\n"), yamledit.YAML)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := file.Get(yamledit.Document(0).Key("a")); err == nil {
			t.Errorf("%s is %s, and JSON has no such number", text, got)
		}
	}
}

// TestEditable says beforehand what Set does.
func TestEditable(t *testing.T) {
	const text = "a: 1\nb: &b { c: 2 }\nd: *b\ne: { <<: *b }\nf: [1, 2]\ng: !!str 5\n"
	file := parse(t, text)
	for name, c := range map[string]struct {
		path   yamledit.Path
		reason yamledit.Reason // empty: it can be set
	}{
		"a value":           {doc.Key("a"), ""},
		"a new key":         {doc.Key("new", "below"), ""},
		"an item":           {doc.Key("f").Item(1), ""},
		"an anchored one":   {doc.Key("b"), yamledit.ReasonAnchor},
		"behind an alias":   {doc.Key("d"), yamledit.ReasonAlias},
		"a merged one":      {doc.Key("e", "c"), yamledit.ReasonMerge},
		"no such item":      {doc.Key("f").Item(2), yamledit.ReasonMissing},
		"a key of a number": {doc.Key("a", "x"), yamledit.ReasonMissing},
	} {
		t.Run(name, func(t *testing.T) {
			err := file.Editable(c.path)
			_, failure := file.Set(c.path, "7")
			if (failure == nil) != (err == nil) {
				t.Errorf("Editable says %v, and Set %v", err, failure)
			}
			reason := yamledit.Reason("")
			if refused, ok := errors.AsType[*yamledit.Error](err); ok {
				reason = refused.Reason
			}
			if reason != c.reason {
				t.Errorf("got %v (%s), want %q", err, reason, c.reason)
			}
		})
	}
}
