package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// exportDocument is what machines read about an export, and about an init.
type exportDocument struct {
	FormatVersion string       `json:"format_version"`
	Environment   *string      `json:"environment"`
	ProjectID     string       `json:"project_id"`
	Host          string       `json:"host"`
	Folder        string       `json:"folder"`
	Tenants       *exportCount `json:"tenants"` // null where they were not asked for
	Flows         *exportCount `json:"flows"`
	Files         []exportFile `json:"files"`
	// Edits are the values that were written into a configuration that was there.
	Edits []adoptEdit `json:"edits"`
	// Left are values, and without a path objects, that are not in the files.
	Left      []adoptLeft       `json:"left"`
	Remaining []exportRemaining `json:"remaining"` // what a plan would do now; empty when all is well
	Next      string            `json:"next"`      // the command to run then
}

// exportCount is how much of a kind there is.
type exportCount struct {
	Live     int `json:"live"`
	Exported int `json:"exported"`
}

// exportState is what became of a file.
type exportState string

const (
	exportWritten   exportState = "written"   // it is new
	exportChanged   exportState = "changed"   // something was written into it
	exportUnchanged exportState = "unchanged" // it held the same already
	exportKept      exportState = "kept"      // it holds something else, and stays so
)

type exportFile struct {
	File      string      `json:"file"`
	State     exportState `json:"state"`
	Customers bool        `json:"customer_data"` // names and domains of customers
}

// document is what is known before anything is written.
func (x *exporter) document(folder string) exportDocument {
	document := exportDocument{
		FormatVersion: resource.FormatVersion, Environment: x.environment(), ProjectID: x.target.ProjectID, Host: x.host, Folder: folder,
		Files: []exportFile{}, Edits: []adoptEdit{}, Left: append([]adoptLeft{}, x.left...), Remaining: []exportRemaining{},
	}
	if x.kinds.tenants {
		document.Tenants = &exportCount{Live: len(x.live), Exported: len(staying(x.tenants))}
	}
	if x.kinds.flows {
		document.Flows = &exportCount{Live: len(x.flowsNow), Exported: len(staying(x.flows))}
	}
	return document
}

// show says what was written into a configuration that was there.
func (m *merging) show() error {
	document := m.exporter.document(m.side.configFolder())
	adopted := m.adoption.document()
	document.Edits, document.Next = adopted.Edits, m.next()
	if len(m.remaining) > 0 {
		document.Remaining = m.remaining
	}
	tenants := map[string]bool{}
	for _, edit := range document.Edits {
		tenants[edit.file.name] = tenants[edit.file.name] || edit.Address.Kind() == resource.KindTenant
	}
	for _, file := range m.files.changed() {
		state := exportChanged
		if !file.there {
			state = exportWritten
		}
		document.Files = append(document.Files, exportFile{File: file.name, State: state, Customers: tenants[file.name]})
	}
	slices.SortFunc(document.Files, func(a, b exportFile) int { return strings.Compare(a.File, b.File) })
	m.side.showWarnings()
	return m.exporter.showExport(document)
}

// showExport prints the document, and ends with 1 where a plan would not be empty.
func (x *exporter) showExport(document exportDocument) error {
	if document.Remaining == nil {
		document.Remaining = []exportRemaining{}
	}
	if err := x.app.show(document, func(w io.Writer) { document.write(w, x.headline(), x.place()) }); err != nil {
		return err
	}
	if len(document.Remaining) == 0 {
		return nil
	}
	var places []string
	for _, one := range document.Remaining {
		places = append(places, strings.TrimSpace(string(one.Address)+" "+one.Path))
	}
	return &afterResult{&failure{status: StatusError, code: "not_empty", message: "a plan would not be empty: " + strings.Join(places, ", "), hint: "look at it with " + document.Next}}
}

func (d exportDocument) write(w io.Writer, headline, place string) {
	fmt.Fprintf(w, "%s\n\n", headline)
	writeEdits(w, d.Edits)
	if len(d.Edits) > 0 {
		fmt.Fprintln(w)
	}
	d.writeFiles(w)
	d.writeLeft(w)
	var held []string
	for _, one := range []struct {
		count *exportCount
		what  string
	}{{d.Tenants, "tenant"}, {d.Flows, "flow"}} {
		if one.count != nil {
			held = append(held, fmt.Sprintf("%d of %s", one.count.Exported, counted(one.count.Live, "live "+one.what)))
		}
	}
	if len(held) > 0 {
		fmt.Fprintf(w, "The files hold %s.\n", strings.Join(held, " and "))
	}
	if customers := d.customerFiles(); len(customers) > 0 {
		fmt.Fprintf(w, "Names and domains of customers stand in %s.\n", printableLine(strings.Join(customers, ", ")))
	}
	for _, one := range d.Remaining {
		fmt.Fprintf(w, "! %s: %s\n", printableLine(strings.TrimSpace(string(one.Address)+" "+one.Path)), printableLine(one.Reason))
	}
	if len(d.Remaining) == 0 {
		fmt.Fprintf(w, "No changes. The files say what is live in %s.\n", printableLine(place))
		fmt.Fprintf(w, "Next: keep the files in git, edit them, and look: %s\n", printableLine(d.Next))
	}
}

// shownFiles is how many files of one folder are listed one by one.
const shownFiles = 20

func (d exportDocument) writeFiles(w io.Writer) {
	rows := [][]string{}
	for i, file := range d.Files {
		if i == shownFiles && len(d.Files) > shownFiles+10 {
			rows = append(rows, []string{fmt.Sprintf("and %d more", len(d.Files)-i-1), ""})
		}
		if i < shownFiles || len(d.Files) <= shownFiles+10 || i == len(d.Files)-1 {
			rows = append(rows, []string{printableLine(file.File), string(file.State)})
		}
	}
	if len(rows) == 0 {
		return
	}
	writeTable(w, []string{"FILE", "STATE"}, rows)
	fmt.Fprintln(w)
}

func (d exportDocument) writeLeft(w io.Writer) {
	for i, left := range d.Left {
		if i == shownFiles && len(d.Left) > shownFiles+10 {
			fmt.Fprintf(w, "  and %d more; --format json has all of them\n", len(d.Left)-i)
			break
		}
		fmt.Fprintf(w, "  left alone: %s\n", printableLine(strings.TrimSpace(string(left.Address)+" "+left.Path)+": "+left.Reason))
	}
	if len(d.Left) > 0 {
		fmt.Fprintf(w, "%d left alone.\n\n", len(d.Left))
	}
}

// customerFiles are the files that hold data of customers.
func (d exportDocument) customerFiles() []string {
	var names []string
	for _, file := range d.Files {
		if file.Customers {
			names = append(names, file.File)
		}
	}
	return names
}
