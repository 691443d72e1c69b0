package yamledit

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const quotedStyles = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

// scalar fills a scalar or an alias in, whose own text begins at body.
func (r *yamlReader) scalar(n *yaml.Node, made *node, body, owner int) error {
	made.name = n.Value
	made.value = resource.StringValue(n.Value)
	ok := false
	switch {
	case n.Kind == yaml.AliasNode:
		made.form, made.value = formAlias, resource.Absent
		made.end, ok = body+1+len(n.Value), true
	case n.Style&yaml.DoubleQuotedStyle != 0:
		made.form = formDouble
		made.end, ok = doubleEnd(r.text, body)
	case n.Style&yaml.SingleQuotedStyle != 0:
		made.form = formSingle
		made.end, ok = singleEnd(r.text, body)
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		made.form = formLiteral
		made.end, ok = r.blockEnd(body, owner), true
	default:
		made.form = formPlain
		made.value = plainValue(n.Value)
		made.end, ok = plainEnd(r.text, body, n.Value)
	}
	if !ok || made.end > len(r.text) {
		return r.lost(n)
	}
	return nil
}

// plainEnd finds the end of unquoted text: its characters stand there as they are,
// and only its white space may be folded.
func plainEnd(text []byte, at int, value string) (int, bool) {
	for _, c := range value {
		if c == ' ' || c == '\n' || c == '\t' {
			for at < len(text) && bytes.IndexByte([]byte(" \t\r\n"), text[at]) >= 0 {
				at++
			}
			continue
		}
		found, size := utf8.DecodeRune(text[at:])
		if found != c {
			return 0, false
		}
		at += size
	}
	return at, true
}

// doubleEnd finds the end of text between double quotes.
func doubleEnd(text []byte, at int) (int, bool) {
	if at >= len(text) || text[at] != '"' {
		return 0, false
	}
	for at++; at < len(text); at++ {
		switch text[at] {
		case '\\':
			at++
		case '"':
			return at + 1, true
		}
	}
	return 0, false
}

// singleEnd finds the end of text between single quotes.
func singleEnd(text []byte, at int) (int, bool) {
	if at >= len(text) || text[at] != '\'' {
		return 0, false
	}
	for at++; at < len(text); at++ {
		if text[at] != '\'' {
			continue
		}
		if at+1 < len(text) && text[at+1] == '\'' {
			at++
			continue
		}
		return at + 1, true
	}
	return 0, false
}

// blockEnd finds the end of a block scalar: the last line that is indented as its
// text is. With "+" the empty lines behind it are part of it.
func (r *yamlReader) blockEnd(body, owner int) int {
	header := string(r.text[body:lineEnd(r.text, body)])
	if at := strings.IndexAny(header, " \t"); at >= 0 {
		header = header[:at]
	}
	wanted := -1 // the indentation of the text, once it is known
	if at := strings.IndexAny(header, "123456789"); at >= 0 {
		wanted = max(owner, 0) + int(header[at]-'0')
	}
	end := body + len(header)
	for at := nextLine(r.text, body); at < len(r.text); at = nextLine(r.text, at) {
		stop := lineEnd(r.text, at)
		line := r.text[at:stop]
		indent := len(line) - len(bytes.TrimLeft(line, " "))
		blank := indent == len(line)
		if wanted < 0 && !blank {
			wanted = max(indent, owner+1)
		}
		switch {
		case !blank && indent < wanted:
			return end
		case !blank, strings.Contains(header, "+"), wanted >= 0 && indent > wanted:
			end = stop
		}
	}
	return end
}
