package cli

import (
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// TestTheVersionToGoBackTo: a rollback goes back from what is live, whoever wrote
// it, and never on to what an earlier rollback took away.
func TestTheVersionToGoBackTo(t *testing.T) {
	template, _ := flow.FindTemplate("magic-link")
	document, _ := flow.Render(template, nil)
	named := func(name string) resource.Value {
		if name == "" {
			return resource.Absent
		}
		return document.WithMetadata("name", resource.StringValue(name)).Value()
	}
	cases := []struct {
		name     string
		versions []string // < in front: a rollback wrote it
		live     string
		want     string
	}{
		{"nothing is kept", nil, "a", ""},
		{"only what is live", []string{"a"}, "a", ""},
		{"a deploy", []string{"a", "b"}, "b", "a"},
		{"several that mean the same", []string{"a", "b", "b"}, "b", "a"},
		{"an edit in the console", []string{"a", "b"}, "c", "b"},
		{"a flow that is gone", []string{"a", "b"}, "", "b"},
		{"a rollback", []string{"a", "b", "<a"}, "a", ""},
		{"a rollback of three", []string{"a", "b", "c", "<b"}, "b", "a"},
		{"two rollbacks", []string{"a", "b", "c", "<b", "<a"}, "a", ""},
		{"a deploy after a rollback", []string{"a", "b", "<a", "c"}, "c", "a"},
		{"a deploy of what was before", []string{"a", "b", "a"}, "a", "b"},
		{"a rollback to what a repository had", []string{"a", "b", "<c"}, "c", "b"},
		{"an edit after a rollback", []string{"a", "b", "<a"}, "d", "a"},
		{"a rollback twice to the same", []string{"a", "b", "<a", "<a"}, "a", ""},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			var versions []version
			for _, name := range test.versions {
				back := name[0] == '<'
				if back {
					name = name[1:]
				}
				versions = append(versions, version{document: named(name), back: back})
			}
			if got := before(versions, named(test.live)); got != named(test.want) {
				t.Errorf("it is %s", got.Get("metadata").Get("name"))
			}
		})
	}
}
