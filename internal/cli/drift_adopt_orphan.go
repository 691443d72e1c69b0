package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// adoptOrphan makes an entry of what is live and not in the configuration.
func (d *adoption) adoptOrphan(ctx context.Context, side *adoptSide, address resource.Address) error {
	place := d.placeOf(address)
	file, list, err := d.listFor(address, place)
	if err != nil {
		return err
	}
	e := &adoptEntry{adoption: d, address: address, file: file, place: place, overlay: d.environment() != ""}
	var members []yamledit.Member
	known := len(d.obstacles)
	if address.Kind() == resource.KindFlow {
		members, err = e.orphanFlow(ctx, side)
	} else {
		members, err = e.orphanTenant(ctx, side)
	}
	if err != nil || len(d.obstacles) > known {
		return err
	}
	if err := e.append(list, members); err != nil || len(e.path) == 0 {
		return err
	}
	severity := resource.SeverityInfo
	if findings := side.of(address, d.flags); len(findings) > 0 {
		severity = findings[0].Severity
	}
	after := make(map[string]resource.Value, len(members))
	for _, m := range members {
		after[m.Key] = m.Value
	}
	e.note(adoptEdit{After: resource.ObjectValue(after), Severity: severity})
	return nil
}

// orphanTenant is everything of a live tenant that a configuration can say.
func (e *adoptEntry) orphanTenant(ctx context.Context, side *adoptSide) ([]yamledit.Member, error) {
	id := e.address.ID()
	if err := side.readSettingsOf(ctx, map[string]bool{id: true}); err != nil {
		return nil, err
	}
	side.in.Live = side.live
	live, found := side.liveByID()[id]
	if !found {
		return nil, fmt.Errorf("tenant %q went away while it was read", id)
	}
	var comments []string
	members := []yamledit.Member{{Key: "id", Value: resource.StringValue(id)}}
	for _, field := range resource.TenantFields() {
		member, err := e.orphanField(*live, field)
		if err != nil {
			return nil, err
		}
		if member.Comment != "" {
			comments = append(comments, member.Comment)
			e.left = append(e.left, adoptLeft{Address: e.address, Path: field.Name, Reason: member.Comment})
			member.Comment = ""
		}
		if !member.Value.IsAbsent() && e.isShowable(field.Name, member.Value) {
			members = append(members, member)
		}
	}
	members[len(members)-1].Comment = strings.Join(comments, "; ")
	return members, nil
}

// orphanField is one field of a live tenant; without a value where nothing is set.
func (e *adoptEntry) orphanField(live resource.Tenant, field resource.Field) (yamledit.Member, error) {
	member := yamledit.Member{Key: field.Name}
	if field.Name == keySettings {
		var err error
		member.Value, err = orphanSettings(live)
		return member, err
	}
	value, err := live.Value(resource.Path{Field: field.Name})
	if err != nil {
		return member, err
	}
	switch {
	case field.Name == keyAttributes:
		member.Value, member.Comment = orphanAttributes(live.ID, value)
	case field.Name == keyDomains:
		member.Value, member.Comment = orphanDomains(live.ID, field.Shape.Canonical(value))
	case !field.Shape.Equal(value, field.Shape.Zero()):
		member.Value = field.Shape.Canonical(value)
	}
	return member, nil
}

// orphanSettings are the session settings of a tenant that has its own.
func orphanSettings(live resource.Tenant) (resource.Value, error) {
	settings := map[string]resource.Value{}
	for _, field := range resource.TenantSettingsFields() {
		value, err := live.Value(resource.Path{Field: keySettings, Key: field.Name})
		if err != nil {
			return resource.Absent, err
		}
		if !value.IsAbsent() && !field.Shape.Equal(value, field.Shape.Zero()) {
			settings[field.Name] = value
		}
	}
	if settings["enabled"] != resource.BoolValue(true) {
		return resource.Absent, nil
	}
	return resource.ObjectValue(settings), nil
}

// refusedBecause says why a configuration would not take a tenant with one field;
// empty when it would.
func refusedBecause(id, field string, value resource.Value) string {
	entry := resource.ObjectValue(map[string]resource.Value{"id": resource.StringValue(id), field: value})
	_, diagnostics := config.ParseTenant([]byte(entry))
	for _, diagnostic := range diagnostics {
		if diagnostic.Severity == config.SeverityError {
			return diagnostic.Message
		}
	}
	return ""
}

// orphanDomains are the domains of a live tenant. Where validation refuses one of
// them none is managed, and the comment says so: a list is managed as a whole, and
// would take away what it leaves out.
func orphanDomains(id string, value resource.Value) (resource.Value, string) {
	domains, _ := value.AsStrings()
	var bad []string
	for _, domain := range domains {
		if refusedBecause(id, keyDomains, resource.StringsValue([]string{domain})) != "" {
			bad = append(bad, printableLine(domain))
		}
	}
	switch {
	case len(domains) == 0:
		return resource.Absent, ""
	case len(bad) == 0:
		return value, ""
	default:
		return resource.Absent, keyDomains + " is left alone: validation refuses " + strings.Join(bad, ", ")
	}
}

// orphanAttributes are the attributes that a configuration can say.
func orphanAttributes(id string, value resource.Value) (resource.Value, string) {
	attributes, _ := value.AsObject()
	var bad []string
	for name, one := range attributes {
		if refusedBecause(id, keyAttributes, resource.ObjectValue(map[string]resource.Value{name: one})) != "" {
			delete(attributes, name)
			bad = append(bad, printableLine(name))
		}
	}
	if len(attributes) == 0 {
		return resource.Absent, ""
	}
	if len(bad) == 0 {
		return resource.ObjectValue(attributes), ""
	}
	return resource.ObjectValue(attributes), keyAttributes + ": a configuration cannot say " + strings.Join(sortedTexts(bad), ", ")
}

// isShowable makes an obstacle of a value that must not be shown.
func (e *adoptEntry) isShowable(path string, value resource.Value) bool {
	if !e.app.redact.holdsValue(value) {
		return true
	}
	e.obstacle(e.address, path, "the value must not be shown, and is not written into a file")
	return false
}

// orphanFlow writes the live flow into a file of its own.
func (e *adoptEntry) orphanFlow(ctx context.Context, side *adoptSide) ([]yamledit.Member, error) {
	id := e.address.ID()
	if err := side.readDocuments(ctx, side.in.Flows.Live, []string{id}); err != nil {
		return nil, err
	}
	live, found := side.liveFlow(id)
	if !found {
		return nil, fmt.Errorf("flow %q went away while it was read", id)
	}
	document, err := flow.FromValue(live.Document)
	if err != nil {
		return nil, err
	}
	name, err := e.newFlowFile(document.Encode())
	if err != nil || name == "" {
		return nil, err
	}
	return []yamledit.Member{{Key: "id", Value: resource.StringValue(id)}, {Key: "file", Value: resource.StringValue(name)}}, nil
}

func (s *adoptSide) liveFlow(id string) (resource.Flow, bool) {
	for _, live := range s.in.Flows.Live {
		if live.ID == id {
			return live, !live.Document.IsAbsent()
		}
	}
	return resource.Flow{}, false
}

// switchFinding reports whether a finding is only that a flow was switched on or off.
func switchFinding(findings []drift.Finding) bool {
	for _, finding := range findings {
		if !finding.Managed {
			return true
		}
	}
	return false
}
