package emulator

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// The page lists every choice in the words of the table, in its order.
func TestUnknownsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/emulator.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	seen := map[string]bool{}
	for _, u := range unknowns() {
		if seen[u.key] {
			t.Errorf("%s stands in the table twice", u.key)
		}
		seen[u.key] = true
		fmt.Fprintf(&want, "| `%s` | %s | %s |\n", u.key, u.question, u.documented())
	}
	if !strings.Contains(string(page), want.String()) {
		t.Errorf("docs/emulator.md does not have this table:\n%s", &want)
	}
}

// Every endpoint stands in the page.
func TestRoutesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/emulator.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range routeTables() {
		for _, r := range group {
			if line := fmt.Sprintf("`%s %s`", r.method, r.path); !strings.Contains(string(page), line) {
				t.Errorf("docs/emulator.md does not name %s", line)
			}
		}
	}
	for path, methods := range controlCalls() {
		for method := range methods {
			if line := fmt.Sprintf("`%s %s%s`", method, controlPrefix, path); !strings.Contains(string(page), line) {
				t.Errorf("docs/emulator.md does not name %s", line)
			}
		}
	}
}

// The choices are data: a test can make the others.
func TestOtherChoices(t *testing.T) {
	s, err := New(Options{Seed: &State{Projects: []ProjectState{{Tenants: rawObjects(`{"id":"a","name":"A","customAttributes":{"x":1,"y":2}}`), Roles: rawObjects(`{"name":"Viewer"}`, `{"name":"Inner","tenantId":"a"}`)}}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	run := func(handle func(*Server, *call) ([]byte, error), body string) error {
		t.Helper()
		members, err := parseObject([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		_, err = handle(s, &call{project: s.projects[0], body: members, unknown: object{}})
		return err
	}
	choose := func(key, choice string, refusal *apiError) {
		changed := s.unknowns[key]
		changed.choice, changed.err = choice, refusal
		s.unknowns[key] = changed
	}

	choose(unknownPatchAttributes, choiceMerge, nil)
	if err := run((*Server).patchTenant, `{"id":"a","customAttributes":{"y":3,"z":4}}`); err != nil {
		t.Fatal(err)
	}
	stored, _ := s.projects[0].content.tenants.get("a")
	if got := string(stored.fields["customAttributes"]); got != `{"x":1,"y":3,"z":4}` {
		t.Errorf("merged %s", got)
	}

	choose(unknownTenantRoleNames, choiceRefuse, invalid("no such role"))
	for roles, accepted := range map[string]bool{`["Viewer"]`: true, `["Inner"]`: false, `["Viewer","Nobody"]`: false} {
		if err := run((*Server).updateDefaultRoles, `{"id":"a","defaultRoles":`+roles+`}`); (err == nil) != accepted {
			t.Errorf("roles %s: %v", roles, err)
		}
	}

	choose(unknownTenantDelete, choiceAccept, nil)
	if err := run((*Server).deleteTenant, `{"id":"nobody"}`); err != nil {
		t.Errorf("delete: %v", err)
	}
}

func rawObjects(texts ...string) []json.RawMessage {
	list := make([]json.RawMessage, len(texts))
	for i, text := range texts {
		list[i] = json.RawMessage(text)
	}
	return list
}
