package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// liveFlow exports a flow as another client does; absent where there is none.
func (p project) liveFlow(t failer, id string) resource.Value {
	t.Helper()
	text, err := fetch(t.(testing.TB).Context(), http.MethodPost, p.url, "/v2/mgmt/flow/export", encode(t, map[string]string{"flowId": id}))
	if err != nil {
		return resource.Absent
	}
	answer, err := resource.ParseValue([]byte(text))
	if err != nil {
		t.Fatalf("export: %v", err)
	}
	return answer.Get("flow")
}

// rename changes the name of a flow as somebody does in the console.
func (p project) rename(t failer, id, name string) {
	t.Helper()
	document, err := flow.FromValue(p.liveFlow(t, id))
	if err != nil {
		t.Fatalf("flow %s: %v", id, err)
	}
	p.call(t, "/v2/mgmt/flow/import", map[string]any{"flow": json.RawMessage(document.WithMetadata("name", resource.StringValue(name)).Value())})
}

// configure writes the configuration.
func (p project) configure(t failer, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.folder, "descope.yaml"), []byte("version: \"1.0\"\n"+text), 0o600); err != nil {
		t.Fatalf("%v", err)
	}
}

// meddler stands before an emulated project, and does something once before it
// lets a chosen call through.
func meddler(t *testing.T, behind string, when func(path string, nth int) bool, meddle func()) string {
	t.Helper()
	target, err := url.Parse(behind)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	counts := map[string]int{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		counts[r.URL.Path]++
		now := when(r.URL.Path, counts[r.URL.Path])
		mu.Unlock()
		if now {
			meddle()
		}
		defer func() {
			if broken := recover(); broken != nil { // the answer was cut off, so that the call comes again
				mu.Lock()
				counts[r.URL.Path]--
				mu.Unlock()
				panic(broken)
			}
		}()
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestAConsoleEditDuringADeployIsNotWrittenOver: somebody edits, deletes or makes
// a flow when the plan has been made and approved, directly before the last look.
func TestAConsoleEditDuringADeployIsNotWrittenOver(t *testing.T) {
	const id = "login"
	entry := func(name string) string {
		return "flows: [ { template: magic-link, id: login, name: " + name + " } ]\n"
	}
	cases := []struct {
		name    string
		there   bool
		look    int // the export that is the last look
		meddle  func(t failer, p project)
		status  Status
		message string
		want    string // the flow's name in the end; "" for no flow
	}{
		{"edited", true, 3, func(t failer, p project) { p.rename(t, id, "By hand") }, StatusRefused, "changed since the plan was made", "By hand"},
		{"deleted", true, 3, func(t failer, p project) {
			p.call(t, "/v1/mgmt/flow/delete", map[string]any{"ids": []string{id}})
		}, StatusRefused, "was deleted since the plan was made", ""},
		{"made", false, 1, func(t failer, p project) {
			template, _ := flow.FindTemplate("magic-link")
			document, _ := flow.Render(template, nil)
			p.call(t, "/v2/mgmt/flow/import", map[string]any{"flow": json.RawMessage(document.WithID(id).WithMetadata("name", `"By hand"`).Value())})
		}, StatusRefused, "was created by somebody else since the plan was made", "By hand"},
		{"edited before it is deleted", true, 3, func(t failer, p project) { p.rename(t, id, "By hand") }, StatusRefused, "changed since the plan was made", "By hand"},
		{"deleted before it is deleted", true, 3, func(t failer, p project) {
			p.call(t, "/v1/mgmt/flow/delete", map[string]any{"ids": []string{id}})
		}, StatusOK, "", ""},
		{"made like it is wanted", true, 3, func(t failer, p project) { p.rename(t, id, "New") }, StatusOK, "", "New"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			place := project{folder: t.TempDir(), url: startTestEmulator(t, emulator.Options{})}
			if test.there {
				place.configure(t, entry("Old"))
				place.run(t, "flow", "deploy", "--yes")
			}
			place.configure(t, entry("New"))
			between := workplace{folder: place.folder, url: meddler(t, place.url, func(path string, nth int) bool {
				return path == "/v2/mgmt/flow/export" && nth == test.look
			}, func() { test.meddle(t, place) })}
			// The state folder is that of the host, which the meddler changes.
			if test.there {
				between.run(t.Context(), "flow", "export", id) // takes it over
			}
			args := []string{"flow", "deploy", "--yes", "--format", "json"}
			if strings.Contains(test.name, "before it is deleted") {
				args = []string{"flow", "delete", id, "--allow-deletes", "1", "--format", "json"}
			}
			ran := between.run(t.Context(), args...)
			if Status(ran.status) != test.status || !strings.Contains(ran.out, test.message) {
				t.Errorf("status %d\n%s%s", ran.status, ran.out, ran.errors)
			}
			if name, _ := place.liveFlow(t, id).Get("metadata").Get("name").AsString(); name != test.want {
				t.Errorf("the flow is %q, want %q", name, test.want)
			}
		})
	}
}

// TestEveryTemplateDeploysAndPlansEmpty: whatever the parameters, a template makes
// a flow without findings, which the service takes, and which is then as it is wanted.
func TestEveryTemplateDeploysAndPlansEmpty(t *testing.T) {
	if testing.Short() {
		t.Skip("a thousand flows")
	}
	for _, behavior := range []emulator.ImportBehavior{emulator.ImportLive, emulator.ImportVerbatim} {
		t.Run(string(behavior), func(t *testing.T) {
			t.Parallel()
			place := project{folder: t.TempDir(), url: startTestEmulator(t, emulator.Options{ImportBehavior: behavior})}
			entries := []map[string]any{}
			for _, template := range flow.Templates() {
				for i, parameters := range sampled(template, 1000/len(flow.Templates())) {
					document, wrong := flow.Render(template, parameters)
					if findings := flow.Check(document); len(wrong) > 0 || len(findings) > 0 {
						t.Fatalf("%s %v: %v %v", template.Name, parameters, wrong, findings)
					}
					config := map[string]json.RawMessage{}
					for name, value := range parameters {
						config[name] = json.RawMessage(value)
					}
					entries = append(entries, map[string]any{"template": template.Name, "id": fmt.Sprintf("%s-%d", template.Name, i), "config": config})
				}
			}
			place.configure(t, "")
			if err := os.WriteFile(filepath.Join(place.folder, "descope.yaml"), []byte(encode(t, map[string]any{"version": "1.0", "flows": entries})), 0o600); err != nil {
				t.Fatal(err)
			}
			limits := []string{"--rate-limits", "other=1000000/10s"}
			report := place.run(t, append([]string{"flow", "deploy", "--yes"}, limits...)...)
			if report.Summary.Succeeded != len(entries) {
				t.Fatalf("%d of %d deployed", report.Summary.Succeeded, len(entries))
			}
			again := place.run(t, append([]string{"flow", "deploy", "--yes"}, limits...)...)
			if again.Plan.Summary.Writes() != 0 || again.Summary.NoChange != len(entries) {
				t.Errorf("the second plan: %+v", again.Plan.Summary)
			}
			t.Logf("%d flows", len(entries))
		})
	}
}

// sampled are all combinations of a template's parameters, or that many of them.
func sampled(template flow.Template, most int) []map[string]resource.Value {
	all := []map[string]resource.Value{{}}
	for _, parameter := range template.Parameters {
		var longer []map[string]resource.Value
		for _, chosen := range all {
			for _, value := range valuesOf(parameter) {
				one := map[string]resource.Value{parameter.Name: value}
				maps.Copy(one, chosen)
				longer = append(longer, one)
			}
		}
		all = longer
	}
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:min(most, len(all))]
}

// valuesOf are the values of a parameter: each allowed one, the bounds, each
// subset of a list.
func valuesOf(parameter flow.Parameter) []resource.Value {
	values := []resource.Value{}
	for _, value := range []resource.Value{parameter.Default, parameter.Example} {
		if !value.IsAbsent() {
			values = append(values, value)
		}
	}
	switch parameter.Type {
	case flow.ParameterBoolean:
		values = []resource.Value{"true", "false"}
	case flow.ParameterInteger:
		for _, bound := range []*int64{parameter.Minimum, parameter.Maximum} {
			if bound != nil {
				values = append(values, resource.Value(strconv.FormatInt(*bound, 10)))
			}
		}
	case flow.ParameterList:
		for subset := 1; len(parameter.Enum) > 0 && subset < 1<<len(parameter.Enum); subset++ {
			var items []string
			for i, item := range parameter.Enum {
				if subset>>i&1 == 1 {
					items = append(items, item)
				}
			}
			if len(items) >= parameter.MinItems {
				values = append(values, resource.StringsValue(items))
			}
		}
	default:
		for _, item := range parameter.Enum {
			values = append(values, resource.StringValue(item))
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}
