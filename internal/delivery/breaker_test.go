package delivery_test

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

const probeInterval = 72 * time.Second // a minute and its jitter

func TestADeadEndpointGetsOnlyProbes(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_, endpoint := w.webhook("dead")
		endpoint.replies(reply{status: 500})
		w.happenN(1000)
		time.Sleep(10 * time.Minute) // the breaker has long opened, to its longest
		endpoint.forget()
		time.Sleep(time.Hour)
		calls := endpoint.seen()
		if len(calls) < 50 || len(calls) > 61 { // every 60 to 72 s
			t.Errorf("%d attempts in an hour, want 50 to 60 probes", len(calls))
		}
		if got := endpoint.mostAtOnce(); got != 1 {
			t.Errorf("%d probes at once, want one", got)
		}
	})
}

func TestOneProbeAtATime(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_, endpoint := w.webhook("hangs")
		w.happenN(100)
		w.settle()
		endpoint.replies(reply{}) // hangs
		w.happenN(100)
		time.Sleep(2 * time.Minute)
		endpoint.forget()
		time.Sleep(30 * time.Minute)
		if got := endpoint.mostAtOnce(); got != 1 {
			t.Errorf("%d probes at once, want one", got)
		}
		if got := len(endpoint.seen()); got < 20 || got > 25 { // every 60 to 72 s, and 15 s each
			t.Errorf("%d probes in half an hour, want 20 to 25", got)
		}
	})
}

func TestAfterAnOutageEverythingArrivesInOrder(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		webhook, endpoint := w.webhook("down")
		old := w.conversations(20)
		events := w.happen(old...)
		w.settle()
		endpoint.replies(reply{status: 502, after: 100 * time.Millisecond})
		for i := range 6 * 60 { // conversations go on, and new ones begin
			fresh := w.conversations(2)
			events = append(events, w.happen(old[i%20], fresh[0], fresh[0], fresh[1])...)
			time.Sleep(time.Minute)
		}
		probed := len(endpoint.seen())
		if probed > 20+6*61+40 {
			t.Errorf("%d attempts while the endpoint was down, want about one a minute", probed)
		}
		endpoint.replies(reply{status: 200, after: 100 * time.Millisecond})
		time.Sleep(probeInterval + 10*time.Second)
		if first := endpoint.seen()[probed]; !first.ok {
			t.Errorf("the first attempt after the outage failed")
		}
		for _, d := range w.deliveries(webhook.ID) {
			if d.Status == bot9.DeliveryPending && d.NextAttemptAt != 0 {
				t.Errorf("%s is due and waits, although the endpoint is up for long", d.ID)
			}
		}
		time.Sleep(2 * time.Hour) // what was attempted during the outage waits as its schedule says
		endpoint.wantEach(t, events)
		endpoint.wantOrder(t)
	})
}
