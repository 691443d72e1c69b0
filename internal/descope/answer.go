package descope

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
)

const (
	// maxAnswer is the largest successful answer that is read, decompressed.
	maxAnswer = 256 << 20
	// firstRead is how much is read to see how an answer begins; the rest goes past it.
	firstRead = 512
	// maxRefusal is how much of an answer is read for an error's text.
	maxRefusal = 64 << 10
	// maxWhole is up to which size an answer is read before it is decoded, so that
	// the next request need not wait for the decoder.
	maxWhole = 4 << 20
	// maxDrain is how much of a rest is read to keep the connection; beyond it
	// a new connection is cheaper.
	maxDrain = 256 << 10
)

var errTooLarge = errors.New("the answer is too large")

// accept reads a successful answer, and calls read when nothing of it is left, where
// that is before it is decoded.
func (c *caller) accept(ctx context.Context, call call, response *http.Response, read func()) *Error {
	body := &countedBody{source: response.Body, left: c.maxAnswer}
	buffered := bufio.NewReaderSize(body, firstRead)
	first, err := firstByte(buffered)
	switch {
	case err == nil && first != '{':
		return c.notJSON(call, response, buffered)
	case call.decode == nil && (err == nil || errors.Is(err, io.EOF)):
		return nil // the status says it all, even if the rest gets lost
	case err == nil:
		err = c.decode(call, whole(buffered, response.ContentLength, read))
	case errors.Is(err, io.EOF):
		err = errors.New("the answer is empty")
	}
	if err == nil {
		return nil
	}
	return c.unreadable(ctx, call, response, body.err, err)
}

// decode waits for its turn where the answer is in memory and hardly a call waits for it. The
// next call, which this one has made room for, leaves first.
func (c *caller) decode(call call, answer io.Reader) error {
	if _, inMemory := answer.(*bytes.Buffer); inMemory && call.patient && c.opts.Decoding != nil {
		runtime.Gosched()
		c.opts.Decoding.Lock()
		defer c.opts.Decoding.Unlock()
	}
	return call.decode(answer)
}

// whole reads an answer into memory, a [bytes.Buffer]. One that is large, or breaks
// off, is given back as it came.
func whole(answer io.Reader, length int64, read func()) io.Reader {
	var text bytes.Buffer
	if length > 0 {
		text.Grow(int(min(length, maxWhole)) + bytes.MinRead)
	}
	count, err := text.ReadFrom(io.LimitReader(answer, maxWhole+1))
	if err != nil || count > maxWhole {
		return io.MultiReader(&text, answer)
	}
	read()
	return &text
}

// unreadable is a success whose answer is of no use. readErr is the
// connection's failure, if there was one, and err what the decoder made of it.
func (c *caller) unreadable(ctx context.Context, call call, response *http.Response, readErr, err error) *Error {
	switch {
	case errors.Is(readErr, errTooLarge):
		failure := c.failure(call, response, CodeTooLarge, fmt.Sprintf("the answer is larger than %s", megabytes(c.maxAnswer)))
		failure.Hint = "this is more than a project can hold: " + hintBaseURL
		return failure
	case readErr != nil && !errors.Is(readErr, io.ErrUnexpectedEOF):
		failure := c.noAnswer(ctx, call, readErr, true)
		failure.Status, failure.Ray = response.StatusCode, c.ray(response)
		if failure.Code == CodeNoAnswer {
			failure.Code = CodeTruncated
		}
		return failure
	case readErr != nil, errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		failure := c.failure(call, response, CodeTruncated, "the answer breaks off before its end")
		failure.Err = c.cause(io.ErrUnexpectedEOF)
		return failure
	default:
		failure := c.failure(call, response, CodeBadAnswer, "the answer is not what this call gives")
		failure.Err = c.cause(err)
		failure.Message = failure.Err.Error()
		if !call.kind.writes() {
			failure.Hint = hintBaseURL
		}
		return failure
	}
}

func (c *caller) notJSON(call call, response *http.Response, body io.Reader) *Error {
	head, _ := io.ReadAll(io.LimitReader(body, maxRefusal)) // what arrived is enough for a text
	failure := c.failure(call, response, CodeNotJSON, c.describeOther(response, head))
	failure.Hint, failure.notJSON = hintBaseURL, true
	return failure
}

// failure is an answered call that failed; its hint is for an answer that
// could not be read.
func (c *caller) failure(call call, response *http.Response, code, description string) *Error {
	failure := &Error{
		Method: call.method, Path: call.path, Status: response.StatusCode, Code: code, Description: description,
		Ray: c.ray(response), Hint: "run the command again", write: call.kind.writes(), sent: true,
	}
	if call.kind.writes() {
		failure.Hint = hintPlan
	}
	return failure
}

// refused reads an answer that is no success: Descope's error envelope (four
// strings, of which only the code is always there), or whatever else stands
// between.
func (c *caller) refused(call call, response *http.Response) *Error {
	failure := c.failure(call, response, httpCode(response.StatusCode), "")
	if response.StatusCode >= 300 && response.StatusCode < 400 {
		return c.redirected(failure, response)
	}
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxRefusal)) // an incomplete text is better than none
	var members map[string]json.RawMessage
	trimmed := strings.TrimSpace(string(body))
	switch {
	case json.Unmarshal(body, &members) == nil:
		c.readEnvelope(failure, members)
	case trimmed != "":
		failure.notJSON = true
		failure.Description = c.describeOther(response, body)
	}
	if failure.Description == "" && failure.Message == "" {
		failure.Description = strings.ToLower(http.StatusText(response.StatusCode))
	}
	wait, given := retryAfter(response.Header.Get("Retry-After"), c.opts.Now())
	if given || IsRateLimited(failure) {
		failure.RetryAfter, failure.retryAfterGiven = wait, given
	}
	failure.Hint = c.hintOf(failure)
	return failure
}

func (c *caller) readEnvelope(failure *Error, members map[string]json.RawMessage) {
	text := func(keys ...string) string {
		for _, key := range keys {
			var value string
			if json.Unmarshal(members[key], &value) == nil && value != "" {
				return c.redact.text(value, maxText)
			}
		}
		return ""
	}
	if code := text("errorCode"); code != "" {
		failure.Code = bounded(code, maxName)
	}
	failure.Description = text("errorDescription")
	failure.Message = text("errorMessage", "message")
	if failure.Message == failure.Description {
		failure.Message = ""
	}
}

// redirected names where the service points to, but not the whole address,
// whose query may carry what nobody should see.
func (c *caller) redirected(failure *Error, response *http.Response) *Error {
	failure.Code = CodeRedirect
	failure.Description = "the service points to another address"
	if location, err := url.Parse(response.Header.Get("Location")); err == nil && location.Host != "" {
		failure.Description += ", on " + c.redact.text(location.Scheme+"://"+location.Host, maxName)
	}
	failure.Hint = "redirects are never followed with the key: set the base URL (--base-url, DESCOPE_BASE_URL) to the API's own address"
	return failure
}

// describeOther says what came instead of JSON.
func (c *caller) describeOther(response *http.Response, body []byte) string {
	kind := c.redact.text(response.Header.Get("Content-Type"), maxName)
	what := "something else"
	if strings.Contains(strings.ToLower(kind), "html") || strings.HasPrefix(strings.TrimSpace(string(body)), "<") {
		what = "HTML"
	}
	if kind != "" {
		kind = " (" + kind + ")"
	}
	return what + " instead of JSON" + kind + `: "` + c.redact.head(body) + `"`
}

func (c *caller) ray(response *http.Response) string {
	return c.redact.text(response.Header.Get("Cf-Ray"), maxName)
}

// countedBody reads a body up to a limit and remembers how reading it failed,
// which decoders may hide behind errors of their own.
type countedBody struct {
	source io.Reader
	left   int64
	err    error
}

func (b *countedBody) Read(into []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	count, err := b.source.Read(into)
	b.left -= int64(count)
	if b.left < 0 {
		err = errTooLarge
	}
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return count, err
}

// firstByte looks at the first byte that is not white space, without taking it.
func firstByte(reader *bufio.Reader) (byte, error) {
	for {
		first, err := reader.ReadByte()
		if err != nil {
			return 0, err
		}
		switch first {
		case ' ', '\t', '\r', '\n':
		default:
			return first, reader.UnreadByte()
		}
	}
}

// release reads the rest of an answer, so that the connection can be used again.
func release(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, maxDrain)
	_ = body.Close()
}

func megabytes(count int64) string {
	if count >= 1<<20 {
		return fmt.Sprintf("%d MiB", count>>20)
	}
	return fmt.Sprintf("%d bytes", count)
}
