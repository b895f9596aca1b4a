package storetest

import (
	"bytes"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

var actions = topic{"Actions", []testCase{
	{"are kept with their request sealed", func(t *testing.T, w *world) {
		made, err := w.CreateAction(w.ctx, bot9.CustomAction{ChatbotID: w.chatbot, Name: "orderStatus", Description: "d", ActionType: "http_request", Active: true, Meta: bot9.ActionMeta{
			Method: "GET", URL: "https://shop.example/CANARY1abcdefgh12345678", Headers: map[string]string{"Authorization": "Bearer CANARY2"}, Parameters: `{"type":"object"}`,
			Body: []bot9.ActionParam{{Key: "a", Value: "{{a}}", Type: "string"}},
		}})
		must(t, err)
		w.reopen()
		found, err := w.Action(w.ctx, w.chatbot, made.ID)
		must(t, err)
		want(t, "as stored", found, made)
		dump, err := w.db.Bytes()
		must(t, err)
		want(t, "stands in the clear", bytes.Contains(dump, []byte("CANARY")), false)

		changed, err := w.ChangeAction(w.ctx, w.chatbot, made.ID, func(a *bot9.CustomAction) error { a.Active = false; return nil })
		must(t, err)
		want(t, "version", changed.Version, made.Version+1)
		active, err := w.ActiveActions(w.ctx, w.chatbot)
		must(t, err)
		want(t, "active", len(active), 0)
		ctx := bot9.WithPrecondition(w.ctx, func(any) error { return bot9.Errorf(bot9.Conflict, "preconditionFailed", "no") })
		_, err = w.ChangeAction(ctx, w.chatbot, made.ID, func(*bot9.CustomAction) error { return nil })
		refused(t, err, bot9.Conflict, "preconditionFailed")
		other := w.newChatbot()
		_, err = w.Action(w.ctx, other, made.ID)
		missing(t, err)
		missing(t, w.DeleteAction(w.ctx, other, made.ID))
		must(t, w.DeleteAction(w.ctx, w.chatbot, made.ID))
		all, err := w.Actions(w.ctx, w.chatbot)
		must(t, err)
		want(t, "left", len(all), 0)
		records, err := w.Audit(w.ctx, w.account, bot9.AuditFilter{Action: bot9.AuditActionChanged}, bot9.Page{Limit: 10})
		must(t, err)
		want(t, "audit records", len(records.Data), 3)
	}},
	{"are so many at most", func(t *testing.T, w *world) {
		for range bot9.MaxActions {
			_, err := w.CreateAction(w.ctx, bot9.CustomAction{ChatbotID: w.chatbot, Name: "a"})
			must(t, err)
		}
		_, err := w.CreateAction(w.ctx, bot9.CustomAction{ChatbotID: w.chatbot, Name: "a"})
		refused(t, err, bot9.Invalid, "quotaExceeded")
	}},
	{"and instructions have categories", func(t *testing.T, w *world) {
		category, err := w.CreateCategory(w.ctx, bot9.InstructionCategory{ChatbotID: w.chatbot, Name: "Returns", Description: "d"})
		must(t, err)
		_, err = w.CreateInstruction(w.ctx, bot9.Instruction{ChatbotID: w.chatbot, CategoryID: 77, Name: "a", Text: "b"})
		refused(t, err, bot9.Invalid, "unknownCategory")
		made, err := w.CreateInstruction(w.ctx, bot9.Instruction{ChatbotID: w.chatbot, CategoryID: category.ID, Name: "Tone", Text: "Brief", Active: true})
		must(t, err)
		w.reopen()
		found, err := w.Instruction(w.ctx, w.chatbot, made.ID)
		must(t, err)
		want(t, "as stored", found, made)
		categories, err := w.Categories(w.ctx, w.chatbot)
		must(t, err)
		want(t, "categories", categories, []bot9.InstructionCategory{category})
		must(t, w.DeleteCategory(w.ctx, w.chatbot, category.ID))
		missing(t, w.DeleteCategory(w.ctx, w.chatbot, category.ID))
		changed, err := w.ChangeInstruction(w.ctx, w.chatbot, made.ID, func(i *bot9.Instruction) error { i.Active = false; return nil })
		must(t, err)
		want(t, "category of one whose category is gone", changed.CategoryID, bot9.CategoryID(0))
		active, err := w.ActiveInstructions(w.ctx, w.chatbot)
		must(t, err)
		want(t, "active", len(active), 0)
		other := w.newChatbot()
		missing(t, w.DeleteInstruction(w.ctx, other, made.ID))
		must(t, w.DeleteInstruction(w.ctx, w.chatbot, made.ID))
		all, err := w.Instructions(w.ctx, w.chatbot)
		must(t, err)
		want(t, "left", len(all), 0)
	}},
	{"and raw data of a range are read as a whole or refused", func(t *testing.T, w *world) {
		conversation := w.conversation()
		_, _, err := w.ChangeConversation(w.ctx, w.chatbot, conversation, func(m bot9.Moment, _ *bot9.Conversation) (bot9.Change, error) {
			return bot9.Change{Messages: []bot9.Message{
				{ID: bot9.MessageID(m.NextID()), ConversationID: conversation, ChatUser: bot9.SpeakerUser, Text: "One"},
				{ID: bot9.MessageID(m.NextID()), ConversationID: conversation, ChatUser: bot9.SpeakerBot, Text: "Two"},
			}}, nil
		})
		must(t, err)
		now := w.clock.Now()
		found, messages, err := w.RawChats(w.ctx, w.chatbot, now.Add(-time.Minute), now.Add(time.Minute), 1, 2)
		must(t, err)
		want(t, "conversation", found[0].ID, conversation)
		want(t, "messages", each(messages, func(m bot9.Message) string { return m.Text }), []string{"One", "Two"})
		_, _, err = w.RawChats(w.ctx, w.chatbot, now.Add(-time.Minute), now.Add(time.Minute), 1, 1)
		refused(t, err, bot9.Invalid, "rangeTooLarge")
		found, messages, err = w.RawChats(w.ctx, w.chatbot, now.Add(-time.Hour), now.Add(-time.Minute), 1, 1)
		must(t, err)
		want(t, "of another range", len(found)+len(messages), 0)
	}},
}}
