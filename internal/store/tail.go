package store

import (
	"cmp"
	"slices"
	"strconv"
	"sync"

	"github.com/bot9/bot9/internal/bot9"
)

// Where one process has the database to itself, the newest events are the log's tail: two things that
// follow from their rows are in memory alone. One is which conversation has them: an index of that is
// written in many places of the file, so it is written for thousands of events at once, in its own
// order. The other is which of their deliveries are direct. If the process ends, the rows tell both.
type tail struct {
	size int // a part of this many events is indexed

	// The writing goroutine changes these, after a commit.
	mu    sync.RWMutex
	parts []part // newest part first. The oldest is fully indexed; it is kept for readers whose snapshot predates the index
	count int    // events of the first
	after bot9.EventID
	last  bot9.EventID

	// The second part on its way into the index; end is 0 if it is there.
	order []logged
	done  int
	end   bot9.EventID

	change tailChange // by the transaction under way
}

// tailChange is what a transaction does to the tail.
type tailChange struct {
	logged  []logged     // events that it adds, of conversations
	events  int          // and of none
	newest  bot9.EventID // its newest event
	indexed int          // events of the tail that it adds to the index
	moved   bot9.EventID // the tail begins after this event from now on
	flushed bot9.EventID // likewise, after flushIndex
}

// part is the events of a time by conversation, each conversation's in their order.
type part map[bot9.ConversationID][]logged

// logged is an event of a conversation.
type logged struct {
	conversation bot9.ConversationID
	event        bot9.EventID
	sequence     int64
}

const (
	tailEvents = 65536 // enough for an index page to receive several entries per flush
	tailSlice  = 256   // events that one transaction adds to the index, so that nobody waits for it
	tailParts  = 3
)

func newTail(size int) *tail {
	if size == 0 {
		size = tailEvents
	}
	return &tail{size: size, parts: []part{{}}}
}

// sequence returns the newest sequence of the conversation in the tail, 0 if it has none there.
func (l *tail) sequence(conversation bot9.ConversationID) int64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, p := range l.parts {
		if events := p[conversation]; len(events) > 0 {
			return events[len(events)-1].sequence
		}
	}
	return 0
}

// newest returns the newest event that was committed, 0 where there is no tail.
func (l *tail) newest() bot9.EventID {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.last
}

// idsOf returns the IDs of the conversation's events in the tail, of those that are wanted, in their order.
func (l *tail) idsOf(conversation bot9.ConversationID, wanted idRange) (ids []int64) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, p := range slices.Backward(l.parts) {
		for _, e := range p[conversation] {
			if id := int64(e.event); id > wanted.after && (wanted.before == 0 || id < wanted.before) {
				ids = append(ids, id)
			}
		}
	}
	switch excess := len(ids) - wanted.most; {
	case wanted.most == 0 || excess <= 0:
		return ids
	case wanted.forward:
		return ids[:wanted.most]
	default:
		return ids[excess:]
	}
}

// jsonArray writes IDs as SQLite's json_each reads them.
func jsonArray(ids []int64) text {
	array := text("[")
	for i, id := range ids {
		if i > 0 {
			array = append(array, ',')
		}
		array = strconv.AppendInt(array, id, 10)
	}
	return append(array, ']')
}

// add adds an event to the tail, once the transaction is committed.
func (l *tail) add(e *bot9.Event) {
	l.change.newest = e.ID
	l.change.events++
	if e.ConversationID != 0 {
		l.change.logged = append(l.change.logged, logged{e.ConversationID, e.ID, e.Sequence})
	}
}

// indexSlice adds a slice of the tail to the index, and ends the part whose last slice it is: what is
// direct for that long has something wrong with its endpoint, and goes to the backlog.
func (t *tx) indexSlice() error {
	l := t.store.memory.tail
	if l.end == 0 || l.change.flushed != 0 {
		return nil
	}
	indexed := min(max(tailSlice, 2*l.change.events), len(l.order)-l.done)
	l.change.indexed = indexed
	for _, e := range l.order[l.done : l.done+indexed] {
		if err := t.insert(conversationEventsTable, int64(e.conversation), int64(e.event), e.sequence); err != nil {
			return err
		}
	}
	if l.done+indexed < len(l.order) {
		return nil
	}
	return t.advanceTail(l.end)
}

var conversationEventsTable = newTable("conversation_events", "conversation_id", "event_id", "sequence")

// flushIndex indexes the committed events up to last, so that their rows can be deleted.
func (t *tx) flushIndex(last bot9.EventID) error {
	_, err := t.exec(`INSERT OR IGNORE INTO conversation_events (conversation_id, event_id, sequence)
		SELECT e.conversation_id, e.id, e.sequence FROM events e
		WHERE e.id > (SELECT after FROM tail) AND e.id <= $1 AND e.conversation_id IS NOT NULL`, int64(last))
	if err != nil {
		return err
	}
	t.store.memory.tail.change.flushed = last
	return t.advanceTail(last)
}

func (t *tx) advanceTail(after bot9.EventID) error {
	if err := t.recordDirects(after); err != nil {
		return err
	}
	t.store.memory.tail.change.moved = after
	_, err := t.exec(`UPDATE tail SET after = $1`, int64(after))
	return err
}

func (l *tail) begin()      {}
func (l *tail) invalidate() {} // it is no copy of rows

func (l *tail) rollback() {
	clear(l.change.logged)
	l.change = tailChange{logged: l.change.logged[:0]}
}

func (l *tail) commit() {
	if c := l.change; c.newest != 0 || c.indexed != 0 || c.moved != 0 {
		l.apply(c)
	}
	l.rollback()
}

// apply makes the tail what a committed transaction has made of it.
func (l *tail) apply(c tailChange) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done += c.indexed
	if c.moved != 0 {
		l.after, l.order, l.done, l.end = c.moved, nil, 0, 0
	}
	if c.flushed != 0 { // the part goes on: readers may see an older state of the index
		l.last = max(l.last, c.flushed)
	}
	if c.newest != 0 {
		l.last = c.newest
		l.count += c.events
	}
	for _, e := range c.logged {
		l.parts[0][e.conversation] = append(l.parts[0][e.conversation], e)
	}
	if l.end == 0 && l.count >= l.size {
		l.end = l.last
		for _, events := range l.parts[0] {
			for _, e := range events {
				if e.event > l.after { // else a closing has indexed it
					l.order = append(l.order, e)
				}
			}
		}
		slices.SortFunc(l.order, func(a, b logged) int {
			return cmp.Or(cmp.Compare(a.conversation, b.conversation), cmp.Compare(a.event, b.event))
		})
		l.startPart()
	}
}

func (l *tail) startPart() {
	l.parts = append([]part{{}}, l.parts[:min(len(l.parts), tailParts-1)]...)
	l.count = 0
}

// recoverTail rebuilds, at the start, the state that the previous process had in memory.
func (t *tx) recoverTail() error {
	var after, last int64
	if _, err := queryRow(t, `SELECT after, (SELECT max(id) FROM events) FROM tail`, nil, &after, &last); err != nil {
		return err
	}
	if last <= after { // nothing to write, so that a server begins though the disk is full
		c := &t.store.memory.tail.change
		c.moved, c.flushed = bot9.EventID(after), bot9.EventID(after)
		return nil
	}
	if err := t.recoverDirects(); err != nil {
		return err
	}
	return t.flushIndex(bot9.EventID(last))
}

// indexBefore indexes a slice of the tail's events below edge, so that their rows can be deleted. It tells whether all
// of them are indexed.
func (t *tx) indexBefore(edge bot9.EventID) (ready bool, err error) {
	l := t.store.memory.tail
	newest := min(edge-1, l.last)
	if newest <= l.after {
		return true, nil
	}
	if l.end != 0 { // a part is on its way into the index: this transaction takes the next slice of it
		return false, nil
	}
	last := int64(0)
	_, err = queryRow(t, `SELECT max(id) FROM (SELECT id FROM events WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3)`,
		[]any{int64(l.after), int64(newest), purgeRows}, &last)
	if err != nil || last == 0 {
		return err == nil, err
	}
	return last >= int64(newest), t.flushIndex(bot9.EventID(last))
}
