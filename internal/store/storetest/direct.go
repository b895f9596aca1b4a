package storetest

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// What is taken as it is accepted may have no row in the backlog (SQLite). Nothing may show that.
var direct = topic{"Deliveries taken at once", []testCase{
	{"outlive the process, however many events came after", func(t *testing.T, w *world) {
		webhook, conversation := w.webhook(), w.conversation()
		w.dispatcher.admitAll()
		w.append(conversation, 1)
		first := w.takeOne()
		for range 30 {
			w.append(0, 1)
			w.finish(w.takeOne(), bot9.DeliverySucceeded)
		}
		w.reopen()
		d := w.claimOne(webhook.ID)
		want(t, "delivery", d.ID, first.ID)
		want(t, "due", d.NextAttemptAt, first.NextAttemptAt)
		want(t, "in its lane", d.InLane, true)
		w.finish(d, bot9.DeliverySucceeded)
		w.reopen()
		want(t, "due", len(w.claim(webhook.ID)), 0)
		want(t, "deliveries", len(w.deliveries(bot9.DeliveryFilter{}, 0)), 31)
	}},
	{"keep their IDs from new ones when the clock goes back", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.dispatcher.admitAll()
		w.append(0, 1)
		d := w.takeOne()
		w.clock.Advance(-time.Hour)
		w.reopen()
		want(t, "a newer ID", w.NextID() > int64(d.ID), true)
		w.clock.Advance(2 * time.Hour)
		want(t, "delivery", w.claimOne(webhook.ID).ID, d.ID)
	}},
	{"are gone with a process if their webhook is", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.dispatcher.admitAll()
		w.append(0, 2)
		deleted := w.dispatcher.take()
		must(t, w.DeleteWebhook(w.ctx, w.chatbot, webhook.ID))
		w.cleanAll(t)
		w.finish(deleted[0], bot9.DeliverySucceeded)
		want(t, "deliveries", len(w.deliveries(bot9.DeliveryFilter{}, 0)), 0)
		w.reopen()
		waiting, err := w.Waiting(w.ctx)
		must(t, err)
		want(t, "webhooks with something due", len(waiting), 0)
	}},
	{"and rolled back hold nothing up", func(t *testing.T, w *world) {
		webhook, conversation := w.webhook(), w.conversation()
		w.dispatcher.admitAll()
		_, err := w.AppendEvents(w.failing(), w.chatbot, []bot9.NewEvent{note(conversation, "good")})
		failedLate(t, err)
		w.append(conversation, 1)
		want(t, "taken", w.takeOne().Sequence, int64(1))
		want(t, "backlog", w.backlog(webhook.ID), 1)
	}},
	{"and finished beside writes that fail are finished", func(t *testing.T, w *world) {
		webhook, bad := w.webhook(unordered), w.conversation()
		w.dispatcher.admitAll()
		finished := 0
		looked := atomic.Int64{}
		look := func() error {
			_, _, err := w.ChangeConversation(w.ctx, w.chatbot, bad, func(bot9.Moment, *bot9.Conversation) (bot9.Change, error) {
				looked.Add(1)
				return bot9.Change{}, nil
			})
			return err
		}
		fail := func() error {
			_, _, err := w.ChangeConversation(w.ctx, w.chatbot, bad, ratingUnknown)
			if bot9.KindOf(err) == bot9.NotFound {
				return nil
			}
			return err
		}
		untilRunAgain(t, func() bool {
			w.append(0, 16)
			var calls []func() error
			for _, d := range w.dispatcher.take() {
				attempted := *d
				attempted.Attempts = 1
				finished++
				calls = append(calls, look, fail, func() error {
					return w.finishResult(bot9.AttemptResult{Delivery: &attempted, Next: bot9.DeliverySucceeded, Attempt: &bot9.Attempt{Outcome: bot9.OutcomeSuccess}})
				})
			}
			w.atOnce(t, calls...)
			return looked.Load() > int64(finished)
		})
		want(t, "backlog", w.backlog(webhook.ID), 0)
		want(t, "succeeded", len(w.deliveries(bot9.DeliveryFilter{Status: bot9.DeliverySucceeded}, 0)), finished)
	}},
	{"can't be retried while they are sent, and can be given back", func(t *testing.T, w *world) {
		webhook, conversation := w.webhook(), w.conversation()
		w.dispatcher.admitAll()
		w.append(conversation, 2)
		d := w.takeOne()
		_, err := w.RetryDelivery(w.ctx, w.chatbot, d.ID)
		refused(t, err, bot9.Conflict, "deliveryInFlight")
		must(t, w.Release(w.ctx, []*bot9.Delivery{d}))
		_, err = w.RetryDelivery(w.ctx, w.chatbot, d.ID)
		must(t, err)
		d = w.claimOne(webhook.ID)
		want(t, "sequence", d.Sequence, int64(1))
		w.finish(d, bot9.DeliverySucceeded)
		want(t, "the next of its lane", w.takeOne().Sequence, int64(2))
	}},
	{"are given back in one piece at once", func(t *testing.T, w *world) {
		webhook := w.webhook(unordered)
		w.dispatcher.admitAll()
		w.append(0, 3)
		must(t, w.Release(w.ctx, w.dispatcher.take()))
		want(t, "due", len(w.claim(webhook.ID)), 3)
	}},
	{"keep their lane to themselves when a replay behind them is canceled", func(t *testing.T, w *world) {
		webhook, conversation := w.webhook(), w.conversation()
		w.append(conversation, 1)
		w.finish(w.claimOne(webhook.ID), bot9.DeliverySucceeded)
		w.dispatcher.admitAll()
		w.append(conversation, 1)
		head := w.takeOne()
		replay := w.replayAll(webhook.ID)
		w.append(conversation, 1)
		_, err := w.CancelReplay(w.ctx, w.chatbot, replay.ID)
		must(t, err)
		want(t, "taken while the head is sent", len(w.dispatcher.take()), 0)
		want(t, "due while the head is sent", len(w.claim(webhook.ID)), 0)
		w.finish(head, bot9.DeliverySucceeded)
		want(t, "the next of its lane", w.takeOne().Sequence, int64(3))
	}},
	{"keep their lane to themselves when what is behind them is retired", func(t *testing.T, w *world) {
		webhook, conversation := w.webhook(), w.conversation()
		w.append(conversation, 1)
		w.finish(w.claimOne(webhook.ID), bot9.DeliverySucceeded)
		w.clock.Advance(Retention + day)
		w.dispatcher.admitAll()
		w.append(conversation, 1)
		head := w.takeOne()
		w.replayAll(webhook.ID)
		w.append(conversation, 1)
		w.cleanAll(t)
		want(t, "taken while the head is sent", len(w.dispatcher.take()), 0)
		want(t, "due while the head is sent", len(w.claim(webhook.ID)), 0)
		w.finish(head, bot9.DeliverySucceeded)
	}},
	{"are shown by reading, which writes nothing", func(t *testing.T, w *world) {
		webhook, conversation := w.webhook(), w.conversation()
		w.dispatcher.admitAll()
		w.append(conversation, 2)
		d := w.takeOne()
		before := w.Counts().Transactions
		for range 3 {
			want(t, "deliveries", len(w.deliveries(bot9.DeliveryFilter{}, 0)), 2)
			want(t, "status", w.delivery(d.ID).Status, bot9.DeliveryPending)
			_, err := w.Attempts(w.ctx, w.chatbot, d.ID)
			must(t, err)
			_, err = w.Stats(w.ctx, w.chatbot, webhook.ID, bot9.LastHour, w.clock.Now())
			must(t, err)
			w.allEvents(bot9.EventFilter{Conversation: []bot9.ConversationID{conversation}})
		}
		want(t, "transactions by reading", w.Counts().Transactions-before, int64(0))
		w.finish(d, bot9.DeliverySucceeded)
		want(t, "once it has succeeded", len(w.deliveries(bot9.DeliveryFilter{Status: bot9.DeliverySucceeded}, 0)), 1)
		want(t, "listed once each", len(w.deliveries(bot9.DeliveryFilter{}, 0)), 2)
	}},
	{"are among what the store shows", func(t *testing.T, w *world) {
		webhook, conversation := w.webhook(), w.conversation()
		w.dispatcher.admitAll()
		w.append(conversation, 1)
		d := w.takeOne()
		stats, err := w.Stats(w.ctx, w.chatbot, webhook.ID, bot9.LastHour, w.clock.Now())
		must(t, err)
		want(t, "backlog", stats.Backlog, 1)
		want(t, "the oldest one", stats.OldestWaitingAt, d.CreatedAt)
		ids := w.append(0, 1)
		w.takeOne()
		want(t, "by its event", len(w.deliveries(bot9.DeliveryFilter{EventID: ids[0], Status: bot9.DeliveryPending}, 0)), 1)
		w.append(0, 1)
		attempts, err := w.Attempts(w.ctx, w.chatbot, w.takeOne().ID)
		must(t, err)
		want(t, "attempts", len(attempts), 0)
		w.append(0, 1)
		want(t, "the status of one", w.delivery(w.takeOne().ID).Status, bot9.DeliveryPending)
		w.append(0, 1)
		ctx, i := w.named("first", "order")
		_, err = w.Delivery(ctx, w.chatbot, w.takeOne().ID)
		must(t, err)
		want(t, "recorded by looking", i.Recorded, false)
	}},
}}

// takeOne returns the one delivery that was handed over.
func (w *world) takeOne() *bot9.Delivery {
	w.t.Helper()
	taken := w.dispatcher.take()
	if len(taken) != 1 {
		w.t.Fatalf("%d deliveries were handed over, want 1: sequences %v", len(taken), sequences(taken))
	}
	return taken[0]
}
