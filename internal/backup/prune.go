package backup

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// PrunePolicy says which backups may go.
type PrunePolicy struct {
	Now    time.Time
	Keep   time.Duration   // what is not older stays
	Named  map[string]bool // names that unfinished journals name: they stay
	DryRun bool            // nothing is removed
	// Host and ProjectID bound it to one project's backups; empty: those of all go.
	Host, ProjectID string
}

// isAbout reports whether backups with these metadata may go.
func (p PrunePolicy) isAbout(m Metadata) bool {
	return p.ProjectID == "" || ownerOf(m) == owner{strings.ToLower(p.Host), p.ProjectID}
}

// Prune removes the backups that are older than the policy keeps, by the time
// inside, and returns them, newest first; with an error those that are gone
// already. These stay whatever their age: the newest whole one of each project
// and host, those that the policy names, and every file that is not certainly
// ours as it was written: another name, no seal, a wrong digest, a time in the future.
// A clock that was set back makes every backup younger, so it removes nothing too early.
func Prune(ctx context.Context, files Files, policy PrunePolicy) ([]Info, error) {
	if !policy.DryRun {
		if err := files.Tidy(ctx, policy.Now.Add(-leftoverAge)); err != nil {
			return nil, err
		}
	}
	old, young, err := policy.sift(ctx, files)
	if err != nil {
		return nil, err
	}
	if old, err = withoutNewest(ctx, files, policy.Now, old, young); err != nil {
		return nil, err
	}
	removed := []Info{}
	for _, info := range old {
		if policy.Named[info.Name] {
			continue
		}
		if !policy.DryRun {
			err := files.Remove(ctx, info.Name)
			if errors.Is(err, fs.ErrNotExist) {
				continue // somebody else has removed it
			}
			if err != nil {
				return removed, err
			}
		}
		removed = append(removed, info)
	}
	return removed, nil
}

// sift parts the files of ours into old ones, whole and newest first, and names
// of those that are young by name or by what is inside, newest name first. A file
// that is young by its name is not opened.
func (p PrunePolicy) sift(ctx context.Context, files Files) (old []Info, young []string, err error) {
	all, err := files.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	border := p.Now.Add(-max(p.Keep, 0))
	for _, file := range all {
		name, ours := ParseName(file.Name)
		if !ours {
			continue
		}
		if !name.At.Before(border) {
			young = append(young, file.Name)
			continue
		}
		if head, err := readHead(ctx, files, file.Name); err != nil && ctx.Err() != nil {
			return nil, nil, ctx.Err()
		} else if err == nil && !p.isAbout(head) {
			continue
		}
		metadata, whole, err := whole(ctx, files, file.Name)
		switch {
		case err != nil:
			return nil, nil, err
		case !whole:
		case metadata.Timestamp.Before(border) && p.isAbout(metadata):
			old = append(old, Info{Name: file.Name, Size: file.Size, Metadata: metadata})
		default:
			young = append(young, file.Name)
		}
	}
	slices.SortFunc(old, newestFirst)
	slices.Sort(young)
	slices.Reverse(young)
	return old, young, nil
}

// withoutNewest takes the newest backup of each project out of the old ones,
// unless a young one is whole. Young ones are opened, newest first, until each
// project that could lose something has one.
func withoutNewest(ctx context.Context, files Files, now time.Time, old []Info, young []string) ([]Info, error) {
	open := map[owner]bool{}
	for _, info := range old {
		open[ownerOf(info.Metadata)] = true
	}
	for _, name := range young {
		if len(open) == 0 {
			break
		}
		head, err := readHead(ctx, files, name)
		if err != nil || !open[ownerOf(head)] || head.Timestamp.After(now) {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			continue
		}
		_, whole, err := whole(ctx, files, name)
		if err != nil {
			return nil, err
		}
		if whole {
			delete(open, ownerOf(head))
		}
	}
	return slices.DeleteFunc(old, func(info Info) bool {
		newest := open[ownerOf(info.Metadata)]
		delete(open, ownerOf(info.Metadata))
		return newest
	}), nil
}

// whole reports whether a file is sealed and as it was written. A file that
// cannot be read is not; only the end of the context is an error.
func whole(ctx context.Context, files Files, name string) (Metadata, bool, error) {
	result, err := Verify(ctx, files, name)
	if err != nil {
		return Metadata{}, false, ctx.Err()
	}
	return result.Metadata, result.Sealed, nil
}
