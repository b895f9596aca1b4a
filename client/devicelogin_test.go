package client

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"
)

// waitingFor makes a client of a server that answers the questions for a key one after the other, and
// notes how long it pauses before each. It forgets pauses in which it only tries again.
func waitingFor(t *testing.T, answers ...func(http.ResponseWriter)) (*Client, *[]time.Duration) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer := answers[0]
		answers = answers[1:]
		answer(w)
	}))
	t.Cleanup(server.Close)
	pauses := &[]time.Duration{}
	c, err := New(Options{URL: server.URL, Pause: func(_ context.Context, d time.Duration) error {
		if d%time.Second == 0 {
			*pauses = append(*pauses, d)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c, pauses
}

func refusing(status int, code string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"status":400,"code":"` + code + `"}`))
	}
}

func giving(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"key":{"secret":"bot9_sk_x"},"chatbot":{"id":"bot_1","name":"Support"}}`))
}

func hangingUp(http.ResponseWriter) { panic(http.ErrAbortHandler) }

func TestAwaitDeviceLogin(t *testing.T) {
	c, pauses := waitingFor(t, refusing(400, "authorizationPending"), refusing(400, "slowDown"), hangingUp,
		refusing(500, "internal"), refusing(400, "authorizationPending"), giving)
	token, err := c.AwaitDeviceLogin(t.Context(), DeviceLogin{DeviceCode: "device", ExpiresIn: 600, Interval: 2})
	if err != nil || token.Key.Secret != "bot9_sk_x" || token.Chatbot.Name != "Support" {
		t.Errorf("got %+v, %v", token, err)
	}
	want := []time.Duration{2 * time.Second, 2 * time.Second, 7 * time.Second, 12 * time.Second, 17 * time.Second, 17 * time.Second}
	if !slices.Equal(*pauses, want) {
		t.Errorf("paused for %v, want %v", *pauses, want)
	}
}

func TestAwaitDeviceLoginGivesUp(t *testing.T) {
	for _, code := range []string{"accessDenied", "expiredToken"} {
		c, _ := waitingFor(t, refusing(400, code))
		_, err := c.AwaitDeviceLogin(t.Context(), DeviceLogin{ExpiresIn: 600, Interval: 2})
		if problem, ok := err.(*Problem); !ok || problem.Code != code {
			t.Errorf("%s: got %v", code, err)
		}
	}
	// When its time is over it asks once more, and then no longer.
	c, _ := waitingFor(t, refusing(400, "authorizationPending"))
	if _, err := c.AwaitDeviceLogin(t.Context(), DeviceLogin{ExpiresIn: -1, Interval: 2}); err == nil {
		t.Error("it waits for ever")
	}
}
