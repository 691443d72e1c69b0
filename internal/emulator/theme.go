package emulator

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// themeRoutes are the calls on the project's theme.
var themeRoutes = []route{
	{method: http.MethodPost, path: "/v2/mgmt/theme/export", handle: (*Server).exportTheme},
	{method: http.MethodPost, path: "/v1/mgmt/theme/export", handle: (*Server).exportConsoleTheme},
	{method: http.MethodPost, path: "/v2/mgmt/theme/import", fields: themeImportFields, handle: (*Server).importTheme},
	{method: http.MethodPost, path: "/v1/mgmt/theme/import", fields: themeImportFields, handle: (*Server).importConsoleTheme},
}

var (
	themeImportFields = []field{{name: "theme", kind: kindAny}}
	// themeFields is the theme in the form of the v2 export.
	themeFields = []field{{name: "styles", kind: kindMap}, {name: "componentsVersion"}, {name: "references", kind: kindMap}}
	// consoleThemeFields is the theme in the v1 form.
	consoleThemeFields = []field{
		{name: "id", unset: `"` + defaultThemeID + `"`},
		{name: "version", kind: kindWhole},
		{name: "cssTemplate", kind: kindMap},
		{name: "componentsVersion"},
		{name: "codeMode", kind: kindFlag},
	}
	// themeRow is the theme as it is stored, and as the state shows it.
	themeRow = []field{{name: "theme", kind: kindAny}, {name: "version", kind: kindWhole}, {name: "console", kind: kindAny}}
	// consoleThemeParts are the members of the v1 form that the exported form has not.
	consoleThemeParts = []string{"id", "codeMode"}
)

const defaultThemeID = "default"

// theme is the project's theme; never changed, only replaced.
type theme struct {
	exported object // the v2 form, member by member as it was sent
	console  object // what the v1 form has beside it; nil where it came through v2
	version  int64
}

func newTheme(from object) (*theme, error) {
	known, unknown, err := split(themeRow, from)
	if err != nil {
		return nil, err
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("%q is no member of a theme here: expected theme, version, console", unknown.sortedKeys()[0])
	}
	result := &theme{version: known.whole("version")}
	if result.version < firstVersion {
		return nil, errors.New(`"version" is out of range`)
	}
	if result.console, err = known.objectMember("console"); err != nil {
		return nil, err
	}
	if result.exported, err = known.objectMember("theme"); err != nil {
		return nil, err
	}
	if result.exported == nil {
		return nil, errors.New(`"theme" is missing`)
	}
	return result, checkTheme(result.exported)
}

// checkTheme checks the shape of a theme, not whether it is complete.
func checkTheme(exported object) error {
	_, _, err := split(themeFields, exported)
	return err
}

func (t *theme) row() object {
	row := object{"theme": t.exported.encode(), "version": encoded(t.version)}
	if t.console != nil {
		row["console"] = t.console.encode()
	}
	return row
}

// addTheme lays the theme of a state into a content, or that of a new project.
func (b builder) addTheme(into *content, state ProjectState) error {
	raw := state.Theme
	if len(raw) == 0 || isNull(raw) {
		into.completed = true
		raw = slices.Concat([]byte(`{"theme":`), builtInFile("theme"), []byte(`}`))
	}
	row, err := parseObject(raw)
	if err != nil {
		return fmt.Errorf("theme: %w", err)
	}
	if _, found := row["version"]; !found {
		row["version"] = encoded(firstVersion)
	}
	if into.theme, err = newTheme(row); err != nil {
		return fmt.Errorf("theme: %w", err)
	}
	return nil
}

func (b *batch) putTheme(t *theme) {
	b.put(storeTheme, "", t.row())
	b.apply = append(b.apply, func(c *content) { c.theme = t })
}

func (s *Server) exportTheme(c *call) ([]byte, error) {
	stored := c.content().theme
	shown := stored.exported.encode()
	if s.options.ImportBehavior == ImportLive {
		shown = filled(themeFields, stored.exported)
	}
	return answerObject(answerMember{"theme", shown}), nil
}

func (s *Server) exportConsoleTheme(c *call) ([]byte, error) {
	return c.content().theme.showConsole(s.options.ImportBehavior), nil
}

// showConsole is the answer of the v1 calls.
func (t *theme) showConsole(behavior ImportBehavior) []byte {
	shown := maps.Clone(t.exported)
	delete(shown, "references")
	delete(shown, "styles")
	if styles, found := t.exported["styles"]; found {
		shown["cssTemplate"] = styles
	}
	maps.Copy(shown, t.console)
	if t.console == nil {
		shown["id"] = encoded(defaultThemeID)
	}
	shown["version"] = encoded(t.version)
	body := shown.encode()
	if behavior == ImportLive {
		body = filled(consoleThemeFields, shown)
	}
	return answerObject(answerMember{"theme", body})
}

// importTheme replaces the whole theme.
func (s *Server) importTheme(c *call) ([]byte, error) {
	given, err := s.givenTheme(c)
	if err != nil {
		return nil, err
	}
	_, err = s.storeTheme(c, given, nil)
	return nil, err
}

func (s *Server) importConsoleTheme(c *call) ([]byte, error) {
	given, err := s.givenTheme(c)
	if err != nil {
		return nil, err
	}
	exported, console := object{}, object{}
	for key, raw := range given {
		switch {
		case key == "version": // counted by the service
		case key == "cssTemplate":
			exported["styles"] = raw
		case slices.Contains(consoleThemeParts, key):
			console[key] = raw
		case key == "styles": // what the exported form calls otherwise
		default:
			exported[key] = raw
		}
	}
	stored, err := s.storeTheme(c, exported, console)
	if err != nil {
		return nil, err
	}
	return stored.showConsole(s.options.ImportBehavior), nil
}

func (s *Server) givenTheme(c *call) (object, error) {
	given, err := c.body.objectMember("theme")
	if err == nil && given == nil {
		err = required("theme")
	}
	return given, err
}

func (s *Server) storeTheme(c *call, exported, console object) (*theme, error) {
	if err := checkTheme(exported); err != nil {
		return nil, err
	}
	if styles := exported["styles"]; styles == nil || isNull(styles) {
		if refusal := s.refusal(unknownThemeIncomplete); refusal != nil {
			return nil, refusal
		}
	}
	if s.options.ImportBehavior == ImportLive {
		exported = maps.Clone(exported)
		exported["componentsVersion"] = encoded(liveComponentsVersion)
	}
	stored := &theme{exported: exported, console: console, version: nextVersion(c.content().theme.version)}
	b := &batch{call: c}
	b.putTheme(stored)
	return stored, s.commit(b)
}
