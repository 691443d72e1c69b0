package cli

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// SourceVersion is the version of this source tree, for builds that are no
// release. The numeric core is what "requires:" in a configuration is compared
// with.
const SourceVersion = "1.0.0-dev"

// What the linker sets for releases; see internal/release. Then it wins over what the
// go command finds out, which depends on where the source lies and which tags are
// there.
var buildVersion, buildCommit, buildDate string

// dirtySuffix stands behind buildCommit where the source was changed.
const dirtySuffix = "-dirty"

// build says what this binary was made from.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"` // empty when it is not known; its first twelve digits where a module proxy gave the source
	Modified bool   `json:"modified"`
	Date     string `json:"date"` // of the commit, RFC 3339 in UTC; empty when it is not known
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func currentBuild() build {
	info, found := debug.ReadBuildInfo()
	if !found {
		info = &debug.BuildInfo{}
	}
	commit, modified := strings.CutSuffix(buildCommit, dirtySuffix)
	made := describeBuild(build{Version: buildVersion, Commit: commit, Modified: modified, Date: buildDate}, info)
	made.Go, made.Platform = runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH
	return made
}

// describeBuild adds to what the linker has set what the go command has put into a
// binary. The version is the linker's, or that of the module where somebody has installed a release with
// go install MODULE@VERSION, or the source tree's.
func describeBuild(made build, info *debug.BuildInfo) build {
	if made.Commit != "" {
		info = &debug.BuildInfo{}
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			made.Commit = setting.Value
		case "vcs.time":
			made.Date = setting.Value
		case "vcs.modified":
			made.Modified = setting.Value == "true"
		}
	}
	module, metadata, _ := strings.Cut(strings.TrimPrefix(info.Main.Version, "v"), "+")
	commit, date, between := pseudoVersion(module)
	if made.Commit == "" && between {
		made.Commit, made.Date = commit, date
	}
	switch {
	case made.Version != "": // the linker's
	case module == "" || module == "(devel)" || between || metadata != "":
		made.Version = SourceVersion
	default:
		made.Version = module
	}
	return made
}

// pseudoVersion reads a version that the go command makes for a commit without a
// tag: it ends in 20060102150405 and twelve digits of the commit.
func pseudoVersion(version string) (commit, date string, is bool) {
	const digits, layout = 12, "20060102150405"
	at := strings.LastIndexByte(version, '-')
	rest, commit := version[:max(at, 0)], version[at+1:]
	if len(commit) != digits || len(rest) <= len(layout) {
		return "", "", false
	}
	made, err := time.Parse(layout, rest[len(rest)-len(layout):])
	if err != nil {
		return "", "", false
	}
	return commit, made.Format(time.RFC3339), true
}

func newVersionCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:     "version",
		Short:   "Show the version",
		Example: "  descope-mgmt version\n  descope-mgmt version --format json",
		Args:    exactArgs(0),
		RunE: func(*cobra.Command, []string) error {
			made := currentBuild()
			return a.show(made, func(w io.Writer) {
				fmt.Fprintf(w, "descope-mgmt %s", made.Version)
				if made.Commit != "" {
					fmt.Fprintf(w, " (%.12s)", made.Commit)
				}
				fmt.Fprintf(w, " %s %s\n", made.Go, made.Platform)
			})
		},
	})
}
