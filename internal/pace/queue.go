package pace

import (
	"context"
	"slices"
	"sync"
	"time"
)

// queue lets one caller after the other ask for a slot, in the order in which
// they came. Who has the turn asks, and sleeps, on its own goroutine; a queue
// that nobody waits in costs nothing.
type queue struct {
	mu      sync.Mutex
	busy    bool            // somebody has the turn
	waiting []chan struct{} // closed when the turn comes
	wake    chan struct{}   // holds a value when whoever has the turn should ask again
}

// enter waits for the turn. Without an error the caller has it, and leaves.
func (q *queue) enter(ctx context.Context) error {
	q.mu.Lock()
	if !q.busy {
		q.busy = true
		q.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	q.waiting = append(q.waiting, turn)
	q.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		if !q.withdraw(turn) {
			q.leave() // the turn has come at the same moment
		}
		return ctx.Err()
	}
}

func (q *queue) withdraw(turn chan struct{}) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := slices.Index(q.waiting, turn)
	if at < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, at, at+1)
	return true
}

// leave passes the turn on.
func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.busy = false
		return
	}
	close(q.waiting[0])
	q.waiting = slices.Delete(q.waiting, 0, 1)
}

// nudge ends the sleep of whoever has the turn, now or next.
func (q *queue) nudge() {
	select {
	case q.wake <- struct{}{}:
	default: // it is to ask again already
	}
}

// sleep waits until it is worth asking again.
func (q *queue) sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-q.wake:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
