package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// checkMerged reads the configuration as it will be. It is refused where it is not
// valid, and where anything else would change than what was edited.
func (m *merging) checkMerged(ctx context.Context) error {
	loaded, err := m.load(ctx)
	if invalid, ok := errors.AsType[*config.InvalidError](err); ok {
		var texts []string
		for _, diagnostic := range invalid.Errors() {
			texts = append(texts, diagnostic.String())
		}
		return notAdoptable(append(slices.Clone(m.obstacles), "the configuration would not be valid: "+strings.Join(texts, "; ")))
	}
	if err != nil {
		return err
	}
	meant := map[resource.Address]bool{}
	for _, edit := range m.edits {
		meant[edit.Address] = true
	}
	before := m.side.config
	for _, environment := range everyView(before) {
		for _, address := range changedDesired(before, loaded, environment) {
			if environment != m.environment || !meant[address] {
				return notAdoptable([]string{alsoChanged(address, environment)})
			}
		}
	}
	if m.remaining, err = m.exporter.remaining(loaded, m.environment); err != nil {
		return err
	}
	for i := range m.remaining {
		m.remaining[i].Reason = m.reasonFor(m.remaining[i])
	}
	m.loaded = loaded
	m.forgetManaged(loaded)
	return nil
}

// forgetManaged drops from what is left alone what the configuration manages, and what
// is as it says.
func (m *merging) forgetManaged(loaded *config.Config) {
	wanted := desiredByID(loaded.Desired(m.environment))
	flows := desiredByID(loaded.DesiredFlows(m.environment))
	m.exporter.left = slices.DeleteFunc(m.exporter.left, func(left adoptLeft) bool {
		if left.Address.Kind() == resource.KindFlow {
			_, managed := flows[left.Address.ID()]
			return managed
		}
		return slices.ContainsFunc(wanted[left.Address.ID()].Fields, func(field resource.DesiredField) bool {
			return field.Path.String() == left.Path
		})
	})
}

// reasonFor is why a value was not written.
func (m *merging) reasonFor(one exportRemaining) string {
	place := strings.TrimSpace(string(one.Address) + " " + one.Path)
	for _, obstacle := range m.obstacles {
		if reason, found := strings.CutPrefix(obstacle, place+": "); found {
			return reason
		}
	}
	for _, left := range m.exporter.left {
		if left.Address == one.Address && (left.Path == one.Path || left.Path == "") {
			return left.Reason
		}
	}
	if m.secretPaths.Has(one.Address, one.Path) {
		return reasonMarked
	}
	return one.Reason
}
