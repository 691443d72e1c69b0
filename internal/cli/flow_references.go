package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// referenceStatus says whether the target has what a flow needs.
type referenceStatus string

// The statuses.
const (
	referenceFound        referenceStatus = "found"
	referenceMissing      referenceStatus = "missing"
	referenceNotChecked   referenceStatus = "not_checked"   // nobody has looked
	referenceNotCheckable referenceStatus = "not_checkable" // nobody can tell
)

// flowReference is one thing that a flow needs of its project.
type flowReference struct {
	flow.Reference
	Status referenceStatus `json:"status"`
	Detail string          `json:"detail,omitempty"`
}

// referencesOf lists what a flow needs, before anybody has looked.
func referencesOf(document flow.Document) []flowReference {
	list := []flowReference{}
	for _, reference := range flow.References(document) {
		status := referenceNotChecked
		if reference.Kind == flow.ReferenceConnector {
			status = referenceNotCheckable
		}
		list = append(list, flowReference{Reference: reference, Status: status})
	}
	return list
}

// checkReferences looks for the roles and sub-flows in the target, with one call
// for each of the two kinds that is there.
func (s *session) checkReferences(ctx context.Context, flowID string, list []flowReference) error {
	needs := func(kind flow.ReferenceKind) bool {
		return slices.ContainsFunc(list, func(r flowReference) bool { return r.Kind == kind })
	}
	if needs(flow.ReferenceRole) {
		if err := s.checkRoles(ctx, list); err != nil {
			return err
		}
	}
	if needs(flow.ReferenceFlow) {
		return s.checkSubFlows(ctx, flowID, list)
	}
	return nil
}

// targetRole is what is compared of a role.
type targetRole struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	TenantID string `json:"tenantId"`
}

func (s *session) checkRoles(ctx context.Context, list []flowReference) error {
	raw, err := s.reader.Roles(ctx)
	if err != nil && !descope.IsUnreadable(err) {
		return err
	}
	unreadable := err != nil
	var roles []targetRole
	for _, one := range raw {
		var role targetRole
		if err := json.Unmarshal(one, &role); err != nil {
			return fmt.Errorf("list of roles: %w", err)
		}
		roles = append(roles, role)
	}
	for i := range list {
		switch {
		case list[i].Kind != flow.ReferenceRole:
		case unreadable:
			list[i].Status, list[i].Detail = referenceNotCheckable, "the key may not list roles"
		default:
			list[i].Status, list[i].Detail = lookForRole(list[i].Reference, roles)
		}
	}
	return nil
}

// lookForRole looks for a role by its name, since ids differ from project to
// project; a task may name one by its id too. A role that belongs to a tenant
// may or may not be the one that is meant.
func lookForRole(wanted flow.Reference, roles []targetRole) (referenceStatus, string) {
	status, detail := referenceMissing, ""
	for _, role := range roles {
		if role.Name != wanted.Name && (role.ID == "" || role.ID != cmp.Or(wanted.Name, wanted.ID)) {
			continue
		}
		if role.TenantID == "" {
			return referenceFound, ""
		}
		status, detail = referenceNotCheckable, "only tenants have a role of this name"
	}
	return status, detail
}

func (s *session) checkSubFlows(ctx context.Context, flowID string, list []flowReference) error {
	flows, err := s.flows(ctx)
	if err != nil {
		return err
	}
	for i := range list {
		if list[i].Kind != flow.ReferenceFlow {
			continue
		}
		list[i].Status = referenceMissing
		if list[i].ID == flowID || slices.ContainsFunc(flows, func(f resource.Flow) bool { return f.ID == list[i].ID }) {
			list[i].Status = referenceFound
		}
	}
	return nil
}
