package cli

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// Where a document has what an entry says with a key of its own.
const (
	pathFlowName   = "metadata.name"
	pathFlowSwitch = "metadata.disabled"
)

// flowAdoption is one flow that is taken over.
type flowAdoption struct {
	*adoptEntry
	side         *adoptSide
	severity     resource.Severity
	desired      resource.Desired
	wanted, live flow.Document
	set          []string // paths whose values the configuration sets
}

// adoptFlow takes a flow over: what the entry sets stays in the entry, and the rest
// goes into the flow's file.
func (d *adoption) adoptFlow(side *adoptSide, findings []drift.Finding) error {
	address := findings[0].Address
	f := &flowAdoption{side: side, severity: gravest(findings)}
	if slices.ContainsFunc(findings, func(finding drift.Finding) bool { return finding.Sensitive }) {
		d.obstacle(address, "", "the flow holds a value that must not be shown, and is not written into a file")
		return nil
	}
	at := slices.IndexFunc(side.in.Flows.Desired, func(one resource.Desired) bool { return one.ID == address.ID() })
	live, found := side.liveFlow(address.ID())
	if at < 0 || side.in.Flows.Desired[at].Flow == nil || !found {
		return fmt.Errorf("%s went away while it was compared", address)
	}
	f.desired = side.in.Flows.Desired[at]
	f.set = f.desired.Flow.Set
	var err error
	if f.wanted, err = flow.FromValue(f.desired.Flow.Document); err != nil {
		return err
	}
	if f.live, err = flow.FromValue(live.Document); err != nil {
		return err
	}
	if f.adoptEntry, err = d.entry(address); err != nil || len(f.path) == 0 {
		return err
	}
	if switchFinding(findings) {
		if err := f.adoptSet(pathFlowSwitch, resource.BoolValue(f.live.Disabled())); err != nil {
			return err
		}
	}
	if err := f.adoptSetValues(); err != nil {
		return err
	}
	return f.adoptDocument()
}

func gravest(findings []drift.Finding) resource.Severity {
	levels := resource.Severities()
	most := 0
	for _, finding := range findings {
		most = max(most, slices.Index(levels, finding.Severity))
	}
	return levels[most]
}

// adoptSetValues takes over what the entry sets in the flow and what is live in
// another way.
func (f *flowAdoption) adoptSetValues() error {
	wanted, err := flow.ValuesAt(f.wanted, f.wanted, f.set)
	if err != nil {
		return err
	}
	live, err := flow.ValuesAt(f.wanted, f.live, f.set)
	if err != nil {
		return err
	}
	for _, at := range f.set {
		if at == pathFlowSwitch {
			wanted[at], live[at] = resource.BoolValue(f.wanted.Disabled()), resource.BoolValue(f.live.Disabled())
		}
		if wanted[at].Equal(live[at]) || f.followsReference(at, wanted[at]) {
			continue
		}
		if err := f.adoptSet(at, live[at]); err != nil {
			return err
		}
	}
	return nil
}

// followsReference reports whether a value is the id of a reference that the entry
// sets, at a place that uses it: it changes with the reference.
func (f *flowAdoption) followsReference(at string, wanted resource.Value) bool {
	if strings.HasPrefix(at, "references.") {
		return false
	}
	for _, kind := range []string{"connectors", "roles"} {
		listed, _ := f.wanted.Value().Get("references").Get(kind).AsObject()
		for name, id := range listed {
			if id == wanted && (f.has("references", kind, name) || slices.Contains(f.set, "references."+kind+"['"+name+"']")) {
				return true
			}
		}
	}
	return false
}

// adoptSet writes one value that is set in the flow.
func (f *flowAdoption) adoptSet(at string, live resource.Value) error {
	keys := []string{"set", at}
	value := live
	switch {
	case at == pathFlowName:
		keys = []string{"name"}
	case at == pathFlowSwitch:
		keys, value = []string{"enabled"}, resource.BoolValue(live != resource.BoolValue(true))
	case strings.HasPrefix(at, "references.") && strings.HasSuffix(at, "']"):
		kind, name, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(at, "references."), "']"), "['")
		keys = []string{"references", kind, strings.NewReplacer(`\'`, `'`, `\\`, `\`).Replace(name)}
	}
	if f.app.redact.holdsValue(live) {
		f.obstacle(f.address, at, "the value must not be shown, and is not written into a file")
		return nil
	}
	for _, position := range f.sourcesOf(keys...) {
		if free, err := f.isEntryFree(at, position, value, keys...); err != nil || !free {
			return err
		}
	}
	var err error
	switch {
	case !value.IsAbsent():
		err = f.adoptEntry.set(at, value, keys...)
	case f.overlay:
		err = f.adoptEntry.set(at, "null", keys...) // the base's value is not set here
	default:
		err = f.remove(at, keys...)
	}
	if err != nil {
		return err
	}
	wanted, err := flow.ValuesAt(f.wanted, f.wanted, []string{at})
	if err != nil {
		wanted = nil
	}
	f.note(adoptEdit{Path: at, Before: wanted[at], After: live, Severity: f.severity}, keys...)
	return nil
}

// sourcesOf are the entries that have a say in what counts under keys: where the
// overlay gives a value of its own, what the base has there does not count.
func (f *flowAdoption) sourcesOf(keys ...string) []resource.Position {
	if !f.place.Overlay.IsZero() && f.overlay && f.has(keys...) {
		return []resource.Position{f.place.Overlay}
	}
	return []resource.Position{f.place.Base, f.place.Overlay}
}

// isEntryFree reports whether an entry's own value under keys may be written over.
func (f *flowAdoption) isEntryFree(at string, position resource.Position, live resource.Value, keys ...string) (bool, error) {
	if position.IsZero() {
		return true, nil
	}
	file, entry, err := f.files.at(position)
	if err != nil {
		return false, err
	}
	if err := file.first.Editable(entry.Key(keys...)); err != nil {
		return false, (&adoptEntry{adoption: f.adoption, address: f.address, file: file}).explain(at, err, live)
	}
	return true, nil
}

// adoptDocument writes what is left into the flow's file.
func (f *flowAdoption) adoptDocument() error {
	wanted := f.wanted
	if !f.desired.Flow.ManagesSwitch {
		wanted = wanted.WithMetadata("disabled", f.live.Value().Get("metadata").Get("disabled"))
	}
	rest, _, err := flow.DiffBeyond(wanted, f.live, f.set)
	if err != nil || rest.IsEmpty() {
		return err
	}
	content := f.live
	text := content.Encode()
	before := f.side.config.FlowFile(f.side.target.Resources, f.desired.ID)
	if before != "" {
		kept, err := f.app.readFlowFile(before)
		if err != nil {
			return err
		}
		kept, _ = kept.ToExport()
		if content, _, err = flow.Keep(f.live, kept, f.set); err != nil {
			return err
		}
		text = f.app.overFile(content, before, true)
	}
	edit := adoptEdit{Address: f.address, Path: "document", Severity: f.severity, Changes: rest.Text()}
	if before != "" && f.isOwn(before) {
		file, err := f.files.put(before, text, f.file.mode)
		if err != nil {
			return err
		}
		edit.file = file
		f.edits = append(f.edits, edit)
		return nil
	}
	name, err := f.newFlowFile(text)
	if err != nil || name == "" {
		return err
	}
	for _, key := range []string{"template", "config"} {
		if err := f.remove(key, key); err != nil {
			return err
		}
	}
	if err := f.adoptEntry.set("file", resource.StringValue(name), "file"); err != nil {
		return err
	}
	edit.After = resource.StringValue(name)
	if edit.Before = resource.StringValue("template " + f.desired.Flow.Template); before != "" {
		edit.Before = resource.StringValue("file " + filepath.Base(before))
	}
	f.note(edit, "file")
	return nil
}

// isOwn reports whether a regular file is made into this flow alone, and only where
// it is to be written for.
func (f *flowAdoption) isOwn(file string) bool {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	here := map[string]bool{}
	for _, side := range f.sides {
		here[side.target.Resources] = true
	}
	loaded := f.side.config
	for _, environment := range everyView(loaded) {
		for _, one := range loaded.DesiredFlows(environment) {
			used := loaded.FlowFile(environment, one.ID)
			if used != "" && sameFile(used, file) && (one.ID != f.desired.ID || !here[environment]) {
				return false
			}
		}
	}
	return true
}

// newFlowFile puts a flow into a file of its own, below the folder of the file that
// names it, and gives the path as the entry has it. What stands there already is not
// written over; that is an obstacle, and the path is empty.
func (e *adoptEntry) newFlowFile(text []byte) (string, error) {
	if e.app.redact.holds(string(text)) {
		e.obstacle(e.address, "", "the flow holds a value that must not be shown, and is not written into a file")
		return "", nil
	}
	name := path.Join("flows", store.Segment(e.address.ID())+".json")
	if environment := e.environment(); environment != "" {
		name = path.Join("flows", store.Segment(environment), store.Segment(e.address.ID())+".json")
	}
	folder := filepath.Dir(e.app.absolute(e.file.name))
	to := filepath.Join(folder, filepath.FromSlash(name))
	if err := leadsOut(folder, to, name); err != nil {
		return "", err
	}
	if _, err := os.Lstat(to); err == nil {
		e.obstacle(e.address, "", "%s is there already, and nothing in it is written over: move it away, or name it with file:", to)
		return "", nil
	}
	_, err := e.files.put(to, text, e.file.mode)
	return name, err
}

func sortedTexts(texts []string) []string {
	sorted := slices.Clone(texts)
	slices.Sort(sorted)
	return sorted
}

// keysOf are the keys of a map, sorted.
func keysOf[V any](values map[string]V) []string { return slices.Sorted(maps.Keys(values)) }
