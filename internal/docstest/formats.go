package docstest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// SchemaTable is a published schema as a table of Markdown: each key by its path, with its
// type and meaning. Documents that a schema of their own describes are not taken apart.
func SchemaTable(repository fs.FS, name string) (string, error) {
	text, err := fs.ReadFile(repository, path.Join(schemaFolder, name))
	if err != nil {
		return "", fmt.Errorf("read a schema: %w", err)
	}
	var schema node
	if err := json.Unmarshal(text, &schema); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	table := schemaTable{defs: schema.Defs}
	table.out.WriteString("| key | type | meaning |\n|---|---|---|\n")
	table.members("", schema)
	return table.out.String(), nil
}

// node is as much of a schema as our own ones use.
type node struct {
	Ref         string          `json:"$ref"`
	Description string          `json:"description"`
	Type        any             `json:"type"`
	Enum        []string        `json:"enum"`
	Required    []string        `json:"required"`
	Properties  members         `json:"properties"`
	Items       *node           `json:"items"`
	OneOf       []node          `json:"oneOf"`
	Defs        map[string]node `json:"$defs"`
}

// members are properties in the order of the file.
type members struct {
	names []string
	nodes map[string]node
}

// UnmarshalJSON implements [json.Unmarshaler].
func (m *members) UnmarshalJSON(raw []byte) error {
	if err := json.Unmarshal(raw, &m.nodes); err != nil {
		return err
	}
	m.names = slices.Collect(maps.Keys(m.nodes))
	places := map[string]int{}
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	for depth := 0; ; {
		at := int(decoder.InputOffset())
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case json.Delim:
			if token == '{' || token == '[' {
				depth++
			} else {
				depth--
			}
		case string:
			if _, isName := m.nodes[token]; isName && depth == 1 && places[token] == 0 {
				places[token] = at + 1
			}
		}
	}
	slices.SortFunc(m.names, func(a, b string) int { return cmp.Compare(places[a], places[b]) })
	return nil
}

type schemaTable struct {
	out  strings.Builder
	defs map[string]node
}

// members writes a row for each key of an object, and below it those of what is in it.
func (t *schemaTable) members(prefix string, object node) {
	for _, name := range object.Properties.names {
		member := object.Properties.nodes[name]
		own := member.Description
		member, null := t.resolve(member)
		key := prefix + name
		kind, inside := t.kind(member)
		if null {
			kind += " or null"
		}
		meaning := cmp.Or(own, member.Description)
		if !slices.Contains(object.Required, name) && !strings.Contains(strings.ToLower(meaning), "left out") {
			meaning += " Left out where there is none."
		}
		fmt.Fprintf(&t.out, "| `%s` | %s | %s |\n", key, kind, strings.ReplaceAll(meaning, "|", "\\|"))
		if inside != nil {
			if strings.HasPrefix(kind, "list") {
				key += "[]"
			}
			t.members(key+".", *inside)
		}
	}
}

// resolve follows a reference into the schema itself, and takes a choice with null apart.
func (t *schemaTable) resolve(n node) (resolved node, null bool) {
	for _, choice := range n.OneOf {
		if choice.Type == "null" {
			null = true
			continue
		}
		resolved, _ := t.resolve(choice)
		resolved.Description = cmp.Or(n.Description, resolved.Description)
		n = resolved
	}
	if name, isLocal := strings.CutPrefix(n.Ref, "#/$defs/"); isLocal {
		n = t.defs[name]
	}
	if types, isList := n.Type.([]any); isList && len(types) == 2 {
		n.Type, null = types[0], true
	}
	return n, null
}

// linkedSchemas are the pages of the documents that stand inside of others.
var linkedSchemas = map[string]string{
	"plan.schema.json": "[plan](plan.md)", "report.schema.json": "[report](report.md)", "drift.schema.json": "[drift](drift.md)",
	"audit-record.schema.json": "[record](audit.md)",
}

// kind is the type of a value in words, and what is inside of an object or of a list of
// objects.
func (t *schemaTable) kind(n node) (words string, inside *node) {
	if page := linkedSchemas[n.Ref]; page != "" {
		return page, nil
	}
	switch {
	case n.Enum != nil:
		return "`" + strings.Join(n.Enum, "`, `") + "`", nil
	case n.Type == "array" && n.Items != nil:
		item, _ := t.resolve(*n.Items)
		of, inside := t.kind(item)
		return strings.TrimSuffix("list of "+of, " of value"), inside
	case n.Type == "object":
		if len(n.Properties.names) == 0 {
			return "object", nil
		}
		return "object", &n
	case n.Type == "string":
		return "text", nil
	case n.Type == "boolean":
		return "true or false", nil
	case n.Type == "integer":
		return "whole number", nil
	case n.Type == "number":
		return "number", nil
	default:
		return "value", nil
	}
}

// volatile is what differs from one run to the next, and what stands for it in an example.
var volatile = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "2026-01-20T09:30:00Z"},
	{regexp.MustCompile(`("time": )"20[^"]*"`), `$1"2026-01-20T09:30:00.000Z"`}, // of the audit log, with milliseconds
	{regexp.MustCompile(`\b20\d\d-\d\d-\d\d_\d\d-\d\d-\d\d_`), "2026-01-20_09-30-00_"},
	{regexp.MustCompile(`127\.0\.0\.1(:|%3A)\d+`), "127.0.0.1${1}8787"},
	{regexp.MustCompile(`("\w+_ms": )\d+`), "${1}120"},
	{regexp.MustCompile(`("(?:bytes|createdTime|updatedTime)": )[1-9]\d*`), "${1}1768901400"},
	{regexp.MustCompile(`("modifiedTime": )"\d+"`), `$1"1768901400"`},
	{regexp.MustCompile(`("tool_version": )"[^"]*"`), `$1"1.0.0"`},
}

var (
	digest    = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
	runDigits = regexp.MustCompile(`\b20\d{6}T\d{6}Z-[0-9a-f]{16}\b`)
)

// SettleExample replaces in a document what differs from one run to the next: times, digests,
// ports, and the texts that replaced has.
func SettleExample(text string, replaced map[string]string) string {
	for _, from := range slices.Sorted(maps.Keys(replaced)) {
		text = strings.ReplaceAll(text, from, replaced[from])
	}
	text = numbered(runDigits, text, func(n int) string { return fmt.Sprintf("20260120T093000Z-%016x", n) })
	for _, one := range volatile {
		text = one.pattern.ReplaceAllString(text, one.instead)
	}
	return numbered(digest, text, func(n int) string { return fmt.Sprintf("%064x", n) })
}

// numbered replaces each text that matches by one that tells which of them it is.
func numbered(pattern *regexp.Regexp, text string, name func(n int) string) string {
	known := map[string]string{}
	return pattern.ReplaceAllStringFunc(text, func(found string) string {
		if known[found] == "" {
			known[found] = name(len(known) + 1)
		}
		return known[found]
	})
}
