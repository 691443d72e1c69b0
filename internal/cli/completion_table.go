package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/report"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// argumentCompleters says what the arguments of each command are; a command that is
// not here takes none that could be known.
var argumentCompleters = map[string]completer{
	"apply":          extensions("json"),
	"backup diff":    upTo(2, backups),
	"backup restore": upTo(1, backups),
	"backup show":    upTo(1, backups),
	"backup verify":  backups,
	"completion":     upTo(1, oneOf(shells...)),
	"config fmt":     extensions("yaml", "yml", "json"),
	"drift adopt":    addresses,
	"env diff":       upTo(2, environments),
	"flow check":     files,
	"flow delete":    objects(resource.KindFlow),
	"flow diff":      upTo(2, flowSources),
	"flow export":    upTo(1, objects(resource.KindFlow)),
	"flow history":   upTo(1, objects(resource.KindFlow)),
	"flow import":    files,
	"flow rollback":  upTo(1, objects(resource.KindFlow)),
	"flow templates": upTo(1, flowTemplateNames),
	"help":           commands,
	"tenant delete":  objects(resource.KindTenant),
	"tenant get":     upTo(1, objects(resource.KindTenant)),
	"tenant update":  upTo(1, objects(resource.KindTenant)),
	"undo":           upTo(1, runs),
}

// flagCompleters says what follows a flag. Where a flag of one command means something
// else than that of others, its row begins with the command.
var flagCompleters = map[string]completer{
	"config":              extensions("yaml", "yml", "json"),
	"env-file":            files,
	"environment":         environments,
	"format":              formatsOfCommand,
	"home":                folders,
	"backup-dir":          folders,
	"log-file":            files,
	"log-format":          oneOf("text", "json"),
	"log-level":           oneOf(logLevels...),
	"output":              files,
	"rate-limits":         oneOf(pace.ProfileNames()...),
	"confirm-environment": environments,
	"override-guard":      oneOf(guards...),
	"target":              addresses,
	"exclude":             addresses,
	"severity":            severities,
	"values":              oneOf(string(report.ValuesAll), string(report.ValuesNone)),
	"role-inheritance":    oneOf("none", "userOnly"),
	"parent":              objects(resource.KindTenant),
	"address":             addresses,
	"result":              oneOf(auditResults...),
	"run":                 runs,
	"out":                 files,
	"dir":                 folders,
	"data":                folders,
	"seed":                extensions("json"),
	"flow-id":             objects(resource.KindFlow),
	"from":                environments,
	"only":                oneOf("tenants", "flows"),
	"rate-limit":          oneOf(pace.ProfileNames()...),
	"unknown-fields":      oneOf("ignore", "reject"),
	"not-found-status":    oneOf("500", "404"),
	"import-behavior":     oneOf(string(emulator.ImportLive), string(emulator.ImportVerbatim)),
	"env promote to":      environments,
	"flow rollback to":    versions,
}

// flagCompleter is what follows a flag of a command; nil for one that stands alone.
func flagCompleter(path string, flag *pflag.Flag) completer {
	if flag.NoOptDefVal != "" { // a switch
		return nil
	}
	if fits, known := flagCompleters[path+" "+flag.Name]; known {
		return fits
	}
	if fits, known := flagCompleters[flag.Name]; known {
		return fits
	}
	return noWords
}

func withoutProgram(path string) string {
	_, rest, _ := strings.Cut(path, " ")
	return rest
}

// noWords are known, and no file fits.
func noWords(*completing) answer { return answer{} }

func files(*completing) answer { return answer{files: true} }

func folders(*completing) answer { return answer{folders: true} }

func extensions(allowed ...string) completer {
	return func(*completing) answer { return answer{extensions: allowed} }
}

// oneOf are fixed words.
func oneOf(words ...string) completer {
	return func(*completing) answer { return answer{candidates: candidatesOf(words), ordered: true} }
}

// upTo answers for so many arguments.
func upTo(count int, fits completer) completer {
	return func(c *completing) answer {
		if len(c.args) >= count {
			return answer{}
		}
		return fits(c)
	}
}

func formatsOfCommand(c *completing) answer {
	return answer{candidates: candidatesOf(formatsOf(c.cmd)), ordered: true}
}

func severities(*completing) answer {
	var words []string
	for _, severity := range resource.Severities() {
		words = append(words, string(severity))
	}
	return answer{candidates: candidatesOf(words), ordered: true}
}

// commands are those below the ones that were named.
func commands(c *completing) answer {
	below, rest, err := c.cmd.Root().Find(c.args)
	if err != nil || len(rest) > 0 {
		return answer{}
	}
	return answer{candidates: commandsBelow(below)}
}

func commandsBelow(cmd *cobra.Command) []candidate {
	var found []candidate
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() {
			found = append(found, candidate{child.Name(), child.Short})
		}
	}
	return found
}
