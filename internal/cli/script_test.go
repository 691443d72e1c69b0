package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/docstest"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// The credentials of every scripted project. The key is a canary: no output of
// any scripted command may ever hold it.
const (
	scriptProject = "P2scriptscriptscriptscript001"
	scriptKey     = "K2canarycanarycanarycanarycanary"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"descope-mgmt": func() { os.Exit(hastyMain()) },
	})
}

// hastyMain is the program with shorter waits before it repeats a call.
func hastyMain() int {
	app := newProcessApp()
	app.Backoff = descope.Backoff{First: 5 * time.Millisecond, Most: 20 * time.Millisecond}
	app.EditPatience = 200 * time.Millisecond
	if patience, err := time.ParseDuration(os.Getenv("EDIT_PATIENCE")); err == nil {
		app.EditPatience = patience
	}
	return app.main()
}

// TestScripts runs the black-box scripts, one folder per verb, and then asks
// of the record of what they ran whether any command, format or outcome is missing.
func TestScripts(t *testing.T) {
	folders, err := filepath.Glob(filepath.Join("testdata", "script", "*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no script folders: %v", err)
	}
	schemas, err := docstest.ReadSchemas(os.DirFS(filepath.Join("..", "..")), true)
	if err != nil {
		t.Fatal(err)
	}
	seen := &coverage{runs: map[coveredRun]bool{}, schemas: schemas}
	t.Run("scripts", func(t *testing.T) {
		for _, folder := range folders {
			if testing.Short() && slices.Contains(oneThingAfterAnother, filepath.Base(folder)) {
				continue
			}
			t.Run(filepath.Base(folder), func(t *testing.T) {
				t.Parallel()
				testscript.Run(t, testscript.Params{
					Dir:                 folder,
					RequireExplicitExec: true,
					RequireUniqueNames:  true,
					Setup:               setUpScript,
					Cmds: map[string]func(*testscript.TestScript, bool, []string){
						"status":   seen.runStatus,
						"stopped":  seen.runStopped,
						"emulator": startEmulator,
						"api":      callAPI,
						"control":  callControl,
						"calls":    checkCalls,
						"json":     checkJSON,
						"lock":     lockByAnother,
						"journal":  journalOfAnother,
						"edit":     editByAnother,

						"value":      readValue,
						"saved":      saveBackup,
						"unfinished": leaveUnfinished,
						"witness":    checkWitness,
						"loglines":   checkLogLines,
						"live":       keepLive,
						"console":    editFlow,
					},
				})
			})
		}
	})
	if testing.Short() || t.Failed() {
		return
	}
	seen.assertComplete(t)
}

// oneThingAfterAnother are the folders of commands that do nothing at the same time.
var oneThingAfterAnother = []string{
	"audit-list", "audit-verify", "backup-diff", "backup-list", "backup-prune", "backup-restore", "backup-show", "backup-verify", "completion",
	"config-fmt", "config-show", "demo", "drift-adopt", "drift-report", "emulator", "env-list", "flags", "flow-check", "flow-delete", "flow-diff",
	"flow-export", "flow-history", "flow-import", "flow-list", "flow-rollback", "flow-templates", "lock-release", "lock-status", "log-file", "mistyped",
	"offline", "project-export", "project-show", "schema", "secrets", "tenant-create", "tenant-delete", "tenant-get", "tenant-list", "tenant-update",
	"validate",
}

func setUpScript(env *testscript.Env) error {
	env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
	env.Setenv("KEY", scriptKey)
	env.Setenv("PROJECT", scriptProject)
	env.Vars = append(env.Vars, instruments()...)
	return os.Mkdir(filepath.Join(env.WorkDir, "home"), 0o700)
}

// instruments are the variables that a program needs which the go command has
// built with the race detector or with counters of what runs. All others are kept from it.
func instruments() []string {
	return []string{"GORACE=" + os.Getenv("GORACE"), "GOCOVERDIR=" + os.Getenv("GOCOVERDIR")}
}

// coverage records which command ran in which format with which exit status.
type coverage struct {
	mu   sync.Mutex
	runs map[coveredRun]bool

	schemas docstest.Schemas // each document that is printed is held against its own
}

type coveredRun struct {
	command string
	format  string
	status  Status
}

// runStatus is "status N descope-mgmt ARGS…": runs the program and wants
// exactly that exit status. It also looks for the canary in everything printed, wants
// a next step with every error, and holds documents against their published schemas.
func (c *coverage) runStatus(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) < 2 || args[1] != "descope-mgmt" {
		ts.Fatalf("usage: status N descope-mgmt ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, isExit := err.(*exec.ExitError) //nolint:errorlint // testscript hands it over unwrapped
		if !isExit {
			ts.Fatalf("run: %v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
	for _, stream := range []string{"stdout", "stderr"} {
		if strings.Contains(ts.ReadFile(stream), scriptKey) {
			ts.Fatalf("the management key stands in %s", stream)
		}
	}
	if told := ts.ReadFile("stderr"); strings.Contains("\n"+told, "\nerror: ") && !strings.Contains(told, "\nhint: ") {
		ts.Fatalf("an error without a next step: %s", told)
	}
	if _, err := c.schemas.Check([]byte(ts.ReadFile("stdout"))); err != nil {
		ts.Fatalf("%v", err)
	}
	c.record(args[2:], Status(got))
}

// runStopped is "stopped N SIGNAL descope-mgmt ARGS…": starts a program that
// serves, waits for its first words, stops it by the signal, and wants exactly
// that exit status. What it said is in the file "said".
func (c *coverage) runStopped(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) < 3 || args[2] != "descope-mgmt" {
		ts.Fatalf("usage: stopped N INT|TERM descope-mgmt ARGS...")
	}
	signal := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}[args[1]]
	cmd := exec.Command(args[2], args[3:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(instruments(), "PATH="+ts.Getenv("PATH"), "HOME="+ts.Getenv("HOME"))
	said, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	first := make([]byte, 4096)
	n, err := said.Read(first)
	ts.Check(err)
	ts.Check(cmd.Process.Signal(signal))
	_, _ = io.Copy(io.Discard, said)
	_ = cmd.Wait() // the status is looked at below
	if got := cmd.ProcessState.ExitCode(); strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit status %d, want %s", got, args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs("said"), first[:n], 0o600))
	c.record(args[3:], Status(cmd.ProcessState.ExitCode()))
}

// record finds out which command the arguments name.
func (c *coverage) record(args []string, status Status) {
	root := newRootCommand(&App{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard})
	cmd, _, err := root.Find(args)
	if err != nil {
		return
	}
	format := formatTable
	for i, arg := range args {
		if value, found := strings.CutPrefix(arg, "--format="); found {
			format = value
		}
		if arg == "--format" && i+1 < len(args) {
			format = args[i+1]
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.runs[coveredRun{command: cmd.CommandPath(), format: format, status: status}] = true
}

// assertComplete wants, of every command: success and a failure in every
// format, and every exit status that its help promises in at least one.
// Internal errors and signals have tests of their own.
func (c *coverage) assertComplete(t *testing.T) {
	t.Helper()
	root := newRootCommand(&App{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard})
	walkCommands(root, func(cmd *cobra.Command) {
		path := cmd.CommandPath()
		statuses := promisedStatuses(t, cmd)
		for _, format := range formatsOf(cmd) {
			if !c.any(path, format, successes(cmd)...) {
				t.Errorf("no script runs %q with --format %s to success", path, format)
			}
			failures := slices.DeleteFunc(slices.Clone(statuses), func(s Status) bool {
				return s == StatusOK || s == StatusChanges || s >= StatusInterrupted
			})
			if !c.any(path, format, failures...) {
				t.Errorf("no script runs %q with --format %s to a failure", path, format)
			}
		}
		for _, status := range statuses {
			if status == StatusInternal || status >= StatusInterrupted {
				continue
			}
			if !c.any(path, "", status) {
				t.Errorf("no script runs %q to exit status %d, which its help promises", path, status)
			}
		}
	})
	for run := range c.runs {
		cmd, _, _ := root.Find(strings.Fields(run.command)[1:])
		if run.status < StatusInterrupted && !slices.Contains(promisedStatuses(t, cmd), run.status) {
			t.Errorf("%q ended with exit status %d, which its help does not promise", run.command, run.status)
		}
	}
}

// successes are the ends of a command that did what it is for; what serves
// until it is stopped ends by a signal.
func successes(cmd *cobra.Command) []Status {
	if cmd.Name() == "emulator" {
		return []Status{StatusInterrupted, StatusTerminated}
	}
	return []Status{StatusOK}
}

func (c *coverage) any(command, format string, statuses ...Status) bool {
	for run := range c.runs {
		if run.command == command && (format == "" || run.format == format) && slices.Contains(statuses, run.status) {
			return true
		}
	}
	return false
}

// walkCommands visits every command that does something itself.
func walkCommands(cmd *cobra.Command, visit func(*cobra.Command)) {
	for _, child := range cmd.Commands() {
		if child.HasAvailableSubCommands() {
			walkCommands(child, visit)
			continue
		}
		visit(child)
	}
}

func promisedStatuses(t *testing.T, cmd *cobra.Command) []Status {
	t.Helper()
	var statuses []Status
	for line := range strings.Lines(cmd.Annotations[exitStatusAnnotation]) {
		number, err := strconv.Atoi(strings.Fields(line)[0])
		if err != nil {
			t.Fatalf("%s: exit status line %q", cmd.CommandPath(), line)
		}
		statuses = append(statuses, Status(number))
	}
	if len(statuses) == 0 && cmd.HasParent() {
		t.Errorf("%s: the help has no EXIT STATUS", cmd.CommandPath())
	}
	return statuses
}

// startEmulator is "emulator [FLAG…]": an emulated project for this script,
// with the credentials in the environment. Flags: no-patch, reject, 404,
// protected-by-name is the script's own affair, latency=D, limit=CLASS=N/W,
// import=live|verbatim, project=ID for one more project with the same key.
func startEmulator(ts *testscript.TestScript, negated bool, args []string) {
	if negated {
		ts.Fatalf("usage: emulator [no-patch] [reject] [404] [latency=D] [limit=CLASS=N/WINDOW] [import=live|verbatim] [project=ID]...")
	}
	options := emulator.Options{
		Projects: []emulator.Project{{ID: scriptProject, ManagementKey: scriptKey}},
		Now:      time.Now,
	}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		var err error
		switch name {
		case "no-patch":
			options.NoPatch = true
		case "reject":
			options.RejectUnknownFields = true
		case "404":
			options.NotFoundStatus = http.StatusNotFound
		case "latency":
			options.Latency, err = time.ParseDuration(value)
		case "import":
			options.ImportBehavior = emulator.ImportBehavior(value)
		case "project":
			options.Projects = append(options.Projects, emulator.Project{ID: value, ManagementKey: scriptKey})
		case "limit":
			options.Limits, err = emulator.ParseLimits([]string{value})
		default:
			ts.Fatalf("unknown emulator flag %q", arg)
		}
		ts.Check(err)
	}
	server, err := emulator.New(options)
	ts.Check(err)
	ctx, cancel := context.WithCancel(context.Background())
	listener, err := emulator.Listen(ctx, "127.0.0.1:0")
	ts.Check(err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	ts.Defer(func() {
		cancel()
		ts.Check(<-served)
	})
	ts.Setenv("DESCOPE_BASE_URL", emulator.URL(listener))
	ts.Setenv("DESCOPE_PROJECT_ID", scriptProject)
	ts.Setenv("DESCOPE_MANAGEMENT_KEY", scriptKey)
}

// callAPI is "api METHOD PATH [BODYFILE]": one call as another client makes it.
// The answer is kept in the file "answer".
func callAPI(ts *testscript.TestScript, negated bool, args []string) {
	request := newScriptRequest(ts, args)
	request.Header.Set("Authorization", "Bearer "+scriptProject+":"+scriptKey)
	send(ts, negated, request)
}

// callControl is "control METHOD PATH [BODYFILE]" on the emulator's control API.
func callControl(ts *testscript.TestScript, negated bool, args []string) {
	args = slices.Clone(args)
	if len(args) > 1 {
		args[1] = "/_emulator/v1/" + args[1]
	}
	request := newScriptRequest(ts, args)
	request.Header.Set("X-Descope-Emulator", "1")
	send(ts, negated, request)
}

func newScriptRequest(ts *testscript.TestScript, args []string) *http.Request {
	if len(args) < 2 {
		ts.Fatalf("usage: METHOD PATH [BODYFILE]")
	}
	var body io.Reader
	if len(args) > 2 {
		body = strings.NewReader(ts.ReadFile(args[2]))
	}
	request, err := http.NewRequestWithContext(context.Background(), args[0], ts.Getenv("DESCOPE_BASE_URL")+args[1], body)
	ts.Check(err)
	request.Header.Set("Content-Type", "application/json")
	return request
}

func send(ts *testscript.TestScript, negated bool, request *http.Request) {
	response, err := http.DefaultClient.Do(request)
	ts.Check(err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	ts.Check(err)
	if failed := response.StatusCode >= 300; failed != negated {
		ts.Fatalf("%s %s: %s: %s", request.Method, request.URL.Path, response.Status, text)
	}
	ts.Check(os.WriteFile(ts.MkAbs("answer"), text, 0o600))
}

// checkCalls is "calls N [PATH]": the number of Descope calls since the last
// "calls reset", all or those to one path.
func checkCalls(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) == 0 {
		ts.Fatalf("usage: calls N [PATH] | calls reset")
	}
	callControl(ts, false, []string{http.MethodGet, "requests"})
	var log struct {
		Requests []struct {
			Path string `json:"path"`
		} `json:"requests"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("answer")), &log))
	if args[0] == "reset" {
		ts.Setenv("CALLS_BEFORE", strconv.Itoa(len(log.Requests)))
		return
	}
	before, _ := strconv.Atoi(ts.Getenv("CALLS_BEFORE"))
	count := 0
	var paths []string
	for _, request := range log.Requests[before:] {
		if len(args) == 1 || request.Path == args[1] {
			count++
			paths = append(paths, request.Path)
		}
	}
	if strconv.Itoa(count) != args[0] {
		ts.Fatalf("%d calls, want %s: %s", count, args[0], strings.Join(paths, " "))
	}
}

// checkJSON is "json FILE PATH VALUE": the file is one JSON document whose
// value at the dotted path has exactly this JSON text ("#" counts an array,
// an empty value only wants the path to exist). "!" wants the path to be absent.
func checkJSON(ts *testscript.TestScript, negated bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: json FILE PATH [VALUE]")
	}
	value, err := resource.ParseValue([]byte(strings.TrimSpace(ts.ReadFile(args[0]))))
	if err != nil {
		ts.Fatalf("%s is not one JSON document: %v", args[0], err)
	}
	found, err := walkJSON(value, strings.Split(strings.Trim(args[1], "."), "."))
	if negated {
		if err == nil && len(args) == 2 {
			ts.Fatalf("%s holds %s: %s", args[0], args[1], found)
		}
		return
	}
	if err != nil {
		ts.Fatalf("%s: %v in %s", args[0], err, value)
	}
	if len(args) > 2 && string(found) != args[2] {
		ts.Fatalf("%s: %s is %s, want %s", args[0], args[1], found, args[2])
	}
}

func walkJSON(value resource.Value, steps []string) (resource.Value, error) {
	for _, step := range steps {
		if step == "" {
			continue
		}
		if items, isArray := asArray(value); isArray {
			if step == "#" {
				value = resource.Value(strconv.Itoa(len(items)))
				continue
			}
			index, err := strconv.Atoi(step)
			if err != nil || index >= len(items) {
				return "", fmt.Errorf("no item %q", step)
			}
			value = items[index]
			continue
		}
		object, _ := value.AsObject()
		member, found := object[step]
		if !found {
			return "", fmt.Errorf("no key %q", step)
		}
		value = member
	}
	return value, nil
}

func asArray(value resource.Value) ([]resource.Value, bool) {
	var raw []json.RawMessage
	if !strings.HasPrefix(string(value), "[") || json.Unmarshal([]byte(value), &raw) != nil {
		return nil, false
	}
	items := make([]resource.Value, 0, len(raw))
	for _, item := range raw {
		items = append(items, resource.Value(item))
	}
	return items, true
}
