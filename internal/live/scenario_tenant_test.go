package live_test

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/cli"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/live"
)

// sync is a sync that is to do just this.
func (s *stage) sync(want summary) {
	s.t.Helper()
	s.wantSummary(s.program(cli.StatusOK, "tenant", "sync", "--yes", "--format", "json"), want)
}

// entry is a tenant in YAML, marked; more are its further lines.
func (s *stage) entry(id, name string, more ...string) string {
	lines := append([]string{`  - id: "` + id + `"`, `    name: "` + name + `"`}, more...)
	if !strings.Contains(strings.Join(lines, "\n"), "custom_attributes:") {
		lines = append(lines, `    custom_attributes: { `+s.marker()+` }`)
	}
	return strings.Join(lines, "\n") + "\n"
}

func createTenant(s *stage) {
	id := s.expect(live.KindTenant, "acme")
	name := "Acme Test Corp " + s.run.Prefix
	s.configure(s.entry(id, name, `    domains: []`, `    self_provisioning: false`))
	s.sync(summary{Create: 1, Succeeded: 1})
	s.wantText("the name", s.tenant(id)["name"], `"`+name+`"`)
}

func syncIsIdempotent(s *stage) {
	id := s.expect(live.KindTenant, "widget")
	s.configure(s.entry(id, "Widget Test Co "+s.run.Prefix))
	s.sync(summary{Create: 1, Succeeded: 1})
	s.sync(summary{NoChange: 1})
	s.configure(s.entry(id, "Widget Test Company "+s.run.Prefix))
	s.sync(summary{Update: 1, Succeeded: 1})
	s.sync(summary{NoChange: 1})
}

func planApplyUndo(s *stage) {
	kept, made := s.expect(live.KindTenant, "kept"), s.expect(live.KindTenant, "made")
	before := s.entry(kept, "Kept "+s.run.Prefix)
	s.configure(before)
	s.sync(summary{Create: 1, Succeeded: 1})

	s.configure(s.entry(kept, "Changed "+s.run.Prefix) + s.entry(made, "Made "+s.run.Prefix))
	plan := decode[struct {
		Digest string `json:"plan_digest"`
	}](s.t, []byte(s.program(cli.StatusChanges, "plan", "--detailed-exitcode", "--format", "json")))
	if got := s.tenant(kept)["name"]; strings.Contains(string(got), "Changed") || s.tenant(made) != nil {
		s.t.Fatal("a plan has changed something")
	}
	report := s.program(cli.StatusOK, "apply", "--yes", "--plan-digest", plan.Digest, "--format", "json")
	s.wantSummary(report, summary{Create: 1, Update: 1, Succeeded: 2})
	s.wantText("the name after the apply", s.tenant(kept)["name"], `"Changed `+s.run.Prefix+`"`)

	report = s.program(cli.StatusOK, "undo", "--yes", "--allow-deletes", "1", "--format", "json")
	s.wantSummary(report, summary{Update: 1, Delete: 1, Succeeded: 2})
	s.wantText("the name after the undo", s.tenant(kept)["name"], `"Kept `+s.run.Prefix+`"`)
	if s.tenant(made) != nil {
		s.t.Error("the undo has left the tenant that the run had made")
	}
}

func backupAndRestore(s *stage) {
	id := s.expect(live.KindTenant, "saved")
	s.configure(s.entry(id, "Saved "+s.run.Prefix))
	s.sync(summary{Create: 1, Succeeded: 1})
	saved := decode[struct{ Backup string }](s.t, []byte(s.program(cli.StatusOK, "backup", "create", "--format", "json"))).Backup
	s.program(cli.StatusOK, "backup", "verify", saved)
	s.rename(id, "Renamed "+s.run.Prefix)
	report := s.program(cli.StatusOK, "backup", "restore", saved, "--target", "tenant/"+id, "--yes", "--format", "json")
	s.wantSummary(report, summary{Update: 1, Succeeded: 1})
	s.wantText("the name after the restore", s.tenant(id)["name"], `"Saved `+s.run.Prefix+`"`)
}

// rename changes a tenant's name as somebody in the console would.
func (s *stage) rename(id, name string) {
	s.t.Helper()
	s.do(http.MethodPost, "/v1/mgmt/tenant/update", `{"id":"`+id+`","name":"`+name+`","customAttributes":{"`+live.MarkerAttribute+`":"`+s.run.Marker+`"}}`)
}

func patchAndUpdate(s *stage) {
	id := s.expect(live.KindTenant, "fields")
	domain := `["` + s.run.Domain("fields") + `"]`
	marker := `{"` + live.MarkerAttribute + `":"` + s.run.Marker + `"}`
	s.do(http.MethodPost, "/v1/mgmt/tenant/create", `{"id":"`+id+`","name":"Fields `+s.run.Prefix+`","customAttributes":`+marker+`,"selfProvisioningDomains":`+domain+`}`)
	answer, err := s.api.Call(s.ctx, live.Request{
		Method: http.MethodPatch, Path: "/v1/mgmt/tenant/patch", Body: `{"id":"` + id + `","name":"Patched ` + s.run.Prefix + `"}`,
	})
	switch {
	case err != nil:
		s.t.Fatal(err)
	case !answer.OK():
		s.t.Logf("this host does not know the partial update (status %d); the program then writes the whole tenant", answer.Status)
	default:
		after := s.tenant(id)
		s.wantText("the name after a patch", after["name"], `"Patched `+s.run.Prefix+`"`)
		s.wantText("the domains after a patch of the name", after["selfProvisioningDomains"], domain)
		s.wantText("the attributes after a patch of the name", after["customAttributes"], marker)
	}
	s.do(http.MethodPost, "/v1/mgmt/tenant/update", `{"id":"`+id+`","name":"Updated `+s.run.Prefix+`","customAttributes":`+marker+`,"selfProvisioningDomains":[]}`)
	after := s.tenant(id)
	s.wantText("the name after an update", after["name"], `"Updated `+s.run.Prefix+`"`)
	s.wantText("the domains after an update", after["selfProvisioningDomains"], `[]`)

	// the program writes what it is told, and leaves the rest as it is, whichever way it takes
	s.configure(`  - { id: "` + id + `", name: "Synced ` + s.run.Prefix + "\" }\n")
	s.sync(summary{Update: 1, Succeeded: 1})
	s.wantText("the attributes, which the configuration does not name", s.tenant(id)["customAttributes"], marker)
}

func attributeTypes(s *stage) {
	id := s.expect(live.KindTenant, "types")
	s.configure(s.entry(id, "Types "+s.run.Prefix, `    custom_attributes:`, `      `+s.marker(),
		`      liveText: "a ö 株"`, `      liveNumber: 42`, `      liveFlag: true`, `      liveList: ["a", "b"]`))
	s.sync(summary{Create: 1, Succeeded: 1})
	attributes := decode[map[string]json.RawMessage](s.t, s.tenant(id)["customAttributes"])
	if text := decode[string](s.t, attributes["liveText"]); text != "a ö 株" {
		s.t.Errorf("liveText is %q", text)
	}
	s.wantText("liveNumber", attributes["liveNumber"], "42")
	s.wantText("liveFlag", attributes["liveFlag"], "true")
	if list := decode[[]string](s.t, attributes["liveList"]); strings.Join(list, " ") != "a b" {
		s.t.Errorf("liveList is %v", list)
	}
	s.sync(summary{NoChange: 1})
}

func wholeNumbers(s *stage) {
	const beyond = "9007199254740993" // 2^53 + 1: the first whole number that a float cannot hold
	id := s.expect(live.KindTenant, "int64")
	s.do(http.MethodPost, "/v1/mgmt/tenant/create", `{"id":"`+id+`","name":"Whole `+s.run.Prefix+`","customAttributes":{"`+
		live.MarkerAttribute+`":"`+s.run.Marker+`","liveNumber":`+beyond+`}}`)
	shown := string(decode[map[string]json.RawMessage](s.t, s.tenant(id)["customAttributes"])["liveNumber"])
	text := s.program(cli.StatusOK, "tenant", "get", id, "--format", "json")
	if !strings.Contains(text, shown) {
		s.t.Errorf("the host answers %s, and the program shows %s", shown, text)
	}
	if shown != beyond {
		s.t.Skipf("this host rounds whole numbers beyond 2^53: it keeps %s as %s", beyond, shown)
	}
	s.configure(s.entry(id, "Whole "+s.run.Prefix, `    custom_attributes: { liveNumber: `+beyond+` }`))
	s.sync(summary{NoChange: 1})
	s.configure(s.entry(id, "Whole again "+s.run.Prefix, `    custom_attributes: { liveNumber: `+beyond+` }`))
	s.sync(summary{Update: 1, Succeeded: 1})
}

func selfProvisioning(s *stage) {
	id := s.expect(live.KindTenant, "domains")
	first, second := s.run.Domain("a"), s.run.Domain("b")
	s.configure(s.entry(id, "Domains "+s.run.Prefix, `    self_provisioning_domains: ["`+second+`", "`+first+`"]`))
	s.sync(summary{Create: 1, Succeeded: 1})
	domains := decode[[]string](s.t, s.tenant(id)["selfProvisioningDomains"])
	if len(domains) != 2 || !strings.Contains(strings.Join(domains, " "), first) || !strings.Contains(strings.Join(domains, " "), second) {
		s.t.Errorf("the domains are %v", domains)
	}
	s.configure(s.entry(id, "Domains "+s.run.Prefix, `    domains: ["`+first+`", "`+second+`"]`, `    self_provisioning: true`))
	s.sync(summary{NoChange: 1}) // the other order and the other words mean the same
	s.configure(s.entry(id, "Domains "+s.run.Prefix, `    self_provisioning_domains: ["`+first+`"]`))
	s.sync(summary{Update: 1, Succeeded: 1})
}

func sessionSettings(s *stage) {
	id := s.expect(live.KindTenant, "settings")
	of := func(minutes string) string {
		return s.entry(id, "Settings "+s.run.Prefix, `    settings:`, `      enabled: true`,
			`      session_token_expiration: `+minutes, `      session_token_expiration_unit: minutes`,
			`      refresh_token_expiration: 3`, `      refresh_token_expiration_unit: weeks`)
	}
	s.configure(of("12"))
	s.sync(summary{Create: 1, Succeeded: 1})
	shown := decode[map[string]json.RawMessage](s.t, s.do(http.MethodGet, "/v1/mgmt/tenant/settings?id="+id, ""))
	for key, want := range map[string]string{
		"enabled": "true", "sessionTokenExpiration": "12", "sessionTokenExpirationUnit": `"minutes"`, "refreshTokenExpirationUnit": `"weeks"`,
	} {
		s.wantText(key, shown[key], want)
	}
	s.sync(summary{NoChange: 1})
	s.configure(of("13"))
	s.sync(summary{Update: 1, Succeeded: 1})
}
