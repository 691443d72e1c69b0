package flow

import "github.com/portcoconnect/pcc-descope-mgmt/internal/resource"

// shown are the parts of a screen that people get to see: those that the lists of
// parts lead to from the root, but for what is hidden and what stands in it. A
// screen without a root shows everything, since nobody can tell.
func (s *screen) shown() map[string]bool {
	seen := map[string]bool{}
	if s.nodes[rootNode].IsAbsent() {
		for id := range s.nodes {
			seen[id] = true
		}
		return seen
	}
	for queue := []string{rootNode}; len(queue) > 0; queue = queue[1:] {
		node, known := s.nodes[queue[0]]
		if !known || seen[queue[0]] || node.Get("hidden") == resource.BoolValue(true) {
			continue
		}
		seen[queue[0]] = true
		queue = append(queue, inside(node)...)
	}
	return seen
}

// inside are the parts that stand in a part.
func inside(node resource.Value) []string {
	var ids []string
	for _, id := range items(node.Get("nodes")) {
		ids = append(ids, text(id))
	}
	linked, _ := node.Get("linkedNodes").AsObject()
	for _, name := range sortedKeys(linked) {
		ids = append(ids, text(linked[name]))
	}
	return ids
}

// listedNodes are the parts that another part of the screen lists.
func (s *screen) listedNodes() map[string]bool {
	list := map[string]bool{}
	for _, node := range s.nodes {
		for _, id := range inside(node) {
			list[id] = true
		}
	}
	return list
}

// usable are the ids under which people see a part that is not switched off.
func (s *screen) usable() map[string]bool {
	ids := map[string]bool{}
	for name := range s.shown() {
		if props := s.nodes[name].Get("props"); props.Get("disabled") != resource.BoolValue(true) {
			ids[text(props.Get("id"))] = true
		}
	}
	return ids
}
