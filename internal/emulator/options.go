package emulator

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

const defaultMaxBodyBytes = 32 << 20

// Options say how an emulator behaves. The zero value is one project with a
// generated id and key, in memory, without latency, limits or faults.
type Options struct {
	// Projects are the projects to serve; none means one with a generated id
	// and key, unless the data folder holds some already.
	Projects []Project
	// DataDir is the folder of the embedded store; empty keeps everything in
	// memory. It is created with mode 0700 when it does not exist.
	DataDir string
	// Seed is laid into projects that hold nothing yet; nil means empty
	// projects. It is also what a reset through the control API goes back to.
	Seed *State

	// Latency is waited before each call takes effect, plus a uniform share of LatencyJitter.
	Latency       time.Duration
	LatencyJitter time.Duration
	// Limits are the rate limits; the zero value sets none.
	Limits Limits

	// NoPatch makes the partial update an unknown route, as on older hosts.
	NoPatch bool
	// RejectUnknownFields refuses request fields that the endpoint does not know.
	RejectUnknownFields bool
	// NotFoundStatus is the HTTP status where a tenant, a role or a permission
	// does not exist: 500 (as recorded, the default) or 404.
	NotFoundStatus int
	// RefuseProjectList answers a list of projects as a key meets it that is
	// limited to projects.
	RefuseProjectList bool
	// ImportBehavior is what imports do to flows and themes; empty means
	// [ImportLive].
	ImportBehavior ImportBehavior
	// MaxBodyBytes bounds one request's body; 0 means 32 MiB.
	MaxBodyBytes int64

	// Now, Sleep and Rand are the clock, the waiting and the random source of
	// ids, keys, jitter and fault probabilities. Nil means the real ones.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
	Rand  *rand.Rand
	// Logger gets one debug line per call and warnings; nil discards them. No
	// header, body or key is ever logged.
	Logger *slog.Logger
}

// Project is one project to serve. Its key never prints.
type Project struct {
	ID string
	// ManagementKey opens the project; empty means generate one, or keep the
	// one that the data folder holds.
	ManagementKey string `json:"-"`
	// Name and Tags are shown in the list of projects; empty means what the data
	// folder holds, or else the id and no tags.
	Name string
	Tags []string
	// Environment is "" or "production".
	Environment string
}

// String implements [fmt.Stringer] without the key.
func (p Project) String() string { return p.ID }

// GoString implements [fmt.GoStringer] without the key.
func (p Project) GoString() string { return fmt.Sprintf("emulator.Project{ID: %q}", p.ID) }

// LogValue implements [slog.LogValuer] without the key.
func (p Project) LogValue() slog.Value { return slog.StringValue(p.ID) }

// ProjectInfo describes one served project. ManagementKey is set only where
// the emulator generated it: then nobody else knows it.
type ProjectInfo struct {
	ID            string `json:"id"`
	ManagementKey string `json:"management_key,omitempty"`
}

// isProjectID holds for P and 1 to 63 letters and digits.
func isProjectID(text string) bool {
	other := func(r rune) bool { return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') }
	return len(text) >= 2 && len(text) <= 64 && text[0] == 'P' && !strings.ContainsFunc(text, other)
}

// isManagementKey holds for K and 1 to 255 characters of printable ASCII, none of them ":".
func isManagementKey(text string) bool {
	other := func(r rune) bool { return r < '!' || r > '~' || r == ':' }
	return len(text) >= 2 && len(text) <= 256 && text[0] == 'K' && !strings.ContainsFunc(text, other)
}

// ParseProject reads "ID=KEY". The error never shows the key.
func ParseProject(text string) (Project, error) {
	id, key, found := strings.Cut(text, "=")
	if !found {
		return Project{}, errors.New(`project: expected ID=KEY, for example P2abc=K2xyz`)
	}
	project := Project{ID: id, ManagementKey: key}
	if key == "" {
		return Project{}, fmt.Errorf("project %q: the key after %q is empty", id, "=")
	}
	return project, project.check()
}

func (p Project) check() error {
	if !isProjectID(p.ID) {
		return fmt.Errorf("project %q: an id is %q followed by letters and digits", p.ID, "P")
	}
	if p.ManagementKey != "" && !isManagementKey(p.ManagementKey) {
		return fmt.Errorf("project %q: a management key is %q followed by printable characters, without a colon", p.ID, "K")
	}
	if p.Environment != "" && p.Environment != environmentProduction {
		return fmt.Errorf("project %q: environment %q: expected nothing or %s", p.ID, p.Environment, environmentProduction)
	}
	return nil
}

// environmentProduction is the one environment that a project can be marked with.
const environmentProduction = "production"

// withDefaults fills in what was left out and checks the rest.
func (o Options) withDefaults() (Options, error) {
	seen := map[string]bool{}
	for _, project := range o.Projects {
		if err := project.check(); err != nil {
			return o, err
		}
		if seen[project.ID] {
			return o, fmt.Errorf("project %q is given twice", project.ID)
		}
		seen[project.ID] = true
	}
	switch o.NotFoundStatus {
	case 0:
		o.NotFoundStatus = http.StatusInternalServerError
	case http.StatusInternalServerError, http.StatusNotFound:
	default:
		return o, fmt.Errorf("not-found status %d: expected 500 or 404", o.NotFoundStatus)
	}
	switch o.ImportBehavior {
	case "":
		o.ImportBehavior = ImportLive
	case ImportLive, ImportVerbatim:
	default:
		return o, fmt.Errorf("import behavior %q: expected %s or %s", o.ImportBehavior, ImportLive, ImportVerbatim)
	}
	if o.Latency < 0 || o.LatencyJitter < 0 {
		return o, errors.New("latency and jitter must not be negative")
	}
	if o.MaxBodyBytes <= 0 {
		o.MaxBodyBytes = defaultMaxBodyBytes
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Rand == nil {
		var seed [32]byte
		_, _ = crand.Read(seed[:]) // never fails: crypto/rand aborts the program instead
		o.Rand = rand.New(rand.NewChaCha8(seed))
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
