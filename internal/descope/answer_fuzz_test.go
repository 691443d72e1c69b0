package descope

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
)

// FuzzAnswer: whatever a server says, with whatever status, the client ends with a
// value or with an error that is safe to print, and sends the key nowhere else.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []struct {
		status int
		body   string
		header string
	}{
		{200, `{"tenants":[{"id":"a"}]}`, ""},
		{200, `{"flow":{"flowId":"x"}}`, ""},
		{200, "<html>\x1b[2J", "text/html"},
		{302, "", "https://evil.example/?token=x"},
		{429, `{"errorCode":"E130429"}`, "99999999999999999999"},
		{500, `{"errorCode":"E111104","errorMessage":"\u001b[31m` + testKey + `"}`, ""},
		{400, `[[[[`, ""},
		{200, `{"tenants":{"a":1}}`, ""},
	} {
		f.Add(seed.status, seed.body, seed.header)
	}
	f.Fuzz(func(t *testing.T, status int, body, header string) {
		if status < 200 || status > 599 {
			return
		}
		server := roundTripper(func(request *http.Request) (*http.Response, error) {
			if request.URL.Host != "api.descope.invalid" {
				t.Errorf("a request went to %s", request.URL.Host)
			}
			headers := http.Header{"Location": {header}, "Retry-After": {header}, "Content-Type": {header}, "Cf-Ray": {header}}
			return &http.Response{StatusCode: status, Header: headers, Body: io.NopCloser(strings.NewReader(body)), Request: request, ProtoMajor: 1, ProtoMinor: 1}, nil
		})
		client := connect(t, "https://api.descope.invalid", func(opts *Options) {
			opts.Transport = server
			opts.Backoff = Backoff{Attempts: 1}
		})
		_, listed := client.Reader().Tenants(t.Context())
		_, loaded := client.Reader().Flow(t.Context(), "x")
		_, written := client.Writer().CreateTenant(t.Context(), "acme", nil)
		for _, err := range []error{listed, loaded, written} {
			if err == nil {
				continue
			}
			text := err.Error()
			if strings.Contains(text, testKey) {
				t.Errorf("the key is in %q", text)
			}
			for _, r := range text {
				if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
					t.Errorf("%U is in %q", r, text)
					break
				}
			}
			if len(text) > 8<<10 {
				t.Errorf("a text of %d bytes", len(text))
			}
		}
	})
}

// FuzzRetryAfter: no header makes anybody wait for longer than five minutes.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "30", "-1", "99999999999999999999", "Thu, 26 Nov 2026 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "1e3", "٣"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		wait, _ := retryAfter(header, time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC))
		if wait < 0 || wait > maxRetryAfter {
			t.Errorf("%q means %v", header, wait)
		}
	})
}
