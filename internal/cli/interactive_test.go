package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// startTestEmulator serves one emulated project until the test ends and
// returns its URL.
func startTestEmulator(t testing.TB, options emulator.Options) string {
	t.Helper()
	options.Projects = append(options.Projects, emulator.Project{ID: scriptProject, ManagementKey: scriptKey})
	options.Now, options.Sleep = time.Now, emulator.ExactSleep
	server, err := emulator.New(options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	listener, err := emulator.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return emulator.URL(listener)
}

// controlEmulator makes one call of the emulator's control API, which must
// succeed, and returns the answer.
func controlEmulator(t testing.TB, method, url, path, body string) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url+"/_emulator/v1/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Descope-Emulator", "1")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		t.Fatalf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	return answer
}

// person is an App in a folder of its own, with somebody at the terminal.
func person(t *testing.T, url, configuration string) (*App, *bytes.Buffer, *bytes.Buffer) {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "descope.yaml"), []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	return &App{
		In: strings.NewReader(""), Out: &out, Err: &errs, WorkDir: folder, Home: folder,
		Now: time.Now, Random: rand.NewChaCha8([32]byte{1}), Terminal: Terminal{Interactive: true},
		Environ: []string{
			"DESCOPE_PROJECT_ID=" + scriptProject, "DESCOPE_MANAGEMENT_KEY=" + scriptKey, "DESCOPE_BASE_URL=" + url,
		},
	}, &out, &errs
}

const twoTenants = "version: \"1.0\"\ntenants:\n  - { id: acme, name: Acme }\n  - { id: beta, name: Beta, state: present }\n"

func TestPromptsTakeOnlyTheRightAnswer(t *testing.T) {
	t.Parallel()
	const (
		creates   = "version: \"1.0\"\ntenants: [{ id: acme, name: Acme }]\n"
		deletes   = "version: \"1.0\"\ntenants: [{ id: live, state: absent }]\n"
		protected = "version: \"1.0\"\nenvironments: { prod: {} }\ntenants: [{ id: acme, name: Acme }]\n"
	)
	cases := map[string]struct {
		configuration string
		args          string
		answer        string
		want          Status
		asked         string
	}{
		"yes":                    {creates, "apply", "yes\n", StatusOK, "Only yes is accepted"},
		"y is not yes":           {creates, "apply", "y\n", StatusRefused, "Type the whole word yes"},
		"y, and then yes":        {creates, "apply", "Y\nyes\n", StatusOK, "Type the whole word yes"},
		"y twice":                {creates, "apply", "y\ny\nyes\n", StatusRefused, "Type the whole word yes"},
		"end of input":           {creates, "apply", "", StatusRefused, "Only yes is accepted"},
		"--yes asks nothing":     {creates, "apply --yes", "", StatusOK, ""},
		"--no-input never asks":  {creates, "apply --no-input", "yes\n", StatusRefused, ""},
		"the number of deletes":  {deletes, "apply", "1\n", StatusOK, "Type the number"},
		"another number":         {deletes, "apply", "2\n", StatusRefused, "Type the number"},
		"yes is no number":       {deletes, "apply", "yes\n", StatusRefused, "Type the number"},
		"--yes is no delete":     {deletes, "apply --yes", "1\n", StatusOK, "Type the number"},
		"the environment's name": {protected, "apply -e prod", "prod\n", StatusOK, "Type its name"},
		"another name":           {protected, "apply -e prod --yes", "dev\n", StatusRefused, "Type its name"},
		"json asks too":          {creates, "apply --format json", "yes\n", StatusOK, "Only yes is accepted"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			url := startTestEmulator(t, emulator.Options{})
			setup, _, _ := person(t, url, deletes)
			if got := setup.Run(t.Context(), []string{"tenant", "create", "live", "--name", "Live", "--yes"}); got != StatusOK {
				t.Fatalf("set-up: status %d", got)
			}
			app, out, errs := person(t, url, c.configuration)
			app.In = strings.NewReader(c.answer)
			if got := app.Run(t.Context(), strings.Fields(c.args)); got != c.want {
				t.Errorf("status %d, want %d\n%s%s", got, c.want, out, errs)
			}
			if asked := strings.Contains(errs.String(), "Type") || strings.Contains(errs.String(), "accepted"); asked != (c.asked != "") {
				t.Errorf("asked: %v\n%s", asked, errs)
			}
			if !strings.Contains(errs.String(), c.asked) {
				t.Errorf("the question %q is missing in\n%s", c.asked, errs)
			}
		})
	}
}

func TestSeveralQuestionsReadOneInput(t *testing.T) {
	url := startTestEmulator(t, emulator.Options{})
	setup, _, _ := person(t, url, twoTenants)
	if got := setup.Run(t.Context(), []string{"apply", "--yes"}); got != StatusOK {
		t.Fatalf("set-up: status %d", got)
	}
	app, out, errs := person(t, url, "version: \"1.0\"\ntenants: [{ id: acme, state: absent }, { id: new, name: New }]\n")
	app.In = strings.NewReader("1\nyes\n")
	if got := app.Run(t.Context(), []string{"apply"}); got != StatusOK {
		t.Errorf("status %d\n%s%s", got, out, errs)
	}
}

func TestAPanicIsAnInternalErrorThatShowsNothing(t *testing.T) {
	for _, format := range formats {
		app, out, errs := person(t, "http://127.0.0.1:9", twoTenants)
		app.Environ[2] = "DESCOPE_BASE_URL=" + startTestEmulator(t, emulator.Options{})
		app.Now = func() time.Time { panic("a secret in a panic") }
		if got := app.Run(t.Context(), []string{"plan", "--format", format}); got != StatusInternal {
			t.Errorf("%s: status %d, want 70", format, got)
		}
		if strings.Contains(out.String()+errs.String(), "a secret in a panic") {
			t.Errorf("%s: the panic's text was printed: %s%s", format, out, errs)
		}
		if !strings.Contains(errs.String(), "hint: ") {
			t.Errorf("%s: no next step: %s", format, errs)
		}
	}
}

// runBinary starts the program itself (this test binary under its name).
func runBinary(t *testing.T, app *App, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("descope-mgmt", args...)
	cmd.Dir = app.WorkDir
	cmd.Env = append(append(instruments(), "PATH="+os.Getenv("PATH"), "HOME="+app.Home), app.Environ...)
	return cmd
}

func TestSignalsEndARunWithATrueSummary(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		signal os.Signal
		want   int
	}{"interrupt": {os.Interrupt, 130}, "terminate": {syscall.SIGTERM, 143}} {
		t.Run(name, func(t *testing.T) {
			url := startTestEmulator(t, emulator.Options{Latency: 300 * time.Millisecond})
			app, _, _ := person(t, url, "version: \"1.0\"\ntenants:\n  - { id: aaa, name: A }\n  - { id: bbb, name: B }\n  - { id: ccc, name: C }\n  - { id: ddd, name: D }\n")
			cmd := runBinary(t, app, "apply", "--yes", "--max-workers", "1", "--format", "json", "-v")
			var out bytes.Buffer
			cmd.Stdout = &out
			progress, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			waitFor(t, progress, "create tenant/aaa: success")
			if err := cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, progress)
			_ = cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != c.want {
				t.Errorf("exit status %d, want %d\n%s", got, c.want, out.String())
			}
			for _, want := range []string{`"create": 4`, `"skipped"`, `"unknown": 0`} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the report lacks %s:\n%s", want, out.String())
				}
			}
		})
	}
}

func TestASecondSignalEndsTheRunAtOnceAndSaysWhatIsKnown(t *testing.T) {
	t.Parallel()
	const latency = time.Minute
	url := startTestEmulator(t, emulator.Options{})
	slow := `{"match":{"path":"/v1/mgmt/tenant/create"},"do":{"delay":"` + latency.String() + `"}}`
	controlEmulator(t, http.MethodPost, url, "faults", slow)
	app, _, _ := person(t, url, twoTenants)
	cmd := runBinary(t, app, "apply", "--yes", "--format", "json", "--log-level", "debug")
	var out bytes.Buffer
	cmd.Stdout = &out
	progress, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for requests(t, url)["/v1/mgmt/tenant/create"] < 2 { // until both calls are in flight
		runtime.Gosched()
	}
	start := time.Now()
	_ = cmd.Process.Signal(os.Interrupt)
	waitFor(t, progress, "stopping")
	_ = cmd.Process.Signal(os.Interrupt)
	_, _ = io.Copy(io.Discard, progress)
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 130 {
		t.Errorf("exit status %d, want 130", got)
	}
	if took := time.Since(start); took >= latency {
		t.Errorf("it took %s, as long as the calls in flight", took)
	}
	if !strings.Contains(out.String(), `"create": 2`) {
		t.Errorf("no report: %s", out.String())
	}
}

func TestATerminalIsAsked(t *testing.T) {
	url := startTestEmulator(t, emulator.Options{})
	app, _, _ := person(t, url, twoTenants)
	cmd := runBinary(t, app, "apply")
	terminal := startOnTerminal(t, cmd)
	waitFor(t, terminal, "Only yes is accepted [no]: ")
	if _, err := terminal.WriteString("yes\n"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, terminal, "2 created")
	if err := cmd.Wait(); err != nil {
		t.Errorf("wait: %v", err)
	}
}

// startOnTerminal starts a program on a pseudo-terminal, which is closed with the test.
func startOnTerminal(t *testing.T, cmd *exec.Cmd) *os.File {
	t.Helper()
	terminal, err := pty.Start(cmd)
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	t.Cleanup(func() { _ = terminal.Close() })
	return terminal
}

// waitFor reads until a text has come.
func waitFor(t *testing.T, from io.Reader, text string) {
	t.Helper()
	var seen strings.Builder
	buffer := make([]byte, 256)
	for !strings.Contains(seen.String(), text) {
		n, err := from.Read(buffer)
		seen.Write(buffer[:n])
		if err != nil {
			t.Fatalf("%q did not come, but %v after %q", text, err, seen.String())
		}
	}
}

// meanwhile is somebody at a terminal who answers yes only after something else
// has happened.
type meanwhile struct {
	happens func()
	answer  io.Reader
}

func (m *meanwhile) Read(into []byte) (int, error) {
	if m.happens != nil {
		m.happens()
		m.happens = nil
	}
	return m.answer.Read(into)
}

func TestWhatOthersChangeBetweenPlanAndWriteSurvives(t *testing.T) {
	const configuration = "version: \"1.0\"\ntenants: [{ id: acme, name: Acme Renamed, custom_attributes: { plan: pro } }]\n"
	cases := map[string]struct {
		options emulator.Options
		other   map[string]string // what another client writes meanwhile
		want    Status
		live    map[string]string // what is there at the end
	}{
		"another field, PATCH": {
			emulator.Options{},
			map[string]string{"enforceSSO": "true"},
			StatusOK,
			map[string]string{"enforceSSO": "true", "name": `"Acme Renamed"`},
		},
		"another field, no PATCH": {
			emulator.Options{NoPatch: true},
			map[string]string{"enforceSSO": "true"},
			StatusOK,
			map[string]string{"enforceSSO": "true", "name": `"Acme Renamed"`},
		},
		"another attribute": {
			emulator.Options{},
			map[string]string{"customAttributes": `{"other":9007199254740993,"plan":"free"}`},
			StatusOK,
			map[string]string{"customAttributes": `{"other":9007199254740993,"plan":"pro"}`},
		},
		"the very attribute": {
			emulator.Options{},
			map[string]string{"customAttributes": `{"plan":"gold"}`},
			StatusRefused,
			map[string]string{"customAttributes": `{"plan":"gold"}`, "name": `"Acme"`},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			url := startTestEmulator(t, c.options)
			setup, _, _ := person(t, url, configuration)
			if got := setup.Run(t.Context(), strings.Fields("tenant create acme --name Acme --attribute plan=free --yes")); got != StatusOK {
				t.Fatalf("set-up: status %d", got)
			}
			app, out, errs := person(t, url, configuration)
			var once sync.Once
			app.Now = func() time.Time {
				if begun(t, app) { // the plan is confirmed by then
					once.Do(func() { writeAsAnother(t, url, c.options.NoPatch, c.other) })
				}
				return time.Now()
			}
			if got := app.Run(t.Context(), []string{"apply", "--yes"}); got != c.want {
				t.Errorf("status %d, want %d\n%s%s", got, c.want, out, errs)
			}
			get, live, _ := person(t, url, configuration)
			if got := get.Run(t.Context(), []string{"tenant", "get", "acme", "--format", "json"}); got != StatusOK {
				t.Fatalf("get: status %d", got)
			}
			tenant, err := resource.ParseTenant(live.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			for field, want := range c.live {
				if got, _ := tenant.Member(field); string(got) != want {
					t.Errorf("%s is %s, want %s", field, got, want)
				}
			}
		})
	}
}

// begun reports whether a run has begun its journal, after which only its writes
// are left.
func begun(t *testing.T, app *App) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(app.Home, ".descope-mgmt", "projects", "*", "*", "journals", "*.open.*"))
	return err == nil && len(files) > 0
}

// writeAsAnother changes fields of the tenant acme with a client of its own.
func writeAsAnother(t *testing.T, url string, replace bool, fields map[string]string) {
	t.Helper()
	body := map[string]json.RawMessage{"id": json.RawMessage(`"acme"`)}
	method, path := http.MethodPatch, "/v1/mgmt/tenant/patch"
	if replace {
		method, path = http.MethodPost, "/v1/mgmt/tenant/update"
		body["name"], body["customAttributes"] = json.RawMessage(`"Acme"`), json.RawMessage(`{"plan":"free"}`)
	}
	for name, value := range fields {
		body[name] = json.RawMessage(value)
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, url+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+scriptProject+":"+scriptKey)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("the other client's write: %s", response.Status)
	}
}
