package backup_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
)

func TestEncode(t *testing.T) {
	text := string(encode(t, sample(t)))
	digest := text[strings.Index(text, `"sha256": "`)+len(`"sha256": "`):][:64]
	sum := sha256.Sum256([]byte(strings.Replace(text, digest, strings.Repeat("0", 64), 1)))
	if hex.EncodeToString(sum[:]) != digest {
		t.Error("the digest is not that of the bytes with zeros in its own place")
	}
	want, err := os.ReadFile(filepath.Join("testdata", "sample.json"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Error(diff)
	}
	if !bytes.Equal(encode(t, sample(t)), []byte(text)) {
		t.Error("the same backup gives other bytes")
	}
}

func TestEncodeRefusesWhatCouldNotBeRead(t *testing.T) {
	cases := map[string]struct {
		change func(*backup.Backup)
		want   string
	}{
		"no time":           {func(b *backup.Backup) { b.Metadata.Timestamp = b.Metadata.Timestamp.AddDate(9000, 0, 0) }, "needs the time"},
		"another format":    {func(b *backup.Backup) { b.Metadata.Version = "2.0" }, `not "2.0"`},
		"raw is no JSON":    {func(b *backup.Backup) { b.Tenants[1].Raw = json.RawMessage(`{"a":}`) }, "backup of tenant 2: raw: "},
		"raw is empty":      {func(b *backup.Backup) { b.Tenants[0].Raw = json.RawMessage{} }, "raw: "},
		"a key twice":       {func(b *backup.Backup) { b.Flows[0].Raw = json.RawMessage(`{"a":1,"a":1}`) }, "backup of flow 1: raw: "},
		"settings a list":   {func(b *backup.Backup) { b.Tenants[0].Settings = json.RawMessage(`[]`) }, "settings: not a JSON object"},
		"a role is no JSON": {func(b *backup.Backup) { b.Tenants[0].Roles = []json.RawMessage{json.RawMessage(`1 2`)} }, "sso or roles: "},
		"project settings":  {func(b *backup.Backup) { b.ProjectSettings = json.RawMessage(`7`) }, "project_settings: "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := sample(t)
			c.change(&b)
			var out bytes.Buffer
			if _, err := backup.Encode(&out, b); err == nil || !strings.Contains(err.Error(), c.want) || out.Len() > 0 {
				t.Errorf("got %v and %d bytes", err, out.Len())
			}
		})
	}
}

// TestSeedExample: the example of the specification is read as it is; it has no
// seal.
func TestSeedExample(t *testing.T) {
	got, err := backup.Parse(bytes.NewReader(seedExample(t)))
	if err != nil {
		t.Fatal(err)
	}
	want := backup.Backup{
		Metadata: backup.Metadata{
			Version: "1.0", Timestamp: testTime, Operation: "tenant-sync", User: new("engineer@portco.com"),
			GitCommit: new("abc123def456..."), Environment: new("production"), ProjectID: "P2abc123...",
		},
		Tenants: []backup.Tenant{{
			ID: "acme-corp", Name: "Acme Corporation", SelfProvisioning: true, Domains: []string{"acme.com", "acme.net"},
			CustomAttributes: got.Tenants[0].CustomAttributes, CreatedTime: 1699999999, UpdatedTime: 1700000100,
		}},
		Flows: []backup.Flow{{
			Name: "Default Login Flow", Template: "sign-up-or-in", Enabled: true, Config: json.RawMessage("{}"), Version: new("1.0"),
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.Metadata.Sealed() {
		t.Error("it counts as sealed")
	}
}

// TestKeysAreThoseOfTheSpecification: none of its keys is missing in a file of
// ours, and what is there beside them is known.
func TestKeysAreThoseOfTheSpecification(t *testing.T) {
	seed, ours := decode(t, seedExample(t)), decode(t, encode(t, sample(t)))
	part := func(document map[string]any, key string) map[string]any {
		object, isObject := document[key].(map[string]any)
		if !isObject {
			object = document[key].([]any)[0].(map[string]any)
		}
		return object
	}
	if diff := cmp.Diff(keysOf(seed), keysOf(ours)); diff != "" {
		t.Error(diff)
	}
	extra := map[string][]string{
		"metadata": {"flows_absent", "git_dirty", "host", "run_id", "sha256", "tool_version"},
		"tenants":  {"omitted", "passwordSettings", "raw", "roles", "settings", "sso"},
		"flows":    {"id", "raw"},
	}
	for key, extra := range extra {
		want := append(keysOf(part(seed, key)), extra...)
		slices.Sort(want)
		if diff := cmp.Diff(want, keysOf(part(ours, key))); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
	ours = decode(t, encode(t, backup.Backup{
		Metadata: backup.Metadata{Timestamp: testTime}, Tenants: []backup.Tenant{{}}, Flows: []backup.Flow{{}},
	}))
	for _, key := range []string{"metadata", "tenants", "flows"} {
		for _, name := range keysOf(part(seed, key)) {
			if _, found := part(ours, key)[name]; !found {
				t.Errorf("an empty backup has no %s.%s", key, name)
			}
		}
	}
}

func decode(t *testing.T, text []byte) map[string]any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text)) // exact numbers
	if err != nil {
		t.Fatal(err)
	}
	return value.(map[string]any)
}

func keysOf(object map[string]any) []string {
	keys := []string{}
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func TestSchema(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "schemas", "backup.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("backup.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("backup.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	ours := string(encode(t, sample(t)))
	cases := []struct {
		name, text string
		valid      bool
	}{
		{"ours", ours, true},
		{"ours, empty", string(encode(t, backup.Backup{Metadata: backup.Metadata{Timestamp: testTime}})), true},
		{"the specification's example", string(seedExample(t)), true},
		{"a later minor version", strings.Replace(ours, `"metadata": {`, `"later": 1, "metadata": {"later": 1,`, 1), true},
		{"a time that is none", strings.Replace(ours, "2025-11-10T", "yesterday", 1), false},
		{"a major version", strings.Replace(ours, `"version": "1.0"`, `"version": "2.0"`, 1), false},
		{"a digest in capitals", strings.Replace(ours, `"sha256": "`, `"sha256": "A`, 1), false},
		{"a tenant without an id", strings.Replace(ours, `"id": "b",`, ``, 1), false},
		{"domains as text", strings.Replace(ours, `"domains": []`, `"domains": ""`, 1), false},
	}
	for _, c := range cases {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(c.text))
		if err != nil {
			t.Fatal(c.name, err)
		}
		if err := schema.Validate(value); (err == nil) != c.valid {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	// Every key that is written has its place and its description in the schema.
	described := document.(map[string]any)["$defs"].(map[string]any)
	written := decode(t, []byte(ours))
	for definition, object := range map[string]any{
		"metadata": written["metadata"], "tenant": written["tenants"].([]any)[0], "flow": written["flows"].([]any)[0],
	} {
		properties := described[definition].(map[string]any)["properties"].(map[string]any)
		if diff := cmp.Diff(keysOf(object.(map[string]any)), keysOf(properties)); diff != "" {
			t.Errorf("%s: %s", definition, diff)
		}
		for key, property := range properties {
			if property.(map[string]any)["title"] == nil || property.(map[string]any)["description"] == nil {
				t.Errorf("%s.%s has no title or no description", definition, key)
			}
		}
	}
}
