package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

const (
	// mostRecordBytes is the size up to which a file of records is read for a completion.
	mostRecordBytes = 16 << 20
	// mostRuns is how many runs are offered.
	mostRuns = 50
	// longestStart is how much of a journal is read: its first line.
	longestStart = 64 << 10
)

func (c *completing) context() context.Context {
	if ctx := c.cmd.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}

// environment is the one that is selected; empty for none.
func (c *completing) environment() string {
	if c.app.flags.environment != "" {
		return c.app.flags.environment
	}
	name, _ := c.app.lookup("DESCOPE_ENVIRONMENT")
	return name
}

// sketch reads the configuration at a glance.
func (c *completing) sketch(query config.SketchQuery) config.Sketch {
	a := c.app
	if len(a.flags.config) == 0 {
		if paths, found := a.lookup("DESCOPE_MGMT_CONFIG"); found {
			a.flags.config = filepath.SplitList(paths)
		}
	}
	return config.ReadSketch(c.context(), a.configOptions(need{}), query)
}

// localRecords are the records of the selected project, in folders that need not be
// there.
type localRecords struct {
	state   *store.ProjectState
	applied store.Folder

	host, project string
}

// records finds the records of the project that the flags, the variables and the
// configuration lead to; known is false where they lead to none.
func (c *completing) records(sketch config.Sketch) (found localRecords, known bool) {
	a := c.app
	own := sketch.Environment(c.environment())
	variable := func(name string) string { value, _ := a.lookup(name); return value }
	project := cmp.Or(a.flags.projectID, own.ProjectID, variable("DESCOPE_PROJECT_ID"), sketch.ProjectID)
	address := cmp.Or(a.flags.baseURL, own.BaseURL, variable("DESCOPE_BASE_URL"), sketch.BaseURL)
	endpoint, err := descope.Endpoint(project, address)
	if err != nil || project == "" {
		return localRecords{}, false
	}
	settings, err := c.settings(sketch)
	if err != nil {
		return localRecords{}, false
	}
	records, err := a.openStore(settings)
	if err != nil {
		return localRecords{}, false
	}
	host := descope.HostName(endpoint)
	found.state, found.host, found.project = records.Project(host, project), host, project
	found.applied = found.state.Folder(appliedName)
	if dir := settings.State.AppliedDir; dir != "" {
		found.applied = records.Public(a.absolute(dir)).Folder(strings.ToLower(host)).Folder(project)
	}
	return found, true
}

// settings are those of the configuration and of the user, as far as a completion
// needs them.
func (c *completing) settings(sketch config.Sketch) (config.Settings, error) {
	user, err := c.app.loadUser(c.context())
	if err != nil {
		return config.Settings{}, err
	}
	settings := config.MergeSettings(nil, user, "")
	settings.State.Dir = cmp.Or(sketch.StateDir, settings.State.Dir)
	settings.State.AppliedDir = cmp.Or(sketch.AppliedDir, settings.State.AppliedDir)
	settings.Backup.Dir = cmp.Or(sketch.BackupDir, settings.Backup.Dir)
	return settings, nil
}

// backupFiles names the place of the backups.
func (c *completing) backupFiles() (backup.Files, bool) {
	settings, err := c.settings(c.sketch(config.SketchQuery{}))
	if err != nil {
		return nil, false
	}
	records, err := c.app.openStore(settings)
	if err != nil {
		return nil, false
	}
	files, err := c.app.backupFiles(settings, records)
	return files, err == nil
}

func (r localRecords) history() *history.History { return history.Open(r.state) }

// addIDs adds the ids of a kind that begin so and that the records name: those that
// this tool made, those that were applied last, and flows with a history.
func (r localRecords) addIDs(kind resource.Kind, begin string, names map[string]string) {
	add := func(id, name string) {
		if strings.HasPrefix(id, begin) {
			names[id] = cmp.Or(names[id], name)
		}
	}
	if isSmall(filepath.Join(r.state.Dir(), "ownership.jsonl")) {
		owned, _ := r.state.Owned() // what is damaged is told elsewhere
		for address := range owned {
			if address.Kind() == kind {
				add(address.ID(), "")
			}
		}
	}
	r.eachApplied(string(kind)+"/"+begin, add)
	if kind == resource.KindFlow {
		flows, _ := r.history().Flows()
		for _, id := range flows {
			add(id, "")
		}
	}
}

// appliedLine is what a completion wants of a line in the record of what was applied.
type appliedLine struct {
	Address resource.Address `json:"address"`
	Absent  bool             `json:"absent"`
	Values  struct {
		Name json.RawMessage `json:"name"`
	} `json:"values"`
}

// eachApplied gives the objects whose addresses begin so. Lines begin with the
// address, so that only those are parsed that are asked for.
func (r localRecords) eachApplied(begin string, add func(id, name string)) {
	const file = "applied.jsonl"
	if !isSmall(r.applied.Path(file)) {
		return
	}
	start := []byte(`{"address":` + strings.TrimSuffix(string(resource.StringValue(begin)), `"`))
	_ = r.applied.EachLine(file, func(_ int, text []byte) error {
		var line appliedLine
		if bytes.HasPrefix(text, start) && json.Unmarshal(text, &line) == nil && !line.Absent {
			var name string
			_ = json.Unmarshal(line.Values.Name, &name) // it need not be there
			add(line.Address.ID(), name)
		}
		return nil // a line that is damaged is told elsewhere
	})
}

// isSmall reports whether a file is there and not too large to be read while somebody
// waits for a word.
func isSmall(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() <= mostRecordBytes
}

// runs are those whose journals are kept, the newest first.
func (r localRecords) runs() []candidate {
	folder := r.state.Folder("journals")
	files, err := folder.Files()
	if err != nil {
		return nil
	}
	var names []string
	for _, file := range files {
		names = append(names, file.Name())
	}
	slices.Sort(names)
	slices.Reverse(names)
	var kept []keptRun
	for _, name := range names[:min(len(names), mostRuns)] {
		if one, ok := runOf(folder, name); ok {
			kept = append(kept, one)
		}
	}
	slices.SortStableFunc(kept, func(a, b keptRun) int { return cmp.Compare(b.order, a.order) }) // several may begin in one second
	found := make([]candidate, 0, len(kept))
	for _, one := range kept {
		found = append(found, one.candidate)
	}
	return found
}

// keptRun is a run whose journal is kept, with its number among all of the project.
type keptRun struct {
	candidate
	order int
}

// runOf reads the first line of a journal.
func runOf(folder store.Folder, name string) (keptRun, bool) {
	file, err := folder.Open(name)
	if err != nil {
		return keptRun{}, false
	}
	defer func() { _ = file.Close() }() // only read
	text, err := bufio.NewReaderSize(file, longestStart).ReadSlice('\n')
	var start struct {
		Order int `json:"order"`
		store.JournalRun
	}
	if err != nil || json.Unmarshal(text, &start) != nil || start.RunID == "" {
		return keptRun{}, false
	}
	about := withoutProgram(start.Command)
	if start.User != "" {
		about += " by " + start.User
	}
	if at := runStarted(start.RunID); !at.IsZero() {
		about = at.Format("2006-01-02 15:04:05") + " UTC, " + about
	}
	if strings.HasSuffix(name, ".open.jsonl") {
		about += ", not finished"
	}
	return keptRun{candidate{start.RunID, about}, start.Order}, true
}
