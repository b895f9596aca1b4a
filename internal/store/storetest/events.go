package storetest

import (
	"strconv"
	"sync"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

var eventLog = topic{"Events", []testCase{
	{"keep through how many webhooks they came", func(t *testing.T, w *world) {
		webhook, conversation := w.webhook(), w.conversation()
		far := note(conversation, "far")
		far.Hops = 3
		ids, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{far, note(conversation, "near")})
		must(t, err)
		w.reopen()
		for i, hops := range []int{3, 0} {
			event, err := w.Event(w.ctx, w.chatbot, ids[i])
			must(t, err)
			want(t, "hops", event.Hops, hops)
			if event.Data[0] != '{' {
				t.Errorf("the data is %q", event.Data)
			}
		}
		first := w.claimOne(webhook.ID)
		want(t, "hops of the delivery", first.Event.Hops, 3)
		w.finish(first, bot9.DeliverySucceeded)
		want(t, "hops of the next", w.claimOne(webhook.ID).Event.Hops, 0)
	}},
	{"have a gapless sequence under concurrent writers", gaplessSequence},
	{"after one are read while others are written", readWhileWriting},
	{"of a batch with an unknown conversation are all refused", func(t *testing.T, w *world) {
		conversation := w.conversation()
		other := w.start(bot9.Conversation{ChatbotID: w.newChatbot()}).ID
		webhook := w.webhook()
		batch := []bot9.NewEvent{note(conversation, "good"), note(0, "good"), note(other, "of another chatbot")}
		_, err := w.AppendEvents(w.ctx, w.chatbot, batch)
		refused(t, err, bot9.Invalid, "unknownConversation")
		want(t, "events", len(w.allEvents(bot9.EventFilter{})), 0)
		want(t, "backlog", w.backlog(webhook.ID), 0)
		w.append(conversation, 1)
		want(t, "the first sequence", w.allEvents(bot9.EventFilter{})[0].Sequence, 1)
	}},
	{"are found by type, conversation and chatbot", func(t *testing.T, w *world) {
		one, two := w.conversation(), w.conversation()
		made, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{
			note(one, "a"), note(two, "b"), note(0, "c"), {Type: "custom.other", Data: []byte(`{}`), ConversationID: one},
		})
		must(t, err)
		for _, c := range []struct {
			filter bot9.EventFilter
			want   []bot9.EventID
		}{
			{bot9.EventFilter{}, []bot9.EventID{made[3], made[2], made[1], made[0]}},
			{bot9.EventFilter{Type: []string{"custom.note"}}, []bot9.EventID{made[2], made[1], made[0]}},
			{bot9.EventFilter{Conversation: []bot9.ConversationID{one}}, []bot9.EventID{made[3], made[0]}},
			{bot9.EventFilter{Conversation: []bot9.ConversationID{one}, Type: []string{"custom.other"}}, []bot9.EventID{made[3]}},
			{bot9.EventFilter{Type: []string{"custom.other", "custom.note"}, Conversation: []bot9.ConversationID{one}}, []bot9.EventID{made[3], made[0]}},
			{bot9.EventFilter{Type: []string{"custom.other", "ping"}, After: made[0]}, []bot9.EventID{made[3]}},
			{bot9.EventFilter{Type: []string{catalog.AllCustom}}, []bot9.EventID{made[3], made[2], made[1], made[0]}},
			{bot9.EventFilter{Type: []string{"ping", catalog.AllCustom}, After: made[1]}, []bot9.EventID{made[2], made[3]}},
			{bot9.EventFilter{Type: []string{"ping"}}, []bot9.EventID{}},
			{bot9.EventFilter{After: made[1]}, []bot9.EventID{made[2], made[3]}},
			{bot9.EventFilter{After: made[0], Conversation: []bot9.ConversationID{one}}, []bot9.EventID{made[3]}},
			{bot9.EventFilter{Conversation: []bot9.ConversationID{two, one, two}}, []bot9.EventID{made[3], made[1], made[0]}},
			{bot9.EventFilter{Conversation: []bot9.ConversationID{two, one}, After: 1}, []bot9.EventID{made[0], made[1], made[3]}},
			{bot9.EventFilter{Conversation: []bot9.ConversationID{two, one}, After: made[0], Type: []string{"custom.note"}}, []bot9.EventID{made[1]}},
			{bot9.EventFilter{After: made[3]}, []bot9.EventID{}},
		} {
			got := readAll(t, 1, func(page bot9.Page) (bot9.List[*bot9.Event], error) {
				return w.Events(w.ctx, w.chatbot, c.filter, page)
			})
			want(t, "events", each(got, func(e *bot9.Event) bot9.EventID { return e.ID }), c.want)
		}
		event, err := w.Event(w.ctx, w.chatbot, made[1])
		must(t, err)
		want(t, "event", event, &bot9.Event{
			ID: made[1], ChatbotID: w.chatbot, ConversationID: two, Sequence: 1, Type: "custom.note", Data: []byte(`{"text":"b"}`),
		})
		_, err = w.Event(w.ctx, w.newChatbot(), made[1])
		missing(t, err)
	}},
	{"wake who waits for the chatbot's next one", func(t *testing.T, w *world) {
		other := w.newChatbot()
		wake, wakeOther := w.Changed(w.chatbot), w.Changed(other)
		_, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{note(123, "refused")})
		refused(t, err, bot9.Invalid, "unknownConversation")
		want(t, "awake after events that were not committed", isClosed(wake), false)
		w.append(0, 1)
		want(t, "awake", isClosed(wake), true)
		want(t, "another chatbot awake", isClosed(wakeOther), false)
		want(t, "awake again without another event", isClosed(w.Changed(w.chatbot)), false)
	}},
	{"refuse pages that can't be", func(t *testing.T, w *world) {
		for _, page := range []bot9.Page{{Limit: -1}, {Limit: bot9.MaxPage + 1}} {
			_, err := w.Events(w.ctx, w.chatbot, bot9.EventFilter{}, page)
			refused(t, err, bot9.Invalid, "invalidLimit")
		}
		for _, cursor := range []string{"!", "-1", "0", "zzzzzzzzzzzzzzzzzzzz"} {
			_, err := w.Events(w.ctx, w.chatbot, bot9.EventFilter{}, bot9.Page{Cursor: cursor})
			refused(t, err, bot9.Invalid, "invalidCursor")
		}
	}},
}}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func gaplessSequence(t *testing.T, w *world) {
	conversations := []bot9.ConversationID{w.conversation(), w.conversation(), w.conversation()}
	const writers, rounds = 12, 15
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			for round := range rounds {
				conversation := conversations[(writer+round)%len(conversations)]
				if round%3 == 0 { // changes of the conversation and events from elsewhere share the sequence
					_, _, err := w.ChangeConversation(w.ctx, w.chatbot, conversation, saying("one", "two"))
					mustKeepGoing(t, err)
					continue
				}
				_, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{note(conversation, "one"), note(conversation, "two")})
				mustKeepGoing(t, err)
			}
		})
	}
	group.Wait()
	total := 0
	for _, conversation := range conversations {
		oldestFirst := w.allEvents(bot9.EventFilter{Conversation: []bot9.ConversationID{conversation}, After: 1})
		for i, e := range oldestFirst {
			if e.Sequence != int64(i+1) {
				t.Fatalf("event %d of the conversation has sequence %d", i+1, e.Sequence)
			}
		}
		found, err := w.Conversation(w.ctx, w.chatbot, conversation)
		must(t, err)
		want(t, "last sequence", found.LastSequence, int64(len(oldestFirst)))
		total += len(oldestFirst)
	}
	want(t, "events", total, writers*rounds*2)
}

// mustKeepGoing is must for goroutines, which may not end the test.
func mustKeepGoing(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("unexpected error: %v", err)
	}
}

func readWhileWriting(t *testing.T, w *world) {
	first := w.append(0, 1)[0]
	const writers, rounds = 6, 40
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			for round := range rounds {
				_, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{note(0, strconv.Itoa(writer)+"/"+strconv.Itoa(round))})
				mustKeepGoing(t, err)
			}
		})
	}
	written := make(chan struct{})
	go func() {
		group.Wait()
		close(written)
	}()
	seen := map[string]bool{}
	last := first
	for len(seen) < writers*rounds {
		complete := isClosed(written)
		wake := w.Changed(w.chatbot)
		list, err := w.Events(w.ctx, w.chatbot, bot9.EventFilter{After: last}, bot9.Page{Limit: 7})
		must(t, err)
		for _, e := range list.Data {
			if e.ID <= last || seen[string(e.Data)] {
				t.Fatalf("%s came again or out of order", e.Data)
			}
			seen[string(e.Data)] = true
			last = e.ID
		}
		switch {
		case len(list.Data) > 0:
		case complete:
			t.Fatalf("%d of %d events came", len(seen), writers*rounds)
		default:
			select {
			case <-wake:
			case <-written:
			}
		}
	}
}
