package resource_test

import (
	"path"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func matchError(pattern, name string) error {
	_, err := path.Match(pattern, name)
	return err
}

func TestShapeEqual(t *testing.T) {
	cases := []struct {
		name  string
		shape resource.Shape
		a, b  resource.Value
		want  bool
	}{
		{"absent string is empty", resource.ShapeString, "", `""`, true},
		{"absent bool is false", resource.ShapeBool, "", "false", true},
		{"absent bool is not true", resource.ShapeBool, "", "true", false},
		{"absent number is zero", resource.ShapeInt, "", "0.0", true},
		{"absent set is empty", resource.ShapeSet, "", "[]", true},
		{"absent object is no empty object", resource.ShapeObject, "", "{}", false},
		{"absent and absent", resource.ShapeObject, "", "", true},
		{"sets have no order", resource.ShapeSet, `["a","b"]`, `["b","a","a"]`, true},
		{"sets differ", resource.ShapeSet, `["a"]`, `["b"]`, false},
		{"other arrays have order", resource.ShapeObject, `["a","b"]`, `["b","a"]`, false},
		{"numbers exactly", resource.ShapeInt, `10`, `1e1`, true},
		{"number and string", resource.ShapeInt, `10`, `"10"`, false},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			if got := test.shape.Equal(test.a, test.b); got != test.want {
				t.Errorf("got %v", got)
			}
			if got := test.shape.Equal(test.b, test.a); got != test.want {
				t.Errorf("the other way round: %v", got)
			}
		})
	}
}

func TestShapeZero(t *testing.T) {
	for shape, want := range map[resource.Shape]resource.Value{
		resource.ShapeString: `""`, resource.ShapeBool: "false", resource.ShapeInt: "0", resource.ShapeSet: "[]",
		resource.ShapeMap: resource.Absent, resource.ShapeObject: resource.Absent,
	} {
		if got := shape.Zero(); got != want {
			t.Errorf("%s: %s", shape, got)
		}
	}
}

func TestShapeCanonical(t *testing.T) {
	cases := []struct {
		shape       resource.Shape
		value, want resource.Value
	}{
		{resource.ShapeSet, `["b","a","b"]`, `["a","b"]`},
		{resource.ShapeSet, `["a","b"]`, `["a","b"]`},
		{resource.ShapeSet, `["a","a"]`, `["a"]`},
		{resource.ShapeSet, `[]`, `[]`},
		{resource.ShapeSet, resource.Absent, resource.Absent},
		{resource.ShapeSet, `[2,1]`, `[2,1]`},
		{resource.ShapeObject, `["b","a"]`, `["b","a"]`},
		{resource.ShapeString, `"x"`, `"x"`},
	}
	for _, test := range cases {
		if got := test.shape.Canonical(test.value); got != test.want {
			t.Errorf("%s %s: %s", test.shape, test.value, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", `"`, "ü"}), 0, 5)
		a, b := resource.StringsValue(items.Draw(t, "a")), resource.StringsValue(items.Draw(t, "b"))
		equalTexts := resource.ShapeSet.Canonical(a) == resource.ShapeSet.Canonical(b)
		if equalTexts != resource.ShapeSet.Equal(a, b) {
			t.Fatalf("%s and %s: equal texts %v", a, b, equalTexts)
		}
	})
}

func TestPathString(t *testing.T) {
	cases := map[string]resource.Path{
		"name":                                  {Field: "name"},
		"custom_attributes.plan":                {Field: "custom_attributes", Key: "plan"},
		"custom_attributes.Plan_2-x":            {Field: "custom_attributes", Key: "Plan_2-x"},
		`custom_attributes["a.b"]`:              {Field: "custom_attributes", Key: "a.b"},
		`custom_attributes["a b"]`:              {Field: "custom_attributes", Key: "a b"},
		`custom_attributes["\"]"]`:              {Field: "custom_attributes", Key: `"]`},
		`custom_attributes["ü"]`:                {Field: "custom_attributes", Key: "ü"},
		"settings.session_token_expiration":     {Field: "settings", Key: "session_token_expiration"},
		`custom_attributes["line\nfeed\x1b[m"]`: {Field: "custom_attributes", Key: "line\nfeed\x1b[m"},
	}
	for want, path := range cases {
		if got := path.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.StringOfN(rapid.SampledFrom([]rune("aB.\"[]\\ ü\n")), 1, 5, -1)
		a, b := resource.Path{Field: "f", Key: keys.Draw(t, "a")}, resource.Path{Field: "f", Key: keys.Draw(t, "b")}
		if (a == b) != (a.String() == b.String()) {
			t.Fatalf("%#v and %#v are shown as %s and %s", a, b, a, b)
		}
	})
}

func TestFieldTables(t *testing.T) {
	for name, table := range map[string][]resource.Field{"tenant": resource.TenantFields(), "settings": resource.TenantSettingsFields()} {
		names, wires := map[string]bool{}, map[string]bool{}
		for _, field := range table {
			if names[field.Name] || wires[field.Wire] {
				t.Errorf("%s: %s stands twice", name, field.Name)
			}
			names[field.Name], wires[field.Wire] = true, true
			if field.Name != strings.ToLower(field.Name) || strings.ContainsAny(field.Name, ".-[ ") || field.Wire == "" {
				t.Errorf("%s: the name %q or the wire name %q", name, field.Name, field.Wire)
			}
			if field.Title == "" || field.Example == "" || !strings.HasSuffix(field.Description, ".") {
				t.Errorf("%s: %s is not explained: %q, %q, %q", name, field.Name, field.Title, field.Description, field.Example)
			}
			if field.Call != resource.CallTenant && field.Call != resource.CallSettings && field.Call != resource.CallDefaultRoles {
				t.Errorf("%s: %s is written by %q", name, field.Name, field.Call)
			}
			if field.Enum != nil && field.Shape != resource.ShapeString {
				t.Errorf("%s: %s has allowed strings and the shape %s", name, field.Name, field.Shape)
			}
			if found, known := resource.FindField(table, field.Name); !known || found.Wire != field.Wire {
				t.Errorf("%s: %s is not found", name, field.Name)
			}
		}
		if _, known := resource.FindField(table, "nothing"); known {
			t.Errorf("%s: a field that is not there is found", name)
		}
	}
}
