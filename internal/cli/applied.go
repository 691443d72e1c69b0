package cli

import (
	"context"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/applied"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// appliedName is the folder of the records of what was applied last, in the
// project's state, and that of their key, in the state folder.
const appliedName = "applied"

// appliedRecords are the records of what was applied last: in the project's state,
// or where the configuration has them, below a folder for the host and one for the
// project.
func (s *session) appliedRecords() (*applied.Records, error) {
	if s.state == nil {
		return nil, s.stateErr
	}
	own := s.state.Folder(appliedName)
	folder := own
	if dir := s.settings.State.AppliedDir; dir != "" {
		folder = s.records.Public(s.app.absolute(dir)).Folder(strings.ToLower(s.host)).Folder(s.target.ProjectID)
	}
	return applied.Open(applied.Options{
		Host: s.host, ProjectID: s.target.ProjectID, Folder: folder, Own: own, Keys: s.records.Folder(appliedName),
		Random: s.app.Random, Secret: s.app.redact.holdsValue,
	}), nil
}

// applied is what was applied last; not known where nothing is recorded.
func (s *session) applied() (drift.Applied, error) {
	records, err := s.appliedRecords()
	if err != nil {
		return drift.Applied{}, err
	}
	return records.Read()
}

// hashOf is the hash that stands in the records for a secret value; empty where
// nobody can make it here.
func (s *session) hashOf(address resource.Address, path string, value resource.Value) string {
	records, err := s.appliedRecords()
	if err != nil {
		return ""
	}
	hash, err := records.Hash(address, path, resource.ShapeOf(resource.Path{Field: path}).Canonical(value))
	if err != nil {
		return "" // whoever reads the records is told
	}
	return hash
}

// firstSeen is when each difference was first seen, by a key that names it, and
// writes down those that are new. Complete says that there are no others. An error
// means that they could not be read or written; what is known comes with it.
func (s *session) firstSeen(ctx context.Context, keys []string, complete bool) (map[string]time.Time, error) {
	records, err := s.appliedRecords()
	if err != nil {
		now := make(map[string]time.Time, len(keys))
		for _, key := range keys {
			now[key] = s.app.Now().UTC()
		}
		return now, err
	}
	return records.Seen(ctx, keys, s.app.Now(), complete)
}

// notRecorded says that the records could not follow. Nothing else depends on them.
func notRecorded(err error) string {
	body := describe(err)
	text := "the record of what was applied is not up to date, so that drift may not know where a difference comes from: " + body.Message
	if body.Hint != "" {
		text += "; " + body.Hint
	}
	return text
}
