package storetest

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

var lanes = topic{"Lanes", []testCase{
	{"have only their head ready", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.append(w.conversation(), 3)
		w.append(w.conversation(), 2)
		want(t, "due", sequences(w.claim(webhook.ID)), []int64{1, 1})
		want(t, "due while the heads are taken", sequences(w.claim(webhook.ID)), []int64{})
	}},
	{"have only their head admitted", func(t *testing.T, w *world) {
		w.dispatcher.admitAll()
		webhook := w.webhook()
		w.append(w.conversation(), 3)
		w.append(w.conversation(), 2)
		want(t, "admitted", sequences(w.dispatcher.take()), []int64{1, 1})
		want(t, "due", sequences(w.claim(webhook.ID)), []int64{})
	}},
	{"move on by exactly the next in order", func(t *testing.T, w *world) {
		webhook := w.webhook()
		conversation := w.conversation()
		w.append(conversation, 3)
		for sequence := range int64(3) {
			d := w.claimOne(webhook.ID)
			want(t, "sequence", d.Sequence, sequence+1)
			w.append(conversation, 1) // what comes later goes to the end
			w.finish(d, bot9.DeliverySucceeded)
		}
		for sequence := range int64(3) {
			d := w.claimOne(webhook.ID)
			want(t, "sequence", d.Sequence, sequence+4)
			w.finish(d, bot9.DeliverySucceeded)
		}
		want(t, "backlog", w.backlog(webhook.ID), 0)
		w.append(conversation, 1)
		want(t, "a lane that was empty", w.claimOne(webhook.ID).Sequence, 7)
	}},
	{"offer the next to the dispatcher", func(t *testing.T, w *world) {
		w.dispatcher.admitAll()
		w.webhook()
		conversation := w.conversation()
		w.append(conversation, 2)
		w.finish(w.dispatcher.take()[0], bot9.DeliverySucceeded)
		next := w.dispatcher.take()
		want(t, "admitted", sequences(next), []int64{2})
		want(t, "its event", string(next[0].Event.Data), `{"text":"event"}`)
		want(t, "in lane", next[0].InLane, true)
	}},
	{"of different webhooks don't wait for each other", func(t *testing.T, w *world) {
		slow, quick := w.webhook(), w.webhook()
		w.append(w.conversation(), 2)
		w.claimOne(slow.ID)
		w.finish(w.claimOne(quick.ID), bot9.DeliverySucceeded)
		want(t, "sequence", w.claimOne(quick.ID).Sequence, 2)
	}},
	{"don't hold deliveries without order, or outside a conversation", func(t *testing.T, w *world) {
		free, ordered := w.webhook(unordered), w.webhook()
		w.append(w.conversation(), 3)
		w.append(0, 2)
		want(t, "due without order", sequences(w.claim(free.ID)), []int64{1, 2, 3, 0, 0})
		want(t, "due in order", sequences(w.claim(ordered.ID)), []int64{1, 0, 0})
	}},
	{"wait while their head is retried", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.append(w.conversation(), 2)
		head := w.claimOne(webhook.ID)
		w.finish(head, bot9.DeliveryRetrying, retryIn(time.Minute))
		want(t, "due before the retry", sequences(w.claim(webhook.ID)), []int64{})
		stored := w.delivery(head.ID)
		want(t, "status", stored.Status, bot9.DeliveryRetrying)
		want(t, "next attempt", stored.NextAttemptAt, w.clock.Now().Add(time.Minute))
		want(t, "last answer", stored.ResponseStatus, 500)
		want(t, "last error", stored.Error, "the endpoint answered 500")

		w.clock.Advance(time.Minute)
		again := w.claimOne(webhook.ID)
		want(t, "delivery", again.ID, head.ID)
		want(t, "attempts before", again.Attempts, 1)
		want(t, "in lane", again.InLane, true)
		w.finish(again, bot9.DeliverySucceeded)
		want(t, "the next", w.claimOne(webhook.ID).Sequence, 2)
	}},
	{"go on when their head is set aside, which is still retried", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.append(w.conversation(), 3)
		head := w.claimOne(webhook.ID)
		w.finish(head, bot9.DeliverySetAside, retryIn(time.Minute))
		second := w.claimOne(webhook.ID)
		want(t, "the next", second.Sequence, 2)
		want(t, "status", w.delivery(head.ID).Status, bot9.DeliverySetAside)

		w.clock.Advance(time.Minute)
		aside := w.claimOne(webhook.ID)
		want(t, "delivery", aside.ID, head.ID)
		want(t, "status", aside.Status, bot9.DeliverySetAside)
		want(t, "in lane", aside.InLane, false)
		w.finish(aside, bot9.DeliveryPending)
		aside = w.claimOne(webhook.ID)
		w.finish(aside, bot9.DeliverySetAside)
		want(t, "status", w.delivery(head.ID).Status, bot9.DeliverySetAside)
		w.finish(w.claimOne(webhook.ID), bot9.DeliverySucceeded)
		want(t, "due while the lane's head is taken", sequences(w.claim(webhook.ID)), []int64{})
		w.finish(second, bot9.DeliverySucceeded)
		want(t, "the next", w.claimOne(webhook.ID).Sequence, 3)
	}},
	{"go on when their head is given up", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.append(w.conversation(), 2)
		head := w.claimOne(webhook.ID)
		w.finish(head, bot9.DeliveryFailed)
		want(t, "the next", w.claimOne(webhook.ID).Sequence, 2)
		stored := w.delivery(head.ID)
		want(t, "status", stored.Status, bot9.DeliveryFailed)
		want(t, "finished at", stored.FinishedAt, w.clock.Now())
	}},
	{"go on when their head is canceled, with the reason and the attempts that it had", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.append(w.conversation(), 2)
		w.finish(w.claimOne(webhook.ID), bot9.DeliveryRetrying)
		head := w.claimOne(webhook.ID)
		must(t, w.finishResult(bot9.AttemptResult{Delivery: head, Next: bot9.DeliveryCanceled, CancelReason: "not wanted"}))
		stored := w.delivery(head.ID)
		want(t, "status", stored.Status, bot9.DeliveryCanceled)
		want(t, "reason", stored.Error, "not wanted")
		want(t, "attempts", stored.Attempts, 1)
		attempts, err := w.Attempts(w.ctx, w.chatbot, head.ID)
		must(t, err)
		want(t, "attempts recorded", len(attempts), 1)
		want(t, "backlog", w.backlog(webhook.ID), 1)
		want(t, "the next", w.claimOne(webhook.ID).Sequence, 2)
	}},
	{"are not moved by a result that comes too late", lateResults},
	{"keep what was known when an attempt is repeated as if nothing was", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.append(w.conversation(), 2)
		w.finish(w.claimOne(webhook.ID), bot9.DeliveryRetrying)
		head := w.claimOne(webhook.ID)
		w.finish(head, bot9.DeliveryPending, retryIn(time.Second), func(r *bot9.AttemptResult) {
			r.Attempt.Outcome, r.Attempt.ResponseStatus, r.Attempt.Error = bot9.OutcomeCanceled, 0, "stopped"
		})
		stored := w.delivery(head.ID)
		want(t, "attempts", stored.Attempts, 1)
		want(t, "last answer", stored.ResponseStatus, 500)
		want(t, "last error", stored.Error, "the endpoint answered 500")
		attempts, err := w.Attempts(w.ctx, w.chatbot, head.ID)
		must(t, err)
		want(t, "attempts recorded", len(attempts), 1)
		w.clock.Advance(time.Second)
		want(t, "delivery", w.claimOne(webhook.ID).ID, head.ID)
	}},
	{"take up what was released", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.append(w.conversation(), 2)
		head := w.claimOne(webhook.ID)
		must(t, w.Release(w.ctx, []*bot9.Delivery{head}))
		again := w.claimOne(webhook.ID)
		want(t, "delivery", again, head)
		w.finish(again, bot9.DeliveryPending, retryIn(time.Second))
		must(t, w.Release(w.ctx, []*bot9.Delivery{again})) // not taken any more: nothing to give back
		want(t, "due", sequences(w.claim(webhook.ID)), []int64{})
		w.clock.Advance(time.Second)
		again = w.claimOne(webhook.ID)
		w.finish(again, bot9.DeliverySucceeded)
		must(t, w.Release(w.ctx, []*bot9.Delivery{again})) // finished meanwhile
		want(t, "the next", w.claimOne(webhook.ID).Sequence, 2)
		want(t, "due", sequences(w.claim(webhook.ID)), []int64{})
	}},
	{"follow a change of the order", func(t *testing.T, w *world) {
		webhook := w.webhook()
		conversation := w.conversation()
		w.append(conversation, 2)
		_, err := w.ChangeWebhook(w.ctx, w.chatbot, webhook.ID, func(w *bot9.Webhook) error {
			w.Ordering = bot9.OrderNone
			return nil
		})
		must(t, err)
		w.append(conversation, 2)
		want(t, "due", sequences(w.claim(webhook.ID)), []int64{1, 3, 4})
	}},
}}

// everyNext is all that a result can lead to.
var everyNext = []bot9.DeliveryStatus{
	bot9.DeliverySucceeded, bot9.DeliveryFailed, bot9.DeliveryRetrying, bot9.DeliverySetAside, bot9.DeliveryPending,
}

func lateResults(t *testing.T, w *world) {
	webhook := w.webhook()
	conversation := w.conversation()
	w.append(conversation, 3)
	first := w.claimOne(webhook.ID)
	w.finish(first, bot9.DeliverySucceeded)
	for _, next := range everyNext {
		w.finish(first, next, func(r *bot9.AttemptResult) {
			r.DisableReason, r.Health = "late", &bot9.Health{ConsecutiveFailures: 99}
		})
	}
	stored := w.delivery(first.ID)
	want(t, "status of what had succeeded", stored.Status, bot9.DeliverySucceeded)
	attempts, err := w.Attempts(w.ctx, w.chatbot, first.ID)
	must(t, err)
	want(t, "attempts", len(attempts), 1)
	found, err := w.Webhook(w.ctx, w.chatbot, webhook.ID)
	must(t, err)
	want(t, "status of the webhook", found.Status, bot9.WebhookEnabled)
	want(t, "failures in a row", found.Health.ConsecutiveFailures, 0)
	want(t, "backlog", w.backlog(webhook.ID), 2)

	second := w.claimOne(webhook.ID)
	w.finish(second, bot9.DeliveryRetrying) // ready again, not taken
	w.finish(second, bot9.DeliverySucceeded)
	want(t, "status of what is to be retried", w.delivery(second.ID).Status, bot9.DeliveryRetrying)
	again := w.claimOne(webhook.ID)
	for _, next := range everyNext { // taken, but for another attempt
		w.finish(second, next, retryIn(time.Hour))
		stored := w.delivery(second.ID)
		want(t, "status of what is being retried", stored.Status, bot9.DeliveryRetrying)
		want(t, "its next attempt", stored.NextAttemptAt, w.clock.Now())
	}
	w.finish(again, bot9.DeliverySucceeded)
	want(t, "the next", w.claimOne(webhook.ID).Sequence, 3)
}
