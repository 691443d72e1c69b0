package store

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// The times of a lock. A holder renews its lease long before it ends, and stops
// when it has ended; others wait a while longer before they believe that, so
// that clocks which differ by less than clockSkew do no harm.
const (
	leaseTime   = 60 * time.Second
	renewEvery  = 20 * time.Second
	lookEvery   = 5 * time.Second // how soon a holder notices that its lock was taken away
	clockSkew   = 30 * time.Second
	pollEvery   = 500 * time.Millisecond
	pollSpread  = 0.5 // each wait differs from the next by up to this share
	maxRestarts = 100 // how often a lock that changes under the reader is read anew

	leftoverAge = 24 * time.Hour // of a temporary file that nobody is writing any more
)

// Holder is who holds a lock, or held it last.
type Holder struct {
	User string `json:"holder"`
	Process
	Command    string    `json:"command"` // without arguments, which may be secret
	RunID      string    `json:"run_id"`
	Since      time.Time `json:"since"`
	LeaseUntil time.Time `json:"lease_until"`
}

// String names the holder inside a sentence.
func (h Holder) String() string {
	return fmt.Sprintf("%s on %s (pid %d, %s, since %s)", h.User, h.Host, h.PID, h.Command, h.Since.UTC().Format(time.RFC3339))
}

// dead reports whether a holder can no longer be writing, as seen by a process:
// on the same machine its process has ended; elsewhere its lease is over.
func (h Holder) dead(seenBy Process, now time.Time) bool {
	switch h.life(seenBy) {
	case lifeOver:
		return true
	case lifeRunning:
		return false
	default:
		return now.After(h.LeaseUntil.Add(clockSkew))
	}
}

// LockState says how a lock stands.
type LockState string

// The states of a lock.
const (
	LockFree LockState = "free" // never taken, or released
	LockHeld LockState = "held"
	LockDead LockState = "dead" // taken, and its holder has ended without releasing it: the next run takes it over
)

// LockInfo is a lock as somebody sees it who does not hold it.
type LockInfo struct {
	// Generation counts the holders. It grows with each, and 0 means that there
	// was none.
	Generation int
	State      LockState
	Holder     Holder // who holds it, or held it last; empty when there was none
}

// LockInfo reads the lock without touching it. Where the record is damaged the
// error is a *[DamagedError], and the generation is set all the same.
func (p *ProjectState) LockInfo(seenBy Process, now time.Time) (LockInfo, error) {
	generation, record, err := p.readLock()
	info := LockInfo{Generation: generation, State: LockFree}
	if err != nil || generation == 0 {
		return info, err
	}
	info.Holder = record.Holder
	switch {
	case record.Released:
	case record.dead(seenBy, now):
		info.State = LockDead
	default:
		info.State = LockHeld
	}
	return info, nil
}

// LockRequest is what a run says when it wants to write.
type LockRequest struct {
	Holder Holder // who asks; Since and LeaseUntil are set here
	// RunID, when it is set, names the run at the moment when the lock is about to
	// be taken and nobody holds it: what it reads then stays as it is until the
	// lock is released.
	RunID func() (string, error)
	Now   func() time.Time
	// Timeout is how long to wait for another holder; 0 means not at all.
	Timeout time.Duration
	// Jitter gives numbers from 0 up to 1, which spread the waits of several
	// processes. Nil means that they are not spread.
	Jitter func() float64
	// Waiting is told, once, for whom the run waits. It may be nil.
	Waiting func(Holder)

	poll time.Duration // how often to look; 0 for the usual
}

// Lock makes the caller the one that writes to the project. A lock whose holder
// is dead is taken over. Errors: *[LockedError] when somebody else holds it
// until the timeout, *[DamagedError], *[FileError], or the context's cause. The
// caller must call [Lock.Release].
func (p *ProjectState) Lock(ctx context.Context, request LockRequest) (*Lock, error) {
	timeout := time.NewTimer(request.Timeout)
	defer timeout.Stop()
	last := request.Timeout <= 0
	for told := false; ; {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		lock, other, err := p.tryLock(request)
		switch {
		case err != nil || lock != nil:
			return lock, err
		case other == nil: // another taker was faster; look again
			continue
		case last:
			return nil, &LockedError{Holder: *other, Waited: request.Timeout}
		}
		if !told && request.Waiting != nil {
			request.Waiting(*other)
		}
		told = true
		select {
		case <-ctx.Done():
		case <-timeout.C:
			last = true
		case <-time.After(request.wait()):
		}
	}
}

func (r LockRequest) wait() time.Duration {
	every := cmp.Or(r.poll, pollEvery)
	if r.Jitter == nil {
		return every
	}
	return time.Duration(float64(every) * (1 - pollSpread + 2*pollSpread*r.Jitter()))
}

// tryLock takes a lock that is free or whose holder is dead, or says who holds
// it. All results are nil when somebody else has just taken it.
func (p *ProjectState) tryLock(request LockRequest) (*Lock, *Holder, error) {
	now := request.Now().Round(0) // without the monotonic reading, which stands still while a laptop sleeps
	before, err := p.LockInfo(request.Holder.Process, now)
	if err != nil {
		return nil, nil, err
	}
	if before.State == LockHeld {
		return nil, &before.Holder, nil
	}
	holder := request.Holder
	if request.RunID != nil {
		if holder.RunID, err = request.RunID(); err != nil {
			return nil, nil, err
		}
	}
	holder.Since, holder.LeaseUntil = now.UTC(), now.UTC().Add(leaseTime)
	taken, err := p.takeLock(before.Generation+1, lockRecord{FormatVersion: lockFormat, Holder: holder})
	if err != nil || !taken {
		return nil, nil, err
	}
	_ = p.Folder(lockFolder).Tidy(now.Add(-leftoverAge)) // the next taker tries again
	return startLock(p, before, holder, request.Now), nil, nil
}

// ReleaseLock puts an end to the lock as info shows it, in the name of somebody
// who does not hold it. A holder that is alive notices within seconds and stops.
// It reports false when the lock has changed since info was read.
func (p *ProjectState) ReleaseLock(info LockInfo, by Holder, now time.Time) (bool, error) {
	by.Since, by.LeaseUntil = now.UTC(), now.UTC()
	return p.takeLock(info.Generation+1, lockRecord{FormatVersion: lockFormat, Holder: by, Released: true})
}

// LockedError says that somebody else is writing to the project, or editing the
// configuration.
type LockedError struct {
	Holder Holder
	Waited time.Duration

	editing string // the folder of the configuration; empty for a project
}

// Error names the holder.
func (e *LockedError) Error() string {
	text := "another run is writing to this project: " + e.Holder.String()
	if e.editing != "" {
		text = "another command is editing the configuration in " + e.editing + ": " + e.Holder.String()
	}
	if e.Waited > 0 {
		text += fmt.Sprintf("; it was still at work after %s", e.Waited)
	}
	return text
}

// Fault is the error as documents show it.
func (e *LockedError) Fault() resource.Fault {
	if e.editing != "" {
		return resource.Fault{Code: "locked", Message: e.Error(), Hint: "nothing was written; run it again when that one has ended"}
	}
	return resource.Fault{
		Code: "locked", Message: e.Error(),
		Hint: "wait for it with --lock-timeout 10m; look at it with descope-mgmt lock status; if it will never end: descope-mgmt lock release",
	}
}

// LockLostError says that a run no longer holds its lock, and may not write.
type LockLostError struct{ Reason string }

// Error is the reason in a sentence.
func (e *LockLostError) Error() string { return "the lock was lost: " + e.Reason }

// Fault is the error as documents show it.
func (e *LockLostError) Fault() resource.Fault {
	return resource.Fault{
		Code: "lock_lost", Message: e.Error(),
		Hint: "look at descope-mgmt lock status, then run again: the next plan shows what is left",
	}
}
