package emulator_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// corpus is the folder of real flows that FLOW_CORPUS names; without it the
// test is skipped.
func corpus(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("FLOW_CORPUS")
	if dir == "" {
		t.Skip("FLOW_CORPUS names no folder with exported flows of real projects")
	}
	return dir
}

// Real flows come back as they were, in every form.
func TestCorpus(t *testing.T) {
	dir := corpus(t)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	tested := 0
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		var text string
		switch {
		case entry.IsDir():
			text = readSnapshot(t, path)
		case filepath.Ext(path) == ".json":
			text = readText(t, path)
		default:
			continue
		}
		tested++
		members := decode[map[string]json.RawMessage](t, text)
		t.Run(entry.Name(), func(t *testing.T) {
			if _, console := members["flow"]; console {
				consoleRoundTrip(t, text)
			} else {
				exportedRoundTrip(t, text)
			}
		})
	}
	if tested == 0 {
		t.Errorf("there is no flow in %s", dir)
	}
}

func exportedRoundTrip(t *testing.T, text string) {
	t.Helper()
	id := decode[struct{ FlowID string }](t, text).FlowID
	verbatim := start(t, emulator.Options{ImportBehavior: emulator.ImportVerbatim})
	verbatim.importFlow(text)
	sameExactly(t, "verbatim", text, verbatim.exportFlow(id))

	// Through v1 and back: all but the references, for which v1 has no place.
	importConsole(verbatim, id, exportConsole(verbatim, id))
	want, got := exactly(t, text).(map[string]any), exactly(t, verbatim.exportFlow(id)).(map[string]any)
	delete(want, "references")
	for _, problem := range append(filledIn("", want, got), filledIn("", got, want)...) {
		t.Error(problem)
	}

	live := start(t, emulator.Options{})
	live.importFlow(text)
	first := live.exportFlow(id)
	sameButIdentity(t, text, first)
	live.importFlow(first)
	sameButIdentity(t, text, live.exportFlow(id))
}

func consoleRoundTrip(t *testing.T, text string) {
	t.Helper()
	id := decode[struct{ Flow struct{ ID string } }](t, text).Flow.ID
	verbatim := start(t, emulator.Options{ImportBehavior: emulator.ImportVerbatim})
	importConsole(verbatim, id, text)
	sameConsole(t, "verbatim", text, exportConsole(verbatim, id))

	live := start(t, emulator.Options{})
	importConsole(live, id, text)
	sameButIdentity(t, verbatim.exportFlow(id), live.exportFlow(id))
}

// readSnapshot puts a snapshot's folder together to a management export.
func readSnapshot(t *testing.T, dir string) string {
	t.Helper()
	metadata := decode[map[string]json.RawMessage](t, readText(t, filepath.Join(dir, "metadata.json")))
	screens := []json.RawMessage{}
	for _, name := range decode[[]string](t, string(metadata["screens"])) {
		screens = append(screens, json.RawMessage(readText(t, filepath.Join(dir, "screen-"+name+".json"))))
	}
	flow := map[string]any{
		"flowId": strings.TrimPrefix(filepath.Base(dir), "snapshot-"), "contents": json.RawMessage(readText(t, filepath.Join(dir, "contents.json"))), "screens": screens,
	}
	if references, found := metadata["references"]; found {
		flow["references"] = references
	}
	delete(metadata, "screens")
	delete(metadata, "references")
	flow["metadata"] = metadata
	text, err := json.Marshal(flow)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
