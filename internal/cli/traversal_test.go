package cli

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// hostileNames are names that would lead out of a folder, or to what is no file,
// where they were taken for a part of a path.
var hostileNames = []string{
	"../../../outside/stolen", "..", ".", "/", "../outside", "a/../../../outside/stolen", `..\..\outside`, "~", "~/x", "$HOME/x", "%2e%2e%2foutside",
	".git/config", ".env", "con", "-rf", "--output=/outside", "a\x00b", "a\nb", strings.Repeat("long/", 60), strings.Repeat("x", 300),
}

// hostileSources are such places behind the prefixes of sources.
var hostileSources = []string{
	"git:HEAD:../../../outside/stolen", "git:HEAD:/etc/passwd", "git:--output=/x:y", "history:../../outside/stolen:1", "backup:../../../outside/stolen:f", "live:../../outside",
}

// snapshotOf is every file below a folder with what it holds.
func snapshotOf(t *testing.T, folder string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		text := []byte(entry.Type().String())
		if entry.Type().IsRegular() {
			if text, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		fmt.Fprintf(&out, "%s %q\n", path, text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestNothingIsWrittenElsewhere runs every command in a project whose ids are paths,
// and gives it such paths to read. Outside of the working folder and the home folder
// nothing may come to be or change, and what stands there may not be shown.
func TestNothingIsWrittenElsewhere(t *testing.T) {
	if testing.Short() {
		t.Skip("all commands, one after another")
	}
	t.Parallel()
	root := t.TempDir()
	p := &canaryPlace{t: t, folder: filepath.Join(root, "deep", "deeper", "work")}
	key, secret := canaries["key in a variable"], "the-content-of-a-private-file"
	p.url = startTestEmulator(t, emulator.Options{Projects: []emulator.Project{{ID: "P2variable", ManagementKey: key}, {ID: "P2dotenv", ManagementKey: key}}})
	p.write("descope.yaml", "version: \"1.0\"\nenvironments:\n  variable: { project_id: P2variable, management_key: \"${C4_KEY_VARIABLE}\" }\n"+
		"  dotenv: { project_id: P2dotenv, management_key: \"${C4_KEY_VARIABLE}\" }\ntenants:\n  - { id: acme, name: Acme }\n  - { id: other, name: Other }\nflows:\n  - { template: magic-link }\n", 0o600)
	p.write("evil.yaml", "version: \"1.0\"\nflows:\n  - { id: f, file: ../../../outside/stolen }\n  - { id: g, file: /etc/passwd }\n  - { id: h, file: flows/../../../../outside/stolen }\n", 0o600)
	outside := filepath.Join(root, "outside")
	for path, text := range map[string]string{filepath.Join(outside, "stolen"): secret, filepath.Join(outside, "stolen.json"): `{"` + secret + `":1}`, filepath.Join(root, "deep", "here"): secret} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, path, text, 0o600)
	}
	for _, name := range hostileNames {
		if name != "." && name != "a\x00b" {
			p.call("P2variable", key, "/v1/mgmt/tenant/create", map[string]any{"id": name, "name": "T " + name})
		}
	}
	p.write("backup.json", `{"metadata":{"version":"1.0","timestamp":"2025-11-10T14:30:15Z","operation":"../../../outside/x","user":null,"git_commit":null,"environment":"../..","project_id":"../../outside"},`+
		`"tenants":[{"id":"../../../outside/t","name":"x","selfProvisioning":false,"domains":[],"customAttributes":{},"createdTime":0,"updatedTime":0}],"flows":[{"id":"../../../outside/f","name":"x","template":null,"enabled":true,"config":{},"version":1}],"project_settings":{}}`, 0o600)
	run := func(args ...string) Status {
		var out bytes.Buffer
		app := &App{
			In: strings.NewReader(""), Out: &out, Err: &out, WorkDir: p.folder, Home: filepath.Join(p.folder, "home"), Now: time.Now,
			Random: rand.NewChaCha8([32]byte{byte(len(p.said)), 2}), Backoff: descope.Backoff{First: time.Millisecond, Most: 2 * time.Millisecond},
			Environ: []string{"C4_KEY_VARIABLE=" + key, "DESCOPE_BASE_URL=" + p.url, "PATH=" + os.Getenv("PATH"), "USER=../../outside", "DESCOPE_MGMT_RATE_LIMITS=off"},
		}
		status := app.Run(t.Context(), args)
		p.said = append(p.said, fmt.Sprintf("%d %q", status, args))
		if strings.Contains(out.String(), secret) {
			t.Errorf("%q shows a private file: %s", args, &out)
		}
		if status == StatusInternal {
			t.Errorf("%q: %s", args, &out)
		}
		return status
	}
	before := snapshotOf(t, outside)
	siblings := func() string {
		var found []string
		for _, folder := range []string{root, filepath.Join(root, "deep"), filepath.Join(root, "deep", "deeper")} {
			entries, err := os.ReadDir(folder)
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range entries {
				found = append(found, filepath.Join(folder, entry.Name()))
			}
		}
		return strings.Join(found, "\n")
	}
	there := siblings()
	if got := run("apply", "-e", "variable", "--yes"); got != StatusOK {
		t.Errorf("apply: %d", got)
	}
	run("flow", "export", "magic-link", "-e", "variable", "-o", "exported.json")
	number := 0
	walkCommands(newRootCommand(&App{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard}), func(cmd *cobra.Command) {
		name := strings.TrimPrefix(cmd.CommandPath(), "descope-mgmt ")
		arguments, known := canaryRuns[name]
		if !known {
			return
		}
		number++
		args := append(strings.Fields(name), arguments...)
		for j := range args {
			args[j] = strings.ReplaceAll(args[j], "{n}", fmt.Sprint(number))
		}
		if !strings.HasPrefix(name, "env ") {
			args = append(args, "-e", "variable")
		}
		run(args...)
		run(append(strings.Fields(name), "-e", hostileNames[number%len(hostileNames)])...)
		if !strings.Contains(cmd.Use, " ") {
			return // it takes no arguments, and says so before it reads anything
		}
		from := hostileNames[:1] // the others in turn: each command gets some of them
		for i := range 4 {
			from = append(slices.Clone(from), hostileNames[(4*number+i)%len(hostileNames)])
		}
		if strings.HasPrefix(name, "flow ") {
			from = append(from, hostileSources...)
		}
		for _, one := range append(from, "backup.json") {
			run(append(strings.Fields(name), one, "-e", "variable", "--dry-run")...)
			run(append(strings.Fields(name), one, "-e", "variable")...)
		}
		run(append(strings.Fields(name), "-c", "evil.yaml", "--project-id", "../../../../outside")...)
	})
	run("backup", "restore", "./backup.json", "-e", "variable", "--yes", "--allow-breaking-changes")
	run("tenant", "list", "--project-id", "../../../../outside/P", "--home", "home2")
	if after := snapshotOf(t, outside); after != before {
		t.Errorf("outside of the folder there is\n%s, and there was\n%s", after, before)
	}
	if now := siblings(); now != there {
		t.Errorf("above the folder there is\n%s\nand there was\n%s", now, there)
	}
	if t.Failed() {
		t.Log(strings.Join(p.said, "\n"))
	}
}
