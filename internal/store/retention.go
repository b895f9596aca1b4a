package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/store/group"
)

// MinRetention is the shortest retention of events, deliveries and attempts.
const MinRetention = 24 * time.Hour

// retentionEdge returns the smallest ID that is kept at now, 0 if everything is. It moves once an hour.
func (s *Store) retentionEdge(now bot9.Time) int64 {
	if s.retention == 0 {
		return 0
	}
	hour := bot9.Time(time.Hour.Milliseconds())
	return bot9.FirstIDAt(now.Add(-s.retention) / hour * hour)
}

// purgeRetention removes a slice of the events, deliveries and attempts that are past retention, and of the backlog
// rows whose event is. It tells whether there is more.
func (s *Store) purgeRetention(ctx context.Context, now bot9.Time) (more bool, err error) {
	if more, err = s.db.purgeBefore(ctx, s, now, s.retentionEdge(now)); err != nil {
		return false, err
	}
	floor := s.floor.Load()
	if more || s.purgedFloor.Load() == floor {
		return more, nil
	}
	waiting, err := s.waitingBefore(ctx, floor)
	if err != nil {
		return false, err
	}
	if len(waiting) == 0 {
		s.purgedFloor.Store(floor)
		return false, nil
	}
	s.log.Warn("deliveries still waited when the retention of their events ended; they are removed", "count", len(waiting))
	return true, s.purgeWaiting(ctx, waiting)
}

// waitingBefore returns some of the backlog's deliveries whose event's ID is below floor. In-flight deliveries are
// skipped: the next claim of one finds its event gone and discards it.
func (s *Store) waitingBefore(ctx context.Context, floor int64) (waiting []*bot9.Delivery, err error) {
	err = s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			d := &bot9.Delivery{}
			var lane int64
			err := scan((*int64)(&d.ID), (*int64)(&d.WebhookID), &lane, (*int64)(&d.ReplayID))
			if d.InLane = lane != int64(d.ID); d.InLane {
				d.ConversationID = bot9.ConversationID(lane)
			}
			waiting = append(waiting, d)
			return err
		}, `SELECT b.id, b.webhook_id, b.lane, b.replay_id FROM backlog b WHERE b.event_id < $1 AND b.state < `+sqlTaken+` ORDER BY b.event_id LIMIT $2`, floor, purgeBatch)
	})
	return waiting, err
}

// purgeWaiting removes deliveries whose event is gone from the backlog, and promotes the next of their lanes. A replay
// counts them as failed.
func (s *Store) purgeWaiting(ctx context.Context, deliveries []*bot9.Delivery) error {
	return s.writeWith(ctx, needs{kind: group.Purging, weight: len(deliveries), exclusive: true}, func(t *tx) error {
		var conversations []bot9.ConversationID
		for _, d := range deliveries {
			if d.InLane {
				conversations = append(conversations, d.ConversationID)
			}
		}
		if err := s.db.lockConversations(t, conversations); err != nil {
			return err
		}
		for _, d := range deliveries {
			deleted, err := t.exec(`DELETE FROM backlog WHERE id = $1 AND (state < `+sqlTaken+` OR state = $2)`, int64(d.ID), t.taken())
			if err != nil {
				return err
			}
			if deleted == 0 {
				continue
			}
			t.tally(d.WebhookID).finished++
			if d.ReplayID != 0 {
				t.replayTally(d.ReplayID).failed++
			}
			if d.InLane {
				if err := t.promote(d.WebhookID, laneID(d)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// purgeWaitingLater calls purgeWaiting after the transaction that found them.
func (s *Store) purgeWaitingLater(orphans []*bot9.Delivery) {
	if len(orphans) == 0 {
		return
	}
	go func() {
		if err := s.purgeWaiting(context.Background(), orphans); err != nil && bot9.CodeOf(err) != errClosed.Code {
			s.log.Error("remove deliveries of events that are gone", "error", err)
		}
	}()
}

// isPurged tells whether the ID is past retention, so that no row may be added for it.
func (s *Store) isPurged(id int64) bool { return id < s.floor.Load() }

// purgeBefore deletes rows from the embedded database.
func (db *sqliteDB) purgeBefore(ctx context.Context, s *Store, now bot9.Time, edge int64) (more bool, err error) {
	s.floor.Store(edge)
	if edge == 0 {
		return false, nil
	}
	var errs []error
	for _, kind := range []struct {
		what string
		run  func(p *purge) (bool, error)
	}{
		{"events", func(p *purge) (bool, error) { return p.eventsBefore(edge) }},
		{"attempts", func(p *purge) (bool, error) { return p.delete(purgeAttempts, edge) }},
		{"deliveries", func(p *purge) (bool, error) { return p.delete(purgeDeliveries, edge) }},
	} {
		left, err := s.purgeSlice(ctx, now, kind.run)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", kind.what, err))
		}
		more = more || left
	}
	return more, errors.Join(errs...)
}

const (
	// oldEvents is the ID of the last event of a batch.
	oldEvents = `(SELECT max(id) FROM (SELECT id FROM events WHERE id < $1 ORDER BY id LIMIT $2))`

	// A conversation that loses its newest event keeps in mind where its sequence was.
	keepSequences = `UPDATE conversations SET last_sequence = o.sequence FROM (
		SELECT e.conversation_id, max(e.id) AS newest, max(e.sequence) AS sequence FROM events e
		WHERE e.id <= ` + oldEvents + ` AND +e.conversation_id IS NOT NULL
		GROUP BY e.conversation_id) o
		WHERE conversations.id = o.conversation_id AND conversations.last_sequence < o.sequence
			AND NOT EXISTS (SELECT 1 FROM conversation_events n WHERE n.conversation_id = o.conversation_id AND n.event_id > o.newest)`
	purgeEventIndex = `DELETE FROM conversation_events WHERE (conversation_id, event_id) IN (SELECT e.conversation_id, e.id FROM events e
			WHERE e.id <= ` + oldEvents + ` AND +e.conversation_id IS NOT NULL)`
	purgeEvents     = `DELETE FROM events WHERE id <= ` + oldEvents
	purgeAttempts   = `DELETE FROM attempts WHERE delivery_id <= (SELECT max(delivery_id) FROM (SELECT delivery_id FROM attempts WHERE delivery_id < $1 ORDER BY delivery_id LIMIT $2))`
	purgeDeliveries = `DELETE FROM deliveries WHERE id <= (SELECT max(id) FROM (SELECT id FROM deliveries WHERE id < $1 ORDER BY id LIMIT $2))`
)

// eventsBefore removes events with smaller IDs than edge.
func (p *purge) eventsBefore(edge int64) (left bool, err error) {
	if ready, err := p.indexBefore(bot9.EventID(edge)); !ready || err != nil {
		return true, err
	}
	for !p.spent() {
		if _, err := p.exec(keepSequences, edge, purgeBatch); err != nil {
			return false, err
		}
		if _, err := p.exec(purgeEventIndex, edge, purgeBatch); err != nil {
			return false, err
		}
		changed, err := p.exec(purgeEvents, edge, purgeBatch)
		p.rows += int(changed)
		if err != nil || changed < purgeBatch {
			return false, err
		}
	}
	return true, nil
}
