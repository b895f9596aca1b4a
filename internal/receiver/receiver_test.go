package receiver

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

const webhookID = bot9.WebhookID(1 << 40)

// world is a store with one receiver and one webhook, whose signatures are the secret itself.
type world struct {
	receiver bot9.Receiver
	received []bot9.ReceivedRequest
	fails    error
}

func (w *world) ReceiverByToken(_ context.Context, token string) (bot9.Receiver, error) {
	if token != "token" {
		return bot9.Receiver{}, bot9.Errorf(bot9.NotFound, "notFound", "none")
	}
	return w.receiver, nil
}

func (w *world) Webhook(_ context.Context, chatbot bot9.ChatbotID, id bot9.WebhookID) (bot9.Webhook, error) {
	if id != webhookID || chatbot != w.receiver.ChatbotID {
		return bot9.Webhook{}, bot9.Errorf(bot9.NotFound, "notFound", "none")
	}
	return bot9.Webhook{Secrets: []bot9.Secret{{Text: "new"}, {Text: "ended", ExpiresAt: 1}}}, nil
}

func (w *world) AddReceived(_ context.Context, q bot9.ReceivedRequest) error {
	w.received = append(w.received, q)
	return w.fails
}

func (w *world) Received(context.Context, bot9.ReceiverID) ([]bot9.ReceivedRequest, error) {
	return w.received, nil
}

func (w *world) handler() *Handler {
	verify := func(secrets []string, headers http.Header, _ []byte) error {
		for _, secret := range secrets {
			if headers.Get("Signature") == secret {
				return nil
			}
		}
		return bot9.Errorf(bot9.Unauthorized, "signatureInvalid", "No signature fits.")
	}
	return New(Options{Store: w, Verify: verify, WebhookHeader: "Bot9-Webhook-Id", Log: slog.New(slog.DiscardHandler)})
}

func send(h *Handler, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/receiver/token", strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r)
	return recorder
}

func TestAnswersByTheSignature(t *testing.T) {
	for _, tc := range []struct {
		name              string
		secret, signature string
		webhook           string
		answer            int
		status            int
		problem           string
	}{
		{name: "the webhook's secret", signature: "new", webhook: webhookID.String(), status: 204},
		{name: "a secret that has ended", signature: "ended", webhook: webhookID.String(), status: 401, problem: "No signature fits."},
		{name: "no webhook named", signature: "new", status: 401, problem: "names no webhook"},
		{name: "somebody else's webhook", signature: "new", webhook: (webhookID + 1).String(), status: 401, problem: "none of this chatbot's"},
		{name: "its own secret", secret: "own", signature: "own", status: 204},
		{name: "its own secret, not the webhook's", secret: "own", signature: "new", webhook: webhookID.String(), status: 401, problem: "No signature fits."},
		{name: "told to fail", signature: "new", webhook: webhookID.String(), answer: 503, status: 503},
		{name: "told to accept", signature: "wrong", webhook: webhookID.String(), answer: 200, status: 200, problem: "No signature fits."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := &world{receiver: bot9.Receiver{ID: 1, ChatbotID: 2, Secret: tc.secret, AnswerStatus: tc.answer}}
			answer := send(w.handler(), `{"a":1}`, "Signature", tc.signature, "Bot9-Webhook-Id", tc.webhook)
			if answer.Code != tc.status || len(w.received) != 1 {
				t.Fatalf("answered %d, kept %d", answer.Code, len(w.received))
			}
			got := w.received[0]
			if got.Verified != (tc.problem == "") || !strings.Contains(got.Problem, tc.problem) || got.Answered != tc.status {
				t.Errorf("kept %+v", got)
			}
			if got.Body != `{"a":1}` || got.Headers["signature"] != bot9.Masked || got.ReceiverID != 1 {
				t.Errorf("kept %+v", got)
			}
		})
	}
}

// A webhook's own headers often are credentials: whoever sees what came, sees that they came and no more.
func TestCredentialsAreMasked(t *testing.T) {
	w := &world{receiver: bot9.Receiver{ID: 1}}
	h := w.handler()
	send(h, "{}", "Authorization", "Bearer canary1", "X-Shop-Token", "canary2", "Cookie", "a=canary3", "X-Forwarded-For", "canary4",
		"Webhook-Id", "evt_1", "Bot9-Event", "ping", "Content-Type", "application/json")
	got := w.received[0].Headers
	for name, want := range map[string]string{
		"authorization": bot9.Masked, "x-shop-token": bot9.Masked, "cookie": bot9.Masked, "x-forwarded-for": bot9.Masked,
		"webhook-id": "evt_1", "bot9-event": "ping", "content-type": "application/json",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/receiver/token", nil)
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	if strings.Contains(rec.Body.String(), "canary") {
		t.Errorf("shown: %s", rec.Body)
	}
}

func TestKeepsReadableTextOfBoundedSize(t *testing.T) {
	w := &world{receiver: bot9.Receiver{ID: 1}}
	h := w.handler()
	if answer := send(h, strings.Repeat("a", maxBody+1)); answer.Code != http.StatusBadRequest || len(w.received) != 0 {
		t.Errorf("a body that is too large: %d, kept %d", answer.Code, len(w.received))
	}
	send(h, strings.Repeat("a", bot9.MaxKeptBody+1), "User-Agent", "caf\xe9")
	if got := w.received[0]; len(got.Body) != bot9.MaxKeptBody || !got.Truncated || got.Headers["user-agent"] != "caf\ufffd" {
		t.Errorf("kept %d bytes, truncated %v, header %q", len(got.Body), got.Truncated, got.Headers["user-agent"])
	}
	send(h, "a\x00b\xff")
	if got := w.received[1]; got.Body != "a\ufffdb\ufffd" || got.Truncated {
		t.Errorf("kept %q, truncated %v", got.Body, got.Truncated)
	}
}

func TestTakesNoMoreThanItShould(t *testing.T) {
	w := &world{receiver: bot9.Receiver{ID: 1, AnswerStatus: 200}}
	h := w.handler()
	refused := 0
	for range 15 * perReceiver {
		if answer := send(h, ""); answer.Code == http.StatusTooManyRequests && answer.Header().Get("Retry-After") != "" {
			refused++
		}
	}
	if refused == 0 || len(w.received) < 10*perReceiver {
		t.Errorf("kept %d, refused %d", len(w.received), refused)
	}
}

func TestWaitsBeforeItAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{receiver: bot9.Receiver{ID: 1, AnswerStatus: 200, DelaySeconds: 2.5}}
		h := w.handler()
		before := time.Now()
		send(h, "")
		if waited := time.Since(before); waited != 2500*time.Millisecond {
			t.Errorf("waited %s", waited)
		}
		stopping := make(chan struct{})
		close(stopping)
		h.Stopping = stopping
		before = time.Now()
		send(h, "")
		if waited := time.Since(before); waited != 0 {
			t.Errorf("waited %s while the server was stopping", waited)
		}
	})
}

func TestHoldsFewRequestsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &world{receiver: bot9.Receiver{ID: 1, AnswerStatus: 200, DelaySeconds: 20}}
		h := slow.handler()
		begun := time.Now()
		waited := make(chan time.Duration, maxWaiting+5)
		for range maxWaiting + 5 {
			go func() {
				send(h, "")
				waited <- time.Since(begun)
			}()
			synctest.Wait()
		}
		if len(waited) != 5 || len(h.room) != 0 {
			t.Errorf("%d were answered at once, %d are in the room", len(waited), len(h.room))
		}
		for range 5 {
			<-waited
		}
		for range maxWaiting {
			if after := <-waited; after != 20*time.Second {
				t.Errorf("answered after %s", after)
			}
		}
	})
}

func TestShowsWhatCame(t *testing.T) {
	w := &world{receiver: bot9.Receiver{ID: 1}}
	h := w.handler()
	for path, want := range map[string]string{"/receiver/token": `{"data":[]}`, "/receiver/other": "no such receiver"} {
		recorder := httptest.NewRecorder()
		h.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
		if !strings.Contains(recorder.Body.String(), want) || recorder.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s", path, recorder.Code, recorder.Body)
		}
	}
}

func TestDatabaseThatIsAway(t *testing.T) {
	w := &world{receiver: bot9.Receiver{ID: 1, AnswerStatus: 200}, fails: errors.New("away")}
	answer := send(w.handler(), "")
	if answer.Code != http.StatusServiceUnavailable || strings.Contains(answer.Body.String(), "away") || answer.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}
