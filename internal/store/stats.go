package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
)

// tally gathers what one transaction did for one webhook, so that its counters are written once a
// transaction and not once a delivery.
type tally struct {
	enqueued, finished int64
	succeeded, failed  int64
	latency            histogram
}

func (t *tx) tally(webhook bot9.WebhookID) *tally {
	counts, ok := t.tallies[webhook]
	if !ok {
		counts = &tally{}
		t.tallies[webhook] = counts
	}
	return counts
}

func (c *tally) count(a *bot9.Attempt) {
	if a.Outcome == bot9.OutcomeSuccess {
		c.succeeded++
	} else {
		c.failed++
	}
	c.latency.add(time.Duration(a.DurationMs * float64(time.Millisecond)))
}

func (t *tx) flushTallies() error {
	minute := int64(t.now) / time.Minute.Milliseconds()
	for _, webhook := range slices.Sorted(maps.Keys(t.tallies)) {
		c := t.tallies[webhook]
		if c.enqueued != 0 || c.finished != 0 {
			if err := t.sampleBacklog(webhook, minute); err != nil {
				return err
			}
			err := t.queue(`INSERT INTO endpoint_counts (webhook_id, node, enqueued, finished) VALUES ($1, $2, $3, $4)
				ON CONFLICT (webhook_id, node) DO UPDATE SET
					enqueued = endpoint_counts.enqueued + excluded.enqueued, finished = endpoint_counts.finished + excluded.finished`,
				int64(webhook), t.store.node, c.enqueued, c.finished)
			if err != nil {
				return err
			}
		}
		if c.succeeded == 0 && c.failed == 0 {
			continue
		}
		encoded, err := t.addLatency(webhook, minute, &c.latency)
		if err != nil {
			return err
		}
		err = t.queue(`INSERT INTO attempt_stats (webhook_id, minute, node, succeeded, failed, latency) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (webhook_id, minute, node) DO UPDATE SET succeeded = attempt_stats.succeeded + excluded.succeeded,
				failed = attempt_stats.failed + excluded.failed, latency = excluded.latency`,
			int64(webhook), minute, t.store.node, c.succeeded, c.failed, encoded)
		if err != nil {
			return err
		}
	}
	return nil
}

// addLatency adds what the row of the webhook's minute holds already, and returns what it is to hold. Nobody
// else writes that row, so it is read once and then remembered.
func (t *tx) addLatency(webhook bot9.WebhookID, minute int64, h *histogram) (encoded []byte, err error) {
	remembered, ok := t.store.memory.latencies.get(webhook)
	if !ok || remembered.minute != minute {
		remembered = latencies{minute: minute}
		_, err := queryRow(t, `SELECT latency FROM attempt_stats WHERE webhook_id = $1 AND minute = $2 AND node = $3`,
			[]any{int64(webhook), minute, t.store.node}, &remembered.encoded)
		if err != nil {
			return nil, err
		}
	}
	h.merge(remembered.encoded)
	remembered.encoded = h.encode()
	t.store.memory.latencies.set(webhook, remembered)
	return remembered.encoded, nil
}

// latencies are a webhook's histogram of one minute, as it is in the row.
type latencies struct {
	minute  int64
	encoded []byte
}

// Stats tells how a webhook did in the window that ends at now.
func (s *Store) Stats(ctx context.Context, chatbot bot9.ChatbotID, id bot9.WebhookID, window bot9.StatsWindow, now bot9.Time) (bot9.Stats, error) {
	webhook, err := s.Webhook(ctx, chatbot, id)
	if err != nil {
		return bot9.Stats{}, err
	}
	sum := newWebhookSum(id, window, now)
	direct := s.oldestDirect(id)
	err = s.read(ctx, func(r session) error {
		if err := sum.readAttempts(r); err != nil {
			return err
		}
		counts, err := pendingOf(r, []bot9.Webhook{webhook})
		if err != nil {
			return err
		}
		return sum.readBacklog(r, direct, counts[id], now)
	})
	if err != nil {
		return bot9.Stats{}, err
	}
	return sum.finish(&webhook), nil
}

// webhookSum adds up the statistics of a webhook.
type webhookSum struct {
	webhook     bot9.WebhookID
	stats       bot9.Stats
	total       histogram
	perStep     []histogram
	first, step int64 // when the series begins, and its step, in ms
}

func newWebhookSum(webhook bot9.WebhookID, window bot9.StatsWindow, now bot9.Time) *webhookSum {
	points, first := window.Series(now)
	sum := &webhookSum{webhook: webhook, perStep: make([]histogram, points), first: int64(first), step: window.Step.Milliseconds()}
	sum.stats = bot9.Stats{Window: window.Name, Series: make([]bot9.StatsPoint, points)}
	for i := range sum.stats.Series {
		sum.stats.Series[i].At = bot9.Time(sum.first + int64(i)*sum.step)
	}
	return sum
}

func (sum *webhookSum) readAttempts(r session) error {
	return r.query(func(scan scanFunc) error {
		var minute, succeeded, failed int64
		var latency []byte
		if err := scan(&minute, &succeeded, &failed, &latency); err != nil {
			return err
		}
		i := (minute*time.Minute.Milliseconds() - sum.first) / sum.step
		if i < 0 || i >= int64(len(sum.perStep)) {
			return nil
		}
		sum.stats.Series[i].Succeeded += succeeded
		sum.stats.Series[i].Failed += failed
		sum.perStep[i].merge(latency)
		sum.total.merge(latency)
		return nil
	}, `SELECT minute, succeeded, failed, latency FROM attempt_stats WHERE webhook_id = $1 AND minute >= $2`,
		int64(sum.webhook), sum.first/time.Minute.Milliseconds())
}

// readBacklog reads how much waits, and since when. direct is the oldest direct delivery, 0 if there is none; noted is
// what is still to be made.
func (sum *webhookSum) readBacklog(r session, direct int64, noted pending, now bot9.Time) error {
	if _, err := queryRow(r, `SELECT CAST(sum(enqueued) - sum(finished) AS BIGINT) FROM endpoint_counts WHERE webhook_id = $1`,
		[]any{int64(sum.webhook)}, &sum.stats.Backlog); err != nil {
		return err
	}
	sum.stats.Backlog += noted.deliveries
	if err := readBacklogSeries(r, sum.webhook, &sum.stats); err != nil {
		return err
	}
	if sum.stats.Backlog == 0 {
		return nil
	}
	oldest, err := oldestWaiting(r, sum.webhook)
	if direct != 0 && (oldest == 0 || direct < oldest) {
		oldest = direct
	}
	sum.stats.OldestWaitingAt = bot9.DeliveryID(oldest).Time()
	if oldest == 0 { // it waits for less than this read takes
		sum.stats.OldestWaitingAt = now
	}
	if noted.deliveries > 0 {
		sum.stats.OldestWaitingAt = min(sum.stats.OldestWaitingAt, noted.oldest)
	}
	return err
}

func (sum *webhookSum) finish(webhook *bot9.Webhook) bot9.Stats {
	stats := sum.stats
	for i := range stats.Series {
		point := &stats.Series[i]
		point.LatencyMs = sum.perStep[i].percentiles()
		stats.Attempts.Succeeded += point.Succeeded
		stats.Attempts.Failed += point.Failed
	}
	stats.LatencyMs = sum.total.percentiles()
	stats.SuccessRate = stats.Attempts.Rate()
	stats.State = policy.State(webhook, webhook.Health, stats.Attempts.Succeeded, stats.Attempts.Failed)
	return stats
}
