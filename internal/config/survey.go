package config

import (
	"slices"

	"go.yaml.in/yaml/v4"
)

const (
	// maxDepth bounds nesting, aliases expanded.
	maxDepth = 100
	// maxExpansion bounds what a document's aliases expand to, in nodes; long
	// text counts as more than one.
	maxExpansion = 1_000_000

	tooDeep = "nested deeper than 100 levels"
)

// surveyor walks a document once before it is decoded, so that decoding may
// follow aliases without care: it refuses loops, bombs and too deep nesting,
// and reports tags that have no meaning.
type surveyor struct {
	loader    *loader
	open      []*yaml.Node // aliased nodes that the walk is inside of
	outermost *yaml.Node   // the alias that led to the first of them
}

// surveyAt reports whether what is under a node, on a level of the document,
// can be decoded.
func (l *loader) surveyAt(root *yaml.Node, depth int) bool {
	s := &surveyor{loader: l}
	return s.visit(root, depth)
}

func (s *surveyor) visit(n *yaml.Node, depth int) bool {
	if len(s.open) > 0 {
		if s.loader.budget -= 1 + len(n.Value)/16; s.loader.budget < 0 {
			s.loader.errorAt(s.outermost, codeLimit, "aliases expand to too much", "write the values out, or use fewer aliases")
			return false
		}
	}
	switch n.Kind {
	case yaml.AliasNode:
		if slices.Contains(s.open, n.Alias) {
			s.loader.errorAt(n, codeLimit, "the alias *"+n.Value+" contains itself", "")
			return false
		}
		if len(s.open) == 0 {
			s.outermost = n
		}
		s.open = append(s.open, n.Alias)
		ok := s.visit(n.Alias, depth)
		s.open = s.open[:len(s.open)-1]
		return ok
	case yaml.ScalarNode:
		s.checkScalar(n)
		return true
	default:
		if depth > maxDepth {
			s.loader.errorAt(n, codeLimit, tooDeep, "")
			return false
		}
		s.checkCollection(n)
		for _, child := range n.Content {
			if !s.visit(child, depth+1) {
				return false
			}
		}
		return true
	}
}

func (s *surveyor) checkCollection(n *yaml.Node) {
	fits := n.Tag == "!" || n.Kind == yaml.MappingNode && n.Tag == "!!map" || n.Kind == yaml.SequenceNode && n.Tag == "!!seq"
	if n.Style&yaml.TaggedStyle != 0 && !fits {
		s.badTag(n)
	}
}

func (s *surveyor) checkScalar(n *yaml.Node) {
	if isSecret(n) {
		s.loader.withholdSecret(n)
	}
	if n.Style&yaml.TaggedStyle == 0 && n.Style&quotedStyles != 0 {
		return
	}
	if value := readScalar(n); value.kind == kindBad {
		if n.Style&yaml.TaggedStyle != 0 {
			s.badTag(n)
			return
		}
		s.loader.errorAt(n, codeType, show(n.Value)+" "+value.text, "put it in quotes if it is text")
	}
}

func (s *surveyor) badTag(n *yaml.Node) {
	if n.Tag == secretTag {
		s.loader.withholdAll(n)
		s.loader.errorAt(n, codeTag, "the tag !secret marks one text or number", "put it before each value that is secret")
		return
	}
	s.loader.errorAt(n, codeTag, "the tag "+show(n.Tag)+" is not supported here", "remove the tag")
}
