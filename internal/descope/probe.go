package descope

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync"
	"time"
)

// Stage is a part of the way from here to an answer.
type Stage string

// The stages, in the order of the way.
const (
	StageName    Stage = "name"       // the name of the host, or of its proxy, is looked up
	StageConnect Stage = "connection" // a connection is made
	StageTLS     Stage = "tls"        // it is agreed how the connection is protected
	StageAnswer  Stage = "answer"     // the question is out
)

var stages = []Stage{StageName, StageConnect, StageTLS, StageAnswer}

// Probed is what a probe has found out.
type Probed struct {
	Stage   Stage         // the last one that was begun; without an answer it is the one that failed
	Proxied bool          // the way leads through a proxy of the environment
	Status  int           // HTTP status of the answer; 0 where there was none
	Date    time.Time     // the server's clock as it answered, in whole seconds; zero where it does not say
	Asked   time.Time     // our clock when the request left
	Heard   time.Time     // our clock when the answer began
	License string        // as [Reader.License] has it
	Err     error         // nil where the question was answered as it should be, else an *[Error]
	Latency time.Duration // from question to answer, connection included; zero where there was none
}

// Probe asks a host one question, once, and says how far it came: the one for the
// licence, which costs the service least. Options are those of [Connect], but the
// project id and the key may be missing; then the refusal is the answer. Gate,
// Backoff and Notice have no part in it, and nothing is learned from it.
//
// The call takes no longer than the timeout of the options. The error is that of
// [Connect].
func Probe(ctx context.Context, opts Options) (Probed, error) {
	endpoint, err := Endpoint(opts.ProjectID, opts.BaseURL)
	if err != nil {
		return Probed{}, err
	}
	if !opts.ManagementKey.IsEmpty() {
		if err := checkCredentials(opts.ProjectID, opts.ManagementKey); err != nil {
			return Probed{}, err
		}
	}
	opts.MaxConnections = 1
	opts = withDefaults(opts)
	way := &way{inner: newTransport(opts, endpoint), now: opts.Now, stage: StageName}
	defer way.inner.CloseIdleConnections()
	c := &caller{
		endpoint: endpoint, transport: way, traced: true, opts: opts, redact: newRedactor(opts.ProjectID, opts.ManagementKey), rules: retryRules,
		maxAnswer: maxAnswer, patch: newPatchSupport(),
	}
	probed := Probed{Asked: opts.Now()}
	question := call{method: http.MethodGet, path: pathLicense, decode: func(answer io.Reader) (err error) {
		probed.License, err = decodeLicense(answer)
		return err
	}}
	if failure := c.attempt(way.traced(ctx), question, nil, noPass{}, 1); failure != nil {
		probed.Err = failure
	}
	way.tell(&probed)
	return probed, nil
}

// noPass is the permission of a call that no limit holds back.
type noPass struct{}

func (noPass) Done(Outcome) {}

// way is the way to the host, which notes how far a request has come.
type way struct {
	inner *http.Transport
	now   func() time.Time

	mu      sync.Mutex
	stage   Stage
	proxied bool
	status  int
	date    time.Time
	asked   time.Time
	heard   time.Time
}

// reach notes a stage; the way does not go back.
func (w *way) reach(stage Stage) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if slices.Index(stages, stage) > slices.Index(stages, w.stage) {
		w.stage = stage
	}
}

// traced is a context under which a request notes its stages.
func (w *way) traced(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		ConnectStart:      func(string, string) { w.reach(StageConnect) },
		TLSHandshakeStart: func() { w.reach(StageTLS) },
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err == nil {
				w.reach(StageAnswer)
			}
		},
		GotConn: func(httptrace.GotConnInfo) { w.reach(StageAnswer) },
		WroteRequest: func(httptrace.WroteRequestInfo) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.asked = w.now()
		},
	})
}

// RoundTrip implements [http.RoundTripper].
func (w *way) RoundTrip(request *http.Request) (*http.Response, error) {
	proxied := false
	if w.inner.Proxy != nil {
		proxy, err := w.inner.Proxy(request)
		proxied = proxy != nil && err == nil
	}
	response, err := w.inner.RoundTrip(request)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.proxied = proxied
	if err == nil {
		w.status, w.heard = response.StatusCode, w.now()
		w.date, _ = http.ParseTime(response.Header.Get("Date")) // zero where it is none
	}
	return response, err
}

// tell hands on what was noted.
func (w *way) tell(probed *Probed) {
	w.mu.Lock()
	defer w.mu.Unlock()
	probed.Stage, probed.Proxied, probed.Status, probed.Date = w.stage, w.proxied, w.status, w.date
	if w.status > 0 {
		probed.Latency = w.heard.Sub(probed.Asked)
		if !w.asked.IsZero() {
			probed.Asked = w.asked
		}
		probed.Heard = w.heard
	}
}
