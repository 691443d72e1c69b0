package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// redactor is the last line of defence for secrets: every byte that the
// program prints passes through it, and the keys that were loaded are replaced
// there whatever the layers below did. Documents and lines are written whole,
// so that a key is never split over two writes.
type redactor struct {
	out, err io.Writer

	mu      sync.Mutex
	secrets [][]byte
	known   map[string]bool
}

func newRedactor(out, err io.Writer) *redactor {
	r := &redactor{known: map[string]bool{}}
	r.out = &redactingWriter{to: out, redactor: r}
	r.err = &redactingWriter{to: err, redactor: r}
	return r
}

// shortestSecret keeps a key of a few letters from blanking ordinary words.
const shortestSecret = 6

// add makes a secret unprintable from now on, also as documents and logs escape it.
func (r *redactor) add(secret resource.Secret) {
	if len(secret.Reveal()) < shortestSecret {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, form := range append(escapedForms(secret.Reveal()), secret.Reveal()) {
		if !r.known[form] {
			r.known[form] = true
			r.secrets = append(r.secrets, []byte(form))
		}
	}
}

// escapedForms are a text as JSON and quoted texts hold it. They are replaced
// before the text itself, of which only the backslashes would stay behind.
func escapedForms(text string) []string {
	forms := []string{unquoted(strconv.Quote(text)), strings.ReplaceAll(text, "'", "''")} // the second is YAML's
	for _, escapeHTML := range []bool{false, true} {
		var encoded bytes.Buffer
		encoder := json.NewEncoder(&encoded)
		encoder.SetEscapeHTML(escapeHTML)
		if encoder.Encode(text) == nil {
			forms = append(forms, unquoted(encoded.String()))
		}
	}
	return append(forms, unquoted(string(resource.StringValue(text))), url.QueryEscape(text), url.PathEscape(text))
}

func unquoted(text string) string {
	text = strings.TrimSpace(text)
	return text[1 : len(text)-1]
}

func (r *redactor) clean(text []byte) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, secret := range r.secrets {
		if bytes.Contains(text, secret) {
			text = bytes.ReplaceAll(text, secret, []byte(resource.Redacted))
		}
	}
	return text
}

// holds reports whether a text has a secret anywhere inside.
func (r *redactor) holds(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.secrets, func(secret []byte) bool { return strings.Contains(text, string(secret)) })
}

// holdsValue is holds for a value, whose JSON text may hide one behind escapes.
func (r *redactor) holdsValue(value resource.Value) bool {
	if r.holds(string(value)) {
		return true
	}
	text, isString := value.AsString()
	return isString && r.holds(text)
}

// text is a text without the secrets in it.
func (r *redactor) text(text string) string { return string(r.clean([]byte(text))) }

type redactingWriter struct {
	to       io.Writer
	redactor *redactor
	mu       sync.Mutex
}

func (w *redactingWriter) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.to.Write(w.redactor.clean(text)); err != nil {
		return 0, err
	}
	return len(text), nil
}
