package config

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// DefaultMaxWorkers is how many calls may be in flight where nothing says
// otherwise.
const DefaultMaxWorkers = 10

const highestMaxWorkers = 20

// Performance is how fast the tool may work. What is not given is zero, but for
// MaxWorkers.
type Performance struct {
	MaxWorkers      int      // calls in flight at most
	RateLimitBuffer float64  // share of each limit that is used, over 0 and up to 1
	RateLimits      []string // a profile's name, or CLASS=N/WINDOW and CLASS=off
}

// clone is a copy that shares nothing.
func (p Performance) clone() Performance {
	p.RateLimits = slices.Clone(p.RateLimits)
	return p
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
			b.read(l, n, &into.Performance, "performance", "performance")
		},
	}
}

func performanceBlock() *block[Performance] {
	classes := schema{}
	for _, class := range rateClasses() {
		classes[class] = schema{
			"title": "Limit of " + class + " calls", "description": "Calls per time, as N/WINDOW, or `off`.", "examples": []any{"200/60s", "off"},
			"type": "string", "pattern": `^off$|^[0-9]+/.+$|\$\{`,
		}
	}
	return newBlock([]key[Performance]{
		{
			name: "max_workers", title: "Most calls at once", example: `10`, fallback: "10",
			description: "How many calls are in flight at most, 1 to 20. Default 10.",
			schema:      schema{"type": "integer", "minimum": 1, "maximum": highestMaxWorkers},
			read: func(l *loader, n *yaml.Node, into *Performance) {
				if workers, ok := l.wholeNumber(n, "max_workers", 1, highestMaxWorkers); ok {
					into.MaxWorkers = int(workers)
				}
			},
		},
		{
			name: "rate_limit_buffer", title: "Share of the limits", example: `0.8`, fallback: "0.8",
			description: "The share of each rate limit that is used, over 0 and up to 1. Default 0.8.",
			schema:      schema{"type": "number", "exclusiveMinimum": 0, "maximum": 1},
			read:        func(l *loader, n *yaml.Node, into *Performance) { into.RateLimitBuffer = l.readBuffer(n) },
		},
		{
			name: "rate_limits", title: "Rate limits", example: `{ tenant: 200/60s, other: off }`, fallback: "`seed`, and `documented` for a protected environment",
			description: "The limits to stay under: a profile (`seed`, `documented`, `off`), or calls per time for single classes (tenant, user, user-create, user-update, other), each as N/WINDOW or `off`; the others keep the profile. Default `seed`, and `documented` for a protected environment.",
			schema: schema{"anyOf": []any{
				schemaWord(rateProfiles()),
				schema{"type": "object", "additionalProperties": false, "properties": classes},
			}},
			read: func(l *loader, n *yaml.Node, into *Performance) { into.RateLimits = l.readRateLimits(n) },
		},
	})
}

// readBuffer reads the share of the limits; 0 when it cannot be read.
func (l *loader) readBuffer(n *yaml.Node) float64 {
	if kindOf(n) != kindNumber {
		l.wrongType(n, "rate_limit_buffer", "a number", "")
		return 0
	}
	if !l.admitsNot(n) {
		return 0
	}
	buffer, err := strconv.ParseFloat(readScalar(n).text, 64)
	if err != nil || buffer <= 0 || buffer > 1 {
		l.errorAt(n, codeValue, "rate_limit_buffer must be over 0 and at most 1, not "+show(n.Value), "")
		return 0
	}
	return buffer
}

// readRateLimits reads a profile's name, or limits for single classes.
func (l *loader) readRateLimits(n *yaml.Node) []string {
	var limits []string
	switch {
	case n.Kind == yaml.MappingNode:
		members, _ := l.members(n, "rate_limits")
		for _, m := range members {
			if rate, good := l.rate(m); good {
				limits = append(limits, m.name+"="+rate)
			}
		}
	case kindOf(n) == kindText:
		if profile, good := l.word(n, "rate_limits", rateProfiles()); good {
			limits = append(limits, profile)
		}
	default:
		l.wrongType(n, "rate_limits", "a profile or a mapping", "write seed, documented or off, or limits for single classes")
	}
	return limits
}

// rate reads the limit of one class: N/WINDOW or off.
func (l *loader) rate(m member) (limit string, good bool) {
	if !slices.Contains(rateClasses(), m.name) {
		l.unknownKey(m, "rate_limits", rateClasses())
		return "", false
	}
	if kindOf(m.value) != kindText {
		l.wrongType(m.value, m.name, "a number of calls per time", "write 200/60s, or off")
		return "", false
	}
	rate := l.text(m.value, m.name)
	if !rate.given || rate.value == "off" {
		return rate.value, rate.given
	}
	count, window, _ := strings.Cut(rate.value, "/")
	calls, err := strconv.ParseUint(count, 10, 31)
	duration, windowErr := time.ParseDuration(window)
	if err != nil || calls == 0 || windowErr != nil || duration <= 0 {
		l.errorAt(m.value, codeValue, m.name+" must be a number of calls per time, not "+show(rate.source), "write 200/60s, or off")
		return "", false
	}
	return rate.value, true
}
