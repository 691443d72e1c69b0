package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/applied"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// adoptDocument is what machines read about values that were taken over.
type adoptDocument struct {
	FormatVersion string             `json:"format_version"`
	Environments  []adoptEnvironment `json:"environments"` // whose values they are
	DryRun        bool               `json:"dry_run"`
	Edits         []adoptEdit        `json:"edits"` // sorted by address and path
	// Recorded are values that no configuration can name: they count as applied from
	// now on.
	Recorded []adoptRecorded `json:"into_record"`
	// Left are values that no configuration can say.
	Left  []adoptLeft `json:"left"`
	Files []string    `json:"files"` // that were written, or would be; sorted
	Next  string      `json:"next"`  // the command to run then; empty when nothing was written
}

type adoptEnvironment struct {
	Environment *string `json:"environment"`
	ProjectID   string  `json:"project_id"`
	Host        string  `json:"host"`
}

// adoptEdit is one value that was written.
type adoptEdit struct {
	Address  resource.Address  `json:"address"`
	Path     string            `json:"path"` // empty for a new entry, "document" for what a flow is made of
	Before   resource.Value    `json:"before"`
	After    resource.Value    `json:"after"`
	Severity resource.Severity `json:"severity"`
	Source   resource.Position `json:"source"` // in the file as it is then
	// Changes are what is live in a flow against the code, in words; for its document only.
	Changes string `json:"changes,omitempty"`

	file *fileEdit
	at   yamledit.Path // nil for a whole file
}

// adoptRecorded is one value that is taken over into the record of what was applied.
type adoptRecorded struct {
	Environment *string           `json:"environment"` // each has a record of its own
	Address     resource.Address  `json:"address"`
	Path        string            `json:"path"`
	Before      resource.Value    `json:"before"`
	After       resource.Value    `json:"after"`
	Severity    resource.Severity `json:"severity"`

	side *adoptSide
}

// adoptLeft is one difference that stays.
type adoptLeft struct {
	Address resource.Address `json:"address"`
	Path    string           `json:"path"`
	Reason  string           `json:"reason"`
}

// finish writes the files and shows what was written.
func (d *adoption) finish(ctx context.Context) error {
	document := d.document()
	if !d.flags.dryRun {
		if err := d.editing.check(); err != nil {
			return err
		}
		if err := d.files.write(nil); err != nil {
			return err
		}
		if err := d.writeRecords(ctx); err != nil {
			return err
		}
		d.noteFlows(ctx)
	}
	d.sides[0].showWarnings()
	return d.app.show(document, func(w io.Writer) { d.writeHuman(w, document) })
}

// writeRecords makes what no configuration can name count as applied: nothing else
// could end the difference.
func (d *adoption) writeRecords(ctx context.Context) error {
	for _, one := range d.recorded {
		records, err := one.side.appliedRecords()
		if err != nil {
			return err
		}
		now := applied.Change{Object: drift.Object{Values: map[string]resource.Value{one.Path: one.After}}, Partial: true}
		err = records.Update(ctx, applied.Batch{
			At: d.app.Now(), RunID: d.app.run(), Commit: func() string { return deref(one.side.facts(ctx).commit) },
			Changes: maps.All(map[resource.Address]applied.Change{one.Address: now}),
		})
		if err != nil {
			return fmt.Errorf("record of %s: %w", one.Address, err)
		}
	}
	return nil
}

// noteFlows keeps the versions that were taken over: a deploy then knows the flows.
func (d *adoption) noteFlows(ctx context.Context) {
	for _, side := range d.sides {
		var flows []resource.Flow
		for _, edit := range d.edits {
			live, found := side.liveFlow(edit.Address.ID())
			known := slices.ContainsFunc(flows, func(one resource.Flow) bool { return one.ID == live.ID })
			if edit.Address.Kind() == resource.KindFlow && found && !known {
				flows = append(flows, live)
			}
		}
		if len(flows) > 0 {
			side.noteExports(ctx, flows)
		}
	}
}

func (d *adoption) document() adoptDocument {
	document := adoptDocument{FormatVersion: resource.FormatVersion, DryRun: d.flags.dryRun, Edits: []adoptEdit{}, Recorded: []adoptRecorded{}, Left: []adoptLeft{}, Files: []string{}}
	for _, side := range d.sides {
		document.Environments = append(document.Environments, adoptEnvironment{side.session.environment(), side.target.ProjectID, side.host})
	}
	for _, edit := range d.edits {
		edit.Source = resource.Position{File: edit.file.name, Line: 1, Column: 1}
		for at := edit.at; len(at) > 0 && edit.file.now != nil; at = at.Parent() {
			if line, column, there := edit.file.now.Place(at); there {
				edit.Source.Line, edit.Source.Column = line, column
				break
			}
		}
		document.Edits = append(document.Edits, edit)
	}
	slices.SortStableFunc(document.Edits, func(a, b adoptEdit) int {
		return strings.Compare(string(a.Address)+"\x00"+a.Path, string(b.Address)+"\x00"+b.Path)
	})
	document.Recorded = append(document.Recorded, d.recorded...)
	for _, left := range d.left {
		if !slices.Contains(document.Left, left) {
			document.Left = append(document.Left, left)
		}
	}
	for _, file := range d.files.changed() {
		document.Files = append(document.Files, file.name)
	}
	slices.Sort(document.Files)
	if len(document.Files) > 0 && !d.flags.dryRun {
		document.Next = d.next()
	}
	return document
}

// next is the plan that shows that nothing is left.
func (d *adoption) next() string {
	words := []string{"descope-mgmt plan"}
	for _, path := range d.app.flags.config {
		words = append(words, "-c", shellWord(path))
	}
	switch environment := d.sides[0].target.Environment; {
	case d.flags.all:
		words = append(words, "--all-environments")
	case environment != "":
		words = append(words, "-e", shellWord(environment))
	}
	return strings.Join(words, " ")
}

func (d *adoption) writeHuman(w io.Writer, document adoptDocument) {
	for _, side := range d.sides {
		fmt.Fprintln(w, side.headline())
	}
	fmt.Fprintln(w)
	writeEdits(w, document.Edits)
	for _, one := range document.Recorded {
		fmt.Fprintf(w, "%s\n  ~ %s  %s  (in the record of what was applied: no configuration can name it)\n", printableLine(string(one.Address)),
			printableLine(one.Path), styleOf(w).turn(orWord(one.Before, "(not set)", false), orWord(one.After, "(not set)", false)))
	}
	for _, left := range document.Left {
		writeNote(w, printableLine(string(left.Address)+" "+left.Path+" stays: "+left.Reason))
	}
	if len(document.Edits)+len(document.Recorded)+len(document.Left) > 0 {
		fmt.Fprintln(w)
	}
	files := strings.Join(document.Files, ", ")
	switch {
	case len(document.Files) == 0 && len(document.Recorded) > 0 && document.DryRun:
		fmt.Fprintf(w, "Would take over %s into the record. Nothing was written.\n", counted(len(document.Recorded), "value"))
	case len(document.Files) == 0 && len(document.Recorded) > 0:
		fmt.Fprintf(w, "Took over %s into the record; no file was changed.\n", counted(len(document.Recorded), "value"))
	case len(document.Files) == 0:
		fmt.Fprintln(w, "Nothing to take over: the configuration says what is live.")
	case document.DryRun:
		fmt.Fprintf(w, "Would take over %s, in %s. Nothing was written.\n", counted(len(document.Edits), "value"), printableLine(files))
	default:
		fmt.Fprintf(w, "Took over %s, in %s.\nLook at it with git diff, then run: %s\n", counted(len(document.Edits), "value"), printableLine(files), printableLine(document.Next))
	}
}

// writeEdits writes edits below the address of their object.
func writeEdits(w io.Writer, edits []adoptEdit) {
	var last resource.Address
	for _, edit := range edits {
		if edit.Address != last {
			fmt.Fprintln(w, printableLine(string(edit.Address)))
			last = edit.Address
		}
		writeAdopted(w, edit)
	}
}

func writeAdopted(w io.Writer, edit adoptEdit) {
	place := printableLine(fmt.Sprintf("%s:%d", edit.Source.File, edit.Source.Line))
	switch {
	case edit.Path == "":
		fmt.Fprintf(w, "  + new entry  (%s)\n    %s\n", place, showValue(edit.After, false))
	case edit.Path == "document":
		text := "the flow's document"
		if name, isNew := edit.After.AsString(); isNew {
			before, _ := edit.Before.AsString()
			text += ", from now on in " + name + " instead of " + before
		}
		fmt.Fprintf(w, "  ~ %s  (%s)\n", printableLine(text), place)
		for line := range strings.Lines(edit.Changes) {
			fmt.Fprintf(w, "    %s\n", printableLine(strings.TrimRight(line, "\n")))
		}
	default:
		fmt.Fprintf(w, "  ~ %s  %s  (%s)\n", printableLine(edit.Path), styleOf(w).turn(orWord(edit.Before, "(not set)", false), orWord(edit.After, "(removed)", false)), place)
	}
}
