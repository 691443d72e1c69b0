package cli

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// globalFlags are the flags that every command knows.
type globalFlags struct {
	config             []string
	envFile            string
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
	logFile            string
	backupDir          string
	home               string
	baseURL            string
	projectID          string
	maxWorkers         int
	rateLimits         []string
	forgetLimits       bool
	timeout            time.Duration
	insecureSkipVerify bool
	values             string // of commands with a report
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
	flags.StringArrayVarP(&g.config, "config", "c", nil, "configuration `PATH`, a file, a folder or a pattern in quotes; repeatable (DESCOPE_MGMT_CONFIG)")
	flags.StringVar(&g.envFile, "env-file", "", "`FILE` of variables that the configuration references, instead of .env beside it; none reads none")
	flags.StringVarP(&g.environment, "environment", "e", "", "environment `NAME` of the configuration (DESCOPE_ENVIRONMENT)")
	flags.StringVar(&g.format, "format", cmp.Or(g.format, formatTable), "output `FORMAT`: table, json or yaml, plus markdown and github where a report makes sense")
	flags.Lookup("format").DefValue = formatTable // whatever the arguments say
	flags.StringVarP(&g.output, "output", "o", "", "write the data to `FILE` instead of the standard output")
	flags.BoolVarP(&g.yes, "yes", "y", false, "approve creates and updates without asking")
	flags.BoolVar(&g.noInput, "no-input", false, "never ask")
	flags.BoolVar(&g.noColor, "no-color", false, "no colour (NO_COLOR)")
	flags.BoolVarP(&g.quiet, "quiet", "q", false, "no progress and no notes; what went well is only counted")
	flags.BoolVarP(&g.verbose, "verbose", "v", false, "also show what does not change, and each call's outcome")
	flags.StringVar(&g.logLevel, "log-level", "warn", "log `LEVEL`: debug, info, warn or error")
	flags.StringVar(&g.logFormat, "log-format", "text", "log `FORMAT`: text or json")
	flags.StringVar(&g.logFile, "log-file", "", "also write the log as JSON lines to `FILE`")
	flags.StringVar(&g.backupDir, "backup-dir", "", "`DIR` for backups, instead of backups in the state folder (DESCOPE_BACKUP_DIR)")
	flags.StringVar(&g.home, "home", "", "`DIR` for the tool's own state, instead of ~/.descope-mgmt (DESCOPE_MGMT_HOME)")
	flags.StringVar(&g.baseURL, "base-url", "", "`URL` of the Descope API (DESCOPE_BASE_URL)")
	flags.StringVar(&g.projectID, "project-id", "", "Descope project `ID` (DESCOPE_PROJECT_ID)")
	flags.IntVar(&g.maxWorkers, "max-workers", 0, "at most `N` calls in flight, 1 to 20 (default 10)")
	flags.StringArrayVar(&g.rateLimits, "rate-limits", nil, "`LIMITS` to stay under: seed, documented, off, or CLASS=N/WINDOW (tenant=200/60s); repeatable (DESCOPE_MGMT_RATE_LIMITS)")
	flags.BoolVar(&g.forgetLimits, "forget-limits", false, "forget what earlier rate limiting has taught")
	flags.DurationVar(&g.timeout, "timeout", 60*time.Second, "time limit of one request, as `DURATION`")
	flags.BoolVar(&g.insecureSkipVerify, "insecure-skip-verify", false, "do not verify the server's certificate (dangerous)")
}

// stateDir is the folder of the tool's own state: that of the flag or variable,
// of the configuration, or the usual one.
func (a *App) stateDir(configured string) (string, error) {
	if a.flags.home != "" {
		return a.absolute(a.flags.home), nil
	}
	if configured != "" {
		return a.absolute(configured), nil
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

// suggestion is the hint for a word that is not one of the known.
func suggestion(given string, known []string) string {
	if hint := resource.DidYouMean(given, known); hint != "" {
		return hint
	}
	return "known are " + strings.Join(known, ", ")
}

// notice prints a remark for people on the error stream, unless --quiet.
func (a *App) notice(format string, arguments ...any) {
	if !a.flags.quiet {
		a.warn(format, arguments...)
	}
}

// warn prints what a person has to know on the error stream, also with --quiet.
func (a *App) warn(format string, arguments ...any) {
	a.showErr(func(w io.Writer) {
		for i, line := range strings.Split(printable(fmt.Sprintf(format, arguments...)), "\n") {
			if i > 0 { // it may be what a program has printed
				line = harmlessStart(line)
			}
			writeLabelled(w, line)
		}
	})
}

// writeLabelled writes a line that may begin with the word that says what it is. What
// is told in prose is broken at blanks, and commands in it are not taken apart.
func writeLabelled(w io.Writer, line string) {
	word, rest, found := strings.Cut(line, " ")
	if found && labels[word] != "" {
		writeAdvice(w, word+" ", rest)
		return
	}
	fmt.Fprintln(w, line)
}
