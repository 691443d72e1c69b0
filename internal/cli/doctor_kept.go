package cli

import (
	"fmt"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/doctor"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// finished looks at the journals of runs that are over, as an undo would.
func (p *patient) finished(check *diagnosis) {
	found, err := p.state().CheckFinished()
	if err == nil {
		err = found.Newest
	}
	if err != nil {
		body := describe(err)
		check.graver(doctor.Problem, "the last run cannot be undone: "+body.Message, body.Hint)
		check.status = StatusOf(err)
	}
	for _, one := range found.Damaged {
		if err == nil || one.Error() != err.Error() {
			body := describe(one)
			check.graver(doctor.Warning, "an earlier run cannot be undone: "+body.Message, body.Hint)
		}
	}
	if check.Verdict == doctor.OK && found.Kept > 0 {
		check.Summary += "; " + counted(found.Kept, "journal") + " kept for undo"
	}
}

// kept looks at what the tool remembers of the project's objects: which are its own,
// how they were applied last, and the versions of flows.
func (p *patient) kept() diagnosis {
	id := doctor.CheckRecords
	if p.records == nil || !p.known {
		return saw(id, doctor.Skipped, "no project or no state folder is known")
	}
	owned, err := p.state().Owned()
	check := saw(id, doctor.OK, "%s of this tool's own", counted(len(owned), "object"))
	if err != nil {
		check.damaged(doctor.Problem, "nobody can tell what --prune may delete: ", err)
	} else if emptied, _ := p.state().OwnershipEmptied(); emptied { // it was read just now
		check.graver(doctor.Warning, ownershipEmptied(p.state()), hintOwnership)
	}
	flows, err := history.Open(p.state()).Flows()
	if err != nil {
		check.damaged(doctor.Problem, "flows can be neither deployed nor rolled back: ", err)
	} else if len(flows) > 0 {
		check.Summary += ", " + counted(len(flows), "flow") + " with versions"
	}
	s := &session{
		app: p.app, settings: config.MergeSettings(p.loaded, p.user, p.target.Environment), target: p.target, host: p.host,
		records: p.records, state: p.state(),
	}
	records, err := s.appliedRecords()
	if err == nil {
		_, err = records.Read()
	}
	if err != nil {
		check.damaged(doctor.Warning, "drift cannot tell where a difference comes from: ", err)
	}
	return check
}

// damaged makes a check graver because of a record that cannot be read.
func (f *diagnosis) damaged(verdict doctor.Verdict, means string, err error) {
	body := describe(err)
	if verdict == doctor.Problem && f.Verdict != doctor.Problem {
		f.status = StatusOf(err)
	}
	if f.Verdict == doctor.OK { // what is well is no detail of it
		f.Verdict, f.Summary, f.Remedy = verdict, means+body.Message, body.Hint
		return
	}
	f.graver(verdict, means+body.Message, body.Hint)
}

const hintOwnership = "restore the file from a copy of the state folder; without it an object counts as this tool's own again once a run has changed it"

// ownershipEmptied says what it means that the record of what this tool owns is there
// and says nothing.
func ownershipEmptied(state *store.ProjectState) string {
	return fmt.Sprintf("%s has lost its lines: this tool owns nothing here, and --prune deletes nothing", state.OwnershipPath())
}
