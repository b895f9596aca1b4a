package storetest

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

var claims = topic{"Claims", []testCase{
	{"take live deliveries before those of replays, the longest due first", func(t *testing.T, w *world) {
		webhook := w.webhook(unordered)
		w.append(0, 2)
		w.clock.Advance(time.Second)
		old := w.claim(webhook.ID)
		w.finish(old[0], bot9.DeliverySucceeded)
		w.finish(old[1], bot9.DeliveryRetrying, retryIn(time.Minute))
		w.replayAll(webhook.ID) // both events
		w.clock.Advance(30 * time.Second)
		w.append(0, 1)
		w.clock.Advance(time.Hour)
		w.append(0, 1)
		all := w.claim(webhook.ID)
		want(t, "claimed", len(all), 5)
		live := []bot9.Time{}
		for _, d := range all[:3] {
			want(t, "the replay of a live one", d.ReplayID, 0)
			live = append(live, d.NextAttemptAt)
		}
		increasing(t, "due", live)
		want(t, "what was due longest", all[0].ID == old[1].ID, false)
		want(t, "what was due after it", all[1].ID, old[1].ID)
		want(t, "behind it", all[3].ReplayID != 0 && all[4].ReplayID != 0 && all[3].EventID < all[4].EventID, true)
	}},
	{"say when the next are due", func(t *testing.T, w *world) {
		webhook := w.webhook(unordered)
		claimed, live, low, err := w.Claim(w.ctx, webhook.ID, w.clock.Now(), 10)
		must(t, err)
		want(t, "claimed", len(claimed), 0)
		want(t, "next live and low", [2]bot9.Time{live, low}, [2]bot9.Time{})

		begin := w.clock.Now()
		w.append(0, 3)
		w.clock.Advance(time.Second)
		w.replayAll(webhook.ID)
		replayed := w.clock.Now()
		claimed, live, low, err = w.Claim(w.ctx, webhook.ID, w.clock.Now(), 2)
		must(t, err)
		want(t, "claimed, as many as asked for", len(claimed), 2)
		want(t, "next live and low", [2]bot9.Time{live, low}, [2]bot9.Time{begin, replayed})

		w.finish(claimed[0], bot9.DeliveryRetrying, retryIn(time.Minute))
		retry := w.clock.Now().Add(time.Minute)
		claimed, live, low, err = w.Claim(w.ctx, webhook.ID, w.clock.Now(), 10)
		must(t, err)
		want(t, "claimed", len(claimed), 4)
		want(t, "next live and low", [2]bot9.Time{live, low}, [2]bot9.Time{retry, 0})
	}},
	{"take nothing that is not due, and nothing of another webhook", func(t *testing.T, w *world) {
		webhook, other := w.webhook(), w.webhook()
		w.append(0, 1)
		w.finish(w.claimOne(webhook.ID), bot9.DeliveryRetrying, retryIn(time.Second))
		want(t, "due", len(w.claim(webhook.ID)), 0)
		want(t, "due for the other", len(w.claim(other.ID)), 1)
	}},
	{"are told where there is something to claim", func(t *testing.T, w *world) {
		webhook, later, idle := w.webhook(choosing("custom.note")), w.webhook(choosing("custom.note")), w.webhook(choosing("custom.never"))
		due := w.clock.Now()
		w.append(0, 1)
		w.finish(w.claimOne(later.ID), bot9.DeliveryRetrying, retryIn(time.Minute))
		waiting, err := w.Waiting(w.ctx)
		must(t, err)
		want(t, "waiting", waiting, map[bot9.WebhookID]bot9.Time{webhook.ID: due, later.ID: due.Add(time.Minute)})
		w.claimOne(webhook.ID)
		w.dispatcher.reset()
		w.clock.Advance(time.Minute)
		w.finish(w.claimOne(later.ID), bot9.DeliveryRetrying)
		ready, _ := w.dispatcher.told(later.ID)
		want(t, "told of what is due again at once", ready, 1)
		ready, _ = w.dispatcher.told(idle.ID)
		want(t, "told of a webhook with nothing", ready, 0)
	}},
	{"of a process that is no more are open again", func(t *testing.T, w *world) {
		claimedFrom, admittedFrom := w.webhook(), w.webhook()
		conversation := w.conversation()
		w.dispatcher.admitting(func(id bot9.WebhookID) bool { return id == admittedFrom.ID })
		w.append(conversation, 3)
		w.finish(w.claimOne(claimedFrom.ID), bot9.DeliverySucceeded)
		w.claimOne(claimedFrom.ID)
		want(t, "admitted", len(w.dispatcher.take()), 1)

		w.reopen()
		want(t, "events", len(w.allEvents(bot9.EventFilter{})), 3)
		want(t, "deliveries", len(w.deliveries(bot9.DeliveryFilter{}, 0)), 6)
		for id, sequence := range map[bot9.WebhookID]int64{claimedFrom.ID: 2, admittedFrom.ID: 1} {
			for ; sequence <= 3; sequence++ {
				d := w.claimOneOrTake(id)
				want(t, "sequence", d.Sequence, sequence)
				w.finish(d, bot9.DeliverySucceeded)
			}
			want(t, "backlog", w.backlog(id), 0)
		}
	}},
	{"hold for their attempts, also the failed ones", attemptsAreKept},
}}

// claimOneOrTake returns the next delivery, whichever way it comes.
func (w *world) claimOneOrTake(id bot9.WebhookID) *bot9.Delivery {
	w.t.Helper()
	if taken := w.dispatcher.take(); len(taken) == 1 {
		return taken[0]
	}
	return w.claimOne(id)
}

func attemptsAreKept(t *testing.T, w *world) {
	webhook := w.webhook()
	w.append(0, 1)
	d := w.claimOne(webhook.ID)
	failed := &bot9.Attempt{
		DeliveryID: d.ID, Number: 1, StartedAt: w.clock.Now(), DurationMs: 1234.567, Outcome: bot9.OutcomeStatus, Error: "the endpoint answered 500",
		URL: "https://example.com/hook", RequestHeaders: bot9.RequestHeaders{Lines: "user-agent:Bot9-Webhooks/1\nx-time:a:b: c\n"},
		ResponseStatus: 500, ResponseHeaders: map[string]string{"Content-Type": "text/plain", "Empty": ""}, ResponseBody: "no\n\"way\" ✗", Truncated: true,
		Timing: bot9.Timing{DNSMs: 1.5, ConnectMs: 2.25, TLSMs: 3.125, FirstByteMs: 4.0625},
	}
	headers := &failed.RequestHeaders
	headers.MessageID, headers.WebhookID, headers.EventType, headers.SentAt, headers.Attempt = d.EventID.String(), webhook.ID, d.EventType, failed.StartedAt, 1
	w.finish(d, bot9.DeliveryRetrying, func(r *bot9.AttemptResult) { r.Attempt = failed })
	w.clock.Advance(time.Minute)
	d = w.claimOne(webhook.ID)
	succeeded := &bot9.Attempt{
		DeliveryID: d.ID, Number: 2, StartedAt: w.clock.Now(), DurationMs: 3, Outcome: bot9.OutcomeSuccess, URL: "https://example.com/hook",
		ResponseStatus: 200, Timing: bot9.Timing{FirstByteMs: 2.5, Reused: true},
	}
	w.finish(d, bot9.DeliverySucceeded, func(r *bot9.AttemptResult) { r.Attempt = succeeded })
	attempts, err := w.Attempts(w.ctx, w.chatbot, d.ID)
	must(t, err)
	want(t, "attempts", attempts, []bot9.Attempt{*failed, *succeeded})
	increasing(t, "attempt IDs", []bot9.AttemptID{0, attempts[0].ID, attempts[1].ID})
	stored := w.delivery(d.ID)
	want(t, "attempts", stored.Attempts, 2)
	want(t, "answer", stored.ResponseStatus, 200)
	want(t, "error", stored.Error, "")
	_, err = w.Attempts(w.ctx, w.newChatbot(), d.ID)
	missing(t, err)
}
