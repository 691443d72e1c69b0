package yamledit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// printer writes a random value as YAML in a random style.
type printer struct {
	t   *rapid.T
	out strings.Builder
}

func (p *printer) chance(label string) bool { return rapid.IntRange(0, 3).Draw(p.t, label) == 0 }

func (p *printer) scalar(value any) string {
	text, isText := value.(string)
	if !isText {
		return asJSON(value)
	}
	visible := strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' && r < 0xa1 || r > 0x2000 }) < 0
	letters := text != "" && strings.Trim(text, "abcdefghijklmopqrstuvwxzé") == "" // no n and no y
	switch style := rapid.IntRange(0, 2).Draw(p.t, "quotes"); {
	case style == 0 && letters:
		return text
	case style == 1 && visible:
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	default:
		var out strings.Builder
		for _, r := range text {
			if r < ' ' || r > '~' || r == '"' || r == '\\' {
				fmt.Fprintf(&out, `\U%08x`, r)
				continue
			}
			out.WriteRune(r)
		}
		return `"` + out.String() + `"`
	}
}

func (p *printer) flow(value any) string {
	gap := ""
	if p.chance("flow over lines") {
		gap = "\n                    "
	}
	var items []string
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			items = append(items, gap+p.flow(item))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case []member:
		for _, m := range value {
			items = append(items, gap+p.scalar(m.key)+": "+p.flow(m.value))
		}
		return "{" + strings.Join(items, " , ") + " }"
	default:
		return p.scalar(value)
	}
}

func (p *printer) comment() string {
	if p.chance("comment") {
		return " # c: 'x"
	}
	return ""
}

// between writes a blank line or a comment line now and then.
func (p *printer) between(indent int) {
	if p.chance("blank") {
		p.out.WriteString("\n")
	}
	if p.chance("comment line") {
		p.out.WriteString(strings.Repeat(" ", indent) + "# - line: {\n")
	}
}

// block writes what stands behind a colon or a dash, up to the end of its last line.
func (p *printer) block(value any, indent int, dash bool) {
	step := rapid.IntRange(1, 4).Draw(p.t, "step")
	switch value := value.(type) {
	case []any:
		if len(value) > 0 && !p.chance("flow") {
			p.out.WriteString(p.comment() + "\n")
			for _, item := range value {
				p.between(indent)
				p.out.WriteString(strings.Repeat(" ", indent+step) + "-")
				p.block(item, indent+step, true)
			}
			return
		}
	case []member:
		if len(value) > 0 && !p.chance("flow") {
			p.members(value, indent, step, dash)
			return
		}
	case string:
		if strings.Trim(value, "abcdefghijklmnopqrstuvwxyz") == "" && value != "" && p.chance("literal") {
			p.out.WriteString(" |-" + p.comment() + "\n" + strings.Repeat(" ", indent+step) + value + "\n")
			return
		}
	}
	p.out.WriteString(" " + p.flow(value) + p.comment() + "\n")
}

func (p *printer) members(members []member, indent, step int, dash bool) {
	compact := dash && step > 1
	if compact {
		p.out.WriteString(strings.Repeat(" ", step-1))
	} else {
		p.out.WriteString(p.comment() + "\n")
	}
	for i, m := range members {
		if i > 0 || !compact {
			p.between(indent + step)
			p.out.WriteString(strings.Repeat(" ", indent+step))
		}
		p.out.WriteString(p.scalar(m.key) + ":")
		p.block(m.value, indent+step, false)
	}
}

// drawText is a random document, and what it says.
func drawText(t *rapid.T) (string, []member, yamledit.Syntax) {
	members := append([]member{{"first", 1}}, drawMembers(t, 3)...)
	if rapid.IntRange(0, 4).Draw(t, "JSON") == 0 {
		var text bytes.Buffer
		if rapid.Bool().Draw(t, "pretty") {
			if err := json.Indent(&text, []byte(asJSON(members)), "", "\t"); err != nil {
				t.Fatal(err)
			}
			return text.String() + "\n", members, yamledit.JSON
		}
		return asJSON(members), members, yamledit.JSON
	}
	p := &printer{t: t}
	p.out.WriteString("# head\n---")
	p.members(members, -2, 2, false)
	text := p.out.String()
	if rapid.Bool().Draw(t, "CRLF") {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text, members, yamledit.YAML
}
