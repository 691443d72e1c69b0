package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/doctor"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/hook"
)

// build says what this program was made from.
func (x *examination) build() diagnosis {
	made := currentBuild()
	text := made.Version
	if made.Commit != "" {
		text += fmt.Sprintf(" (%.12s)", made.Commit)
	}
	check := saw(doctor.CheckBuild, doctor.OK, "%s, %s, %s", text, made.Go, made.Platform)
	if made.Modified {
		check = check.with("", "built from files that differ from the commit")
	}
	return check
}

// binary looks at who can replace this program, where it is and where it was called.
func (x *examination) binary() diagnosis {
	path, err := os.Executable()
	if err != nil {
		return saw(doctor.CheckBinary, doctor.Skipped, "where this program is cannot be found out: %v", err)
	}
	paths := []string{path}
	if called, err := exec.LookPath(os.Args[0]); err == nil && filepath.IsAbs(called) {
		paths = append(paths, called) // a link that leads to it can be replaced as well
	}
	return exposed(doctor.CheckBinary, paths)
}

// exposed says who else can replace files.
func exposed(id string, paths []string) diagnosis {
	var all []doctor.Exposure
	for _, path := range paths {
		exposures, err := doctor.Exposures(path)
		if err != nil {
			return saw(id, doctor.Warning, "who can replace it cannot be found out: %v", err)
		}
		all = append(all, exposures...)
	}
	check := saw(id, doctor.OK, "only you and root can replace %s", paths[0])
	seen := map[string]bool{}
	for _, one := range all {
		text := one.String()
		if seen[text] {
			continue
		}
		seen[text] = true
		switch one.Who {
		case doctor.Everybody:
			check.exposure(doctor.Problem, text, "chmod o-w "+one.Path)
		case doctor.GroupOf:
			check.exposure(doctor.Warning, text, "chmod g-w "+one.Path+", unless all of the group may replace it")
		default:
			check.exposure(doctor.Note, text, "")
		}
	}
	return check
}

// exposure is graver, without a word about what is well.
func (f *diagnosis) exposure(verdict doctor.Verdict, text, remedy string) {
	if f.Verdict == doctor.OK {
		f.Verdict, f.Summary, f.Remedy = verdict, text, remedy
		return
	}
	f.graver(verdict, text, remedy)
}

// terminal says how this is shown.
func (x *examination) terminal() diagnosis {
	look := x.app.Terminal
	where := "no terminal"
	if columns := max(look.OutWidth, look.ErrWidth); columns > 0 {
		where = fmt.Sprintf("a terminal of %d columns", columns)
	}
	color := "no colour"
	if look.OutColor || look.ErrColor {
		color = "colour"
	}
	if kind, set := x.app.lookup("TERM"); set {
		where += " (TERM=" + kind + ")"
	}
	locale, from := "", ""
	for _, name := range localeVariables() {
		if value, set := x.app.lookup(name); set {
			locale, from = value, name
			break
		}
	}
	said := "no locale is set"
	if from != "" {
		said = from + "=" + locale
	}
	check := saw(doctor.CheckTerminal, doctor.OK, "%s, %s, %s", where, color, said)
	if !look.Unicode && max(look.OutWidth, look.ErrWidth) > 0 {
		check.Verdict, check.Remedy = doctor.Note, "set LANG=C.UTF-8, so that names that are not ASCII look right"
	}
	return check
}

// git finds git, as records and git:REV:PATH do.
func (x *examination) git(ctx context.Context) diagnosis {
	var said bytes.Buffer
	command := hook.Command{
		Argv: []string{"git", "--version"}, Dir: x.app.WorkDir, Env: x.app.gitEnvironment(), Limit: checkLimit, Now: x.app.Now, Stdout: &said,
	}
	path, err := command.Path()
	if err == nil {
		_, err = hook.Run(ctx, command, nil)
	}
	if err != nil {
		return saw(doctor.CheckGit, doctor.Note, "git cannot be run, so that records name no commit: %v", err).
			with("install git, if the configuration is in a repository")
	}
	line, _, _ := strings.Cut(said.String(), "\n")
	return saw(doctor.CheckGit, doctor.OK, "%s, %s", strings.TrimSpace(line), path)
}
