package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

const replayed = "Idempotency-Replayed: true"

func withKey(name string) map[string]string { return map[string]string{"Idempotency-Key": name} }

func TestIdempotency(t *testing.T) {
	w := newWorld()
	const create, body = "POST /api/{bot}/knowledge", `{"title":"a","text":"b"}`
	run(t, w, []request{
		{name: "first", as: key, call: create, body: body, header: withKey("k1"), status: 201, want: []string{`"id":"doc_`}, not: []string{replayed}},
		{name: "again", as: key, call: create, body: body, header: withKey("k1"), status: 201, want: []string{`"id":"doc_`, replayed, "Content-Type: application/json"}},
		{name: "again by a person", as: developer, call: create, body: body, header: withKey("k1"), status: 422, want: []string{`"idempotencyKeyReused"`, "somebody else"}},
		{name: "with another body", as: key, call: create, body: `{"title":"c","text":"d"}`, header: withKey("k1"), status: 422, want: []string{`"idempotencyKeyReused"`, "header.Idempotency-Key"}},
		{name: "for another call", as: key, call: "POST /api/{bot}/events", body: body, header: withKey("k1"), status: 422, want: []string{`"idempotencyKeyReused"`}},
		{name: "another account's", as: strangerKey, call: "POST /api/{strangers}/knowledge", body: body, header: withKey("k1"), status: 201, not: []string{replayed}},
		{name: "invalid", as: key, call: create, body: `{}`, header: withKey("k2"), status: 422, want: []string{`"validationFailed"`}},
		{name: "an invalid call used no key", as: key, call: create, body: body, header: withKey("k2"), status: 201, not: []string{replayed}},
		{name: "events", as: key, call: "POST /api/{bot}/events", body: `{"event":"custom.a"}`, header: withKey("k3"), status: 202, not: []string{replayed}},
		{name: "events again", as: key, call: "POST /api/{bot}/events", body: `{"event":"custom.a"}`, header: withKey("k3"), status: 202, want: []string{replayed, `{"id":"evt_`}},
		{name: "account-wide", as: owner, call: "POST /api/chatbots", body: `{"name":"Sales"}`, header: withKey("k1"), status: 201, want: []string{"bot9_sk_fresh"}},
		{name: "account-wide again", as: owner, call: "POST /api/chatbots", body: `{"name":"Sales"}`, header: withKey("k1"), status: 201, want: []string{"bot9_sk_fresh", replayed}},
		{name: "a secret is shown to nobody else", as: admin, call: "POST /api/chatbots", body: `{"name":"Sales"}`, header: withKey("k1"), status: 422, want: []string{`"idempotencyKeyReused"`}, not: []string{"bot9_sk_fresh"}},
		{name: "a key with a space", as: key, call: create, body: body, header: withKey("a b"), status: 422, want: []string{"header.Idempotency-Key"}},
		{name: "a key too long", as: key, call: create, body: body, header: withKey(strings.Repeat("k", 256)), status: 422},
		{name: "a change takes none", as: key, call: "PATCH /api/{bot}/webhooks/whk_38g4k4jvm0001", body: `{}`, header: withKey("k1"), status: 404},
	})
	if len(w.documents) != 3 || len(w.events) != 1 {
		t.Errorf("%d documents and %d events, want 3 and 1", len(w.documents), len(w.events))
	}
	for name, saved := range w.answers {
		if !strings.HasPrefix(string(saved.Sealed), "sealed for answer:") {
			t.Errorf("%s: an answer that isn't sealed: %s", name, saved.Sealed)
		}
	}
}

// A request that may have had its effect is answered so, and told how to find out.
func TestAnOutcomeThatNobodyKnows(t *testing.T) {
	w := newWorld()
	w.failWith = bot9.Errorf(bot9.Unavailable, "outcomeUnknown", "It may have had its effect.")
	const create, body = "POST /api/{bot}/knowledge", `{"title":"a","text":"b"}`
	run(t, w, []request{
		{
			name: "with a key", as: key, call: create, body: body, header: withKey("order-7"), status: 503,
			want: []string{`"outcomeUnknown"`, "It may have had its effect. Repeat it with the same Idempotency-Key, order-7:"},
		},
		{name: "without", as: key, call: create, body: body, status: 503, want: []string{`"outcomeUnknown"`, "Look before you repeat it."}},
	})
}

// A location is part of the answer.
func TestReplayedAnswerHasItsLocation(t *testing.T) {
	w := newWorld()
	webhook, _ := w.CreateWebhook(t.Context(), bot9.Webhook{ChatbotID: w.bot()})
	q := request{
		as: key, call: "POST /api/{bot}/webhooks/" + webhook.ID.String() + "/replay", body: `{"since":"2026-11-22T00:00:00Z"}`,
		header: withKey("k"), status: 202, want: []string{"Location: /api/bot_"},
	}
	again := q
	again.want = []string{"Location: /api/bot_", replayed}
	run(t, w, []request{q, again})
	if len(w.replays) != 1 {
		t.Errorf("%d replays", len(w.replays))
	}
}

// What a question was answered takes a second transaction. While it is owed the caller is asked to wait; when nobody
// owes it any more, it failed.
func TestIdempotencyOfAQuestion(t *testing.T) {
	w := newWorld()
	c, _ := w.Start(t.Context(), w.bot(), bot9.StartInput{})
	q := request{as: key, call: "POST /api/{bot}/conversations/" + c.ID.String() + "/chat", body: `{"message":"How long?"}`, header: withKey("k"), status: 200}
	run(t, w, []request{q})
	state := func(owed bool) {
		for name, saved := range w.answers {
			saved.Sealed, saved.Question, saved.Owed = nil, 11, owed
			w.answers[name] = saved
		}
	}
	state(true)
	q.status, q.want = 409, []string{`"idempotencyInProgress"`, "Retry-After: 1"}
	run(t, w, []request{q})
	state(false)
	q.status, q.want = 503, []string{`"answeringFailed"`}
	run(t, w, []request{q})
}

// Of two requests with one key at the same time one has its effect; the other gets the same answer, since it is
// there with the effect.
func TestIdempotencyRace(t *testing.T) {
	w := newWorld()
	w.held = make(chan struct{})
	handler := serve(t, w.options())
	q := request{as: key, call: "POST /api/{bot}/knowledge", body: `{"title":"a","text":"b"}`, header: withKey("k")}
	call := func() *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, q.make(w))
		return rec
	}
	var winner *httptest.ResponseRecorder
	var done sync.WaitGroup
	done.Go(func() { winner = call() })
	w.held <- struct{}{} // the winner has written, and has not answered
	second := call()
	w.held <- struct{}{}
	done.Wait()
	if winner.Code != 201 || second.Body.String() != winner.Body.String() {
		t.Errorf("the winner got %d %s, the other %d %s", winner.Code, winner.Body, second.Code, second.Body)
	}
	q.status, q.want = 201, []string{replayed}
	checkAnswer(t, &q, second)
}

// The key may be recorded between the look-up and the write: then the write refuses.
func TestIdempotencyLostRace(t *testing.T) {
	w := newWorld()
	q := request{as: key, call: "POST /api/{bot}/knowledge", body: `{"title":"a","text":"b"}`, header: withKey("k"), status: 201}
	run(t, w, []request{q})
	options := w.options()
	options.Store = &blindOnce{world: w}
	rec := httptest.NewRecorder()
	serve(t, options).ServeHTTP(rec, q.make(w))
	q.want = []string{replayed, `"id":"doc_`}
	checkAnswer(t, &q, rec)
	if len(w.documents) != 1 {
		t.Errorf("%d documents, want 1", len(w.documents))
	}
}

// blindOnce doesn't find an answer the first time.
type blindOnce struct {
	*world
	looked bool
}

func (b *blindOnce) FindAnswer(ctx context.Context, scope int64, name string) (bot9.FirstAnswer, bool, error) {
	if !b.looked {
		b.looked = true
		return bot9.FirstAnswer{}, false, nil
	}
	return b.world.FindAnswer(ctx, scope, name)
}

// A client that goes away doesn't keep the answer from being kept.
func TestIdempotencyOutlivesTheClient(t *testing.T) {
	w := newWorld()
	q := request{as: key, call: "POST /api/{bot}/knowledge", body: `{"title":"a","text":"b"}`, header: withKey("k"), status: 201}
	r := q.make(w)
	ctx, cancel := cancelled(r.Context())
	defer cancel()
	serve(t, w.options()).ServeHTTP(httptest.NewRecorder(), r.WithContext(ctx))
	q.want = []string{replayed}
	run(t, w, []request{q})
}

func TestStreamedAnswerIsReplayed(t *testing.T) {
	w := newWorld()
	w.chatDeltas = []string{"Two ", "days"}
	c, _ := w.Start(t.Context(), w.bot(), bot9.StartInput{})
	q := request{
		as: key, call: "POST /api/{bot}/conversations/" + c.ID.String() + "/chat", body: `{"message":"How long?"}`, status: 200,
		header: map[string]string{"Idempotency-Key": "k", "Accept": "text/event-stream"},
		want:   []string{"Content-Type: text/event-stream", "event: delta\ndata: {\"text\":\"Two \"}\n\n", "event: done\n"},
	}
	again := q // of what is kept, all of the text is one part
	again.want = []string{"Content-Type: text/event-stream", "event: delta\ndata: {\"text\":\"Two days\"}\n\n", "event: done\n", replayed}
	run(t, w, []request{q, again})
}

var _ http.Flusher = (*unlessRefused)(nil)
