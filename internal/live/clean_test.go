package live_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/live"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

// registrar is a test that fails without failing.
type registrar struct {
	cleanups []func()
	said     []string
}

func (*registrar) Helper()                     {}
func (r *registrar) Cleanup(clean func())      { r.cleanups = append(r.cleanups, clean) }
func (r *registrar) Errorf(f string, a ...any) { r.said = append(r.said, fmt.Sprintf(f, a...)) }
func (r *registrar) Fatalf(f string, a ...any) { r.Errorf(f, a...) }

func TestCleanerRefusesWhatIsNotOfTheRun(t *testing.T) {
	h := newHost(t.Context(), t, emulated(t, emulator.Options{}))
	other, _ := live.NewRun(strings.NewReader("abcd"), time.Now())
	for _, id := range []string{"acme", "", h.run.Prefix, h.run.Prefix + "x-a", "x" + h.run.ID("a"), strings.ToUpper(h.run.ID("a")), other.ID("a")} {
		r := &registrar{}
		h.cleaner.Expect(r, live.Object{Kind: live.KindTenant, ID: id})
		if len(r.said) != 1 || len(r.cleanups) != 0 {
			t.Errorf("%q: it says %q, and would delete %d objects", id, r.said, len(r.cleanups))
		}
	}
}

func TestNewRun(t *testing.T) {
	run, err := live.NewRun(strings.NewReader("\x00\x1f\xab\xff"), time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))
	if err != nil || run.Prefix != "test-001fabff" || run.ID("acme") != "test-001fabff-acme" || run.Domain("a") != "a.test-001fabff.example.com" {
		t.Errorf("%+v %v", run, err)
	}
	if run.Marker != "descope-mgmt live test 2026-03-04T05:06:07Z" {
		t.Errorf("marker %q", run.Marker)
	}
	if _, err := live.NewRun(strings.NewReader("abc"), time.Now()); err == nil {
		t.Error("a prefix was drawn from nothing")
	}
}

func TestReadTarget(t *testing.T) {
	const regional = "Puse1aaaaaaaaaaaaaaaaaaaaaaaaaaa"
	for _, test := range []struct {
		name, project, key, base string
		want                     string // the endpoint, or a part of the error
	}{
		{"nothing", "", "", "", live.HowToRun},
		{"blanks", " ", "\n", "", live.HowToRun},
		{"no key", "P2x", "", "", "DESCOPE_TEST_PROJECT_ID is set and DESCOPE_TEST_MANAGEMENT_KEY is not"},
		{"no project", "", "K2x", "", "DESCOPE_TEST_MANAGEMENT_KEY is set and DESCOPE_TEST_PROJECT_ID is not"},
		{"the service", "P2x", "K2x", "", "https://api.descope.com"},
		{"a region", regional, "K2x", "", "https://api.use1.descope.com"},
		{"an emulator", "P2x", "K2x", "http://127.0.0.1:8787/", "http://127.0.0.1:8787"},
		{"without TLS", "P2x", "K2x", "http://api.descope.com", "DESCOPE_TEST_BASE_URL: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			target, err := live.ReadTarget(func(name string) string {
				return map[string]string{live.VariableProject: test.project, live.VariableKey: test.key, live.VariableBaseURL: test.base}[name]
			})
			if err != nil {
				if !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v, want %q", err, test.want)
				}
				return
			}
			if target.Endpoint.String() != test.want || target.ProjectID != test.project || target.Key.Reveal() != test.key {
				t.Errorf("%+v", target)
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", target, target, target), test.key) {
				t.Error("the key is printed")
			}
		})
	}
}

// A sweep deletes what is a day old, is named like a test's and is marked, and
// nothing else.
func TestSweep(t *testing.T) {
	target := emulated(t, emulator.Options{})
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	marker := func(age time.Duration) string {
		run, _ := live.NewRun(strings.NewReader("abcd"), now.Add(-age))
		return run.Marker
	}
	old, young := marker(25*time.Hour), marker(24*time.Hour)
	api := newAPI(t, target, live.Options{})
	do := func(path, body string) {
		t.Helper()
		if _, err := api.Do(t.Context(), live.Request{Method: http.MethodPost, Path: path, Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	tenant := func(id, mark, parent string) {
		t.Helper()
		do("/v1/mgmt/tenant/create", `{"id":"`+id+`","name":"`+id+`","parent":"`+parent+`","customAttributes":{"`+live.MarkerAttribute+`":"`+mark+`"}}`)
	}
	tenant("test-0a0a0a0a-a-top", old, "")
	tenant("test-0a0a0a0a-b-below", old, "test-0a0a0a0a-a-top")
	tenant("test-0a0a0a0a-c-lowest", old, "test-0a0a0a0a-b-below")
	tenant("test-0a0a0a0a-young", young, "")
	tenant("test-0a0a0a0a-unmarked", "", "")
	tenant("test-0a0a0a0a-otherwise", "x "+old, "")
	tenant("test-0a0a0a0a-later", marker(-time.Hour), "")
	for _, strange := range []string{"customer", "test-customer", "test-0A0A0A0A-x", "test-0a0a0a0-x", "test-0a0a0a0a0-x", "xtest-0a0a0a0a-x", "test-0a0a0a0a"} {
		tenant(strange, old, "")
	}
	user := func(path, login, mark string) {
		do("/v1/mgmt/user/create"+path, `{"loginId":"`+login+`","displayName":"`+mark+`"}`)
	}
	user("/test", "test-0a0a0a0a-user", old)
	user("/test", "test-0a0a0a0a-kim", "Kim")
	user("", "test-0a0a0a0a-person", old) // no test user
	do("/v1/mgmt/permission/create", `{"name":"test-0a0a0a0a-permission","description":"`+old+`"}`)
	do("/v1/mgmt/role/create", `{"name":"test-0a0a0a0a-role","description":"`+old+`","permissionNames":["test-0a0a0a0a-permission"]}`)
	do("/v1/mgmt/role/create", `{"name":"test-0a0a0a0a-inner","description":"`+old+`","tenantId":"customer"}`)
	do("/v2/mgmt/flow/import", `{"flow":{"flowId":"test-0a0a0a0a-flow","metadata":{"name":"x","description":"`+old+`"},"references":{},"screens":[],
		"contents":{"startTask":"0","tasks":{"0":{"id":"0","name":"End","type":"automated","action":"logged-in"}}}}}`)

	swept, spared, err := live.Sweep(t.Context(), api, now)
	if err != nil {
		t.Fatal(err)
	}
	wantObjects(t, "swept", swept, "test user user", "tenant c-lowest", "tenant b-below", "tenant a-top", "flow flow", "role inner", "role role", "permission permission")
	wantObjects(t, "spared", spared, "test user kim", "tenant later", "tenant otherwise", "tenant unmarked", "tenant young")
	state := control(t, target, http.MethodGet, "state", "")
	wantParts(t, state, `"customer"`, `"test-customer"`, `"test-0A0A0A0A-x"`, `"test-0a0a0a0-x"`, `"test-0a0a0a0a0-x"`, `"xtest-0a0a0a0a-x"`, `"test-0a0a0a0a"`, "test-0a0a0a0a-person", "test-0a0a0a0a-kim")
	swept, _, err = live.Sweep(t.Context(), api, now)
	if err != nil || len(swept) != 0 {
		t.Errorf("a second sweep: %v %v", swept, err)
	}
}

func wantObjects(t *testing.T, what string, got []live.Object, want ...string) {
	t.Helper()
	var names []string
	for _, one := range got {
		names = append(names, strings.Replace(one.String(), "test-0a0a0a0a-", "", 1))
	}
	if !slices.Equal(names, want) {
		t.Errorf("%s: %q, want %q", what, names, want)
	}
}

// The suite keeps to the limits that it is given: the host refuses nothing.
func TestPacing(t *testing.T) {
	limits, err := emulator.ParseLimits([]string{"tenant=5/50ms"})
	if err != nil {
		t.Fatal(err)
	}
	rules, err := pace.ParseRules(nil, []string{"tenant=5/50ms"})
	if err != nil {
		t.Fatal(err)
	}
	target := emulated(t, emulator.Options{Limits: limits})
	api := newAPI(t, target, live.Options{Rules: rules})
	took, err := api.Foretell(t.Context(), 21)
	if err != nil || took < 250*time.Millisecond { // five windows, at four fifths of the limit
		t.Errorf("21 calls are foretold to take %s %v", took, err)
	}
	for range 21 {
		if _, err := api.Do(t.Context(), live.Request{Method: http.MethodGet, Path: "/v1/mgmt/tenant/all"}); err != nil {
			t.Fatal(err)
		}
	}
	if all, refused := countCalls(t, target, http.StatusTooManyRequests); all != 21 || refused != 0 || api.Calls() != 21 {
		t.Errorf("%d calls, %d refused", all, refused)
	}
}

// Two runs and the program share one book, and together they stay under the limits.
func TestRunsAreCountedTogether(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a symbolic link needs a privilege there")
	}
	const limit = "tenant=10/100ms"
	limits, err := emulator.ParseLimits([]string{limit})
	if err != nil {
		t.Fatal(err)
	}
	target := emulated(t, emulator.Options{Limits: limits})
	book := t.TempDir()
	for range 2 {
		h := newPacedHost(t.Context(), t, target, limit, book)
		t.Run("", func(t *testing.T) { syncIsIdempotent(&stage{host: h, t: t, dir: t.TempDir()}) })
		if _, refused := countCalls(t, target, http.StatusTooManyRequests); refused != 0 {
			t.Fatalf("%d calls were refused", refused)
		}
	}
	if all, _ := countCalls(t, target, 0); all < 18 {
		t.Errorf("%d calls: the runs did not do what they should", all)
	}
}

// A refusal that comes all the same is waited out, as long as the host says.
func TestRefusalIsWaitedOut(t *testing.T) {
	target := emulated(t, emulator.Options{})
	control(t, target, http.MethodPost, "faults", `{"match":{"path":"/v1/mgmt/tenant/all","count":1},"do":{"status":429,"headers":{"Retry-After":"7"}}}`)
	control(t, target, http.MethodPost, "faults", `{"match":{"path":"/v1/mgmt/tenant/all","count":1},"do":{"status":429}}`)
	var waits []time.Duration
	api := newAPI(t, target, live.Options{Sleep: func(_ context.Context, d time.Duration) error {
		waits = append(waits, d)
		return nil
	}})
	if _, err := api.Do(t.Context(), live.Request{Method: http.MethodGet, Path: "/v1/mgmt/tenant/all"}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(waits, []time.Duration{7 * time.Second, pace.DefaultRetryAfter}) {
		t.Errorf("waits %v", waits)
	}
}

// What was deleted too early, because the service did not show it yet, is
// deleted at the end; other runs' objects are not.
func TestFinish(t *testing.T) {
	target := emulated(t, emulator.Options{})
	h := newHost(t.Context(), t, target)
	s := &stage{host: h, t: t, dir: t.TempDir()}
	for _, id := range []string{h.run.ID("late"), "test-0a0a0a0a-other", "customer"} {
		s.do(http.MethodPost, "/v1/mgmt/tenant/create", `{"id":"`+id+`","name":"`+id+`"}`)
	}
	if err := h.cleaner.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.tenant(h.run.ID("late")) != nil || s.tenant("test-0a0a0a0a-other") == nil || s.tenant("customer") == nil {
		t.Error("it has not deleted exactly what is the run's own")
	}
	s.do(http.MethodPost, "/v1/mgmt/tenant/create", `{"id":"`+h.run.ID("late")+`","name":"late"}`)
	control(t, target, http.MethodPost, "faults", `{"match":{"path":"/v1/mgmt/tenant/delete","count":0},"do":{"status":503}}`)
	err := h.cleaner.Finish(t.Context())
	if err == nil || !strings.Contains(err.Error(), "tenant "+h.run.ID("late")+" is left in the project") {
		t.Errorf("error %v", err)
	}
}
