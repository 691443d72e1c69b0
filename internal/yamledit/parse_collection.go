package yamledit

import (
	"go.yaml.in/yaml/v4"
)

// collection fills a list or mapping in, whose own text begins at body.
func (r *yamlReader) collection(n *yaml.Node, made *node, body, depth int) error {
	made.list = n.Kind == yaml.SequenceNode
	opening := byte('{')
	if made.list {
		opening = '['
	}
	made.form = formBlock
	at := body
	switch flow := n.Style&yaml.FlowStyle != 0; {
	case flow && body < len(r.text) && r.text[body] == opening:
		made.form = formFlow
		at++
	case flow:
		made.form = formPair
	}
	width := 2
	if made.list {
		width = 1
	}
	for i := 0; i+width <= len(n.Content); i += width {
		var c child
		var err error
		if made.list {
			c, err = r.item(n.Content[i], made, at, depth)
		} else {
			c, err = r.member(n.Content[i], n.Content[i+1], made, at, depth)
		}
		if err != nil {
			return err
		}
		made.children = append(made.children, c)
		at = c.value.end
		if made.form == formFlow {
			if comma := skipBlank(r.text, at); comma < len(r.text) && r.text[comma] == ',' {
				at = comma + 1
			}
		}
	}
	made.end = at
	if made.form != formFlow {
		return nil
	}
	at = skipBlank(r.text, at)
	if at >= len(r.text) || r.text[at] != opening+2 { // ASCII has [ and ], { and } two apart
		return r.lost(n)
	}
	made.end = at + 1
	return nil
}

// item converts an item of a list, whose text begins behind at.
func (r *yamlReader) item(n *yaml.Node, list *node, at, depth int) (child, error) {
	lead := skipBlank(r.text, at)
	after := lead
	if list.form == formBlock {
		if lead >= len(r.text) || r.text[lead] != '-' {
			return child{}, r.lost(n)
		}
		after = lead + 1
	}
	if list.form == formBlock {
		r.owner = columnOf(r.text, lead)
	}
	value, err := r.node(n, after, depth+1)
	return child{value: value, lead: lead}, err
}

// member converts a key with its value, whose text begins behind at.
func (r *yamlReader) member(k, v *yaml.Node, mapping *node, at, depth int) (child, error) {
	lead := skipBlank(r.text, at)
	if mapping.form == formPair {
		lead = mapping.start
	}
	bare := lead < len(r.text) && r.text[lead] == '?' && (k.Line != mapping.line || k.Kind != yaml.ScalarNode || k.Value == "" || k.Value[0] != '?')
	key, err := r.node(k, lead, depth+1)
	if err != nil {
		return child{}, err
	}
	after := skipBlank(r.text, key.end)
	if after < len(r.text) && r.text[after] == ':' {
		after++
	} else {
		after, bare = key.end, true
	}
	if mapping.form == formBlock {
		r.owner = columnOf(r.text, lead)
	}
	value, err := r.node(v, after, depth+1)
	return child{key: key, value: value, lead: lead, bare: bare || lead != key.start}, err
}
