package emulator

import (
	"context"
	"slices"
)

// Kinds of stored objects. Settings and password settings have their tenant's
// id, the project's own password settings an empty one.
const (
	storeProject    = "project"
	storeTenant     = "tenant"
	storeSettings   = "settings"
	storeUser       = "user"
	storeRole       = "role"
	storePermission = "permission"
	storeSSO        = "sso"
	storePassword   = "password"
	storeFlow       = "flow"
	storeTheme      = "theme" // one, with an empty id
	storeAudit      = "audit"
)

// content is everything that one project holds.
type content struct {
	tenants  *table[*tenant]
	names    map[string]string   // tenant name → id
	children map[string][]string // tenant id → ids of its children, sorted
	users    *table[*user]
	logins   map[string]string // login id → user id
	roles    *table[*role]
	// roleNames and permissionNames lead from what is unique to the id.
	roleNames       map[roleKey]string
	permissions     *table[*permission]
	permissionNames map[string]string
	sso             map[string]*table[*ssoConfig] // by tenant id; none of them empty
	passwords       map[string]object             // by tenant id, the project's own by ""
	flows           *table[*flow]                 // the built-in ones are always there
	theme           *theme
	completed       bool      // what every project has was laid in, because the state had it not
	audit           *auditLog // nil only in a content that is to keep the log it meets
}

func newContent() *content {
	return &content{
		tenants: newTable[*tenant](), names: map[string]string{}, children: map[string][]string{},
		users: newTable[*user](), logins: map[string]string{}, roles: newTable[*role](), roleNames: map[roleKey]string{},
		permissions: newTable[*permission](), permissionNames: map[string]string{},
		sso: map[string]*table[*ssoConfig]{}, passwords: map[string]object{},
		flows: newTable[*flow](),
	}
}

// showTenant is the tenant as the API answers it.
func (c *content) showTenant(t *tenant) []byte { return t.show(c.children[t.id]) }

// tenantName is the name of a tenant, for the memberships of users.
func (c *content) tenantName(id string) string {
	if found, ok := c.tenants.get(id); ok {
		return found.name
	}
	return ""
}

// below reports whether a tenant is one of the given ones or under one of them.
func (c *content) below(id string, roots []string) bool {
	for range c.tenants.len() + 1 { // no chain is longer
		if slices.Contains(roots, id) {
			return true
		}
		found, ok := c.tenants.get(id)
		if !ok || found.parent == "" {
			return false
		}
		id = found.parent
	}
	return false
}

func (c *content) putTenant(t *tenant) {
	if old, found := c.tenants.get(t.id); found {
		delete(c.names, old.name)
	} else if t.parent != "" {
		siblings := c.children[t.parent]
		at, _ := slices.BinarySearch(siblings, t.id)
		c.children[t.parent] = slices.Insert(siblings, at, t.id)
		c.forget(t.parent)
	}
	c.names[t.name] = t.id
	c.tenants.put(t.id, t)
}

func (c *content) dropTenant(t *tenant) {
	if siblings := c.children[t.parent]; t.parent != "" {
		c.children[t.parent] = slices.DeleteFunc(siblings, func(id string) bool { return id == t.id })
		c.forget(t.parent)
	}
	delete(c.names, t.name)
	delete(c.children, t.id)
	c.tenants.drop(t.id)
}

// forget drops the cached answer of a tenant whose successors change.
func (c *content) forget(id string) {
	if found, ok := c.tenants.get(id); ok {
		found.shown = nil
	}
}

func (c *content) putUser(u *user) {
	if old, found := c.users.get(u.id); found {
		c.dropLogins(old)
	}
	for _, login := range u.logins {
		c.logins[login] = u.id
	}
	c.users.put(u.id, u)
}

func (c *content) dropUser(u *user) {
	c.dropLogins(u)
	c.users.drop(u.id)
}

func (c *content) dropLogins(u *user) {
	for _, login := range u.logins {
		delete(c.logins, login)
	}
}

// dropTenantParts takes what belongs to a tenant alone away with it. Users are
// no such part.
func (c *content) dropTenantParts(b *batch, tenant string) {
	for _, one := range c.ssoOf(tenant) {
		b.dropSSO(one)
	}
	for r := range c.roles.all() {
		if r.tenant == tenant {
			b.dropRole(r)
		}
	}
	if _, found := c.passwords[tenant]; found {
		b.dropPassword(tenant)
	}
}

// batch is what one call changes: first written to the store as a whole,
// together with the call's audit record, then applied in memory.
type batch struct {
	call   *call
	writes []write
	apply  []func(*content)
}

func (b *batch) putTenant(t *tenant) {
	b.put(storeTenant, t.id, t.fields)
	if t.settings != nil {
		b.put(storeSettings, t.id, t.settings)
	}
	b.apply = append(b.apply, func(c *content) { c.putTenant(t) })
}

func (b *batch) dropTenant(t *tenant) {
	b.drop(storeTenant, t.id)
	if t.settings != nil {
		b.drop(storeSettings, t.id)
	}
	b.apply = append(b.apply, func(c *content) { c.dropTenant(t) })
}

func (b *batch) putUser(u *user) {
	b.put(storeUser, u.id, u.fields)
	b.apply = append(b.apply, func(c *content) { c.putUser(u) })
}

func (b *batch) dropUser(u *user) {
	b.drop(storeUser, u.id)
	b.apply = append(b.apply, func(c *content) { c.dropUser(u) })
}

func (b *batch) put(kind, id string, value object) {
	b.writes = append(b.writes, write{op: opPut, project: b.call.project.id, kind: kind, id: id, value: value.encode()})
}

func (b *batch) drop(kind, id string) {
	b.writes = append(b.writes, write{op: opDrop, project: b.call.project.id, kind: kind, id: id})
}

// commit stores the batch and only then changes what is answered. Called with
// the server's data lock held.
func (s *Server) commit(b *batch) error {
	content := b.call.content()
	b.putAudit(content, s.callRecord(b.call, nil))
	if err := s.store.apply(context.WithoutCancel(s.base), b.writes); err != nil {
		s.log.Error("the emulator cannot store a change", "error", err)
		return err
	}
	for _, apply := range b.apply {
		apply(content)
	}
	b.call.recorded = true
	return nil
}
