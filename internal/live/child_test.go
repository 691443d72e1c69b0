package live_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/live"
)

// childVariable makes TestChild do something, in a process of its own.
const (
	childVariable  = "DESCOPE_TEST_CHILD"
	reportVariable = "DESCOPE_TEST_CHILD_REPORT"
)

// TestChild is what other tests run as a process, with the very functions that
// the tests of the build tag consist of.
func TestChild(t *testing.T) {
	switch os.Getenv(childVariable) {
	case "suite":
		play(t, named(t, os.Getenv))
	case "report":
		report(t, os.Getenv, os.Getenv(reportVariable), os.Stdout)
	case "panic":
		makeOneOfEach(t)
		panic("the test has a mistake")
	case "wait":
		s := makeOneOfEach(t)
		fmt.Fprintln(os.Stdout, "made")
		<-s.ctx.Done()
		t.Fatal(context.Cause(s.ctx))
	default:
		t.Skip("other tests run it as a process of its own")
	}
}

// makeOneOfEach makes an object of each kind, a tenant below another one, and
// expects something that it then does not make.
func makeOneOfEach(t *testing.T) *stage {
	t.Helper()
	h := named(t, os.Getenv)
	s := &stage{host: h, t: t, dir: t.TempDir()}
	marker := `"customAttributes":{"` + live.MarkerAttribute + `":"` + h.run.Marker + `"}`
	parent, child := s.expect(live.KindTenant, "parent"), s.expect(live.KindTenant, "child")
	s.do(http.MethodPost, "/v1/mgmt/tenant/create", `{"id":"`+parent+`","name":"`+parent+`",`+marker+`}`)
	s.do(http.MethodPost, "/v1/mgmt/tenant/create", `{"id":"`+child+`","name":"`+child+`","parent":"`+parent+`",`+marker+`}`)
	login := s.expect(live.KindUser, "user")
	s.do(http.MethodPost, "/v1/mgmt/user/create/test", `{"loginId":"`+login+`","test":true,"userTenants":[{"tenantId":"`+child+`","roleNames":[]}]}`)
	permission, role := s.expect(live.KindPermission, "permission"), s.expect(live.KindRole, "role")
	s.do(http.MethodPost, "/v1/mgmt/permission/create", `{"name":"`+permission+`"}`)
	s.do(http.MethodPost, "/v1/mgmt/role/create", `{"name":"`+role+`","permissionNames":["`+permission+`"]}`)
	flow := s.expect(live.KindFlow, "flow")
	s.do(http.MethodPost, "/v2/mgmt/flow/import", `{"flow":{"flowId":"`+flow+`","metadata":{"name":"x"},"references":{},"screens":[],
		"contents":{"startTask":"0","tasks":{"0":{"id":"0","name":"End","type":"automated","action":"logged-in"}}}}}`)
	s.expect(live.KindTenant, "never-made")
	s.expect(live.KindUser, "never-made")
	return s
}

// child prepares TestChild as a process that works on the target; without one it
// has no credentials.
func child(t *testing.T, what string, target *live.Target, more ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program, "-test.run=^TestChild$", "-test.v")
	command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(), childVariable + "=" + what}, more...)
	if target != nil {
		command.Env = append(
			command.Env, live.VariableProject+"="+target.ProjectID, live.VariableKey+"="+target.Key.Reveal(), live.VariableBaseURL+"="+target.Endpoint.String(),
		)
	}
	return command
}

// said is what a child has printed; it may not hold the key.
func said(t *testing.T, command *exec.Cmd, fails bool) string {
	t.Helper()
	out, err := command.CombinedOutput()
	if (err != nil) != fails {
		t.Fatalf("it ended with %v:\n%s", err, out)
	}
	if strings.Contains(string(out), emulatedKey) {
		t.Errorf("the management key stands in what it says:\n%s", out)
	}
	return string(out)
}

// wantText wants parts of a text.
func wantParts(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in:\n%s", part, text)
		}
	}
}

// wantClean wants nothing of any run in an emulated project.
func wantClean(t *testing.T, target live.Target) {
	t.Helper()
	state := decode[struct {
		Projects []map[string]json.RawMessage
	}](t, []byte(control(t, target, http.MethodGet, "state", "")))
	for _, kind := range []string{"tenants", "users", "flows", "roles", "permissions"} {
		if text := string(state.Projects[0][kind]); strings.Contains(text, "test-") {
			t.Errorf("there are %s of a run left: %s", kind, text)
		}
	}
}

func TestWithoutCredentials(t *testing.T) {
	t.Parallel()
	wantParts(t, said(t, child(t, "suite", nil), false), "--- SKIP", live.VariableProject, live.VariableKey, "go test -tags live", "docs/live-tests.md")

	path := filepath.Join(t.TempDir(), "report.json")
	text := said(t, child(t, "report", nil, reportVariable+"="+path), false)
	wantParts(t, text, "is what the emulator answers", live.VariableProject)
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	golden, err := os.ReadFile(filepath.Join("testdata", "emulator-report.json"))
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != string(golden) {
		t.Error("the report without credentials is not what the emulator answers")
	}
	wantParts(t, said(t, child(t, "suite", nil, live.VariableProject+"=P2x"), true), live.VariableProject+" is set and "+live.VariableKey+" is not")
}

// A report about a host that answers otherwise shows in what, and leaves nothing there.
func TestReportOnAnotherHost(t *testing.T) {
	t.Parallel()
	target := emulated(t, emulator.Options{NoPatch: true, NotFoundStatus: 404})
	path := filepath.Join(t.TempDir(), "report.json")
	text := said(t, child(t, "report", &target, reportVariable+"="+path), false)
	wantParts(t, text,
		"questions", "at most", "It differs from the emulator in:",
		"tenant-load-missing: load of a tenant that does not exist (GET /v1/mgmt/tenant?id={run}-nobody)\n  emulator: status 500 E111104\n  127.0.0.1:",
		": status 404 E111104\n", "answers are alike",
	)
	if strings.Contains(text, "tenant-search-missing:") {
		t.Error("an answer that is the same is shown")
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{emulatedKey, emulatedProject, "test-"} {
		if strings.Contains(string(kept), secret) {
			t.Errorf("the report holds %q", secret)
		}
	}
	wantClean(t, target)
}

func TestPanicLeavesNothing(t *testing.T) {
	t.Parallel()
	target := emulated(t, emulator.Options{})
	wantParts(t, said(t, child(t, "panic", &target), true), "panic: the test has a mistake")
	wantClean(t, target)
}

func TestInterruptLeavesNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot interrupt another one there")
	}
	t.Parallel()
	target := emulated(t, emulator.Options{})
	command := child(t, "wait", &target)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "made" {
			if err := command.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := command.Wait(); err == nil {
		t.Error("an interrupted run has passed")
	}
	wantClean(t, target)
}

// Deletes that fail, and lists that fail as well, are repeated until nothing is left.
func TestFailingDeletesLeaveNothing(t *testing.T) {
	t.Parallel()
	target := emulated(t, emulator.Options{})
	for _, path := range []string{"/v1/mgmt/*/delete", "/v1/mgmt/tenant/all", "/v2/mgmt/user/search/test"} {
		control(t, target, http.MethodPost, "faults", `{"match":{"path":"`+path+`","count":3},"do":{"status":503}}`)
	}
	wantParts(t, said(t, child(t, "panic", &target), true), "panic: the test has a mistake")
	if _, failed := countCalls(t, target, http.StatusServiceUnavailable); failed != 9 {
		t.Errorf("%d calls have failed, want 9", failed)
	}
	wantClean(t, target)
}

// What cannot be deleted is named, and fails the run.
func TestWhatIsLeftIsNamed(t *testing.T) {
	t.Parallel()
	target := emulated(t, emulator.Options{})
	control(t, target, http.MethodPost, "faults", `{"match":{"path":"/v1/mgmt/permission/delete","count":0},"do":{"status":503}}`)
	wantParts(t, said(t, child(t, "panic", &target), true), "permission test-", "is left in the project", "status 503")
}

// A service that repeats the key in its answer does not get it into the output.
func TestKeyInAnAnswerIsNotShown(t *testing.T) {
	t.Parallel()
	target := emulated(t, emulator.Options{})
	control(t, target, http.MethodPost, "faults", `{"match":{"path":"/v1/mgmt/*/create","count":0},"do":{"status":500,"body":{"errorCode":"E`+emulatedKey+`","errorDescription":"`+emulatedKey+`"}}}`)
	wantParts(t, said(t, child(t, "wait", &target), true), `"errorDescription":"{key}"`)
	said(t, child(t, "suite", &target), true)
	path := filepath.Join(t.TempDir(), "report.json")
	said(t, child(t, "report", &target, reportVariable+"="+path), false)
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wantParts(t, string(kept), `"code": "E{key}"`)
	if strings.Contains(string(kept), emulatedKey) {
		t.Error("the report holds the management key")
	}
	wantClean(t, target)
}
