package live_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/cli"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/live"
)

// scenario is one story that has to be true on every host.
type scenario struct {
	name string
	// calls is how many calls it makes at most, the deletes of what it makes
	// included, and beyond says how many more for each tenant and flow that the
	// project has.
	calls                int
	eachTenant, eachFlow int
	tell                 func(*stage)
}

// scenarios are all of them, in the order in which they run.
func scenarios() []scenario {
	return []scenario{
		{name: "create a tenant", calls: 5, tell: createTenant},
		{name: "sync is idempotent", calls: 11, tell: syncIsIdempotent},
		{name: "plan, apply and undo", calls: 30, tell: planApplyUndo},
		{name: "backup, verify and restore", calls: 22, eachTenant: 3, eachFlow: 1, tell: backupAndRestore},
		{name: "flow round trip", calls: 20, tell: flowRoundTrip},
		{name: "patch and update", calls: 11, tell: patchAndUpdate},
		{name: "attribute types", calls: 6, tell: attributeTypes},
		{name: "whole numbers of 64 bits", calls: 10, tell: wholeNumbers},
		{name: "self-provisioning domains", calls: 11, tell: selfProvisioning},
		{name: "session settings", calls: 15, tell: sessionSettings},
		{name: "drift", calls: 12, tell: detectDrift},
		{name: "test users", calls: 7, tell: testUsers},
	}
}

// stage is a scenario that runs: a host, a folder of its own, and a test that
// deletes what was made when it ends.
type stage struct {
	*host
	t   *testing.T
	dir string
}

// expect has an object of the run deleted at the end, and gives its id.
func (s *stage) expect(kind live.Kind, name string) string {
	s.t.Helper()
	id := s.run.ID(name)
	s.cleaner.Expect(s.t, live.Object{Kind: kind, ID: id})
	return id
}

// marker is the marker as an attribute in YAML.
func (s *stage) marker() string { return live.MarkerAttribute + `: "` + s.run.Marker + `"` }

// configure writes a configuration that manages the tenants of this run and
// nothing else.
func (s *stage) configure(tenants string) {
	s.t.Helper()
	s.write("descope.yaml", `version: "1.0"
manage:
  tenants: { include: ["`+s.run.Prefix+`-*"] }
  orphans: ignore
tenants:
`+tenants)
}

func (s *stage) write(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// program runs one command as a user would, wants this exit status, and gives
// what it wrote to the standard output.
func (s *stage) program(want cli.Status, args ...string) string {
	s.t.Helper()
	var out, failures bytes.Buffer
	app := &cli.App{
		In: strings.NewReader(""), Out: &out, Err: &failures, WorkDir: s.dir, Home: s.home, Now: time.Now, Random: rand.Reader,
		Environ: []string{
			"DESCOPE_PROJECT_ID=" + s.target.ProjectID, "DESCOPE_MANAGEMENT_KEY=" + s.target.Key.Reveal(),
			"DESCOPE_BASE_URL=" + s.target.Endpoint.String(), "DESCOPE_MGMT_RATE_LIMITS=" + s.limits, "PATH=" + os.Getenv("PATH"),
		},
	}
	if s.limits == "off" { // an emulator does not recover any later
		app.Backoff = descope.Backoff{First: 5 * time.Millisecond, Most: 20 * time.Millisecond}
	}
	got := app.Run(s.ctx, append(args, "--no-input"))
	for stream, text := range map[string]string{"standard output": out.String(), "standard error": failures.String()} {
		if strings.Contains(text, s.target.Key.Reveal()) {
			s.t.Fatalf("descope-mgmt %s: the management key stands in the %s", args[0], stream)
		}
	}
	if got != want {
		s.t.Fatalf("descope-mgmt %s: exit status %d, want %d\n%s%s", strings.Join(args, " "), got, want, &out, &failures)
	}
	return out.String()
}

// do makes one call beside the program.
func (s *stage) do(method, path, body string) []byte {
	s.t.Helper()
	answer, err := s.api.Do(s.ctx, live.Request{Method: method, Path: path, Body: body})
	if err != nil {
		s.t.Fatal(err)
	}
	return answer
}

// tenant is a tenant as the host shows it now.
func (s *stage) tenant(id string) map[string]json.RawMessage {
	s.t.Helper()
	list := decode[struct{ Tenants []map[string]json.RawMessage }](s.t, s.do(http.MethodPost, "/v1/mgmt/tenant/search", `{"tenantIds":["`+id+`"]}`))
	switch len(list.Tenants) {
	case 0:
		return nil
	case 1:
		return list.Tenants[0]
	default:
		s.t.Fatalf("%d tenants have the id %s", len(list.Tenants), id)
		return nil
	}
}

func decode[T any](t *testing.T, text []byte) (value T) {
	t.Helper()
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return value
}

// summary is what a report says in numbers.
type summary struct {
	Create, Update, Delete, NoChange, Succeeded, Failed int
}

func (s *stage) summary(text string) summary {
	s.t.Helper()
	type numbers struct {
		Create    int `json:"create"`
		Update    int `json:"update"`
		Delete    int `json:"delete"`
		NoChange  int `json:"no_change"`
		Succeeded int `json:"succeeded"`
		Failed    int `json:"failed"`
	}
	n := decode[struct {
		Summary numbers `json:"summary"`
	}](s.t, []byte(text)).Summary
	return summary(n)
}

func (s *stage) wantSummary(text string, want summary) {
	s.t.Helper()
	if got := s.summary(text); got != want {
		s.t.Fatalf("summary %+v, want %+v: %s", got, want, text)
	}
}

func (s *stage) wantText(about string, raw json.RawMessage, want string) {
	s.t.Helper()
	if string(raw) != want {
		s.t.Errorf("%s is %s, want %s", about, raw, want)
	}
}

// play runs all scenarios on a host: after a look at what the project is called,
// and after what earlier runs have left was swept up. It says beforehand how
// many calls it will make, and wants nothing to be left.
func play(t *testing.T, h *host) {
	t.Helper()
	if err := live.Guard(h.ctx, h.api); err != nil {
		t.Fatal(err)
	}
	sweep(t, h)
	tenants, flows := h.count(t, "/v1/mgmt/tenant/all", "tenants"), h.count(t, "/v1/mgmt/flow/list", "flows")
	all := 0
	for _, one := range scenarios() {
		all += one.most(tenants, flows)
	}
	h.announce(t, "The scenarios", all)
	for _, one := range scenarios() {
		if h.ctx.Err() != nil {
			t.Error(context.Cause(h.ctx))
			break
		}
		before := 0
		if h.calls != nil {
			before = h.calls()
		}
		t.Run(one.name, func(t *testing.T) {
			one.tell(&stage{host: h, t: t, dir: t.TempDir()})
		})
		if h.calls == nil {
			continue
		}
		if made, most := h.calls()-before, one.most(tenants, flows); made > most || made < most/2 {
			t.Errorf("%s made %d calls, and says at most %d", one.name, made, most)
		}
	}
	finish(t, h)
	noKeyBelow(t, h.home, h.target.Key)
}

func (s scenario) most(tenants, flows int) int {
	return s.calls + s.eachTenant*tenants + s.eachFlow*flows
}

func (h *host) announce(t *testing.T, what string, calls int) {
	t.Helper()
	const looks = 5 // at the end, for each kind of object
	calls += looks
	took, err := h.api.Foretell(h.ctx, calls)
	if err != nil {
		t.Fatal(err)
	}
	h.say("%s on %s, as %s: at most %d calls, about %s under the limits %q.", what, h.target.Host(), h.run.Prefix, calls, took.Round(time.Second), h.limits)
}

// count is how many items a list has.
func (h *host) count(t *testing.T, path, key string) int {
	t.Helper()
	request := live.Request{Method: http.MethodGet, Path: path}
	if key == "flows" {
		request.Method, request.Body = http.MethodPost, "{}"
	}
	body, err := h.api.Do(h.ctx, request)
	if err != nil {
		t.Fatal(err)
	}
	var items []json.RawMessage
	if raw := decode[map[string]json.RawMessage](t, body)[key]; raw != nil {
		items = decode[[]json.RawMessage](t, raw)
	}
	return len(items)
}

// sweep deletes what earlier runs have left, and says so.
func sweep(t *testing.T, h *host) {
	t.Helper()
	swept, spared, err := live.Sweep(h.ctx, h.api, time.Now())
	for _, one := range swept {
		h.say("An earlier run had left %s; it is deleted.", one)
	}
	for _, one := range spared {
		h.say("%s looks like a test's, but is not marked or not a day old; it is left alone.", one)
	}
	if err != nil {
		t.Error(err)
	}
}

// finish deletes what is still there of this run; nothing may be left.
func finish(t *testing.T, h *host) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.ctx), 5*time.Minute)
	defer cancel()
	if err := h.cleaner.Finish(ctx); err != nil {
		t.Error(err)
	}
}
