package cli

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/apply"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
)

// How often progress is shown: a terminal's line is drawn anew, a log gets a
// line now and then.
const (
	drawEvery = 200 * time.Millisecond
	lineEvery = 10 * time.Second
)

// progress shows how far an apply is, on the error stream.
type progress struct {
	session *session
	live    bool // one line of a terminal, drawn anew
	started time.Time

	mu              sync.Mutex
	finished, total int

	stop  chan struct{}
	ended sync.Once
	done  sync.WaitGroup
}

// startProgress begins to show progress; the caller ends it with end.
func (s *session) startProgress(ctx context.Context, total int) *progress {
	p := &progress{session: s, live: s.app.Terminal.Redraw && !s.app.flags.verbose, started: s.app.Now(), total: total, stop: make(chan struct{})}
	if s.app.flags.quiet {
		return p
	}
	every := lineEvery
	if p.live {
		every = drawEvery
	}
	p.done.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-p.stop:
				return
			case <-ticker.C:
				p.draw(ctx)
			}
		}
	})
	return p
}

// end removes the line of a terminal. A second call has no effect.
func (p *progress) end() {
	p.ended.Do(func() {
		close(p.stop)
		p.done.Wait()
		if p.session.app.drawn.Swap(false) {
			_, _ = io.WriteString(p.session.app.Err, clearLine)
		}
	})
}

// clearLine takes the cursor to the start of an empty line.
const clearLine = "\r\x1b[K"

func (p *progress) draw(ctx context.Context) {
	text := p.text(ctx)
	if p.live {
		app := p.session.app
		app.drawn.Store(true)
		_, _ = io.WriteString(app.Err, clearLine+cut(text, app.progressWidth(), app.errStyle().ellipsis()))
		return
	}
	_, _ = io.WriteString(p.session.app.Err, text+"\n")
}

// progressWidth is how wide a line may be that is drawn over: one that goes on in the
// next row would stay there.
func (a *App) progressWidth() int {
	return a.errStyle().columns() - 1
}

// text is one line: counts, rate, and when it will be done or go on.
func (p *progress) text(ctx context.Context) string {
	p.mu.Lock()
	finished, total := p.finished, p.total
	p.mu.Unlock()
	elapsed := p.session.app.Now().Sub(p.started)
	text := fmt.Sprintf("%d of %d changes done", finished, total)
	if finished > 0 && elapsed > 0 {
		text += fmt.Sprintf(", %.1f/s", float64(finished)/elapsed.Seconds())
	}
	usage, limited, err := p.session.budget.Usage(ctx, pace.ClassTenant)
	if err == nil && limited && usage.Blocked > 0 {
		return text + fmt.Sprintf("; rate limited, resuming in %s", (usage.Blocked+time.Second-1).Truncate(time.Second))
	}
	left, err := p.session.budget.Estimate(ctx, []pace.Load{{Class: pace.ClassTenant, Calls: total - finished}}, p.session.workers(), plan.AssumedLatency)
	if err == nil && finished < total {
		text += fmt.Sprintf(", about %s left", left.Round(time.Second))
	}
	return text
}

// event counts what has an outcome, and tells of it with --verbose.
func (p *progress) event(event apply.Event) {
	p.mu.Lock()
	p.finished = event.Finished
	p.mu.Unlock()
	app := p.session.app
	switch event.Type {
	case apply.EventStopping:
		if event.Message != "" {
			app.warn("stopping: %s", event.Message)
			return
		}
		app.notice("stopping: calls in flight get %s; interrupt again to end at once", grace)
	case apply.EventFinished, apply.EventCorrected:
		if app.flags.verbose {
			result := event.Result
			app.notice("[%d/%d] %s %s: %s", event.Finished, event.Total, result.Action, result.Address, result.Status)
		}
	}
}
