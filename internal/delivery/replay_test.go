package delivery_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
)

func (w *world) replay(id bot9.WebhookID, filter bot9.ReplayFilter) bot9.Replay {
	w.t.Helper()
	made, err := w.CreateReplay(w.ctx, bot9.Replay{WebhookID: id, ChatbotID: w.chatbot, Filter: filter})
	must(w.t, err)
	return made
}

// past makes events from before there is a webhook.
func (w *world) past(conversations []bot9.ConversationID, rounds int) []bot9.EventID {
	w.t.Helper()
	var events []bot9.EventID
	for range rounds {
		events = append(events, w.happen(conversations...)...)
	}
	return events
}

func TestAReplayRunsInOrderAndBehindLiveEvents(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		past := w.past(w.conversations(50), 40)
		webhook, endpoint := w.webhook("new", func(webhook *bot9.Webhook) { webhook.MaxInFlight = 2 })
		endpoint.replies(reply{status: 200, after: 100 * time.Millisecond})
		made := w.replay(webhook.ID, bot9.ReplayFilter{})
		time.Sleep(time.Second)
		live := w.conversations(1)
		events := past
		for range 20 {
			at := bot9.At(time.Now())
			events = append(events, w.happen(live...)...)
			time.Sleep(time.Second)
			calls := endpoint.seen()
			sent := slices.IndexFunc(calls, func(c call) bool { return c.event == events[len(events)-1] })
			if sent < 0 || calls[sent].at.Sub(at) > 100*time.Millisecond {
				t.Fatal("a live event waits longer behind a replay than for what is in flight")
			}
		}
		time.Sleep(2 * time.Minute)
		endpoint.wantEach(t, events)
		endpoint.wantOrder(t)
		done, err := w.Replay(w.ctx, w.chatbot, made.ID)
		must(t, err)
		if done.Status != bot9.ReplayDone || done.Succeeded != int64(len(past)) {
			t.Errorf("the replay is %s with %d succeeded, want completed with %d", done.Status, done.Succeeded, len(past))
		}
	})
}

func TestACanceledReplayStops(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		conversations := w.conversations(10)
		w.past(conversations, 20)
		webhook, endpoint := w.webhook("new", func(webhook *bot9.Webhook) { webhook.MaxInFlight = 2 })
		endpoint.replies(reply{status: 200, after: time.Second})
		made := w.replay(webhook.ID, bot9.ReplayFilter{})
		time.Sleep(10500 * time.Millisecond)
		live := w.happen(conversations[0]) // behind what the replay has queued of its conversation
		canceled, err := w.CancelReplay(w.ctx, w.chatbot, made.ID)
		must(t, err)
		if canceled.Status != bot9.ReplayCanceled {
			t.Errorf("the replay is %s", canceled.Status)
		}
		before := len(endpoint.seen())
		time.Sleep(time.Hour)
		calls := endpoint.seen()
		// What the dispatcher held in memory when the replay was canceled is still sent.
		replayed := 0
		for _, c := range calls[before:] {
			if c.replayed {
				replayed++
			}
		}
		if replayed > 10 {
			t.Errorf("%d replayed events were sent after the replay was canceled, want the heads of 10 lanes at most", replayed)
		}
		if !slices.Contains(endpoint.arrived(), live[0]) {
			t.Errorf("the live event behind the replay did not arrive")
		}
		endpoint.wantOrder(t)
		statuses := w.statuses(webhook.ID)
		want := map[bot9.DeliveryStatus]int{bot9.DeliverySucceeded: len(calls), bot9.DeliveryCanceled: 201 - len(calls)}
		if diff := cmp.Diff(want, statuses); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAReplaySurvivesARestartAndAFailingStore(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		past := w.past(w.conversations(20), 100)
		webhook, endpoint := w.webhook("new")
		endpoint.replies(reply{status: 200, after: 200 * time.Millisecond})
		made := w.replay(webhook.ID, bot9.ReplayFilter{})
		for range 3 {
			time.Sleep(1100 * time.Millisecond)
			w.restart()
			time.Sleep(1100 * time.Millisecond)
			w.access.cut.Store(true)
			time.Sleep(2 * time.Second)
			w.access.cut.Store(false)
		}
		time.Sleep(5 * time.Minute)
		endpoint.wantEach(t, past)
		endpoint.wantOrder(t)
		done, err := w.Replay(w.ctx, w.chatbot, made.ID)
		must(t, err)
		if done.Status != bot9.ReplayDone {
			t.Errorf("the replay is %s, want completed", done.Status)
		}
	})
}
