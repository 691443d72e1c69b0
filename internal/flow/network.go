package flow

import (
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// network is a flow as the matching sees it: tasks and screens alike are
// vertices, and numbers stand for nothing but themselves.
type network struct {
	g        *graph
	vertices []vertex
	ofTask   map[string]int
	ofScreen map[*screen]int
}

// vertex is a task or a screen.
type vertex struct {
	task    *task
	screen  *screen
	content uint64          // a digest of what it says, without any number of a task
	traits  map[uint64]bool // digests of its parts, to measure how alike two are
	out, in []link
}

// link is an edge, the showing of a screen, or a reference from an argument.
type link struct {
	label uint64
	to    int
}

var (
	labelStart  = digestText("start")
	labelScreen = digestText("screen")
)

// newNetwork makes the vertices. memo keeps what screens say, because two
// versions of a flow have most screens in common.
func newNetwork(g *graph, memo map[resource.Value]content) *network {
	n := &network{g: g, ofTask: map[string]int{}, ofScreen: map[*screen]int{}}
	n.vertices = append(n.vertices, vertex{}) // the entry: whoever opens the flow
	for _, id := range g.taskIDs {
		n.ofTask[id] = len(n.vertices)
		n.vertices = append(n.vertices, g.taskVertex(g.tasks[id]))
	}
	for _, s := range g.screens {
		n.ofScreen[s] = len(n.vertices)
		n.vertices = append(n.vertices, screenVertex(s, memo))
	}
	if to, ok := n.ofTask[g.start]; ok {
		n.link(0, labelStart, to)
	}
	for _, id := range g.taskIDs {
		t, from := g.tasks[id], n.ofTask[id]
		for _, e := range append(refsOf(t.fields, g.tasks), t.edges...) {
			if to, ok := n.ofTask[e.target]; ok {
				n.link(from, digestText(e.interaction), to)
			}
		}
		if s := g.screenOf(t); s != nil {
			n.link(from, labelScreen, n.ofScreen[s])
		}
	}
	return n
}

func (n *network) link(from int, label uint64, to int) {
	n.vertices[from].out = append(n.vertices[from].out, link{label, to})
	n.vertices[to].in = append(n.vertices[to].in, link{label, from})
}

// content is what a task or a screen says: one digest, and those of its parts.
type content struct {
	digest uint64
	traits map[uint64]bool
}

// taskVertex leaves out numbers of tasks, which are no identity.
func (g *graph) taskVertex(t *task) vertex {
	v := vertex{task: t, content: mix(digestText(t.kind), digestText(t.action)), traits: map[uint64]bool{}}
	v.content = mix(v.content, digestText(t.name))
	add := func(key string, value resource.Value) {
		if value = g.anonymous(value, key); isZero(value) {
			return
		}
		trait := mix(digestText(key), digestText(string(value)))
		v.traits[trait] = true
		v.content += scramble(trait)
	}
	for key, value := range t.fields {
		if key != "arguments" || !isObject(value) {
			add(key, value)
			continue
		}
		arguments, _ := value.AsObject()
		for name, argument := range arguments {
			add(name, argument)
		}
	}
	for i, c := range t.conditions {
		trait := mix(digestText(c.name), digestText(string(g.anonymous(c.atoms, "atomicConditions"))))
		v.traits[trait] = true
		v.content = mix(v.content+uint64(i), mix(trait, digestText(string(c.rest))))
	}
	return v
}

// anonymous is a cleaned value in which no task has a number.
func (g *graph) anonymous(v resource.Value, key string) resource.Value {
	return cleaned(renameRefs(v, key, func(id string) (string, bool) { return "task", g.tasks[id] != nil }), key)
}

func screenVertex(s *screen, memo map[resource.Value]content) vertex {
	c, known := memo[s.contents]
	if !known {
		c = screenContent(s)
		memo[s.contents] = c
	}
	v := vertex{screen: s, content: mix(c.digest, digestText(string(s.rest))), traits: c.traits}
	for _, i := range s.interactions {
		v.content += scramble(mix(digestText(i.id), digestText(string(i.fields))))
	}
	return v
}

func screenContent(s *screen) content {
	c := content{traits: make(map[uint64]bool, 2*len(s.nodes))}
	for id, node := range s.nodes {
		node = cleaned(node, "")
		props := node.Get("props")
		c.digest += scramble(mix(digestText(id), digestText(string(node))))
		if id != rootNode { // every screen has it
			c.traits[mix(digestText(id), digestText(string(node.Get("type"))))] = true
		}
		says := string(props.Get("children") + props.Get("name") + props.Get("label"))
		if says != "" {
			c.traits[mix(digestText(string(node.Get("type"))), digestText(says))] = true
		}
	}
	return c
}

// digestText is FNV-1a. A collision, also a made one, can at worst pair two parts
// that are not alike; the comparison after it is exact.
func digestText(s string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	digest := uint64(offset)
	for i := range len(s) {
		digest = (digest ^ uint64(s[i])) * prime
	}
	return digest
}

// scramble spreads the bits, so that sums of digests mean something.
func scramble(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func mix(a, b uint64) uint64 { return scramble(a*31 + b) }

// colours are, for each radius up to the last, the digest of what each vertex
// says together with its surroundings of that radius.
func (n *network) colours(radius int) [][]uint64 {
	levels := make([][]uint64, radius+1)
	levels[0] = make([]uint64, len(n.vertices))
	for i := range n.vertices {
		levels[0][i] = n.vertices[i].content
	}
	for r := 1; r <= radius; r++ {
		last, next := levels[r-1], make([]uint64, len(n.vertices))
		for i := range n.vertices {
			sum := uint64(0)
			for _, l := range n.vertices[i].out {
				sum += mix(l.label, last[l.to])
			}
			for _, l := range n.vertices[i].in {
				sum += scramble(mix(last[l.to], l.label))
			}
			next[i] = mix(last[i], sum)
		}
		levels[r] = next
	}
	return levels
}
