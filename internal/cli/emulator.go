package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// emulatorOptions are the flags of emulator.
type emulatorOptions struct {
	listen         string
	projects       []string
	dataDir        string
	latency        time.Duration
	jitter         time.Duration
	limits         []string
	noPatch        bool
	unknownFields  string
	notFoundStatus int
	importBehavior string
	seed           string
}

// emulatorLine is the one line that scripts read: where the emulator listens,
// and the keys that it made up.
type emulatorLine struct {
	URL      string            `json:"url"`
	Projects []emulatorProject `json:"projects"`
}

type emulatorProject struct {
	ID            string `json:"id"`
	ManagementKey string `json:"management_key,omitempty"` // only where it was generated
}

func newEmulatorCommand(a *App) *cobra.Command {
	var options emulatorOptions
	cmd := &cobra.Command{
		Use:   "emulator",
		Short: "Run a local Descope management API",
		Long: "Runs a faithful local Descope management API on the loopback interface, for rehearsals, tests and CI.\n" +
			"It runs until it is interrupted. With --data its state survives a restart and a crash.",
		Example: "  descope-mgmt emulator\n  descope-mgmt emulator --listen 127.0.0.1:8787 --project P2dev=Kdev --data ./emulated\n  descope-mgmt emulator --rate-limit tenant=50/3s --latency 50ms",
		Args:    exactArgs(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runEmulator(cmd.Context(), options) },
	}
	flags := cmd.Flags()
	flags.StringVar(&options.listen, "listen", "127.0.0.1:8787", "loopback `ADDRESS`; port 0 takes a free one")
	flags.StringArrayVar(&options.projects, "project", nil, "a project and its management key, `ID=KEY`; repeatable; none: one project with a generated key")
	flags.StringVar(&options.dataDir, "data", "", "keep the state in `DIR`")
	flags.DurationVar(&options.latency, "latency", 0, "answer each call after `DURATION`")
	flags.DurationVar(&options.jitter, "latency-jitter", 0, "add a random time up to `DURATION` to each call")
	flags.StringArrayVar(&options.limits, "rate-limit", nil, "off, documented or seed, or `CLASS=N/WINDOW` (tenant=50/3s); repeatable (default off)")
	flags.BoolVar(&options.noPatch, "no-patch", false, "do not know PATCH, like an older host")
	flags.StringVar(&options.unknownFields, "unknown-fields", "ignore", "`WHAT` to do with unknown request fields: ignore or reject")
	flags.IntVar(&options.notFoundStatus, "not-found-status", 500, "HTTP `STATUS` of a missing tenant: 500 or 404")
	flags.StringVar(&options.importBehavior, "import-behavior", string(emulator.ImportLive), "`WHAT` an import does to a flow: live (new screen ids, exports filled in) or verbatim (as it was sent)")
	flags.StringVar(&options.seed, "seed", "", "start with the state in `FILE`, in the form of the control API's state")
	return endsWith(cmd, StatusError) // it serves until it is stopped, and never just ends
}

func (a *App) runEmulator(ctx context.Context, options emulatorOptions) error {
	settings, err := a.emulatorSettings(options)
	if err != nil {
		return err
	}
	listener, err := emulator.Listen(ctx, options.listen)
	if err != nil {
		hint := "for example --listen 127.0.0.1:0, which takes a free port"
		if errors.Is(err, syscall.EADDRINUSE) {
			hint = "another emulator may be running there: use that one, or choose a port with --listen 127.0.0.1:PORT (0 takes a free one)"
		}
		return usageError(err.Error(), hint)
	}
	server, err := emulator.New(settings)
	if err != nil {
		_ = listener.Close()
		return err
	}
	line := emulatorLine{URL: emulator.URL(listener), Projects: []emulatorProject{}}
	for _, project := range server.Projects() {
		line.Projects = append(line.Projects, emulatorProject{ID: project.ID, ManagementKey: project.ManagementKey})
	}
	if settings.DataDir == "" && a.flags.format == formatTable {
		a.notice("note: what is made here is kept in memory, and gone when the emulator ends; --data DIR keeps it")
	}
	if err := a.announceEmulator(line); err != nil {
		_ = listener.Close()
		return err
	}
	if err := server.Serve(ctx, listener); err != nil {
		return err
	}
	return interruption(ctx)
}

func (a *App) emulatorSettings(options emulatorOptions) (emulator.Options, error) {
	settings := emulator.Options{
		Sleep:   emulator.ExactSleep,
		Latency: options.latency, LatencyJitter: options.jitter, NoPatch: options.noPatch,
		NotFoundStatus: options.notFoundStatus, Now: a.Now, Logger: a.log,
	}
	if options.latency < 0 || options.jitter < 0 {
		return settings, usageError("a latency cannot be below zero", "for example --latency 50ms")
	}
	if options.notFoundStatus != 500 && options.notFoundStatus != 404 {
		return settings, usageError(fmt.Sprintf("--not-found-status %d", options.notFoundStatus), "give 500 or 404")
	}
	switch options.unknownFields {
	case "ignore":
	case "reject":
		settings.RejectUnknownFields = true
	default:
		return settings, usageError(fmt.Sprintf("--unknown-fields %q", options.unknownFields), "give ignore or reject")
	}
	switch settings.ImportBehavior = emulator.ImportBehavior(options.importBehavior); settings.ImportBehavior {
	case emulator.ImportLive, emulator.ImportVerbatim:
	default:
		return settings, usageError(fmt.Sprintf("--import-behavior %q", options.importBehavior), "give live or verbatim")
	}
	for _, text := range options.projects {
		project, err := emulator.ParseProject(text)
		if err != nil {
			return settings, usageError(err.Error(), "for example --project P2dev=Kdev")
		}
		if slices.ContainsFunc(settings.Projects, func(other emulator.Project) bool { return other.ID == project.ID }) {
			return settings, usageError(fmt.Sprintf("--project %s is given twice", project.ID), "give each project once")
		}
		settings.Projects = append(settings.Projects, project)
	}
	var err error
	if settings.Limits, err = emulator.ParseLimits(options.limits); err != nil {
		return settings, usageError(err.Error(), "for example --rate-limit seed, or --rate-limit tenant=50/3s")
	}
	if options.dataDir != "" {
		settings.DataDir = a.absolute(options.dataDir)
	}
	if options.seed == "" {
		return settings, nil
	}
	text, err := os.ReadFile(a.absolute(options.seed))
	if err != nil {
		return settings, usageError(fmt.Sprintf("read the seed: %v", err), "")
	}
	seed, err := emulator.ParseSeed(text)
	if err != nil {
		return settings, usageError(fmt.Sprintf("seed %s: %v", options.seed, err), "see docs/emulator.md for its form")
	}
	settings.Seed = &seed
	return settings, nil
}

// announceEmulator tells where the emulator is: one line of JSON, or what a
// person copies into a shell. It goes out before the first call can come in.
func (a *App) announceEmulator(line emulatorLine) error {
	if a.flags.format == formatJSON {
		text, err := json.Marshal(line)
		if err != nil {
			return err
		}
		_, err = a.Out.Write(append(text, '\n'))
		return err
	}
	if a.flags.format == formatYAML {
		return a.show(line, nil)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "Emulated Descope management API at %s; interrupt to stop.\n", line.URL)
	several := len(line.Projects) > 1
	if several {
		fmt.Fprintf(&text, "It has %d projects: choose one.\n", len(line.Projects))
	}
	for _, project := range line.Projects {
		text.WriteString("\n")
		if several {
			fmt.Fprintf(&text, "# project %s\n", project.ID)
		}
		fmt.Fprintf(&text, "export DESCOPE_BASE_URL=%s\nexport DESCOPE_PROJECT_ID=%s\n", line.URL, project.ID)
		if project.ManagementKey != "" {
			fmt.Fprintf(&text, "export DESCOPE_MANAGEMENT_KEY=%s\n", project.ManagementKey)
		}
	}
	text.WriteString("\n# The limits of the real service do not count here: export DESCOPE_MGMT_RATE_LIMITS=off\n")
	_, err := io.WriteString(a.Out, text.String())
	return err
}
