package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// The codes of what a delete takes along.
const (
	codePasswordLost = "password_settings_lost"
	codeRolesLost    = "roles_lost"
	codeNotReadable  = "not_readable"
)

// going is what was read of a tenant that a plan deletes, since the last list.
// The backup takes it from here, so that nothing is read twice.
type going struct {
	settings    json.RawMessage // nil when they could not be read, like the others
	password    json.RawMessage
	roles       []json.RawMessage
	ownPassword bool     // its password settings are not just the project's
	unread      []string // what could not be read, in words
}

// ownRoles are the roles by their tenant, as they were listed.
type ownRoles struct {
	byTenant map[string][]json.RawMessage
	refused  error // why they could not be read
}

// readGoing reads what goes with deletes, as far as it is not known: session
// settings, password settings and roles of their own.
func (s *session) readGoing(ctx context.Context, deletes []string) error {
	deletes = slices.DeleteFunc(slices.Clone(deletes), func(id string) bool { return s.going[id] != nil })
	if len(deletes) == 0 {
		return nil
	}
	roles, err := s.listRoles(ctx)
	if err != nil {
		return err
	}
	found, refused := make([]going, len(deletes)), make([][2]error, len(deletes))
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(s.workers())
	reader := s.reader
	for i, id := range deletes {
		found[i].roles = roles.byTenant[id]
		tasks.Go(func() (err error) {
			found[i].settings, refused[i][0], err = refusable(reader.TenantSettings(ctx, id))
			return err
		})
		tasks.Go(func() (err error) {
			found[i].password, refused[i][1], err = refusable(reader.PasswordSettings(ctx, id))
			return err
		})
	}
	if err := tasks.Wait(); err != nil {
		return err
	}
	for i := range found {
		found[i].cannot("session settings", refused[i][0])
		found[i].cannot("password settings", refused[i][1])
		found[i].cannot("own roles", roles.refused)
	}
	if s.going == nil {
		s.going = map[string]*going{}
	}
	for i, id := range deletes {
		s.going[id] = &found[i]
	}
	return nil
}

// cannot notes what the service refuses to show.
func (g *going) cannot(what string, refused error) {
	if refused != nil {
		g.unread = append(g.unread, fmt.Sprintf("%s could not be read (%v)", what, refused))
	}
}

// compareProject tells password settings of a tenant apart from those of the
// project, which a tenant without its own may show. It gives the number of calls
// that this takes: none while no tenant shows any.
func (s *session) compareProject(ctx context.Context, deletes []string) (calls int, err error) {
	shown := slices.DeleteFunc(slices.Clone(deletes), func(id string) bool { return !isEnabled(s.going[id].password) })
	if len(shown) == 0 {
		return 0, nil
	}
	if s.projectPassword == nil {
		project, _, err := refusable(s.reader.PasswordSettings(ctx, ""))
		if err != nil {
			return 1, err
		}
		s.projectPassword = &project
	}
	for _, id := range shown {
		s.going[id].ownPassword = !samePassword(s.going[id].password, *s.projectPassword)
	}
	return 1, nil
}

// isEnabled reports whether settings say that they are in force.
func isEnabled(settings json.RawMessage) bool {
	value, err := resource.ParseValue(settings)
	return err == nil && value.Get("enabled") == resource.BoolValue(true)
}

// samePassword compares password settings without whose they are.
func samePassword(a, b json.RawMessage) bool {
	var values [2]map[string]resource.Value
	for i, raw := range []json.RawMessage{a, b} {
		value, err := resource.ParseValue(raw)
		object, isObject := value.AsObject()
		if err != nil || !isObject {
			return false
		}
		delete(object, "tenantId")
		values[i] = object
	}
	return resource.ObjectValue(values[0]).Equal(resource.ObjectValue(values[1]))
}

// goingNotes says what goes with deletes and does not come back.
func (s *session) goingNotes(deletes []string) []resource.Note {
	var notes []resource.Note
	for _, id := range deletes {
		one := s.going[id]
		if one == nil {
			continue
		}
		add := func(code, format string, arguments ...any) {
			notes = append(notes, resource.Note{
				Address: resource.NewAddress(resource.KindTenant, id), Code: code, Message: fmt.Sprintf(format, arguments...),
			})
		}
		if one.ownPassword {
			add(codePasswordLost, "its own password settings go with it: they are kept in the backup, and nothing here writes them back")
		}
		if len(one.roles) > 0 {
			add(codeRolesLost, "%s of its own: gone with it, kept in the backup, and nothing here makes them again", counted(len(one.roles), "role"))
		}
		for _, what := range one.unread {
			add(codeNotReadable, "its %s: no backup holds them, and they cannot come back", what)
		}
	}
	return notes
}

// tellGoing warns of what has been found out since the plan was shown.
func (r *run) tellGoing() {
	for _, note := range r.session.goingNotes(plan.Deletes(r.result.Plan)) {
		if !slices.Contains(r.result.Plan.Notes, note) {
			r.session.app.warn("warning: %s: %s", note.Address, note.Message)
		}
	}
}
