package store_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
	"github.com/bot9/bot9/internal/seal"
	"github.com/bot9/bot9/internal/store"
)

// echo is a dispatcher to which every attempt succeeds at once.
type echo struct {
	store     *store.Store
	committed chan []*bot9.Delivery
}

func (e *echo) Admit(bot9.WebhookID) bool { return true }
func (e *echo) Committed(admitted []*bot9.Delivery, _ []bot9.WebhookID) []bot9.WebhookID {
	e.committed <- admitted
	return nil
}
func (e *echo) WebhookChanged(bot9.WebhookID)       {}
func (e *echo) Resync()                             {}
func (e *echo) MembershipChanged(policy.Membership) {}

func (e *echo) succeed(finished *sync.WaitGroup) {
	for deliveries := range e.committed {
		for _, d := range deliveries {
			now := bot9.At(time.Now())
			attempted := *d
			attempted.Attempts++
			e.store.Finish(bot9.AttemptResult{Delivery: &attempted, Next: bot9.DeliverySucceeded, Attempt: &bot9.Attempt{
				DeliveryID: d.ID, Number: 1, StartedAt: now, DurationMs: 1.25, Outcome: bot9.OutcomeSuccess, URL: "https://example.com/webhooks/bot9",
				RequestHeaders: bot9.RequestHeaders{
					Lines: "user-agent:Bot9-Webhooks/1\nwebhook-signature:v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=\n", Attempt: 1,
				},
				ResponseStatus: 204, ResponseHeaders: map[string]string{"Date": "Sun, 22 Nov 2026 19:00:00 GMT"},
				Timing: bot9.Timing{Reused: true, FirstByteMs: 0.4},
			}}, func(error) { finished.Done() })
		}
	}
}

// BenchmarkCommit is what the store costs per event that is accepted, delivered at once, and recorded:
// 64 callers, 10,000 conversations, one webhook, synced before the answer.
func BenchmarkCommit(b *testing.B) {
	sealer, err := seal.Open(seal.NewMasterKey())
	must(b, err)
	s, err := store.Open(b.Context(), store.Options{URL: "sqlite:" + filepath.Join(b.TempDir(), "bot9.db"), Sealer: sealer})
	must(b, err)
	defer func() { must(b, s.Close()) }()
	dispatcher := &echo{store: s, committed: make(chan []*bot9.Delivery, 100_000)}
	s.Attach(dispatcher)
	chatbot, conversations := benchChatbot(b, s)
	var callers, finished sync.WaitGroup
	go dispatcher.succeed(&finished)
	data := []byte(`{"message":"Where is my order 4711? It should have been here on Monday.","sender":"user-1","chatbotId":"` + chatbot.String() +
		`","messageId":"msg_38g4k4qoa000f","senderType":"user","source":"website-widget","externalSessionId":null}`)
	finished.Add(b.N)
	b.ReportAllocs()
	b.ResetTimer()
	before, began := processCPU(b), s.Counts()
	for caller := range 64 {
		callers.Go(func() {
			for i := caller; i < b.N; i += 64 {
				_, err := s.AppendEvents(b.Context(), chatbot, []bot9.NewEvent{{
					Type: "messageReceived", ConversationID: conversations[i*7919%len(conversations)], Data: data,
				}})
				must(b, err)
			}
		})
	}
	callers.Wait()
	finished.Wait()
	b.StopTimer()
	b.ReportMetric(float64((processCPU(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(s.Counts().Events-began.Events)/float64(s.Counts().Transactions-began.Transactions), "events/commit")
	close(dispatcher.committed)
}

func benchChatbot(b *testing.B, s *store.Store) (bot9.ChatbotID, []bot9.ConversationID) {
	owner, err := s.CreateAccount(b.Context(), "Example", bot9.Person{Email: "owner@example.com"})
	must(b, err)
	chatbot, _, err := s.CreateChatbot(b.Context(), owner.AccountID, "Helper", bot9.NewKey{Name: "bench"})
	must(b, err)
	_, err = s.CreateWebhook(b.Context(), bot9.Webhook{
		ChatbotID: chatbot.ID, AccountID: owner.AccountID, URL: "https://example.com/webhooks/bot9",
		Events: []string{"*"}, Ordering: bot9.OrderConversation, Status: bot9.WebhookEnabled,
	})
	must(b, err)
	conversations := make([]bot9.ConversationID, 10_000)
	var makers sync.WaitGroup
	for maker := range 64 {
		makers.Go(func() {
			for i := maker; i < len(conversations); i += 64 {
				c, err := s.StartConversation(b.Context(), bot9.Conversation{ChatbotID: chatbot.ID, Status: bot9.StatusActive},
					func(bot9.Moment, *bot9.Conversation) (bot9.Change, error) { return bot9.Change{}, nil })
				must(b, err)
				conversations[i] = c.ID
			}
		})
	}
	makers.Wait()
	return chatbot.ID, conversations
}

// processCPU is the time that this process has used on all cores, in user and system mode.
func processCPU(b *testing.B) time.Duration {
	var usage syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Error(fmt.Errorf("%w", err))
	}
}
