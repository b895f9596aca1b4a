package storetest

import (
	"bytes"
	"strconv"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// cleanAll cleans until nothing is left to clean, and returns in how many slices.
func (w *world) cleanAll(t *testing.T) int {
	t.Helper()
	for n := range 200 {
		more, err := w.Purge(w.ctx)
		must(t, err)
		if !more {
			return n + 1
		}
	}
	t.Fatalf("cleaning never ends")
	return 0
}

var cleaning = topic{"Cleaning", []testCase{
	{"removes in slices what a deleted chatbot left, and nothing else", deletedChatbot},
	{"forgets what expired", func(t *testing.T, w *world) {
		_, err := w.CreateSession(w.ctx, w.owner(), bot9.Session{ExpiresAt: w.clock.Now().Add(time.Minute)}, hash("short"), hash(""))
		must(t, err)
		w.session(w.owner(), "long", "")
		must(t, w.RecordLoginFailure(w.ctx, "a@example.com", "192.0.2.7", w.clock.Now()))
		ctx := bot9.WithIdempotency(w.ctx, &bot9.Idempotency{Scope: 1, Key: "key"})
		_, err = w.AppendEvents(ctx, w.chatbot, []bot9.NewEvent{note(0, "once")})
		must(t, err)

		found := func() (session, failure, answer bool) {
			w.cleanAll(t)
			_, _, err := w.MemberBySession(w.ctx, hash("short"), 0) // at a time at which it was valid
			failures, _, failuresErr := w.LoginFailures(w.ctx, "a@example.com", "192.0.2.7", 0)
			must(t, failuresErr)
			_, answer, findErr := w.FindAnswer(w.ctx, 1, "key")
			must(t, findErr)
			return err == nil, failures > 0, answer
		}
		session, failure, answer := found()
		want(t, "kept", [3]bool{session, failure, answer}, [3]bool{true, true, true})
		w.clock.Advance(time.Minute)
		session, failure, answer = found()
		want(t, "kept after a minute", [3]bool{session, failure, answer}, [3]bool{false, true, true})
		w.clock.Advance(time.Hour)
		session, failure, answer = found()
		want(t, "kept after an hour", [3]bool{session, failure, answer}, [3]bool{false, false, true})
		w.clock.Advance(24 * time.Hour)
		session, failure, answer = found()
		want(t, "kept after a day", [3]bool{session, failure, answer}, [3]bool{false, false, false})
		_, _, err = w.MemberBySession(w.ctx, hash("long"), w.clock.Now())
		must(t, err)
	}},
}}

func deletedChatbot(t *testing.T, w *world) {
	kept := w.chatbot
	fill := func(mark string, events int) (bot9.Webhook, bot9.ConversationID) {
		conversation := w.start(bot9.Conversation{User: bot9.EndUser{Name: mark + " user"}}).ID
		webhook := w.webhook(func(w *bot9.Webhook) { w.Description = mark + " webhook" })
		w.say(conversation, mark+" message")
		batch := make([]bot9.NewEvent, events)
		for i := range batch {
			batch[i] = note(0, mark+" event "+strconv.Itoa(i))
		}
		_, err := w.AppendEvents(w.ctx, w.chatbot, batch)
		must(t, err)
		_, err = w.CreateDocument(w.ctx, bot9.Document{ChatbotID: w.chatbot, Title: mark + " document"})
		must(t, err)
		w.finish(w.claim(webhook.ID)[0], bot9.DeliverySucceeded, func(r *bot9.AttemptResult) { r.Attempt.ResponseBody = mark + " answer" })
		w.replayAll(webhook.ID)
		return webhook, conversation
	}
	webhook, conversation := fill("kept", 10)
	w.chatbot = w.newChatbot()
	deleted, deletedConversation := fill("deleted", 1500)
	must(t, w.DeleteChatbot(w.ctx, w.account, w.chatbot))
	if slices := w.cleanAll(t); slices < 3 {
		t.Errorf("2,502 deliveries were removed in %d slices", slices)
	}
	want(t, "events", len(w.allEvents(bot9.EventFilter{})), 0)
	want(t, "deliveries", len(w.deliveries(bot9.DeliveryFilter{}, 0)), 0)
	messages, err := w.RecentMessages(w.ctx, deletedConversation, 10)
	must(t, err)
	want(t, "messages", len(messages), 0)
	_, err = w.Conversation(w.ctx, w.chatbot, deletedConversation)
	missing(t, err)
	documents, err := w.DocumentVersions(w.ctx, w.chatbot, "")
	must(t, err)
	want(t, "documents", len(documents), 0)
	waiting, err := w.Waiting(w.ctx)
	must(t, err)
	_, waits := waiting[deleted.ID]
	want(t, "the deleted webhook waits", waits, false)
	want(t, "replays", len(readAll(t, 0, func(page bot9.Page) (bot9.List[bot9.Replay], error) {
		return w.Replays(w.ctx, w.chatbot, deleted.ID, page)
	})), 0)

	w.chatbot = kept
	want(t, "events kept", len(w.allEvents(bot9.EventFilter{})), 12)
	want(t, "backlog kept", w.backlog(webhook.ID), 11+12)
	want(t, "deliveries kept", len(w.deliveries(bot9.DeliveryFilter{}, 0)), 12+12)
	messages, err = w.RecentMessages(w.ctx, conversation, 10)
	must(t, err)
	want(t, "messages kept", len(messages), 1)
	dump, err := w.db.Bytes()
	must(t, err)
	want(t, "what was kept is in the bytes", bytes.Contains(dump, []byte("kept answer")), true)
}
