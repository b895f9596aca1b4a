package store

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/lifecycle"
)

// Where one process has the database to itself, a delivery that is taken as it is accepted is direct: its
// event's row names it, and it has no row in the backlog. Most succeed at once, and their first row is the
// one in the history. A direct delivery gets its row (is recorded) when it needs another attempt, is given
// back, or is still unfinished when its part of the tail is indexed. Whoever reads the backlog merges the
// direct deliveries from memory. After a crash, the events of the tail tell which deliveries were direct.

// directs are the direct deliveries. The writing goroutine changes them within transactions.
type directs struct {
	byID  map[bot9.DeliveryID]*direct
	heads map[laneKey]*direct

	// What the transaction under way has done.
	begun, ended, followed []*direct

	// Committed ones in the order of their IDs, for everybody to read. Those that are over stay until
	// there are many of them.
	mu     sync.Mutex
	listed []*direct
	over   int
}

// direct is a delivery that only its event's row names. But for followed and over it never changes.
type direct struct {
	id           bot9.DeliveryID
	webhook      bot9.WebhookID
	chatbot      bot9.ChatbotID
	event        bot9.EventID
	eventType    string
	conversation bot9.ConversationID
	sequence     int64
	dueAt        bot9.Time
	inLane       bool

	followed bool        // something may wait behind it in its lane
	over     atomic.Bool // it is finished or recorded, and that is committed
}

func newDirects() *directs {
	return &directs{byID: map[bot9.DeliveryID]*direct{}, heads: map[laneKey]*direct{}}
}

func (d *direct) lane() laneKey { return laneKey{d.webhook, int64(d.conversation)} }

// delivery is the direct delivery as others know deliveries, without its event.
func (d *direct) delivery() bot9.Delivery {
	return bot9.Delivery{
		ID: d.id, WebhookID: d.webhook, ChatbotID: d.chatbot, EventID: d.event, EventType: d.eventType, ConversationID: d.conversation,
		Sequence: d.sequence, InLane: d.inLane, CreatedAt: d.id.Time(), NextAttemptAt: d.dueAt, Status: bot9.DeliveryPending,
	}
}

func (ds *directs) add(d *direct) {
	ds.byID[d.id] = d
	if d.inLane {
		ds.heads[d.lane()] = d
	}
}

func (ds *directs) remove(d *direct) {
	delete(ds.byID, d.id)
	if d.inLane && ds.heads[d.lane()] == d {
		delete(ds.heads, d.lane())
	}
}

func (ds *directs) start(d *direct) {
	ds.add(d)
	ds.begun = append(ds.begun, d)
}

func (ds *directs) end(d *direct) {
	ds.remove(d)
	ds.ended = append(ds.ended, d)
}

// follow tells the lane's head, if it is a direct delivery, that something waits behind it.
func (ds *directs) follow(lane laneKey) (isHead bool) {
	head := ds.heads[lane]
	if head == nil {
		return false
	}
	if !head.followed {
		head.followed = true
		ds.followed = append(ds.followed, head)
	}
	return true
}

func (ds *directs) begin()      {}
func (ds *directs) invalidate() {} // no row repeats it

func (ds *directs) commit() {
	if len(ds.begun) > 0 || len(ds.ended) > 0 {
		ds.mu.Lock()
		ds.listed = append(ds.listed, ds.begun...)
		for _, d := range ds.ended {
			d.over.Store(true)
		}
		ds.over += len(ds.ended)
		if ds.over > 1024 && ds.over > len(ds.listed)/2 {
			ds.listed = slices.Collect(current(ds.listed))
			ds.over = 0
		}
		ds.mu.Unlock()
	}
	ds.clear()
}

func (ds *directs) rollback() {
	for _, d := range slices.Backward(ds.ended) {
		ds.add(d)
	}
	for _, d := range ds.begun {
		ds.remove(d)
	}
	for _, d := range ds.followed {
		d.followed = false
	}
	ds.clear()
}

func (ds *directs) clear() {
	for _, list := range []*[]*direct{&ds.begun, &ds.ended, &ds.followed} {
		clear(*list)
		*list = (*list)[:0]
	}
}

// current are those of a list that are not over.
func current(list []*direct) func(yield func(*direct) bool) {
	return func(yield func(*direct) bool) {
		for _, d := range list {
			if !d.over.Load() && !yield(d) {
				return
			}
		}
	}
}

// snapshot returns the committed direct deliveries, the oldest first. Whoever merges them with rows takes
// it before reading: what is over by then is in the rows, and what has begun since is newer than the list.
func (ds *directs) snapshot() []*direct {
	ds.mu.Lock()
	listed := ds.listed
	ds.mu.Unlock()
	return listed
}

// beginDirect makes a delivery that the dispatcher takes a direct one.
func (t *tx) beginDirect(d *bot9.Delivery) {
	t.dirty = true
	t.store.memory.directs.start(&direct{
		id: d.ID, webhook: d.WebhookID, chatbot: d.ChatbotID, event: d.EventID, eventType: d.EventType, conversation: d.ConversationID,
		sequence: d.Sequence, dueAt: d.NextAttemptAt, inLane: d.InLane,
	})
}

// endDirect has a delivery no longer be direct. It is nil if it wasn't.
func (t *tx) endDirect(id bot9.DeliveryID) *direct {
	d := t.store.memory.directs.byID[id]
	if d != nil {
		t.dirty = true
		t.store.memory.directs.end(d)
	}
	return d
}

// recordDirects puts the direct deliveries of events up to the newest one given into the backlog.
func (t *tx) recordDirects(newest bot9.EventID) error {
	var found []*direct
	for _, d := range t.store.memory.directs.byID {
		if d.event <= newest {
			found = append(found, d)
		}
	}
	slices.SortFunc(found, func(a, b *direct) int { return cmp.Compare(a.id, b.id) })
	for _, d := range found {
		if err := t.recordDirect(d.id); err != nil {
			return err
		}
	}
	return nil
}

// recordDirect gives a delivery its row, if it is direct.
func (t *tx) recordDirect(id bot9.DeliveryID) error {
	d := t.endDirect(id)
	if d == nil {
		return nil
	}
	delivery := d.delivery()
	return t.insert(backlogTable, backlogRow(&delivery, t.taken())...)
}

// dropDirects ends the direct deliveries of a webhook that is deleted.
func (t *tx) dropDirects(webhook bot9.WebhookID) {
	for id, d := range t.store.memory.directs.byID {
		if d.webhook == webhook {
			t.endDirect(id)
		}
	}
}

// directOf encodes an event's direct deliveries, which are the last that have begun: of each the
// webhook, how much larger its ID is than the event's, and whether it is in a lane.
func (t *tx) directOf(event bot9.EventID) (encoded []byte) {
	begun := t.store.memory.directs.begun
	first := len(begun)
	for first > 0 && begun[first-1].event == event {
		first--
	}
	for _, d := range begun[first:] {
		encoded = binary.AppendUvarint(encoded, uint64(d.webhook))
		encoded = binary.AppendUvarint(encoded, uint64(d.id)-uint64(event))
		encoded = binary.AppendUvarint(encoded, uint64(oneIf(d.inLane)))
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
		d := &bot9.Delivery{
			WebhookID: bot9.WebhookID(values[0]), ID: bot9.DeliveryID(uint64(event) + values[1]), EventID: event,
			ConversationID: conversation, InLane: values[2] == 1,
		}
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
			int64(d.ID), int64(d.EventID), laneID(d), lifecycle.RowReady, int64(min(d.NextAttemptAt, t.now)), int64(d.WebhookID))
		if err != nil {
			return err
		}
	}
	return nil
}
