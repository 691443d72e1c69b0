package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/compare"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestComparisonView(t *testing.T) {
	hostile := resource.StringValue("\x1b[31m|\n`::error::`<script>")
	found := compare.Comparison{
		A: compare.Side{Environment: "staging"}, B: compare.Side{Environment: "prod"},
		Differences: []compare.Difference{
			{Name: "flow/login", A: "flow/login", B: "flow/login", Place: compare.PlaceBoth, Fields: []compare.Field{
				{Path: "task 'Send' added"}, {Path: "metadata name changed", A: `"Login"`, B: `"Sign in"`},
			}},
			{Name: "tenant/acme", A: "tenant/acme-s", B: "tenant/acme-p", Place: compare.PlaceBoth, Fields: []compare.Field{
				{Path: "custom_attributes.key", Sensitive: true},
				{Path: "disabled", B: "true"},
				{Path: "name", A: hostile, B: `"Acme"`},
				{Path: "self_provisioning_domains", A: resource.StringsValue([]string{strings.Repeat("a", 40) + ".example.com", "b.example.com"}), B: "[]"},
			}},
			{Name: "tenant/\x1b]0;x\x07", A: "tenant/\x1b]0;x\x07", Place: compare.PlaceA, Fields: []compare.Field{{Path: "name", A: `"日本語"`}}},
			{Name: "tenant/new", B: "tenant/new-p", Place: compare.PlaceB, Fields: []compare.Field{{Path: "name", B: hostile}}},
		},
		Notes:   []resource.Note{{Message: "one\ntwo"}},
		Summary: compare.Summary{OnlyInA: 1, OnlyInB: 1, Differ: 2, Same: 7},
	}
	var text strings.Builder
	comparisonView{headlines: [2]string{"one", "two"}}.write(&text, found)
	want := `A  one
B  two

~ differs flow/login
    task 'Send' added
    metadata name changed  "Login" | "Sign in"
~ differs tenant/acme  (tenant/acme-s | tenant/acme-p)
    custom_attributes.key  (sensitive)                        | (sensitive)
    disabled               (not set)                          | true
    name                   "\u001b[31m|\n` + "`::error::`" + `<script>" | "Acme"
    self_provisioning_domains
      A  ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com","b.example.com"]
      B  []
< A only tenant/\x1b]0;x\a
    name  "日本語"
> B only tenant/new  (tenant/new-p)
    name  "\u001b[31m|\n` + "`::error::`" + `<script>"
  note: one\ntwo

4 differences: 1 A only (staging), 1 B only (prod), 2 differ; 7 the same.
`
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Error(diff)
	}
	for line := range strings.Lines(text.String()) {
		isBelow := strings.HasPrefix(line, "      ") // what fits beside nothing is there whole
		if displayWidth(strings.TrimSuffix(line, "\n")) > 80 && !isBelow || strings.ContainsAny(line, "\x1b\x07") {
			t.Errorf("line %q", line)
		}
	}
}

func TestComparisonViewOfNothing(t *testing.T) {
	found := compare.Comparison{A: compare.Side{Environment: "a"}, B: compare.Side{Environment: "b"}, Summary: compare.Summary{Same: 1}, Notes: []resource.Note{{Message: "said"}}}
	var text strings.Builder
	comparisonView{quiet: true, headlines: [2]string{"one", "two"}}.write(&text, found)
	if want := "A  one\nB  two\n\nNo differences. a and b have the same 1 object.\n"; text.String() != want {
		t.Errorf("got %q", text.String())
	}
}

func TestStatusOrderHasEveryStatus(t *testing.T) {
	for status := range statusMeanings {
		if !slices.Contains(precedence, status) {
			t.Errorf("status %d has no place in the order", status)
		}
	}
	if compareStatus(StatusAuth, StatusError) >= 0 || compareStatus(StatusIntegrity, StatusInternal) >= 0 || len(precedence) != len(statusMeanings) {
		t.Error("the order is wrong")
	}
}
