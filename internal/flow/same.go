package flow

import "github.com/portcoconnect/pcc-descope-mgmt/internal/resource"

// Same reports whether two documents mean the same. What is no flow is compared
// as a value.
func Same(a, b resource.Value) bool {
	first, firstErr := FromValue(a)
	second, secondErr := FromValue(b)
	if firstErr != nil || secondErr != nil {
		return a.Equal(b)
	}
	return Diff(first, second).IsEmpty()
}
