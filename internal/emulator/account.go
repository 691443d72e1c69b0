package emulator

import (
	"net/http"
)

// accountRoutes are the calls about the account and its projects.
var accountRoutes = []route{
	{method: http.MethodGet, path: "/v1/mgmt/license", handle: (*Server).license},
	{method: http.MethodPost, path: "/v1/mgmt/projects/list", keyOnly: true, handle: (*Server).listProjects},
}

// license answers under both names: the official Go SDK reads licenseType in
// v1.17.0 and rateLimitTier in newer versions.
func (s *Server) license(*call) ([]byte, error) {
	return []byte(`{"rateLimitTier":"tier1","licenseType":"tier1"}`), nil
}

// listProjects lists the projects that the key opens.
func (s *Server) listProjects(c *call) ([]byte, error) {
	var items [][]byte
	for _, p := range s.projects {
		if sameKey(p.key, c.key) {
			items = append(items, answerObject(
				answerMember{"id", encoded(p.id)}, answerMember{"name", encoded(p.id)},
				answerMember{"environment", encoded("")}, answerMember{"tag", encoded("")}, answerMember{"tags", []byte("[]")},
			))
		}
	}
	return answerObject(answerMember{"projects", list(items)}), nil
}
