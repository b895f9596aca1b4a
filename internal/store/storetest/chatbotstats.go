package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

var chatbotStats = topic{"ChatbotStats", []testCase{
	{"say the same as the webhooks' own", func(t *testing.T, w *world) {
		webhooks := []bot9.Webhook{w.webhook(unordered), w.webhook(unordered), w.webhook(unordered, func(h *bot9.Webhook) { h.Events = []string{"custom.other"} })}
		stranger := w.newChatbot()
		for _, next := range []bot9.DeliveryStatus{bot9.DeliverySucceeded, bot9.DeliveryFailed, bot9.DeliverySucceeded} {
			w.append(0, 3)
			w.clock.Advance(90 * time.Minute)
			for i, webhook := range webhooks[:2] {
				for _, d := range w.claim(webhook.ID)[i:] {
					w.finish(d, next)
				}
			}
		}
		for _, window := range []bot9.StatsWindow{bot9.LastHour, bot9.LastDay, bot9.LastWeek} {
			all, err := w.ChatbotStats(w.ctx, w.chatbot, window, w.clock.Now())
			must(t, err)
			var sum bot9.AttemptCounts
			var backlog int64
			for i, webhook := range webhooks {
				own, summary := w.stats(webhook.ID, window), all.Webhooks[i]
				want(t, "webhook", summary.WebhookID, webhook.ID)
				want(t, "attempts", summary.Attempts, own.Attempts)
				want(t, "success rate", summary.SuccessRate, own.SuccessRate)
				want(t, "latency", summary.LatencyMs, own.LatencyMs)
				want(t, "backlog", summary.Backlog, own.Backlog)
				want(t, "oldest waiting", summary.OldestWaitingAt, own.OldestWaitingAt)
				want(t, "state", summary.State, own.State)
				for step, point := range own.Series {
					want(t, "step", all.Series[step].At, point.At)
					want(t, "succeeded in step", summary.Succeeded[step], point.Succeeded)
					want(t, "failed in step", summary.Failed[step], point.Failed)
				}
				sum.Succeeded += own.Attempts.Succeeded
				sum.Failed += own.Attempts.Failed
				backlog += own.Backlog
			}
			want(t, "all attempts", all.Attempts, sum)
			want(t, "all that waits", all.Backlog, backlog)
			none, err := w.ChatbotStats(w.ctx, stranger, window, w.clock.Now())
			must(t, err)
			want(t, "another chatbot's webhooks", len(none.Webhooks), 0)
			want(t, "another chatbot's attempts", none.Attempts, bot9.AttemptCounts{})
		}
	}},
	{"count what was said within the window", func(t *testing.T, w *world) {
		say := func(event string, times int) {
			for range times {
				_, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{{Type: event, Data: []byte(`{}`)}})
				must(t, err)
			}
		}
		say("conversationStarted", 1)
		say("messageReceived", 2)
		w.clock.Advance(2 * time.Hour)
		say("conversationStarted", 2)
		say("messageReceived", 3)
		say("messageSent", 4)
		for window, counts := range map[bot9.StatsWindow][2]int64{bot9.LastHour: {2, 7}, bot9.LastDay: {3, 9}} {
			got, err := w.ChatbotStats(w.ctx, w.chatbot, window, w.clock.Now())
			must(t, err)
			want(t, "conversations", got.Conversations, counts[0])
			want(t, "messages", got.Messages, counts[1])
		}
	}},
	{"write nothing", func(t *testing.T, w *world) {
		w.webhook(unordered)
		w.append(0, 3)
		before := w.Counts().Transactions
		_, err := w.ChatbotStats(w.ctx, w.chatbot, bot9.LastHour, w.clock.Now())
		must(t, err)
		want(t, "transactions", w.Counts().Transactions, before)
	}},
}}

var watching = topic{"Watching", []testCase{
	{"tells what was changed, and nothing of other chatbots", func(t *testing.T, w *world) {
		var mu sync.Mutex
		var seen bot9.Topics
		stop := w.Watch(w.chatbot, func(topics bot9.Topics) {
			if topics == bot9.AllTopics { // whoever begins to listen to other nodes may have missed anything
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seen |= topics
		})
		step := func(what string, wanted bot9.Topics, do func()) {
			mu.Lock()
			seen = 0
			mu.Unlock()
			do()
			mu.Lock()
			defer mu.Unlock()
			want(t, what, seen.Names(), wanted.Names())
		}
		var webhook bot9.Webhook
		step("a webhook", bot9.TopicWebhooks, func() { webhook = w.webhook(unordered) })
		step("an event with a delivery", bot9.TopicEvents|bot9.TopicDeliveries, func() { w.append(0, 1) })
		step("an attempt", bot9.TopicDeliveries, func() { w.finish(w.claim(webhook.ID)[0], bot9.DeliveryFailed) })
		step("a replay", bot9.TopicReplays, func() {
			_, err := w.CreateReplay(w.ctx, bot9.Replay{ChatbotID: w.chatbot, WebhookID: webhook.ID})
			must(t, err)
		})
		step("what a replay queues", bot9.TopicReplays|bot9.TopicDeliveries, func() {
			_, err := w.AdvanceReplays(w.ctx)
			must(t, err)
		})
		step("another chatbot", 0, func() {
			_, err := w.AppendEvents(w.ctx, w.newChatbot(), []bot9.NewEvent{{Type: "custom.a", Data: []byte(`{}`)}})
			must(t, err)
		})
		stop()
		step("after stop", 0, func() { w.append(0, 1) })
	}},
}}
