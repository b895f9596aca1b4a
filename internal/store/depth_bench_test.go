package store_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/store"
)

// mostDepthCosts is by how much an operation may take longer in a backlog of 10,000 than in one of 10.
const mostDepthCosts = 1.2

// BenchmarkDepth holds what the store does in a lane with 10,000 waiting deliveries against the same in a lane with 10.
// Both are measured in turns, and their medians compared; a ratio above mostDepthCosts fails it, if enough rounds were
// run for a median to mean something (-benchtime 300x).
func BenchmarkDepth(b *testing.B) {
	for _, database := range []struct {
		name string
		url  func(*testing.B) string
	}{
		{"SQLite", func(b *testing.B) string { return "sqlite:" + filepath.Join(b.TempDir(), "bot9.db") }},
		{"PostgreSQL", func(b *testing.B) string { return server.Database(b) }},
	} {
		b.Run(database.name, func(b *testing.B) {
			s, err := store.Open(b.Context(), store.Options{URL: database.url(b), Synchronous: "OFF", Sealer: plain{}})
			must(b, err)
			defer func() { must(b, s.Close()) }()
			shallow, deep := newLaneOf(b, s, 10), newLaneOf(b, s, 10_000)
			for _, operation := range []struct {
				name string
				run  func(*deepLane)
			}{
				{"accept", (*deepLane).accept},
				{"finish and promote", (*deepLane).finish},
				{"list the webhook's deliveries", func(l *deepLane) { l.list(bot9.DeliveryFilter{WebhookID: l.webhook}) }},
				{"list the chatbot's pending deliveries", func(l *deepLane) { l.list(bot9.DeliveryFilter{Status: bot9.DeliveryPending}) }},
				{"list an event's deliveries", func(l *deepLane) { l.list(bot9.DeliveryFilter{EventID: l.newest}) }},
				{"statistics", (*deepLane).statistics},
				{"replay", (*deepLane).replay},
			} {
				b.Run(operation.name, func(b *testing.B) { compareDepths(b, shallow, deep, operation.run) })
			}
		})
	}
}

func compareDepths(b *testing.B, shallow, deep *deepLane, run func(*deepLane)) {
	shallow.b, deep.b = b, b
	var took [2][]time.Duration
	for range b.N {
		for i, lane := range []*deepLane{shallow, deep} {
			began := time.Now()
			run(lane)
			took[i] = append(took[i], time.Since(began))
		}
	}
	for i := range took {
		slices.Sort(took[i])
	}
	low, high := took[0][b.N/2], took[1][b.N/2]
	ratio := float64(high) / float64(low)
	b.ReportMetric(float64(low.Nanoseconds()), "shallow-ns")
	b.ReportMetric(float64(high.Nanoseconds()), "deep-ns")
	b.ReportMetric(ratio, "ratio")
	if b.N >= 100 && ratio > mostDepthCosts {
		b.Errorf("%.2f times as long in a backlog of 10,000 as in one of 10", ratio)
	}
}

// deepLane is a chatbot with one webhook and one conversation, whose events wait.
type deepLane struct {
	b            *testing.B
	store        *store.Store
	chatbot      bot9.ChatbotID
	webhook      bot9.WebhookID
	conversation bot9.ConversationID
	newest       bot9.EventID
}

func newLaneOf(b *testing.B, s *store.Store, depth int) *deepLane {
	owner, err := s.CreateAccount(b.Context(), "Example", bot9.Person{Email: bot9.EventID(s.NextID()).String() + "@example.com"})
	must(b, err)
	chatbot, _, err := s.CreateChatbot(b.Context(), owner.AccountID, "Helper", bot9.NewKey{Hash: [32]byte{byte(depth), byte(depth >> 8)}})
	must(b, err)
	webhook, err := s.CreateWebhook(b.Context(), bot9.Webhook{
		ChatbotID: chatbot.ID, AccountID: owner.AccountID, Events: []string{"*"},
		Ordering: bot9.OrderConversation, Status: bot9.WebhookEnabled,
	})
	must(b, err)
	c, err := s.StartConversation(b.Context(), bot9.Conversation{ChatbotID: chatbot.ID, Status: bot9.StatusActive},
		func(bot9.Moment, *bot9.Conversation) (bot9.Change, error) { return bot9.Change{}, nil })
	must(b, err)
	l := &deepLane{b: b, store: s, chatbot: chatbot.ID, webhook: webhook.ID, conversation: c.ID}
	for range depth / 10 {
		l.append(10)
	}
	return l
}

func (l *deepLane) append(n int) {
	events := make([]bot9.NewEvent, n)
	for i := range events {
		events[i] = bot9.NewEvent{Type: "custom.note", ConversationID: l.conversation, Data: []byte(`{"text":"hello"}`)}
	}
	ids, err := l.store.AppendEvents(l.b.Context(), l.chatbot, events)
	must(l.b, err)
	if n > 0 && err == nil {
		l.newest = ids[n-1]
	}
}

func (l *deepLane) accept() { l.append(1) }

// finish lets the head of the lane succeed, and another delivery wait at its end.
func (l *deepLane) finish() {
	claimed, _, _, err := l.store.Claim(l.b.Context(), l.webhook, bot9.At(time.Now().Add(time.Hour)), 1)
	must(l.b, err)
	if len(claimed) != 1 {
		l.b.Fatalf("%d deliveries were claimed", len(claimed))
	}
	d := *claimed[0]
	d.Attempts++
	done := make(chan error, 1)
	l.store.Finish(bot9.AttemptResult{Delivery: &d, Next: bot9.DeliverySucceeded, Attempt: &bot9.Attempt{Number: 1, Outcome: bot9.OutcomeSuccess}},
		func(err error) { done <- err })
	must(l.b, <-done)
	l.append(1)
}

func (l *deepLane) list(filter bot9.DeliveryFilter) {
	_, err := l.store.Deliveries(l.b.Context(), l.chatbot, filter, bot9.Page{Limit: 10})
	must(l.b, err)
}

func (l *deepLane) statistics() {
	_, err := l.store.Stats(l.b.Context(), l.chatbot, l.webhook, bot9.LastHour, bot9.At(time.Now()))
	must(l.b, err)
}

// replay begins a replay of the newest event, queues it and takes it back.
func (l *deepLane) replay() {
	r, err := l.store.CreateReplay(l.b.Context(), bot9.Replay{ChatbotID: l.chatbot, WebhookID: l.webhook, Filter: bot9.ReplayFilter{Since: l.newest.Time()}})
	must(l.b, err)
	_, err = l.store.AdvanceReplays(l.b.Context())
	must(l.b, err)
	_, err = l.store.CancelReplay(l.b.Context(), l.chatbot, r.ID)
	must(l.b, err)
}
