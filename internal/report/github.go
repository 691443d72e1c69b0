package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// AnnotationsOfAKind is how many annotations of one kind GitHub shows for one step of
// a workflow.
const AnnotationsOfAKind = 10

// fieldsInAnnotation is how many fields an annotation names.
const fieldsInAnnotation = 10

// annotation is one message of a workflow.
type annotation struct {
	level  Level
	source *resource.Position
	title  string
	lines  []string
}

var annotationCommands = map[Level]string{LevelNotice: "notice", LevelWarning: "warning", LevelError: "error"}

// GitHub writes a document as annotations of a GitHub workflow, one command a line:
// errors, then warnings, then notices, each with file and line where the configuration has the
// object. No more are written than GitHub shows; the last one of a kind says how many
// there are besides. Foreign text cannot become a command.
func GitHub(w io.Writer, document Document, options Options) error {
	if options.Values == ValuesNone {
		document = document.WithoutValues()
	}
	a := annotator{writer: writer{clean: options.Clean}, document: document, file: options.File}
	all := a.all()
	var out strings.Builder
	for _, level := range []Level{LevelError, LevelWarning, LevelNotice} {
		var list []annotation
		for _, one := range all {
			if one.level == level {
				list = append(list, one)
			}
		}
		if more := len(list) - AnnotationsOfAKind + 1; more > 1 {
			list = append(list[:AnnotationsOfAKind-1], annotation{level: level, title: document.Title + ": and more", lines: []string{
				fmt.Sprintf("%d more of this kind are not shown here: GitHub shows %d for a step; the job summary and --format json have them", more, AnnotationsOfAKind),
			}})
		}
		for _, one := range list {
			out.WriteString(a.command(one) + "\n")
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// annotator turns a document into annotations.
type annotator struct {
	writer
	document Document
	file     func(string) string
}

// all are the annotations as they stand in the document, its sentence first.
func (a annotator) all() []annotation {
	document := a.document
	list := []annotation{{level: LevelNotice, title: document.Title, lines: []string{document.Summary}}}
	for _, column := range document.Columns {
		if fault := column.Error; fault != nil {
			one := annotation{level: LevelError, title: a.in(document.Title+": "+column.failure(), column), lines: a.note(Note{fault.Code, fault.Message})}
			if fault.Hint != "" {
				one.lines = append(one.lines, "hint: "+a.line(fault.Hint, longestValue))
			}
			list = append(list, one)
		}
	}
	for _, remark := range document.Remarks {
		one := annotation{level: remark.Level, source: remark.Source, title: document.Title, lines: a.note(remark.Note)}
		if remark.Column != EveryColumn {
			one.title = a.in(one.title, document.Columns[remark.Column])
		}
		for i, address := range remark.Addresses {
			if i == namesInRemark {
				one.lines = append(one.lines, fmt.Sprintf("and %d more", len(remark.Addresses)-i))
				break
			}
			one.lines = append(one.lines, a.name(address))
		}
		list = append(list, one)
	}
	for _, detail := range document.Details {
		list = append(list, a.detail(detail))
	}
	return list
}

func (a annotator) detail(detail Detail) annotation {
	row := a.document.Rows[detail.Row]
	one := annotation{level: detail.Cell.Level, source: detail.Source, title: a.name(row.Name) + ": " + detail.Cell.String()}
	if detail.Column != EveryColumn {
		one.title = a.in(one.title, a.document.Columns[detail.Column])
	}
	for i, field := range detail.Fields {
		if i == fieldsInAnnotation {
			one.lines = append(one.lines, "and "+counted(len(detail.Fields)-i, "field")+" more")
			break
		}
		one.lines = append(one.lines, a.field(field))
	}
	if detail.Hidden > 0 {
		one.lines = append(one.lines, counted(detail.Hidden, "difference")+", left out (--values none)")
	}
	for _, note := range detail.Notes {
		one.lines = append(one.lines, a.note(note)...)
	}
	for _, way := range detail.Ways {
		one.lines = append(one.lines, way.Purpose+": "+a.line(way.Command, longestValue))
	}
	return one
}

// field is one value on one line.
func (a annotator) field(field Field) string {
	text := cmp.Or(a.name(field.Path), "the object")
	if field.Finding.Word != "" {
		text += ": " + field.Finding.Word
	}
	if field.Sensitive {
		return text + " " + sensitiveRemark(field)
	}
	var sides []string
	for _, side := range field.Sides {
		value := "(none)"
		if !side.Value.IsAbsent() {
			value = a.line(string(side.Value), longestName)
		}
		if side.Label != "" {
			value = a.line(side.Label, nameInHeadline) + " " + value
		} else {
			value = side.Sign + value
		}
		sides = append(sides, value)
	}
	if len(sides) > 0 {
		text += ": " + strings.Join(sides, ", ")
	}
	return text
}

func (a annotator) note(note Note) []string {
	code := a.name(note.Code)
	if note.Message == "" {
		return []string{code}
	}
	return []string{a.line(note.Message, longestValue) + " (" + code + ")"}
}

// in adds the environment to a title.
func (a annotator) in(title string, column Column) string {
	if column.Name == "" {
		return title
	}
	return title + " (" + a.line(column.Name, nameInHeadline) + ")"
}

// The escapes of workflow commands (actions/toolkit, core/src/command.ts).
var (
	escapeData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	escapeProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func (a annotator) command(one annotation) string {
	var properties []string
	if one.source != nil && !one.source.IsZero() {
		file := one.source.File
		if a.file != nil {
			file = a.file(file)
		}
		properties = append(properties, "file="+escapeProperty.Replace(a.line(file, longestValue)),
			fmt.Sprintf("line=%d", one.source.Line), fmt.Sprintf("col=%d", one.source.Column))
	}
	properties = append(properties, "title="+escapeProperty.Replace(one.title))
	message := strings.Join(one.lines, "\n")
	if strings.TrimSpace(message) == "" {
		message = one.title // without a message GitHub shows nothing
	}
	return "::" + annotationCommands[one.level] + " " + strings.Join(properties, ",") + "::" + escapeData.Replace(message)
}
