package store_test

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/store"
)

// TestPostgresTakesTheDatabasesClock has a database whose clock is an hour ahead of the nodes'. What one node writes
// another one's dry run counts at once, and test events have the time that other events have.
func TestPostgresTakesTheDatabasesClock(t *testing.T) {
	url := server.Database(t)
	for _, sql := range []string{
		`CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT pg_catalog.clock_timestamp() + interval '1 hour' $$`,
		`ALTER DATABASE "` + name(url) + `" SET search_path = public, pg_catalog`,
	} {
		check(t, server.Exec(name(url), sql))
	}
	var nodes [2]*store.Store
	for i := range nodes {
		s, err := store.Open(t.Context(), store.Options{URL: url, Sealer: plain{}})
		check(t, err)
		defer func() { check(t, s.Close()) }()
		nodes[i] = s
	}
	owner, err := nodes[0].CreateAccount(t.Context(), "Example", bot9.Person{Email: "owner@example.com"})
	check(t, err)
	chatbot, _, err := nodes[0].CreateChatbot(t.Context(), owner.AccountID, "Helper", bot9.NewKey{})
	check(t, err)
	webhook, err := nodes[0].CreateWebhook(t.Context(), bot9.Webhook{ChatbotID: chatbot.ID, Events: []string{"*"}, Status: bot9.WebhookEnabled})
	check(t, err)
	_, err = nodes[0].AppendEvents(t.Context(), chatbot.ID, []bot9.NewEvent{{Type: "custom.note", Data: []byte(`{}`)}})
	check(t, err)
	count, err := nodes[1].CountReplay(t.Context(), bot9.Replay{ChatbotID: chatbot.ID, WebhookID: webhook.ID})
	check(t, err)
	if count.Count != 1 {
		t.Errorf("a dry run counts %d events, want 1", count.Count)
	}
	id, err := nodes[1].NewID(t.Context())
	check(t, err)
	if ahead := bot9.EventID(id).Time().Sub(bot9.At(time.Now())); ahead < 55*time.Minute {
		t.Errorf("a new ID is %v ahead of the node, want an hour", ahead)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
