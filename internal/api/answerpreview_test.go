package api

import (
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

func TestPreviewOfThresholds(t *testing.T) {
	w := newWorld()
	conversation := bot9.Conversation{ID: bot9.ConversationID(w.id()), ChatbotID: w.bot(), Status: bot9.StatusActive}
	w.conversations = append(w.conversations, conversation)
	ask := func(question string, rating int, sources ...bot9.Source) {
		q := bot9.Message{ID: bot9.MessageID(w.id()), ConversationID: conversation.ID, ChatUser: bot9.SpeakerUser, Text: question}
		r := bot9.Message{ID: bot9.MessageID(w.id()), ConversationID: conversation.ID, ChatUser: bot9.SpeakerBot, Text: "…", InReplyTo: q.ID, Rating: rating, Sources: sources}
		w.messages = append(w.messages, q, r)
	}
	ask("How long does it take?", 1, bot9.Source{DocumentID: 7})
	ask("Where are you?", 5)
	run(t, w, []request{
		{
			name: "past questions", as: developer, call: "POST /api/{bot}/answering/preview", body: `{"suggestThreshold":0.25}`, status: 200,
			want: []string{`"questions":2`, `"message":"How long does it take?"`, `"ratedDown":true`, `"documentId":"` + bot9.DocumentID(7).String() + `"`, `"ratedDown":false`, `"threshold":0.25`},
		},
		{name: "the chatbot's own suggestThreshold", as: key, call: "POST /api/{bot}/answering/preview", body: `{}`, status: 200, want: []string{`"threshold":0.2`}},
		{name: "not for viewers", as: viewer, call: "POST /api/{bot}/answering/preview", body: `{}`, status: 403},
		{name: "of a score that is none", as: key, call: "POST /api/{bot}/answering/preview", body: `{"suggestThreshold":2}`, status: 422, want: []string{"body.suggestThreshold"}},
	})
}
