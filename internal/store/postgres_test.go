package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/store"
	"github.com/bot9/bot9/internal/store/storetest"
	"github.com/bot9/bot9/test/postgres"
)

// server is the PostgreSQL that all tests of this package share, each with a database of its own.
var server *postgres.Server

func TestMain(m *testing.M) {
	code, err := withServer(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func withServer(run func() int) (code int, err error) {
	if server, err = postgres.Start(postgres.Options{NoSync: true}); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	err = server.UseTemplate(func(url string) error { // opened once, so that the suite's first partitions are there
		s, err := store.Open(context.Background(), store.Options{URL: url, Clock: storetest.Begin, Retention: storetest.Retention})
		if err != nil {
			return err
		}
		return s.Close()
	})
	if err != nil {
		return 1, err
	}
	return run(), nil
}

func TestPostgres(t *testing.T) {
	var seen statements
	storetest.Run(t, func(t *testing.T) storetest.Database {
		url := server.Database(t)
		return storetest.Database{
			Open: func(o store.Options) (*store.Store, error) {
				o.URL, o.Statements = url, seen.add
				return store.Open(t.Context(), o)
			},
			Bytes: func() ([]byte, error) { return server.Bytes(url) },
		}
	})
	t.Run("plans", func(t *testing.T) { checkPostgresPlans(t, &seen) })
}

func TestPostgresNodes(t *testing.T) {
	storetest.RunNodes(t, func(t *testing.T) storetest.Database {
		url := server.Database(t)
		return storetest.Database{
			Open: func(o store.Options) (*store.Store, error) {
				o.URL = url
				return store.Open(t.Context(), o)
			},
			Forget: func() error {
				return server.Exec(name(url), "WITH dead AS (DELETE FROM nodes) UPDATE backlog SET state = 1 WHERE state >= 2")
			},
		}
	})
}

// TestPostgresLaneAhead has a lane in which a process whose IDs run ahead has put the newest delivery:
// what comes next must still sort after it.
func TestPostgresLaneAhead(t *testing.T) {
	url := server.Database(t)
	s, err := store.Open(t.Context(), store.Options{URL: url, Sealer: plain{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	owner, err := s.CreateAccount(t.Context(), "Example", bot9.Person{Email: "owner@example.com"})
	check(err)
	chatbot, _, err := s.CreateChatbot(t.Context(), owner.AccountID, "Helper", bot9.NewKey{})
	check(err)
	_, err = s.CreateWebhook(t.Context(), bot9.Webhook{ChatbotID: chatbot.ID, Events: []string{"*"}, Status: bot9.WebhookEnabled})
	check(err)
	c, err := s.StartConversation(t.Context(), bot9.Conversation{ChatbotID: chatbot.ID},
		func(bot9.Moment, *bot9.Conversation) (bot9.Change, error) { return bot9.Change{}, nil })
	check(err)
	event := bot9.NewEvent{Type: "custom.note", Data: []byte(`{}`), ConversationID: c.ID}
	for range 3 {
		_, err = s.AppendEvents(t.Context(), chatbot.ID, []bot9.NewEvent{event})
		check(err)
		list, err := s.Deliveries(t.Context(), chatbot.ID, bot9.DeliveryFilter{}, bot9.Page{})
		check(err)
		for i, d := range list.Data { // newest first
			if want := int64(len(list.Data) - i); d.Sequence != want {
				t.Fatalf("the delivery at place %d has the sequence %d", want, d.Sequence)
			}
		}
		// Five minutes ahead, of which an ID has 21 bits of less than a millisecond.
		check(server.Exec(name(url), "UPDATE backlog SET id = id + (300000::bigint << 21) WHERE id = (SELECT max(id) FROM backlog)"))
	}
}

// plain seals nothing.
type plain struct{}

func (plain) Seal(text []byte, _ string) ([]byte, error)     { return text, nil }
func (plain) Unseal(sealed []byte, _ string) ([]byte, error) { return sealed, nil }
func (plain) Fingerprints() []string                         { return []string{"00000000"} }
func (plain) Prefix() []byte                                 { return nil }

// name is the database's name in its URL.
func name(url string) string {
	return url[strings.LastIndexByte(url, '/')+1 : strings.IndexByte(url, '?')]
}
