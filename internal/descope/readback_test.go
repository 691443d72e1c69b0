package descope

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestComparing(t *testing.T) {
	edit := resource.TenantEdit{
		Set:              fields{"name": `"New"`, "selfProvisioningDomains": `["b.com","a.com"]`, "future": `{"a":2,"b":1.0}`},
		SetAttributes:    fields{"n": `9007199254740993`, "both": `1`},
		RemoveAttributes: []string{"gone", "both"},
	}
	const (
		before = `{"name":"Old","selfProvisioningDomains":[],"customAttributes":{"n":1,"gone":2},"rest":1}`
		after  = `{"name":"New","selfProvisioningDomains":["a.com","b.com"],"future":{"a":2,"b":1},"customAttributes":{"n":9007199254740993,"both":1,"more":3}}`
	)
	tests := []struct {
		name, live string
		want       finding
	}{
		{"as wanted, in another order", after, finding{effect: effectDone}},
		{"as before", before, finding{effect: effectNone}},
		{"as before, what is not written apart", `{"name":"Old","customAttributes":{"n":1,"gone":2,"more":3},"rest":2}`, finding{effect: effectNone}},
		{"in part as wanted, the rest as before", `{"name":"New","customAttributes":{"n":9007199254740993,"gone":2}}`, finding{effect: effectNone}},
		{"another value", `{"name":"Theirs","customAttributes":{"n":1,"gone":2}}`, finding{effectOther, "neither as before nor as wanted: name"}},
		{
			"several", `{"name":"New","selfProvisioningDomains":["c.com"],"future":1,"customAttributes":{"n":9007199254740992,"gone":3,"both":2}}`,
			finding{effectOther, "neither as before nor as wanted: future, self_provisioning_domains, custom_attributes.both, custom_attributes.gone, custom_attributes.n"},
		},
		{"no attributes any longer", `{"name":"New","customAttributes":null}`, finding{effectOther, "neither as before nor as wanted: custom_attributes.n"}},
	}
	was, err := parseObject([]byte(before))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			live, err := resource.ParseValue([]byte(test.live))
			if err != nil {
				t.Fatal(err)
			}
			got, err := compared(editAims(edit), live, was)
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(finding{})); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
	if _, err := compared(editAims(edit), `{}`, object{"a": []byte(`{`)}); err == nil {
		t.Error("an unreadable object was compared")
	}
}

// Of a new tenant only what was asked for counts: the service may add to it.
func TestCreatesAreComparedByWhatWasAskedFor(t *testing.T) {
	asked := fields{"name": `"A"`, "customAttributes": `{"a":1,"b":[1.50]}`, "disabled": `false`}
	for live, want := range map[string][]string{
		`{"id":"x","name":"A","customAttributes":{"a":1,"b":[1.5],"given":true},"createdTime":1}`: nil,
		`{"id":"x","name":"A","customAttributes":{"a":2}}`:                                        {"custom_attributes.a", "custom_attributes.b"},
		`{"id":"x","name":"B","disabled":true,"customAttributes":{"a":1,"b":[1.5]}}`:              {"disabled", "name"},
	} {
		if diff := cmp.Diff(want, missed(createAims(asked), canonical(t, live))); diff != "" {
			t.Errorf("%s: %s", live, diff)
		}
	}
	odd := createAims(fields{"customAttributes": `"none"`})
	if len(odd) != 1 || odd[0].name != "custom_attributes" {
		t.Errorf("aims = %+v", odd)
	}
}

func canonical(t *testing.T, text string) resource.Value {
	t.Helper()
	value, err := resource.ParseValue([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// Where the whole was read before the write, nobody has to vouch for it.
func TestWholeUpdatesKnowWhatWasBefore(t *testing.T) {
	old, theirs := answer(200, `{"id":"acme","name":"Old"}`), answer(200, `{"id":"acme","name":"Theirs"}`)
	tests := []struct {
		name     string
		answers  []http.HandlerFunc
		requests int
		conflict bool
	}{
		{"as before", []http.HandlerFunc{old, answer(503, ``), old, old, answer(200, ``)}, 5, false},
		{"changed by somebody else", []http.HandlerFunc{old, answer(503, ``), theirs}, 3, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := serve(t, test.answers...)
			client := persistent(t, server.url)
			client.caller.patch.answer.Store(patchUnknown)
			err := client.Writer().UpdateTenant(t.Context(), "acme", rename)
			if (err != nil) != test.conflict || len(server.seen()) != test.requests {
				t.Errorf("%v after %d requests", err, len(server.seen()))
			}
			if test.conflict && failureOf(t, err).Code != CodeConflict {
				t.Errorf("error = %v", err)
			}
		})
	}
}
