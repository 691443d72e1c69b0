package cli

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

func TestTheTerminalIsWhatStreamsAndVariablesSay(t *testing.T) {
	screen := streams{in: true, out: true, err: true, outWidth: 100, errWidth: 100}
	piped := streams{in: true, err: true, errWidth: 100}
	full := Terminal{Interactive: true, OutColor: true, ErrColor: true, OutWidth: 100, ErrWidth: 100, Redraw: true, Unicode: true}
	pipe := Terminal{Interactive: true, ErrColor: true, ErrWidth: 100, Redraw: true, Unicode: true}
	with := func(terminal Terminal, change func(*Terminal)) Terminal { change(&terminal); return terminal }
	noColor := func(terminal *Terminal) { *terminal = terminal.plain() }
	noRedraw := func(terminal *Terminal) { terminal.Redraw = false }
	ascii := func(terminal *Terminal) { terminal.Unicode = false }
	cases := map[string]struct {
		streams streams
		env     string // added to TERM and LANG
		goos    string // linux where it is empty
		want    Terminal
	}{
		"a terminal":                          {screen, "", "", full},
		"standard output is a pipe":           {piped, "", "", pipe},
		"nothing is a terminal":               {streams{}, "", "", Terminal{Unicode: true}},
		"a width that nobody knows":           {streams{out: true}, "", "", Terminal{OutColor: true, OutWidth: 80, Unicode: true}},
		"NO_COLOR":                            {screen, "NO_COLOR=1", "", with(full, noColor)},
		"NO_COLOR of any value":               {screen, "NO_COLOR=0", "", with(full, noColor)},
		"an empty NO_COLOR":                   {screen, "NO_COLOR=", "", full},
		"CLICOLOR_FORCE in a pipe":            {piped, "CLICOLOR_FORCE=1", "", with(pipe, func(t *Terminal) { t.OutColor = true })},
		"CLICOLOR_FORCE=0":                    {piped, "CLICOLOR_FORCE=0", "", pipe},
		"NO_COLOR goes before CLICOLOR_FORCE": {piped, "CLICOLOR_FORCE=1 NO_COLOR=1", "", with(pipe, noColor)},
		"a dumb terminal":                     {screen, "TERM=dumb", "", with(with(full, noColor), noRedraw)},
		"a terminal without a name":           {screen, "TERM=", "", with(with(full, noColor), noRedraw)},
		"a dumb terminal that is forced":      {screen, "TERM=dumb CLICOLOR_FORCE=1", "", with(full, noRedraw)},
		"Windows names no terminal":           {screen, "TERM= LANG=", "windows", full},
		"ACCESSIBLE":                          {screen, "ACCESSIBLE=1", "", with(full, noRedraw)},
		"ACCESSIBLE=0":                        {screen, "ACCESSIBLE=0", "", full},
		"the C locale":                        {screen, "LANG=C", "", with(full, ascii)},
		"no locale":                           {screen, "LANG=", "", with(full, ascii)},
		"an old locale":                       {screen, "LANG=de_DE.ISO-8859-1", "", with(full, ascii)},
		"LC_ALL goes first":                   {screen, "LC_ALL=POSIX LC_CTYPE=en_US.UTF-8", "", with(full, ascii)},
		"LC_CTYPE goes before LANG":           {screen, "LC_CTYPE=en_US.utf8 LANG=C", "", full},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			env := environment(append([]string{"TERM=xterm", "LANG=en_US.UTF-8"}, strings.Fields(c.env)...))
			if c.goos == "" {
				c.goos = "linux"
			}
			got := terminalOf(c.streams, func(name string) string { return env[name] }, c.goos)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// screenOf runs the program on a terminal of so many columns and returns what it
// writes there.
func screenOf(t *testing.T, app *App, columns uint16, env, args string) string {
	t.Helper()
	cmd := runBinary(t, app, strings.Fields(args)...)
	cmd.Env = append(cmd.Env, "TERM=xterm", "LANG=en_US.UTF-8")
	cmd.Env = append(cmd.Env, strings.Fields(env)...)
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: columns})
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	defer func() { _ = terminal.Close() }()
	var screen bytes.Buffer
	_, _ = io.Copy(&screen, terminal) // ends with an error of the terminal, as all of them do
	_ = cmd.Wait()
	return screen.String()
}

const longNames = "version: \"1.0\"\ntenants:\n" +
	"  - { id: acme, name: Acme }\n" +
	"  - { id: nagoya, name: \"名古屋市の水族館とプラネタリウムと動物園と植物園の友の会の長い名前\", self_provisioning_domains: [nagoya-no-suizokukan.example, nagoya-no-dobutsuen.example] }\n" +
	"  - { id: family, name: \"👨‍👩‍👧‍👦 family 👩🏽‍🚀 and a name that is much longer than any column would like\" }\n"

func TestColourIsWhereATerminalAndTheVariablesWantIt(t *testing.T) {
	const escape = "\x1b["
	url := startTestEmulator(t, emulator.Options{})
	app, _, _ := person(t, url, longNames)
	cases := map[string]struct {
		env, args string
		colour    bool
	}{
		"plan":                      {"", "plan", true},
		"an error":                  {"", "tenant get nobody", true},
		"a table":                   {"", "tenant list", true},
		"env check":                 {"DESCOPE_MANAGEMENT_KEY=wrongwrongwrong", "env check", true},
		"an error of the arguments": {"", "plan --nope", true},
		"NO_COLOR":                  {"NO_COLOR=1", "plan", false},
		"--no-color":                {"", "plan --no-color", false},
		"--no-color and an error of the arguments": {"", "plan --nope --no-color", false},
		"a dumb terminal":                          {"TERM=dumb", "plan", false},
		"a document":                               {"", "plan --format json", false},
		"NO_COLOR goes first":                      {"NO_COLOR=1 CLICOLOR_FORCE=1", "tenant get nobody", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if screen := screenOf(t, app, 80, c.env, c.args); strings.Contains(screen, escape) != c.colour {
				t.Errorf("colour is there: %v\n%q", !c.colour, screen)
			}
		})
	}
	for name, want := range map[string]bool{"CLICOLOR_FORCE=1": true, "CLICOLOR_FORCE=0": false, "TERM=xterm": false} {
		cmd := runBinary(t, app, "plan", "--quiet")
		cmd.Env = append(cmd.Env, name)
		if text, err := cmd.Output(); err != nil || strings.Contains(string(text), escape) != want {
			t.Errorf("in a pipe, with %s, colour is there: %v (%v)\n%q", name, !want, err, text)
		}
	}
	cmd := runBinary(t, app, "plan", "--quiet", "-o", "plan.txt")
	cmd.Env = append(cmd.Env, "CLICOLOR_FORCE=1")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(app.WorkDir, "plan.txt")); err != nil || strings.Contains(string(text), escape) {
		t.Errorf("a file has colour (%v): %q", err, text)
	}
}

func TestProgressIsDrawnOverOnlyWhereItCanBe(t *testing.T) {
	for name, c := range map[string]struct {
		env  string
		want bool
	}{
		"a terminal":      {"", true},
		"a dumb terminal": {"TERM=dumb", false},
		"a screen reader": {"ACCESSIBLE=1", false},
		"a CI job":        {"CI=true", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := startTestEmulator(t, emulator.Options{Latency: 3 * drawEvery})
			app, _, _ := person(t, url, longNames)
			screen := screenOf(t, app, 40, c.env, "apply --yes")
			if strings.Contains(screen, clearLine) != c.want {
				t.Errorf("drawn over: %v\n%q", !c.want, screen)
			}
			// The time that the run took decides where the summary is broken.
			if !strings.Contains(strings.Join(strings.Fields(screen), " "), "3 created") {
				t.Errorf("no summary: %q", screen)
			}
			for line := range strings.SplitSeq(screen, clearLine) {
				if first, _, _ := strings.Cut(line, "\r"); strings.Contains(first, "changes done") && displayWidth(first) >= 40 {
					t.Errorf("the line %q goes on in the next row, and stays there", first)
				}
			}
		})
	}
}

func TestATableFitsTheTerminalAndAPipeHasAllOfIt(t *testing.T) {
	url := startTestEmulator(t, emulator.Options{})
	app, _, _ := person(t, url, longNames)
	if got := app.Run(t.Context(), []string{"apply", "--yes"}); got != StatusOK {
		t.Fatalf("set-up: status %d", got)
	}
	const wide, long = "名古屋市の水族館とプラネタリウムと動物園と植物園の友の会の長い名前", "nagoya-no-dobutsuen.example"
	screen := screenOf(t, app, 80, "NO_COLOR=1", "tenant list")
	for line := range strings.SplitSeq(screen, "\r\n") {
		if displayWidth(line) > 80 {
			t.Errorf("%d columns: %s", displayWidth(line), line)
		}
	}
	if !strings.Contains(screen, "…") || !strings.Contains(screen, "nagoya ") || strings.Contains(screen, wide) {
		t.Errorf("printed\n%s", screen)
	}
	if ascii := screenOf(t, app, 80, "NO_COLOR=1 LC_ALL=C", "tenant list"); strings.Contains(ascii, "…") || !strings.Contains(ascii, "... ") {
		t.Errorf("in the C locale\n%s", ascii)
	}
	if wider := screenOf(t, app, 200, "NO_COLOR=1", "tenant list"); !strings.Contains(wider, wide) || !strings.Contains(wider, long) {
		t.Errorf("on 200 columns\n%s", wider)
	}
	text, err := runBinary(t, app, "tenant", "list").Output()
	if err != nil || !strings.Contains(string(text), wide) || !strings.Contains(string(text), long) {
		t.Errorf("in a pipe (%v)\n%s", err, text)
	}
}

func TestAReaderThatWentAwayEndsNothingInItsMiddle(t *testing.T) {
	url := startTestEmulator(t, emulator.Options{})
	setup, _, _ := person(t, url, twoTenants)
	if got := setup.Run(t.Context(), []string{"apply", "--yes"}); got != StatusOK {
		t.Fatalf("set-up: status %d", got)
	}
	app, _, _ := person(t, url, strings.Replace(twoTenants, "name: Acme", "name: Other", 1)+"environments: { one: {}, two: { project_id: P2other } }\n")
	app.Home = setup.Home
	cases := map[string]struct {
		args string
		want int
		told string // what is on the error stream; nothing where it is empty
	}{
		"a list":                    {"tenant list -e one", 0, ""},
		"a document":                {"tenant list -e one --format json", 0, ""},
		"flows":                     {"flow list -e one", 0, ""},
		"a plan":                    {"plan -e one", 0, ""},
		"a plan, with its status":   {"plan -e one --detailed-exitcode", 2, ""},
		"a drift, with its status":  {"drift detect -e one --detailed-exitcode", 2, ""},
		"a comparison":              {"backup diff latest -e one --detailed-exitcode", 2, ""},
		"backups":                   {"backup list", 0, ""},
		"the help":                  {"plan --help", 0, ""},
		"an error stays one":        {"tenant get nobody -e one", 1, "error: "},
		"a write that nobody sees":  {"apply -e one --yes", 1, "error: the plan cannot be shown, nothing was sent"},
		"a dry run":                 {"apply -e one --dry-run", 0, ""},
		"a write with one document": {"apply -e one --yes --format json", 0, "1 updated"}, // it comes last: what was done is not lost
	}
	for _, name := range []string{ // in this order: the last one writes
		"a list", "a document", "flows", "a plan", "a plan, with its status", "a drift, with its status", "a comparison", "backups", "the help",
		"an error stays one", "a write that nobody sees", "a dry run", "a write with one document",
	} {
		c := cases[name]
		t.Run(name, func(t *testing.T) {
			reader, writer, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			_ = reader.Close()
			var errs bytes.Buffer
			cmd := runBinary(t, app, append(strings.Fields(c.args), "--quiet")...)
			cmd.Stdout, cmd.Stderr = writer, &errs
			_ = cmd.Run()
			_ = writer.Close()
			if got := cmd.ProcessState.ExitCode(); got != c.want {
				t.Errorf("exit status %d, want %d", got, c.want)
			}
			if c.told == "" && errs.Len() > 0 || !strings.Contains(errs.String(), c.told) || strings.Contains(errs.String(), "goroutine") {
				t.Errorf("the error stream has %q", errs.String())
			}
		})
	}
}

func TestEscapesInDataAreHarmlessOnEitherStream(t *testing.T) {
	const hostile = "\x1b]0;owned\x07\x1b[2J\u202eevil\u009b31m ##[error]no ##vso[task.complete]"
	url := startTestEmulator(t, emulator.Options{})
	state := `{"projects":[{"id":"` + scriptProject + `","tenants":[{"id":"acme","name":` + string(mustJSON(t, hostile)) + `},{"id":"::error::no","name":"x"}]}]}`
	controlEmulator(t, "PUT", url, "state", state)
	app, _, _ := person(t, url, twoTenants)
	for _, args := range []string{
		"tenant list", "tenant get acme", "plan -v", "drift detect", "apply --yes", "undo --yes", "project show", "tenant get ::error::no",
		"tenant get \x1b[31mred", "plan --target tenant/\x1b[31m##[error]x", "-e \x1b[2J plan", "\x1b[31mcommand", "--format \x1b[31m plan",
	} {
		cmd := runBinary(t, app, strings.Split(args, " ")...)
		text, err := cmd.CombinedOutput()
		if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
			t.Fatal(err)
		}
		for _, bad := range []string{"\x1b", "\x07", "\u202e", "\u009b", "##[", "##vso["} {
			if strings.Contains(string(text), bad) {
				t.Errorf("%q prints %q: %q", args, bad, text)
			}
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(strings.TrimSpace(line), "::") {
				t.Errorf("%q prints a command of a runner: %q", args, line)
			}
		}
		if len(text) == 0 {
			t.Errorf("%q printed nothing", args)
		}
	}
}

func mustJSON(t *testing.T, value any) []byte {
	t.Helper()
	text, err := encodeJSON(value)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(text)
}

func TestPromptsSayWhatWillHappen(t *testing.T) {
	t.Parallel()
	url := startTestEmulator(t, emulator.Options{})
	setup, _, _ := person(t, url, twoTenants)
	if got := setup.Run(t.Context(), []string{"apply", "--yes"}); got != StatusOK {
		t.Fatalf("set-up: status %d", got)
	}
	const (
		tenants = "tenants: [{ id: acme, name: Other }, { id: new, name: New }]\n"
		two     = "version: \"1.0\"\nenvironments: { dev: {} }\n" + tenants
		prod    = "version: \"1.0\"\nenvironments: { prod: {} }\n" + tenants
		absent  = "version: \"1.0\"\nenvironments: { dev: {} }\ntenants: [{ id: acme, state: absent }]\n"
	)
	for name, c := range map[string]struct {
		configuration, args string
		want                string // at the end of what is asked
	}{
		"creates and updates": {two, "apply -e dev", "This creates 1 and updates 1 in environment dev, project " + scriptProject + ".\nOnly yes is accepted [no]: "},
		"deletes":             {absent, "apply -e dev", "This deletes 1 in environment dev, project " + scriptProject + ".\nType the number to go on [no]: "},
		"a sync":              {two, "tenant sync -e dev", "This creates 1 and updates 1 in environment dev, project " + scriptProject + ".\nOnly yes is accepted [no]: "},
		"an environment that is protected": {
			prod, "apply -e prod",
			"Environment prod is protected. This creates 1 and updates 1 in project " + scriptProject + ".\nType its name to go on [no]: ",
		},
		"users go too": {
			absent, "tenant delete acme --cascade --allow-deletes 1 -e dev",
			"This deletes for good those users who belong to nothing else, in environment dev, project " + scriptProject + ".\nType the number of its members, 0, to go on [no]: ",
		},
		"creates with deletes that are approved": {
			strings.Replace(absent, "[", "[{ id: new, name: New }, ", 1), "apply -e dev --allow-deletes 1",
			"This creates 1 and deletes 1 in environment dev, project " + scriptProject + ".\nOnly yes is accepted [no]: ",
		},
		"an undo":   {two, "undo -e dev", "This deletes 2 in environment dev, project " + scriptProject + ".\nType the number to go on [no]: "},
		"no config": {"version: \"1.0\"\n", "tenant create new --name New", "This creates 1 in project " + scriptProject + ".\nOnly yes is accepted [no]: "},
	} {
		t.Run(name, func(t *testing.T) {
			app, out, errs := person(t, url, c.configuration)
			app.Home = setup.Home
			app.In = strings.NewReader("\n") // the default
			if got := app.Run(t.Context(), strings.Fields(c.args)); got != StatusRefused {
				t.Errorf("status %d\n%s%s", got, out, errs)
			}
			if !strings.Contains(errs.String(), c.want) {
				t.Errorf("asked\n%s\nwant\n%s", errs, c.want)
			}
		})
	}
}

func TestALineThatIsDrawnOverLeavesNothingBehind(t *testing.T) {
	var errs bytes.Buffer
	app := &App{Err: &errs, Now: time.Now, Terminal: Terminal{Redraw: true, ErrWidth: 30}}
	app.drawn.Store(true)
	app.warn("warning: %s", "said between")
	if got, want := errs.String(), clearLine+"warning: said between\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := app.progressWidth(); got != 29 {
		t.Errorf("progress is %d wide", got)
	}
}
