package live_test

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/cli"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/live"
)

// flowRoundTrip exports a flow of the project and imports it under an id of the
// run. The flow that it takes is read only.
func flowRoundTrip(s *stage) {
	list := decode[struct {
		Flows []struct{ ID string }
	}](s.t, s.do(http.MethodPost, "/v1/mgmt/flow/list", "{}")).Flows
	var source string
	for _, likely := range []string{"sign-in", "sign-up-or-in", "sign-up", "step-up"} {
		if slices.ContainsFunc(list, func(flow struct{ ID string }) bool { return flow.ID == likely }) {
			source = likely
			break
		}
	}
	if source == "" {
		s.t.Skip("the project has none of the flows that Descope gives a new one")
	}
	id := s.expect(live.KindFlow, "flow")
	file := s.write("exported.json", s.program(cli.StatusOK, "flow", "export", source))

	document := decode[map[string]json.RawMessage](s.t, []byte(s.program(cli.StatusOK, "flow", "export", source)))
	metadata := decode[map[string]any](s.t, document["metadata"])
	metadata["name"], metadata["description"] = "Live "+s.run.Prefix, s.run.Marker
	document["metadata"] = encode(s, metadata)
	s.write("marked.json", string(encode(s, document)))
	report := s.program(cli.StatusOK, "flow", "import", "marked.json", "--flow-id", id, "--yes", "--format", "json")
	s.wantSummary(report, summary{Create: 1, Succeeded: 1})

	// it means the same, whatever the service has done to ids and order
	s.program(cli.StatusOK, "flow", "diff", "marked.json", "live:"+id, "--detailed-exitcode")
	s.program(cli.StatusOK, "flow", "diff", file, "live:"+source, "--detailed-exitcode")
	report = s.program(cli.StatusOK, "flow", "import", "marked.json", "--flow-id", id, "--yes", "--format", "json")
	s.wantSummary(report, summary{NoChange: 1})

	report = s.program(cli.StatusOK, "flow", "delete", id, "--allow-deletes", "1", "--format", "json")
	s.wantSummary(report, summary{Delete: 1, Succeeded: 1})
}

func encode(s *stage, value any) json.RawMessage {
	s.t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

func detectDrift(s *stage) {
	id := s.expect(live.KindTenant, "drift")
	s.configure(s.entry(id, "Drift "+s.run.Prefix))
	s.sync(summary{Create: 1, Succeeded: 1})
	detect := []string{"drift", "detect", "--detailed-exitcode", "--format", "json", "--target", "tenant/" + id}
	s.program(cli.StatusOK, detect...)
	s.rename(id, "Console "+s.run.Prefix)
	found := decode[struct {
		Findings []struct {
			Path, State string
			Live        json.RawMessage
		}
	}](s.t, []byte(s.program(cli.StatusChanges, detect...))).Findings
	if len(found) != 1 || found[0].Path != "name" || found[0].State != "drifted" {
		s.t.Fatalf("findings %+v", found)
	}
	s.wantText("the live name", found[0].Live, `"Console `+s.run.Prefix+`"`)
	s.sync(summary{Update: 1, Succeeded: 1})
}

func testUsers(s *stage) {
	tenant := s.expect(live.KindTenant, "members")
	s.do(http.MethodPost, "/v1/mgmt/tenant/create", `{"id":"`+tenant+`","name":"Members `+s.run.Prefix+`","customAttributes":{"`+
		live.MarkerAttribute+`":"`+s.run.Marker+`"}}`)
	login := s.expect(live.KindUser, "member")
	s.do(http.MethodPost, "/v1/mgmt/user/create/test", `{"loginId":"`+login+`","test":true,"displayName":"`+s.run.Marker+`","userTenants":[{"tenantId":"`+tenant+`","roleNames":[]}]}`)
	type users struct {
		Users []struct {
			UserID   string
			LoginIDs []string
			Test     bool
		}
		Total json.Number
	}
	search := `{"loginIds":["` + login + `"],"tenantIds":["` + tenant + `"]`
	shown := decode[users](s.t, s.do(http.MethodPost, "/v2/mgmt/user/search/test", search+`,"testUsersOnly":true}`))
	if len(shown.Users) != 1 || !shown.Users[0].Test || !slices.Contains(shown.Users[0].LoginIDs, login) {
		s.t.Fatalf("test users %+v", shown)
	}
	if shown = decode[users](s.t, s.do(http.MethodPost, "/v2/mgmt/user/search", search+"}")); len(shown.Users) != 0 {
		s.t.Errorf("a search that does not ask for test users shows %+v", shown)
	}
}
