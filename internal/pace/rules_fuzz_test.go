package pace_test

import (
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

// FuzzParseRules: what is taken for limits can be written and read again, and no
// limit lets nothing through or lasts for ever.
func FuzzParseRules(f *testing.F) {
	for _, seed := range []string{"seed", "tenant=200/60s", "documented,user=off", "tenant=1/1ns", "other=9223372036854775808/1s", "=,=", "tenant=-1/-1s"} {
		f.Add(seed)
	}
	base, err := pace.Profile("seed")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := pace.ParseRules(base, []string{text})
		if err != nil {
			return
		}
		for _, class := range pace.Classes() {
			if rule, limited := rules.For(class); limited && (rule.Limit < 1 || rule.Window <= 0 || rule.Window > 24*time.Hour) {
				t.Errorf("%q gives %s the limit %+v", text, class, rule)
			}
		}
		if shown := rules.String(); strings.ContainsAny(shown, "\n\x1b") {
			t.Errorf("%q is shown as %q", text, shown)
		}
	})
}
