package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestJSONToYAMLKeepsOrderDigitsAndTypes(t *testing.T) {
	got, err := jsonToYAML([]byte(`{"z":9007199254740993,"a":"yes","n":"12","f":0.10,"t":true,"x":null,"l":[],"m":{},"s":"\ud83d\ude00\u001b[31m"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := "z: 9007199254740993\na: \"yes\"\n\"n\": \"12\"\nf: 0.10\nt: true\nx: null\nl: []\nm: {}\ns: \"\\U0001F600\\e[31m\"\n"
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestEveryStringSurvivesYAML(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		document, err := encodeJSON(map[string]string{"k": text})
		if err != nil {
			t.Fatal(err)
		}
		out, err := jsonToYAML(document)
		if err != nil {
			t.Fatal(err)
		}
		var back map[string]string
		if err := yaml.Unmarshal(out, &back); err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		if want := strings.ToValidUTF8(text, "\ufffd"); back["k"] != want {
			t.Errorf("%q came back as %q through %q", want, back["k"], out)
		}
	})
}

// runnerText draws texts that a CI runner could obey where they are folded, broken or
// shown as they are.
var runnerText = rapid.Custom(func(t *rapid.T) string {
	parts := rapid.SliceOfN(rapid.SampledFrom([]string{
		"::error::x", "##[group]", "##vso[task.x]", "#", "[", "\\", "\"", "'", ": ", " ", "\t", "\n", "\r", "\u0085", "\u2028", "\u2029", "\u200b",
		"a", "long ", "é", "-", "|", ">", strings.Repeat("word ", 30),
	}), 0, 12).Draw(t, "parts")
	return strings.Join(parts, "")
})

// TestNothingIsObeyedByARunner: whatever stands in keys and values, no line of JSON or
// YAML is a command, and both are read back as what they were.
func TestNothingIsObeyedByARunner(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		document := map[string]any{
			"values": rapid.SliceOfN(runnerText, 1, 4).Draw(t, "values"),
			"keys":   rapid.MapOfN(runnerText, runnerText, 1, 4).Draw(t, "keys"),
		}
		for _, format := range []string{formatJSON, formatYAML} {
			out, err := (&App{flags: globalFlags{format: format}}).render(document, nil)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.FieldsFuncSeq(string(out), func(r rune) bool { return r == '\n' || r == '\r' }) {
				if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") || strings.Contains(line, "##vso[") {
					t.Fatalf("%s: a runner obeys %q of\n%s", format, line, out)
				}
			}
			var back, want any
			parse := json.Unmarshal
			if format == formatYAML {
				parse = func(text []byte, into any) error { return yaml.Unmarshal(text, into) }
			}
			plain, err := json.Marshal(document)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(parse(out, &back), json.Unmarshal(plain, &want)); err != nil {
				t.Fatalf("%q: %v", out, err)
			}
			if !reflect.DeepEqual(back, want) {
				t.Fatalf("%s: got %v, want %v from\n%s", format, back, want, out)
			}
		}
	})
}

// TestOneLineForEachText: no text of somebody else begins a line of YAML.
func TestOneLineForEachText(t *testing.T) {
	got, err := jsonToYAML([]byte(`{"a":"a\nb\n::error::c","::error::boo":"::x","l":"` + strings.Repeat("word ", 30) + `::y","g":"a ##[group]b"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := "a: \"a\\nb\\n::error::c\"\n\"::error::boo\": \"::x\"\nl: " + strings.Repeat("word ", 30) + "::y\ng: \"a \\x23#[group]b\"\n"
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPrintableNeutralisesWhatATerminalObeys(t *testing.T) {
	cases := map[string]string{
		"plain ünïcode":      "plain ünïcode",
		"\x1b[31mred":        `\x1b[31mred`,
		"bell\a and \r over": `bell\a and \r over`,
		"\u202eright":        `\u202eright`,
		"\u009b31m":          `\u009b31m`,
		"keeps\nlines\t":     "keeps\nlines\t",
	}
	for text, want := range cases {
		if got := printable(text); got != want {
			t.Errorf("printable(%q) = %q, want %q", text, got, want)
		}
	}
	if got := printableLine("one\ntwo"); got != `one\ntwo` {
		t.Errorf("printableLine = %q", got)
	}
}

// TestRedactorKnowsEscapes: a key whose characters JSON escapes is found in JSON,
// and what is left is JSON.
func TestRedactorKnowsEscapes(t *testing.T) {
	for _, key := range []string{`Kvery"secret`, `Kvery\secret`, `Kverysecret\`, `K<very>&secret`, "Kvery\tsecret\u2028é", `"\"\"\`} {
		r := newRedactor(io.Discard, io.Discard)
		r.add(resource.NewSecret(key))
		for _, escapeHTML := range []bool{false, true} {
			var text bytes.Buffer
			encoder := json.NewEncoder(&text)
			encoder.SetEscapeHTML(escapeHTML)
			if err := encoder.Encode(map[string]string{"name": "a " + key}); err != nil {
				t.Fatal(err)
			}
			if !r.holds(text.String()) {
				t.Errorf("%q is not found in %s", key, text.String())
			}
			if got := string(r.clean(text.Bytes())); got != `{"name":"a [redacted]"}`+"\n" {
				t.Errorf("%q: got %s", key, got)
			}
		}
		if got := r.text("is " + key + ", and " + strconv.Quote(key)); got != `is [redacted], and "[redacted]"` {
			t.Errorf("%q: got %s", key, got)
		}
	}
}

func TestRedactorCleansEveryStream(t *testing.T) {
	var out, err bytes.Buffer
	r := newRedactor(&out, &err)
	r.add(resource.NewSecret("Kvery-secret"))
	r.add(resource.NewSecret("abc")) // too short to tell from ordinary text
	for _, stream := range []struct {
		write func([]byte) (int, error)
		into  *bytes.Buffer
	}{{r.out.Write, &out}, {r.err.Write, &err}} {
		n, writeErr := stream.write([]byte("key Kvery-secret, abc\n"))
		if writeErr != nil || n != 22 {
			t.Fatalf("wrote %d: %v", n, writeErr)
		}
		if got := stream.into.String(); got != "key [redacted], abc\n" {
			t.Errorf("printed %q", got)
		}
	}
}
