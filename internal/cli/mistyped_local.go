package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// meantObject suggests the object of a kind that a misspelt id most likely meant, from
// the configuration and the records, as a completion reads them: nothing is asked of
// Descope for a hint. It is empty when none is near.
func (a *App) meantObject(kind resource.Kind, id string) string {
	c := &completing{app: a, cmd: &cobra.Command{}}
	sketch := c.sketch(config.SketchQuery{Kind: kind, Environment: c.environment(), Most: mostCandidates})
	names := map[string]string{}
	for _, one := range sketch.Objects {
		names[one.ID] = ""
	}
	if records, known := c.records(sketch); known {
		records.addIDs(kind, "", names)
	}
	delete(names, id) // it is known here, and not there
	return resource.DidYouMean(id, keysOf(names))
}

// meantBackup suggests the backup that was meant; it is empty when none is near.
func meantBackup(ctx context.Context, files backup.Files, given string) string {
	known := []string{latestBackup}
	listed, err := files.List(ctx)
	if err == nil { // else the folder cannot be read, or is not there: latest is a word all the same
		for _, one := range listed {
			known = append(known, one.Name)
		}
	}
	return resource.DidYouMean(given, known)
}

// meantRun suggests the run that was meant; it is empty when none is near.
func (s *session) meantRun(given string) string {
	if resource.Closest(given, []string{"latest", "newest", "last"}) != "" {
		return "the newest run is meant where none is named: descope-mgmt undo"
	}
	var known []string
	for _, one := range (localRecords{state: s.state}).runs() {
		known = append(known, one.word)
	}
	return resource.DidYouMean(given, known)
}
