package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MostFile is the size, in bytes, of the largest file that [Program.Show] reads.
const MostFile = 64 << 20

const (
	mostRevision = 256
	mostPath     = 4096
)

// ShowError says why a file of a commit could not be read. Its text names
// revision and path.
type ShowError struct {
	Rev, Path string
	Message   string
	Hint      string // the next step; may be empty
	Err       error  // what git or the system said; may be nil
}

// Error is "git:REV:PATH: message".
func (e *ShowError) Error() string {
	return fmt.Sprintf("%s: %s", printable("git:"+e.Rev+":"+e.Path), e.Message)
}

// Unwrap is what git or the system said.
func (e *ShowError) Unwrap() error { return e.Err }

// Show reads a file as a commit of the folder's repository has it, byte for
// byte: nothing is converted and no filter is run. The path is taken from the
// top of the repository, and one that begins with ./ or ../ from the folder.
// Errors are of type [*ShowError], or the context's.
func (p Program) Show(ctx context.Context, dir, rev, path string) ([]byte, error) {
	fail := func(message, hint string, err error) error {
		return &ShowError{Rev: rev, Path: path, Message: message, Hint: hint, Err: err}
	}
	if problem := revisionProblem(rev); problem != "" {
		return nil, fail("the revision "+problem, "name a commit, branch or tag, such as HEAD~1", nil)
	}
	if problem := pathProblem(path); problem != "" {
		return nil, fail("the path "+problem, "name a file from the top of the repository, with slashes", nil)
	}
	limited, cancel, grace := p.deadline(ctx)
	defer cancel()
	q := question{dir: dir, grace: grace, most: mostPath * 2}
	commit, err := p.run(limited, q, "rev-parse", "--verify", "--quiet", rev+"^{commit}")
	oid := string(bytes.TrimSuffix(commit, []byte("\n")))
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case status(err) == 1, err == nil && !isObjectID(oid):
		return nil, fail("there is no such revision", "see git log, and git fetch where it is not here yet", err)
	case err != nil:
		return nil, fail(reason(err), "", err)
	}
	blob, err := p.findFile(limited, q, oid, path)
	if err == nil {
		q.most = MostFile
		var content []byte
		if content, err = p.run(limited, q, "cat-file", "blob", blob); err == nil {
			return content, nil
		}
	}
	message, hint := reason(err), ""
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, errNoPath):
		message, hint = err.Error(), "see git ls-tree -r --name-only "+printable(rev)
	case errors.Is(err, errTooLarge):
		message = "the file has more than " + strconv.Itoa(MostFile>>20) + " MiB"
	case status(err) == 128:
		message, hint = "git cannot read the file", "the clone may be without it: git fetch"
	}
	return nil, fail(message, hint, err)
}

var errNoPath = errors.New("there is no such file in that revision")

// findFile gives the id of a file's content.
func (p Program) findFile(ctx context.Context, q question, commit, path string) (blob string, err error) {
	args := []string{"ls-tree", "-z"}
	if !strings.HasPrefix(path, "./") && !strings.HasPrefix(path, "../") {
		args = append(args, "--full-tree")
	}
	text, err := p.run(ctx, q, append(args, commit, "--", path)...)
	if err != nil {
		return "", err
	}
	entry, _, _ := bytes.Cut(text, []byte{0})
	about, _, found := strings.Cut(string(entry), "\t")
	parts := strings.Fields(about) // mode, type, id
	switch {
	case !found || len(parts) != 3 || !isObjectID(parts[2]):
		return "", errNoPath
	case parts[1] == "tree":
		return "", errors.New("it is a folder")
	case parts[1] != "blob":
		return "", errors.New("it is a submodule")
	case parts[0] == "120000":
		return "", errors.New("it is a symbolic link")
	default:
		return parts[2], nil
	}
}

// revisionProblem says why a text can be no revision, or could be taken for
// something else: an option, a range, or a path in a revision.
func revisionProblem(rev string) string {
	switch {
	case rev == "":
		return "is empty"
	case len(rev) > mostRevision:
		return "is too long"
	case strings.HasPrefix(rev, "-"):
		return "begins with a hyphen"
	case strings.Contains(rev, ".."), strings.HasPrefix(rev, "^"):
		return "is a range"
	case strings.Contains(rev, ":"), strings.ContainsFunc(rev, unfit), strings.ContainsRune(rev, ' '):
		return "holds a character that no revision has"
	default:
		return ""
	}
}

func pathProblem(path string) string {
	switch {
	case path == "":
		return "is empty"
	case len(path) > mostPath:
		return "is too long"
	case strings.HasPrefix(path, "-"):
		return "begins with a hyphen: put ./ before it"
	case strings.HasPrefix(path, "/"):
		return "is absolute"
	case strings.HasSuffix(path, "/"):
		return "is a folder's"
	case strings.ContainsFunc(path, unfit):
		return "holds a character that cannot be shown"
	default:
		return ""
	}
}

func unfit(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }

// printable shows a text that a terminal must not interpret.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unfit(r) {
			return utf8.RuneError
		}
		return r
	}, text)
}
