package descope

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Bounds on texts that come from outside, in characters.
const (
	maxText = 500 // a message
	maxName = 120 // a code, a header, a host
	maxHead = 200 // the beginning of an answer that is not JSON
)

// shortestRest is the length from which the beginning of a secret, standing at
// the very end of a text that was cut off, is taken for one.
const shortestRest = 6

// redactor takes the management key out of texts that came from outside, also
// where a server echoes it in another spelling.
type redactor struct {
	secrets  []spelling // longest first
	replacer *strings.Replacer
}

// spelling is one way to write the key. A text that ends in its first shortest
// bytes or more was cut off inside the key.
type spelling struct {
	text     string
	shortest int
}

func newRedactor(projectID string, key resource.Secret) *redactor {
	if key.IsEmpty() { // of a probe, which has nothing to hide
		return &redactor{replacer: strings.NewReplacer()}
	}
	prefix := projectID + ":"
	var secrets []spelling
	for _, encode := range []func(string) string{
		func(s string) string { return s }, jsonText, url.QueryEscape, url.PathEscape, html.EscapeString,
		base64Text(base64.RawStdEncoding), base64Text(base64.RawURLEncoding),
	} {
		whole, project := encode(prefix+key.Reveal()), encode(prefix)
		secrets = append(secrets,
			spelling{text: encode(key.Reveal()), shortest: shortestRest},
			spelling{text: whole, shortest: len(project) + shortestRest})
	}
	slices.SortFunc(secrets, func(a, b spelling) int {
		return cmp.Or(cmp.Compare(len(b.text), len(a.text)), strings.Compare(a.text, b.text))
	})
	secrets = slices.CompactFunc(secrets, func(a, b spelling) bool { return a.text == b.text })
	pairs := make([]string, 0, 2*len(secrets))
	for _, secret := range secrets {
		pairs = append(pairs, secret.text, resource.Redacted)
	}
	return &redactor{secrets: secrets, replacer: strings.NewReplacer(pairs...)}
}

// clean replaces every occurrence of the key, and the beginning of one at the
// end of the text, which is where an answer was cut off.
func (r *redactor) clean(text string) string {
	text = r.replacer.Replace(text)
	for _, secret := range r.secrets {
		for length := len(secret.text) - 1; length >= secret.shortest; length-- {
			if strings.HasSuffix(text, secret.text[:length]) {
				return text[:len(text)-length] + resource.Redacted
			}
		}
	}
	return text
}

func base64Text(encoding *base64.Encoding) func(string) string {
	return func(text string) string { return encoding.EncodeToString([]byte(text)) }
}

func jsonText(text string) string {
	encoded, _ := json.Marshal(text) // a string in memory always encodes
	return string(encoded[1 : len(encoded)-1])
}

// text makes a remote text fit for an error message: without the key, without
// control characters, and bounded.
func (r *redactor) text(remote string, limit int) string {
	return bounded(printable(r.clean(remote)), limit)
}

// head is the beginning of a body that is not JSON, on one line.
func (r *redactor) head(body []byte) string {
	words := strings.Fields(r.clean(string(body)))
	return bounded(printable(strings.Join(words, " ")), maxHead)
}

// printable escapes what a terminal would obey or hide: control characters,
// direction marks, invalid bytes.
func printable(text string) string {
	clean := func(r rune) bool { return r != unicode.ReplacementChar && unicode.IsGraphic(r) }
	if strings.IndexFunc(text, func(r rune) bool { return !clean(r) }) < 0 {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		if clean(r) {
			out.WriteRune(r)
			continue
		}
		escaped := strconv.QuoteRuneToASCII(r)
		out.WriteString(escaped[1 : len(escaped)-1])
	}
	return out.String()
}

// bounded cuts a text after so many characters and marks the cut.
func bounded(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	count := 0
	for at := range text {
		if count == limit {
			return text[:at] + "…"
		}
		count++
	}
	return text
}
