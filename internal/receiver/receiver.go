// Package receiver takes webhooks in at private URLs of this server, and shows what arrived and
// whether it was signed right, so that a newcomer sees a delivery before having written a line.
package receiver

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/bot9/bot9/internal/bot9"
)

// What one process takes in at most, so that looking at webhooks slows down nobody's delivering.
// Who sends more is told to come again.
const (
	maxBody       = 1 << 20 // bytes
	readTimeout   = 10 * time.Second
	perReceiver   = 20 // requests a second, after a burst of ten times as many
	perProcess    = 200
	maxConcurrent = 256 // requests that are worked on; those that only wait before their answer are not
	maxWaiting    = 32  // of one receiver; more are answered at once
)

// Store keeps receivers and what they got.
type Store interface {
	ReceiverByToken(ctx context.Context, token string) (bot9.Receiver, error)
	Webhook(ctx context.Context, chatbot bot9.ChatbotID, id bot9.WebhookID) (bot9.Webhook, error)
	AddReceived(ctx context.Context, q bot9.ReceivedRequest) error
	Received(ctx context.Context, id bot9.ReceiverID) ([]bot9.ReceivedRequest, error)
}

// Verify tells whether a request's signature was made with one of the secrets. Its errors say in
// words why not.
type Verify func(secrets []string, headers http.Header, body []byte) error

// Options is what a Handler needs.
type Options struct {
	Store         Store
	Verify        Verify
	WebhookHeader string          // the header that names the webhook that a request is of
	Stopping      <-chan struct{} // ends waits before answers when it is closed; nil never does
	Log           *slog.Logger
}

// Handler answers POST and GET of /receiver/{token}: it takes deliveries in, and shows the newest
// ones. Whoever knows a token may send to it and read what came.
type Handler struct {
	Options
	mux     *http.ServeMux
	room    chan struct{} // holds a token for every request that is worked on
	all     *rate.Limiter
	mu      sync.Mutex
	traffic map[bot9.ReceiverID]*traffic
}

// traffic is what one receiver is taking in.
type traffic struct {
	rate    *rate.Limiter
	waiting atomic.Int32
}

// New makes a Handler.
func New(o Options) *Handler {
	h := &Handler{
		Options: o, mux: http.NewServeMux(), room: make(chan struct{}, maxConcurrent),
		all: rate.NewLimiter(perProcess, 2*perProcess), traffic: map[bot9.ReceiverID]*traffic{},
	}
	h.mux.HandleFunc("POST /receiver/{token}", h.take)
	h.mux.HandleFunc("GET /receiver/{token}", h.show)
	return h
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	h.mux.ServeHTTP(w, r)
}

// enter finds room for the work on a request, until leave is called.
func (h *Handler) enter() (leave func(), ok bool) {
	select {
	case h.room <- struct{}{}:
		return func() { <-h.room }, true
	default:
		return nil, false
	}
}

func (h *Handler) take(w http.ResponseWriter, r *http.Request) {
	status, delay, waiting := h.keep(w, r)
	if status != 0 && h.wait(r.Context(), delay, waiting) {
		w.WriteHeader(status)
	}
}

// keep stores a request. It returns the status to answer with, and a delay in seconds, during
// which the request counts among those of the receiver that wait. The status is 0 if it has answered.
func (h *Handler) keep(w http.ResponseWriter, r *http.Request) (status int, delay float64, waiting *atomic.Int32) {
	leave, ok := h.enter()
	if !ok {
		comeAgain(w)
		return 0, 0, nil
	}
	defer leave()
	receiver, err := h.Store.ReceiverByToken(r.Context(), r.PathValue("token"))
	if err != nil {
		h.fail(w, r, err)
		return 0, 0, nil
	}
	of := h.trafficOf(receiver.ID)
	if !of.rate.Allow() || !h.all.Allow() {
		comeAgain(w)
		return 0, 0, nil
	}
	body, ok := readBody(w, r)
	if !ok {
		return 0, 0, nil
	}
	received := requestOf(receiver.ID, r.Header, body)
	if received.Problem, err = h.problem(r, &receiver, body); err != nil {
		h.fail(w, r, err)
		return 0, 0, nil
	}
	received.Verified = received.Problem == ""
	received.Answered = answerOf(&receiver, received.Verified)
	if err := h.Store.AddReceived(r.Context(), received); err != nil {
		h.fail(w, r, err)
		return 0, 0, nil
	}
	return received.Answered, receiver.DelaySeconds, &of.waiting
}

func readBody(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(readTimeout)) // not every writer has a connection
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	_ = connection.SetReadDeadline(time.Time{})
	if err != nil {
		http.Error(w, "the body can't be read, or is larger than 1 MiB", http.StatusBadRequest)
	}
	return body, err == nil
}

// requestOf is a request as it is kept: readable text, and not too much of it.
func requestOf(id bot9.ReceiverID, headers http.Header, body []byte) bot9.ReceivedRequest {
	q := bot9.ReceivedRequest{ReceiverID: id, Headers: make(map[string]string, len(headers)), Truncated: len(body) > bot9.MaxKeptBody}
	for name, values := range headers {
		q.Headers[strings.ToLower(name)] = readable(shownValue(name, strings.Join(values, ", ")))
	}
	q.Body = readable(string(body[:min(len(body), bot9.MaxKeptBody)]))
	return q
}

// openHeaders are those whose values are kept: what Bot9 and HTTP set. Any other may be a credential that
// an integrator gave to a webhook, and is masked before anything is kept or shown.
var openHeaders = map[string]bool{
	"accept": true, "accept-encoding": true, "accept-language": true, "connection": true, "content-encoding": true, "content-length": true,
	"content-type": true, "date": true, "host": true, "traceparent": true, "user-agent": true,
}

// openPrefixes are those of the headers of Standard Webhooks and of Bot9.
var openPrefixes = []string{"webhook-", "bot9-"}

func shownValue(name, value string) string {
	name = strings.ToLower(name)
	if openHeaders[name] || slices.ContainsFunc(openPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
		return value
	}
	return bot9.Masked
}

// readable replaces what databases take for no text.
func readable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "\ufffd")
}

// problem says in words why a request is not verified, "" if it is.
func (h *Handler) problem(r *http.Request, receiver *bot9.Receiver, body []byte) (string, error) {
	secrets := []string{receiver.Secret}
	if receiver.Secret == "" {
		var id bot9.WebhookID
		if id.UnmarshalText([]byte(r.Header.Get(h.WebhookHeader))) != nil || id == 0 {
			return "The header " + strings.ToLower(h.WebhookHeader) + " names no webhook, and this receiver has no secret of its own to check by.", nil
		}
		webhook, err := h.Store.Webhook(r.Context(), receiver.ChatbotID, id)
		if bot9.KindOf(err) == bot9.NotFound {
			return "The webhook that the request names is none of this chatbot's, and this receiver has no secret of its own to check by.", nil
		}
		if err != nil {
			return "", err
		}
		secrets = nil
		for _, secret := range webhook.ValidSecrets(bot9.At(time.Now())) {
			secrets = append(secrets, secret.Text)
		}
	}
	return words(h.Verify(secrets, r.Header, body)), nil
}

// words is what an error says to people, "" if there is none.
func words(err error) string {
	if own, ok := errors.AsType[*bot9.Error](err); ok {
		return own.Message
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// NewToken makes a token that nobody can guess.
func NewToken() string { return strings.ToLower(rand.Text()) }

func answerOf(receiver *bot9.Receiver, verified bool) int {
	switch {
	case receiver.AnswerStatus != 0:
		return receiver.AnswerStatus
	case verified:
		return http.StatusNoContent
	}
	return http.StatusUnauthorized
}

// wait tells whether there is somebody to answer after the delay. Where maxWaiting wait already, it
// doesn't.
func (h *Handler) wait(ctx context.Context, seconds float64, waiting *atomic.Int32) bool {
	defer waiting.Add(-1)
	if waiting.Add(1) > maxWaiting || seconds <= 0 {
		return true
	}
	timer := time.NewTimer(time.Duration(seconds * float64(time.Second)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-h.Stopping:
		return true
	case <-ctx.Done():
		return false
	}
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) {
	leave, ok := h.enter()
	if !ok {
		comeAgain(w)
		return
	}
	defer leave()
	receiver, err := h.Store.ReceiverByToken(r.Context(), r.PathValue("token"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	requests, err := h.Store.Received(r.Context(), receiver.ID)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	if requests == nil {
		requests = []bot9.ReceivedRequest{}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"data": requests}) // the client may be gone
}

// trafficOf is the receiver's own. That of thousands is forgotten together, which lets each send a
// burst more.
func (h *Handler) trafficOf(id bot9.ReceiverID) *traffic {
	h.mu.Lock()
	defer h.mu.Unlock()
	of, ok := h.traffic[id]
	if !ok {
		if len(h.traffic) >= 10_000 {
			clear(h.traffic)
		}
		of = &traffic{rate: rate.NewLimiter(perReceiver, 10*perReceiver)}
		h.traffic[id] = of
	}
	return of
}

func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	if bot9.KindOf(err) == bot9.NotFound {
		http.Error(w, "there is no such receiver; one that nothing was sent to for a week is removed", http.StatusNotFound)
		return
	}
	if r.Context().Err() == nil {
		h.Log.Warn("receiver", "error", err)
	}
	w.Header().Set("Retry-After", "2")
	http.Error(w, "the database did not answer", http.StatusServiceUnavailable)
}

func comeAgain(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	http.Error(w, "more requests than a receiver takes", http.StatusTooManyRequests)
}
