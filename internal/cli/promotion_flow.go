package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Keys of a flow's entry.
const (
	keyTemplate = "template"
	keyFile     = "file"
	keyConfig   = "config"
	keySet      = "set"
)

// promoteFlow makes the target's flow come from what the source's comes from, and
// says in words what that takes; nothing where it does already.
func (p *promoter) promoteFlow(pair promotionPair) ([]string, error) {
	var changes []string
	from, to := p.entryIn(p.options.from, pair.from.Address()), p.entryIn(p.options.to, pair.address)
	if pair.to == nil && !from.place.Base.IsZero() {
		to.place = p.config.Place(p.options.to, resource.NewAddress(resource.KindFlow, from.place.BaseID))
		words, err := p.belongsTo(from.place.Base, p.options.to)
		if err != nil {
			return nil, err
		}
		if words != "" {
			changes = append(changes, words)
		}
	}
	var words []string
	var err error
	if file := p.config.FlowFile(p.options.from, pair.from.ID); file != "" {
		words, err = p.promoteFile(pair, from, to, file)
	} else {
		words, err = p.promoteTemplate(pair, from, to)
	}
	if changes = append(changes, words...); err != nil || len(changes) == 0 {
		return changes, err
	}
	return changes, p.checkFlowInTarget(pair)
}

// promoteFile gives the target the content of the source's file: in the place of the
// target's own, or as a new file that its overlay names. Environments that share the
// file have it already.
func (p *promoter) promoteFile(pair promotionPair, from, to entryIn, file string) ([]string, error) {
	own := ""
	if pair.to != nil {
		own = p.config.FlowFile(p.options.to, pair.to.ID)
	}
	inOverlay, err := from.raw(from.place.Overlay, keyFile)
	if err != nil {
		return nil, err
	}
	sharesBase := pair.to == nil && !from.place.Base.IsZero() && inOverlay.IsAbsent()
	if own != "" && resolved(own) == resolved(file) || sharesBase {
		return nil, nil
	}
	text, err := p.contentOf(file)
	if err != nil {
		return nil, err
	}
	if own != "" {
		same, err := p.isContent(own, text)
		if err != nil || same {
			return nil, err
		}
	}
	if own != "" && p.isOwn(own, pair.to.ID) {
		if _, err := p.edits.put(own, text, newFileMode); err != nil {
			return nil, err
		}
		return []string{fmt.Sprintf("%s gets the content of %s", p.app.shown(own), p.app.shown(file))}, nil
	}
	return p.newFile(pair, to, file, text)
}

// newFile writes a flow's file that the target does not share, and names it in its
// overlay.
func (p *promoter) newFile(pair promotionPair, to entryIn, file string, text []byte) ([]string, error) {
	named, path, err := p.besides(overlayFile(to.place), pair.address.ID())
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(path); err == nil {
		same, err := p.isContent(path, text)
		if err != nil {
			return nil, err
		}
		if !same {
			return nil, refusedError("file_exists", fmt.Sprintf("refused, nothing was written: %s is there already, and the flow of %s does not come from it", p.app.shown(path), p.options.to),
				"remove it, or name it as the flow's file in the overlay of "+p.options.to)
		}
	} else if _, err := p.edits.put(path, text, newFileMode); err != nil {
		return nil, err
	}
	values := []laidValue{{keys: []string{keyFile}, value: resource.StringValue(named)}, {keys: []string{keyTemplate}}, {keys: []string{keyConfig}}}
	if pair.to == nil && to.place.Base.IsZero() {
		values = append(values, p.ofNewFlow(pair)...)
	}
	return []string{fmt.Sprintf("its file is %s now, with the content of %s", p.app.shown(path), p.app.shown(file))}, p.lay(pair, to.place, values)
}

// ofNewFlow are the values that a flow of the source's overlay alone brings along:
// all but what each environment has of its own.
func (*promoter) ofNewFlow(pair promotionPair) []laidValue {
	var values []laidValue
	for _, field := range pair.from.Flow.Given {
		if field.Path.Field == "name" || field.Path.Field == "enabled" {
			values = append(values, laidValue{keys: []string{field.Path.Field}, value: field.Value})
		}
	}
	return values
}

// contentOf is what a flow's file holds; a snapshot's folder becomes an export.
func (p *promoter) contentOf(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		var text []byte
		if text, err = readFlowText(path); err == nil {
			return text, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", p.app.shown(path), err)
	}
	document, err := p.app.readFlowFile(path)
	if err != nil {
		return nil, err
	}
	export, _ := document.ToExport()
	return export.Encode(), nil
}

// isContent reports whether a file says the same as a text.
func (p *promoter) isContent(path string, text []byte) (bool, error) {
	there, err := p.contentOf(path)
	return err == nil && sameMeaning(there, text), err
}

// isOwn reports whether a file is the target's alone, so that a change of it
// concerns nobody else.
func (p *promoter) isOwn(file, id string) bool {
	info, err := os.Stat(file)
	users := p.users[resolved(file)]
	return err == nil && info.Mode().IsRegular() && len(users) == 1 && users[flowUse{p.options.to, id}]
}

// promoteTemplate gives the target the source's template and parameters.
func (p *promoter) promoteTemplate(pair promotionPair, from, to entryIn) ([]string, error) {
	template := pair.from.Flow.Template
	alone := pair.to == nil && to.place.Base.IsZero() // the target knows nothing of the flow
	var values []laidValue
	var words []string
	usesFile := pair.to != nil && p.config.FlowFile(p.options.to, pair.to.ID) != ""
	inOverlay, err := from.raw(from.place.Overlay, keyTemplate)
	if err != nil {
		return nil, err
	}
	differs := pair.to != nil && pair.to.Flow.Template != template || pair.to == nil && !inOverlay.IsAbsent()
	if alone || usesFile || differs {
		values = append(values, laidValue{keys: []string{keyTemplate}, value: resource.StringValue(template)}, laidValue{keys: []string{keyFile}})
		words = append(words, "its template is "+template)
	}
	parameters, err := p.parameters(pair, from, to)
	if err != nil {
		return nil, err
	}
	for _, one := range parameters {
		values = append(values, one)
		what := string(one.value)
		if one.value.IsAbsent() || one.value == "null" {
			what = "left to the template"
		}
		words = append(words, fmt.Sprintf("%s is %s", strings.Join(one.keys, "."), what))
	}
	if alone {
		values = append(values, p.ofNewFlow(pair)...)
	}
	if len(values) == 0 {
		return nil, nil
	}
	return words, p.lay(pair, to.place, values)
}

// parameters are those of the template that have to change in the target's overlay.
func (p *promoter) parameters(pair promotionPair, from, to entryIn) ([]laidValue, error) {
	var values []laidValue
	wanted := parametersOf(&pair.from)
	has := map[string]resource.Value{}
	if pair.to != nil {
		has = parametersOf(pair.to)
	}
	for _, name := range keysInOrder(wanted, has) {
		value, isWanted := wanted[name]
		if there, known := has[name]; isWanted && known && there.Equal(value) {
			continue
		}
		inBase, err := from.raw(from.place.Base, keyConfig, name)
		if err != nil {
			return nil, err
		}
		inOverlay, err := from.raw(from.place.Overlay, keyConfig, name)
		if err != nil {
			return nil, err
		}
		switch {
		case isWanted && pair.to == nil && inOverlay.IsAbsent() && !inBase.IsAbsent() && !to.place.Base.IsZero():
			// The base gives it to both.
		case isWanted && isFromVariable(cmp.Or(inOverlay, inBase)):
			return nil, fromVariable(pair, p.options.from, keyConfig+"."+name)
		case isWanted:
			values = append(values, laidValue{keys: []string{keyConfig, name}, value: value})
		case !inBase.IsAbsent(): // the source unmanages what the base has
			values = append(values, laidValue{keys: []string{keyConfig, name}, value: "null"})
		default:
			values = append(values, laidValue{keys: []string{keyConfig, name}})
		}
	}
	return values, nil
}

// parametersOf are the parameters that the configuration gives a template.
func parametersOf(wanted *resource.Desired) map[string]resource.Value {
	parameters := map[string]resource.Value{}
	for _, field := range wanted.Flow.Given {
		if field.Path.Field == keyConfig {
			parameters[field.Path.Key] = field.Value
		}
	}
	return parameters
}

func keysInOrder(maps ...map[string]resource.Value) []string {
	var keys []string
	for _, one := range maps {
		for key := range one {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func fromVariable(pair promotionPair, environment, what string) error {
	return refusedError("value_from_variable", fmt.Sprintf("refused, nothing was written: %s of %s comes from a variable in %s, and is not written into a file", what, pair.from.Address(), environment),
		"write it by hand, and run the command again")
}

// checkFlowInTarget holds what the flow is to be in the target against what the
// target sets in it and what its project has.
func (p *promoter) checkFlowInTarget(pair promotionPair) error {
	document, err := p.neutral(pair)
	if err != nil {
		return err
	}
	document, wrong, err := p.withTarget(pair, document)
	if err != nil {
		return err
	}
	if wrong != nil {
		return refusedError("no_place", fmt.Sprintf("refused, nothing was written: %s sets %q in %s (%s), and the flow of %s has no place for it", p.options.to, wrong.Path.Key, pair.address, wrong.Source, p.options.from),
			"drop the key, or write the path that the flow has now")
	}
	var given []resource.DesiredField
	if pair.to != nil {
		given = pair.to.Flow.Given
	}
	p.needsOf(pair.address, document.WithID(pair.address.ID()), given)
	return nil
}

// withTarget lays what the target sets over a flow. A value that has no place in it
// is returned instead.
func (p *promoter) withTarget(pair promotionPair, document flow.Document) (result flow.Document, wrong *resource.DesiredField, err error) {
	if pair.to == nil {
		return document, nil, nil
	}
	set := map[string]resource.Value{}
	for _, field := range pair.to.Flow.Given {
		if field.Path.Field == keySet {
			set[field.Path.Key] = field.Value
		}
	}
	others := slices.DeleteFunc(slices.Clone(pair.to.Flow.Set), func(path string) bool { return !set[path].IsAbsent() })
	kept, err := flow.FromValue(pair.to.Flow.Document)
	if err == nil {
		document, _, err = flow.Keep(document, kept, others) // a connector that is no longer named needs no id
	}
	if err == nil {
		document, err = flow.Set(document, set)
	}
	if failure, ok := errors.AsType[*flow.SettingError](err); ok {
		for i, field := range pair.to.Flow.Given {
			if field.Path == (resource.Path{Field: keySet, Key: failure.Path}) {
				return document, &pair.to.Flow.Given[i], nil
			}
		}
	}
	if err != nil {
		return document, nil, fmt.Errorf("lay what %s sets over %s: %w", p.options.to, pair.address, err)
	}
	return document, nil, nil
}

// neutral is the source's flow without the values that are the source's own.
func (p *promoter) neutral(pair promotionPair) (flow.Document, error) {
	wanted, err := flow.FromValue(pair.from.Flow.Document)
	if err != nil {
		return flow.Document{}, err
	}
	return p.withoutOwn(pair, wanted)
}

// withoutOwn takes the values that the source sets out of one of its flows: the
// file's own values are in their place. What a template made has no others.
func (p *promoter) withoutOwn(pair promotionPair, document flow.Document) (flow.Document, error) {
	file := p.config.FlowFile(p.options.from, pair.from.ID)
	if file == "" {
		return document, nil
	}
	own, err := p.app.readFlowFile(file)
	if err != nil {
		return flow.Document{}, err
	}
	export, _ := own.ToExport()
	result, _, err := flow.Keep(document, export, pair.from.Flow.Set)
	if err != nil {
		return flow.Document{}, fmt.Errorf("take what %s sets out of %s: %w", p.options.from, pair.from.Address(), err)
	}
	return result, nil
}
