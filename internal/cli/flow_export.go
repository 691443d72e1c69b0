package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// flowExports is what machines read about an export of all flows.
type flowExports struct {
	FormatVersion string         `json:"format_version"`
	Environment   *string        `json:"environment"`
	ProjectID     string         `json:"project_id"`
	Host          string         `json:"host"`
	Folder        string         `json:"folder"`
	Flows         []exportedFlow `json:"flows"` // sorted by id
}

type exportedFlow struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	File    string `json:"file"`    // path
	Written bool   `json:"written"` // false where the file held the same already
	Digest  string `json:"digest"`
}

func newFlowExportCommand(a *App) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "export ID | --all -o DIR",
		Short: "Write live flows as files for git",
		Long: "Exports one flow as a management export, to the standard output or with -o to a file; or with --all every flow into\n" +
			"the folder that -o names, each as ID.json. Keys are sorted, so that git shows what has changed. A file is replaced\n" +
			"whole or not at all. In file names of --all whatever is neither letter, digit, dot, hyphen nor underscore is written\n" +
			"as % and two digits. An export is noted in the flow's history: the flow then counts as known, and a deploy may write it.\n" +
			"A file that the configuration names for this flow keeps the values that the configuration sets in it (set, references,\n" +
			"name, enabled): they belong to one environment. What else differs is said on the standard error.\n" +
			"A file with changes that are not committed to git, and with another meaning than what is live, is replaced only with\n" +
			"--yes, or when somebody says so at a terminal.",
		Example:     "  descope-mgmt flow export sign-in -e dev -o flows/sign-in.json\n  descope-mgmt flow export --all -e dev -o flows",
		Args:        rangeArgs(0, 1),
		Annotations: map[string]string{folderFlagAnnotation: "all"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if all {
				return a.runFlowExportAll(cmd.Context(), args)
			}
			return a.runFlowExport(cmd.Context(), args)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "every live flow; -o names a folder")
	return exits(cmd, append([]Status{StatusRefused}, talking...)...)
}

func (a *App) runFlowExport(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] == "" {
		return usageError("no flow is named", "give an ID, which descope-mgmt flow list shows, or --all -o DIR for every flow")
	}
	session, err := a.open(ctx, need{brokenFlows: true})
	if err != nil {
		return err
	}
	live, err := session.reader.Flow(ctx, args[0])
	if err != nil {
		return session.explainMissing(err, resource.KindFlow, args[0])
	}
	text, err := session.exportText(live, a.flags.output)
	if err != nil {
		return err
	}
	var over []*overwriting
	if found := a.overwrites(ctx, live.ID, a.flags.output, text); found != nil {
		over = append(over, found)
	}
	if err := session.mayOverwrite(ctx, over); err != nil {
		return err
	}
	if err := a.show(rawDocument(text), func(w io.Writer) { _, _ = w.Write(text) }); err != nil {
		return err
	}
	session.tellOverwritten(over)
	session.noteExports(ctx, []resource.Flow{live})
	return nil
}

func (a *App) runFlowExportAll(ctx context.Context, args []string) error {
	given := a.flags.output
	a.flags.output = "" // it is a folder: the report goes where reports go
	if len(args) > 0 {
		return usageError("--all and a flow's id exclude each other", "leave one of them out")
	}
	if given == "" {
		return usageError("--all needs a folder", "name it with -o, for example -o flows")
	}
	session, err := a.open(ctx, need{brokenFlows: true})
	if err != nil {
		return err
	}
	folder := store.Open("").Elsewhere(a.absolute(given)) // for this user only
	if err := folder.Make(); err != nil {
		return err
	}
	flows, err := session.exportAll(ctx)
	if err != nil {
		return err
	}
	document := flowExports{
		FormatVersion: resource.FormatVersion, Environment: session.environment(), ProjectID: session.target.ProjectID,
		Host: session.host, Folder: folder.Dir(), Flows: make([]exportedFlow, 0, len(flows)),
	}
	texts, names := make([][]byte, len(flows)), fileNames(flows)
	var over []*overwriting
	for i, one := range flows {
		if texts[i], err = session.exportText(one, folder.Path(names[i])); err != nil {
			return err
		}
		if found := a.overwrites(ctx, one.ID, folder.Path(names[i]), texts[i]); found != nil {
			over = append(over, found)
		}
	}
	if err := session.mayOverwrite(ctx, over); err != nil {
		return err
	}
	for i, one := range flows {
		written, err := replaceChanged(folder, names[i], a.redact.clean(texts[i]))
		if err != nil {
			return err
		}
		document.Flows = append(document.Flows, exportedFlow{
			ID: one.ID, Name: one.Name, File: folder.Path(names[i]), Written: written, Digest: one.Document.Digest(),
		})
	}
	session.noteExports(ctx, flows)
	session.tellOverwritten(over)
	return a.show(document, func(w io.Writer) { writeExports(w, session.headline(), document) })
}

// exportAll reads every live flow before anything is written, so that a failure
// leaves the folder as it was. A flow that goes away meanwhile is left out.
func (s *session) exportAll(ctx context.Context) ([]resource.Flow, error) {
	flows, err := s.flows(ctx)
	if err != nil {
		return nil, err
	}
	tasks, inner := errgroup.WithContext(ctx)
	tasks.SetLimit(s.workers())
	for i := range flows {
		tasks.Go(func() error {
			live, err := s.reader.Flow(inner, flows[i].ID)
			if descope.IsNotFound(err) {
				return nil // its document stays absent
			}
			flows[i].Document = live.Document
			return err
		})
	}
	if err := tasks.Wait(); err != nil {
		return nil, err
	}
	there := flows[:0]
	for _, one := range flows {
		if one.Document.IsAbsent() {
			s.app.notice("flow %s went away while the flows were read", one.ID)
			continue
		}
		there = append(there, one)
	}
	return there, nil
}

// exportText is a live flow as it stands in git. Where it is written over a file of
// the same flow, only what has changed in it changes there. The file that the
// configuration names for it keeps the values that the configuration sets, because
// those belong to one environment.
func (s *session) exportText(live resource.Flow, to string) ([]byte, error) {
	document, err := flow.FromValue(s.concealFlow(live).Document)
	if err != nil {
		return nil, fmt.Errorf("export of flow %q: %w", live.ID, err)
	}
	managed, found := s.managedFlow(live.ID)
	named := to != "" && found && managed.Flow != nil && sameFile(s.app.absolute(to), s.config.FlowFile(s.target.Resources, live.ID))
	if !named || len(managed.Flow.Set) == 0 {
		return s.app.overFile(document, to, named), nil
	}
	kept, err := s.app.readFlowFile(to)
	if err != nil {
		return nil, err
	}
	return s.keepSet(document, kept, managed, to)
}

// keepSet lays the file's own values over what is live, and says what else differs.
func (s *session) keepSet(live, kept flow.Document, managed resource.Desired, to string) ([]byte, error) {
	kept, _ = kept.ToExport()
	paths := managed.Flow.Set
	document, missing, err := flow.Keep(live, kept, paths)
	if err != nil {
		return nil, fmt.Errorf("keep what %s sets in flow %q: %w", managed.Source, managed.ID, err)
	}
	found, _, err := flow.DiffBeyond(kept, live, paths)
	if err != nil {
		return nil, fmt.Errorf("compare flow %q with %s: %w", managed.ID, to, err)
	}
	for _, path := range missing {
		s.app.warn("warning: the live flow %s has no place for %s, which %s sets", managed.ID, path, managed.Source)
	}
	s.app.notice("%s keeps %s that %s sets", to, counted(len(paths)-len(missing), "value"), managed.Source)
	for line := range strings.Lines(found.Text()) {
		s.app.notice("  %s", strings.TrimRight(line, "\n"))
	}
	return s.app.overFile(document, to, true), nil
}

// overFile is the text of a flow that is written over a file. Where that holds the same
// flow, by its id or because it is known to, everything in it that says the same stays
// as it is: its ids, its order, its layout.
func (a *App) overFile(document flow.Document, path string, known bool) []byte {
	if path == "" {
		return document.Encode()
	}
	file, err := a.readFlowFile(path)
	if err != nil || !known && file.ID() != document.ID() {
		return document.Encode()
	}
	text, err := readFlowText(a.absolute(path))
	if err != nil {
		text = nil // a snapshot's folder has no layout that counts
	}
	return flow.Like(document, file).EncodeLike(text)
}

// sameFile reports whether two paths lead to one file that exists.
func sameFile(x, y string) bool {
	one, err := os.Stat(x)
	if err != nil || y == "" {
		return false
	}
	other, err := os.Stat(y)
	return err == nil && os.SameFile(one, other)
}

// replaceChanged writes a file, unless it holds the same already.
func replaceChanged(folder store.Folder, name string, text []byte) (written bool, err error) {
	path := folder.Path(name)
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && info.Size() == int64(len(text)) {
		if before, err := os.ReadFile(path); err == nil && bytes.Equal(before, text) {
			return false, nil
		}
	}
	return true, folder.Replace(name, text)
}

// fileNames gives each flow a file of its own, below the folder whatever the
// service calls it. Ids that differ in capitals only would share a file where the
// file system does not tell them apart, and get a digest behind them.
func fileNames(flows []resource.Flow) []string {
	same := map[string]int{}
	for _, one := range flows {
		same[strings.ToLower(store.Segment(one.ID))]++
	}
	names := make([]string, 0, len(flows))
	for _, one := range flows {
		name := store.Segment(one.ID)
		if same[strings.ToLower(name)] > 1 {
			digest := sha256.Sum256([]byte(one.ID))
			name += "~" + hex.EncodeToString(digest[:4])
		}
		names = append(names, name+".json")
	}
	return names
}

func writeExports(w io.Writer, headline string, document flowExports) {
	fmt.Fprintf(w, "%s\n\n", headline)
	rows, written := make([][]string, 0, len(document.Flows)), 0
	for _, one := range document.Flows {
		state := "unchanged"
		if one.Written {
			state = "written"
			written++
		}
		rows = append(rows, []string{one.ID, one.File, state})
	}
	writeTable(w, []string{"ID", "FILE", "STATE"}, rows)
	fmt.Fprintf(w, "\n%s, %d written.\n", counted(len(document.Flows), "flow"), written)
}

// noteExports keeps the exported versions, so that a deploy knows the flows. The
// files are what was asked for: where the records cannot be written it is a warning.
func (s *session) noteExports(ctx context.Context, flows []resource.Flow) {
	if s.stateErr != nil {
		s.app.warn("warning: the export was not noted in the flow's history: %v", s.stateErr)
		return
	}
	kept, facts := history.Open(s.state), s.facts(ctx)
	entry := history.Entry{At: s.app.Now(), Origin: history.OriginExported, User: facts.user, RunID: s.app.run()}
	if facts.commit != nil {
		entry.GitCommit = *facts.commit
	}
	for _, one := range flows {
		if s.secretFlow(one.ID, one.Document) != "" {
			s.app.warn("warning: flow %s holds a secret: it is blanked out in the file, and this version is not kept", one.ID)
			continue
		}
		entry.Name = one.Name
		if _, err := kept.Record(one.ID, one.Document, entry); err != nil {
			s.app.warn("warning: the export of flow %s was not noted in its history: %v", one.ID, err)
			return // the others would fail alike
		}
	}
}
