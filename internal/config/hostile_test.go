package config

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// hostileCase is a file that nobody means well with, or that other tools have read
// wrongly. Want is the code of an error; or "=JSON", the value of the attribute "a" of
// the one tenant; or "+", when the file is fine.
type hostileCase struct{ name, text, want string }

// attribute is a file whose tenant has the attribute.
func attribute(yaml string) string {
	return "version: \"1.0\"\ntenant:\n  id: one\n  custom_attributes:\n    a: " + yaml + "\n"
}

// valid is a file with more under its valid head.
func valid(yaml string) string { return "version: \"1.0\"\n" + yaml + "\n" }

func bomb(levels int, first string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "variables:\n  - &a0 [%s]\n", first)
	for i := 1; i < levels; i++ {
		fmt.Fprintf(&out, "  - &a%d [%s]\n", i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	return out.String()
}

func hostileValues() []hostileCase {
	return []hostileCase{
		{"norway", attribute("no"), `="no"`},
		{"norway in capitals", attribute("NO"), `="NO"`},
		{"yes", attribute("yes"), `="yes"`},
		{"on", attribute("on"), `="on"`},
		{"off", attribute("Off"), `="Off"`},
		{"y", attribute("y"), `="y"`},
		{"true in capitals", attribute("TRUE"), `=true`},
		{"tilde", attribute("~"), codeNull},
		{"null", attribute("null"), codeNull},
		{"nothing", attribute(""), codeNull},
		{"octal of 1.1", attribute("0777"), `=777`},
		{"octal of 1.2", attribute("0o777"), `=511`},
		{"hexadecimal", attribute("0xFFFFFFFFFFFFFFFFFFFFFFFF"), `=79228162514264337593543950335`},
		{"binary of 1.1", attribute("0b101"), `="0b101"`},
		{"digits in groups", attribute("1_000_000"), `="1_000_000"`},
		{"sexagesimal", attribute("190:20:30"), `="190:20:30"`},
		{"time", attribute("12:30"), `="12:30"`},
		{"date", attribute("2001-12-14"), `="2001-12-14"`},
		{"date and time", attribute("2001-12-14t21:59:43.10-05:00"), `="2001-12-14t21:59:43.10-05:00"`},
		{"integer over 64 bits", attribute("123456789012345678901234567890123456789"), `=123456789012345678901234567890123456789`},
		{"integer over 53 bits", attribute("9007199254740993"), `=9007199254740993`},
		{"long fraction", attribute("0.1234567890123456789012345678901234567890"), `=0.1234567890123456789012345678901234567890`},
		{"huge exponent", attribute("1e999999999"), `=1e999999999`},
		{"tiny exponent", attribute("1e-999999999"), `=1e-999999999`},
		{"number of 1000 digits", attribute(strings.Repeat("9", 1000)), "=" + strings.Repeat("9", 1000)},
		{"number of 1001 digits", attribute(strings.Repeat("9", 1001)), codeType},
		{"number of a million digits", attribute(strings.Repeat("9", 1<<19)), codeType},
		{"hexadecimal of a million digits", attribute("0x" + strings.Repeat("f", 1<<19)), "+"},
		{"not a number", attribute(".nan"), codeType},
		{"not a number, spelled otherwise", attribute(".NaN"), codeType},
		{"infinity", attribute(".inf"), codeType},
		{"less than infinity", attribute("-.INF"), codeType},
		{"plain nan is text", attribute("NaN"), `="NaN"`},
		{"minus zero", attribute("-0"), `=-0`},
		{"dots", attribute("1.2.3"), `="1.2.3"`},
		{"equals sign", attribute("="), `="="`},
		{"merge sign as a value", attribute("<<"), `="<<"`},
		{"colon at the end", attribute("\"a:\""), `="a:"`},
		{"text of many lines", attribute("|\n      x\n      y"), `="x\ny\n"`},
		{"escapes", attribute(`"\x41\u00e9\U0001F600\0\e"`), `="Aé😀\u0000\u001b"`},
		{"half of a surrogate pair", attribute(`"\ud83d"`), codeSyntax},
		{"escape that is none", attribute(`"\q"`), codeSyntax},
		{"reordering marks in quotes", attribute("\"a\u202eb\""), "=\"a\u202eb\""},
		{"zero-width space", attribute("\"a\u200bb\""), "=\"a\u200bb\""},
		{"text of a megabyte", attribute(`"` + strings.Repeat("x", 1<<19) + `"`), "+"},
		{"mapping in an attribute", attribute("{ b: 1 }"), codeType},
		{"list in a list", attribute("[[1]]"), codeType},
		{"variable that is not set", attribute("${NOBODY}"), codeUnset},
		{"variable that does not end", attribute(`"${A"`), codeTemplate},
		{"variable in a variable", attribute(`"${A:-${B}}"`), codeTemplate},
		{"command in a variable", attribute(`"${A:-$(id)}"`), `="$(id)"`},
	}
}

func hostileTags() []hostileCase {
	return []hostileCase{
		{"tag of an object", attribute("!!python/object/apply:os.system ['id']"), codeTag},
		{"tag of a program", attribute("!ruby/object:Gem::Installer x"), codeTag},
		{"tag by address", attribute("!<tag:example.com,2000:x> 1"), codeTag},
		{"tag of an unknown handle", attribute("!e!x 1"), codeSyntax},
		{"tag of a set", attribute("!!set { a }"), codeTag},
		{"tag of bytes", attribute("!!binary aGk="), codeTag},
		{"tag of a time", attribute("!!timestamp 2001-12-14"), codeTag},
		{"tag of an integer on text", attribute("!!int x"), codeTag},
		{"tag of text on a number", attribute("!!str 12"), `="12"`},
		{"tag of nothing", attribute("!!null ''"), codeNull},
		{"tag that includes a file", attribute("!include /etc/passwd"), codeTag},
		{"directive with a tag", "%TAG ! tag:example.com,2000:\n---\n" + attribute("!x 1"), codeTag},
		{"directive that is unknown", "%FOO bar\n---\n" + attribute("1"), codeSyntax},
		{"directive of another version", "%YAML 2.0\n---\n" + attribute("1"), codeSyntax},
	}
}

func hostileShapes() []hostileCase {
	deep := func(open, end string, n int) string { return strings.Repeat(open, n) + strings.Repeat(end, n) }
	return []hostileCase{
		{"bomb of lists", valid(bomb(9, "x,x,x,x,x,x,x,x,x,x")), codeLimit},
		{"bomb of text", valid("variables:\n  - &a \"" + strings.Repeat("x", 1<<16) + "\"\n  - [" + strings.Repeat("*a,", 1000) + "]"), codeLimit},
		{"bomb of merges", valid("variables:\n  - &a { x1: 1, x2: 1, x3: 1, x4: 1, x5: 1, x6: 1, x7: 1, x8: 1 }\n" + strings.Repeat("  - { <<: [*a, *a, *a, *a, *a, *a, *a, *a] }\n", 20)), codeType},
		{"merge of itself", "version: \"1.0\"\ntenant: &a { id: one, <<: *a }\n", codeLimit},
		{"merge of text", valid("tenant: { id: one, <<: x }"), codeType},
		{"merge of nothing", valid("tenant: { id: one, <<: ~ }"), codeNull},
		{"merge twice", valid("tenant: { id: one, <<: { name: a }, <<: { name: b } }"), codeDuplicate},
		{"merge that is fine", valid("tenant: { <<: { id: one, custom_attributes: { a: 1 } }, custom_attributes: { a: 2 } }"), `=2`},
		{"alias of nothing", attribute("*nobody"), codeSyntax},
		{"alias of another document", valid("requires: &v \">=1\"\n---\ntenant: { id: one, name: *v }"), codeSyntax},
		{"alias of itself", valid("tenants: &t [*t]"), codeLimit},
		{"alias as a key", valid("tenant: { &k id : one, *k : two }"), codeDuplicate},
		{"anchor twice is the last", valid("tenant: { id: one, name: &x A, custom_attributes: { a: &x 2, b: *x } }"), `=2`},
		{"nested lists", attribute(deep("[", "]", 101)), codeLimit},
		{"nested lists without end", attribute(strings.Repeat("[", 1<<19)), codeLimit},
		{"nested mappings", attribute(deep("{ b: ", " }", 200)), codeLimit},
		{"nested dashes", valid("tenants:\n" + strings.Repeat("- ", 1<<16)), codeLimit},
		{"nested by indentation", valid("tenants:\n" + func() string {
			var out strings.Builder
			for i := range 300 {
				out.WriteString(strings.Repeat(" ", i+1) + "a:\n")
			}
			return out.String()
		}()), codeLimit},
		{"key twice", valid("tenant: { id: one, name: a, name: b }"), codeDuplicate},
		{"key twice in two spellings", valid("tenant: { id: one, settings: { session_token_expiration: 1, sessionTokenExpiration: 1 } }"), codeDuplicate},
		{"top-level key twice", valid("tenants: []\ntenants: []"), codeDuplicate},
		{"list as a key", valid("? [a]\n: 1"), codeType},
		{"mapping as a key", valid("{ { a: b }: 1 }"), codeSyntax},
		{"null as a key", valid("~: 1"), codeNull},
		{"number as a key", valid("tenant: { id: one, custom_attributes: { 1: x, a: 3 } }"), `=3`},
		{"key of a megabyte", valid("\"" + strings.Repeat("k", 1<<19) + "\": 1"), codeUnknownKey},
		{"a tenant of more than a megabyte", valid("# " + strings.Repeat("x", maxSingle) + "\ntenant: { id: one }"), codeLimit},
		{"10,000 keys", valid("tenant: { id: one, custom_attributes: { a: 4" + manyKeys(10_000) + " } }"), `=4`},
		{"20,000 empty documents", attribute("5") + strings.Repeat("---\n", 20_000), `=5`},
		{"a list", "- 1\n- 2\n", codeType},
		{"text", "just text\n", codeType},
		{"a number", "5\n", codeType},
		{"nothing at all", "", codeVersion},
		{"comments only", strings.Repeat("# comment\n", 1000), codeVersion},
		{"version as a number", "version: 1.0\n", codeVersion},
		{"prototype as a key", valid("__proto__: 1"), codeUnknownKey},
	}
}

func manyKeys(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, ", k%d: 1", i)
	}
	return out.String()
}

func hostileBytes() []hostileCase {
	return []hostileCase{
		{"byte order mark", "\ufeff" + attribute("6"), `=6`},
		{"two byte order marks", "\ufeff\ufeff" + attribute("6"), codeEncoding},
		{"UTF-16 with its mark", "\xff\xfev\x00:\x00", codeEncoding},
		{"UTF-16 the other way", "\xfe\xff\x00v\x00:", codeEncoding},
		{"UTF-32", "\xff\xfe\x00\x00v\x00\x00\x00", codeEncoding},
		{"UTF-16 without its mark", "v\x00e\x00", codeEncoding},
		{"Latin-1", valid("# caf\xe9"), codeEncoding},
		{"overlong UTF-8", valid("# \xc0\xaf"), codeEncoding},
		{"surrogate in UTF-8", valid("# \xed\xa0\x80"), codeEncoding},
		{"beyond Unicode", valid("# \xf4\x90\x80\x80"), codeEncoding},
		{"NUL", valid("# \x00"), codeEncoding},
		{"NUL alone", "\x00", codeEncoding},
		{"escape sequence", valid("# \x1b[2J"), codeEncoding},
		{"delete", valid("# \x7f"), codeEncoding},
		{"control of Latin-1", valid("# \u0085"), codeEncoding},
		{"line separator", valid("# \u2028"), codeEncoding},
		{"non-character", valid("# \uffff"), codeEncoding},
		{"windows line ends", strings.ReplaceAll(attribute("7"), "\n", "\r\n"), `=7`},
		{"old line ends", strings.ReplaceAll(attribute("7"), "\n", "\r"), codeEncoding},
		{"mixed line ends", strings.Replace(attribute("7"), "\n", "\r\n", 2), `=7`},
		{"tab as indentation", valid("tenant:\n\tid: one"), codeSyntax},
		{"tab behind a value", attribute("8\t"), `=8`},
		{"tab in a flow mapping", valid("tenant: {\tid: one,\tcustom_attributes: {\ta: 8 } }"), `=8`},
		{"no-break space as indentation", valid("tenant:\n\u00a0 id: one"), codeUnknownKey},
		{"a program", "\x7fELF\x02\x01\x01\x00", codeEncoding},
		{"an archive", "PK\x03\x04\x14\x00", codeEncoding},
		{"a compressed file", "\x1f\x8b\x08\x00", codeEncoding},
		{"a picture", "\x89PNG\r\n\x1a\n", codeEncoding},
		{"a script", "#!/bin/sh\nrm -rf /\n", codeType},
		{"a page", "<html><body>", codeType},
		{"a merge conflict", "<<<<<<< HEAD\n" + attribute("9") + "=======\n" + attribute("8") + ">>>>>>> x\n", codeSyntax},
		{"one line of a megabyte", "# " + strings.Repeat("x", 1<<20) + "\nversion: \"1.0\"\n", "+"},
		{"a million line breaks", strings.Repeat("\n", 1<<20) + "version: \"1.0\"\n", "+"},
		{"a million spaces", valid(strings.Repeat(" ", 1<<20)), "+"},
		{"quote that does not end", valid("requires: \"" + strings.Repeat("x", 1<<20)), codeSyntax},
		{"bracket that does not end", valid("variables: [" + strings.Repeat("x, ", 1<<14)), codeSyntax},
	}
}

// TestHostileFiles reads each of them as a file on disk, whole and as a check. None may
// panic; none may take more memory in all, garbage included, than a process may have;
// and none may take ten times as long as is promised, because machines are slow.
func TestHostileFiles(t *testing.T) {
	const mostMemory, mostTime = 200 << 20, 20 * time.Second
	cases := hostileValues()
	for _, more := range [][]hostileCase{hostileTags(), hostileShapes(), hostileBytes()} {
		cases = append(cases, more...)
	}
	if len(cases) < 100 {
		t.Fatalf("%d files are not a hundred", len(cases))
	}
	work := t.TempDir()
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			writeFile(t, work, "descope.yaml", []byte(tt.text))
			ctx, cancel := context.WithTimeout(t.Context(), mostTime)
			defer cancel()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			cfg, err := Load(ctx, Options{WorkDir: work})
			runtime.ReadMemStats(&after)
			if ctx.Err() != nil {
				t.Errorf("it took more than %v", mostTime)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > mostMemory {
				t.Errorf("%d MiB were allocated", took>>20)
			}
			wantHostile(t, tt.want, cfg, err)
			checked, errOfCheck := Check(ctx, Options{WorkDir: work})
			if got, want := verdict(checked, errOfCheck), verdict(cfg, err); got != want {
				t.Errorf("a check says\n%s, not\n%s", got, want)
			}
		})
	}
}

func wantHostile(t *testing.T, want string, cfg *Config, err error) {
	t.Helper()
	var invalid *InvalidError
	value, isValue := strings.CutPrefix(want, "=")
	switch {
	case want == "+" && err == nil:
	case isValue && err == nil:
		got, _ := cfg.Desired("")[0].Field(resource.Path{Field: fieldAttributes, Key: "a"})
		if string(got.Value) != value {
			t.Errorf("a=%.200s, want %.200s", got.Value, value)
		}
	case want != "+" && !isValue && errors.As(err, &invalid):
		for _, d := range invalid.Errors() {
			if d.Code == want {
				if len(d.Render()) > 3000 {
					t.Errorf("a diagnostic of %d bytes", len(d.Render()))
				}
				return
			}
		}
		t.Errorf("errors %.500s, want one with %s", err, want)
	default:
		t.Errorf("error %.500v, want %.100s", err, want)
	}
}

// TestHostilePlaces reads what is no file at all, by its name, in a folder and by a
// pattern. None of them is opened and waited for.
func TestHostilePlaces(t *testing.T) {
	work := t.TempDir()
	if err := makePipe(filepath.Join(work, "pipe.yaml")); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"zero.yaml": "/dev/zero", "random.yaml": "/dev/urandom", "terminal.yaml": "/dev/tty", "loop.yaml": "loop.yaml", "twins-a.yaml": "twins-b.yaml",
		"twins-b.yaml": "twins-a.yaml", "gone.yaml": "nothing", "folder.yaml": "folder", "through.yaml": "plain.yaml/x", "memory.yaml": "/proc/self/mem",
	} {
		if err := os.Symlink(target, filepath.Join(work, link)); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, work, "plain.yaml", []byte(one))
	writeFile(t, work, "folder/README.md", nil)
	wants := map[string]string{
		"/dev/zero": "a device", "/dev/null": "a device", "zero.yaml": "a device", "random.yaml": "a device", "pipe.yaml": "a pipe",
		"loop.yaml": "too many levels", "twins-a.yaml": "too many levels", "gone.yaml": "no configuration found", "folder.yaml": "no configuration found",
		"through.yaml": "not a directory", "plain.yaml/x": "not a directory", "folder": "no configuration found", ".": "configuration ", "*.yaml": "configuration ",
		"pipe*.yaml": "a pipe", "zero*": "a device", "": "configuration ", "\x00": "configuration ", strings.Repeat("x", 5000): "configuration ",
	}
	for path, want := range wants {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		_, err := Load(ctx, Options{WorkDir: work, Paths: []string{path}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.50q: error %v, want %q in it", path, err, want)
		}
		if _, check := Check(ctx, Options{WorkDir: work, Paths: []string{path}}); errorText(check) != errorText(err) {
			t.Errorf("%.50q: a check says %v, not %v", path, check, err)
		}
		cancel()
	}
	if _, err := Load(t.Context(), Options{WorkDir: work, Paths: []string{"memory.yaml"}}); err == nil {
		t.Error("a process's memory was read")
	}
}
