package policy

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bot9/bot9/internal/bot9"
)

var outcomes = []bot9.OutcomeClass{
	bot9.OutcomeSuccess, bot9.OutcomeStatus, bot9.OutcomeRedirect, bot9.OutcomeTimeout, bot9.OutcomeDNS, bot9.OutcomeConnect,
	bot9.OutcomeTLS, bot9.OutcomeBlocked, bot9.OutcomeProtocol, bot9.OutcomeCanceled, bot9.OutcomeBadWebhook,
}

func drawAttempt(t *rapid.T, at bot9.Time) *bot9.Attempt {
	a := &bot9.Attempt{
		Outcome:   rapid.SampledFrom(outcomes).Draw(t, "outcome"),
		StartedAt: at.Add(-time.Duration(rapid.IntRange(0, 30_000).Draw(t, "took")) * time.Millisecond),
	}
	switch a.Outcome {
	case bot9.OutcomeSuccess:
		a.ResponseStatus = 200
	case bot9.OutcomeStatus:
		a.ResponseStatus = rapid.SampledFrom([]int{400, 410, 429, 500, 503}).Draw(t, "status")
		a.RetryAfter = time.Duration(rapid.IntRange(0, 7200).Draw(t, "retryAfter")) * time.Second
	}
	return a
}

func drawWebhook(t *rapid.T) *bot9.Webhook {
	w := &bot9.Webhook{
		SetAsideAfter: rapid.IntRange(0, 6).Draw(t, "setAsideAfter"),
		MaxInFlight:   rapid.IntRange(0, 300).Draw(t, "maxInFlight"),
	}
	if rapid.Bool().Draw(t, "own schedule") {
		w.RetrySchedule = append([]int{}, rapid.SliceOfN(rapid.IntRange(0, 86_400), 0, bot9.MaxRetries).Draw(t, "schedule")...)
	}
	return w
}

// Whatever an endpoint does, each decision and the health after it keep their promises.
func TestDecisionsKeepPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, at := drawWebhook(t), now
		var h bot9.Health
		for range rapid.IntRange(1, 60).Draw(t, "attempts") {
			at = at.Add(time.Duration(rapid.IntRange(0, 120_000).Draw(t, "later")) * time.Millisecond)
			d := &bot9.Delivery{Attempts: rapid.IntRange(1, 20).Draw(t, "number"), InLane: true, CreatedAt: now}
			a := drawAttempt(t, at)
			before := h
			decision, next := Decide(at, w, d, h, a, rapid.Float64Range(0, 0.999).Draw(t, "jitter"))
			h = next
			checkVerdict(t, at, w, d, a, decision)
			if a.Outcome == bot9.OutcomeCanceled && h != before {
				t.Fatalf("an attempt that we broke off changed the health from %+v to %+v", before, h)
			}
			if limit := InFlightLimit(w, &h); limit < 1 || limit > 256 || w.MaxInFlight > 0 && limit > w.MaxInFlight {
				t.Fatalf("limit %d with maxInFlight %d", limit, w.MaxInFlight)
			}
			if state, _ := Gate(max(at.Add(72*time.Second), h.PausedUntil), &h); state == Open {
				t.Fatalf("no probe 72 s after the last attempt: open until %v", h.OpenUntil)
			}
			if state, until := Gate(at, &h); state == Open && (until <= at || until > at.Add(time.Hour)) {
				t.Fatalf("at %v open until %v", at, until)
			}
			if asked := min(a.RetryAfter, time.Hour); asked > 0 && (a.ResponseStatus == 429 || a.ResponseStatus == 503) {
				if state, _ := Gate(at.Add(asked-time.Millisecond), &h); state != Open {
					t.Fatalf("sends to an endpoint that asked for %v", asked)
				}
			}
		}
	})
}

func checkVerdict(t *rapid.T, at bot9.Time, w *bot9.Webhook, d *bot9.Delivery, a *bot9.Attempt, decision Decision) {
	if success := a.Outcome == bot9.OutcomeSuccess; success != (decision.Verdict == Done) {
		t.Fatalf("%v after outcome %q", decision.Verdict, a.Outcome)
	}
	if decision.Verdict != Retry && decision.Verdict != SetAside || decision.Disable {
		return
	}
	got := decision.RetryAt.Sub(at)
	if _, more := scheduledWait(w, d.Attempts); !more {
		if total, _ := scheduleTotal(w); at.Sub(d.CreatedAt) >= total {
			t.Fatalf("goes on %v after the delivery was made, with a schedule of %v", at.Sub(d.CreatedAt), total)
		}
		return
	}
	if a.RetryAfter > 0 && (a.ResponseStatus == 429 || a.ResponseStatus == 503) {
		if asked := min(a.RetryAfter, time.Hour); got < asked || got > asked*11/10 {
			t.Fatalf("waits %v where the endpoint asked for %v", got, a.RetryAfter)
		}
		return
	}
	scheduled, more := scheduledWait(w, d.Attempts)
	if !more || got < scheduled || got > scheduled*12/10 {
		t.Fatalf("waits %v where the schedule has %v (%v)", got, scheduled, more)
	}
}

// A simulated endpoint fails some events always and everything now and then. An event may only be
// set aside if the endpoint answered another one after this one first failed.
func TestSetAsideOnlyWhileOthersSucceed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &bot9.Webhook{SetAsideAfter: rapid.IntRange(1, 5).Draw(t, "setAsideAfter"), RetrySchedule: []int{1, 1, 2, 4, 4, 4, 4, 4, 4}}
		type pending struct {
			delivery     bot9.Delivery
			poison       bool
			due          bot9.Time
			firstFailure int // step, 0 if none
		}
		var (
			h           bot9.Health
			waiting     []*pending
			lastSuccess int
			at          = now
		)
		for range rapid.IntRange(1, 8).Draw(t, "deliveries") {
			waiting = append(waiting, &pending{
				delivery: bot9.Delivery{InLane: true, CreatedAt: now}, poison: rapid.Bool().Draw(t, "poison"),
				due: now.Add(time.Duration(rapid.IntRange(1, 3000).Draw(t, "first")) * time.Millisecond),
			})
		}
		outage := now.Add(time.Duration(rapid.IntRange(0, 9000).Draw(t, "outage")) * time.Millisecond)
		for step := 1; len(waiting) > 0; step++ {
			next := 0
			for i, p := range waiting {
				if p.due < waiting[next].due {
					next = i
				}
			}
			p := waiting[next]
			at = max(at, p.due)
			a := &bot9.Attempt{Outcome: bot9.OutcomeSuccess, StartedAt: at}
			if p.poison || at > outage {
				a.Outcome, a.ResponseStatus = bot9.OutcomeStatus, 500
			}
			p.delivery.Attempts++
			var decision Decision
			decision, h = Decide(at, w, &p.delivery, h, a, rapid.Float64Range(0, 0.999).Draw(t, "jitter"))
			switch {
			case a.Outcome == bot9.OutcomeSuccess:
				lastSuccess = step
			case p.firstFailure == 0:
				p.firstFailure = step
			}
			if decision.Verdict == SetAside && lastSuccess < p.firstFailure {
				t.Fatalf("set aside at attempt %d, although nothing succeeded since its first failed", p.delivery.Attempts)
			}
			p.due = decision.RetryAt
			if decision.Verdict != Retry {
				waiting = append(waiting[:next], waiting[next+1:]...)
			}
		}
	})
}
