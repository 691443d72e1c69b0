package cli

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// scriptLocks are the locks that scripts hold, by folder.
var scriptLocks sync.Map

// scriptState is the scripted project's state: under the home folder, or under
// the folder that is named.
func scriptState(ts *testscript.TestScript, args []string) *store.ProjectState {
	folder := filepath.Join(ts.Getenv("HOME"), ".descope-mgmt")
	if len(args) > 0 {
		folder = ts.MkAbs(args[0])
	}
	base, err := url.Parse(ts.Getenv("DESCOPE_BASE_URL"))
	ts.Check(err)
	return store.Open(folder).Project(descope.HostName(base), scriptProject)
}

// somebody is a holder that is not the program under test.
func somebody(process store.Process) store.Holder {
	return store.Holder{User: "alice", Process: process, Command: "descope-mgmt tenant sync", RunID: "20990102T030405Z-0000000000000001"}
}

// endedProcess is a process of this machine that has ended.
func endedProcess(ts *testscript.TestScript) store.Process {
	process, err := store.ThisProcess()
	ts.Check(err)
	cmd := exec.Command("true")
	ts.Check(cmd.Run())
	process.PID = cmd.Process.Pid
	return process
}

// editByAnother is "edit hold|release|dead": what another command does with the lock of
// the configuration in the script's folder.
func editByAnother(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 1 {
		ts.Fatalf("usage: edit hold|release|dead")
	}
	folder, err := filepath.EvalSymlinks(ts.MkAbs("."))
	ts.Check(err)
	if args[0] == "release" {
		lock, found := scriptLocks.LoadAndDelete(folder)
		if !found {
			ts.Fatalf("nobody edits")
		}
		ts.Check(lock.(*store.Lock).Release())
		return
	}
	process, err := store.ThisProcess()
	ts.Check(err)
	if args[0] == "dead" {
		process = endedProcess(ts)
	}
	holder := somebody(process)
	holder.Command = "descope-mgmt drift adopt"
	lock, err := store.Open(filepath.Join(ts.Getenv("HOME"), ".descope-mgmt")).
		LockEditing(context.Background(), folder, store.LockRequest{Holder: holder, Now: time.Now})
	ts.Check(err)
	ts.Defer(func() { _ = lock.Release() })
	scriptLocks.Store(folder, lock)
}

// lockByAnother is "lock hold|dead|away|over|damage|release [DIR]": what somebody else does
// to the lock. hold: this living process has it until the script ends, or until
// "lock release"; dead: a process that has ended has it; away: one on another
// host, now; over: one on another host, an hour ago; damage: its record is torn.
func lockByAnother(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) == 0 {
		ts.Fatalf("usage: lock hold|dead|away|over|damage|release [DIR]")
	}
	state, now := scriptState(ts, args[1:]), time.Now()
	switch args[0] {
	case "hold":
		self, err := store.ThisProcess()
		ts.Check(err)
		lock, err := state.Lock(context.Background(), store.LockRequest{Holder: somebody(self), Now: time.Now})
		ts.Check(err)
		ts.Defer(func() { _ = lock.Release() })
		scriptLocks.Store(state.Dir(), lock)
	case "release":
		lock, found := scriptLocks.LoadAndDelete(state.Dir())
		if !found {
			ts.Fatalf("nobody holds the lock")
		}
		ts.Check(lock.(*store.Lock).Release())
	case "dead":
		abandon(ts, state, endedProcess(ts), now)
	case "away":
		abandon(ts, state, store.Process{Host: "elsewhere", PID: 1}, now)
	case "over":
		abandon(ts, state, store.Process{Host: "elsewhere", PID: 1}, now.Add(-time.Hour))
	case "damage":
		files, err := filepath.Glob(filepath.Join(state.Dir(), "lock", "*.json"))
		ts.Check(err)
		if len(files) != 1 {
			ts.Fatalf("%d lock files", len(files))
		}
		ts.Check(os.WriteFile(files[0], []byte("{"), 0o600))
	default:
		ts.Fatalf("unknown: lock %s", args[0])
	}
}

// abandon leaves a lock behind as a process does that is killed: taken at that
// time, and neither renewed nor released.
func abandon(ts *testscript.TestScript, state *store.ProjectState, process store.Process, at time.Time) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	lock, err := state.Lock(ctx, store.LockRequest{Holder: somebody(process), Now: func() time.Time { return at }})
	ts.Check(err)
	content, err := os.ReadFile(filepath.Join(state.Dir(), "lock", "1.json"))
	ts.Check(err)
	ts.Check(lock.Release())
	ts.Check(os.WriteFile(filepath.Join(state.Dir(), "lock", "1.json"), content, 0o600))
}

// journalOfAnother is "journal cut|damage [DIR]": the journal of a run that was killed
// when it had created done-corp, and was about to create sent-corp and
// unsent-corp; or one that is damaged in its first line.
func journalOfAnother(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) == 0 {
		ts.Fatalf("usage: journal cut|damage [DIR]")
	}
	state := scriptState(ts, args[1:])
	journal, err := state.StartJournal(store.JournalRun{
		RunID: "20990102T030405Z-0000000000000001", User: "alice", Host: "elsewhere", PID: 1, Command: "descope-mgmt apply", Planned: 5,
	}, time.Now)
	ts.Check(err)
	create := func(id, name string) resource.Change {
		path := resource.Path{Field: "name"}
		return resource.Change{
			Address: resource.NewAddress(resource.KindTenant, id), Kind: resource.KindTenant, ID: id, Action: resource.ActionCreate,
			Fields: []resource.FieldChange{{Path: path.String(), At: path, Before: resource.Absent, After: resource.StringValue(name)}},
		}
	}
	for _, id := range []string{"done-corp", "sent-corp", "unsent-corp", "other-corp"} {
		ts.Check(journal.Intent(create(id, id)))
	}
	ts.Check(journal.Outcome(resource.Result{Address: "tenant/done-corp", Status: resource.StatusSuccess}))
	if args[0] == "damage" {
		files, err := filepath.Glob(filepath.Join(state.Dir(), "journals", "*.open.jsonl"))
		ts.Check(err)
		content, err := os.ReadFile(files[0])
		ts.Check(err)
		ts.Check(os.WriteFile(files[0], append([]byte("x"), content...), 0o600))
	}
}
