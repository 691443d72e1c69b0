package flow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// choices are the values that a parameter is tried with.
func choices(p flow.Parameter) []resource.Value {
	switch p.Type {
	case flow.ParameterBoolean:
		return []resource.Value{"true", "false"}
	case flow.ParameterInteger:
		return []resource.Value{"1", "30", "365"}
	case flow.ParameterList:
		var list []resource.Value
		for mask := range 1 << len(p.Enum) {
			items := []string{}
			for i, item := range p.Enum {
				if mask&(1<<i) != 0 {
					items = append(items, item)
				}
			}
			if len(items) >= p.MinItems {
				list = append(list, resource.StringsValue(items))
			}
		}
		return list
	default:
		return []resource.Value{`""`, `"https://app.example.com/verify?a=\"b\""`}
	}
}

// combinations calls back with every combination of the parameters' values.
func combinations(parameters []flow.Parameter, chosen map[string]resource.Value, yield func(map[string]resource.Value)) {
	if len(parameters) == 0 {
		yield(chosen)
		return
	}
	for _, value := range choices(parameters[0]) {
		chosen[parameters[0].Name] = value
		combinations(parameters[1:], chosen, yield)
	}
}

func render(t testing.TB, template flow.Template, parameters map[string]resource.Value) flow.Document {
	t.Helper()
	d, wrong := flow.Render(template, parameters)
	for _, e := range wrong {
		t.Fatalf("%s with %v: %v", template.Name, parameters, e)
	}
	return d
}

func TestEveryCombinationOfParametersIsAFlowWithoutFindings(t *testing.T) {
	t.Parallel()
	for _, template := range flow.Templates() {
		t.Run(template.Name, func(t *testing.T) {
			t.Parallel()
			all, every := 0, 1
			combinations(template.Parameters, map[string]resource.Value{}, func(map[string]resource.Value) { all++ })
			if testing.Short() && all > 1000 {
				every = 5 // no parameter has a multiple of so many values, so that all of them are met
			}
			tried, count, texts := 0, 0, map[resource.Value]bool{}
			combinations(template.Parameters, map[string]resource.Value{}, func(parameters map[string]resource.Value) {
				if tried++; tried%every != 0 {
					return
				}
				count++
				d := render(t, template, parameters)
				for _, finding := range flow.Check(d) {
					t.Errorf("%v: %s", parameters, finding.Message)
				}
				if count%16 == 0 && render(t, template, parameters).Value() != d.Value() {
					t.Errorf("%v: two renderings differ", parameters)
				}
				texts[d.Value()] = true
			})
			if count < 4 || len(texts) < count/3 {
				t.Errorf("%d combinations make %d flows", count, len(texts))
			}
		})
	}
}

func TestTemplatesAreReadBackAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, template := range flow.Templates() {
		d := render(t, template, nil)
		read, err := flow.Parse(d.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if read.Shape() != flow.Management || read.Value() != d.Value() || read.ID() != template.Name || read.Name() != template.Title {
			t.Errorf("%s: read back as %s %q %q", template.Name, read.Shape(), read.ID(), read.Name())
		}
		if references := flow.References(d); len(references) > 0 {
			t.Errorf("%s needs %v of the project", template.Name, references)
		}
	}
}

// TestParametersHaveAnEffect makes sure that no parameter is there for show.
func TestParametersHaveAnEffect(t *testing.T) {
	t.Parallel()
	for _, template := range flow.Templates() {
		for _, p := range template.Parameters {
			texts := map[resource.Value]bool{}
			base := map[string]resource.Value{}
			if template.Name == "mfa-login" {
				base["remember_device"] = "true"
			}
			for _, value := range choices(p) {
				base[p.Name] = value
				texts[render(t, template, base).Value()] = true
			}
			if len(texts) != len(choices(p)) {
				t.Errorf("%s.%s: %d values make %d flows", template.Name, p.Name, len(choices(p)), len(texts))
			}
		}
	}
}

func TestTheOrderOfAListHasNoMeaning(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		template := rapid.SampledFrom(flow.Templates()).Draw(rt, "template")
		for _, p := range template.Parameters {
			if p.Type != flow.ParameterList {
				continue
			}
			chosen := rapid.SampledFrom(choices(p)).Draw(rt, "items")
			items, _ := chosen.AsStrings()
			mixed := resource.StringsValue(rapid.Permutation(items).Draw(rt, "order"))
			if render(t, template, map[string]resource.Value{p.Name: chosen}).Value() != render(t, template, map[string]resource.Value{p.Name: mixed}).Value() {
				rt.Errorf("%s: %s and %s differ", p.Name, chosen, mixed)
			}
		}
	})
}

func TestMFALoginHasTheMethodsThatAreChosen(t *testing.T) {
	t.Parallel()
	template, _ := flow.FindTemplate("mfa-login")
	actions := map[string]string{"sms": "verify-code-otp-sms", "email": "verify-code-otp-email", "totp": "verify-totp-code", "passkey": "webauthn-sign-in-finish"}
	combinations(template.Parameters, map[string]resource.Value{}, func(parameters map[string]resource.Value) {
		methods, _ := parameters["methods"].AsStrings()
		text := string(render(t, template, parameters).Value())
		for method, action := range actions {
			if strings.Contains(text, `"action":"`+action+`"`) != slices.Contains(methods, method) {
				t.Errorf("%v: action %s", parameters, action)
			}
		}
		remembers := parameters["remember_device"] == "true"
		if strings.Contains(text, "riskInfo.trustedDevice") != remembers || strings.Contains(text, `"expiration":{"type":"inline","value":`+string(parameters["remember_duration_days"])+"}") != remembers {
			t.Errorf("%v: the device is remembered otherwise", parameters)
		}
	})
}

func TestWrongParameters(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, template string
		given          map[string]resource.Value
		want           []string
	}{
		{"misspelt", "mfa-login", map[string]resource.Value{"method": "[]"}, []string{`the parameter "method" is no parameter of the template mfa-login; its parameters are methods, remember_device, remember_duration_days -> methods`}},
		{"far off", "magic-link", map[string]resource.Value{"zzz": "1"}, []string{`the parameter "zzz" is no parameter of the template magic-link; its parameters are sign_up, redirect_url`}},
		{"no method", "mfa-login", map[string]resource.Value{"methods": "[]"}, []string{`the parameter "methods" holds too few items; it takes a list with at least 1 of sms, totp, email, passkey`}},
		{"wrong method", "mfa-login", map[string]resource.Value{"methods": `["sms","toptp"]`}, []string{`the parameter "methods" holds an item that is not allowed; it takes a list with at least 1 of sms, totp, email, passkey at 1 -> totp`}},
		{"method twice", "mfa-login", map[string]resource.Value{"methods": `["sms","sms"]`}, []string{`the parameter "methods" holds an item twice; it takes a list with at least 1 of sms, totp, email, passkey at 1`}},
		{"method of another type", "mfa-login", map[string]resource.Value{"methods": `[1]`}, []string{`the parameter "methods" holds an item of the wrong type; it takes a list with at least 1 of sms, totp, email, passkey at 0`}},
		{"methods as text", "mfa-login", map[string]resource.Value{"methods": `"sms"`}, []string{`the parameter "methods" is of the wrong type; it takes a list with at least 1 of sms, totp, email, passkey`}},
		{"several", "mfa-login", map[string]resource.Value{"remember_device": `"yes"`, "remember_duration_days": "366"}, []string{
			`the parameter "remember_device" is of the wrong type; it takes true or false`,
			`the parameter "remember_duration_days" is out of range; it takes a whole number from 1 to 365`,
		}},
		{"zero days", "mfa-login", map[string]resource.Value{"remember_duration_days": "0"}, []string{`the parameter "remember_duration_days" is out of range; it takes a whole number from 1 to 365`}},
		{"endless days", "mfa-login", map[string]resource.Value{"remember_duration_days": "99999999999999999999"}, []string{`the parameter "remember_duration_days" is out of range; it takes a whole number from 1 to 365`}},
		{"half a day", "mfa-login", map[string]resource.Value{"remember_duration_days": "1.5"}, []string{`the parameter "remember_duration_days" is of the wrong type; it takes a whole number from 1 to 365`}},
		{"text", "magic-link", map[string]resource.Value{"redirect_url": "1"}, []string{`the parameter "redirect_url" is of the wrong type; it takes text`}},
		{"no provider", "social-login", map[string]resource.Value{"providers": "[]"}, []string{`the parameter "providers" holds too few items; it takes a list with at least 1 of apple, discord, facebook, github, gitlab, google, linkedin, microsoft, slack`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			template, found := flow.FindTemplate(tt.template)
			if !found {
				t.Fatal("no such template")
			}
			_, wrong := flow.Render(template, tt.given)
			if diff := cmp.Diff(tt.want, errorTexts(wrong)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// errorTexts writes errors as the tables have them.
func errorTexts(list []flow.ParameterError) []string {
	var texts []string
	for _, e := range list {
		text := e.Error()
		if e.Item >= 0 {
			text += fmt.Sprintf(" at %d", e.Item)
		}
		if e.Suggestion != "" {
			text += " -> " + e.Suggestion
		}
		texts = append(texts, text)
	}
	return texts
}

// TestOurParametersFollowTheirOwnSchema holds the tables of our templates to what
// a user's template must keep.
func TestOurParametersFollowTheirOwnSchema(t *testing.T) {
	t.Parallel()
	var names []string
	for _, template := range flow.Templates() {
		names = append(names, template.Name)
		if template.Version == "" || template.Title == "" || template.Description == "" || template.Custom {
			t.Errorf("%s lacks something", template.Name)
		}
		for _, p := range template.Parameters {
			if p.Description == "" || p.Default.IsAbsent() || p.Example.IsAbsent() {
				t.Errorf("%s.%s lacks something", template.Name, p.Name)
			}
			render(t, template, map[string]resource.Value{p.Name: p.Default})
			render(t, template, map[string]resource.Value{p.Name: p.Example})
		}
	}
	if diff := cmp.Diff([]string{"magic-link", "mfa-login", "sign-up-or-in", "social-login"}, names); diff != "" {
		t.Error(diff)
	}
	if _, found := flow.FindTemplate("mfa"); found {
		t.Error("a template was found that is none")
	}
}

func TestUserTemplate(t *testing.T) {
	t.Parallel()
	magic, _ := flow.FindTemplate("magic-link")
	base := render(t, magic, nil)
	least := int64(1)
	manifest := flow.Manifest{Name: "acme", Version: "3", Parameters: []flow.ManifestParameter{
		{Parameter: flow.Parameter{Name: "url", Type: flow.ParameterString}, Set: []string{"task 'Sign Up or In / Magic Link / Email'.arguments.uri"}},
		{Parameter: flow.Parameter{Name: "title", Type: flow.ParameterString, Default: `"Hello"`, Enum: []string{"Hello", "Bye"}}, Set: []string{"screen 'Welcome Screen'.heading.props.children", "metadata.description"}},
		{Parameter: flow.Parameter{Name: "days", Type: flow.ParameterInteger, Default: "5", Minimum: &least}, Set: []string{"task 1.arguments.days"}},
	}}
	template, wrong := flow.NewTemplate(manifest, base)
	if len(wrong) > 0 || template.Title != "Magic Link" || !template.Custom {
		t.Fatal(template, wrong)
	}
	d := render(t, template, map[string]resource.Value{"url": `"https://x"`})
	want, err := flow.Set(base.WithID("acme"), map[string]resource.Value{
		"task 1.arguments.uri": `"https://x"`, "screen 'Welcome Screen'.heading.props.children": `"Hello"`, "metadata.description": `"Hello"`, "task 1.arguments.days": "5",
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Value(), d.Value()); diff != "" {
		t.Error(diff)
	}
	_, wrong = flow.Render(template, map[string]resource.Value{"title": `"Helo"`, "days": "0"})
	if diff := cmp.Diff([]string{
		`the parameter "url" must be given; it takes text`,
		`the parameter "title" is not allowed; it takes one of Hello, Bye -> Hello`,
		`the parameter "days" is out of range; it takes a whole number of at least 1`,
	}, errorTexts(wrong)); diff != "" {
		t.Error(diff)
	}
}

func TestUserTemplatesThatCannotBe(t *testing.T) {
	t.Parallel()
	magic, _ := flow.FindTemplate("magic-link")
	base := render(t, magic, nil)
	least, most := int64(2), int64(1)
	const path = "metadata.description"
	tests := []struct {
		name       string
		parameters []flow.ManifestParameter
		want       []string
	}{
		{"bad name", []flow.ManifestParameter{{Parameter: flow.Parameter{Name: "a b", Type: flow.ParameterString}, Set: []string{path}}}, []string{`the parameter "a b" has a name that is not allowed; a name begins with a letter and holds letters, digits and _`}},
		{"no type", []flow.ManifestParameter{{Parameter: flow.Parameter{Name: "a"}, Set: []string{path}}}, []string{`the parameter "a" has no type that is known; types are boolean, integer, string, list`}},
		{"nothing", []flow.ManifestParameter{{Parameter: flow.Parameter{Name: "a", Type: flow.ParameterString}}}, []string{`the parameter "a" fills nothing; name the path of a value under set`}},
		{"no such task", []flow.ManifestParameter{{Parameter: flow.Parameter{Name: "a", Type: flow.ParameterString}, Set: []string{"task 'x'.name"}}}, []string{`the parameter "a" fills nothing: cannot set "task 'x'.name": the flow has no task "x"`}},
		{"bad default", []flow.ManifestParameter{{Parameter: flow.Parameter{Name: "a", Type: flow.ParameterBoolean, Default: `"x"`, Example: "1"}, Set: []string{path}}}, []string{
			`the parameter "a" has a default that it does not allow itself; it takes true or false`,
			`the parameter "a" has an example that it does not allow itself; it takes true or false`,
		}},
		{"range", []flow.ManifestParameter{{Parameter: flow.Parameter{Name: "a", Type: flow.ParameterInteger, Minimum: &least, Maximum: &most}, Set: []string{path}}}, []string{`the parameter "a" has a minimum above its maximum`}},
		{"range of text", []flow.ManifestParameter{{Parameter: flow.Parameter{Name: "a", Type: flow.ParameterString, Minimum: &least, MinItems: 1}, Set: []string{path}}}, []string{
			`the parameter "a" has a range, which only an integer has`, `the parameter "a" has min_items, which only a list has`,
		}},
		{"enum of a boolean", []flow.ManifestParameter{{Parameter: flow.Parameter{Name: "a", Type: flow.ParameterBoolean, Enum: []string{"x"}}, Set: []string{path}}}, []string{`the parameter "a" has an enum, which only a string and a list have`}},
		{"twice", []flow.ManifestParameter{
			{Parameter: flow.Parameter{Name: "a", Type: flow.ParameterString}, Set: []string{path}},
			{Parameter: flow.Parameter{Name: "a", Type: flow.ParameterString}, Set: []string{path}},
		}, []string{`the parameter "a" stands twice`}},
		{"one value", []flow.ManifestParameter{
			{Parameter: flow.Parameter{Name: "a", Type: flow.ParameterString}, Set: []string{path}},
			{Parameter: flow.Parameter{Name: "b", Type: flow.ParameterString}, Set: []string{path}},
		}, []string{`cannot set "metadata.description": it is filled twice`}},
		{"one value by two paths", []flow.ManifestParameter{
			{Parameter: flow.Parameter{Name: "a", Type: flow.ParameterString}, Set: []string{"task 1.arguments.uri"}},
			{Parameter: flow.Parameter{Name: "b", Type: flow.ParameterString}, Set: []string{"task 1.arguments"}},
		}, []string{`cannot set "task 1.arguments.uri": "task 1.arguments" names the same value, or one inside of it`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, wrong := flow.NewTemplate(flow.Manifest{Name: "acme", Parameters: tt.parameters}, base)
			if diff := cmp.Diff(tt.want, errorTexts(wrong), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
	broken, err := flow.FromValue(`{"contents":{"startTask":"9","tasks":{}},"metadata":{}}`)
	if err != nil {
		t.Fatal(err)
	}
	_, wrong := flow.NewTemplate(flow.Manifest{Name: "a/b"}, broken)
	if diff := cmp.Diff([]string{"the template's name may hold letters, digits, - and _ only", `the flow is not right: the start task "9" is not in the flow`}, errorTexts(wrong)); diff != "" {
		t.Error(diff)
	}
}

// BenchmarkRender renders the largest flow of our templates.
func BenchmarkRender(b *testing.B) {
	template, _ := flow.FindTemplate("mfa-login")
	parameters := map[string]resource.Value{"methods": `["sms","totp","email","passkey"]`, "remember_device": "true"}
	b.ReportAllocs()
	for b.Loop() {
		if _, wrong := flow.Render(template, parameters); len(wrong) > 0 {
			b.Fatal(wrong)
		}
	}
}
