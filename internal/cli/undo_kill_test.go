package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// undoKillsVariable is the number of killed runs that are undone; the full number
// is 50.
const undoKillsVariable = "DESCOPE_TEST_UNDO_KILLS"

// mixed makes a project of some tenants, and a configuration that creates a third,
// updates a third and deletes a third. It returns what is live.
func mixed(t *testing.T, place project, third int) string {
	t.Helper()
	var text strings.Builder
	text.WriteString("version: \"1.0\"\ntenants:\n")
	for i := range third {
		for _, kind := range []string{"old", "gone"} {
			id := fmt.Sprintf("%s-%03d", kind, i)
			place.call(t, "/v1/mgmt/tenant/create", map[string]any{"id": id, "name": id + " é", "customAttributes": map[string]any{"plan": "a", "seats": 9007199254740993 + i}})
			if i%5 == 0 {
				place.call(t, "/v1/mgmt/tenant/settings", map[string]any{"tenantId": id, "enabled": true, "sessionTokenExpiration": i, "sessionTokenExpirationUnit": "hours"})
			}
		}
		fmt.Fprintf(&text, "  - { id: new-%03d, name: New %d, custom_attributes: { seats: 1 } }\n", i, i)
		fmt.Fprintf(&text, "  - { id: old-%03d, name: Now %d, disabled: true, custom_attributes: { seats: %d, more: x }", i, i, i)
		if i%5 == 0 {
			text.WriteString(", settings: { session_token_expiration: 99, jit_disabled: true }")
		}
		fmt.Fprintf(&text, " }\n  - { id: gone-%03d, state: absent }\n", i)
	}
	if err := os.WriteFile(filepath.Join(place.folder, "descope.yaml"), []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return place.state(t)
}

// written counts the calls that change tenants or flows, and those of the set-up
// that do.
func (w workplace) written(t *testing.T) int {
	t.Helper()
	var log struct {
		Requests []struct{ Method, Path string } `json:"requests"`
	}
	if err := json.Unmarshal(controlEmulator(t, http.MethodGet, w.url, "requests", ""), &log); err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, request := range log.Requests {
		switch path := request.Path; {
		case strings.HasPrefix(path, "/v1/mgmt/tenant/") && request.Method != http.MethodGet, path == "/v2/mgmt/flow/import", path == "/v1/mgmt/flow/delete":
			count++
		}
	}
	return count
}

// runUntil runs the program and kills it, as kill -9 does, when that many calls
// have changed something.
func (w workplace) runUntil(t *testing.T, calls int, args ...string) finished {
	t.Helper()
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	ended := make(chan finished, 1)
	go func() { ended <- w.run(ctx, args...) }()
	for {
		select {
		case ran := <-ended:
			return ran
		default:
			if w.written(t) >= calls {
				kill()
				return <-ended
			}
		}
	}
}

// TestAKilledRunIsUndone: a run that creates, updates and deletes is killed at a
// random moment. Its undo brings everything back, as the API shows it.
func TestAKilledRunIsUndone(t *testing.T) {
	if testing.Short() {
		t.Skip("many runs of the program")
	}
	const third = 20
	guards := []string{"--override-guard", "delete_threshold", "--override-guard", "update_threshold", "--rate-limits", budgeted}
	sync := append([]string{"tenant", "sync", "--yes", "--allow-deletes", strconv.Itoa(third)}, guards...)
	newPlace := func(t *testing.T) (workplace, project, string) {
		t.Helper()
		place := project{folder: t.TempDir(), url: startTestEmulator(t, emulator.Options{})}
		before := mixed(t, place, third)
		return workplace{folder: place.folder, url: place.url}, place, before
	}
	binary, _, _ := newPlace(t)
	set := binary.written(t)
	if ran := binary.run(t.Context(), sync...); ran.status != 0 {
		t.Fatalf("a run that nobody kills: %+v", ran)
	}
	whole := binary.written(t)
	outcomes := map[string]int{}
	for round := range rounds(t, undoKillsVariable, 6) {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			binary, place, before := newPlace(t)
			calls := set + rand.IntN(whole-set+2)
			killed := binary.runUntil(t, calls, sync...)
			cut := place.state(t)
			// How many deletes the undo makes depends on how far the run came.
			dry := binary.run(t.Context(), append([]string{"undo", "--dry-run", "--format", "json"}, guards...)...)
			if dry.status == int(StatusError) && cut == before {
				outcomes["before its journal"]++
				return // it had not begun
			}
			deletes := strings.Count(dry.out, `"action": "delete"`)
			undone := binary.run(t.Context(), append([]string{"undo", "--yes", "--allow-deletes", strconv.Itoa(deletes)}, guards...)...)
			if undone.status != 0 {
				t.Fatalf("killed after %d of %d calls: status %d; the undo: status %d\n%s%s", calls-set, whole-set, killed.status, undone.status, undone.out, undone.errors)
			}
			if after := place.state(t); after != before {
				t.Errorf("killed after %d of %d calls: status %d; it was\n%s\nand is\n%s\n%s%s", calls-set, whole-set, killed.status, before, after, undone.out, undone.errors)
			}
			switch {
			case cut == before:
				outcomes["before its first write"]++
			case killed.status == -1:
				outcomes["among its writes"]++
			default:
				outcomes["after its end"]++
			}
		})
	}
	t.Logf("killed: %v", outcomes)
}

// TestAKilledUndoIsFinished: an undo is killed at a random moment. The same undo
// again finishes it; a tenant that was just being made is left alone and named,
// and the run's backup puts it back.
func TestAKilledUndoIsFinished(t *testing.T) {
	if testing.Short() {
		t.Skip("many runs of the program")
	}
	const third = 12
	guards := []string{"--override-guard", "delete_threshold", "--override-guard", "update_threshold", "--rate-limits", budgeted}
	conflicts := 0
	for round := range rounds(t, undoKillsVariable, 4) {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			place := project{folder: t.TempDir(), url: startTestEmulator(t, emulator.Options{})}
			before := mixed(t, place, third)
			binary := workplace{folder: place.folder, url: place.url}
			synced := binary.run(t.Context(), append([]string{"tenant", "sync", "--yes", "--allow-deletes", strconv.Itoa(third), "--format", "json"}, guards...)...)
			report := synced.report(t)
			undo := append([]string{"undo", report.RunID, "--yes"}, guards...)
			set := binary.written(t)
			binary.runUntil(t, set+rand.IntN(3*third), append(undo, "--allow-deletes", strconv.Itoa(third))...)

			dry := binary.run(t.Context(), append(undo, "--dry-run", "--format", "json")...)
			again := binary.run(t.Context(), append(undo, "--allow-deletes", strconv.Itoa(strings.Count(dry.out, `"action": "delete"`)))...)
			if again.status == int(StatusPartial) {
				conflicts++
				if !strings.Contains(again.out, "an undo was cut off") {
					t.Errorf("it does not say why: %+v", again)
				}
				again = binary.run(t.Context(), append([]string{"backup", "restore", *report.Backup, "--yes"}, guards...)...)
			}
			if after := place.state(t); after != before || again.status != 0 {
				t.Errorf("it was\n%s\nand is\n%s\n%+v", before, after, again)
			}
		})
	}
	t.Logf("%d left a tenant that was just being made", conflicts)
}
