package storetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

var ids = topic{"IDs", []testCase{
	{"grow though the clock steps back", func(t *testing.T, w *world) {
		made := w.append(0, 3)
		w.clock.Advance(-time.Hour)
		made = append(made, w.append(0, 3)...)
		w.clock.Advance(2 * time.Hour)
		made = append(made, w.append(0, 3)...)
		increasing(t, "event IDs", made)
	}},
	{"grow beyond what one millisecond has room for", func(t *testing.T, w *world) {
		made := []bot9.EventID{}
		for range 6 { // a millisecond has 4,096
			made = append(made, w.append(0, 1000)...)
		}
		increasing(t, "event IDs", made)
		w.clock.Advance(time.Second)
		want(t, "the time of an ID made once the clock has caught up", w.append(0, 1)[0].Time(), w.clock.Now())
	}},
	{"grow though the store is opened again with an earlier clock", func(t *testing.T, w *world) {
		made := w.append(0, 3)
		w.clock.Advance(-time.Hour)
		w.reopen()
		made = append(made, w.append(0, 3)...)
		increasing(t, "event IDs", made)
	}},
	{"of every kind continue after the newest of any", func(t *testing.T, w *world) {
		last := int64(0)
		for _, make := range []func() int64{
			func() int64 { return int64(w.newChatbot()) },
			func() int64 { return int64(w.conversation()) },
			func() int64 { return int64(w.webhook().ID) },
			func() int64 { return int64(w.append(0, 1)[0]) },
			func() int64 { return int64(w.say(w.conversation(), "hello")[0].ID) },
			func() int64 {
				document, err := w.CreateDocument(w.ctx, bot9.Document{ChatbotID: w.chatbot, Title: "Title", Text: "Text"})
				must(t, err)
				return int64(document.ID)
			},
			func() int64 {
				key, err := w.CreateKey(w.ctx, w.chatbot, newKey())
				must(t, err)
				return int64(key.ID)
			},
			func() int64 {
				replay, err := w.CreateReplay(w.ctx, bot9.Replay{ChatbotID: w.chatbot, WebhookID: w.webhook().ID})
				must(t, err)
				return int64(replay.ID)
			},
			func() int64 { return int64(w.append(0, 1)[0]) },
		} {
			id := make()
			if id <= last {
				t.Fatalf("%d was made after %d", id, last)
			}
			last = id
			w.clock.Advance(-time.Minute)
			w.reopen()
		}
	}},
	{"are the order, and an event's time is its own, when the clock is set back", func(t *testing.T, w *world) {
		conversation := w.conversation()
		w.clock.Step(6 * 24 * time.Hour)
		ahead := w.append(conversation, 1)
		w.clock.Step(-6 * 24 * time.Hour)
		right := w.clock.Now()
		behind := w.append(conversation, 2)
		w.reopen()
		behind = append(behind, w.append(0, 1)...)
		increasing(t, "IDs", append(ahead, behind...))
		for _, id := range behind {
			event, err := w.Event(w.ctx, w.chatbot, id)
			must(t, err)
			want(t, "created at", event.CreatedAt(), right)
			want(t, "data", strings.HasPrefix(string(event.Data), "{"), true)
		}
		webhook := w.webhook()
		w.replayAll(webhook.ID)
		seen := 0
		for due := w.claim(webhook.ID); len(due) > 0; due = w.claim(webhook.ID) {
			for _, d := range due {
				if slices.Contains(behind, d.EventID) {
					want(t, "what is sent", d.Event.CreatedAt(), right)
					seen++
				}
				w.finish(d, bot9.DeliverySucceeded)
			}
		}
		want(t, "sent", seen, 3)
	}},
	{"turn a span of time into a range", func(t *testing.T, w *world) {
		before := w.append(0, 2)
		w.clock.Advance(time.Millisecond)
		since := w.clock.Now()
		within := w.append(0, 2)
		w.clock.Advance(time.Millisecond)
		until := w.clock.Now()
		after := w.append(0, 2)

		found := func(filter bot9.EventFilter) []bot9.EventID {
			return each(w.allEvents(filter), func(e *bot9.Event) bot9.EventID { return e.ID })
		}
		want(t, "since", found(bot9.EventFilter{Since: since}), []bot9.EventID{after[1], after[0], within[1], within[0]})
		want(t, "until", found(bot9.EventFilter{Until: until}), []bot9.EventID{within[1], within[0], before[1], before[0]})
		for _, beyond := range []bot9.Time{7258118400000, 253402300799000} { // the years 2200 and 9999, of which no ID can be
			want(t, "until long after", len(found(bot9.EventFilter{Until: beyond})), 6)
			want(t, "since long after", len(found(bot9.EventFilter{Since: beyond})), 0)
		}
		want(t, "both", found(bot9.EventFilter{Since: since, Until: until}), []bot9.EventID{within[1], within[0]})
	}},
}}
