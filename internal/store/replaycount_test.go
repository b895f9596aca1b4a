package store

import (
	"path/filepath"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

func TestReplayCountsStopSomewhere(t *testing.T) {
	s, err := Open(t.Context(), Options{URL: "sqlite:" + filepath.Join(t.TempDir(), "bot9.db"), Synchronous: "OFF", Sealer: openSealer{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	chatbot := bot9.ChatbotID(1)
	w, err := s.CreateWebhook(t.Context(), bot9.Webhook{ChatbotID: chatbot, Events: []string{bot9.AllEvents}, Status: bot9.WebhookDisabled})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AppendEvents(t.Context(), chatbot, make([]bot9.NewEvent, 1000)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AppendEvents(t.Context(), chatbot, make([]bot9.NewEvent, 700)); err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int]bot9.ReplayCount{1000: {Count: 1000}, 1500: {Count: 1500}, 2000: {Count: 1700, Exact: true}} {
		got, err := s.countReplay(t.Context(), bot9.Replay{ChatbotID: chatbot, WebhookID: w.ID}, limit)
		if err != nil || got != want {
			t.Errorf("looking at %d: %+v %v, want %+v", limit, got, err, want)
		}
	}
}
