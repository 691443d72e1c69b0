package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// flowTemplates is what machines read about templates.
type flowTemplates struct {
	FormatVersion string             `json:"format_version"`
	Templates     []flow.Template    `json:"templates"`   // sorted by name; only the one that was named
	Diagnostics   []diagnosticRecord `json:"diagnostics"` // about templates that cannot be used
}

func newFlowTemplatesCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:   "templates [NAME]",
		Short: "Show the templates of flows and their parameters",
		Long: "Shows the templates that a flow of the configuration can name: the tool's own, and those in the folder templates\n" +
			"beside the configuration. With a name it shows the parameters: what each takes, and its value where it is left\n" +
			"out. Needs no project and no key. A template that cannot be used is shown with what is wrong, and the status is 5.",
		Example: "  descope-mgmt flow templates\n  descope-mgmt flow templates mfa-login",
		Args:    rangeArgs(0, 1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runFlowTemplates(cmd.Context(), args) },
	}, StatusError)
}

func (a *App) runFlowTemplates(ctx context.Context, args []string) error {
	paths := make([]string, 0, len(a.flags.config))
	for _, given := range a.flags.config {
		paths = append(paths, a.absolute(given))
	}
	templates, diagnostics, err := config.FlowTemplates(ctx, config.Options{
		Paths: paths, WorkDir: a.WorkDir, Home: a.Home, Lookup: a.lookupSet, Reading: true, ToolVersion: currentBuild().Version,
	})
	if err != nil {
		return err
	}
	if len(args) > 0 {
		return a.showFlowTemplate(args[0], templates, diagnostics)
	}
	document := flowTemplates{FormatVersion: resource.FormatVersion, Templates: templates, Diagnostics: diagnosticRecords(diagnostics)}
	if err := a.show(document, func(w io.Writer) { writeTemplates(w, templates, diagnostics) }); err != nil {
		return err
	}
	if slices.ContainsFunc(diagnostics, isConfigError) {
		return &failure{status: StatusUsage, code: "flow_template"} // they have been shown
	}
	return nil
}

// showFlowTemplate shows one template with its parameters. What is wrong with
// others is none of its business.
func (a *App) showFlowTemplate(name string, templates []flow.Template, diagnostics []config.Diagnostic) error {
	diagnostics = slices.DeleteFunc(slices.Clone(diagnostics), func(d config.Diagnostic) bool { return !isAboutTemplate(d, name) })
	if slices.ContainsFunc(diagnostics, isConfigError) {
		return &config.InvalidError{Diagnostics: diagnostics}
	}
	at := slices.IndexFunc(templates, func(t flow.Template) bool { return t.Name == name })
	if at < 0 {
		return unknownTemplate(name, templates)
	}
	document := flowTemplates{
		FormatVersion: resource.FormatVersion, Templates: templates[at : at+1], Diagnostics: diagnosticRecords(diagnostics),
	}
	return a.show(document, func(w io.Writer) { writeTemplate(w, templates[at], diagnostics) })
}

// unknownTemplate names the templates that there are, and the closest.
func unknownTemplate(name string, templates []flow.Template) error {
	known := make([]string, 0, len(templates))
	for _, one := range templates {
		known = append(known, one.Name)
	}
	hint := "the templates are " + strings.Join(known, ", ")
	if meant := resource.DidYouMean(name, known); meant != "" {
		hint = meant + " " + hint
	}
	if !slices.ContainsFunc(templates, func(one flow.Template) bool { return one.Custom }) {
		hint += "; your own are looked for in the folder templates beside the configuration"
	}
	return &failure{status: StatusUsage, code: "no_such_template", message: fmt.Sprintf("no template is called %q", name), hint: hint}
}

func isConfigError(d config.Diagnostic) bool { return d.Severity == config.SeverityError }

// isAboutTemplate reports whether a remark is about the folder of a template, or
// a file in it.
func isAboutTemplate(d config.Diagnostic, name string) bool {
	for _, place := range []string{d.Position.File, path.Dir(d.Position.File)} {
		if path.Base(place) == name && path.Base(path.Dir(place)) == "templates" {
			return true
		}
	}
	return false
}

func writeTemplates(w io.Writer, templates []flow.Template, diagnostics []config.Diagnostic) {
	rows := make([][]string, 0, len(templates))
	for _, one := range templates {
		origin := "tool"
		if one.Custom {
			origin = "own"
		}
		rows = append(rows, []string{one.Name, one.Version, origin, one.Title})
	}
	writeTable(w, []string{"NAME", "VERSION", "ORIGIN", "TITLE"}, rows, 3)
	fmt.Fprintf(w, "\n%s.\n", counted(len(templates), "template"))
	writeDiagnostics(w, diagnostics)
}

func writeDiagnostics(w io.Writer, diagnostics []config.Diagnostic) {
	if len(diagnostics) > 0 {
		fmt.Fprintln(w)
	}
	for _, one := range diagnostics {
		writeDiagnostic(w, one)
	}
}

func writeTemplate(w io.Writer, template flow.Template, diagnostics []config.Diagnostic) {
	fmt.Fprintln(w, printableLine(fmt.Sprintf("Template %s, version %s: %s", template.Name, template.Version, template.Title)))
	if template.Description != "" {
		writeProse(w, "", printableLine(template.Description))
	}
	fmt.Fprintln(w)
	rows := make([][]string, 0, len(template.Parameters))
	for _, one := range template.Parameters {
		rows = append(rows, []string{
			one.Name, string(one.Type), cmp.Or(string(one.Default), "(required)"), strings.TrimPrefix(one.Allowed(), "it takes "),
			cmp.Or(string(one.Example), "-"), cmp.Or(one.Description, "-"),
		})
	}
	if len(rows) > 0 {
		writeTable(w, []string{"PARAMETER", "TYPE", "DEFAULT", "TAKES", "EXAMPLE", "DESCRIPTION"}, rows)
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s.\n", counted(len(rows), "parameter"))
	writeDiagnostics(w, diagnostics)
}
