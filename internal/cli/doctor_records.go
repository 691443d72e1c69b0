package cli

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/doctor"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// How much room on the disk is little, and how much is too little for a backup.
const (
	littleRoom = 100 << 20
	noRoom     = 10 << 20
)

// staleAfter is how old a temporary file is that nobody writes any more.
const staleAfter = time.Hour

// stateFolder looks at the folder of the tool's own records.
func (x *examination) stateFolder() diagnosis {
	id := doctor.CheckStateFolder
	if x.records == nil {
		return saw(id, doctor.Problem, "where records are kept is not known, because the home folder is not").with("set HOME, or name a folder with --home")
	}
	folder, err := doctor.LookAt(x.folder)
	if err != nil {
		return saw(id, doctor.Problem, "%s cannot be used: %v", x.folder, err).with("put a folder there, or name another one with --home")
	}
	check := saw(id, doctor.OK, "%s, mode %s, %s free", x.folder, octal(folder.Mode), roomText(folder))
	if !folder.Exists {
		check = saw(id, doctor.Note, "%s is not there yet; the first run that writes makes it", x.folder)
	}
	if !folder.Writable {
		check.graver(doctor.Problem, fmt.Sprintf("you cannot write %s, mode %s", folder.Path, octal(folder.Mode)), "change whose it is, or name another folder with --home")
	}
	if folder.FreeKnown && folder.Free < noRoom {
		check.graver(doctor.Problem, fmt.Sprintf("only %s are free at %s", roomText(folder), folder.Path), "make room: a backup is written before each change")
	} else if folder.FreeKnown && folder.Free < littleRoom {
		check.graver(doctor.Warning, fmt.Sprintf("only %s are free at %s", roomText(folder), folder.Path), "make room, or prune: descope-mgmt backup prune")
	}
	if folder.Exists {
		x.stateModes(&check, folder)
	}
	if name := pace.NetworkFileSystem(folder.Path); name != "" {
		check.graver(doctor.Note, fmt.Sprintf("%s is on a network file system (%s): the lock works there, and the rate limits are kept for each process alone", folder.Path, name), "")
	}
	return check
}

// stateModes looks at who can use the folder.
func (x *examination) stateModes(check *diagnosis, folder doctor.Folder) {
	if !folder.HasOwners {
		return
	}
	mode, shared := folder.Mode.Perm(), x.settings.State.Group
	wanted, command := "0700", "chmod 700 "+folder.Path
	if shared {
		wanted, command = "2770", "chmod 2770 "+folder.Path
	}
	said := fmt.Sprintf("%s has mode %s instead of %s", folder.Path, octal(folder.Mode), wanted)
	switch {
	case mode&0o002 != 0:
		check.graver(doctor.Problem, said+": everybody can write it", command)
	case mode&0o007 != 0, !shared && mode&0o070 != 0:
		check.graver(doctor.Warning, said+": others can use it", command)
	case shared && (mode&0o070 != 0o070 || folder.Mode&fs.ModeSetgid == 0):
		check.graver(doctor.Warning, said+": its group cannot share it", command)
	}
	if folder.Owner != "" && !shared {
		check.graver(doctor.Warning, fmt.Sprintf("%s belongs to %s", folder.Path, folder.Owner), "use a folder of your own with --home, or share one: state.mode: group")
	}
}

// octal is a mode as chmod takes it.
func octal(mode fs.FileMode) string {
	bits := uint32(mode.Perm())
	if mode&fs.ModeSetgid != 0 {
		bits |= 0o2000
	}
	if mode&fs.ModeSticky != 0 {
		bits |= 0o1000
	}
	return fmt.Sprintf("%04o", bits)
}

func roomText(folder doctor.Folder) string {
	switch {
	case !folder.FreeKnown:
		return "unknown"
	case folder.Free >= 10<<30:
		return fmt.Sprintf("%d GiB", folder.Free>>30)
	default:
		return fmt.Sprintf("%d MiB", folder.Free>>20)
	}
}

// leftovers counts what killed runs have left.
func (x *examination) leftovers() diagnosis {
	id := doctor.CheckLeftovers
	if x.records == nil {
		return saw(id, doctor.Skipped, "where records are kept is not known")
	}
	prefix, suffix := store.TemporaryForm()
	paths, whole := doctor.Leftovers(x.folder, prefix, suffix, x.app.Now().Add(-staleAfter))
	if len(paths) == 0 {
		if !whole {
			return saw(id, doctor.OK, "none in the first part of %s, which holds very many files", x.folder)
		}
		return saw(id, doctor.OK, "none")
	}
	return saw(id, doctor.Note, "%s of runs that were killed, the first %s", counted(len(paths), "temporary file"), paths[0]).
		with("remove them, or leave them: the next run tidies its own folders")
}

// backups looks at the folder of backups, those of all projects.
func (x *examination) backups(ctx context.Context) diagnosis {
	id := doctor.CheckBackups
	if x.records == nil {
		return saw(id, doctor.Skipped, "where records are kept is not known")
	}
	files, err := x.app.backupFiles(x.settings, x.records)
	if err != nil {
		return sawError(id, err)
	}
	dir := filepath.Dir(files.Path("x"))
	infos, err := backup.List(ctx, files)
	if err != nil {
		return sawError(id, err)
	}
	check := x.countBackups(infos, dir)
	x.verifyNewest(ctx, &check, files, infos)
	folder, err := doctor.LookAt(dir)
	if err != nil || !folder.Exists || !folder.HasOwners {
		return check
	}
	private, command := fs.FileMode(0o077), "chmod go-rwx "+dir
	if x.settings.State.Group {
		private, command = 0o007, "chmod o-rwx "+dir
	}
	if folder.Mode.Perm()&private != 0 {
		check.graver(doctor.Warning, fmt.Sprintf("others can use %s (mode %s), and it holds live data", dir, octal(folder.Mode)), command)
	}
	return check
}

// countBackups says how many there are. They come newest first, those that cannot
// be read last.
func (x *examination) countBackups(infos []backup.Info, dir string) diagnosis {
	id := doctor.CheckBackups
	if len(infos) == 0 {
		return saw(id, doctor.Note, "there is none in %s", dir).with("descope-mgmt backup create")
	}
	check := saw(id, doctor.OK, "%s in %s", counted(len(infos), "backup"), dir)
	if newest := infos[0]; newest.Problem == "" {
		check.Summary += ", the newest " + age(x.app.Now().Sub(newest.Metadata.Timestamp))
	}
	unreadable := 0
	for _, one := range infos {
		if one.Problem != "" {
			unreadable++
		}
	}
	if unreadable > 0 {
		last := infos[len(infos)-1]
		check.graver(doctor.Warning, fmt.Sprintf("%s cannot be read, among them %s: %s", counted(unreadable, "backup"), last.Name, last.Problem), "descope-mgmt backup verify")
	}
	return check
}

// verifyNewest reads the newest backup to its end: that of the project, which restore
// calls latest, or of any where no single project is looked at.
func (x *examination) verifyNewest(ctx context.Context, check *diagnosis, files backup.Files, infos []backup.Info) {
	if len(infos) == 0 || infos[0].Problem != "" {
		return
	}
	newest := infos[0]
	if target, host, known := x.oneTarget(); known {
		if latest, _, found := backup.Latest(infos, host, target.ProjectID, x.app.Now()); found {
			newest = latest
		}
	}
	verdict, err := verdictOn(ctx, backupFile{files: files, name: newest.Name})
	if err != nil || verdict.Reason == nil {
		return // it is whole, was removed just now, or the whole command ends
	}
	check.graver(doctor.Warning, fmt.Sprintf("%s is %s: %s", newest.Name, verdict.Status, *verdict.Reason), "descope-mgmt backup verify; and descope-mgmt backup create for one that is whole")
}

// age is a time that has passed, in words.
func age(passed time.Duration) string {
	switch {
	case passed < 0:
		return "dated in the future"
	case passed < time.Minute:
		return "less than a minute old"
	case passed < 2*time.Hour:
		return counted(int(passed.Minutes()), "minute") + " old"
	case passed < 48*time.Hour:
		return counted(int(passed.Hours()), "hour") + " old"
	default:
		return counted(int(passed.Hours()/24), "day") + " old"
	}
}
