package resource

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// Tenant is one live tenant exactly as the API gave it, with a typed view of
// what every caller needs. Unknown fields and exact numbers stay in Raw.
type Tenant struct {
	ID     string
	Name   string
	Parent string          // id of the parent tenant; empty at the top level
	Raw    json.RawMessage // the tenant object's bytes as received

	members  map[string]json.RawMessage
	settings map[string]json.RawMessage // nil when they were not read
}

// ParseTenant reads one tenant object of the API. An object without an id is an error.
func ParseTenant(raw json.RawMessage) (Tenant, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return Tenant{}, fmt.Errorf("tenant object: %w", err)
	}
	tenant := Tenant{Raw: raw, members: members}
	for key, into := range map[string]*string{"id": &tenant.ID, "name": &tenant.Name, "parent": &tenant.Parent} {
		if member, found := members[key]; found {
			if err := json.Unmarshal(member, into); err != nil {
				return Tenant{}, fmt.Errorf("tenant object: field %q: %w", key, err)
			}
		}
	}
	if tenant.ID == "" {
		return Tenant{}, errors.New(`tenant object: field "id" is missing or empty`)
	}
	return tenant, nil
}

// WithSettings returns the tenant together with its settings object as the API gave it.
func (t Tenant) WithSettings(raw json.RawMessage) (Tenant, error) {
	var settings map[string]json.RawMessage
	if err := json.Unmarshal(raw, &settings); err != nil {
		return Tenant{}, fmt.Errorf("settings of tenant %q: %w", t.ID, err)
	}
	if settings == nil {
		settings = map[string]json.RawMessage{}
	}
	t.settings = settings
	return t, nil
}

// Address is the tenant's address.
func (t Tenant) Address() Address { return NewAddress(KindTenant, t.ID) }

// HasSettings reports whether the settings were read.
func (t Tenant) HasSettings() bool { return t.settings != nil }

// Member returns one top-level field of the tenant object under its wire name;
// absent when the API did not send it. JSON null counts as absent, as on the wire.
func (t Tenant) Member(wire string) (Value, error) {
	return parseMember(t.members[wire])
}

// Value returns the live value under a configuration path; absent when the
// live tenant has no such value. Asking for a setting without having read the
// settings is an error, so that "not read" is never taken for "not set".
func (t Tenant) Value(path Path) (Value, error) {
	if path.Field == "settings" {
		return t.setting(path.Key)
	}
	field, known := FindField(tenantFields, path.Field)
	if !known {
		return Absent, fmt.Errorf("tenants have no field %q", path.Field)
	}
	value, err := t.Member(field.Wire)
	if err != nil || path.Key == "" {
		return value, err
	}
	members, _ := value.AsObject()
	if members[path.Key] == "null" {
		return Absent, nil
	}
	return members[path.Key], nil
}

// Keys lists the keys of the live map under a map field, unordered: the names
// of the custom attributes that the tenant carries.
func (t Tenant) Keys(fieldName string) ([]string, error) {
	value, err := t.Value(Path{Field: fieldName})
	if err != nil {
		return nil, err
	}
	members, _ := value.AsObject()
	keys := make([]string, 0, len(members))
	for key := range members {
		keys = append(keys, key)
	}
	return keys, nil
}

// Digest identifies the whole live state of the tenant, settings included when
// they were read, as "sha256:" and 64 hex digits. It does not depend on the
// order of keys. "successors" is left out: it is derived from other tenants.
func (t Tenant) Digest() (string, error) {
	members := make(map[string]Value, len(t.members)+1)
	for key, raw := range t.members {
		if key == "successors" {
			continue
		}
		value, err := ParseValue(raw)
		if err != nil {
			return "", fmt.Errorf("tenant %q: field %q: %w", t.ID, key, err)
		}
		members[key] = value
	}
	digest := sha256.New()
	digest.Write([]byte(ObjectValue(members)))
	if t.settings != nil {
		settings := make(map[string]Value, len(t.settings))
		for key, raw := range t.settings {
			value, err := ParseValue(raw)
			if err != nil {
				return "", fmt.Errorf("settings of tenant %q: field %q: %w", t.ID, key, err)
			}
			settings[key] = value
		}
		digest.Write([]byte("\n" + ObjectValue(settings)))
	}
	return "sha256:" + hex.EncodeToString(digest.Sum(nil)), nil
}

func (t Tenant) setting(key string) (Value, error) {
	if t.settings == nil {
		return Absent, fmt.Errorf("the settings of tenant %q were not read", t.ID)
	}
	field, known := FindField(tenantSettingsFields, key)
	if !known {
		return Absent, fmt.Errorf("tenant settings have no field %q", key)
	}
	return parseMember(t.settings[field.Wire])
}

func parseMember(raw json.RawMessage) (Value, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return Absent, nil
	}
	return ParseValue(raw)
}
