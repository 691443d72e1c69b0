package pace

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DefaultBuffer is the share of each limit that is used unless set otherwise.
const DefaultBuffer = 0.8

// maxLimit bounds what a limit may be, so that sums of weights never overflow.
const maxLimit = 1 << 24

// Rule lets the calls of its classes, together, make up at most Limit in any
// time of the length Window.
type Rule struct {
	Classes []Class // all per project, or none of them
	Limit   int
	Window  time.Duration
}

// Rules are the limits of one run: at most one for each class. A class without
// one is off: its calls are neither held back nor counted. The zero value is off
// altogether.
type Rules []Rule

// ProfileNames are the names that [Profile] knows.
func ProfileNames() []string { return []string{"seed", "documented", "off"} }

// Profile gives the rules of a name: "seed" (the numbers that this tool was
// designed with), "documented" (those of Descope's page for traffic that is no
// SDK's, where tenant and other calls share one limit), or "off".
func Profile(name string) (Rules, error) {
	switch name {
	case "seed":
		return append(Rules{
			{[]Class{ClassTenant}, 200, time.Minute},
			{[]Class{ClassOther}, 1000, 10 * time.Second},
		}, userRules()...), nil
	case "documented":
		return append(Rules{{[]Class{ClassTenant, ClassOther}, 100, time.Minute}}, userRules()...), nil
	case "off":
		return nil, nil
	}
	return nil, fmt.Errorf("there is no profile %q, only %s", name, strings.Join(ProfileNames(), ", "))
}

func userRules() Rules {
	return Rules{
		{[]Class{ClassUser}, 500, time.Minute},
		{[]Class{ClassUserCreate}, 100, time.Minute},
		{[]Class{ClassUserUpdate}, 200, time.Minute},
	}
}

// ParseRules reads limits as flags and variables give them: a profile's name,
// CLASS=N/WINDOW or CLASS=off, any number of them in any number of texts,
// separated by commas. A profile stands first and replaces base, which everything
// that is not named keeps: "tenant=50/3s,other=off", "documented,user=off".
func ParseRules(base Rules, texts []string) (Rules, error) {
	rules, named := base, map[Class]bool{}
	first := true
	for _, text := range texts {
		for part := range strings.SplitSeq(text, ",") {
			part = strings.TrimSpace(part)
			if err := rules.parse(part, first, named); err != nil {
				return nil, fmt.Errorf("rate limit %q: %w", part, err)
			}
			first = false
		}
	}
	return rules, nil
}

func (r *Rules) parse(part string, first bool, named map[Class]bool) error {
	if slices.Contains(ProfileNames(), part) {
		if !first {
			return errors.New("a profile stands first")
		}
		profile, err := Profile(part)
		*r = profile
		return err
	}
	name, limit, found := strings.Cut(part, "=")
	if !found {
		return errors.New("expected seed, documented, off, CLASS=N/WINDOW or CLASS=off, for example tenant=50/3s")
	}
	class, err := ParseClass(name)
	if err != nil {
		return err
	}
	if named[class] {
		return fmt.Errorf("the class %s is given twice", class)
	}
	named[class] = true
	changed, err := r.with(class, limit)
	if err != nil {
		return err
	}
	*r = changed
	return nil
}

// with returns the rules with one class set to N/WINDOW or off. A class that
// shared a limit leaves the others to it.
func (r Rules) with(class Class, limit string) (Rules, error) {
	var changed Rules
	for _, rule := range r {
		rule.Classes = slices.DeleteFunc(slices.Clone(rule.Classes), func(c Class) bool { return c == class })
		if len(rule.Classes) > 0 {
			changed = append(changed, rule)
		}
	}
	if limit == "off" {
		return changed, nil
	}
	calls, window, found := strings.Cut(limit, "/")
	if !found {
		return nil, fmt.Errorf("%q is no limit: expected N/WINDOW, for example 200/60s, or off", limit)
	}
	count, err := strconv.Atoi(calls)
	if err != nil || count < 1 || count > maxLimit {
		return nil, fmt.Errorf("the number of calls %q is no whole number from 1 to %d", calls, maxLimit)
	}
	length, err := time.ParseDuration(window)
	if err != nil || length <= 0 || length > maxWindow {
		return nil, fmt.Errorf("the window %q is no duration above zero and up to %s, such as 60s", window, maxWindow)
	}
	return append(changed, Rule{[]Class{class}, count, length}), nil
}

// Usable scales every limit to the share that is to be used: at least one call,
// and otherwise rounded down.
func (r Rules) Usable(buffer float64) Rules {
	const rounding = 1e-9 // 0.29 of 100 is 29
	scaled := slices.Clone(r)
	for i := range scaled {
		scaled[i].Limit = max(1, int(math.Floor(float64(scaled[i].Limit)*buffer+rounding)))
	}
	return scaled
}

// For is the rule that a class is under, if there is one.
func (r Rules) For(class Class) (Rule, bool) {
	for _, rule := range r {
		if slices.Contains(rule.Classes, class) {
			return rule, true
		}
	}
	return Rule{}, false
}

// String is "off", or the rules in the order of their classes: "tenant=200/1m0s user=500/1m0s".
// Classes that share a limit are joined by a plus sign.
func (r Rules) String() string {
	var texts []string
	for _, class := range Classes() {
		rule, found := r.For(class)
		if !found || slices.Min(rule.Classes) != class {
			continue
		}
		var names []string
		for _, member := range slices.Sorted(slices.Values(rule.Classes)) {
			names = append(names, member.String())
		}
		texts = append(texts, fmt.Sprintf("%s=%d/%s", strings.Join(names, "+"), rule.Limit, rule.Window))
	}
	if len(texts) == 0 {
		return "off"
	}
	return strings.Join(texts, " ")
}
