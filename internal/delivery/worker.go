package delivery

import (
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/lifecycle"
	"github.com/bot9/bot9/internal/policy"
)

// wakeWorker wakes or starts a worker for the endpoint in line.
func (e *Dispatcher) wakeWorker() {
	if e.idle > 0 {
		e.idle-- // here, since the next call may come before this worker is awake, and is for another one
		e.work.Signal()
		return
	}
	if e.workers < maxWorkers {
		e.workers++
		e.background.Go(e.runWorker)
	}
}

func (e *Dispatcher) runWorker() {
	e.mu.Lock()
	defer e.mu.Unlock()
	defer func() { e.workers-- }()
	for {
		for e.turns.empty() && !e.stopping {
			if e.reviewShort() {
				break
			}
			if e.idle >= idleWorkers {
				return
			}
			e.idle++
			e.work.Wait()
		}
		if e.stopping {
			return
		}
		ep, d := e.next()
		if d == nil {
			continue
		}
		webhook, send := ep.webhook, ep.send
		e.mu.Unlock()
		reason := e.unwanted(webhook, d)
		var attempt bot9.Attempt
		if reason == "" {
			attempt = send(e.sending, d)
		}
		now := e.clock()
		e.mu.Lock()
		var result bot9.AttemptResult
		if reason == "" {
			result = e.judge(ep, webhook.URL, d, &attempt, now)
		} else {
			result = bot9.AttemptResult{Delivery: d, Next: bot9.DeliveryCanceled, CancelReason: reason}
		}
		ep.inFlight--
		e.bytes -= inFlightCopies * sizeOf(d)
		e.counts.InFlight--
		ep.committing++
		e.review(ep)
		e.mu.Unlock()
		e.finish(ep, result)
		e.mu.Lock()
	}
}

// reviewShort looks again at endpoints that were short of workers, now that one is free, and tells
// whether any of them is in line.
func (e *Dispatcher) reviewShort() bool {
	short := e.short
	e.short = nil
	for _, ep := range short {
		ep.isShort = false
		e.review(ep)
	}
	return !e.turns.empty()
}

// next takes the next delivery of the endpoint whose turn it is, nil if that may not send now.
func (e *Dispatcher) next() (*endpoint, *bot9.Delivery) {
	ep := e.turns.pop()
	ep.inTurn = false
	if ep.loading {
		return ep, nil // it is reviewed when that is done
	}
	now := e.clock()
	limit, _ := ep.limit(now, e.membership)
	if ep.webhook.Status != bot9.WebhookEnabled || ep.inFlight >= min(limit, e.workerLimit()) || ep.queued() == 0 || !e.maySend(ep) {
		e.review(ep)
		return ep, nil
	}
	if ok, next := ep.bucket.Take(now, ep.webhook.RateLimit); !ok {
		ep.arm(e, next, now)
		return ep, nil
	}
	q := &ep.live
	if q.len() == 0 {
		q = &ep.replayed
	}
	d := q.pop()
	e.queued--
	e.begin(ep, d)
	ep.inFlight++
	e.counts.InFlight++
	e.review(ep) // back into line if it may have another one in flight
	return ep, d
}

// changeMargin is how far the nodes' clocks may differ when a delivery's age is compared with its webhook's last change.
const changeMargin = time.Minute

// unwanted tells why the webhook, having been changed since the delivery was made, doesn't want
// it any more; "" if it does. A filter that can't be evaluated lets nothing pass, as when an event is accepted.
func (e *Dispatcher) unwanted(w *bot9.Webhook, d *bot9.Delivery) string {
	switch {
	case d.CreatedAt > w.UpdatedAt.Add(changeMargin):
		return ""
	case !policy.Chosen(w, d.EventType):
		return "The webhook was changed and no longer subscribes to " + d.EventType + "."
	case w.Filter != "" && e.filters != nil && e.filters.Of(d.Event).Match(w.Filter) != bot9.Match:
		return "The webhook was changed and its filter no longer lets the event pass."
	}
	return ""
}

// judge turns an attempt at a URL into the result to be committed, and moves the endpoint's health on.
func (e *Dispatcher) judge(ep *endpoint, url string, d *bot9.Delivery, a *bot9.Attempt, now bot9.Time) bot9.AttemptResult {
	before := ep.health
	attempted := *d // the delivery itself may be in flight again before this result is committed
	reply := policy.ReplyOf(a)
	switch reply.Kind {
	case policy.Accepted:
		attempted.Attempts++
		e.counts.Succeeded++
	case policy.BrokenOff:
		e.logOwnFault(a, now)
	default:
		attempted.Attempts++
		e.counts.Failed++
	}
	if ep.webhook.URL != url {
		decision := policy.DecideForOldURL(now, a)
		return bot9.AttemptResult{Delivery: &attempted, Attempt: a, RetryAt: decision.RetryAt, Next: lifecycle.Next(decision.Verdict, attempted.Status)}
	}
	decision, health := policy.Decide(now, ep.webhook, &attempted, before, a, e.jitter())
	ep.health = health
	result := bot9.AttemptResult{
		Delivery: &attempted, Attempt: a, RetryAt: decision.RetryAt,
		Next: lifecycle.Next(decision.Verdict, attempted.Status),
	}
	if decision.Disable {
		result.DisableReason = decision.Reason
		disabled := *ep.webhook
		disabled.Status = bot9.WebhookDisabled
		ep.webhook = &disabled // at once, not only when the commit is read back
	}
	if reply.Kind != policy.Accepted || before.ConsecutiveFailures > 0 || now.Sub(ep.healthSavedAt) >= healthInterval {
		ep.healthSavedAt = now
		saved := health
		result.Health = &saved
	}
	return result
}

// logOwnFault tells the operator, once a minute, that attempts can't be made, which no list of attempts shows.
func (e *Dispatcher) logOwnFault(a *bot9.Attempt, now bot9.Time) {
	if a.RetryAfter > 0 && now.Sub(e.ownFaultSaid).Abs() >= time.Minute {
		e.ownFaultSaid = now
		e.log.Warn("attempts can't be made, and are repeated", "reason", a.Error)
	}
}

// finish commits a result, and tries again until the store takes it.
func (e *Dispatcher) finish(ep *endpoint, r bot9.AttemptResult) {
	e.store.Finish(r, func(err error) {
		switch {
		case err == nil:
			e.committed(ep, &r)
		case bot9.CodeOf(err) == "stopping": // the delivery stays taken; opening the store returns it
		default:
			e.logStoreError(err, "commit an attempt's result", "delivery", r.Delivery.ID)
			time.AfterFunc(retryInterval, func() { e.finish(ep, r) })
		}
	})
}

// committed notes what follows from a committed result. When the delivery is due again may not be
// noted before: a claim that ran ahead of the commit would find nothing and forget it.
func (e *Dispatcher) committed(ep *endpoint, r *bot9.AttemptResult) {
	replayed := r.Delivery.ReplayID != 0
	if replayed {
		e.kick()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	ep.committing--
	if !r.Next.Unfinished() {
		return
	}
	if replayed {
		ep.dueAt(0, r.RetryAt)
	} else {
		ep.dueAt(r.RetryAt, 0)
	}
	e.review(ep)
}
