package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// configurationText writes settings as a configuration in YAML, one value a
// line, so that what a value holds never leaves its line.
func configurationText(settings []config.Setting, origins bool) string {
	w := &configurationWriter{origins: origins}
	for _, setting := range settings {
		w.setting("", setting)
	}
	return w.out.String()
}

// configurationWriter writes YAML. Indents are strings of blanks.
type configurationWriter struct {
	out     strings.Builder
	origins bool
}

// line ends a line, with the place that it comes from.
func (w *configurationWriter) line(text string, origin config.Origin) {
	w.out.WriteString(text)
	if place := origin.String(); w.origins && place != "" {
		w.out.WriteString("  # " + printableLine(place))
	}
	w.out.WriteByte('\n')
}

// setting writes one member of a mapping.
func (w *configurationWriter) setting(indent string, s config.Setting) {
	head := indent + keyText(s.Key, "\n"+indent)
	switch {
	case s.Secret:
		w.value(indent, head+" !secret", s.Value, false, s.Origin)
	case !s.Value.IsAbsent():
		w.value(indent, head, s.Value, s.Reference, s.Origin)
	case s.Entries != nil && len(s.Entries) == 0:
		w.line(head+" []", s.Origin)
	case s.Entries != nil:
		w.line(head, config.Origin{})
		for _, entry := range s.Entries {
			w.entry(indent+"  ", entry)
		}
	case len(s.Members) == 0:
		w.line(head+" {}", s.Origin)
	default:
		w.line(head, config.Origin{})
		for _, member := range s.Members {
			w.setting(indent+"  ", member)
		}
	}
}

// entry writes one item of a list of mappings, the first member after the dash.
func (w *configurationWriter) entry(indent string, s config.Setting) {
	members := &configurationWriter{origins: w.origins}
	for _, member := range s.Members {
		members.setting(indent+"  ", member)
	}
	w.out.WriteString(indent + "- " + strings.TrimPrefix(members.out.String(), indent+"  "))
}

// widestList is how long a list on one line may be.
const widestList = 100

// value writes a value after its key.
func (w *configurationWriter) value(indent, head string, v resource.Value, reference bool, origin config.Origin) {
	members, items, isList := partsOfValue(v)
	switch {
	case len(members) > 0:
		w.line(head, origin)
		for _, member := range members {
			w.value(indent+"  ", indent+"  "+keyText(member.key, "\n"+indent+"  "), member.value, reference, config.Origin{})
		}
	case isList && len(inlineText(v, reference)) > widestList:
		w.line(head, origin)
		for _, item := range items {
			w.line(indent+"  - "+inlineText(item, reference), config.Origin{})
		}
	default:
		w.line(head+" "+inlineText(v, reference), origin)
	}
}

// valueMember is one member of an object.
type valueMember struct {
	key   string
	value resource.Value
}

// partsOfValue are the members of an object, sorted, or the items of a list.
func partsOfValue(v resource.Value) (members []valueMember, items []resource.Value, isList bool) {
	switch {
	case strings.HasPrefix(string(v), "["):
		_ = json.Unmarshal([]byte(v), &items) // a value is valid JSON
		return nil, items, true
	case strings.HasPrefix(string(v), "{"):
		object, _ := v.AsObject()
		for _, key := range slices.Sorted(maps.Keys(object)) {
			members = append(members, valueMember{key, object[key]})
		}
		return members, nil, false
	default:
		return nil, nil, false
	}
}

// inlineText writes a value on one line.
func inlineText(v resource.Value, reference bool) string {
	if text, isText := v.AsString(); isText {
		if !reference {
			text = strings.ReplaceAll(text, "${", "$${")
		}
		return scalarText(text)
	}
	members, items, isList := partsOfValue(v)
	var texts []string
	switch {
	case isList:
		for _, item := range items {
			texts = append(texts, inlineText(item, reference))
		}
		return "[" + strings.Join(texts, ", ") + "]"
	case len(members) > 0:
		for _, member := range members {
			texts = append(texts, keyText(member.key, " ")+" "+inlineText(member.value, reference))
		}
		return "{ " + strings.Join(texts, ", ") + " }"
	default:
		return string(v) // a number, true, false or {}
	}
}

// longestKey is the longest key that YAML takes without a mark before it, less
// the quotes and some room.
const longestKey = 1000

// keyText writes a key with its colon. Between is what parts a very long key
// from its colon.
func keyText(key, between string) string {
	text := scalarText(key)
	if len(text) > longestKey {
		return "? " + text + between + ":"
	}
	return text + ":"
}

// isPlainText reports whether a text needs no quotes anywhere in YAML.
func isPlainText(text string) bool {
	other := func(r rune) bool {
		letter := (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z')
		return !letter && (r < '0' || r > '9') && !strings.ContainsRune("_./@- ", r)
	}
	return !ambiguous(text) && !strings.ContainsFunc(text, other) && !strings.ContainsRune("@ /", rune(text[0])) && !strings.HasSuffix(text, " ")
}

// scalarText writes a text on one line, in double quotes where it is needed.
func scalarText(text string) string {
	if isPlainText(text) {
		return text
	}
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			out.WriteString(`\` + string(r))
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\t':
			out.WriteString(`\t`)
		case unprintable(r) || r == '\u2028' || r == '\u2029':
			fmt.Fprintf(&out, `\U%08X`, r)
		default:
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
	return runnerCommands.Replace(out.String()) // which are escapes of YAML too
}
