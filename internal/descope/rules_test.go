package descope

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRules asks the table for every status with and without Descope's codes,
// and compares it with the rules as the design says them.
func TestRules(t *testing.T) {
	kinds := []kind{kindRead, kindCreate, kindProbe, kindUpdate, kindSettings, kindRoles, kindDelete}
	codes := []string{
		"", codeUnknownRoute, codeInvalidRequest, codeTenantDuplicate, codeTenantNotFound, codeTenantNotUpdated, codeRateLimitExceeded, "E999999",
	}
	for _, kind := range kinds {
		for status := 300; status < 600; status++ {
			for _, code := range codes {
				for _, repeated := range []bool{false, true} {
					failure := &Error{Status: status, Code: code, write: kind.writes(), sent: true}
					if code == "" {
						failure.Code = httpCode(status)
					}
					want := designed(kind, failure, repeated)
					if got := find(retryRules, kind, failure, repeated).verdict(kind); got != want {
						t.Errorf("kind %d, status %d, code %q, repeated %v: %d, want %d", kind, status, code, repeated, got, want)
					}
				}
			}
		}
	}
}

// designed says the same as the table in other words.
func designed(kind kind, failure *Error, repeated bool) verdict {
	if IsRateLimited(failure) {
		return repeat
	}
	missing := failure.Code == codeTenantNotFound || failure.Code == codeTenantNotUpdated || failure.Code == "http_404"
	switch {
	case repeated && kind == kindCreate && IsDuplicate(failure), repeated && kind == kindDelete && missing:
		return confirm
	case failure.Status < 500, isRefusal(failure.Code), failure.Code == codeTenantNotUpdated:
		return final
	case kind == kindProbe && failure.Code == codeUnknownRoute:
		return final
	case kind.writes():
		return readBack
	}
	if slices.Contains([]int{502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530}, failure.Status) {
		return repeat
	}
	return final
}

// What the client itself finds out has no status of the service's.
func TestRulesOfOwnCodes(t *testing.T) {
	tests := []struct {
		name        string
		failure     Error
		read, write verdict
	}{
		{"no connection", Error{Code: CodeUnreachable}, repeat, repeat},
		{"no connection in time", Error{Code: CodeTimeout}, repeat, repeat},
		{"no answer", Error{Code: CodeNoAnswer, sent: true}, repeat, readBack},
		{"no answer in time", Error{Code: CodeTimeout, sent: true}, repeat, readBack},
		{"an answer cut off", Error{Code: CodeTruncated, Status: 200, sent: true}, repeat, readBack},
		{"an answer that never ends", Error{Code: CodeTimeout, Status: 200, sent: true}, repeat, readBack},
		{"no JSON", Error{Code: CodeNotJSON, Status: 200, sent: true}, final, confirm},
		{"another answer", Error{Code: CodeBadAnswer, Status: 201, sent: true}, final, confirm},
		{"too much", Error{Code: CodeTooLarge, Status: 200, sent: true}, final, confirm},
		{"no trust", Error{Code: CodeTLS}, final, final},
		{"stopped", Error{Code: CodeCanceled, sent: true}, final, final},
		{"not let through", Error{Code: CodePacing}, final, final},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for kind, want := range map[kind]verdict{kindRead: test.read, kindCreate: test.write, kindSettings: test.write, kindDelete: test.write} {
				if got := find(retryRules, kind, &test.failure, false).verdict(kind); got != want {
					t.Errorf("kind %d: %d, want %d", kind, got, want)
				}
			}
		})
	}
	if rule := find(nil, kindRead, &Error{Status: 503}, false); rule.verdict(kindRead) != final {
		t.Error("what no rule matches is not final")
	}
}

// The page shows the table as the program has it.
func TestPageShowsTheTable(t *testing.T) {
	page, err := os.ReadFile("../../docs/retry.md")
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| ") { // the table of the comparisons is indented
			shown = append(shown, strings.TrimSpace(line))
		}
	}
	want := []string{"| what | status | code | calls | reads | writes |"}
	for _, rule := range retryRules {
		want = append(want, row(rule))
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Error(diff)
	}
}

func row(r rule) string {
	kinds := map[kind]string{kindCreate: "create", kindProbe: "the first patch", kindDelete: "delete"}
	verdicts := map[verdict]string{final: "final", repeat: "again", readBack: "read back", confirm: "confirm"}
	var statuses, calls []string
	for _, span := range r.statuses {
		switch {
		case span.to == 0:
			statuses = append(statuses, "none")
		case span.from == span.to:
			statuses = append(statuses, fmt.Sprint(span.from))
		default:
			statuses = append(statuses, fmt.Sprintf("%d–%d", span.from, span.to))
		}
	}
	if r.unsent {
		statuses = append(statuses, "nothing was sent")
	}
	for _, kind := range r.kinds {
		calls = append(calls, kinds[kind])
	}
	if r.repeated {
		calls = append(calls, "not the first attempt")
	}
	reads := verdicts[r.read]
	if r.kinds != nil {
		reads = ""
	}
	cells := []string{r.reason, strings.Join(statuses, ", "), strings.Join(r.codes, ", "), strings.Join(calls, ", "), reads, verdicts[r.write]}
	return "| " + strings.Join(cells, " | ") + " |"
}
