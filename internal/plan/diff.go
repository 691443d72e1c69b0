package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Names of fields that have rules of their own.
const (
	nameField       = "name"
	parentField     = "parent"
	disabledField   = "disabled"
	domainsField    = "self_provisioning_domains"
	attributesField = "custom_attributes"
	rolesField      = "default_roles"
	settingsField   = "settings"
)

// changeOf compares one wanted object with its live one, which may be nil.
func (p *planner) changeOf(wanted *resource.Desired, live *resource.Tenant) (resource.Change, error) {
	var (
		change resource.Change
		err    error
	)
	switch {
	case wanted.Absent && live == nil:
		change = newChange(wanted.ID, resource.ActionNoChange)
		change.BaseDigest = digestOf([]byte("absent"))
	case wanted.Absent:
		change, err = p.deleteOf(live)
	case live == nil:
		change, err = p.createOf(wanted)
	default:
		change, err = p.updateOf(wanted, live)
	}
	if err != nil {
		return resource.Change{}, err
	}
	if !wanted.Source.IsZero() {
		source := wanted.Source
		change.Source = &source
	}
	if wanted.Protect {
		guardProtected(&change)
	}
	return change, nil
}

func newChange(id string, action resource.Action) resource.Change {
	return resource.Change{
		Address: resource.NewAddress(resource.KindTenant, id), Kind: resource.KindTenant, ID: id,
		Action: action, Fields: []resource.FieldChange{},
	}
}

// createOf lists every wanted value; there is nothing before it.
func (p *planner) createOf(wanted *resource.Desired) (resource.Change, error) {
	change := newChange(wanted.ID, resource.ActionCreate)
	fields, err := byPath(wanted.Fields)
	if err != nil {
		return change, err
	}
	for i := range fields {
		field := &fields[i]
		rule, err := ruleOf(field.Path)
		if err != nil {
			return change, err
		}
		if !field.Remove {
			change.Fields = append(change.Fields, fieldChange(field.Path, resource.Absent, rule.shape.Canonical(field.Value)))
		}
	}
	p.checkCreate(wanted)
	sortFields(change.Fields)
	return change, nil
}

// deleteOf shows the name of what goes, because an id alone can say little.
func (p *planner) deleteOf(live *resource.Tenant) (resource.Change, error) {
	change := newChange(live.ID, resource.ActionDelete)
	change.Cascade = p.in.Cascade
	if live.Name != "" {
		change.Fields = append(change.Fields, fieldChange(resource.Path{Field: nameField}, resource.StringValue(live.Name), resource.Absent))
	}
	if what := p.in.SSO[live.ID]; what != "" && !p.in.Options.AllowSSOLoss {
		block(&change, BlockedSSO, "%s has %s: its secrets and certificates cannot be brought back; --allow-sso-loss deletes it all the same",
			change.Address, what)
	}
	digest, err := live.Digest()
	change.BaseDigest = &digest
	return change, err
}

// updateOf compares the managed values, and only them. Where none differs the
// base digest covers just these values: what others do to the rest of an
// untouched object does not concern a plan that leaves it alone.
func (p *planner) updateOf(wanted *resource.Desired, live *resource.Tenant) (resource.Change, error) {
	change := newChange(wanted.ID, resource.ActionUpdate)
	fields, err := byPath(wanted.Fields)
	if err != nil {
		return change, err
	}
	pairs := p.scratch[:0]
	for i := range fields {
		field := &fields[i]
		rule, err := ruleOf(field.Path)
		if err != nil {
			return change, err
		}
		before, err := live.Value(field.Path)
		if err != nil {
			return change, err
		}
		after := resource.Absent
		if !field.Remove {
			after = rule.shape.Canonical(field.Value)
		}
		pairs = appendText(pairs, field.Path.Field)
		pairs = appendText(pairs, field.Path.Key)
		pairs = appendText(pairs, p.unguessable(wanted, field, string(after)))
		if rule.shape.Equal(before, after) {
			continue
		}
		change.Fields = append(change.Fields, fieldChange(field.Path, rule.shape.Canonical(before), after))
		if rule.createOnly {
			p.blockParent(&change, wanted, field, before)
		}
	}
	p.scratch = pairs
	if len(change.Fields) == 0 {
		change.Action = resource.ActionNoChange
		change.BaseDigest = digestOf(pairs)
		return change, nil
	}
	digest, err := live.Digest()
	if err != nil {
		return change, err
	}
	change.BaseDigest = &digest
	sortFields(change.Fields)
	return change, nil
}

// markSecrets marks the fields whose values must not be shown, and gives each a
// hash, by which plans are compared.
func (p *planner) markSecrets() {
	if p.in.Secret == nil && p.in.SecretPaths == nil {
		return
	}
	for i := range p.changes {
		change := &p.changes[i]
		for j := range change.Fields {
			field := &change.Fields[j]
			field.Sensitive = field.Sensitive || p.isSecret(field.Before, field.After) || p.in.SecretPaths.Has(change.Address, field.Path)
			if field.Sensitive && p.in.Keyed != nil {
				text := appendText(nil, string(change.Address))
				for _, part := range []string{field.Path, nullable(field.Before), nullable(field.After)} {
					text = appendText(text, part)
				}
				field.ValuesDigest = p.in.Keyed(string(text))
			}
		}
	}
}

// isSecret reports whether one of the values must not be shown.
func (p *planner) isSecret(values ...resource.Value) bool {
	return p.in.Secret != nil && slices.ContainsFunc(values, p.in.Secret)
}

// unguessable is a value as a digest of a few values may cover it: not at all where
// it is secret, since from the plain hash of a short secret the secret can be found.
func (p *planner) unguessable(wanted *resource.Desired, field *resource.DesiredField, value string) string {
	if field.Secret || p.in.SecretPaths != nil && p.in.SecretPaths.Has(wanted.Address(), field.Path.String()) {
		return ""
	}
	return value
}

func fieldChange(path resource.Path, before, after resource.Value) resource.FieldChange {
	return resource.FieldChange{Path: path.String(), Before: before, After: after, At: path}
}

// sortFields puts changes in the order in which their paths are shown.
func sortFields(fields []resource.FieldChange) {
	slices.SortFunc(fields, func(a, b resource.FieldChange) int { return cmp.Compare(a.Path, b.Path) })
}

// byPath gives wanted values in one order, however they were found. The same
// path twice would leave open which value is written.
func byPath(fields []resource.DesiredField) ([]resource.DesiredField, error) {
	order := func(a, b resource.DesiredField) int {
		return cmp.Or(cmp.Compare(a.Path.Field, b.Path.Field), cmp.Compare(a.Path.Key, b.Path.Key))
	}
	if !slices.IsSortedFunc(fields, order) {
		fields = slices.Clone(fields)
		slices.SortFunc(fields, order)
	}
	for i := 1; i < len(fields); i++ {
		if fields[i].Path == fields[i-1].Path {
			return nil, fmt.Errorf("%s is wanted twice", fields[i].Path)
		}
	}
	return fields, nil
}

func digestOf(text []byte) *string {
	sum := sha256.Sum256(text)
	digest := "sha256:" + hex.EncodeToString(sum[:])
	return &digest
}

// rule is how the value at one path is compared.
type rule struct {
	shape      resource.Shape
	createOnly bool
}

// ruleOf finds the rule of a path: the field's own, the setting's own, or, for
// a custom attribute, a comparison of the bare values.
func ruleOf(path resource.Path) (rule, error) {
	field, known := resource.FindField(resource.WritableTenantFields(), path.Field)
	if !known {
		return rule{}, fmt.Errorf("tenants have no field %q", path.Field)
	}
	if (field.Shape == resource.ShapeMap) != (path.Key != "") {
		return rule{}, fmt.Errorf("%q names no single value", path)
	}
	switch {
	case field.Shape != resource.ShapeMap:
		return rule{shape: field.Shape, createOnly: field.CreateOnly}, nil
	case field.Name != settingsField:
		return rule{shape: resource.ShapeObject}, nil
	}
	setting, known := resource.FindField(resource.TenantSettingsFields(), path.Key)
	if !known {
		return rule{}, fmt.Errorf("tenant settings have no field %q", path.Key)
	}
	return rule{shape: setting.Shape}, nil
}

// guardProtected blocks what a protected object must not suffer.
func guardProtected(change *resource.Change) {
	if change.Action == resource.ActionDelete {
		block(change, BlockedProtected, "%s is protected and would be deleted", change.Address)
	}
	if change.Action != resource.ActionUpdate {
		return
	}
	for i := range change.Fields {
		if change.Fields[i].At.Field == disabledField && change.Fields[i].After == resource.BoolValue(true) {
			block(change, BlockedProtected, "%s is protected and would be disabled", change.Address)
		}
	}
}

// findField returns the change of a whole field, nil when the plan does not touch it.
func findField(change *resource.Change, name string) *resource.FieldChange {
	for i := range change.Fields {
		if change.Fields[i].At == (resource.Path{Field: name}) {
			return &change.Fields[i]
		}
	}
	return nil
}
