package api

import (
	"context"
	"slices"

	"github.com/bot9/bot9/internal/bot9"
)

// inboxes are the part of the world that is for the people who help.
type inboxes struct {
	settings bot9.Inbox
	notes    []bot9.Note
	canned   []bot9.CannedReply
	read     map[bot9.MemberID]map[bot9.ConversationID]bot9.MessageID
	asked    bot9.ConversationFilter // by the last list of conversations
	changed  bot9.ChangeInput        // by the last change of a conversation
}

func (w *world) Inbox(context.Context, bot9.ChatbotID) (bot9.Inbox, error) {
	return w.inbox.settings, nil
}

func (w *world) ChangeInbox(ctx context.Context, _ bot9.ChatbotID, change func(*bot9.Inbox) error) (bot9.Inbox, error) {
	if err := expected(ctx, w.inbox.settings); err != nil {
		return bot9.Inbox{}, err
	}
	err := change(&w.inbox.settings)
	return w.inbox.settings, err
}

func (w *world) Agents(_ context.Context, chatbot bot9.ChatbotID) (agents []bot9.Agent, err error) {
	for _, m := range w.members {
		if (m.AccountID == 1) == (chatbot == w.bot()) && m.Role.AtLeast(bot9.Developer) {
			agents = append(agents, bot9.Agent{ID: m.ID.String(), Name: m.Label()})
		}
	}
	return agents, nil
}

func (w *world) InboxCounts(_ context.Context, _ bot9.ChatbotID, member bot9.MemberID) (bot9.InboxCounts, error) {
	counts := bot9.InboxCounts{Waiting: 1, All: len(w.conversations)}
	if member != 0 {
		counts.Mine, counts.Unread = 2, 1
	}
	return counts, nil
}

func (w *world) MarkRead(_ context.Context, _ bot9.ChatbotID, id bot9.ConversationID, member bot9.MemberID, upTo bot9.MessageID) error {
	if w.inbox.read == nil {
		w.inbox.read = map[bot9.MemberID]map[bot9.ConversationID]bot9.MessageID{}
	}
	if w.inbox.read[member] == nil {
		w.inbox.read[member] = map[bot9.ConversationID]bot9.MessageID{}
	}
	w.inbox.read[member][id] = upTo
	return nil
}

func (w *world) ReadMarks(_ context.Context, member bot9.MemberID, _ []bot9.ConversationID) (map[bot9.ConversationID]bot9.MessageID, error) {
	return w.inbox.read[member], nil
}

func (w *world) Notes(ctx context.Context, chatbot bot9.ChatbotID, conversation bot9.ConversationID, _ bot9.Page) (bot9.List[bot9.Note], error) {
	_, err := w.Conversation(ctx, chatbot, conversation)
	return bot9.List[bot9.Note]{Data: filtered(w.inbox.notes, func(n bot9.Note) bool { return n.ConversationID == conversation })}, err
}

func (w *world) AddNote(ctx context.Context, chatbot bot9.ChatbotID, n bot9.Note) (bot9.Note, error) {
	if _, err := w.Conversation(ctx, chatbot, n.ConversationID); err != nil {
		return n, err
	}
	n.ID = bot9.NoteID(w.id())
	w.inbox.notes = append(w.inbox.notes, n)
	return n, w.write(ctx, &n)
}

func (w *world) DeleteNote(_ context.Context, _ bot9.ChatbotID, _ bot9.ConversationID, id bot9.NoteID, may func(bot9.Note) error) error {
	n, err := first(w.inbox.notes, func(n bot9.Note) bool { return n.ID == id })
	if err == nil {
		err = may(n)
	}
	if err == nil {
		w.inbox.notes = slices.DeleteFunc(w.inbox.notes, func(n bot9.Note) bool { return n.ID == id })
	}
	return err
}

func (w *world) CannedReplies(_ context.Context, chatbot bot9.ChatbotID, _ bot9.Page) (bot9.List[bot9.CannedReply], error) {
	return bot9.List[bot9.CannedReply]{Data: filtered(w.inbox.canned, func(r bot9.CannedReply) bool { return r.ChatbotID == chatbot })}, nil
}

func (w *world) CannedReply(_ context.Context, chatbot bot9.ChatbotID, id bot9.CannedReplyID) (bot9.CannedReply, error) {
	return first(w.inbox.canned, func(r bot9.CannedReply) bool { return r.ChatbotID == chatbot && r.ID == id })
}

func (w *world) CreateCannedReply(ctx context.Context, r bot9.CannedReply) (bot9.CannedReply, error) {
	r.ID = bot9.CannedReplyID(w.id())
	w.inbox.canned = append(w.inbox.canned, r)
	return r, w.write(ctx, &r)
}

func (w *world) ChangeCannedReply(ctx context.Context, chatbot bot9.ChatbotID, id bot9.CannedReplyID, change func(*bot9.CannedReply)) (bot9.CannedReply, error) {
	r, err := w.CannedReply(ctx, chatbot, id)
	if err == nil {
		err = expected(ctx, r)
	}
	if err == nil {
		change(&r)
	}
	return r, err
}

func (w *world) DeleteCannedReply(ctx context.Context, chatbot bot9.ChatbotID, id bot9.CannedReplyID) error {
	r, err := w.CannedReply(ctx, chatbot, id)
	if err == nil {
		err = expected(ctx, r)
	}
	return err
}
