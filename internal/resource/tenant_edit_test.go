package resource

import "testing"

func TestEditsThatNameNothingAreEmpty(t *testing.T) {
	check := func(Tenant) error { return nil }
	tests := []struct {
		name              string
		edit              TenantEdit
		empty, attributes bool
	}{
		{"nothing", TenantEdit{}, true, false},
		{"a check alone", TenantEdit{Check: check}, true, false},
		{"a field", TenantEdit{Set: map[string]Value{"name": `"A"`}}, false, false},
		{"an attribute", TenantEdit{SetAttributes: map[string]Value{"a": `1`}}, false, true},
		{"an attribute that goes", TenantEdit{RemoveAttributes: []string{"a"}}, false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.edit.IsEmpty() != test.empty || test.edit.TouchesAttributes() != test.attributes {
				t.Errorf("empty %v, attributes %v", test.edit.IsEmpty(), test.edit.TouchesAttributes())
			}
		})
	}
	if !(SettingsEdit{Check: check}).IsEmpty() || (SettingsEdit{Set: map[string]Value{"enabled": `true`}}).IsEmpty() {
		t.Error("settings edits")
	}
}
