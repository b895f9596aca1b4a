package app

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Two servers forward all events to each other. Each event crosses over a few times, and then is stopped.
func TestServersThatForwardToEachOtherStop(t *testing.T) {
	a, b := start(t), start(t)
	refused := a.forwardTo(b)
	b.forwardTo(a)
	a.call(http.MethodPost, "events", map[string]any{"event": "custom.ball", "data": map[string]any{}}, nil)
	a.refused(refused)
	if there, back := a.count("custom.ball"), b.count("custom.ball"); there != 3 || back != 2 {
		t.Errorf("%d events on one server and %d on the other, want 3 and 2: it came through 4 webhooks", there, back)
	}
}

// A webhook that leads to the events of its own chatbot is stopped at once.
func TestWebhookToItsOwnChatbotIsStopped(t *testing.T) {
	a := start(t)
	webhook := a.forwardTo(a)
	a.call(http.MethodPost, "events", map[string]any{"event": "custom.ball", "data": map[string]any{}}, nil)
	a.refused(webhook)
	if n := a.count("custom.ball"); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

// forwardTo makes a webhook of a program that passes on to the other server what it gets, headers included,
// and answers as that does. It returns a channel that tells of the first event that is refused as a loop.
func (c *client) forwardTo(other *client) (refused <-chan struct{}) {
	c.t.Helper()
	loop := make(chan struct{}, 100)
	relay := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var envelope struct {
			Event string          `json:"event"`
			Data  json.RawMessage `json:"data"`
		}
		_ = json.NewDecoder(r.Body).Decode(&envelope)
		body, _ := json.Marshal(envelope)
		request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, other.url+"/api/"+other.chatbotID+"/events", bytes.NewReader(body))
		if err != nil {
			panic(err)
		}
		request.Header = r.Header.Clone()
		request.Header.Set("Authorization", "Bearer "+other.key)
		answer, err := other.http.Do(request)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_ = answer.Body.Close()
		w.WriteHeader(answer.StatusCode)
		if answer.StatusCode == http.StatusLoopDetected {
			loop <- struct{}{}
		}
	}))
	c.t.Cleanup(relay.Close)
	c.call(http.MethodPost, "webhooks", map[string]any{"url": relay.URL, "events": []string{"custom.ball"}}, nil)
	return loop
}

func (c *client) refused(loop <-chan struct{}) {
	c.t.Helper()
	select {
	case <-loop:
	case <-time.After(20 * time.Second):
		c.t.Fatal("nothing was refused as a loop")
	}
}

func (c *client) count(eventType string) int {
	c.t.Helper()
	var list struct{ Data []json.RawMessage }
	c.call(http.MethodGet, "events?event="+eventType, nil, &list)
	return len(list.Data)
}
