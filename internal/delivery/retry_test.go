package delivery_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
)

func TestAFailingDeliveryIsRetriedForThreeDaysAndThenGivenUp(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		webhook, endpoint := w.webhook("broken")
		endpoint.replies(reply{status: 500})
		w.happen(w.conversations(1)...)
		time.Sleep(5 * 24 * time.Hour)

		calls := endpoint.seen()
		if len(calls) != 1+len(bot9.DefaultRetrySchedule) {
			t.Fatalf("%d attempts, want %d", len(calls), 1+len(bot9.DefaultRetrySchedule))
		}
		wantWaits(t, calls, bot9.DefaultRetrySchedule, 0.2)
		d := w.deliveries(webhook.ID)[0]
		if d.Status != bot9.DeliveryFailed || d.Attempts != 13 {
			t.Errorf("the delivery is %s after %d attempts, want failed after 13", d.Status, d.Attempts)
		}
		attempts, err := w.Attempts(w.ctx, w.chatbot, d.ID)
		must(t, err)
		if len(attempts) != 13 {
			t.Errorf("%d attempts are recorded, want 13", len(attempts))
		}
	})
}

func TestNewDeliveriesDoNotWaitWhileRetriesAreClaimed(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		const slow = 10 * time.Second
		webhook, endpoint := w.webhook("flaky")
		endpoint.replies(reply{status: 500})
		w.happenN(1)
		w.settle()
		endpoint.replies(reply{status: 204})
		w.access.slowClaim.Store(int64(slow))
		time.Sleep(bot9.DefaultRetrySchedule[0] + bot9.DefaultRetrySchedule[0]/4) // it is due, and being claimed
		w.happenN(1)
		w.settle()
		if got := len(endpoint.seen()); got != 2 {
			t.Fatalf("%d attempts while the retry is being claimed, want 2", got)
		}
		time.Sleep(slow)
		if got := w.statuses(webhook.ID)[bot9.DeliverySucceeded]; got != 2 {
			t.Errorf("%d deliveries succeeded, want 2", got)
		}
	})
}

func TestABacklogThatIsClaimedComesBeforeMoreThanAFewNewDeliveries(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_, endpoint := w.webhook("flaky")
		endpoint.replies(reply{status: 500})
		w.happenN(1)
		w.settle()
		endpoint.replies(reply{status: 204, after: time.Hour})
		w.access.slowClaim.Store(int64(10 * time.Second))
		time.Sleep(bot9.DefaultRetrySchedule[0] + bot9.DefaultRetrySchedule[0]/4)
		w.happenN(500)
		if waiting := w.dispatcher.Counts().Queued; waiting > 100 {
			t.Errorf("%d new deliveries are in memory before the retry", waiting)
		}
	})
}

// Whoever waited longest comes first: no conversation is done before the others have begun, and the
// table is read in the order in which it was written.
func TestABacklogIsDeliveredAcrossItsConversations(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		const conversations, each = 600, 3
		_, endpoint := w.webhook("back again")
		ids := w.conversations(conversations)
		w.stopDispatcher(time.Second)
		for range each {
			w.happen(ids...)
			w.settle()
		}
		endpoint.replies(reply{status: 204, after: 10 * time.Millisecond})
		w.access.slowClaim.Store(int64(100 * time.Millisecond))
		done := endpoint.reaches(conversations * each)
		w.startDispatcher()
		<-done
		begun := 0
		for _, c := range endpoint.seen() {
			if c.sequence == 1 {
				begun++
			} else if c.sequence == each && begun < conversations {
				t.Fatalf("a conversation was through when only %d of %d had begun", begun, conversations)
			}
		}
	})
}

// wantWaits checks the waits between calls: never shorter than the schedule's, and longer by at
// most that share.
func wantWaits(t *testing.T, calls []call, schedule []time.Duration, jitter float64) {
	t.Helper()
	if len(calls) <= len(schedule) {
		t.Fatalf("%d attempts, want %d", len(calls), 1+len(schedule))
	}
	for i, wait := range schedule {
		longest := wait + time.Duration(jitter*float64(wait)) + 2*time.Millisecond // times are rounded to it
		if got := calls[i+1].at.Sub(calls[i].at); got < wait || got > longest {
			t.Errorf("attempt %d came %s after the one before, want %s to %s", i+2, got, wait, longest)
		}
	}
}

func TestAWebhooksOwnScheduleReplacesTheDefault(t *testing.T) {
	tests := map[string][]int{"two retries": {1, 90}, "none": {}}
	for name, seconds := range tests {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				webhook, endpoint := w.webhook("broken", func(webhook *bot9.Webhook) { webhook.RetrySchedule = seconds })
				endpoint.replies(reply{status: 500})
				w.happenN(1)
				time.Sleep(time.Hour)
				calls := endpoint.seen()
				if len(calls) != 1+len(seconds) {
					t.Fatalf("%d attempts, want %d", len(calls), 1+len(seconds))
				}
				schedule := make([]time.Duration, len(seconds))
				for i, s := range seconds {
					schedule[i] = time.Duration(s) * time.Second
				}
				wantWaits(t, calls, schedule, 0.2)
				if diff := cmp.Diff(map[bot9.DeliveryStatus]int{bot9.DeliveryFailed: 1}, w.statuses(webhook.ID)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_, endpoint := w.webhook("busy")
		endpoint.does(func(c call) reply {
			switch c.number {
			case 1:
				return reply{status: 503, retryAfter: 10 * time.Minute}
			case 2:
				return reply{status: 429, retryAfter: 10 * time.Hour} // more than what is honoured
			}
			return reply{status: 200}
		})
		events := w.happenN(1)
		time.Sleep(3 * time.Hour)
		endpoint.wantEach(t, events)
		wantWaits(t, endpoint.seen(), []time.Duration{10 * time.Minute, time.Hour}, 0.1)
	})
}

func TestOneFailureDelaysNoOtherConversation(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_, endpoint := w.webhook("picky")
		conversations := w.conversations(2)
		endpoint.does(func(c call) reply {
			if c.conversation == conversations[0] && c.number < 4 {
				return reply{status: 500}
			}
			return reply{status: 200}
		})
		w.happen(conversations...)
		w.settle()
		events := w.happen(conversations[1], conversations[1])
		w.settle()
		if got := endpoint.arrived(); len(got) != 3 || got[2] != events[1] {
			t.Errorf("%d events arrived at once, want the 3 of the other conversation", len(got))
		}
	})
}

func TestGoneDisablesAtOnceAndEnablingResumesInOrder(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		webhook, endpoint := w.webhook("gone")
		_, other := w.webhook("other")
		conversation := w.conversations(1)[0]
		endpoint.replies(reply{status: 410, after: time.Second})
		first := w.happen(conversation)
		held := w.happen(conversation, conversation, conversation)
		time.Sleep(time.Hour)
		if calls := len(endpoint.seen()); calls != 1 {
			t.Errorf("%d attempts at an endpoint that is gone, want 1", calls)
		}
		want := map[bot9.DeliveryStatus]int{bot9.DeliveryFailed: 1, bot9.DeliveryHeld: 3}
		if diff := cmp.Diff(want, w.statuses(webhook.ID)); diff != "" {
			t.Error(diff)
		}
		if calls := other.seen(); len(calls) != 5 {
			t.Errorf("the other webhook got %d events, want the 4 and webhookDisabled", len(calls))
		}

		endpoint.replies(reply{status: 200})
		w.enable(webhook.ID)
		time.Sleep(time.Second)
		endpoint.wantEach(t, held)
		endpoint.wantOrder(t)
		if diff := cmp.Diff(first[0], endpoint.seen()[0].event); diff != "" {
			t.Error(diff)
		}
	})
}
