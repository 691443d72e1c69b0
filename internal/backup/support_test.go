package backup_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

var testTime = time.Date(2025, 11, 10, 14, 30, 15, 123_456_000, time.UTC)

const acme = `{"id":"acme-corp","name":"Acme Corporation","selfProvisioningDomains":["acme.com","acme.net"],` +
	`"customAttributes":{"plan":"enterprise","seats":9007199254740993,"ratio":1e400},"createdTime":1699999999,` +
	`"successors":["x"],"parent":null,"news":{"b":1.50,"a":"\u00e9 é <&>"}}`

// tenant makes an entry of the API's text.
func tenant(t testing.TB, raw string, extras backup.Extras, omit backup.Omit) backup.Tenant {
	t.Helper()
	live, err := resource.ParseTenant(json.RawMessage(raw))
	if err != nil {
		t.Fatal(err)
	}
	made, err := backup.NewTenant(live, extras, omit)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// sample is a backup with everything that one can hold.
func sample(t testing.TB) backup.Backup {
	t.Helper()
	return backup.Backup{
		Metadata: backup.Metadata{
			Version: backup.Version, Timestamp: testTime, Operation: "tenant-sync", User: new("engineer@portco.com"),
			GitCommit: new("0123456789abcdef0123456789abcdef01234567"), GitDirty: new(true), Environment: new("production"),
			ProjectID: "P2abc", Host: "api.descope.com", ToolVersion: "1.2.3", RunID: "20251110T143015Z-00ff", FlowsAbsent: []string{"sign-up", "täst"},
		},
		Tenants: []backup.Tenant{
			tenant(t, acme, backup.Extras{
				Settings: json.RawMessage(`{"enabled":true,"sessionTokenExpiration":10}`),
				SSO:      []json.RawMessage{json.RawMessage(`{"ssoId":"s1","oidc":{"clientId":"c"}}`)},
				Roles:    []json.RawMessage{}, PasswordSettings: json.RawMessage(`{"minLength":8}`),
			}, backup.Omit{Paths: []resource.Path{{Field: "custom_attributes", Key: "plan"}}}),
			tenant(t, `{"id":"b","name":""}`, backup.Extras{}, backup.Omit{}),
		},
		Flows: []backup.Flow{{
			Name: "Sign in", Template: "sign-up-or-in", Enabled: true, Config: json.RawMessage(`{"a":1.0}`), Version: new("1.0"),
			ID: "sign-in", Raw: json.RawMessage(`{"flowId":"sign-in","contents":{}}`),
		}},
		ProjectSettings: json.RawMessage(`{"name":"Project"}`),
	}
}

func encode(t testing.TB, b backup.Backup) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := backup.Encode(&out, b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// seedExample is the example of the format's specification, byte for byte.
func seedExample(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "seed-example.json"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func directory(t testing.TB, dir string) backup.Directory {
	t.Helper()
	opened, err := backup.OpenDirectory(store.Open(filepath.Join(dir, "state")), dir)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// taken is a backup of that time, operation and project, with one tenant.
func taken(t testing.TB, at time.Time, operation, host, project string) backup.Backup {
	t.Helper()
	return backup.Backup{
		Metadata: backup.Metadata{Timestamp: at, Operation: operation, Host: host, ProjectID: project},
		Tenants:  []backup.Tenant{tenant(t, acme, backup.Extras{}, backup.Omit{})},
	}
}

func save(t testing.TB, files backup.Files, b backup.Backup) backup.Saved {
	t.Helper()
	saved, err := backup.Save(t.Context(), files, b)
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

// names lists everything in a folder, hidden files too.
func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := []string{}
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	return found
}

// hooked is a folder in which something happens before or instead of a call.
type hooked struct {
	backup.Files
	opened []string
	before func(call, name string) error
}

func (h *hooked) run(call, name string) error {
	if h.before == nil {
		return nil
	}
	return h.before(call, name)
}

func (h *hooked) Create(ctx context.Context, name string, write func(io.Writer) error) error {
	if err := h.run("create", name); err != nil {
		return err
	}
	return h.Files.Create(ctx, name, func(out io.Writer) error {
		if err := write(out); err != nil {
			return err
		}
		return h.run("written", name)
	})
}

func (h *hooked) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	h.opened = append(h.opened, name)
	if err := h.run("open", name); err != nil {
		return nil, err
	}
	return h.Files.Open(ctx, name)
}

func (h *hooked) Remove(ctx context.Context, name string) error {
	if err := h.run("remove", name); err != nil {
		return err
	}
	return h.Files.Remove(ctx, name)
}

// many is a backup of so many tenants, about 600 bytes each.
func many(t testing.TB, count int) backup.Backup {
	t.Helper()
	b := taken(t, testTime, "tenant-sync", "api.descope.com", "P2abc")
	b.Tenants = nil
	for i := range count {
		raw := fmt.Sprintf(`{"id":"tenant-%05d","name":"Tenant %05d","selfProvisioningDomains":["t%05d.example.com","t%05d.example.net"],`+
			`"customAttributes":{"plan":"enterprise","region":"us-east","seats":%d,"note":"%s"},"authType":"none","enforceSSO":false,`+
			`"disabled":false,"domains":[],"createdTime":1699999999,"roleInheritance":"","successors":[],"federatedAppIds":[],"defaultRoles":["Viewer"]}`,
			i, i, i, i, i, strings.Repeat("lorem ipsum ", 19))
		b.Tenants = append(b.Tenants, tenant(t, raw, backup.Extras{}, backup.Omit{}))
	}
	return b
}
