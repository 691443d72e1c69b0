package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/doctor"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/git"
)

// configuration finds and reads the configuration.
func (x *examination) configuration(ctx context.Context) diagnosis {
	id := doctor.CheckConfiguration
	var err error
	x.loaded, err = x.app.loadConfig(ctx, need{})
	x.app.hide(x.loaded.Credentials(x.app.lookupSet)...)
	switch {
	case err != nil:
		x.loaded, x.why = nil, "the configuration cannot be used"
		return x.invalid(id, err)
	case x.loaded == nil:
		return saw(id, doctor.Note, "there is none in %s, so that flags and variables say everything", x.app.WorkDir).
			with("descope-mgmt init, or name it with -c PATH")
	}
	files := x.loaded.Files()
	summary := fmt.Sprintf("%s is valid", files[0])
	if len(files) > 1 {
		summary = fmt.Sprintf("%d files are valid", len(files))
	}
	summary += fmt.Sprintf(": %s, %s", counted(x.loaded.TenantCount(), "tenant"), counted(x.loaded.FlowCount(), "flow"))
	check := saw(id, doctor.OK, "%s", summary)
	if len(files) > 1 {
		check.Detail = append(check.Detail, "files: "+strings.Join(files, ", "))
	}
	if list := x.loaded.EnvironmentList(x.app.lookupSet); len(list) > 0 {
		check.Detail = append(check.Detail, "environments: "+environmentNames(list))
	}
	warnings := 0
	for _, one := range x.loaded.Warnings() {
		if one.Severity != config.SeverityWarning {
			continue
		}
		if warnings++; warnings == 1 {
			check.Verdict, check.Remedy = doctor.Warning, "descope-mgmt validate"
			check.Summary += "; the first warning: " + one.String()
		}
	}
	return check
}

// environmentNames lists environments, and which of them are protected.
func environmentNames(list []config.Environment) string {
	var names []string
	for _, one := range list {
		name := one.Name
		if one.Protected {
			name += " (protected)"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// invalid is a configuration, or the user's own settings, with errors.
func (x *examination) invalid(id string, err error) diagnosis {
	check := sawError(id, err)
	if wrong, is := errors.AsType[*config.InvalidError](err); is {
		all := wrong.Errors()
		check.Summary = fmt.Sprintf("%s, the first at %s", counted(len(all), "error"), all[0])
		check.Remedy = "correct it: descope-mgmt validate shows all"
		if id == doctor.CheckSettings {
			check.Remedy = cmp.Or(all[0].Suggestion, "correct it")
		}
	}
	return check
}

// envFile looks at the file of variables that was read.
func (x *examination) envFile(ctx context.Context) diagnosis {
	id := doctor.CheckEnvFile
	if x.why != "" {
		return saw(id, doctor.Skipped, "%s", x.why)
	}
	path := x.loaded.EnvFile()
	if path == "" {
		return saw(id, doctor.OK, "none is read")
	}
	mode, err := doctor.ModeOf(path)
	if err != nil {
		return sawError(id, err)
	}
	check := saw(id, doctor.OK, "%s, mode %04o", path, mode.Perm)
	if mode.Readable || mode.Writable {
		check.graver(doctor.Warning, fmt.Sprintf("others can use %s (mode %04o), and it holds keys", path, mode.Perm), "chmod 600 "+path)
	}
	program := git.Program{Env: x.app.gitEnvironment()}
	if program.IsTracked(ctx, filepath.Dir(path), filepath.Base(path)) {
		check.graver(doctor.Warning, path+" is in git, and its keys with it",
			"take it out (git rm --cached "+filepath.Base(path)+"), and make new keys")
	}
	return check
}

// ownSettings reads the user's own settings, and looks at who can replace them.
func (x *examination) ownSettings(ctx context.Context) diagnosis {
	id := doctor.CheckSettings
	home, err := x.app.stateDir("")
	if err != nil {
		return sawError(id, err)
	}
	path := filepath.Join(home, "config.yaml")
	if x.user, err = x.app.loadUser(ctx); err != nil {
		x.user = nil
		if x.why == "" {
			x.why = "your own settings cannot be used"
		}
		return x.invalid(id, err)
	}
	if _, err := doctor.ModeOf(path); errors.Is(err, fs.ErrNotExist) {
		return saw(id, doctor.OK, "there are none (%s)", path)
	}
	check := exposed(id, []string{path})
	if check.Verdict == doctor.OK {
		check.Summary = path + " is valid, and only you and root can write it"
	}
	return check
}

// selection is what flags and variables say about the project of an environment.
func (a *App) selection(environment string, user *config.User, withoutKey bool) config.Selection {
	return config.Selection{
		Environment: environment, ProjectID: a.flags.projectID, BaseURL: a.flags.baseURL, Lookup: a.lookupSet,
		WithoutKey: withoutKey, Reading: true, KeyCommand: user.KeyCommand(),
	}
}
