package policy

import (
	"net/http"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// Jitter only ever lengthens a wait, so that no endpoint is asked sooner than it was promised.
const (
	waitJitter       = 0.2
	retryAfterJitter = 0.1
	maxRetryAfter    = time.Hour
)

// NextWait returns how long to wait after so many failed attempts: the schedule's wait × [1, 1.2)
// for a jitter in [0, 1). It returns false if the schedule is used up.
func NextWait(w *bot9.Webhook, failedAttempts int, jitter float64) (time.Duration, bool) {
	wait, more := scheduledWait(w, failedAttempts)
	return stretch(wait, waitJitter*jitter), more
}

// waitAfter is NextWait, unless the endpoint asked for another wait (RFC 9110 §10.2.3, RFC 6585 §4).
func waitAfter(w *bot9.Webhook, failedAttempts int, a *bot9.Attempt, jitter float64) (time.Duration, bool) {
	wait, more := NextWait(w, failedAttempts, jitter)
	busy := a.ResponseStatus == http.StatusTooManyRequests || a.ResponseStatus == http.StatusServiceUnavailable
	if busy && a.RetryAfter > 0 {
		wait = stretch(min(a.RetryAfter, maxRetryAfter), retryAfterJitter*jitter)
	}
	return wait, more
}

// scheduledWait returns the wait after so many failed attempts, as the webhook's schedule has it.
// A nil schedule is the default one, an empty one means no retries.
func scheduledWait(w *bot9.Webhook, failedAttempts int) (time.Duration, bool) {
	i := max(failedAttempts, 1) - 1
	if w.RetrySchedule == nil {
		if i >= len(bot9.DefaultRetrySchedule) {
			return 0, false
		}
		return bot9.DefaultRetrySchedule[i], true
	}
	if i >= len(w.RetrySchedule) {
		return 0, false
	}
	return time.Duration(w.RetrySchedule[i]) * time.Second, true
}

func stretch(wait time.Duration, share float64) time.Duration {
	return wait + time.Duration(float64(wait)*share)
}
