package emulator_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// childDataDir makes the test binary an emulator process over that folder.
const childDataDir = "EMULATOR_TEST_DATA_DIR"

// serveChild serves until it is killed. It prints one line: URL and credentials.
func serveChild(dir string) int {
	server, err := emulator.New(emulator.Options{DataDir: dir})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	listener, err := emulator.Listen(context.Background(), "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	project := server.Projects()[0]
	fmt.Println(emulator.URL(listener), project.ID+":"+project.ManagementKey)
	if err := server.Serve(context.Background(), listener); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return 1
}

// startChild runs the emulator as a process of its own.
func startChild(t *testing.T, dir string) (*exec.Cmd, *harness) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childDataDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url, bearer, _ := strings.Cut(strings.TrimSpace(line), " ")
	return child, &harness{t: t, url: url, bearer: bearer, client: &http.Client{Transport: &http.Transport{}}}
}

// Whatever was answered before a kill -9 is there after it, under the same
// project and key; what was not answered is there whole or not at all.
func TestKillLosesNothing(t *testing.T) {
	dir := t.TempDir()
	bearer := ""
	answered := map[string]string{} // tenant id → name
	for round := range 4 {
		child, h := startChild(t, dir)
		if bearer != "" && h.bearer != bearer {
			t.Fatalf("round %d: the credentials changed", round)
		}
		bearer = h.bearer
		maps.Copy(answered, killWhileWriting(h, child, round))
	}
	if len(answered) < 60 {
		t.Fatalf("only %d writes were answered", len(answered))
	}
	server, err := emulator.New(emulator.Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	h := serve(t, server)
	h.bearer = bearer
	names := map[string]string{}
	for _, one := range decode[struct{ Tenants []struct{ ID, Name string } }](t, h.ok("GET", "/v1/mgmt/tenant/all", "")).Tenants {
		names[one.ID] = one.Name
	}
	for id, name := range answered {
		if names[id] != name {
			t.Errorf("tenant %s: %q, answered was %q", id, names[id], name)
		}
	}
	if len(names) > len(answered)+16 { // at most the calls in flight at each kill
		t.Errorf("%d tenants, %d answered", len(names), len(answered))
	}
}

// killWhileWriting kills the process while four clients write, and returns
// what was answered.
func killWhileWriting(h *harness, child *exec.Cmd, round int) map[string]string {
	var mu sync.Mutex
	answered := map[string]string{}
	enough := make(chan struct{})
	var writers sync.WaitGroup
	for writer := range 4 {
		writers.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("t-%d-%d-%d", round, writer, i)
				if _, _, _, err := h.create(id); err != nil {
					return // killed
				}
				mu.Lock()
				answered[id] = id
				if len(answered) == 20 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	if err := child.Process.Kill(); err != nil { // SIGKILL
		h.t.Error(err)
	}
	writers.Wait()
	_ = child.Wait()
	h.client.CloseIdleConnections()
	return answered
}

// Every kind of object is there after a kill -9, and what was deleted is not.
func TestKillLosesNoKind(t *testing.T) {
	dir := t.TempDir()
	child, h := startChild(t, dir)
	h.createTenant("acme")
	h.ok("POST", "/v1/mgmt/tenant/create", `{"id":"a/b\" c","name":"Odd"}`)
	h.ok("POST", "/v1/mgmt/permission/create", `{"name":"Read"}`)
	h.ok("POST", "/v1/mgmt/permission/create", `{"name":"Gone"}`)
	h.ok("POST", "/v1/mgmt/role/create", `{"name":"Viewer","permissionNames":["Read","Gone"]}`)
	h.ok("POST", "/v1/mgmt/role/create", `{"name":"Owner","tenantId":"acme"}`)
	h.ok("POST", "/v1/mgmt/permission/delete", `{"name":"Gone"}`)
	h.ok("POST", "/v1/mgmt/role/delete", `{"name":"Tenant Admin"}`) // it does not come back by itself
	h.ok("POST", "/v1/mgmt/sso/saml", `{"tenantId":"acme","domains":["acme.com"],"settings":{"idpUrl":"u","entityId":"e","idpCert":"c","spSignKey":"s"}}`)
	h.ok("POST", "/v1/mgmt/sso/settings/new", `{"tenantId":"a/b\" c","ssoId":"x/\"y","displayName":"Odd"}`)
	h.ok("POST", "/v1/mgmt/sso/settings/new", `{"tenantId":"acme","ssoId":"gone","displayName":"Gone"}`)
	h.ok("DELETE", "/v1/mgmt/sso/settings?tenantId=acme&ssoId=gone", "")
	h.ok("POST", "/v1/mgmt/password/settings", `{"minLength":8}`)
	h.ok("POST", "/v1/mgmt/password/settings", `{"tenantId":"acme","minLength":9}`)
	h.importFlow(oddFlow)
	importConsole(h, "console", oddConsole)
	importConsole(h, "gone", oddConsole)
	h.ok("POST", "/v1/mgmt/flow/delete", `{"ids":["gone"]}`)
	h.ok("POST", "/v1/mgmt/theme/import", `{"theme":{"cssTemplate":{"n":1.50}}}`)
	h.ok("POST", "/v1/mgmt/audit/event", `{"action":"Deployed","type":"info","actorId":"ci","tenantId":"acme","data":{"n":9007199254740993}}`)
	before := h.controlOK("GET", "state", "")
	if err := child.Process.Kill(); err != nil { // SIGKILL
		t.Fatal(err)
	}
	_ = child.Wait()
	h.client.CloseIdleConnections()
	server, err := emulator.New(emulator.Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	if after := directState(t, server); after != before {
		t.Errorf("before the kill:\n%s\nafter it:\n%s", before, after)
	}
	for _, want := range []string{`"name":"Owner"`, `"spSignKey":"s"`, `"ssoId":"x/\"y"`, `"minLength":8`, `"action":"Deployed"`, `"n":12345678901234567890`, `"inputs":[{"name":"email","n":1.50}]`, `"styles":{"n":1.50}`, `"n":9007199254740993`} {
		if !strings.Contains(before, want) {
			t.Errorf("the state lacks %s", want)
		}
	}
}

func TestReopen(t *testing.T) {
	dir := t.TempDir()
	open := func(options emulator.Options) *emulator.Server {
		t.Helper()
		options.DataDir, options.Now = dir, fixedClock
		server, err := emulator.New(options)
		if err != nil {
			t.Fatal(err)
		}
		return server
	}
	stop := func(server *emulator.Server) {
		t.Helper()
		if err := server.Close(); err != nil {
			t.Fatal(err)
		}
	}
	first := open(emulator.Options{Projects: []emulator.Project{{ID: projectID, ManagementKey: projectKey}, {ID: otherID}}, Seed: seedWithExtras(t)})
	generated := first.Projects()[1]
	state := directState(t, first)
	if _, err := emulator.New(emulator.Options{DataDir: dir}); err == nil || !strings.Contains(err.Error(), "in use by another emulator") {
		t.Errorf("a second emulator: %v", err)
	}
	stop(first)

	// Nothing given: the stored projects with their keys; a seed stays out of what is there.
	second := open(emulator.Options{Seed: &emulator.State{Projects: []emulator.ProjectState{{ID: projectID}}}})
	if got := second.Projects(); len(got) != 2 || got[0].ID != projectID || got[0].ManagementKey != "" || got[1] != generated {
		t.Errorf("projects %+v", got)
	}
	if got := directState(t, second); got != state {
		t.Errorf("state:\n%s\n%s", got, state)
	}
	stop(second)

	// A key that is given replaces the stored one, and a new project joins.
	third := open(emulator.Options{Projects: []emulator.Project{{ID: otherID, ManagementKey: "K2given"}, {ID: "P2new"}}})
	if got := third.Projects(); len(got) != 3 || got[0] != (emulator.ProjectInfo{ID: otherID}) || got[1].ID != "P2new" || got[2].ID != projectID {
		t.Errorf("projects %+v", got)
	}
	h := serve(t, third).as(otherID, "K2given")
	h.createTenant("acme")
}

// directState reads the state without a listener.
func directState(t *testing.T, server *emulator.Server) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), "GET", "http://127.0.0.1/_emulator/v1/state", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Descope-Emulator", "1")
	answer := &capture{discard: discard{http.Header{}}}
	server.Handler().ServeHTTP(answer, request)
	if !json.Valid([]byte(answer.body)) {
		t.Fatalf("state %s", answer.body)
	}
	return answer.body
}

type capture struct {
	discard
	body string
}

func (c *capture) Write(p []byte) (int, error) { c.body += string(p); return len(p), nil }
