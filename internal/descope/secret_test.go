package descope

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// echo gives the caller's credentials back, in all the ways that a server, a
// proxy or a wall on the way might.
func echo(status int, form func(authorization string) string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		authorization := r.Header.Get("Authorization")
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], strings.ReplaceAll(headers[i+1], "KEY", authorization))
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, form(authorization))
	}
}

// raw answers with bytes that need not be HTTP.
func rawAnswer(form func(authorization string) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(connection, form(r.Header.Get("Authorization")))
		_ = connection.Close()
	}
}

// journal is a log that several goroutines may write.
type journal struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (j *journal) Write(text []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.out.Write(text)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.out.String()
}

// TestTheKeyIsNeverShown sends the key back over every path that an error can
// take, and looks for it in all that comes out.
func TestTheKeyIsNeverShown(t *testing.T) {
	text := func(s string) string { return s }
	quote := func(s string) string { encoded, _ := json.Marshal(s); return string(encoded) }
	key := func(s string) string { return s[strings.Index(s, ":")+1:] }
	inEnvelope := func(s string) string {
		return `{"errorCode":` + quote(s) + `,"errorDescription":` + quote("bad "+key(s)) + `,"errorMessage":` + quote(s+s) + `}`
	}
	tests := map[string]http.HandlerFunc{
		"401 envelope":          echo(401, inEnvelope),
		"403 envelope":          echo(403, inEnvelope),
		"400 envelope":          echo(400, inEnvelope),
		"500 envelope":          echo(500, inEnvelope),
		"404 HTML":              echo(404, func(s string) string { return "<p>" + html.EscapeString(s) }, "Content-Type", "text/html; KEY"),
		"502 text":              echo(502, text, "Content-Type", "text/plain", "Cf-Ray", "KEY"),
		"502 text cut off":      echo(502, func(s string) string { return s[:len(s)-5] }),
		"502 key at the bound":  echo(502, func(s string) string { return strings.Repeat(" ", maxRefusal-40) + "x" + s }),
		"502 base64":            echo(502, func(s string) string { return base64.StdEncoding.EncodeToString([]byte(key(s))) }),
		"429":                   echo(429, inEnvelope, "Retry-After", "KEY"),
		"307":                   echo(307, text, "Location", "https://user:KEY@evil.example.com/KEY?k=KEY"),
		"307 in the host":       echo(307, text, "Location", "https://"+testKey+".example.com/"),
		"200 HTML":              echo(200, func(s string) string { return "<b>" + s }, "Content-Type", "text/html"),
		"200 text":              echo(200, text),
		"200 other JSON":        echo(200, func(s string) string { return `{` + quote(s) + `:1}` }),
		"200 broken JSON":       echo(200, func(s string) string { return `{"tenants":[{"id":"` + s + `"` + s }),
		"200 name is no string": echo(200, func(s string) string { return `{"id":"x","tenants":[{"id":"x","name":[` + quote(s) + `]}]}` }),
		"200 key twice": echo(200, func(s string) string {
			return `{"tenants":[{"id":"x",` + quote(s) + `:1,` + quote(s) + `:2}],` + quote(s) + `:1,` + quote(s) + `:2}`
		}),
		"200 other id":    echo(200, func(s string) string { return `{"id":` + quote(s) + `}` }),
		"malformed":       rawAnswer(func(s string) string { return s + " " + s + "\r\n\r\n" }),
		"malformed after": rawAnswer(func(s string) string { return "HTTP/1.1 " + s + "\r\n\r\n" }),
		"malformed header": rawAnswer(func(s string) string {
			return "HTTP/1.1 200 OK\r\n" + s + "\x00\r\n\r\n"
		}),
		"malformed chunk": rawAnswer(func(s string) string {
			return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + key(s) + "\r\n"
		}),
		"no answer": hangUp,
		"cut off":   cutOff(200, `{"tenants":[{"id":"`+testKey),
		"slow":      trickle(`{"tenants":[{"id":"` + testKey),
	}
	for name, handler := range tests {
		t.Run(name, func(t *testing.T) {
			var log journal
			change := func(opts *Options) {
				opts.Timeout = 30 * time.Millisecond
				opts.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				opts.Notice = func(message string) { _, _ = log.Write([]byte(message)) }
			}
			server := httptest.NewServer(handler)
			t.Cleanup(server.Close)
			client := persistent(t, server.URL, change)
			failed := 0
			for _, err := range allCalls(t, client) {
				if err != nil {
					failed++
					assertSilent(t, err)
				}
			}
			if failed == 0 {
				t.Error("no call failed: the test shows nothing")
			}
			if shown := log.String(); strings.Contains(shown, testKey) || !strings.Contains(shown, "path=/v1/mgmt/tenant/all") {
				t.Errorf("log = %s", shown)
			}
		})
	}
}

// allCalls makes every call that there is.
func allCalls(t *testing.T, client *Client) []error {
	t.Helper()
	ctx, reader, writer := t.Context(), client.Reader(), client.Writer()
	_, all := reader.Tenants(ctx)
	_, one := reader.Tenant(ctx, "acme")
	_, settings := reader.TenantSettings(ctx, "acme")
	_, users := reader.CountUsers(ctx, []string{"acme"})
	_, created := writer.CreateTenant(ctx, "acme", nil)
	return []error{
		all, one, settings, users, created,
		writer.UpdateTenant(ctx, "acme", resource.TenantEdit{SetAttributes: fields{"a": `1`}}),
		writer.UpdateTenant(ctx, "acme", rename),
		writer.UpdateSettings(ctx, "acme", resource.SettingsEdit{
			Set: fields{"enabled": `true`}, Check: func(resource.Tenant) error { return nil },
		}),
		writer.SetDefaultRoles(ctx, "acme", resource.RolesEdit{}),
		writer.DeleteTenant(ctx, "acme", resource.TenantDelete{}),
	}
}

// assertSilent looks for the key in everything that an error can be printed as.
func assertSilent(t *testing.T, err error) {
	t.Helper()
	var shown []string
	for next := err; next != nil; next = errors.Unwrap(next) {
		shown = append(shown, next.Error(), fmt.Sprintf("%+v", next), fmt.Sprintf("%#v", next))
	}
	if failure, ok := errors.AsType[*Error](err); ok {
		shown = append(shown, fmt.Sprintf("%#v", *failure), fmt.Sprintf("%+v", failure.Fault()), failure.Ray)
		encoded, encodeErr := json.Marshal(failure)
		if encodeErr != nil {
			t.Error(encodeErr)
		}
		shown = append(shown, string(encoded))
	}
	forms := []string{testKey, base64.StdEncoding.EncodeToString([]byte(testKey)), testKey[:len(testKey)-6]}
	for _, text := range shown {
		for _, form := range forms {
			if strings.Contains(text, form) {
				t.Errorf("the key is in %q", text)
			}
		}
		if strings.ContainsAny(strings.ReplaceAll(text, "\\u", ""), "\x00\x1b\n") {
			t.Errorf("control characters in %q", text)
		}
	}
}

func TestLogLines(t *testing.T) {
	var log journal
	clock := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	server := serve(t, answer(429, ``), answer(200, `{"id":"secret tenant"}`), answer(500, envelope("E111104", "x", "")),
		hangUp, answer(500, envelope("E111104", "x", "")), answer(200, `{}`))
	client := persistent(t, server.url, least, func(opts *Options) {
		opts.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{
			Level:       slog.LevelDebug,
			ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr { return withoutTime(attr) },
		}))
		opts.Now = func() time.Time { return clock }
		opts.Sleep = func(_ context.Context, wait time.Duration) error { clock = clock.Add(wait); return nil }
	})
	_, _ = client.Reader().Tenant(t.Context(), "secret tenant")
	_, _ = client.Reader().Tenant(t.Context(), "secret tenant")
	if _, err := client.Writer().CreateTenant(t.Context(), "secret tenant", nil); err != nil {
		t.Error(err)
	}
	want := `level=DEBUG msg="api call" method=GET path=/v1/mgmt/tenant status=429 duration=0s attempt=1 code=http_429
level=DEBUG msg="api wait" method=GET path=/v1/mgmt/tenant wait=1m0s reason="rate limited"
level=DEBUG msg="api call" method=GET path=/v1/mgmt/tenant status=200 duration=0s attempt=2
level=DEBUG msg="api call" method=GET path=/v1/mgmt/tenant status=500 duration=0s attempt=1 code=E111104
level=DEBUG msg="api call" method=POST path=/v1/mgmt/tenant/create status=0 duration=0s attempt=1 code=no_answer
level=DEBUG msg="api wait" method=POST path=/v1/mgmt/tenant/create wait=0s reason="no answer"
level=DEBUG msg="api call" method=GET path=/v1/mgmt/tenant status=500 duration=0s attempt=1 code=E111104
level=DEBUG msg="api read back" method=POST path=/v1/mgmt/tenant/create effect=none
level=DEBUG msg="api call" method=POST path=/v1/mgmt/tenant/create status=200 duration=0s attempt=2
`
	want = strings.Replace(want, "status=200 duration=0s attempt=2\n`", "", 1)
	if log.String() != want {
		t.Errorf("log = %s\nwant %s", log.String(), want)
	}
}

func withoutTime(attr slog.Attr) slog.Attr {
	if attr.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return attr
}
