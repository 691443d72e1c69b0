package plan

import (
	"slices"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// What the estimate of a plan's duration assumes of the world.
const (
	AssumedLatency = 250 * time.Millisecond // mean, of one call
	AssumedWorkers = 10                     // calls in flight at once
)

// SearchesPerTenant is the largest number of deletes whose users are counted
// tenant by tenant; above it one search counts for all.
const SearchesPerTenant = 20

// Calls are the API calls that one apply makes from its start: planning
// included, re-reads before a write, probes and retries apart.
type Calls struct {
	List     int    // of all live objects
	Settings int    // reads of settings, for comparing
	Users    int    // searches that count the users that deletes concern
	SSO      int    // reads of SSO configurations that deletes would lose
	Project  int    // reads of settings of the project
	Kept     Kept   // reads for the backup
	Waves    []Wave // of writes: each starts when the one before it has ended
	Verify   int    // the list that verifies the writes

	FlowLists  int // the list of flows, and that of roles
	Documents  int // exports of flows, for comparing
	FlowWrites int // imports and deletes, with the exports before them
	FlowVerify int // the exports that verify them
}

// Kept are the reads for the backup, besides the list.
type Kept struct {
	Settings int // of the tenants that go, and of those whose settings are written
	Others   int // their SSO and password settings, and the list of all roles
}

// Wave is a group of changes that can be sent side by side.
type Wave struct {
	Calls   int // of all changes in it
	Longest int // the most calls that one change makes, one after the other
}

// Reads are what is read to compare, beside the counts of users.
type Reads struct {
	Tenants   bool // the list of tenants
	Settings  int  // settings of tenants
	Project   int  // settings of the project, which those of deleted tenants are held against
	Flows     bool // the list of flows
	Documents int  // exports of flows
	Roles     bool // the list of roles
}

// CountCalls counts the calls of a plan, as if its blocked changes were excluded.
func CountCalls(p *resource.Plan, reads Reads) Calls {
	calls := Calls{Settings: reads.Settings, Project: reads.Project, Documents: reads.Documents, Waves: waves(p)}
	if reads.Tenants {
		calls.List = 1
	}
	if reads.Flows {
		calls.FlowLists++
	}
	if reads.Roles {
		calls.FlowLists++
	}
	if calls.Users = len(Deletes(p)); calls.Users > SearchesPerTenant {
		calls.Users = 1
	}
	if deletes := len(Deletes(p)); deletes > 0 {
		calls.SSO = deletes
		calls.Kept = Kept{Settings: deletes, Others: 2*deletes + 1}
	}
	for i := range p.Changes {
		if keepsSettings(&p.Changes[i]) {
			calls.Kept.Settings++
		}
	}
	if len(calls.Waves) > 0 {
		calls.Verify = 1
	}
	for i := range p.Changes {
		change := &p.Changes[i]
		if change.Kind != resource.KindFlow || !isSent(change) {
			continue
		}
		calls.FlowWrites += 2 // a fresh export goes before each
		calls.FlowVerify++
	}
	if calls.FlowVerify > 0 {
		calls.List = 1 // for the backup, which holds all tenants, where the plan has not read them
	}
	return calls
}

// keepsSettings reports whether the backup reads the settings that a change
// writes.
func keepsSettings(change *resource.Change) bool {
	return change.Action == resource.ActionUpdate && isSent(change) &&
		slices.ContainsFunc(change.Fields, func(field resource.FieldChange) bool { return field.At.Field == settingsField })
}

// Total is the number of calls.
func (c Calls) Total() int {
	total := c.List + c.Settings + c.Users + c.SSO + c.Project + c.Kept.Settings + c.Kept.Others + c.Verify
	total += c.FlowLists + c.Documents + c.FlowWrites + c.FlowVerify
	for _, wave := range c.Waves {
		total += wave.Calls
	}
	return total
}

// Duration is how long the calls take when each takes the mean latency and at
// most that many are in flight: every step, and every wave of writes, takes as
// many rounds as its calls fill, and at least as many as its longest change has calls.
func (c Calls) Duration(latency time.Duration, workers int) time.Duration {
	workers = max(workers, 1)
	inRounds := func(calls int) int { return (calls + workers - 1) / workers }
	rounds := c.List + c.Project + inRounds(c.Settings) + inRounds(c.Users) + inRounds(c.SSO) + inRounds(c.Kept.Settings+c.Kept.Others) + c.Verify
	rounds += c.FlowLists + inRounds(c.Documents) + inRounds(c.FlowVerify)
	if c.FlowWrites > 0 {
		rounds += max(2, inRounds(c.FlowWrites))
	}
	for _, wave := range c.Waves {
		rounds += max(wave.Longest, inRounds(wave.Calls))
	}
	return time.Duration(rounds) * latency
}

// waves groups the writes of tenants by the longest chain of changes before them.
func waves(p *resource.Plan) []Wave {
	depths := make(map[resource.Address]int, p.Summary.Writes())
	byAddress := make(map[resource.Address]*resource.Change, p.Summary.Writes())
	for i := range p.Changes {
		if change := &p.Changes[i]; isSent(change) && change.Kind == resource.KindTenant {
			byAddress[change.Address] = change
		}
	}
	list := []Wave{}
	for i := range p.Changes {
		change := &p.Changes[i]
		if !isSent(change) || change.Kind != resource.KindTenant {
			continue
		}
		depth := depthOf(change, byAddress, depths)
		for len(list) < depth {
			list = append(list, Wave{})
		}
		wave := &list[depth-1]
		calls := callsOf(change)
		wave.Calls += calls
		wave.Longest = max(wave.Longest, calls)
	}
	return list
}

// depthOf is 1 for a change that waits for nothing. Changes that wait in a
// circle are blocked, and never get here.
func depthOf(change *resource.Change, byAddress map[resource.Address]*resource.Change, depths map[resource.Address]int) int {
	if depth := depths[change.Address]; depth > 0 {
		return depth
	}
	depth := 1
	for _, address := range change.After {
		if before := byAddress[address]; before != nil {
			depth = max(depth, 1+depthOf(before, byAddress, depths))
		}
	}
	depths[change.Address] = depth
	return depth
}

func isSent(change *resource.Change) bool { return change.Action.Writes() && change.Blocked == nil }

// callsOf is the number of calls that one change is made with.
func callsOf(change *resource.Change) int {
	if change.Action == resource.ActionDelete {
		return 1
	}
	used := map[resource.Call]bool{}
	for i := range change.Fields {
		field, _ := resource.FindField(resource.WritableTenantFields(), change.Fields[i].At.Field)
		empty := change.Action == resource.ActionCreate && field.Name == rolesField && change.Fields[i].After == "[]"
		if !empty {
			used[field.Call] = true
		}
	}
	if change.Action == resource.ActionCreate {
		used[resource.CallTenant] = true
	}
	return len(used)
}

// settingsReads counts the settings that are read to compare, without those of
// blocked changes.
func (p *planner) settingsReads() int {
	reads := 0
	for i := range p.changes {
		change := &p.changes[i]
		compared := change.Action == resource.ActionUpdate || change.Action == resource.ActionNoChange
		wanted := p.desired[change.ID]
		if change.Kind == resource.KindTenant && compared && change.Blocked == nil && wanted != nil && managesSettings(wanted) {
			reads++
		}
	}
	return reads
}

// documentReads counts the flows whose documents were read to compare.
func (p *planner) documentReads() int {
	return len(NeedDocuments(p.in.Flows, p.in.Options))
}

// Deletes gives the ids of the tenants that a plan deletes, without what is blocked: those
// whose users an apply counts beforehand.
func Deletes(p *resource.Plan) []string {
	ids := []string{}
	for i := range p.Changes {
		if change := &p.Changes[i]; isSent(change) && change.Kind == resource.KindTenant && change.Action == resource.ActionDelete {
			ids = append(ids, change.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// SetUsers writes the numbers of users that deletes concern into a plan; an id
// that is not in the map is one whose users could not be counted. The digest
// does not cover them.
func SetUsers(p *resource.Plan, users map[string]int) {
	for i := range p.Changes {
		change := &p.Changes[i]
		if change.Kind != resource.KindTenant || change.Action != resource.ActionDelete {
			continue
		}
		change.Users = nil
		if count, counted := users[change.ID]; counted {
			change.Users = &count
		}
	}
}
