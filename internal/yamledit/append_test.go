package yamledit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

func entryOf(id, comment string) []yamledit.Member {
	return []yamledit.Member{
		{Key: "id", Value: resource.StringValue(id)},
		{Key: "name", Value: resource.StringValue("${" + id + "}"), Comment: comment},
	}
}

func TestAppendAll(t *testing.T) {
	two := [][]yamledit.Member{entryOf("a", "why\nand how"), entryOf("b", "")}
	tests := []struct {
		name, before, after string
		entries             [][]yamledit.Member
	}{
		{"nothing", "version: x\n", "version: x\n", nil},
		{"a list that is not there", "version: x\n", "version: x\ntenants:\n  - id: a\n    # why\n    # and how\n    name: \"$${a}\"\n  - id: b\n    name: \"$${b}\"\n", two},
		{"an empty one", "tenants: [] # none\nversion: x\n", "tenants: # none\n  - id: a\n    # why\n    # and how\n    name: \"$${a}\"\n  - id: b\n    name: \"$${b}\"\nversion: x\n", two},
		{"one without a value", "tenants:\nversion: x\n", "tenants:\n  - id: a\n    # why\n    # and how\n    name: \"$${a}\"\n  - id: b\n    name: \"$${b}\"\nversion: x\n", two},
		{"lines that are parted", "tenants:\n- id: x # first\n\n- id: y\n\n# end\n", "tenants:\n- id: x # first\n\n- id: y\n\n- id: a\n  # why\n  # and how\n  name: \"$${a}\"\n\n- id: b\n  name: \"$${b}\"\n\n# end\n", two},
		{"entries in brackets", "tenants:\n  - { id: x }\n", "tenants:\n  - { id: x }\n  # why\n  # and how\n  - { id: a, name: \"$${a}\" }\n  - { id: b, name: \"$${b}\" }\n", two},
		{"a list in brackets", "tenants: [{ id: x }]\n", "tenants: [{ id: x }, { id: a, name: \"$${a}\" }, { id: b, name: \"$${b}\" }]\n", two},
		{"JSON", "{\"tenants\": []}", "{\"tenants\": [{\"id\": \"a\", \"name\": \"$${a}\"}, {\"id\": \"b\", \"name\": \"$${b}\"}]}", two},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := parse(t, test.before).AppendAll(tenants, test.entries)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.after, string(got.Text())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAppendAllIsManyAppends(t *testing.T) {
	for _, text := range []string{"tenants:\n  - id: x\n", "tenants: [{ id: x }]\n", "{\n  \"tenants\": [\n    {\"id\": \"x\"}\n  ]\n}\n"} {
		one, err := parse(t, text), error(nil)
		var entries [][]yamledit.Member
		for i := range 20 {
			entries = append(entries, entryOf(fmt.Sprint("t", i), strings.Repeat("c", i%2)))
			if one, err = one.Append(tenants, entries[i]); err != nil {
				t.Fatal(err)
			}
		}
		all, err := parse(t, text).AppendAll(tenants, entries)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(one.Text()), string(all.Text())); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAppendAllRefuses(t *testing.T) {
	for name, text := range map[string]string{"an anchor": "tenants: &all\n  - id: x\n", "no list": "tenants: { id: x }\n"} {
		if _, err := parse(t, text).AppendAll(tenants, [][]yamledit.Member{entryOf("a", "")}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
