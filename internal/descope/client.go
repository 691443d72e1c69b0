package descope

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Defaults of [Options].
const (
	DefaultTimeout        = 60 * time.Second
	DefaultMaxConnections = 10
)

// Options say which project to talk to, and how.
type Options struct {
	ProjectID     string          // required
	ManagementKey resource.Secret // required
	// ProjectSource and KeySource say for people where the two come from, in hints;
	// empty: from DESCOPE_PROJECT_ID and DESCOPE_MANAGEMENT_KEY.
	ProjectSource, KeySource string

	BaseURL            string        // empty: by the project id, see [Endpoint]
	Version            string        // of the tool, for the User-Agent
	Timeout            time.Duration // of one request with its answer; zero means [DefaultTimeout]
	MaxConnections     int           // open at once and kept for reuse; zero means [DefaultMaxConnections]
	InsecureSkipVerify bool          // do not verify the server's certificate

	// Logger gets one debug line per request; never headers or bodies. Nil logs nothing.
	Logger *slog.Logger
	// Sleep waits before a call is repeated, and returns early with the context's error. Nil really waits.
	Sleep func(ctx context.Context, duration time.Duration) error
	// Now is the clock; required.
	Now func() time.Time
	// Backoff says how calls are repeated. The zero value holds the defaults.
	Backoff Backoff
	// Gate is entered by each attempt before its request leaves. Nil lets all pass.
	Gate Gate
	// Transport replaces the client's own connections. It must not follow redirects or repeat requests.
	Transport http.RoundTripper
	// Notice tells a person what the client waits for. It may be called by
	// several goroutines at once. Nil tells nobody.
	Notice func(message string)
	// RequestID gives the external request id of a request, which Descope keeps in
	// its own audit log: printable ASCII, or empty for none. It may be called by
	// several goroutines at once. Nil gives none.
	RequestID func() string
	// Decoding is held while lists of tenants and exported flows that are in memory are
	// decoded. Clients that share it leave processors to the answers of their other
	// calls. Nil holds nothing back.
	Decoding sync.Locker
}

// Client is a connection to one project. Its readers and writers share it and
// may be used by several goroutines.
type Client struct{ caller *caller }

// Connect prepares a client. Nothing is sent. The error is about options: a
// missing clock, an unusable base URL, or credentials ([ErrCredentials]).
func Connect(opts Options) (*Client, error) {
	if opts.Now == nil {
		return nil, errors.New("descope: a clock is needed")
	}
	if err := checkCredentials(opts.ProjectID, opts.ManagementKey); err != nil {
		return nil, err
	}
	endpoint, err := Endpoint(opts.ProjectID, opts.BaseURL)
	if err != nil {
		return nil, err
	}
	opts = withDefaults(opts)
	transport, traced := opts.Transport, false
	if transport == nil {
		transport, traced = newTransport(opts, endpoint), true
	}
	return &Client{caller: &caller{
		endpoint: endpoint, transport: transport, traced: traced, opts: opts,
		redact: newRedactor(opts.ProjectID, opts.ManagementKey), rules: retryRules,
		maxAnswer: maxAnswer, patch: newPatchSupport(),
	}}, nil
}

// Reader gives access to the calls that change nothing.
func (c *Client) Reader() *Reader { return &Reader{caller: c.caller} }

// Writer gives access to the calls that change something.
func (c *Client) Writer() *Writer { return &Writer{caller: c.caller} }

// Close lets idle connections go. Calls in flight are not touched.
func (c *Client) Close() {
	if closer, ok := c.caller.transport.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

func withDefaults(opts Options) Options {
	if opts.Timeout <= 0 {
		opts.Timeout = DefaultTimeout
	}
	if opts.MaxConnections <= 0 {
		opts.MaxConnections = DefaultMaxConnections
	}
	if opts.Version == "" {
		opts.Version = "dev"
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Sleep == nil {
		opts.Sleep = sleep
	}
	opts.Backoff = opts.Backoff.withDefaults()
	if opts.Notice == nil {
		opts.Notice = func(string) {}
	}
	return opts
}

// checkCredentials refuses what could not be sent in a header, or would change
// its meaning: the two are joined by a colon.
func checkCredentials(projectID string, key resource.Secret) error {
	unsendable := func(r rune) bool { return r <= ' ' || r > '~' }
	switch {
	case projectID == "":
		return fmt.Errorf("%w: the project id is missing; set DESCOPE_PROJECT_ID", ErrCredentials)
	case strings.ContainsFunc(projectID, unsendable), strings.Contains(projectID, ":"):
		return fmt.Errorf("%w: %s cannot be a project id; set DESCOPE_PROJECT_ID", ErrCredentials, quoted(projectID))
	case key.IsEmpty():
		return fmt.Errorf("%w: the management key is missing; set DESCOPE_MANAGEMENT_KEY "+
			"(keys are made in the Descope console under Company > Management Keys)", ErrCredentials)
	case strings.ContainsFunc(key.Reveal(), unsendable):
		return fmt.Errorf("%w: the management key holds white space or characters that no key has; set DESCOPE_MANAGEMENT_KEY", ErrCredentials)
	}
	return nil
}
