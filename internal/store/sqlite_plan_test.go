package store

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// TestSQLitePlans lets SQLite explain every statement that a busy server repeats. None may walk
// through a table that grows without end, or sort one.
func TestSQLitePlans(t *testing.T) {
	s, err := Open(t.Context(), Options{URL: "sqlite:" + filepath.Join(t.TempDir(), "bot9.db"), Synchronous: "OFF", Sealer: openSealer{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	useEverything(t, s)

	seen := map[string]bool{}
	db := s.db.(*sqliteDB)
	connections := []*sqliteConn{db.writer}
	for range db.opened {
		reader, err := db.readers.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		connections = append(connections, reader)
	}
	for _, c := range connections {
		for sql := range c.statements {
			if first, _, _ := strings.Cut(sql, " "); !strings.Contains("SELECT INSERT UPDATE DELETE", first) || seen[sql] {
				continue
			}
			seen[sql] = true
			if plan := explain(t, db.writer, sql); !scales(sql, plan) {
				t.Errorf("%s\n%s", sql, plan)
			}
		}
	}
	for _, c := range connections[1:] {
		db.readers.give(c)
	}
	for _, status := range []bot9.DeliveryStatus{bot9.DeliveryRetrying, bot9.DeliverySetAside} { // in a large backlog
		q := backlogQuery(1, true, bot9.DeliveryFilter{Status: status}, 0)
		q.add(` ORDER BY b.id DESC LIMIT %s`, 50)
		if plan := explain(t, db.writer, q.sql); !scales(q.sql, plan) {
			t.Errorf("%s\n%s", q.sql, plan)
		}
	}
	if len(seen) < 100 {
		t.Errorf("only %d statements were seen", len(seen))
	}
}

// scales tells whether a statement's work stays small however many rows there are.
func scales(sql, plan string) bool {
	byConversation := strings.Contains(sql, "conversation_id = $")
	byEvent := strings.Contains(sql, "event_id = $")
	switch {
	case strings.Contains(sql, " deliveries d WHERE") && (byConversation || byEvent):
		return strings.Contains(plan, "SEARCH d USING INDEX deliveries_event") && !strings.Contains(plan, "SCAN d") // and sorts the few that there are
	case strings.Contains(sql, " deliveries d WHERE") && strings.Contains(sql, "status <> 'succeeded'"):
		return strings.Contains(plan, "USING INDEX deliveries_unsuccessful") && !strings.Contains(plan, "TEMP B-TREE")
	case strings.Contains(sql, "AND d.event_type = $") && !strings.Contains(sql, "+d.chatbot_id"):
		return strings.Contains(plan, "USING INDEX deliveries_type") && !strings.Contains(plan, "TEMP B-TREE")
	case strings.Contains(sql, "FROM events e") && strings.Contains(sql, "AND e.type = $") && !byConversation:
		return strings.Contains(plan, "USING INDEX events_type") && !strings.Contains(plan, "TEMP B-TREE")
	case strings.Contains(sql, "FROM tail") || sql == `UPDATE tail SET after = $1`:
		return true // that has one row
	case strings.Contains(sql, "CROSS JOIN events e") && byConversation:
		indexed, tail, _ := strings.Cut(plan, "RIGHT") // the tail is sorted, and short
		return strings.HasPrefix(indexed, "MERGE (UNION ALL)\nLEFT\nSEARCH i USING PRIMARY KEY (conversation_id=?") &&
			!strings.Contains(indexed, "SCAN") && !strings.Contains(indexed, "TEMP B-TREE") &&
			strings.Contains(tail, "SEARCH e USING INTEGER PRIMARY KEY")
	case strings.Contains(sql, "b.attempts > 0"):
		return strings.Contains(plan, "USING INDEX backlog_tried") && !strings.Contains(plan, "TEMP B-TREE")
	case strings.HasPrefix(sql, unfinishedQuery) && strings.Contains(sql, " b.webhook_id ="),
		strings.HasPrefix(sql, `SELECT id FROM backlog WHERE webhook_id =`):
		return strings.Contains(plan, "INDEX backlog_lane") // and sorts them: at most sparseBacklog
	case strings.Contains(sql, "FROM replays r WHERE r.status = 'running'"):
		return strings.Contains(plan, "USING INDEX replays_running")
	case sql == `UPDATE backlog SET state = 1 WHERE state >= 2` || strings.HasPrefix(sql, `SELECT webhook_id, min(due_at) FROM backlog`):
		return true // once, when the process starts
	case strings.Contains(sql, "owed_answers") && !strings.Contains(sql, "WHERE question = $1"):
		return true // it has a row for each question that is being answered right now
	}
	return !strings.Contains(plan, "SCAN") && !strings.Contains(plan, "TEMP B-TREE")
}

// openSealer seals nothing.
type openSealer struct{}

func (openSealer) Seal(plain []byte, _ string) ([]byte, error)    { return plain, nil }
func (openSealer) Unseal(sealed []byte, _ string) ([]byte, error) { return sealed, nil }

func explain(t *testing.T, c *sqliteConn, sql string) string {
	t.Helper()
	statement, _, err := c.conn.Prepare("EXPLAIN QUERY PLAN " + sql)
	if err != nil {
		t.Fatalf("%v in %s", err, sql)
	}
	var steps []string
	for statement.Step() {
		steps = append(steps, statement.ColumnText(3))
	}
	if err := statement.Close(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(steps, "\n")
}

// useEverything makes the store prepare its statements.
func useEverything(t *testing.T, s *Store) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil && bot9.KindOf(err) != bot9.NotFound {
			t.Fatal(err)
		}
	}
	owner, err := s.CreateAccount(ctx, "Example", bot9.Member{Email: "owner@example.com"})
	must(err)
	chatbot, _, err := s.CreateChatbot(ctx, owner.AccountID, "Helper", bot9.NewKey{})
	must(err)
	webhook, err := s.CreateWebhook(ctx, bot9.Webhook{ChatbotID: chatbot.ID, AccountID: owner.AccountID, Events: []string{"*"}, Status: bot9.WebhookEnabled})
	must(err)
	conversation, err := s.StartConversation(ctx, bot9.Conversation{ChatbotID: chatbot.ID, User: bot9.EndUser{ExternalID: "user"}},
		func(bot9.Moment, *bot9.Conversation) (bot9.Change, error) { return bot9.Change{}, nil })
	must(err)
	event := bot9.NewEvent{Type: "custom.note", Data: []byte(`{}`), ConversationID: conversation.ID}
	ids, err := s.AppendEvents(ctx, chatbot.ID, []bot9.NewEvent{event, event})
	must(err)
	now := bot9.At(time.Now())
	claimed, _, _, err := s.Claim(ctx, webhook.ID, now, 1)
	must(err)
	must(s.Release(ctx, claimed))
	claimed, _, _, err = s.Claim(ctx, webhook.ID, now, 1)
	must(err)
	done := make(chan error)
	claimed[0].Attempts++
	s.Finish(bot9.Result{Delivery: claimed[0], Attempt: &bot9.Attempt{Outcome: bot9.OutcomeSuccess}, Next: bot9.DeliverySucceeded}, func(err error) { done <- err })
	must(<-done)
	_, err = s.Waiting(ctx)
	must(err)
	_, err = s.Stats(ctx, chatbot.ID, webhook.ID, time.Hour, now)
	must(err)
	for _, filter := range []bot9.ReplayFilter{{}, {ConversationID: conversation.ID, Status: []bot9.DeliveryStatus{bot9.DeliveryFailed}}} {
		replay, err := s.CreateReplay(ctx, bot9.Replay{ChatbotID: chatbot.ID, WebhookID: webhook.ID, Filter: filter})
		must(err)
		_, err = s.AdvanceReplays(ctx)
		must(err)
		_, err = s.CancelReplay(ctx, chatbot.ID, replay.ID)
		must(err)
	}
	_, err = s.Replays(ctx, chatbot.ID, webhook.ID, bot9.Page{})
	must(err)
	_, err = s.CountReplay(ctx, bot9.Replay{ChatbotID: chatbot.ID, WebhookID: webhook.ID, Filter: bot9.ReplayFilter{Status: []bot9.DeliveryStatus{bot9.DeliveryFailed}}})
	must(err)
	_, err = s.RetryDelivery(ctx, chatbot.ID, claimed[0].ID)
	must(err)
	useReceiver(t, s, chatbot.ID)
	listEverything(t, s, chatbot.ID, webhook.ID, conversation.ID, ids[0])
}

func useReceiver(t *testing.T, s *Store, chatbot bot9.ChatbotID) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	receiver, err := s.CreateReceiver(ctx, bot9.Receiver{ChatbotID: chatbot, Token: "token"}, false)
	must(err)
	_, err = s.ReceiverByToken(ctx, "token")
	must(err)
	for range bot9.KeptRequests + 1 {
		must(s.AddReceived(ctx, bot9.ReceivedRequest{ReceiverID: receiver.ID}))
	}
	_, err = s.Received(ctx, receiver.ID)
	must(err)
	_, err = s.Receivers(ctx, chatbot)
	must(err)
	_, err = s.ChangeReceiver(ctx, chatbot, receiver.ID, func(*bot9.Receiver) error { return nil })
	must(err)
	must(s.DeleteReceiver(ctx, chatbot, receiver.ID))
	_, err = s.cleanReceivers(ctx)
	must(err)
}

func listEverything(t *testing.T, s *Store, chatbot bot9.ChatbotID, webhook bot9.WebhookID, conversation bot9.ConversationID, event bot9.EventID) {
	t.Helper()
	ctx := t.Context()
	page := bot9.Page{Cursor: "zzzzzzzzzzz"}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, page := range []bot9.Page{{}, page} {
		for _, f := range []bot9.EventFilter{{}, {Type: "a"}, {ConversationID: conversation}, {After: 1}, {After: 1, ConversationID: conversation}, {Since: 1, Until: 2}} {
			_, err := s.Events(ctx, chatbot, f, page)
			must(err)
		}
		for _, status := range []bot9.DeliveryStatus{"", bot9.DeliverySucceeded, bot9.DeliveryFailed, bot9.DeliveryRetrying, bot9.DeliverySetAside} {
			for _, webhook := range []bot9.WebhookID{0, webhook} {
				for _, event := range []bot9.EventID{0, event} {
					for _, conversation := range []bot9.ConversationID{0, conversation} {
						_, err := s.Deliveries(ctx, chatbot, bot9.DeliveryFilter{Status: status, WebhookID: webhook, EventID: event, ConversationID: conversation}, page)
						must(err)
					}
				}
			}
		}
		for _, f := range []bot9.DeliveryFilter{
			{EventType: "a"}, {EventType: "a", WebhookID: webhook}, {EventType: "a", Status: bot9.DeliveryFailed}, {EventType: "a", ConversationID: conversation},
		} {
			_, err := s.Deliveries(ctx, chatbot, f, page)
			must(err)
		}
		for _, f := range []bot9.ConversationFilter{{}, {Status: "active"}, {Source: "a"}, {Query: "a"}} {
			_, err := s.Conversations(ctx, chatbot, f, page)
			must(err)
		}
		_, err := s.Messages(ctx, chatbot, conversation, page)
		must(err)
	}
	_, err := s.RecentMessages(ctx, conversation, 10)
	must(err)
}
