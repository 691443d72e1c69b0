package emulator_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

type auditRecord struct {
	ID, ProjectID, UserID, Action, Occurred, RemoteAddress, Type, ActorID string
	Tenants                                                               []string
	Data                                                                  map[string]any
}

type auditPage struct {
	Audits []auditRecord
	Total  int
}

func (h *harness) audits(body string) auditPage {
	h.t.Helper()
	return decode[auditPage](h.t, h.ok("POST", "/v1/mgmt/audit/search", body))
}

// with makes one call that has a request id of its own.
func (h *harness) with(externalID, method, path, body string) {
	h.t.Helper()
	_, _, _, err := h.send(method, path, body, map[string]string{"Authorization": "Bearer " + h.bearer, "x-external-rid": externalID})
	if err != nil {
		h.t.Fatal(err)
	}
}

func TestEveryCallLeavesARecord(t *testing.T) {
	h := start(t, emulator.Options{Now: fixedClock})
	h.with("run-1", "POST", "/v1/mgmt/tenant/create", `{"id":"acme","name":"Acme"}`)
	h.with("run-1", "GET", "//v1/mgmt/tenant?id=acme", "")
	h.with("run-1", "POST", "/v1/mgmt/sso/oidc", `{"tenantId":"acme","settings":{}}`)
	h.with("run-2", "POST", "/v1/mgmt/tenant/create", `{"id":"acme","name":"Acme"}`)
	h.with("run-2", "POST", "/v1/mgmt/tenant/create", `{`)
	h.with("run-2", "GET", "/v1/mgmt/role/all", "")
	h.with(strings.Repeat("x", 1000), "GET", "/v1/mgmt/tenant/all", "")
	h.with("unseen", "GET", "/v1/mgmt/nothing", "")
	got := h.audits(`{"oldestFirst":true}`)
	type line struct{ action, kind, tenants, rid, code string }
	var lines []line
	actor := ""
	for _, one := range got.Audits {
		code, _ := one.Data["errorCode"].(string)
		lines = append(lines, line{one.Action, one.Type, strings.Join(one.Tenants, ","), fmt.Sprint(one.Data["externalRequestId"]), code})
		if one.ProjectID != projectID || one.Occurred != "1700000000999" || one.RemoteAddress != "127.0.0.1" || one.ID == "" {
			t.Errorf("record %+v", one)
		}
		if one.Data["method"].(string)+" "+one.Data["path"].(string) != one.Action {
			t.Errorf("data %v of %s", one.Data, one.Action)
		}
		if actor == "" {
			actor = one.ActorID
		}
		if one.ActorID != actor || len(actor) != 32 || strings.Contains(projectKey, actor) {
			t.Errorf("actor %q", one.ActorID)
		}
	}
	want := []line{
		{"POST /v1/mgmt/tenant/create", "info", "acme", "run-1", ""},
		{"GET /v1/mgmt/tenant", "info", "acme", "run-1", ""},
		{"POST /v1/mgmt/sso/oidc", "info", "acme", "run-1", ""},
		{"POST /v1/mgmt/tenant/create", "error", "acme", "run-2", "E073307"},
		{"POST /v1/mgmt/tenant/create", "error", "", "run-2", "E011001"},
		{"GET /v1/mgmt/role/all", "info", "", "run-2", ""},
		{"GET /v1/mgmt/tenant/all", "info", "", strings.Repeat("x", 256), ""},
	}
	if fmt.Sprint(lines) != fmt.Sprint(want) || got.Total != len(want) {
		t.Errorf("total %d, records\n%+v\nwant\n%+v", got.Total, lines, want)
	}
	if raw := h.ok("POST", "/v1/mgmt/audit/search", ``); strings.Contains(raw, projectKey) {
		t.Error("the log shows the management key")
	}
	other := h.as(otherID, otherKey)
	other.ok("GET", "/v1/mgmt/tenant/all", "")
	if page := other.audits(``); page.Total != 1 || page.Audits[0].ActorID == actor {
		t.Errorf("another project: %+v", page)
	}
	log := decode[struct {
		Requests []struct {
			ExternalRequestID string `json:"external_request_id"`
		}
	}](t, h.controlOK("GET", "requests", "")).Requests
	if log[0].ExternalRequestID != "run-1" || log[7].ExternalRequestID != "unseen" || log[8].ExternalRequestID != "" {
		t.Errorf("call log %+v", log)
	}
}

func TestFaultsAndTheAuditLog(t *testing.T) {
	h := start(t, emulator.Options{})
	h.controlOK("POST", "faults", `[{"match":{"nth":1},"do":{"status":503}},{"match":{"nth":2},"do":{"status":503,"effect":true}}]`)
	h.call("POST", "/v1/mgmt/tenant/create", `{"id":"a","name":"A"}`)
	h.call("POST", "/v1/mgmt/tenant/create", `{"id":"b","name":"B"}`)
	if got := h.audits(``); got.Total != 1 || got.Audits[0].Tenants[0] != "b" {
		t.Errorf("records %+v", got)
	}
}

func TestAuditEvent(t *testing.T) {
	h := start(t, emulator.Options{Now: fixedClock, RejectUnknownFields: true})
	const path = "/v1/mgmt/audit/event"
	if got := h.ok("POST", path, `{"action":"Deployed","type":"warn","actorId":"ci","tenantId":"acme","userId":"U1","data":{"n":9007199254740993,"z":[1.50]}}`); got != `{}` {
		t.Errorf("answered %s", got)
	}
	raw := h.ok("POST", "/v1/mgmt/audit/search", `{"actions":["Deployed"]}`)
	id := decode[auditPage](t, raw).Audits[0].ID
	want := `{"audits":[{"ID":"` + id + `","projectId":"` + projectID + `","userId":"U1","action":"Deployed","occurred":"1700000000999","device":"","method":"","geo":"",` +
		`"remoteAddress":"127.0.0.1","externalIds":[],"tenants":["acme"],"data":{"n":9007199254740993,"z":[1.50]},"type":"warn","actorId":"ci"}],"total":1}`
	if raw != want {
		t.Errorf("got  %s\nwant %s", raw, want)
	}
	for _, left := range []string{"action", "type", "actorId", "tenantId"} {
		body := strings.Replace(`{"action":"a","type":"info","actorId":"b","tenantId":"c"}`, `"`+left+`":"`, `"userId":"`, 1)
		if got := h.refused("POST", path, body, 400, "E011003"); got != "The "+left+" field is required" {
			t.Errorf("without %s: %s", left, got)
		}
	}
	h.refused("POST", path, `{"action":"a","type":"loud","actorId":"b","tenantId":"c"}`, 400, "E011003")
}

func TestAuditSearch(t *testing.T) {
	const day = 24 * 60 * 60 * 1000
	at := func(days int) string { return strconv.FormatInt(fixedClock().UnixMilli()-int64(days*day), 10) }
	seed, err := emulator.ParseSeed([]byte(`{"projects":[{"id":"` + projectID + `","audits":[
		{"ID":"old","action":"A","occurred":"` + at(40) + `"},
		{"ID":"one","action":"A","occurred":"` + at(3) + `","actorId":"ann","userId":"U1","tenants":["acme"],"device":"Bot","method":"otp","geo":"US","remoteAddress":"10.0.0.1","externalIds":["ann@x.org"]},
		{"ID":"two","action":"B","occurred":` + at(2) + `,"actorId":"bob","tenants":["beta"],"data":{"note":"Needle"},"extra":{"n":1.0}},
		{"ID":"three","action":"C","occurred":"` + at(1) + `","externalIds":["bob@y.org"]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	h := start(t, emulator.Options{Seed: &seed, Now: fixedClock, RejectUnknownFields: true})
	for _, test := range []struct {
		name, body, want string
		total            int
	}{
		{"everything young enough", `{}`, "three two one", 3},
		{"the oldest first", `{"oldestFirst":true}`, "one two three", 3},
		{"what the Go SDK sends", `{"userIds":null,"actions":null,"from":-62135596800000,"to":-62135596800000,"tenants":null,"noTenants":false,"text":"","size":0,"page":0}`, "three two one", 3},
		{"from", `{"from":` + at(2) + `}`, "three two", 2},
		{"to, as a text", `{"to":"` + at(2) + `"}`, "two one", 2},
		{"users", `{"userIds":["U1"]}`, "one", 1},
		{"actors", `{"actorIds":["bob","x"]}`, "two", 1},
		{"actions", `{"actions":["A","C"]}`, "three one", 2},
		{"excluded actions", `{"excludedActions":["A","C"]}`, "two", 1},
		{"devices", `{"devices":["Bot"]}`, "one", 1},
		{"methods", `{"methods":["otp"]}`, "one", 1},
		{"geos", `{"geos":["US"]}`, "one", 1},
		{"addresses", `{"remoteAddresses":["10.0.0.1"]}`, "one", 1},
		{"login ids", `{"externalIds":["ann@x.org"]}`, "one", 1},
		{"other login ids", `{"excludedExternalIds":["ann@x.org"]}`, "three two", 2},
		{"a part of login ids", `{"loginIdsContain":["@x.","@y."]}`, "three one", 2},
		{"no such part", `{"loginIdsNotContain":["@x."]}`, "three two", 2},
		{"tenants", `{"tenants":["acme"]}`, "one", 1},
		{"tenants or none", `{"tenants":["acme"],"noTenants":true}`, "three one", 2},
		{"a text in the data", `{"text":"needle"}`, "two", 1},
		{"a page", `{"size":1,"page":1}`, "two", 3},
		{"a page behind the end", `{"size":2,"page":2147483647}`, "", 3},
		{"two conditions", `{"actions":["A"],"tenants":["beta"]}`, "", 0},
		{"lists that are empty", `{"searchFields":[],"auditTypes":[],"levels":null}`, "three two one", 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := h.in(t)
			h.controlOK("POST", "reset", "") // the searches before leave records
			page := h.audits(test.body)
			var ids []string
			for _, one := range page.Audits {
				ids = append(ids, one.ID)
			}
			if got := strings.Join(ids, " "); got != test.want || page.Total != test.total {
				t.Errorf("got %q of %d, want %q of %d", got, page.Total, test.want, test.total)
			}
		})
	}
	if got := h.ok("POST", "/v1/mgmt/audit/search", `{"actions":["B"]}`); !strings.Contains(got, `"extra":{"n":1.0}`) {
		t.Errorf("an unknown field went: %s", got)
	}
	for name, body := range map[string]string{
		"a large page": `{"size":1001}`, "a negative page": `{"page":-1}`, "a negative size": `{"size":-1}`, "search fields": `{"searchFields":[{"field":"x"}]}`,
		"types": `{"auditTypes":["x"]}`, "an unknown field": `{"limit":1}`,
	} {
		t.Run(name, func(t *testing.T) { h.in(t).refused("POST", "/v1/mgmt/audit/search", body, 400, "E011003") })
	}
}

// Neither many changes nor many reads fill the memory, and reads never push
// out changes.
func TestAuditKeepsTheNewest(t *testing.T) {
	h := start(t, emulator.Options{DataDir: t.TempDir()})
	many := func(method, path, body string) {
		for range 10_010 {
			request, err := http.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+h.bearer)
			h.server.Handler().ServeHTTP(discard{http.Header{}}, request)
		}
	}
	first := h.audits(`{}`)
	if first.Total != 0 {
		t.Fatalf("%d records at the start", first.Total)
	}
	var state strings.Builder
	state.WriteString(`{"projects":[{"id":"` + projectID + `","audits":[`)
	now := time.Now().UnixMilli()
	for i := range 10_000 {
		fmt.Fprintf(&state, `{"ID":"seed-%05d","action":"seeded","occurred":"%d"},`, i, now-20_000+int64(i))
	}
	h.controlOK("PUT", "state", strings.TrimSuffix(state.String(), ",")+`]}]}`)
	many("GET", "/v1/mgmt/license", "")
	if got := h.audits(`{"actions":["GET /v1/mgmt/license"]}`).Total; got != 10_000 {
		t.Errorf("%d reads", got)
	}
	if got := h.audits(`{"actions":["seeded"],"size":1,"oldestFirst":true}`); got.Total != 10_000 || got.Audits[0].ID != "seed-00000" {
		t.Errorf("reads pushed out changes: %+v", got)
	}
	h.ok("POST", "/v1/mgmt/audit/event", `{"action":"mine","type":"info","actorId":"a","tenantId":"t"}`)
	h.createTenant("acme")
	got := h.audits(`{"actions":["seeded"],"size":1,"oldestFirst":true}`)
	if got.Total != 9_997 || got.Audits[0].ID != "seed-00003" {
		t.Errorf("after three new records: %+v", got)
	}
	// The store holds exactly what is answered.
	kept := decode[struct {
		Projects []struct{ Audits []struct{ ID string } }
	}](t, h.controlOK("GET", "state", "")).Projects[0].Audits
	if len(kept) != 10_000 || kept[0].ID != "seed-00003" {
		t.Errorf("%d in the state, the first %q", len(kept), kept[0].ID)
	}
}
