package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
	"github.com/bot9/bot9/internal/store/group"
)

// tailWorld is an embedded store whose tail is short, and whose clock stands still.
type tailWorld struct {
	*Store
	t       *testing.T
	url     string
	size    int
	clock   atomic.Int64 // a bot9.Time
	account bot9.AccountID
}

func newTailWorld(t *testing.T, size int) *tailWorld {
	w := &tailWorld{t: t, url: "sqlite:" + filepath.Join(t.TempDir(), "bot9.db"), size: size}
	w.clock.Store(int64(bot9.At(time.Now())))
	w.open()
	t.Cleanup(func() { w.must(w.Close()) })
	owner, err := w.CreateAccount(t.Context(), "Example", bot9.Person{Email: "owner@example.com"})
	w.must(err)
	w.account = owner.AccountID
	return w
}

func (w *tailWorld) open() {
	w.t.Helper()
	var err error
	w.Store, err = Open(w.t.Context(), Options{
		URL: w.url, Synchronous: "OFF", Sealer: openSealer{}, Tail: w.size, Clock: w.now, Retention: MinRetention,
	})
	w.must(err)
}

func (w *tailWorld) now() bot9.Time { return bot9.Time(w.clock.Load()) }

func (w *tailWorld) pass(d time.Duration) { w.clock.Store(int64(w.now().Add(d))) }

// closeTail indexes everything that was committed.
func (t *tx) closeTail() error {
	if l := t.store.memory.tail; l.last > l.after {
		return t.flushIndex(l.last)
	}
	return nil
}

// reopen ends the store without a word to those who deliver, as a process that is killed does.
func (w *tailWorld) reopen() {
	w.t.Helper()
	w.must(w.Close())
	w.open()
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
	w := newTailWorld(t, 5)
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
	if n := len(w.memory.tail.parts); n > tailParts {
		t.Errorf("%d parts of the tail are remembered", n)
	}
}

func TestIndexKeepsNothingOfEventsThatAreGone(t *testing.T) {
	w := newTailWorld(t, 5)
	chatbot, conversations := w.chatbot()
	deleted, others := w.chatbot()
	w.append(chatbot, conversations, 8)
	w.append(deleted, others, 4)
	w.must(w.DeleteChatbot(t.Context(), w.account, deleted))
	w.clean()
	w.append(chatbot, conversations, 22)
	w.wantIndex(w.count(`events WHERE id <= (SELECT after FROM tail)`))

	w.pass(MinRetention + 2*time.Hour)
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
		more, err = w.Purge(w.t.Context())
		w.must(err)
	}
}

// What a transaction has appended is neither in the index nor in the tail until it is committed.
func TestSequencesGoOnBesideACleaning(t *testing.T) {
	w := newTailWorld(t, 5)
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
		_, err := (&purge{tx: t, began: time.Now()}).chatbot(int64(deleted))
		return err
	}
	var writes []*write
	for _, work := range []func(*tx) error{add, clean, add} {
		writes = append(writes, &write{Context: t.Context(), Work: work, Done: w.must})
	}
	group.Commit(committer{w.Store}, writes) // the writer has nothing to do meanwhile
	if fmt.Sprint(sequences) != "[1 2]" {
		t.Errorf("the sequences are %v", sequences)
	}
}

// A transaction that fails as a whole leaves the heads of the lanes as they were.
func TestALanesHeadOutlivesATransactionThatFails(t *testing.T) {
	w := newTailWorld(t, 5)
	chatbot, conversations := w.chatbot()
	webhook := w.webhook(chatbot, bot9.OrderConversation)
	w.Attach(admitsAll{})
	w.append(chatbot, conversations, 1)
	lane := laneKey{webhook, int64(conversations[0])}
	first := w.memory.directs.heads[lane]
	if first == nil {
		t.Fatal("the delivery is not direct")
	}
	failed := &tx{store: w.Store}
	failure := errors.New("the disk is full")
	err := w.db.write(func(session session) error {
		failed.begin(session)
		w.must(w.db.prepare(failed, nil))
		attempted := first.delivery()
		attempted.Attempts = 1
		w.must(failed.finish(&bot9.AttemptResult{Delivery: &attempted, Next: bot9.DeliverySucceeded, Attempt: &bot9.Attempt{Outcome: bot9.OutcomeSuccess}}))
		_, err := failed.appendEvent(chatbot, bot9.NewEvent{Type: "custom.note", Data: []byte(`{}`), ConversationID: conversations[0]}, 2)
		w.must(err)
		if next := w.memory.directs.heads[lane]; next == nil || next == first {
			t.Error("the next delivery did not become the lane's head")
		}
		w.must(failed.recordDirects(1<<63 - 1))
		return failure
	})
	if !errors.Is(err, failure) {
		t.Fatal(err)
	}
	w.memory.rollback()
	if w.memory.directs.heads[lane] != first || len(w.memory.directs.heads) != 1 || len(w.memory.directs.byID) != 1 {
		t.Errorf("the heads are %v, the deliveries %v", w.memory.directs.heads, w.memory.directs.byID)
	}
}

// admitsAll is a dispatcher that takes everything, and does nothing with it.
type admitsAll struct{}

func (admitsAll) Admit(bot9.WebhookID) bool                                     { return true }
func (admitsAll) Committed([]*bot9.Delivery, []bot9.WebhookID) []bot9.WebhookID { return nil }
func (admitsAll) MembershipChanged(policy.Membership)                           {}
func (admitsAll) WebhookChanged(bot9.WebhookID)                                 {}
func (admitsAll) Resync()                                                       {}

func TestAPartOfTheTailIsIndexedInSlices(t *testing.T) {
	w := newTailWorld(t, 600)
	chatbot, conversations := w.chatbot()
	w.append(chatbot, conversations, 600)
	w.append(chatbot, conversations, 1)
	w.wantIndex(tailSlice)
	w.append(chatbot, conversations, 1)
	w.wantIndex(2 * tailSlice)
	w.reopen() // between the slices
	w.wantIndex(602)
	w.append(chatbot, conversations, 602)
	w.wantIndex(602 + 2*tailSlice)
	w.append(chatbot, conversations, 1)
	w.wantIndex(1202)
	w.append(chatbot, conversations, 598)
	w.must(w.write(t.Context(), (*tx).closeTail)) // between the slices
	w.wantIndex(w.count(`events`))
	w.append(chatbot, conversations, 1300)
	w.wantIndex(w.count(`conversation_events i JOIN events e ON e.id = i.event_id`))
}

func TestSequencesGoOnAfterARollback(t *testing.T) {
	w := newTailWorld(t, 5)
	chatbot, conversations := w.chatbot()
	failure := errors.New("it fails in the middle")
	for range 20 {
		w.append(chatbot, conversations, 2)
		err := w.write(t.Context(), func(t *tx) error {
			t.dirty = true
			return callerError{failure}
		})
		if !errors.Is(err, failure) {
			t.Fatal(err)
		}
	}
	if n := w.count(`(SELECT 1 FROM events GROUP BY conversation_id, sequence HAVING count(*) > 1)`); n != 0 {
		t.Errorf("%d sequences were given twice", n)
	}
}

func TestWhatIsAppendedBesideAClosingIsIndexedOnce(t *testing.T) {
	w := newTailWorld(t, 5)
	chatbot, conversations := w.chatbot()
	add := func(t *tx) error {
		next, err := t.nextSequence(chatbot, conversations[0])
		if err != nil {
			return err
		}
		_, err = t.appendEvent(chatbot, bot9.NewEvent{Type: "custom.note", Data: []byte(`{}`), ConversationID: conversations[0]}, next)
		return err
	}
	for range 7 {
		var writes []*write
		for _, work := range []func(*tx) error{add, (*tx).closeTail, add} {
			writes = append(writes, &write{Context: t.Context(), Work: work, Done: w.must})
		}
		group.Commit(committer{w.Store}, writes)
		w.append(chatbot, conversations, 3)
	}
	w.append(chatbot, conversations, 12)
	w.wantIndex(w.count(`events WHERE id <= (SELECT after FROM tail)`))
}

// A reader whose state is older than what has become of the tail meanwhile misses nothing.
func TestReadersOfAnOlderStateFindTheTail(t *testing.T) {
	w := newTailWorld(t, 5)
	chatbot, conversations := w.chatbot()
	other, others := w.chatbot()
	w.append(chatbot, conversations, 1)
	w.must(w.read(t.Context(), func(r session) error {
		if _, err := queryRow(r, `SELECT 1 FROM events`, nil, new(int64)); err != nil { // from here on it sees this state
			return err
		}
		for range 3 {
			w.must(w.write(t.Context(), (*tx).closeTail))
			w.append(other, others, 1)
		}
		c, err := w.findConversation(r, chatbot, conversations[0])
		if err == nil && c.LastSequence != 1 {
			t.Errorf("the sequence is %d, want 1", c.LastSequence)
		}
		return err
	}))
}

// webhook makes a webhook that gets everything.
func (w *tailWorld) webhook(chatbot bot9.ChatbotID, ordering bot9.Ordering) bot9.WebhookID {
	w.t.Helper()
	made, err := w.CreateWebhook(w.t.Context(), bot9.Webhook{ChatbotID: chatbot, AccountID: w.account, Events: []string{"*"}, Ordering: ordering, Status: bot9.WebhookEnabled})
	w.must(err)
	return made.ID
}

func TestWhatWasDirectIsDueAtOnceThoughTheClockWentBack(t *testing.T) {
	w := newTailWorld(t, 5)
	chatbot, conversations := w.chatbot()
	webhook := w.webhook(chatbot, bot9.OrderConversation)
	w.Attach(admitsAll{})
	w.pass(-time.Hour)
	w.append(chatbot, conversations, 1)
	w.reopen()
	claimed, _, _, err := w.Claim(t.Context(), webhook, w.now(), 10)
	w.must(err)
	if len(claimed) != 1 {
		t.Errorf("%d deliveries are due, want 1", len(claimed))
	}
}

func TestWhatWasDirectIsInALaneOrNotAfterTheProcessEnded(t *testing.T) {
	w := newTailWorld(t, 5)
	chatbot, conversations := w.chatbot()
	ordered, free := w.webhook(chatbot, bot9.OrderConversation), w.webhook(chatbot, bot9.OrderNone)
	w.Attach(admitsAll{})
	w.append(chatbot, conversations, 1)
	w.reopen()
	for webhook, inLane := range map[bot9.WebhookID]bool{ordered: true, free: false} {
		claimed, _, _, err := w.Claim(t.Context(), webhook, w.now(), 10)
		w.must(err)
		if len(claimed) != 1 || claimed[0].InLane != inLane {
			t.Errorf("%v are due, want one that is in a lane: %t", claimed, inLane)
		}
	}
}

// full is a disk that can be without room.
type full struct {
	database
	now *atomic.Bool
}

func (f full) beforeCommit(t *tx) error {
	if f.now.Load() {
		return errors.New("database or disk is full")
	}
	return f.database.beforeCommit(t)
}

func TestListsAreThereThoughNothingCanBeWritten(t *testing.T) {
	w := newTailWorld(t, 5)
	chatbot, conversations := w.chatbot()
	webhook := w.webhook(chatbot, bot9.OrderConversation)
	var diskFull atomic.Bool
	w.db = full{w.db, &diskFull} // the writer has nothing to do before Attach
	w.Attach(admitsAll{})
	w.append(chatbot, conversations, 1)
	w.pass(time.Second)
	w.append(chatbot, conversations, 3)
	diskFull.Store(true)
	defer diskFull.Store(false)
	directs := len(w.memory.directs.byID)
	transactions := w.Counts().Transactions
	everything := w.deliveryPages(chatbot, bot9.DeliveryFilter{}, 50)
	if len(everything) != 4 || directs != 2 { // the others wait behind them
		t.Fatalf("%d deliveries are listed, %d are direct", len(everything), directs)
	}
	for _, d := range everything {
		found, err := w.Delivery(t.Context(), chatbot, d.ID)
		w.must(err)
		if found.Event == nil || found.Status != d.Status || found.Sequence != d.Sequence {
			t.Errorf("%+v is listed, %+v shown", d, found)
		}
		_, err = w.Attempts(t.Context(), chatbot, d.ID)
		w.must(err)
	}
	first := everything[3]
	for name, c := range map[string]struct {
		filter bot9.DeliveryFilter
		want   int
	}{
		"all":                 {bot9.DeliveryFilter{}, 4},
		"of the webhook":      {bot9.DeliveryFilter{WebhookID: webhook}, 4},
		"of another webhook":  {bot9.DeliveryFilter{WebhookID: webhook + 1}, 0},
		"pending":             {bot9.DeliveryFilter{Status: bot9.DeliveryPending}, 4},
		"held":                {bot9.DeliveryFilter{Status: bot9.DeliveryHeld}, 0},
		"succeeded":           {bot9.DeliveryFilter{Status: bot9.DeliverySucceeded}, 0},
		"of the conversation": {bot9.DeliveryFilter{ConversationID: first.ConversationID}, 3},
		"of the event":        {bot9.DeliveryFilter{EventID: first.EventID}, 1},
		"of the type":         {bot9.DeliveryFilter{EventType: "custom.note"}, 4},
		"of another type":     {bot9.DeliveryFilter{EventType: "custom.other"}, 0},
		"since":               {bot9.DeliveryFilter{Since: w.now()}, 3},
		"until":               {bot9.DeliveryFilter{Until: w.now()}, 1},
	} {
		for _, limit := range []int{1, 2, 50} {
			if got := w.deliveryPages(chatbot, c.filter, limit); len(got) != c.want {
				t.Errorf("%s, by %d: %d are listed, want %d", name, limit, len(got), c.want)
			}
		}
	}
	stats, err := w.Stats(t.Context(), chatbot, webhook, bot9.LastHour, w.now())
	w.must(err)
	if stats.Backlog != 4 || stats.OldestWaitingAt != first.CreatedAt {
		t.Errorf("%d wait, the oldest since %d", stats.Backlog, stats.OldestWaitingAt)
	}
	if n := w.Counts().Transactions - transactions; n != 0 || len(w.memory.directs.byID) != directs {
		t.Errorf("reading made %d transactions, and %d deliveries are direct", n, len(w.memory.directs.byID))
	}
}

// deliveryPages goes through all pages of a list of deliveries, the newest first.
func (w *tailWorld) deliveryPages(chatbot bot9.ChatbotID, filter bot9.DeliveryFilter, limit int) (found []bot9.Delivery) {
	w.t.Helper()
	page := bot9.Page{Limit: limit}
	for {
		list, err := w.Deliveries(w.t.Context(), chatbot, filter, page)
		w.must(err)
		found = append(found, list.Data...)
		if list.NextCursor == nil {
			break
		}
		page.Cursor = *list.NextCursor
	}
	if !slices.IsSortedFunc(found, func(a, b bot9.Delivery) int { return int(b.ID - a.ID) }) {
		w.t.Errorf("deliveries are listed out of order: %v", found)
	}
	return found
}
