package store

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"
)

// Lock is held by this process. It renews its own lease until [Lock.Release],
// and says so when it is lost: when somebody took it over, when its file is
// gone, or when its lease is over because it could not be renewed.
type Lock struct {
	project    *ProjectState
	before     LockInfo
	generation int
	now        func() time.Time

	lost chan error    // gets one error, when the lock is lost
	stop chan struct{} // ends the goroutine that renews
	done chan struct{} // is closed when it has ended
	end  sync.Once

	mu     sync.Mutex
	holder Holder
	loss   error
}

func startLock(project *ProjectState, before LockInfo, holder Holder, now func() time.Time) *Lock {
	lock := &Lock{
		project: project, before: before, generation: before.Generation + 1, now: now, holder: holder,
		lost: make(chan error, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
	go lock.keep()
	return lock
}

// TookOver is the dead holder whose lock this was; false when it was free.
func (l *Lock) TookOver() (Holder, bool) { return l.before.Holder, l.before.State == LockDead }

// RunID is the id of the run that holds the lock.
func (l *Lock) RunID() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.holder.RunID
}

// Follows reports whether nobody has held the lock between a look at it and
// this holder, and nobody was at work at that look: what was read then has not
// been changed by another run.
func (l *Lock) Follows(look LockInfo) bool {
	return look.State != LockHeld && look.Generation+1 == l.generation
}

// Lost gives one error when the lock is lost.
func (l *Lock) Lost() <-chan error { return l.lost }

// Check is nil as long as the lock is held and its lease lasts. It looks at the
// clock and not at the disk, so that it can stand before every single write.
func (l *Lock) Check() error {
	now := l.now().Round(0)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.loss == nil && now.After(l.holder.LeaseUntil) {
		return l.leaseOver(nil)
	}
	return l.loss
}

// Release gives the lock back, if it is still held. It may be called several
// times; only the first call does something.
func (l *Lock) Release() error {
	var err error
	l.end.Do(func() {
		close(l.stop)
		<-l.done
		if l.loss != nil {
			return
		}
		if err = l.look(); err == nil {
			err = l.write(l.holder, true)
		}
	})
	return err
}

// keep renews the lease and watches over the lock until one of them ends.
func (l *Lock) keep() {
	defer close(l.done)
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	renewed := l.holder.Since
	for {
		select {
		case <-l.stop:
			return
		case <-ticker.C:
		}
		now := l.now().Round(0)
		err := l.look()
		if err == nil && now.Sub(renewed) >= renewEvery {
			if err = l.renew(now); err == nil {
				renewed = now
			}
		}
		if l.settle(err, now) {
			return
		}
	}
}

// settle decides whether a failed look or renewal means that the lock is lost:
// a file system that does not answer for a moment is not the end of the lease.
func (l *Lock) settle(err error, now time.Time) (lost bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if gone, taken := errors.AsType[*LockLostError](err); taken {
		l.loss = gone
	} else if now.After(l.holder.LeaseUntil) {
		l.loss = l.leaseOver(err)
	}
	if l.loss != nil {
		l.lost <- l.loss
	}
	return l.loss != nil
}

func (l *Lock) leaseOver(cause error) error {
	reason := fmt.Sprintf("its lease ended at %s, and it was not renewed in time", l.holder.LeaseUntil.UTC().Format(time.RFC3339))
	if cause != nil {
		reason += ": " + cause.Error()
	}
	return &LockLostError{Reason: reason}
}

// look makes sure that the lock's file is the one of this holder. The error is
// a *[LockLostError] when it is not.
func (l *Lock) look() error {
	generation, err := l.project.generation()
	if err != nil {
		return err
	}
	if generation < l.generation {
		return &LockLostError{Reason: "its file is gone"}
	}
	record, err := readLockFile(l.project.lockPath(generation))
	damage, damaged := errors.AsType[*DamagedError](err)
	switch {
	case damaged:
		return &LockLostError{Reason: damage.Error()}
	case generation == l.generation && errors.Is(err, fs.ErrNotExist):
		return &LockLostError{Reason: "its file is gone"}
	case err != nil:
		return err
	case generation > l.generation && record.Released:
		return &LockLostError{Reason: "it was released by " + record.String()}
	case generation > l.generation || record.RunID != l.holder.RunID || record.Process != l.holder.Process:
		return &LockLostError{Reason: "it was taken by " + record.String()}
	}
	return nil
}

func (l *Lock) renew(now time.Time) error {
	holder := l.holder // written by this goroutine only
	holder.LeaseUntil = now.UTC().Add(leaseTime)
	if err := l.write(holder, false); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.holder = holder
	return nil
}

// write replaces the lock's file, whole or not at all.
func (l *Lock) write(holder Holder, released bool) error {
	content, err := encodeLine(lockRecord{FormatVersion: lockFormat, Holder: holder, Released: released})
	if err != nil {
		return err
	}
	return WriteFile(l.project.lockPath(l.generation), content, l.project.modes.file)
}
