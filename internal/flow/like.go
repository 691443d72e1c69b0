package flow

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Like is what is live, in the words of a file that holds an older version of it:
// tasks and screens that have a counterpart there get its ids, and whatever says the
// same as in the file is written as it stands there, positions and versions included.
// So the file changes where the flow has changed, and nowhere else. The flow's own id
// is the file's.
//
// The result is a management export that means what is live: [Same] holds for the
// two. Where it also means what the file does, it is the file.
func Like(live, file Document) Document {
	old, _ := file.ToExport()
	fresh, _ := live.ToExport()
	if Diff(old, fresh).IsEmpty() {
		return old
	}
	r := &renumbering{file: newGraph(old), live: newGraph(fresh)}
	r.m = match(r.file, r.live)
	result := fresh
	means := func(root resource.Value) bool { return Diff(Document{shape: Management, root: root}, fresh).IsEmpty() }
	if renamed, ok := r.rename(); ok && means(renamed.root) {
		result = renamed
	}
	if kept := keepForm(old.root, withUncompared(old.root, result.root), ""); means(kept) {
		result = Document{shape: Management, root: kept}
	}
	return result
}

// renumbering gives the parts of a live flow the ids that they have in a file.
type renumbering struct {
	file, live *graph
	m          *matching         // from the file to what is live
	tasks      map[string]string // by the live id
	screens    map[string]string
}

const endSuffix = ".end" // of the second half of a task

// rename is the live flow with the file's ids; false where they cannot be given.
func (r *renumbering) rename() (Document, bool) {
	if !r.renameTasks() || !r.renameScreens() {
		return Document{}, false
	}
	root := r.live.doc.root
	contents := root.Get("contents")
	members, _ := contents.Get("tasks").AsObject()
	tasks := make(map[string]resource.Value, len(members))
	for id, value := range members {
		tasks[r.tasks[id]] = r.renamedTask(id, value)
	}
	root = withValue(root, []string{"contents", "tasks"}, resource.ObjectValue(tasks))
	if start, known := r.tasks[r.live.start]; known {
		root = withValue(root, []string{"contents", "startTask"}, resource.StringValue(start))
	}
	list := items(root.Get("screens"))
	for i, screen := range list {
		if id, known := r.screens[text(screen.Get("screenId"))]; known {
			list[i] = withValue(screen, []string{"screenId"}, resource.StringValue(id))
		}
		if parts := screen.Get("contents"); isObject(parts) {
			list[i] = withValue(list[i], []string{"contents"}, renameRefs(parts, "", r.task))
		}
	}
	if len(list) > 0 {
		root = withValue(root, []string{"screens"}, arrayValue(list))
	}
	shared := items(root.Get("metadata").Get("sharedInteractions"))
	for i, one := range shared {
		id := text(one.Get("id"))
		if owner := leadingOwner(r.live, id); owner != "" {
			shared[i] = withValue(one, []string{"id"}, resource.StringValue(r.tasks[owner]+strings.TrimPrefix(id, owner)))
		}
	}
	if len(shared) > 0 {
		root = withValue(root, []string{"metadata", "sharedInteractions"}, arrayValue(shared))
	}
	return Document{shape: Management, root: root}, true
}

func (r *renumbering) task(id string) (name string, ok bool) {
	name, ok = r.tasks[id]
	return name, ok
}

func (r *renumbering) renamedTask(id string, value resource.Value) resource.Value {
	members, ok := value.AsObject()
	if !ok {
		return value
	}
	for key, member := range members {
		switch key {
		case "id":
			if text(member) == id {
				members[key] = resource.StringValue(r.tasks[id])
			}
		case "screenId":
			if name, known := r.screens[text(member)]; known {
				members[key] = resource.StringValue(name)
			}
		case "name", "type", "action", "view":
		default:
			members[key] = renameRefs(member, key, r.task)
		}
	}
	return resource.ObjectValue(members)
}

// renameTasks finds a name for each task: that of its counterpart, or else its own,
// or a new one where the file has that for something else. The second half of a task
// follows the first.
func (r *renumbering) renameTasks() bool {
	r.tasks = map[string]string{}
	taken := map[string]bool{}
	var halves, left []string
	for _, id := range r.live.taskIDs {
		base, isHalf := strings.CutSuffix(id, endSuffix)
		if isHalf && r.live.tasks[base] != nil {
			halves = append(halves, id)
			continue
		}
		before := r.m.taskBefore(id)
		if before == nil || strings.HasSuffix(before.id, endSuffix) != isHalf || (before.id == kindStart) != (id == kindStart) {
			left = append(left, id)
			continue
		}
		r.tasks[id], taken[before.id] = before.id, true
	}
	next := 0
	for _, id := range slices.Concat(r.live.taskIDs, r.file.taskIDs) {
		if number, err := strconv.Atoi(leadingDigits(id)); err == nil {
			next = max(next, number+1)
		}
	}
	for _, id := range left {
		name := id
		if taken[name] || r.file.tasks[name] != nil && name != kindStart {
			name = strconv.Itoa(next)
			next++
		}
		r.tasks[id], taken[name] = name, true
	}
	for _, id := range halves {
		name := r.tasks[strings.TrimSuffix(id, endSuffix)] + endSuffix
		if taken[name] {
			return false
		}
		r.tasks[id], taken[name] = name, true
	}
	return len(taken) == len(r.live.taskIDs)
}

// renameScreens finds a name for each screen in the same way.
func (r *renumbering) renameScreens() bool {
	r.screens = map[string]string{}
	taken := map[string]bool{}
	if len(r.file.byScreenID) != len(r.file.screens) || len(r.live.byScreenID) != len(r.live.screens) {
		return false // one id for several
	}
	for _, s := range r.file.screens {
		if other := r.m.screenOf(s); other != nil && s.id != "" && other.id != "" {
			r.screens[other.id], taken[s.id] = s.id, true
		}
	}
	for _, s := range r.live.screens {
		if _, known := r.screens[s.id]; known {
			continue
		}
		if taken[s.id] {
			return false
		}
		r.screens[s.id], taken[s.id] = s.id, true
	}
	return true
}

// withUncompared lays what is no part of a comparison over a flow, as the file has
// it. Only the versions of what draws a screen go with the screen that has changed.
func withUncompared(file, live resource.Value) resource.Value {
	take := func(path ...string) {
		if v := at(file, path); v != at(live, path) {
			live = withValue(live, path, v)
		}
	}
	take("flowId")
	redrawn := false
	screens := map[string]resource.Value{}
	for _, screen := range items(file.Get("screens")) {
		screens[text(screen.Get("screenId"))] = screen
	}
	list := items(live.Get("screens"))
	for i, screen := range list {
		before := screens[text(screen.Get("screenId"))]
		moved := withValue(screen, []string{"componentsVersion"}, before.Get("componentsVersion"))
		if isObject(screen) && isObject(before) && cleaned(moved, "").Equal(cleaned(before, "")) {
			list[i] = moved
			continue
		}
		redrawn = true
	}
	if len(list) > 0 {
		live = withValue(live, []string{"screens"}, arrayValue(list))
	}
	for _, key := range ignoredMetadata {
		take(key)
		take("contents", key)
		if key != "componentsVersion" || !redrawn {
			take("metadata", key)
		}
	}
	for _, v := range []resource.Value{at(file, []string{"metadata", "fingerprint"}), at(live, []string{"metadata", "fingerprint"})} {
		if isDigestOfService("fingerprint", v) {
			take("metadata", "fingerprint")
			break
		}
	}
	before, _ := at(file, []string{"contents", "tasks"}).AsObject()
	tasks, isFlow := at(live, []string{"contents", "tasks"}).AsObject()
	for id, task := range tasks {
		if isObject(task) && isObject(before[id]) {
			tasks[id] = withValue(task, []string{"view"}, before[id].Get("view"))
		}
	}
	if isFlow {
		live = withValue(live, []string{"contents", "tasks"}, resource.ObjectValue(tasks))
	}
	return live
}

// keepForm is a live value, as the file has it wherever the two say the same. key is
// the one under which they stand.
func keepForm(file, live resource.Value, key string) resource.Value {
	switch {
	case cleaned(file, key).Equal(cleaned(live, key)):
		return file
	case isArray(file) && isArray(live):
		return arrayValue(keepItems(items(file), items(live), key))
	case !isObject(file) || !isObject(live):
		return live
	}
	before, _ := file.AsObject()
	members, _ := live.AsObject()
	for _, name := range unionKeys(before, members) {
		switch f, l := before[name], members[name]; {
		case f.IsAbsent() && saysNothing(key, name, l):
			delete(members, name)
		case l.IsAbsent() && saysNothing(key, name, f):
			members[name] = f
		case !f.IsAbsent() && !l.IsAbsent():
			members[name] = keepForm(f, l, name)
		}
	}
	return resource.ObjectValue(members)
}

// saysNothing reports whether a member of what stands under key is as if it were not there.
func saysNothing(key, name string, v resource.Value) bool {
	if v = cleaned(v, name); key == "predicate" && name == "value" {
		return v == `""` || v == "null"
	}
	return isZero(v)
}

// keepItems keeps the form of the items that the file has too, and its order where
// order has no meaning.
func keepItems(file, live []resource.Value, key string) []resource.Value {
	partner := make([]int, len(live)) // in the file, -1 for none
	for i := range partner {
		partner[i] = -1
	}
	used := make([]bool, len(file))
	pair := func(name func(resource.Value) string) {
		waiting := map[string][]int{}
		for j, item := range file {
			if id := name(item); id != "" && !used[j] {
				waiting[id] = append(waiting[id], j)
			}
		}
		for i, item := range live {
			if list := waiting[name(item)]; partner[i] < 0 && len(list) > 0 {
				partner[i], used[list[0]] = list[0], true
				waiting[name(item)] = list[1:]
			}
		}
	}
	pair(func(v resource.Value) string { return string(cleaned(v, key)) })
	pair(itemName)
	if unordered[key] || len(file) == len(live) { // what is left has taken the place of what is gone
		for i, next := 0, 0; i < len(live); i++ {
			for next < len(file) && used[next] {
				next++
			}
			if partner[i] < 0 && next < len(file) {
				partner[i], used[next] = next, true
			}
		}
	}
	order := make([]int, len(live))
	for i, item := range live {
		order[i] = i
		if partner[i] >= 0 {
			live[i] = keepForm(file[partner[i]], item, key)
		}
	}
	if unordered[key] {
		last := len(file)
		rank := func(i int) int {
			if partner[i] < 0 {
				return last
			}
			return partner[i]
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rank(a), rank(b)) })
	}
	result := make([]resource.Value, len(live))
	for i, from := range order {
		result[i] = live[from]
	}
	return result
}

// itemName is what tells an item of a list from its neighbours; empty for none.
func itemName(v resource.Value) string {
	for _, key := range []string{"screenId", "id", "interactionId", "name"} {
		if name := text(v.Get(key)); name != "" {
			return key + " " + name
		}
	}
	return ""
}
