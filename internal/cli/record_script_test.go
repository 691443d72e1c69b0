package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// readValue is "value NAME FILE PATH": the value at the path of a JSON document
// becomes the variable NAME, a string without its quotes.
func readValue(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 3 {
		ts.Fatalf("usage: value NAME FILE PATH")
	}
	document, err := resource.ParseValue([]byte(strings.TrimSpace(ts.ReadFile(args[1]))))
	ts.Check(err)
	value, err := walkJSON(document, strings.Split(strings.Trim(args[2], "."), "."))
	ts.Check(err)
	text, isString := value.AsString()
	if !isString {
		text = string(value)
	}
	ts.Setenv(args[0], text)
}

// saveBackup is "saved DIR DAYS [NAME=VALUE...]": a whole backup in the folder
// that is so many days old, or with a negative number as much younger than now.
// Its name becomes the variable SAVED. NAME is project, host, operation,
// environment, user or tenant; a tenant's value is "id" or "id:name". In
// values \n and \e stand for what could harm a screen.
func saveBackup(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) < 2 {
		ts.Fatalf("usage: saved DIR DAYS [NAME=VALUE...]")
	}
	days, err := strconv.Atoi(args[1])
	ts.Check(err)
	document := backup.Backup{
		Metadata: backup.Metadata{
			Timestamp: time.Now().AddDate(0, 0, -days), Operation: "tenant-sync", ProjectID: scriptProject, Host: scriptHost(ts), ToolVersion: "1.0",
		},
		Tenants: []backup.Tenant{}, Flows: []backup.Flow{},
	}
	for _, arg := range args[2:] {
		name, value, _ := strings.Cut(strings.NewReplacer(`\n`, "\n", `\e`, "\x1b").Replace(arg), "=")
		switch name {
		case "project":
			document.Metadata.ProjectID = value
		case "host":
			document.Metadata.Host = value
		case "operation":
			document.Metadata.Operation = value
		case "environment":
			document.Metadata.Environment = &value
		case "user":
			document.Metadata.User = &value
		case "tenant":
			document.Tenants = append(document.Tenants, scriptTenant(ts, value))
		default:
			ts.Fatalf("unknown: saved %s", arg)
		}
	}
	files, err := backup.OpenDirectory(store.Open(ts.Getenv("HOME")), ts.MkAbs(args[0]))
	ts.Check(err)
	saved, err := backup.Save(context.Background(), files, document)
	ts.Check(err)
	ts.Setenv("SAVED", saved.Name)
}

// scriptTenant is the entry of a tenant that has an id and a name.
func scriptTenant(ts *testscript.TestScript, value string) backup.Tenant {
	id, name, found := strings.Cut(value, ":")
	if !found {
		name = id
	}
	raw, err := json.Marshal(map[string]string{"id": id, "name": name})
	ts.Check(err)
	tenant, err := resource.ParseTenant(raw)
	ts.Check(err)
	entry, err := backup.NewTenant(tenant, backup.Extras{}, backup.Omit{})
	ts.Check(err)
	return entry
}

// scriptHost is the emulator's name as records have it.
func scriptHost(ts *testscript.TestScript) string {
	base, err := url.Parse(ts.Getenv("DESCOPE_BASE_URL"))
	ts.Check(err)
	return descope.HostName(base)
}

// leaveUnfinished is "unfinished FILE": the journal of a run that was killed and
// had kept that backup.
func leaveUnfinished(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 1 {
		ts.Fatalf("usage: unfinished FILE")
	}
	_, err := scriptState(ts, nil).StartJournal(store.JournalRun{
		RunID: "20200102T030405Z-0000000000000002", User: "alice", Host: "elsewhere", PID: 1, Command: "descope-mgmt apply", Planned: 1,
		Backup: ts.MkAbs(args[0]),
	}, time.Now)
	ts.Check(err)
}

// checkWitness is "witness RUN": every writing call since "calls reset", and there
// is one, has told Descope that it belongs to this run.
func checkWitness(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 1 {
		ts.Fatalf("usage: witness RUN")
	}
	callControl(ts, false, []string{http.MethodGet, "requests"})
	var log struct {
		Requests []struct {
			Method            string `json:"method"`
			Path              string `json:"path"`
			ExternalRequestID string `json:"external_request_id"`
		} `json:"requests"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("answer")), &log))
	before, _ := strconv.Atoi(ts.Getenv("CALLS_BEFORE"))
	seen := 0
	for _, request := range log.Requests[before:] {
		if request.Method == http.MethodGet {
			continue
		}
		if seen++; request.ExternalRequestID != args[0] {
			ts.Fatalf("%s %s came with the id %q", request.Method, request.Path, request.ExternalRequestID)
		}
	}
	if seen == 0 {
		ts.Fatalf("no writing call has come")
	}
}

// checkLogLines is "loglines FILE RUN": each line is one JSON object with a time, a
// level, a message and this run's id, and none could harm a screen. With "-" for
// RUN any id will do.
func checkLogLines(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 2 {
		ts.Fatalf("usage: loglines FILE RUN")
	}
	content := ts.ReadFile(args[0])
	if content == "" || !strings.HasSuffix(content, "\n") {
		ts.Fatalf("%s is empty or ends within a line", args[0])
	}
	for line := range strings.Lines(content) {
		var entry map[string]any
		ts.Check(json.Unmarshal([]byte(line), &entry))
		for _, key := range []string{"time", "level", "msg", "run_id"} {
			if fmt.Sprint(entry[key]) == "" || entry[key] == nil {
				ts.Fatalf("%s is missing in %s", key, line)
			}
		}
		if id := entry["run_id"]; args[1] != "-" && id != args[1] {
			ts.Fatalf("the run is %v, want %s, in %s", id, args[1], line)
		}
		for key, value := range entry {
			if text, isString := value.(string); isString && printable(text) != text {
				ts.Fatalf("%s is %q, which a screen obeys", key, text)
			}
		}
	}
}
