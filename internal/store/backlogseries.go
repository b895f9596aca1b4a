package store

import (
	"slices"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// sampleBacklog notes a webhook's backlog before the transaction changes it, if it is the first to
// do so in this minute. So the sample is what the backlog was when the minute began, and a minute
// without one changed nothing: a busy webhook costs one row a minute, an idle one none.
func (t *tx) sampleBacklog(webhook bot9.WebhookID, minute int64) error {
	if newest, _ := t.store.memory.sampled.get(webhook); newest == minute {
		return nil
	}
	t.store.memory.sampled.set(webhook, minute)
	return t.queue(`INSERT INTO backlog_samples (webhook_id, minute, node, backlog)
		SELECT $1, $2, $3, CAST(coalesce(sum(c.enqueued) - sum(c.finished), 0) AS BIGINT) FROM endpoint_counts c WHERE c.webhook_id = $1
		ON CONFLICT (webhook_id, minute, node) DO NOTHING`, int64(webhook), minute, t.store.node)
}

type backlogSample struct{ minute, backlog int64 }

// readBacklogSeries fills in the backlog of every step of stats, whose present one is known.
func readBacklogSeries(r session, webhook bot9.WebhookID, stats *bot9.Stats) error {
	first := int64(stats.Series[0].At) / time.Minute.Milliseconds()
	var samples []backlogSample
	err := r.query(func(scan scanFunc) error {
		var s backlogSample
		err := scan(&s.minute, &s.backlog)
		samples = append(samples, s)
		return err
	}, `SELECT minute, backlog FROM backlog_samples WHERE webhook_id = $1 AND minute > $2 ORDER BY minute`, int64(webhook), first)
	if err != nil {
		return err
	}
	spreadBacklog(stats, samples)
	return nil
}

// spreadBacklog gives every step the largest backlog that a minute of it ended with. Samples are in
// the order of their minutes, which began with them.
func spreadBacklog(stats *bot9.Stats, samples []backlogSample) {
	for i := range stats.Series {
		point := &stats.Series[i]
		end := point.At + bot9.Time(time.Minute.Milliseconds())
		if i+1 < len(stats.Series) {
			end = stats.Series[i+1].At
		} else if len(samples) > 0 {
			end = bot9.Time((samples[len(samples)-1].minute + 1) * time.Minute.Milliseconds())
		}
		from, to := int64(point.At)/time.Minute.Milliseconds(), int64(end)/time.Minute.Milliseconds()
		next, _ := slices.BinarySearchFunc(samples, to, func(s backlogSample, minute int64) int { return int(s.minute - minute) })
		point.Backlog = stats.Backlog
		if next < len(samples) {
			point.Backlog = samples[next].backlog // nothing changed from the step's end until then
		}
		for ; next > 0 && samples[next-1].minute > from; next-- {
			point.Backlog = max(point.Backlog, samples[next-1].backlog)
		}
	}
}
