package emulator

import (
	"strings"
	"testing"
)

func TestFormsOfCredentials(t *testing.T) {
	for _, one := range []struct {
		text             string
		isProject, isKey bool
	}{
		{"", false, false},
		{"P", false, false},
		{"K", false, false},
		{"P2", true, false},
		{"K2", false, true},
		{"p2", false, false},
		{"P2aZ9", true, false},
		{"P2-9", false, false},
		{"P2é", false, false},
		{"P2\n", false, false},
		{"K2 9", false, false},
		{"K2:9", false, false},
		{"K!9;~", false, true},
		{"K\x7f", false, false},
		{"Ké", false, false},
		{"K2\n", false, false},
		{"P" + strings.Repeat("a", 63), true, false},
		{"P" + strings.Repeat("a", 64), false, false},
		{"K" + strings.Repeat("a", 255), false, true},
		{"K" + strings.Repeat("a", 256), false, false},
	} {
		if isProjectID(one.text) != one.isProject || isManagementKey(one.text) != one.isKey {
			t.Errorf("%q: a project's id %v, a key %v; want %v, %v", one.text, isProjectID(one.text), isManagementKey(one.text), one.isProject, one.isKey)
		}
	}
}
