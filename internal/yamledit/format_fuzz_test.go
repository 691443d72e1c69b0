package yamledit_test

import (
	"errors"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// FuzzFormat formats any text: nothing panics, an error has a place, what comes out
// is formatted, and never would a text say something else than it did.
func FuzzFormat(f *testing.F) {
	for _, text := range []string{
		"# a\nversion: \"1.0\" # b\n\n\ntenants:\n- id: a\n  # c\n- { id: b, x: [1, 2] } # d\n# e\n",
		"--- # a\n&x !t\na: *x\n...\n# b\n---\n[ a, {b: c}, ? d, e: f ]\n",
		"a: |2+ # c\n   b\n\n\nc: >-\n  d\n", "%YAML 1.2\n---\n\"a\n  b\\\n  c\"\n", "a: # b\n  # c\n  d # e\n", "{ # a\n}\n", "- - - a\n    # b\n  - |\n   c",
		"#0\n  {0}", "- { &0,00: [0]}", "--- #", "> \n\n \n\n#", "a: |2+ # b>-\nc: >-\n  d\n", " ---\n,", "{&0: }", "{&0:x|| }", "? a\n: b\n", "a: &x\n? *x\n", "{\"a\":1,\"b\":[],\"c\":{\"d\":[1,{}]}}",
	} {
		f.Add(text, false)
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, json bool) {
		if len(text) > 1<<14 {
			return
		}
		syntax := yamledit.YAML
		if json {
			syntax = yamledit.JSON
		}
		formatted, err := yamledit.Format([]byte(text), syntax, reversed)
		if err != nil {
			refused, ok := errors.AsType[*yamledit.Error](err)
			if !ok || refused.Line < 1 || refused.Column < 1 || refused.Reason == yamledit.ReasonInternal {
				t.Errorf("%v for %q", err, text)
			}
			return
		}
		again, err := yamledit.Format(formatted, syntax, reversed)
		if err != nil || string(again) != string(formatted) {
			t.Errorf("%v, %q becomes %q and then %q", err, text, formatted, again)
		}
	})
}
