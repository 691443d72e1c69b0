package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const (
	// manyChanges is how many creates and updates people are shown one by one. Of
	// more, those that look alike are shown once.
	manyChanges = 50
	// fewAlike is how many that look alike are shown one by one all the same.
	fewAlike = 3
	// mostShown is how much is shown of what is never folded because it looks alike:
	// deletes, what is blocked, tenants that are switched off, flows, orphans.
	mostShown = 200
	// fewPaths is how many fields the line of what was folded names.
	fewPaths = 8
)

// folding is what of a plan's changes is not shown one by one.
type folding struct {
	hidden []bool         // by the number of the change; nil when all are shown
	after  map[int]string // what is said below a change about those that are hidden
	count  int            // of those that are hidden
}

// fold decides which changes are shown. Those of one shape, the same action on the
// same fields, become one line below the first of them; what may hurt is shown one by
// one up to a bound. Every number is exact.
func (v planView) fold(changes []resource.Change) folding {
	shown, plain := 0, 0
	for _, change := range changes {
		if change.Action == resource.ActionNoChange && change.Blocked == nil {
			continue
		}
		if shown++; !grave(change) {
			plain++
		}
	}
	if v.verbose || plain <= manyChanges && shown-plain <= mostShown {
		return folding{}
	}
	f := folding{hidden: make([]bool, len(changes)), after: map[int]string{}}
	groups := map[string][]int{}
	var order []string
	for i, change := range changes {
		if change.Action == resource.ActionNoChange && change.Blocked == nil {
			continue
		}
		shape := "\x00" + actionWord(change)
		if !grave(change) && plain > manyChanges {
			shape = shapeOf(change)
		} else if !grave(change) {
			continue
		}
		if groups[shape] == nil {
			order = append(order, shape)
		}
		groups[shape] = append(groups[shape], i)
	}
	for _, shape := range order {
		members, most := groups[shape], fewAlike
		if grave(changes[members[0]]) {
			most = mostShown
		}
		if len(members) <= most {
			continue
		}
		kept := members[:most]
		if most == fewAlike {
			kept = members[:1]
		}
		f.hide(changes, kept[len(kept)-1], members[len(kept):])
	}
	return f
}

// hide leaves changes out, and says so below the last one of their like that is shown.
func (f *folding) hide(changes []resource.Change, last int, members []int) {
	for _, i := range members {
		f.hidden[i] = true
	}
	f.count += len(members)
	change := changes[last]
	line := fmt.Sprintf("%s %s %d more", symbolOf(change), actionWord(change), len(members))
	if !grave(change) {
		line += " like " + printableLine(string(change.Address))
		var paths []string
		for _, field := range change.Fields {
			paths = append(paths, field.Path)
		}
		if len(paths) > fewPaths {
			paths = append(paths[:fewPaths:fewPaths], fmt.Sprintf("and %d more", len(paths)-fewPaths))
		}
		if len(paths) > 0 {
			line += "  (" + printableLine(strings.Join(paths, ", ")) + ")"
		}
	}
	f.after[last] = line
}

// grave reports whether people want to see a change itself, however many are like it.
func grave(change resource.Change) bool {
	if change.Blocked != nil || change.Action == resource.ActionDelete || change.Kind != resource.KindTenant {
		return true
	}
	for _, field := range change.Fields {
		if field.Path == "disabled" && field.After == resource.BoolValue(true) {
			return true
		}
	}
	return false
}

// shapeOf is equal for changes that look alike: the same action, on the same fields, of
// which the same are new and the same go.
func shapeOf(change resource.Change) string {
	var shape strings.Builder
	shape.WriteString(string(change.Action))
	for _, field := range change.Fields {
		fmt.Fprintf(&shape, "\x00%s %t %t", field.Path, field.Before.IsAbsent(), field.After.IsAbsent())
	}
	return shape.String()
}

func symbolOf(change resource.Change) string {
	if change.Blocked != nil {
		return "!"
	}
	return actionSymbols[change.Action]
}

func actionWord(change resource.Change) string {
	word := string(change.Action)
	if change.Action == resource.ActionNoChange {
		word = "unchanged"
	}
	if change.Blocked != nil {
		word = "blocked " + word
	}
	return word
}

// changes writes the objects that are shown; it reports whether there were any.
func (v planView) changes(w io.Writer, changes []resource.Change) (shown bool) {
	if v.brief {
		changes = slices.DeleteFunc(slices.Clone(changes), func(change resource.Change) bool {
			return change.Action != resource.ActionDelete && change.Blocked == nil
		})
	}
	folded := v.fold(changes)
	for i, change := range changes {
		if folded.hidden != nil && folded.hidden[i] {
			continue
		}
		shown = v.change(w, change) || shown
		if line := folded.after[i]; line != "" {
			fmt.Fprintln(w, styleOf(w).mark(symbolOf(change), line))
		}
	}
	if folded.count > 0 {
		writeProse(w, "  ", are(folded.count, "change")+" not shown one by one; -v shows each, and so do --format json and plan --out FILE")
	}
	return shown
}

// orphans writes what is live and not in the configuration.
func (v planView) orphans(w io.Writer, orphans []resource.Address) {
	for i, orphan := range orphans {
		if i == mostShown && !v.verbose {
			fmt.Fprintf(w, "%s\n", styleOf(w).mark("?", fmt.Sprintf("? orphan %d more  (-v shows each)", len(orphans)-i)))
			return
		}
		fmt.Fprintf(w, "%s\n", styleOf(w).mark("?", "? orphan "+printableLine(string(orphan))+"  (live, not in the configuration)"))
	}
}

// are is a number with its noun and verb: "1 change is", "2 changes are".
func are(count int, noun string) string {
	if count == 1 {
		return "1 " + noun + " is"
	}
	return counted(count, noun) + " are"
}
