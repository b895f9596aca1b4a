package store

import (
	"context"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// How long filters are evaluated for a replay at once, and to count what one would send.
const (
	lookAheadTime = 20 * time.Millisecond
	countingTime  = 2 * time.Second
)

// lookedAhead is what a replay's next slice is, found out before its transaction: no filter runs there.
type lookedAhead struct {
	from      int64  // the cursor that it begins at
	filter    string // and the webhook's settings that it goes by
	events    []string
	wanted    []*bot9.Event
	cursor    int64
	exhausted bool
}

// lookAhead evaluates the filters of a replay's next slice. It is nil where there is nothing to look at now.
func (s *Store) lookAhead(ctx context.Context, row replayRow) (*lookedAhead, error) {
	if row.exhausted || row.Filter.Retry || row.Queued-row.Succeeded-row.Failed-row.Canceled > replayInBacklog-replaySlice {
		return nil, nil
	}
	webhook, err := s.Endpoint(ctx, row.WebhookID)
	if bot9.KindOf(err) == bot9.NotFound || (err == nil && webhook.Status == bot9.WebhookDisabled) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ahead := &lookedAhead{from: row.cursor, filter: webhook.Filter, events: webhook.Events, cursor: row.cursor}
	return ahead, s.read(ctx, func(r session) error {
		ahead.wanted, ahead.cursor = nil, row.cursor
		events, last, err := s.replayEvents(r, row)
		if err != nil {
			return err
		}
		looked := 0
		if ahead.wanted, looked, err = s.wanted(r, row.Filter, &webhook, events, time.Now().Add(lookAheadTime)); err != nil {
			return err
		}
		if looked > 0 {
			ahead.cursor = int64(events[looked-1].ID)
		}
		ahead.exhausted = looked == len(events) && last
		return nil
	})
}

// queueReplayed puts what was looked at into the backlog.
func (t *tx) queueReplayed(id bot9.ReplayID, webhook *bot9.Webhook, ahead *lookedAhead) error {
	var conversations []bot9.ConversationID
	for _, event := range ahead.wanted {
		if event.ConversationID != 0 {
			conversations = append(conversations, event.ConversationID)
		}
	}
	if err := t.store.db.lockConversations(t, conversations); err != nil {
		return err
	}
	for _, event := range ahead.wanted {
		if err := t.enqueue(webhook, event, id); err != nil {
			return err
		}
	}
	_, err := t.exec(`UPDATE replays SET cursor = $1, queued = queued + $2, exhausted = $3 WHERE id = $4`,
		ahead.cursor, len(ahead.wanted), ahead.exhausted, int64(id))
	return err
}
