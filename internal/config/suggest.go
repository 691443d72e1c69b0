package config

import (
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// didYouMean is a suggestion that names the closest candidate, or else lists
// all of them under the given heading.
func didYouMean(name string, candidates []string, heading string) string {
	if hint := resource.DidYouMean(name, candidates); hint != "" {
		return hint
	}
	if len(candidates) == 0 {
		return ""
	}
	return heading + ": " + strings.Join(candidates, ", ")
}
