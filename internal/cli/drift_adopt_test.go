package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const adoptedText = `version: "1.0"
environments:
  dev:
    project_id: P2dev
    overlay:
      tenants:
        - id: acme   # ours
          remove_attributes: [gone]
tenants:
  - id: acme
    name: Acme
    custom_attributes: { plan: basic }
`

// adopting is an adoption of one tenant in the environment dev, with findings that
// somebody else has made.
func adopting(t *testing.T, text, live string, findings ...drift.Finding) *adoption {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "descope.yaml"), []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	app := &App{WorkDir: folder, Out: io.Discard, Err: io.Discard, redact: newRedactor(io.Discard, io.Discard)}
	loaded, err := config.Load(t.Context(), app.configOptions(need{editing: true}))
	if err != nil {
		t.Fatal(err)
	}
	tenant, err := resource.ParseTenant([]byte(live))
	if err == nil {
		tenant, err = tenant.WithSettings([]byte(`{"enabled":true,"sessionTokenExpiration":5}`))
	}
	if err != nil {
		t.Fatal(err)
	}
	side := &adoptSide{
		session: &session{app: app, config: loaded, target: config.Target{Environment: "dev", Resources: "dev"}, live: []resource.Tenant{tenant}},
		in:      drift.Input{Manage: loaded.Manage("dev"), Desired: loaded.Desired("dev"), Live: []resource.Tenant{tenant}},
		result:  drift.Result{Findings: findings},
	}
	return &adoption{app: app, addresses: []resource.Address{"tenant/acme"}, sides: []*adoptSide{side}, files: &fileEdits{app: app}}
}

// prepared makes all edits and checks, and gives the text that would be written.
func prepared(t *testing.T, d *adoption) (string, error) {
	t.Helper()
	if err := d.adopt(t.Context(), "tenant/acme"); err != nil {
		return "", err
	}
	if err := d.settle(); err != nil {
		return "", err
	}
	if err := d.check(t.Context()); err != nil {
		return "", err
	}
	return string(d.files.files[0].after), nil
}

func finding(path, live string, managed bool) drift.Finding {
	return drift.Finding{
		Address: "tenant/acme", Kind: resource.KindTenant, ID: "acme", Path: path, Change: drift.ChangeField,
		State: drift.StateDrifted, Severity: resource.SeverityCritical, Managed: managed, Live: resource.Value(live),
	}
}

func TestAdoptWhatIsNotManaged(t *testing.T) {
	d := adopting(t, adoptedText, `{"id":"acme","name":"Acme","disabled":true,"customAttributes":{"plan":"basic"},"enforceSSOExclusions":["u1"]}`,
		finding("disabled", "true", false), finding("settings.session_token_expiration", "5", false), finding("enforce_sso_exclusions", `["u1"]`, false))
	got, err := prepared(t, d)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(adoptedText, "[gone]\n", "[gone]\n          disabled: true\n          settings:\n            session_token_expiration: 5\n", 1)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(d.recorded) != 1 || d.recorded[0].Path != "enforce_sso_exclusions" {
		t.Errorf("recorded %v", d.recorded)
	}
}

func TestAdoptNeverWritesWhatMustNotBeShown(t *testing.T) {
	secret := finding("name", "", true)
	secret.Sensitive = true
	d := adopting(t, adoptedText, `{"id":"acme","name":"Acme"}`, secret)
	if _, err := prepared(t, d); StatusOf(err) != StatusRefused || !strings.Contains(err.Error(), "must not be shown") {
		t.Errorf("error %v", err)
	}
}

func TestAdoptKeepsWhatTheOverlayRemoves(t *testing.T) {
	gone := finding("custom_attributes.plan", "", true)
	d := adopting(t, adoptedText, `{"id":"acme","name":"Acme"}`, gone)
	got, err := prepared(t, d)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(adoptedText, "[gone]", "[gone, plan]", 1); got != want {
		t.Error(cmp.Diff(want, got))
	}
}

func TestAdoptRefusesWhatAPlanWouldTakeBack(t *testing.T) {
	d := adopting(t, adoptedText, `{"id":"acme","name":"Acme","customAttributes":{"plan":"basic"}}`, finding("name", `"Not live"`, true))
	if _, err := prepared(t, d); StatusOf(err) != StatusRefused || !strings.Contains(err.Error(), "a plan for environment dev would still update it") {
		t.Errorf("error %v", err)
	}
}

func TestAdoptRefusesWhatValidationDoes(t *testing.T) {
	d := adopting(t, adoptedText, `{"id":"acme","name":"Acme"}`, finding("self_provisioning_domains", `["gmail.com"]`, true))
	if _, err := prepared(t, d); StatusOf(err) != StatusRefused || !strings.Contains(err.Error(), "descope.yaml:9:39") || !strings.Contains(err.Error(), "public mail") {
		t.Errorf("error %v", err)
	}
}

func TestFilesThatChangeMeanwhileAreNotWritten(t *testing.T) {
	d := adopting(t, adoptedText, `{"id":"acme","name":"New","customAttributes":{"plan":"basic"}}`, finding("name", `"New"`, true))
	if _, err := prepared(t, d); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(d.app.WorkDir, "descope.yaml")
	if err := os.WriteFile(path, []byte("# mine\n"+adoptedText), 0o640); err != nil {
		t.Fatal(err)
	}
	var refused *failure
	if err := d.files.write(nil); !errors.As(err, &refused) || refused.code != "file_changed" {
		t.Errorf("error %v", err)
	}
	if text, _ := os.ReadFile(path); !strings.HasPrefix(string(text), "# mine\n") {
		t.Error("the file was written over")
	}
}

func TestFilesAreAllWrittenOrNone(t *testing.T) {
	d := adopting(t, adoptedText, `{"id":"acme","name":"New","customAttributes":{"plan":"basic"}}`, finding("name", `"New"`, true))
	if _, err := prepared(t, d); err != nil {
		t.Fatal(err)
	}
	folder := d.app.WorkDir
	config := d.files.files[0]
	for name, text := range map[string]string{"old.json": "old", "blocked": "a file where a folder is needed"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"old.json", "flows/new.json", "flows/dev/other.json"} {
		if _, err := d.files.put(filepath.Join(folder, name), []byte("new"), config.mode); err != nil {
			t.Fatal(err)
		}
	}
	d.files.files = append(d.files.files, &fileEdit{name: "blocked/x.json", path: filepath.Join(folder, "blocked", "x.json"), mode: 0o600, after: []byte("new")})
	if err := d.files.write(nil); err == nil {
		t.Fatal("no error")
	} else if StatusOf(err) != StatusError {
		t.Fatalf("error %v", err)
	}
	if text, _ := os.ReadFile(filepath.Join(folder, "old.json")); string(text) != "old" {
		t.Errorf("old.json is %q", text)
	}
	if text, _ := os.ReadFile(filepath.Join(folder, "descope.yaml")); string(text) != adoptedText {
		t.Error("the configuration was written")
	}
	if _, err := os.Stat(filepath.Join(folder, "flows", "new.json")); err == nil {
		t.Error("a new file stays")
	}
}

func TestWrittenFilesKeepTheirModeAndLinks(t *testing.T) {
	d := adopting(t, adoptedText, `{"id":"acme","name":"New","customAttributes":{"plan":"basic"}}`, finding("name", `"New"`, true))
	real, link := filepath.Join(d.app.WorkDir, "real.yaml"), filepath.Join(d.app.WorkDir, "descope.yaml")
	if err := errors.Join(os.Rename(link, real), os.Symlink("real.yaml", link)); err != nil {
		t.Fatal(err)
	}
	if _, err := prepared(t, d); err != nil {
		t.Fatal(err)
	}
	if err := d.files.write(nil); err != nil {
		t.Fatal(err)
	}
	if target, err := os.Readlink(link); err != nil || target != "real.yaml" {
		t.Errorf("the link leads to %q, %v", target, err)
	}
	info, err := os.Stat(real)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if text, _ := os.ReadFile(real); !strings.Contains(string(text), "name: New") {
		t.Errorf("text %s", text)
	}
}
