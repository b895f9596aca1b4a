package store

import (
	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/lifecycle"
)

// Lanes and the log on SQLite, whose one process keeps the tail and the direct deliveries in memory.

// prepare does nothing: each write reads for itself, from memory mostly.
func (db *sqliteDB) prepare(*tx, []*write) error { return nil }

// beforeCommit indexes a slice of the tail.
func (db *sqliteDB) beforeCommit(t *tx) error { return t.indexSlice() }

// lastSequence reads the index of the conversation's events; the tail has the newest that aren't in it. The
// conversation's own column counts once no event is left.
func (db *sqliteDB) lastSequence() string {
	return `max(c.last_sequence, coalesce((SELECT i.sequence FROM conversation_events i WHERE i.conversation_id = c.id ORDER BY i.event_id DESC LIMIT 1), 0))`
}

// eventsOf finds the events of the index and those of the tail; some may be in both. SQLite
// merges the two in the order of their IDs, and so reads of a long conversation no more than a page.
func (db *sqliteDB) eventsOf(s *Store, conversation bot9.ConversationID, wanted idRange) (id, from string, args []any) {
	wanted.after = max(wanted.after, s.floor.Load()-1) // the tail may name what retention has ended
	return `o.id`, ` FROM (SELECT i.event_id AS id FROM conversation_events i WHERE i.conversation_id = %s
			UNION ALL SELECT CAST(j.value AS INTEGER) FROM json_each(%s) j
				WHERE NOT EXISTS (SELECT 1 FROM conversation_events i WHERE i.conversation_id = %s AND i.event_id = j.value)) o
		CROSS JOIN events e ON e.id = o.id WHERE true`,
		[]any{int64(conversation), jsonArray(s.memory.tail.idsOf(conversation, wanted)), int64(conversation)}
}

// insertDelivery checks whether the lane is occupied. If it isn't, and the dispatcher admits the delivery, it is direct.
func (db *sqliteDB) insertDelivery(t *tx, d *bot9.Delivery) error {
	occupied, err := db.occupied(t, d)
	if err != nil {
		return err
	}
	if occupied {
		if err := t.raiseLane(d); err != nil {
			return err
		}
		return t.insert(backlogTable, backlogRow(d, lifecycle.RowWaiting)...)
	}
	state := t.offerReady(d)
	if lifecycle.OfRow(state) == lifecycle.Taken && !t.expands { // the event's row can name it
		t.beginDirect(d)
		return nil
	}
	return t.insert(backlogTable, backlogRow(d, state)...)
}

// occupied tells whether anything is in the lane that the delivery is for.
func (db *sqliteDB) occupied(t *tx, d *bot9.Delivery) (bool, error) {
	if !d.InLane {
		return false, nil
	}
	if t.store.memory.directs.follow(laneKey{d.WebhookID, laneID(d)}) {
		return true, nil
	}
	occupied := int64(0)
	_, err := queryRow(t, `SELECT 1 FROM backlog WHERE webhook_id = $1 AND lane = $2 LIMIT 1`, []any{int64(d.WebhookID), laneID(d)}, &occupied)
	return occupied == 1, err
}

func (db *sqliteDB) purgeEventsOf(p *purge, chatbot int64) (ready bool, err error) {
	p.store.memory.conversations.removeIf(func(c cachedConversation) bool { return int64(c.chatbot) == chatbot })
	newest := int64(0)
	if _, err := queryRow(p, `SELECT id FROM events WHERE chatbot_id = $1 ORDER BY id DESC LIMIT 1`, []any{chatbot}, &newest); err != nil {
		return false, err
	}
	if ready, err := p.indexBefore(bot9.EventID(newest + 1)); !ready || err != nil {
		return ready, err
	}
	_, err = p.exec(`DELETE FROM conversation_events WHERE (conversation_id, event_id) IN
		(SELECT e.conversation_id, e.id FROM events e
			WHERE e.id IN (SELECT id FROM events WHERE chatbot_id = $1 ORDER BY id LIMIT $2) AND +e.conversation_id IS NOT NULL)`, chatbot, purgeRows+purgeBatch)
	return true, err
}

var directEventsTable = newTable("events", "id", "chatbot_id", "conversation_id?", "sequence?", "type*", "data*", "direct")

func (db *sqliteDB) insertEvent(t *tx, e *bot9.Event) error {
	t.store.memory.tail.add(e)
	var named any
	if encoded := t.directOf(e.ID); encoded != nil {
		named = encoded
	}
	return t.insert(directEventsTable, append(eventRow(e), named)...)
}
