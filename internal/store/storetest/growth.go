package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// growth spreads events over a year, which on PostgreSQL is over many partitions.
var growth = topic{"Events of a year", []testCase{
	{"are listed in order", func(t *testing.T, w *world) {
		y := newYear(t, w)
		newest := slices.Clone(y.events)
		slices.Reverse(newest)
		ids := func(filter bot9.EventFilter) []bot9.EventID {
			found := readAll(t, 5, func(page bot9.Page) (bot9.List[*bot9.Event], error) {
				return w.Events(w.ctx, w.chatbot, filter, page)
			})
			return each(found, func(e *bot9.Event) bot9.EventID { return e.ID })
		}
		want(t, "events", ids(bot9.EventFilter{}), newest)
		want(t, "by type", ids(bot9.EventFilter{Type: []string{"custom.note"}}), newest)
		want(t, "of the conversation", ids(bot9.EventFilter{Conversation: []bot9.ConversationID{y.conversation}}), newest)
		want(t, "after", ids(bot9.EventFilter{After: y.events[3]}), y.events[4:])
		want(t, "since and until", ids(bot9.EventFilter{Since: y.events[2].Time(), Until: y.events[5].Time()}),
			[]bot9.EventID{y.events[3], y.events[2]}) // two were made in the same millisecond
		for i, event := range w.allEvents(bot9.EventFilter{After: 1}) {
			want(t, "sequence", event.Sequence, int64(i+1))
			found, err := w.Event(w.ctx, w.chatbot, event.ID)
			must(t, err)
			want(t, "event", found, event)
		}
		found, err := w.Conversation(w.ctx, w.chatbot, y.conversation)
		must(t, err)
		want(t, "last sequence", found.LastSequence, int64(len(y.events)))
	}},
	{"are delivered in order", func(t *testing.T, w *world) {
		y := newYear(t, w)
		want(t, "arrived", w.drain(y.webhook.ID), y.events)
		for _, filter := range []bot9.DeliveryFilter{
			{}, {WebhookID: y.webhook.ID}, {ConversationID: y.conversation}, {EventType: "custom.note"}, {Status: bot9.DeliverySucceeded},
		} {
			listed := each(w.deliveries(filter, 5), func(d bot9.Delivery) bot9.EventID { return d.EventID })
			slices.Reverse(listed)
			want(t, "listed", listed, y.events)
		}
		for _, event := range y.events {
			found := w.deliveries(bot9.DeliveryFilter{EventID: event}, 0)
			want(t, "deliveries of an event", len(found), 1)
			attempts, err := w.Attempts(w.ctx, w.chatbot, found[0].ID)
			must(t, err)
			want(t, "attempts", len(attempts), 1)
		}
	}},
	{"are handed over as their lane goes on", func(t *testing.T, w *world) {
		y := newYear(t, w)
		w.dispatcher.admitAll()
		next := w.claimOne(y.webhook.ID)
		arrived := []bot9.EventID{}
		for range len(y.events) - 1 {
			arrived = append(arrived, next.Event.ID)
			w.finish(next, bot9.DeliverySucceeded)
			taken := w.dispatcher.take()
			want(t, "handed over", len(taken), 1)
			next = taken[0]
			want(t, "with its event", string(next.Event.Data), `{"text":"event"}`)
		}
		want(t, "arrived", append(arrived, next.EventID), y.events)
	}},
	{"are sent again by hand after a year", func(t *testing.T, w *world) {
		y := newYear(t, w)
		w.drain(y.webhook.ID)
		oldest := w.deliveries(bot9.DeliveryFilter{EventID: y.events[0]}, 0)[0]
		_, err := w.RetryDelivery(w.ctx, w.chatbot, oldest.ID)
		must(t, err)
		want(t, "arrived", w.drain(y.webhook.ID), y.events[:1])
		want(t, "attempts", w.delivery(oldest.ID).Attempts, 2)
		attempts, err := w.Attempts(w.ctx, w.chatbot, oldest.ID)
		must(t, err)
		want(t, "attempts", len(attempts), 2)
	}},
	{"are replayed in order", func(t *testing.T, w *world) {
		y := newYear(t, w)
		w.drain(y.webhook.ID)
		replay := w.replayAll(y.webhook.ID)
		want(t, "arrived", w.drain(y.webhook.ID), y.events)
		w.advance()
		want(t, "status", w.readReplay(replay.ID).Status, bot9.ReplayDone)
		w.replay(y.webhook.ID, bot9.ReplayFilter{Since: y.events[4].Time(), Status: []bot9.DeliveryStatus{bot9.DeliverySucceeded}})
		want(t, "arrived of the later ones", w.drain(y.webhook.ID), y.events[4:])
	}},
}}

type year struct {
	webhook      bot9.Webhook
	conversation bot9.ConversationID
	events       []bot9.EventID // the oldest first
}

func newYear(t *testing.T, w *world) year {
	t.Helper()
	w.keeping(400 * day)
	y := year{webhook: w.webhook(), conversation: w.conversation()}
	for range 12 {
		y.events = append(y.events, w.append(y.conversation, 2)...)
		w.cleanAll(t)
		w.clock.Advance(30*day + time.Hour)
	}
	return y
}
