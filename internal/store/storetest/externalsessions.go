package storetest

import (
	"strconv"
	"sync"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/store"
)

// within is a note that names its conversation by the integrator's session.
func within(source, session, text string) bot9.NewEvent {
	e := note(0, text)
	e.Session = &bot9.StartInput{Source: source, ExternalSessionID: session, Status: bot9.StatusActive}
	return e
}

// beginning makes conversations whose start is an event.
func beginning(chatbot bot9.ChatbotID) store.BeginSession {
	return func(in *bot9.StartInput) (bot9.Conversation, store.Decide) {
		c := bot9.Conversation{ChatbotID: chatbot, Status: in.Status, Source: in.Source, ExternalSessionID: in.ExternalSessionID, User: bot9.EndUser{ExternalID: in.User.ExternalID}}
		return c, func(bot9.Moment, *bot9.Conversation) (bot9.Change, error) {
			return bot9.Change{Events: []bot9.NewEvent{{Type: "conversationStarted", Data: []byte(`{}`)}}}, nil
		}
	}
}

func (w *world) appendWithin(events ...bot9.NewEvent) []*bot9.Event {
	w.t.Helper()
	ids, err := w.AppendToSessions(w.ctx, w.chatbot, events, beginning(w.chatbot))
	must(w.t, err)
	found := make([]*bot9.Event, len(ids))
	for i, id := range ids {
		found[i], err = w.Event(w.ctx, w.chatbot, id)
		must(w.t, err)
	}
	return found
}

var externalSessions = topic{"External sessions", []testCase{
	{"begin a conversation once, and go on in it", func(t *testing.T, w *world) {
		webhook := w.webhook()
		first := w.appendWithin(within("sms", "s-1", "a"), note(0, "outside"), within("sms", "s-1", "b"), within("sms", "s-2", "c"))
		want(t, "sequences", each(first, func(e *bot9.Event) int64 { return e.Sequence }), []int64{2, 0, 3, 2})
		want(t, "one conversation", first[2].ConversationID, first[0].ConversationID)
		want(t, "another session's is another", first[3].ConversationID == first[0].ConversationID, false)
		want(t, "events", len(w.allEvents(bot9.EventFilter{})), 6)
		want(t, "backlog", w.backlog(webhook.ID), 6)
		again := w.appendWithin(within("sms", "s-1", "d"))
		want(t, "the same", again[0].ConversationID, first[0].ConversationID)
		want(t, "sequence", again[0].Sequence, 4)
		w.reopen()
		want(t, "the same after a restart", w.appendWithin(within("sms", "s-1", "e"))[0].ConversationID, first[0].ConversationID)
		want(t, "of another source", w.appendWithin(within("web", "s-1", "f"))[0].ConversationID == first[0].ConversationID, false)

		list, err := w.Conversations(w.ctx, w.chatbot, bot9.ConversationFilter{Sessions: []string{"s-1"}}, bot9.Page{})
		must(t, err)
		want(t, "conversations of the name", len(list.Data), 2)
		list, err = w.Conversations(w.ctx, w.chatbot, bot9.ConversationFilter{Sessions: []string{"s-1"}, Source: []string{"sms"}}, bot9.Page{})
		must(t, err)
		want(t, "of name and source", each(list.Data, func(c bot9.Conversation) bot9.ConversationID { return c.ID }), []bot9.ConversationID{first[0].ConversationID})
	}},
	{"are one conversation to all who begin it at once", func(t *testing.T, w *world) {
		const callers = 16
		var calls sync.WaitGroup
		for i := range callers {
			calls.Go(func() {
				events := []bot9.NewEvent{within("sms", "same", strconv.Itoa(i)), within("sms", "other", strconv.Itoa(i))}
				if i%2 == 1 {
					events[0], events[1] = events[1], events[0]
				}
				_, err := w.AppendToSessions(w.ctx, w.chatbot, events, beginning(w.chatbot))
				must(t, err)
			})
		}
		calls.Wait()
		list, err := w.Conversations(w.ctx, w.chatbot, bot9.ConversationFilter{}, bot9.Page{})
		must(t, err)
		want(t, "conversations", len(list.Data), 2)
		for _, c := range list.Data {
			want(t, "events", c.LastSequence, callers+1)
		}
	}},
	{"are found by who starts a conversation under a name that is taken", func(t *testing.T, w *world) {
		named := bot9.Conversation{Source: "sms", ExternalSessionID: "s-1"}
		first := w.start(named)
		want(t, "started again", w.start(named).ID, first.ID)
		want(t, "appended to", w.appendWithin(within("sms", "s-1", "a"))[0].ConversationID, first.ID)
		named.Source = "web"
		want(t, "of another source", w.start(named).ID == first.ID, false)
		named.ChatbotID = w.newChatbot()
		want(t, "of another chatbot", w.start(named).ID == first.ID, false)
		nameless := bot9.Conversation{Source: "sms"}
		one, another := w.start(nameless), w.start(nameless)
		want(t, "without a name", one.ID == another.ID, false)
	}},
	{"begin nothing when the batch is refused", func(t *testing.T, w *world) {
		_, err := w.AppendToSessions(w.ctx, w.chatbot, []bot9.NewEvent{within("sms", "s-1", "a"), note(123, "unknown")}, beginning(w.chatbot))
		refused(t, err, bot9.Invalid, "unknownConversation")
		want(t, "events", len(w.allEvents(bot9.EventFilter{})), 0)
		list, err := w.Conversations(w.ctx, w.chatbot, bot9.ConversationFilter{}, bot9.Page{})
		must(t, err)
		want(t, "conversations", len(list.Data), 0)
	}},
}}

// sessionsOfSeveral begins the same sessions on all processes at once.
func sessionsOfSeveral(t *testing.T, n *nodes) {
	stores := []*store.Store{n.stores[0], n.open(newRecorder()), n.open(newRecorder())}
	const rounds, names = 20, 5
	var calls sync.WaitGroup
	for i, s := range stores {
		calls.Go(func() {
			for round := range rounds {
				events := make([]bot9.NewEvent, names)
				for j := range events {
					name := strconv.Itoa(round/4*names + (i+j)%names) // each process in an order of its own
					events[j] = within("sms", name, "x")
				}
				_, err := s.AppendToSessions(n.ctx, n.chatbot, events, beginning(n.chatbot))
				must(t, err)
			}
		})
	}
	calls.Wait()
	found := readAll(t, 100, func(page bot9.Page) (bot9.List[bot9.Conversation], error) {
		return stores[0].Conversations(n.ctx, n.chatbot, bot9.ConversationFilter{}, page)
	})
	want(t, "conversations", len(found), rounds/4*names)
	for _, c := range found {
		want(t, "events", c.LastSequence, int64(1+4*len(stores)))
	}
}
