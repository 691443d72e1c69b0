package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// startFlowServer answers lists and exports of flows as a service does that
// calls them whatever it likes; the emulator allows sensible ids only.
func startFlowServer(t *testing.T, ids []string, remark string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct{ FlowID string }
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			t.Error(err)
		}
		answer := map[string]any{}
		switch r.URL.Path {
		case "/v1/mgmt/flow/list":
			flows := []map[string]any{}
			for _, id := range ids {
				flows = append(flows, map[string]any{"id": id, "name": remark})
			}
			answer["flows"] = flows
		case "/v2/mgmt/flow/export":
			answer["flow"] = map[string]any{
				"flowId": request.FlowID, "metadata": map[string]any{"name": "Flow", "description": remark},
				"contents": map[string]any{}, "screens": []any{}, "references": map[string]any{},
			}
		default:
			t.Errorf("unexpected call %s", r.URL.Path)
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestExportedFilesStayInTheFolder: each flow has a file of its own below the
// folder, whatever the service calls it, and a link there is not followed.
func TestExportedFilesStayInTheFolder(t *testing.T) {
	ids := []string{"../../escape", "/etc/passwd", "..", ".hidden", "a/b", `a\b`, "Sign-In", "sign-in", "with\nline", strings.Repeat("long", 90)}
	app, out, errs := person(t, startFlowServer(t, ids, "\x1b[31m"), "version: \"1.0\"\n")
	folder := filepath.Join(app.WorkDir, "deep", "flows")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	precious := filepath.Join(app.WorkDir, "precious")
	if err := os.WriteFile(precious, []byte("stays"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(precious, filepath.Join(folder, "a%2Fb.json")); err != nil {
		t.Fatal(err)
	}
	if got := app.Run(t.Context(), []string{"flow", "export", "--all", "-o", "deep/flows", "--home", "state"}); got != StatusOK {
		t.Fatalf("status %d: %s", got, errs)
	}
	if strings.Contains(out.String(), "\x1b") || !strings.Contains(out.String(), "10 flows, 10 written.") {
		t.Errorf("printed %q", out)
	}
	if text, err := os.ReadFile(precious); err != nil || string(text) != "stays" {
		t.Errorf("the link was followed: %q, %v", text, err)
	}
	var found []string
	entries, err := os.ReadDir(folder)
	for _, entry := range entries {
		text, failure := os.ReadFile(filepath.Join(folder, entry.Name()))
		var document struct{ FlowID string }
		if failure != nil || json.Unmarshal(text, &document) != nil || !entry.Type().IsRegular() || strings.HasPrefix(entry.Name(), ".") {
			t.Errorf("%s: %v", entry.Name(), failure)
		}
		found = append(found, document.FlowID)
	}
	slices.Sort(ids)
	slices.Sort(found)
	if err != nil || !slices.Equal(found, ids) {
		t.Errorf("the files hold %q, %v", found, err)
	}
	if deep, err := os.ReadDir(filepath.Join(app.WorkDir, "deep")); err != nil || len(deep) != 1 {
		t.Errorf("beside the folder stand %v, %v", deep, err)
	}
}

func TestFileNamesDifferAlsoWithoutCapitals(t *testing.T) {
	flows := []resource.Flow{{ID: "a"}, {ID: "A"}, {ID: "b"}, {ID: "%41"}, {ID: "B~"}}
	seen := map[string]bool{}
	for i, name := range fileNames(flows) {
		if seen[strings.ToLower(name)] || filepath.Base(name) != name {
			t.Errorf("%q has the file %q", flows[i].ID, name)
		}
		seen[strings.ToLower(name)] = true
	}
	if names := fileNames(flows[2:3]); names[0] != "b.json" {
		t.Errorf("a flow whose name nobody shares has the file %q", names[0])
	}
}

// TestAKeyInAFlowIsNeitherWrittenNorKept: an export must not bring the key to
// disk, not even when somebody has put it into a flow.
func TestAKeyInAFlowIsNeitherWrittenNorKept(t *testing.T) {
	url := startFlowServer(t, []string{"f"}, "use "+scriptKey)
	for _, args := range [][]string{{"f", "-o", "f.json"}, {"--all", "-o", "flows"}} {
		t.Run(args[0], func(t *testing.T) {
			app, _, errs := person(t, url, "version: \"1.0\"\n")
			if got := app.Run(t.Context(), append([]string{"flow", "export"}, args...)); got != StatusOK {
				t.Fatalf("status %d: %s", got, errs)
			}
			if !strings.Contains(errs.String(), "holds a secret") {
				t.Errorf("nobody was told: %s", errs)
			}
			wantNoKey(t, app.WorkDir)
		})
	}
}

// wantNoKey looks into every file of a folder.
func wantNoKey(t *testing.T, folder string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), scriptKey) {
			t.Errorf("the key stands in %s", path)
		}
		return err
	})
	if err != nil || files < 2 {
		t.Errorf("%d files, %v", files, err)
	}
}

// TestEveryExportIsKnownToItsProject: in the history of the host and project that
// it came from, with its document.
func TestEveryExportIsKnownToItsProject(t *testing.T) {
	url := startFlowServer(t, []string{"a", "b"}, "plain")
	app, _, errs := person(t, url, "version: \"1.0\"\n")
	if got := app.Run(t.Context(), []string{"flow", "export", "--all", "-o", "flows"}); got != StatusOK {
		t.Fatalf("status %d: %s", got, errs)
	}
	state := store.Open(filepath.Join(app.Home, ".descope-mgmt")).Project(strings.TrimPrefix(url, "http://"), scriptProject)
	kept := history.Open(state)
	ids, err := kept.Flows()
	if err != nil || fmt.Sprint(ids) != "[a b]" {
		t.Fatalf("known are %v, %v", ids, err)
	}
	document, err := kept.Document("a", 1)
	if text, _ := document.Get("metadata").Get("description").AsString(); err != nil || text != "plain" {
		t.Errorf("kept is %s, %v", document, err)
	}
}
