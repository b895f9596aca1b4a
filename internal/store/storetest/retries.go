package storetest

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

var retries = topic{"Retrying a delivery by hand", []testCase{
	{"makes one due that waits for its next attempt", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.append(w.conversation(), 1)
		d := w.claimOne(webhook.ID)
		w.finish(d, bot9.DeliveryRetrying, retryIn(time.Hour))
		w.dispatcher.reset()
		retried, err := w.RetryDelivery(w.ctx, w.chatbot, d.ID)
		must(t, err)
		want(t, "next attempt", retried.NextAttemptAt, w.clock.Now())
		ready, _ := w.dispatcher.told(webhook.ID)
		want(t, "told the dispatcher", ready, 1)
		want(t, "due", w.claimOne(webhook.ID).ID, d.ID)
	}},
	{"is refused for one that waits for an earlier one, or is being sent", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.append(w.conversation(), 2)
		head := w.claimOne(webhook.ID)
		_, err := w.RetryDelivery(w.ctx, w.chatbot, head.ID)
		refused(t, err, bot9.Conflict, "deliveryInFlight")
		waiting := w.deliveries(bot9.DeliveryFilter{}, 0)[0]
		_, err = w.RetryDelivery(w.ctx, w.chatbot, waiting.ID)
		refused(t, err, bot9.Conflict, "deliveryWaits")
	}},
	{"sends a finished one again, outside its conversation's order", func(t *testing.T, w *world) {
		for _, end := range []bot9.DeliveryStatus{bot9.DeliveryFailed, bot9.DeliverySucceeded} {
			webhook := w.webhook()
			w.append(w.conversation(), 2)
			first := w.claimOne(webhook.ID)
			w.finish(first, end)
			second := w.claimOne(webhook.ID)
			made, err := w.Attempts(w.ctx, w.chatbot, first.ID)
			must(t, err)
			retried, err := w.RetryDelivery(w.ctx, w.chatbot, first.ID)
			must(t, err)
			kept, err := w.Attempts(w.ctx, w.chatbot, first.ID)
			must(t, err)
			want(t, "attempts so far", kept, made)
			want(t, "status", retried.Status, bot9.DeliveryRetrying)
			want(t, "finished at", retried.FinishedAt, 0)
			want(t, "backlog", w.backlog(webhook.ID), 2)
			want(t, "deliveries", len(w.deliveries(bot9.DeliveryFilter{WebhookID: webhook.ID}, 0)), 2)

			again := w.claimOne(webhook.ID) // though the lane's head is taken
			want(t, "delivery", again.ID, first.ID)
			want(t, "attempts before", again.Attempts, 1)
			want(t, "in lane", again.InLane, false)
			w.finish(again, bot9.DeliverySucceeded)
			stored := w.delivery(first.ID)
			want(t, "status", stored.Status, bot9.DeliverySucceeded)
			want(t, "attempts", stored.Attempts, 2)
			attempts, err := w.Attempts(w.ctx, w.chatbot, first.ID)
			must(t, err)
			want(t, "attempts recorded", each(attempts, func(a bot9.Attempt) int { return a.Number }), []int{1, 2})
			w.finish(second, bot9.DeliverySucceeded)
			want(t, "backlog", w.backlog(webhook.ID), 0)
			must(t, w.DeleteWebhook(w.ctx, w.chatbot, webhook.ID))
		}
	}},
	{"keeps a set-aside one set aside", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.append(w.conversation(), 1)
		d := w.claimOne(webhook.ID)
		w.finish(d, bot9.DeliverySetAside, retryIn(time.Hour))
		retried, err := w.RetryDelivery(w.ctx, w.chatbot, d.ID)
		must(t, err)
		want(t, "status", retried.Status, bot9.DeliverySetAside)
		want(t, "due", w.claimOne(webhook.ID).ID, d.ID)
	}},
	{"is refused where the webhook is disabled or deleted", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.append(0, 1)
		d := w.claimOne(webhook.ID)
		w.finish(d, bot9.DeliveryFailed)
		w.setStatus(webhook.ID, bot9.WebhookDisabled)
		_, err := w.RetryDelivery(w.ctx, w.chatbot, d.ID)
		refused(t, err, bot9.Conflict, "webhookDisabled")
		must(t, w.DeleteWebhook(w.ctx, w.chatbot, webhook.ID))
		_, err = w.RetryDelivery(w.ctx, w.chatbot, d.ID)
		missing(t, err)
		_, err = w.RetryDelivery(w.ctx, w.chatbot, 12345)
		missing(t, err)
	}},
}}
