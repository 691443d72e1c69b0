package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// driftView writes what a detection found for people: the findings of each object
// together, with the two ways out below them, and one sentence with the counts.
type driftView struct {
	quiet    bool
	headline string
	place    string // "environment dev"
	options  driftOptions
}

func (s *session) driftView(options driftOptions) driftView {
	return driftView{quiet: s.app.flags.quiet, headline: s.headline(), place: s.place(), options: options}
}

// stateSymbols are the symbols of the states; a word always stands beside them.
var stateSymbols = map[drift.State]string{
	drift.StatePending: "~", drift.StateDrifted: "!", drift.StateConflict: "X",
	drift.StateConverged: "=", drift.StateOrphan: "?", drift.StateDiffers: "~",
}

func (v driftView) writeFindings(w io.Writer, result drift.Result) {
	fmt.Fprintln(w, v.headline)
	fmt.Fprintln(w)
	for start := 0; start < len(result.Findings); {
		end := start + 1
		for end < len(result.Findings) && result.Findings[end].Address == result.Findings[start].Address {
			end++
		}
		v.object(w, result.Findings[start:end])
		start = end
	}
	v.ending(w, result)
}

// object writes the findings of one object.
func (v driftView) object(w io.Writer, findings []drift.Finding) {
	fmt.Fprintln(w, printableLine(string(findings[0].Address)))
	for i := range findings {
		v.finding(w, &findings[i])
	}
	v.ways(w, findings)
	fmt.Fprintln(w)
}

// ways writes the two ways out of what is not accepted, once: they are the same for
// all findings of an object that have them.
func (v driftView) ways(w io.Writer, findings []drift.Finding) {
	var ways drift.Ways
	apply := "renew the record"
	for i := range findings {
		f := &findings[i]
		if f.Accepted != nil {
			continue
		}
		switch {
		case f.State == drift.StateConverged, f.Ways.Apply == "": // it puts nothing back
		case f.State == drift.StateOrphan:
			apply = "delete it"
		default:
			apply = "as the code has it"
		}
		ways.Apply, ways.Adopt = cmp.Or(ways.Apply, f.Ways.Apply), cmp.Or(ways.Adopt, f.Ways.Adopt)
	}
	if ways.Apply != "" {
		writeWay(w, apply+":", printableLine(ways.Apply))
	}
	if ways.Adopt != "" {
		writeWay(w, "as it is live:", printableLine(ways.Adopt))
	}
}

// writeWay writes a command with what it does: beside it, or below where a terminal is
// too narrow for both. A command is never taken apart.
func writeWay(w io.Writer, what, command string) {
	line := fmt.Sprintf("  %-19s %s", what, command)
	if width := styleOf(w).width; width > 0 && displayWidth(line) > width {
		line = "  " + what + "\n    " + command
	}
	fmt.Fprintln(w, line)
}

// finding writes one difference: what it is, where the code has it, and its values.
func (v driftView) finding(w io.Writer, f *drift.Finding) {
	line := fmt.Sprintf("%s %-9s %-8s %s", stateSymbols[f.State], f.State, f.Severity, printableLine(findingText(f)))
	fmt.Fprint(w, "  "+styleOf(w).mark(markOf(f.State), line))
	if f.Source != nil {
		fmt.Fprintf(w, "  (%s)", printableLine(f.Source.String()))
	}
	fmt.Fprintln(w)
	v.values(w, f)
	if f.Accepted != nil {
		fmt.Fprintf(w, "      accepted %s\n", printableLine(acceptedText(*f.Accepted)))
	}
}

// markOf is the symbol by which a line is coloured.
func markOf(state drift.State) string {
	if state == drift.StateConflict {
		return stateSymbols[drift.StateDrifted]
	}
	return stateSymbols[state]
}

// findingText is the path that differs, or what is the matter with the whole object.
func findingText(f *drift.Finding) string {
	switch {
	case f.Change == drift.ChangeField && f.Managed:
		return f.Path
	case f.Change == drift.ChangeField:
		return f.Path + ", which the configuration leaves alone"
	case f.State == drift.StateOrphan:
		return "live, and not in the configuration"
	case f.Change == drift.ChangeExtra && f.State == drift.StateDrifted:
		return "declared absent, deleted, and live again"
	case f.Change == drift.ChangeExtra:
		return "declared absent, and live"
	case f.State == drift.StateDrifted:
		return "deleted outside of this tool"
	case f.State == drift.StatePending:
		return "not created yet"
	default:
		return "not live"
	}
}

// values writes applied, live and wanted on one line, or on one each where they
// are long.
func (v driftView) values(w io.Writer, f *drift.Finding) {
	parts := driftValues(f)
	if len(parts) == 0 {
		return
	}
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = part[0] + " " + part[1]
	}
	const indent = "      "
	if line := indent + strings.Join(texts, ", "); displayWidth(line) <= styleOf(w).columns() {
		fmt.Fprintln(w, line)
		return
	}
	for _, part := range parts {
		fmt.Fprintf(w, "%s%-7s %s\n", indent, part[0], part[1])
	}
}

// driftValues are the values of a finding, each with its word.
func driftValues(f *drift.Finding) [][2]string {
	if f.Change != drift.ChangeField {
		return nil
	}
	if f.Sensitive {
		return [][2]string{{"values", "(sensitive)"}}
	}
	applied := [2]string{"applied", orWord(f.Applied, "(not set)", false)}
	live := [2]string{"live", orWord(f.Live, "(not set)", false)}
	wanted := [2]string{"wanted", orWord(f.Wanted, "(not set)", false)}
	switch {
	case !f.Managed:
		return [][2]string{applied, live}
	case f.Kind == resource.KindFlow && f.Live.IsAbsent() && f.Wanted.IsAbsent():
		return nil
	case f.Kind == resource.KindFlow || f.State == drift.StateDiffers:
		return [][2]string{live, wanted}
	default:
		return [][2]string{applied, live, wanted}
	}
}

func acceptedText(entry resource.Acceptance) string {
	text := "for good"
	if entry.Until != "" {
		text = "until " + entry.Until
	}
	if entry.Owner != "" {
		text += " by " + entry.Owner
	}
	if entry.Reason != "" {
		text += ": " + entry.Reason
	}
	return text
}

// ending writes the remarks, what has expired, and the sentence.
func (v driftView) ending(w io.Writer, result drift.Result) {
	remarked := false
	if !v.quiet {
		for _, one := range (planView{}).notes(result.Notes) {
			one.write(w)
			remarked = true
		}
	}
	for _, entry := range result.Expired {
		fmt.Fprintf(w, "  expired: %s was %s\n", printableLine(acceptanceName(entry)), printableLine("accepted "+acceptedText(entry)))
		remarked = true
	}
	if remarked {
		fmt.Fprintln(w)
	}
	unknown := ""
	if text := result.Unknown(); text != "" {
		unknown = text + ", so that changes of critical fields that nobody manages could not be seen."
	}
	if result.Summary.Differences() == 0 {
		writeProse(w, "", printableLine(v.agreement(result.Summary, unknown)))
		return
	}
	writeProse(w, "", printableLine(v.sentence(result.Summary)))
	if unknown != "" {
		writeProse(w, "", printableLine(capitalised(unknown)))
	}
}

// agreement is the last line where there is no drift. Without a record that holds
// only for what the configuration manages.
func (v driftView) agreement(s drift.Summary, unknown string) string {
	text := "No drift. "
	if unknown != "" {
		text = "No drift in what the configuration manages; " + unknown + " "
	}
	text += capitalised(v.place) + " matches the configuration"
	if s.Accepted > 0 {
		text += ", but for what was accepted"
	}
	if v.options.isNarrowed() {
		text += ", as far as it was asked"
	}
	if rest := settledCounts(s); rest != "" {
		text += " (" + rest + ")"
	}
	return text + "."
}

// settledCounts are the numbers of what asks for nothing.
func settledCounts(s drift.Summary) string {
	return parts([]count{{s.Converged, "converged"}, {s.Accepted, "accepted"}})
}

func capitalised(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// sentence is the last line where there are differences: their counts.
func (v driftView) sentence(s drift.Summary) string {
	text := fmt.Sprintf("Drift in %s: %s; %s", v.place,
		stateCounts(s),
		parts([]count{{s.Critical, "critical"}, {s.Warning, "warning"}, {s.Info, "info"}}))
	if rest := settledCounts(s); rest != "" {
		text += "; " + rest
	}
	return text + "."
}

// stateCounts are the numbers of the differences by where they come from.
func stateCounts(s drift.Summary) string {
	return parts([]count{{s.Conflict, "in conflict"}, {s.Drifted, "drifted"}, {s.Pending, "pending"}, {s.Differs, "differing"}, {s.Orphan, "orphaned"}})
}

// count is a number with its word.
type count struct {
	number int
	word   string
}

// parts lists what there is any of.
func parts(counts []count) string {
	counts = slices.DeleteFunc(counts, func(c count) bool { return c.number == 0 })
	texts := make([]string, len(counts))
	for i, one := range counts {
		texts[i] = fmt.Sprintf("%d %s", one.number, one.word)
	}
	return strings.Join(texts, ", ")
}
