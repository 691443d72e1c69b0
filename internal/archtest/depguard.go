package archtest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The lines between which golangci's configuration carries the table.
const (
	depguardBegin = "# The rules below are written by: make docs (from internal/archtest/layers.go)\n"
	depguardEnd   = "# End of the written rules.\n"
)

// Depguard writes the table as golangci-lint's depguard rules, so that an
// editor warns before the tests do: one rule per layer for our own packages,
// and one per group of bans.
func Depguard(layers []Layer) string {
	var out strings.Builder
	groups := map[string]Group{}
	members := map[string][]Layer{}
	for _, layer := range layers {
		deny := []Ban{{Module + "/...", layer.Why}}
		writeRule(&out, "layer-"+strings.ReplaceAll(layer.Path, "/", "-"), []Layer{layer}, layer.May, deny)
		for _, group := range layer.Bans {
			groups[group.Name] = group
			members[group.Name] = append(members[group.Name], layer)
		}
	}
	for _, group := range slices.SortedFunc(maps.Values(groups), func(a, b Group) int { return cmp.Compare(a.Name, b.Name) }) {
		writeRule(&out, group.Name, members[group.Name], nil, group.Bans)
	}
	return out.String()
}

func writeRule(out *strings.Builder, name string, layers []Layer, may []string, deny []Ban) {
	const indent = "        "
	fmt.Fprintf(out, "%s%s:\n%s  list-mode: lax\n%s  files:\n", indent, name, indent, indent)
	for _, layer := range layers {
		fmt.Fprintf(out, "%s    - %q\n", indent, "**/"+layer.Path+"/*.go")
	}
	fmt.Fprintf(out, "%s    - \"!$test\"\n", indent)
	if len(may) > 0 {
		fmt.Fprintf(out, "%s  allow:\n", indent)
		for _, path := range may {
			fmt.Fprintf(out, "%s    - %s/%s$\n", indent, Module, path)
		}
	}
	fmt.Fprintf(out, "%s  deny:\n", indent)
	for _, ban := range deny {
		fmt.Fprintf(out, "%s    - { pkg: %s, desc: %s }\n", indent, strconv.Quote(depguardPattern(ban.Import)), strconv.Quote(ban.Why))
	}
}

// depguardPattern translates a ban: depguard takes a prefix, or with a $ at
// the end the whole path.
func depguardPattern(banned string) string {
	if root, subtree := strings.CutSuffix(banned, "/..."); subtree {
		return root
	}
	return banned + "$"
}

// SpliceDepguard puts the rules between the marker lines of golangci's configuration.
func SpliceDepguard(configuration, rules string) (string, error) {
	before, rest, foundBegin := strings.Cut(configuration, depguardBegin)
	_, after, foundEnd := strings.Cut(rest, depguardEnd)
	if !foundBegin || !foundEnd {
		return "", fmt.Errorf("golangci's configuration lacks one of its marker lines:\n%s%s", depguardBegin, depguardEnd)
	}
	indent := before[strings.LastIndex(before, "\n")+1:]
	return before + depguardBegin + rules + indent + depguardEnd + after, nil
}
