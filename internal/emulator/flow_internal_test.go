package emulator

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The choices about flows are data, too.
func TestOtherFlowChoices(t *testing.T) {
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	c := func(body string) *call {
		t.Helper()
		members, err := parseObject([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return &call{project: s.projects[0], body: members, unknown: object{}}
	}
	for _, key := range []string{
		unknownFlowID, unknownFlowIncomplete, unknownFlowTasks, unknownFlowEdge, unknownFlowScreen, unknownFlowScreenTwice,
		unknownFlowDelete, unknownFlowBuiltIn, unknownThemeIncomplete,
	} {
		changed := s.unknowns[key]
		if changed.err == nil {
			t.Errorf("%s is no refusal", key)
		}
		changed.choice, changed.err = choiceAccept, nil
		s.unknowns[key] = changed
	}
	var many strings.Builder
	for i := range 300 {
		many.WriteString(`"` + strings.Repeat("t", i+1) + `":{},`)
	}
	for _, flow := range []string{
		`{"flowId":"a/b"}`,
		`{"flowId":"many","metadata":{},"contents":{"tasks":{` + many.String() + `"x":{"next":{"rules":[{"taskId":"gone"}]}},"y":{"type":"screen","screenId":"gone"}}}}`,
		`{"flowId":"twice","screens":[{"screenId":"s"},{"screenId":"s"}]}`,
	} {
		if _, err := s.importFlow(c(`{"flow":` + flow + `}`)); err != nil {
			t.Errorf("%.40s: %v", flow, err)
		}
	}
	twice, _ := s.projects[0].content.flows.get("twice")
	screens, err := twice.exported.objectsMember("screens")
	if err != nil || len(screens) != 2 || screens[0].text("screenId") != screens[1].text("screenId") {
		t.Errorf("screens %v, %v", screens, err)
	}
	if _, err := s.deleteFlows(c(`{"ids":["nothing","many","sign-in"]}`)); err != nil {
		t.Error(err)
	}
	if _, found := s.projects[0].content.flows.get("many"); found {
		t.Error("the flow is still there")
	}
	if _, found := s.projects[0].content.flows.get("sign-in"); !found {
		t.Error("a built-in flow has gone")
	}
	if _, err := s.importTheme(c(`{"theme":{}}`)); err != nil {
		t.Error(err)
	}
}

// A data folder of before has neither flows nor a theme: they are laid in
// once, beside what is there, and stay as they are then.
func TestOlderDataGetsFlows(t *testing.T) {
	for name, more := range map[string][]write{
		"without both":        nil,
		"without the flows":   {put("P1", storeTheme, "", `{"theme":{"styles":{}},"version":1}`)},
		"without the theme":   {put("P1", storeFlow, "a", `{"flow":{"flowId":"a"},"version":1,"etag":"e","modifiedTime":"1"}`)},
		"without one of them": {put("P1", storeFlow, "step-up", `{"flow":{"flowId":"step-up"},"version":1,"etag":"e","modifiedTime":"1"}`)},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			opened, err := openSQLite(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			mustApply(t, opened, append(more, put("P1", storeProject, "P1", `{"management_key":"K1","generated":false,"seeded":true}`),
				put("P1", storeTenant, "a", `{"id":"a","name":"A","createdTime":1}`))...)
			if err := opened.close(); err != nil {
				t.Fatal(err)
			}
			if first, second := stateAfterStart(t, dir, 1), stateAfterStart(t, dir, 2); first != second {
				t.Errorf("after another start:\n%s\n%s", first, second)
			}
		})
	}
}

// stateAfterStart opens a data folder on a day and gives its state.
func stateAfterStart(t *testing.T, dir string, day int) string {
	t.Helper()
	now := time.Unix(1_700_000_000, 0).AddDate(0, 0, day)
	s, err := New(Options{DataDir: dir, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	content := s.projects[0].content
	if content.flows.len() < len(builtInFlows) || content.theme == nil || content.tenants.len() != 1 || content.roles.len() != 0 {
		t.Errorf("%d flows, %d tenants, %d roles", content.flows.len(), content.tenants.len(), content.roles.len())
	}
	raw, err := encodeState(s.getState())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// Renaming changes texts that refer to a screen, and nothing else: the same
// rule on decoded values gives the same.
func TestRenameScreensProperty(t *testing.T) {
	made := "SC" + strings.Repeat("x", idRandomChars)
	ids := map[string]string{made: `new "made"`, "code": "new-code", `q"\`: "new-q"}
	text := rapid.SampledFrom([]string{made, "code", `q"\`, "screenId", "other", "", "ü\u2028<", ":", `"`, "{", made + "x"})
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		kinds := []*rapid.Generator[any]{
			text.AsAny(), rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Just[any](json.Number("-12345678901234567890.10")),
		}
		if depth > 0 {
			inner := rapid.Deferred(func() *rapid.Generator[any] { return value(depth - 1) })
			kinds = append(kinds, rapid.SliceOfN(inner, 0, 3).AsAny(), rapid.MapOfN(text, inner, 0, 4).AsAny())
		}
		return rapid.OneOf(kinds...)
	}
	var renamed func(value any, key string) any
	renamed = func(value any, key string) any {
		switch value := value.(type) {
		case map[string]any:
			out := map[string]any{}
			for key, inner := range value {
				out[key] = renamed(inner, key)
			}
			return out
		case []any:
			out := make([]any, len(value))
			for i, inner := range value {
				out[i] = renamed(inner, "")
			}
			return out
		case string:
			if now, known := ids[value]; known && (key == "screenId" || value == made) {
				return now
			}
			return value
		default:
			return value
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.MapOfN(text, value(3), 0, 4).Draw(t, "value")
		raw := encoded(before)
		got := renameScreens(raw, ids)
		if !json.Valid(got) {
			t.Fatalf("%s became %s", raw, got)
		}
		if want := exact(encoded(renamed(before, ""))); !reflect.DeepEqual(want, exact(got)) {
			t.Fatalf("%s became %s", raw, got)
		}
	})
}

// Whatever comes, an import is accepted or refused: and what is accepted can
// be answered in both forms, stored, and read again.
func FuzzFlowImport(f *testing.F) {
	for _, id := range builtInFlows {
		f.Add(builtInFile(id), false)
		f.Add([]byte(`{"flow":{"dsl":{"startTask":"0","tasks":{"0":{"type":"screen","screenId":"s"}}},"translate":true},"screens":[{"id":"s"}]}`), true)
	}
	var servers []*Server
	for _, behavior := range []ImportBehavior{ImportLive, ImportVerbatim} {
		s, err := New(Options{ImportBehavior: behavior})
		if err != nil {
			f.Fatal(err)
		}
		f.Cleanup(func() { _ = s.Close() })
		servers = append(servers, s)
	}
	f.Fuzz(func(t *testing.T, data []byte, console bool) {
		members, err := parseObject(data)
		if err != nil {
			return
		}
		for _, s := range servers {
			behavior := s.options.ImportBehavior
			s.projects[0].content.flows = newTable[*flow]()
			c := &call{project: s.projects[0], body: object{"flow": members.encode()}, unknown: object{}}
			if console {
				if c.body, c.unknown, err = split(flowConsoleImportFields, members); err != nil {
					return
				}
				c.body["flowId"] = encoded("fuzzed")
				_, err = s.importConsoleFlow(c)
			} else {
				_, err = s.importFlow(c)
			}
			if err != nil {
				if wireError(err) == errServer {
					t.Fatalf("%s: %v", data, err)
				}
				continue
			}
			for one := range s.projects[0].content.flows.all() {
				exported := one.shown
				if shown := one.showConsole(behavior); !json.Valid(exported) || !json.Valid(shown) {
					t.Fatalf("%s\n%s", exported, shown)
				}
				if again, err := newFlow(one.row(), behavior); err != nil || string(again.shown) != string(exported) {
					t.Fatalf("read again: %v", err)
				}
			}
		}
	})
}
