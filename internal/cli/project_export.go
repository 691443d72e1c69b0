package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// exportFlags are the flags of project export.
type exportFlags struct {
	tenants, flows, settings bool
	split                    bool
}

// kinds are what the flags ask for: tenants and flows, unless one of them is named.
func (f exportFlags) kinds() exportKinds {
	both := !f.tenants && !f.flows
	return exportKinds{tenants: f.tenants || f.settings || both, flows: f.flows || both, settings: f.settings}
}

func newProjectExportCommand(a *App) *cobra.Command {
	var flags exportFlags
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the live project as configuration, or into the one that is there",
		Long: "Writes descope.yaml with every live tenant and flow, and each flow into a file under flows/, into the folder that -o\n" +
			"names, or else into this one. Values are taken as they are; what validation refuses, what a configuration cannot say,\n" +
			"and what holds a loaded secret is left alone, with a comment, and counted.\n\n" +
			"Where a configuration is found (or -o leads to one) it is kept: comments, order, ${…}, anchors, what set says, and\n" +
			"formatting. Only what differs is changed; new objects become entries, and what is gone gets state: absent. With\n" +
			"environments -e names the one whose overlay is written, as drift adopt does it. A value that comes from a variable or\n" +
			"an anchor stays; the command then ends with 1 and names it.\n\n" +
			"Nothing is written unless the result is valid and a plan against what was read has nothing else to do. A flow's file\n" +
			"with changes that are in no commit is replaced with --yes, or when somebody says so at a terminal. Nothing is\n" +
			"written to Descope. Files hold names and domains of customers, and are readable as files in a repository are.",
		Example:     "  descope-mgmt project export\n  descope-mgmt project export -e prod -o prod-as-it-is\n  descope-mgmt project export --split -o descope --include-tenants",
		Args:        exactArgs(0),
		Annotations: map[string]string{folderFlagAnnotation: alwaysFolder},
		RunE:        func(cmd *cobra.Command, _ []string) error { return a.runProjectExport(cmd.Context(), flags) },
	}
	cmd.Flags().BoolVar(&flags.tenants, "include-tenants", false, "write tenants; without any of these tenants and flows")
	cmd.Flags().BoolVar(&flags.flows, "include-flows", false, "write flows")
	cmd.Flags().BoolVar(&flags.settings, "include-settings", false, "also write the session settings of tenants, which costs a call each")
	cmd.Flags().BoolVar(&flags.split, "split", false, "write tenants.yaml and flows.yaml beside descope.yaml; needs -o, and -c with that folder from then on")
	return exits(cmd, append([]Status{StatusRefused, StatusLocked}, talking...)...)
}

func (a *App) runProjectExport(ctx context.Context, flags exportFlags) error {
	folder := a.flags.output
	a.flags.output = "" // it is a folder: the report goes where reports go
	if flags.split && folder == "" {
		return usageError("--split needs a folder of its own", "name it with -o, for example -o descope")
	}
	into, err := a.exportInto(folder)
	if err != nil {
		return err
	}
	if flags.split && len(into) > 0 {
		return usageError("--split is for a new configuration: "+into[0]+" is there already", "leave --split out: what is there keeps its files")
	}
	edit, err := a.editExported(ctx, folder, len(into) > 0)
	if err != nil {
		return err
	}
	defer edit.end()
	session, err := a.open(ctx, need{configuration: len(into) > 0, editing: len(into) > 0})
	if err != nil {
		return err
	}
	x := &exporter{session: session, editing: edit, kinds: flags.kinds()}
	if len(into) > 0 {
		return x.exportMerged(ctx)
	}
	return x.exportFresh(ctx, folder, flags.split)
}

// editExported keeps others from editing what is exported into.
func (a *App) editExported(ctx context.Context, folder string, merged bool) (*editing, error) {
	if merged {
		return a.editConfiguration(ctx, a.configOptions(need{editing: true}))
	}
	return a.editFolders(ctx, a.absolute(cmp.Or(folder, ".")))
}

// exportInto finds the configuration in the folder that is exported into, and makes it
// the one that this command is about.
func (a *App) exportInto(folder string) ([]string, error) {
	if folder == "" {
		if _, found := a.configurationIn(a.WorkDir); found || len(a.flags.config) > 0 {
			return orFound(a.flags.config, "the configuration"), nil
		}
		return nil, nil
	}
	found, there := a.configurationIn(a.absolute(folder))
	if !there {
		return nil, nil
	}
	if len(a.flags.config) > 0 {
		return nil, usageError(fmt.Sprintf("-o leads to a configuration (%s), and another one is named with -c", found), "leave one of them out")
	}
	a.flags.config = []string{found}
	return a.flags.config, nil
}

func orFound(paths []string, otherwise string) []string {
	if len(paths) == 0 {
		return []string{otherwise}
	}
	return paths
}

// configurationIn is the configuration in a folder: its file, or the folder itself
// where it was split.
func (a *App) configurationIn(folder string) (string, bool) {
	exists := func(name string) bool {
		_, err := os.Lstat(filepath.Join(folder, name))
		return err == nil
	}
	switch {
	case exists(configName) && (exists("tenants.yaml") || exists("flows.yaml")) && folder != a.WorkDir:
		return folder, true
	case exists(configName):
		return filepath.Join(folder, configName), true
	case exists(filepath.Join(".descope", "config.yaml")):
		return filepath.Join(folder, ".descope", "config.yaml"), true
	default:
		return "", false
	}
}

// exportFresh writes a configuration where there is none.
func (x *exporter) exportFresh(ctx context.Context, folder string, split bool) error {
	if err := x.prepare(ctx); err != nil {
		return err
	}
	to := x.app.absolute(cmp.Or(folder, "."))
	texts, err := x.configFiles(configHead{}, split)
	if err == nil {
		texts, err = canonical(texts)
	}
	if err != nil {
		return err
	}
	files, err := x.plannedFiles(to, texts)
	if err != nil {
		return err
	}
	return x.finishFresh(ctx, to, files, split, "")
}

// prepare reads the project and makes the entries that stay.
func (x *exporter) prepare(ctx context.Context) error {
	if err := x.read(ctx); err != nil {
		return err
	}
	if err := x.build(); err != nil {
		return err
	}
	return x.settle(ctx)
}

// exportMerged brings the live project into the configuration that is there.
func (x *exporter) exportMerged(ctx context.Context) error {
	loaded, environment := x.config, x.target.Resources
	if names := loaded.Environments(); environment == "" && len(names) > 0 {
		return usageError("no environment is selected, and the values would count for all of them", "name one with -e; configured are "+strings.Join(names, ", "))
	}
	tenants, flows := loaded.Manage(environment), loaded.ManageFlows(environment)
	x.scope = func(kind resource.Kind, id string) bool {
		if kind == resource.KindFlow {
			return inScope(flows, id)
		}
		return inScope(tenants, id)
	}
	if err := x.read(ctx); err != nil {
		return err
	}
	needed := map[string]bool{}
	if x.kinds.tenants {
		for _, id := range plan.NeedSettings(loaded.Desired(environment), x.live, tenants, resource.PlanOptions{}) {
			needed[id] = true
		}
	}
	for _, step := range []func() error{
		func() error { return x.readSettingsOf(ctx, needed) }, x.build, func() error { return x.settle(ctx) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	merged, err := x.merge(ctx)
	if err != nil {
		return err
	}
	if err := x.write(ctx, merged.files); err != nil {
		return err
	}
	x.noteExported(ctx)
	if len(merged.remaining) == 0 {
		x.recordAdopted(ctx, merged.loaded, environment)
	}
	return merged.show()
}

// inScope reports whether an object may be in the configuration here: inside of manage,
// and not named for other environments only.
func inScope(manage resource.Manage, id string) bool {
	return manage.InScope(id) && !slices.Contains(manage.Elsewhere, id)
}

// noteExported makes the flows known that are in the configuration now.
func (x *exporter) noteExported(ctx context.Context) {
	var flows []resource.Flow
	for _, live := range x.flowsNow {
		if e := x.entryOf(live.Address()); e != nil && e.gone == "" {
			flows = append(flows, live)
		}
	}
	if len(flows) > 0 {
		x.noteExports(ctx, flows)
	}
}

// fileMode is the mode of new files of a repository. They hold nothing secret, and who
// may read the repository may read them.
const fileMode fs.FileMode = 0o644

// freshFile is a file that is written whole.
type freshFile struct {
	namedText
	optional bool // one that is there stays as it is
	merged   bool // the text has in it what is there
}

// plannedFiles are all files of an export: those of flows first, because the others
// name them, and the configuration's own at last.
func (x *exporter) plannedFiles(to string, texts []namedText) ([]freshFile, error) {
	var files []freshFile
	for _, name := range keysOf(x.documents) {
		if slices.ContainsFunc(staying(x.flows), func(e *exportEntry) bool { return e.members[1].Value == resource.StringValue(name) }) {
			files = append(files, freshFile{namedText: namedText{name: name, text: string(x.documents[name])}})
		}
	}
	for _, text := range slices.Backward(texts) {
		files = append(files, freshFile{namedText: text})
	}
	return files, x.checkFree(to, files)
}

// checkFree refuses files that are there with something else in them.
func (x *exporter) checkFree(to string, files []freshFile) error {
	var taken []string
	for _, file := range files {
		if file.optional || file.merged {
			continue
		}
		path := filepath.Join(to, filepath.FromSlash(file.name))
		before, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil || string(before) != file.text {
			taken = append(taken, file.name)
		}
	}
	if len(taken) == 0 {
		return nil
	}
	return refusedError("exists", "there already, with something else in them: "+strings.Join(taken, ", "), "nothing was written; move them away, or name another folder")
}

// finishFresh writes all files or none, reads them as the next command will, and says
// what came of it.
func (x *exporter) finishFresh(ctx context.Context, to string, files []freshFile, split bool, environment string) error {
	edited := &fileEdits{app: x.app}
	document := x.document(to)
	for _, file := range files {
		path := filepath.Join(to, filepath.FromSlash(file.name))
		if err := leadsOut(to, path, file.name); err != nil {
			return err
		}
		one, err := edited.put(path, []byte(file.text), fileMode)
		if err != nil {
			return err
		}
		state := exportWritten
		switch {
		case !one.there:
		case string(one.before) == file.text:
			state = exportUnchanged
		case file.optional:
			one.after, state = one.before, exportKept
		default:
			state = exportChanged
		}
		document.Files = append(document.Files, exportFile{File: one.name, State: state, Customers: file.customers})
	}
	if err := x.write(ctx, edited); err != nil {
		return err
	}
	x.noteExported(ctx)
	options := x.app.configOptions(need{editing: true})
	options.Paths = []string{filepath.Join(to, configName)}
	document.Next = "descope-mgmt plan" + x.configFlag(to, split)
	if split {
		options.Paths = []string{to}
	}
	document.Next += selecting(environment)
	loaded, err := config.Load(ctx, options)
	if err != nil {
		return fmt.Errorf("read what was written: %w", err)
	}
	if document.Remaining, err = x.remaining(loaded, environment); err != nil {
		return err
	}
	if x.adopts && len(document.Remaining) == 0 {
		x.recordAdopted(ctx, loaded, environment)
	}
	return x.showExport(document)
}

// configFlag names the configuration where it is not found by itself.
func (x *exporter) configFlag(to string, split bool) string {
	if to == x.app.WorkDir && !split {
		return ""
	}
	place := to
	if !split {
		place = filepath.Join(to, configName)
	}
	if relative, err := filepath.Rel(x.app.WorkDir, place); err == nil && filepath.IsLocal(relative) {
		place = relative
	}
	return " -c " + shellWord(place)
}
