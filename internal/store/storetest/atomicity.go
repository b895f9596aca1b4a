package storetest

import (
	"errors"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

var errRefused = errors.New("the decision is no")

var atomicity = topic{"Change and event", []testCase{
	{"are committed together", func(t *testing.T, w *world) {
		webhook := w.webhook()
		id := w.conversation()
		w.clock.Advance(1000)
		changed, change, err := w.ChangeConversation(w.ctx, w.chatbot, id, saying("hello", "anybody  there?"))
		must(t, err)
		found, err := w.Conversation(w.ctx, w.chatbot, id)
		must(t, err)
		want(t, "the conversation as returned and as stored", changed, found)
		want(t, "messages", found.MessageCount, 2)
		want(t, "last message", found.LastMessage, "anybody there?")
		want(t, "last sequence", found.LastSequence, 2)
		want(t, "updated at", found.UpdatedAt, w.clock.Now())
		messages, err := w.Messages(w.ctx, w.chatbot, id, bot9.Page{})
		must(t, err)
		want(t, "message IDs", each(messages.Data, messageID), each(change.Messages, messageID))
		happened := w.allEvents(bot9.EventFilter{Conversation: []bot9.ConversationID{id}, After: 1})
		want(t, "sequences", each(happened, func(e *bot9.Event) int64 { return e.Sequence }), []int64{1, 2})
		want(t, "backlog", w.backlog(webhook.ID), 2)
	}},
	{"are not there if the decision is an error, which comes back as it is", func(t *testing.T, w *world) {
		webhook := w.webhook()
		id := w.conversation()
		refuse := func(m bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
			change, _ := saying("lost")(m, c)
			c.Status = bot9.StatusClosed
			return change, errRefused
		}
		_, _, err := w.ChangeConversation(w.ctx, w.chatbot, id, refuse)
		want(t, "the error is the decision's own", err == errRefused, true)
		_, err = w.StartConversation(w.ctx, bot9.Conversation{ChatbotID: w.chatbot, User: bot9.EndUser{ExternalID: "lost"}}, refuse)
		want(t, "the error is the decision's own", err == errRefused, true)

		list, err := w.Conversations(w.ctx, w.chatbot, bot9.ConversationFilter{}, bot9.Page{})
		must(t, err)
		want(t, "conversations", each(list.Data, conversationID), []bot9.ConversationID{id})
		want(t, "status", list.Data[0].Status, bot9.StatusActive)
		want(t, "messages", list.Data[0].MessageCount, 0)
		want(t, "events", len(w.allEvents(bot9.EventFilter{})), 0)
		want(t, "backlog", w.backlog(webhook.ID), 0)
	}},
	{"are undone if a write fails in the middle", func(t *testing.T, w *world) {
		webhook := w.webhook()
		id := w.conversation()
		_, _, err := w.ChangeConversation(w.ctx, w.chatbot, id, ratingUnknown)
		missing(t, err)
		found, err := w.Conversation(w.ctx, w.chatbot, id)
		must(t, err)
		want(t, "messages", found.MessageCount, 0)
		want(t, "status", found.Status, bot9.StatusActive)
		messages, err := w.RecentMessages(w.ctx, id, 10)
		must(t, err)
		want(t, "messages", len(messages), 0)
		want(t, "backlog", w.backlog(webhook.ID), 0)
		w.append(id, 1)
		want(t, "the next sequence", w.allEvents(bot9.EventFilter{})[0].Sequence, 1)
	}},
	{"see the conversation as it stands, and other chatbots' not at all", func(t *testing.T, w *world) {
		id := w.conversation()
		w.say(id, "one")
		seen := int64(0)
		_, _, err := w.ChangeConversation(w.ctx, w.chatbot, id, func(_ bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
			seen = c.MessageCount
			return bot9.Change{}, nil
		})
		must(t, err)
		want(t, "messages seen", seen, 1)
		_, _, err = w.ChangeConversation(w.ctx, w.newChatbot(), id, saying("intruder"))
		missing(t, err)
	}},
	{"keep a change that no event tells of", func(t *testing.T, w *world) {
		id := w.conversation()
		_, _, err := w.ChangeConversation(w.ctx, w.chatbot, id, func(_ bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
			c.AgentName, c.User.Name = "Ada", "Grace"
			c.Tags = append(c.Tags, "vip")
			return bot9.Change{}, nil
		})
		must(t, err)
		found, err := w.Conversation(w.ctx, w.chatbot, id)
		must(t, err)
		want(t, "agent", found.AgentName, "Ada")
		want(t, "end user", found.User.Name, "Grace")
		want(t, "tags", found.Tags, []string{"vip"})
	}},
	{"leave a conversation alone that nothing was decided about", func(t *testing.T, w *world) {
		id := w.conversation()
		w.clock.Advance(1_000_000_000)
		_, _, err := w.ChangeConversation(w.ctx, w.chatbot, id, saying())
		must(t, err)
		found, err := w.Conversation(w.ctx, w.chatbot, id)
		must(t, err)
		want(t, "updated at", found.UpdatedAt, found.CreatedAt)
	}},
}}

func messageID(m bot9.Message) bot9.MessageID                { return m.ID }
func conversationID(c bot9.Conversation) bot9.ConversationID { return c.ID }

// ratingUnknown fails after a message was written.
func ratingUnknown(m bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
	change, _ := saying("lost")(m, c)
	c.Status = bot9.StatusClosed
	change.Rated = []bot9.MessageRating{{MessageID: 12345, Rating: 1}}
	return change, nil
}
