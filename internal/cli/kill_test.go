package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// The tests of this file take their number of rounds from these variables; the
// full numbers are 50 kills and 20 races.
const (
	killsVariable = "DESCOPE_TEST_KILLS"
	racesVariable = "DESCOPE_TEST_RACES"
)

func rounds(t *testing.T, variable string, ordinary int) int {
	t.Helper()
	given := os.Getenv(variable)
	if given == "" {
		return ordinary
	}
	number, err := strconv.Atoi(given)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return number
}

// workplace is a folder with a configuration, and an emulated project of its own.
type workplace struct {
	folder, url string
	addresses   map[resource.Address]bool
}

func newWorkplace(t *testing.T, tenants int) workplace {
	t.Helper()
	place := workplace{folder: t.TempDir(), url: startTestEmulator(t, emulator.Options{}), addresses: map[resource.Address]bool{}}
	var text strings.Builder
	text.WriteString("version: \"1.0\"\ntenants:\n")
	for i := range tenants {
		id := fmt.Sprintf("tenant-%03d", i)
		place.addresses[resource.NewAddress(resource.KindTenant, id)] = true
		fmt.Fprintf(&text, "  - { id: %s, name: Tenant %d, custom_attributes: { seats: %d } }\n", id, i, i)
	}
	if err := os.WriteFile(filepath.Join(place.folder, "descope.yaml"), []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return place
}

// finished is a run of the program that has come to an end.
type finished struct {
	status      int // -1: it was killed
	out, errors string
	took        time.Duration
}

func (w workplace) run(ctx context.Context, args ...string) finished {
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, "descope-mgmt", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = w.folder, &out, &errs
	cmd.Env = append(instruments(), "PATH="+os.Getenv("PATH"), "HOME="+w.folder,
		"DESCOPE_PROJECT_ID="+scriptProject, "DESCOPE_MANAGEMENT_KEY="+scriptKey, "DESCOPE_BASE_URL="+w.url)
	begin := time.Now()
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) && ctx.Err() == nil {
		fmt.Fprintln(&errs, err)
	}
	return finished{status: cmd.ProcessState.ExitCode(), out: out.String(), errors: errs.String(), took: time.Since(begin)}
}

func (f finished) report(t *testing.T) resource.Report {
	t.Helper()
	var report resource.Report
	if err := json.Unmarshal([]byte(f.out), &report); err != nil {
		t.Fatalf("status %d, no report: %v\n%s%s", f.status, err, f.out, f.errors)
	}
	return report
}

// creates counts the creates that the emulator has answered, by status.
func (w workplace) creates(t *testing.T) map[int]int {
	t.Helper()
	text := controlEmulator(t, http.MethodGet, w.url, "requests", "")
	var log struct {
		Requests []struct {
			Path   string `json:"path"`
			Status int    `json:"status"`
		} `json:"requests"`
	}
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	counts := map[int]int{}
	for _, request := range log.Requests {
		if request.Path == "/v1/mgmt/tenant/create" {
			counts[request.Status]++
		}
	}
	return counts
}

// journal gives the changes that the journals of all runs but one say were
// done.
func (w workplace) journal(t *testing.T, but string) map[resource.Address]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(w.folder, ".descope-mgmt", "projects", "*", "*", "journals", "*"))
	if err != nil {
		t.Fatal(err)
	}
	done := map[resource.Address]bool{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(filepath.Base(file), but) {
			continue
		}
		for line := range strings.Lines(string(content)) {
			var entry struct {
				Type    string           `json:"type"`
				Address resource.Address `json:"address"`
				Status  resource.Status  `json:"status"`
			}
			if json.Unmarshal([]byte(line), &entry) == nil && entry.Type == "outcome" && entry.Status == resource.StatusSuccess {
				done[entry.Address] = true
			}
		}
	}
	return done
}

// budgeted is a limit that is never reached: it holds nothing back, and every
// call goes through the budget's file.
const budgeted = "tenant=1000000/10s"

// TestKilledRunsConverge: a run that creates 200 tenants is killed at a random
// moment. A plain second run converges without a duplicate, and the journal of
// the first and the report of the second account for each change exactly once.
func TestKilledRunsConverge(t *testing.T) {
	const tenants = 200
	arguments := []string{"tenant", "sync", "--yes", "--format", "json", "--rate-limits", budgeted}
	var whole finished
	for range 2 { // the second is warm
		if whole = newWorkplace(t, tenants).run(t.Context(), arguments...); whole.status != 0 {
			t.Fatalf("a run that nobody kills: %+v", whole)
		}
	}
	var begun, before, after int
	for round := range rounds(t, killsVariable, 8) {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			place := newWorkplace(t, tenants)
			moment := time.Duration(rand.Int64N(int64(whole.took) * 11 / 10))
			ctx, cancel := context.WithTimeout(t.Context(), moment)
			first := place.run(ctx, arguments...) // killed, as exec does it, when the time is over
			cancel()
			second := place.run(t.Context(), arguments...)
			t.Logf("killed after %s of %s: status %d; then\n%s", moment, whole.took, first.status, second.errors)
			if second.status != 0 {
				t.Fatalf("the second run: status %d\n%s", second.status, second.out)
			}
			report := second.report(t)
			place.account(t, report, place.journal(t, report.RunID))
			if creates := place.creates(t); creates[http.StatusOK] != tenants || len(creates) != 1 {
				t.Errorf("the creates were answered with %v", creates)
			}
			switch made := len(place.journal(t, report.RunID)); made {
			case 0:
				before++
			case tenants:
				after++
			default:
				begun++
			}
			if again := place.run(t.Context(), "plan", "--detailed-exitcode", "--rate-limits", budgeted); again.status != 0 || strings.Contains(again.errors, "cut off") {
				t.Errorf("the plan afterwards: %+v", again)
			}
			// A second run that finds nothing to do leaves a dead lock to the next one.
			if lock := place.run(t.Context(), "lock", "status"); strings.Contains(lock.out, "Held") || len(report.Results) > 0 && !strings.Contains(lock.out, "Free") {
				t.Errorf("the lock afterwards: %s", lock.out)
			}
			place.checkOwnership(t)
		})
	}
	t.Logf("%d killed before the first change was noted as done, %d among the changes, %d after the last", before, begun, after)
}

// checkOwnership wants every tenant to count as made by this tool, whichever of
// the runs made it.
func (w workplace) checkOwnership(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.folder, "descope.yaml"), []byte("version: \"1.0\"\ntenants: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	pruned := w.run(t.Context(), "plan", "--prune", "--format", "json", "--rate-limits", budgeted)
	var made resource.Plan
	if err := json.Unmarshal([]byte(pruned.out), &made); err != nil || made.Summary.Delete != len(w.addresses) {
		t.Errorf("%d of %d tenants are ours: %v\n%s", made.Summary.Delete, len(w.addresses), err, pruned.errors)
	}
}

// account checks that each planned change was done exactly once: by the first
// run, as its journal says or as the second has found out, or by the second.
func (w workplace) account(t *testing.T, report resource.Report, noted map[resource.Address]bool) {
	t.Helper()
	first := map[resource.Address]bool{}
	for _, one := range report.Recovered {
		if _, twice := first[one.Address]; twice {
			t.Errorf("%s is recovered twice", one.Address)
		}
		first[one.Address] = one.Found == resource.FoundDone
		if noted[one.Address] && one.Found != resource.FoundDone {
			t.Errorf("%s was done, and is recovered as %s", one.Address, one.Found)
		}
	}
	for address := range noted {
		if recovered, told := first[address]; len(report.Recovered) > 0 && (!told || !recovered) {
			t.Errorf("%s was done, and the second run does not say so", address)
		}
		first[address] = true
	}
	second := map[resource.Address]bool{}
	for _, result := range report.Results {
		second[result.Address] = result.Status == resource.StatusSuccess
	}
	for address := range w.addresses {
		if first[address] == second[address] {
			t.Errorf("%s: done by the first run: %v, by the second: %v", address, first[address], second[address])
		}
	}
}

// TestTwoRunsAtOnce: two processes apply the same configuration at once. Nothing
// is made twice; one works, and the other waits and finds nothing left, or says
// that the project is locked.
func TestTwoRunsAtOnce(t *testing.T) {
	const tenants = 60
	outcomes := map[string]int{}
	for round := range rounds(t, racesVariable, 4) {
		place := newWorkplace(t, tenants)
		arguments := []string{"apply", "--yes", "--format", "json", "--rate-limits", budgeted}
		waiting := round%2 == 1
		if waiting {
			arguments = append(arguments, "--lock-timeout", "60s")
		}
		var both [2]finished
		var wait sync.WaitGroup
		for i := range both {
			wait.Go(func() { both[i] = place.run(t.Context(), arguments...) })
		}
		wait.Wait()
		made := 0
		for _, one := range both {
			switch {
			case one.status == int(StatusOK):
				made += one.report(t).Summary.Succeeded
			case one.status != int(StatusLocked) || waiting:
				t.Errorf("round %d: status %d\n%s%s", round, one.status, one.out, one.errors)
			}
		}
		outcomes[fmt.Sprintf("waiting %v: %d and %d", waiting, min(both[0].status, both[1].status), max(both[0].status, both[1].status))]++
		if made != tenants {
			t.Errorf("round %d: %d were made", round, made)
		}
		if creates := place.creates(t); creates[http.StatusOK] != tenants || len(creates) != 1 {
			t.Errorf("round %d: the creates were answered with %v", round, creates)
		}
		if lock := place.run(t.Context(), "lock", "status"); !strings.Contains(lock.out, "Free") {
			t.Errorf("round %d: the lock afterwards: %s", round, lock.out)
		}
	}
	t.Logf("%v", outcomes)
}
