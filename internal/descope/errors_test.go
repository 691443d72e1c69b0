package descope

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestErrorText(t *testing.T) {
	tests := []struct {
		name    string
		failure Error
		want    string
	}{
		{"all parts", Error{Method: "POST", Path: "/p", Status: 500, Code: "E1", Description: "d", Message: "m"}, "POST /p: status 500 E1: d: m"},
		{"no message", Error{Method: "POST", Path: "/p", Status: 500, Code: "E1", Description: "d"}, "POST /p: status 500 E1: d"},
		{"no description", Error{Method: "POST", Path: "/p", Status: 500, Code: "E1", Message: "m"}, "POST /p: status 500 E1: m"},
		{"no code of Descope's", Error{Method: "GET", Path: "/p", Status: 404, Code: "http_404", Description: "not found"}, "GET /p: status 404: not found"},
		{"no answer", Error{Method: "GET", Path: "/p", Code: CodeTimeout, Description: "late"}, "GET /p: timeout: late"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.failure.Error(); got != test.want {
				t.Errorf("text = %q, want %q", got, test.want)
			}
		})
	}
}

func TestOutcomeUnknown(t *testing.T) {
	tests := []struct {
		name    string
		failure Error
		want    bool
	}{
		{"read without an answer", Error{sent: true, Code: CodeNoAnswer}, false},
		{"write without an answer", Error{write: true, sent: true, Code: CodeNoAnswer}, true},
		{"write that was not sent", Error{write: true, Code: CodeUnreachable}, false},
		{"write with an unreadable success", Error{write: true, sent: true, Status: 200, Code: CodeTruncated}, true},
		{"write that was refused", Error{write: true, sent: true, Status: 400, Code: "E011003"}, false},
		{"write that was rate limited", Error{write: true, sent: true, Status: 429}, false},
		{"write that was redirected", Error{write: true, sent: true, Status: 307}, false},
		{"write with a server error", Error{write: true, sent: true, Status: 503}, true},
		{"duplicate with status 500", Error{write: true, sent: true, Status: 500, Code: "E073307"}, false},
		{"invalid request with status 500", Error{write: true, sent: true, Status: 500, Code: "E011003"}, false},
		{"rate limit with status 503", Error{write: true, sent: true, Status: 503, Code: "E130429"}, false},
		{"zero value", Error{}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.failure.OutcomeUnknown(); got != test.want {
				t.Errorf("outcome unknown = %v", got)
			}
		})
	}
}

func TestPredicatesLookThroughWrapping(t *testing.T) {
	tests := []struct {
		name    string
		failure *Error
		holds   func(error) bool
	}{
		{"not found", &Error{Status: 404}, IsNotFound},
		{"not found by its code", &Error{Status: 500, Code: "E111104"}, IsNotFound},
		{"unauthorized", &Error{Status: 401}, IsAuth},
		{"forbidden", &Error{Status: 403}, IsAuth},
		{"rate limited", &Error{Status: 429}, IsRateLimited},
		{"rate limited by its code", &Error{Status: 503, Code: "E130429"}, IsRateLimited},
	}
	predicates := []func(error) bool{IsNotFound, IsAuth, IsRateLimited}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if !test.holds(fmt.Errorf("list tenants: %w", test.failure)) {
				t.Error("does not hold")
			}
			count := 0
			for _, predicate := range predicates {
				if predicate(test.failure) {
					count++
				}
				if predicate(nil) || predicate(errors.New("x")) || predicate(&Error{Status: 500, Code: "E010009"}) {
					t.Errorf("predicate %d holds for everything", i)
				}
			}
			if count != 1 {
				t.Errorf("%d predicates hold", count)
			}
		})
	}
}

func TestCauseAnswersQuestionsOnly(t *testing.T) {
	c := &caller{redact: newRedactor(testProject, resource.NewSecret(testKey))}
	err := c.cause(fmt.Errorf("server said %s: %w", testKey, io.ErrUnexpectedEOF), context.Canceled)
	if err.Error() != "server said [redacted]: unexpected EOF" {
		t.Errorf("text = %q", err)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, context.Canceled) || errors.Is(err, io.EOF) {
		t.Error("is what it is not")
	}
	if _, ok := errors.AsType[*Error](err); ok {
		t.Error("is no *Error")
	}
	if _, ok := errors.AsType[*Error](c.cause(&Error{})); !ok {
		t.Error("lost its type")
	}
	if errors.Unwrap(err) != nil {
		t.Error("hands out the original")
	}
}

func TestIsDescopeCode(t *testing.T) {
	for code, want := range map[string]bool{"E011003": true, "E01100": false, "E0110033": false, "G020002": false, "E01100x": false, "": false, "http_404": false} {
		if isDescopeCode(code) != want {
			t.Errorf("%q: %v", code, !want)
		}
	}
}
