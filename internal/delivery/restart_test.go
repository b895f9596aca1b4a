package delivery_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/delivery"
)

func TestClosingGivesBackWhatAnotherDispatcherDelivers(t *testing.T) {
	tests := map[string]struct {
		patience time.Duration
		restart  func(*world)
	}{
		"what is in flight ends":          {time.Minute, (*world).startDispatcher},
		"what is in flight is broken off": {time.Millisecond, (*world).startDispatcher},
		"with a new store":                {time.Millisecond, func(w *world) { must(w.t, w.Close()); w.start() }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				_, endpoint := w.webhook("slow")
				endpoint.replies(reply{status: 200, after: 10 * time.Second})
				conversations := w.conversations(100)
				events := append(w.happen(conversations...), w.happen(conversations...)...)
				events = append(events, w.happenN(1000)...)
				time.Sleep(15 * time.Second)
				w.stopDispatcher(test.patience)
				if counts := w.dispatcher.Counts(); counts.InFlight != 0 || counts.Queued != 0 {
					t.Errorf("a closed dispatcher has %d deliveries in flight and %d in memory", counts.InFlight, counts.Queued)
				}
				endpoint.replies(reply{status: 200, after: 10 * time.Millisecond})
				test.restart(w)
				time.Sleep(time.Minute)
				endpoint.wantEach(t, events)
				endpoint.wantOrder(t)
			})
		})
	}
}

// slowHandover is a dispatcher that hands over only after the dispatcher has begun to stop.
type slowHandover struct {
	*delivery.Dispatcher
	probe bot9.WebhookID
	stop  func()
}

func (s *slowHandover) Committed(admitted []*bot9.Delivery, ready []bot9.WebhookID) []bot9.WebhookID {
	if len(admitted) > 0 {
		go s.stop()
		for s.Admit(s.probe) {
			time.Sleep(time.Millisecond)
		}
	}
	return s.Dispatcher.Committed(admitted, ready)
}

func TestWhatIsHandedOverWhileClosingIsGivenBack(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		webhook, endpoint := w.webhook("endpoint")
		w.happenN(1)
		w.settle()
		closed := make(chan struct{})
		w.dispatchTo(&slowHandover{Dispatcher: w.dispatcher, probe: webhook.ID, stop: func() {
			w.stopDispatcher(time.Minute)
			close(closed)
		}})
		endpoint.forget()
		events := w.happenN(1)
		<-closed
		w.startDispatcher()
		time.Sleep(time.Second)
		endpoint.wantEach(t, events)
	})
}

func TestClosingLeavesNoGoroutine(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	w := newWorld(t)
	for _, name := range []string{"healthy", "broken", "hangs"} {
		w.webhook(name)
	}
	w.receiver("broken").replies(reply{status: 500})
	w.receiver("hangs").replies(reply{})
	w.happenN(200)
	w.stopDispatcher(10 * time.Millisecond)
	must(t, w.Close())
}

func TestTheBreakerSurvivesARestart(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_, endpoint := w.webhook("dead")
		endpoint.replies(reply{status: 500})
		w.happenN(500)
		time.Sleep(10 * time.Minute)
		endpoint.forget()
		w.restart()
		time.Sleep(10 * time.Minute)
		if got := len(endpoint.seen()); got > 12 {
			t.Errorf("%d attempts in 10 minutes after the restart, want a probe a minute", got)
		}
	})
}

func TestRetriesSurviveARestart(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_, endpoint := w.webhook("broken")
		endpoint.replies(reply{status: 500})
		w.happen(w.conversations(1)...)
		for range 40 {
			time.Sleep(3 * time.Hour)
			w.restart()
		}
		calls := endpoint.seen()
		if len(calls) != 1+len(bot9.DefaultRetrySchedule) {
			t.Fatalf("%d attempts, want %d", len(calls), 1+len(bot9.DefaultRetrySchedule))
		}
		wantWaits(t, calls, bot9.DefaultRetrySchedule, 0.2)
	})
}
