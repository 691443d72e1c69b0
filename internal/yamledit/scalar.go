package yamledit

import (
	"math/big"
	"regexp"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

var (
	jsonNumber    = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
	decimalNumber = regexp.MustCompile(`^([-+]?)([0-9]*)(?:\.([0-9]*))?([eE][-+]?[0-9]+)?$`)
)

// plainValue is what unquoted text means by the core schema of YAML 1.2, as the
// configuration reads it; absent for what JSON cannot say.
func plainValue(text string) resource.Value {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return "null"
	case "true", "True", "TRUE":
		return resource.BoolValue(true)
	case "false", "False", "FALSE":
		return resource.BoolValue(false)
	}
	if jsonNumber.MatchString(text) {
		return resource.Value(text)
	}
	switch strings.TrimLeft(text, "+-") {
	case ".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN":
		return resource.Absent
	}
	if number, ok := decimal(text); ok {
		return number
	}
	if number, ok := based(text); ok {
		return number
	}
	return resource.StringValue(text)
}

// decimal reads the decimal numbers that JSON writes in another way: +1, 01, .5, 1.
func decimal(text string) (resource.Value, bool) {
	parts := decimalNumber.FindStringSubmatch(text)
	if parts == nil || parts[2]+parts[3] == "" {
		return resource.Absent, false
	}
	whole := strings.TrimLeft(parts[2], "0")
	if whole == "" {
		whole = "0"
	}
	fraction := parts[3]
	if fraction != "" {
		fraction = "." + fraction
	}
	return resource.Value(strings.TrimPrefix(parts[1], "+") + whole + fraction + parts[4]), true
}

// based reads 0x1F and 0o17.
func based(text string) (resource.Value, bool) {
	const longest = 1000 // digits; a number that is longer is none to us
	if len(text) < 3 || len(text) > longest || strings.ContainsAny(text[2:], "+-_") {
		return resource.Absent, false
	}
	base := map[string]int{"0x": 16, "0o": 8}[text[:2]]
	if base == 0 {
		return resource.Absent, false
	}
	number, ok := new(big.Int).SetString(text[2:], base)
	if !ok {
		return resource.Absent, false
	}
	return resource.Value(number.String()), true
}
