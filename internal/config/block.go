package config

import (
	"cmp"
	"fmt"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// key is one key of a mapping in the configuration: how it is read into T, and
// how the schema and the reference describe it.
type key[T any] struct {
	name        string
	wire        string // a second accepted spelling; empty for none
	title       string
	description string
	example     string // one value as YAML flow text
	fallback    string // what counts where the key is left out, as Markdown; "required", or empty for unmanaged or nothing
	schema      schema
	unsupported bool   // only later versions know it
	instead     string // where an unsupported key belongs; empty where it has to go
	inParts     bool   // several documents may each give a part of the value
	read        func(l *loader, value *yaml.Node, into *T)

	// In an overlay: what null does, nil where null may not stand; and the schema,
	// nil where it is the same.
	unmanage func(into *T, at resource.Position)
	inLayer  func() schema
}

// block is the table of keys that one kind of mapping may hold. Validator,
// schema and reference are made from the same tables.
type block[T any] struct {
	keys  []key[T]
	index map[string]int // by name and wire spelling
}

// maxKeys is the most keys that one block may have.
const maxKeys = 32

func newBlock[T any](keys []key[T]) *block[T] {
	b := &block[T]{keys: keys, index: make(map[string]int, 2*len(keys))}
	for i, k := range keys {
		b.index[k.name] = i
		if k.wire != "" {
			b.index[k.wire] = i
		}
	}
	return b
}

// names lists the supported keys, for suggestions.
func (b *block[T]) names() []string {
	names := make([]string, 0, len(b.keys))
	for _, k := range b.keys {
		if !k.unsupported {
			names = append(names, k.name)
		}
	}
	return names
}

// read decodes a mapping into T and reports every key that is unknown, given
// twice, null or not supported. What names the mapping in messages. With a
// path ("auth") each key may be given once over all documents.
func (b *block[T]) read(l *loader, n *yaml.Node, into *T, what, path string) {
	members, ok := l.members(n, what)
	if !ok {
		return
	}
	var seen [maxKeys]*yaml.Node
	for _, m := range members {
		i, known := b.index[m.name]
		if !known {
			l.unknownKey(m, what, b.names())
			continue
		}
		k := &b.keys[i]
		if seen[i] != nil {
			l.errorAt(m.key, codeDuplicate, fmt.Sprintf("%s is already given as %s at %s", show(m.name), show(dealias(seen[i]).Value), l.position(seen[i])), "keep one of the two")
			continue
		}
		seen[i] = m.key
		switch {
		case l.layer != nil && k.unmanage != nil && kindOf(m.value) == kindNull:
			k.unmanage(into, l.position(m.value))
		case b.accepts(l, k, m, path):
			k.read(l, m.value, into)
		}
	}
}

// accepts checks what holds for every key alike.
func (b *block[T]) accepts(l *loader, k *key[T], m member, path string) bool {
	switch {
	case k.unsupported:
		l.errorAt(m.key, codeUnsupported, show(m.name)+" is not supported by this version", cmp.Or(k.instead, "remove the key"))
		return false
	case kindOf(m.value) == kindNull:
		l.errorAt(m.value, codeNull, show(m.name)+" is null", "write a value, or drop the key to leave it unmanaged")
		return false
	case path != "" && !k.inParts:
		return l.once(path+"."+k.name, l.position(m.key))
	default:
		return true
	}
}

func (l *loader) unknownKey(m member, what string, names []string) {
	l.errorAt(m.key, codeUnknownKey, fmt.Sprintf("unknown key %s in %s", show(m.name), what), didYouMean(m.name, names, "known keys"))
}

// member is one key of a mapping with its value; the value is no alias.
type member struct {
	name  string
	key   *yaml.Node
	value *yaml.Node
}

// members lists a mapping's keys in the order of the file, those of merged
// mappings (<<) after its own. Keys that stand twice are reported.
func (l *loader) members(n *yaml.Node, what string) (members []member, ok bool) {
	n = dealias(n)
	if n.Kind != yaml.MappingNode {
		l.wrongType(n, what, "a mapping", "")
		return nil, false
	}
	members = make([]member, 0, len(n.Content)/2)
	find := finder(len(n.Content) / 2)
	var merge *yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, ok := l.keyName(n.Content[i])
		if !ok {
			continue
		}
		m := member{name: name, key: n.Content[i], value: dealias(n.Content[i+1])}
		isMerge := isMergeKey(n.Content[i])
		if isMerge && merge == nil {
			merge = m.value
			continue
		}
		if first := find(members, name); first != nil || isMerge {
			message := "the key " + show(name) + " stands twice in this mapping"
			if first != nil {
				message += ", first at " + l.position(first.key).String()
			}
			l.errorAt(m.key, codeDuplicate, message, "keep one of the two")
			continue
		}
		members = append(members, m)
	}
	if merge != nil {
		members = l.mergeInto(members, merge)
	}
	return members, true
}

// mergeInto adds the keys of merged mappings that are not there yet.
func (l *loader) mergeInto(members []member, merge *yaml.Node) []member {
	sources := []*yaml.Node{merge}
	if merge.Kind == yaml.SequenceNode {
		sources = merge.Content
	}
	size := len(members)
	for _, source := range sources {
		size += len(dealias(source).Content) / 2
	}
	find := finder(size)
	for _, source := range sources {
		merged, ok := l.members(source, "what << merges")
		if !ok {
			continue
		}
		for _, m := range merged {
			if find(members, m.name) == nil {
				members = append(members, m)
			}
		}
	}
	return members
}

// finder returns a function that finds a member by name: by a scan in small
// mappings, by a map that it keeps up in large ones.
func finder(size int) func(members []member, name string) *member {
	if size <= 16 {
		return func(members []member, name string) *member {
			for i := range members {
				if members[i].name == name {
					return &members[i]
				}
			}
			return nil
		}
	}
	byName, known := make(map[string]int, size), 0
	return func(members []member, name string) *member {
		for ; known < len(members); known++ {
			byName[members[known].name] = known
		}
		if i, found := byName[name]; found {
			return &members[i]
		}
		return nil
	}
}

// keyName is the text of a mapping's key. Keys are names: no variable is
// substituted in them, and unquoted numbers count as their text.
func (l *loader) keyName(n *yaml.Node) (name string, ok bool) {
	target := dealias(n)
	if target.Kind != yaml.ScalarNode {
		l.errorAt(n, codeType, "a key is text, not "+kindOf(target).noun(), "")
		return "", false
	}
	if !l.admitsNot(target) {
		return "", false
	}
	switch readScalar(target).kind {
	case kindNull:
		l.errorAt(n, codeNull, "a key is null", `put it in quotes if it is the text "null", "~" or ""`)
		return "", false
	case kindBad:
		return "", false
	default:
		return target.Value, true
	}
}

func isMergeKey(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!merge" && n.Style&quotedStyles == 0
}

func dealias(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}
