package e2e

import (
	"net/http"
	"sync"
	"testing"
)

// TestIdempotencyKey sends the same requests again and again, one after the other, all at once, and
// after a crash: each has its effect once and is answered as the first time.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := signup(t, s)
	event := map[string]any{"event": "custom.paid", "data": map[string]int{"amount": 1}}
	post := func(key string, body any) answer {
		t.Helper()
		got, err := c.call(t.Context(), "POST", c.of("events"), body, "Idempotency-Key", key)
		must(t, err)
		return got
	}
	first := post("order-1", event)
	if first.status != http.StatusAccepted {
		t.Fatalf("answered %d: %s", first.status, first.body)
	}
	same := func(got answer) {
		t.Helper()
		if got.status != first.status || string(got.body) != string(first.body) {
			t.Errorf("answered %d %s, the first time %d %s", got.status, got.body, first.status, first.body)
		}
	}
	same(post("order-1", event))

	// The key belongs to that request: another one with it is a mistake.
	if got := post("order-1", map[string]string{"event": "custom.other"}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("another request with the key was answered %d: %s", got.status, got.body)
	}
	if got := post("order-2", event); got.status != http.StatusAccepted || string(got.body) == string(first.body) {
		t.Errorf("another key was answered %d: %s", got.status, got.body)
	}

	// What was refused leaves the key free.
	if got := post("order-3", map[string]string{"event": "nonsense"}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong event was answered %d: %s", got.status, got.body)
	}
	if got := post("order-3", event); got.status != http.StatusAccepted {
		t.Errorf("put right, it was answered %d: %s", got.status, got.body)
	}

	concurrently(t, c, event)

	// A webhook that is made twice by mistake is one, with one secret.
	body := map[string]any{"url": "https://example.com/hook", "events": []string{"ping"}}
	var once, again webhook
	must(t, c.do(t.Context(), http.StatusCreated, "POST", c.of("webhooks"), body, &once, "Idempotency-Key", "hook"))

	s.kill()
	must(t, s.start())
	must(t, c.do(t.Context(), http.StatusCreated, "POST", c.of("webhooks"), body, &again, "Idempotency-Key", "hook"))
	if again != once {
		t.Errorf("after a crash the webhook is %s, before it was %s", again.ID, once.ID)
	}
	same(post("order-1", event))
	if n := countEvents(t, c, "custom.paid"); n != 4 {
		t.Errorf("%d events were stored, want 4: one for each key", n)
	}
}

// concurrently sends one request twenty times at once: whoever is answered 202 hears the same, and
// the others that it is under way.
func concurrently(t *testing.T, c *client, event any) {
	t.Helper()
	var mu sync.Mutex
	var clients sync.WaitGroup
	accepted, conflicts := map[string]bool{}, 0
	for range 20 {
		clients.Go(func() {
			got, err := c.call(t.Context(), "POST", c.of("events"), event, "Idempotency-Key", "at-once")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				t.Error(err)
			case got.status == http.StatusAccepted:
				accepted[string(got.body)] = true
			case got.status == http.StatusConflict && got.header.Get("Retry-After") != "":
				conflicts++
			default:
				t.Errorf("answered %d: %s", got.status, got.body)
			}
		})
	}
	clients.Wait()
	if len(accepted) != 1 {
		t.Errorf("%d different answers, and %d conflicts", len(accepted), conflicts)
	}
}

func countEvents(t *testing.T, c *client, event string) int {
	t.Helper()
	var list struct{ Data []struct{ ID string } }
	must(t, c.do(t.Context(), http.StatusOK, "GET", c.of("events?event="+event+"&limit=250"), nil, &list))
	return len(list.Data)
}
