package emulator

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// project is one served project.
type project struct {
	id        string
	key       string
	generated bool        // the key: then it is reported
	seeded    bool        // the roles and permissions of a new project have been laid in
	info      projectInfo // guarded by Server.data
	start     ProjectState
	content   *content // guarded by Server.data
}

// projectInfo is what the list of projects shows beside the id.
type projectInfo struct {
	Name        string   `json:"name,omitempty"`
	Environment string   `json:"environment,omitempty"`
	Tags        []string `json:"tags,omitempty"`
}

// given is the stored information with what the options name laid over it.
func (i projectInfo) given(by Project) projectInfo {
	i.Name, i.Environment = cmp.Or(by.Name, i.Name), cmp.Or(by.Environment, i.Environment)
	if len(by.Tags) > 0 {
		i.Tags = slices.Clone(by.Tags)
	}
	return i
}

// projectRow is how a project itself is stored. The key has to be kept as it
// is, since a generated one is reported again after a restart.
type projectRow struct {
	ManagementKey string `json:"management_key"`
	Generated     bool   `json:"generated"`
	// Seeded is false where an older emulator wrote, which knew no built-in
	// roles and permissions.
	Seeded bool `json:"seeded"`
	projectInfo
}

func (p *project) row() ([]byte, error) {
	return json.Marshal(projectRow{ManagementKey: p.key, Generated: p.generated, Seeded: true, projectInfo: p.info})
}

// openProjects merges the projects that the store holds with those of the
// options. A key from the options wins; a stored one stays otherwise.
func (s *Server) openProjects(ctx context.Context) error {
	rows, err := s.store.load(ctx)
	if err != nil {
		return fmt.Errorf("load the emulator's state: %w", err)
	}
	stored := map[string]*project{}
	states := map[string]*ProjectState{}
	for _, r := range rows {
		if r.kind == storeProject {
			var value projectRow
			if err := json.Unmarshal(r.value, &value); err != nil {
				return fmt.Errorf("stored project %q: %w", r.id, err)
			}
			stored[r.project] = &project{id: r.project, key: value.ManagementKey, generated: value.Generated, seeded: value.Seeded, info: value.projectInfo}
		}
		if states[r.project] == nil {
			states[r.project] = newProjectState(r.project)
		}
		states[r.project].addRow(r)
	}
	s.choose(stored)
	for _, p := range s.projects {
		s.byID[p.id] = p
		p.content = newContent()
		if state := states[p.id]; state != nil {
			if !p.seeded {
				state.leaveOutEmptyRights()
			}
			if p.content, err = s.builder().content(*state); err != nil {
				return fmt.Errorf("stored project %q: %w", p.id, err)
			}
		}
	}
	return nil
}

func (s *ProjectState) addRow(r row) {
	switch r.kind {
	case storePermission:
		s.Permissions = append(s.Permissions, r.value)
	case storeSSO:
		s.addSSORow(r)
	case storePassword:
		s.Password[r.id] = r.value
	case storeFlow:
		s.Flows = append(s.Flows, r.value)
	case storeTheme:
		s.Theme = r.value
	case storeAudit:
		s.Audits = append(s.Audits, r.value)
	case storeTenant:
		s.Tenants = append(s.Tenants, r.value)
	case storeSettings:
		s.Settings[r.id] = r.value
	case storeUser:
		s.Users = append(s.Users, r.value)
	case storeRole:
		s.Roles = append(s.Roles, r.value)
	}
}

// choose sets the projects to serve: those of the options in their order, then
// the other stored ones, and a new one when there would be none.
func (s *Server) choose(stored map[string]*project) {
	for _, given := range s.options.Projects {
		p := &project{id: given.ID, key: given.ManagementKey}
		if known := stored[given.ID]; known != nil && (given.ManagementKey == "" || given.ManagementKey == known.key) {
			p = known
		} else if known != nil {
			p.seeded, p.info = known.seeded, known.info
		}
		p.info = p.info.given(given)
		if p.key == "" {
			p.key, p.generated = s.random.id("K"), true
		}
		delete(stored, given.ID)
		s.projects = append(s.projects, p)
	}
	for _, id := range slices.Sorted(maps.Keys(stored)) {
		s.projects = append(s.projects, stored[id])
	}
	if len(s.projects) == 0 {
		s.projects = []*project{{id: s.random.id("P"), key: s.random.id("K"), generated: true}}
	}
}

// seed sets the start state of the projects and lays it into those that hold
// nothing yet; then it stores what is new.
func (s *Server) seed(ctx context.Context) error {
	for _, p := range s.projects {
		p.start = ProjectState{ID: p.id}
	}
	named := map[*project]bool{}
	if s.options.Seed != nil {
		for i, state := range s.options.Seed.Projects {
			p, err := s.projectOf(state)
			if err != nil {
				return fmt.Errorf("seed: projects[%d]: %w", i, err)
			}
			state.ID = p.id
			p.start, named[p] = state, true
		}
	}
	var writes []write
	for _, p := range s.projects {
		row, err := p.row()
		if err != nil {
			return fmt.Errorf("project %q: %w", p.id, err)
		}
		writes = append(writes, write{op: opPut, project: p.id, kind: storeProject, id: p.id, value: row})
		changed := !p.seeded || p.content.completed
		if p.content.empty() && (named[p] || !p.seeded) {
			before := p.content.audit
			if p.content, err = s.builder().content(p.start); err != nil {
				return fmt.Errorf("seed: project %q: %w", p.id, err)
			}
			p.content.keepAudit(before)
			changed = true
		}
		if changed {
			writes = append(writes, p.content.writes(p.id)...)
		}
	}
	if err := s.store.apply(ctx, writes); err != nil {
		return fmt.Errorf("store the projects: %w", err)
	}
	for _, p := range s.projects {
		p.seeded = true
	}
	return nil
}

// empty reports whether there is nothing but what a new project has.
func (c *content) empty() bool {
	return c.tenants.len()+c.users.len()+len(c.passwords) == 0 && !c.hasOwnRights() && !c.hasOwnDesign()
}

// projectOf finds the project that a state is meant for.
func (s *Server) projectOf(state ProjectState) (*project, error) {
	if state.ID == "" {
		if len(s.projects) != 1 {
			return nil, errNotOneProject
		}
		return s.projects[0], nil
	}
	if found := s.byID[state.ID]; found != nil {
		return found, nil
	}
	return nil, fmt.Errorf("there is no project %q", state.ID)
}

func (s *Server) builder() builder {
	return builder{now: s.seconds(), newID: s.random.id, imports: s.options.ImportBehavior}
}

// seconds is the present as Descope's createdTime: epoch seconds.
func (s *Server) seconds() int64 { return s.options.Now().Unix() }

// replace gives projects new contents, all or none; other projects stay.
func (s *Server) replace(contents map[*project]*content) error {
	s.data.Lock()
	defer s.data.Unlock()
	var writes []write
	for _, p := range s.projects {
		if c := contents[p]; c != nil {
			c.keepAudit(p.content.audit)
			writes = append(writes, c.writes(p.id)...)
		}
	}
	if err := s.store.apply(context.WithoutCancel(s.base), writes); err != nil {
		return fmt.Errorf("store the state: %w", err)
	}
	for p, c := range contents {
		p.content = c
	}
	return nil
}

// contents checks a state and builds what the named projects are to hold.
func (s *Server) contents(state State) (map[*project]*content, error) {
	contents := map[*project]*content{}
	for i, one := range state.Projects {
		p, err := s.projectOf(one)
		if err != nil {
			return nil, fmt.Errorf("projects[%d]: %w", i, err)
		}
		if contents[p] != nil {
			return nil, fmt.Errorf("projects[%d]: the project %q is named twice", i, p.id)
		}
		one.ID = p.id
		if contents[p], err = s.builder().content(one); err != nil {
			return nil, fmt.Errorf("projects[%d]: %w", i, err)
		}
	}
	return contents, nil
}

// getState is the content of all projects, sorted by id.
func (s *Server) getState() State {
	s.data.Lock()
	defer s.data.Unlock()
	state := State{Projects: []ProjectState{}}
	for _, id := range slices.Sorted(maps.Keys(s.byID)) {
		state.Projects = append(state.Projects, s.byID[id].content.state(id))
	}
	return state
}

// resetState takes every project back to its start state.
func (s *Server) resetState() error {
	contents := map[*project]*content{}
	for _, p := range s.projects {
		start := p.start
		if start.Audits == nil {
			start.Audits = []json.RawMessage{} // the log begins anew
		}
		c, err := s.builder().content(start)
		if err != nil {
			return fmt.Errorf("project %q: %w", p.id, err)
		}
		contents[p] = c
	}
	return s.replace(contents)
}
