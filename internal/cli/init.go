package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
)

// initFlags are the flags of init, and after the questions their answers.
type initFlags struct {
	noTenants, noFlows bool
	settings           bool
	dir                string
	environments       []string
}

func newInitCommand(a *App) *cobra.Command {
	var flags initFlags
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Adopt a live project: write its configuration, and end with an empty plan",
		Long: "Makes a project of this folder: reads what is live, and writes descope.yaml, each flow into a file under flows/, the\n" +
			"schema for editors, .env.example, a block in .gitignore, and .pre-commit-config.yaml. On a terminal it asks; with\n" +
			"--yes, with --no-input and without a terminal it takes project and key from the variables, this folder, tenants and\n" +
			"flows. Nothing is written to Descope.\n\n" +
			"Values are taken as they are. What validation refuses (a public mail domain, say), what a configuration cannot say,\n" +
			"and what holds a loaded secret is left alone, with a comment, and counted. At the end a plan is made of the files as\n" +
			"they are on the disk: it must be empty, or the command ends with 1 and says what differs. With --environments the\n" +
			"first one named stands for the project that was read. A folder that holds a configuration already is refused.",
		Example: "  descope-mgmt init\n  descope-mgmt init --yes\n  descope-mgmt init --no-input --dir identity --environments dev,prod --include-settings",
		Args:    exactArgs(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runInit(cmd.Context(), flags) },
	}
	cmd.Flags().BoolVar(&flags.settings, "include-settings", false, "also write the session settings of tenants, which costs a call each")
	cmd.Flags().BoolVar(&flags.noTenants, "no-tenants", false, "leave tenants alone")
	cmd.Flags().BoolVar(&flags.noFlows, "no-flows", false, "leave flows alone")
	cmd.Flags().StringVar(&flags.dir, "dir", ".", "the `DIR` to write into, which need not exist")
	cmd.Flags().StringSliceVar(&flags.environments, "environments", nil, "the `NAMES` of environments, the first one being this project (dev,prod)")
	return exits(cmd, append([]Status{StatusRefused, StatusLocked}, talking...)...)
}

func (a *App) runInit(ctx context.Context, flags initFlags) error {
	if err := a.checkInit(flags); err != nil {
		return err
	}
	if a.Terminal.Interactive && !a.flags.yes {
		if err := a.askInit(ctx, &flags); err != nil {
			return err
		}
	}
	to := a.absolute(flags.dir)
	edit, err := a.editFolders(ctx, to)
	if err != nil {
		return err
	}
	defer edit.end()
	if found, there := a.configurationIn(to); there {
		return refusedError("exists", "there is a configuration already: "+found, "descope-mgmt project export brings what is live into it")
	}
	fromVariable := a.flags.projectID == ""
	session, err := a.openLoaded(ctx, need{}, nil)
	if err != nil {
		return err
	}
	if err := session.tryCredentials(ctx); err != nil {
		return err
	}
	x := &exporter{session: session, editing: edit, adopts: true, kinds: exportKinds{tenants: !flags.noTenants, flows: !flags.noFlows, settings: flags.settings}}
	if err := x.prepare(ctx); err != nil {
		return err
	}
	head := configHead{schema: schemaName, environments: flags.environments}.withHost(session)
	if !fromVariable {
		head.projectID = session.target.ProjectID
	}
	if len(flags.environments) > 0 {
		head.environment, head.projectID = flags.environments[0], session.target.ProjectID
	}
	return x.writeProject(ctx, to, head)
}

// writeProject writes all files of a new project.
func (x *exporter) writeProject(ctx context.Context, to string, head configHead) error {
	texts, err := x.configFiles(head, false)
	if err == nil {
		texts, err = canonical(texts) // the hook that is written beside it checks that
	}
	if err != nil {
		return err
	}
	more, err := x.projectFiles(to, head)
	if err != nil {
		return err
	}
	files, err := x.plannedFiles(to, texts)
	if err != nil {
		return err
	}
	last := len(files) - 1
	files = slices.Insert(files, last, more...)
	return x.finishFresh(ctx, to, files, false, head.environment)
}

// checkInit refuses what does not go together, before anything is asked.
func (a *App) checkInit(flags initFlags) error {
	switch {
	case len(a.flags.config) > 0:
		return usageError("init makes a new configuration, and one is named with -c", "leave it out, or bring what is live into it with descope-mgmt project export")
	case a.flags.environment != "":
		return usageError("init knows no environments yet, and one is named with -e", "name the environments that are to be with --environments")
	case a.flags.output != "" && a.flags.format == formatTable:
		return usageError("-o names a file for what is printed, and init writes into a folder", "did you mean --dir "+shellWord(a.flags.output)+"?")
	case flags.settings && flags.noTenants:
		return usageError("--include-settings and --no-tenants exclude each other", "leave one of them out")
	}
	seen := map[string]bool{}
	for _, name := range flags.environments {
		variable := environmentVariable(name, "PROJECT_ID")
		switch {
		case !config.IsEnvironmentName(name):
			return usageError(fmt.Sprintf("--environments: %q cannot be the name of an environment", name), "use letters, digits, - and _, for example dev,prod")
		case seen[variable]:
			return usageError(fmt.Sprintf("--environments: %q is there twice, or shares its variables with another one", name), "leave one of them out")
		}
		seen[variable] = true
	}
	return nil
}

// askInit asks for what the flags leave open. An empty answer takes what stands in
// brackets.
func (a *App) askInit(ctx context.Context, flags *initFlags) error {
	known, _ := a.lookup("DESCOPE_PROJECT_ID")
	known = cmp.Or(a.flags.projectID, known)
	answer, err := a.askFor(ctx, "Project id", known, "it is in the Descope console, under Project")
	if err != nil {
		return err
	}
	if answer != known {
		a.flags.projectID = answer
	}
	if flags.dir, err = a.askFor(ctx, "Folder", flags.dir, "the files are written there; it need not exist"); err != nil {
		return err
	}
	if err := a.askEnvironments(ctx, flags); err != nil {
		return err
	}
	for _, question := range []struct {
		text string
		flag *bool
		not  bool // the flag says the opposite
	}{{"Write tenants", &flags.noTenants, true}, {"Write flows", &flags.noFlows, true}, {"Write the session settings of tenants, with a call each", &flags.settings, false}} {
		if question.flag == &flags.settings && flags.noTenants {
			continue
		}
		yes, err := a.askWhether(ctx, question.text, *question.flag != question.not)
		if err != nil {
			return err
		}
		*question.flag = yes != question.not
	}
	return a.checkInit(*flags)
}

// askEnvironments asks until the answer can be used. The end of the input takes what
// stands in brackets, which can be.
func (a *App) askEnvironments(ctx context.Context, flags *initFlags) error {
	otherwise := cmp.Or(strings.Join(flags.environments, ","), "none")
	for {
		names, err := a.askFor(ctx, "Environments, the first one being this project, such as dev,prod", otherwise,
			"each is a project of its own, with variables of its own; none: this project alone")
		if err != nil {
			return err
		}
		flags.environments = nil
		if names != "none" {
			flags.environments = strings.FieldsFunc(names, func(r rune) bool { return r == ',' || r == ' ' })
		}
		wrong := a.checkInit(*flags)
		if wrong == nil {
			return nil
		}
		body := describe(wrong)
		a.warn("warning: %s; %s", strings.TrimPrefix(body.Message, "--environments: "), body.Hint)
	}
}

// askFor asks for a text; a question mark asks what it is for.
func (a *App) askFor(ctx context.Context, what, otherwise, about string) (string, error) {
	question := what
	if otherwise != "" {
		question += " [" + otherwise + "]"
	}
	for {
		answer, err := a.ask(ctx, question+": ")
		if err != nil || answer != "?" {
			return cmp.Or(answer, otherwise), err
		}
		a.warn("note: %s", about)
	}
}

// askWhether asks until the answer is one. The end of the input takes the other one.
func (a *App) askWhether(ctx context.Context, what string, otherwise bool) (bool, error) {
	choice := "no"
	if otherwise {
		choice = "yes"
	}
	for {
		answer, err := a.ask(ctx, what+", yes or no ["+choice+"]: ")
		switch strings.ToLower(answer) {
		case "":
			return otherwise, err
		case "y", "yes":
			return true, err
		case "n", "no":
			return false, err
		}
		a.warn("warning: %q is neither yes nor no", answer)
	}
}

// tryCredentials asks the smallest question that wants a key. A host that does not
// know it, or does not answer it to this key, is one all the same.
func (s *session) tryCredentials(ctx context.Context) error {
	if _, err := s.reader.License(ctx); !descope.IsUnreadable(err) {
		return err
	}
	return nil
}

// projectFiles are the files of a new project beside its configuration.
func (x *exporter) projectFiles(to string, head configHead) ([]freshFile, error) {
	schema, err := config.Schema()
	if err != nil {
		return nil, err
	}
	ignore, err := os.ReadFile(filepath.Join(to, ".gitignore"))
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("read .gitignore: %w", err)
	}
	return []freshFile{
		{namedText: namedText{name: schemaName, text: string(schema)}, optional: true},
		{namedText: namedText{name: ".env.example", text: envExample(head, x.target.ProjectID)}, optional: true},
		{namedText: namedText{name: ".gitignore", text: withIgnoreBlock(string(ignore))}, merged: true},
		{namedText: namedText{name: ".pre-commit-config.yaml", text: preCommit(currentBuild().Version)}, optional: true},
	}, nil
}
