package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/git"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// validation is validate's document for a configuration without errors.
type validation struct {
	FormatVersion string             `json:"format_version"`
	Valid         bool               `json:"valid"`
	Files         []string           `json:"files"`
	Tenants       int                `json:"tenants"`
	Flows         int                `json:"flows"`
	Diagnostics   []diagnosticRecord `json:"diagnostics"` // warnings and notes
}

func newValidateCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:   "validate",
		Short: "Check the configuration offline; needs no credentials",
		Long: "Checks the whole configuration and shows all errors at once, each with its file, line and column.\n" +
			"Nothing is sent, and no credentials are needed; those that are missing are mentioned.",
		Example: "  descope-mgmt validate\n  descope-mgmt validate -c tenants/ --format json",
		Args:    exactArgs(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runValidate(cmd.Context()) },
	})
}

func newProjectCommand(a *App) *cobra.Command {
	cmd := exits(&cobra.Command{
		Use:     "project",
		Short:   "Look at the project, and write it as configuration",
		Example: "  descope-mgmt project show\n  descope-mgmt project export",
	})
	cmd.AddCommand(newProjectShowCommand(a), newProjectExportCommand(a), newValidateCommand(a))
	return group(cmd)
}

func (a *App) runValidate(ctx context.Context) error {
	checked, err := config.Check(ctx, a.configOptions(need{configuration: true}))
	if err != nil {
		return err
	}
	a.hide(checked.Secrets()...)
	if path := checked.EnvFile(); path != "" {
		program := git.Program{Env: a.gitEnvironment()}
		if program.IsTracked(ctx, filepath.Dir(path), filepath.Base(path)) {
			a.warn("warning: %s is in git, where everybody sees what it holds: take it out (git rm --cached), and replace the keys that stand in it", filepath.Base(path))
		}
	}
	document := validation{
		FormatVersion: resource.FormatVersion, Valid: true, Files: checked.Files(), Diagnostics: diagnosticRecords(checked.Warnings()),
		Tenants: checked.TenantCount(), Flows: checked.FlowCount(),
	}
	return a.show(document, func(w io.Writer) {
		for _, diagnostic := range checked.Warnings() {
			if !a.flags.quiet || diagnostic.Severity == config.SeverityWarning {
				writeDiagnostic(w, diagnostic)
			}
		}
		for _, file := range document.Files {
			fmt.Fprintf(w, "checked %s\n", printableLine(file))
		}
		text := counted(document.Tenants, "tenant")
		if document.Flows > 0 {
			text += ", " + counted(document.Flows, "flow")
		}
		fmt.Fprintf(w, "The configuration is valid: %s.\n", text)
	})
}

func newSchemaCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the configuration",
		Long: "Prints the JSON Schema (2020-12) of the configuration, for editors: keep it beside your configuration and name it\n" +
			"in the first line: # yaml-language-server: $schema=./descope.schema.json",
		Example: "  descope-mgmt schema -o descope.schema.json",
		Args:    exactArgs(0),
		RunE: func(*cobra.Command, []string) error {
			schema, err := config.Schema()
			if err != nil {
				return err
			}
			return a.show(rawDocument(schema), func(w io.Writer) { _, _ = w.Write(schema) })
		},
	}, StatusError)
}
