package cli

import (
	"context"
	"fmt"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// direct writes the source's live flows to the target's project, with what the
// target sets in them: planned, approved, backed up and verified like an import.
func (p *promoter) direct(ctx context.Context, pairs []promotionPair) error {
	ids := make([]string, len(pairs))
	for i := range pairs {
		ids[i] = pairs[i].from.ID
	}
	live, err := p.from.reader.Flows(ctx)
	if err == nil {
		err = p.from.readDocuments(ctx, live, ids)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", p.from.place(), err)
	}
	documents := map[string]resource.Value{}
	for _, one := range live {
		documents[one.ID] = one.Document
	}
	wants := []resource.Desired{}
	for _, pair := range pairs {
		if pair.from.Absent || pair.to != nil && pair.to.Absent {
			continue
		}
		wanted, err := p.liveFlow(pair, documents[pair.from.ID])
		if err != nil {
			return err
		}
		wants = append(wants, wanted)
		p.to.warnManagedFlow(wanted.ID, "puts its own version back")
	}
	return p.to.writeFlow(ctx, p.options.flowWriteOptions, history.OriginImported, func(context.Context, []resource.Flow) ([]resource.Desired, error) {
		return wants, nil
	})
}

// checkDirect refuses to write to a protected project past its code.
func (p *promoter) checkDirect() error {
	if !p.options.direct || !p.to.target.Protected {
		return nil
	}
	return refusedError("protected_environment", fmt.Sprintf("refused, nothing was sent: %s is protected, and is promoted to by its code only", p.options.to),
		"leave --direct out: then the change can be looked at before it is applied")
}

// liveFlow is a live flow of the source as the target is to have it.
func (p *promoter) liveFlow(pair promotionPair, live resource.Value) (resource.Desired, error) {
	document, err := flow.FromValue(live)
	if err == nil {
		document, err = p.withoutOwn(pair, document)
	}
	if err != nil {
		return resource.Desired{}, fmt.Errorf("%s of %s: %w", pair.from.Address(), p.options.from, err)
	}
	document, wrong, err := p.withTarget(pair, document)
	if err != nil {
		return resource.Desired{}, err
	}
	if wrong != nil {
		return resource.Desired{}, refusedError("no_place", fmt.Sprintf("refused, nothing was sent: %s sets %q in %s (%s), and the live flow of %s has no place for it", p.options.to, wrong.Path.Key, pair.address, wrong.Source, p.options.from),
			"drop the key, or write the path that the flow has now")
	}
	managesSwitch := pair.to == nil || pair.to.Flow.ManagesSwitch
	return resource.Desired{
		Kind: resource.KindFlow, ID: pair.address.ID(),
		Flow: &resource.DesiredFlow{Document: document.WithID(pair.address.ID()).Value(), ManagesSwitch: managesSwitch},
	}, nil
}
