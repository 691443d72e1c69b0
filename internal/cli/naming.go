package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/audit"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// runIDTime is the time at the start of a run's id.
const runIDTime = "20060102T150405Z"

// runIDDigits is how many hex digits of the audit chain's head end a run's id.
const runIDDigits = 16

// run is the id of this run, as far as it has one.
func (a *App) run() string {
	if id := a.runID.Load(); id != nil {
		return *id
	}
	return ""
}

// nameRun gives this run its id.
func (a *App) nameRun(id string) {
	if before := a.run(); before != "" && before != id {
		a.log.Debug("the run has another id from here on", slog.String("now", id))
	}
	a.runID.Store(&id)
}

// nameRandomly gives a run its id that leaves no trace in an audit log.
func (a *App) nameRandomly() error {
	var random [32]byte
	if _, err := io.ReadFull(a.Random, random[:]); err != nil {
		return fmt.Errorf("make a run id: %w", err)
	}
	digest := sha256.Sum256(random[:])
	a.nameRun(a.runIDAfter(hex.EncodeToString(digest[:])))
	return nil
}

// runIDAfter names a run: its time, and the first digits of the digest that the
// audit log's next record continues. Whoever keeps the id keeps a witness of the
// log up to there.
func (a *App) runIDAfter(digest string) string {
	return a.Now().UTC().Format(runIDTime) + "-" + strings.TrimPrefix(digest, "sha256:")[:runIDDigits]
}

// nextRunID is the id of a run that would be recorded now. A log that cannot be
// read cannot be continued either.
func (s *session) nextRunID(ctx context.Context) (string, error) {
	head, err := s.audit.Head(ctx)
	if failure, ok := errors.AsType[*store.FileError](err); ok {
		err = &audit.WriteError{Path: s.audit.Path(), Err: failure}
	}
	if err != nil {
		return "", err
	}
	return s.app.runIDAfter(head.Digest), nil
}

// runStarted is when a run began, as its id says; the zero time where it does
// not. What a cut-off run has made is ours only if it is not younger than that.
func runStarted(runID string) time.Time {
	stamp, _, _ := strings.Cut(runID, "-")
	started, err := time.Parse(runIDTime, stamp)
	if err != nil {
		return time.Time{}
	}
	return started
}
