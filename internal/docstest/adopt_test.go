package docstest_test

import (
	"strings"
	"testing"
)

// TestAdoptingTakesSixCommands holds the newcomer's path to its promise: from nothing
// to an empty plan in at most six commands. [TestPagesRun] runs them.
func TestAdoptingTakesSixCommands(t *testing.T) {
	_, pages := readRepository(t)
	page, found := pages["docs/tutorials/adopt.md"]
	if !found {
		t.Fatal("the tutorial is missing")
	}
	var commands []string
	for _, block := range page.Blocks {
		if block.Language != "sh" {
			continue
		}
		for line := range strings.Lines(block.Text) {
			commands = append(commands, strings.TrimSpace(line))
		}
		if last := commands[len(commands)-1]; last == "descope-mgmt plan --detailed-exitcode" {
			break
		}
	}
	if last := commands[len(commands)-1]; len(commands) > 6 || last != "descope-mgmt plan --detailed-exitcode" {
		t.Errorf("%d commands lead to %q:\n%s", len(commands), last, strings.Join(commands, "\n"))
	}
}
