package descope

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	defaultRetryAfter = 60 * time.Second // Descope blocks for a minute where it does not say (docs, rate limiting)
	maxRetryAfter     = 5 * time.Minute
)

// retryPolicy is the one place that decides whether a failed call is repeated:
// attempt counts from 1, and wait is how long before the next one.
type retryPolicy func(call call, attempt int, failure *Error) (wait time.Duration, again bool)

// retryRateLimitOnce repeats what was refused by a rate limit, once, after the
// time that the service asks for. Everything else is final.
func retryRateLimitOnce(_ call, attempt int, failure *Error) (time.Duration, bool) {
	return failure.RetryAfter, attempt == 1 && failure.Status == http.StatusTooManyRequests
}

func (c *caller) wait(ctx context.Context, duration time.Duration) error {
	c.opts.Notice("rate limited, waiting " + seconds(duration))
	return c.opts.Sleep(ctx, duration)
}

// retryAfter reads the header: whole seconds or a date. A missing or
// unreadable one means a minute, and none means more than five.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if header != "" && strings.Trim(header, "0123456789") == "" {
		count, err := strconv.ParseInt(header, 10, 32)
		if err != nil { // more digits than any wait has
			return maxRetryAfter
		}
		return min(time.Duration(count)*time.Second, maxRetryAfter)
	}
	date, err := http.ParseTime(header)
	if err != nil {
		return defaultRetryAfter
	}
	return min(max(date.Sub(now), 0), maxRetryAfter)
}

// seconds shows a wait in whole seconds, rounded up.
func seconds(duration time.Duration) string {
	return strconv.FormatInt(int64((duration+time.Second-1)/time.Second), 10) + " s"
}

func sleep(ctx context.Context, duration time.Duration) error {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
