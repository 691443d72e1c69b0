package flow

import (
	"slices"
	"strconv"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Set is the management export of a flow with values set. A key names one value:
//
//	task 'Send code'.arguments.url
//	task 11.end.arguments.uri
//	screen 'Welcome'.title.props.children
//	metadata.description
//	references.connectors['SMS gateway']
//
// A task is named by its name in quotes, or by its id; a screen by the name of the
// task that shows it, or by its id, and the key after it is one of its parts. A
// path that ends at an argument means the argument's value. What the path names
// must be there, except for the last key under arguments, metadata and
// references, which is made; an absent value removes the key. Nothing, or several
// things, of that name is a [SettingError]. The order of the keys has no meaning;
// a path that lies inside another is an error.
func Set(d Document, values map[string]resource.Value) (Document, error) {
	g := newGraph(d)
	root := g.doc.root
	places, err := g.places(values)
	if err != nil {
		return Document{}, err
	}
	for _, p := range places {
		value := values[p.path.text]
		if value.IsAbsent() && p.isArgument() { // the argument goes, not just its value
			p.keys = p.keys[:len(p.keys)-1]
		}
		if root, err = p.put(root, 0, value); err != nil {
			return Document{}, err
		}
	}
	return Document{shape: Management, root: root}, nil
}

// place is where a path leads: keys and indexes from the root of the export.
type place struct {
	path   settingPath
	keys   []string
	create int // from this key on, keys that are not there are made
}

func (g *graph) places(values map[string]resource.Value) ([]place, error) {
	var list []place
	for _, text := range sortedKeys(values) {
		path, err := parsePath(text, func(id string) bool { return g.tasks[id] != nil })
		if err != nil {
			return nil, err
		}
		p, err := g.place(path)
		if err != nil {
			return nil, err
		}
		for _, other := range list {
			if common := min(len(p.keys), len(other.keys)); slices.Equal(p.keys[:common], other.keys[:common]) {
				return nil, path.fail("set each value once", "%q names the same value, or one inside of it", other.path.text)
			}
		}
		list = append(list, p)
	}
	return list, nil
}

func (g *graph) place(path settingPath) (place, error) {
	p := place{path: path}
	switch path.root {
	case "task":
		id, err := g.findTask(path)
		if err != nil {
			return p, err
		}
		p.keys = append([]string{"contents", "tasks", id}, path.keys...)
		p.create = len(p.keys)
		if path.keys[0] == "arguments" && len(path.keys) > 1 {
			p.create = 3
			if len(path.keys) == 2 {
				p.keys = append(p.keys, "value")
			}
		}
		return p, nil
	case "screen":
		index, err := g.findScreen(path)
		if err != nil {
			return p, err
		}
		p.keys = append([]string{"screens", strconv.Itoa(index), "contents"}, path.keys...)
		p.create = len(p.keys)
		return p, nil
	default:
		p.keys = append([]string{path.root}, path.keys...)
		return p, nil
	}
}

// findTask is the one task that a path names.
func (g *graph) findTask(path settingPath) (string, error) {
	if !path.quoted && g.tasks[path.name] != nil {
		return path.name, nil
	}
	var found []string
	for _, id := range g.taskIDs {
		if g.tasks[id].name == path.name {
			found = append(found, id)
		}
	}
	// The two halves of one step share their name; its settings belong to the first.
	if len(found) == 2 && found[1] == found[0]+".end" {
		found = found[:1]
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", path.fail(didYouMean(path.name, g.taskNames(), "the tasks are"), "the flow has no task %q", path.name)
	default:
		return "", path.fail("name the task by its id: task "+strings.Join(found, ", task "), "%d tasks have the name %q", len(found), path.name)
	}
}

// taskNames are all names of tasks, sorted, each once.
func (g *graph) taskNames() []string {
	return slices.DeleteFunc(sortedKeys(g.sameName), func(name string) bool { return name == "" })
}

// findScreen is the index of the one screen that a path names.
func (g *graph) findScreen(path settingPath) (int, error) {
	var found []int
	var names []string
	for i, s := range g.screens {
		names = append(names, s.id)
		if s.id == path.name && !path.quoted {
			return i, nil
		}
		for _, id := range g.taskIDs {
			if t := g.tasks[id]; t.screenID == s.id && t.name != "" {
				names = append(names, t.name)
				if t.name == path.name && !slices.Contains(found, i) {
					found = append(found, i)
				}
			}
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return 0, path.fail(didYouMean(path.name, names, "the screens are"), "the flow has no screen %q", path.name)
	default:
		return 0, path.fail("name the screen by its id", "%d screens are shown by tasks with the name %q", len(found), path.name)
	}
}

// put lays the value at the place over v, which stands at the key of that depth.
func (p place) put(v resource.Value, depth int, value resource.Value) (resource.Value, error) {
	if depth == len(p.keys) {
		return value, nil
	}
	key := p.keys[depth]
	if isArray(v) {
		list := items(v)
		index, err := strconv.Atoi(key)
		if err != nil || index < 0 || index >= len(list) || value.IsAbsent() && depth == len(p.keys)-1 {
			return v, p.path.fail("", "%q is no place in a list of %d", key, len(list))
		}
		item, err := p.put(list[index], depth+1, value)
		if err != nil {
			return v, err
		}
		return withItem(v, index, item), nil
	}
	members, isMap := v.AsObject()
	if !isMap {
		if !v.IsAbsent() && v != "null" {
			return v, p.path.fail("", "%q lies in %s, where nothing can be set", key, typeName(v))
		}
		members = map[string]resource.Value{}
	}
	if members[key].IsAbsent() {
		switch {
		case depth < p.create:
			return v, p.path.fail(didYouMean(key, sortedKeys(members), "there are"), "there is no field %q", key)
		case value.IsAbsent():
			return v, nil
		}
	}
	inner, err := p.put(members[key], depth+1, value)
	if err != nil {
		return v, err
	}
	members[key] = inner
	if depth == len(p.keys)-1 && p.isArgument() && members["type"].IsAbsent() {
		members["type"] = `"inline"`
	}
	return resource.ObjectValue(members), nil
}

// isArgument reports whether the place is an argument's own value.
func (p place) isArgument() bool {
	return p.keys[len(p.keys)-1] == "value" && p.path.root == "task" && len(p.path.keys) == 2 && p.path.keys[0] == "arguments"
}

// didYouMean is a hint that names the closest candidate, or else lists them.
func didYouMean(name string, candidates []string, heading string) string {
	if hint := resource.DidYouMean(name, candidates); hint != "" {
		return hint
	}
	const most = 12
	if len(candidates) > most {
		candidates = append(slices.Clone(candidates[:most]), "…")
	}
	if len(candidates) == 0 {
		return ""
	}
	return heading + ": " + strings.Join(candidates, ", ")
}
