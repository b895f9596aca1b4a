package storetest

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

func gone(r *bot9.AttemptResult) { r.DisableReason = "the endpoint answered 410 Gone" }

var disabling = topic{"Disabled webhooks", []testCase{
	{"because of what their endpoint did are told of to the account's others", func(t *testing.T, w *world) {
		webhook := w.webhook(choosing("custom.note", catalog.WebhookDisabled))
		sibling := w.webhook(choosing(catalog.WebhookDisabled))
		first := w.chatbot
		second := w.newChatbot()
		cousin := w.webhook(func(w *bot9.Webhook) { w.ChatbotID = second })
		stranger := w.strangersWebhook(t)
		w.append(0, 2)
		taken := w.claim(webhook.ID)
		w.clock.Advance(time.Minute)
		w.finish(taken[0], bot9.DeliveryFailed, gone)
		w.finish(taken[1], bot9.DeliveryFailed, gone) // once is enough

		found, err := w.Webhook(w.ctx, w.chatbot, webhook.ID)
		must(t, err)
		want(t, "status", found.Status, bot9.WebhookDisabled)
		want(t, "reason", found.DisabledReason, "the endpoint answered 410 Gone")
		want(t, "disabled at", found.DisabledAt, w.clock.Now())
		data := `{"chatbotId":"` + first.String() + `","webhookId":"` + webhook.ID.String() + `","reason":"the endpoint answered 410 Gone"}`
		for _, other := range []bot9.Webhook{sibling, cousin} {
			d := w.claimOne(other.ID)
			want(t, "event", d.EventType, catalog.WebhookDisabled)
			want(t, "chatbot of the event", d.ChatbotID, other.ChatbotID)
			want(t, "data", string(d.Event.Data), data)
		}
		want(t, "told to another account", len(w.claim(stranger)), 0)
		want(t, "told to itself", w.backlog(webhook.ID), 0)
	}},
	{"are not so because of what a former URL's endpoint did", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.append(0, 1)
		taken := w.claimOne(webhook.ID)
		_, err := w.ChangeWebhook(w.ctx, w.chatbot, webhook.ID, func(w *bot9.Webhook) error {
			w.URL = "https://example.com/another"
			return nil
		})
		must(t, err)
		w.finish(taken, bot9.DeliveryFailed, gone)
		want(t, "status", w.readWebhook(webhook.ID).Status, bot9.WebhookEnabled)
	}},
	{"hold their backlog, in order, until they are enabled", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.append(w.conversation(), 4)
		w.finish(w.claimOne(webhook.ID), bot9.DeliverySucceeded)
		w.finish(w.claimOne(webhook.ID), bot9.DeliveryRetrying, gone, retryIn(time.Second))
		for _, d := range w.deliveries(bot9.DeliveryFilter{Status: bot9.DeliveryHeld}, 2) {
			want(t, "status", d.Status, bot9.DeliveryHeld)
			want(t, "next attempt", d.NextAttemptAt, 0)
			want(t, "status when read alone", w.delivery(d.ID).Status, bot9.DeliveryHeld)
			_, err := w.RetryDelivery(w.ctx, w.chatbot, d.ID)
			refused(t, err, bot9.Conflict, "webhookDisabled")
		}
		want(t, "held", len(w.deliveries(bot9.DeliveryFilter{Status: bot9.DeliveryHeld}, 0)), 3)
		want(t, "retrying", len(w.deliveries(bot9.DeliveryFilter{Status: bot9.DeliveryRetrying}, 0)), 0)
		w.append(0, 1) // missed

		w.reopen()
		w.setStatus(webhook.ID, bot9.WebhookEnabled)
		_, changed := w.dispatcher.told(webhook.ID)
		want(t, "told of the change", changed, 1)
		found, err := w.Webhook(w.ctx, w.chatbot, webhook.ID)
		must(t, err)
		want(t, "reason", found.DisabledReason, "")
		want(t, "disabled at", found.DisabledAt, 0)
		want(t, "health", *found.Health, bot9.Health{})
		w.clock.Advance(time.Second)
		for sequence := int64(2); sequence <= 4; sequence++ {
			d := w.claimOne(webhook.ID)
			want(t, "sequence", d.Sequence, sequence)
			w.finish(d, bot9.DeliverySucceeded)
		}
		want(t, "backlog", w.backlog(webhook.ID), 0)
	}},
	{"keep results that were under way", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.append(w.conversation(), 2)
		taken := w.claimOne(webhook.ID)
		w.setStatus(webhook.ID, bot9.WebhookDisabled)
		w.finish(taken, bot9.DeliverySucceeded)
		want(t, "status", w.delivery(taken.ID).Status, bot9.DeliverySucceeded)
		want(t, "held", len(w.deliveries(bot9.DeliveryFilter{Status: bot9.DeliveryHeld}, 0)), 1)
	}},
	{"count what they missed", func(t *testing.T, w *world) {
		webhook := w.webhook(func(w *bot9.Webhook) { w.Events, w.Filter = []string{"custom.*"}, "refund" })
		missed := func(limit int) int {
			found, err := w.Webhook(w.ctx, w.chatbot, webhook.ID)
			must(t, err)
			n, err := w.MissedEvents(w.ctx, found, limit)
			must(t, err)
			return n
		}
		say := func(texts ...string) {
			for _, text := range texts {
				_, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{note(0, text)})
				must(t, err)
			}
		}
		say("refund before")
		want(t, "missed while enabled", missed(10), 0)
		w.clock.Advance(time.Second)
		w.setStatus(webhook.ID, bot9.WebhookDisabled)
		say("a refund", "nothing", "another refund", "refund three")
		want(t, "missed", missed(10), 3)
		want(t, "missed, counted to 2", missed(2), 2)
	}},
}}

// strangersWebhook makes a webhook of another account.
func (w *world) strangersWebhook(t *testing.T) bot9.WebhookID {
	t.Helper()
	owner, err := w.CreateAccount(w.ctx, "Strangers", bot9.Person{Email: "stranger@example.com"})
	must(t, err)
	chatbot, _, err := w.CreateChatbot(w.ctx, owner.AccountID, "Theirs", newKey())
	must(t, err)
	return w.webhook(func(w *bot9.Webhook) { w.ChatbotID, w.AccountID = chatbot.ID, owner.AccountID }).ID
}
