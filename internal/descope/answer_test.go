package descope

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// outcome is what a test expects of a failed call.
type outcome struct {
	status  int
	code    string
	text    string // in the error's text
	hint    string // in the hint
	unknown bool   // OutcomeUnknown of a write
}

func (o outcome) check(t *testing.T, method, path string, write bool, err error) {
	t.Helper()
	failure := failureOf(t, err)
	if failure.Method != method || failure.Path != path {
		t.Errorf("request = %s %s, want %s %s", failure.Method, failure.Path, method, path)
	}
	if failure.Status != o.status || failure.Code != o.code {
		t.Errorf("status and code = %d %s, want %d %s", failure.Status, failure.Code, o.status, o.code)
	}
	if !strings.HasPrefix(failure.Error(), method+" "+path+": ") || !strings.Contains(failure.Error(), o.text) {
		t.Errorf("text = %q, want %q in it", failure, o.text)
	}
	if failure.Hint == "" || !strings.Contains(failure.Hint, o.hint) {
		t.Errorf("hint = %q, want %q in it", failure.Hint, o.hint)
	}
	if failure.OutcomeUnknown() != (o.unknown && write) {
		t.Errorf("outcome unknown = %v", failure.OutcomeUnknown())
	}
	fault := failure.Fault()
	if fault != (resource.Fault{Code: failure.Code, Status: failure.Status, Message: failure.Error(), Hint: failure.Hint}) {
		t.Errorf("fault = %+v", fault)
	}
}

// TestRefusals runs every kind of answered refusal over a read, a write whose
// answer is empty, and a write whose answer matters.
func TestRefusals(t *testing.T) {
	html := `<html><head><title>502 Bad Gateway</title></head></html>`
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   outcome
	}{
		{"401", answer(401, envelope("E062108", "Unauthorized", "bad key")), outcome{401, "E062108", "status 401 E062108: Unauthorized: bad key", "DESCOPE_MANAGEMENT_KEY", false}},
		{"401 without a body", answer(401, ``), outcome{401, "http_401", "status 401: unauthorized", "Company > Management Keys", false}},
		{"403", answer(403, envelope("E011002", "Forbidden", "")), outcome{403, "E011002", "status 403 E011002: Forbidden", "permission", false}},
		{"403 from a wall", answer(403, `Forbidden`, "Content-Type", "text/plain"), outcome{403, "http_403", `something else instead of JSON (text/plain): "Forbidden"`, "Company > Management Keys", false}},
		{"404 with HTML", answer(404, `<h1>Not here</h1>`, "Content-Type", "text/html; charset=utf-8"), outcome{404, "http_404", "HTML instead of JSON (text/html; charset=utf-8)", "base URL", false}},
		{"404 without a body", answer(404, ``), outcome{404, "http_404", "status 404: not found", "base URL", false}},
		{"404 unknown route", answer(404, envelope("E010009", "Unknown server error", "")), outcome{404, "E010009", "Unknown server error", "base URL", false}},
		{"404 unknown tenant", answer(404, envelope("E111104", "Failed to load tenants", "Could not load tenant by id")), outcome{404, "E111104", "Could not load tenant by id", "tenant list", false}},
		{"500 unknown tenant", answer(500, envelope("E111104", "Failed to load tenants", "Could not load tenant by id")), outcome{500, "E111104", "Could not load tenant by id", "tenant list", false}},
		{"405", answer(405, `{}`), outcome{405, "http_405", "status 405: method not allowed", "base URL", false}},
		{"409", answer(409, envelope("E999999", "Conflict", "someone was faster")), outcome{409, "E999999", "someone was faster", "plan again", false}},
		{"400 invalid request", answer(400, envelope("E011003", "Request is invalid", "The name field is required")), outcome{400, "E011003", "Request is invalid: The name field is required", "correct what the message names", false}},
		{"400 with HTML", answer(400, `<html>plain HTTP request to an HTTPS port</html>`), outcome{400, "http_400", "HTML instead of JSON", "base URL", false}},
		{"422 of nobody", answer(422, `{"message":"no"}`), outcome{422, "http_422", "status 422: no", "see the message", false}},
		{"project not found", answer(400, envelope("E011008", "Project not found", "")), outcome{400, "E011008", "Project not found", "DESCOPE_PROJECT_ID", false}},
		{"500 duplicate", answer(500, envelope("E073307", "Failed to save tenant, tenant ID or Name already exist", "tenant name is duplicate")), outcome{500, "E073307", "tenant name is duplicate", "tenant list", false}},
		{"500 of unknown cause", answer(500, envelope("E010009", "Unknown server error", "")), outcome{500, "E010009", "Unknown server error", "base URL", true}},
		{"500 tenant not updated", answer(500, envelope("E111102", "Failed to update tenant", "Could not update tenant")), outcome{500, "E111102", "Could not update tenant", "tenant list", true}},
		{"500 without a body", answer(500, ``), outcome{500, "http_500", "status 500: internal server error", "", true}},
		{"502 from the network's edge", answer(502, html, "Content-Type", "text/html", "Cf-Ray", "8f0c-FRA"), outcome{502, "http_502", "502 Bad Gateway", "", true}},
		{"503 plain", answer(503, "try later", "Content-Type", "text/plain"), outcome{503, "http_503", `"try later"`, "", true}},
		{"530", answer(530, "error code: 1016"), outcome{530, "http_530", "error code: 1016", "", true}},
		{"envelope with other types", answer(500, `{"errorCode":5,"errorDescription":null,"message":{"a":1}}`), outcome{500, "http_500", "internal server error", "", true}},
		{"JSON that breaks off", cutOff(500, `{"errorCode":"E0`), outcome{500, "http_500", "instead of JSON", "", true}},
		{"redirect", answer(307, ``, "Location", "https://evil.example.com/v1?token=hunter2"), outcome{307, "redirect", "points to another address, on https://evil.example.com", "base URL", false}},
		{"redirect to nowhere", answer(302, ``), outcome{302, "redirect", "points to another address", "never followed", false}},
		{"304", answer(304, ``), outcome{304, "redirect", "points to another address", "never followed", false}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			eachKindOfCall(t, test.answer, test.want)
		})
	}
}

// eachKindOfCall makes a read, a write whose answer is empty and one whose
// answer matters, and expects the same failure of all three.
func eachKindOfCall(t *testing.T, handler http.HandlerFunc, want outcome, change ...func(*Options)) {
	t.Helper()
	server := serve(t, handler, handler, handler)
	client := connect(t, server.url, change...)
	_, err := client.Reader().Tenants(t.Context())
	want.check(t, "GET", "/v1/mgmt/tenant/all", false, err)
	err = client.Writer().SetDefaultRoles(t.Context(), "acme", resource.RolesEdit{Roles: []string{"Viewer"}})
	want.check(t, "POST", "/v1/mgmt/tenant/updateDefaultRoles", true, err)
	_, err = client.Writer().CreateTenant(t.Context(), "acme", nil)
	want.check(t, "POST", "/v1/mgmt/tenant/create", true, err)
	if seen := server.seen(); len(seen) != 3 {
		t.Errorf("%d requests, want 3: a failure is final", len(seen))
	}
}

// impatient gives requests little time where they are expected to run out of it.
func impatient(want outcome) func(*Options) {
	return func(opts *Options) {
		if want.code == CodeTimeout {
			opts.Timeout = 80 * time.Millisecond
		}
	}
}

// TestUnreadableAnswers covers successes that cannot be read, and connections
// that break: a write may have happened in each.
func TestUnreadableAnswers(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   outcome
	}{
		{"HTML", answer(200, " \n<!doctype html><p>Sign in to the\x1b hotel</p>", "Content-Type", "text/html"), outcome{200, "not_json", `HTML instead of JSON (text/html): "<!doctype html><p>Sign in to the\x1b hotel</p>"`, "base URL", true}},
		{"text", answer(200, "OK", "Content-Type", "text/plain"), outcome{200, "not_json", `something else instead of JSON (text/plain): "OK"`, "base URL", true}},
		{"a list", answer(200, "[]"), outcome{200, "not_json", `instead of JSON (application/json): "[]"`, "base URL", true}},
		{"cut off before the first byte", cutOff(200, ""), outcome{200, "truncated", "breaks off", "", true}},
		{"no answer", hangUp, outcome{0, "no_answer", "EOF", "", true}},
		{"no answer in time", hang, outcome{0, "timeout", "no whole answer within 80ms", "", true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			eachKindOfCall(t, test.answer, test.want, impatient(test.want))
		})
	}
}

// TestAnswersThatMatter covers answers that begin as they should and go wrong
// later. Where the answer is empty anyway, the status is success enough.
func TestAnswersThatMatter(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   outcome
	}{
		{"cut off in the middle", cutOff(200, `{"id":"ac`), outcome{200, "truncated", "breaks off", "", true}},
		{"cut off after the end", cutOff(200, `{"id":"acme"}`), outcome{200, "truncated", "breaks off", "", true}},
		{"ends too early", answer(200, `{"id":`), outcome{200, "truncated", "breaks off", "", true}},
		{"not finished in time", trickle(`{"id":"ac`), outcome{200, "timeout", "no whole answer within 80ms", "", true}},
		{"broken JSON", answer(200, `{"id" "acme"}`), outcome{200, "bad_answer", "not what this call gives", "", true}},
		{"text after the JSON", answer(200, `{"id":"acme"} x`), outcome{200, "bad_answer", "not what this call gives", "", true}},
		{"two documents", answer(200, `{"id":"acme"}{}`), outcome{200, "bad_answer", "text after the end", "", true}},
		{"another type", answer(200, `{"id":7}`), outcome{200, "bad_answer", "not what this call gives", "", true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := serve(t, test.answer, test.answer, test.answer)
			client := connect(t, server.url, impatient(test.want))
			_, err := client.Reader().Tenant(t.Context(), "acme")
			test.want.check(t, "GET", "/v1/mgmt/tenant", false, err)
			_, err = client.Writer().CreateTenant(t.Context(), "acme", nil)
			test.want.check(t, "POST", "/v1/mgmt/tenant/create", true, err)
			if err := client.Writer().DeleteTenant(t.Context(), "acme", resource.TenantDelete{}); err != nil {
				t.Errorf("a write without an answer of interest failed: %v", err)
			}
		})
	}
}

func TestEmptyAnswers(t *testing.T) {
	for name, body := range map[string]string{"nothing": "", "an empty object": "{}", "white space": " \r\n\t"} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, answer(200, body), answer(204, ""), answer(200, body))
			client := connect(t, server.url)
			for range 2 {
				if err := client.Writer().DeleteTenant(t.Context(), "acme", resource.TenantDelete{Cascade: true}); err != nil {
					t.Errorf("delete: %v", err)
				}
			}
			_, err := client.Reader().TenantSettings(t.Context(), "acme")
			if body == "{}" {
				if err != nil {
					t.Errorf("settings: %v", err)
				}
				return
			}
			outcome{200, "bad_answer", "the answer is empty", "base URL", false}.check(t, "GET", "/v1/mgmt/tenant/settings", false, err)
		})
	}
}

func TestOversizeAnswers(t *testing.T) {
	body := string(tenantList(3))
	tests := []struct {
		name  string
		limit int
		fails bool
	}{
		{"at the limit", len(body), false}, {"one byte over it", len(body) - 1, true}, {"far over it", 100, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := serve(t, answer(200, body))
			client := connect(t, server.url)
			client.caller.maxAnswer = int64(test.limit)
			tenants, err := client.Reader().Tenants(t.Context())
			if !test.fails {
				if err != nil || len(tenants) != 3 {
					t.Errorf("%d tenants, %v", len(tenants), err)
				}
				return
			}
			outcome{200, "too_large", "the answer is larger than", "base URL", false}.check(t, "GET", "/v1/mgmt/tenant/all", false, err)
		})
	}
	if got := megabytes(maxAnswer); got != "256 MiB" {
		t.Errorf("limit = %s", got)
	}
}

// A small compressed answer may be a huge one: what counts is what is read.
func TestOversizeAnswersThatAreCompressed(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(w)
		_, _ = io.WriteString(packed, `{"tenants":[`+strings.Repeat(" ", 1<<20)+`]}`)
		_ = packed.Close()
	})
	client := connect(t, server.url)
	client.caller.maxAnswer = 1 << 20
	_, err := client.Reader().Tenants(t.Context())
	outcome{200, "too_large", "the answer is larger than 1 MiB", "base URL", false}.check(t, "GET", "/v1/mgmt/tenant/all", false, err)
}

func TestRefusalsAreBounded(t *testing.T) {
	long := strings.Repeat("very ", 1000)
	server := serve(t,
		answer(400, envelope("E"+strings.Repeat("9", 1000), long, "m"+long)),
		answer(400, "<html>"+long, "Content-Type", "text/html; x="+long),
		answer(400, envelope("E1\x1b[2J", "line\nline", "\u202e")))
	client := connect(t, server.url)
	for range 2 {
		_, err := client.Reader().Tenants(t.Context())
		if count := len([]rune(err.Error())); count > 1300 {
			t.Errorf("%d characters", count)
		}
	}
	_, err := client.Reader().Tenants(t.Context())
	if want := `status 400 E1\x1b[2J: line\nline: \u202e`; !strings.HasSuffix(err.Error(), want) {
		t.Errorf("error = %q, want %q", err, want)
	}
}

func TestTraceIDIsKept(t *testing.T) {
	server := serve(t, answer(502, "", "Cf-Ray", "8f0c\u00ff-FRA"))
	_, err := connect(t, server.url).Reader().Tenants(t.Context())
	if ray := failureOf(t, err).Ray; !strings.HasSuffix(ray, "-FRA") {
		t.Errorf("ray = %q", ray)
	}
}

func TestCancellation(t *testing.T) {
	stop := errors.New("stopped by a signal")
	for name, beginning := range map[string]string{"before an answer": "", "inside of an answer": `{"tenants":[`} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if beginning != "" {
					_, _ = io.WriteString(w, beginning)
					_ = http.NewResponseController(w).Flush()
				}
				cancel(stop)
				<-r.Context().Done()
			})
			_, err := connect(t, server.url).Reader().Tenants(ctx)
			failure := failureOf(t, err)
			if failure.Code != CodeCanceled || !errors.Is(err, context.Canceled) || !errors.Is(err, stop) {
				t.Errorf("error = %v", err)
			}
		})
	}
}

func TestCancellationOfAWrite(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	client := connect(t, server.url)
	_, err := client.Writer().CreateTenant(ctx, "acme", nil)
	if failure := failureOf(t, err); !failure.OutcomeUnknown() || failure.Hint != hintPlan {
		t.Errorf("a write that was stopped in flight: %+v", failure)
	}
	_, err = client.Writer().CreateTenant(ctx, "acme", nil)
	if failure := failureOf(t, err); failure.OutcomeUnknown() || failure.Code != CodeCanceled {
		t.Errorf("a write that was never sent: %+v", failure)
	}
	server.expect(t, "POST /v1/mgmt/tenant/create")
}

func TestDeadlineOfTheCaller(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := connect(t, serve(t, hang).url).Reader().Tenants(ctx)
	if failure := failureOf(t, err); failure.Code != CodeTimeout || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error = %v", err)
	}
}

// TestAnotherTenantThanAsked: a read of another tenant is useless, but the id
// of a create that went elsewhere is what the caller has to know.
func TestAnotherTenantThanAsked(t *testing.T) {
	other := answer(200, `{"id":"other"}`)
	client := connect(t, serve(t, other, other).url)
	_, err := client.Reader().Tenant(t.Context(), "acme")
	outcome{200, "bad_answer", `"acme", got "other"`, "", true}.check(t, "GET", "/v1/mgmt/tenant", false, err)
	if id, err := client.Writer().CreateTenant(t.Context(), "acme", nil); err != nil || id != "other" {
		t.Errorf("created %q: %v", id, err)
	}
}
