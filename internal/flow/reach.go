package flow

// reachable is the set of tasks to which a path leads from one task, itself
// included. A task named as avoid is as if it were not there; "" avoids none.
func (g *graph) reachable(from, avoid string) map[string]bool {
	reached := map[string]bool{}
	if g.tasks[from] == nil || from == avoid {
		return reached
	}
	reached[from] = true
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		for _, e := range g.tasks[queue[0]].edges {
			if g.tasks[e.target] != nil && e.target != avoid && !reached[e.target] {
				reached[e.target] = true
				queue = append(queue, e.target)
			}
		}
	}
	return reached
}

// canReachEnd is the set of tasks from which a path leads to an end with a session.
func (g *graph) canReachEnd() map[string]bool {
	into := map[string][]string{}
	var queue []string
	reaches := map[string]bool{}
	for _, id := range g.taskIDs {
		for _, e := range g.tasks[id].edges {
			into[e.target] = append(into[e.target], id)
		}
		if g.tasks[id].action == actionLoggedIn {
			reaches[id] = true
			queue = append(queue, id)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, id := range into[queue[0]] {
			if !reaches[id] {
				reaches[id] = true
				queue = append(queue, id)
			}
		}
	}
	return reaches
}
