package policy

import (
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// Jitter only ever lengthens a wait, so that no endpoint is asked sooner than it was promised.
const (
	waitJitter       = 0.2
	retryAfterJitter = 0.1
	maxBusy          = time.Hour // the longest plea for patience that is followed
)

// NextWait returns how long to wait after this many failed attempts: the schedule's wait × [1, 1.2)
// for a jitter in [0, 1). It returns false if the schedule is used up.
func NextWait(w *bot9.Webhook, failedAttempts int, jitter float64) (time.Duration, bool) {
	wait, more := scheduledWait(w, failedAttempts)
	return stretch(wait, waitJitter*jitter), more
}

// waitAfter is NextWait, unless the destination asked for another wait. One that asks for short waits uses the
// schedule up early; retries then go on, with the schedule's last wait, for as long as the whole schedule would have
// lasted since the delivery was created.
func waitAfter(now bot9.Time, w *bot9.Webhook, d *bot9.Delivery, r Reply, jitter float64) (time.Duration, bool) {
	asked := stretch(r.BusyFor, retryAfterJitter*jitter)
	wait, more := NextWait(w, d.Attempts, jitter)
	if more {
		if asked > 0 {
			wait = asked
		}
		return wait, true
	}
	total, last := scheduleTotal(w)
	left := total - now.Sub(d.CreatedAt)
	return max(asked, min(last, left)), left > 0
}

// scheduleTotal returns how long the whole schedule lasts, and its last wait.
func scheduleTotal(w *bot9.Webhook) (total, last time.Duration) {
	for failed := 1; ; failed++ {
		wait, more := scheduledWait(w, failed)
		if !more {
			return total, last
		}
		total, last = total+wait, wait
	}
}

// scheduledWait returns the wait after this many failed attempts by the webhook's schedule.
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

// LongestWait is the longest that a delivery of the webhook waits for its next attempt, whatever its endpoint asks for.
func LongestWait(w *bot9.Webhook) time.Duration {
	longest := maxBusy
	for failed := 1; ; failed++ {
		wait, more := scheduledWait(w, failed)
		if !more {
			return stretch(longest, waitJitter)
		}
		longest = max(longest, wait)
	}
}
