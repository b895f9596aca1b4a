package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestSlowAndDeadEndpointsDelayNoOther has one endpoint that hangs for 12 seconds, one that always
// fails and one that nobody listens at, beside a healthy one.
func TestSlowAndDeadEndpointsDelayNoOther(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := signup(t, s)
	healthy, hanging, failing := startReceiver(t, "ok"), startReceiver(t, "hangs"), startReceiver(t, "fails")
	c.subscribe(t, healthy.url(), nil)
	c.subscribe(t, hanging.url(), nil)
	c.subscribe(t, failing.url(), map[string]any{"retrySchedule": soon(30)})
	c.subscribe(t, "http://127.0.0.1:9/hook", map[string]any{"retrySchedule": soon(30)})
	conversation := c.conversation(t)
	eventually(t, 10*time.Second, func() error {
		if len(hanging.all()) == 0 || len(failing.all()) == 0 {
			return fmt.Errorf("the others have not been tried")
		}
		return nil
	})
	const events = 300
	posted := map[string]time.Time{}
	for i := range events {
		before := time.Now()
		place := conversation
		if i%2 == 0 {
			place = ""
		}
		id, err := c.post(t.Context(), place, i)
		must(t, err)
		posted[id] = before
	}
	eventually(t, 10*time.Second, func() error { return healthy.has(1 + events) })
	for _, got := range healthy.all() {
		if sent, ok := posted[got.ID]; ok && got.at.Sub(sent) > time.Second {
			t.Errorf("%s took %s", got.ID, got.at.Sub(sent))
		}
	}
	must(t, order(healthy.all(), conversation, 1))
}

// TestStuckConversationDelaysNoOther has an endpoint that hangs on the events of one conversation.
func TestStuckConversationDelaysNoOther(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := signup(t, s)
	hook := startReceiverThat(t, func(v visit) int {
		if v.n == 1 {
			return behaviours["hangs"](v)
		}
		return http.StatusNoContent
	})
	c.subscribe(t, hook.url(), map[string]any{"events": []string{"custom.counted"}})
	stuck, other := c.conversation(t), c.conversation(t)
	for range 2 {
		_, err := c.post(t.Context(), stuck, 0)
		must(t, err)
	}
	eventually(t, 10*time.Second, func() error {
		if len(hook.all()) == 0 {
			return fmt.Errorf("nothing was sent")
		}
		return nil
	})
	for i := range 50 {
		_, err := c.post(t.Context(), other, i)
		must(t, err)
	}
	eventually(t, 5*time.Second, func() error { return hook.has(50) })
	must(t, order(hook.all(), other, 2))
	for _, got := range hook.all()[1:] {
		if got.ConversationID == stuck {
			t.Errorf("sequence %d came while the one before it was not answered", got.Sequence)
		}
	}
}

// TestOrderingNoneWaitsForNothing has an event that hangs, and the later ones of its conversation
// that a webhook without ordering gets all the same.
func TestOrderingNoneWaitsForNothing(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := signup(t, s)
	hook := startReceiverThat(t, func(v visit) int {
		if v.n == 1 {
			return behaviours["hangs"](v)
		}
		return http.StatusNoContent
	})
	c.subscribe(t, hook.url(), map[string]any{"ordering": "none"})
	conversation := c.conversation(t) // its conversationStarted hangs
	for i := range 5 {
		_, err := c.post(t.Context(), conversation, i)
		must(t, err)
	}
	eventually(t, 5*time.Second, func() error { return hook.has(5) })
}

// TestPoisonIsSetAside has an event that keeps failing while its endpoint answers all others: its
// conversation goes on, and the API shows it as set aside.
func TestPoisonIsSetAside(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := signup(t, s)
	const poison = 1
	hook := startReceiverThat(t, failsWhen(func(v visit) bool { return v.Data.Number == poison }))
	w := c.subscribe(t, hook.url(), map[string]any{
		"events": []string{"custom.counted"}, "setAsideAfter": 2, "retrySchedule": append(soon(2), 600),
	})
	poisoned, healthy := c.conversation(t), c.conversation(t)
	bad, err := c.post(t.Context(), poisoned, poison)
	must(t, err)
	next, err := c.post(t.Context(), poisoned, 2)
	must(t, err)
	eventually(t, 5*time.Second, func() error {
		if len(hook.all()) == 0 {
			return fmt.Errorf("nothing was sent")
		}
		return nil
	})
	_, err = c.post(t.Context(), healthy, 3)
	must(t, err)
	eventually(t, 15*time.Second, func() error { return hook.has(2) })
	failures := 0
	for _, got := range hook.all() {
		if got.ID == bad {
			failures++
		}
		if got.ID == next && failures != 2 {
			t.Errorf("the conversation went on after %d failures, want 2", failures)
		}
	}
	var list struct {
		Data []struct{ EventID, Status string }
	}
	must(t, c.do(t.Context(), http.StatusOK, "GET", c.of("deliveries?status=set_aside&webhookId="+w.ID), nil, &list))
	if len(list.Data) != 1 || list.Data[0].EventID != bad {
		t.Errorf("set aside are %v, want %s", list.Data, bad)
	}
}

// TestHangingEndpointsLeaveDescriptors has more endpoints that hang than the server may have files open.
func TestHangingEndpointsLeaveDescriptors(t *testing.T) {
	t.Parallel()
	s, err := newServer(t.TempDir())
	must(t, err)
	s.files = 128
	must(t, s.start())
	t.Cleanup(s.kill)
	c := signup(t, s)
	hanging := startReceiver(t, "hangs")
	for i := range 150 {
		c.subscribe(t, fmt.Sprintf("%s/%d", hanging.url(), i), map[string]any{"events": []string{"custom.counted"}})
	}
	_, err = c.post(t.Context(), "", 0)
	must(t, err)
	eventually(t, 10*time.Second, func() error {
		if n := len(hanging.all()); n < s.files/2 {
			return fmt.Errorf("%d attempts are under way", n)
		}
		return nil
	})
	for range 40 { // each over a connection of its own
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
		answer, err := client.Get(s.url() + "/readyz")
		must(t, err)
		must(t, answer.Body.Close())
		if answer.StatusCode != http.StatusOK {
			t.Errorf("the server says %d", answer.StatusCode)
		}
	}
	if log := s.out.String(); strings.Contains(log, "too many open files") {
		t.Error("the last descriptors were used up")
	}
}
