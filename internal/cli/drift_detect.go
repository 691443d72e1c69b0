package cli

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// driftRecords are what earlier runs have left behind about a project.
type driftRecords interface {
	// Read is what was applied last.
	Read() (drift.Applied, error)
	// Hash is what records hold in place of a value that must not be shown; empty
	// where this machine cannot make it.
	Hash(address resource.Address, path string, value resource.Value) (string, error)
	// Seen gives the times at which differences were first seen, and notes the new
	// ones. Complete says that there are no others.
	Seen(ctx context.Context, keys []string, now time.Time, complete bool) (map[string]time.Time, error)
}

// detectDrift reads what is live and what is recorded, and compares: one list call
// for each kind, one read for each tenant whose settings are named and for each
// configured flow. Nothing is written to Descope.
func (s *session) detectDrift(ctx context.Context, options driftOptions) (drift.Result, error) {
	_, result, err := s.compareDrift(ctx, options)
	if err != nil {
		return drift.Result{}, err
	}
	return s.withFirstSeen(ctx, result, len(options.target)+len(options.exclude) == 0)
}

// compareDrift is detectDrift without the times at which the differences were first
// seen; it also gives what was compared.
func (s *session) compareDrift(ctx context.Context, options driftOptions) (drift.Input, drift.Result, error) {
	in := drift.Input{
		ToolVersion: currentBuild().Version, Environment: s.environment(), ProjectID: s.target.ProjectID, Host: s.host,
		CreatedAt: s.app.Now().UTC().Truncate(time.Second), Target: options.target, Exclude: options.exclude,
		Manage: s.config.Manage(s.target.Resources), Desired: s.config.Desired(s.target.Resources),
		Flows:  plan.Flows{Manage: s.config.ManageFlows(s.target.Resources), Desired: s.config.DesiredFlows(s.target.Resources)},
		Rules:  s.config.Drift(s.target.Resources),
		Secret: s.app.redact.holdsValue, SecretPaths: s.secretPaths,
	}
	var hashErr error
	if s.past != nil {
		in.HashOf = func(address resource.Address, path string, value resource.Value) string {
			hash, err := s.past.Hash(address, path, value)
			if err != nil {
				hashErr = err
			}
			return hash
		}
	}
	tenants, err := s.readForDrift(ctx, &in)
	if err != nil {
		return in, drift.Result{}, err
	}
	result, err := tenants.Detect(in)
	if err == nil {
		err = hashErr
	}
	in.Alike = nil // it is not true of what the caller makes of the input
	return in, result, err
}

// readForDrift reads tenants and flows at the same time, and compares the tenants.
func (s *session) readForDrift(ctx context.Context, in *drift.Input) (compared *drift.Compared, err error) {
	narrow := resource.PlanOptions{Target: in.Target, Exclude: in.Exclude}
	noRoles := false // what a flow names is not looked for
	want := wanted{desired: in.Desired, manage: in.Manage, flows: in.Flows, options: narrow, roles: &noRoles}
	if err := s.begin(ctx, want.reads()); err != nil {
		return nil, err
	}
	tasks, reading := errgroup.WithContext(ctx)
	tenants := *in // without what is read of flows at the same time
	tasks.Go(func() error {
		if err := s.readTenantsForDrift(reading, &tenants, narrow); err != nil {
			return err
		}
		var err error
		compared, err = s.compareTenants(&tenants)
		in.Live, in.Applied = tenants.Live, tenants.Applied
		return err
	})
	tasks.Go(func() error { return s.readFlowsForDrift(reading, in, narrow) })
	if err := tasks.Wait(); err != nil {
		return nil, err
	}
	if err := s.recover(ctx, in.Live); err != nil { // it says what runs have left that were cut off
		return nil, err
	}
	if s.state != nil && in.Flows.Manage.Configured {
		in.Flows.Known, err = s.knownFlows(in.Flows)
	}
	return compared, err
}

// compareTenants compares the tenants with what is recorded of them, while flows are
// being read: lists are waited for, and what compares takes the processors.
func (s *session) compareTenants(in *drift.Input) (compared *drift.Compared, err error) {
	if s.past != nil {
		if in.Applied, err = s.past.Read(); err != nil {
			return nil, err
		}
	}
	s.app.member.inTurn(func() { compared, err = drift.CompareTenants(*in) })
	return compared, err
}

// readTenantsForDrift lists the tenants, and reads the settings of those whose settings
// are named.
func (s *session) readTenantsForDrift(ctx context.Context, in *drift.Input, narrow resource.PlanOptions) error {
	var err error
	if !in.Manage.Configured {
		s.known, err = s.look()
		return err
	}
	if in.Live, err = s.list(ctx); err != nil {
		return err
	}
	needed := map[string]bool{}
	for _, id := range plan.NeedSettings(in.Desired, in.Live, in.Manage, narrow) {
		needed[id] = true
	}
	return s.readSettingsOf(ctx, needed)
}

// readFlowsForDrift lists the flows and reads the documents of those that are wanted;
// each is compared while others are still being read.
func (s *session) readFlowsForDrift(ctx context.Context, in *drift.Input, narrow resource.PlanOptions) error {
	if !in.Flows.Manage.Configured {
		return nil
	}
	var err error
	if in.Flows.Live, err = s.reader.Flows(ctx); err != nil {
		return err
	}
	desired := make(map[string]*resource.Desired, len(in.Flows.Desired))
	for i := range in.Flows.Desired {
		desired[in.Flows.Desired[i].ID] = &in.Flows.Desired[i]
	}
	var lock sync.Mutex
	in.Alike = map[string]bool{}
	return s.readDocumentsAnd(ctx, in.Flows.Live, plan.NeedDocuments(in.Flows, narrow), func(live *resource.Flow) {
		wanted, alike := desired[live.ID], false
		s.app.member.inTurn(func() { alike = wanted != nil && drift.Alike(wanted, live) })
		if alike {
			lock.Lock()
			defer lock.Unlock()
			in.Alike[live.ID] = true
		}
	})
}

// withFirstSeen looks up since when the differences are known. That it cannot be noted
// that they were seen does not make them go away.
func (s *session) withFirstSeen(ctx context.Context, result drift.Result, complete bool) (drift.Result, error) {
	if s.past == nil {
		return result, nil
	}
	keys := make([]string, len(result.Findings))
	for i := range result.Findings {
		keys[i] = drift.Key(result.Findings[i])
	}
	times, err := s.past.Seen(ctx, keys, result.CreatedAt, complete)
	if err != nil {
		if StatusOf(err) == StatusIntegrity || ctx.Err() != nil {
			return drift.Result{}, err
		}
		s.app.warn("warning: it could not be noted when the differences were first seen: %v", err)
	}
	return result.WithFirstSeen(times), nil
}
