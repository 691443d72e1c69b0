package pace

import (
	"context"
	"testing"
	"testing/synctest"
)

// TestTurnThatComesWithTheCancellationIsPassedOn: the same moment brings the
// turn and the end of the patience, and whichever is seen first, it is not lost.
func TestTurnThatComesWithTheCancellationIsPassedOn(t *testing.T) {
	gaveUp := 0
	for range 100 {
		synctest.Test(t, func(t *testing.T) {
			q := &queue{wake: make(chan struct{}, 1)}
			if err := q.enter(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- q.enter(ctx) }()
			synctest.Wait()
			q.mu.Lock()
			cancel() // it wakes up, and cannot withdraw before the turn has come
			turn := q.waiting[0]
			q.waiting = nil
			close(turn)
			q.mu.Unlock()
			if err := <-ended; err == nil {
				q.leave()
			} else {
				gaveUp++
			}
			if q.busy || len(q.waiting) != 0 {
				t.Errorf("the turn was lost: %+v", q)
			}
		})
	}
	if gaveUp == 0 {
		t.Error("no case was what this test is for")
	}
}
