package config

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// comparators are the operators of "requires", longest first.
var comparators = []struct {
	text  string
	holds func(order int) bool
}{
	{">=", func(order int) bool { return order >= 0 }},
	{"<=", func(order int) bool { return order <= 0 }},
	{">", func(order int) bool { return order > 0 }},
	{"<", func(order int) bool { return order < 0 }},
	{"=", func(order int) bool { return order == 0 }},
}

// satisfies checks a tool's version against constraints separated by commas,
// all of which must hold (">=1.2, <2"). A constraint compares only the parts
// that it names: 1.2.5 satisfies "=1.2" and not ">1.2". Only the numbers count,
// so that a pre-release of 1.0.0 satisfies ">=1.0". Known is false when the
// tool's own version is no version, as in a development build.
func satisfies(constraints, toolVersion string) (ok, known bool, err error) {
	tool, known := parseVersion(toolVersion)
	ok = true
	for constraint := range strings.SplitSeq(constraints, ",") {
		constraint = strings.TrimSpace(constraint)
		holds := func(order int) bool { return order == 0 }
		number := constraint
		for _, comparator := range comparators {
			if rest, found := strings.CutPrefix(constraint, comparator.text); found {
				holds, number = comparator.holds, strings.TrimSpace(rest)
				break
			}
		}
		wanted, valid := parseVersion(number)
		if !valid {
			return false, known, fmt.Errorf("%s is no version constraint", show(constraint))
		}
		if known && !holds(compareParts(tool, wanted)) {
			ok = false
		}
	}
	return ok, known, nil
}

// parseVersion returns the numbers of "v1.2.3-rc.1+build", one to three of them.
func parseVersion(s string) (numbers []uint64, ok bool) {
	s = strings.TrimPrefix(s, "v")
	if at := strings.IndexAny(s, "-+"); at >= 0 {
		s = s[:at]
	}
	parts := strings.Split(s, ".")
	if len(parts) > 3 {
		return nil, false
	}
	for _, part := range parts {
		number, err := strconv.ParseUint(part, 10, 32)
		if err != nil {
			return nil, false
		}
		numbers = append(numbers, number)
	}
	return numbers, true
}

// compareParts compares as many numbers as wanted names; missing ones are zero.
func compareParts(version, wanted []uint64) int {
	for i, number := range wanted {
		have := uint64(0)
		if i < len(version) {
			have = version[i]
		}
		if order := cmp.Compare(have, number); order != 0 {
			return order
		}
	}
	return 0
}
