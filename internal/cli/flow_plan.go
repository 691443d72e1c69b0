package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// withFlows reads what the plan of flows has to know of the project: the list,
// the documents of those that are wanted, the roles where a flow names some, and
// which flows this tool knows.
func (s *session) withFlows(ctx context.Context, want wanted) (wanted, error) {
	if !want.flows.Manage.Configured {
		return want, nil
	}
	var err error
	if want.flows.Live == nil { // nobody has listed them for this plan
		if want.flows.Live, err = s.reader.Flows(ctx); err != nil {
			return want, err
		}
	}
	s.flowsNow = want.flows.Live
	if err := s.readDocuments(ctx, want.flows.Live, plan.NeedDocuments(want.flows, want.options)); err != nil {
		return want, err
	}
	if want.needsRoles() {
		if want.flows.Roles, err = s.roleNames(ctx); err != nil {
			return want, err
		}
	}
	want.flows.Known, err = s.knownFlows(want.flows)
	return want, err
}

// readDocuments exports the flows that are named. One that was deleted since the
// list was read is an error: the next plan knows better.
func (s *session) readDocuments(ctx context.Context, live []resource.Flow, ids []string) error {
	return s.readDocumentsAnd(ctx, live, ids, func(*resource.Flow) {})
}

// readDocumentsAnd calls a function with each flow that has got its document, from
// several goroutines at once: what is to be done with one is done while others are
// still being read.
func (s *session) readDocumentsAnd(ctx context.Context, live []resource.Flow, ids []string, each func(*resource.Flow)) error {
	needed := map[string]bool{}
	for _, id := range ids {
		needed[id] = true
	}
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(s.workers())
	var beside sync.WaitGroup // who reads does not wait for it
	for i := range live {
		if !needed[live[i].ID] || !live[i].Document.IsAbsent() {
			continue
		}
		tasks.Go(func() error {
			exported, err := s.reader.Flow(ctx, live[i].ID)
			if err != nil {
				return fmt.Errorf("read flow %q: %w", live[i].ID, err)
			}
			live[i].Document = exported.Document
			beside.Go(func() { each(&live[i]) })
			return nil
		})
	}
	err := tasks.Wait()
	beside.Wait()
	return err
}

// roleNames are the names and ids of all roles of the project, since a task may
// give either; nil where they cannot be read.
func (s *session) roleNames(ctx context.Context) (map[string]bool, error) {
	all, err := readable(s.reader.Roles(ctx))
	if err != nil || all == nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, raw := range all {
		var role struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		}
		if err := json.Unmarshal(raw, &role); err != nil {
			return nil, fmt.Errorf("list of roles: %w", err)
		}
		names[role.Name] = true
		if role.ID != "" {
			names[role.ID] = true
		}
	}
	return names, nil
}

// knownFlows are the wanted flows that this tool has written, or that were taken
// over by an export.
func (s *session) knownFlows(flows plan.Flows) (map[string]bool, error) {
	if s.state == nil {
		return nil, s.stateErr
	}
	owned, err := s.written()
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, wanted := range flows.Desired {
		there, err := s.history().Known(wanted.ID)
		if err != nil {
			return nil, err
		}
		known[wanted.ID] = flows.Known[wanted.ID] || there || !owned[wanted.Address()].IsZero()
	}
	return known, nil
}

func (s *session) history() *history.History { return history.Open(s.state) }

// keepVersions stores the documents of a plan before the first of them is
// written: those that are live now, as versions where nobody has recorded them,
// and those that are wanted, so that a run that is cut off can be told.
func (r *run) keepVersions() error {
	for _, change := range r.result.Plan.Changes {
		if change.Flow == nil || !change.Action.Writes() {
			continue
		}
		if why := r.session.secretFlow(change.ID, change.Flow.Before, change.Flow.After); why != "" {
			r.session.app.warn("warning: %s %s: its versions are not kept, and it cannot be undone", change.Address, why)
			continue
		}
		if !change.Flow.Before.IsAbsent() {
			if err := r.noteFound(change); err != nil {
				return err
			}
		}
		if !change.Flow.After.IsAbsent() {
			if err := r.session.history().Keep(change.ID, change.Flow.After); err != nil {
				return err
			}
		}
	}
	return nil
}

// noteFound records what is live, and keeps its very document, which an undo
// wants. What means the same as the newest version is none of its own.
func (r *run) noteFound(change resource.Change) error {
	kept := r.session.history()
	entries, err := kept.Entries(change.ID)
	if err != nil {
		return err
	}
	if len(entries) > 0 && entries[len(entries)-1].Digest != "" {
		newest, err := kept.ByDigest(change.ID, entries[len(entries)-1].Digest)
		if err != nil {
			return err
		}
		if flow.Same(newest, change.Flow.Before) {
			return kept.Keep(change.ID, change.Flow.Before)
		}
	}
	_, err = kept.Record(change.ID, change.Flow.Before, r.version(history.OriginFound, change.Flow.Before))
	return err
}

// noteUnchanged makes the flows known that are as the configuration has them, though
// nobody has written or exported them here: they are in the code, and a later deploy
// may write them. They do not become this tool's own. Nothing else depends on it, so
// that a failure is a warning.
func (s *session) noteUnchanged(ctx context.Context, made *resource.Plan) {
	if s.applies == nil || s.state == nil {
		return
	}
	for _, change := range made.Changes {
		at := slices.IndexFunc(s.flowsNow, func(live resource.Flow) bool { return live.ID == change.ID })
		if change.Kind != resource.KindFlow || change.Action != resource.ActionNoChange || at < 0 || s.flowsNow[at].Document.IsAbsent() {
			continue
		}
		document := s.flowsNow[at].Document
		known, err := s.history().Known(change.ID)
		if err == nil && !known && s.secretFlow(change.ID, document) == "" {
			facts := s.facts(ctx)
			entry := history.Entry{At: s.app.Now(), Origin: history.OriginFound, User: facts.user, RunID: s.app.run(), GitCommit: deref(facts.commit)}
			entry.Name, _ = document.Get("metadata").Get("name").AsString()
			_, err = s.history().Record(change.ID, document, entry)
		}
		if err != nil {
			s.app.warn("warning: %s was not noted in its history: %v", change.Address, err)
			return // the others would fail alike
		}
	}
}

// version is the history's entry of a document.
func (r *run) version(origin history.Origin, document resource.Value) history.Entry {
	entry := history.Entry{At: r.session.app.Now(), Origin: origin, User: r.session.app.redact.text(r.facts.user), RunID: r.id}
	if r.facts.commit != nil {
		entry.GitCommit = *r.facts.commit
	}
	entry.Name, _ = document.Get("metadata").Get("name").AsString()
	return entry
}

// recordVersion notes a flow that was written.
func (r *run) recordVersion(address resource.Address) error {
	for _, change := range r.result.Plan.Changes {
		if change.Address != address || change.Flow == nil || r.session.secretFlow(change.ID, change.Flow.Before, change.Flow.After) != "" {
			continue
		}
		origin, document := r.session.origin, change.Flow.After
		if origin == "" {
			origin = history.OriginDeployed
		}
		if change.Action == resource.ActionDelete {
			origin, document = history.OriginDeleted, resource.Absent
		}
		_, err := r.session.history().Record(change.ID, document, r.version(origin, change.Flow.After))
		return err
	}
	return nil
}

// documentsOf gives a change of a flow, as a journal tells it, its documents back;
// nil where they are not kept.
func (s *session) documentsOf(change resource.Change) (*resource.FlowChange, error) {
	var documents resource.FlowChange
	for _, one := range []struct {
		digest string
		into   *resource.Value
	}{{deref(change.BaseDigest), &documents.Before}, {change.WantedDigest, &documents.After}} {
		if one.digest == "" {
			continue
		}
		document, err := s.history().ByDigest(change.ID, one.digest)
		if _, unknown := errors.AsType[*history.NoVersionError](err); unknown {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		*one.into = document
	}
	return &documents, nil
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
