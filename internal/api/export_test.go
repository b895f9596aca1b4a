package api

import (
	"encoding/csv"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// conversed makes a conversation that is exported, and returns it.
func conversed(t *testing.T, w *world) bot9.Conversation {
	t.Helper()
	c, err := w.Start(t.Context(), w.bot(), bot9.StartInput{Source: "sms", Status: bot9.StatusNeedsReview, User: bot9.StartUser{ExternalID: "ada"}})
	if err != nil {
		t.Fatal(err)
	}
	at := func() bot9.Time { return bot9.At(time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)) }
	one := &w.conversations[len(w.conversations)-1]
	one.Tags, one.Score, one.AgentID, one.CreatedAt, one.UpdatedAt = []string{"billing"}, 4, w.members[0].ID.String(), at(), at()
	say := func(speaker bot9.Speaker, text string) {
		w.messages = append(w.messages, bot9.Message{ID: bot9.MessageID(w.id()), ConversationID: c.ID, ChatUser: speaker, Text: text, CreatedAt: at()})
	}
	say(bot9.SpeakerUser, "=1+1")
	say(bot9.SpeakerBot, "It is on its way.")
	return *one
}

func read(t *testing.T, w *world, as, call string) string {
	t.Helper()
	recorder := httptest.NewRecorder()
	serve(t, w.options()).ServeHTTP(recorder, (&request{as: as, call: call}).make(w))
	if recorder.Code != 200 {
		t.Fatalf("%s: %d %s", call, recorder.Code, recorder.Body)
	}
	return recorder.Body.String()
}

func TestExport(t *testing.T) {
	w := newWorld()
	c := conversed(t, w)
	lines := strings.Split(strings.TrimSpace(read(t, w, viewer, "GET /api/{bot}/conversations/export?since=2026-11-01T00:00:00Z")), "\n")
	var exported ExportedConversation
	if err := json.Unmarshal([]byte(lines[0]), &exported); err != nil || len(lines) != 1 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	if exported.ID != c.ID || len(exported.Messages) != 2 || exported.Messages[1].Text != "It is on its way." {
		t.Errorf("exported %+v", exported)
	}
	rows, err := csv.NewReader(strings.NewReader(read(t, w, viewer, "GET /api/{bot}/conversations/export?format=csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 || rows[1][0] != c.ID.String() || rows[1][10] != "'=1+1" || rows[2][9] != "bot" || rows[2][8] != "2026-11-03T12:00:00.000Z" {
		t.Errorf("exported %q", rows)
	}
	if text := read(t, w, viewer, "GET /api/{bot}/conversations/export?until=2026-11-03T12:00:00Z"); text != "" {
		t.Errorf("before it began: %q", text)
	}
}
