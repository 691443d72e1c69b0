package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// fate is a tenant of a random project before a sync, and what the sync wants of
// it. Texts are JSON, which is YAML too.
type fate struct {
	id       string
	create   map[string]any // the API's create call; nil: it is not there
	settings map[string]any // the API's settings call; nil: none
	roles    []string
	wanted   map[string]any // the entry of the configuration; nil: not named
	parent   string
}

// changeable are values that tenants have before and after.
type changeable struct {
	name       string
	attributes map[string]any
	disabled   bool
	domains    []string
	enforce    bool
	roles      []string
	inherit    string
}

func drawAttributes(t *rapid.T, label string) map[string]any {
	value := rapid.OneOf(
		rapid.Map(rapid.StringMatching(`[ -#%-~é日🌍]{0,8}`), func(s string) any { return s }),
		rapid.Map(rapid.Int64(), func(n int64) any { return n }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.SampledFrom([]any{"日本 🌍", json.Number("12345678901234567890"), json.Number("0.1000000000000000055511151231257827"), `"\`, ""}),
	)
	return rapid.MapOfN(rapid.SampledFrom([]string{"plan", "seats", "регион", "a b", "x.y", "Z"}), value, 0, 4).Draw(t, label)
}

// drawValues draws the values of one tenant; its domains and its name are its own.
func drawValues(t *rapid.T, id, label string) changeable {
	v := changeable{
		name:       fmt.Sprintf("%s of %s", rapid.SampledFrom([]string{"Acme", "Ünï", "名前", "x'y: #"}).Draw(t, label+" name"), id),
		attributes: drawAttributes(t, label+" attributes"),
		disabled:   rapid.Bool().Draw(t, label+" disabled"), enforce: rapid.Bool().Draw(t, label+" enforce"),
		roles:   rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"Admin", "Viewer", "Äditor"}), 0, 3, rapid.ID).Draw(t, label+" roles"),
		inherit: rapid.SampledFrom([]string{"", "none", "userOnly"}).Draw(t, label+" inheritance"),
		domains: []string{},
	}
	for _, domain := range []string{"a", "b"} {
		if rapid.Bool().Draw(t, label+" domain") {
			v.domains = append(v.domains, domain+"-"+id+".com")
		}
	}
	return v
}

func drawSettings(t *rapid.T, label string) map[string]any {
	if rapid.Bool().Draw(t, label+" none") {
		return nil
	}
	return map[string]any{
		"enabled": rapid.Bool().Draw(t, label+" enabled"), "sessionTokenExpiration": rapid.IntRange(0, 30).Draw(t, label+" session"),
		"sessionTokenExpirationUnit": rapid.SampledFrom([]string{"minutes", "hours"}).Draw(t, label+" unit"), "JITDisabled": rapid.Bool().Draw(t, label+" jit"),
	}
}

// drawFates draws a project of a few tenants in up to three levels, and what a
// sync makes of it: some are created, updated, deleted, or left alone.
func drawFates(t *rapid.T) []fate {
	count := rapid.IntRange(1, 6).Draw(t, "tenants")
	fates := make([]fate, count)
	for i := range fates {
		id := fmt.Sprintf("tenant-%d", i)
		f := fate{id: id}
		kind := rapid.SampledFrom([]string{"create", "update", "update", "delete", "leave"}).Draw(t, "fate")
		if i > 0 && kind != "delete" { // parents stay: only leaves are deleted
			above := fates[rapid.IntRange(0, i-1).Draw(t, "above")]
			lasting := above.create != nil && above.wanted["state"] == nil
			if lasting && rapid.Bool().Draw(t, "has parent") {
				f.parent = above.id
			}
		}
		was, now := drawValues(t, id, "was"), drawValues(t, id, "now")
		if kind != "create" {
			f.create = map[string]any{
				"id": id, "name": was.name, "customAttributes": was.attributes, "disabled": was.disabled, "enforceSSO": was.enforce,
				"selfProvisioningDomains": was.domains, "roleInheritance": was.inherit, "enforceSSOExclusions": []string{"U-" + id},
			}
			if f.parent != "" {
				f.create["parent"] = f.parent
			}
			f.roles = slices.Sorted(slices.Values(was.roles))
			if f.settings = drawSettings(t, "settings"); f.settings != nil {
				f.settings["tenantId"], f.settings["selfProvisioningDomains"] = id, was.domains
			}
		}
		switch kind {
		case "delete":
			f.wanted = map[string]any{"id": id, "state": "absent"}
		case "create", "update":
			f.wanted = map[string]any{
				"id": id, "name": now.name, "custom_attributes": now.attributes, "disabled": now.disabled, "enforce_sso": now.enforce,
				"self_provisioning_domains": now.domains, "role_inheritance": now.inherit, "default_roles": now.roles,
			}
			if kind == "create" && f.parent != "" {
				f.wanted["parent"] = f.parent
			}
			if settings := drawSettings(t, "new settings"); settings != nil {
				f.wanted["settings"] = map[string]any{"enabled": settings["enabled"], "session_token_expiration": settings["sessionTokenExpiration"], "jit_disabled": settings["JITDisabled"]}
			}
			for _, key := range slices.Sorted(maps.Keys(was.attributes)) {
				if _, stays := now.attributes[key]; kind == "update" && !stays && rapid.Bool().Draw(t, "removes") {
					removed, _ := f.wanted["remove_attributes"].([]string)
					f.wanted["remove_attributes"] = append(removed, key)
				}
			}
		}
		fates[i] = f
	}
	return fates
}

// project is an emulated project whose programs run in this process.
type project struct {
	folder, url string
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func encode(t failer, value any) string {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		t.Fatalf("encode: %v", err)
	}
	return text.String()
}

func (p project) call(t failer, path string, body any) {
	t.Helper()
	if _, err := fetch(context.Background(), http.MethodPost, p.url, path, encode(t, body)); err != nil {
		t.Fatalf("set-up: %v", err)
	}
}

// setUp makes the tenants, and the configuration.
func (p project) setUp(t failer, fates []fate) {
	t.Helper()
	for _, role := range []string{"Admin", "Viewer", "Äditor"} {
		p.call(t, "/v1/mgmt/role/create", map[string]string{"name": role})
	}
	entries := []map[string]any{}
	for _, f := range fates {
		if f.create != nil {
			p.call(t, "/v1/mgmt/tenant/create", f.create)
			p.call(t, "/v1/mgmt/tenant/updateDefaultRoles", map[string]any{"id": f.id, "defaultRoles": f.roles})
			if f.settings != nil {
				p.call(t, "/v1/mgmt/tenant/settings", f.settings)
			}
		}
		if f.wanted != nil {
			entries = append(entries, f.wanted)
		}
	}
	if err := os.WriteFile(filepath.Join(p.folder, "descope.yaml"), []byte(encode(t, map[string]any{"version": "1.0", "tenants": entries})), 0o600); err != nil {
		t.Fatalf("%v", err)
	}
}

// run runs the program in this process, and wants success.
func (p project) run(t failer, args ...string) resource.Report {
	t.Helper()
	var out, errs bytes.Buffer
	app := &App{
		In: strings.NewReader(""), Out: &out, Err: &errs, WorkDir: p.folder, Home: p.folder, Now: time.Now, Random: rand.NewChaCha8([32]byte{1}),
		Environ: []string{"DESCOPE_PROJECT_ID=" + scriptProject, "DESCOPE_MANAGEMENT_KEY=" + scriptKey, "DESCOPE_BASE_URL=" + p.url, "USER=kim"},
	}
	status := app.Run(context.Background(), append(args, "--format", "json"))
	var report resource.Report
	if err := json.Unmarshal(out.Bytes(), &report); err != nil || status != StatusOK {
		t.Fatalf("%v: status %d, %v\n%s%s", args, status, err, &out, &errs)
	}
	return report
}

// state is what the API shows. The order of an object's keys and of a set has no
// meaning, and an emulated project keeps it as it came.
func (p project) state(t failer) string {
	t.Helper()
	text, err := liveState(context.Background(), p.url, nil)
	if err != nil {
		t.Fatalf("read what is live: %v", err)
	}
	var lines strings.Builder
	for line := range strings.Lines(text) {
		label := ""
		object, isSettings := strings.CutPrefix(line, "  settings ")
		if isSettings {
			label = "  settings "
		}
		value, err := resource.ParseValue([]byte(strings.TrimSpace(object)))
		if err != nil {
			t.Fatalf("%v in %s", err, object)
		}
		members, _ := value.AsObject()
		for _, set := range []string{"selfProvisioningDomains", "defaultRoles", "enforceSSOExclusions", "successors"} {
			if found, has := members[set]; has {
				members[set] = resource.ShapeSet.Canonical(found)
			}
		}
		fmt.Fprintln(&lines, label+string(resource.ObjectValue(members)))
	}
	return lines.String()
}

// approvals approve exactly what a run is about to do.
func approvals(deletes int) []string {
	return []string{"--rate-limits", budgeted, "--yes", "--allow-deletes", fmt.Sprint(deletes), "--override-guard", "delete_threshold", "--override-guard", "update_threshold"}
}

// undosVariable is the number of random projects; the full number is 100.
const undosVariable = "DESCOPE_TEST_UNDOS"

// TestUndoBringsEverythingBack: whatever a sync made of a project, its undo brings
// back what was, byte for byte but for the time of creation, the undo of the undo
// brings back what the sync had made, and a restore of the sync's backup brings
// back each tenant that is in it.
func TestUndoBringsEverythingBack(t *testing.T) {
	if testing.Short() {
		t.Skip("many runs of the program")
	}
	for range rounds(t, undosVariable, 6) {
		seed := rand.IntN(math.MaxInt32)
		t.Run(strconv.Itoa(seed), func(t *testing.T) { roundTrip(t, rapid.Custom(drawFates).Example(seed)) })
	}
}

var successors = regexp.MustCompile(`"successors":\[[^]]*\]`)

func roundTrip(t *testing.T, fates []fate) {
	t.Helper()
	place := project{folder: t.TempDir(), url: startTestEmulator(t, emulator.Options{})}
	place.setUp(t, fates)
	before := place.state(t)
	created, deleted := 0, 0
	for _, f := range fates {
		switch {
		case f.create == nil:
			created++
		case f.wanted["state"] != nil:
			deleted++
		}
	}
	report := place.run(t, append([]string{"tenant", "sync"}, approvals(deleted)...)...)
	if len(report.Results) == 0 {
		return
	}
	synced := place.state(t)
	place.run(t, append([]string{"undo"}, approvals(created)...)...)
	if after := place.state(t); after != before {
		t.Fatalf("the undo: it was\n%s\nand is\n%s", before, after)
	}
	place.run(t, append([]string{"undo"}, approvals(deleted)...)...)
	if after := place.state(t); after != synced {
		t.Fatalf("the undo of the undo: it was\n%s\nand is\n%s", synced, after)
	}
	restored := place.run(t, append([]string{"backup", "restore", *report.Backup}, approvals(0)...)...).Restored
	if restored == nil || restored.Equal != len(fates)-created || len(restored.Different) > 0 {
		t.Fatalf("restored %+v", restored)
	}
	after := successors.ReplaceAllString(place.state(t), "") // what the sync has created stays, below its parent
	for line := range strings.Lines(successors.ReplaceAllString(before, "")) {
		if !strings.Contains(after, line) {
			t.Fatalf("the restore: not any more\n%s\nin\n%s", line, after)
		}
	}
}
