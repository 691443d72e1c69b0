package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// everywhereApp is an App in a folder of its own, and what it prints.
func everywhereApp(t *testing.T, configuration string, variables ...string) (*App, *bytes.Buffer, *bytes.Buffer) {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "descope.yaml"), []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	return &App{
		In: strings.NewReader(""), Out: &out, Err: &errs, WorkDir: folder, Home: folder, Now: time.Now, Random: rand.NewChaCha8([32]byte{1}),
		Backoff: descope.Backoff{First: time.Millisecond, Most: 2 * time.Millisecond}, Environ: append(variables, "K="+scriptKey),
	}, &out, &errs
}

// everywhereConfig configures environments, each a project with the script's key.
func everywhereConfig(url string, names []string, tenants string) string {
	text := "version: \"1.0\"\nenvironments:\n"
	for _, name := range names {
		text += fmt.Sprintf("  %s: { project_id: P2%s, management_key: \"${K}\", base_url: %q }\n", name, name, url)
	}
	return text + "tenants: " + tenants + "\n"
}

func everywhereProjects(names ...string) []emulator.Project {
	var projects []emulator.Project
	for _, name := range names {
		projects = append(projects, emulator.Project{ID: "P2" + name, ManagementKey: scriptKey})
	}
	return projects
}

// environmentsAnswer is the document of all environments as a machine reads it.
type environmentsAnswer struct {
	FormatVersion string `json:"format_version"`
	Environments  []struct {
		Environment string           `json:"environment"`
		ProjectID   *string          `json:"project_id"`
		ExitStatus  Status           `json:"exit_status"`
		Error       *errorBody       `json:"error"`
		Plan        *resource.Plan   `json:"plan"`
		Report      *resource.Report `json:"report"`
	} `json:"environments"`
	Summary environmentsSummary `json:"summary"`
}

func readEnvironments(t *testing.T, text []byte) (answer environmentsAnswer, statuses map[string]Status) {
	t.Helper()
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	statuses = map[string]Status{}
	for _, one := range answer.Environments {
		statuses[one.Environment] = one.ExitStatus
	}
	return answer, statuses
}

// unevenWorld are five environments: two are well, one is down, one has a wrong key,
// and one is at its limit.
func unevenWorld(t *testing.T) (configuration string) {
	t.Helper()
	well := startTestEmulator(t, emulator.Options{Projects: everywhereProjects("test", "dev", "staging")})
	limited := startTestEmulator(t, emulator.Options{Projects: everywhereProjects("devtest")})
	controlEmulator(t, http.MethodPost, limited, "faults", `{"match":{"count":0},"do":{"status":429,"headers":{"Retry-After":"0"}}}`)
	down := httptest.NewServer(nil)
	down.Close()
	return fmt.Sprintf(`version: "1.0"
environments:
  test: { project_id: P2test, management_key: "${K}", base_url: %q }
  devtest: { project_id: P2devtest, management_key: "${K}", base_url: %q }
  dev: { project_id: P2dev, management_key: "${WRONG}", base_url: %q }
  down: { project_id: P2down, management_key: "${K}", base_url: %q }
  staging: { project_id: P2staging, management_key: "${K}", base_url: %q }
tenants: [ { id: acme, name: Acme }, { id: beta, name: Beta } ]
`, well, limited, well, down.URL, well)
}

func TestFailuresInSomeEnvironmentsHideNoOther(t *testing.T) {
	const wrong = "Kwrongwrongwrong"
	want := map[string]Status{"test": StatusOK, "devtest": StatusRateLimited, "dev": StatusAuth, "down": StatusError, "staging": StatusOK}
	for name, args := range map[string][]string{
		"reading": {"plan"}, "writing": {"tenant", "sync", "--yes", "--no-input"},
	} {
		t.Run(name, func(t *testing.T) {
			configuration := unevenWorld(t)
			app, out, errs := everywhereApp(t, configuration, "WRONG="+wrong)
			status := app.Run(t.Context(), append(slices.Clone(args), "--all-environments", "--format", "json"))
			answer, statuses := readEnvironments(t, out.Bytes())
			if status != StatusAuth || answer.Summary.ExitStatus != status {
				t.Errorf("status %d, in the document %d, want %d", status, answer.Summary.ExitStatus, StatusAuth)
			}
			for environment, status := range want {
				if statuses[environment] != status {
					t.Errorf("%s: status %d, want %d: %s", environment, statuses[environment], status, errs)
				}
			}
			for _, i := range []int{0, 4} {
				one := answer.Environments[i]
				made := one.Plan
				if one.Report != nil {
					made = one.Report.Plan
				}
				if one.Error != nil || made == nil || made.Summary.Create != 2 {
					t.Errorf("%s is not complete: %s", one.Environment, out)
				}
			}
			if answer.Summary.Succeeded != 2 || answer.Summary.Failed != 3 || answer.Summary.Environments != 5 {
				t.Errorf("summary %+v", answer.Summary)
			}
			if !strings.Contains(errs.String(), "dev: error: ") || strings.Contains(errs.String()+out.String(), wrong) {
				t.Errorf("the error stream: %s", errs)
			}
		})
	}
}

func TestTableOfAllEnvironmentsIsInOrder(t *testing.T) {
	app, out, _ := everywhereApp(t, unevenWorld(t), "WRONG=Kwrongwrongwrong")
	if status := app.Run(t.Context(), []string{"plan", "--all-environments"}); status != StatusAuth {
		t.Errorf("status %d", status)
	}
	wanted := regexp.MustCompile(`(?s)^Environment test, project P2test.*\n\nEnvironment staging, project P2staging.*\n\nNAME +PROJECT +RESULT\n` +
		`test +P2test +2 to create\ndevtest +P2devtest +failed: .*429.*\ndev +P2dev +failed: .*401.*\n` +
		`down +P2down +failed: .*unreachable.*\nstaging +P2staging +2 to create\n\n5 environments: 2 succeeded, 3 failed\.\n$`)
	if !wanted.MatchString(out.String()) {
		t.Errorf("printed:\n%s", out)
	}
}

func TestWrongConfigurationStopsAllEnvironmentsBeforeAnything(t *testing.T) {
	names := []string{"test", "dev"}
	url := startTestEmulator(t, emulator.Options{Projects: everywhereProjects(names...)})
	good := everywhereConfig(url, names, "[ { id: acme, name: Acme } ]")
	for name, c := range map[string]struct {
		configuration string
		args          []string
		want          string
	}{
		"invalid":               {good + "bogus: 1\n", nil, "bogus"},
		"no environments":       {"version: \"1.0\"\ntenants: []\n", nil, "no environments"},
		"the same project":      {strings.ReplaceAll(good, "P2dev", "P2test"), nil, "the same project"},
		"a hostile address":     {strings.Replace(good, url, "http://example.com", 1), nil, "base_url must use https"},
		"another address":       {good, []string{"--base-url", "http://127.0.0.1:9"}, "disagrees"},
		"with -e":               {good, []string{"-e", "dev"}, "-e and --all-environments"},
		"with --project-id":     {good, []string{"--project-id", "P2dev"}, "--project-id and --all-environments"},
		"deletes without names": {good, []string{"--allow-deletes", "1"}, "in which environment"},
		"deletes of nobody's":   {good, []string{"--allow-deletes", "dve=1"}, "dve"},
		"confirms nobody's":     {good, []string{"--confirm-environment", "prod"}, "prod"},
	} {
		t.Run(name, func(t *testing.T) {
			app, out, errs := everywhereApp(t, c.configuration)
			status := app.Run(t.Context(), append([]string{"tenant", "sync", "--all-environments", "--yes"}, c.args...))
			if status != StatusUsage || !strings.Contains(errs.String(), c.want) || out.Len() > 0 {
				t.Errorf("status %d, printed %s%s", status, out, errs)
			}
		})
	}
	if requests := controlEmulator(t, http.MethodGet, url, "requests", ""); strings.Contains(string(requests), "/v1/mgmt/") {
		t.Errorf("something was sent: %s", requests)
	}
}

func TestInterruptionStopsTheEnvironmentsThatFollow(t *testing.T) {
	names := []string{"one", "two", "three", "four", "five"}
	target, err := url.Parse(startTestEmulator(t, emulator.Options{Projects: everywhereProjects(names...)}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	toTheEmulator, created := httputil.NewSingleHostReverseProxy(target), 0
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/mgmt/tenant/create" && strings.Contains(r.Header.Get("Authorization"), "P2two") {
			if created++; created == 2 {
				cancel(&signalError{signal: os.Interrupt})
			}
		}
		toTheEmulator.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	app, out, errs := everywhereApp(t, everywhereConfig(proxy.URL, names, "[ { id: aaa, name: A }, { id: bbb, name: B }, { id: ccc, name: C } ]"))
	status := app.Run(ctx, []string{"apply", "--all-environments", "--yes", "--no-input", "--max-workers", "1", "--format", "json"})
	answer, statuses := readEnvironments(t, out.Bytes())
	want := map[string]Status{"one": StatusOK, "two": StatusInterrupted, "three": StatusInterrupted, "four": StatusInterrupted, "five": StatusInterrupted}
	if status != StatusInterrupted || fmt.Sprint(statuses) != fmt.Sprint(want) {
		t.Errorf("status %d, %v, want %v: %s", status, statuses, want, errs)
	}
	if answer.Summary.NotRun != 3 || answer.Summary.Succeeded != 1 || answer.Summary.Failed != 1 {
		t.Errorf("summary %+v", answer.Summary)
	}
	second := answer.Environments[1].Report
	if second == nil || second.Summary.Succeeded == 0 || second.Summary.Skipped+second.Summary.Unknown == 0 {
		t.Errorf("the second environment says of itself: %+v", second)
	}
	for _, one := range answer.Environments[2:] {
		if one.Report != nil || one.Error == nil || one.Error.Code != "not_run" {
			t.Errorf("%s: %+v", one.Environment, one.Error)
		}
	}
}

// inProcess makes an App ready for one command without parsing any.
func inProcess(t *testing.T, configuration string, format string) (*App, *bytes.Buffer, *bytes.Buffer) {
	t.Helper()
	app, out, errs := everywhereApp(t, configuration)
	app.redact = newRedactor(app.Out, app.Err)
	app.Out, app.Err = app.redact.out, app.redact.err
	app.env, app.flags.format, app.log = environment(app.Environ), format, slog.New(slog.DiscardHandler)
	return app, out, errs
}

func TestPanicInOneEnvironmentHidesNoOther(t *testing.T) {
	names := []string{"one", "two", "three"}
	for _, writing := range []bool{false, true} {
		app, out, errs := inProcess(t, everywhereConfig("http://127.0.0.1:9", names, "[]"), formatJSON)
		err := app.inEnvironments(t.Context(), true, everywhere{document: "report", writing: writing}, func(_ context.Context, child *App) error {
			if child.flags.environment == "two" {
				panic(scriptKey)
			}
			return child.show(resource.Report{Environment: &child.flags.environment}, func(io.Writer) {})
		})
		answer, statuses := readEnvironments(t, out.Bytes())
		want := map[string]Status{"one": StatusOK, "two": StatusInternal, "three": StatusOK}
		if StatusOf(err) != StatusInternal || fmt.Sprint(statuses) != fmt.Sprint(want) {
			t.Errorf("status %d, %v, want %v", StatusOf(err), statuses, want)
		}
		for i, one := range answer.Environments {
			if (one.Report == nil) != (i == 1) {
				t.Errorf("%s: %s", one.Environment, out)
			}
		}
		if strings.Contains(out.String()+errs.String(), scriptKey) || !strings.Contains(errs.String(), "two: error: internal error") {
			t.Errorf("printed %s", errs)
		}
	}
}

// TestOutputThatCannotBeWrittenIsNotLost takes the folder of the output away while
// the command runs.
func TestOutputThatCannotBeWrittenIsNotLost(t *testing.T) {
	for _, writing := range []bool{false, true} {
		app, out, errs := inProcess(t, everywhereConfig("http://127.0.0.1:9", []string{"one", "two"}, "[]"), formatTable)
		app.flags.output = "gone/report.txt"
		err := app.inEnvironments(t.Context(), true, everywhere{document: "report", writing: writing}, func(_ context.Context, child *App) error {
			return child.show(resource.Report{}, func(w io.Writer) { fmt.Fprintln(w, "what was done in", child.flags.environment) })
		})
		want := StatusOK
		if !writing {
			want = StatusError
		}
		if StatusOf(err) != want || !strings.Contains(errs.String(), "gone/report.txt") {
			t.Errorf("status %d: %s", StatusOf(err), errs)
		}
		if !strings.Contains(out.String(), "what was done in one\n\nwhat was done in two\n\nNAME") {
			t.Errorf("printed %s", out)
		}
	}
}

// TestStatusOfAll holds the order of design, with every pair of statuses.
func TestStatusOfAll(t *testing.T) {
	order := []Status{130, 143, 9, 70, 3, 4, 7, 1, 5, 6, 8, 2, 0}
	for i, first := range order {
		for _, second := range order[i:] {
			if got := statusOfAll([]Status{second, StatusOK, first}); got != first {
				t.Errorf("%d and %d give %d", first, second, got)
			}
		}
	}
	if got := statusOfAll(nil); got != StatusOK {
		t.Errorf("of none: %d", got)
	}
}

func TestPromptsComeOneEnvironmentAfterTheOther(t *testing.T) {
	names := []string{"test", "prod"}
	url := startTestEmulator(t, emulator.Options{Projects: everywhereProjects(names...)})
	app, out, errs := everywhereApp(t, everywhereConfig(url, names, "[ { id: acme, name: Acme } ]"))
	app.In, app.Terminal.Interactive = strings.NewReader("yes\nprod\n"), true
	if status := app.Run(t.Context(), []string{"tenant", "sync", "--all-environments"}); status != StatusOK {
		t.Errorf("status %d: %s", status, errs)
	}
	for _, want := range []string{
		"Reading", "test: This creates 1 in environment test, project ", "test: Only yes is accepted [no]: ",
		"prod: Environment prod is protected. This creates 1 in project ", "prod: Type its name to go on [no]: ",
	} {
		if strings.Contains(errs.String(), want) == (want == "Reading") { // one after the other, so that nothing is foretold
			t.Errorf("%q: %s", want, errs)
		}
	}
	if strings.Count(out.String(), "applied: 1 of 1") != 2 {
		t.Errorf("printed %s", out)
	}
}

func TestKeysOfAllEnvironmentsAreHiddenInAll(t *testing.T) {
	const others = "Kothers0others0others0"
	address := startTestEmulator(t, emulator.Options{Projects: append(everywhereProjects("test"), emulator.Project{ID: "P2last", ManagementKey: others})})
	controlEmulator(t, http.MethodPut, address, "state", `{"projects":[{"id":"P2test","tenants":[{"id":"acme","name":"Acme `+others+`"}]}]}`)
	configuration := strings.Replace(everywhereConfig(address, []string{"test", "last"}, "[ { id: acme, name: Acme } ]"),
		`P2last, management_key: "${K}"`, `P2last, management_key: "${SECOND}"`, 1)
	for _, format := range formats {
		for _, file := range []string{"", "plan.txt"} {
			app, out, errs := everywhereApp(t, configuration, "SECOND="+others)
			args := []string{"plan", "--all-environments", "--format", format}
			if file != "" {
				args = append(args, "-o", file)
			}
			if status := app.Run(t.Context(), args); status != StatusOK {
				t.Fatalf("status %d: %s", status, errs)
			}
			text := out.String() + errs.String()
			if file != "" {
				written, err := os.ReadFile(filepath.Join(app.WorkDir, file))
				if err != nil {
					t.Fatal(err)
				}
				text += string(written)
			}
			if strings.Contains(text, others) || strings.Contains(text, scriptKey) || !strings.Contains(text, "P2last") {
				t.Errorf("%s %s: %s", format, file, text)
			}
		}
	}
}

func TestDeletesAreApprovedForEachEnvironment(t *testing.T) {
	names := []string{"test", "dev"}
	address := startTestEmulator(t, emulator.Options{Projects: everywhereProjects(names...)})
	state := `{"projects":[{"id":"P2test","tenants":[{"id":"old","name":"Old"}]},{"id":"P2dev","tenants":[{"id":"old","name":"Old"}]}]}`
	controlEmulator(t, http.MethodPut, address, "state", state)
	sync := func(args ...string) (Status, string) {
		app, out, errs := everywhereApp(t, everywhereConfig(address, names, "[ { id: old, state: absent } ]"))
		status := app.Run(t.Context(), append([]string{"tenant", "sync", "--all-environments", "--yes"}, args...))
		return status, out.String() + errs.String()
	}
	if status, text := sync(); status != StatusRefused || !strings.Contains(text, "give --allow-deletes test=1") || !strings.Contains(text, "give --allow-deletes dev=1") {
		t.Errorf("without approval: status %d: %s", status, text)
	}
	if status, text := sync("--allow-deletes", "test=1", "--allow-deletes", "dev=2"); status != StatusRefused || !strings.Contains(text, "--allow-deletes dev=2, but the plan deletes 1") {
		t.Errorf("one is wrong: status %d: %s", status, text)
	}
	if status, text := sync("--allow-deletes", "dev=1"); status != StatusOK || strings.Count(text, "applied: 1 of 1") != 1 {
		t.Errorf("the other: status %d: %s", status, text)
	}
}

// TestProtectedEnvironmentDoesNotWaitForTheOthers reads more in four environments
// than the limit of the fifth allows together: did it not take its slots first, it
// would wait for a minute.
func TestProtectedEnvironmentDoesNotWaitForTheOthers(t *testing.T) {
	names := []string{"aaa", "bbb", "ccc", "ddd", "prod"}
	var live, wanted, projects []string
	for i := range 30 {
		live = append(live, fmt.Sprintf(`{"id":"tenant-%02d","name":"T%d"}`, i, i))
		wanted = append(wanted, fmt.Sprintf("{ id: tenant-%02d, name: T%d, settings: { enabled: true } }", i, i))
	}
	for _, name := range names {
		projects = append(projects, fmt.Sprintf(`{"id":"P2%s","tenants":[%s]}`, name, strings.Join(live, ",")))
	}
	address := startTestEmulator(t, emulator.Options{Projects: everywhereProjects(names...)})
	controlEmulator(t, http.MethodPut, address, "state", `{"projects":[`+strings.Join(projects, ",")+`]}`)
	app, _, errs := everywhereApp(t, everywhereConfig(address, names, "[ "+strings.Join(wanted, ", ")+" ]"))
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	if status := app.Run(ctx, []string{"plan", "--all-environments"}); status != StatusOK {
		t.Errorf("status %d: %s", status, errs)
	}
	if !strings.Contains(errs.String(), "Reading 5 environments: 155 calls, about ") {
		t.Errorf("told %s", errs)
	}
}

func TestMemoryIsSharedByAllEnvironments(t *testing.T) {
	names := []string{"aaa", "bbb", "ccc", "ddd", "eee"}
	limits, err := emulator.ParseLimits([]string{"tenant=2/200ms"})
	if err != nil {
		t.Fatal(err)
	}
	address := startTestEmulator(t, emulator.Options{Projects: everywhereProjects(names...), Limits: limits})
	configuration := everywhereConfig(address, names, "[ { id: acme, name: Acme } ]") + "performance: { rate_limit_buffer: 1, rate_limits: { tenant: 2/200ms } }\n"
	app, out, errs := everywhereApp(t, configuration)
	app.Home = ""
	if status := app.Run(t.Context(), []string{"plan", "--all-environments"}); status != StatusOK {
		t.Errorf("status %d: %s", status, errs)
	}
	if strings.Contains(errs.String(), "429") || strings.Count(errs.String(), "for this process alone") != 1 || strings.Count(out.String(), "1 to create\n") != len(names) {
		t.Errorf("printed %s%s", out, errs)
	}
}
