package store

import (
	"path/filepath"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

// A name whose conversation was deleted, by whichever process, begins another one.
func TestSessionsOfDeletedConversationsBeginAnew(t *testing.T) {
	s, err := Open(t.Context(), Options{URL: "sqlite:" + filepath.Join(t.TempDir(), "bot9.db"), Synchronous: "OFF", Sealer: openSealer{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	const chatbot = bot9.ChatbotID(1)
	begin := func(in *bot9.StartInput) (bot9.Conversation, Decide) {
		return bot9.Conversation{ChatbotID: chatbot, Source: in.Source, ExternalSessionID: in.ExternalSessionID},
			func(bot9.Moment, *bot9.Conversation) (bot9.Change, error) { return bot9.Change{}, nil }
	}
	post := func() bot9.ConversationID {
		t.Helper()
		event := bot9.NewEvent{Type: "custom.note", Data: []byte(`{}`), Session: &bot9.StartInput{Source: "sms", ExternalSessionID: "s-1"}}
		ids, err := s.AppendToSessions(t.Context(), chatbot, []bot9.NewEvent{event}, begin)
		if err != nil {
			t.Fatal(err)
		}
		e, err := s.Event(t.Context(), chatbot, ids[0])
		if err != nil {
			t.Fatal(err)
		}
		return e.ConversationID
	}
	first := post()
	if again := post(); again != first {
		t.Fatalf("%v, then %v", first, again)
	}
	err = s.write(t.Context(), func(tx *tx) error {
		_, err := tx.exec(`DELETE FROM conversations WHERE id = $1`, int64(first))
		tx.store.memory.conversations.remove(first)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if anew := post(); anew == first || anew == 0 {
		t.Errorf("%v, then %v", first, anew)
	}
}
