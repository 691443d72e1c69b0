package emulator

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Class groups calls that share a rate limit.
type Class string

// The classes. Tenant and other calls count per client address, user calls per project.
const (
	ClassTenant     Class = "tenant"
	ClassUser       Class = "user"
	ClassUserCreate Class = "user-create"
	ClassUserUpdate Class = "user-update"
	ClassOther      Class = "other"
)

func classes() []Class {
	return []Class{ClassTenant, ClassUser, ClassUserCreate, ClassUserUpdate, ClassOther}
}

func (c Class) perProject() bool { return c != ClassTenant && c != ClassOther }

// classOf is the class of a path. Only what stands behind the version counts,
// and each call has one class, the most particular one.
func classOf(path string) Class {
	for _, version := range []string{"/v1/mgmt/", "/v2/mgmt/"} {
		if rest, found := strings.CutPrefix(path, version); found {
			return classOfCall(rest)
		}
	}
	return ClassOther
}

func classOfCall(rest string) Class {
	for _, one := range []struct {
		prefix string
		class  Class
	}{
		{"user/create", ClassUserCreate},
		{"user/update", ClassUserUpdate},
		{"user/search", ClassUserUpdate},
		{"user", ClassUser},
		{"tenant", ClassTenant},
	} {
		if rest == one.prefix || strings.HasPrefix(rest, one.prefix+"/") {
			return one.class
		}
	}
	return ClassOther
}

// Limits are rate limits by class. The zero value sets none.
type Limits struct{ rules []limitRule }

// limitRule lets the given classes make so many calls together in any window.
type limitRule struct {
	classes []Class
	calls   int
	window  time.Duration
}

// ParseLimits reads limits as flags give them: "off", "seed" or "documented"
// alone, or any number of CLASS=N/WINDOW such as "tenant=50/3s". Classes that
// are not named have no limit; an empty list sets none.
func ParseLimits(specs []string) (Limits, error) {
	if len(specs) == 1 {
		switch specs[0] {
		case "off":
			return Limits{}, nil
		case "seed":
			return seedLimits(), nil
		case "documented":
			return documentedLimits(), nil
		}
	}
	var limits Limits
	for _, spec := range specs {
		if spec == "off" || spec == "seed" || spec == "documented" {
			return Limits{}, fmt.Errorf("rate limit %q: a profile stands alone", spec)
		}
		rule, err := parseRule(spec)
		if err != nil {
			return Limits{}, fmt.Errorf("rate limit %q: %w", spec, err)
		}
		if limits.rule(rule.classes[0]) != nil {
			return Limits{}, fmt.Errorf("rate limit %q: the class %s is given twice", spec, rule.classes[0])
		}
		limits.rules = append(limits.rules, rule)
	}
	return limits, nil
}

func parseRule(spec string) (limitRule, error) {
	class, rest, found := strings.Cut(spec, "=")
	calls, window, slash := strings.Cut(rest, "/")
	if !found || !slash {
		return limitRule{}, errors.New("expected off, documented, seed or CLASS=N/WINDOW, for example tenant=50/3s")
	}
	if !slices.Contains(classes(), Class(class)) {
		return limitRule{}, fmt.Errorf("there is no class %q, only %s", class, joinClasses(classes()))
	}
	count, err := strconv.Atoi(calls)
	if err != nil || count < 1 {
		return limitRule{}, fmt.Errorf("the number of calls %q is no whole number above zero", calls)
	}
	length, err := time.ParseDuration(window)
	if err != nil || length <= 0 {
		return limitRule{}, fmt.Errorf("the window %q is no duration above zero, such as 3s", window)
	}
	return limitRule{[]Class{Class(class)}, count, length}, nil
}

func joinClasses(list []Class) string {
	names := make([]string, len(list))
	for i, class := range list {
		names[i] = string(class)
	}
	return strings.Join(names, ", ")
}

// String is "off" or the rules as flags give them.
func (l Limits) String() string {
	if len(l.rules) == 0 {
		return "off"
	}
	texts := make([]string, len(l.rules))
	for i, rule := range l.rules {
		texts[i] = fmt.Sprintf("%s=%d/%s", strings.ReplaceAll(joinClasses(rule.classes), ", ", "+"), rule.calls, rule.window)
	}
	return strings.Join(texts, " ")
}

func (l Limits) rule(class Class) *limitRule {
	for i := range l.rules {
		if slices.Contains(l.rules[i].classes, class) {
			return &l.rules[i]
		}
	}
	return nil
}

// seedLimits are the numbers that the tool was designed with.
func seedLimits() Limits {
	return Limits{append([]limitRule{
		{[]Class{ClassTenant}, 200, time.Minute},
		{[]Class{ClassOther}, 1000, 10 * time.Second},
	}, userRules()...)}
}

// documentedLimits are those of Descope's page for traffic that is no SDK's:
// everything but user calls together.
func documentedLimits() Limits {
	return Limits{append([]limitRule{{[]Class{ClassTenant, ClassOther}, 100, time.Minute}}, userRules()...)}
}

func userRules() []limitRule {
	return []limitRule{
		{[]Class{ClassUser}, 500, time.Minute},
		{[]Class{ClassUserCreate}, 100, time.Minute},
		{[]Class{ClassUserUpdate}, 200, time.Minute},
	}
}
