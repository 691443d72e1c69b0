package apply

import (
	"context"
	"fmt"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// TenantWriter makes the calls that change tenants. An edit's Check error must
// come back so that errors.As finds it.
type TenantWriter interface {
	// CreateTenant creates a tenant from values under their wire names, "id" not
	// among them, and returns the id that the service gave it, or "".
	CreateTenant(ctx context.Context, id string, fields map[string]resource.Value) (string, error)
	// UpdateTenant changes what the edit names and nothing else.
	UpdateTenant(ctx context.Context, id string, edit resource.TenantEdit) error
	// UpdateSettings changes what the edit names and nothing else.
	UpdateSettings(ctx context.Context, id string, edit resource.SettingsEdit) error
	// SetDefaultRoles replaces the tenant's default roles.
	SetDefaultRoles(ctx context.Context, id string, edit resource.RolesEdit) error
	// DeleteTenant deletes a tenant.
	DeleteTenant(ctx context.Context, id string, edit resource.TenantDelete) error
}

// TenantLister reads all tenants of the project, in one call.
type TenantLister interface {
	Tenants(ctx context.Context) ([]resource.Tenant, error)
}

// The names of a tenant's steps, as messages show them.
const (
	stepCreate       = "create"
	stepUpdate       = "update"
	stepDelete       = "delete"
	stepSettings     = "settings"
	stepDefaultRoles = "default roles"
)

const settingsField = "settings"

// Tenants is the kind of tenants. A create is up to three calls (the tenant, its
// settings, its default roles) and an update is the same three for what changes;
// the tenant list shows everything but the settings.
func Tenants(writer TenantWriter, lister TenantLister, opts TenantOptions) Kind {
	return tenantKind{writer: writer, lister: lister, opts: opts}
}

// TenantOptions say how tenants are written.
type TenantOptions struct {
	// WroteSettings is told the settings of a tenant as a whole, once they were
	// written, in a tenant that carries no other field: the call needs them all, and
	// nobody else has read them where the tenant is new. It may be called by several
	// goroutines at once. Nil is told nothing.
	WroteSettings func(settings resource.Tenant)
}

type tenantKind struct {
	writer TenantWriter
	lister TenantLister
	opts   TenantOptions
}

func (k tenantKind) Name() resource.Kind { return resource.KindTenant }

func (k tenantKind) Steps(change resource.Change) ([]Step, error) {
	if change.Action == resource.ActionDelete {
		edit := resource.TenantDelete{Cascade: change.Cascade, Check: checkBase(change)}
		return []Step{{Name: stepDelete, Send: func(ctx context.Context) error {
			return k.writer.DeleteTenant(ctx, change.ID, edit)
		}}}, nil
	}
	calls, err := groupCalls(change)
	if err != nil {
		return nil, err
	}
	creating := change.Action == resource.ActionCreate
	var steps []Step
	switch {
	case creating:
		steps = append(steps, Step{Name: stepCreate, Fields: calls.tenant, Send: k.create(change.ID, calls.createBody())})
	case len(calls.tenant) > 0:
		edit := calls.edit
		edit.Check = checkLive(calls.tenant)
		steps = append(steps, Step{Name: stepUpdate, Fields: calls.tenant, Send: func(ctx context.Context) error {
			return k.writer.UpdateTenant(ctx, change.ID, edit)
		}})
	}
	if len(calls.settings) > 0 {
		edit := resource.SettingsEdit{Set: calls.set}
		if !creating { // a new tenant's settings are the service's defaults, which no plan has seen
			edit.Check = checkLive(calls.settings)
		}
		steps = append(steps, Step{Name: stepSettings, Fields: calls.settings, Send: k.settings(change.ID, edit)})
	}
	if len(calls.roles) > 0 {
		edit := resource.RolesEdit{Roles: calls.roleNames, Check: checkLive(calls.roles)}
		steps = append(steps, Step{Name: stepDefaultRoles, Fields: calls.roles, Send: func(ctx context.Context) error {
			return k.writer.SetDefaultRoles(ctx, change.ID, edit)
		}})
	}
	return steps, nil
}

func (k tenantKind) create(id string, body map[string]resource.Value) func(context.Context) error {
	return func(ctx context.Context) error {
		given, err := k.writer.CreateTenant(ctx, id, body)
		if err != nil || given == "" || given == id {
			return err
		}
		return &stepError{fault: resource.Fault{
			Code:    CodeUnexpectedID,
			Message: fmt.Sprintf("the service created the tenant under the id %q instead of %q", given, id),
			Hint:    "delete that tenant, or name it in the configuration",
		}}
	}
}

func (k tenantKind) settings(id string, edit resource.SettingsEdit) func(context.Context) error {
	return func(ctx context.Context) error {
		whole := resource.Tenant{}
		edit.Whole = func(settings resource.Tenant) { whole = settings }
		err := k.writer.UpdateSettings(ctx, id, edit)
		if err == nil && k.opts.WroteSettings != nil && whole.HasSettings() {
			k.opts.WroteSettings(whole)
		}
		return err
	}
}

// tenantCalls are the fields of one change by the call that writes them, and
// what each call is given.
type tenantCalls struct {
	tenant, settings, roles []resource.FieldChange

	edit      resource.TenantEdit
	set       map[string]resource.Value // settings
	roleNames []string
}

// groupCalls sorts a change's fields by call. Fields whose value stays are left
// out of an update; fields without a value, and empty default roles, out of a create.
func groupCalls(change resource.Change) (tenantCalls, error) {
	calls := tenantCalls{
		edit: resource.TenantEdit{Set: map[string]resource.Value{}, SetAttributes: map[string]resource.Value{}},
		set:  map[string]resource.Value{},
	}
	creating := change.Action == resource.ActionCreate
	for _, changed := range change.Fields {
		field, err := tenantField(changed)
		if err != nil {
			return tenantCalls{}, err
		}
		if creating && field.Call == resource.CallDefaultRoles && changed.After == field.Shape.Zero() {
			continue // a new tenant has none
		}
		if creating && changed.After.IsAbsent() || !creating && field.Shape.Equal(changed.Before, changed.After) {
			continue
		}
		if field.CreateOnly && !creating {
			return tenantCalls{}, fmt.Errorf("%s can be set at creation only", changed.At)
		}
		if err := calls.add(field, changed); err != nil {
			return tenantCalls{}, err
		}
	}
	return calls, nil
}

// tenantField finds the field that a change is about: for a setting, the
// setting's own.
func tenantField(changed resource.FieldChange) (resource.Field, error) {
	table, name := resource.WritableTenantFields(), changed.At.Field
	if name == settingsField {
		table, name = resource.TenantSettingsFields(), changed.At.Key
	}
	field, known := resource.FindField(table, name)
	if !known {
		return resource.Field{}, fmt.Errorf("tenants have no field %q (%q)", changed.At, changed.Path)
	}
	if (field.Shape == resource.ShapeMap) != (changed.At.Key != "") && changed.At.Field != settingsField {
		return resource.Field{}, fmt.Errorf("the path %q does not fit the shape of the field: %s", changed.At, field.Shape)
	}
	return field, nil
}

func (c *tenantCalls) add(field resource.Field, changed resource.FieldChange) error {
	if field.Shape == resource.ShapeMap {
		c.tenant = append(c.tenant, changed)
		if changed.After.IsAbsent() {
			c.edit.RemoveAttributes = append(c.edit.RemoveAttributes, changed.At.Key)
		} else {
			c.edit.SetAttributes[changed.At.Key] = changed.After
		}
		return nil
	}
	if changed.After.IsAbsent() {
		return fmt.Errorf("%s has no new value", changed.At)
	}
	switch field.Call {
	case resource.CallSettings:
		c.settings = append(c.settings, changed)
		c.set[field.Wire] = changed.After
	case resource.CallDefaultRoles:
		names, ok := changed.After.AsStrings()
		if !ok {
			return fmt.Errorf("%s must be a list of strings", changed.At)
		}
		c.roles, c.roleNames = append(c.roles, changed), names
	default:
		c.tenant = append(c.tenant, changed)
		c.edit.Set[field.Wire] = changed.After
	}
	return nil
}

// createBody is what a create sends: the values under their wire names, the
// attributes put together.
func (c *tenantCalls) createBody() map[string]resource.Value {
	body := c.edit.Set
	if len(c.edit.SetAttributes) > 0 {
		attributes, _ := resource.FindField(resource.TenantFields(), "custom_attributes")
		body[attributes.Wire] = resource.ObjectValue(c.edit.SetAttributes)
	}
	return body
}

// checkLive is the last look before a write is laid over the live object: each
// managed value must be what the plan saw. One that already is what the plan
// wants does no harm.
func checkLive(fields []resource.FieldChange) func(resource.Tenant) error {
	return func(live resource.Tenant) error {
		var moved []string
		for _, changed := range fields {
			state, err := compareField(live, changed)
			if err != nil {
				return err
			}
			if state == EffectOther {
				moved = append(moved, changed.At.String())
			}
		}
		if len(moved) == 0 {
			return nil
		}
		return &stepError{unsent: true, fault: resource.Fault{
			Code:    CodeConflict,
			Message: fmt.Sprintf("%s of tenant %q changed since the plan was made; nothing was written over it", strings.Join(moved, ", "), live.ID),
			Hint:    hintReplan,
		}}
	}
}

// checkBase is the look before a delete is sent again: the tenant must be the
// one that the plan saw, and not another that got its id meanwhile. Where the
// plan kept no digest there is no check.
func checkBase(change resource.Change) func(resource.Tenant) error {
	if change.BaseDigest == nil {
		return nil
	}
	return func(live resource.Tenant) error {
		digest, err := live.Digest()
		if err != nil || digest == *change.BaseDigest {
			return err
		}
		return &stepError{fault: resource.Fault{
			Code:    CodeConflict,
			Message: fmt.Sprintf("tenant %q changed since the plan was made; it was not deleted", live.ID),
			Hint:    hintReplan,
		}}
	}
}

// compareField says where one live value stands between before and after.
func compareField(live resource.Tenant, changed resource.FieldChange) (EffectState, error) {
	field, err := tenantField(changed)
	if err != nil {
		return EffectHidden, err
	}
	value, err := live.Value(changed.At)
	switch {
	case err != nil:
		return EffectHidden, err
	case field.Shape.Equal(value, changed.After):
		return EffectDone, nil
	case field.Shape.Equal(value, changed.Before):
		return EffectNone, nil
	default:
		return EffectOther, nil
	}
}

// Observe lists all tenants, with one call.
func (k tenantKind) Observe(ctx context.Context, _ []resource.Change) (Observed, error) {
	tenants, err := k.lister.Tenants(ctx)
	if err != nil {
		return nil, err
	}
	observed := make(observedTenants, len(tenants))
	for _, tenant := range tenants {
		observed[tenant.ID] = tenant
	}
	return observed, nil
}

// observedTenants are the live tenants by id, as the list shows them.
type observedTenants map[string]resource.Tenant

func (o observedTenants) Effect(change resource.Change, step Step) Effect {
	live, found := o[change.ID]
	switch {
	case step.Name == stepDelete && found:
		return Effect{State: EffectNone, Detail: "the tenant is still there"}
	case step.Name == stepDelete:
		return Effect{State: EffectDone}
	case step.Name == stepCreate && !found:
		return Effect{State: EffectNone, Detail: "there is no such tenant"}
	case !found:
		return Effect{State: EffectOther, Detail: "the tenant is gone"}
	case step.Name == stepSettings:
		return Effect{State: EffectHidden}
	}
	return fieldsEffect(live, step)
}

// fieldsEffect compares what one step wrote. A create that is there at all has
// had an effect, so it is never "as before".
func fieldsEffect(live resource.Tenant, step Step) Effect {
	var same, other []string
	for _, changed := range step.Fields {
		state, err := compareField(live, changed)
		switch {
		case err != nil:
			return Effect{State: EffectHidden}
		case state == EffectNone:
			same = append(same, changed.At.String())
		case state == EffectOther:
			other = append(other, changed.At.String())
		}
	}
	switch {
	case len(same)+len(other) == 0:
		return Effect{State: EffectDone}
	case len(same) == len(step.Fields) && step.Name != stepCreate:
		return Effect{State: EffectNone, Detail: "live values are as before: " + strings.Join(same, ", ")}
	default:
		return Effect{State: EffectOther, Detail: "live values are not the planned ones: " + strings.Join(append(other, same...), ", ")}
	}
}
