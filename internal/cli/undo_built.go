package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/restore"
)

// built says what others have made of the tenants that an undo would delete, and
// that would go with them: members, roles, settings of their own. What cannot be
// read may be there.
func (s *session) built(ctx context.Context, made *resource.Plan, done []restore.Done) ([]resource.Note, error) {
	deletes := plan.Deletes(made)
	members, err := s.membersOf(ctx, made, deletes)
	if err != nil {
		return nil, err
	}
	enabledByRun := map[string]bool{}
	for _, one := range done {
		for _, field := range one.Change.Fields {
			if field.At.Field == "settings" && field.At.Key == "enabled" && field.After == resource.BoolValue(true) {
				enabledByRun[one.Change.ID] = true
			}
		}
	}
	var notes []resource.Note
	for _, id := range deletes {
		one := s.going[id]
		var found []string
		switch users, counted := members[id]; {
		case !counted:
			found = append(found, "perhaps members (they could not be counted)")
		case users == 1:
			found = append(found, "1 member")
		case users > 1:
			found = append(found, fmt.Sprintf("%d members", users))
		}
		if len(one.roles) > 0 {
			found = append(found, counted(len(one.roles), "role")+" of its own")
		}
		if one.ownPassword {
			found = append(found, "password settings of its own")
		}
		if isEnabled(one.settings) && !enabledByRun[id] {
			found = append(found, "session settings of its own")
		}
		for _, what := range one.unread {
			found = append(found, "perhaps "+what)
		}
		if len(found) > 0 {
			notes = append(notes, resource.Note{
				Address: resource.NewAddress(resource.KindTenant, id), Code: restore.ConflictChanged,
				Message: fmt.Sprintf("since the run created it, it has got %s, which would go with it; it is not deleted", strings.Join(found, ", ")),
			})
		}
	}
	return notes, nil
}

// membersOf gives the number of members of each tenant that a plan deletes, as far
// as they can be counted. Those that the plan has counted are not counted again.
func (s *session) membersOf(ctx context.Context, made *resource.Plan, deletes []string) (map[string]int, error) {
	members := make(map[string]int, len(deletes))
	if len(deletes) > plan.SearchesPerTenant {
		return members, s.searchMembers(ctx, deletes, s.members, members)
	}
	for _, change := range made.Changes {
		if change.Users != nil {
			members[change.ID] = *change.Users
		}
	}
	return members, nil
}

// searchMembers counts the members of many tenants, which have so many in all:
// where there are any it looks at each half by itself. A total that nobody knows
// leaves its tenants out.
func (s *session) searchMembers(ctx context.Context, ids []string, total *int, members map[string]int) error {
	switch {
	case total == nil:
		return nil
	case *total == 0 || len(ids) == 1:
		for _, id := range ids {
			members[id] = *total
		}
		return nil
	}
	half := len(ids) / 2
	for _, part := range [][]string{ids[:half], ids[half:]} {
		var inPart *int
		count, err := s.reader.CountUsers(ctx, part)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err == nil {
			inPart = &count
		}
		if err := s.searchMembers(ctx, part, inPart, members); err != nil {
			return err
		}
	}
	return nil
}
