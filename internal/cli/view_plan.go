package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// planView writes a plan for people: a symbol and a word for each object, the
// fields below it, and one sentence with the counts at the end.
type planView struct {
	verbose bool
	quiet   bool
	brief   bool   // only deletes and what is blocked; the rest is counted
	place   string // "environment dev"
	pool    string // about the workers, with verbose
	alike   string // how a project is that needs no change

	conflicts []resource.Note // what an undo leaves alone; they stand among the plan's notes too
}

var actionSymbols = map[resource.Action]string{
	resource.ActionCreate: "+", resource.ActionUpdate: "~", resource.ActionDelete: "-", resource.ActionNoChange: "=",
}

func (v planView) write(w io.Writer, headline string, result plan.Result) {
	made := result.Plan
	fmt.Fprintln(w, headline)
	fmt.Fprintln(w)
	shown := v.changes(w, made.Changes) || len(made.Orphans) > 0 && !v.brief
	if !v.brief {
		v.orphans(w, made.Orphans)
	}
	for _, conflict := range v.conflicts {
		fmt.Fprintf(w, "%s\n    left alone: %s\n", styleOf(w).mark("!", "! conflict "+printableLine(string(conflict.Address))), printableLine(conflict.Message))
		shown = true
	}
	if !v.quiet {
		for _, one := range v.notes(made.Notes) {
			one.write(w)
			shown = true
		}
	}
	if shown {
		fmt.Fprintln(w)
	}
	for _, refusal := range result.Refusals {
		writeProse(w, "", "An apply of this plan is refused: "+printableLine(refusal.Message))
	}
	if v.pool != "" {
		fmt.Fprintln(w, v.pool)
	}
	writeProse(w, "", v.sentence(made))
}

// writeNote writes a remark on what was shown above it.
func writeNote(w io.Writer, text string) { writeProse(w, noteLabel, text) }

const noteLabel = "  note: "

// notes are the remarks, one text each; what is to be said of many objects alike
// is said once, where the first of them stands.
func (v planView) notes(notes []resource.Note) []remark {
	about := map[remark][]string{}
	var order []remark
	for _, note := range notes {
		if slices.Contains(v.conflicts, note) {
			continue
		}
		one := remark{note.Code, note.Message}
		if _, known := about[one]; !known {
			order = append(order, one)
		}
		about[one] = append(about[one], string(note.Address))
	}
	for i, one := range order {
		order[i].message = named(about[one]) + one.message
	}
	return order
}

// remark is what a note says of objects.
type remark struct{ code, message string }

// write writes it; each of the losses that somebody has allowed has its line.
func (r remark) write(w io.Writer) {
	if r.code == plan.NoteBreaking {
		writeReasons(w, noteLabel, r.message)
		return
	}
	writeNote(w, printableLine(r.message))
}

// writeReasons writes a message; where it has several reasons each has its line.
func writeReasons(w io.Writer, label, message string) {
	for part := range strings.SplitSeq(printableLine(message), "; ") {
		writeProse(w, label, part)
		label = strings.Repeat(" ", len(label))
	}
}

// fewNames is how many objects a remark names; machine formats have them all.
const fewNames = 2

// named begins a remark with the objects that it is about.
func named(addresses []string) string {
	switch {
	case len(addresses) == 1 && addresses[0] == "":
		return ""
	case len(addresses) <= fewNames:
		return strings.Join(addresses, ", ") + ": "
	}
	return fmt.Sprintf("%s and %d more: ", strings.Join(addresses[:fewNames], ", "), len(addresses)-fewNames)
}

// change writes one object; it reports whether it wrote anything.
func (v planView) change(w io.Writer, change resource.Change) bool {
	if change.Action == resource.ActionNoChange && change.Blocked == nil && !v.verbose {
		return false
	}
	symbol := symbolOf(change)
	line := fmt.Sprintf("%s %s %s", symbol, actionWord(change), printableLine(string(change.Address)))
	fmt.Fprint(w, styleOf(w).mark(symbol, line))
	if change.Source != nil && change.Action != resource.ActionNoChange {
		fmt.Fprintf(w, "  (%s)", printableLine(change.Source.String()))
	}
	fmt.Fprintln(w)
	if change.Blocked != nil {
		writeReasons(w, "    blocked: ", change.Blocked.Message)
	}
	if change.Action == resource.ActionDelete && change.Blocked == nil {
		fmt.Fprintf(w, "    %s\n", deleteText(change))
	}
	v.fields(w, change)
	return true
}

func deleteText(change resource.Change) string {
	if change.Kind == resource.KindFlow {
		return "nobody can sign in through it any more"
	}
	text := "its users could not be counted; their membership is lost for good"
	switch {
	case change.Users == nil:
	case *change.Users == 0:
		text = "no users in it"
	default:
		text = counted(*change.Users, "user") + " in it; their membership is lost for good"
	}
	if change.Cascade {
		text += "; users and access keys of this tenant alone are deleted (cascade)"
	}
	return text
}

// operations writes what differs between two flows, one line each, or on a terminal that
// is too narrow for it the values one below the other.
func (v planView) operations(w io.Writer, change resource.Change) {
	look := styleOf(w)
	for _, field := range joinTexts(change.Fields) {
		path := printableLine(field.Path)
		before, after := orWord(field.Before, "(not set)", field.Sensitive), orWord(field.After, "(removed)", field.Sensitive)
		switch {
		case field.Before.IsAbsent() && field.After.IsAbsent():
			writeHanging(w, "    ", path)
		case field.Sensitive && !field.Before.IsAbsent() && !field.After.IsAbsent():
			writeHanging(w, "    ", path+"  "+sensitiveChanged)
		case look.width > 0 && displayWidth("    "+path+"  "+before+" -> "+after) > look.width:
			writeHanging(w, "    ", path)
			writeBelow(w, before, after)
		default:
			fmt.Fprintf(w, "    %s  %s\n", path, look.turn(before, after))
		}
	}
}

// joinTexts makes one of two changes that say of one part of a flow that the same text
// became the same other one: a button has what stands on it in two places.
func joinTexts(fields []resource.FieldChange) []resource.FieldChange {
	type turn struct {
		part          string
		before, after resource.Value
	}
	joined, at := make([]resource.FieldChange, 0, len(fields)), map[turn]int{}
	for _, field := range fields {
		end := strings.LastIndex(field.Path, ": ")
		_, isText := field.After.AsString()
		if end < 0 || !isText || field.Before.IsAbsent() || field.Sensitive {
			joined = append(joined, field)
			continue
		}
		one := turn{field.Path[:end], field.Before, field.After}
		if first, known := at[one]; known {
			joined[first].Path += "," + field.Path[end+1:]
			continue
		}
		at[one] = len(joined)
		joined = append(joined, field)
	}
	return joined
}

func orWord(value resource.Value, absent string, sensitive bool) string {
	if value.IsAbsent() {
		return absent
	}
	return showValue(value, sensitive)
}

func (v planView) fields(w io.Writer, change resource.Change) {
	if change.Kind == resource.KindFlow && change.Action == resource.ActionUpdate {
		v.operations(w, change)
		return
	}
	width := 0
	for _, field := range change.Fields {
		width = max(width, displayWidth(printableLine(field.Path)))
	}
	for _, field := range change.Fields {
		before, after := showValue(field.Before, field.Sensitive), showValue(field.After, field.Sensitive)
		path := pad(printableLine(field.Path), width)
		switch {
		case change.Action == resource.ActionDelete:
			fmt.Fprintf(w, "    %s  %s\n", path, before)
		case change.Action == resource.ActionCreate:
			fmt.Fprintf(w, "    %s  %s\n", path, after)
		case field.After.IsAbsent():
			writeTurn(w, path, before, "(removed)")
		case field.Before.IsAbsent():
			writeTurn(w, path, nothing, after)
		case field.Sensitive:
			fmt.Fprintf(w, "    %s  %s\n", path, sensitiveChanged)
		default:
			writeTurn(w, path, before, after)
		}
	}
}

// writeTurn writes a value that becomes another: on one line, or on a terminal that is
// too narrow for it one below the other.
func writeTurn(w io.Writer, path, before, after string) {
	look := styleOf(w)
	if look.width == 0 || displayWidth("    "+path+"  "+before+" -> "+after) <= look.width {
		fmt.Fprintf(w, "    %s  %s\n", path, look.turn(before, after))
		return
	}
	fmt.Fprintf(w, "    %s\n", strings.TrimRight(path, " "))
	writeBelow(w, before, after)
}

// writeBelow writes a value and what it becomes one below the other.
func writeBelow(w io.Writer, before, after string) {
	look := styleOf(w)
	fmt.Fprintf(w, "      %s\n      %s\n", look.mark(roleBefore, "- "+before), look.mark(roleAfter, "+ "+after))
}

// What stands in place of values that must not be shown.
const (
	sensitiveValue   = "(sensitive)"
	sensitiveChanged = "(sensitive, changed)"
)

func showValue(value resource.Value, sensitive bool) string {
	if sensitive {
		return sensitiveValue
	}
	return printableLine(string(value))
}

// sentence is the last line: the counts, or that there is nothing to do.
func (v planView) sentence(made *resource.Plan) string {
	summary := made.Summary
	if summary.Writes()+summary.Blocked == 0 && len(v.conflicts) > 0 {
		return printableLine(fmt.Sprintf("Nothing to do in %s: %s.", v.place, counted(len(v.conflicts), "conflict")))
	}
	if summary.Writes()+summary.Blocked == 0 {
		text := fmt.Sprintf("No changes. %s %s (%d unchanged%s).", strings.ToUpper(v.place[:1])+v.place[1:],
			cmp.Or(v.alike, "matches the configuration"), summary.NoChange, orphanCount(summary.Orphan))
		return printableLine(text)
	}
	text := fmt.Sprintf("Plan for %s: %d to create, %d to update, %d to delete, %d unchanged", v.place,
		summary.Create, summary.Update, summary.Delete, summary.NoChange)
	if summary.Blocked > 0 {
		text += fmt.Sprintf(", %d blocked", summary.Blocked)
	}
	if len(v.conflicts) > 0 {
		text += ", " + counted(len(v.conflicts), "conflict")
	}
	duration := time.Duration(made.DurationEstimateMS) * time.Millisecond
	text += fmt.Sprintf("%s; about %s and %s.", orphanCount(summary.Orphan), counted(made.CallsEstimate, "call"), duration.Round(100*time.Millisecond))
	return printableLine(text)
}

func orphanCount(count int) string {
	if count == 0 {
		return ""
	}
	return ", " + counted(count, "orphan")
}

// counted is a number with its noun: "1 call", "2 calls".
func counted(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}
