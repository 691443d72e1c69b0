package resource

import (
	"math/big"
	"strings"
)

// hasNumber is a cheap test that lets values without any digit skip the exact
// comparison.
func (v Value) hasNumber() bool { return strings.ContainsAny(string(v), "0123456789") }

// normaliseNumbers rewrites every number of a canonical value as an exact
// decimal, so that equal numbers have equal texts.
func normaliseNumbers(v Value) Value {
	var out strings.Builder
	text := string(v)
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			end := stringEnd(text, i)
			out.WriteString(text[i:end])
			i = end
		case c == '-' || (c >= '0' && c <= '9'):
			end := i + 1
			for end < len(text) && strings.IndexByte("0123456789.eE+-", text[end]) >= 0 {
				end++
			}
			out.WriteString(exactNumber(text[i:end]))
			i = end
		default:
			out.WriteByte(c)
			i++
		}
	}
	return Value(out.String())
}

// exactNumber gives one text per numeric value: sign, digits without zeros at
// either end, and the power of ten. It works on the text, so that an exponent
// of a billion costs nothing.
func exactNumber(number string) string {
	negative := strings.HasPrefix(number, "-")
	mantissa := strings.TrimPrefix(number, "-")
	exponent := new(big.Int)
	if at := strings.IndexAny(mantissa, "eE"); at >= 0 {
		exponent.SetString(strings.TrimPrefix(mantissa[at+1:], "+"), 10)
		mantissa = mantissa[:at]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	exponent.Sub(exponent, big.NewInt(int64(len(fraction))))
	digits := strings.TrimLeft(whole+fraction, "0")
	trimmed := strings.TrimRight(digits, "0")
	exponent.Add(exponent, big.NewInt(int64(len(digits)-len(trimmed))))
	if trimmed == "" {
		return "0"
	}
	sign := ""
	if negative {
		sign = "-"
	}
	return sign + trimmed + "e" + exponent.String()
}
