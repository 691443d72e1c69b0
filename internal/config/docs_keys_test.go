package config

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// keyTables are the tables of the reference of all keys, by the name of their place.
func keyTables() map[string]string {
	ownKeys := func(name string) string {
		if slices.Contains(userBlock().names(), name) {
			return "[your settings](#your-own-settings) too"
		}
		return ""
	}
	auth := authBlock().names()
	top := topBlock().names()
	return map[string]string{
		"top":            keyTable(topBlock(), "also in", func(k key[collected]) string { return ownKeys(k.name) }),
		"auth":           keyTable(authBlock(), "", nil),
		"environment":    keyTable(without(environmentBlock(), auth), "", nil),
		"overlay":        keyTable(overlayBlock(), "", nil),
		"manage":         keyTable(manageBlock(), "", nil),
		"scope":          keyTable(scopeBlock("tenant"), "", nil),
		"flow-scope":     keyTable(scopeBlock("flow"), "", nil),
		"guard":          keyTable(guardBlock(), "", nil),
		"drift":          keyTable(driftBlock(), "", nil),
		"drift-ignore":   keyTable(acceptanceBlock(), "", nil),
		"drift-severity": keyTable(severityBlock(), "", nil),
		"performance":    keyTable(performanceBlock(), "", nil),
		"state":          keyTable(stateBlock(), "", nil),
		"backup":         keyTable(backupBlock(), "", nil),
		"user":           keyTable(without(userBlock(), slices.DeleteFunc(top, func(name string) bool { return name == "version" })), "", nil),
		"tenant":         keyTable(tenantBlock(), "in an overlay", inOverlay),
		"settings":       keyTable(settingsBlock(), "in an overlay", inOverlay),
		"flow":           keyTable(flowBlock(), "in an overlay", inOverlay),
		"references":     keyTable(referencesBlock(), "", nil),
		"template":       keyTable(manifestBlock(), "", nil),
		"parameter":      keyTable(parameterBlock(), "", nil),
		"flow templates": templateTable(),
	}
}

// without is a block without the keys of these names.
func without[T any](b *block[T], names []string) *block[T] {
	return newBlock(slices.DeleteFunc(slices.Clone(b.keys), func(k key[T]) bool { return slices.Contains(names, k.name) }))
}

// inOverlay says what an overlay may do with a key of an entry.
func inOverlay[T any](k key[T]) string {
	switch {
	case k.name == "only" || k.name == "except":
		return "no"
	case k.unmanage != nil:
		return "yes, or `null`"
	default:
		return "yes"
	}
}

// keyTable is the reference of one block of keys, as Markdown, with a column for where each
// may stand if that differs.
func keyTable[T any](b *block[T], column string, where func(key[T]) string) string {
	var out strings.Builder
	head := []string{"key", "type", "default", "example", "meaning"}
	if where != nil {
		head = slices.Insert(head, 3, column)
	}
	fmt.Fprintf(&out, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---|", len(head)))
	for _, k := range b.keys {
		if k.unsupported {
			continue
		}
		name := "`" + k.name + "`"
		if k.wire != "" {
			name += " (`" + k.wire + "`)"
		}
		cells := []string{name, typeName(k.schema), k.fallback, "`" + k.example + "`", k.description}
		if where != nil {
			cells = slices.Insert(cells, 3, where(k))
		}
		for i := range cells {
			cells[i] = strings.NewReplacer("|", "\\|", "\n", " ").Replace(cells[i])
		}
		fmt.Fprintf(&out, "| %s |\n", strings.Join(cells, " | "))
	}
	return out.String()
}

// typeName says in words what a schema accepts.
func typeName(s schema) string {
	if reference, isReference := s["$ref"].(string); isReference {
		return strings.TrimPrefix(reference, "#/$defs/")
	}
	if value, isConst := s["const"]; isConst {
		return fmt.Sprintf("`%q`", value)
	}
	if words, isWord := s["enum"].([]string); isWord {
		return "`" + strings.Join(words, "`, `") + "`"
	}
	if choices, isChoice := s["anyOf"].([]any); isChoice && s["type"] == nil {
		return choiceName(choices)
	}
	switch s["type"] {
	case "string":
		return "text"
	case "boolean":
		return "true or false"
	case "integer":
		if low, high := s["minimum"], s["maximum"]; low != nil && high != nil && high != maxInt32 && high != highestOrder {
			return fmt.Sprintf("whole number, %v to %v", low, high)
		}
		return "whole number"
	case "number":
		return "number"
	case "array":
		items, _ := s["items"].(schema)
		return "list of " + plural(typeName(items))
	case "object":
		if member, isOpen := s["additionalProperties"].(schema); isOpen {
			return "mapping to " + plural(typeName(member))
		}
		return "mapping"
	default:
		return "value"
	}
}

// plural is the word for several of a type, where it has one of its own.
func plural(name string) string {
	if slices.Contains([]string{"mapping", "tenant", "flow", "overlay_tenant", "overlay_flow"}, name) {
		return strings.ReplaceAll(strings.TrimPrefix(name, "overlay_"), "_", " ") + "s"
	}
	return name
}

// choiceName joins what several schemas accept. Text with a variable in it is accepted for
// every word, and says nothing.
func choiceName(choices []any) string {
	var names []string
	for _, choice := range choices {
		one, _ := choice.(schema)
		if pattern, _ := one["pattern"].(string); pattern == `\$\{` {
			continue
		}
		if name := typeName(one); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " or ")
}

// TestEveryKeyIsExplained wants each property of the schema in the reference, by its name and
// with a type.
func TestEveryKeyIsExplained(t *testing.T) {
	text, err := os.ReadFile(keysPage)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)`(?: \\(`([^`]+)`\\))? \\| ([^|]+) \\|").FindAllStringSubmatch(string(text), -1) {
		rows[row[1]], rows[row[2]] = true, true
		if row[3] == "" || strings.HasSuffix(row[3], "list of value") {
			t.Errorf("%s has the type %s", row[1], row[3])
		}
	}
	count := 0
	var walk func(node any)
	walk = func(node any) {
		s, isSchema := node.(schema)
		if !isSchema {
			return
		}
		properties, _ := s["properties"].(schema)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			if count++; !rows[name] {
				t.Errorf("%s is not in %s", name, keysPage)
			}
			walk(properties[name])
		}
		for _, inside := range []string{"items", "additionalProperties"} {
			walk(s[inside])
		}
	}
	walk(topBlock().object())
	walk(tenantBlock().object())
	walk(flowBlock().object())
	if count < 60 {
		t.Errorf("only %d keys were found", count)
	}
}

// TestDefaultsAgree: a description that names a default names the one of the table.
func TestDefaultsAgree(t *testing.T) {
	for name, table := range keyTables() {
		for row := range strings.Lines(table) {
			cells := strings.Split(strings.TrimSpace(row), " | ")
			meaning := cells[len(cells)-1]
			says := strings.Contains(meaning, "Default") || strings.Contains(meaning, "(the default)") || strings.Contains(meaning, "equired")
			if !says || strings.HasPrefix(row, "| template") || name == "flow templates" {
				continue
			}
			fallback := cells[2]
			if fallback == "" || !strings.Contains(strings.ToLower(meaning), strings.ToLower(strings.Split(fallback, ",")[0])) && fallback != "`backups` in the state folder" {
				t.Errorf("%s: the default %q is not what the meaning says: %s", name, fallback, row)
			}
		}
	}
}
