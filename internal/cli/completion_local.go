package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// environments are those of the configuration, in its order. One that an argument or
// an earlier flag has named is left out where two are compared.
func environments(c *completing) answer {
	var found []candidate
	for _, one := range c.sketch(config.SketchQuery{}).Environments {
		if slices.Contains(c.args, one.Name) {
			continue
		}
		about := ""
		if one.ProjectID != "" {
			about = "project " + one.ProjectID
		}
		found = append(found, candidate{one.Name, about})
	}
	return answer{candidates: found, ordered: true}
}

// objects are the ids of one kind, as far as the configuration and the records name
// them.
func objects(kind resource.Kind) completer {
	return func(c *completing) answer { return c.ids(kind, "", c.word) }
}

// addresses are first the kinds, and then the ids of one.
func addresses(c *completing) answer {
	kind, id, found := strings.Cut(c.word, "/")
	if !found {
		return answer{unfinished: true, candidates: []candidate{
			{string(resource.KindFlow) + "/", "flows"}, {string(resource.KindTenant) + "/", "tenants"},
		}}
	}
	if one := resource.Kind(kind); one == resource.KindTenant || one == resource.KindFlow {
		return c.ids(one, kind+"/", id)
	}
	return answer{}
}

// ids are those of a kind that begin so, each behind the same text, without those that
// were given already.
func (c *completing) ids(kind resource.Kind, before, begin string) answer {
	names := map[string]string{}
	sketch := c.sketch(config.SketchQuery{Kind: kind, Prefix: begin, Environment: c.environment(), Most: mostCandidates})
	for _, one := range sketch.Objects {
		names[one.ID] = cmp.Or(names[one.ID], one.Name)
	}
	if records, known := c.records(sketch); known {
		records.addIDs(kind, begin, names)
	}
	var ids []string
	for id := range names {
		if isPlainWord(before+id) && !slices.Contains(c.args, before+id) {
			ids = append(ids, id)
		}
	}
	if len(ids) <= mostCandidates {
		found := make([]candidate, 0, len(ids))
		for _, id := range ids {
			found = append(found, candidate{before + id, names[id]})
		}
		sortCandidates(found)
		return answer{candidates: found}
	}
	found := stems(ids)
	for i := range found {
		found[i].word = before + found[i].word
	}
	return answer{candidates: found, unfinished: true}
}

// backups are the files of the backup folder, the newest first, and latest; paths are
// left to the shell.
func backups(c *completing) answer {
	if looksLikePath(c.word) {
		return answer{extensions: []string{"json"}}
	}
	found := []candidate{{"latest", "the newest one of the project"}}
	ours := func(string) bool { return true }
	if into := c.cmd.Flag("into-project"); into != nil && !into.Changed { // it refuses those of another project
		ours = c.ownBackups()
	}
	for _, one := range c.backupNames() {
		if !ours(one.String()) {
			continue
		}
		if word := one.String(); !slices.Contains(c.args, word) {
			found = append(found, candidate{word, one.At.Format("2006-01-02 15:04:05") + " UTC, before " + strings.TrimPrefix(one.Operation, "pre-")})
		}
	}
	return answer{candidates: found, ordered: true}
}

// ownBackups tells the backups of the selected project from those of others, as far as
// both are known.
func (c *completing) ownBackups() func(name string) bool {
	others := map[string]bool{}
	records, known := c.records(c.sketch(config.SketchQuery{}))
	if files, there := c.backupFiles(); known && there {
		infos, _ := backup.List(c.context(), files) // nil where there are none to list
		for _, info := range infos {
			m := info.Metadata
			others[info.Name] = info.Problem == "" && (m.ProjectID != records.project || m.Host != "" && m.Host != records.host)
		}
	}
	return func(name string) bool { return !others[name] }
}

func looksLikePath(word string) bool {
	return strings.HasPrefix(word, ".") || strings.HasPrefix(word, "~") || strings.ContainsAny(word, `/\`)
}

// runs are those whose journals are kept, the newest first.
func runs(c *completing) answer {
	records, known := c.records(c.sketch(config.SketchQuery{}))
	if !known {
		return answer{}
	}
	return answer{candidates: records.runs(), ordered: true}
}

// versions are those of the flow that is the first argument, the newest first.
func versions(c *completing) answer {
	if len(c.args) == 0 {
		return answer{}
	}
	return answer{candidates: c.versionsOf(c.args[0], ""), ordered: true}
}

func (c *completing) versionsOf(id, before string) []candidate {
	records, known := c.records(c.sketch(config.SketchQuery{}))
	if !known {
		return nil
	}
	entries, err := records.history().Entries(id)
	if err != nil {
		return nil
	}
	slices.Reverse(entries)
	var found []candidate
	for _, one := range entries[:min(len(entries), mostCandidates)] {
		about := fmt.Sprintf("%s UTC, %s", one.At.UTC().Format("2006-01-02 15:04:05"), strings.ReplaceAll(string(one.Origin), "_", " "))
		found = append(found, candidate{before + strconv.Itoa(one.N), about})
	}
	return found
}

// flowSources are the places where a flow can be read: live flows by their ids, and
// what stands behind a prefix.
func flowSources(c *completing) answer {
	prefix, rest, found := strings.Cut(c.word, ":")
	if !found {
		if looksLikePath(c.word) {
			return answer{files: true}
		}
		if known := c.ids(resource.KindFlow, "", c.word); len(known.candidates) > 0 {
			return known
		}
		return c.sourcePrefixes()
	}
	switch sourceKind(prefix) {
	case sourceLive:
		return c.ids(resource.KindFlow, prefix+":", rest)
	case sourceHistory:
		if id, _, whole := cutLast(rest); whole {
			return answer{candidates: c.versionsOf(id, prefix+":"+id+":"), ordered: true}
		}
		return goingOn(c.ids(resource.KindFlow, prefix+":", rest))
	case sourceBackup:
		if file, id, whole := strings.Cut(rest, ":"); whole {
			return c.ids(resource.KindFlow, prefix+":"+file+":", id)
		}
		found := goingOn(backups(&completing{app: c.app, cmd: c.cmd, word: rest}))
		for i := range found.candidates {
			found.candidates[i].word = prefix + ":" + found.candidates[i].word
		}
		return found
	default:
		return answer{}
	}
}

// sourcePrefixes are offered where the word begins one; else files fit.
func (c *completing) sourcePrefixes() answer {
	var found []candidate
	for _, kind := range []sourceKind{sourceBackup, sourceGit, sourceHistory, sourceLive} {
		if c.word != "" && strings.HasPrefix(string(kind), c.word) {
			found = append(found, candidate{word: string(kind) + ":"})
		}
	}
	return answer{candidates: found, unfinished: len(found) > 0, files: len(found) == 0}
}

// goingOn puts a colon behind each word: more follows.
func goingOn(found answer) answer {
	if !found.unfinished {
		for i := range found.candidates {
			found.candidates[i].word += ":"
		}
	}
	found.unfinished, found.extensions = true, nil
	return found
}

// flowTemplateNames are ours and those beside the configuration.
func flowTemplateNames(c *completing) answer {
	templates, _, err := config.FlowTemplates(c.context(), c.app.configOptions(need{}))
	if err != nil {
		return answer{}
	}
	var found []candidate
	for _, one := range templates {
		found = append(found, candidate{one.Name, one.Title})
	}
	return answer{candidates: found}
}

// backupNames are what the files in the backup folder are called, the newest first.
func (c *completing) backupNames() []backup.Name {
	files, known := c.backupFiles()
	if !known {
		return nil
	}
	listed, err := files.List(c.context())
	if err != nil {
		return nil
	}
	var names []backup.Name
	for _, one := range listed {
		if name, ok := backup.ParseName(one.Name); ok {
			names = append(names, name)
		}
	}
	slices.SortStableFunc(names, func(a, b backup.Name) int { return b.At.Compare(a.At) })
	return names[:min(len(names), mostCandidates-1)]
}
