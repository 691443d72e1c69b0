package resource

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Tenant is one live tenant exactly as the API gave it, with a typed view of
// what every caller needs. Unknown fields and exact numbers stay in Raw.
type Tenant struct {
	ID     string
	Name   string
	Parent string          // id of the parent tenant; empty at the top level
	Raw    json.RawMessage // the tenant object's bytes as received

	members  []member // sorted by key
	settings []member // sorted by key; nil when they were not read
}

// ParseTenant reads one tenant object of the API. An object without an id is an error.
func ParseTenant(raw json.RawMessage) (Tenant, error) { return TenantParser()(raw) }

// TenantParser is [ParseTenant] for the many objects of a list, one after the other: what
// it needs for the work it needs once.
func TenantParser() func(raw json.RawMessage) (Tenant, error) {
	var s scanner
	return func(raw json.RawMessage) (Tenant, error) {
		members, err := s.parseMembers(raw)
		if err != nil {
			return Tenant{}, fmt.Errorf("tenant object: %w", err)
		}
		id, idErr := textOf(members, "id")
		name, nameErr := textOf(members, "name")
		parent, parentErr := textOf(members, "parent")
		if err := cmp.Or(idErr, nameErr, parentErr); err != nil {
			return Tenant{}, fmt.Errorf("tenant object: %w", err)
		}
		if id == "" {
			return Tenant{}, errors.New(`tenant object: field "id" is missing or empty`)
		}
		return Tenant{ID: id, Name: name, Parent: parent, Raw: raw, members: members}, nil
	}
}

// textOf is the text of a member; empty where there is none.
func textOf(members []member, wire string) (string, error) {
	value := findMember(members, wire)
	text, ok := value.AsString()
	if !ok && value != Absent {
		return "", fmt.Errorf("field %q is no string: %s", wire, value)
	}
	return text, nil
}

// WithSettings returns the tenant together with its settings object as the API
// gave it; null counts as an empty one.
func (t Tenant) WithSettings(raw json.RawMessage) (Tenant, error) {
	settings := []member{}
	if string(raw) != "null" {
		var err error
		if settings, err = new(scanner).parseMembers(raw); err != nil {
			return Tenant{}, fmt.Errorf("settings of tenant %q: %w", t.ID, err)
		}
	}
	t.settings = settings
	return t, nil
}

// WithoutSettings returns the tenant as if its settings had not been read.
func (t Tenant) WithoutSettings() Tenant {
	t.settings = nil
	return t
}

// Members lists the wire names of the tenant object's top-level fields, sorted.
func (t Tenant) Members() []string { return memberNames(t.members) }

// SettingsMembers is [Tenant.Members] for its settings; empty when they were not
// read.
func (t Tenant) SettingsMembers() []string { return memberNames(t.settings) }

// SettingsMember is [Tenant.Member] for its settings.
func (t Tenant) SettingsMember(wire string) Value { return findMember(t.settings, wire) }

func memberNames(members []member) []string {
	names := make([]string, len(members))
	for i := range members {
		names[i] = members[i].key
	}
	return names
}

// Address is the tenant's address.
func (t Tenant) Address() Address { return NewAddress(KindTenant, t.ID) }

// HasSettings reports whether the settings were read.
func (t Tenant) HasSettings() bool { return t.settings != nil }

// Member returns one top-level field of the tenant object under its wire name;
// absent when the API did not send it. JSON null counts as absent, as on the
// wire. The error is always nil: [ParseTenant] has read every member.
func (t Tenant) Member(wire string) (Value, error) { return findMember(t.members, wire), nil }

// Value returns the live value under a configuration path; absent when the
// live tenant has no such value. Asking for a setting without having read the
// settings is an error, so that "not read" is never taken for "not set".
func (t Tenant) Value(path Path) (Value, error) {
	if path.Field == "settings" {
		return t.setting(path.Key)
	}
	field, known := FindField(writableTenantFields, path.Field)
	if !known {
		return Absent, fmt.Errorf("tenants have no field %q", path.Field)
	}
	value := findMember(t.members, field.Wire)
	if path.Key == "" {
		return value, nil
	}
	return value.Get(path.Key).NullAsAbsent(), nil
}

// Keys lists the keys of the live map under a map field, sorted: the names of
// the custom attributes that the tenant carries.
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
	slices.Sort(keys)
	return keys, nil
}

// Created is when the service made the tenant; the zero time where it does not
// say. The API counts seconds.
func (t Tenant) Created() time.Time {
	seconds, err := strconv.ParseInt(string(findMember(t.members, "createdTime")), 10, 64)
	if err != nil || seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// Digest identifies the whole live state of the tenant, settings included when
// they were read, as "sha256:" and 64 hex digits. It does not depend on the
// order of keys, nor on the order inside the fields that are sets.
// "successors" is left out: it is derived from other tenants. The error is
// always nil.
func (t Tenant) Digest() (string, error) {
	members := make([]member, 0, len(t.members))
	for _, m := range t.members {
		if m.key == "successors" {
			continue
		}
		if TenantShape(m.key) == ShapeSet {
			m.value = ShapeSet.Canonical(m.value)
		}
		members = append(members, m)
	}
	text := string(objectOf(members))
	if t.settings != nil {
		text += "\n" + string(objectOf(t.settings))
	}
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}

func (t Tenant) setting(key string) (Value, error) {
	if t.settings == nil {
		return Absent, fmt.Errorf("the settings of tenant %q were not read", t.ID)
	}
	field, known := FindField(tenantSettingsFields, key)
	if !known {
		return Absent, fmt.Errorf("tenant settings have no field %q", key)
	}
	return findMember(t.settings, field.Wire), nil
}

// TenantShape says how a member of the tenant object is compared, by its name on
// the wire. What nothing here writes is compared as a whole, but for lists whose
// order has no meaning.
func TenantShape(wire string) Shape {
	if wire == "domains" {
		return ShapeSet
	}
	for i := range writableTenantFields {
		if writableTenantFields[i].Wire == wire {
			return writableTenantFields[i].Shape
		}
	}
	return ShapeObject
}

// parseMembers reads exactly one JSON object into its members, sorted by key;
// the list is never nil.
func (s *scanner) parseMembers(raw []byte) ([]member, error) {
	s.text, s.pos, s.edits = string(raw), 0, 0
	s.space()
	if s.pos >= len(s.text) {
		return nil, errUnexpectedEnd
	}
	if s.text[s.pos] != '{' {
		return nil, errors.New("not a JSON object")
	}
	if s.members = s.members[:0]; s.members == nil {
		s.members = make([]member, 0, 32) // more than a tenant has today: one allocation
	}
	s.items = s.items[:0]
	list, err := s.objectMembers(0)
	if err != nil {
		return nil, err
	}
	if s.space(); s.pos < len(s.text) {
		return nil, errors.New("text after the end of the JSON object")
	}
	members := slices.Clone(list) // not nil, since the stack is not
	return members, sortMembers(members)
}

// findMember looks a key up; JSON null counts as absent.
func findMember(members []member, key string) Value {
	at, found := slices.BinarySearchFunc(members, key, func(m member, key string) int {
		return strings.Compare(m.key, key)
	})
	if !found {
		return Absent
	}
	return members[at].value.NullAsAbsent()
}
