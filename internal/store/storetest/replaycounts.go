package storetest

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

var replayCounts = topic{"ReplayCounts", []testCase{
	{"are what a replay would send, and send nothing", func(t *testing.T, w *world) {
		conversation := w.conversation()
		w.append(conversation, 3)
		since := w.clock.Now().Add(time.Second)
		w.clock.Advance(time.Minute)
		webhook := w.webhook(unordered)
		w.append(0, 1200) // more than two slices
		claimed := w.claim(webhook.ID)
		for _, d := range claimed[:7] {
			w.finish(d, bot9.DeliveryFailed)
		}
		for _, c := range []struct {
			name   string
			filter bot9.ReplayFilter
			want   int
		}{
			{"everything", bot9.ReplayFilter{}, 1203},
			{"since", bot9.ReplayFilter{Since: since}, 1200},
			{"until", bot9.ReplayFilter{Until: since}, 3},
			{"conversation", bot9.ReplayFilter{ConversationID: conversation}, 3},
			{"other events", bot9.ReplayFilter{Events: []string{"messageSent"}}, 0},
			{"failed", bot9.ReplayFilter{Status: []bot9.DeliveryStatus{bot9.DeliveryFailed}}, 7},
		} {
			got, err := w.CountReplay(w.ctx, bot9.Replay{ChatbotID: w.chatbot, WebhookID: webhook.ID, Filter: c.filter})
			must(t, err)
			want(t, c.name, got, bot9.ReplayCount{Count: c.want, Exact: true})
		}
		want(t, "backlog", w.backlog(webhook.ID), 1193)
		_, err := w.CountReplay(w.ctx, bot9.Replay{ChatbotID: w.newChatbot(), WebhookID: webhook.ID})
		missing(t, err)
	}},
}}
