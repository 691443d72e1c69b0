package emulator

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// builtInFlows are the flows of every project. They cannot be deleted.
var builtInFlows = []string{"sign-in", "sign-up", "sign-up-or-in", "step-up"}

// builtInFiles are the flows and the theme of a new project: ours, in the shape of real ones.
//
//go:embed builtin/*.json
var builtInFiles embed.FS

func builtInFile(name string) []byte {
	data, err := builtInFiles.ReadFile("builtin/" + name + ".json")
	if err != nil {
		return nil // a test reads all of them
	}
	return data
}

// flow is one stored flow. Like a tenant it is never changed, only replaced.
type flow struct {
	id string
	// exported is the flow in the form of the v2 export, member by member as it
	// was sent; both versions of the API are answered from it.
	exported object
	// console is what the v1 form has beside it; nil for a flow that came through v2.
	console  *consoleParts
	version  int64
	etag     string
	modified int64 // epoch seconds

	shown []byte // the answer of a v2 export
}

// flowRow is the flow as it is stored, and as the state shows it.
var flowRow = []field{
	{name: "flow", kind: kindAny},
	{name: "version", kind: kindWhole},
	{name: "etag"},
	{name: "modifiedTime", kind: kindLong},
	{name: "console", kind: kindAny},
}

const firstVersion = 1

// nextVersion counts a version on; at the end of an int32 it stays there.
func nextVersion(before int64) int64 { return min(before+1, math.MaxInt32) }

// newFlow checks a stored flow. Only its shape matters here: a state may hold
// a flow that an import would refuse.
func newFlow(from object, behavior ImportBehavior) (*flow, error) {
	known, unknown, err := split(flowRow, from)
	if err != nil {
		return nil, err
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("%q is no member of a flow here: expected flow, version, etag, modifiedTime, console", unknown.sortedKeys()[0])
	}
	exported, err := known.objectMember("flow")
	if err != nil {
		return nil, err
	}
	if exported == nil {
		return nil, errors.New(`"flow" is missing`)
	}
	parts, err := readFlow(exported)
	if err != nil {
		return nil, err
	}
	if parts.id == "" {
		return nil, errors.New(`"flowId" is missing or empty`)
	}
	result := &flow{
		id: parts.id, exported: exported, shown: showExported(exported, behavior), version: known.whole("version"), etag: known.text("etag"), modified: known.whole("modifiedTime"),
	}
	if result.version < firstVersion || result.modified < 0 || result.modified > math.MaxInt64/2 {
		return nil, errors.New(`"version" or "modifiedTime" is out of range`)
	}
	result.console, err = newConsoleParts(known)
	return result, err
}

// row is the flow as it is stored.
func (f *flow) row() object {
	row := object{
		"flow": f.exported.encode(), "version": encoded(f.version), "etag": encoded(f.etag),
		"modifiedTime": encoded(strconv.FormatInt(f.modified, 10)),
	}
	if f.console != nil {
		row["console"] = f.console.encode()
	}
	return row
}

// addFlows lays the flows of a state into a content, and the built-in ones
// that it does not name.
func (b builder) addFlows(into *content, state ProjectState) error {
	for i, raw := range state.Flows {
		if err := b.addFlow(into, state.ID, raw); err != nil {
			return fmt.Errorf("flows[%d]: %w", i, err)
		}
	}
	for _, id := range builtInFlows {
		if _, found := into.flows.get(id); found {
			continue
		}
		into.completed = true
		if err := b.addFlow(into, state.ID, slices.Concat([]byte(`{"flow":`), builtInFile(id), []byte(`}`))); err != nil {
			return fmt.Errorf("the built-in flow %q: %w", id, err)
		}
	}
	return nil
}

func (b builder) addFlow(into *content, project string, raw json.RawMessage) error {
	row, err := parseObject(raw)
	if err != nil {
		return err
	}
	if _, found := row["version"]; !found {
		row["version"] = encoded(firstVersion)
	}
	if _, found := row["modifiedTime"]; !found {
		row["modifiedTime"] = encoded(b.now)
	}
	if _, found := row["etag"]; !found {
		row["etag"] = encoded(derivedID("", project, string(row["flow"])))
	}
	one, err := newFlow(row, b.imports)
	if err != nil {
		return err
	}
	if _, taken := into.flows.get(one.id); taken {
		return fmt.Errorf("the flow %q occurs twice", one.id)
	}
	into.flows.put(one.id, one)
	return nil
}

// hasOwnDesign reports whether there are flows or a theme beyond those of a
// new project.
func (c *content) hasOwnDesign() bool {
	for f := range c.flows.all() {
		if f.version != firstVersion || !slices.Contains(builtInFlows, f.id) {
			return true
		}
	}
	return c.theme != nil && c.theme.version != firstVersion
}

func (b *batch) putFlow(f *flow) {
	b.put(storeFlow, f.id, f.row())
	b.apply = append(b.apply, func(c *content) { c.flows.put(f.id, f) })
}

func (b *batch) dropFlow(f *flow) {
	b.drop(storeFlow, f.id)
	b.apply = append(b.apply, func(c *content) { c.flows.drop(f.id) })
}

// objectMember is a member that has to be an object, of an object that was
// parsed before; nil where it is absent or null.
func (o object) objectMember(name string) (object, error) {
	raw := o[name]
	switch {
	case len(raw) == 0 || isNull(raw):
		return nil, nil
	case raw[0] != '{':
		return nil, &fieldError{name, "must be an object"}
	}
	return parsed(raw), nil
}

// objectsMember is the same for a list of objects.
func (o object) objectsMember(name string) ([]object, error) {
	raw := o[name]
	switch {
	case len(raw) == 0 || isNull(raw):
		return nil, nil
	case !isListOf(raw, '{'):
		return nil, &fieldError{name, "must be a list of objects"}
	}
	items := elements(raw)
	objects := make([]object, len(items))
	for i, item := range items {
		objects[i] = parsed(item)
	}
	return objects, nil
}

// encodeObjects is a list of objects as JSON.
func encodeObjects(objects []object) json.RawMessage {
	items := make([][]byte, len(objects))
	for i, one := range objects {
		items[i] = one.encode()
	}
	return list(items)
}
