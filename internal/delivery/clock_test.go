package delivery_test

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// TestAClockSetBackHaltsNoRetry sets the clock back by 100 seconds while a retry waits for 5, behind an open breaker.
func TestAClockSetBackHaltsNoRetry(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_, endpoint := w.webhook("behind", func(webhook *bot9.Webhook) { webhook.RetrySchedule = []int{5, 5} })
		endpoint.replies(reply{status: 500})
		events := w.happenN(20)
		w.settle()
		endpoint.replies(reply{status: 200})
		w.setBack.Store(int64(100 * time.Second))
		time.Sleep(8 * time.Second)
		endpoint.wantEach(t, events)
	})
}

// TestAClockSetBackFarHaltsNoRetry sets it back by hours and by months, with and without a restart in between.
func TestAClockSetBackFarHaltsNoRetry(t *testing.T) {
	for _, back := range []time.Duration{3 * time.Hour, 100 * 24 * time.Hour} {
		for _, restart := range []bool{false, true} {
			inVirtualTime(t, func(w *world) {
				_, endpoint := w.webhook("behind", func(webhook *bot9.Webhook) { webhook.RetrySchedule = []int{5, 5, 5} })
				endpoint.replies(reply{status: 500})
				events := w.happenN(3)
				w.settle()
				endpoint.replies(reply{status: 200})
				w.setBack.Store(int64(back))
				if restart {
					w.stopDispatcher(time.Second)
					w.startDispatcher()
				}
				time.Sleep(30 * time.Second)
				if n := len(endpoint.arrived()); n != len(events) {
					t.Errorf("set back by %v, restarted: %t: %d of %d arrived", back, restart, n, len(events))
				}
			})
		}
	}
}
