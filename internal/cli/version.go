package cli

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// toolVersion is the version of this source tree. The numeric core is what
// "requires:" in a configuration is compared with.
const toolVersion = "1.0.0-dev"

// buildVersion is set by the linker for releases; empty means toolVersion.
var buildVersion string

// build says what this binary was made from.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"` // empty when it was built outside of a repository
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func currentBuild() build {
	made := build{Version: buildVersion, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if made.Version == "" {
		made.Version = toolVersion
	}
	info, found := debug.ReadBuildInfo()
	if !found {
		return made
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			made.Commit = setting.Value
		case "vcs.modified":
			made.Modified = setting.Value == "true"
		}
	}
	return made
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
