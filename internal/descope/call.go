package descope

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// call is one call of the API, whatever number of requests it takes.
type call struct {
	method string
	path   string
	query  url.Values
	kind   kind
	// body makes the request's body, anew for each attempt: what is laid over a
	// fresh read must not grow old while a rate limit is waited out. Its errors
	// are the call's, unchanged. Nil sends none.
	body     func(ctx context.Context) ([]byte, error)
	overRead bool // the body is laid over a read
	// readBack finds out what became of a write whose answer was lost. Writes have one.
	readBack func(ctx context.Context) (finding, error)
	// decode reads the JSON object of a successful answer. Nil accepts any
	// object, and an empty answer as well.
	decode  func(answer io.Reader) error
	patient bool // the answer may wait before it is decoded: most other calls do not depend on it
}

// caller sends calls to one project. It is what readers and writers share.
type caller struct {
	endpoint  *url.URL
	transport http.RoundTripper
	traced    bool // the transport reports when it has a connection
	opts      Options
	redact    *redactor
	rules     []rule
	maxAnswer int64
	patch     *patchSupport
}

type attemptsKey struct{}

// CountAttempts returns a context under which every request of this package is
// added to the counter at the moment when it is handed to the network.
func CountAttempts(ctx context.Context, counter *atomic.Int64) context.Context {
	return context.WithValue(ctx, attemptsKey{}, counter)
}

func countAttempt(ctx context.Context) {
	if counter, ok := ctx.Value(attemptsKey{}).(*atomic.Int64); ok {
		counter.Add(1)
	}
}

// attempt sends one request and reads its answer, within the time that one
// request has. However it ends, the gate is told, once the answer was read.
func (c *caller) attempt(ctx context.Context, call call, body []byte, pass Pass, number int) (failure *Error) {
	status, told := 0, false
	tell := func() {
		if !told {
			told = true
			pass.Done(outcomeOf(status, failure))
		}
	}
	defer tell()
	if ctx.Err() != nil {
		return c.noAnswer(ctx, call, ctx.Err(), false)
	}
	countAttempt(ctx)
	start := c.opts.Now()
	limited, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()

	var sent atomic.Bool
	sent.Store(!c.traced)
	traced := httptrace.WithClientTrace(limited, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	})
	response, err := c.transport.RoundTrip(c.request(traced, call, body)) //nolint:bodyclose // answered closes it
	if err != nil {
		failure = c.noAnswer(ctx, call, err, sent.Load())
	} else {
		status = response.StatusCode
		failure = c.answered(ctx, call, response, tell)
	}
	c.log(ctx, call, status, failure, c.opts.Now().Sub(start), number)
	return failure
}

func outcomeOf(status int, failure *Error) Outcome {
	outcome := Outcome{Status: status}
	if failure != nil {
		outcome.RetryAfter, outcome.RetryAfterGiven, outcome.Unsent = failure.RetryAfter, failure.retryAfterGiven, !failure.sent
	}
	return outcome
}

// answered turns an answer into success or failure and leaves the connection
// ready for the next request. It calls read when it has read a success, where it can
// be told before it is decoded.
func (c *caller) answered(ctx context.Context, call call, response *http.Response, read func()) *Error {
	defer release(response.Body)
	if isSuccess(response.StatusCode) {
		return c.accept(ctx, call, response, read)
	}
	return c.refused(call, response)
}

// request addresses the endpoint and no other host, so that the key cannot go
// anywhere else.
func (c *caller) request(ctx context.Context, call call, body []byte) *http.Request {
	target := *c.endpoint
	target.Path += call.path
	if target.RawPath != "" {
		target.RawPath += call.path
	}
	target.RawQuery = call.query.Encode()
	request := (&http.Request{
		Method: call.method, URL: &target, Host: target.Host, Header: http.Header{},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	header := request.Header
	if !c.opts.ManagementKey.IsEmpty() { // only a probe goes without
		header.Set("Authorization", "Bearer "+c.opts.ProjectID+":"+c.opts.ManagementKey.Reveal())
	}
	if c.opts.ProjectID != "" {
		header.Set("X-Descope-Project-Id", c.opts.ProjectID)
	}
	header.Set("User-Agent", "descope-mgmt/"+c.opts.Version)
	header.Set("Accept", "application/json")
	if c.opts.RequestID != nil {
		if id := c.opts.RequestID(); id != "" {
			header.Set("X-External-Rid", id) // as Descope's SDKs have it
		}
	}
	request.Body = unrepeatable{}
	if call.body != nil {
		header.Set("Content-Type", "application/json")
		request.ContentLength = int64(len(body))
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		request.Body, _ = request.GetBody()
	}
	return request
}

// unrepeatable is an empty body that net/http cannot rewind. Without it, a GET
// whose warm connection breaks would silently be sent a second time: past the
// retry policy, uncounted. (A request with a real body is sent anew only when
// not a byte of it had left.) On the wire it is no body at all.
type unrepeatable struct{}

func (unrepeatable) Read([]byte) (int, error) { return 0, io.EOF }
func (unrepeatable) Close() error             { return nil }

func (c *caller) log(ctx context.Context, call call, status int, failure *Error, took time.Duration, number int) {
	attributes := []slog.Attr{
		slog.String("method", call.method), slog.String("path", call.path), slog.Int("status", status),
		slog.Duration("duration", took), slog.Int("attempt", number),
	}
	if failure != nil {
		attributes = append(attributes, slog.String("code", failure.Code))
	}
	c.opts.Logger.LogAttrs(ctx, slog.LevelDebug, "api call", attributes...)
}

// fixed is a body that is the same for every attempt. A value is sent with
// the bytes that it has; the standard encoder would rewrite them.
func fixed(value resource.Value) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) { return []byte(value), nil }
}
