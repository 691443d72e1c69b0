package config

import (
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// readFrame takes what a document says besides its long list of tenants.
func (s *sketcher) readFrame(text []byte) {
	root := sketchRoot(text)
	s.takeLists(root)
	auth := sketchMember(root, "auth")
	fill(&s.sketch.ProjectID, s.expanded(auth, "project_id"))
	fill(&s.sketch.BaseURL, s.expanded(auth, "base_url"))
	state := sketchMember(root, "state")
	fill(&s.sketch.StateDir, s.expanded(state, "dir"))
	fill(&s.sketch.AppliedDir, s.fromFolder(s.expanded(state, "applied_dir")))
	fill(&s.sketch.BackupDir, s.fromFolder(s.expanded(sketchMember(root, "backup"), "dir")))
	environments := sketchMember(root, "environments")
	if environments == nil || environments.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(environments.Content); i += 2 {
		name, own := dealias(environments.Content[i]).Value, dealias(environments.Content[i+1])
		if IsEnvironmentName(name) {
			s.takeEnvironment(name, own)
		}
	}
}

// fill sets what is not set yet.
func fill(into *string, value string) {
	if *into == "" {
		*into = value
	}
}

// fromFolder reads a path as one of the file that names it.
func (s *sketcher) fromFolder(path string) string {
	if path == "" || strings.HasPrefix(path, "~/") || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.folder, path)
}

func (s *sketcher) takeEnvironment(name string, own *yaml.Node) {
	known := -1
	for i := range s.sketch.Environments {
		if s.sketch.Environments[i].Name == name {
			known = i
		}
	}
	if known < 0 {
		known = len(s.sketch.Environments)
		s.sketch.Environments = append(s.sketch.Environments, SketchedEnvironment{Name: name})
	}
	fill(&s.sketch.Environments[known].ProjectID, s.expanded(own, "project_id"))
	fill(&s.sketch.Environments[known].BaseURL, s.expanded(own, "base_url"))
	if s.query.Environment == "" || s.query.Environment == name {
		s.takeLists(sketchMember(own, "overlay"))
	}
}

// takeLists takes the objects of the lists in a mapping.
func (s *sketcher) takeLists(n *yaml.Node) {
	if s.query.Kind == "" {
		return
	}
	single := string(s.query.Kind)
	s.takeEntry(sketchMember(n, single))
	list := sketchMember(n, single+"s")
	if list == nil || list.Kind != yaml.SequenceNode {
		return
	}
	for _, entry := range list.Content {
		s.takeEntry(dealias(entry))
	}
}

// takeEntry takes one object. A flow of a template that gives no id has the
// template's name.
func (s *sketcher) takeEntry(n *yaml.Node) {
	id := sketchText(n, "id")
	if id == "" && s.query.Kind == resource.KindFlow && sketchMember(n, "id") == nil {
		id = sketchText(n, "template")
	}
	s.found(id, sketchText(n, "name"))
}
