package store

import (
	"context"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// countedEvents is how many events are looked at to count a replay: beyond it the count is not exact.
const countedEvents = 100_000

// CountReplay tells how many events a replay like r would send, and sends none. It reads in slices,
// so that it holds up nobody.
func (s *Store) CountReplay(ctx context.Context, r bot9.Replay) (bot9.ReplayCount, error) {
	return s.countReplay(ctx, r, countedEvents)
}

func (s *Store) countReplay(ctx context.Context, r bot9.Replay, limit int) (count bot9.ReplayCount, err error) {
	webhook, err := s.Webhook(ctx, r.ChatbotID, r.WebhookID)
	if err != nil {
		return count, err
	}
	row := replayRow{Replay: r}
	newest, err := s.NewID(ctx)
	if err != nil {
		return count, err
	}
	row.cursor, row.until = replayRange(r.Filter, newest)
	until := time.Now().Add(countingTime)
	for looked := 0; looked < limit && time.Now().Before(until); {
		var events, wanted []*bot9.Event
		n, last := 0, false
		err := s.search(ctx, "Choose a shorter time", func(r session) (err error) {
			if events, last, err = s.replayEvents(r, row); err != nil {
				return err
			}
			wanted, n, err = s.wanted(r, row.Filter, &webhook, events, until)
			return err
		})
		count.Count += len(wanted)
		if err != nil || n == len(events) && last {
			count.Exact = true
			return count, err
		}
		looked += n
		row.cursor = int64(events[n-1].ID)
	}
	return count, nil
}
