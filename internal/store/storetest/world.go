package storetest

import (
	"context"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/chat"
	"github.com/bot9/bot9/internal/seal"
	"github.com/bot9/bot9/internal/store"
)

// world is a store with an account and a chatbot in it, and everything around the store under control.
type world struct {
	*store.Store
	t              tester
	ctx            context.Context
	db             Database
	clock          *clock
	dispatcher     *recorder
	retention      time.Duration // from the next open on
	auditRetention time.Duration // likewise
	quotas         bot9.Quotas   // likewise
	account        bot9.AccountID
	chatbot        bot9.ChatbotID
	acceptClock    bot9.Time // from the next open on
}

// tester is what *testing.T and *rapid.T have in common.
type tester interface {
	Helper()
	Errorf(string, ...any)
	Fatalf(string, ...any)
}

// clock shows the time that it was set to, and how much of that has passed.
type clock struct{ now, stepped atomic.Int64 }

func (c *clock) Now() bot9.Time          { return bot9.Time(c.now.Load()) }
func (c *clock) Advance(d time.Duration) { c.now.Add(d.Milliseconds()) }

// Step sets the clock, without any time passing.
func (c *clock) Step(d time.Duration) {
	c.stepped.Add(d.Milliseconds())
	c.Advance(d)
}

// Elapsed is the time that has passed since a moment that nobody knows.
func (c *clock) Elapsed() time.Duration {
	return time.Duration(c.now.Load()-c.stepped.Load()) * time.Millisecond
}

var masterKey = seal.NewMasterKey()

// Begin is when every world begins: 2026-11-22T19:00:00Z.
func Begin() bot9.Time { return 1_795_374_000_000 }

// Retention is what worlds keep.
const Retention = 3 * day

func newWorld(t *testing.T, db Database) *world {
	w := &world{t: t, ctx: t.Context(), db: db, clock: &clock{}, dispatcher: newRecorder(), retention: Retention}
	w.clock.now.Store(int64(Begin()))
	w.open()
	t.Cleanup(func() {
		if !t.Failed() {
			w.checkLog()
		}
		if err := w.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	owner, err := w.CreateAccount(w.ctx, "Example", bot9.Person{Email: "owner@example.com", PasswordHash: "$argon2id$"})
	must(t, err)
	w.account = owner.AccountID
	w.chatbot = w.newChatbot()
	return w
}

// checkLog checks, at the end of every test, what no index guards.
func (w *world) checkLog() {
	check, err := w.CheckLog(context.Background())
	if err != nil && bot9.CodeOf(err) != "stopping" {
		w.t.Errorf("check the log: %v", err)
	}
	for _, fault := range check.Examples {
		w.t.Errorf("the log: %s", fault)
	}
}

func (w *world) open() {
	w.t.Helper()
	sealer, err := seal.Open(masterKey)
	must(w.t, err)
	w.Store, err = w.db.Open(store.Options{Clock: w.clock.Now, Sealer: sealer, Filters: wordFilters{}, Announcer: chat.Announcer{}, Retention: w.retention, Elapsed: w.clock.Elapsed, AcceptClock: w.acceptClock, AuditRetention: w.auditRetention, Quotas: w.quotas, Passages: func(d bot9.Document) int { return len(strings.Fields(d.Text)) }})
	must(w.t, err)
	w.dispatcher.reset()
	w.Attach(w.dispatcher)
}

// reopen ends the store and opens it again, as after the end of the process.
func (w *world) reopen() {
	w.t.Helper()
	must(w.t, w.Close())
	w.open()
}

// wordFilters lets events through whose data has the filter's word.
type wordFilters struct{}

func (wordFilters) Of(e *bot9.Event) bot9.Matcher { return wordMatcher{e} }

// ReadsLate lets filters begin with what they read.
func (wordFilters) ReadsLate(filter string) bool { return strings.HasPrefix(filter, "late") }

type wordMatcher struct{ event *bot9.Event }

func (m wordMatcher) Match(filter string) bot9.Verdict {
	switch {
	case filter == "broken":
		return bot9.NotEvaluable
	case filter == "costly":
		return bot9.TooCostly
	case strings.Contains(string(m.event.Data), strings.TrimPrefix(filter, "late ")):
		return bot9.Match
	}
	return bot9.NoMatch
}

func (w *world) newChatbot() bot9.ChatbotID {
	w.t.Helper()
	chatbot, _, err := w.CreateChatbot(w.ctx, w.account, "Helper", newKey())
	must(w.t, err)
	return chatbot.ID
}

var keysMade atomic.Int64

// newKey returns a key with a hash that no other has.
func newKey() bot9.NewKey {
	key := bot9.NewKey{Name: "test", Hint: "abcd"}
	copy(key.Hash[:], "key "+strconv.FormatInt(keysMade.Add(1), 10))
	return key
}

// conversation starts a conversation that has no events yet.
func (w *world) conversation() bot9.ConversationID {
	w.t.Helper()
	return w.start(bot9.Conversation{}).ID
}

func (w *world) start(c bot9.Conversation) bot9.Conversation {
	w.t.Helper()
	if c.ChatbotID == 0 {
		c.ChatbotID = w.chatbot
	}
	if c.Status == "" {
		c.Status = bot9.StatusActive
	}
	started, err := w.StartConversation(w.ctx, c, func(bot9.Moment, *bot9.Conversation) (bot9.Change, error) { return bot9.Change{}, nil })
	must(w.t, err)
	return started
}

// say adds messages to a conversation.
func (w *world) say(id bot9.ConversationID, texts ...string) []bot9.Message {
	w.t.Helper()
	_, change, err := w.ChangeConversation(w.ctx, w.chatbot, id, saying(texts...))
	must(w.t, err)
	return change.Messages
}

func saying(texts ...string) store.Decide {
	return func(m bot9.Moment, _ *bot9.Conversation) (bot9.Change, error) {
		var change bot9.Change
		for _, text := range texts {
			change.Messages = append(change.Messages, bot9.Message{ID: bot9.MessageID(m.NextID()), ChatUser: bot9.SpeakerUser, Text: text})
			change.Events = append(change.Events, note(0, text))
		}
		return change, nil
	}
}

func note(conversation bot9.ConversationID, text string) bot9.NewEvent {
	return bot9.NewEvent{Type: "custom.note", Data: []byte(`{"text":` + strconv.Quote(text) + `}`), ConversationID: conversation}
}

// append commits n events of the conversation, 0 for none.
func (w *world) append(conversation bot9.ConversationID, n int) []bot9.EventID {
	w.t.Helper()
	batch := make([]bot9.NewEvent, n)
	for i := range batch {
		batch[i] = note(conversation, "event")
	}
	ids, err := w.AppendEvents(w.ctx, w.chatbot, batch)
	must(w.t, err)
	return ids
}

// webhook makes an enabled webhook for all events, as changes say.
func (w *world) webhook(changes ...func(*bot9.Webhook)) bot9.Webhook {
	w.t.Helper()
	webhook := bot9.Webhook{
		ChatbotID: w.chatbot, AccountID: w.account, URL: "https://example.com/hook", Events: []string{bot9.AllEvents},
		Headers: map[string]string{}, Ordering: bot9.OrderConversation, Status: bot9.WebhookEnabled,
		RetrySchedule: []int{5, 30}, Signatures: []string{"v1"}, Secrets: []bot9.Secret{{Text: "whsec_c2VjcmV0"}},
	}
	for _, change := range changes {
		change(&webhook)
	}
	made, err := w.CreateWebhook(w.ctx, webhook)
	must(w.t, err)
	return made
}

func unordered(w *bot9.Webhook) { w.Ordering = bot9.OrderNone }

func choosing(events ...string) func(*bot9.Webhook) {
	return func(w *bot9.Webhook) { w.Events = events }
}

func (w *world) readWebhook(id bot9.WebhookID) bot9.Webhook {
	w.t.Helper()
	webhook, err := w.Webhook(w.ctx, w.chatbot, id)
	must(w.t, err)
	return webhook
}

func (w *world) setStatus(id bot9.WebhookID, status bot9.WebhookStatus) {
	w.t.Helper()
	_, err := w.ChangeWebhook(w.ctx, w.chatbot, id, func(w *bot9.Webhook) error {
		w.Status = status
		return nil
	})
	must(w.t, err)
}

// expand makes the deliveries of all that is noted.
func (w *world) expand() {
	w.t.Helper()
	for more := true; more; {
		var err error
		more, err = w.Expand(w.ctx)
		must(w.t, err)
	}
}

// claim takes all that is due now.
func (w *world) claim(webhook bot9.WebhookID) []*bot9.Delivery {
	w.t.Helper()
	w.expand()
	claimed, _, _, err := w.Claim(w.ctx, webhook, w.clock.Now(), 1000)
	must(w.t, err)
	return claimed
}

// claimOne takes the one delivery that is due now.
func (w *world) claimOne(webhook bot9.WebhookID) *bot9.Delivery {
	w.t.Helper()
	claimed := w.claim(webhook)
	if len(claimed) != 1 {
		w.t.Fatalf("%d deliveries are due, want 1: sequences %v", len(claimed), sequences(claimed))
	}
	return claimed[0]
}

func sequences(deliveries []*bot9.Delivery) []int64 {
	numbers := []int64{}
	for _, d := range deliveries {
		numbers = append(numbers, d.Sequence)
	}
	return numbers
}

// finish commits the result of an attempt that succeeded or not, as next says.
func (w *world) finish(d *bot9.Delivery, next bot9.DeliveryStatus, changes ...func(*bot9.AttemptResult)) {
	w.t.Helper()
	attempted := *d
	attempt := &bot9.Attempt{DeliveryID: d.ID, Number: d.Attempts + 1, StartedAt: w.clock.Now(), DurationMs: 12.5, URL: "https://example.com/hook"}
	attempt.Outcome, attempt.ResponseStatus = bot9.OutcomeSuccess, 204
	if next != bot9.DeliverySucceeded {
		attempt.Outcome, attempt.ResponseStatus, attempt.Error = bot9.OutcomeStatus, 500, "the endpoint answered 500"
	}
	if next != bot9.DeliveryPending {
		attempted.Attempts++
	}
	r := bot9.AttemptResult{Delivery: &attempted, Attempt: attempt, Next: next}
	if next.Unfinished() {
		r.RetryAt = w.clock.Now()
	}
	for _, change := range changes {
		change(&r)
	}
	must(w.t, w.finishResult(r))
}

func (w *world) finishResult(r bot9.AttemptResult) error {
	committed := make(chan error, 1)
	w.Finish(r, func(err error) { committed <- err })
	return <-committed
}

func retryIn(wait time.Duration) func(*bot9.AttemptResult) {
	return func(r *bot9.AttemptResult) { r.RetryAt = r.RetryAt.Add(wait) }
}

// deliveries returns all of the chatbot's deliveries that the filter chooses, read page by page.
func (w *world) deliveries(filter bot9.DeliveryFilter, limit int) []bot9.Delivery {
	w.t.Helper()
	return readAll(w.t, limit, func(page bot9.Page) (bot9.List[bot9.Delivery], error) {
		return w.Deliveries(w.ctx, w.chatbot, filter, page)
	})
}

func (w *world) delivery(id bot9.DeliveryID) bot9.Delivery {
	w.t.Helper()
	d, err := w.Delivery(w.ctx, w.chatbot, id)
	must(w.t, err)
	return d
}

func (w *world) backlog(webhook bot9.WebhookID) int64 {
	w.t.Helper()
	found, err := w.Stats(w.ctx, w.chatbot, webhook, bot9.LastHour, w.clock.Now())
	must(w.t, err)
	return found.Backlog
}

func (w *world) allEvents(filter bot9.EventFilter) []*bot9.Event {
	w.t.Helper()
	return readAll(w.t, 0, func(page bot9.Page) (bot9.List[*bot9.Event], error) {
		return w.Events(w.ctx, w.chatbot, filter, page)
	})
}
