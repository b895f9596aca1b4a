package delivery_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
)

func TestAChangedURLHoldsForWhatWaits(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		webhook, before := w.webhook("before", func(webhook *bot9.Webhook) { webhook.MaxInFlight = 1 })
		before.replies(reply{status: 200, after: time.Second})
		w.settle() // once the webhook is known, events outside any conversation are taken as they come, else by a claim
		events := w.happenN(5)
		time.Sleep(1500 * time.Millisecond)
		w.change(webhook.ID, func(webhook *bot9.Webhook) { webhook.URL, webhook.MaxInFlight = "after", 0 })
		time.Sleep(time.Second)
		before.wantEach(t, events[:2]) // the second was in flight
		w.receiver("after").wantEach(t, events[2:])
	})
}

func TestADisabledWebhookHoldsItsBacklog(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		webhook, endpoint := w.webhook("paused", func(webhook *bot9.Webhook) { webhook.MaxInFlight = 2 })
		endpoint.replies(reply{status: 200, after: time.Second})
		conversations := w.conversations(2)
		events := w.happen(conversations[0], conversations[0], conversations[1], conversations[1])
		time.Sleep(500 * time.Millisecond)
		w.disable(webhook.ID)
		missed := w.happen(conversations...) // not for a disabled webhook
		time.Sleep(24 * time.Hour)
		want := map[bot9.DeliveryStatus]int{bot9.DeliverySucceeded: 2, bot9.DeliveryHeld: 2}
		if diff := cmp.Diff(want, w.statuses(webhook.ID)); diff != "" {
			t.Error(diff)
		}
		w.enable(webhook.ID)
		time.Sleep(2 * time.Second)
		endpoint.wantEach(t, events)
		endpoint.wantOrder(t)
		if len(missed) != 2 {
			t.Errorf("%d events while it was disabled", len(missed))
		}
	})
}

func TestEnablingClosesTheBreaker(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		webhook, endpoint := w.webhook("repaired", func(webhook *bot9.Webhook) { webhook.RetrySchedule = []int{1, 1} })
		endpoint.replies(reply{status: 500})
		w.happenN(100)
		time.Sleep(10 * time.Minute)
		w.disable(webhook.ID)
		w.settle()
		endpoint.replies(reply{status: 200})
		w.enable(webhook.ID)
		time.Sleep(time.Second)
		if left := w.statuses(webhook.ID)[bot9.DeliveryPending]; left != 0 {
			t.Errorf("%d deliveries wait a second after the webhook was enabled again", left)
		}
	})
}

func TestADeletedWebhookGetsNothingMore(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		webhook, endpoint := w.webhook("deleted", func(webhook *bot9.Webhook) { webhook.MaxInFlight = 2 })
		endpoint.replies(reply{status: 500, after: time.Second})
		w.happenN(20)
		time.Sleep(500 * time.Millisecond)
		must(t, w.DeleteWebhook(w.ctx, w.chatbot, webhook.ID))
		time.Sleep(24 * time.Hour) // what was in flight fails, and would be retried
		if got := len(endpoint.seen()); got != 2 {
			t.Errorf("%d attempts, want the 2 that were in flight when the webhook was deleted", got)
		}
		if queued := w.dispatcher.Counts().Queued; queued != 0 {
			t.Errorf("%d deliveries of a deleted webhook are in memory", queued)
		}
	})
}

func TestAStoreThatFailsForAWhileLosesNothing(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		webhook, endpoint := w.webhook("steady", func(webhook *bot9.Webhook) { webhook.SetAsideAfter = 0 })
		conversations := w.conversations(20)
		endpoint.does(func(c call) reply {
			return reply{status: []int{200, 500}[int(c.event)/512%2*(c.number%2)], after: 300 * time.Millisecond}
		})
		var events []bot9.EventID
		for round := range 40 {
			w.access.cut.Store(round%4 >= 2)
			events = append(events, w.happen(conversations...)...)
			time.Sleep(700 * time.Millisecond)
			if round%20 == 10 {
				w.disable(webhook.ID)
				time.Sleep(2 * time.Second)
				w.enable(webhook.ID)
			}
		}
		w.access.cut.Store(false)
		time.Sleep(time.Hour)
		endpoint.wantEach(t, events)
		endpoint.wantOrder(t)
	})
}

func TestWhatIsGivenBackIsNotLostWhenTheStoreFails(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_, endpoint := w.webhook("down", func(webhook *bot9.Webhook) { webhook.MaxInFlight = 2 })
		endpoint.replies(reply{status: 500, after: time.Second})
		events := w.happenN(200)
		time.Sleep(4500 * time.Millisecond)
		w.access.cut.Store(true) // the breaker opens at the next failures, and the queue goes back
		time.Sleep(10 * time.Second)
		w.access.cut.Store(false)
		endpoint.replies(reply{status: 200})
		time.Sleep(2 * time.Minute)
		endpoint.wantEach(t, events)
	})
}

func TestAChangeIsSeenAlthoughTheStoreFailsToTellIt(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		webhook, endpoint := w.webhook("before")
		w.happenN(1)
		w.settle()
		w.access.cut.Store(true)
		w.change(webhook.ID, func(webhook *bot9.Webhook) { webhook.URL = "after" })
		time.Sleep(10 * time.Second)
		w.access.cut.Store(false)
		time.Sleep(2 * time.Second)
		events := w.happenN(1)
		time.Sleep(time.Second)
		if got := len(endpoint.seen()); got != 1 {
			t.Errorf("%d attempts at the old URL, want 1", got)
		}
		w.receiver("after").wantEach(t, events)
	})
}

// The commit of a result may be late, and a claim may run ahead of it. That claim finds nothing, and
// must not make the dispatcher forget that the delivery is due again.
func TestARetryIsNotForgottenWhenAClaimRunsAheadOfItsCommit(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		webhook, endpoint := w.webhook("flaky")
		endpoint.does(func(c call) reply {
			if c.number == 1 {
				return reply{status: 500}
			}
			return reply{status: 200}
		})
		w.access.cutFinish.Store(true)
		events := w.happenN(1)
		time.Sleep(500 * time.Millisecond)
		w.dispatcher.Committed(nil, []bot9.WebhookID{webhook.ID}) // as after any other commit
		w.settle()
		w.access.cutFinish.Store(false)
		time.Sleep(10 * time.Second)
		endpoint.wantEach(t, events)
		wantWaits(t, endpoint.seen(), bot9.DefaultRetrySchedule[:1], 0.2)
	})
}
