package emulator

import "testing"

// FuzzControl: no body of the control API ends the emulator, and what is taken can
// be given out again.
func FuzzControl(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "[]", `{"match":{"path":"/v1/mgmt/tenant/*"},"status":503,"times":1}`, `[{"delay":"1e9h"}]`, `{"projects":[{"id":"P2","tenants":[{"id":"../../x"}]}]}`, `{"projects":[null]}`, "[[[[[[[[[[",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if faults, err := parseFaults(body); err == nil {
			for _, fault := range faults {
				_ = fault.spec.Match.matches("POST", "/v1/mgmt/tenant/create")
			}
		}
		state, err := parseState(body)
		if err != nil {
			return
		}
		again, err := encodeState(state)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseState(again); err != nil {
			t.Errorf("%s was given out as %s: %v", body, again, err)
		}
	})
}
