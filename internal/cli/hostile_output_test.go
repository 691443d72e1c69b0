package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// hostileText is what a terminal, a log or a workflow would obey: a title, colours,
// a cleared screen in seven bits and in eight, a line of its own that is an
// annotation, commands for a runner in the middle of a line, a turned direction, a
// letter without width, and the end of a comment.
const hostileText = "\x1b]0;title\x07\x1b[31mred\x1b[2J\u009b2J\r\n::error file=a::b\u202etxt\u200b --> | `x` <script> ##[group]x ##vso[task.x]y"

const hostileConfiguration = `version: "1.0"
environments:
  variable: { project_id: P2variable, management_key: "${C4_KEY_VARIABLE}" }
  dotenv: { project_id: P2dotenv, management_key: "${C4_KEY_VARIABLE}" }
tenants:
  - { id: acme, name: "Acme", custom_attributes: { plan: "gold HOSTILE" } }
  - { id: other, name: "Other" }
  - { id: gone, state: absent }
flows:
  - { template: magic-link, name: "Login", set: { metadata.description: "HOSTILE" } }
backup: { after: [["./hook"]] }
`

// hostilePlace is a project whose every text is hostile, on both sides.
type hostilePlace struct {
	*canaryPlace
}

func newHostilePlace(t *testing.T) *hostilePlace {
	t.Helper()
	p := &hostilePlace{canaryPlace: &canaryPlace{t: t, folder: t.TempDir()}}
	key := canaries["key in a variable"]
	p.url = startTestEmulator(t, emulator.Options{Projects: []emulator.Project{{ID: "P2variable", ManagementKey: key}, {ID: "P2dotenv", ManagementKey: key}}})
	quoted, err := json.Marshal(hostileText)
	if err != nil {
		t.Fatal(err)
	}
	inner := strings.NewReplacer("\u009b", `\u009b`, "\u202e", `\u202e`, "\u200b", `\u200b`).Replace(string(quoted[1 : len(quoted)-1]))
	p.write("descope.yaml", strings.ReplaceAll(hostileConfiguration, "HOSTILE", inner), 0o600)
	p.write("home/.descope-mgmt/backups/hook", "#!/bin/sh\nprintf '\\033[2J\\233\\r::error::x\\n'; exit 1\n", 0o700)
	for _, project := range []string{"P2variable", "P2dotenv"} {
		for _, id := range []string{"acme", "gone", "ev\x1b[2J\u202eil", "../../evil"} {
			p.call(project, key, "/v1/mgmt/tenant/create", map[string]any{
				"id": id, "name": id + hostileText, "customAttributes": map[string]any{
					"plan": hostileText, "k" + hostileText: hostileText, "::error file=a::key": "a\nb\n::error file=a::c",
					"long": strings.Repeat("word ", 15) + "::error file=a::folded " + strings.Repeat("::error file=a::folded ", 15),
				},
			})
		}
	}
	return p
}

// run runs one command, and looks for anything in its output that a terminal obeys.
func (p *hostilePlace) run(args ...string) Status {
	p.t.Helper()
	var out, errs bytes.Buffer
	app := &App{
		In: strings.NewReader(""), Out: &out, Err: &errs, WorkDir: p.folder, Home: filepath.Join(p.folder, "home"), Now: time.Now,
		Random: rand.NewChaCha8([32]byte{byte(len(p.said)), 1}), Backoff: descope.Backoff{First: time.Millisecond, Most: 2 * time.Millisecond},
		Environ: []string{
			"C4_KEY_VARIABLE=" + canaries["key in a variable"], "DESCOPE_BASE_URL=" + p.url, "DESCOPE_MGMT_ALLOW_EXEC=1", "PATH=" + os.Getenv("PATH"),
			"GITHUB_STEP_SUMMARY=" + filepath.Join(p.folder, "summary.md"), "USER=c4" + hostileText,
		},
	}
	status := app.Run(p.t.Context(), args)
	line := fmt.Sprintf("%q", args)
	p.said = append(p.said, fmt.Sprintf("%d %s", status, line))
	// What machines read may hold what is invisible: it is text for them.
	forMachines := strings.Contains(line, `"json"`) || strings.Contains(line, `"yaml"`) || strings.HasPrefix(line, `["flow" "export"`)
	p.harmless(line, out.Bytes(), forMachines)
	p.harmless(line+", standard error", errs.Bytes(), strings.Contains(line, `"--log-format"`))
	if status == StatusInternal {
		p.t.Errorf("%s: %s", line, errs.String())
	}
	return status
}

// harmless looks for what must not reach a terminal.
func (p *hostilePlace) harmless(where string, text []byte, forMachines bool) {
	p.t.Helper()
	if !utf8.Valid(text) {
		p.t.Errorf("%s is no text", where)
	}
	for at, r := range string(text) {
		obeyed := unicode.IsControl(r) && r != '\n' && r != '\t'
		hidden := unicode.Is(unicode.Cf, r) && !forMachines
		if obeyed || hidden {
			p.t.Errorf("%s holds %U: %q", where, r, text[max(0, at-80):min(len(text), at+40)])
			return
		}
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(strings.TrimLeft(line, " "), "::error file=a") {
			p.t.Errorf("%s holds an annotation of somebody else: %q", where, line)
		}
		if strings.Contains(line, "##[") || strings.Contains(line, "##vso[") {
			p.t.Errorf("%s holds a command of a runner: %q", where, line)
		}
	}
}

// TestNothingIsObeyedByATerminal runs every command in every format on texts that
// are made to be obeyed. What is live comes from whoever can sign up.
func TestNothingIsObeyedByATerminal(t *testing.T) {
	if testing.Short() {
		t.Skip("all commands, one after another")
	}
	t.Parallel()
	p := newHostilePlace(t)
	for _, environment := range []string{"variable", "dotenv"} {
		p.run("apply", "-e", environment, "--yes", "--allow-deletes", "1", "--override-guard", "delete_threshold", "--log-level", "debug")
	}
	p.run("flow", "export", "magic-link", "-e", "variable", "-o", "exported.json")
	number := 0
	walkCommands(newRootCommand(&App{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard}), func(cmd *cobra.Command) {
		name := strings.TrimPrefix(cmd.CommandPath(), "descope-mgmt ")
		arguments, known := canaryRuns[name]
		if !known {
			return
		}
		for _, format := range formatsOf(cmd) {
			number++
			p.call("P2variable", canaries["key in a variable"], "/v1/mgmt/tenant/update", map[string]any{
				"id": "acme", "name": fmt.Sprint(hostileText, number), "customAttributes": map[string]any{"plan": hostileText + fmt.Sprint(number), "key " + hostileText: "w"},
			})
			args := append(strings.Fields(name), arguments...)
			for j := range args {
				args[j] = strings.ReplaceAll(args[j], "{n}", fmt.Sprint(number))
			}
			args = append(args, "--format", format, "--rate-limits", "off")
			if !strings.HasPrefix(name, "env ") {
				args = append(args, "-e", "variable")
			}
			if number%2 == 0 {
				args = append(args, "-v", "--log-level", "debug")
			}
			p.run(args...)
		}
		p.run(append(strings.Fields(name), hostileText)...)
		p.run(append(strings.Fields(name), "-e", hostileText)...)
		p.run(append(strings.Fields(name), "-c", hostileText)...)
		p.run(append(strings.Fields(name), "--"+hostileText)...)
	})
	p.run("tenant", "get", "ev\x1b[2J\u202eil", "-e", "variable")
	p.run("plan", "-e", "variable", "--target", hostileText)
	if t.Failed() {
		t.Log(strings.Join(p.said, "\n"))
	}
}
