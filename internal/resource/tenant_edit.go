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
	// is. Where nothing is read it is called only when the answer to the write
	// was lost and the tenant, read back, is not as wanted: then nil says that it
	// is as before, so that the write may be repeated, and an error that something
	// else changed it. Nil checks nothing, and vouches for nothing.
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
	// Whole is told the settings as a whole, as they are sent: what was read with Set
	// laid over it, in a tenant that carries no other field. It is called before each
	// attempt, and the last one counts. Nil is told nothing.
	Whole func(settings Tenant)
}

// IsEmpty reports whether the edit names nothing.
func (e SettingsEdit) IsEmpty() bool { return len(e.Set) == 0 }

// RolesEdit replaces a tenant's default roles.
type RolesEdit struct {
	// Roles are the names of project-level roles, all that remain.
	Roles []string
	// Check is called when the answer to the write was lost and the tenant, read
	// back, has other roles: nil says that they are as before, so that the write
	// may be repeated, and an error that something else changed them. Where Check
	// is nil nobody knows, and the write is not repeated.
	Check func(live Tenant) error
}

// TenantDelete deletes a tenant.
type TenantDelete struct {
	// Cascade also deletes the users and access keys that belong to this tenant alone.
	Cascade bool
	// Check is called when the answer to the delete was lost and the tenant, read
	// back, is still there: an error says that it is not the tenant that was to
	// go, and stops the repetition. Nil lets whatever has the id go.
	Check func(live Tenant) error
}
