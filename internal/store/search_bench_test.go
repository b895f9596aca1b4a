package store_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/store"
)

// BenchmarkSearch searches 100,000 messages of 2,000 conversations for a word that is in one of them, one that is in each,
// and one that is in none though all its pieces are common.
func BenchmarkSearch(b *testing.B) {
	for _, database := range []struct {
		name string
		url  func(*testing.B) string
	}{
		{"SQLite", func(b *testing.B) string { return "sqlite:" + filepath.Join(b.TempDir(), "bot9.db") }},
		{"PostgreSQL", func(b *testing.B) string { return server.Database(b) }},
	} {
		b.Run(database.name, func(b *testing.B) {
			s, err := store.Open(b.Context(), store.Options{URL: database.url(b), Synchronous: "OFF", Sealer: plain{}})
			must(b, err)
			defer func() { must(b, s.Close()) }()
			chatbot := fillMessages(b, s, 2000, 50)
			for _, query := range []string{"rareword1234", "message", "messord"} {
				b.Run(query, func(b *testing.B) {
					for b.Loop() {
						_, err := s.Conversations(b.Context(), chatbot, bot9.ConversationFilter{Query: query}, bot9.Page{})
						must(b, err)
					}
				})
			}
		})
	}
}

func fillMessages(b *testing.B, s *store.Store, conversations, messages int) bot9.ChatbotID {
	owner, err := s.CreateAccount(b.Context(), "Example", bot9.Person{Email: "owner@example.com"})
	must(b, err)
	chatbot, _, err := s.CreateChatbot(b.Context(), owner.AccountID, "Helper", bot9.NewKey{})
	must(b, err)
	for i := range conversations {
		c, err := s.StartConversation(b.Context(), bot9.Conversation{ChatbotID: chatbot.ID, Status: bot9.StatusActive},
			func(bot9.Moment, *bot9.Conversation) (bot9.Change, error) { return bot9.Change{}, nil })
		must(b, err)
		_, _, err = s.ChangeConversation(b.Context(), chatbot.ID, c.ID, func(m bot9.Moment, _ *bot9.Conversation) (bot9.Change, error) {
			var change bot9.Change
			for n := range messages {
				text := fmt.Sprintf("This is message %d of the conversation: where is my order %d? It should have been here, in good order, on Monday", n, i*7919+n)
				if i == 1234 && n == 7 {
					text = "rareword1234 stands in one message"
				}
				change.Messages = append(change.Messages, bot9.Message{ID: bot9.MessageID(m.NextID()), ChatUser: bot9.SpeakerUser, Text: text})
			}
			return change, nil
		})
		must(b, err)
	}
	for more := true; more; {
		more, err = s.IndexSearches(b.Context())
		must(b, err)
	}
	return chatbot.ID
}
