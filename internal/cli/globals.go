package cli

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// globalFlags are the flags that every command knows.
type globalFlags struct {
	config             []string
	environment        string
	format             string
	output             string
	yes                bool
	noInput            bool
	noColor            bool
	quiet              bool
	verbose            bool
	logLevel           string
	logFormat          string
	home               string
	baseURL            string
	projectID          string
	maxWorkers         int
	timeout            time.Duration
	insecureSkipVerify bool
}

// The output formats.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatYAML  = "yaml"
)

var formats = []string{formatTable, formatJSON, formatYAML}

// maxWorkersLimit bounds --max-workers, as the configuration's performance.max_workers.
const maxWorkersLimit = 20

// AddFlags declares the flags.
func (g *globalFlags) AddFlags(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&g.config, "config", "c", nil, "configuration `PATH`, a file or a folder; repeatable (DESCOPE_MGMT_CONFIG)")
	flags.StringVarP(&g.environment, "environment", "e", "", "environment `NAME` of the configuration (DESCOPE_ENVIRONMENT)")
	flags.StringVar(&g.format, "format", formatTable, "output `FORMAT`: table, json or yaml")
	flags.StringVarP(&g.output, "output", "o", "", "write the data to `FILE` instead of the standard output")
	flags.BoolVarP(&g.yes, "yes", "y", false, "approve creates and updates without asking")
	flags.BoolVar(&g.noInput, "no-input", false, "never ask")
	flags.BoolVar(&g.noColor, "no-color", false, "no colour (NO_COLOR)")
	flags.BoolVarP(&g.quiet, "quiet", "q", false, "no progress and no notes")
	flags.BoolVarP(&g.verbose, "verbose", "v", false, "also show what does not change, and each call's outcome")
	flags.StringVar(&g.logLevel, "log-level", "warn", "log `LEVEL`: debug, info, warn or error")
	flags.StringVar(&g.logFormat, "log-format", "text", "log `FORMAT`: text or json")
	flags.StringVar(&g.home, "home", "", "`DIR` for the tool's own state, instead of ~/.descope-mgmt (DESCOPE_MGMT_HOME)")
	flags.StringVar(&g.baseURL, "base-url", "", "`URL` of the Descope API (DESCOPE_BASE_URL)")
	flags.StringVar(&g.projectID, "project-id", "", "Descope project `ID` (DESCOPE_PROJECT_ID)")
	flags.IntVar(&g.maxWorkers, "max-workers", 0, "at most `N` calls in flight, 1 to 20 (default 10)")
	flags.DurationVar(&g.timeout, "timeout", 60*time.Second, "time limit of one request, as `DURATION`")
	flags.BoolVar(&g.insecureSkipVerify, "insecure-skip-verify", false, "do not verify the server's certificate (dangerous)")
}

// settle checks the flags against each other and fills them from the environment.
func (a *App) settle(cmd *cobra.Command) error {
	flags := &a.flags
	if !slices.Contains(formats, flags.format) {
		return usageError(fmt.Sprintf("unknown format %q", flags.format), suggestion(flags.format, formats))
	}
	if slices.Contains(formats, flags.output) {
		return usageError("-o/--output takes a file's path", "for the output format write --format "+flags.output)
	}
	if cmd.Flags().Changed("max-workers") && (flags.maxWorkers < 1 || flags.maxWorkers > maxWorkersLimit) {
		return usageError(fmt.Sprintf("--max-workers %d is out of range", flags.maxWorkers), "give a number from 1 to 20")
	}
	if flags.timeout <= 0 {
		return usageError("--timeout must be above zero", "for example --timeout 30s")
	}
	if len(flags.config) == 0 {
		if paths, found := a.lookup("DESCOPE_MGMT_CONFIG"); found {
			flags.config = filepath.SplitList(paths)
		}
	}
	if flags.home == "" {
		flags.home, _ = a.lookup("DESCOPE_MGMT_HOME")
	}
	if _, set := a.lookup("NO_COLOR"); set || flags.noColor || flags.output != "" {
		a.Color = false
	}
	if _, ci := a.lookup("CI"); ci || flags.noInput {
		a.Interactive = false
	}
	if err := a.checkOutput(); err != nil {
		return err
	}
	_, err := a.logger()
	return err
}

// checkOutput refuses an output file that cannot be written before anything is
// sent: a report without a place to go would be lost.
func (a *App) checkOutput() error {
	if a.flags.output == "" {
		return nil
	}
	folder := filepath.Dir(a.absolute(a.flags.output))
	info, err := os.Stat(folder)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is not a folder", folder)
	}
	if err != nil {
		return &failure{
			status: StatusError, code: "file", cause: err,
			message: fmt.Sprintf("cannot write the output to %s: %v", a.flags.output, err), hint: "make the folder, or name another file with -o",
		}
	}
	return nil
}

// home is the folder of the tool's own state.
func (a *App) stateDir() (string, error) {
	if a.flags.home != "" {
		return a.absolute(a.flags.home), nil
	}
	if a.Home == "" {
		return "", usageError("the home folder is unknown", "set HOME, or name a folder with --home")
	}
	return filepath.Join(a.Home, ".descope-mgmt"), nil
}

// absolute resolves a path that the user gave against the working folder.
func (a *App) absolute(path string) string {
	if rest, found := strings.CutPrefix(path, "~/"); found && a.Home != "" {
		return filepath.Join(a.Home, rest)
	}
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(a.WorkDir, path)
}

// logger writes to the error stream at the chosen level and in the chosen form.
func (a *App) logger() (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.flags.logLevel)); err != nil || !slices.Contains(logLevels, a.flags.logLevel) {
		return nil, usageError(fmt.Sprintf("unknown log level %q", a.flags.logLevel), suggestion(a.flags.logLevel, logLevels))
	}
	options := &slog.HandlerOptions{Level: level}
	switch a.flags.logFormat {
	case "text":
		return slog.New(slog.NewTextHandler(a.Err, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(a.Err, options)), nil
	default:
		return nil, usageError(fmt.Sprintf("unknown log format %q", a.flags.logFormat), suggestion(a.flags.logFormat, []string{"text", "json"}))
	}
}

var logLevels = []string{"debug", "info", "warn", "error"}

// suggestion is the hint for a word that is not one of the known.
func suggestion(given string, known []string) string {
	if closest := resource.Closest(given, known); closest != "" {
		return "did you mean " + closest + "?"
	}
	return "known are " + strings.Join(known, ", ")
}

// notice prints a remark for people on the error stream, unless --quiet.
func (a *App) notice(format string, arguments ...any) {
	if a.flags.quiet {
		return
	}
	_, _ = io.WriteString(a.Err, printable(fmt.Sprintf(format, arguments...))+"\n")
}
