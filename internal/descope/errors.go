package descope

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// ErrCredentials is wrapped by the error of [Connect] for a project id or a
// management key that is missing or cannot be one.
var ErrCredentials = errors.New("no usable credentials")

// Codes of failures for which Descope has no code, because it gave no answer
// or not its own one. A refusal without a Descope code has "http_" and its status.
const (
	CodeUnreachable = "unreachable" // no connection: name, network, port, proxy
	CodeTLS         = "tls"         // no connection that can be trusted
	CodeTimeout     = "timeout"     // no whole answer in the time of one request
	CodeCanceled    = "canceled"    // the caller stopped waiting
	CodeNoAnswer    = "no_answer"   // the connection broke after the request was sent
	CodeTruncated   = "truncated"   // success, but the answer broke off
	CodeNotJSON     = "not_json"    // success, but something else than JSON
	CodeBadAnswer   = "bad_answer"  // success and JSON, but not what was asked for
	CodeTooLarge    = "too_large"   // success, but larger than this client reads
	CodeRedirect    = "redirect"    // another address; not followed
	CodePacing      = "pacing"      // not sent: the gate let no more through
	CodeConflict    = "conflict"    // the answer to a write was lost, and something else changed its object
)

// Codes of Descope's that the client acts upon (observed; they come with
// different statuses).
const (
	codeUnknownRoute      = "E010009" // "Unknown server error": a path without a route
	codeMissingArguments  = "E011002"
	codeInvalidRequest    = "E011003"
	codeInvalidArguments  = "E011004"
	codeBadRequest        = "E011001"
	codeProjectNotFound   = "E011008"
	codeTenantDuplicate   = "E073307"
	codeTenantNotUpdated  = "E111102"
	codeTenantNotFound    = "E111104"
	codeFlowNotFound      = "E103003" // "Failed getting flow": with 500
	codePermissionMissing = "E111303"
	codeRoleNotFound      = "E111403"
	codeRateLimitExceeded = "E130429"
)

// Error is one failed call. Its texts are safe to print: without the
// management key, without control characters, bounded.
type Error struct {
	Method      string        // HTTP method
	Path        string        // of the API, without the base URL's own path and without a query
	Status      int           // HTTP status; 0 when there was no answer
	Code        string        // Descope's error code, or one of ours
	Description string        // what the code means, as the service says it, or what happened
	Message     string        // the service's detail; may be empty
	Hint        string        // the next step; may be empty
	RetryAfter  time.Duration // how long the service wants to be left alone; 0 where it does not say, a minute for a rate limit
	Ray         string        // Cloudflare's trace id of the answer; empty when there was none
	Err         error         // the cause below HTTP; nil for an answered refusal

	write   bool // the call changes something
	sent    bool // the request, or a part of it, may have left this machine
	notJSON bool // the answer was no JSON, so it may not come from Descope
	settled bool // reading back has shown what became of the write
	unsure  bool // a refusal that an earlier attempt may have caused, and reading back failed

	retryAfterGiven bool // the service gave RetryAfter itself
}

// Error is "METHOD path: status N CODE: description: message".
func (e *Error) Error() string {
	var out strings.Builder
	out.WriteString(e.Method + " " + e.Path + ": ")
	switch {
	case e.Status != 0 && e.Code != httpCode(e.Status):
		fmt.Fprintf(&out, "status %d %s", e.Status, e.Code)
	case e.Status != 0:
		fmt.Fprintf(&out, "status %d", e.Status)
	default:
		out.WriteString(e.Code)
	}
	for _, part := range []string{e.Description, e.Message} {
		if part != "" {
			out.WriteString(": " + part)
		}
	}
	return out.String()
}

// Unwrap is the cause below HTTP. Its text is safe to print as well.
func (e *Error) Unwrap() error { return e.Err }

// Fault is the error as documents show it.
func (e *Error) Fault() resource.Fault {
	return resource.Fault{Code: e.Code, Status: e.Status, Message: e.Error(), Hint: e.Hint}
}

// OutcomeUnknown reports whether a write may have taken effect although it
// failed: no answer after sending, a server error, an answer to a success that
// could not be read. It is false for reads, for refusals (also those that
// Descope gives the status 500), for failures before anything was sent, and
// where reading back has shown that it did not.
func (e *Error) OutcomeUnknown() bool {
	switch {
	case !e.write || !e.sent || e.settled:
		return false
	case e.unsure:
		return true
	case e.Status == 0:
		return true
	case e.Status >= http.StatusInternalServerError:
		return !isRefusal(e.Code)
	default:
		return isSuccess(e.Status)
	}
}

// Unsent reports whether it is certain that no write was sent: the error is that
// of a read before the write, or nothing has left this machine.
func (e *Error) Unsent() bool { return !e.write || !e.sent }

// IsNotFound reports whether the service said that the object does not exist:
// Descope's code for it, whatever the status (it was seen with 500), or a 404,
// unless that is about the route or does not come from an API at all.
func IsNotFound(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	if failure.Code == codeTenantNotFound || failure.Code == codeFlowNotFound {
		return true
	}
	return failure.Status == http.StatusNotFound && !failure.notJSON && failure.Code != codeUnknownRoute
}

// IsAuth reports whether credentials are missing, wrong, or not sufficient.
func IsAuth(err error) bool {
	if errors.Is(err, ErrCredentials) {
		return true
	}
	failure, ok := errors.AsType[*Error](err)
	return ok && (failure.Status == http.StatusUnauthorized || failure.Status == http.StatusForbidden)
}

// IsUnreadable reports whether the service said that there is nothing to read
// for this key: the object does not exist, the key may not see it, or the host
// does not know the call.
func IsUnreadable(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	switch failure.Status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return true
	}
	return failure.Code == codeUnknownRoute || IsNotFound(err)
}

// IsRateLimited reports whether the call was refused for coming too soon.
func IsRateLimited(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && (failure.Status == http.StatusTooManyRequests || failure.Code == codeRateLimitExceeded)
}

// isRefusal knows the codes that say that nothing was changed.
func isRefusal(code string) bool { return slices.Contains(refusals, code) }

// isDescopeCode reports whether a code is one of Descope's: E and six digits.
func isDescopeCode(code string) bool {
	if len(code) != 7 || code[0] != 'E' {
		return false
	}
	return strings.Trim(code[1:], "0123456789") == ""
}

func httpCode(status int) string { return fmt.Sprintf("http_%d", status) }

func isSuccess(status int) bool { return status >= 200 && status < 300 }

// cause carries an error of a lower layer with a text that is safe to print.
// It can be asked what it is, but does not hand out the original, whose text
// may repeat what a server sent.
type cause struct {
	text string
	errs []error
}

func (c *cause) Error() string { return c.text }

// Is implements the interface of [errors.Is].
func (c *cause) Is(target error) bool {
	for _, err := range c.errs {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// As implements the interface of [errors.As].
func (c *cause) As(target any) bool {
	for _, err := range c.errs {
		if errors.As(err, target) {
			return true
		}
	}
	return false
}
