package storetest

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

var stats = topic{"Stats", []testCase{
	{"count attempts and what waits", func(t *testing.T, w *world) {
		webhook, other := w.webhook(unordered), w.webhook(unordered)
		idle := w.stats(webhook.ID, bot9.LastHour)
		want(t, "state", idle.State, "idle")
		want(t, "success rate without attempts", idle.SuccessRate == nil, true)
		want(t, "oldest waiting", idle.OldestWaitingAt, 0)

		w.append(0, 8)
		oldest := w.clock.Now()
		w.clock.Advance(time.Minute)
		w.append(0, 2)
		claimed := w.claim(webhook.ID)
		for _, d := range claimed[2:8] {
			w.finish(d, bot9.DeliverySucceeded)
		}
		w.finish(claimed[8], bot9.DeliveryRetrying, retryIn(time.Hour))
		w.finish(claimed[9], bot9.DeliveryFailed)
		w.finish(claimed[0], bot9.DeliveryPending) // an attempt that counts against nobody
		for _, d := range w.claim(other.ID) {
			w.finish(d, bot9.DeliveryFailed)
		}
		got := w.stats(webhook.ID, bot9.LastHour)
		want(t, "attempts", got.Attempts, bot9.AttemptCounts{Succeeded: 6, Failed: 2})
		want(t, "success rate", *got.SuccessRate, 0.75)
		want(t, "backlog", got.Backlog, 3)
		want(t, "oldest waiting", got.OldestWaitingAt, oldest)
		w.reopen()
		want(t, "after reopening", w.stats(webhook.ID, bot9.LastHour), got)
	}},
	{"tell percentiles to a quarter", func(t *testing.T, w *world) {
		webhook := w.webhook(unordered)
		w.append(0, 1000)
		for i, d := range w.claim(webhook.ID) {
			w.finish(d, bot9.DeliverySucceeded, func(r *bot9.AttemptResult) {
				r.Attempt.DurationMs = float64(i+1) / 2 // 0.5 to 500 ms
			})
		}
		got := w.stats(webhook.ID, bot9.LastHour).LatencyMs
		for _, c := range []struct{ got, want float64 }{{got.P50, 250}, {got.P95, 475}, {got.P99, 495}} {
			if c.got < c.want*0.75 || c.got > c.want*1.25 {
				t.Errorf("a percentile is %v ms, want %v within a quarter", c.got, c.want)
			}
		}
	}},
	{"are cut into steps, and end with now", func(t *testing.T, w *world) {
		webhook := w.webhook(unordered)
		attempt := func(n int, next bot9.DeliveryStatus) {
			w.append(0, n)
			for _, d := range w.claim(webhook.ID) {
				w.finish(d, next)
			}
		}
		w.clock.Advance(2 * time.Hour)
		attempt(1, bot9.DeliverySucceeded)
		w.clock.Advance(6*24*time.Hour - 2*time.Hour)
		attempt(2, bot9.DeliverySucceeded)
		w.clock.Advance(23 * time.Hour)
		attempt(3, bot9.DeliveryFailed)
		w.clock.Advance(30 * time.Minute)
		attempt(4, bot9.DeliverySucceeded)
		for _, c := range []struct {
			window            bot9.StatsWindow
			name              string
			step              time.Duration
			succeeded, failed int64
		}{
			{bot9.LastHour, "1h", time.Minute, 4, 3},
			{bot9.LastDay, "24h", 30 * time.Minute, 6, 3},
			{bot9.LastWeek, "7d", 4 * time.Hour, 7, 3},
		} {
			got := w.stats(webhook.ID, c.window)
			want(t, "window", got.Window, c.name)
			want(t, c.name, got.Attempts, bot9.AttemptCounts{Succeeded: c.succeeded, Failed: c.failed})
			want(t, c.name+" steps", len(got.Series), int(c.window.Length/c.step))
			sum := bot9.AttemptCounts{}
			for i, point := range got.Series {
				if i > 0 {
					want(t, c.name+" step", point.At.Sub(got.Series[i-1].At), c.step)
				}
				sum.Succeeded += point.Succeeded
				sum.Failed += point.Failed
			}
			want(t, c.name+" in steps", sum, got.Attempts)
			last := got.Series[len(got.Series)-1]
			want(t, c.name+" has now in its last step", last.At <= w.clock.Now() && last.At.Add(c.step) > w.clock.Now(), true)
			want(t, c.name+" latency where there was some", last.LatencyMs.P50 > 10 && last.LatencyMs.P50 < 15, true)
		}
		w.clock.Advance(time.Hour)
		want(t, "an hour later", w.stats(webhook.ID, bot9.LastHour).State, "idle")
	}},
	{"are refused for other chatbots", func(t *testing.T, w *world) {
		webhook := w.webhook()
		_, err := w.Stats(w.ctx, w.newChatbot(), webhook.ID, bot9.LastHour, w.clock.Now())
		missing(t, err)
	}},
}}

func (w *world) stats(webhook bot9.WebhookID, window bot9.StatsWindow) bot9.Stats {
	w.t.Helper()
	found, err := w.Stats(w.ctx, w.chatbot, webhook, window, w.clock.Now())
	must(w.t, err)
	return found
}
