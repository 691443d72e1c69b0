package config

import (
	"math/big"
	"strings"

	"go.yaml.in/yaml/v4"
)

// kind is what a node holds, by the core schema of YAML 1.2. The library's own
// resolution follows YAML 1.1 in places (0777 is octal, dates are times,
// integers over 64 bits become floats), so scalars are read from their text.
type kind uint8

const (
	kindBad kind = iota // refused before (unknown tag, not a finite number)
	kindNull
	kindBool
	kindNumber
	kindText
	kindList
	kindMap
)

// noun names a kind in messages.
func (k kind) noun() string {
	switch k {
	case kindNull:
		return "null"
	case kindBool:
		return "true or false"
	case kindNumber:
		return "a number"
	case kindText:
		return "text"
	case kindList:
		return "a list"
	case kindMap:
		return "a mapping"
	default:
		return "something else"
	}
}

// scalar is one scalar with its type.
type scalar struct {
	kind kind
	text string // the text; for numbers and booleans their JSON
	odd  string // why older YAML readers see something else; empty when they do not
}

// maxNumberLength bounds the digits of one number.
const maxNumberLength = 1000

const quotedStyles = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

// kindOf is the kind of any node but an alias.
func kindOf(n *yaml.Node) kind {
	switch n.Kind {
	case yaml.MappingNode:
		return kindMap
	case yaml.SequenceNode:
		return kindList
	case yaml.ScalarNode:
		return readScalar(n).kind
	default:
		return kindBad
	}
}

// readScalar gives a scalar node its type.
func readScalar(n *yaml.Node) scalar {
	switch {
	case n.Style&yaml.TaggedStyle != 0:
		return readTagged(n)
	case n.Tag == "!" || n.Style&quotedStyles != 0:
		return scalar{kind: kindText, text: n.Value}
	default:
		return resolvePlain(n.Value)
	}
}

// readTagged reads a scalar with an explicit tag, which must fit its text.
func readTagged(n *yaml.Node) scalar {
	plain := resolvePlain(n.Value)
	plain.odd = ""
	switch {
	case n.Tag == "!!str":
		return scalar{kind: kindText, text: n.Value}
	case n.Tag == secretTag:
		return readSecret(n, plain)
	case n.Tag == "!!null" && plain.kind == kindNull,
		n.Tag == "!!bool" && plain.kind == kindBool,
		n.Tag == "!!int" && plain.kind == kindNumber && isWhole(plain.text),
		n.Tag == "!!float" && plain.kind == kindNumber:
		return plain
	default:
		return scalar{kind: kindBad}
	}
}

// resolvePlain gives unquoted text its type.
func resolvePlain(text string) scalar {
	if text == "" {
		return scalar{kind: kindNull, text: "null"}
	}
	switch text[0] {
	case '~', 'n', 'N', 't', 'T', 'f', 'F', 'y', 'Y', 'o', 'O':
		return resolveWord(text)
	case '+', '-', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return resolveNumber(text)
	default:
		return scalar{kind: kindText, text: text}
	}
}

func resolveWord(text string) scalar {
	switch text {
	case "~", "null", "Null", "NULL":
		return scalar{kind: kindNull, text: "null"}
	case "true", "True", "TRUE":
		return scalar{kind: kindBool, text: "true"}
	case "false", "False", "FALSE":
		return scalar{kind: kindBool, text: "false"}
	}
	word := scalar{kind: kindText, text: text}
	switch strings.ToLower(text) {
	case "yes", "on", "y":
		word.odd = "is text here; write true, or put it in quotes"
	case "no", "off", "n":
		word.odd = "is text here; write false, or put it in quotes"
	}
	return word
}

func resolveNumber(text string) scalar {
	switch strings.TrimLeft(text, "+-") {
	case ".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN":
		return scalar{kind: kindBad, text: "is not a finite number"}
	}
	number, ok := decimal(text)
	if !ok {
		number, ok = basedInteger(text)
	}
	switch {
	case !ok:
		word := scalar{kind: kindText, text: text}
		if strings.Contains(text, "_") {
			if _, grouped := decimal(strings.ReplaceAll(text, "_", "")); grouped {
				word.odd = "is text here; write the digits without _, or put it in quotes"
			}
		}
		return word
	case len(text) > maxNumberLength:
		return scalar{kind: kindBad, text: "has more digits than a number may have"}
	}
	result := scalar{kind: kindNumber, text: number}
	digits := strings.TrimLeft(text, "+-")
	if len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		result.odd = "is the decimal number " + number + " here; drop the leading zero, or put it in quotes if it is text"
	}
	return result
}

// decimal turns a decimal number of the core schema into JSON, digit for digit:
// only a plus sign, leading zeros and a bare point go.
func decimal(text string) (number string, ok bool) {
	rest, sign := text, ""
	switch rest[0] {
	case '-':
		rest, sign = rest[1:], "-"
	case '+':
		rest = rest[1:]
	}
	whole := leadingDigits(rest)
	rest = rest[len(whole):]
	fraction := ""
	if strings.HasPrefix(rest, ".") {
		fraction = leadingDigits(rest[1:])
		rest = rest[1+len(fraction):]
	}
	if whole == "" && fraction == "" {
		return "", false
	}
	if rest != "" && !isExponent(rest) {
		return "", false
	}
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	return sign + whole + fraction + rest, true
}

func isExponent(s string) bool {
	if s[0] != 'e' && s[0] != 'E' {
		return false
	}
	digits := s[1:]
	if digits != "" && (digits[0] == '+' || digits[0] == '-') {
		digits = digits[1:]
	}
	return digits != "" && leadingDigits(digits) == digits
}

func leadingDigits(s string) string {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return s[:i]
		}
	}
	return s
}

// basedInteger reads 0x1F and 0o17.
func basedInteger(text string) (number string, ok bool) {
	if len(text) < 3 || len(text) > maxNumberLength || text[0] != '0' || text[2] == '+' || text[2] == '-' || strings.Contains(text, "_") {
		return "", false
	}
	base := 0
	switch text[1] {
	case 'x':
		base = 16
	case 'o':
		base = 8
	default:
		return "", false
	}
	value, ok := new(big.Int).SetString(text[2:], base)
	if !ok {
		return "", false
	}
	return value.String(), true
}

// isWhole reports whether a JSON number is written as an integer.
func isWhole(number string) bool { return !strings.ContainsAny(number, ".eE") }
