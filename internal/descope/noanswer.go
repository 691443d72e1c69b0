package descope

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/textproto"
	"strings"
	"time"
)

// HintDoctor ends the hint of a failure to reach the host. Who is looking for the
// reason already leaves it out.
const HintDoctor = "; descope-mgmt doctor finds out where it fails"

// noAnswer turns a failure below HTTP into an error. ctx is the caller's, so
// that its end is told from the end of the time that one request has.
func (c *caller) noAnswer(ctx context.Context, call call, err error, sent bool) *Error {
	sent = sent && !isDialFailure(err) // without a connection nothing leaves
	failure := &Error{Method: call.method, Path: call.path, write: call.kind.writes(), sent: sent, Err: c.cause(err)}
	failure.Description = failure.Err.Error()
	switch {
	case ctx.Err() != nil:
		c.stopped(ctx, failure)
	case isTLSFailure(err):
		failure.Code, failure.Hint = CodeTLS, c.tlsHint(err)+HintDoctor
		failure.Description = strings.TrimPrefix(failure.Description, CodeTLS+": ") // the code says it already
	case isDialFailure(err):
		failure.Code, failure.Hint = CodeUnreachable, c.unreachableHint()+HintDoctor
	case errors.Is(err, context.DeadlineExceeded):
		failure.Code = CodeTimeout
		failure.Description = "no whole answer within " + c.opts.Timeout.String()
		failure.Hint = "check the network to " + HostName(c.endpoint) + ", or allow more time with --timeout" + HintDoctor
	case !sent:
		failure.Code, failure.Hint = CodeUnreachable, c.unreachableHint()+HintDoctor
	case isNoHTTP(err):
		failure.Code = CodeNoAnswer
		failure.Hint = HostName(c.endpoint) + ", or a proxy before it, sent an answer that is no HTTP: check HTTPS_PROXY and the base URL, then run the command again"
	default:
		failure.Code, failure.Hint = CodeNoAnswer, "the connection broke: check the network, then run the command again"
	}
	if failure.OutcomeUnknown() {
		failure.Hint = hintPlan
	}
	return failure
}

// stopped is what remains when the caller no longer waits.
func (c *caller) stopped(ctx context.Context, failure *Error) {
	failure.Code = CodeCanceled
	failure.Description = "stopped before an answer came"
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		failure.Code = CodeTimeout
	}
	failure.Err = c.cause(ctx.Err(), context.Cause(ctx))
}

// stoppedWaiting is a failure whose repetition the caller did not wait for.
func (c *caller) stoppedWaiting(ctx context.Context, failure *Error, wait time.Duration, err error) *Error {
	errs := []error{err}
	if ctx.Err() != nil {
		errs = append(errs, ctx.Err(), context.Cause(ctx))
	}
	failure.Err = c.cause(errs...)
	switch {
	case failure.OutcomeUnknown():
		failure.Hint = hintPlan
	case IsRateLimited(failure):
		failure.Hint = "the wait for the end of the rate limit (" + seconds(wait) + ") was cut short: run the command again later"
	default:
		failure.Hint = "the wait before the next attempt (" + seconds(wait) + ") was cut short: run the command again"
	}
	return failure
}

// cause wraps errors of lower layers; the first one gives the text.
func (c *caller) cause(errs ...error) error {
	return &cause{text: c.redact.text(errs[0].Error(), maxText), errs: errs}
}

func (c *caller) tlsHint(err error) string {
	host := HostName(c.endpoint)
	if errors.Is(err, http.ErrSchemeMismatch) || isA[tls.RecordHeaderError](err) {
		return host + " does not speak TLS there: check host and port of the base URL"
	}
	return "the certificate of " + host + " is not trusted by this machine: check the base URL and the machine's clock; " +
		"behind an inspecting proxy, name its certificate authority in SSL_CERT_FILE"
}

func (c *caller) unreachableHint() string {
	if isLoopback(c.endpoint.Hostname()) {
		return "nothing answers at " + HostName(c.endpoint) + ": is the emulator running there? (descope-mgmt emulator)"
	}
	return "check the network, HTTPS_PROXY, and the base URL: " + HostName(c.endpoint) + " could not be reached"
}

func isTLSFailure(err error) bool {
	if errors.Is(err, http.ErrSchemeMismatch) || isA[*tls.CertificateVerificationError](err) || isA[tls.RecordHeaderError](err) ||
		isA[x509.UnknownAuthorityError](err) || isA[x509.HostnameError](err) || isA[x509.CertificateInvalidError](err) {
		return true
	}
	// A TLS alert: "remote error" when the server sent it, "local error" when we did.
	operation, ok := errors.AsType[*net.OpError](err)
	return ok && (operation.Op == "remote error" || operation.Op == "local error")
}

// isNoHTTP reports whether something came that is no answer in HTTP. Of the errors of
// net/http for that only those about headers have a type.
func isNoHTTP(err error) bool {
	return isA[textproto.ProtocolError](err) || strings.Contains(err.Error(), ": malformed HTTP ") ||
		strings.Contains(err.Error(), "malformed chunked encoding") || strings.Contains(err.Error(), "invalid byte in chunk length")
}

func isDialFailure(err error) bool {
	operation, ok := errors.AsType[*net.OpError](err)
	return isA[*net.DNSError](err) || ok && (operation.Op == "dial" || operation.Op == "proxyconnect")
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
