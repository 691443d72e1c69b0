package emulator_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

func TestBearer(t *testing.T) {
	h := start(t, emulator.Options{})
	for _, test := range []struct{ name, header, message string }{
		{"none", "", "The authorization header is missing"},
		{"another scheme", "Basic " + projectID + ":" + projectKey, "The bearer must be a project id and a management key, joined with a colon"},
		{"empty", "Bearer", "The bearer must be a project id and a management key, joined with a colon"},
		{"a key alone", "Bearer " + projectKey, "The bearer must be a project id and a management key, joined with a colon"},
		{"a project alone", "Bearer " + projectID, "The bearer must be a project id and a management key, joined with a colon"},
		{"three parts", "Bearer " + projectID + ":secret:" + projectKey, "The bearer must be a project id and a management key, joined with a colon"},
		{"no key prefix", "Bearer " + projectID + ":2TestKey", "The bearer must be a project id and a management key, joined with a colon"},
		{"an unknown project", "Bearer P2Nobody:" + projectKey, "Unknown project"},
		{"a wrong key", "Bearer " + projectID + ":K2Wrong", "Invalid management key"},
		{"the key of another project", "Bearer " + projectID + ":" + otherKey, "Invalid management key"},
		{"part of the key", "Bearer " + projectID + ":" + projectKey[:10], "Invalid management key"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, path := range []string{"/v1/mgmt/tenant/all", "/v1/mgmt/no/such/route"} {
				header := map[string]string{}
				if test.header != "" {
					header["Authorization"] = test.header
				}
				status, _, body, err := h.send("GET", path, "", header)
				if err != nil {
					t.Fatal(err)
				}
				envelope := decode[map[string]string](t, body)
				if status != 401 || envelope["errorCode"] != "E111119" || envelope["message"] != test.message {
					t.Errorf("%s: %d %s", path, status, body)
				}
				if strings.Contains(body, "Key") {
					t.Errorf("the answer shows a key: %s", body)
				}
			}
		})
	}
	if _, _, _, err := h.send("GET", "/v1/mgmt/tenant/all", "", map[string]string{"Authorization": "bearer " + h.bearer}); err != nil {
		t.Fatal(err)
	}
}

func TestLicense(t *testing.T) {
	h := start(t, emulator.Options{})
	if got := h.ok("GET", "/v1/mgmt/license", ""); got != `{"rateLimitTier":"tier1","licenseType":"tier1"}` {
		t.Errorf("got %s", got)
	}
}

func TestProjectList(t *testing.T) {
	shared := otherKey
	h := start(t, emulator.Options{Projects: []emulator.Project{
		{ID: projectID, ManagementKey: projectKey}, {ID: otherID, ManagementKey: shared}, {ID: "P2Third", ManagementKey: shared},
	}})
	item := func(id string) string {
		return fmt.Sprintf(`{"id":%q,"name":%q,"environment":"","tag":"","tags":[]}`, id, id)
	}
	for _, test := range []struct{ name, bearer, body, want string }{
		{"a project's bearer, no body", projectID + ":" + projectKey, ``, item(projectID)},
		{"a project's bearer, empty object", projectID + ":" + projectKey, `{}`, item(projectID)},
		{"a key alone", projectKey, ``, item(projectID)},
		{"a key of two projects", shared, ``, item(otherID) + "," + item("P2Third")},
	} {
		t.Run(test.name, func(t *testing.T) {
			h.bearer = test.bearer
			if got := h.ok("POST", "/v1/mgmt/projects/list", test.body); got != `{"projects":[`+test.want+`]}` {
				t.Errorf("got %s", got)
			}
		})
	}
	h.bearer = "K2Nobody"
	h.refused("POST", "/v1/mgmt/projects/list", ``, 401, "E111119")
}

func TestBodyLimit(t *testing.T) {
	h := start(t, emulator.Options{MaxBodyBytes: 100})
	body := `{"id":"x","name":"` + strings.Repeat("n", 100) + `"}`
	status, _, text, err := h.send("POST", "/v1/mgmt/tenant/create", body, map[string]string{"Authorization": "Bearer " + h.bearer})
	if err != nil {
		t.Fatal(err)
	}
	if status != 413 || !strings.Contains(text, "E011001") {
		t.Errorf("%d %s", status, text)
	}
	h.createTenant("small")
}

func TestGeneratedProject(t *testing.T) {
	server, err := emulator.New(emulator.Options{Rand: rand.New(rand.NewPCG(1, 2))})
	if err != nil {
		t.Fatal(err)
	}
	h := serve(t, server)
	projects := server.Projects()
	if len(projects) != 1 || !regexp.MustCompile(`^P[0-9A-Za-z]{27}$`).MatchString(projects[0].ID) ||
		!regexp.MustCompile(`^K[0-9A-Za-z]{27}$`).MatchString(projects[0].ManagementKey) {
		t.Fatalf("projects %+v", projects)
	}
	h.bearer = projects[0].ID + ":" + projects[0].ManagementKey
	h.createTenant("acme")
}

func TestReportedProjects(t *testing.T) {
	server, err := emulator.New(emulator.Options{Projects: []emulator.Project{{ID: "P2b", ManagementKey: "K2given"}, {ID: "P2a"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	projects := server.Projects()
	if len(projects) != 2 || projects[0] != (emulator.ProjectInfo{ID: "P2b"}) || projects[1].ID != "P2a" || len(projects[1].ManagementKey) != 28 {
		t.Errorf("%+v", projects)
	}
}

func TestParseProject(t *testing.T) {
	for _, test := range []struct{ text, id, key, problem string }{
		{text: "P2abc=K2secret", id: "P2abc", key: "K2secret"},
		{text: "P2abc=K2sec=ret==", id: "P2abc", key: "K2sec=ret=="},
		{text: "P2abcK2secret", problem: "expected ID=KEY"},
		{text: "P2abc=", problem: "is empty"},
		{text: "X2abc=K2secret", problem: "an id is"},
		{text: "P2-abc=K2secret", problem: "an id is"},
		{text: "P2abc=secret", problem: "a management key is"},
		{text: "P2abc=K2 secret", problem: "a management key is"},
		{text: "P2abc=K2:secret", problem: "a management key is"},
	} {
		t.Run(test.text, func(t *testing.T) {
			project, err := emulator.ParseProject(test.text)
			if test.problem == "" {
				if err != nil || project.ID != test.id || project.ManagementKey != test.key {
					t.Errorf("%q %q %v", project.ID, project.ManagementKey, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.problem) || strings.Contains(err.Error(), "secret") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestProjectNeverPrintsItsKey(t *testing.T) {
	project := emulator.Project{ID: "P2abc", ManagementKey: "K2secret"}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "project", project)
	for _, text := range []string{fmt.Sprint(project), fmt.Sprintf("%+v %#v %s", project, project, project), log.String()} {
		if strings.Contains(text, "secret") || !strings.Contains(text, "P2abc") {
			t.Errorf("printed %s", text)
		}
	}
}

func TestOptionsRefused(t *testing.T) {
	for name, options := range map[string]emulator.Options{
		"a project twice":     {Projects: []emulator.Project{{ID: "P2a"}, {ID: "P2a"}}},
		"a bad project":       {Projects: []emulator.Project{{ID: "2a"}}},
		"a not-found status":  {NotFoundStatus: 418},
		"negative latency":    {Latency: -1},
		"a seed for nobody":   {Seed: &emulator.State{Projects: []emulator.ProjectState{{ID: "P2nobody"}}}},
		"a seed for which":    {Projects: []emulator.Project{{ID: "P2a"}, {ID: "P2b"}}, Seed: &emulator.State{Projects: []emulator.ProjectState{{}}}},
		"a data folder: file": {DataDir: "/dev/null/x"},
	} {
		t.Run(name, func(t *testing.T) {
			if server, err := emulator.New(options); err == nil {
				_ = server.Close()
				t.Error("accepted")
			} else if !strings.HasPrefix(err.Error(), "emulator: ") {
				t.Errorf("error %v", err)
			}
		})
	}
}
