package report_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/report"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func github(t fataler, document report.Document, options report.Options) string {
	var out bytes.Buffer
	if err := report.GitHub(&out, document, options); err != nil {
		t.Fatalf("%v", err)
	}
	return out.String()
}

// command is a workflow command as the runner takes it apart
// (actions/runner, src/Runner.Common/ActionCommand.cs, TryParseV2).
type command struct {
	name       string
	properties map[string]string
	data       string
}

func parseCommand(t fataler, line string) command {
	rest, found := strings.CutPrefix(line, "::")
	info, data, ended := strings.Cut(rest, "::")
	if !found || !ended {
		t.Fatalf("no command: %q", line)
	}
	name, list, _ := strings.Cut(info, " ")
	parsed := command{name: name, properties: map[string]string{}, data: strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(data)}
	for pair := range strings.SplitSeq(list, ",") {
		key, value, _ := strings.Cut(pair, "=")
		parsed.properties[key] = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%").Replace(value)
	}
	return parsed
}

// checkAnnotations wants one command a line, of our kinds and with our properties, no
// more of a kind than are shown.
func checkAnnotations(t fataler, document report.Document, options report.Options) []command {
	source := github(t, document, options)
	counts, list := map[string]int{}, []command{}
	for line := range strings.Lines(source) {
		parsed := parseCommand(t, strings.TrimSuffix(line, "\n"))
		counts[parsed.name]++
		if !slices.Contains([]string{"error", "warning", "notice"}, parsed.name) || parsed.data == "" {
			t.Errorf("command %q", line)
		}
		for key, value := range parsed.properties {
			if !slices.Contains([]string{"file", "line", "col", "title"}, key) || strings.ContainsAny(value, "\r\n") {
				t.Errorf("property %s of %q", key, line)
			}
		}
		calm(t, ". "+parsed.properties["file"]+" "+parsed.properties["title"])
		for one := range strings.Lines(parsed.data) {
			calm(t, ". "+one)
		}
		list = append(list, parsed)
	}
	for name, count := range counts {
		if count > report.AnnotationsOfAKind {
			t.Errorf("%d annotations of the kind %s", count, name)
		}
	}
	return list
}

func TestHostileTextIsHarmlessInAnnotations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkAnnotations(t, document(t), report.Options{}) })
}

func TestAnnotationsCountWhatTheyLeaveOut(t *testing.T) {
	for _, tenants := range []int{1, 9, 10, 11, 500} {
		list := checkAnnotations(t, bigPlan(tenants, 1), report.Options{})
		// A notice for the sentence and each tenant but the last, which is an error.
		want := tenants
		if list[0].name != "error" || list[0].properties["title"] != fmt.Sprintf("tenant/tenant-%05d: ! blocked create (dev)", tenants-1) {
			t.Errorf("%d tenants: first is %v", tenants, list[0])
		}
		shown, more := len(list)-1, 0
		if last := list[len(list)-1]; strings.Contains(last.data, "more of this kind") {
			shown--
			if _, err := fmt.Sscanf(last.data, "%d more", &more); err != nil {
				t.Error(err)
			}
		}
		if shown+more != want {
			t.Errorf("%d tenants: %d notices and %d more, want %d", tenants, shown, more, want)
		}
	}
}

func TestAnnotationsNameTheFile(t *testing.T) {
	document := report.FromPlans([]report.EnvironmentPlan{{Plan: &resource.Plan{Changes: []resource.Change{{
		Address: "tenant/acme", Kind: resource.KindTenant, Action: resource.ActionDelete, Source: &resource.Position{File: "a,b:c.yaml", Line: 3, Column: 5},
	}}}}})
	options := report.Options{File: func(name string) string { return "config/" + name }}
	list := checkAnnotations(t, document, options)
	got := list[0]
	if got.name != "warning" || got.properties["file"] != "config/a,b:c.yaml" || got.properties["line"] != "3" || got.properties["col"] != "5" {
		t.Errorf("got %v", got)
	}
}
