package delivery_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func TestAHangingEndpointDelaysNoOther(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		w.webhook("hangs")
		w.receiver("hangs").replies(reply{})
		_, healthy := w.webhook("healthy")
		healthy.replies(reply{status: 200, after: 20 * time.Millisecond})
		var events []bot9.EventID
		for range 200 {
			at := bot9.At(time.Now())
			events = append(events, w.happenN(1)...)
			time.Sleep(100 * time.Millisecond)
			calls := healthy.seen()
			if last := calls[len(calls)-1]; last.event != events[len(events)-1] || last.at.Sub(at) > time.Millisecond {
				t.Fatalf("event %d did not go to the healthy endpoint at once", len(events))
			}
		}
		healthy.wantEach(t, events)
	})
}

func TestAsManyHangingEndpointsAsTakeAllWorkersStarveNobody(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		other := w.newChatbot(w.account)
		var late []bot9.NewEvent
		for i := range 300 { // 16 at once each would be five times the workers there are
			w.webhookOf(w.account, other, "hangs "+strconv.Itoa(i))
			w.receiver("hangs " + strconv.Itoa(i)).replies(reply{})
		}
		for range 20 {
			late = append(late, bot9.NewEvent{Type: "custom.note", Data: []byte(`{}`)})
		}
		_, err := w.AppendEvents(w.ctx, other, late) // before anything is known of the endpoints
		must(t, err)
		_, healthy := w.webhook("healthy")
		healthy.replies(reply{status: 200, after: 20 * time.Millisecond})
		for i := range 120 {
			events := w.happenN(1)
			time.Sleep(500 * time.Millisecond)
			if got := healthy.arrived(); len(got) != i+1 || got[i] != events[0] {
				t.Fatalf("%d of %d events arrived at the healthy endpoint while others hang", len(got), i+1)
			}
		}
		for i := range 300 {
			if len(w.receiver("hangs "+strconv.Itoa(i)).seen()) == 0 {
				t.Errorf("hanging endpoint %d got no attempt in a minute", i)
			}
		}
	})
}

func TestAnEndpointGetsMoreWorkersWhenTheyAreFreeAgain(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		for i := range 200 {
			w.webhook("hangs " + strconv.Itoa(i))
			w.receiver("hangs " + strconv.Itoa(i)).replies(reply{status: 200, after: 5 * time.Second})
		}
		_, endpoint := w.webhook("slower", func(webhook *bot9.Webhook) { webhook.Ordering = bot9.OrderNone })
		endpoint.replies(reply{status: 200, after: 12 * time.Second})
		w.happenN(4)
		time.Sleep(11 * time.Second) // the others are through, this one still has its first ones in flight
		if got := len(endpoint.seen()); got != 4 {
			t.Errorf("%d of 4 events were sent although nearly all workers are free, want all", got)
		}
	})
}

// A worker that is woken must not count as waiting any more, or the next endpoint in line would
// call it a second time, and wait until some worker is back from an endpoint that hangs.
func TestEveryEndpointInLineGetsAWorkerAtOnce(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		for i := range 10 {
			w.webhook("hangs "+strconv.Itoa(i), func(webhook *bot9.Webhook) { webhook.MaxInFlight = 1 })
		}
		w.happenN(1)
		w.settle() // there are idle workers now, though not as many as there are endpoints
		for i := range 10 {
			w.receiver("hangs " + strconv.Itoa(i)).replies(reply{})
		}
		w.happenN(1)
		w.settle()
		for i := range 10 {
			if got := len(w.receiver("hangs " + strconv.Itoa(i)).seen()); got != 2 {
				t.Errorf("endpoint %d got %d attempts, want 2", i, got)
			}
		}
	})
}

func TestTheRateLimitIsKept(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_, endpoint := w.webhook("metered", func(webhook *bot9.Webhook) { webhook.RateLimit = 10 })
		events := w.happenN(300)
		time.Sleep(31 * time.Second)
		endpoint.wantEach(t, events)
		calls := endpoint.seen()
		for i := 10; i < len(calls); i++ {
			if second := calls[i].at.Sub(calls[i-10].at); second < time.Second {
				t.Fatalf("11 attempts within %s, want at most 10 a second", second)
			}
		}
	})
}

func TestMaxInFlightIsKept(t *testing.T) {
	for _, limit := range []int{1, 3} {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				_, endpoint := w.webhook("narrow", func(webhook *bot9.Webhook) { webhook.MaxInFlight = limit })
				endpoint.replies(reply{status: 200, after: 100 * time.Millisecond})
				events := w.happenN(300)
				time.Sleep(time.Duration(300/limit+1) * 100 * time.Millisecond)
				endpoint.wantEach(t, events) // and as fast as the limit allows
				if got := endpoint.mostAtOnce(); got != limit {
					t.Errorf("%d attempts at once at most, want %d", got, limit)
				}
			})
		})
	}
}

func TestALargeBacklogIsHeldInTheTable(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_, endpoint := w.webhook("slow", func(webhook *bot9.Webhook) { webhook.MaxInFlight = 16 })
		endpoint.replies(reply{status: 200, after: 50 * time.Millisecond})
		var events []bot9.EventID
		conversations := w.conversations(1000)
		most := 0
		for range 5 {
			events = append(events, w.happen(conversations...)...)
		}
		for range 400 {
			most = max(most, w.dispatcher.Counts().Queued)
			time.Sleep(50 * time.Millisecond)
		}
		if most > 512 {
			t.Errorf("%d deliveries in memory, want at most 512", most)
		}
		endpoint.wantEach(t, events)
		endpoint.wantOrder(t)
	})
}

func TestDeadEndpointsHoldNoMemory(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		for i := range 4 {
			w.webhook("dead " + strconv.Itoa(i))
			w.receiver("dead " + strconv.Itoa(i)).replies(reply{status: 500})
		}
		w.happenN(400)
		time.Sleep(time.Minute)
		if got := w.dispatcher.Counts().Queued; got > 4 {
			t.Errorf("%d deliveries in memory for endpoints whose breaker is open", got)
		}
	})
}

func TestABusyAccountDelaysNoOther(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		// A busy account takes as many workers as it gets; a small one has a single event now and then.
		for i := range 300 {
			w.webhook("busy "+strconv.Itoa(i), func(webhook *bot9.Webhook) { webhook.Ordering = bot9.OrderNone })
			w.receiver("busy " + strconv.Itoa(i)).replies(reply{status: 200, after: 3 * time.Second})
		}
		account := w.newAccount("small@example.com")
		chatbot := w.newChatbot(account)
		_, small := w.webhookOf(account, chatbot, "small")
		w.happenN(30)
		var late []time.Duration
		for range 10 {
			at := bot9.At(time.Now())
			_, err := w.AppendEvents(w.ctx, chatbot, []bot9.NewEvent{{Type: "custom.note", Data: []byte(`{}`)}})
			must(t, err)
			time.Sleep(time.Second)
			if calls := small.seen(); len(calls) > 0 {
				late = append(late, calls[len(calls)-1].at.Sub(at))
			}
		}
		if len(late) != 10 || slices.Max(late) > 10*time.Millisecond {
			t.Errorf("the small account's events were late by %v, want 10 that go at once", late)
		}
	})
}
