package cli

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestAdviceBreaksAtBlanksAndCommandsStayWhole(t *testing.T) {
	cases := map[string]struct {
		text  string
		width int
		want  string
	}{
		"no terminal":      {"look at the plan again; if it is right, give --yes", 0, "hint: look at the plan again; if it is right, give --yes\n"},
		"it fits":          {"look again", 20, "hint: look again\n"},
		"prose":            {"look at the plan again", 20, "hint: look at the\n      plan again\n"},
		"a command":        {"run descope-mgmt plan -e dev; then look", 20, "hint: run\n      descope-mgmt plan -e dev;\n      then look\n"},
		"to the end":       {"run descope-mgmt plan -e dev --out FILE", 20, "hint: run\n      descope-mgmt plan -e dev --out FILE\n"},
		"in parentheses":   {"look (descope-mgmt plan) and go on", 20, "hint: look\n      (descope-mgmt plan)\n      and go on\n"},
		"the first word":   {"descope-mgmt plan -e dev: it shows", 20, "hint: descope-mgmt plan -e dev:\n      it shows\n"},
		"the program only": {"is descope-mgmt; the newest there", 20, "hint: is\n      descope-mgmt;\n      the newest\n      there\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			text := page{look: style{width: c.width}}
			writeAdvice(&text, "hint: ", c.text)
			if got := text.String(); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestWhatAFlowChangesIsReadOnANarrowTerminal(t *testing.T) {
	const button = "button 'Go' on the screen of 'Welcome Screen' changed"
	change := func(path, before, after string) resource.FieldChange {
		field := resource.FieldChange{Path: path}
		if before != "" {
			field.Before = resource.StringValue(before)
		}
		if after != "" {
			field.After = resource.StringValue(after)
		}
		return field
	}
	cases := map[string]struct {
		width  int
		fields []resource.FieldChange
		want   string
	}{
		"one text in two places": {0, []resource.FieldChange{
			change(button+": props.children", "Sign in", "Go"), change(button+": interaction.label", "Sign in", "Go"),
		}, "    " + button + ": props.children, interaction.label  \"Sign in\" -> \"Go\"\n"},
		"two texts": {0, []resource.FieldChange{
			change(button+": props.children", "Sign in", "Go"), change(button+": interaction.label", "Sign up", "Go"),
		}, "    " + button + ": props.children  \"Sign in\" -> \"Go\"\n    " + button + ": interaction.label  \"Sign up\" -> \"Go\"\n"},
		"two parts": {0, []resource.FieldChange{
			change("text 'A' changed: props.children", "x", "y"), change("text 'B' changed: props.children", "x", "y"),
		}, "    text 'A' changed: props.children  \"x\" -> \"y\"\n    text 'B' changed: props.children  \"x\" -> \"y\"\n"},
		"no text": {0, []resource.FieldChange{
			{Path: "task 'A' changed: x", Before: "1", After: "2"}, {Path: "task 'A' changed: y", Before: "1", After: "2"},
		}, "    task 'A' changed: x  1 -> 2\n    task 'A' changed: y  1 -> 2\n"},
		"what is new twice": {
			0,
			[]resource.FieldChange{change(button+": a", "", "x"), change(button+": b", "", "x")},
			"    " + button + ": a  (not set) -> \"x\"\n    " + button + ": b  (not set) -> \"x\"\n",
		},
		"narrow": {
			40,
			[]resource.FieldChange{change(button+": props.children", "Sign in", "Go"), {Path: "task 'Send the code by SMS' removed altogether"}},
			"    button 'Go' on the screen of\n      'Welcome Screen' changed:\n      props.children\n      - \"Sign in\"\n      + \"Go\"\n" +
				"    task 'Send the code by SMS' removed\n      altogether\n",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			text := page{look: style{width: c.width}}
			planView{}.operations(&text, resource.Change{Kind: resource.KindFlow, Action: resource.ActionUpdate, Fields: c.fields})
			if got := text.String(); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestALongLastValueStandsIn(t *testing.T) {
	text := page{look: style{width: 40}}
	writeTable(&text, []string{"NAME", "TEXT"}, [][]string{
		{"one", "short"}, {"two", "a text that is so long that it needs two lines of its own"}, {"three", "a/path/that/has/no/blank/and/is/longer/than/the/line"},
	})
	want := "NAME\n    TEXT\none\n    short\ntwo\n    a text that is so long that it needs\n    two lines of its own\nthree\n    a/path/that/has/no/blank/and/is/longer/than/the/line\n"
	if got := text.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestTimesOfBackupsAreShownToTheSecond(t *testing.T) {
	for given, want := range map[string]string{"2026-01-02T03:04:05.678901Z": "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z": "2026-01-02T03:04:05Z", "soon": "soon", "": "-"} {
		if got := secondsOf(&given); got != want {
			t.Errorf("%q is shown as %q", given, got)
		}
	}
}

func TestAFoldedPlanStandsInOnATerminal(t *testing.T) {
	text := page{look: style{width: 60}}
	var changes []resource.Change
	for i := range 60 {
		id := fmt.Sprintf("t%02d", i)
		changes = append(changes, resource.Change{Kind: resource.KindTenant, ID: id, Address: resource.NewAddress(resource.KindTenant, id), Action: resource.ActionCreate})
	}
	planView{}.changes(&text, changes)
	if want := "  59 changes are not shown one by one; -v shows each, and so\n  do --format json and plan --out FILE\n"; !bytes.HasSuffix(text.Bytes(), []byte(want)) {
		t.Errorf("got\n%s", text.String())
	}
}
