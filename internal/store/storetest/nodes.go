package storetest

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/chat"
	"github.com/bot9/bot9/internal/seal"
	"github.com/bot9/bot9/internal/store"
)

// RunNodes tests stores that are open on one database at the same time, each as a process of its own
// would have it. They go by the database's clock.
func RunNodes(t *testing.T, create func(*testing.T) Database) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, *nodes)
	}{
		{"keep order and lose nothing under load from all sides", loadFromAllSides},
		{"make IDs that differ, and grow within a conversation", idsOfSeveral},
		{"see changed webhooks at once", webhooksOfSeveral},
		{"wake each other's streams, which miss nothing", streamsOfSeveral},
		{"take up what one leaves behind when it stops", takeUpAfterStop},
		{"ignore the results of one that was taken for dead, which goes on under a new number", goOnAfterDeath},
		{"go on under new numbers at the same time", rejoinTogether},
		{"refuse what two of them want that only one may have", refuseAcross},
		{"tell each other of a breaker that opens", breakersOfSeveral},
		{"carry a device login among them, and give its key once", deviceLoginAcross},
		{"agree on which of them sends to a webhook with limits", placesOfSeveral},
		{"tell each other of deliveries that another one sends", passOnToOthers},
		{"begin a session's conversation once between them", sessionsOfSeveral},
		{"relay to each other who is there at this moment", signalsOfSeveral},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, newNodes(t, create(t))) })
	}
}

// nodes are a few stores on one database with a chatbot in it.
type nodes struct {
	t       *testing.T
	ctx     context.Context
	db      Database
	account bot9.AccountID
	chatbot bot9.ChatbotID
	stores  []*store.Store
}

const nodeLease = 2 * time.Second

func newNodes(t *testing.T, db Database) *nodes {
	n := &nodes{t: t, ctx: t.Context(), db: db}
	first := n.open(newRecorder())
	owner, err := first.CreateAccount(n.ctx, "Example", bot9.Person{Email: "owner@example.com"})
	must(t, err)
	chatbot, _, err := first.CreateChatbot(n.ctx, owner.AccountID, "Helper", newKey())
	must(t, err)
	n.account, n.chatbot = owner.AccountID, chatbot.ID
	return n
}

// open opens one more store.
func (n *nodes) open(d store.Dispatcher) *store.Store {
	n.t.Helper()
	sealer, err := seal.Open(masterKey)
	must(n.t, err)
	s, err := n.db.Open(store.Options{Sealer: sealer, Filters: wordFilters{}, Announcer: chat.Announcer{}, Lease: nodeLease})
	must(n.t, err)
	s.Attach(d)
	n.stores = append(n.stores, s)
	n.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			n.t.Errorf("close: %v", err)
		}
	})
	return s
}

func (n *nodes) webhook(s *store.Store, changes ...func(*bot9.Webhook)) bot9.Webhook {
	n.t.Helper()
	webhook := bot9.Webhook{
		ChatbotID: n.chatbot, AccountID: n.account, URL: "https://example.com/hook", Events: []string{bot9.AllEvents},
		Ordering: bot9.OrderConversation, Status: bot9.WebhookEnabled, RetrySchedule: []int{5},
	}
	for _, change := range changes {
		change(&webhook)
	}
	made, err := s.CreateWebhook(n.ctx, webhook)
	must(n.t, err)
	return made
}

func (n *nodes) conversation(s *store.Store) bot9.ConversationID {
	n.t.Helper()
	c, err := s.StartConversation(n.ctx, bot9.Conversation{ChatbotID: n.chatbot, Status: bot9.StatusActive},
		func(bot9.Moment, *bot9.Conversation) (bot9.Change, error) { return bot9.Change{}, nil })
	must(n.t, err)
	return c.ID
}

func loadFromAllSides(t *testing.T, n *nodes) {
	const stores, appenders, rounds, batch = 3, 6, 40, 3
	s := n.stores[0]
	webhooks := []bot9.Webhook{n.webhook(s), n.webhook(s)}
	conversations := []bot9.ConversationID{n.conversation(s), n.conversation(s), n.conversation(s), n.conversation(s)}
	watch := &laneWatch{
		inFlight: map[laneKey]bool{}, last: map[laneKey]int64{}, done: make(chan struct{}),
		left: stores * appenders * rounds * batch * len(webhooks),
	}
	ctx, stop := context.WithCancel(n.ctx)
	var workers, load sync.WaitGroup
	for range stores {
		d := &deliverer{watch: watch, work: make(chan *bot9.Delivery, 10_000), claim: make(chan bot9.WebhookID, 100)}
		d.store = n.open(d)
		for range 8 {
			workers.Go(func() { d.run(ctx) })
		}
		for range appenders {
			load.Go(func() {
				for range rounds {
					events := []bot9.NewEvent{}
					for range batch {
						events = append(events, note(conversations[rand.IntN(len(conversations))], "event"))
					}
					_, err := d.store.AppendEvents(n.ctx, n.chatbot, events)
					mustKeepGoing(t, err)
				}
			})
		}
	}
	load.Wait()
	select {
	case <-watch.done:
	case <-time.After(60 * time.Second):
	}
	stop()
	workers.Wait()
	watch.mu.Lock()
	defer watch.mu.Unlock()
	want(t, "what went wrong", watch.wrong, "")
	want(t, "deliveries that never came", watch.left, 0)
	for _, webhook := range webhooks {
		eventually(t, "the backlog is empty", func() bool {
			found, err := s.Stats(n.ctx, n.chatbot, webhook.ID, bot9.LastHour, bot9.At(time.Now()))
			must(t, err)
			return found.Backlog == 0
		})
	}
}

// eventually waits for what another process does in its own time.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !is() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func idsOfSeveral(t *testing.T, n *nodes) {
	a, b := n.stores[0], n.open(newRecorder())
	conversation := n.conversation(a)
	var all []bot9.EventID
	for i := range 60 {
		s := []*store.Store{a, b}[i%2]
		events := []bot9.NewEvent{}
		for range 1 + i%2*200 { // one of them runs ahead of the clock
			events = append(events, note(conversation, "event"))
		}
		ids, err := s.AppendEvents(n.ctx, n.chatbot, events)
		must(t, err)
		all = append(all, ids...)
	}
	increasing(t, "event IDs", all)
	var mu sync.Mutex
	seen := map[bot9.EventID]bool{}
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 30 {
				ids, err := []*store.Store{a, b}[i%2].AppendEvents(n.ctx, n.chatbot, []bot9.NewEvent{note(0, "free"), note(0, "free")})
				mustKeepGoing(t, err)
				mu.Lock()
				for _, id := range ids {
					if seen[id] {
						t.Errorf("%s was made twice", id)
					}
					seen[id] = true
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
}

func webhooksOfSeveral(t *testing.T, n *nodes) {
	a, b := n.stores[0], n.open(newRecorder())
	conversation := n.conversation(a)
	appendTo := func(s *store.Store) bot9.EventID {
		ids, err := s.AppendEvents(n.ctx, n.chatbot, []bot9.NewEvent{note(conversation, "event")})
		must(t, err)
		return ids[0]
	}
	deliveries := func(id bot9.EventID) int {
		list, err := a.Deliveries(n.ctx, n.chatbot, bot9.DeliveryFilter{EventID: id}, bot9.Page{})
		must(t, err)
		return len(list.Data)
	}
	want(t, "without a webhook", deliveries(appendTo(b)), 0)
	for range 20 {
		webhook := n.webhook(a)
		want(t, "made elsewhere", deliveries(appendTo(b)), 1)
		_, err := a.ChangeWebhook(n.ctx, n.chatbot, webhook.ID, func(w *bot9.Webhook) error {
			w.Events = []string{"custom.other"}
			return nil
		})
		must(t, err)
		want(t, "changed elsewhere", deliveries(appendTo(b)), 0)
		must(t, a.DeleteWebhook(n.ctx, n.chatbot, webhook.ID))
		want(t, "deleted elsewhere", deliveries(appendTo(b)), 0)
	}
}

// streamsOfSeveral reads the log as a live stream does, while others write to it.
func streamsOfSeveral(t *testing.T, n *nodes) {
	const writers, rounds = 6, 60
	stores := []*store.Store{n.stores[0], n.open(newRecorder()), n.open(newRecorder())}
	first, err := stores[0].AppendEvents(n.ctx, n.chatbot, []bot9.NewEvent{note(0, "first")})
	must(t, err)
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			for range rounds {
				_, err := stores[1+i%2].AppendEvents(n.ctx, n.chatbot, []bot9.NewEvent{note(0, "event")})
				mustKeepGoing(t, err)
			}
		})
	}
	seen, cursor := 0, first[0]
	deadline := time.After(60 * time.Second)
	for seen < writers*rounds {
		wake := stores[0].Changed(n.chatbot)
		page, err := stores[0].Events(n.ctx, n.chatbot, bot9.EventFilter{After: cursor}, bot9.Page{})
		must(t, err)
		for _, e := range page.Data {
			seen++
			cursor = e.ID
		}
		if page.NextCursor != nil || seen == writers*rounds {
			continue
		}
		select {
		case <-wake:
		case <-deadline:
			group.Wait()
			t.Fatalf("the stream has seen %d of %d events", seen, writers*rounds)
		}
	}
	group.Wait()
}

func takeUpAfterStop(t *testing.T, n *nodes) {
	heard, going := newRecorder(), newRecorder()
	going.admitAll()
	other := n.open(heard)
	leaving := n.open(going)
	webhook := n.webhook(leaving)
	_, err := leaving.AppendEvents(n.ctx, n.chatbot, []bot9.NewEvent{note(n.conversation(leaving), "event")})
	must(t, err)
	want(t, "admitted", len(going.take()), 1)
	now := bot9.At(time.Now().Add(time.Second))
	claimed, _, _, err := other.Claim(n.ctx, webhook.ID, now, 10)
	must(t, err)
	want(t, "claimed while it is taken elsewhere", len(claimed), 0)
	must(t, leaving.Close())
	eventually(t, "the other one is told", func() bool { ready, _ := heard.told(webhook.ID); return ready > 0 })
	claimed, _, _, err = other.Claim(n.ctx, webhook.ID, now, 10)
	must(t, err)
	want(t, "claimed after it has stopped", len(claimed), 1)
}

func goOnAfterDeath(t *testing.T, n *nodes) {
	slow := newRecorder()
	slow.admitAll()
	a, b := n.open(slow), n.open(newRecorder())
	webhook := n.webhook(a)
	conversation := n.conversation(a)
	_, err := a.AppendEvents(n.ctx, n.chatbot, []bot9.NewEvent{note(conversation, "one"), note(conversation, "two")})
	must(t, err)
	late := slow.take()
	want(t, "admitted", sequences(late), []int64{1})
	eventually(t, "it listens", func() bool { return slow.resyncs() > 0 })
	before := slow.resyncs()
	must(t, n.db.Forget())
	now := bot9.At(time.Now().Add(time.Second))
	claimed, _, _, err := b.Claim(n.ctx, webhook.ID, now, 10)
	must(t, err)
	want(t, "taken over", sequences(claimed), []int64{1})
	must(t, succeed(a, late[0]))
	want(t, "handed over after the late result", sequences(slow.take()), []int64{})
	if slow.resyncs() == before {
		t.Fatal("nobody told the dispatcher that what it holds may be another's")
	}
	must(t, succeed(b, claimed[0]))
	claimed, _, _, err = a.Claim(n.ctx, webhook.ID, now, 10)
	must(t, err)
	want(t, "claimed under the new number", sequences(claimed), []int64{2})
	must(t, succeed(a, claimed[0]))
	stats, err := b.Stats(n.ctx, n.chatbot, webhook.ID, bot9.LastHour, bot9.At(time.Now()))
	must(t, err)
	want(t, "backlog", stats.Backlog, 0)
	want(t, "attempts that count", stats.Attempts.Succeeded, 2)
}

func rejoinTogether(t *testing.T, n *nodes) {
	stores := []*store.Store{n.stores[0], n.open(newRecorder()), n.open(newRecorder())}
	for range 15 {
		must(t, n.db.Forget())
		var together sync.WaitGroup
		for _, s := range stores {
			together.Go(func() {
				if _, err := s.AppendEvents(n.ctx, n.chatbot, []bot9.NewEvent{note(0, "one")}); err != nil {
					t.Errorf("a write of one that has to go on under a new number: %v", err)
				}
			})
		}
		together.Wait()
	}
}

func succeed(s *store.Store, d *bot9.Delivery) error {
	attempted := *d
	attempted.Attempts++
	attempt := &bot9.Attempt{DeliveryID: d.ID, Number: attempted.Attempts, StartedAt: bot9.At(time.Now()), Outcome: bot9.OutcomeSuccess}
	committed := make(chan error, 1)
	s.Finish(bot9.AttemptResult{Delivery: &attempted, Attempt: attempt, Next: bot9.DeliverySucceeded}, func(err error) { committed <- err })
	return <-committed
}

func refuseAcross(t *testing.T, n *nodes) {
	a, b := n.stores[0], n.open(newRecorder())
	for i := range 20 {
		email := "member" + strconv.Itoa(i) + "@example.com"
		var group sync.WaitGroup
		codes := make([]string, 2)
		for i, s := range []*store.Store{a, b} {
			group.Go(func() {
				_, err := s.CreateAccount(n.ctx, "Same", bot9.Person{Email: email})
				codes[i] = bot9.CodeOf(err)
			})
		}
		group.Wait()
		if codes[0]+codes[1] != "emailTaken" {
			t.Fatalf("two signed up with the same address, and got %q", codes)
		}
	}
}

func breakersOfSeveral(t *testing.T, n *nodes) {
	heard, sending := newRecorder(), newRecorder()
	sending.admitAll()
	other := n.open(heard)
	s := n.open(sending)
	webhook := n.webhook(s)
	eventually(t, "the new webhook is heard of", func() bool { _, changed := heard.told(webhook.ID); return changed > 0 })
	_, before := heard.told(webhook.ID)
	_, err := s.AppendEvents(n.ctx, n.chatbot, []bot9.NewEvent{note(n.conversation(s), "event")})
	must(t, err)
	d := sending.take()[0]
	d.Attempts++
	health := &bot9.Health{ConsecutiveFailures: 10, OpenUntil: bot9.At(time.Now().Add(time.Minute))}
	committed := make(chan error, 1)
	s.Finish(bot9.AttemptResult{
		Delivery: d, Attempt: &bot9.Attempt{DeliveryID: d.ID, Number: 1, Outcome: bot9.OutcomeStatus}, Next: bot9.DeliveryRetrying,
		RetryAt: bot9.At(time.Now().Add(time.Minute)), Health: health,
	}, func(err error) { committed <- err })
	must(t, <-committed)
	eventually(t, "the breaker is heard of", func() bool { _, changed := heard.told(webhook.ID); return changed > before })
	found, err := other.Webhook(n.ctx, n.chatbot, webhook.ID)
	must(t, err)
	want(t, "open until", found.Health.OpenUntil, health.OpenUntil)
}
