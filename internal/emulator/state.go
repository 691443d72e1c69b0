package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// State is the content of projects as the control API shows and takes it, and
// as a seed file holds it. Its objects are those of the API, with exact
// numbers and with any fields that nobody knows.
type State struct {
	Projects []ProjectState `json:"projects"`
}

// ProjectState is the content of one project.
type ProjectState struct {
	// ID names the project; empty means the only one there is.
	ID string `json:"id"`
	// Tenants are tenant objects. "successors" is derived and ignored;
	// "createdTime" is the present when it is left out.
	Tenants []json.RawMessage `json:"tenants"`
	// Settings are settings objects by tenant id. What a tenant shares with
	// them (domains, selfProvisioningDomains, authType) may stand in either.
	Settings map[string]json.RawMessage `json:"settings"`
	// Users are user objects; "userId" is generated when it is left out.
	Users []json.RawMessage `json:"users"`
	// Roles are role objects with at least a name; "id" is made from the
	// project and the name when it is left out. Without the list the project
	// has the roles of a new one; an empty list means none.
	Roles []json.RawMessage `json:"roles"`
	// Permissions are the same for permissions.
	Permissions []json.RawMessage `json:"permissions"`
	// SSO are SSO configurations by tenant id, as the API shows them, but with
	// their secrets and without the tenant.
	SSO map[string][]json.RawMessage `json:"sso"`
	// Password are password settings by tenant id, the project's own by "".
	Password map[string]json.RawMessage `json:"password"`
	// Flows are flows: "flow" as the v2 export gives it, and what stands beside
	// it in the store, which is made up where it is left out. The built-in
	// flows are in every project, whether they are named or not.
	Flows []json.RawMessage `json:"flows"`
	// Theme is the theme in the same form; without it the project has that of a new one.
	Theme json.RawMessage `json:"theme,omitempty"`
	// Audits are audit records: those of changes and the reported events. A
	// state without the list leaves the log as it is.
	Audits []json.RawMessage `json:"audits"`
}

// newProjectState is a state that leaves nothing open.
func newProjectState(id string) *ProjectState {
	return &ProjectState{
		ID: id, Tenants: []json.RawMessage{}, Settings: map[string]json.RawMessage{}, Users: []json.RawMessage{},
		Roles: []json.RawMessage{}, Permissions: []json.RawMessage{}, SSO: map[string][]json.RawMessage{},
		Password: map[string]json.RawMessage{}, Flows: []json.RawMessage{}, Audits: []json.RawMessage{},
	}
}

// leaveOutEmptyRights gives a project of an older emulator what a new one has.
func (s *ProjectState) leaveOutEmptyRights() {
	if len(s.Roles) == 0 {
		s.Roles = nil
	}
	if len(s.Permissions) == 0 {
		s.Permissions = nil
	}
}

// ParseSeed reads and checks a state document. Unknown keys of the document
// itself, keys that occur twice, wrong types, duplicate ids and names, parents
// that do not exist and loops of parents are errors that name the place.
func ParseSeed(data []byte) (State, error) {
	state, err := parseState(data)
	if err != nil {
		return State{}, fmt.Errorf("state: %w", err)
	}
	check := builder{newID: newCounter()}
	for i, p := range state.Projects {
		if _, err := check.content(p); err != nil {
			return State{}, fmt.Errorf("state: projects[%d]: %w", i, err)
		}
	}
	return state, nil
}

func parseState(data []byte) (State, error) {
	if _, err := parseObject(data); err != nil { // the decoder would take the last of two equal keys
		return State{}, err
	}
	var state State
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&state); err != nil {
		return State{}, err
	}
	seen := map[string]bool{}
	for i, p := range state.Projects {
		if seen[p.ID] {
			return State{}, fmt.Errorf("projects[%d]: the id %q occurs twice", i, p.ID)
		}
		seen[p.ID] = true
	}
	return state, nil
}

// newCounter makes ids for a check whose result is thrown away.
func newCounter() func(prefix string) string {
	next := 0
	return func(prefix string) string {
		next++
		return prefix + strconv.Itoa(next)
	}
}

// builder turns the state of a project into its content.
type builder struct {
	now     int64 // createdTime of objects that have none
	newID   func(prefix string) string
	imports ImportBehavior
}

func (b builder) content(state ProjectState) (*content, error) {
	result := newContent()
	if err := b.addTenants(result, state); err != nil {
		return nil, err
	}
	if err := checkParents(result); err != nil {
		return nil, err
	}
	for t := range result.tenants.all() {
		result.showTenant(t) // encoded here, so that the first list is as fast as the others
	}
	for i, raw := range state.Users {
		if err := b.addUser(result, raw); err != nil {
			return nil, fmt.Errorf("users[%d]: %w", i, err)
		}
	}
	for _, add := range []func(*content, ProjectState) error{
		b.addPermissions, b.addRoles, b.addSSO, b.addPasswords, b.addFlows, b.addTheme, b.addAudits,
	} {
		if err := add(result, state); err != nil {
			return nil, err
		}
	}
	return result, nil
}

func (b builder) addTenants(into *content, state ProjectState) error {
	used := 0
	for i, raw := range state.Tenants {
		fields, err := parseObject(raw)
		if err != nil {
			return fmt.Errorf("tenants[%d]: %w", i, err)
		}
		var settings object
		if own, found := state.Settings[decodedID(fields)]; found {
			used++
			if settings, err = parseObject(own); err != nil {
				return fmt.Errorf("settings of tenant %q: %w", decodedID(fields), err)
			}
		}
		one, err := newTenant(fields, settings)
		if err != nil {
			return fmt.Errorf("tenants[%d]: %w", i, err)
		}
		if _, found := one.fields[tenantCreatedTime.name]; !found {
			one.fields[tenantCreatedTime.name] = encoded(b.now)
		}
		if _, taken := into.tenants.get(one.id); taken {
			return fmt.Errorf("tenants[%d]: the id %q occurs twice", i, one.id)
		}
		if _, taken := into.names[one.name]; taken {
			return fmt.Errorf("tenants[%d]: the name %q occurs twice", i, one.name)
		}
		into.putTenant(one)
	}
	if used == len(state.Settings) {
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(state.Settings)) {
		if _, found := into.tenants.get(id); !found {
			return fmt.Errorf("settings: there is no tenant %q", id)
		}
	}
	return nil
}

// decodedID is a tenant's id where it is a text at all.
func decodedID(fields object) string {
	if raw := fields["id"]; len(raw) > 0 && raw[0] == '"' {
		return fields.text("id")
	}
	return ""
}

func checkParents(c *content) error {
	for t := range c.tenants.all() {
		steps := 0
		for at := t; at.parent != ""; steps++ {
			above, found := c.tenants.get(at.parent)
			if !found {
				return fmt.Errorf("tenant %q: the parent %q does not exist", at.id, at.parent)
			}
			if steps > c.tenants.len() {
				return fmt.Errorf("tenant %q: its parents form a loop", t.id)
			}
			at = above
		}
	}
	return nil
}

func (b builder) addUser(into *content, raw json.RawMessage) error {
	fields, err := parseObject(raw)
	if err != nil {
		return err
	}
	if _, found := fields["userId"]; !found {
		fields["userId"] = encoded(b.newID("U"))
	}
	if _, found := fields["createdTime"]; !found {
		fields["createdTime"] = encoded(b.now)
	}
	one, err := newUser(fields)
	if err != nil {
		return err
	}
	if _, taken := into.users.get(one.id); taken {
		return fmt.Errorf("the userId %q occurs twice", one.id)
	}
	for _, login := range one.logins {
		if _, taken := into.logins[login]; taken {
			return fmt.Errorf("the login id %q occurs twice", login)
		}
	}
	for _, m := range one.memberships {
		if _, exists := into.tenants.get(m.tenant); !exists {
			return fmt.Errorf("there is no tenant %q", m.tenant)
		}
	}
	into.putUser(one)
	return nil
}

// state is the content as a document, sorted by ids.
func (c *content) state(id string) ProjectState {
	state := *newProjectState(id)
	withoutSuccessors := slices.DeleteFunc(slices.Clone(tenantFields), func(f field) bool { return f.name == tenantSuccessors.name })
	for t := range c.tenants.all() {
		state.Tenants = append(state.Tenants, showObject(withoutSuccessors, t.fields, nil))
		if t.settings != nil {
			state.Settings[t.id] = showObject(tenantOwnSettings, t.settings, nil)
		}
	}
	for u := range c.users.all() {
		state.Users = append(state.Users, c.showUser(u))
	}
	for r := range c.roles.all() {
		state.Roles = append(state.Roles, r.show())
	}
	for p := range c.permissions.all() {
		state.Permissions = append(state.Permissions, p.show())
	}
	for tenant := range c.sso {
		for _, one := range c.ssoOf(tenant) {
			state.SSO[tenant] = append(state.SSO[tenant], one.fields.encode())
		}
	}
	for tenant, settings := range c.passwords {
		state.Password[tenant] = showObject(passwordFields, settings, nil)
	}
	for f := range c.flows.all() {
		state.Flows = append(state.Flows, f.row().encode())
	}
	state.Theme = c.theme.row().encode()
	for _, record := range c.audit.changes {
		state.Audits = append(state.Audits, record.show())
	}
	return state
}

// encodeState writes a state document without HTML escapes, so that texts stay
// as they were stored.
func encodeState(state State) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(state); err != nil {
		return nil, fmt.Errorf("encode state: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// writes are the rows of a whole content, after everything else of the project is gone.
func (c *content) writes(projectID string) []write {
	writes := []write{{op: opClear, project: projectID}}
	put := func(kind, id string, value []byte) {
		writes = append(writes, write{op: opPut, project: projectID, kind: kind, id: id, value: value})
	}
	for t := range c.tenants.all() {
		put(storeTenant, t.id, t.fields.encode())
		if t.settings != nil {
			put(storeSettings, t.id, t.settings.encode())
		}
	}
	for u := range c.users.all() {
		put(storeUser, u.id, u.fields.encode())
	}
	for r := range c.roles.all() {
		put(storeRole, r.id, r.fields.encode())
	}
	for p := range c.permissions.all() {
		put(storePermission, p.id, p.fields.encode())
	}
	for _, tenant := range slices.Sorted(maps.Keys(c.sso)) {
		for _, one := range c.ssoOf(tenant) {
			put(storeSSO, one.key(), one.fields.encode())
		}
	}
	for _, tenant := range slices.Sorted(maps.Keys(c.passwords)) {
		put(storePassword, tenant, c.passwords[tenant].encode())
	}
	for f := range c.flows.all() {
		put(storeFlow, f.id, f.row().encode())
	}
	put(storeTheme, "", c.theme.row().encode())
	for _, record := range c.audit.changes {
		put(storeAudit, record.id, record.show())
	}
	return writes
}

// errNotOneProject is what a state without a project id meets.
var errNotOneProject = errors.New("a project without an id can only be meant where there is exactly one project")
