package delivery_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
)

// TestWhatCannotBeSentIsRepeatedUncounted has no file descriptor for a minute. The webhook allows no retry, so that
// an attempt that counted would end its delivery.
func TestWhatCannotBeSentIsRepeatedUncounted(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		webhook, endpoint := w.webhook("unreached", func(webhook *bot9.Webhook) { webhook.RetrySchedule = []int{} })
		endpoint.replies(reply{unsent: true, retryAfter: time.Second})
		conversation := w.conversations(1)[0]
		w.happen(conversation, conversation)
		time.Sleep(time.Minute)
		if diff := cmp.Diff(map[bot9.DeliveryStatus]int{bot9.DeliveryPending: 2}, w.statuses(webhook.ID)); diff != "" {
			t.Error(diff)
		}
		tries := endpoint.seen()
		if len(tries) < 50 || len(tries) > 61 {
			t.Errorf("%d tries in a minute, want one a second", len(tries))
		}
		for _, c := range tries {
			if c.number != 1 || c.event != tries[0].event {
				t.Fatalf("tried event %v as attempt %d: want the head of the lane, as the first", c.event, c.number)
			}
		}
		endpoint.replies(reply{status: 200})
		time.Sleep(3 * time.Second)
		for _, d := range w.deliveries(webhook.ID) {
			if d.Status != bot9.DeliverySucceeded || d.Attempts != 1 {
				t.Errorf("a delivery is %s after %d attempts, want succeeded after 1", d.Status, d.Attempts)
			}
		}
		stored, err := w.Endpoint(w.ctx, webhook.ID)
		must(t, err)
		if h := stored.Health; h != nil && (h.ConsecutiveFailures != 0 || h.LastFailureAt != 0) {
			t.Errorf("the endpoint's health is %+v", h)
		}
	})
}
