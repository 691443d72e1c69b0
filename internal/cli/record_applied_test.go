package cli

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/applied"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// configure writes the configuration of a workplace.
func (w workplace) configure(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.folder, "descope.yaml"), []byte("version: \"1.0\"\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// do runs a command that has to end with status 0, in silence where nothing is
// wrong with its records.
func (w workplace) do(t *testing.T, args ...string) finished {
	t.Helper()
	done := w.run(t.Context(), args...)
	if done.status != 0 || strings.Contains(done.errors+done.out, "the record of what was applied") {
		t.Fatalf("%s: status %d\n%s%s", strings.Join(args, " "), done.status, done.out, done.errors)
	}
	return done
}

// recordFolder is where the records of a workplace's project are.
func (w workplace) recordFolder(t *testing.T) store.Folder {
	t.Helper()
	base, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	return store.Open(filepath.Join(w.folder, ".descope-mgmt")).Project(descope.HostName(base), scriptProject).Folder("applied")
}

func (w workplace) recorded(t *testing.T) map[resource.Address]drift.Object {
	t.Helper()
	base, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	folder := w.recordFolder(t)
	found, err := applied.Open(applied.Options{
		Host: descope.HostName(base), ProjectID: scriptProject, Folder: folder, Own: folder,
		Keys: store.Open(filepath.Join(w.folder, ".descope-mgmt")).Folder("applied"),
	}).Read()
	if err != nil {
		t.Fatal(err)
	}
	return found.Objects
}

// reader is a client of nobody's.
func (w workplace) reader(t *testing.T) *descope.Reader {
	t.Helper()
	client, err := descope.Connect(descope.Options{ProjectID: scriptProject, ManagementKey: resource.NewSecret(scriptKey), BaseURL: w.url, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return client.Reader()
}

// wantRecorded wants just these objects to be recorded, an "-" in front for those
// that are not there, and every value to be the live one.
func (w workplace) wantRecorded(t *testing.T, want ...string) map[resource.Address]drift.Object {
	t.Helper()
	found := w.recorded(t)
	tenants, err := w.reader(t).Tenants(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	live := byID(tenants)
	got := []string{}
	for _, address := range slices.Sorted(maps.Keys(found)) {
		object := found[address]
		name := string(address)
		if object.Absent {
			name = "-" + name
		}
		got = append(got, name)
		if address.Kind() == resource.KindFlow {
			w.wantFlow(t, address, object)
			continue
		}
		w.wantTenant(t, address, object, live[address.ID()])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("recorded objects: %s", diff)
	}
	return found
}

func (w workplace) wantTenant(t *testing.T, address resource.Address, object drift.Object, live *resource.Tenant) {
	t.Helper()
	if object.Absent != (live == nil) {
		t.Errorf("%s: recorded absent: %v", address, object.Absent)
	}
	if live == nil {
		return
	}
	raw, err := w.reader(t).TenantSettings(t.Context(), live.ID)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := live.WithSettings(raw)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]resource.Value{}
	addValues(want, whole)
	maps.DeleteFunc(want, func(path string, _ resource.Value) bool { // settings only where they are known
		_, known := object.Values[path]
		return strings.HasPrefix(path, "settings.") && !known
	})
	if diff := cmp.Diff(want, object.Values); diff != "" {
		t.Errorf("%s: %s", address, diff)
	}
}

func (w workplace) wantFlow(t *testing.T, address resource.Address, object drift.Object) {
	t.Helper()
	live, err := w.reader(t).FlowIfThere(t.Context(), address.ID())
	if err != nil {
		t.Fatal(err)
	}
	if object.Absent != (live == nil) || live != nil && !flow.Same(object.Document, live.Document) {
		t.Errorf("%s is not recorded as it is live", address)
	}
}

const recordedConfig = `tenants:
  - { id: acme, name: Acme, custom_attributes: { plan: pro, seats: 9007199254740993 }, settings: { enabled: true, session_token_expiration: 10 } }
  - { id: beta, name: Beta, self_provisioning_domains: [b.example, a.example] }
flows:
  - { template: magic-link, id: login }
`

// TestRecordsFollowEachCommandThatWrites: after each of them the records say what
// is live, as far as this tool has made it so.
func TestRecordsFollowEachCommandThatWrites(t *testing.T) {
	place := newWorkplace(t, 0)
	place.configure(t, recordedConfig)
	place.do(t, "apply", "--yes")
	found := place.wantRecorded(t, "flow/login", "tenant/acme", "tenant/beta")
	if got := found["tenant/acme"]; !slices.Equal(got.Managed, []string{"custom_attributes.plan", "custom_attributes.seats", "name", "settings.enabled", "settings.session_token_expiration"}) || got.Values["settings.session_token_expiration"] != "10" {
		t.Errorf("got %+v", got)
	}
	for _, step := range []struct {
		args   string
		config string // before it, where it is another
		want   string
	}{
		{args: "tenant update acme --name Other --attribute plan=free --yes", want: "flow/login tenant/acme tenant/beta"},
		{args: "undo --yes", want: "flow/login tenant/acme tenant/beta"},
		{args: "tenant update acme --name Other --yes", want: "flow/login tenant/acme tenant/beta"},
		{args: "tenant sync --yes", want: "flow/login tenant/acme tenant/beta"},
		{args: "tenant create gamma --name Gamma --domain c.example --yes", want: "flow/login tenant/acme tenant/beta tenant/gamma"},
		{args: "tenant delete gamma --allow-deletes 1", want: "flow/login tenant/acme tenant/beta -tenant/gamma"},
		{args: "undo --yes", want: "flow/login tenant/acme tenant/beta tenant/gamma"},
		{args: "tenant delete gamma --allow-deletes 1", want: "flow/login tenant/acme tenant/beta -tenant/gamma"},
		{args: "flow deploy --yes", config: strings.Replace(recordedConfig, "id: login", "id: login, name: Now", 1), want: "flow/login tenant/acme tenant/beta -tenant/gamma"},
		{args: "flow rollback login --yes", want: "flow/login tenant/acme tenant/beta -tenant/gamma"},
		{args: "flow export login -o login.json", want: "flow/login tenant/acme tenant/beta -tenant/gamma"},
		{args: "flow import login.json --flow-id other --yes", want: "flow/login flow/other tenant/acme tenant/beta -tenant/gamma"},
		{args: "flow delete other --allow-deletes 1", want: "flow/login -flow/other tenant/acme tenant/beta -tenant/gamma"},
		{
			args: "apply --yes --allow-deletes 2 --allow-breaking-changes", config: `tenants: [ { id: beta, state: absent }, { id: never, state: absent }, { id: acme } ]
flows: [ { id: login, state: absent }, { template: magic-link, id: second, enabled: false } ]
`, want: "-flow/login flow/second tenant/acme -tenant/beta -tenant/never",
		},
		{args: "backup restore latest --yes", want: "flow/login flow/second tenant/acme tenant/beta -tenant/never"},
		{args: "undo --yes --allow-deletes 2 --allow-breaking-changes", want: "-flow/login flow/second tenant/acme -tenant/beta -tenant/never"},
		{args: "apply --yes --target tenant/acme", config: "tenants: [ { id: acme } ]\nflows: []\n", want: "-flow/login flow/second tenant/acme -tenant/beta -tenant/never"},
		{args: "tenant sync --yes", want: "-flow/login flow/second tenant/acme"},
		{args: "apply --yes", want: "flow/second tenant/acme"},
	} {
		if step.config != "" {
			place.configure(t, step.config)
		}
		place.do(t, strings.Fields(step.args)...)
		place.wantRecorded(t, strings.Fields(step.want)...)
		if t.Failed() {
			t.Fatalf("after %s", step.args)
		}
	}
}

// TestRecordsCostNoCalls: a sync of N costs 1 + N + 1 calls, and one with nothing to
// do a single one. That one writes nothing either, unless there is something new:
// it makes the records of a project that has none, and takes over what others have
// changed and the configuration leaves alone.
func TestRecordsCostNoCalls(t *testing.T) {
	const tenants = 7
	place := newWorkplace(t, tenants)
	calls := func(args ...string) int {
		before := sum(requests(t, place.url))
		place.do(t, args...)
		return sum(requests(t, place.url)) - before
	}
	if got := calls("tenant", "sync", "--yes"); got != 1+tenants+1 {
		t.Errorf("%d calls", got)
	}
	path := place.recordFolder(t).Path("applied.jsonl")
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := calls("tenant", "sync", "--yes"); got != 1 {
		t.Errorf("%d calls with nothing to do", got)
	}
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) || !before.ModTime().Equal(after.ModTime()) {
		t.Errorf("the record was written although nothing is new: %v", err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fetch(t.Context(), http.MethodPatch, place.url, "/v1/mgmt/tenant/patch", `{"id":"tenant-003","roleInheritance":"userOnly"}`); err != nil {
		t.Fatal(err)
	}
	if got := calls("tenant", "sync", "--yes"); got != 1 {
		t.Errorf("%d calls with nothing to do", got)
	}
	changed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	old, now := strings.Split(string(content), "\n"), strings.Split(string(changed), "\n")
	for i := range old {
		if (old[i] != now[i]) != strings.Contains(old[i], "tenant-003") {
			t.Errorf("line %d:\n%s\n%s", i+1, old[i], now[i])
		}
	}
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	if got := calls("tenant", "sync", "--yes"); got != 1 {
		t.Errorf("%d calls with nothing to do", got)
	}
	if got := place.recorded(t); len(got) != tenants {
		t.Errorf("%d objects", len(got))
	}
}

func sum(counts map[string]int) int {
	all := 0
	for _, count := range counts {
		all += count
	}
	return all
}

// TestWhatFailedKeepsItsRecord, and all the others of the run get theirs.
func TestWhatFailedKeepsItsRecord(t *testing.T) {
	place := newWorkplace(t, 3)
	place.do(t, "tenant", "sync", "--yes")
	text, err := os.ReadFile(filepath.Join(place.folder, "descope.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(place.folder, "descope.yaml"), []byte(strings.ReplaceAll(string(text), "name: Tenant", "name: Now")), 0o600); err != nil {
		t.Fatal(err)
	}
	controlEmulator(t, http.MethodPost, place.url, "faults", `{"match":{"method":"PATCH","count":1},"do":{"status":400,"body":{"errorCode":"E011003"}}}`)
	report := place.run(t.Context(), "tenant", "sync", "--yes", "--format", "json", "--max-workers", "1").report(t)
	if report.Summary.Succeeded != 2 || report.Summary.Failed != 1 {
		t.Fatalf("got %+v", report.Summary)
	}
	found := place.recorded(t)
	for _, result := range report.Results {
		old := strings.Contains(string(found[result.Address].Values["name"]), "Tenant")
		if (result.Status == resource.StatusFailed) != old || (found[result.Address].RunID == report.RunID) == old {
			t.Errorf("%s is %s, and recorded as %+v", result.Address, result.Status, found[result.Address])
		}
	}
}

// TestRecordsAreNeverInTheWay: where they cannot be read or written there is a
// warning, and all else is as always.
func TestRecordsAreNeverInTheWay(t *testing.T) {
	for name, damage := range map[string]func(folder string) error{
		"damaged": func(folder string) error {
			return os.WriteFile(filepath.Join(folder, "applied.jsonl"), []byte("<<<<<<< HEAD\n"), 0o600)
		},
		"a newer one": func(folder string) error {
			return os.WriteFile(filepath.Join(folder, "applied.jsonl"), []byte(`{"format_version":"2.0"}`), 0o600)
		},
		"a file": func(folder string) error {
			return replaceBy(folder, func() error { return os.WriteFile(folder, nil, 0o600) })
		},
		"a link": func(folder string) error {
			path := filepath.Join(folder, "applied.jsonl")
			return replaceBy(path, func() error { return os.Symlink("/dev/null", path) })
		},
		"no lock": func(folder string) error {
			path := filepath.Join(folder, "applied.lock")
			return replaceBy(path, func() error { return os.Mkdir(path, 0o700) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			place := newWorkplace(t, 1)
			place.do(t, "tenant", "sync", "--yes")
			if err := damage(place.recordFolder(t).Dir()); err != nil {
				t.Fatal(err)
			}
			place.configure(t, "tenants: [ { id: tenant-000, name: Now } ]\n")
			for _, args := range [][]string{
				{"tenant", "sync", "--yes", "--format", "json"},
				{"tenant", "update", "tenant-000", "--name", "Other", "--yes", "--format", "json"},
				{"tenant", "sync", "--yes"},
				{"tenant", "sync", "--yes", "--format", "json"},
			} {
				done := place.run(t.Context(), args...)
				if done.status != 0 || !strings.Contains(done.errors+done.out, "the record of what was applied is not up to date") {
					t.Errorf("%v: status %d\n%s%s", args, done.status, done.out, done.errors)
				}
				if slices.Contains(args, "json") && done.report(t).RunID == "" {
					t.Errorf("no report: %s", done.out)
				}
			}
			if found, err := place.reader(t).Tenant(t.Context(), "tenant-000"); err != nil || found.Name != "Now" {
				t.Errorf("got %+v, %v", found, err)
			}
		})
	}
}

// replaceBy puts something in the place of what is there.
func replaceBy(path string, make func() error) error {
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	return make()
}

// TestRecordsAreRightAfterAKill: a run that is killed has written nothing down, and
// the next one does, whatever is left for it to do.
func TestRecordsAreRightAfterAKill(t *testing.T) {
	const tenants = 6
	for _, sent := range []int{1, 3, tenants} {
		place := newWorkplace(t, tenants)
		controlEmulator(t, http.MethodPost, place.url, "faults", `{"match":{"method":"GET","path":"/v1/mgmt/tenant/all","nth":2},"do":{"delay":"60s"}}`)
		ctx, kill := context.WithCancel(t.Context())
		ended := make(chan finished)
		go func() { ended <- place.run(ctx, "tenant", "sync", "--yes", "--max-workers", "1") }()
		for requests(t, place.url)["/v1/mgmt/tenant/create"] < sent && t.Context().Err() == nil {
			runtime.Gosched()
		}
		kill()
		if got := <-ended; got.status != -1 {
			t.Fatalf("it was not killed: %+v", got)
		}
		controlEmulator(t, http.MethodDelete, place.url, "faults", "")
		if _, err := os.Stat(place.recordFolder(t).Path("applied.jsonl")); err == nil {
			t.Error("a run that was killed has recorded what nobody has verified")
		}
		place.do(t, "tenant", "sync", "--yes")
		if found := place.recorded(t); len(found) != tenants {
			t.Errorf("%d objects", len(found))
		}
	}
}
