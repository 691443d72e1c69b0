package cli

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestExitStatusesAreExplained holds the page against the enum: each status with the
// meaning that --help prints, in its order, and the order of precedence.
func TestExitStatusesAreExplained(t *testing.T) {
	const path = "../../docs/reference/exit-status.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for status, meaning := range statusMeanings {
		if row := fmt.Sprintf("| %d | %s | ", status, meaning); !strings.Contains(page, row) {
			t.Errorf("%s has no row %q", path, row)
		}
	}
	if rows := strings.Count(page, "\n| ") - 1; rows != len(statusMeanings) {
		t.Errorf("%d rows for %d statuses", rows, len(statusMeanings))
	}
	words := strings.Trim(fmt.Sprint(precedence), "[]")
	if order := strings.ReplaceAll(words, " ", ", "); !strings.Contains(page, "\n"+order+"\n") {
		t.Errorf("%s does not have the order %s", path, order)
	}
}
