package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// holdBack stands before the emulator at the address and keeps the second create
// back: "arrived" is closed when it comes, and it goes on when "release" is called.
func holdBack(t *testing.T, address string) (through string, arrived <-chan struct{}, release func()) {
	t.Helper()
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	var creates atomic.Int32
	came, free := make(chan struct{}), make(chan struct{})
	release = sync.OnceFunc(func() { close(free) })
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/mgmt/tenant/create" && creates.Add(1) == 2 {
			close(came)
			<-free
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	t.Cleanup(release) // before the server is closed, which waits for its calls
	return server.URL, came, release
}

// onWords calls back when somebody writes the words.
type onWords struct {
	io.Writer
	words string
	then  func()
}

func (w onWords) Write(text []byte) (int, error) {
	if strings.Contains(string(text), w.words) {
		w.then()
	}
	return w.Writer.Write(text)
}

// TestAnUndoOfARunThatIsStillAtWork: what it has done so far is not what it will
// have done. An undo waits for it, or ends; it takes nothing back in part.
func TestAnUndoOfARunThatIsStillAtWork(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args string
		want Status
		code string
	}{
		"it waits":               {"undo --yes --allow-deletes 1 --lock-timeout 60s", StatusRefused, "stale_plan"},
		"it does not wait":       {"undo --yes --allow-deletes 1", StatusLocked, "locked"},
		"it waits for too short": {"undo --yes --allow-deletes 1 --lock-timeout 10ms", StatusLocked, "locked"},
	} {
		t.Run(name, func(t *testing.T) {
			url := startTestEmulator(t, emulator.Options{})
			through, arrived, release := holdBack(t, url)
			running, _, _ := person(t, through, twoTenants)
			ended := make(chan Status, 1)
			go func() { ended <- running.Run(t.Context(), strings.Fields("apply --yes --max-workers 1")) }()
			<-arrived // one is done, the other is in flight
			app, out, errs := person(t, through, twoTenants)
			app.Home = running.Home
			if c.want == StatusRefused { // it sees the run at work, and then its end
				app.Err = onWords{errs, "still at work", release}
			}
			if got := app.Run(t.Context(), append(strings.Fields(c.args), "--format", "json")); got != c.want || !strings.Contains(out.String(), c.code) {
				t.Errorf("status %d, want %d\n%s%s", got, c.want, out, errs)
			}
			if !strings.Contains(errs.String(), "still at work") {
				t.Errorf("it does not say so: %s", errs)
			}
			release()
			if got := <-ended; got != StatusOK {
				t.Errorf("the run: status %d", got)
			}
			if made := requests(t, url); made["/v1/mgmt/tenant/delete"] != 0 {
				t.Errorf("%d deletes", made["/v1/mgmt/tenant/delete"])
			}
			after, _, afterErrs := person(t, through, twoTenants)
			after.Home = running.Home
			if got := after.Run(t.Context(), strings.Fields("undo --yes --allow-deletes 2")); got != StatusOK {
				t.Errorf("afterwards: status %d\n%s", got, afterErrs)
			}
		})
	}
}
