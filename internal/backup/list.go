package backup

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// Info is one file of a place, by its head.
type Info struct {
	Name     string
	Size     int64
	Metadata Metadata // as the file has them, unchecked; empty where there is a problem
	Problem  string   // why the file cannot be read; empty where it can
}

// List names the backups of a place, newest first by the time inside, then by
// name; those that cannot be read come last. Only the head of each is read. A
// file is a backup by its name: others are left out. What has such a name and is no
// file, such as a link, is one that cannot be read.
func List(ctx context.Context, files Files) ([]Info, error) {
	all, err := files.List(ctx)
	if err != nil {
		return nil, err
	}
	infos := []Info{}
	for _, file := range all {
		if _, ours := ParseName(file.Name); !ours {
			continue
		}
		info := Info{Name: file.Name, Size: file.Size}
		switch info.Metadata, err = readHead(ctx, files, file.Name); {
		case errors.Is(err, fs.ErrNotExist):
			continue // somebody has just removed it
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			info.Metadata, info.Problem = Metadata{}, problem(err)
		}
		infos = append(infos, info)
	}
	slices.SortFunc(infos, newestFirst)
	return infos, nil
}

// problem is an error without the file, which stands beside it.
func problem(err error) string {
	if damage, ok := errors.AsType[*DamagedError](err); ok {
		return damage.Reason
	}
	if failure, ok := errors.AsType[*store.FileError](err); ok {
		err = failure.Err
		if inner, ok := errors.AsType[*fs.PathError](err); ok {
			err = inner.Err
		}
	}
	return err.Error()
}

func newestFirst(a, b Info) int {
	switch {
	case a.Problem == "" && b.Problem != "":
		return -1
	case a.Problem != "" && b.Problem == "":
		return 1
	}
	return cmp.Or(b.Metadata.Timestamp.Compare(a.Metadata.Timestamp), cmp.Compare(a.Name, b.Name))
}

// Operations whose backups are not what a user means by the latest: they hold
// what a restore or an undo was about to replace.
const (
	OperationUndo    = "undo"
	OperationRestore = "backup-restore"
)

// clockAhead is how much the clocks of machines that share a folder may differ.
const clockAhead = 24 * time.Hour

// Latest is the newest backup of a project on a host, but for those that an undo
// or a restore took. An unsealed file names no host, so it is never the latest. One
// that is dated more than a day after now was taken by a wrong clock: it would stay
// the latest for good, so it is passed over and given as one of the ahead, in the
// order of infos.
func Latest(infos []Info, host, projectID string, now time.Time) (latest Info, ahead []Info, found bool) {
	for _, info := range infos {
		m := info.Metadata
		if info.Problem != "" || ownerOf(m) != (owner{strings.ToLower(host), projectID}) ||
			m.Operation == OperationUndo || m.Operation == OperationRestore {
			continue
		}
		if m.Timestamp.After(now.Add(clockAhead)) {
			ahead = append(ahead, info)
			continue
		}
		if latest.Name == "" || newestFirst(info, latest) < 0 {
			latest = info
		}
	}
	return latest, ahead, latest.Name != ""
}

// owner is whose backup a file is.
type owner struct{ host, projectID string }

// ownerOf compares hosts without regard to case, as the state folder does.
func ownerOf(m Metadata) owner { return owner{strings.ToLower(m.Host), m.ProjectID} }
