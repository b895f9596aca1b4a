package store

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"maps"
	"math/bits"
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

// statsWindows are the windows that can be asked for, and the step of the series in each.
var statsWindows = map[time.Duration]struct {
	name string
	step time.Duration
}{
	time.Hour:          {"1h", time.Minute},
	24 * time.Hour:     {"24h", 30 * time.Minute},
	7 * 24 * time.Hour: {"7d", 4 * time.Hour},
}

// Stats tells how a webhook did in the window (an hour, a day or a week) that ends at now.
func (s *Store) Stats(ctx context.Context, chatbot bot9.ChatbotID, id bot9.WebhookID, window time.Duration, now bot9.Time) (bot9.Stats, error) {
	shape, ok := statsWindows[window]
	if !ok {
		return bot9.Stats{}, bot9.InvalidField("invalidWindow", "query.window", "The window must be 1h, 24h or 7d.")
	}
	webhook, err := s.Webhook(ctx, chatbot, id)
	if err != nil {
		return bot9.Stats{}, err
	}
	step := shape.step.Milliseconds()
	first := (int64(now)-window.Milliseconds())/step*step + step
	stats := bot9.Stats{Window: shape.name, Series: make([]bot9.StatsPoint, window.Milliseconds()/step)}
	histograms := make([]histogram, len(stats.Series))
	for i := range stats.Series {
		stats.Series[i].At = bot9.Time(first + int64(i)*step)
	}
	var total histogram
	direct := s.oldestDirect(id)
	err = s.read(ctx, func(r session) error {
		err := r.query(func(scan scanFunc) error {
			var minute, succeeded, failed int64
			var latency []byte
			if err := scan(&minute, &succeeded, &failed, &latency); err != nil {
				return err
			}
			i := (minute*time.Minute.Milliseconds() - first) / step
			if i < 0 || i >= int64(len(stats.Series)) {
				return nil
			}
			stats.Series[i].Succeeded += succeeded
			stats.Series[i].Failed += failed
			histograms[i].merge(latency)
			total.merge(latency)
			return nil
		}, `SELECT minute, succeeded, failed, latency FROM attempt_stats WHERE webhook_id = $1 AND minute >= $2`,
			int64(id), first/time.Minute.Milliseconds())
		if err != nil {
			return err
		}
		if _, err := queryRow(r, `SELECT CAST(sum(enqueued) - sum(finished) AS BIGINT) FROM endpoint_counts WHERE webhook_id = $1`,
			[]any{int64(id)}, &stats.Backlog); err != nil {
			return err
		}
		if err := readBacklogSeries(r, id, &stats); err != nil {
			return err
		}
		if stats.Backlog == 0 {
			return nil
		}
		oldest, err := oldestWaiting(r, id)
		if direct != 0 && (oldest == 0 || direct < oldest) {
			oldest = direct
		}
		stats.OldestWaitingAt = bot9.DeliveryID(oldest).Time()
		if oldest == 0 { // it waits for less than this read takes
			stats.OldestWaitingAt = now
		}
		return err
	})
	if err != nil {
		return bot9.Stats{}, err
	}
	for i := range stats.Series {
		point := &stats.Series[i]
		point.LatencyMs = histograms[i].percentiles()
		stats.Attempts.Succeeded += point.Succeeded
		stats.Attempts.Failed += point.Failed
	}
	stats.LatencyMs = total.percentiles()
	stats.SuccessRate = stats.Attempts.Rate()
	stats.State = policy.State(&webhook, webhook.Health, stats.Attempts.Succeeded, stats.Attempts.Failed)
	return stats, nil
}

// histogram counts durations in buckets of which each is about a fifth wider than the one before:
// four to every doubling of the microseconds, so that a percentile is right to about 10 %.
type histogram [histogramBuckets]int64

const histogramBuckets = 28 * 4 // up to 2^28 µs = 268 s, far beyond the longest attempt

func bucketOf(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 4))
	exponent := bits.Len64(us) - 1
	return min(exponent*4+int(us>>(exponent-2)&3), histogramBuckets-1)
}

// middleOf returns the middle of a bucket in milliseconds.
func middleOf(bucket int) float64 {
	low := float64(uint64(1)<<(bucket/4)) * (1 + float64(bucket%4)/4)
	return low * 1.1 / 1000
}

func (h *histogram) add(d time.Duration) { h[bucketOf(d)]++ }

// encode writes the buckets that aren't empty as pairs of varints.
func (h *histogram) encode() []byte {
	encoded := make([]byte, 0, 32)
	for bucket, count := range h {
		if count != 0 {
			encoded = binary.AppendUvarint(encoded, uint64(bucket))
			encoded = binary.AppendUvarint(encoded, uint64(count))
		}
	}
	return encoded
}

func (h *histogram) merge(encoded []byte) {
	for len(encoded) > 0 {
		bucket, n := binary.Uvarint(encoded)
		count, m := binary.Uvarint(encoded[max(n, 0):])
		if n <= 0 || m <= 0 || bucket >= histogramBuckets {
			return
		}
		h[bucket] += int64(count)
		encoded = encoded[n+m:]
	}
}

func (h *histogram) percentiles() bot9.Percentiles {
	total := int64(0)
	for _, count := range h {
		total += count
	}
	at := func(share float64) float64 {
		rank := int64(share*float64(total-1)) + 1
		for bucket, count := range h {
			if rank -= count; rank <= 0 {
				return middleOf(bucket)
			}
		}
		return 0
	}
	if total == 0 {
		return bot9.Percentiles{}
	}
	return bot9.Percentiles{P50: at(0.50), P95: at(0.95), P99: at(0.99)}
}

func encodeTiming(t bot9.Timing) string {
	encoded, _ := json.Marshal(t) // plain numbers can't fail
	return string(encoded)
}
