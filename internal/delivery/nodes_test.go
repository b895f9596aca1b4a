package delivery_test

import (
	"testing"
	"time"
)

// TestResyncGivesBackAndGoesOn: what was in memory may be another process's by now. Where it is not,
// everything still arrives once and in order.
func TestResyncGivesBackAndGoesOn(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_, endpoint := w.webhook("slow")
		endpoint.replies(reply{status: 200, after: time.Second})
		conversations := w.conversations(60)
		events := append(w.happen(conversations...), w.happen(conversations...)...)
		time.Sleep(500 * time.Millisecond)
		w.engine.Resync()
		w.settle()
		if queued := w.engine.Counts().Queued; queued == 0 {
			t.Error("what was given back was not claimed again")
		}
		time.Sleep(time.Minute)
		endpoint.wantEach(t, events)
		endpoint.wantOrder(t)
		if calls := len(endpoint.seen()); calls != len(events) {
			t.Errorf("%d calls for %d events", calls, len(events))
		}
	})
}
