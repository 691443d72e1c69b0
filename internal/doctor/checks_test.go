package doctor_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/doctor"
)

// TestThePageListsTheChecks: the table in the documentation is the catalogue, row by
// row and in its order.
func TestThePageListsTheChecks(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "doctor.md"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| `") {
			rows = append(rows, strings.TrimSpace(line))
		}
	}
	var want []string
	for _, one := range doctor.Catalogue() {
		want = append(want, fmt.Sprintf("| `%s` | %s | %s |", one.ID, one.Looks, one.Fails))
	}
	if !slices.Equal(rows, want) {
		t.Errorf("the table in docs/doctor.md has to be:\n%s", strings.Join(want, "\n"))
	}
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	groups := []doctor.Group{}
	for _, one := range doctor.Catalogue() {
		if seen[one.ID] {
			t.Errorf("%s stands twice", one.ID)
		}
		seen[one.ID] = true
		if len(groups) == 0 || groups[len(groups)-1] != one.Group {
			groups = append(groups, one.Group)
		}
		if found, known := doctor.Find(one.ID); !known || found != one {
			t.Errorf("%s is not found", one.ID)
		}
		if one.Asks && one.Group != doctor.GroupProject {
			t.Errorf("%s asks a host, and is no project's", one.ID)
		}
	}
	if want := []doctor.Group{doctor.GroupProgram, doctor.GroupConfig, doctor.GroupRecords, doctor.GroupProject}; !slices.Equal(groups, want) {
		t.Errorf("groups %q", groups)
	}
	if _, known := doctor.Find("nothing"); known {
		t.Error("a check that is none is found")
	}
}

func TestCountsAndWeights(t *testing.T) {
	t.Parallel()
	var checks []doctor.Check
	order := []doctor.Verdict{"", doctor.OK, doctor.Skipped, doctor.Note, doctor.Warning, doctor.Problem}
	for i, light := range order {
		for range i {
			checks = append(checks, doctor.Check{Verdict: light})
		}
		for _, grave := range order[i:] {
			if doctor.Worse(light, grave) != grave || doctor.Worse(grave, light) != grave {
				t.Errorf("of %q and %q the second one is graver", light, grave)
			}
		}
	}
	if got, want := doctor.Count(checks), (doctor.Summary{OK: 1, Skipped: 2, Note: 3, Warning: 4, Problem: 5}); got != want {
		t.Errorf("counted %+v", got)
	}
}
