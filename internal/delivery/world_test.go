package delivery_test

import (
	"context"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/chat"
	"github.com/bot9/bot9/internal/delivery"
	"github.com/bot9/bot9/internal/policy"
	"github.com/bot9/bot9/internal/seal"
	"github.com/bot9/bot9/internal/store"
)

// world is a dispatcher on a real store, with endpoints that do as they are told.
type world struct {
	*store.Store
	*network
	t      testing.TB
	ctx    context.Context
	path   string
	access *access
	*switchboard
	dispatcher *delivery.Dispatcher
	account    bot9.AccountID
	chatbot    bot9.ChatbotID
	memory     int          // of the dispatcher; 0 = as usual
	setBack    atomic.Int64 // nanoseconds that the dispatcher's wall clock was set back
}

// inVirtualTime runs a story with a world in which time passes only while nobody works.
func inVirtualTime(t *testing.T, story func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.stop()
		story(w)
	})
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, ctx: context.Background(), path: filepath.Join(t.TempDir(), "bot9.db"), network: newNetwork()}
	w.start()
	w.account = w.newAccount("owner@example.com")
	w.chatbot = w.newChatbot(w.account)
	return w
}

var masterKey = seal.NewMasterKey()

// start opens the store and starts a dispatcher on it.
func (w *world) start() {
	w.t.Helper()
	sealer, err := seal.Open(masterKey)
	must(w.t, err)
	w.Store, err = store.Open(w.ctx, store.Options{URL: "sqlite:" + w.path, Synchronous: "OFF", Sealer: sealer, Filters: filters{}, Announcer: chat.Announcer{}})
	must(w.t, err)
	w.access = &access{Store: w.Store}
	w.switchboard = &switchboard{}
	w.Attach(w.switchboard)
	w.startDispatcher()
}

func (w *world) startDispatcher() {
	w.t.Helper()
	clock := func() bot9.Time { return bot9.At(time.Now().Add(-time.Duration(w.setBack.Load()))) }
	w.dispatcher = delivery.New(delivery.Options{Store: w.access, Filters: filters{}, Connect: w.connect, Clock: clock, Past: w.NewestTime(), Memory: w.memory})
	w.dispatchTo(w.dispatcher)
	must(w.t, w.dispatcher.Start(w.ctx))
}

// switchboard is the store's dispatcher; which one it passes everything to can change.
type switchboard struct {
	mu sync.Mutex
	to store.Dispatcher
}

func (s *switchboard) dispatchTo(d store.Dispatcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = d
}

func (s *switchboard) dispatcher() store.Dispatcher {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.to
}

func (s *switchboard) Admit(id bot9.WebhookID) bool { return s.dispatcher().Admit(id) }

func (s *switchboard) Committed(admitted []*bot9.Delivery, ready []bot9.WebhookID) []bot9.WebhookID {
	return s.dispatcher().Committed(admitted, ready)
}

func (s *switchboard) MembershipChanged(place policy.Membership) {
	s.dispatcher().MembershipChanged(place)
}

func (s *switchboard) WebhookChanged(id bot9.WebhookID) { s.dispatcher().WebhookChanged(id) }

func (s *switchboard) Resync() { s.dispatcher().Resync() }

func (w *world) stop() {
	w.t.Helper()
	w.stopDispatcher(time.Minute)
	must(w.t, w.Close())
}

// stopDispatcher gives what is in flight so long to end.
func (w *world) stopDispatcher(patience time.Duration) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	must(w.t, w.dispatcher.Close(ctx))
}

func (w *world) restart() {
	w.t.Helper()
	w.stop()
	w.start()
}

// settle lets everything run that does not wait. SQLite may sleep for microseconds when it meets a
// lock, so synctest.Wait might return too early.
func (w *world) settle() { time.Sleep(10 * time.Millisecond) }

// access is the dispatcher's way to the store, which can be cut off.
type access struct {
	*store.Store
	cut       atomic.Bool
	cutFinish atomic.Bool  // for results alone
	slowClaim atomic.Int64 // nanoseconds that claiming takes longer
}

var errCut = bot9.Errorf(bot9.Unavailable, "storeUnavailable", "The database did not answer.")

func (a *access) err() error {
	if a.cut.Load() {
		return errCut
	}
	return nil
}

func (a *access) Endpoint(ctx context.Context, id bot9.WebhookID) (bot9.Webhook, error) {
	if err := a.err(); err != nil {
		return bot9.Webhook{}, err
	}
	return a.Store.Endpoint(ctx, id)
}

func (a *access) Claim(ctx context.Context, id bot9.WebhookID, now bot9.Time, limit int) ([]*bot9.Delivery, bot9.Time, bot9.Time, error) {
	if err := a.err(); err != nil {
		return nil, 0, 0, err
	}
	time.Sleep(time.Duration(a.slowClaim.Load()))
	return a.Store.Claim(ctx, id, now, limit)
}

func (a *access) Release(ctx context.Context, deliveries []*bot9.Delivery) error {
	if err := a.err(); err != nil {
		return err
	}
	return a.Store.Release(ctx, deliveries)
}

func (a *access) Finish(r bot9.AttemptResult, committed func(error)) {
	if a.cut.Load() || a.cutFinish.Load() {
		committed(errCut)
		return
	}
	a.Store.Finish(r, committed)
}

func (a *access) AdvanceReplays(ctx context.Context) (bool, error) {
	if err := a.err(); err != nil {
		return false, err
	}
	return a.Store.AdvanceReplays(ctx)
}

func (w *world) newAccount(email string) bot9.AccountID {
	w.t.Helper()
	owner, err := w.CreateAccount(w.ctx, "Example", bot9.Person{Email: email, PasswordHash: "$argon2id$"})
	must(w.t, err)
	return owner.AccountID
}

var keysMade atomic.Int64

func (w *world) newChatbot(account bot9.AccountID) bot9.ChatbotID {
	w.t.Helper()
	key := bot9.NewKey{Name: "test", Hint: "abcd"}
	copy(key.Hash[:], "key "+strconv.FormatInt(keysMade.Add(1), 10))
	chatbot, _, err := w.CreateChatbot(w.ctx, account, "Helper", key)
	must(w.t, err)
	return chatbot.ID
}

// webhook makes a webhook for every event of the chatbot at the receiver of that name.
func (w *world) webhook(name string, settings ...func(*bot9.Webhook)) (bot9.Webhook, *receiver) {
	w.t.Helper()
	return w.webhookOf(w.account, w.chatbot, name, settings...)
}

func (w *world) webhookOf(account bot9.AccountID, chatbot bot9.ChatbotID, name string, settings ...func(*bot9.Webhook)) (bot9.Webhook, *receiver) {
	w.t.Helper()
	wish := bot9.Webhook{
		AccountID: account, ChatbotID: chatbot, URL: name, Events: []string{bot9.AllEvents},
		Ordering: bot9.OrderConversation, SetAsideAfter: bot9.DefaultSetAsideAfter, Status: bot9.WebhookEnabled,
	}
	for _, set := range settings {
		set(&wish)
	}
	made, err := w.CreateWebhook(w.ctx, wish)
	must(w.t, err)
	return made, w.receiver(name)
}

func (w *world) change(id bot9.WebhookID, change func(*bot9.Webhook)) {
	w.t.Helper()
	_, err := w.ChangeWebhook(w.ctx, w.chatbot, id, func(webhook *bot9.Webhook) error {
		change(webhook)
		return nil
	})
	must(w.t, err)
}

func (w *world) enable(id bot9.WebhookID) {
	w.t.Helper()
	w.change(id, func(webhook *bot9.Webhook) { webhook.Status = bot9.WebhookEnabled })
}

func (w *world) disable(id bot9.WebhookID) {
	w.t.Helper()
	w.change(id, func(webhook *bot9.Webhook) { webhook.Status = bot9.WebhookDisabled })
}

// conversations starts so many conversations without an event.
func (w *world) conversations(n int) []bot9.ConversationID {
	w.t.Helper()
	ids := make([]bot9.ConversationID, n)
	for i := range ids {
		started, err := w.StartConversation(w.ctx, bot9.Conversation{ChatbotID: w.chatbot, Status: bot9.StatusActive},
			func(bot9.Moment, *bot9.Conversation) (bot9.Change, error) { return bot9.Change{}, nil })
		must(w.t, err)
		ids[i] = started.ID
	}
	return ids
}

// happen commits one event in each of the conversations, in one transaction.
func (w *world) happen(conversations ...bot9.ConversationID) []bot9.EventID {
	w.t.Helper()
	events := make([]bot9.NewEvent, len(conversations))
	for i, id := range conversations {
		events[i] = bot9.NewEvent{Type: "custom.note", Data: []byte(`{}`), ConversationID: id}
	}
	ids, err := w.AppendEvents(w.ctx, w.chatbot, events)
	must(w.t, err)
	return ids
}

// happenN commits n events outside any conversation, in one transaction.
func (w *world) happenN(n int) []bot9.EventID { return w.happen(make([]bot9.ConversationID, n)...) }

// deliveries returns the webhook's deliveries, newest first.
func (w *world) deliveries(id bot9.WebhookID) []bot9.Delivery {
	w.t.Helper()
	var all []bot9.Delivery
	page := bot9.Page{Limit: bot9.MaxPage}
	for {
		list, err := w.Deliveries(w.ctx, w.chatbot, bot9.DeliveryFilter{WebhookID: id}, page)
		must(w.t, err)
		all = append(all, list.Data...)
		if list.NextCursor == nil {
			return all
		}
		page.Cursor = *list.NextCursor
	}
}

// statuses counts the webhook's deliveries by status.
func (w *world) statuses(id bot9.WebhookID) map[bot9.DeliveryStatus]int {
	w.t.Helper()
	counts := map[bot9.DeliveryStatus]int{}
	for _, d := range w.deliveries(id) {
		counts[d.Status]++
	}
	return counts
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
