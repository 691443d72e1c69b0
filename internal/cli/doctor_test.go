package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/doctor"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// examine runs doctor as JSON in a folder, and reads its document.
func examine(t *testing.T, folder string, args ...string) (doctor.Result, Status) {
	t.Helper()
	var out bytes.Buffer
	status := doctorApp(folder, &out).Run(t.Context(), append([]string{"doctor", "--format", "json"}, args...))
	var document doctor.Result
	if err := json.Unmarshal(out.Bytes(), &document); err != nil {
		t.Fatalf("status %d, %v: %s", status, err, out.String())
	}
	return document, status
}

func doctorApp(folder string, out io.Writer) *App {
	return &App{
		In: strings.NewReader(""), Out: out, Err: io.Discard, WorkDir: folder, Home: filepath.Join(folder, "home"), Now: time.Now,
		Random:  strings.NewReader(strings.Repeat("chance", 10)),
		Environ: []string{"DESCOPE_PROJECT_ID=" + scriptProject, "DESCOPE_MANAGEMENT_KEY=" + scriptKey, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"},
	}
}

// verdictsOf are the verdicts of a document, by check.
func verdictsOf(document doctor.Result) map[string]doctor.Check {
	checks := map[string]doctor.Check{}
	for _, one := range document.Checks {
		checks[one.ID] = one
	}
	return checks
}

// TestDoctorWhereTheNetworkFails: each failure is told from the others, ends in time,
// and is a verdict in a document that is whole.
func TestDoctorWhereTheNetworkFails(t *testing.T) {
	t.Parallel()
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	for name, test := range map[string]struct{ url, says, remedy string }{
		"it accepts, and never answers":   {"http://" + silent.Addr().String(), "says nothing for", "check the network"},
		"it never agrees on a connection": {"https://" + silent.Addr().String(), "no TLS connection to", "check the network"},
		"a certificate that nobody knows": {secure.URL, "no TLS connection to", "is not trusted by this machine"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document, status := examine(t, t.TempDir(), "--base-url", test.url, "--timeout", "300ms")
			checks := verdictsOf(document)
			got := checks[doctor.CheckReachability]
			if status != StatusError || got.Verdict != doctor.Problem || !strings.Contains(got.Summary, test.says) || !strings.Contains(got.Remedy, test.remedy) || len(got.Detail) == 0 {
				t.Errorf("status %d, %+v", status, got)
			}
			for _, entry := range doctor.Catalogue() {
				if entry.Asks && entry.ID != doctor.CheckReachability && checks[entry.ID].Verdict != doctor.Skipped {
					t.Errorf("%s: %+v", entry.ID, checks[entry.ID])
				}
			}
			if checks[doctor.CheckAudit].Verdict != doctor.OK || document.Summary.Problem != 1 {
				t.Errorf("the other checks: %+v", document.Summary)
			}
		})
	}
	document, status := examine(t, t.TempDir(), "--base-url", secure.URL, "--insecure-skip-verify")
	if got := verdictsOf(document)[doctor.CheckReachability]; status != StatusOK || got.Verdict != doctor.Warning {
		t.Errorf("without verification: status %d, %+v", status, got)
	}
}

// TestDoctorAndTheClock: what differs by more than the threshold is a warning with the
// direction, and nothing else is.
func TestDoctorAndTheClock(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ahead   time.Duration // of the server
		verdict doctor.Verdict
		says    string
	}{
		"together":           {0, doctor.OK, "within 1 s of"},
		"close enough":       {-25 * time.Second, doctor.OK, "within 2"},
		"the server behind":  {-2 * time.Minute, doctor.Warning, "ahead of the server's"},
		"the server ahead":   {time.Hour, doctor.Warning, "behind the server's"},
		"a day, with leases": {-24 * time.Hour, doctor.Warning, "24h0m"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", time.Now().Add(test.ahead).UTC().Format(http.TimeFormat))
				_, _ = io.WriteString(w, `{"rateLimitTier":"tier1"}`)
			}))
			t.Cleanup(server.Close)
			document, status := examine(t, t.TempDir(), "--base-url", server.URL)
			if got := verdictsOf(document)[doctor.CheckClock]; status != StatusOK || got.Verdict != test.verdict || !strings.Contains(got.Summary, test.says) {
				t.Errorf("status %d, %+v", status, got)
			}
		})
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Date"] = nil
		_, _ = io.WriteString(w, `{}`)
	}))
	t.Cleanup(server.Close)
	document, _ := examine(t, t.TempDir(), "--base-url", server.URL)
	checks := verdictsOf(document)
	if checks[doctor.CheckClock].Verdict != doctor.Skipped || checks[doctor.CheckLicense].Verdict != doctor.Note {
		t.Errorf("a host that says nothing: %+v", document.Checks)
	}
}

// TestDoctorWritesNothing: after a run there is everything to look at, and nothing of
// it is touched; before the first run nothing is made.
func TestDoctorWritesNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	url := startTestEmulator(t, emulator.Options{})
	if err := os.WriteFile(filepath.Join(folder, "descope.yaml"), []byte("version: \"1.0\"\ntenants:\n  - { id: acme-corp, name: Acme }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	unchanged := func(when string) {
		t.Helper()
		before := photograph(t, folder)
		if _, status := examine(t, folder, "--base-url", url); status != StatusOK {
			t.Errorf("%s: status %d", when, status)
		}
		if after := photograph(t, folder); !slices.Equal(before, after) {
			t.Errorf("%s: it was\n%s\nand is\n%s", when, strings.Join(before, "\n"), strings.Join(after, "\n"))
		}
	}
	unchanged("before the first run")
	if status := doctorApp(folder, io.Discard).Run(t.Context(), []string{"apply", "--yes", "--base-url", url}); status != StatusOK {
		t.Fatalf("apply: status %d", status)
	}
	if len(photograph(t, folder)) < 10 {
		t.Error("the run has left nothing to look at")
	}
	unchanged("after a run")
}

// photograph names everything below a folder, with mode, size and time.
func photograph(t *testing.T, folder string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		all = append(all, strings.Join([]string{path, info.Mode().String(), info.ModTime().Format(time.RFC3339Nano)}, " "))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestDoctorMakesEachCheckOnce: the catalogue is what is checked, in its order, also
// where everything is skipped.
func TestDoctorMakesEachCheckOnce(t *testing.T) {
	t.Parallel()
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "descope.yaml"), []byte("version: 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]struct {
		folder string
		args   []string
	}{
		"well": {t.TempDir(), []string{"--base-url", startTestEmulator(t, emulator.Options{})}}, "offline": {t.TempDir(), []string{"--base-url", "http://127.0.0.1:9"}},
		"broken": {broken, nil}, "no such environment": {t.TempDir(), []string{"-e", "nowhere"}}, "an address that is none": {t.TempDir(), []string{"--base-url", "ftp://example.com"}},
	} {
		document, _ := examine(t, run.folder, run.args...)
		var ids, want []string
		for _, one := range document.Checks {
			ids = append(ids, one.ID)
		}
		for _, entry := range doctor.Catalogue() {
			want = append(want, entry.ID)
		}
		if !slices.Equal(ids, want) {
			t.Errorf("%s: checked %q", name, ids)
		}
		if document.Summary != doctor.Count(document.Checks) {
			t.Errorf("%s: counted %+v", name, document.Summary)
		}
	}
}

// TestDoctorAndWhoCanReplaceTheBinary: the gravest place is the summary, and each
// place is told once.
func TestDoctorAndWhoCanReplaceTheBinary(t *testing.T) {
	t.Parallel()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	folder, binary := filepath.Join(root, "bin"), filepath.Join(root, "bin", "descope-mgmt")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(binary, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := exposed(doctor.CheckBinary, []string{binary}); got.Verdict != doctor.OK {
		t.Errorf("nobody else: %+v", got)
	}
	for path, mode := range map[string]fs.FileMode{folder: 0o777, binary: 0o757} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	got := exposed(doctor.CheckBinary, []string{binary, binary})
	want := []string{binary + " can be written by everybody"}
	if got.Verdict != doctor.Problem || got.status != StatusError || got.Summary != folder+" can be written by everybody" || got.Remedy != "chmod o-w "+folder || !slices.Equal(got.Detail, want) {
		t.Errorf("everybody: %+v", got)
	}
	if got := exposed(doctor.CheckBinary, []string{filepath.Join(root, "nothing")}); got.Verdict != doctor.Warning {
		t.Errorf("nothing there: %+v", got)
	}
}

// TestDoctorReadsWell: our own sentences keep to 80 columns, whatever is found, and
// nothing that a terminal obeys comes through.
func TestDoctorReadsWell(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 60)
	document := doctor.Result{Checks: []doctor.Check{
		{ID: doctor.CheckBuild, Verdict: doctor.OK, Summary: "1.0\x1b[31m", Detail: []string{"hidden"}},
		{ID: doctor.CheckGit, Verdict: doctor.Warning, Summary: long, Detail: []string{long}, Remedy: long},
		{ID: doctor.CheckSettings, Verdict: doctor.Note, Summary: "/" + strings.Repeat("a", 100) + " is a path"},
		{ID: doctor.CheckLock, Environment: "dev", Verdict: doctor.Skipped, Summary: "why"},
		{ID: doctor.CheckAudit, Environment: "dev", Verdict: doctor.Skipped, Summary: "why"},
		{ID: doctor.CheckJournals, Environment: "dev", Verdict: doctor.Skipped, Summary: "why"},
		{ID: doctor.CheckJournals, Environment: "prod", Verdict: doctor.Problem, Summary: "damaged"},
	}}
	document.Summary = doctor.Count(document.Checks)
	out := page{look: style{width: usualWidth}}
	doctorView(&App{}, document)(&out)
	for line := range strings.Lines(out.String()) {
		if displayWidth(strings.TrimSuffix(line, "\n")) > usualWidth && !strings.Contains(line, "aaaa") && !strings.Contains(line, "remedy:") {
			t.Errorf("too wide: %q", line)
		}
	}
	for _, want := range []string{
		"  = ok       build          1.0\\x1b[31m\n", "\nConfiguration\n  ? note     settings       /aaa", "a\n" + strings.Repeat(" ", 28) + "is a path\n",
		"\nEnvironment dev\n  . skipped  3 checks       why: lock, audit, journals\n\nEnvironment prod\n  ! problem  journals       damaged\n",
		"\n7 checks: 1 ok, 1 note, 1 warning, 1 problem, 3 skipped.\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "hidden") {
		t.Error("details of what is well are shown without -v")
	}
	out.Reset()
	out.look.color = true
	app := &App{}
	app.flags.verbose = true
	doctorView(app, document)(&out)
	if !strings.Contains(out.String(), "hidden") || !strings.Contains(out.String(), "\x1b[") {
		t.Errorf("with -v and colour: %q", out.String())
	}
}

// TestDoctorEndsWhereTheMachineDoesNotAnswer: a look that hangs, as at a disk on a
// network that is gone, does not keep a signal from ending the command.
func TestDoctorEndsWhereTheMachineDoesNotAnswer(t *testing.T) {
	t.Parallel()
	app := doctorApp(t.TempDir(), io.Discard)
	ctx, cancel := context.WithCancelCause(t.Context())
	hangs, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	app.Now = func() time.Time {
		if app.forOthers { // it has begun to look
			once.Do(func() {
				close(hangs)
				<-release
			})
		}
		return time.Now()
	}
	go func() {
		<-hangs
		cancel(&signalError{signal: syscall.SIGTERM})
	}()
	if status := app.Run(ctx, []string{"doctor", "--base-url", "http://127.0.0.1:9"}); status != statusOfSignal(syscall.SIGTERM) {
		t.Errorf("status %d", status)
	}
	close(release)
}
