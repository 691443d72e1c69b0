package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
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

	choose(unknownPermissionUsed, choiceRefuse, invalid("in use"))
	choose(unknownPermissionSystem, choiceAccept, nil)
	if err := run((*Server).createRole, `{"name":"Admin","permissionNames":["SSO Admin"]}`); err != nil {
		t.Fatal(err)
	}
	if err := run((*Server).deletePermission, `{"name":"SSO Admin"}`); err == nil {
		t.Error("a used permission was deleted")
	}
	if err := run((*Server).deletePermission, `{"name":"Impersonate"}`); err != nil {
		t.Errorf("delete of an unused system permission: %v", err)
	}

	choose(unknownSSOBlankSecret, choiceKeep, nil)
	choose(unknownSSOBothMappings, choiceGroupsMapping, nil)
	choose(unknownSSORole, choiceAccept, nil)
	// Outside of a request there is no route that says where the tenant stands.
	oidc := func(s *Server, c *call) ([]byte, error) {
		c.route = route{fields: oidcCallFields, tenant: "tenantId"}
		return s.configureOIDC(c)
	}
	for _, settings := range []string{`{"clientSecret":"kept"}`, `{"clientSecret":"","groupsMapping":[{"role":{"name":"A"}}],"roleMappings":[{"roleName":"B"}]}`} {
		if err := run(oidc, `{"tenantId":"a","settings":`+settings+`}`); err != nil {
			t.Fatal(err)
		}
	}
	config, _ := s.projects[0].content.ssoFor("a", "")
	if got := string(config.oidc["clientSecret"]) + string(config.oidc["groupsMapping"]); got != `"kept"[{"role":{"id":"","name":"A"},"groups":[]}]` {
		t.Errorf("OIDC %s", got)
	}
	choose(unknownSSOAllUnset, choiceListNone, nil)
	list := func(tenant string) func(*Server, *call) ([]byte, error) {
		return func(s *Server, c *call) ([]byte, error) {
			c.route, c.query = route{tenant: "tenantId"}, url.Values{"tenantId": {tenant}}
			out, err := s.loadAllSSO(c)
			if err == nil && string(out) != `{"SSOSettings":[]}` {
				err = errors.New(string(out))
			}
			return out, err
		}
	}
	if err := run((*Server).createTenant, `{"id":"b","name":"B"}`); err != nil {
		t.Fatal(err)
	}
	if err := run(list("b"), `{}`); err != nil {
		t.Errorf("a list without an unconfigured one: %v", err)
	}

	choose(unknownPasswordInherits, choiceZero, nil)
	if err := run((*Server).configurePassword, `{"minLength":8}`); err != nil {
		t.Fatal(err)
	}
	settings, err := s.loadPassword(&call{project: s.projects[0], query: url.Values{"tenantId": {"b"}}})
	if err != nil || strings.Contains(string(settings), `"minLength":8`) {
		t.Errorf("password settings %s, %v", settings, err)
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
