package emulator

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseObject(t *testing.T) {
	for _, test := range []struct{ name, text, want, problem string }{
		{"empty", ` { } `, `{}`, ""},
		{"spelling is kept", `{"b": 1.50, "a": "\u00fc\/", "n": 12345678901234567890123, "e": 1E400}`, `{"a":"\u00fc\/","b":1.50,"e":1E400,"n":12345678901234567890123}`, ""},
		{"nested", `{"a":{"x":[1,{"y":"]}"}],"z":null}}`, `{"a":{"x":[1,{"y":"]}"}],"z":null}}`, ""},
		{"a quote in a key", `{"a\"b":1,"a":2}`, `{"a":2,"a\"b":1}`, ""},
		{"the same key in two objects", `{"a":{"x":1},"b":{"x":1}}`, `{"a":{"x":1},"b":{"x":1}}`, ""},
		{"a key twice", `{"a":1,"a":2}`, "", `key "a" occurs twice`},
		{"a key twice, escaped", `{"a":1,"\u0061":2}`, "", `key "a" occurs twice`},
		{"a key twice in a list", `{"l":[1,[{"a":1,"b":2,"a":3}]]}`, "", `key "a" occurs twice`},
		{"no object", `[1]`, "", "expected a JSON object"},
		{"nothing", ``, "", "unexpected end"},
		{"a byte order mark", "\ufeff{}", "", "invalid character"},
		{"bytes that are no text", "{\"a\":\"\xc3\x28\"}", "", "not valid UTF-8"},
		{"two values", `{} {}`, "", "after top-level value"},
		{"deep", `{"a":` + strings.Repeat("[", 101) + strings.Repeat("]", 101) + `}`, "", "nested deeper than 100"},
		{"deep enough", `{"a":` + strings.Repeat("[", 90) + strings.Repeat("]", 90) + `}`, `{"a":` + strings.Repeat("[", 90) + strings.Repeat("]", 90) + `}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseObject([]byte(test.text))
			if test.problem != "" {
				if err == nil || !strings.Contains(err.Error(), test.problem) {
					t.Errorf("error %v, want %s", err, test.problem)
				}
				return
			}
			if err != nil || string(got.encode()) != test.want {
				t.Errorf("got %s, %v", got.encode(), err)
			}
		})
	}
}

// FuzzParseObject compares with encoding/json: what we take it takes, with the
// same members, and what we write comes back the same.
func FuzzParseObject(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1}`, `{"a":{"b":[1,2,{"c":"\"}]"}]},"d":-0.0e+10}`, `{"\ud800":"\\"}`, `[]`, `{"a":1,"a":2}`, "{\"\x7f\":null}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := parseObject(data)
		if err != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("encoding/json refuses it: %v", err)
		}
		if len(got) != len(want) {
			t.Fatalf("%d members, want %d", len(got), len(want))
		}
		for key, raw := range want {
			var compact bytes.Buffer
			if err := json.Compact(&compact, raw); err != nil || compact.String() != string(got[key]) {
				t.Fatalf("member %q: got %s, want %s", key, got[key], raw)
			}
		}
		again, err := parseObject(got.encode())
		if err != nil || !cmp.Equal(got, again) {
			t.Fatalf("written and read again: %v, %v", again, err)
		}
	})
}

func TestAppendText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if got := string(appendText(nil, text)); got != string(encoded(text)) {
			t.Fatalf("got %s, want %s", got, encoded(text))
		}
	})
}

func TestSameJSON(t *testing.T) {
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{`{"a":1,"b":[2]}`, `{"b":[2],"a":1}`, true},
		{`"\u00fc"`, `"ü"`, true},
		{`9007199254740993`, `9007199254740992`, false},
		{`[1,2]`, `[2,1]`, false},
		{``, `null`, false},
		{``, ``, true},
	} {
		if got := sameJSON(json.RawMessage(test.a), json.RawMessage(test.b)); got != test.same {
			t.Errorf("%s and %s: %v", test.a, test.b, got)
		}
	}
}

func TestTableIsSorted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, model := newTable[int](), map[string]int{}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			id := rapid.StringMatching(`[a-e]{0,2}`).Draw(t, "id")
			if rapid.Bool().Draw(t, "put") {
				value := rapid.Int().Draw(t, "value")
				table.put(id, value)
				model[id] = value
			} else {
				table.drop(id)
				delete(model, id)
			}
			if rapid.Bool().Draw(t, "look") {
				compareTable(t, table, model)
			}
		}
		compareTable(t, table, model)
	})
}

func compareTable(t *rapid.T, table *table[int], model map[string]int) {
	var want []int
	ids := make([]string, 0, len(model))
	for id := range model {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		want = append(want, model[id])
	}
	if got := slices.Collect(table.all()); !slices.Equal(got, want) || table.len() != len(model) {
		t.Fatalf("got %v, want %v", got, want)
	}
}
