package config

import (
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

const (
	defaultDeletePercent = 10
	defaultUpdatePercent = 50

	highestMaxWorkers = 20
)

// DefaultMaxWorkers is how many calls may be in flight where nothing says
// otherwise.
const DefaultMaxWorkers = 10

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
			name: "delete_threshold", title: "Most deletes", example: `"10%"`, schema: percentage,
			description: "The share of the live tenants in scope that one plan may delete, where there are ten or more. Default 10%.",
			read: func(l *loader, n *yaml.Node, into *Guard) {
				if percent, ok := l.percent(n, "delete_threshold"); ok {
					into.DeletePercent = percent
				}
			},
		},
		{
			name: "update_threshold", title: "Most updates", example: `50`, schema: percentage,
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

// rateClasses and rateProfiles are what rate_limits may name.
func rateClasses() []string {
	return []string{"tenant", "user", "user-create", "user-update", "other"}
}

func rateProfiles() []string { return []string{"seed", "documented", "off"} }

func performanceKey() key[collected] {
	b := performanceBlock()
	return key[collected]{
		name: "performance", title: "Performance", example: `{ max_workers: 10 }`,
		description: "How fast the tool works.",
		schema:      b.object(),
		read: func(l *loader, n *yaml.Node, into *collected) {
			b.read(l, n, &into.maxWorkers, "performance", "performance")
		},
	}
}

func performanceBlock() *block[int] {
	rate := schema{"type": "string", "pattern": `^off$|^[0-9]+/.+$|\$\{`}
	classes := schema{}
	for _, class := range rateClasses() {
		classes[class] = rate
	}
	return newBlock([]key[int]{
		{
			name: "max_workers", title: "Most calls at once", example: `10`,
			description: "How many calls are in flight at most, 1 to 20. Default 10.",
			schema:      schema{"type": "integer", "minimum": 1, "maximum": highestMaxWorkers},
			read: func(l *loader, n *yaml.Node, into *int) {
				if workers, ok := l.wholeNumber(n, "max_workers", 1, highestMaxWorkers); ok {
					*into = int(workers)
				}
			},
		},
		{
			name: "rate_limit_buffer", title: "Share of the limits", example: `0.8`,
			description: "The share of each rate limit that is used, over 0 and up to 1. Takes no effect in this version.",
			schema:      schema{"type": "number", "exclusiveMinimum": 0, "maximum": 1},
			read:        func(l *loader, n *yaml.Node, _ *int) { l.readBuffer(n) },
		},
		{
			name: "rate_limits", title: "Rate limits", example: `{ tenant: 200/60s, other: off }`,
			description: "The limits to stay under: a profile (`seed`, `documented`, `off`), or calls per time for single classes (tenant, user, user-create, user-update, other), each as N/WINDOW or `off`. Takes no effect in this version.",
			schema: schema{"anyOf": []any{
				schemaWord(rateProfiles()),
				schema{"type": "object", "additionalProperties": false, "properties": classes},
			}},
			read: func(l *loader, n *yaml.Node, _ *int) { l.readRateLimits(n) },
		},
	})
}

func (l *loader) readBuffer(n *yaml.Node) {
	if kindOf(n) != kindNumber {
		l.wrongType(n, "rate_limit_buffer", "a number", "")
		return
	}
	buffer, err := strconv.ParseFloat(readScalar(n).text, 64)
	if err != nil || buffer <= 0 || buffer > 1 {
		l.errorAt(n, codeValue, "rate_limit_buffer must be over 0 and at most 1, not "+show(n.Value), "")
		return
	}
	l.warnAt(n, codeNotYet, "rate_limit_buffer takes no effect in this version", "")
}

func (l *loader) readRateLimits(n *yaml.Node) {
	good := true
	if n.Kind == yaml.MappingNode {
		members, _ := l.members(n, "rate_limits")
		for _, m := range members {
			good = l.checkRate(m) && good
		}
	} else if kindOf(n) == kindText {
		_, good = l.word(n, "rate_limits", rateProfiles())
	} else {
		l.wrongType(n, "rate_limits", "a profile or a mapping", "write seed, documented or off, or limits for single classes")
		return
	}
	if good {
		l.warnAt(n, codeNotYet, "rate_limits takes no effect in this version", "")
	}
}

// checkRate checks one class: N/WINDOW or off.
func (l *loader) checkRate(m member) bool {
	known := false
	for _, class := range rateClasses() {
		known = known || class == m.name
	}
	if !known {
		l.unknownKey(m, "rate_limits", rateClasses())
		return false
	}
	if kindOf(m.value) != kindText {
		l.wrongType(m.value, m.name, "a number of calls per time", "write 200/60s, or off")
		return false
	}
	rate := l.text(m.value, m.name)
	if !rate.given || rate.value == "off" {
		return rate.given
	}
	count, window, _ := strings.Cut(rate.value, "/")
	calls, err := strconv.ParseUint(count, 10, 31)
	duration, windowErr := time.ParseDuration(window)
	if err != nil || calls == 0 || windowErr != nil || duration <= 0 {
		l.errorAt(m.value, codeValue, m.name+" must be a number of calls per time, not "+show(rate.source), "write 200/60s, or off")
		return false
	}
	return true
}
