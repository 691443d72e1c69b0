package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/git"
)

// overwriting is an export over a file that says something else.
type overwriting struct {
	flowID     string
	shown      string // the file, as people write it
	places     string // where the two differ, in words
	unreadable bool
	// uncommitted says that git follows the file, and that what it holds is in no
	// commit: nothing could bring that back.
	uncommitted bool
}

// overwrites finds out what an export would do away with; nil where there is no such
// file, or where it says the same.
func (a *App) overwrites(ctx context.Context, flowID, path string, text []byte) *overwriting {
	if path == "" {
		return nil
	}
	path = a.absolute(path)
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil // it does not exist, or cannot be replaced, which is said where that is tried
	}
	found := &overwriting{flowID: flowID, shown: a.shown(path), places: "held no flow", unreadable: true}
	before, err := a.readFlowFile(path)
	after, failure := flow.Parse(text)
	if err == nil && failure == nil {
		differs := len(flow.Diff(before, after).Operations)
		if differs == 0 {
			return nil
		}
		found.unreadable = false
		found.places = "differed in " + counted(differs, "place")
	}
	found.uncommitted = git.Program{Env: a.gitEnvironment()}.IsModified(ctx, filepath.Dir(path), filepath.Base(path))
	return found
}

// mayOverwrite lets an export replace its files. An edit that is nowhere else wants
// a yes.
func (s *session) mayOverwrite(ctx context.Context, files []*overwriting) error {
	var lost []*overwriting
	var names []string
	for _, one := range files {
		if one.uncommitted {
			lost, names = append(lost, one), append(names, one.shown)
		}
	}
	if len(lost) == 0 || s.app.flags.yes {
		return nil
	}
	what := names[0] + " has changes that are not committed, and differs from what is live"
	if len(names) > 1 {
		what = strings.Join(names, ", ") + " have changes that are not committed, and differ from what is live"
	}
	if s.app.Terminal.Interactive {
		yes, err := s.app.askWhether(ctx, what+".\nReplace it", false)
		if err != nil || yes {
			return err
		}
	}
	if lost[0].unreadable {
		return refusedError("uncommitted_changes", "refused, nothing was written: "+what, "commit it first, or give --yes to replace it")
	}
	return refusedError("uncommitted_changes", "refused, nothing was written: "+what,
		fmt.Sprintf("descope-mgmt flow diff %s live:%s%s shows what would be lost; commit it first, or give --yes to replace it",
			shellWord(lost[0].shown), shellWord(lost[0].flowID), s.selected()))
}

// selected is the flag that selects the environment of this session again, with a
// blank before it; empty where none is selected.
func (s *session) selected() string { return selecting(s.target.Environment) }

// selecting is the flag that selects an environment, with a blank before it; empty
// where it has no name.
func selecting(environment string) string {
	if environment == "" {
		return ""
	}
	return " -e " + shellWord(environment)
}

// write puts the files in place. Those that are replaced whole are as precious as those
// that flow export replaces.
func (x *exporter) write(ctx context.Context, files *fileEdits) error {
	if err := x.editing.check(); err != nil {
		return err
	}
	var over []*overwriting
	for _, file := range files.changed() {
		if !file.there || file.now != nil {
			continue
		}
		document, _ := flow.Parse(file.after) // without an id where it is no flow
		if found := x.app.overwrites(ctx, document.ID(), file.path, file.after); found != nil {
			over = append(over, found)
		}
	}
	if err := x.mayOverwrite(ctx, over); err != nil {
		return err
	}
	return files.write(nil)
}

// tellOverwritten says which files have another meaning now.
func (s *session) tellOverwritten(files []*overwriting) {
	for _, one := range files {
		s.app.notice("note: %s is replaced; it %s", one.shown, one.places)
	}
}
