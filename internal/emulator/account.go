package emulator

import (
	"cmp"
	"fmt"
	"net/http"
)

// accountRoutes are the calls about the account and its projects.
var accountRoutes = []route{
	{method: http.MethodGet, path: "/v1/mgmt/license", handle: (*Server).license},
	{method: http.MethodPost, path: "/v1/mgmt/projects/list", keyOnly: true, handle: (*Server).listProjects},
	{method: http.MethodPost, path: "/v1/mgmt/project/update/name", fields: []field{{name: "name"}}, handle: (*Server).nameProject},
	{method: http.MethodPost, path: "/v1/mgmt/project/update/tags", fields: []field{{name: "tags", kind: kindTexts}}, handle: (*Server).tagProject},
}

// longestTag is what the official Terraform provider lets a tag be, in bytes.
const longestTag = 50

// license answers under both names: the official Go SDK reads licenseType in
// v1.17.0 and rateLimitTier in newer versions.
func (s *Server) license(*call) ([]byte, error) {
	return []byte(`{"rateLimitTier":"tier1","licenseType":"tier1"}`), nil
}

// listProjects lists the projects that the key opens.
func (s *Server) listProjects(c *call) ([]byte, error) {
	if s.options.RefuseProjectList {
		return nil, s.refusal(unknownProjectList)
	}
	var items [][]byte
	for _, p := range s.projects {
		if sameKey(p.key, c.key) {
			items = append(items, answerObject(
				answerMember{"id", encoded(p.id)}, answerMember{"name", encoded(cmp.Or(p.info.Name, p.id))},
				answerMember{"environment", encoded(p.info.Environment)}, answerMember{"tag", encoded("")},
				answerMember{"tags", encoded(nonNil(p.info.Tags))},
			))
		}
	}
	return answerObject(answerMember{"projects", list(items)}), nil
}

func (s *Server) nameProject(c *call) ([]byte, error) {
	if c.body.text("name") == "" {
		return nil, required("name")
	}
	changed := c.project.info
	changed.Name = c.body.text("name")
	return nil, s.describe(c, changed)
}

// tagProject replaces the tags.
func (s *Server) tagProject(c *call) ([]byte, error) {
	tags := c.body.texts("tags")
	for _, tag := range tags {
		if tag == "" || len(tag) > longestTag {
			return nil, &fieldError{"tags", fmt.Sprintf("must have 1 to %d bytes each", longestTag)}
		}
	}
	changed := c.project.info
	changed.Tags = tags
	return nil, s.describe(c, changed)
}

// describe stores what the list shows of the call's project.
func (s *Server) describe(c *call, info projectInfo) error {
	before := c.project.info
	c.project.info = info
	row, err := c.project.row()
	if err == nil {
		b := &batch{call: c, writes: []write{{op: opPut, project: c.project.id, kind: storeProject, id: c.project.id, value: row}}}
		err = s.commit(b)
	}
	if err != nil {
		c.project.info = before
	}
	return err
}
