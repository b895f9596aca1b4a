package storetest

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

var backlogSeries = topic{"BacklogSeries", []testCase{
	{"tells what waited at every minute, also where nothing happened", func(t *testing.T, w *world) {
		w.clock.Advance(time.Hour)
		webhook := w.webhook(unordered)
		want(t, "before anything", w.backlogs(webhook.ID, bot9.LastHour, 3), []int64{0, 0, 0})
		w.append(0, 4)
		w.clock.Advance(time.Minute)
		w.append(0, 2)
		w.append(0, 1)
		w.clock.Advance(3 * time.Minute)
		for _, d := range w.claim(webhook.ID)[:5] {
			w.finish(d, bot9.DeliverySucceeded)
		}
		want(t, "by the minute", w.backlogs(webhook.ID, bot9.LastHour, 6), []int64{0, 4, 7, 7, 7, 2})
		w.reopen()
		w.append(0, 1)
		w.clock.Advance(2 * time.Minute)
		want(t, "by the minute, later", w.backlogs(webhook.ID, bot9.LastHour, 8), []int64{0, 4, 7, 7, 7, 3, 3, 3})
	}},
	{"tells the most of a longer step", func(t *testing.T, w *world) {
		w.clock.Advance(24 * time.Hour)
		webhook := w.webhook(unordered)
		w.append(0, 9)
		w.clock.Advance(time.Minute)
		for _, d := range w.claim(webhook.ID) {
			w.finish(d, bot9.DeliverySucceeded)
		}
		w.clock.Advance(time.Hour)
		got := w.backlogs(webhook.ID, bot9.LastDay, 4)
		want(t, "most of the half hour in which they came", max(got[0], got[1]), int64(9))
		want(t, "now", got[3], int64(0))
	}},
	{"forgets with the webhook", func(t *testing.T, w *world) {
		webhook := w.webhook(unordered)
		w.append(0, 3)
		must(t, w.DeleteWebhook(w.ctx, w.chatbot, webhook.ID))
		w.cleanAll(t)
		_, err := w.Stats(w.ctx, w.chatbot, webhook.ID, bot9.LastHour, w.clock.Now())
		missing(t, err)
	}},
}}

// backlogs are the last n steps of the window.
func (w *world) backlogs(webhook bot9.WebhookID, window bot9.StatsWindow, n int) []int64 {
	w.t.Helper()
	series := w.stats(webhook, window).Series
	return each(series[len(series)-n:], func(p bot9.StatsPoint) int64 { return p.Backlog })
}
