package delivery_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
)

func TestAConversationArrivesInOrderWhateverFails(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_, endpoint := w.webhook("flaky", func(webhook *bot9.Webhook) { webhook.SetAsideAfter = 0 })
		luck := rand.New(rand.NewPCG(1, 2)) // used under the endpoint's lock
		endpoint.does(func(call) reply {
			latency := time.Duration(luck.IntN(3000)) * time.Millisecond
			return reply{status: []int{200, 200, 500, 503, 0}[luck.IntN(5)], after: latency}
		})
		conversations := w.conversations(10)
		var events []bot9.EventID
		for range 20 {
			events = append(events, w.happen(conversations...)...)
			time.Sleep(time.Second)
		}
		time.Sleep(48 * time.Hour)
		endpoint.replies(reply{status: 200})
		time.Sleep(48 * time.Hour)
		endpoint.wantEach(t, events)
		endpoint.wantOrder(t)
	})
}

func TestAPoisonousEventIsSetAsideAndItsConversationGoesOn(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		webhook, endpoint := w.webhook("picky")
		conversations := w.conversations(2)
		cured := 8 // the attempt that succeeds at last
		endpoint.does(func(c call) reply {
			if c.conversation == conversations[0] && c.sequence == 1 && c.number < cured {
				return reply{status: 422}
			}
			return reply{status: 200}
		})
		events := w.happen(conversations[0], conversations[0], conversations[0])
		for range 20 { // the endpoint answers others meanwhile
			w.happen(conversations[1])
			time.Sleep(2 * time.Minute)
		}
		calls := endpoint.seen()
		poison, next := 0, 0
		for _, c := range calls {
			switch {
			case c.event == events[0]:
				poison++
			case c.event == events[1] && poison != bot9.DefaultSetAsideAfter:
				t.Errorf("the second event came after %d attempts at the first, want %d", poison, bot9.DefaultSetAsideAfter)
				next++
			case c.event == events[1] || c.event == events[2]:
				next++
			}
		}
		if next != 2 {
			t.Errorf("%d of the 2 events behind the poisonous one arrived", next)
		}
		if diff := cmp.Diff(map[bot9.DeliveryStatus]int{bot9.DeliverySetAside: 1, bot9.DeliverySucceeded: 22}, w.statuses(webhook.ID)); diff != "" {
			t.Error(diff)
		}
		time.Sleep(24 * time.Hour)
		if diff := cmp.Diff(map[bot9.DeliveryStatus]int{bot9.DeliverySucceeded: 23}, w.statuses(webhook.ID)); diff != "" {
			t.Error(diff)
		}
		poisonous := endpoint.seen()[:0]
		for _, c := range endpoint.seen() {
			if c.event == events[0] {
				poisonous = append(poisonous, c)
			}
		}
		wantWaits(t, poisonous, bot9.DefaultRetrySchedule[:cured-1], 0.2)
	})
}

func TestWithoutSettingAsideTheConversationWaits(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		webhook, endpoint := w.webhook("picky", func(webhook *bot9.Webhook) {
			webhook.SetAsideAfter, webhook.RetrySchedule = 0, []int{60, 60, 60, 60, 60, 60, 60, 60, 60}
		})
		conversations := w.conversations(2)
		endpoint.does(func(c call) reply {
			if c.conversation == conversations[0] && c.sequence == 1 {
				return reply{status: 422}
			}
			return reply{status: 200}
		})
		w.happen(conversations[0], conversations[0])
		for range 8 {
			w.happen(conversations[1])
			time.Sleep(time.Minute)
		}
		if diff := cmp.Diff(map[bot9.DeliveryStatus]int{bot9.DeliveryRetrying: 1, bot9.DeliveryPending: 1, bot9.DeliverySucceeded: 8}, w.statuses(webhook.ID)); diff != "" {
			t.Error(diff)
		}
		time.Sleep(time.Hour) // the first is given up: the conversation goes on
		if diff := cmp.Diff(map[bot9.DeliveryStatus]int{bot9.DeliveryFailed: 1, bot9.DeliverySucceeded: 9}, w.statuses(webhook.ID)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWithoutOrderingNothingWaits(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_, endpoint := w.webhook("parallel", func(webhook *bot9.Webhook) { webhook.Ordering = bot9.OrderNone })
		endpoint.replies(reply{status: 200, after: time.Second})
		conversation := w.conversations(1)[0]
		w.happen(conversation, conversation, conversation, conversation, conversation)
		w.settle()
		if got := endpoint.mostAtOnce(); got != 5 {
			t.Errorf("%d of one conversation's 5 events were in flight at once, want all", got)
		}
	})
}
