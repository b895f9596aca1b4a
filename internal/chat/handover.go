package chat

import (
	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// Reasons in the events of a handover.
const (
	reasonUserAsked = "The user asked for a human"
	reasonWord      = "The user said a word that hands over"
	reasonRule      = "The chatbot's rule of handing over matched"
	reasonNotFound  = "The bot had no answer to several questions in a row"
	reasonMarked    = "The conversation was marked as needing a human"
)

// recentMessages in handoverRequested: how many at most, and how many characters of each.
const (
	recentCount  = 10
	recentLength = 1_000
)

// requestHandover tells that a human is asked for, and hands the conversation to one where agents take turns; recent is
// oldest first.
func (d *decision) requestHandover(reason, by string, recent []bot9.Message) {
	if len(recent) > recentCount {
		recent = recent[len(recent)-recentCount:]
	}
	shown := make([]catalog.RecentMessage, len(recent))
	for i, m := range recent {
		shown[i] = catalog.RecentMessage{
			MessageID: m.ID, SenderType: m.ChatUser, Message: bot9.Beginning(m.Text, recentLength), CreatedAt: m.CreatedAt,
		}
	}
	d.tell(catalog.HandoverRequestedData{
		ChatbotID: d.conversation.ChatbotID, Reason: reason, RequestedBy: by, RecentMessages: shown,
	})
	d.assignNext()
}
