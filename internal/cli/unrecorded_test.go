package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofrs/flock"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/audit"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// oneMatch is the one file of a pattern in the state folder.
func (w workplace) oneMatch(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(w.folder, ".descope-mgmt", pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %q, %v", pattern, found, err)
	}
	return found[0]
}

// audited is what the audit log says of each object, the last of each, by run, and
// which runs have an end.
func (w workplace) audited(t *testing.T) (results map[string]map[resource.Address]string, ended map[string]int) {
	t.Helper()
	listed := w.run(t.Context(), "audit", "list", "--format", "json")
	results, ended = map[string]map[resource.Address]string{}, map[string]int{}
	var document auditList
	if err := json.Unmarshal([]byte(listed.out), &document); err != nil {
		t.Fatal(err, listed)
	}
	for _, record := range document.Records {
		if results[record.RunID] == nil {
			results[record.RunID] = map[resource.Address]string{}
		}
		if record.Address != "" {
			results[record.RunID][record.Address] = record.Result
		}
		if record.Event == audit.EventRunEnd {
			ended[record.RunID]++
		}
	}
	return results, ended
}

// TestNoWriteIsLostToTheAuditLog: a run has made its changes, and is killed, or
// cannot go on with its audit log, before they stand there. The next run records
// them, and how the run ended.
func TestNoWriteIsLostToTheAuditLog(t *testing.T) {
	const tenants = 5
	sync := []string{"tenant", "sync", "--yes", "--max-workers", "1", "--rate-limits", budgeted}
	cases := []struct {
		name string
		do   func(t *testing.T, place workplace, kill context.CancelFunc) (after func())
		want int
	}{
		{"killed", func(t *testing.T, place workplace, kill context.CancelFunc) func() {
			t.Helper()
			lock := flock.New(place.oneMatch(t, "audit/*.lock"))
			if err := lock.Lock(); err != nil {
				t.Fatal(err)
			}
			for place.journalLines(t, `"type":"seen"`) < tenants { // the verification is over
				if t.Context().Err() != nil {
					t.Fatal("it never ends")
				}
			}
			kill()
			return func() { _ = lock.Unlock() }
		}, -1},
		{"it fails", func(t *testing.T, place workplace, _ context.CancelFunc) func() {
			t.Helper()
			path := place.oneMatch(t, "audit/*.lock")
			if err := os.Rename(path, path+".away"); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
			return func() {
				if err := os.Remove(path); err != nil {
					t.Error(err)
				}
				if err := os.Rename(path+".away", path); err != nil {
					t.Error(err)
				}
			}
		}, int(StatusIntegrity)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			place := newWorkplace(t, tenants)
			controlEmulator(t, "POST", place.url, "faults", `{"match":{"path":"/v1/mgmt/tenant/create","count":0},"do":{"delay":"200ms"}}`)
			ctx, kill := context.WithCancel(t.Context())
			defer kill()
			ended := make(chan finished, 1)
			go func() { ended <- place.run(ctx, sync...) }()
			for place.journalLines(t, `"type":"intent"`) == 0 {
				if len(ended) > 0 {
					t.Fatalf("it sent nothing: %+v", <-ended)
				}
			}
			after := c.do(t, place, kill)
			first := <-ended
			after()
			if first.status != c.want {
				t.Fatalf("%+v", first)
			}
			made := place.creates(t)[200]
			run := strings.TrimSuffix(filepath.Base(place.oneMatch(t, "projects/*/*/journals/*.open.jsonl")), ".open.jsonl")
			if second := place.run(t.Context(), sync...); second.status != 0 {
				t.Fatalf("the second run: %+v", second)
			}
			results, ends := place.audited(t)
			done := 0
			for _, result := range results[run] {
				if result == "success" || result == "done" {
					done++
				}
			}
			if done != made || made == 0 || ends[run] != 1 {
				t.Errorf("%d were made, the log says %v, and of the end %v", made, results[run], ends)
			}
			if verified := place.run(t.Context(), "audit", "verify"); verified.status != 0 {
				t.Errorf("%+v", verified)
			}
		})
	}
}

// journalLines counts the lines of all journals that hold a text.
func (w workplace) journalLines(t *testing.T, text string) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(w.folder, ".descope-mgmt", "projects/*/*/journals/*"))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, name := range found {
		content, err := os.ReadFile(name)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		count += strings.Count(string(content), text)
	}
	return count
}
