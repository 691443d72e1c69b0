package report

import (
	"cmp"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Kind says what a report is about.
type Kind string

// The kinds.
const (
	KindPlan       Kind = "plan"
	KindDrift      Kind = "drift"
	KindComparison Kind = "comparison"
)

// Document is a report. Title, Summary and the words of cells are our own text; all
// other text comes from outside. It is a value: builders make it, renderers read it.
type Document struct {
	Kind    Kind
	Title   string // "Plan"
	Summary string // one sentence with the counts; it holds no name and no value
	Columns []Column
	// Rows are the objects of which there is something to say, sorted by name.
	Rows []Row
	// Details say what differs, sorted by row and column.
	Details []Detail
	// Remarks are about environments as a whole, or about objects that are in no row.
	Remarks []Remark
	// Unchanged counts the objects of all environments that are in no row.
	Unchanged int
	// NoValues says that values and free text were taken out; see [Document.WithoutValues].
	NoValues bool
}

// Environment is one environment of a report.
type Environment struct {
	Name      string // empty where a project was named without one
	ProjectID string // may be empty where it could not be read
	Host      string
	Protected bool
	// Error says why the environment could not be read; nil when it could.
	Error *resource.Fault
	// Unwritten says that the error came where the output was to be written.
	Unwritten bool
}

// failure is what an error of the environment means.
func (e Environment) failure() string {
	if e.Unwritten {
		return "the output could not be written"
	}
	return "could not be read"
}

// Column is one environment and what was found in it.
type Column struct {
	Environment
	Unchanged int
}

// label is what the column is called.
func (c Column) label() string {
	return cmp.Or(c.Name, c.ProjectID, "?")
}

// Row is one object: an address, or kind and logical name where ids differ.
type Row struct {
	Name  string
	Kind  resource.Kind
	Cells []Cell // one for each column; the zero Cell where there is nothing to say
	Level Level  // that of its gravest cell
}

// Cell is what is said of an object in one environment. Symbol and word say the same.
type Cell struct {
	Symbol string // "~"
	Word   string // "update"
	Level  Level
}

// String is symbol and word.
func (c Cell) String() string {
	if c.Symbol == "" {
		return c.Word
	}
	return c.Symbol + " " + c.Word
}

// Level is how much attention something asks for.
type Level int

// The levels, from the least. LevelNone is not announced.
const (
	LevelNone Level = iota
	LevelNotice
	LevelWarning
	LevelError
)

// EveryColumn is the column of a detail that is about all of them.
const EveryColumn = -1

// Detail is what differs in one object.
type Detail struct {
	Row    int // index into Rows
	Column int // index into Columns, or [EveryColumn]
	Cell   Cell
	Source *resource.Position // where the configuration has the object; nil where it has not
	Fields []Field
	// Hidden counts the fields that were taken out as a whole, because even their
	// names may hold values.
	Hidden int
	Notes  []Note
	Ways   []Way
}

// Field is one value that differs.
type Field struct {
	Path string
	// Finding is what was found out about it, in our own words ("drifted (critical)");
	// empty where the object's cell says it.
	Finding   Cell
	Sides     []Side
	Sensitive bool // its values are not in Sides
	Changed   bool // a sensitive one has one value before and another after
	Source    *resource.Position
}

// Side is one of the values of a field.
type Side struct {
	Sign  string // "-", "+", or empty for what stays beside them
	Label string // "live"; empty for before and after
	Value resource.Value
}

// Note is a remark with the code that stands for it.
type Note struct {
	Code    string
	Message string
}

// Way is a command that ends a difference.
type Way struct {
	Purpose string // our own words: "to put the code's value back"
	Command string
}

// Remark is about an environment as a whole, or about objects that are in no row.
type Remark struct {
	Column    int
	Level     Level
	Addresses []string // empty for the whole environment
	Note
	Source *resource.Position
}

// WithoutValues is the document for readers who may not see values: it keeps
// addresses, paths, states, counts, codes, file positions and project ids, and leaves out
// values, messages (which may quote values), and what has changed inside of flows (whose
// parts are named by their texts).
func (d Document) WithoutValues() Document {
	if d.NoValues {
		return d
	}
	d.NoValues = true
	d.Columns = slices.Clone(d.Columns)
	for i := range d.Columns {
		if fault := d.Columns[i].Error; fault != nil {
			d.Columns[i].Error = &resource.Fault{Code: fault.Code, Status: fault.Status}
		}
	}
	d.Details = slices.Clone(d.Details)
	for i := range d.Details {
		d.Details[i] = d.Details[i].withoutValues(d.Rows[d.Details[i].Row].Kind)
	}
	d.Remarks = slices.Clone(d.Remarks)
	for i := range d.Remarks {
		d.Remarks[i].Message = ""
	}
	return d
}

func (d Detail) withoutValues(kind resource.Kind) Detail {
	d.Notes = slices.Clone(d.Notes)
	for i := range d.Notes {
		d.Notes[i].Message = ""
	}
	if kind == resource.KindFlow {
		d.Hidden, d.Fields = d.Hidden+len(d.Fields), nil
		return d
	}
	d.Fields = slices.Clone(d.Fields)
	for i := range d.Fields {
		d.Fields[i].Sides = nil
	}
	return d
}

// rank is the order in which parts of a report that is too long are kept: the
// gravest first, and among equals as they stand.
func rank(count int, level func(int) Level) []int {
	order := make([]int, count)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(level(b), level(a)) })
	return order
}
