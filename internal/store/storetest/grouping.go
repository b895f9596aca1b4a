package storetest

import (
	"context"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/store"
)

var grouping = topic{"Writes at the same time", []testCase{
	{"are committed though one beside them fails in the middle", func(t *testing.T, w *world) {
		webhook := w.webhook()
		good := []bot9.ConversationID{w.conversation(), w.conversation()}
		bad := w.conversation()
		committed, decided := 0, int64(0)
		rounds := untilRunAgain(t, func() bool {
			n, ran := w.goodBesideBad(t, good, bad)
			committed += n
			decided += ran
			return decided > int64(committed)
		})
		t.Logf("%d writes were decided %d times, in %d rounds", committed, decided, rounds)

		w.eachIs(t, good, committed)
		found, err := w.Conversation(w.ctx, w.chatbot, bad)
		must(t, err)
		want(t, "messages of the conversation whose writes failed", found.MessageCount, 0)
		want(t, "its events", len(w.allEvents(bot9.EventFilter{Conversation: []bot9.ConversationID{bad}})), 0)
		want(t, "backlog", w.backlog(webhook.ID), int64(committed))
		want(t, "deliveries", len(w.deliveries(bot9.DeliveryFilter{}, 0)), committed)
	}},
	{"have the results of the run that was committed", func(t *testing.T, w *world) {
		webhook := w.webhook(unordered)
		bad := w.conversation()
		w.append(0, 40)
		var mu sync.Mutex
		var claimed []bot9.DeliveryID
		claim := func() error {
			taken, _, _, err := w.Claim(w.ctx, webhook.ID, w.clock.Now(), 3)
			mu.Lock()
			defer mu.Unlock()
			claimed = append(claimed, each(taken, func(d *bot9.Delivery) bot9.DeliveryID { return d.ID })...)
			return err
		}
		ran := atomic.Int64{}
		fail := func() error {
			_, _, err := w.ChangeConversation(w.ctx, w.chatbot, bad, func(m bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
				ran.Add(1)
				return ratingUnknown(m, c)
			})
			if bot9.KindOf(err) == bot9.NotFound {
				return nil
			}
			return err
		}
		w.atOnce(t, claim, fail, claim, fail, claim, claim, fail, claim)
		slices.Sort(claimed)
		want(t, "deliveries claimed, each once", len(slices.Compact(claimed)), 15)
		rest := w.claim(webhook.ID)
		want(t, "deliveries left", len(rest), 25)
		for _, d := range rest {
			if slices.Contains(claimed, d.ID) {
				t.Fatalf("%s was claimed twice", d.ID)
			}
		}
	}},
	{"lose nothing by those beside them that are refused", func(t *testing.T, w *world) {
		webhook, conversation := w.webhook(unordered), w.conversation()
		before := w.Counts().Reruns
		var calls []func() error
		for i := range 24 {
			ctx, _ := w.named("refused "+strconv.Itoa(i), "body")
			calls = append(calls,
				func() error {
					_, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{note(conversation, "good")})
					return err
				},
				func() error {
					_, err := w.AppendEvents(ctx, w.chatbot, []bot9.NewEvent{note(123, "of no conversation")})
					return ifNot(err, bot9.Invalid)
				},
				func() error {
					_, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{note(conversation, "good"), note(0, "good"), note(123, "bad")})
					return ifNot(err, bot9.Invalid)
				},
				func() error {
					_, err := w.RetryDelivery(w.ctx, w.chatbot, 123)
					return ifNot(err, bot9.NotFound)
				},
				func() error {
					_, err := w.CreateFirstAccount(w.ctx, "Second", bot9.Person{Email: "second@example.com"})
					return ifNot(err, bot9.Conflict)
				})
		}
		w.atOnce(t, calls...)
		want(t, "transactions that were rolled back", w.Counts().Reruns-before, int64(0))
		want(t, "events", len(w.allEvents(bot9.EventFilter{})), 24)
		want(t, "backlog", w.backlog(webhook.ID), int64(24))
	}},
	{"cost two transactions at most, however many are refused late", func(t *testing.T, w *world) {
		conversation, bad := w.conversation(), w.conversation()
		before := w.Counts()
		var calls []func() error
		for range 20 {
			calls = append(calls,
				func() error {
					_, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{note(conversation, "good")})
					return err
				},
				func() error {
					_, _, err := w.ChangeConversation(w.ctx, w.chatbot, bad, ratingUnknown)
					return ifNot(err, bot9.NotFound)
				})
		}
		w.atOnce(t, calls...)
		after := w.Counts()
		want(t, "events", after.Events-before.Events, int64(20))
		if reruns := after.Reruns - before.Reruns; reruns > after.Transactions-before.Transactions {
			t.Errorf("%d groups ran again, %d transactions were committed", reruns, after.Transactions-before.Transactions)
		}
	}},
	{"survive that one of them panics", func(t *testing.T, w *world) {
		conversation := w.conversation()
		_, _, err := w.ChangeConversation(w.ctx, w.chatbot, conversation, func(bot9.Moment, *bot9.Conversation) (bot9.Change, error) {
			panic("a bug in a decision")
		})
		if err == nil {
			t.Fatalf("a write that panicked succeeded")
		}
		want(t, "events after it", len(w.append(conversation, 2)), 2)
	}},
	{"given up by their callers before their turn are not made", func(t *testing.T, w *world) {
		ctx, cancel := context.WithCancel(w.ctx)
		cancel()
		_, err := w.AppendEvents(ctx, w.chatbot, []bot9.NewEvent{note(0, "too late")})
		if err == nil {
			t.Fatalf("a write whose caller had gone was made")
		}
		want(t, "events", len(w.allEvents(bot9.EventFilter{})), 0)
	}},
}}

// ifNot is for a call that must be refused in this way.
func ifNot(err error, kind bot9.ErrorKind) error {
	if bot9.KindOf(err) == kind {
		return nil
	}
	return bot9.Errorf(bot9.Internal, "notRefused", "a write that must be refused gave %v", err)
}

// untilRunAgain repeats until a write was seen to run again, which takes two that meet in a group.
func untilRunAgain(t *testing.T, round func() bool) int {
	t.Helper()
	for n := range 50 {
		if round() {
			return n + 1
		}
	}
	t.Fatalf("no write was ever run again: they don't share transactions, so this proves nothing")
	return 0
}

// goodBesideBad writes messages to good conversations while others fail; it returns how many were
// written, and how often their decisions ran.
func (w *world) goodBesideBad(t *testing.T, good []bot9.ConversationID, bad bot9.ConversationID) (written int, decided int64) {
	const writes = 24
	ran := atomic.Int64{}
	calls := []func() error{}
	for i := range writes {
		calls = append(calls, func() error {
			changed, change, err := w.ChangeConversation(w.ctx, w.chatbot, good[i%len(good)], counting(&ran, saying("good")))
			if err != nil {
				return err
			}
			_, err = w.Message(w.ctx, w.chatbot, changed.ID, change.Messages[0].ID)
			return err
		})
		if i%6 == 3 {
			calls = append(calls, func() error {
				_, _, err := w.ChangeConversation(w.ctx, w.chatbot, bad, ratingUnknown)
				if bot9.KindOf(err) == bot9.NotFound {
					return nil
				}
				return bot9.Errorf(bot9.Internal, "notRefused", "a write that must fail gave %v", err)
			})
		}
	}
	w.atOnce(t, calls...)
	return writes, ran.Load()
}

func counting(ran *atomic.Int64, decide store.Decide) store.Decide {
	return func(m bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		ran.Add(1)
		return decide(m, c)
	}
}

// atOnce makes calls while the store is busy with another write, so that they meet in one group.
func (w *world) atOnce(t *testing.T, calls ...func() error) {
	t.Helper()
	busy, free := make(chan struct{}), make(chan struct{})
	var enter sync.Once
	blocked := w.conversation()
	var group, started sync.WaitGroup
	group.Go(func() {
		_, _, err := w.ChangeConversation(w.ctx, w.chatbot, blocked, func(bot9.Moment, *bot9.Conversation) (bot9.Change, error) {
			enter.Do(func() { close(busy) })
			<-free
			return bot9.Change{}, nil
		})
		mustKeepGoing(t, err)
	})
	<-busy
	started.Add(len(calls))
	for _, call := range calls {
		group.Go(func() {
			started.Done()
			mustKeepGoing(t, call())
		})
	}
	started.Wait()
	for range 100 {
		runtime.Gosched() // let them get from having started to waiting for their turn
	}
	close(free)
	group.Wait()
}

// eachIs checks that conversations together have so many messages and events, in gapless sequence.
func (w *world) eachIs(t *testing.T, conversations []bot9.ConversationID, total int) {
	t.Helper()
	messages, happened := 0, 0
	for _, id := range conversations {
		found, err := w.Conversation(w.ctx, w.chatbot, id)
		must(t, err)
		messages += int(found.MessageCount)
		for i, e := range w.allEvents(bot9.EventFilter{Conversation: []bot9.ConversationID{id}, After: 1}) {
			want(t, "sequence", e.Sequence, int64(i+1))
			happened++
		}
	}
	want(t, "messages", messages, total)
	want(t, "events", happened, total)
}
