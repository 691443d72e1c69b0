package flow

import (
	"fmt"
	"strconv"
	"strings"
)

// A setting's path names one value of a flow:
//
//	task 'Send code'.arguments.url     a task by its name
//	task 11.end.arguments.uri          a task by its id
//	screen 'Welcome'.title.props.children  a part of the screen that the task shows
//	metadata.description
//	references.connectors['SMS gateway']
//
// An argument's value is meant when the path ends at the argument.

// settingPath is a path, taken apart.
type settingPath struct {
	text   string
	root   string // "task", "screen", "metadata" or "references"
	name   string // task and screen: the name or id
	quoted bool   // the name stood in quotes, so it is no id
	keys   []string
}

var settingRoots = []string{"task", "screen", "metadata", "references"}

func (p settingPath) fail(hint, format string, args ...any) error {
	return &SettingError{Path: p.text, Reason: fmt.Sprintf(format, args...), Hint: hint}
}

// parsePath takes a path apart; known are the ids of tasks, which may contain dots.
func parsePath(text string, isTask func(id string) bool) (settingPath, error) {
	p := settingPath{text: text}
	rest := strings.TrimSpace(text)
	p.root = rest[:wordEnd(rest, 0)]
	rest = rest[len(p.root):]
	switch p.root {
	case "task", "screen":
		var err error
		if rest, err = p.subject(strings.TrimLeft(rest, " "), isTask); err != nil {
			return p, err
		}
	case "metadata", "references":
	default:
		return p, p.fail(didYouMean(p.root, settingRoots, "a path begins with"), "it begins with %q, which is no part of a flow", p.root)
	}
	if err := p.parseKeys(rest); err != nil {
		return p, err
	}
	if len(p.keys) == 0 {
		return p, p.fail("name a field, such as .arguments.url", "it names no field")
	}
	return p, nil
}

// subject reads the name or id of a task or a screen.
func (p *settingPath) subject(rest string, isTask func(string) bool) (string, error) {
	if rest != "" && (rest[0] == '\'' || rest[0] == '"') {
		name, after, ok := unquoted(rest)
		if !ok {
			return "", p.fail("", "a quote is not closed")
		}
		p.name, p.quoted = name, true
		return after, nil
	}
	end := wordEnd(rest, 0)
	if end < len(rest) && rest[end] == '.' {
		if longer := wordEnd(rest, end+1); isTask(rest[:longer]) {
			end = longer
		}
	}
	if end == 0 {
		return "", p.fail("write task 'NAME' or task ID", "the name of the %s is missing", p.root)
	}
	p.name = rest[:end]
	return rest[end:], nil
}

// unquoted reads a text in single or double quotes; a backslash keeps the next character.
func unquoted(s string) (text, rest string, ok bool) {
	var out strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			out.WriteByte(s[i])
		case s[i] == s[0]:
			return out.String(), s[i+1:], true
		default:
			out.WriteByte(s[i])
		}
	}
	return "", "", false
}

// parseKeys reads .key, ['key'], ["key"] and [0].
func (p *settingPath) parseKeys(rest string) error {
	for rest != "" {
		switch rest[0] {
		case '.':
			end := 1
			for end < len(rest) && rest[end] != '.' && rest[end] != '[' {
				end++
			}
			if end == 1 {
				return p.fail("", "a field's name is missing after a dot")
			}
			p.keys = append(p.keys, rest[1:end])
			rest = rest[end:]
		case '[':
			key, after, err := p.bracket(rest[1:])
			if err != nil {
				return err
			}
			p.keys = append(p.keys, key)
			rest = after
		default:
			return p.fail("", "a dot is expected before %q", rest)
		}
	}
	return nil
}

func (p *settingPath) bracket(rest string) (key, after string, err error) {
	if rest != "" && (rest[0] == '\'' || rest[0] == '"') {
		var ok bool
		if key, after, ok = unquoted(rest); !ok || !strings.HasPrefix(after, "]") {
			return "", "", p.fail("", "a quote or bracket is not closed")
		}
		return key, after[1:], nil
	}
	key, after, ok := strings.Cut(rest, "]")
	if _, numeric := strconv.Atoi(key); !ok || numeric != nil {
		return "", "", p.fail("put the key in quotes: ['KEY']", "a number or a quoted key is expected in brackets")
	}
	return key, after, nil
}
