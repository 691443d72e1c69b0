package descope

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const (
	attributesField = "customAttributes"
	rolesField      = "defaultRoles"
)

// notCarried are the fields that reads show and tenant/update does not take:
// they are derived, or are set at creation or with calls of their own.
var notCarried = []string{"createdTime", "successors", "parent", "domains", rolesField}

// object is a JSON object whose members keep the bytes that they were read with.
type object map[string]json.RawMessage

// checkEdit refuses edits that name what no update can write.
func checkEdit(id string, edit resource.TenantEdit) error {
	for name, value := range edit.Set {
		if name == "id" || value == resource.Absent || slices.Contains(notCarried, name) {
			return fmt.Errorf("update tenant %q: field %q cannot be set", id, name)
		}
	}
	for key, value := range edit.SetAttributes {
		if value == resource.Absent {
			return fmt.Errorf("update tenant %q: attribute %q has no value", id, key)
		}
	}
	if _, whole := edit.Set[attributesField]; whole && edit.TouchesAttributes() {
		return fmt.Errorf("update tenant %q: the attributes are set as a whole and one by one", id)
	}
	return nil
}

// partialTenant is the body of a partial update: the id and what the edit
// names. Whether the service merges or replaces a map inside is not known, so
// that attributes are sent whole, from a fresh read, which before gets.
func (c *caller) partialTenant(ctx context.Context, id string, edit resource.TenantEdit, before *object) ([]byte, error) {
	members := object{"id": raw(resource.StringValue(id))}
	if edit.TouchesAttributes() {
		live, err := c.freshTenant(ctx, id, edit.Check)
		if err != nil {
			return nil, err
		}
		*before = live
		if members[attributesField], err = overlayAttributes(live, edit); err != nil {
			return nil, fmt.Errorf("update tenant %q: %w", id, err)
		}
	}
	members.set(edit.Set)
	return members.encode(), nil
}

// wholeTenant is the body of a full replacement: everything that is writable
// as a fresh read gives it, also what nobody here knows, with the edit over it.
// The read goes to before.
func (c *caller) wholeTenant(ctx context.Context, id string, edit resource.TenantEdit, before *object) ([]byte, error) {
	members, err := c.freshTenant(ctx, id, edit.Check)
	if err != nil {
		return nil, err
	}
	*before = maps.Clone(members)
	for _, name := range notCarried {
		delete(members, name)
	}
	if edit.TouchesAttributes() {
		if members[attributesField], err = overlayAttributes(members, edit); err != nil {
			return nil, fmt.Errorf("update tenant %q: %w", id, err)
		}
	}
	members.set(edit.Set)
	return members.encode(), nil
}

// wholeSettings is the body of a settings write: all that a fresh read gives,
// with the edit over it. The read names the tenant "id" in its query, the write
// "tenantId" in its body. The read goes to before.
func (c *caller) wholeSettings(ctx context.Context, id string, edit resource.SettingsEdit, before *object) ([]byte, error) {
	settings, err := c.settings(ctx, id)
	if err != nil {
		return nil, err
	}
	if edit.Check != nil {
		live, err := tenantWithSettings(id, settings)
		if err != nil {
			return nil, err
		}
		if err := edit.Check(live); err != nil {
			return nil, err
		}
	}
	members, err := parseObject(settings)
	if err != nil {
		return nil, fmt.Errorf("update the settings of tenant %q: %w", id, err)
	}
	if err := c.carryShared(ctx, id, members); err != nil {
		return nil, err
	}
	*before = maps.Clone(members)
	members["tenantId"] = raw(resource.StringValue(id))
	members.set(edit.Set)
	body := members.encode()
	if edit.Whole != nil {
		whole, err := tenantWithSettings(id, body)
		if err != nil {
			return nil, err
		}
		edit.Whole(whole)
	}
	return body, nil
}

// sharedWithTenant are the settings that the tenant object shows too, and that
// a settings write wipes when it leaves them out. What the service answers for
// a tenant whose settings nobody has written is not known.
var sharedWithTenant = []string{"domains", "selfProvisioningDomains", "authType"}

// carryShared fills in from the tenant what its settings do not show, so that a
// write of other settings keeps it.
func (c *caller) carryShared(ctx context.Context, id string, settings object) error {
	missing := slices.DeleteFunc(slices.Clone(sharedWithTenant), func(name string) bool {
		return len(settings[name]) > 0 && string(settings[name]) != "null"
	})
	if len(missing) == 0 {
		return nil
	}
	tenant, err := c.freshTenant(ctx, id, nil)
	if err != nil {
		return err
	}
	for _, name := range missing {
		if value, found := tenant[name]; found {
			settings[name] = value
		}
	}
	return nil
}

func (c *caller) freshTenant(ctx context.Context, id string, check func(resource.Tenant) error) (object, error) {
	live, err := c.tenant(ctx, id)
	if err != nil {
		return nil, err
	}
	if check != nil {
		if err := check(live); err != nil {
			return nil, err
		}
	}
	return parseObject(live.Raw)
}

func tenantWithSettings(id string, settings json.RawMessage) (resource.Tenant, error) {
	tenant, err := resource.ParseTenant(object{"id": raw(resource.StringValue(id))}.encode())
	if err != nil {
		return resource.Tenant{}, err
	}
	return tenant.WithSettings(settings)
}

// overlayAttributes is the live map with the edit's keys set and removed.
func overlayAttributes(live object, edit resource.TenantEdit) (json.RawMessage, error) {
	attributes, err := parseObject(live[attributesField])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", attributesField, err)
	}
	for _, key := range edit.RemoveAttributes {
		delete(attributes, key)
	}
	attributes.set(edit.SetAttributes)
	return attributes.encode(), nil
}

// parseObject splits an object into its members; nothing and null are empty ones.
func parseObject(text json.RawMessage) (object, error) {
	members := object{}
	if len(text) == 0 {
		return members, nil
	}
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err
	}
	if members == nil {
		members = object{}
	}
	return members, nil
}

func (o object) set(values map[string]resource.Value) {
	for name, value := range values {
		o[name] = raw(value)
	}
}

// encode writes the members sorted by key. The standard encoder would rewrite
// what is inside of them.
func (o object) encode() []byte {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, key := range slices.Sorted(maps.Keys(o)) {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString(string(resource.StringValue(key)))
		out.WriteByte(':')
		out.Write(o[key])
	}
	out.WriteByte('}')
	return out.Bytes()
}

func raw(value resource.Value) json.RawMessage { return json.RawMessage(value) }
