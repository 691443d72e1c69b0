package git

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// mostStatus is enough for the lines about the branch, which come first, and
	// for one change.
	mostStatus = 64 << 10
	// mostSettings is enough for hundreds of filters.
	mostSettings = 64 << 10
	mostEmail    = 254
)

// Facts are what is known of a folder's repository.
type Facts struct {
	Known  bool   // false when nothing is known; Reason says why
	Commit string // the object id in hex; empty when the branch has no commit yet
	// Dirty says that the working tree, untracked files included and submodules
	// not, differs from the commit. It may be true in error, where a filter hides
	// a difference: filters are not run.
	Dirty  bool
	Reason string // why nothing is known, for logs; empty when it is
}

// Facts looks at the repository that a folder is in. It takes no longer than
// the limit, and runs no program that the repository names.
func (p Program) Facts(ctx context.Context, dir string) Facts {
	ctx, cancel, grace := p.deadline(ctx)
	defer cancel()
	filters, err := p.withoutFilters(ctx, question{dir: dir, grace: grace, most: mostSettings})
	if err != nil {
		return Facts{Reason: reason(err)}
	}
	// Git would look into submodules too, whose configurations can name filters
	// that nobody has asked for here.
	text, err := p.run(ctx, question{dir: dir, grace: grace, most: mostStatus, drop: true, extra: filters},
		"status", "--porcelain=v2", "-z", "--branch", "--no-ahead-behind", "--untracked-files=normal", "--ignore-submodules=all", "--no-renames")
	if err != nil {
		return Facts{Reason: reason(err)}
	}
	return readStatus(text)
}

// readStatus reads what git-status(1) calls "Porcelain Format Version 2". Lines
// that begin with # are headers, and all of them come first.
func readStatus(text []byte) Facts {
	facts := Facts{Reason: "git's answer is not understood"}
	for record := range bytes.SplitSeq(text, []byte{0}) {
		header, isHeader := bytes.CutPrefix(record, []byte("# "))
		oid, isOID := bytes.CutPrefix(header, []byte("branch.oid "))
		switch {
		case len(record) == 0:
		case !isHeader:
			facts.Dirty = true
		case isOID && isObjectID(string(oid)):
			facts.Known, facts.Commit, facts.Reason = true, string(oid), ""
		case isOID && string(oid) == "(initial)":
			facts.Known, facts.Reason = true, ""
		}
	}
	if !facts.Known {
		facts.Dirty = false
	}
	return facts
}

// isObjectID accepts SHA-1 and SHA-256.
func isObjectID(text string) bool {
	if len(text) != 40 && len(text) != 64 {
		return false
	}
	return strings.Trim(text, "0123456789abcdef") == ""
}

// withoutFilters are settings that turn every filter off. To compare a file with
// the index, git runs its "clean" or "process" command (gitattributes(5),
// filter), which any configuration can name and any commit can assign to files.
// There is no one switch for all of them, so that each is set to nothing, which
// makes it "a no-op passthru" there. Finding the names runs no program.
func (p Program) withoutFilters(ctx context.Context, q question) ([]string, error) {
	text, err := p.run(ctx, q, "config", "-z", "--name-only", "--get-regexp", `^filter\.`)
	if status(err) == 1 {
		return nil, nil // there are none
	}
	if err != nil {
		return nil, err
	}
	var off []string
	seen := map[string]bool{}
	for name := range strings.SplitSeq(string(text), "\x00") {
		end := strings.LastIndexByte(name, '.')
		if end < len("filter.") || seen[name[:end]] {
			continue // also "filter.x" without a key: it means nothing to git
		}
		driver := name[:end]
		if !isPlain(driver) {
			// "a=b" would be read as another name with a value.
			return nil, errors.New("a filter of the repository has a name that cannot be overridden")
		}
		seen[driver] = true
		off = append(off, driver+".clean=", driver+".smudge=", driver+".process=", driver+".required=false")
	}
	return off, nil
}

func isPlain(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool {
		return r >= utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-/+", r)
	})
}

// IsTracked reports whether git follows a file of a folder; false also where
// nothing is known of it.
func (p Program) IsTracked(ctx context.Context, dir, name string) bool {
	ctx, cancel, grace := p.deadline(ctx)
	defer cancel()
	_, err := p.run(ctx, question{dir: dir, grace: grace, most: mostStatus}, "ls-files", "-z", "--error-unmatch", "--", name)
	return err == nil
}

// IsModified reports whether git follows a file of a folder, and the file, as it is
// on the disk or staged, differs from the last commit; false also where nothing is
// known of it. It may be true in error, where a filter hides a difference: filters
// are not run.
func (p Program) IsModified(ctx context.Context, dir, name string) bool {
	ctx, cancel, grace := p.deadline(ctx)
	defer cancel()
	filters, err := p.withoutFilters(ctx, question{dir: dir, grace: grace, most: mostSettings})
	if err != nil {
		return false
	}
	text, err := p.run(ctx, question{dir: dir, grace: grace, most: mostStatus, drop: true, extra: filters},
		"status", "--porcelain=v2", "-z", "--untracked-files=no", "--ignore-submodules=all", "--no-renames", "--", name)
	return err == nil && len(text) > 0
}

// UserEmail is the address that git would put into a commit made in the folder;
// empty when it is not known, or is no address.
func (p Program) UserEmail(ctx context.Context, dir string) string {
	ctx, cancel, grace := p.deadline(ctx)
	defer cancel()
	text, err := p.run(ctx, question{dir: dir, grace: grace, most: mostEmail + 1}, "config", "-z", "--get", "user.email")
	if err != nil {
		return ""
	}
	email := strings.TrimSuffix(string(text), "\x00")
	if len(email) > mostEmail || !strings.Contains(email, "@") || strings.Contains(email, " ") || strings.ContainsFunc(email, unfit) {
		return ""
	}
	return email
}

// status is git's own status; 0 when it did not end by itself.
func status(err error) int {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() {
		return exit.ExitCode()
	}
	return 0
}

// reason says why git gave no answer.
func reason(err error) string {
	switch status(err) {
	case 0:
		return err.Error()
	case 128:
		return "no repository that git would read"
	default:
		return "git failed: " + err.Error()
	}
}
