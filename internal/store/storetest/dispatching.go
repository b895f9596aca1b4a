package storetest

import (
	"sync"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

var dispatching = topic{"Dispatcher", []testCase{
	{"gets what it admits, complete, once it is committed", func(t *testing.T, w *world) {
		w.dispatcher.admitAll()
		webhook := w.webhook()
		conversation := w.conversation()
		looked := 0
		w.dispatcher.committed = func(admitted []*bot9.Delivery) {
			for _, d := range admitted {
				_, err := w.Event(w.ctx, w.chatbot, d.EventID) // the delivery itself would wait for the writer
				mustKeepGoing(t, err)
				looked++
			}
		}
		ids := w.append(conversation, 1)
		admitted := w.dispatcher.take()
		want(t, "admitted", len(admitted), 1)
		want(t, "looked up when handed over", looked, 1)
		d := admitted[0]
		event, err := w.Event(w.ctx, w.chatbot, ids[0])
		must(t, err)
		want(t, "delivery", *d, bot9.Delivery{
			ID: d.ID, WebhookID: webhook.ID, ChatbotID: w.chatbot, EventID: ids[0], EventType: "custom.note", ConversationID: conversation,
			Sequence: 1, Status: bot9.DeliveryPending, NextAttemptAt: w.clock.Now(), CreatedAt: d.ID.Time(), InLane: true, Event: event,
		})
		ready, _ := w.dispatcher.told(webhook.ID)
		want(t, "told that it is ready, too", ready, 0)
		want(t, "due in the backlog, too", len(w.claim(webhook.ID)), 0)
	}},
	{"is told of what it does not admit", func(t *testing.T, w *world) {
		webhook, ignored := w.webhook(), w.webhook(choosing("custom.other"))
		w.append(0, 2)
		want(t, "admitted", len(w.dispatcher.take()), 0)
		ready, _ := w.dispatcher.told(webhook.ID)
		want(t, "told that it is ready, once", ready, 1)
		ready, _ = w.dispatcher.told(ignored.ID)
		want(t, "told that one with nothing is ready", ready, 0)
		want(t, "due", len(w.claim(webhook.ID)), 2)
	}},
	{"never gets what was rolled back", func(t *testing.T, w *world) {
		w.dispatcher.admitAll()
		w.webhook()
		_, err := w.AppendEvents(w.failing(), w.chatbot, []bot9.NewEvent{note(0, "good")})
		failedLate(t, err)
		w.dispatcher.mu.Lock()
		asked := w.dispatcher.asked
		w.dispatcher.mu.Unlock()
		want(t, "asked", asked, 1)
		want(t, "admitted", len(w.dispatcher.take()), 0)
	}},
	{"gets everything once, and nothing that is not there, beside writes that fail", func(t *testing.T, w *world) {
		w.dispatcher.admitAll()
		w.webhook(unordered)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for range 10 {
					_, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{note(0, "good")})
					mustKeepGoing(t, err)
					_, err = w.AppendEvents(w.failing(), w.chatbot, []bot9.NewEvent{note(0, "good")})
					failedLate(t, err)
				}
			})
		}
		group.Wait()
		got := map[bot9.DeliveryID]int{}
		for _, d := range w.dispatcher.take() {
			got[d.ID]++
		}
		expected := map[bot9.DeliveryID]int{}
		for _, d := range w.deliveries(bot9.DeliveryFilter{}, 0) {
			expected[d.ID] = 1
		}
		want(t, "deliveries", len(expected), 80)
		want(t, "admitted", got, expected)
	}},
	{"is not asked for deliveries of replays, or for disabled webhooks", func(t *testing.T, w *world) {
		w.append(0, 1)
		w.dispatcher.admitAll()
		webhook := w.webhook()
		w.replayAll(webhook.ID)
		want(t, "admitted", len(w.dispatcher.take()), 0)
		ready, _ := w.dispatcher.told(webhook.ID)
		want(t, "told that it is ready", ready, 1)
		w.setStatus(webhook.ID, bot9.WebhookDisabled)
		w.append(0, 1)
		want(t, "admitted", len(w.dispatcher.take()), 0)
	}},
	{"is told when a webhook is made, changed, deleted or to be replayed to", func(t *testing.T, w *world) {
		webhook := w.webhook()
		_, changed := w.dispatcher.told(webhook.ID)
		want(t, "made", changed, 1)
		w.setStatus(webhook.ID, bot9.WebhookEnabled)
		_, changed = w.dispatcher.told(webhook.ID)
		want(t, "changed", changed, 2)
		_, err := w.CreateReplay(w.ctx, bot9.Replay{ChatbotID: w.chatbot, WebhookID: webhook.ID})
		must(t, err)
		_, changed = w.dispatcher.told(webhook.ID)
		want(t, "replay", changed, 3)
		must(t, w.DeleteWebhook(w.ctx, w.chatbot, webhook.ID))
		_, changed = w.dispatcher.told(webhook.ID)
		want(t, "deleted", changed, 4)
		missing(t, w.DeleteWebhook(w.ctx, w.chatbot, webhook.ID))
		_, changed = w.dispatcher.told(webhook.ID)
		want(t, "deleted again", changed, 4)
	}},
}}
