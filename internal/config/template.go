package config

import (
	"errors"
	"fmt"
	"strings"
)

// segment is literal text or one variable reference of a template.
type segment struct {
	literal     string
	name        string // of the variable; empty for literal text
	fallback    string
	hasFallback bool
}

// parseTemplate splits text at ${NAME} and ${NAME:-default}; $${ stands for a
// literal ${. Errors never quote the text, which may be a pasted credential.
func parseTemplate(raw string) ([]segment, error) {
	var segments []segment
	var literal strings.Builder
	for rest := raw; rest != ""; {
		at := strings.IndexByte(rest, '$')
		if at < 0 {
			literal.WriteString(rest)
			break
		}
		literal.WriteString(rest[:at])
		rest = rest[at:]
		switch {
		case strings.HasPrefix(rest, "$${"):
			literal.WriteString("${")
			rest = rest[len("$${"):]
		case strings.HasPrefix(rest, "${"):
			reference, length, err := parseReference(rest)
			if err != nil {
				return nil, err
			}
			if literal.Len() > 0 {
				segments = append(segments, segment{literal: literal.String()})
				literal.Reset()
			}
			segments = append(segments, reference)
			rest = rest[length:]
		default:
			literal.WriteByte('$')
			rest = rest[1:]
		}
	}
	if literal.Len() > 0 {
		segments = append(segments, segment{literal: literal.String()})
	}
	return segments, nil
}

// parseReference reads the reference at the start of the text.
func parseReference(text string) (reference segment, length int, err error) {
	end := strings.IndexByte(text, '}')
	if end < 0 {
		return segment{}, 0, errors.New("a ${ has no } after it")
	}
	name, fallback, hasFallback := strings.Cut(text[len("${"):end], ":-")
	switch {
	case !isVariableName(name):
		return segment{}, 0, errors.New("a ${…} does not hold the name of a variable")
	case strings.Contains(fallback, "${"):
		return segment{}, 0, fmt.Errorf("the default of ${%s} holds another reference", name)
	}
	return segment{name: name, fallback: fallback, hasFallback: hasFallback}, end + 1, nil
}

func isVariableName(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// expand puts the values of variables in and returns the names of those that
// are not set and have no default. As in a shell, a default also replaces an
// empty value. The result is text: it is never read as YAML again.
func expand(segments []segment, lookup func(string) (string, bool)) (value string, missing []string) {
	var out strings.Builder
	for _, part := range segments {
		if part.name == "" {
			out.WriteString(part.literal)
			continue
		}
		text, set := lookup(part.name)
		switch {
		case part.hasFallback && text == "":
			text = part.fallback
		case !set:
			missing = append(missing, part.name)
		}
		out.WriteString(text)
	}
	return out.String(), missing
}

// soleVariable returns the name when the template is exactly one ${NAME}.
func soleVariable(segments []segment) (name string, ok bool) {
	if len(segments) == 1 && segments[0].name != "" && !segments[0].hasFallback {
		return segments[0].name, true
	}
	return "", false
}

// soundsSecret reports whether a variable's name says that it holds a secret.
func soundsSecret(name string) bool {
	upper := strings.ToUpper(name)
	for _, word := range []string{"KEY", "SECRET", "TOKEN", "PASSWORD"} {
		if strings.Contains(upper, word) {
			return true
		}
	}
	return false
}
