package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

var deliveryLists = topic{"Lists of deliveries", []testCase{
	{"choose by every filter, and by all together", everyFilter},
	{"show everything once, newest first, whatever the page", func(t *testing.T, w *world) {
		webhook, other := w.webhook(unordered), w.webhook()
		conversation := w.conversation()
		for range 5 {
			w.append(conversation, 3)
			w.clock.Advance(time.Second)
		}
		for i, d := range w.claim(webhook.ID) {
			if i%2 == 0 {
				w.finish(d, bot9.DeliverySucceeded)
			}
		}
		w.finish(w.claimOne(other.ID), bot9.DeliverySucceeded)
		all := w.deliveries(bot9.DeliveryFilter{}, 250)
		want(t, "deliveries", len(all), 30)
		newestFirst := each(all, func(d bot9.Delivery) bot9.DeliveryID { return -d.ID })
		increasing(t, "IDs, newest first", newestFirst)
		for _, limit := range []int{1, 4, 7, 30} {
			want(t, "deliveries by other pages", w.deliveries(bot9.DeliveryFilter{}, limit), all)
		}
	}},
	{"show no other chatbot's", func(t *testing.T, w *world) {
		webhook := w.webhook()
		conversation := w.conversation()
		events := w.append(conversation, 2)
		w.finish(w.claimOne(webhook.ID), bot9.DeliverySucceeded)
		all := w.deliveries(bot9.DeliveryFilter{}, 0)
		w.chatbot = w.newChatbot()
		for _, filter := range []bot9.DeliveryFilter{
			{},
			{WebhookID: webhook.ID},
			{EventID: events[0]},
			{EventID: events[1]},
			{ConversationID: conversation},
			{Status: bot9.DeliveryPending},
			{Status: bot9.DeliverySucceeded},
		} {
			want(t, "deliveries", len(w.deliveries(filter, 0)), 0)
		}
		for _, d := range all {
			_, err := w.Delivery(w.ctx, w.chatbot, d.ID)
			missing(t, err)
			_, err = w.RetryDelivery(w.ctx, w.chatbot, d.ID)
			missing(t, err)
		}
	}},
}}

// everyFilter compares the lists with what plain Go makes of all the rows.
func everyFilter(t *testing.T, w *world) {
	hooks := []bot9.Webhook{w.webhook(unordered), w.webhook(), w.webhook(unordered)}
	conversations := []bot9.ConversationID{w.conversation(), w.conversation(), 0}
	var happened []bot9.EventID
	times := []bot9.Time{0}
	for round := range 4 {
		for _, c := range conversations {
			ids, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{note(c, "note"), {Type: "custom.other", Data: []byte(`{}`), ConversationID: c}})
			must(t, err)
			happened = append(happened, ids...)
		}
		w.clock.Advance(time.Minute)
		times = append(times, w.clock.Now())
		for _, hook := range hooks {
			for i, d := range w.claim(hook.ID) {
				w.finish(d, everyNext[(i+round)%len(everyNext)], retryIn(time.Hour))
			}
		}
	}
	w.setStatus(hooks[2].ID, bot9.WebhookDisabled)
	all := w.deliveries(bot9.DeliveryFilter{}, 0)
	want(t, "deliveries", len(all), len(happened)*len(hooks))

	statuses := []bot9.DeliveryStatus{
		"", bot9.DeliveryPending, bot9.DeliveryRetrying, bot9.DeliverySetAside, bot9.DeliveryHeld, bot9.DeliverySucceeded, bot9.DeliveryFailed, bot9.DeliveryCanceled,
	}
	seen := map[bot9.DeliveryStatus]bool{}
	for _, status := range statuses {
		for _, webhook := range []bot9.WebhookID{0, hooks[0].ID, hooks[1].ID, hooks[2].ID} {
			for _, event := range []bot9.EventID{0, happened[0], happened[len(happened)-1]} {
				for _, conversation := range conversations {
					for _, eventType := range []string{"", "custom.other"} {
						for _, span := range [][2]bot9.Time{{}, {times[1], times[3]}, {0, times[2]}} {
							filter := bot9.DeliveryFilter{
								Status: status, WebhookID: webhook, EventID: event, ConversationID: conversation, EventType: eventType, Since: span[0], Until: span[1],
							}
							got := each(w.deliveries(filter, 5), func(d bot9.Delivery) bot9.DeliveryID { return d.ID })
							chosen := only(all, func(d bot9.Delivery) bool { return chooses(filter, d) })
							if expected := each(chosen, func(d bot9.Delivery) bot9.DeliveryID { return d.ID }); !slices.Equal(got, expected) {
								t.Fatalf("%+v: got %v, want %v", filter, got, expected)
							}
							for _, d := range chosen {
								seen[d.Status] = true
							}
						}
					}
				}
			}
		}
	}
	want(t, "states that were there to be found", len(seen), 6)
}

func chooses(f bot9.DeliveryFilter, d bot9.Delivery) bool {
	return (f.WebhookID == 0 || f.WebhookID == d.WebhookID) && (f.EventID == 0 || f.EventID == d.EventID) &&
		(f.ConversationID == 0 || f.ConversationID == d.ConversationID) && (f.EventType == "" || f.EventType == d.EventType) &&
		(f.Status == "" || f.Status == d.Status) && (f.Since == 0 || d.CreatedAt >= f.Since) && (f.Until == 0 || d.CreatedAt < f.Until)
}
