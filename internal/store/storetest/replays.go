package storetest

import (
	"strconv"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// replayAll replays everything to a webhook and queues it.
func (w *world) replayAll(webhook bot9.WebhookID) bot9.Replay {
	return w.replay(webhook, bot9.ReplayFilter{})
}

func (w *world) replay(webhook bot9.WebhookID, filter bot9.ReplayFilter) bot9.Replay {
	w.t.Helper()
	replay, err := w.CreateReplay(w.ctx, bot9.Replay{ChatbotID: w.chatbot, WebhookID: webhook, Filter: filter})
	must(w.t, err)
	w.advance()
	return replay
}

// advance queues all that replays have room for.
func (w *world) advance() {
	w.t.Helper()
	for range 100 {
		more, err := w.AdvanceReplays(w.ctx)
		must(w.t, err)
		if !more {
			return
		}
	}
	w.t.Fatalf("replays never come to rest")
}

func (w *world) readReplay(id bot9.ReplayID) bot9.Replay {
	w.t.Helper()
	replay, err := w.Replay(w.ctx, w.chatbot, id)
	must(w.t, err)
	return replay
}

// drain succeeds with all that is due, lane by lane, and returns the texts in the order of arrival.
func (w *world) drain(webhook bot9.WebhookID) []bot9.EventID {
	w.t.Helper()
	arrived := []bot9.EventID{}
	for {
		due := w.claim(webhook)
		if len(due) == 0 {
			return arrived
		}
		for _, d := range due {
			arrived = append(arrived, d.EventID)
			w.finish(d, bot9.DeliverySucceeded)
		}
	}
}

var replays = topic{"Replays", []testCase{
	{"send what was before the webhook was made, in order, and count it", func(t *testing.T, w *world) {
		conversation := w.conversation()
		past := w.append(conversation, 5)
		webhook := w.webhook()
		replay := w.replayAll(webhook.ID)
		w.clock.Advance(time.Second)
		later := w.append(conversation, 2) // live, behind it in the lane, and no part of it

		running := w.readReplay(replay.ID)
		want(t, "status", running.Status, bot9.ReplayRunning)
		want(t, "queued", running.Queued, 5)
		want(t, "total", running.Total, 5)
		first := w.claimOne(webhook.ID)
		want(t, "replay", first.ReplayID, replay.ID)
		w.finish(first, bot9.DeliveryFailed)
		want(t, "arrived", w.drain(webhook.ID), append(past[1:], later...))
		w.advance()
		done := w.readReplay(replay.ID)
		want(t, "status", done.Status, bot9.ReplayDone)
		want(t, "succeeded and failed", [2]int64{done.Succeeded, done.Failed}, [2]int64{4, 1})
		want(t, "finished at", done.FinishedAt, w.clock.Now())
	}},
	{"go behind live deliveries", func(t *testing.T, w *world) {
		past := w.append(0, 2)
		webhook := w.webhook()
		w.replayAll(webhook.ID)
		w.clock.Advance(time.Second)
		live := w.append(0, 1)
		want(t, "arrived", w.drain(webhook.ID), append(live, past...))
	}},
	{"hurry where a live delivery of the same conversation waits behind them", func(t *testing.T, w *world) {
		behind, elsewhere := w.conversation(), w.conversation()
		past := append(w.append(elsewhere, 1), w.append(behind, 1)...)
		webhook := w.webhook()
		w.replayAll(webhook.ID)
		w.clock.Advance(time.Second)
		live := w.append(behind, 1)
		want(t, "arrived", w.drain(webhook.ID), []bot9.EventID{past[1], past[0], live[0]})
	}},
	{"say behind what they wait", func(t *testing.T, w *world) {
		stuck, other, free := w.conversation(), w.conversation(), w.conversation()
		webhook := w.webhook()
		for _, conversation := range []bot9.ConversationID{stuck, other, free} {
			w.append(conversation, 1)
		}
		due := w.claim(webhook.ID)
		heads := map[bot9.ConversationID]*bot9.Delivery{}
		for _, d := range due {
			heads[d.ConversationID] = d
		}
		replay := w.replayAll(webhook.ID)
		want(t, "while nothing has failed", w.readReplay(replay.ID).Blocked, (*bot9.ReplayBlocked)(nil))
		w.finish(heads[free], bot9.DeliverySucceeded)
		w.finish(heads[other], bot9.DeliveryRetrying, func(r *bot9.AttemptResult) { r.RetryAt = w.clock.Now().Add(2 * time.Hour) })
		w.finish(heads[stuck], bot9.DeliveryRetrying, func(r *bot9.AttemptResult) { r.RetryAt = w.clock.Now().Add(time.Hour) })
		blocked := &bot9.ReplayBlocked{Conversations: 2, DeliveryID: heads[stuck].ID, NextAttemptAt: w.clock.Now().Add(time.Hour)}
		want(t, "blocked", w.readReplay(replay.ID).Blocked, blocked)
		listed, err := w.Replays(w.ctx, w.chatbot, webhook.ID, bot9.Page{})
		must(t, err)
		want(t, "blocked in the list", listed.Data[0].Blocked, blocked)
		w.clock.Advance(3 * time.Hour)
		for _, d := range w.claim(webhook.ID) {
			w.finish(d, bot9.DeliverySucceeded)
		}
		want(t, "once they are through", w.readReplay(replay.ID).Blocked, (*bot9.ReplayBlocked)(nil))
	}},
	{"choose by time, type, conversation and last state", replayFilters},
	{"queue no more than a thousand ahead", func(t *testing.T, w *world) {
		w.append(0, 1600)
		webhook := w.webhook()
		replay := w.replayAll(webhook.ID)
		want(t, "queued", w.readReplay(replay.ID).Queued, 1000)
		w.advance()
		want(t, "queued while nothing was delivered", w.readReplay(replay.ID).Queued, 1000)
		arrived := []bot9.EventID{}
		for range 10 {
			arrived = append(arrived, w.drain(webhook.ID)...)
			w.advance()
		}
		increasing(t, "arrived", arrived)
		want(t, "arrived", len(arrived), 1600)
		want(t, "status", w.readReplay(replay.ID).Status, bot9.ReplayDone)
	}},
	{"that are canceled leave the backlog, and let go on what waited behind them", canceling},
	{"wait while the webhook is disabled", func(t *testing.T, w *world) {
		w.append(0, 600) // more than one slice
		webhook := w.webhook()
		replay, err := w.CreateReplay(w.ctx, bot9.Replay{ChatbotID: w.chatbot, WebhookID: webhook.ID})
		must(t, err)
		_, err = w.AdvanceReplays(w.ctx)
		must(t, err)
		w.setStatus(webhook.ID, bot9.WebhookDisabled)
		w.advance()
		want(t, "queued", w.readReplay(replay.ID).Queued, 500)
		_, err = w.CreateReplay(w.ctx, bot9.Replay{ChatbotID: w.chatbot, WebhookID: webhook.ID})
		refused(t, err, bot9.Conflict, "webhookDisabled")
		w.setStatus(webhook.ID, bot9.WebhookEnabled)
		w.advance()
		want(t, "arrived", len(w.drain(webhook.ID)), 600)
		w.advance()
		want(t, "status", w.readReplay(replay.ID).Status, bot9.ReplayDone)
	}},
	{"end with their webhook", func(t *testing.T, w *world) {
		w.append(0, 3)
		begun, unbegun := w.webhook(), w.webhook()
		w.replayAll(begun.ID)
		_, err := w.CreateReplay(w.ctx, bot9.Replay{ChatbotID: w.chatbot, WebhookID: unbegun.ID})
		must(t, err)
		must(t, w.DeleteWebhook(w.ctx, w.chatbot, begun.ID))
		must(t, w.DeleteWebhook(w.ctx, w.chatbot, unbegun.ID))
		w.advance()
		w.cleanAll(t)
		more, err := w.AdvanceReplays(w.ctx)
		must(t, err)
		want(t, "more to do", more, false)
		_, err = w.CreateReplay(w.ctx, bot9.Replay{ChatbotID: w.chatbot, WebhookID: begun.ID})
		missing(t, err)
	}},
	{"go on after the store was opened again", func(t *testing.T, w *world) {
		past := w.append(0, 3)
		webhook := w.webhook()
		replay := w.replayAll(webhook.ID)
		w.claim(webhook.ID)
		w.reopen()
		want(t, "arrived", w.drain(webhook.ID), past)
		w.advance()
		want(t, "status", w.readReplay(replay.ID).Status, bot9.ReplayDone)
	}},
	{"are listed by webhook, newest first, and not to other chatbots", func(t *testing.T, w *world) {
		webhook, other := w.webhook(), w.webhook()
		var made []bot9.ReplayID
		for i := range 3 {
			replay := w.replay(webhook.ID, bot9.ReplayFilter{Since: bot9.Time(i + 1), Events: []string{strconv.Itoa(i)}})
			made = append([]bot9.ReplayID{replay.ID}, made...)
		}
		w.replayAll(other.ID)
		list := func(chatbot bot9.ChatbotID) []bot9.Replay {
			return readAll(t, 2, func(page bot9.Page) (bot9.List[bot9.Replay], error) {
				return w.Replays(w.ctx, chatbot, webhook.ID, page)
			})
		}
		listed := list(w.chatbot)
		want(t, "replays", each(listed, func(r bot9.Replay) bot9.ReplayID { return r.ID }), made)
		want(t, "filter", listed[0].Filter, bot9.ReplayFilter{Since: 3, Events: []string{"2"}})
		stranger := w.newChatbot()
		want(t, "replays for another chatbot", len(list(stranger)), 0)
		_, err := w.Replay(w.ctx, stranger, made[0])
		missing(t, err)
		_, err = w.CancelReplay(w.ctx, stranger, made[0])
		missing(t, err)
	}},
}}

func replayFilters(t *testing.T, w *world) {
	conversation := w.conversation()
	webhook := w.webhook(func(w *bot9.Webhook) { w.Events, w.Filter = []string{"custom.*"}, "keep" })
	begin := w.clock.Now()
	made := []bot9.EventID{}
	for _, event := range []bot9.NewEvent{
		note(0, "keep 0"), note(conversation, "keep 1"), note(conversation, "drop 2"), note(0, "keep 3"), note(0, "keep 4"),
		{Type: "custom.other", Data: []byte(`{"text":"keep 5"}`)},
		{Type: "ping", Data: []byte(`{"text":"keep 6"}`)},
	} {
		ids, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{event})
		must(t, err)
		made = append(made, ids...)
		w.clock.Advance(time.Second)
	}
	for _, d := range w.claim(webhook.ID) { // 0 fails, 1 succeeds, 3 fails first and then succeeds, 4 is under way, 5 fails
		switch d.EventID {
		case made[0], made[5]:
			w.finish(d, bot9.DeliveryFailed)
		case made[1]:
			w.finish(d, bot9.DeliverySucceeded)
		case made[3]:
			w.finish(d, bot9.DeliveryFailed)
			w.replay(webhook.ID, bot9.ReplayFilter{Since: made[3].Time(), Until: made[3].Time() + 1})
			w.drain(webhook.ID)
		}
	}
	failed := []bot9.DeliveryStatus{bot9.DeliveryFailed}
	for _, c := range []struct {
		filter bot9.ReplayFilter
		want   []int
	}{
		{bot9.ReplayFilter{}, []int{0, 1, 3, 4, 5}},
		{bot9.ReplayFilter{Since: begin.Add(time.Second), Until: begin.Add(4 * time.Second)}, []int{1, 3}},
		{bot9.ReplayFilter{Events: []string{"custom.other", "ping"}}, []int{5}},
		{bot9.ReplayFilter{Events: []string{bot9.AllEvents}}, []int{0, 1, 3, 4, 5}},
		{bot9.ReplayFilter{Events: []string{"custom.*"}}, []int{0, 1, 3, 4, 5}},
		{bot9.ReplayFilter{ConversationID: conversation}, []int{1}},
		{bot9.ReplayFilter{Status: failed}, []int{0, 5}},
		{bot9.ReplayFilter{Status: failed, Until: begin.Add(time.Second)}, []int{0}},
		{bot9.ReplayFilter{Since: w.clock.Now()}, []int{}},
	} {
		replay := w.replay(webhook.ID, c.filter)
		queued := w.claim(webhook.ID)
		for _, d := range queued {
			want(t, "replay", d.ReplayID, replay.ID)
		}
		got := each(queued, func(d *bot9.Delivery) bot9.EventID { return d.EventID })
		want(t, "replayed", got, each(c.want, func(i int) bot9.EventID { return made[i] }))
		must(t, w.Release(w.ctx, queued))
		_, err := w.CancelReplay(w.ctx, w.chatbot, replay.ID) // which changes nothing about how they ended before
		must(t, err)
	}
}

func canceling(t *testing.T, w *world) {
	conversation := w.conversation()
	w.append(conversation, 3)
	webhook := w.webhook()
	replay := w.replayAll(webhook.ID)
	w.clock.Advance(time.Second)
	live := w.append(conversation, 2)
	taken := w.claimOne(webhook.ID)
	canceled, err := w.CancelReplay(w.ctx, w.chatbot, replay.ID)
	must(t, err)
	want(t, "status", canceled.Status, bot9.ReplayCanceled)
	want(t, "finished at", canceled.FinishedAt, w.clock.Now())
	want(t, "deliveries canceled", len(w.deliveries(bot9.DeliveryFilter{Status: bot9.DeliveryCanceled}, 0)), 2)
	want(t, "counted as canceled", []int64{canceled.Canceled, w.readReplay(replay.ID).Canceled}, []int64{2, 2})
	want(t, "backlog", w.backlog(webhook.ID), 3)
	want(t, "due while one of it is being sent", len(w.claim(webhook.ID)), 0)
	w.finish(taken, bot9.DeliverySucceeded)
	want(t, "arrived", w.drain(webhook.ID), live)
	w.advance()
	want(t, "status", w.readReplay(replay.ID).Status, bot9.ReplayCanceled)
	_, err = w.CancelReplay(w.ctx, w.chatbot, replay.ID)
	must(t, err)

	again := w.replayAll(webhook.ID) // canceled with its head ready
	w.clock.Advance(time.Second)
	live = w.append(conversation, 1)
	_, err = w.CancelReplay(w.ctx, w.chatbot, again.ID)
	must(t, err)
	want(t, "arrived", w.drain(webhook.ID), live)
	want(t, "backlog", w.backlog(webhook.ID), 0)

	done := w.replay(webhook.ID, bot9.ReplayFilter{Since: w.clock.Now().Add(time.Hour)})
	w.advance()
	after, err := w.CancelReplay(w.ctx, w.chatbot, done.ID)
	must(t, err)
	want(t, "a replay that was over", after.Status, bot9.ReplayDone)
	d := w.deliveries(bot9.DeliveryFilter{Status: bot9.DeliveryCanceled}, 0)[0]
	retried, err := w.RetryDelivery(w.ctx, w.chatbot, d.ID)
	must(t, err)
	want(t, "a canceled delivery that is retried", retried.Status, bot9.DeliveryPending)
	want(t, "as stored", w.delivery(d.ID).Status, bot9.DeliveryPending)
}
