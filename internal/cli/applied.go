package cli

import (
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/applied"
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
		Random: s.app.Random, Secret: s.app.redact.holdsValue, SecretPaths: s.secretPaths,
	}), nil
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
