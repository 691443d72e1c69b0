package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// promoter brings objects of one environment to another.
type promoter struct {
	app      *App
	config   *config.Config
	from, to *session
	options  promoteOptions
	edits    *fileEdits
	editing  *editing                    // nil where no file is written
	users    map[string]map[flowUse]bool // by a flow's file
	coming   map[string]bool             // ids of the flows that are promoted
	needs    []flowReference             // of all of them
	neededBy []resource.Address          // the flow of each need
	notes    []resource.Note
}

// flowUse is a flow of an environment that is made from a file.
type flowUse struct{ environment, id string }

// promotionPair is one object of the source, and what it is in the target.
type promotionPair struct {
	from    resource.Desired
	to      *resource.Desired // nil where the target does not have it
	address resource.Address  // in the target
	key     string            // the logical name; empty for none
}

func newPromoter(a *App, loaded *config.Config, from, to *session, options promoteOptions) *promoter {
	return &promoter{app: a, config: loaded, from: from, to: to, options: options, edits: &fileEdits{app: a}, coming: map[string]bool{}, users: usersOfFiles(loaded)}
}

// usersOfFiles says which flows of which environments are made from each file.
func usersOfFiles(loaded *config.Config) map[string]map[flowUse]bool {
	users := map[string]map[flowUse]bool{}
	for _, environment := range loaded.Environments() {
		for _, wanted := range loaded.DesiredFlows(environment) {
			file := loaded.FlowFile(environment, wanted.ID)
			if file == "" {
				continue
			}
			if file = resolved(file); users[file] == nil {
				users[file] = map[flowUse]bool{}
			}
			users[file][flowUse{environment, wanted.ID}] = true
		}
	}
	return users
}

// pairs are the objects to be promoted, sorted by their address in the source.
func (p *promoter) pairs() ([]promotionPair, error) {
	source, target := p.config.Keys(p.options.from), p.config.Keys(p.options.to)
	named := map[string]resource.Address{}
	for address, key := range target {
		named[string(address.Kind())+"/"+key] = address
	}
	there := map[resource.Address]*resource.Desired{}
	for _, list := range [][]resource.Desired{p.config.Desired(p.options.to), p.config.DesiredFlows(p.options.to)} {
		for i := range list {
			there[list[i].Address()] = &list[i]
		}
	}
	pairs := []promotionPair{}
	var addresses []string
	for _, list := range [][]resource.Desired{p.config.Desired(p.options.from), p.config.DesiredFlows(p.options.from)} {
		for _, wanted := range list {
			pair := promotionPair{from: wanted, address: wanted.Address(), key: source[wanted.Address()]}
			if other, known := named[string(wanted.Kind)+"/"+pair.key]; known && pair.key != "" {
				pair.address = other
			}
			pair.to = there[pair.address]
			if addresses = append(addresses, string(pair.address)); p.selects(pair) {
				pairs = append(pairs, pair)
			}
		}
	}
	slices.SortFunc(pairs, func(a, b promotionPair) int { return cmp.Compare(a.from.Address(), b.from.Address()) })
	switch {
	case p.options.direct && slices.ContainsFunc(pairs, func(pair promotionPair) bool { return pair.from.Kind != resource.KindFlow }):
		return nil, usageError("--direct is for flows", "leave --direct out to promote tenants")
	case len(pairs) == 0:
		return nil, usageError(fmt.Sprintf("the configuration of %s has nothing to promote that is named so", p.options.from), p.suggest(addresses))
	}
	return pairs, nil
}

// suggest is the hint where the flags select nothing.
func (p *promoter) suggest(addresses []string) string {
	for _, glob := range p.options.target {
		if !slices.ContainsFunc(addresses, resource.Glob(glob).Match) {
			return cmp.Or(resource.SuggestAddress(glob, addresses), "flows are promoted, and what --target names")
		}
	}
	return "flows are promoted, and what --target names"
}

// selects reports whether an object is to be promoted: a flow, unless others are
// named; a tenant only where a pattern for tenants names it.
func (p *promoter) selects(pair promotionPair) bool {
	if len(p.options.target) == 0 {
		return pair.from.Kind == resource.KindFlow
	}
	for _, pattern := range p.options.target {
		if pair.from.Kind == resource.KindTenant && !strings.HasPrefix(pattern, string(resource.KindTenant)+"/") {
			continue
		}
		names := []string{string(pair.from.Address()), string(pair.address), string(resource.NewAddress(pair.from.Kind, pair.key))}
		if slices.ContainsFunc(names, resource.Glob(pattern).Match) {
			return true
		}
	}
	return false
}

// inFiles promotes by editing files: everything is found out and checked before the
// first of them is written.
func (p *promoter) inFiles(ctx context.Context, pairs []promotionPair) error {
	document := promotionDocument{
		FormatVersion: resource.FormatVersion, From: p.options.from, To: p.options.to, DryRun: p.options.dryRun,
		Promotions: make([]promotion, 0, len(pairs)), Files: []promotedFile{}, Notes: []resource.Note{}, Next: "descope-mgmt plan -e " + p.options.to,
	}
	for _, pair := range pairs {
		one, err := p.promote(pair)
		if err != nil {
			return err
		}
		document.Promotions = append(document.Promotions, one)
	}
	if err := p.checkNeeds(ctx); err != nil {
		return err
	}
	for _, file := range p.edits.files {
		if file.changed() {
			document.Files = append(document.Files, promotedFile{Path: file.name, Change: file.kindOfChange()})
		}
	}
	slices.SortFunc(document.Files, func(a, b promotedFile) int { return cmp.Compare(a.Path, b.Path) })
	document.Notes = append(document.Notes, p.notes...)
	if p.options.dryRun {
		document.Next = ""
	} else {
		if err := p.editing.check(); err != nil {
			return err
		}
		if err := p.edits.write(func() error { return p.checkWritten(ctx) }); err != nil {
			return err
		}
	}
	return p.show(document)
}

func (e *fileEdit) kindOfChange() string {
	switch {
	case !e.there:
		return "created"
	case e.now != nil:
		return "edited"
	default:
		return "replaced"
	}
}

// checkWritten reads the configuration once more as it is now: what would not load
// is taken back.
func (p *promoter) checkWritten(ctx context.Context) error {
	_, err := p.app.loadConfig(ctx, need{configuration: true, writing: true})
	if err == nil {
		return nil
	}
	if _, invalid := errors.AsType[*config.InvalidError](err); invalid {
		body := describe(err)
		reasons := []string{}
		for _, diagnostic := range body.Diagnostics {
			if diagnostic.Severity == string(config.SeverityError) {
				reasons = append(reasons, fmt.Sprintf("%s:%d:%d: %s", diagnostic.File, diagnostic.Line, diagnostic.Column, diagnostic.Message))
			}
		}
		return refusedError("promotion_invalid", "refused, all files are as they were: the configuration would not be valid any more: "+strings.Join(reasons, "; "), "correct what "+p.options.to+" sets, and run the command again")
	}
	return err
}

func (p *promoter) promote(pair promotionPair) (promotion, error) {
	one := promotion{Address: pair.address, Outcome: promotedNot}
	switch {
	case pair.from.Absent:
		one.What = "declared absent in " + p.options.from
		return one, nil
	case pair.to != nil && pair.to.Absent:
		one.What = "declared absent in " + p.options.to
		return one, nil
	}
	var changes []string
	var err error
	if pair.from.Kind == resource.KindFlow {
		changes, err = p.promoteFlow(pair)
	} else {
		changes, err = p.promoteTenant(pair)
	}
	if one.What = strings.Join(changes, "; "); len(changes) > 0 {
		one.Outcome = promotedNow
	} else {
		one.Outcome, one.What = promotedSame, "already the same in code; plan and apply deploy it"
	}
	return one, err
}

// needsOf notes what a promoted flow needs of the target's project.
func (p *promoter) needsOf(address resource.Address, document flow.Document, given []resource.DesiredField) {
	p.coming[address.ID()] = true
	var connectors []string
	for _, reference := range flow.References(document) {
		if reference.Kind != flow.ReferenceConnector {
			p.needs, p.neededBy = append(p.needs, flowReference{Reference: reference}), append(p.neededBy, address)
			continue
		}
		own := slices.ContainsFunc(given, func(f resource.DesiredField) bool {
			return f.Path == resource.Path{Field: "references.connectors", Key: reference.Name}
		})
		if !own {
			connectors = append(connectors, cmp.Or(reference.Name, reference.ID))
		}
	}
	if len(connectors) > 0 {
		p.notes = append(p.notes, resource.Note{Address: address, Code: "connectors_not_set", Message: fmt.Sprintf(
			"it names connectors by the ids that the file has, and nobody can check from here that %s has them: %s; references: gives it its own", p.options.to, strings.Join(slices.Compact(connectors), ", "))})
	}
}

// checkNeeds refuses a promotion of flows that could not work in the target.
func (p *promoter) checkNeeds(ctx context.Context) error {
	if err := p.to.checkReferences(ctx, "", p.needs); err != nil {
		return fmt.Errorf("%s: %w", p.to.place(), err)
	}
	for _, wanted := range p.config.DesiredFlows(p.options.to) {
		p.coming[wanted.ID] = p.coming[wanted.ID] || !wanted.Absent
	}
	missing := map[string]bool{}
	for i, reference := range p.needs {
		if reference.Status == referenceMissing && (reference.Kind != flow.ReferenceFlow || !p.coming[reference.ID]) {
			missing[fmt.Sprintf("%s needs the %s %s", p.neededBy[i], reference.Kind, cmp.Or(reference.Name, reference.ID))] = true
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return refusedError("reference_missing", fmt.Sprintf("refused, nothing was written: %s, which %s does not have", strings.Join(slices.Sorted(maps.Keys(missing)), "; "), p.to.place()),
		"make them there first, or promote the flow that is missing together with this one")
}

// write shows a promotion to people.
func (p *promoter) write(w io.Writer, document promotionDocument) {
	fmt.Fprintf(w, "From  %s\nTo    %s\n\n", p.from.headline(), p.to.headline())
	symbols := map[promotedAs][2]string{promotedNow: {"~", "promote"}, promotedSame: {"=", "same"}, promotedNot: {"!", "left alone"}}
	promoted, same := 0, 0
	for _, one := range document.Promotions {
		symbol := symbols[one.Outcome]
		fmt.Fprintf(w, "%s\n    %s\n", styleOf(w).mark(symbol[0], printableLine(fmt.Sprintf("%s %s %s", symbol[0], symbol[1], one.Address))), printableLine(one.What))
		switch one.Outcome {
		case promotedNow:
			promoted++
		case promotedSame:
			same++
		case promotedNot:
		}
	}
	for _, note := range document.Notes {
		writeNote(w, printableLine(fmt.Sprintf("%s: %s", note.Address, note.Message)))
	}
	for _, file := range document.Files {
		verb := file.Change
		if document.DryRun {
			verb = "would be " + verb
		}
		fmt.Fprintf(w, "  file: %s %s\n", printableLine(file.Path), verb)
	}
	counts := fmt.Sprintf("%d the same already, %d left alone", same, len(document.Promotions)-promoted-same)
	if document.DryRun {
		fmt.Fprintf(w, "\n%d would be promoted, %s. Nothing was written; without --dry-run the files are.\n", promoted, counts)
		return
	}
	fmt.Fprintf(w, "\n%d promoted, %s. Next: %s\n", promoted, counts, document.Next)
}
