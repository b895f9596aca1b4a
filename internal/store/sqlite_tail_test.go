package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
)

// tailWorld is an embedded store whose tail is short, and whose clock stands still.
type tailWorld struct {
	*Store
	t       *testing.T
	now     bot9.Time
	account bot9.AccountID
}

func newTailWorld(t *testing.T) *tailWorld {
	w := &tailWorld{t: t, now: bot9.At(time.Now())}
	var err error
	w.Store, err = Open(t.Context(), Options{
		URL: "sqlite:" + filepath.Join(t.TempDir(), "bot9.db"), Synchronous: "OFF", Sealer: openSealer{}, Tail: 5,
		Clock: func() bot9.Time { return w.now }, Retention: MinRetention,
	})
	w.must(err)
	t.Cleanup(func() { w.must(w.Close()) })
	owner, err := w.CreateAccount(t.Context(), "Example", bot9.Member{Email: "owner@example.com"})
	w.must(err)
	w.account = owner.AccountID
	return w
}

func (w *tailWorld) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// chatbot makes one with two conversations.
func (w *tailWorld) chatbot() (bot9.ChatbotID, [2]bot9.ConversationID) {
	w.t.Helper()
	chatbot, _, err := w.CreateChatbot(w.t.Context(), w.account, "Helper", bot9.NewKey{Hash: [32]byte{byte(w.NextID())}})
	w.must(err)
	var conversations [2]bot9.ConversationID
	for i := range conversations {
		c, err := w.StartConversation(w.t.Context(), bot9.Conversation{ChatbotID: chatbot.ID},
			func(bot9.Moment, *bot9.Conversation) (bot9.Change, error) { return bot9.Change{}, nil })
		w.must(err)
		conversations[i] = c.ID
	}
	return chatbot.ID, conversations
}

func (w *tailWorld) append(chatbot bot9.ChatbotID, conversations [2]bot9.ConversationID, n int) {
	w.t.Helper()
	for i := range n {
		_, err := w.AppendEvents(w.t.Context(), chatbot, []bot9.NewEvent{{Type: "custom.note", Data: []byte(`{}`), ConversationID: conversations[i%2]}})
		w.must(err)
	}
}

// count tells how many rows a query over events and their index finds.
func (w *tailWorld) count(sql string) (n int64) {
	w.t.Helper()
	w.must(w.read(w.t.Context(), func(r session) error {
		_, err := queryRow(r, `SELECT count(*) FROM `+sql, nil, &n)
		return err
	}))
	return n
}

func (w *tailWorld) wantIndex(events int64) {
	w.t.Helper()
	if n := w.count(`conversation_events`); n != events {
		w.t.Errorf("%d events are in the index, want %d", n, events)
	}
	if n := w.count(`conversation_events i WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.id = i.event_id AND e.conversation_id = i.conversation_id AND e.sequence = i.sequence)`); n != 0 {
		w.t.Errorf("%d events are in the index and not in the log", n)
	}
}

func TestTailIsIndexedInParts(t *testing.T) {
	w := newTailWorld(t)
	chatbot, conversations := w.chatbot()
	w.append(chatbot, conversations, 4)
	w.wantIndex(0)
	w.append(chatbot, conversations, 1)
	w.wantIndex(0) // the next transaction does it
	w.append(chatbot, conversations, 1)
	w.wantIndex(5)
	w.append(chatbot, conversations, 4)
	w.append(chatbot, conversations, 1)
	w.wantIndex(10)
	if n := len(w.tail.parts); n > tailParts {
		t.Errorf("%d parts of the tail are remembered", n)
	}
}

func TestIndexKeepsNothingOfEventsThatAreGone(t *testing.T) {
	w := newTailWorld(t)
	chatbot, conversations := w.chatbot()
	deleted, others := w.chatbot()
	w.append(chatbot, conversations, 8)
	w.append(deleted, others, 4)
	w.must(w.DeleteChatbot(t.Context(), w.account, deleted))
	w.clean()
	w.append(chatbot, conversations, 22)
	w.wantIndex(w.count(`events WHERE id <= (SELECT after FROM tail)`))

	w.now = w.now.Add(MinRetention + 2*time.Hour)
	w.clean()
	w.append(chatbot, conversations, 12)
	w.wantIndex(w.count(`events WHERE id <= (SELECT after FROM tail)`))
	for _, c := range conversations {
		found, err := w.Conversation(t.Context(), chatbot, c)
		w.must(err)
		if found.LastSequence != 21 {
			t.Errorf("the sequence is %d, want 21", found.LastSequence)
		}
	}
}

func (w *tailWorld) clean() {
	w.t.Helper()
	for more := true; more; {
		var err error
		more, err = w.Clean(w.t.Context())
		w.must(err)
	}
}

// What a transaction has appended is neither in the index nor in the tail until it is committed.
func TestSequencesGoOnBesideACleaning(t *testing.T) {
	w := newTailWorld(t)
	chatbot, conversations := w.chatbot()
	deleted, _ := w.chatbot()
	var sequences []int64
	add := func(t *tx) error {
		next, err := t.nextSequence(chatbot, conversations[0])
		if err != nil {
			return err
		}
		sequences = append(sequences, next)
		_, err = t.appendEvent(chatbot, bot9.NewEvent{Type: "custom.note", Data: []byte(`{}`), ConversationID: conversations[0]}, next)
		return err
	}
	clean := func(t *tx) error {
		_, err := t.cleanChatbot(int64(deleted))
		return err
	}
	var group []*write
	for _, work := range []func(*tx) error{add, clean, add} {
		group = append(group, &write{ctx: t.Context(), work: work, then: w.must})
	}
	w.commit(group) // the writer has nothing to do meanwhile
	if fmt.Sprint(sequences) != "[1 2]" {
		t.Errorf("the sequences are %v", sequences)
	}
}

// A transaction that fails as a whole leaves the heads of the lanes as they were.
func TestALanesHeadOutlivesATransactionThatFails(t *testing.T) {
	w := newTailWorld(t)
	chatbot, conversations := w.chatbot()
	webhook, err := w.CreateWebhook(t.Context(), bot9.Webhook{ChatbotID: chatbot, AccountID: w.account, Events: []string{"*"},
		Ordering: bot9.OrderConversation, Status: bot9.WebhookEnabled})
	w.must(err)
	w.Attach(admitsAll{})
	w.append(chatbot, conversations, 1)
	lane := laneOf{webhook.ID, int64(conversations[0])}
	first := w.directs.heads[lane]
	if first == nil {
		t.Fatal("the delivery is not direct")
	}
	failed := &tx{store: w.Store}
	failure := errors.New("the disk is full")
	err = w.db.write(func(session session) error {
		failed.begin(session)
		w.must(w.db.prepare(failed, nil))
		attempted := *first.Delivery
		attempted.Attempts = 1
		w.must(failed.finish(&bot9.Result{Delivery: &attempted, Next: bot9.DeliverySucceeded, Attempt: &bot9.Attempt{Outcome: bot9.OutcomeSuccess}}))
		_, err := failed.appendEvent(chatbot, bot9.NewEvent{Type: "custom.note", Data: []byte(`{}`), ConversationID: conversations[0]}, 2)
		w.must(err)
		if next := w.directs.heads[lane]; next == nil || next == first {
			t.Error("the next delivery did not become the lane's head")
		}
		w.must(failed.writeAllDirects())
		return failure
	})
	if !errors.Is(err, failure) {
		t.Fatal(err)
	}
	failed.undoDirects()
	if w.directs.heads[lane] != first || len(w.directs.heads) != 1 || len(w.directs.byID) != 1 {
		t.Errorf("the heads are %v, the deliveries %v", w.directs.heads, w.directs.byID)
	}
}

// admitsAll is a dispatcher that takes everything, and does nothing with it.
type admitsAll struct{}

func (admitsAll) Admit(bot9.WebhookID) bool                                     { return true }
func (admitsAll) Committed([]*bot9.Delivery, []bot9.WebhookID) []bot9.WebhookID { return nil }
func (admitsAll) Moved(policy.Place)                                            {}
func (admitsAll) WebhookChanged(bot9.WebhookID)                                 {}
func (admitsAll) Resync()                                                       {}
