package resource

// TenantEdit is a partial update of one tenant: only what it names changes.
// An edit that names nothing writes nothing.
type TenantEdit struct {
	// Set holds whole new values under their wire names. Read-only fields, "id"
	// and "parent" are not allowed, and no value may be absent.
	Set map[string]Value
	// SetAttributes holds new values for keys of customAttributes; the keys that
	// are not named keep their live values. It excludes "customAttributes" in Set.
	SetAttributes map[string]Value
	// RemoveAttributes names keys of customAttributes that go.
	RemoveAttributes []string
	// Check is called with each fresh full read made for this edit, before
	// anything is laid over it; an error stops the write and is returned as it
	// is. Nil checks nothing. Where nothing is read it is not called.
	Check func(live Tenant) error
}

// TouchesAttributes reports whether the edit changes single keys of
// customAttributes, which needs a fresh read of the whole map.
func (e TenantEdit) TouchesAttributes() bool {
	return len(e.SetAttributes)+len(e.RemoveAttributes) > 0
}

// IsEmpty reports whether the edit names nothing.
func (e TenantEdit) IsEmpty() bool { return len(e.Set) == 0 && !e.TouchesAttributes() }

// SettingsEdit is a partial update of one tenant's settings: only what it
// names changes. An edit that names nothing writes nothing.
type SettingsEdit struct {
	// Set holds whole new values under their wire names; no value may be absent.
	Set map[string]Value
	// Check is called with each fresh read made for this edit, before anything is
	// laid over it; an error stops the write and is returned as it is. The tenant
	// that it gets carries its id and its settings, and no other field.
	Check func(live Tenant) error
}

// IsEmpty reports whether the edit names nothing.
func (e SettingsEdit) IsEmpty() bool { return len(e.Set) == 0 }
