package config

import (
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// preparedFlow is what a flow is made of and could be had without its turn: most of the
// work, which needs nothing that the entries before it may change.
type preparedFlow struct {
	rendered *renderedFlow // of its template
	file     *readFile
}

// renderedFlow is the flow of a template, or what is wrong with the parameters.
type renderedFlow struct {
	document flow.Document
	wrong    []flow.ParameterError
}

func renderedOf(template flow.Template, parameters map[string]resource.Value) *renderedFlow {
	document, wrong := flow.Render(template, parameters)
	return &renderedFlow{document, wrong}
}

// prepareFlow is the work that may be done on another goroutine before the flow is
// made, which does itself what is left.
func (l *loader) prepareFlow(raw *rawFlow) func() *rawFlow {
	switch {
	case raw.absent:
	case raw.template.given && l.knowsTemplate(raw):
		template, found := l.findTemplateAt(raw.origin, raw.template)
		if parameters, readable := raw.parameters(); found && readable {
			return func() *rawFlow {
				raw.prepared.rendered = renderedOf(template, parameters)
				return raw
			}
		}
	case raw.file.given:
		key := flowFileKey(raw.origin.folder, raw.file.value)
		if _, known := l.flowFiles[key]; !known && !l.preparing[key] {
			l.preparing[key] = true // entries that name it too find it read when their turn comes
			return func() *rawFlow {
				raw.prepared.file = l.readFlowFile(raw.origin.folder, raw.file.value)
				return raw
			}
		}
	}
	return func() *rawFlow { return raw }
}

// knowsTemplate reports whether nothing is read to find an entry's template: files are
// counted in the order of the entries.
func (l *loader) knowsTemplate(raw *rawFlow) bool {
	_, known := l.templates[templateKey(raw.origin.folder, raw.template.value)]
	return known || !isFlowName(raw.template.value)
}

// parameters are the values that the entry gives to its template; not readable when
// one of them could not be read.
func (raw *rawFlow) parameters() (parameters map[string]resource.Value, readable bool) {
	parameters = make(map[string]resource.Value, len(raw.config))
	for _, v := range raw.config {
		if !v.given {
			return nil, false
		}
		parameters[v.name] = v.value
	}
	return parameters, true
}
