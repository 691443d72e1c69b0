package descope

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// probe asks a host with the test's credentials.
func probe(t *testing.T, url string, change func(*Options)) (Probed, error) {
	t.Helper()
	options := Options{ProjectID: testProject, ManagementKey: resource.NewSecret(testKey), BaseURL: url, Now: time.Now, Timeout: 5 * time.Second}
	if change != nil {
		change(&options)
	}
	return Probe(t.Context(), options)
}

func TestProbeOfAHostThatIsWell(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", "Fri, 02 Jan 2026 03:04:05 GMT")
		_, _ = io.WriteString(w, `{"rateLimitTier":"tier2"}`)
	}, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"errorCode":"E011001","errorDescription":"Request is malformed"}`)
	})
	probed, err := probe(t, server.url, nil)
	if err != nil || probed.Err != nil || probed.Status != 200 || probed.License != "tier2" || probed.Stage != StageAnswer || probed.Proxied || probed.Patch != PatchThere {
		t.Fatalf("%+v, %v", probed, err)
	}
	if want := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC); !probed.Date.Equal(want) || probed.Latency <= 0 || probed.Heard.Before(probed.Asked) {
		t.Errorf("the times: %+v", probed)
	}
	if len(server.requests) != 2 || server.requests[1].method != http.MethodPatch || server.requests[1].path != pathTenantPatch || server.requests[1].body != "{" {
		t.Errorf("requests %+v", server.requests)
	}
}

// TestProbeOfPartialUpdates: what the second answer says, and that it is asked for
// once, whatever it is.
func TestProbeOfPartialUpdates(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
		want   PatchSupport
	}{
		"no such route, as observed":     {500, `{"errorCode":"E010009","errorDescription":"Unknown server error"}`, PatchAbsent},
		"no such route":                  {404, `{"message":"Not Found"}`, PatchAbsent},
		"no such method":                 {405, ``, PatchAbsent},
		"a request that cannot be read":  {400, `{"code":3,"message":"unexpected EOF"}`, PatchThere},
		"a refusal of Descope's":         {500, `{"errorCode":"E011002","errorDescription":"Request is missing required arguments"}`, PatchThere},
		"a key that may not write":       {403, `{"errorCode":"E011006","errorDescription":"Forbidden"}`, PatchUnclear},
		"a firewall in the way":          {400, `<html>blocked</html>`, PatchUnclear},
		"the rate limit":                 {429, `{"errorCode":"E130429"}`, PatchUnclear},
		"a host that is down":            {503, ``, PatchUnclear},
		"a success, which is no service": {200, `{}`, PatchUnclear},
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, reply(200, `{}`), reply(test.status, test.body))
			if probed, err := probe(t, server.url, nil); err != nil || probed.Patch != test.want {
				t.Errorf("%q, want %q: %+v, %v", probed.Patch, test.want, probed, err)
			}
		})
	}
}

func reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// TestProbeIsMadeOnce: a refusal is neither repeated nor followed by a question.
func TestProbeIsMadeOnce(t *testing.T) {
	for _, status := range []int{302, 401, 403, 404, 429, 500, 503} {
		server := serve(t, reply(status, `{"errorCode":"E000000"}`))
		probed, err := probe(t, server.url, nil)
		failure, is := errors.AsType[*Error](probed.Err)
		if err != nil || !is || failure.Status != status || probed.Status != status || probed.Stage != StageAnswer || probed.Patch != PatchUnasked {
			t.Errorf("%d: %+v, %v", status, probed, err)
		}
	}
}

// TestProbeWithoutCredentials: the way is found out without a key, and no header says
// that there is none.
func TestProbeWithoutCredentials(t *testing.T) {
	server := serve(t, reply(401, `{"errorCode":"E011007","errorDescription":"no P2: in here is a colon"}`))
	probed, err := probe(t, server.url, func(o *Options) { o.ProjectID, o.ManagementKey = "", resource.Secret{} })
	if err != nil || probed.Status != 401 || !IsAuth(probed.Err) || !strings.Contains(probed.Err.Error(), "in here is a colon") {
		t.Errorf("%+v, %v", probed, err)
	}
	if header := server.requests[0].header; header.Get("Authorization") != "" || header.Get("X-Descope-Project-Id") != "" {
		t.Errorf("headers %v", header)
	}
	if _, err := probe(t, server.url, func(o *Options) { o.ManagementKey = resource.NewSecret("two words") }); !errors.Is(err, ErrCredentials) {
		t.Errorf("a key that is none: %v", err)
	}
	if _, err := probe(t, "ftp://example.com", nil); err == nil {
		t.Error("an address that is none is accepted")
	}
}

// TestProbeSaysHowFarItCame: each stage can fail, and takes no longer than it may.
func TestProbeSaysHowFarItCame(t *testing.T) {
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0") // the system accepts, and nobody answers
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	gone, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	secure := httptest.NewUnstartedServer(reply(200, `{}`))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	plain := serve(t)
	for name, test := range map[string]struct {
		url   string
		stage Stage
		code  string
	}{
		"no such name":                     {"https://" + strings.Repeat("a", 64) + ".invalid", StageName, CodeUnreachable},
		"nothing listens":                  {"http://" + gone.Addr().String(), StageConnect, CodeUnreachable},
		"a certificate that nobody knows":  {secure.URL, StageTLS, CodeTLS},
		"no TLS there":                     {strings.Replace(plain.url, "http:", "https:", 1), StageTLS, CodeTLS},
		"it never agrees on a connection":  {"https://" + silent.Addr().String(), StageTLS, CodeTimeout},
		"it accepts, and it never answers": {"http://" + silent.Addr().String(), StageAnswer, CodeTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			probed, err := probe(t, test.url, func(o *Options) {
				if test.code == CodeTimeout {
					o.Timeout = 50 * time.Millisecond
				}
			})
			failure, is := errors.AsType[*Error](probed.Err)
			if err != nil || !is || probed.Stage != test.stage || failure.Code != test.code || probed.Status != 0 || probed.Latency != 0 {
				t.Errorf("%+v, %v", probed, err)
			}
		})
	}
	trusting, err := probe(t, secure.URL, func(o *Options) { o.InsecureSkipVerify = true })
	if err != nil || trusting.Status != 200 {
		t.Errorf("without verification: %+v, %v", trusting, err)
	}
}

func TestProbeStopsWithItsCaller(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	probed, err := Probe(ctx, Options{ProjectID: testProject, ManagementKey: resource.NewSecret(testKey), BaseURL: "http://127.0.0.1:9", Now: time.Now})
	if failure, is := errors.AsType[*Error](probed.Err); err != nil || !is || failure.Code != CodeCanceled {
		t.Errorf("%+v, %v", probed, err)
	}
}
