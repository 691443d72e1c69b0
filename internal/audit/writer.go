package audit

import (
	"context"
	"errors"
	"slices"
	"sync"
)

var errClosed = errors.New("the writer of the audit log is closed")

// Writer takes the records of a run without making it wait for the disk. A
// goroutine of its own appends what has gathered as one batch. It is safe for
// concurrent use; whoever made it must call [Writer.Close].
type Writer struct {
	log    *Log
	cancel context.CancelFunc // stops waiting for the lock
	failed chan error
	done   chan struct{} // the goroutine has ended

	mu      sync.Mutex
	arrived *sync.Cond
	queue   []Record
	closed  bool
	failure error
}

// NewWriter begins to write to a log. It does not end with the context of a run
// that is interrupted, since that run's end has to be recorded too.
func NewWriter(log *Log) *Writer {
	ctx, cancel := context.WithCancel(context.Background())
	w := &Writer{log: log, cancel: cancel, failed: make(chan error, 1), done: make(chan struct{})}
	w.arrived = sync.NewCond(&w.mu)
	go w.write(ctx)
	return w
}

// Add queues a record, which must not be changed afterwards. The error is the
// first one of an earlier batch: nothing is written after it.
func (w *Writer) Add(record Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.failure != nil:
		return w.failure
	case w.closed:
		return errClosed
	}
	w.queue = append(w.queue, record)
	w.arrived.Signal()
	return nil
}

// Failed gives the first error, once, as soon as it is known, so that a run can
// stop at it. It is never closed.
func (w *Writer) Failed() <-chan error { return w.failed }

// Close waits until all records are on disk, and returns the first error of any
// batch. When the context ends it no longer waits for a lock that another
// process holds; the error says so, and what was not written by then is lost.
// The goroutine has ended when Close returns. It may be called again.
func (w *Writer) Close(ctx context.Context) error {
	w.mu.Lock()
	w.closed = true
	w.arrived.Signal()
	w.mu.Unlock()
	defer w.cancel()
	select {
	case <-w.done:
	case <-ctx.Done():
		w.cancel()
		<-w.done
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failure
}

// write appends one batch after the other until there is nothing left.
func (w *Writer) write(ctx context.Context) {
	defer close(w.done)
	for {
		batch := w.take()
		if len(batch) == 0 {
			return
		}
		for part := range slices.Chunk(batch, maxBatch) {
			if err := w.log.Append(ctx, part...); err != nil {
				w.fail(err)
				return
			}
		}
	}
}

// maxBatch is how many records one append of a writer has at most: the lines of
// one are in memory together.
const maxBatch = 1000

// take waits for records. It returns none once the writer is closed and all were
// taken.
func (w *Writer) take() []Record {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.queue) == 0 && !w.closed {
		w.arrived.Wait()
	}
	batch := w.queue
	w.queue = nil
	return batch
}

func (w *Writer) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failure, w.queue = err, nil
	w.failed <- err
}
