package policy

import (
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/lifecycle"
)

// Verdict is what becomes of a delivery after an attempt. What it does to the delivery is decided by
// package lifecycle.
type Verdict = lifecycle.Verdict

// The verdicts.
const (
	Done     = lifecycle.Done
	Retry    = lifecycle.Retry
	SetAside = lifecycle.SetAside
	GiveUp   = lifecycle.GiveUp
	Repeat   = lifecycle.Repeat
)

// Decision is the verdict on a delivery, and on its webhook.
type Decision struct {
	Verdict Verdict
	RetryAt bot9.Time // for Retry, SetAside and Repeat
	Disable bool      // switch the webhook off; its unfinished deliveries are held, not lost
	Reason  string    // why it is switched off, in words
}

// When a webhook is switched off for nothing but failures.
const (
	disableAfter       = 5 * 24 * time.Hour
	disableMinDays     = 5  // days with attempts, so that a clock that jumps disables nothing
	disableMinFailures = 10 // a webhook that hardly has events gets the benefit of the doubt
)

// Decide judges an attempt that ended at now, and returns the endpoint's health after it.
// d.Attempts counts the attempt; h is the health before it; jitter is in [0, 1).
func Decide(now bot9.Time, w *bot9.Webhook, d *bot9.Delivery, h bot9.Health, a *bot9.Attempt, jitter float64) (Decision, bot9.Health) {
	r := ReplyOf(a)
	switch r.Kind {
	case BrokenOff:
		return Decision{Verdict: Repeat, RetryAt: now.Add(r.Again)}, h
	case Accepted:
		return Decision{Verdict: Done}, afterSuccess(now, h)
	}
	h = afterFailure(now, h, a, r, jitter)
	if r.Kind == Gone {
		return Decision{Verdict: GiveUp, Disable: true, Reason: "the endpoint answered 410 Gone"}, h
	}
	decision := Decision{Verdict: GiveUp}
	if wait, more := waitAfter(now, w, d, r, jitter); more {
		decision = Decision{Verdict: Retry, RetryAt: now.Add(wait)}
		if r.Poison && poisonous(w, d, &h, a) {
			decision.Verdict = SetAside
		}
	}
	if h.ConsecutiveFailures >= disableMinFailures && h.FailingDays >= disableMinDays && now.Sub(h.FailingSince) >= disableAfter {
		decision.Verdict = Retry // once the webhook is enabled again
		decision.RetryAt = max(decision.RetryAt, now)
		decision.Disable, decision.Reason = true, "nothing but failures for 5 days"
	}
	return decision, h
}

// DecideForOldURL judges an attempt that ended at now and had gone to a URL that the webhook has no longer. A
// success counts. Anything else tells nothing of the present endpoint, whose health stays as it is:
// the delivery goes there at once.
func DecideForOldURL(now bot9.Time, a *bot9.Attempt) Decision {
	switch r := ReplyOf(a); r.Kind {
	case Accepted:
		return Decision{Verdict: lifecycle.Done}
	case BrokenOff:
		return Decision{Verdict: lifecycle.Repeat, RetryAt: now.Add(r.Again)}
	}
	return Decision{Verdict: lifecycle.Retry, RetryAt: now}
}

// poisonous tells whether the event keeps failing while its endpoint answers others, h being the
// health after the failure, which may be due to the event (Reply.Poison).
func poisonous(w *bot9.Webhook, d *bot9.Delivery, h *bot9.Health, a *bot9.Attempt) bool {
	return d.InLane && w.SetAsideAfter > 0 && d.Attempts >= w.SetAsideAfter &&
		h.LastSuccessAt > d.CreatedAt && succeededSinceFirstFailure(w, d, h, a)
}

// succeededSinceFirstFailure tells whether the endpoint is known to have answered another event
// after this one first failed. Without that an outage would look like a conversation's fault, and
// cost it its order. Either sign is enough: the endpoint has failed fewer times in a row than this
// event alone did; or its row of failures began after this event can have failed first, at the latest: that is the
// attempt's start less all the waits before it.
func succeededSinceFirstFailure(w *bot9.Webhook, d *bot9.Delivery, h *bot9.Health, a *bot9.Attempt) bool {
	if h.ConsecutiveFailures < d.Attempts {
		return true
	}
	firstFailure := a.StartedAt
	for failed := 1; failed < d.Attempts; failed++ {
		wait, _ := scheduledWait(w, failed)
		firstFailure = firstFailure.Add(-wait)
	}
	return h.FailingSince > firstFailure
}
