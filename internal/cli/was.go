package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/restore"
)

// wasOf reads the entry of a backup as the tenant that it was.
func wasOf(entry backup.Tenant) (restore.Was, error) {
	raw := entry.Raw
	if raw == nil { // the backup of another tool: the documented keys are all there is
		built, err := rawOf(entry)
		if err != nil {
			return restore.Was{}, fmt.Errorf("backup of tenant %q: %w", entry.ID, err)
		}
		raw = built
	}
	tenant, err := resource.ParseTenant(raw)
	if err == nil && entry.Settings != nil {
		tenant, err = tenant.WithSettings(entry.Settings)
	}
	if err != nil {
		return restore.Was{}, fmt.Errorf("backup of tenant %q: %w", entry.ID, err)
	}
	return restore.Was{
		Tenant: tenant, Omitted: entry.Omitted, SSO: resource.DescribeSSO(entry.SSO, tenant), Roles: len(entry.Roles),
		Password: isEnabled(entry.PasswordSettings),
	}, nil
}

// rawOf makes a tenant object of an entry's documented keys.
func rawOf(entry backup.Tenant) (json.RawMessage, error) {
	domains := []string{}
	if entry.SelfProvisioning {
		domains = entry.Domains
	}
	attributes := entry.CustomAttributes
	if attributes == nil {
		attributes = json.RawMessage("{}")
	}
	values, err := resource.ParseValue(attributes)
	if err != nil {
		return nil, err
	}
	return json.RawMessage(resource.ObjectValue(map[string]resource.Value{
		"id": resource.StringValue(entry.ID), "name": resource.StringValue(entry.Name),
		"selfProvisioningDomains": resource.StringsValue(domains), "customAttributes": values,
	})), nil
}

// readSettingsOf adds the settings to those of the live tenants that are named.
func (s *session) readSettingsOf(ctx context.Context, ids map[string]bool) error {
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(s.workers())
	for i := range s.live {
		if !ids[s.live[i].ID] || s.live[i].HasSettings() {
			continue
		}
		tasks.Go(func() error {
			settings, err := s.reader.TenantSettings(ctx, s.live[i].ID)
			if err != nil {
				return err
			}
			s.live[i], err = s.live[i].WithSettings(settings)
			return err
		})
	}
	return tasks.Wait()
}

// isAsWanted reports whether each value that is wanted is live.
func isAsWanted(wanted resource.Desired, live resource.Tenant) bool {
	return !slices.ContainsFunc(wanted.Fields, func(field resource.DesiredField) bool {
		value, err := live.Value(field.Path)
		if err != nil {
			return true
		}
		return !resource.ShapeOf(field.Path).Equal(value, field.Value)
	})
}
