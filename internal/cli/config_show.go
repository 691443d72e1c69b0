package cli

import (
	"context"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// effectiveDocument is what machines read about the effective configuration.
type effectiveDocument struct {
	FormatVersion string           `json:"format_version"`
	Environment   *string          `json:"environment"` // null without one
	ProjectID     *string          `json:"project_id"`  // null where it is not known
	Values        []effectiveValue `json:"values"`      // in the order of the document that people read
}

// effectiveValue is one value with its place.
type effectiveValue struct {
	Address *resource.Address `json:"address"` // of the tenant or flow; null outside of them
	Path    string            `json:"path"`    // inside of that, or of the configuration
	Value   resource.Value    `json:"value"`
	Secret  bool              `json:"sensitive,omitempty"` // the value is not shown
	Origin  *effectiveOrigin  `json:"origin"`              // null where no place gives the value
}

// effectiveOrigin is a place in a file, or a variable.
type effectiveOrigin struct {
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Variable string `json:"variable,omitempty"`
}

func newConfigCommand(a *App) *cobra.Command {
	cmd := exits(&cobra.Command{
		Use:     "config",
		Short:   "Look into the configuration and format it, offline",
		Example: "  descope-mgmt config show -e prod --origin\n  descope-mgmt config fmt --check",
	})
	cmd.AddCommand(newConfigShowCommand(a), newConfigFmtCommand(a))
	return group(cmd)
}

func newConfigShowCommand(a *App) *cobra.Command {
	origins := false
	cmd := exits(&cobra.Command{
		Use:   "show",
		Short: "Print the effective configuration of an environment",
		Long: "Prints what the configuration says for one environment: its project, and the tenants, flows and settings that hold\n" +
			"there, with all files merged and all variables put in. What is printed is a configuration again. Without an\n" +
			"environment it is what stands outside of environments, and these as they are. Nothing is sent, and no credentials\n" +
			"are needed; keys are shown as the variables that hold them.",
		Example: "  descope-mgmt config show\n  descope-mgmt config show -e prod --origin\n  descope-mgmt config show -e prod --format json",
		Args:    exactArgs(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runConfigShow(cmd.Context(), origins) },
	})
	cmd.Flags().BoolVar(&origins, "origin", false, "after each value, the file, line and column that it comes from")
	return cmd
}

func (a *App) runConfigShow(ctx context.Context, origins bool) error {
	for _, flag := range []struct{ name, value string }{{"--project-id", a.flags.projectID}, {"--base-url", a.flags.baseURL}} {
		if flag.value != "" {
			return usageError(flag.name+" says nothing about the configuration", "name an environment with -e, or drop the flag")
		}
	}
	loaded, err := a.loadConfig(ctx, need{configuration: true})
	if err != nil {
		return err
	}
	a.hide(loaded.Credentials(a.lookupSet)...)
	effective, err := loaded.Effective(config.Selection{Environment: a.flags.environment, Lookup: a.lookupSet})
	if err != nil {
		return err
	}
	document := effectiveDocument{FormatVersion: resource.FormatVersion, Values: []effectiveValue{}}
	if effective.Environment != "" {
		document.Environment = &effective.Environment
	}
	if effective.ProjectID != "" {
		document.ProjectID = &effective.ProjectID
	}
	for _, setting := range effective.Settings {
		document.add(nil, "", setting)
	}
	return a.show(document, func(w io.Writer) {
		_, _ = io.WriteString(w, "# "+effectiveHeadline(effective)+"\n"+configurationText(effective.Settings, origins))
	})
}

// effectiveHeadline says whose configuration it is.
func effectiveHeadline(effective config.Effective) string {
	line := "No environment"
	if effective.Environment != "" {
		line = "Environment " + effective.Environment
	}
	if effective.ProjectID != "" {
		line += ", project " + effective.ProjectID
	}
	if effective.Protected {
		line += " (protected)"
	}
	return printableLine(line)
}

// add takes over the values of a setting. Inside of a tenant or flow a path
// begins at the object.
func (d *effectiveDocument) add(address *resource.Address, path string, setting config.Setting) {
	if setting.Key != "" {
		path = joinPath(path, setting.Key)
	}
	if setting.Address != "" {
		address, path = &setting.Address, ""
	}
	for _, member := range setting.Members {
		d.add(address, path, member)
	}
	for i, entry := range setting.Entries {
		d.add(address, path+"["+strconv.Itoa(i)+"]", entry)
	}
	if setting.Value.IsAbsent() {
		return
	}
	value := effectiveValue{Address: address, Path: path, Value: setting.Value, Secret: setting.Secret}
	switch at := setting.Origin.Position; {
	case !at.IsZero():
		value.Origin = &effectiveOrigin{File: at.File, Line: at.Line, Column: at.Column}
	case setting.Origin.Variable != "":
		value.Origin = &effectiveOrigin{Variable: setting.Origin.Variable}
	}
	d.Values = append(d.Values, value)
}

// joinPath writes a key after a path, as plans write paths.
func joinPath(path, key string) string {
	if path == "" {
		return key
	}
	return resource.Path{Field: path, Key: key}.String()
}
