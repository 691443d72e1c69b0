package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

const (
	// mostAttempts is how often a call is made that is refused for coming too soon.
	mostAttempts = 5
	mostBytes    = 32 << 20
	callTimeout  = time.Minute
	// assumedLatency is what a call to the service is taken to last.
	assumedLatency = 200 * time.Millisecond
)

// Bearers other than the target's own, in the form of [Request.Bearer].
const (
	BearerNone    = "none"
	BearerKeyOnly = "Bearer {key}" //nolint:gosec // a form, and no key
)

// Request is one call. In its path, body and bearer {project} stands for the id
// of the project; in its bearer {key} stands for the management key.
type Request struct {
	Method, Path string
	Body         string // JSON; empty for none
	Bearer       string // empty for that of the target
}

// String is the method and the path.
func (r Request) String() string { return r.Method + " " + r.Path }

// Answer is what a call got back.
type Answer struct {
	Status int
	Body   []byte
}

// OK reports whether the call was done.
func (a Answer) OK() bool { return a.Status >= http.StatusOK && a.Status < http.StatusMultipleChoices }

// Options are the circumstances of an [API]. All of them are required.
type Options struct {
	Client *http.Client // must not follow redirects
	// Rules are the limits to stay under, and Store the book that counts the
	// calls; the program keeps to the same book where it is the program's own.
	Rules pace.Rules
	Store pace.Store
	Sleep func(ctx context.Context, duration time.Duration) error
	// RequestID goes along with each call into Descope's own audit log.
	RequestID string
}

// API is a plain client of the target: it sends what it is told, repeats
// nothing but calls that came too soon, and keeps to the rate limits. It may be
// used by several goroutines.
type API struct {
	target  Target
	options Options
	budget  *pace.Budget
	calls   atomic.Int64
}

// NewAPI prepares a client. Nothing is sent.
func NewAPI(target Target, options Options) (*API, error) {
	budget, err := pace.NewLimiter(options.Store).Budget(target.Host(), target.ProjectID, options.Rules.Usable(pace.DefaultBuffer))
	if err != nil {
		return nil, fmt.Errorf("rate limits: %w", err)
	}
	return &API{target: target, options: options, budget: budget}, nil
}

// Calls is how many requests were sent.
func (a *API) Calls() int { return int(a.calls.Load()) }

// Foretell is how long so many calls take, one after the other, under the
// limits and with what counts against them now.
func (a *API) Foretell(ctx context.Context, calls int) (time.Duration, error) {
	return a.budget.Estimate(ctx, []pace.Load{{Class: pace.ClassTenant, Calls: calls, Longest: calls}}, 1, assumedLatency)
}

// Call makes one call. An answer that refuses is no error. A refusal for coming
// too soon is waited out; the last one is returned.
func (a *API) Call(ctx context.Context, r Request) (Answer, error) {
	for attempt := 1; ; attempt++ {
		answer, after, err := a.send(ctx, r)
		if err != nil {
			return Answer{}, fmt.Errorf("%s: %w", r, err)
		}
		if answer.Status != http.StatusTooManyRequests || attempt == mostAttempts {
			return answer, nil
		}
		if err := a.options.Sleep(ctx, after); err != nil {
			return Answer{}, fmt.Errorf("%s: %w", r, err)
		}
	}
}

// Do makes one call that has to be done, and returns the answer's body.
func (a *API) Do(ctx context.Context, r Request) ([]byte, error) {
	answer, err := a.Call(ctx, r)
	if err == nil && !answer.OK() {
		err = fmt.Errorf("%s: status %d: %s", r, answer.Status, a.safe(string(answer.Body)))
	}
	return answer.Body, err
}

// send makes one attempt under a slot. After is how long a refusal asks to wait.
func (a *API) send(ctx context.Context, r Request) (answer Answer, after time.Duration, err error) {
	slot, err := a.budget.Acquire(ctx, pace.ClassOf(r.Method, r.Path), 1)
	if err != nil {
		return Answer{}, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	request, err := a.request(ctx, r)
	if err != nil {
		slot.Cancel()
		return Answer{}, 0, err
	}
	a.calls.Add(1)
	response, err := a.options.Client.Do(request)
	if err != nil {
		slot.Done()
		return Answer{}, 0, errors.New(a.safe(err.Error()))
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, mostBytes))
	if response.StatusCode == http.StatusTooManyRequests {
		seconds, bad := strconv.Atoi(response.Header.Get("Retry-After"))
		after = min(max(time.Duration(seconds)*time.Second, 0), pace.MaxRetryAfter)
		if bad != nil {
			after = pace.DefaultRetryAfter
		}
		slot.Refused(after, bad == nil)
	} else {
		slot.Done()
	}
	if err != nil {
		return Answer{}, 0, fmt.Errorf("read the answer: %w", err)
	}
	return Answer{Status: response.StatusCode, Body: body}, after, nil
}

func (a *API) request(ctx context.Context, r Request) (*http.Request, error) {
	var body io.Reader
	if r.Body != "" {
		body = bytes.NewReader([]byte(strings.ReplaceAll(r.Body, "{project}", a.target.ProjectID)))
	}
	path := strings.ReplaceAll(r.Path, "{project}", a.target.ProjectID)
	request, err := http.NewRequestWithContext(ctx, r.Method, a.target.Endpoint.String()+path, body)
	if err != nil {
		return nil, err
	}
	if r.Body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("User-Agent", "descope-mgmt-live-tests")
	request.Header.Set("X-External-Rid", a.options.RequestID)
	bearer := r.Bearer
	if bearer == "" {
		bearer = "Bearer {project}:{key}"
	}
	if bearer != BearerNone {
		request.Header.Set("Authorization", strings.NewReplacer("{project}", a.target.ProjectID, "{key}", a.target.Key.Reveal()).Replace(bearer))
	}
	return request, nil
}

// safe is a text without the management key, and bounded.
func (a *API) safe(text string) string {
	const most = 2000
	text = strings.ReplaceAll(text, a.target.Key.Reveal(), "{key}")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + " …"
	}
	return text
}
