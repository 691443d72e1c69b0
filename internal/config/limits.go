package config

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

const (
	defaultDeletePercent = 10
	defaultUpdatePercent = 50
)

// Guard holds the shares, in percent of a kind's live objects in scope, that
// one plan may delete or update.
type Guard struct {
	DeletePercent int
	UpdatePercent int
}

func guardKey() key[collected] {
	b := guardBlock()
	return key[collected]{
		name: "guard", title: "Guards", example: `{ delete_threshold: "10%", update_threshold: "50%" }`,
		description: "How much one plan may change before it is refused. A whole number means percent.",
		schema:      b.object(),
		read: func(l *loader, n *yaml.Node, into *collected) {
			b.read(l, n, &into.guard, "guard", "guard")
		},
	}
}

func guardBlock() *block[Guard] {
	percentage := schema{"anyOf": []any{
		schema{"type": "integer", "minimum": 0, "maximum": 100},
		schema{"type": "string", "pattern": `^0*([0-9]{1,2}|100)%$|\$\{`},
	}}
	return newBlock([]key[Guard]{
		{
			name: "delete_threshold", title: "Most deletes", example: `"10%"`, fallback: "10%", schema: percentage,
			description: "The share of the live tenants in scope that one plan may delete, where there are ten or more. Default 10%.",
			read: func(l *loader, n *yaml.Node, into *Guard) {
				if percent, ok := l.percent(n, "delete_threshold"); ok {
					into.DeletePercent = percent
				}
			},
		},
		{
			name: "update_threshold", title: "Most updates", example: `50`, fallback: "50%", schema: percentage,
			description: "The share of the live tenants in scope that one plan may update, where there are twenty or more. Default 50%.",
			read: func(l *loader, n *yaml.Node, into *Guard) {
				if percent, ok := l.percent(n, "update_threshold"); ok {
					into.UpdatePercent = percent
				}
			},
		},
	})
}

// percent reads "10%" or 10.
func (l *loader) percent(n *yaml.Node, what string) (percent int, ok bool) {
	switch kindOf(n) {
	case kindNumber:
		value, ok := l.wholeNumber(n, what, 0, 100)
		return int(value), ok
	case kindText:
		read := l.text(n, what)
		if !read.given {
			return 0, false
		}
		digits, found := strings.CutSuffix(read.value, "%")
		value, err := strconv.ParseUint(digits, 10, 8)
		if !found || err != nil || value > 100 {
			l.errorAt(n, codeValue, what+" must be a percentage from 0 to 100, not "+show(read.source), `write "10%" or 10`)
			return 0, false
		}
		return int(value), true
	default:
		l.wrongType(n, what, "a percentage", `write "10%" or 10`)
		return 0, false
	}
}
