package drift

import (
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// waysOut is what the two ways out of an object's differences depend on.
type waysOut struct {
	environment *string
	protect     bool // no plan deletes or disables the object
	blocked     bool // no apply can put any of it back
	breaking    bool // what an apply would do to a flow has to be allowed
	unknown     bool // this tool has never written the flow
	critical    bool // one of the differences is critical
}

// of are the ways out of one difference; none where no command can name the object.
func (w waysOut) of(d *difference) Ways {
	if !resource.HasShellWord(d.ID) {
		return Ways{}
	}
	return Ways{Apply: w.apply(d), Adopt: w.adopt(d)}
}

// apply is the command that puts the code's value back. For what has converged
// it only renews the record. What no apply does has none: a tenant is not moved to
// another parent, and what is not in the code has no value there.
func (w waysOut) apply(d *difference) string {
	switch {
	case d.State == StateOrphan:
		return w.deletion(d)
	case !d.Managed, w.blocked, d.at.Field == "parent" && d.State != StateConverged:
		return ""
	case w.protect && d.Change == ChangeExtra:
		return ""
	case w.protect && d.at.Field == "disabled" && d.Wanted == resource.BoolValue(true) && d.State != StateConverged:
		return ""
	}
	command := "apply"
	if d.Kind == resource.KindFlow && d.Change != ChangeExtra {
		command = "flow deploy"
	}
	command = "descope-mgmt " + command + w.selection() + " --target " + resource.ShellWord(string(d.Address.Glob()))
	if w.breaking {
		command += " --allow-breaking-changes"
	}
	if w.unknown {
		command += " --replace-unmanaged"
	}
	return command
}

func (w waysOut) deletion(d *difference) string {
	command := "descope-mgmt " + string(d.Kind) + " delete"
	if strings.HasPrefix(d.ID, "-") {
		return command + w.selection() + " -- " + resource.ShellWord(d.ID)
	}
	return command + " " + resource.ShellWord(d.ID) + w.selection()
}

// adopt is the command that takes the live value over. What has converged is in
// the code already, and what must not be shown stays out of files. What no
// configuration can name goes into the record of what was applied.
func (w waysOut) adopt(d *difference) string {
	if d.State == StateConverged || d.Sensitive {
		return ""
	}
	command := "descope-mgmt drift adopt " + resource.ShellWord(string(d.Address)) + w.selection()
	if w.critical {
		command += " --accept-critical"
	}
	return command
}

func (w waysOut) selection() string {
	if w.environment == nil {
		return ""
	}
	return " -e " + resource.ShellWord(*w.environment)
}
