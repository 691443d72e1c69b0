package cli

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// editFlow is "console ID OLD NEW [v1|v2]": somebody edits a flow in the console.
// Every OLD in the document becomes NEW; there must be one. With v1 the flow goes
// through the older calls, in the console's own form.
func editFlow(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) < 3 {
		ts.Fatalf("usage: console ID OLD NEW [v1|v2]")
	}
	version := "v2"
	if len(args) > 3 {
		version = args[3]
	}
	body := ts.MkAbs("console-body")
	call := func(path string, value any) {
		text, err := json.Marshal(value)
		ts.Check(err)
		ts.Check(os.WriteFile(body, text, 0o600))
		callAPI(ts, false, []string{http.MethodPost, "/" + version + "/mgmt/flow/" + path, "console-body"})
	}
	call("export", map[string]string{"flowId": args[0]})
	before := ts.ReadFile("answer")
	if !strings.Contains(before, args[1]) {
		ts.Fatalf("flow %s holds no %q: %s", args[0], args[1], before)
	}
	var edited map[string]json.RawMessage
	ts.Check(json.Unmarshal([]byte(strings.ReplaceAll(before, args[1], args[2])), &edited))
	if version == "v1" {
		id, err := json.Marshal(args[0])
		ts.Check(err)
		edited["flowId"] = id
	}
	call("import", edited)
}
