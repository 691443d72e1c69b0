package descope_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// shaky stands in front of an emulator, on a network in virtual time, and does
// to chosen calls what a test wants.
type shaky struct {
	network  *descope.Pipes
	emulator http.Handler

	mu    sync.Mutex
	calls []string
	meet  func(call string, count int) moment // count is the number of this call, from 1
}

// moment is what happens to one call; the zero value lets it pass.
type moment struct {
	before  func() // before the call
	effect  bool   // the call takes effect although it is broken
	foreign func() // something else happens behind the call
	broken  func(w http.ResponseWriter, r *http.Request, answer *httptest.ResponseRecorder)
}

func newShaky(t *testing.T, options emulator.Options) *shaky {
	t.Helper()
	options.Projects = []emulator.Project{{ID: projectID, ManagementKey: key}}
	seed, err := emulator.ParseSeed([]byte(`{"projects":[{"tenants":[` + rich + `],"settings":{"acme":` + richSettings + `}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	options.Seed = &seed
	server, err := emulator.New(options)
	if err != nil {
		t.Fatal(err)
	}
	s := &shaky{network: descope.NewPipes(), emulator: server.Handler(), meet: func(string, int) moment { return moment{} }}
	front := &http.Server{Handler: s, ErrorLog: log.New(io.Discard, "", 0)}
	served := make(chan struct{})
	go func() { defer close(served); _ = front.Serve(s.network) }()
	t.Cleanup(func() {
		_ = front.Close()
		<-served
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *shaky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	call := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/v1/mgmt/tenant")
	s.mu.Lock()
	s.calls = append(s.calls, call)
	count := 0
	for _, earlier := range s.calls {
		if earlier == call {
			count++
		}
	}
	now := s.meet(call, count)
	s.mu.Unlock()
	if now.before != nil {
		now.before()
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	if now.broken == nil || now.effect {
		s.emulator.ServeHTTP(answer, r)
	}
	if now.foreign != nil {
		now.foreign()
	}
	if now.broken != nil {
		now.broken(w, r, answer)
		return
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// other makes a call as somebody else makes it, past the recording.
func (s *shaky) other(t *testing.T, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequest(method, "/v1/mgmt/tenant"+path, strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer "+projectID+":"+key)
	answer := httptest.NewRecorder()
	s.emulator.ServeHTTP(answer, request)
	if method != http.MethodGet && answer.Code != http.StatusOK {
		t.Errorf("%s %s: %d %s", method, path, answer.Code, answer.Body)
	}
	return answer
}

// forget starts the counts anew.
func (s *shaky) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}

// expect sets what is to happen to the calls from now on.
func (s *shaky) expect(meet func(call string, count int) moment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meet = meet
}

func (s *shaky) count(call string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := 0
	for _, seen := range s.calls {
		if seen == call {
			count++
		}
	}
	return count
}

// client connects to the emulator through the shaky network.
func (s *shaky) client(t *testing.T) *descope.Client {
	t.Helper()
	client, err := descope.Connect(descope.Options{
		Now:       time.Now,
		ProjectID: projectID, ManagementKey: resource.NewSecret(key), BaseURL: "http://127.0.0.1:1",
		Transport: &http.Transport{DialContext: s.network.Dial},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// The ways in which an answer gets lost.
var (
	noAnswer = func(_ http.ResponseWriter, r *http.Request, _ *httptest.ResponseRecorder) { <-r.Context().Done() }
	reset    = func(http.ResponseWriter, *http.Request, *httptest.ResponseRecorder) { panic(http.ErrAbortHandler) }
	status   = func(status int, body string) func(http.ResponseWriter, *http.Request, *httptest.ResponseRecorder) {
		return func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	headCut = func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Ty")
		_ = connection.Close()
	}
	bodyCut = func(w http.ResponseWriter, _ *http.Request, answer *httptest.ResponseRecorder) {
		body := answer.Body.String()
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(answer.Code)
		_, _ = io.WriteString(w, body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
)

const serverError = `{"errorCode":"E010009","errorDescription":"Unknown server error"}`

// writeCase is one call that writes: what it wants, and what somebody else may do meanwhile.
type writeCase struct {
	name    string
	call    string // as shaky counts it
	noPatch bool
	send    func(ctx context.Context, w *descope.Writer) error
	read    string // path of the read that shows the result
	wanted  string // in its answer, once the write took effect
	foreign [3]string
	theirs  string // in the answer, once somebody else changed it
}

// writeCases are all calls that write; nameIs is a check such as the engine makes.
func writeCases() []writeCase {
	member := func(wire, before string, after resource.Value) func(resource.Tenant) error {
		return func(live resource.Tenant) error {
			if value, _ := live.Member(wire); value != resource.Value(before) && value != after {
				return errors.New(wire + " changed since the plan was made")
			}
			return nil
		}
	}
	rename := resource.TenantEdit{Set: values{"name": `"New"`}, Check: member("name", `"Acme"`, `"New"`)}
	foreignName := [3]string{"PATCH", "/patch", `{"id":"acme","name":"Theirs"}`}
	update := func(edit resource.TenantEdit) func(context.Context, *descope.Writer) error {
		return func(ctx context.Context, w *descope.Writer) error { return w.UpdateTenant(ctx, "acme", edit) }
	}
	attributes := resource.TenantEdit{SetAttributes: values{"n": `9007199254740995`}, RemoveAttributes: []string{"f"}}
	return []writeCase{
		{
			"create", "POST /create", false,
			func(ctx context.Context, w *descope.Writer) error {
				id, err := w.CreateTenant(ctx, "fresh", values{"name": `"Fresh"`, "customAttributes": `{"a":1.0}`, "selfProvisioningDomains": `["b.com","a.com"]`})
				if err == nil && id != "fresh" {
					return errors.New("created " + id)
				}
				return err
			},
			"?id=fresh", `"name":"Fresh"`,
			[3]string{"POST", "/create", `{"id":"fresh","name":"Theirs"}`},
			`"name":"Theirs"`,
		},
		{"patch", "PATCH /patch", false, update(rename), "?id=acme", `"name":"New"`, foreignName, `"name":"Theirs"`},
		{
			"patch of attributes", "PATCH /patch", false, update(attributes), "?id=acme", `"n":9007199254740995`,
			[3]string{"PATCH", "/patch", `{"id":"acme","customAttributes":{"n":7,"f":1.10}}`},
			`"n":7`,
		},
		{
			"update", "POST /update", true, update(rename), "?id=acme", `"name":"New"`,
			[3]string{"POST", "/update", `{"id":"acme","name":"Theirs"}`},
			`"name":"Theirs"`,
		},
		{
			"settings", "POST /settings", false,
			func(ctx context.Context, w *descope.Writer) error {
				return w.UpdateSettings(ctx, "acme", resource.SettingsEdit{Set: values{"sessionTokenExpiration": `9`, "enabled": `true`}})
			},
			"/settings?id=acme", `"sessionTokenExpiration":9`,
			[3]string{"POST", "/settings", `{"tenantId":"acme","sessionTokenExpiration":77}`},
			`"sessionTokenExpiration":77`,
		},
		{
			"default roles", "POST /updateDefaultRoles", false,
			func(ctx context.Context, w *descope.Writer) error {
				return w.SetDefaultRoles(ctx, "acme", resource.RolesEdit{
					Roles: []string{"B", "A"}, Check: member("defaultRoles", `["Viewer"]`, `["B","A"]`),
				})
			},
			"?id=acme", `"defaultRoles":["B","A"]`,
			[3]string{"POST", "/updateDefaultRoles", `{"id":"acme","defaultRoles":["Theirs"]}`},
			`"defaultRoles":["Theirs"]`,
		},
		{
			"delete", "POST /delete", false,
			func(ctx context.Context, w *descope.Writer) error {
				return w.DeleteTenant(ctx, "acme", resource.TenantDelete{Check: member("name", `"Acme"`, "")})
			},
			"?id=acme", "E111104", foreignName, `"name":"Theirs"`,
		},
	}
}

// way is one way to lose an answer.
type way struct {
	name   string
	broken func(http.ResponseWriter, *http.Request, *httptest.ResponseRecorder)
	status bool // the status of the success comes through
}

// TestAmbiguousWrites loses the answer to each write in each way, after each
// thing that may have happened: what took effect is a success and not sent
// again, what did not is sent again, and what somebody else changed is left.
func TestAmbiguousWrites(t *testing.T) {
	ways := []way{
		{"no answer", noAnswer, false},
		{"500 of unknown cause", status(500, serverError), false},
		{"500 without a body", status(500, ""), false},
		{"502 HTML", status(502, "<html>Bad Gateway</html>"), false},
		{"503", status(503, ""), false},
		{"504", status(504, ""), false},
		{"520", status(520, ""), false},
		{"527", status(527, ""), false},
		{"530", status(530, ""), false},
		{"reset", reset, false},
		{"answer cut off in its head", headCut, false},
		{"answer cut off in its body", bodyCut, true},
	}
	for _, write := range writeCases() {
		for _, way := range ways {
			t.Run(write.name+", "+way.name, func(t *testing.T) {
				t.Run("took effect", func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s, err := loseAnswer(t, write, moment{broken: way.broken, effect: true}, false)
						assertWrite(t, s, write, err, 1)
						// A success whose body nobody reads is one, whatever becomes of the body.
						if trusted := way.status && write.call != "POST /create"; trusted && s.count("GET "+strings.Split(write.read, "?")[0]) > 1 {
							t.Error("read back after the status of a success")
						}
					})
				})
				if way.status {
					return // the service has said that it took effect
				}
				t.Run("did not", func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s, err := loseAnswer(t, write, moment{broken: way.broken}, false)
						assertWrite(t, s, write, err, 2)
					})
				})
				t.Run("somebody else changed it", func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s, err := loseAnswer(t, write, moment{broken: way.broken}, true)
						failure, ok := errors.AsType[*descope.Error](err)
						if !ok || failure.Code != descope.CodeConflict || failure.OutcomeUnknown() || !strings.Contains(failure.Hint, "plan again") {
							t.Errorf("error = %v", err)
						}
						shown := s.other(t, "GET", write.read, "").Body.String()
						if sent := s.count(write.call); sent != 1 || !strings.Contains(shown, write.theirs) {
							t.Errorf("sent %d times, live %s", sent, shown)
						}
					})
				})
			})
		}
	}
}

// loseAnswer makes one write, whose first call meets the moment.
func loseAnswer(t *testing.T, write writeCase, first moment, foreign bool) (*shaky, error) {
	t.Helper()
	s := newShaky(t, emulator.Options{NoPatch: write.noPatch})
	client := s.client(t)
	if write.call == "PATCH /patch" { // else the first one is the probe, which has a rule of its own
		if err := client.Writer().UpdateTenant(t.Context(), "acme", resource.TenantEdit{Set: values{"name": `"Acme"`}}); err != nil {
			t.Fatal(err)
		}
		s.forget()
	}
	if foreign {
		first.foreign = func() { s.other(t, write.foreign[0], write.foreign[1], write.foreign[2]) }
	}
	s.expect(at(map[string]moment{write.call + " 1": first}))
	return s, write.send(t.Context(), client.Writer())
}

func assertWrite(t *testing.T, s *shaky, write writeCase, err error, times int) {
	t.Helper()
	shown := s.other(t, "GET", write.read, "").Body.String()
	if sent := s.count(write.call); err != nil || sent != times || !strings.Contains(shown, write.wanted) {
		t.Errorf("%v, sent %d times, want %d, live %s", err, sent, times, shown)
	}
}
