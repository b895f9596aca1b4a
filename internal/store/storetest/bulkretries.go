package storetest

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// retryAll retries what failed and queues it.
func (w *world) retryAll(webhook bot9.WebhookID, filter bot9.ReplayFilter) bot9.Replay {
	w.t.Helper()
	replay, err := w.CreateRetry(w.ctx, bot9.Replay{ChatbotID: w.chatbot, WebhookID: webhook, Filter: filter})
	must(w.t, err)
	w.advance()
	return replay
}

// failAll fails all that is due of a webhook, the outcome of each as given by its place.
func (w *world) failAll(webhook bot9.WebhookID, outcome func(i int) bot9.OutcomeClass) (failed []*bot9.Delivery) {
	w.t.Helper()
	for {
		due := w.claim(webhook)
		if len(due) == 0 {
			return failed
		}
		for _, d := range due {
			class := outcome(len(failed))
			w.finish(d, bot9.DeliveryFailed, func(r *bot9.AttemptResult) { r.Attempt.Outcome = class })
			failed = append(failed, d)
		}
	}
}

func always(class bot9.OutcomeClass) func(int) bot9.OutcomeClass {
	return func(int) bot9.OutcomeClass { return class }
}

var bulkRetries = topic{"BulkRetries", []testCase{
	{"send what failed again, to all webhooks, in order", func(t *testing.T, w *world) {
		one, other, paused := w.webhook(), w.webhook(), w.webhook()
		conversation := w.conversation()
		events := w.append(conversation, 4)
		w.failAll(one.ID, always(bot9.OutcomeTimeout))
		w.failAll(paused.ID, always(bot9.OutcomeTimeout))
		want(t, "arrived at the other", w.drain(other.ID), events)
		_, err := w.ChangeWebhook(w.ctx, w.chatbot, paused.ID, func(h *bot9.Webhook) error { h.Status = bot9.WebhookDisabled; return nil })
		must(t, err)

		replay := w.retryAll(0, bot9.ReplayFilter{})
		_, err = w.CreateRetry(w.ctx, bot9.Replay{ChatbotID: w.chatbot})
		refused(t, err, bot9.Conflict, "retryRunning")
		want(t, "queued", w.readReplay(replay.ID).Queued, 4)
		want(t, "sent again", w.drain(one.ID), events)
		want(t, "sent again to where it had arrived", w.drain(other.ID), []bot9.EventID{})
		w.advance()
		done := w.readReplay(replay.ID)
		want(t, "status", done.Status, bot9.ReplayDone)
		want(t, "succeeded", done.Succeeded, 4)

		again := w.retryAll(0, bot9.ReplayFilter{})
		w.advance()
		want(t, "what was sent again since", w.readReplay(again.ID).Queued, 0)
		want(t, "an empty retry ends", w.readReplay(again.ID).Status, bot9.ReplayDone)
	}},
	{"send only what is chosen", func(t *testing.T, w *world) {
		webhook := w.webhook(unordered)
		w.append(0, 6)
		classes := []bot9.OutcomeClass{bot9.OutcomeTimeout, bot9.OutcomeStatus, bot9.OutcomeDNS}
		failed := w.failAll(webhook.ID, func(i int) bot9.OutcomeClass { return classes[i%3] })
		finish := func(replay bot9.Replay) (events []bot9.EventID) {
			for _, d := range w.failAll(webhook.ID, always(bot9.OutcomeConnect)) {
				events = append(events, d.EventID)
			}
			w.advance()
			want(t, "status", w.readReplay(replay.ID).Status, bot9.ReplayDone)
			return events
		}
		byClass := finish(w.retryAll(webhook.ID, bot9.ReplayFilter{ErrorClass: bot9.OutcomeStatus}))
		want(t, "by class", byClass, []bot9.EventID{failed[1].EventID, failed[4].EventID})
		byID := finish(w.retryAll(0, bot9.ReplayFilter{DeliveryIDs: []bot9.DeliveryID{failed[5].ID, failed[2].ID}}))
		want(t, "by ID", byID, []bot9.EventID{failed[2].EventID, failed[5].EventID})
		none := finish(w.retryAll(webhook.ID, bot9.ReplayFilter{Events: []string{"custom.other"}}))
		want(t, "by event", len(none), 0)
		w.clock.Advance(time.Hour)
		later := finish(w.retryAll(webhook.ID, bot9.ReplayFilter{Since: w.clock.Now()}))
		want(t, "by time", len(later), 0)
	}},
	{"are refused where nothing can be sent", func(t *testing.T, w *world) {
		_, err := w.CreateRetry(w.ctx, bot9.Replay{ChatbotID: w.chatbot})
		refused(t, err, bot9.Conflict, "noWebhook")
		webhook := w.webhook()
		_, err = w.ChangeWebhook(w.ctx, w.chatbot, webhook.ID, func(h *bot9.Webhook) error { h.Status = bot9.WebhookDisabled; return nil })
		must(t, err)
		_, err = w.CreateRetry(w.ctx, bot9.Replay{ChatbotID: w.chatbot, WebhookID: webhook.ID})
		refused(t, err, bot9.Conflict, "webhookDisabled")
		_, err = w.CreateRetry(w.ctx, bot9.Replay{ChatbotID: w.newChatbot(), WebhookID: webhook.ID})
		missing(t, err)
	}},
}}
