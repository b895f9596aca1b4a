package bot9_test

import (
	"encoding/json"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

// The envelope's bytes are a promise: they are what receivers verify, at every attempt.
func TestEnvelope(t *testing.T) {
	at := bot9.FirstIDAt(bot9.Time(1795374000123)) // 2026-11-22T19:00:00.123Z
	inside := &bot9.Event{
		ID: bot9.EventID(at | 5), ConversationID: bot9.ConversationID(at | 1), Sequence: 7, Type: "messageReceived",
		Data: json.RawMessage(`{"message":"Hello, how can I assist you today?"}`),
	}
	want := `{"event":"messageReceived","data":{"message":"Hello, how can I assist you today?"},"id":"` + inside.ID.String() +
		`","createdAt":"2026-11-22T19:00:00.123Z","apiVersion":"1","conversationId":"` + inside.ConversationID.String() + `","sequence":7}`
	if got := string(inside.AppendEnvelope(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	outside := &bot9.Event{ID: inside.ID, Type: "knowledgeUpdated", Data: json.RawMessage(`{}`)}
	want = `{"event":"knowledgeUpdated","data":{},"id":"` + inside.ID.String() + `","createdAt":"2026-11-22T19:00:00.123Z","apiVersion":"1"}`
	if got := string(outside.AppendEnvelope(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if encoded, err := json.Marshal(outside); err != nil || string(encoded) != want {
		t.Errorf("as JSON: %s, %v", encoded, err)
	}
}

func BenchmarkEnvelope(b *testing.B) {
	e := &bot9.Event{
		ID: 1 << 60, ConversationID: 1 << 60, Sequence: 7, Type: "messageReceived",
		Data: json.RawMessage(`{"message":"Hello, how can I assist you today?","sender":"user123","chatbotId":"bot_38g53smk00000"}`),
	}
	buffer := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		buffer = e.AppendEnvelope(buffer[:0])
	}
}
