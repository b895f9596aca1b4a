package e2e

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// TestKilledUnderLoadNothingAcceptedIsLost kills the server at random moments. Every event that was
// answered 202 arrives, in order by first arrival, and no more arrive twice than were in flight.
func TestKilledUnderLoadNothingAcceptedIsLost(t *testing.T) {
	t.Parallel()
	rounds := 5
	if text := os.Getenv("BOT9_CRASH_ROUNDS"); text != "" {
		var err error
		rounds, err = strconv.Atoi(text)
		must(t, err)
	}
	s := startServer(t)
	hook := startReceiver(t, "ok")
	c := signup(t, s)
	const clients, inFlight = 8, 16
	c.subscribe(t, hook.url(), map[string]any{"maxInFlight": inFlight, "retrySchedule": soon(30)})
	l := startLoad(t, c, clients, 10)
	for round := range rounds {
		moment := l.count() + 20 + rand.IntN(600)
		eventually(t, 20*time.Second, func() error { return l.atLeast(moment) })
		s.kill()
		t.Logf("round %d: killed after %d accepted events, %d requests", round+1, l.count(), len(hook.all()))
		must(t, s.start())
	}
	before := l.count()
	eventually(t, 20*time.Second, func() error { return l.atLeast(before + 50) })
	l.stop()
	eventually(t, 30*time.Second, func() error { return l.lost(hook) })
	l.ordered(t, hook)
	n := duplicates(hook.all())
	t.Logf("%d events, %d duplicates after %d crashes", l.count(), n, rounds)
	if n > rounds*inFlight {
		t.Errorf("%d duplicates, with at most %d in flight at %d crashes", n, inFlight, rounds)
	}
	s.kill()
	s.doctor(t)
}

// TestStoppedUnderLoadEndsCleanly asks the server to stop while it is busy: it ends with status 0,
// and after the next start all that was accepted has arrived once.
func TestStoppedUnderLoadEndsCleanly(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	hook := startReceiver(t, "ok")
	c := signup(t, s)
	c.subscribe(t, hook.url(), map[string]any{"retrySchedule": soon(30)})
	l := startLoad(t, c, 8, 10)
	for range 2 {
		before := l.count()
		eventually(t, 20*time.Second, func() error { return l.atLeast(before + 200) })
		if err := s.stop(); err != nil {
			t.Fatalf("SIGTERM under load: %v", err)
		}
		must(t, s.start())
	}
	l.stop()
	eventually(t, 30*time.Second, func() error { return l.lost(hook) })
	l.ordered(t, hook)
	if n := duplicates(hook.all()); n != 0 {
		t.Errorf("%d duplicates after clean stops", n)
	}
}

// TestKilledWhileDeliveriesAreMade kills the server while the deliveries of events with many webhooks are still being made:
// whatever was answered 202 arrives at each of them, in order.
func TestKilledWhileDeliveriesAreMade(t *testing.T) {
	t.Parallel()
	const webhooks, events, rounds = 40, 120, 4 // more webhooks than an event's transaction makes deliveries
	s := startServer(t)
	c := signup(t, s)
	var hooks []*receiver
	for range webhooks {
		hook := startReceiver(t, "ok")
		c.subscribe(t, hook.url(), map[string]any{"events": []string{"custom.counted"}, "retrySchedule": soon(30)})
		hooks = append(hooks, hook)
	}
	conversation := c.conversation(t)
	for round := range rounds {
		for i := range events / rounds {
			_, err := c.post(t.Context(), conversation, i)
			must(t, err)
		}
		eventually(t, 10*time.Second, func() error { return hooks[0].has(1) })
		s.kill()
		t.Logf("round %d: killed after %d of %d requests", round+1, len(hooks[0].all()), (round+1)*events/rounds)
		must(t, s.start())
	}
	for _, hook := range hooks {
		eventually(t, 60*time.Second, func() error { return hook.has(events) })
		must(t, order(hook.all(), conversation, int64(2)))
	}
	s.kill()
	s.doctor(t)
}
