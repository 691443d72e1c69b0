package report

import (
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// builder puts a document together; objects come in any order.
type builder struct {
	document Document
	rows     map[string]int
}

// titles are what reports are called.
var titles = map[Kind]string{KindPlan: "Plan", KindDrift: "Drift", KindComparison: "Comparison"}

func newBuilder(kind Kind) *builder {
	return &builder{document: Document{Kind: kind, Title: titles[kind]}, rows: map[string]int{}}
}

func (b *builder) column(environment Environment) int {
	b.document.Columns = append(b.document.Columns, Column{Environment: environment})
	return len(b.document.Columns) - 1
}

// row gives the index of an object's row, for now.
func (b *builder) row(name string, kind resource.Kind) int {
	at, known := b.rows[name]
	if !known {
		at = len(b.document.Rows)
		b.rows[name] = at
		b.document.Rows = append(b.document.Rows, Row{Name: name, Kind: kind})
	}
	return at
}

// add keeps what is to be said of an object, and its cell.
func (b *builder) add(name string, kind resource.Kind, detail Detail) {
	detail.Row = b.row(name, kind)
	b.document.Details = append(b.document.Details, detail)
	if detail.Column != EveryColumn {
		b.cell(detail.Row, detail.Column, detail.Cell)
	}
}

func (b *builder) cell(row, column int, cell Cell) {
	at := &b.document.Rows[row]
	for len(at.Cells) <= column {
		at.Cells = append(at.Cells, Cell{})
	}
	at.Cells[column], at.Level = cell, max(at.Level, cell.Level)
}

// addNotes gives each note to its object's detail; what is to be said of objects that
// have none, all alike, is one remark.
func (b *builder) addNotes(column int, notes []resource.Note) {
	byAddress := map[string]int{}
	for i, detail := range b.document.Details {
		if detail.Column == column || detail.Column == EveryColumn {
			byAddress[b.document.Rows[detail.Row].Name] = i
		}
	}
	remarks := map[Note]int{}
	for _, note := range notes {
		text := Note{note.Code, note.Message}
		if at, found := byAddress[string(note.Address)]; found {
			b.document.Details[at].Notes = append(b.document.Details[at].Notes, text)
			continue
		}
		at, known := remarks[text]
		if !known {
			at = len(b.document.Remarks)
			remarks[text] = at
			b.document.Remarks = append(b.document.Remarks, Remark{Column: column, Level: LevelNotice, Note: text})
		}
		if note.Address != "" {
			b.document.Remarks[at].Addresses = append(b.document.Remarks[at].Addresses, string(note.Address))
		}
	}
}

// finish sorts the rows, gives each a cell for each column, and completes the sentence
// with what could not be read.
func (b *builder) finish(sentence string) Document {
	document := b.document
	failed, unwritten := 0, false
	for _, column := range document.Columns {
		if column.Error != nil {
			failed++
			unwritten = unwritten || column.Unwritten
		}
	}
	switch {
	case unwritten:
		sentence = "The output could not be written"
	case failed > 0 && failed == len(document.Columns):
		sentence = "Nothing could be read"
	case failed > 0:
		sentence += "; " + counted(failed, "environment") + " could not be read"
	}
	document.Summary = sentence + "."

	order := make([]int, len(document.Rows))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(document.Rows[a].Name, document.Rows[b].Name) })
	rows, place := make([]Row, len(order)), make([]int, len(order))
	for to, from := range order {
		rows[to], place[from] = document.Rows[from], to
		cells := make([]Cell, len(document.Columns))
		copy(cells, rows[to].Cells)
		for i, column := range document.Columns {
			if column.Error != nil {
				cells[i] = Cell{"!", "not read", LevelNone}
			}
		}
		rows[to].Cells = cells
	}
	document.Rows = rows
	for i := range document.Details {
		document.Details[i].Row = place[document.Details[i].Row]
	}
	slices.SortStableFunc(document.Details, func(a, b Detail) int {
		if a.Row != b.Row {
			return a.Row - b.Row
		}
		return a.Column - b.Column
	})
	return document
}
