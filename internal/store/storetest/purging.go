package storetest

import (
	"strconv"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

var purging = topic{"Purging by the clock", []testCase{
	{"deletes nothing young when the clock steps ahead", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.append(w.conversation(), 3)
		w.drain(webhook.ID)
		w.cleanAll(t)
		w.clock.Step(100 * day)
		w.cleanAll(t)
		want(t, "events", len(w.allEvents(bot9.EventFilter{})), 3)
		want(t, "deliveries", len(w.deliveries(bot9.DeliveryFilter{}, 0)), 3)
		want(t, "purging waits", w.PurgeState().Waiting, true)

		w.clock.Step(-100 * day)
		w.cleanAll(t)
		want(t, "purging waits once the clock is right", w.PurgeState().Waiting, false)
		w.outlive(t)
		want(t, "events after their time", len(w.allEvents(bot9.EventFilter{})), 0)
	}},
	{"goes on at the pace of a clock that nobody sets", func(t *testing.T, w *world) {
		w.append(w.conversation(), 3)
		w.cleanAll(t)
		w.clock.Step(100 * day)
		w.cleanAll(t)
		for range 4 * int((kept+late)/day+1) {
			w.clock.Advance(day / 4)
			w.cleanAll(t)
		}
		want(t, "events after their time", len(w.allEvents(bot9.EventFilter{})), 0)
		want(t, "purging waits", w.PurgeState().Waiting, true)
	}},
	{"deletes nothing young after a start with a clock that is ahead", func(t *testing.T, w *world) {
		w.append(w.conversation(), 3)
		w.cleanAll(t)
		must(t, w.Close())
		w.clock.Step(100 * day)
		w.open()
		w.cleanAll(t)
		want(t, "events", len(w.allEvents(bot9.EventFilter{})), 3)
		want(t, "purging waits", w.PurgeState().Waiting, true)
	}},
	{"believes the clock at an operator's word", func(t *testing.T, w *world) {
		w.append(w.conversation(), 3)
		w.cleanAll(t)
		must(t, w.Close())
		w.clock.Step(100 * day)
		w.acceptClock = w.clock.Now().Add(time.Hour)
		w.open()
		w.cleanAll(t)
		want(t, "events", len(w.allEvents(bot9.EventFilter{})), 0)
		want(t, "purging waits", w.PurgeState().Waiting, false)
	}},
	{"follows a clock that is adjusted by less than an hour", func(t *testing.T, w *world) {
		w.cleanAll(t)
		for _, step := range []time.Duration{50 * time.Minute, -50 * time.Minute, -100 * time.Second, 50 * time.Minute} {
			w.clock.Step(step)
			w.cleanAll(t)
			want(t, "purging waits", w.PurgeState().Waiting, false)
		}
	}},
	{"removes a conversation with many messages in slices", func(t *testing.T, w *world) {
		kept := w.chatbot
		w.chatbot = w.newChatbot()
		conversation := w.conversation()
		texts := make([]string, 500)
		for i := range texts {
			texts[i] = "message " + strconv.Itoa(i)
		}
		for range 5 {
			w.say(conversation, texts...)
		}
		must(t, w.DeleteChatbot(w.ctx, w.account, w.chatbot))
		if slices := w.cleanAll(t); slices < 5 {
			t.Errorf("2,500 messages and 2,500 events were removed in %d slices", slices)
		}
		left, err := w.RecentMessages(w.ctx, conversation, 10)
		must(t, err)
		want(t, "messages", len(left), 0)
		w.chatbot = kept
		w.append(w.conversation(), 2)
		want(t, "events", len(w.allEvents(bot9.EventFilter{})), 2)
	}},
}}
