package audit_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/audit"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

const (
	testHost    = "api.descope.com"
	testProject = "P2abc"
)

var testTime = time.Date(2025, 11, 10, 14, 30, 15, 120_900_000, time.FixedZone("", 3600))

func open(dir string) *audit.Log { return audit.Open(store.Open(dir), testHost, testProject) }

// change is a record about one tenant.
func change(id string) audit.Record {
	return audit.Record{
		Time: audit.At(testTime), Event: audit.EventChange, RunID: "run-1", User: "alice", Host: "m1", Command: "descope-mgmt apply",
		Address: resource.NewAddress(resource.KindTenant, id), Action: resource.ActionCreate, Result: "success", Attempts: 1, DurationMS: 12,
		Fields: []audit.Field{{Path: "name", After: resource.StringValue(id)}},
	}
}

func changes(from, to int) []audit.Record {
	var records []audit.Record
	for i := from; i < to; i++ {
		records = append(records, change(strconv.Itoa(i)))
	}
	return records
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func verified(t testing.TB, log *audit.Log) audit.Summary {
	t.Helper()
	summary, err := log.Verify(t.Context())
	must(t, err)
	return summary
}

// collect reads the records that a filter lets through.
func collect(t testing.TB, log *audit.Log, filter audit.Filter) []audit.Record {
	t.Helper()
	var records []audit.Record
	for record, err := range log.Records(t.Context(), filter) {
		must(t, err)
		records = append(records, record)
	}
	return records
}

func headPath(log *audit.Log) string { return strings.TrimSuffix(log.Path(), ".jsonl") + ".head.json" }

func content(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	return string(text)
}

func TestEmptyLog(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	log := open(dir)
	head, err := log.Head(t.Context())
	must(t, err)
	// printf 'descope-mgmt audit 1\napi.descope.com\nP2abc' | sha256sum
	want := audit.Head{Digest: "sha256:e33868f7d15cbca3247fd0f9ccd9214fef56bfec93b6b3e9924f5111c6e1aa84"}
	if diff := cmp.Diff(want, head); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(audit.Summary{Head: want.Digest}, verified(t, log)); diff != "" {
		t.Error(diff)
	}
	if records := collect(t, log, audit.Filter{}); records != nil {
		t.Errorf("got %v", records)
	}
	must(t, log.Append(t.Context()))
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading has left a trace: %v", err)
	}
}

func TestLineHasFixedKeysAndNoEscapesForHTML(t *testing.T) {
	log := audit.Open(store.Open(t.TempDir()), "API.Descope.com", testProject)
	environment, commit, dirty := "dev", "c0ffee", true
	full := change("a")
	full.Environment, full.GitCommit, full.GitDirty, full.Code, full.Detail = &environment, &commit, &dirty, "E1", "<é\u2028\n\x00\xff>"
	full.Fields = []audit.Field{
		{Path: "name", Before: resource.Absent, After: "null"},
		{Path: "attributes.n", Before: "9007199254740993", After: `{"a":[1.50]}`},
		{Path: "attributes.token", Before: `"canary-1"`, After: `"canary-2"`, Sensitive: true},
	}
	must(t, log.Append(t.Context(), full, audit.Record{Time: audit.At(testTime), Event: audit.EventRunEnd}))
	first, rest, _ := strings.Cut(content(t, log.Path()), "\n")
	second := strings.TrimSuffix(rest, "\n")
	digest := func(line string) string { return line[len(line)-73 : len(line)-2] }
	want := `{"format_version":"1.0","seq":1,"time":"2025-11-10T13:30:15.120Z","event":"change","run_id":"run-1","user":"alice",` +
		`"host":"m1","command":"descope-mgmt apply","environment":"dev","project_id":"P2abc","api_host":"api.descope.com",` +
		`"git_commit":"c0ffee","git_dirty":true,"address":"tenant/a","action":"create","fields":[{"path":"name","after":null},` +
		`{"path":"attributes.n","before":9007199254740993,"after":{"a":[1.50]}},{"path":"attributes.token","sensitive":true}],` +
		`"result":"success","code":"E1","attempts":1,"duration_ms":12,"detail":"<é\u2028\n\u0000\ufffd>",` +
		`"prev":"sha256:e33868f7d15cbca3247fd0f9ccd9214fef56bfec93b6b3e9924f5111c6e1aa84","digest":"` + digest(first) + `"}`
	if diff := cmp.Diff(want, first); diff != "" {
		t.Error(diff)
	}
	want = `{"format_version":"1.0","seq":2,"time":"2025-11-10T13:30:15.120Z","event":"run_end","run_id":"","user":"",` +
		`"host":"","command":"","environment":null,"project_id":"P2abc","api_host":"api.descope.com",` +
		`"git_commit":null,"git_dirty":null,"prev":"` + digest(first) + `","digest":"` + digest(second) + `"}`
	if diff := cmp.Diff(want, second); diff != "" {
		t.Error(diff)
	}
	if all := content(t, log.Path()) + content(t, headPath(log)); strings.Contains(all, "canary") {
		t.Errorf("a sensitive value was written:\n%s", all)
	}

	full.FormatVersion, full.Seq, full.ProjectID, full.APIHost = "1.0", 1, testProject, testHost
	full.Prev, full.Digest, full.Detail = "sha256:e33868f7d15cbca3247fd0f9ccd9214fef56bfec93b6b3e9924f5111c6e1aa84", digest(first), "<é\u2028\n\x00\ufffd>"
	full.Fields[2].Before, full.Fields[2].After = resource.Absent, resource.Absent
	got := collect(t, log, audit.Filter{})
	if diff := cmp.Diff(full, got[0]); diff != "" {
		t.Error(diff)
	}
	head, err := log.Head(t.Context())
	must(t, err)
	if want := (audit.Head{Seq: 2, Digest: digest(second)}); head != want {
		t.Errorf("got %v, want %v", head, want)
	}
}

func TestLogsAreApart(t *testing.T) {
	state := store.Open(t.TempDir())
	paths := map[string]bool{}
	for i, of := range [][2]string{{"h", "P1"}, {"h", "P2"}, {"h:1", "P1"}, {"1", "P1@h"}, {"h", "../P1"}, {"h", ""}} {
		log := audit.Open(state, of[0], of[1])
		must(t, log.Append(t.Context(), changes(0, i+1)...))
		paths[log.Path()] = true
		if filepath.Dir(log.Path()) != filepath.Join(filepath.Dir(log.Path())) || filepath.Base(filepath.Dir(log.Path())) != "audit" {
			t.Errorf("%q is elsewhere", log.Path())
		}
		if got := verified(t, audit.Open(state, strings.ToUpper(of[0]), of[1])); got.Records != i+1 {
			t.Errorf("%v: %d records", of, got.Records)
		}
	}
	if len(paths) != 6 {
		t.Errorf("got %v", paths)
	}
}

func TestRecordThatCannotBeEncodedChangesNothing(t *testing.T) {
	log := open(t.TempDir())
	must(t, log.Append(t.Context(), change("a")))
	before := content(t, log.Path()) + content(t, headPath(log))
	for name, spoil := range map[string]func(*audit.Record){
		"no time":     func(r *audit.Record) { r.Time = audit.Time{} },
		"no JSON":     func(r *audit.Record) { r.Fields[0].After = "{" },
		"a far year":  func(r *audit.Record) { r.Time = audit.At(testTime.AddDate(9000, 0, 0)) },
		"two of JSON": func(r *audit.Record) { r.Fields[0].After = "1 2" },
	} {
		bad := change("b")
		spoil(&bad)
		err := log.Append(t.Context(), change("c"), bad)
		var failure *audit.WriteError
		if err == nil || errors.As(err, &failure) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := content(t, log.Path()) + content(t, headPath(log)); after != before {
		t.Errorf("got %s", after)
	}
	verified(t, log)
}

func TestLongRecordsAreShortened(t *testing.T) {
	long := func(n int) resource.Value { return resource.StringValue(strings.Repeat("x", n-2)) }
	many := func(n, size int) (fields []audit.Field) {
		for i := range n {
			fields = append(fields, audit.Field{Path: fmt.Sprintf("f%04d", i), Before: long(size)})
		}
		return fields
	}
	cases := []struct {
		name  string
		give  audit.Record
		check func(got audit.Record) bool
	}{
		{"fits", audit.Record{Fields: []audit.Field{{Path: "a", After: long(900_000)}}}, func(got audit.Record) bool {
			return len(got.Fields[0].After) == 900_000
		}},
		{"a long value", audit.Record{Fields: []audit.Field{{Path: "a", Before: long(2 << 20), After: long(4096)}}}, func(got audit.Record) bool {
			return got.Fields[0].Before.IsAbsent() && got.Fields[0].BeforeOmitted == 2<<20 && len(got.Fields[0].After) == 4096
		}},
		{"a long sensitive value", audit.Record{Fields: []audit.Field{{Path: "a", Before: long(2 << 20), Sensitive: true}}}, func(got audit.Record) bool {
			return cmp.Equal(got.Fields[0], audit.Field{Path: "a", Sensitive: true})
		}},
		{"many values", audit.Record{Fields: many(400, 4000)}, func(got audit.Record) bool {
			return len(got.Fields) == 400 && got.Fields[399].BeforeOmitted == 4000 && got.FieldsOmitted == 0
		}},
		{"many fields", audit.Record{Fields: many(40_000, 40)}, func(got audit.Record) bool {
			return got.Fields == nil && got.FieldsOmitted == 40_000
		}},
		{"a long text", audit.Record{Detail: strings.Repeat("x", 4095) + strings.Repeat("é", 1<<20)}, func(got audit.Record) bool {
			return got.Detail == strings.Repeat("x", 4095)+" [2097152 bytes omitted]"
		}},
		{"every text hostile", func() audit.Record {
			text := strings.Repeat("\x00", 1<<20)
			return audit.Record{
				Event: audit.Event(text), RunID: text, User: text, Host: text, Command: text, Environment: &text, GitCommit: &text,
				Address: resource.Address(text), Action: resource.Action(text), Fields: []audit.Field{{Path: text}}, Result: text, Code: text, Detail: text,
			}
		}(), func(got audit.Record) bool { return len(*got.Environment) < 5000 && len(got.Fields[0].Path) < 5000 }},
	}
	log := open(t.TempDir())
	for i, c := range cases {
		c.give.Time = audit.At(testTime)
		must(t, log.Append(t.Context(), c.give))
		if got := collect(t, log, audit.Filter{}); len(got) != i+1 || !c.check(got[i]) {
			t.Errorf("%s: got %d records", c.name, len(got))
		}
	}
	for line := range strings.Lines(content(t, log.Path())) {
		if len(line) > 1<<20 {
			t.Errorf("a line has %d bytes", len(line))
		}
	}
	tooLong := audit.Open(store.Open(t.TempDir()), testHost, strings.Repeat("p", 2<<20))
	if err := tooLong.Append(t.Context(), change("a")); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("got %v", err)
	}
}
