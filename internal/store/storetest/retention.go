package storetest

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	day  = 24 * time.Hour
	kept = Retention
	// late is by how much data may outlive its retention: a partition, and an hour.
	late = kept/12 + time.Hour
)

// keeping opens the store again so that it keeps events for d.
func (w *world) keeping(d time.Duration) {
	w.t.Helper()
	w.retention = d
	w.reopen()
}

// outlive lets the retention of all that there is end, and cleans.
func (w *world) outlive(t *testing.T) {
	t.Helper()
	w.clock.Advance(kept + late)
	w.cleanAll(t)
}

var retention = topic{"Retention", []testCase{
	{"ends events, deliveries and attempts, and nothing else", func(t *testing.T, w *world) {
		webhook := w.webhook()
		conversation := w.conversation()
		w.say(conversation, "hello", "again")
		old := w.append(conversation, 3)
		w.drain(webhook.ID)
		w.clock.Advance(kept - time.Minute)
		w.cleanAll(t)
		want(t, "events at the end of the retention", len(w.allEvents(bot9.EventFilter{})), 5)
		w.clock.Advance(late + time.Minute)
		young := w.append(conversation, 1)
		w.drain(webhook.ID)
		w.cleanAll(t)

		want(t, "events", each(w.allEvents(bot9.EventFilter{}), func(e *bot9.Event) bot9.EventID { return e.ID }), young)
		left := w.deliveries(bot9.DeliveryFilter{}, 0)
		want(t, "deliveries", each(left, func(d bot9.Delivery) bot9.EventID { return d.EventID }), young)
		attempts, err := w.Attempts(w.ctx, w.chatbot, left[0].ID)
		must(t, err)
		want(t, "attempts", len(attempts), 1)
		_, err = w.Event(w.ctx, w.chatbot, old[0])
		missing(t, err)
		messages, err := w.RecentMessages(w.ctx, conversation, 10)
		must(t, err)
		want(t, "messages", len(messages), 2)
		want(t, "events after one that is gone", len(w.allEvents(bot9.EventFilter{After: old[1]})), 1)
	}},
	{"lets a conversation's sequence go on", func(t *testing.T, w *world) {
		posted, said, both := w.conversation(), w.conversation(), w.conversation()
		w.append(posted, 4)
		w.say(said, "one", "two")
		w.say(both, "one")
		w.append(both, 2)
		w.outlive(t)
		want(t, "events", len(w.allEvents(bot9.EventFilter{})), 0)
		for conversation, last := range map[bot9.ConversationID]int64{posted: 4, said: 2, both: 3} {
			found, err := w.Conversation(w.ctx, w.chatbot, conversation)
			must(t, err)
			want(t, "last sequence", found.LastSequence, last)
		}
		w.append(posted, 1)
		w.append(said, 1)
		w.say(both, "two")
		for conversation, next := range map[bot9.ConversationID]int64{posted: 5, said: 3, both: 4} {
			want(t, "next sequence", w.allEvents(bot9.EventFilter{Conversation: []bot9.ConversationID{conversation}})[0].Sequence, next)
		}
	}},
	{"of zero keeps everything", func(t *testing.T, w *world) {
		w.keeping(0)
		webhook := w.webhook()
		w.append(w.conversation(), 3)
		w.drain(webhook.ID)
		w.clock.Advance(10 * 365 * day)
		w.cleanAll(t)
		want(t, "events", len(w.allEvents(bot9.EventFilter{})), 3)
		want(t, "deliveries", len(w.deliveries(bot9.DeliveryFilter{}, 0)), 3)
	}},
	{"takes along what still waits, and its conversation goes on", func(t *testing.T, w *world) {
		webhook, disabled := w.webhook(), w.webhook()
		conversation := w.conversation()
		w.append(conversation, 2)
		w.append(0, 1)
		for _, d := range w.claim(webhook.ID) {
			w.finish(d, bot9.DeliveryRetrying, retryIn(30*day))
		}
		w.setStatus(disabled.ID, bot9.WebhookDisabled)
		w.clock.Advance(kept / 2)
		young := w.append(conversation, 2)
		want(t, "backlog", [2]int64{w.backlog(webhook.ID), w.backlog(disabled.ID)}, [2]int64{5, 3})
		w.clock.Advance(kept/2 + late)
		w.cleanAll(t)
		want(t, "backlog", [2]int64{w.backlog(webhook.ID), w.backlog(disabled.ID)}, [2]int64{2, 0})
		want(t, "arrived", w.drain(webhook.ID), young)
		want(t, "deliveries", len(w.deliveries(bot9.DeliveryFilter{}, 0)), 2)
	}},
	{"ends an event while it is being sent", endWhileSending},
	{"ends replays of what is gone", func(t *testing.T, w *world) {
		webhook := w.webhook(choosing("custom.never"))
		w.append(0, 2)
		w.clock.Advance(kept - 2*time.Hour)
		young := w.append(0, 1)
		_, err := w.ChangeWebhook(w.ctx, w.chatbot, webhook.ID, func(w *bot9.Webhook) error {
			w.Events = []string{bot9.AllEvents}
			return nil
		})
		must(t, err)
		replay := w.replayAll(webhook.ID)
		want(t, "queued", w.readReplay(replay.ID).Queued, 3)
		w.clock.Advance(late)
		w.cleanAll(t)
		want(t, "arrived", w.drain(webhook.ID), young)
		w.advance()
		done := w.readReplay(replay.ID)
		want(t, "status", done.Status, bot9.ReplayDone)
		want(t, "succeeded and failed", [2]int64{done.Succeeded, done.Failed}, [2]int64{1, 2})
		again := w.replayAll(webhook.ID)
		want(t, "queued of what is left", w.readReplay(again.ID).Queued, 1)
	}},
	{"lets nobody send again what is gone", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.append(0, 1)
		w.drain(webhook.ID)
		w.clock.Advance(kept - 2*time.Hour)
		w.replayAll(webhook.ID)
		w.drain(webhook.ID)
		w.clock.Advance(late)
		w.cleanAll(t)
		left := w.deliveries(bot9.DeliveryFilter{}, 0) // the replay's, which is younger than its event
		want(t, "deliveries", len(left), 1)
		_, err := w.RetryDelivery(w.ctx, w.chatbot, left[0].ID)
		refused(t, err, bot9.Conflict, "eventGone")
		want(t, "status", w.delivery(left[0].ID).Status, bot9.DeliverySucceeded)
		want(t, "backlog", w.backlog(webhook.ID), 0)
	}},
	{"deletes in slices", func(t *testing.T, w *world) {
		webhook := w.webhook(unordered)
		w.append(0, 2500)
		for range 3 {
			w.drain(webhook.ID)
		}
		w.outlive(t)
		want(t, "events", len(w.allEvents(bot9.EventFilter{})), 0)
		want(t, "deliveries", len(w.deliveries(bot9.DeliveryFilter{}, 0)), 0)
		w.append(0, 1)
		want(t, "arrived", len(w.drain(webhook.ID)), 1)
	}},
}}

// endWhileSending has attempts under way while the retention of their events ends: one succeeds, one
// is to be tried again, one is given back.
func endWhileSending(t *testing.T, w *world) {
	for i, end := range []func(*bot9.Delivery){
		func(d *bot9.Delivery) { w.finish(d, bot9.DeliverySucceeded) },
		func(d *bot9.Delivery) { w.finish(d, bot9.DeliveryRetrying) },
		func(d *bot9.Delivery) { must(t, w.Release(w.ctx, []*bot9.Delivery{d})) },
	} {
		webhook := w.webhook()
		conversation := w.conversation()
		w.append(conversation, 1)
		taken := w.claimOne(webhook.ID)
		w.clock.Advance(kept / 2)
		young := w.append(conversation, 1)
		w.clock.Advance(kept/2 + late)
		w.cleanAll(t)
		want(t, "backlog while it is sent", w.backlog(webhook.ID), 2)
		w.dispatcher.reset()
		end(taken)
		if i > 0 {
			promoted := w.dispatcher.nextCommit()
			want(t, "due with its event gone", len(w.claim(webhook.ID)), 0)
			select {
			case <-promoted: // the store removes it then, and goes on
			case <-time.After(10 * time.Second):
				t.Fatalf("nothing became of delivery %d", i)
			}
		}
		want(t, "backlog", w.backlog(webhook.ID), 1)
		want(t, "arrived", w.drain(webhook.ID), young)
		for _, d := range w.deliveries(bot9.DeliveryFilter{}, 0) {
			if d.ID == taken.ID {
				t.Errorf("delivery %d is listed though its time is over", i)
			}
		}
		must(t, w.DeleteWebhook(w.ctx, w.chatbot, webhook.ID))
	}
}
