package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/lifecycle"
)

// Where one process has the database to itself, a delivery that is taken as it is accepted is direct:
// its event's row names it, and it has none in the backlog. Most succeed at once, and their first row
// is the one in the history. Whoever works on the backlog, or reads it, has the direct deliveries
// written into it first; only accepting an event and finishing a delivery know of them.
//
//	(named by its event) --succeeded, failed--> history
//	         |
//	         +--another attempt to make, or the backlog is looked at--> backlog, taken
//
// If the process dies, the events of the tail tell which deliveries were direct.

// directs are the direct deliveries. The writing goroutine alone uses them, and they follow the
// transaction under way: what it did to them is undone if it is rolled back.
type directs struct {
	byID  map[bot9.DeliveryID]*direct
	heads map[laneOf]*direct
	count atomic.Int64 // as of the newest commit, for everybody
}

// direct is a delivery that only its event's row names.
type direct struct {
	*bot9.Delivery
	followed bool // something may wait behind it in its lane
}

func newDirects() *directs {
	return &directs{byID: map[bot9.DeliveryID]*direct{}, heads: map[laneOf]*direct{}}
}

func (ds *directs) add(d *direct) {
	ds.byID[d.ID] = d
	if d.InLane {
		ds.heads[laneOf{d.WebhookID, lane(d.Delivery)}] = d
	}
}

func (ds *directs) remove(d *direct) {
	delete(ds.byID, d.ID)
	if key := (laneOf{d.WebhookID, lane(d.Delivery)}); ds.heads[key] == d {
		delete(ds.heads, key)
	}
}

// beginDirect makes a delivery that the dispatcher takes a direct one.
func (t *tx) beginDirect(delivery *bot9.Delivery) {
	t.dirty = true
	d := &direct{Delivery: delivery}
	t.store.directs.add(d)
	t.begun = append(t.begun, d)
}

// endDirect has a delivery no longer be direct. It is nil if it wasn't.
func (t *tx) endDirect(id bot9.DeliveryID) *direct {
	d := t.store.directs.byID[id]
	if d != nil {
		t.dirty = true
		t.store.directs.remove(d)
		t.ended = append(t.ended, d)
	}
	return d
}

// undoDirects makes the transaction's changes to the direct deliveries undone.
func (t *tx) undoDirects() {
	for _, d := range slices.Backward(t.ended) {
		t.store.directs.add(d)
	}
	for _, d := range t.begun {
		t.store.directs.remove(d)
	}
}

// writeDirects puts the direct deliveries into the backlog, of events up to the newest one given.
func (t *tx) writeDirects(newest bot9.EventID) error {
	var found []*direct
	for _, d := range t.store.directs.byID {
		if d.EventID <= newest {
			found = append(found, d)
		}
	}
	slices.SortFunc(found, func(a, b *direct) int { return cmp.Compare(a.ID, b.ID) })
	for _, d := range found {
		if err := t.insertDirect(t.endDirect(d.ID)); err != nil {
			return err
		}
	}
	return nil
}

// writeAllDirects lets the backlog show all that waits.
func (t *tx) writeAllDirects() error { return t.writeDirects(bot9.EventID(1<<63 - 1)) }

// insertDirect gives a delivery that is direct no longer its row.
func (t *tx) insertDirect(d *direct) error {
	return t.insert(backlogTable, backlogRow(d.Delivery, t.taken())...)
}

// readBacklog is read, of a state in which the backlog shows all that waits. While nothing can be written,
// because the disk is full for instance, what is direct is missing, and the rest is there.
func (s *Store) readBacklog(ctx context.Context, work func(session) error) error {
	if s.directs.count.Load() > 0 {
		err := s.writeAlone(ctx, needs{}, (*tx).writeAllDirects)
		if err != nil && bot9.KindOf(err) != bot9.Unavailable {
			return err
		}
	}
	return s.read(ctx, work)
}

// directOf encodes an event's direct deliveries, which are the last that have begun: of each the
// webhook, how much larger its ID is than the event's, and whether it is in a lane.
func (t *tx) directOf(event bot9.EventID) (encoded []byte) {
	first := len(t.begun)
	for first > 0 && t.begun[first-1].EventID == event {
		first--
	}
	for _, d := range t.begun[first:] {
		encoded = binary.AppendUvarint(encoded, uint64(d.WebhookID))
		encoded = binary.AppendUvarint(encoded, uint64(d.ID)-uint64(event))
		encoded = binary.AppendUvarint(encoded, uint64(oneIf(d.InLane)))
	}
	return encoded
}

func decodeDirect(encoded []byte, event bot9.EventID, conversation bot9.ConversationID) (deliveries []*bot9.Delivery, err error) {
	for len(encoded) > 0 {
		var values [3]uint64
		for i := range values {
			value, n := binary.Uvarint(encoded)
			if n <= 0 {
				return nil, fmt.Errorf("store: the deliveries of event %s can't be read", event)
			}
			values[i], encoded = value, encoded[n:]
		}
		d := &bot9.Delivery{WebhookID: bot9.WebhookID(values[0]), ID: bot9.DeliveryID(uint64(event) + values[1]), EventID: event,
			ConversationID: conversation, InLane: values[2] == 1}
		d.NextAttemptAt = d.ID.Time()
		deliveries = append(deliveries, d)
	}
	return deliveries, nil
}

// recoverDirects puts into the backlog what was direct when a process ended that is no more.
func (t *tx) recoverDirects() error {
	var deliveries []*bot9.Delivery
	err := t.query(func(scan scanFunc) error {
		var event, conversation int64
		var encoded []byte
		if err := scan(&event, &conversation, &encoded); err != nil {
			return err
		}
		found, err := decodeDirect(encoded, bot9.EventID(event), bot9.ConversationID(conversation))
		deliveries = append(deliveries, found...)
		return err
	}, `SELECT e.id, e.conversation_id, e.direct FROM events e WHERE e.id > (SELECT after FROM tail) AND e.direct IS NOT NULL ORDER BY e.id`)
	if err != nil {
		return err
	}
	for _, d := range deliveries {
		_, err := t.exec(`INSERT INTO backlog (id, webhook_id, event_id, lane, state, due_at, low, replay_id, attempts, set_aside, response_status, error)
			SELECT $1, w.id, $2, $3, $4, $5, 0, 0, 0, 0, 0, '' FROM webhooks w WHERE w.id = $6
				AND NOT EXISTS (SELECT 1 FROM deliveries WHERE id = $1) AND NOT EXISTS (SELECT 1 FROM backlog WHERE id = $1)`,
			int64(d.ID), int64(d.EventID), lane(d), lifecycle.RowReady, int64(min(d.NextAttemptAt, t.now)), int64(d.WebhookID))
		if err != nil {
			return err
		}
	}
	return nil
}
