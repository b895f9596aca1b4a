package store

import (
	"context"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
	"github.com/bot9/bot9/internal/policy"
)

// ChatbotStats tells how all of a chatbot's webhooks did in the window that ends at now, and how much was said in it.
func (s *Store) ChatbotStats(ctx context.Context, chatbot bot9.ChatbotID, window bot9.StatsWindow, now bot9.Time) (bot9.ChatbotStats, error) {
	webhooks, err := s.Webhooks(ctx, chatbot)
	if err != nil {
		return bot9.ChatbotStats{}, err
	}
	sum := newChatbotSum(webhooks, window, now)
	sum.stats.Window = window.Name
	err = s.read(ctx, func(r session) error {
		if err := sum.readAttempts(r, chatbot); err != nil {
			return err
		}
		if err := sum.readBacklogs(r, webhooks, chatbot, now); err != nil {
			return err
		}
		return sum.readTalk(r, chatbot, now.Add(-window.Length))
	})
	if err != nil {
		return bot9.ChatbotStats{}, err
	}
	return sum.finish(webhooks), nil
}

// chatbotSum adds up the statistics of a chatbot.
type chatbotSum struct {
	stats       bot9.ChatbotStats
	place       map[bot9.WebhookID]int // of its summary
	perWebhook  []histogram
	perStep     []histogram
	first, step int64 // when the series begins, and its step, in ms
}

func newChatbotSum(webhooks []bot9.Webhook, window bot9.StatsWindow, now bot9.Time) *chatbotSum {
	sum := &chatbotSum{place: map[bot9.WebhookID]int{}, perWebhook: make([]histogram, len(webhooks)), step: window.Step.Milliseconds()}
	steps, first := window.Series(now)
	sum.first = int64(first)
	sum.perStep = make([]histogram, steps)
	sum.stats.Series = make([]bot9.AttemptPoint, steps)
	for i := range sum.stats.Series {
		sum.stats.Series[i].At = bot9.Time(sum.first + int64(i)*sum.step)
	}
	sum.stats.Webhooks = make([]bot9.WebhookSummary, len(webhooks))
	for i := range webhooks {
		sum.place[webhooks[i].ID] = i
		sum.stats.Webhooks[i] = bot9.WebhookSummary{WebhookID: webhooks[i].ID, Succeeded: make([]int64, steps), Failed: make([]int64, steps)}
	}
	return sum
}

func (sum *chatbotSum) readAttempts(r session, chatbot bot9.ChatbotID) error {
	return r.query(func(scan scanFunc) error {
		var webhook, minute, succeeded, failed int64
		var latency []byte
		if err := scan(&webhook, &minute, &succeeded, &failed, &latency); err != nil {
			return err
		}
		step := (minute*time.Minute.Milliseconds() - sum.first) / sum.step
		i, known := sum.place[bot9.WebhookID(webhook)]
		if !known || step < 0 || step >= int64(len(sum.perStep)) {
			return nil
		}
		sum.stats.Series[step].Succeeded += succeeded
		sum.stats.Series[step].Failed += failed
		sum.stats.Webhooks[i].Succeeded[step] += succeeded
		sum.stats.Webhooks[i].Failed[step] += failed
		sum.perStep[step].merge(latency)
		sum.perWebhook[i].merge(latency)
		return nil
	}, `SELECT s.webhook_id, s.minute, s.succeeded, s.failed, s.latency FROM webhooks w JOIN attempt_stats s ON s.webhook_id = w.id
		WHERE w.chatbot_id = $1 AND w.deleted_at IS NULL AND s.minute >= $2`, int64(chatbot), sum.first/time.Minute.Milliseconds())
}

// readBacklogs reads what waits for each webhook. Deliveries that are on their way without a row in the
// backlog are counted; if all of a webhook's are, the oldest counts as made now.
func (sum *chatbotSum) readBacklogs(r session, webhooks []bot9.Webhook, chatbot bot9.ChatbotID, now bot9.Time) error {
	err := r.query(func(scan scanFunc) error {
		var webhook, waiting int64
		err := scan(&webhook, &waiting)
		if i, known := sum.place[bot9.WebhookID(webhook)]; known {
			sum.stats.Webhooks[i].Backlog = waiting
		}
		return err
	}, `SELECT w.id, CAST(sum(c.enqueued) - sum(c.finished) AS BIGINT) FROM webhooks w JOIN endpoint_counts c ON c.webhook_id = w.id
		WHERE w.chatbot_id = $1 AND w.deleted_at IS NULL GROUP BY w.id`, int64(chatbot))
	if err != nil {
		return err
	}
	for i := range sum.stats.Webhooks {
		summary := &sum.stats.Webhooks[i]
		if summary.Backlog == 0 {
			continue
		}
		summary.OldestWaitingAt = now // it waits for less than this read takes
		err := askOldestWaiting(r, summary.WebhookID, func(id int64) {
			summary.OldestWaitingAt = min(summary.OldestWaitingAt, bot9.DeliveryID(id).Time())
		})
		if err != nil {
			return err
		}
	}
	if err := r.answers(); err != nil {
		return err
	}
	noted, err := pendingOf(r, webhooks)
	for id, count := range noted {
		summary := &sum.stats.Webhooks[sum.place[id]]
		if summary.Backlog == 0 || count.oldest < summary.OldestWaitingAt {
			summary.OldestWaitingAt = count.oldest
		}
		summary.Backlog += count.deliveries
	}
	return err
}

// readTalk counts conversations and messages since a time.
func (sum *chatbotSum) readTalk(r session, chatbot bot9.ChatbotID, since bot9.Time) error {
	for _, each := range []struct {
		event string
		into  *int64
	}{
		{catalog.ConversationStarted, &sum.stats.Conversations},
		{catalog.MessageReceived, &sum.stats.Messages},
		{catalog.MessageSent, &sum.stats.Messages},
	} {
		var count int64
		_, err := queryRow(r, `SELECT count(*) FROM (SELECT 1 AS one FROM events e WHERE e.chatbot_id = $1 AND e.type = $2 AND e.id >= $3 LIMIT $4) AS found`,
			[]any{int64(chatbot), each.event, bot9.FirstIDAt(since), bot9.MaxCounted}, &count)
		if err != nil {
			return err
		}
		*each.into += count
	}
	return nil
}

func (sum *chatbotSum) finish(webhooks []bot9.Webhook) bot9.ChatbotStats {
	var total histogram
	stats := &sum.stats
	for i := range stats.Series {
		stats.Series[i].LatencyMs = sum.perStep[i].percentiles()
		stats.Attempts.Succeeded += stats.Series[i].Succeeded
		stats.Attempts.Failed += stats.Series[i].Failed
	}
	for i := range stats.Webhooks {
		summary := &stats.Webhooks[i]
		for step := range summary.Succeeded {
			summary.Attempts.Succeeded += summary.Succeeded[step]
			summary.Attempts.Failed += summary.Failed[step]
		}
		summary.SuccessRate = summary.Attempts.Rate()
		summary.LatencyMs = sum.perWebhook[i].percentiles()
		summary.State = policy.State(&webhooks[i], webhooks[i].Health, summary.Attempts.Succeeded, summary.Attempts.Failed)
		stats.Backlog += summary.Backlog
		if at := summary.OldestWaitingAt; at != 0 && (stats.OldestWaitingAt == 0 || at < stats.OldestWaitingAt) {
			stats.OldestWaitingAt = at
		}
		for bucket, count := range sum.perWebhook[i] {
			total[bucket] += count
		}
	}
	stats.SuccessRate = stats.Attempts.Rate()
	stats.LatencyMs = total.percentiles()
	return *stats
}
