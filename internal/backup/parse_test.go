package backup_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestParseGivesBackWhatWasEncoded(t *testing.T) {
	want := sample(t)
	text := encode(t, want)
	got, err := backup.Parse(iotest.OneByteReader(bytes.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	want.Metadata.SHA256 = got.Metadata.SHA256
	if diff := cmp.Diff(want, got); diff != "" || !got.Metadata.Sealed() {
		t.Error(diff)
	}
}

// TestEveryFlippedBitIsFound goes over all bits of a whole file.
func TestEveryFlippedBitIsFound(t *testing.T) {
	text := encode(t, sample(t))
	for at := range text {
		for bit := range 8 {
			text[at] ^= 1 << bit
			_, err := backup.Parse(bytes.NewReader(text))
			if _, found := errors.AsType[*backup.DamagedError](err); !found {
				t.Errorf("bit %d of byte %d, now %q: %v", bit, at, text[at], err)
			}
			text[at] ^= 1 << bit
		}
	}
	if _, err := backup.Parse(bytes.NewReader(text)); err != nil {
		t.Error(err)
	}
	for _, cut := range []int{0, 1, 20, len(text) / 2, len(text) - 2, len(text) - 1} {
		if _, err := backup.Parse(bytes.NewReader(text[:cut])); err == nil {
			t.Errorf("a file of the first %d bytes of %d passes", cut, len(text))
		}
	}
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	seed := string(seedExample(t))
	ours := string(encode(t, sample(t)))
	replace := func(text, old, with string) string {
		changed := strings.Replace(text, old, with, 1)
		if changed == text {
			t.Fatalf("nothing was replaced: %s", old)
		}
		return changed
	}
	unsealed := func(text string) string {
		at := strings.Index(text, ",\n    \"sha256\"")
		return text[:at] + text[at+len(",\n    \"sha256\": \"\"")+64:]
	}
	cases := []struct{ name, text, want string }{
		{"nothing", "", "the document ends too early"},
		{"no object", "[]", "it wants an object and has a list"},
		{"no metadata", "{}", "it has no metadata"},
		{"trailing data", seed + "{}", "text after the end of the document"},
		{"the same key twice", replace(seed, `"flows"`, `"tenants"`), "tenants: the key stands twice"},
		{"the same key twice in metadata", replace(seed, `"user"`, `"operation"`), "metadata.operation: the key stands twice"},
		{"the same key twice, deep", replace(seed, `"region"`, `"plan"`), `tenants[0].customAttributes: the key "plan" stands twice`},
		{"the same key twice, escaped", replace(seed, `"user"`, `"o\u0070eration"`), "metadata.operation: the key stands twice"},
		{"a number for a text", replace(seed, `"acme-corp"`, `7`), "tenants[0].id: it wants a string and has a number"},
		{"null for a text", replace(seed, `"tenant-sync"`, `null`), "metadata.operation: it wants a string and has null"},
		{"a text for a number", replace(seed, `1699999999`, `"1"`), "tenants[0].createdTime: it wants a whole number and has a string"},
		{"a fraction", replace(seed, `1699999999`, `1.5`), "tenants[0].createdTime: it wants a whole number of 64 bits and has 1.5"},
		{"a text for a list", replace(seed, `["acme.com", "acme.net"]`, `"acme.com"`), "tenants[0].domains: it wants a list and has a string"},
		{"a list of other things", replace(seed, `"acme.net"`, `{}`), "tenants[0].domains[1]: it wants a string and has an object"},
		{"a list for an object", replace(seed, `"config": {}`, `"config": []`), "flows[0].config: it wants an object and has a list"},
		{"a text for a boolean", replace(seed, `"enabled": true`, `"enabled": "true"`), "flows[0].enabled: it wants a boolean and has a string"},
		{"settings", replace(seed, `"project_settings": null`, `"project_settings": 1`), "project_settings: it wants an object or null and has a number"},
		{"no time", replace(seed, `2025-11-10T14:30:15.123456Z`, `2025-11-10 14:30`), "metadata.timestamp: it wants a time such as"},
		{"a time without a zone", replace(seed, `15.123456Z`, `15.123456`), "metadata.timestamp: it wants a time such as"},
		{"a key is missing", replace(seed, `"id": "acme-corp",`, ``), "tenants[0]: it has no id"},
		{"a metadata key is missing", replace(seed, `"operation": "tenant-sync",`, ``), "metadata: it has no operation"},
		{"no JSON", replace(seed, `1700000100`, `01`), "tenants[0].updatedTime: "},
		{"no JSON, a word", replace(seed, `1700000100`, `nil`), "tenants[0].updatedTime: "},
		{"no JSON, a bracket", replace(seed, `"config": {}`, `"config": {]`), "flows[0].config: "},
		{"no JSON, no comma", replace(seed, `"tenant-sync",`, `"tenant-sync"`), "unexpected character '\"'"},
		{"a control character", replace(seed, `Acme Corporation`, "Acme\nCorporation"), "tenants[0].name: "},
		{"nested too deep", replace(seed, `"config": {}`, `"config": {"a":`+strings.Repeat("[", 200)+strings.Repeat("]", 200)+`}`), "flows[0].config: it nests deeper than 128 levels"},
		{"another format", replace(seed, `"version": "1.0"`, `"version": "2.0"`), `the backup has the format "2.0", and this version reads 1.x`},
		{"no format", replace(seed, `"version": "1.0"`, `"version": "1.x"`), `the backup has the format "1.x"`},
		{"another byte", replace(ours, "Acme", "Acne"), "its bytes do not have the digest"},
		{"a digest in capitals", replace(ours, `"sha256": "`, `"sha256": "F`), "metadata.sha256: it wants 64 hex digits in lower case"},
		{"no digest", unsealed(ours), "its metadata.sha256 is lost: an unsealed backup has no metadata.git_dirty"},
		{"raw without a digest", replace(seed, `"id": "acme-corp"`, `"id": "acme-corp", "raw": {}`), "its metadata.sha256 is lost: an unsealed backup has no tenants[0].raw"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := backup.Parse(strings.NewReader(c.text))
			damage, ok := errors.AsType[*backup.DamagedError](err)
			if !ok || !strings.Contains(damage.Reason, c.want) {
				t.Fatalf("got %v", err)
			}
			if fault := damage.Fault(); fault.Code != "damaged_backup" || fault.Hint == "" || fault.Message != err.Error() {
				t.Errorf("got %+v", fault)
			}
		})
	}
}

// TestDefaults: what the documented format lets a file leave out.
func TestDefaults(t *testing.T) {
	got, err := backup.Parse(strings.NewReader(`{"metadata":{"timestamp":"2025-11-10T14:30:15+01:00","operation":"o","project_id":"p"},
		"tenants":[{"id":"a","name":"A","createdTime":1,"updatedTime":2}],"flows":[{"name":"f","template":"t"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := backup.Backup{
		Metadata: backup.Metadata{Version: "1.0", Timestamp: testTime.Truncate(1e9).Add(-3600e9), Operation: "o", ProjectID: "p"},
		Tenants:  []backup.Tenant{{ID: "a", Name: "A", Domains: []string{}, CustomAttributes: json.RawMessage("{}"), CreatedTime: 1, UpdatedTime: 2}},
		Flows:    []backup.Flow{{Name: "f", Template: "t", Enabled: true, Config: json.RawMessage("{}")}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadErrorsAreNoDamage(t *testing.T) {
	text := encode(t, sample(t))
	broken := errors.New("the disk is broken")
	for _, at := range []int{0, 1, 500, len(text)} {
		in := iotest.DataErrReader(&failing{text: text[:at], err: broken})
		_, err := backup.Parse(in)
		if _, damaged := errors.AsType[*backup.DamagedError](err); damaged || !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v", at, err)
		}
	}
}

// failing reads a text, and then fails.
type failing struct {
	text []byte
	err  error
}

func (f *failing) Read(into []byte) (int, error) {
	n := copy(into, f.text)
	f.text = f.text[n:]
	if n == 0 {
		return 0, f.err
	}
	return n, nil
}

// anyObject draws JSON objects as an API could send them: numbers of all
// lengths, odd characters, nulls.
func anyObject(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var members []string
		for i := range rapid.IntRange(0, 4).Draw(t, "members") {
			members = append(members, fmt.Sprintf(`%s: %s`,
				resource.StringValue(fmt.Sprint(i)+rapid.StringN(0, 4, 8).Draw(t, "key")), anyJSON(depth).Draw(t, "value")))
		}
		return "{" + strings.Join(members, ", ") + "}"
	})
}

func anyJSON(depth int) *rapid.Generator[string] {
	leaf := rapid.OneOf(
		rapid.SampledFrom([]string{
			"null", "true", "false", "9007199254740993", "1e400", "-0", "0.1000", "1E-7", `"\ud83d\ude00"`, `"\u2028<&>"`, `"é\/"`,
			"123456789012345678901234567890.000000000000000000001", `""`, "[]", "{ }", "[1 ,2]",
		}),
		rapid.Map(rapid.String(), func(s string) string { return string(resource.StringValue(s)) }),
	)
	if depth == 0 {
		return leaf
	}
	return rapid.OneOf(leaf, anyObject(depth-1), rapid.Map(rapid.SliceOfN(anyJSON(depth-1), 0, 3), func(items []string) string {
		return "[" + strings.Join(items, ",") + "]"
	}))
}

// TestNothingIsLost: whatever the API gave comes back byte for byte.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		raw := func(name string) json.RawMessage { return json.RawMessage(anyObject(2).Draw(rt, name)) }
		text := func(name string) *string {
			return rapid.Ptr(rapid.Map(rapid.String(), func(s string) string { return strings.ToValidUTF8(s, "?") }), true).Draw(rt, name)
		}
		live, err := resource.ParseTenant(json.RawMessage(fmt.Sprintf(`{"id":%s,"name":%s,"customAttributes":%s, "later":%s}`,
			resource.StringValue("x"+rapid.String().Draw(rt, "id")), resource.StringValue(rapid.String().Draw(rt, "name")), raw("attributes"), anyJSON(3).Draw(rt, "unknown"))))
		if err != nil {
			rt.Fatal(err)
		}
		entry, err := backup.NewTenant(live, backup.Extras{Settings: raw("settings"), SSO: []json.RawMessage{raw("sso")}, Roles: []json.RawMessage{}}, backup.Omit{})
		if err != nil {
			rt.Fatal(err)
		}
		if !bytes.Equal(entry.Raw, live.Raw) {
			rt.Errorf("raw became\n%s and was\n%s", entry.Raw, live.Raw)
		}
		want := backup.Backup{
			Metadata: backup.Metadata{
				Version: "1.0", Timestamp: testTime, User: text("user"), GitCommit: text("commit"), Environment: text("environment"),
			},
			Tenants: []backup.Tenant{entry}, ProjectSettings: raw("project settings"),
			Flows: []backup.Flow{{Name: "f", Config: raw("config"), Raw: raw("flow"), Version: text("version")}},
		}
		var out bytes.Buffer
		digest, err := backup.Encode(&out, want)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := backup.Parse(&out)
		if err != nil {
			rt.Fatal(err)
		}
		want.Metadata.SHA256 = digest
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Error(diff)
		}
	})
}

// FuzzParse: no text makes Parse fail in another way than by its error, and what
// it reads can be written and read again.
func FuzzParse(f *testing.F) {
	f.Add(encode(f, sample(f)))
	f.Add(seedExample(f))
	f.Add([]byte(`{"metadata":{"timestamp":"2025-11-10T14:30:15Z","operation":"","project_id":"\ud800"},"tenants":[{"id":"\"","name":"\u0000","createdTime":-0,"updatedTime":0}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		first, err := backup.Parse(bytes.NewReader(text))
		if err != nil {
			if _, damaged := errors.AsType[*backup.DamagedError](err); !damaged {
				t.Error(err)
			}
			return
		}
		if first.Metadata.Timestamp.Year() < 1 || first.Metadata.Timestamp.IsZero() {
			return
		}
		var out bytes.Buffer
		digest, err := backup.Encode(&out, first)
		if err != nil {
			t.Fatal(err)
		}
		second, err := backup.Parse(&out)
		if err != nil {
			t.Fatal(err)
		}
		first.Metadata.SHA256 = digest
		first.Metadata.Timestamp = first.Metadata.Timestamp.Truncate(1000)
		for i := range first.Tenants {
			if len(first.Tenants[i].Omitted) == 0 {
				first.Tenants[i].Omitted = nil
			}
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Error(diff)
		}
	})
}
