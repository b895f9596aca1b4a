package webhook

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// An endpoint that answers with what it was sent gives no credential away to those who may see attempts.
func TestEchoedCredentialsAreMasked(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Echo", r.Header.Get("Authorization"))
		_, _ = fmt.Fprintf(w, `{"authorization":%q,"token":%q}`, r.Header.Get("Authorization"), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	}))
	defer server.Close()
	w := goodWebhook()
	w.URL, w.Headers = server.URL+"/hooks?token=canary-in-the-url", map[string]string{"Authorization": "Bearer canary-in-a-header"}
	guard, err := NewGuard([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	sender := New(Options{Guard: guard})
	defer sender.Close()
	endpoint, err := sender.Prepare(w)
	if err != nil {
		t.Fatal(err)
	}
	attempt := sender.Send(t.Context(), endpoint, Request{DeliveryID: 1, AttemptNumber: 1, EventType: "ping", MessageID: "evt_1", Body: []byte("{}")})
	if text := fmt.Sprintf("%+v %v", attempt, attempt.RequestHeaders.All()); strings.Contains(text, "canary") {
		t.Errorf("kept %s", text)
	}
	if attempt.ResponseStatus != 200 || !strings.Contains(attempt.ResponseBody, maskedValue) {
		t.Errorf("attempt %+v", attempt)
	}
}
