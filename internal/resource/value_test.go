package resource_test

import (
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestParseValueMakesCanonical(t *testing.T) {
	cases := []struct {
		name string
		raw  string
		want resource.Value
	}{
		{"string", `"acme"`, `"acme"`},
		{"white space around", " \n\t\r{ \"a\" : [ 1 , 2 ] } ", `{"a":[1,2]}`},
		{"keys are sorted", `{"b":1,"a":2}`, `{"a":2,"b":1}`},
		{"keys inside are sorted", `[{"b":1,"a":{"d":0,"c":[]}}]`, `[{"a":{"c":[],"d":0},"b":1}]`},
		{"canonical text stays", `{"a":{"b":[1,"x",null,true,false]}}`, `{"a":{"b":[1,"x",null,true,false]}}`},
		{"big integer", `9007199254740993`, `9007199254740993`},
		{"long float", `3.14159265358979323846264338327950288`, `3.14159265358979323846264338327950288`},
		{"number as written", `-1.0E+07`, `-1.0E+07`},
		{"negative zero", `-0`, `-0`},
		{"no escapes for HTML", `"<a&b>"`, `"<a&b>"`},
		{"escaped HTML comes back", `"\u003ca\u0026b\u003e"`, `"<a&b>"`},
		{"needless escapes go", `"\/\u0061"`, `"/a"`},
		{"needful escapes stay", `"\"\\\n"`, `"\"\\\n"`},
		{"escaped keys", `{"\u0062":1,"a":2}`, `{"a":2,"b":1}`},
		{"unicode", `"Grüße 🎉"`, `"Grüße 🎉"`},
		{"surrogate pair", `"\ud83c\udf89"`, `"🎉"`},
		{"lone surrogate", `"\ud83c"`, `"�"`},
		{"line separator is escaped", "\"\u2028\"", `"\u2028"`},
		{"bytes that are no UTF-8", "\"\xff\"", `"�"`},
		{"empty containers", `[ { } , [ ] ]`, `[{},[]]`},
		{"empty key", `{"":1}`, `{"":1}`},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			got, err := resource.ParseValue([]byte(test.raw))
			if err != nil {
				t.Fatalf("ParseValue: %v", err)
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if again, err := resource.ParseValue([]byte(got)); err != nil || again != got {
				t.Errorf("canonical text does not stay: %s, %v", again, err)
			}
		})
	}
}

func TestParseValueRefuses(t *testing.T) {
	cases := map[string]struct{ raw, want string }{
		"nothing":               {"", "ends too early"},
		"white space only":      {" \n", "ends too early"},
		"open string":           {`"a`, "ends too early"},
		"open array":            {`[1,`, "ends too early"},
		"open object":           {`{"a":1,`, "ends too early"},
		"key without a value":   {`{"a":`, "ends too early"},
		"key without a colon":   {`{"a" 1}`, "unexpected character '1' at byte 6"},
		"key that is no string": {`{1:1}`, "unexpected character '1'"},
		"trailing comma":        {`[1,]`, "unexpected character ']'"},
		"trailing comma member": {`{"a":1,}`, "unexpected character '}'"},
		"missing comma":         {`[1 2]`, "unexpected character '2'"},
		"wrong bracket":         {`[1}`, "unexpected character '}'"},
		"trailing text":         {`{} x`, "text after the end"},
		"second value":          {`1 2`, "text after the end"},
		"leading zero":          {`01`, "text after the end"},
		"leading plus":          {`+1`, "unexpected character '+'"},
		"minus only":            {`-`, "ends too early"},
		"no fraction":           {`1.`, "ends too early"},
		"no exponent":           {`1e+`, "ends too early"},
		"half a word":           {`tru`, "unexpected character 't'"},
		"no JSON word":          {`nil`, "unexpected character 'n'"},
		"control character":     {"\"a\nb\"", `unexpected character '\n' at byte 3`},
		"bad escape":            {`"\x"`, "not a JSON string"},
		"escaped control":       {"\"\\\n\"", "not a JSON string"},
		"byte order mark":       {"\ufeff1", "unexpected character"},
		"key twice":             {`{"a":1,"b":2,"a":3}`, `the key "a" stands twice`},
		"key twice, escaped":    {`{"a":1,"\u0061":3}`, `the key "a" stands twice`},
		"key twice, deep":       {`[{"x":{"a":1,"a":1}}]`, `the key "a" stands twice`},
		"bad key":               {`{"\x":1}`, "not a JSON string"},
		"too deep":              {strings.Repeat("[", 102) + strings.Repeat("]", 102), "deeper than 100"},
		"far too deep":          {strings.Repeat(`{"a":`, 1<<20), "deeper than 100"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := resource.ParseValue([]byte(test.raw))
			if err == nil {
				t.Fatalf("accepted as %s", got)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q does not say %q", err, test.want)
			}
			if got != resource.Absent {
				t.Errorf("an error comes with the value %s", got)
			}
		})
	}
}

func TestParseValueAllowsAHundredLevels(t *testing.T) {
	raw := strings.Repeat("[", 100) + "1" + strings.Repeat("]", 100)
	got, err := resource.ParseValue([]byte(raw))
	if err != nil || string(got) != raw {
		t.Errorf("got %s, %v", got, err)
	}
}

func FuzzParseValue(f *testing.F) {
	for _, seed := range []string{
		`{"b":[1,2.50,-0e1],"a":"\u0061\"x"}`, `{"a":1,"a":2}`, ` [ ] `, `"\ud83c\udf89 \u2028"`, "\"\xff\"", `nul`, `[1,]`, `{"":{"":""}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		want, wantErr := referenceCanonical(raw)
		got, err := resource.ParseValue(raw)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: got error %v, the reference %v", raw, err, wantErr)
		}
		if err != nil {
			return
		}
		if string(got) != want {
			t.Fatalf("%q: got %s, the reference %s", raw, got, want)
		}
		again, err := resource.ParseValue([]byte(got))
		if err != nil || again != got {
			t.Fatalf("%s does not stay: %s, %v", got, again, err)
		}
		checkViews(t, got)
	})
}

// checkViews holds the typed views of a value against encoding/json.
func checkViews(t *testing.T, value resource.Value) {
	t.Helper()
	if !value.Equal(value) || !value.EqualSet(value) {
		t.Fatalf("%s does not equal itself", value)
	}
	var text *string
	wantString := json.Unmarshal([]byte(value), &text) == nil && text != nil
	if got, ok := value.AsString(); ok != wantString || (ok && got != *text) {
		t.Fatalf("AsString of %s: %q, %v", value, got, ok)
	}
	var items []*string
	wantItems := json.Unmarshal([]byte(value), &items) == nil && items != nil && !slices.Contains(items, nil)
	got, ok := value.AsStrings()
	if ok != wantItems || (ok && len(got) != len(items)) {
		t.Fatalf("AsStrings of %s: %q, %v", value, got, ok)
	}
	for i := range got {
		if got[i] != *items[i] {
			t.Fatalf("AsStrings of %s: %q", value, got)
		}
	}
	var object map[string]json.RawMessage
	wantObject := json.Unmarshal([]byte(value), &object) == nil && object != nil
	members, ok := value.AsObject()
	if ok != wantObject || len(members) != len(object) {
		t.Fatalf("AsObject of %s: %v, %v", value, members, ok)
	}
	for key, raw := range object {
		if string(members[key]) != string(raw) || value.Get(key) != members[key] {
			t.Fatalf("member %q of %s: %s, %s", key, value, members[key], value.Get(key))
		}
	}
}

// FuzzValueViews gives the views text that is not canonical: they may refuse
// it, but must not panic.
func FuzzValueViews(f *testing.F) {
	for _, seed := range []string{``, `"`, `"a`, `"a"b"`, `[`, `[,]`, `["a",]`, `{"a"}`, `{"a":}`, `{"a:1}`, `{"a":1,}`, `[ "a" ]`, `]`, `{"a\":1}`, `-`, `1e`} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		value, other := resource.Value(a), resource.Value(b)
		value.AsString()
		value.AsStrings()
		value.AsObject()
		value.Get(b)
		if value.Equal(other) != other.Equal(value) || value.EqualSet(other) != other.EqualSet(value) {
			t.Errorf("%q and %q: equal one way only", a, b)
		}
	})
}

func TestViewsRefuseOtherTypes(t *testing.T) {
	for _, value := range []resource.Value{
		``, `null`, `true`, `1`, `"`, `"a"b"`, `[`, `[,]`, `["a",]`, `[1]`, `["a",null]`, `[["a"]]`, `{"a":1`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1,}`,
	} {
		if text, ok := value.AsString(); ok {
			t.Errorf("AsString takes %s for %q", value, text)
		}
		if items, ok := value.AsStrings(); ok || items != nil {
			t.Errorf("AsStrings takes %s for %q", value, items)
		}
		if members, ok := value.AsObject(); ok || members != nil {
			t.Errorf("AsObject takes %s for %v", value, members)
		}
	}
}

func TestGet(t *testing.T) {
	value := resource.Value(`{"a":1,"b":{"a":2},"c\"d":["x,y"],"e":"\\","f":null}`)
	for key, want := range map[string]resource.Value{
		"a": "1", "b": `{"a":2}`, `c"d`: `["x,y"]`, "e": `"\\"`, "f": "null", "": "", "g": "",
	} {
		if got := value.Get(key); got != want {
			t.Errorf("%q: got %q, want %q", key, got, want)
		}
	}
	if got := resource.Value(`["a"]`).Get("a"); got != resource.Absent {
		t.Errorf("an array has a member: %s", got)
	}
}

func TestNullAsAbsent(t *testing.T) {
	for value, want := range map[resource.Value]resource.Value{"null": resource.Absent, resource.Absent: resource.Absent, `"null"`: `"null"`, "false": "false"} {
		if got := value.NullAsAbsent(); got != want {
			t.Errorf("%s is %s, want %s", value, got, want)
		}
	}
}

func TestEqual(t *testing.T) {
	cases := []struct {
		name string
		a, b resource.Value
		want bool
	}{
		{"same text", `"a"`, `"a"`, true},
		{"other text", `"a"`, `"b"`, false},
		{"1 and 1.0", `1`, `1.0`, true},
		{"1 and 1e0", `1`, `1e0`, true},
		{"100 and 1E+2", `100`, `1E+2`, true},
		{"0.001 and 1e-3", `0.001`, `1e-3`, true},
		{"zero and negative zero", `0`, `-0.0e5`, true},
		{"sign", `1`, `-1`, false},
		{"2^53 and its neighbour", `9007199254740992`, `9007199254740993`, false},
		{"huge exponents", `1e999999999999`, `10e999999999998`, true},
		{"number and string", `1`, `"1"`, false},
		{"strings of digits stay strings", `"1.0"`, `"1"`, false},
		{"inside an object", `{"a":[1.50]}`, `{"a":[1.5]}`, true},
		{"escaped quote before digits", `["\"1.0",1.0]`, `["\"1.0",1]`, true},
		{"escaped quote hides no digits", `["\"1.0"]`, `["\"1"]`, false},
		{"order of an array", `[1,2]`, `[2,1]`, false},
		{"absent and absent", ``, ``, true},
		{"absent and null", ``, `null`, false},
		{"absent and number", ``, `1`, false},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			if got := test.a.Equal(test.b); got != test.want {
				t.Errorf("%s equals %s: %v", test.a, test.b, got)
			}
			if got := test.b.Equal(test.a); got != test.want {
				t.Errorf("%s equals %s: %v", test.b, test.a, got)
			}
		})
	}
}

func TestEqualSet(t *testing.T) {
	cases := []struct {
		name string
		a, b resource.Value
		want bool
	}{
		{"order", `["a","b"]`, `["b","a"]`, true},
		{"repetition", `["a","a","b"]`, `["b","a"]`, true},
		{"more", `["a","b"]`, `["a"]`, false},
		{"case counts", `["a"]`, `["A"]`, false},
		{"empty", `[]`, `[]`, true},
		{"empty and one", `[]`, `["a"]`, false},
		{"no strings: as they are", `[1,2]`, `[1.0,2]`, true},
		{"no strings: order counts", `[1,2]`, `[2,1]`, false},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			if got := test.a.EqualSet(test.b); got != test.want {
				t.Errorf("%s equals %s: %v", test.a, test.b, got)
			}
		})
	}
}

// decimals draws a number with its exact value.
func decimals() *rapid.Generator[string] {
	return rapid.StringMatching(`-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?`)
}

func TestEqualNumbersAreTheRationalOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := decimals().Draw(t, "a"), decimals().Draw(t, "b")
		if rapid.Bool().Draw(t, "same") {
			b = rewriteNumber(t, a)
		}
		ratA, _ := new(big.Rat).SetString(a)
		ratB, _ := new(big.Rat).SetString(b)
		if got := resource.Value(a).Equal(resource.Value(b)); got != (ratA.Cmp(ratB) == 0) {
			t.Errorf("%s and %s: equal %v", a, b, got)
		}
	})
}

// rewriteNumber writes the same number in other digits.
func rewriteNumber(t *rapid.T, number string) string {
	mantissa, exponent, found := strings.Cut(strings.ToLower(number), "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += "."
	}
	mantissa += strings.Repeat("0", rapid.IntRange(1, 4).Draw(t, "zeros"))
	if !found {
		exponent = "0"
	}
	return mantissa + "E" + exponent
}

func TestConstructorsAreCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOf(rapid.String()).Draw(t, "items")
		members := map[string]resource.Value{}
		for i, item := range items {
			value := resource.StringValue(item)
			if got, ok := value.AsString(); !ok || got != item {
				t.Fatalf("%q comes back as %q, %v", item, got, ok)
			}
			members[item] = resource.StringsValue(items[i:])
		}
		list := resource.StringsValue(items)
		if got, ok := list.AsStrings(); !ok || !slices.Equal(got, items) {
			t.Fatalf("%q comes back as %q, %v", items, got, ok)
		}
		object := resource.ObjectValue(members)
		if got, ok := object.AsObject(); !ok || !maps.Equal(got, members) {
			t.Fatalf("%v comes back as %v, %v", members, got, ok)
		}
		for _, value := range []resource.Value{list, object} {
			if parsed, err := resource.ParseValue([]byte(value)); err != nil || parsed != value {
				t.Fatalf("%s is not canonical: %s, %v", value, parsed, err)
			}
		}
	})
}

func TestStringValueReplacesBytesThatAreNoText(t *testing.T) {
	got := resource.StringValue("a\xff\xfe\n")
	if want := resource.Value("\"a\ufffd\ufffd\\n\""); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if parsed, err := resource.ParseValue([]byte(got)); err != nil || parsed != got {
		t.Errorf("not canonical: %q, %v", parsed, err)
	}
}

func TestObjectValueLeavesAbsentOut(t *testing.T) {
	got := resource.ObjectValue(map[string]resource.Value{"b": "1", "a": resource.Absent, "c": resource.BoolValue(true)})
	if got != `{"b":1,"c":true}` {
		t.Errorf("got %s", got)
	}
}

func TestValueInsideOtherJSON(t *testing.T) {
	type document struct {
		A resource.Value `json:"a"`
		B resource.Value `json:"b"`
	}
	given := document{A: `{"n":9007199254740993,"t":"<&>"}`}
	text, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"a":{"n":9007199254740993,"t":"\u003c\u0026\u003e"},"b":null}`; string(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}
	var got document
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(given, got); diff != "" {
		t.Error(diff)
	}
	if err := json.Unmarshal([]byte(`{"a":{"x":1,"x":2}}`), &got); err == nil {
		t.Error("a key that stands twice is accepted")
	}
	if !got.B.IsAbsent() || got.A.IsAbsent() {
		t.Errorf("absence: %q, %q", got.A, got.B)
	}
}
