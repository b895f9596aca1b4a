package bot9hooks

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const (
	testSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	testBody   = `{"event":"ping","data":{"chatbotId":"bot_1","webhookId":"whk_1"},"id":"evt_1","createdAt":"2026-11-22T19:00:00.123Z","apiVersion":"1","conversationId":"conv_1","sequence":5}`
)

func signedHeader(t *testing.T, body string) http.Header {
	t.Helper()
	header, err := Sign([]byte(body), "evt_1", time.Now(), testSecret)
	if err != nil {
		t.Fatal(err)
	}
	return header
}

func newHandler(t *testing.T, options Options) *Handler {
	t.Helper()
	options.Secrets = []string{testSecret}
	h, err := NewHandler(options)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func receive(t *testing.T, h *Handler, ctx context.Context) Answer {
	t.Helper()
	return h.Receive(ctx, signedHeader(t, testBody), []byte(testBody))
}

func TestHandlerServesTypedEvents(t *testing.T) {
	h := newHandler(t, Options{})
	var got PingData
	var event Event
	On(h, func(_ context.Context, e Event, data PingData) error {
		event, got = e, data
		return nil
	})
	server := httptest.NewServer(h)
	defer server.Close()
	request, err := http.NewRequest(http.MethodPost, server.URL, strings.NewReader(testBody))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = signedHeader(t, testBody)
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "application/json" {
		t.Errorf("answer is %s, %s", response.Status, response.Header.Get("Content-Type"))
	}
	if got.WebhookID != "whk_1" || event.ConversationID != "conv_1" || event.CreatedAt.UnixMilli()%1000 != 123 {
		t.Errorf("handled %+v, %+v", event, got)
	}
}

func TestNewHandlerWantsSecrets(t *testing.T) {
	if _, err := NewHandler(Options{}); CodeOf(err) != InvalidSecret {
		t.Errorf("error is %v, want %s", err, InvalidSecret)
	}
}

func TestOtherMethodsAreTold(t *testing.T) {
	recorder := httptest.NewRecorder()
	newHandler(t, Options{}).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/", nil))
	if recorder.Code != 405 || recorder.Header().Get("Allow") != "POST" {
		t.Errorf("answer is %d, Allow %q", recorder.Code, recorder.Header().Get("Allow"))
	}
}

func TestDataThatDoesNotFitIsReportedAndFails(t *testing.T) {
	var reported error
	h := newHandler(t, Options{OnError: func(_ context.Context, err error, _ Event) { reported = err }})
	On(h, func(context.Context, Event, PingData) error { return nil })
	body := `{"event":"ping","data":{"webhookId":7},"id":"evt_1","createdAt":"2026-11-22T19:00:00Z"}`
	answer := h.Receive(t.Context(), signedHeader(t, body), []byte(body))
	if answer != answerHandlerFailed || CodeOf(reported) != InvalidEvent {
		t.Errorf("answer is %+v, reported %v", answer, reported)
	}
}

func TestPanicGivesTheClaimBack(t *testing.T) {
	h := newHandler(t, Options{})
	h.OnEvent("ping", func(context.Context, Event) error { panic("broken handler") })
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		receive(t, h, t.Context())
	}()
	h.OnEvent("ping", func(context.Context, Event) error { return nil })
	if answer := receive(t, h, t.Context()); answer != answerHandled {
		t.Errorf("answer after the panic is %+v", answer)
	}
}

func TestTheSameEventAtOnceIsHandledOnce(t *testing.T) {
	h := newHandler(t, Options{})
	entered, leave := make(chan struct{}), make(chan struct{})
	h.OnEvent("ping", func(context.Context, Event) error {
		entered <- struct{}{}
		<-leave
		return nil
	})
	first := make(chan Answer)
	go func() { first <- receive(t, h, t.Context()) }()
	<-entered
	if answer := receive(t, h, t.Context()); answer != answerInProgress {
		t.Errorf("second answer is %+v", answer)
	}
	close(leave)
	if answer := <-first; answer != answerHandled {
		t.Errorf("first answer is %+v", answer)
	}
	if answer := receive(t, h, t.Context()); answer != answerDuplicate {
		t.Errorf("third answer is %+v", answer)
	}
}

func TestEventIsCommittedWhenTheSenderHungUp(t *testing.T) {
	h := newHandler(t, Options{Dedupe: &contextDedupe{NewMemoryDedupe(0, 0)}})
	ctx, hangUp := context.WithCancel(t.Context())
	h.OnEvent("ping", func(context.Context, Event) error {
		hangUp()
		return nil
	})
	receive(t, h, ctx)
	if answer := receive(t, h, t.Context()); answer != answerDuplicate {
		t.Errorf("answer is %+v", answer)
	}
}

// releaseDedupe counts the releases.
type releaseDedupe struct {
	*MemoryDedupe
	released int
}

func (d *releaseDedupe) Release(ctx context.Context, id, token string) error {
	d.released++
	return d.MemoryDedupe.Release(ctx, id, token)
}

func TestOnlyWhatFailedIsReleased(t *testing.T) {
	store := &releaseDedupe{MemoryDedupe: NewMemoryDedupe(0, 0)}
	h := newHandler(t, Options{Dedupe: store, OnError: func(context.Context, error, Event) {}})
	h.OnEvent("ping", func(context.Context, Event) error { return errors.New("not yet") })
	receive(t, h, t.Context())
	if store.released != 1 {
		t.Errorf("%d releases after a failure", store.released)
	}
	h.OnEvent("ping", func(context.Context, Event) error { return nil })
	receive(t, h, t.Context())
	if store.released != 1 {
		t.Errorf("%d releases after the success", store.released)
	}
}

// contextDedupe fails, as a database does, when the context is done.
type contextDedupe struct{ *MemoryDedupe }

func (d *contextDedupe) Commit(ctx context.Context, id, token string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return d.MemoryDedupe.Commit(ctx, id, token)
}

// brokenStore fails in the operations that are named.
type brokenStore struct {
	*MemoryDedupe
	*MemorySequences
	broken map[string]bool
}

var errBroken = errors.New("the store is broken")

func (s *brokenStore) err(operation string) error {
	if s.broken[operation] {
		return errBroken
	}
	return nil
}

func (s *brokenStore) Claim(ctx context.Context, id string, lease time.Duration) (Claim, error) {
	if err := s.err("claim"); err != nil {
		return Claim{}, err
	}
	return s.MemoryDedupe.Claim(ctx, id, lease)
}

func (s *brokenStore) Commit(context.Context, string, string) error  { return s.err("commit") }
func (s *brokenStore) Release(context.Context, string, string) error { return s.err("release") }
func (s *brokenStore) Last(context.Context, string) (int64, error)   { return 4, s.err("last") }
func (s *brokenStore) Advance(context.Context, string, int64) error  { return s.err("advance") }

func TestBrokenStores(t *testing.T) {
	for operation, tc := range map[string]struct {
		want    Answer
		handled bool
	}{
		"claim":   {answerStoreUnavailable, false},
		"last":    {answerStoreUnavailable, false},
		"advance": {answerHandled, true}, // it is handled: a failure would have it handled twice
		"commit":  {answerHandled, true},
	} {
		t.Run(operation, func(t *testing.T) {
			var reported error
			store := &brokenStore{NewMemoryDedupe(0, 0), NewMemorySequences(0), map[string]bool{operation: true}}
			h := newHandler(t, Options{
				Dedupe: store, Sequences: store,
				OnError:           func(_ context.Context, err error, _ Event) { reported = err },
				OnSequenceProblem: func(context.Context, SequenceProblem, Event) error { return nil },
			})
			handled := false
			h.OnEvent("ping", func(context.Context, Event) error {
				handled = true
				return nil
			})
			if answer := receive(t, h, t.Context()); answer != tc.want || handled != tc.handled {
				t.Errorf("answer is %+v, handled %t", answer, handled)
			}
			if !errors.Is(reported, errBroken) {
				t.Errorf("reported %v", reported)
			}
		})
	}
}

func TestSequenceProblemCanRefuseTheEvent(t *testing.T) {
	refuse := true
	h := newHandler(t, Options{
		OnError: func(context.Context, error, Event) {},
		OnSequenceProblem: func(context.Context, SequenceProblem, Event) error {
			if refuse {
				return errors.New("fetch what is missing first")
			}
			return nil
		},
	})
	if err := h.options.Sequences.Advance(t.Context(), "conv_1", 2); err != nil {
		t.Fatal(err)
	}
	if answer := receive(t, h, t.Context()); answer != answerHandlerFailed {
		t.Errorf("answer is %+v", answer)
	}
	refuse = false
	if answer := receive(t, h, t.Context()); answer != answerIgnored {
		t.Errorf("answer to the retry is %+v", answer)
	}
	refuse = true // an event that was handled stays handled
	if answer := receive(t, h, t.Context()); answer != answerDuplicate {
		t.Errorf("answer to the duplicate is %+v", answer)
	}
}
