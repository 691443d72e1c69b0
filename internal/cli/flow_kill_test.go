package cli

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// flowKillsVariable is the number of killed runs with flows that are undone; the
// full number is 50.
const flowKillsVariable = "DESCOPE_TEST_FLOW_KILLS"

// flowState is what the API shows of these flows; absent for one that is not there.
func (p project) flowState(t failer, ids []string) map[string]resource.Value {
	t.Helper()
	state := map[string]resource.Value{}
	for _, id := range ids {
		state[id] = p.liveFlow(t, id)
	}
	return state
}

func sameFlows(a, b map[string]resource.Value) string {
	for id, was := range a {
		is := b[id]
		if was.IsAbsent() != is.IsAbsent() || !was.IsAbsent() && !flow.Same(was, is) {
			return fmt.Sprintf("flow %s is not as it was: %s", id, is)
		}
	}
	return ""
}

// TestAKilledRunWithFlowsIsUndone: an apply that creates, updates and deletes
// tenants and flows is killed at a random moment. Its undo brings back all of it.
func TestAKilledRunWithFlowsIsUndone(t *testing.T) {
	if testing.Short() {
		t.Skip("many runs of the program")
	}
	const third, flows = 3, 4
	guards := []string{"--override-guard", "delete_threshold", "--override-guard", "update_threshold", "--rate-limits", budgeted, "--allow-breaking-changes"}
	approved := append([]string{"apply", "--yes", "--allow-deletes", strconv.Itoa(third + flows)}, guards...)
	ids := []string{"sign-in", "sign-up"}
	for i := range flows {
		ids = append(ids, fmt.Sprintf("old-%d", i), fmt.Sprintf("new-%d", i), fmt.Sprintf("gone-%d", i))
	}
	newPlace := func(t *testing.T) (workplace, project, string, map[string]resource.Value) {
		t.Helper()
		place := project{folder: t.TempDir(), url: startTestEmulator(t, emulator.Options{})}
		var before, after strings.Builder
		before.WriteString("flows:\n")
		after.WriteString("flows:\n")
		for i := range flows {
			fmt.Fprintf(&before, "  - { template: magic-link, id: old-%d }\n  - { template: mfa-login, id: gone-%d }\n", i, i)
			fmt.Fprintf(&after, "  - { template: magic-link, id: old-%d, name: Now, enabled: false }\n  - { id: gone-%d, state: absent }\n  - { template: social-login, id: new-%d }\n", i, i, i)
		}
		place.configure(t, before.String())
		place.run(t, "flow", "deploy", "--yes")
		live := mixed(t, place, third)
		configuration, err := os.ReadFile(filepath.Join(place.folder, "descope.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(place.folder, "descope.yaml"), append(configuration, after.String()...), 0o600); err != nil {
			t.Fatal(err)
		}
		return workplace{folder: place.folder, url: place.url}, place, live, place.flowState(t, ids)
	}
	binary, _, _, _ := newPlace(t)
	set := binary.written(t)
	if ran := binary.run(t.Context(), approved...); ran.status != 0 {
		t.Fatalf("a run that nobody kills: %+v", ran)
	}
	whole := binary.written(t)
	outcomes := map[int]int{}
	for round := range rounds(t, flowKillsVariable, 6) {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			binary, place, before, flowsBefore := newPlace(t)
			calls := set + rand.IntN(whole-set+2)
			killed := binary.runUntil(t, calls, approved...)
			outcomes[killed.status]++
			if place.state(t) == before && sameFlows(flowsBefore, place.flowState(t, ids)) == "" {
				return // nothing was written
			}
			dry := binary.run(t.Context(), append([]string{"undo", "--dry-run", "--format", "json"}, guards...)...)
			deletes := strings.Count(dry.out, `"action": "delete"`)
			undone := binary.run(t.Context(), append([]string{"undo", "--yes", "--allow-deletes", strconv.Itoa(deletes)}, guards...)...)
			if undone.status != 0 {
				t.Fatalf("killed after %d of %d calls: status %d; the undo: status %d\n%s%s", calls-set, whole-set, killed.status, undone.status, undone.out, undone.errors)
			}
			if after := place.state(t); after != before {
				t.Errorf("killed after %d of %d calls: the tenants were\n%s\nand are\n%s\n%s%s", calls-set, whole-set, before, after, undone.out, undone.errors)
			}
			if other := sameFlows(flowsBefore, place.flowState(t, ids)); other != "" {
				t.Errorf("killed after %d of %d calls: %s\n%s%s", calls-set, whole-set, other, undone.out, undone.errors)
			}
		})
	}
	t.Logf("ended with: %v", outcomes)
}
