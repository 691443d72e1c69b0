package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const (
	// maxFlowBytes bounds the documents of all flows of a configuration together: a
	// short list can name one large file many times.
	maxFlowBytes = 256 << 20
	// maxSettingErrors is how many wrong paths of one entry are reported.
	maxSettingErrors = 20
	// knownID is the length from which an id is taken for one wherever it stands.
	knownID = 8
)

// desiredFlow lays what the entry says over the flow.
func (l *loader) desiredFlow(raw *rawFlow, base flow.Document, id text) *resource.DesiredFlow {
	desired := &resource.DesiredFlow{Given: raw.given()}
	if raw.template.given {
		desired.Template = raw.template.value
	}
	d, paths := l.layReferences(raw, base)
	d, set := l.laySettings(raw, d)
	desired.Set = append(paths, set...)
	d = d.WithID(id.value)
	if raw.name.given {
		d = d.WithMetadata("name", resource.StringValue(raw.name.value))
		desired.Set = append(desired.Set, "metadata.name")
	}
	if raw.enabled != nil {
		d = d.WithMetadata("disabled", resource.BoolValue(!*raw.enabled))
		desired.ManagesSwitch = true
		desired.Set = append(desired.Set, "metadata.disabled")
	}
	slices.Sort(desired.Set)
	desired.Set = slices.Compact(desired.Set)
	l.reportFindings(raw, base, d, id)
	desired.Document = d.Value()
	if l.flowBytes += len(desired.Document); l.flowBytes > l.flowLimit {
		l.reportAt(raw.at, SeverityError, codeLimit, fmt.Sprintf("the flows of this configuration have more than %d MiB together", maxFlowBytes>>20), "split the configuration")
		return nil
	}
	return desired
}

// reportFindings says what is wrong with the flow as it would be deployed.
func (l *loader) reportFindings(raw *rawFlow, base, d flow.Document, id text) {
	source := "template " + show(raw.template.source)
	if raw.file.given {
		source = show(raw.file.source)
	}
	own := map[string]bool{} // what the file itself has; nothing else may be quoted where variables are used
	if raw.variables {
		for _, finding := range flow.Check(base) {
			own[finding.Message] = true
		}
	}
	for _, finding := range flow.Check(d) {
		severity, hint := SeverityWarning, ""
		if finding.Severity == flow.SeverityError {
			severity, hint = SeverityError, "correct the flow in the console and export it again"
		}
		if said := finding.Code + " " + finding.Message; raw.known[said] {
			continue
		} else if raw.findings == nil {
			raw.findings = map[string]bool{said: true}
		} else {
			raw.findings[said] = true
		}
		what := neutralise(finding.Message)
		if raw.variables && !own[finding.Message] {
			what = "a value that is set in it makes it wrong"
		}
		l.reportAt(raw.at, severity, codeFlowCheck, fmt.Sprintf("the flow %s (%s): %s (%s)", show(id.source), source, what, finding.Code), hint)
	}
}

// laySettings sets the values of set. The paths are those that were set.
func (l *loader) laySettings(raw *rawFlow, d flow.Document) (flow.Document, []string) {
	values, places := map[string]resource.Value{}, map[string]resource.Position{}
	var paths []string
	for _, v := range raw.set {
		if !v.given {
			continue
		}
		values[v.name], places[v.name] = v.value, v.key
		paths = append(paths, v.name)
	}
	if len(values) == 0 {
		return d, nil
	}
	for range maxSettingErrors {
		changed, err := flow.Set(d, values)
		if err == nil {
			return changed, paths
		}
		failure, ok := errors.AsType[*flow.SettingError](err)
		if !ok {
			l.reportAt(raw.at, SeverityError, codeFlowSetting, neutralise(err.Error()), "")
			break
		}
		l.reportAt(places[failure.Path], SeverityError, codeFlowSetting, neutralise(failure.Error()), neutralise(failure.Hint))
		delete(values, failure.Path)
	}
	return d, paths
}

// layReferences lays the ids over the references, and over the tasks that use the
// id which the flow has for the name.
func (l *loader) layReferences(raw *rawFlow, d flow.Document) (flow.Document, []string) {
	if len(raw.references) == 0 {
		return d, nil
	}
	root := d.Value()
	values := map[string]resource.Value{}
	for _, r := range raw.references {
		known, _ := root.Get("references").Get(r.kind).AsObject()
		before, listed := known[r.name]
		if !listed {
			l.reportAt(r.key, SeverityWarning, codeFlowReference, fmt.Sprintf("the flow has no reference to %s under %s", show(r.name), r.kind), referenceHint(r.name, known))
		}
		id := resource.StringValue(r.id.value)
		values["references."+r.kind+quotedKey(r.name)] = id
		if old, _ := before.AsString(); len(old) >= knownID {
			for _, path := range usesOf(root, before) {
				values[path] = id
			}
		}
	}
	changed, err := flow.Set(d, values)
	if err != nil {
		l.reportAt(raw.at, SeverityError, codeFlowSetting, neutralise(err.Error()), "")
		return d, nil
	}
	var paths []string
	for path := range values {
		paths = append(paths, path)
	}
	return changed, paths
}

func referenceHint(name string, known map[string]resource.Value) string {
	var names []string
	for other := range known {
		names = append(names, other)
	}
	slices.Sort(names)
	return resource.DidYouMean(name, names)
}

// usesOf are the paths at which the flow uses the id of a connector or role.
func usesOf(root, id resource.Value) []string {
	var paths []string
	tasks, _ := root.Get("contents").Get("tasks").AsObject()
	for task, fields := range tasks {
		if !isTaskWord(task) {
			continue
		}
		arguments, _ := fields.Get("arguments").AsObject()
		for name, argument := range arguments {
			if argument.Get("value") == id {
				paths = append(paths, "task "+task+".arguments"+quotedKey(name))
			}
		}
		parts, _ := fields.Get("componentsConnectors").AsObject()
		for part, connector := range parts {
			if connector == id {
				paths = append(paths, "task "+task+".componentsConnectors"+quotedKey(part))
			}
		}
	}
	if root.Get("metadata").Get("translation").Get("connectorId") == id {
		paths = append(paths, "metadata.translation.connectorId")
	}
	return paths
}

// isTaskWord holds for the ids that a path can name: 4, 4.end.
func isTaskWord(id string) bool {
	first, second, dotted := strings.Cut(id, ".")
	return isFlowName(first) && (!dotted || isFlowName(second))
}

// quotedKey is one key of a path, whatever it holds.
func quotedKey(key string) string {
	return "['" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(key) + "']"
}
