package descope

import (
	"encoding/base64"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestRedactorKnowsTheKeyInEverySpelling(t *testing.T) {
	key := `K2+a/b=c"d<e&f\g%h`
	redact := newRedactor("P2x", resource.NewSecret(key))
	tests := []struct{ name, text string }{
		{"plain", key},
		{"as sent", "Bearer P2x:" + key},
		{"in JSON text", `K2+a/b=c\"d\u003ce\u0026f\\g%h`},
		{"in a query", "K2%2Ba%2Fb%3Dc%22d%3Ce%26f%5Cg%25h"},
		{"in HTML", "K2+a/b=c&#34;d&lt;e&amp;f\\g%h"},
		{"as basic credentials", base64.StdEncoding.EncodeToString([]byte("P2x:" + key))},
		{"in base64", base64.StdEncoding.EncodeToString([]byte(key))},
		{"in base64 for URLs", base64.RawURLEncoding.EncodeToString([]byte(key))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := redact.text("before "+test.text+" after", maxText)
			if strings.Contains(got, test.text) || !strings.Contains(got, resource.Redacted) {
				t.Errorf("text = %q", got)
			}
			if !strings.HasPrefix(got, "before ") || !strings.HasSuffix(got, " after") {
				t.Errorf("text = %q lost what stands around the key", got)
			}
		})
	}
}

func TestRedactorOnTextsThatWereCutOff(t *testing.T) {
	redact := newRedactor(testProject, resource.NewSecret(testKey))
	if got := redact.clean("token " + testKey[:20]); got != "token "+resource.Redacted {
		t.Errorf("text = %q", got)
	}
	if got := redact.clean("Bearer " + testProject + ":" + testKey[:9]); strings.Contains(got, testKey[:6]) {
		t.Errorf("text = %q", got)
	}
	for _, harmless := range []string{"no such project " + testProject, "ends in K2can", ""} {
		if got := redact.clean(harmless); got != harmless {
			t.Errorf("text %q became %q", harmless, got)
		}
	}
}

// No text of any origin shows the key, whole or from its start to the cut.
func TestRedactedTextsNeverHoldTheKey(t *testing.T) {
	redact := newRedactor(testProject, resource.NewSecret(testKey))
	rapid.Check(t, func(t *rapid.T) {
		filler := rapid.SampledFrom([]string{"", " ", "x", "K2", testKey, testProject + ":", testKey[:10], "\x00", "\n", "é", "\xff"})
		text := strings.Join(rapid.SliceOfN(filler, 0, 30).Draw(t, "parts"), "")
		limit := rapid.IntRange(1, 300).Draw(t, "limit")
		for _, got := range []string{redact.text(text, limit), redact.head([]byte(text))} {
			if strings.Contains(got, testKey) {
				t.Fatalf("%q became %q", text, got)
			}
			if utf8.RuneCountInString(got) > max(limit, maxHead)+1 {
				t.Fatalf("%d characters", utf8.RuneCountInString(got))
			}
			if strings.ContainsFunc(got, unicode.IsControl) || !utf8.ValidString(got) {
				t.Fatalf("%q is not printable", got)
			}
		}
	})
}

func TestPrintable(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"ordinary", "a bé 漢 “q” 'x' \\", "a bé 漢 “q” 'x' \\"},
		{"escape sequence", "a\x1b[31mb", `a\x1b[31mb`},
		{"lines", "a\r\n\tb", `a\r\n\tb`},
		{"right-to-left override", "a\u202eb", `a\u202eb`},
		{"zero width", "a\u200bb", `a\u200bb`},
		{"C1 control", "a\u009bb", `a\u009bb`},
		{"broken UTF-8", "a\xffb", `a\ufffdb`},
		{"NUL", "a\x00b", `a\x00b`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := printable(test.text); got != test.want {
				t.Errorf("printable(%q) = %q, want %q", test.text, got, test.want)
			}
		})
	}
}

func TestBounded(t *testing.T) {
	tests := []struct {
		text  string
		limit int
		want  string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "abc…"}, {"äöü", 3, "äöü"}, {"äöüß", 3, "äöü…"}, {"", 0, ""},
	}
	for _, test := range tests {
		if got := bounded(test.text, test.limit); got != test.want {
			t.Errorf("bounded(%q, %d) = %q, want %q", test.text, test.limit, got, test.want)
		}
	}
}
