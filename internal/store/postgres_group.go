package store

import (
	"context"
	"slices"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/lifecycle"
)

// Asking can't fail before the statements are sent.
//
// Order between processes rests on one lock: whoever appends events to a conversation, adds to a
// lane of it, or finishes the head of one holds the conversation's row. A group locks all the rows
// that it needs in one statement, in the order of their IDs, so that groups of different processes
// can't wait for each other in a circle. What it reads, it reads in later statements: at READ
// COMMITTED each sees what was committed before it began, so also what the lock was waited for.

// horizonTag marks advisory locks: each group holds one, with the time in ms when it began in the lower 48 bits, so
// that readers of the log find the oldest group under way.
const horizonTag = 0x6239 << 48

const (
	beginGroup = `SELECT pg_advisory_xact_lock_shared($1 + (extract(epoch FROM clock_timestamp()) * 1000)::bigint) IS NULL, n.id
		FROM nodes n WHERE n.id = $2 FOR KEY SHARE OF n`
	databaseTime = `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint`

	// What it returns is the row as it is once the lock is there.
	lockConversations = `SELECT c.id, c.chatbot_id, c.last_sequence, c.last_event_id
		FROM conversations c WHERE c.id = ANY($1) ORDER BY c.id FOR NO KEY UPDATE OF c`

	moveConversations = `UPDATE conversations c SET last_sequence = u.sequence, last_event_id = u.event
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS u(id, sequence, event) WHERE c.id = u.id`

	stateBehind = "22012" // division by zero

	// The offset keeps the planner from reading all that replays have queued, which it thinks is little.
	raiseLanes = `UPDATE backlog b SET low = 0 FROM unnest($1::bigint[], $2::bigint[]) AS u(webhook_id, lane)
		CROSS JOIN LATERAL (SELECT x.id FROM backlog x WHERE x.webhook_id = u.webhook_id AND x.lane = u.lane AND x.low = 1 OFFSET 0) n
		WHERE b.id = n.id RETURNING b.webhook_id`

	deleteTakenRows = `DELETE FROM backlog b USING unnest($1::bigint[], $2::bigint[]) AS u(id, attempts)
		WHERE b.id = u.id AND b.state = $3 AND b.attempts = u.attempts RETURNING b.id, b.attempts`

	// The bounds say which partitions to look into.
	promotedEvents = `SELECT ` + eventColumns + ` FROM events e WHERE e.id = ANY($1) AND e.id >= $2 AND e.id <= $3`
)

var (
	// The database decides whether a new delivery is its lane's head. If the lane has a newer ID, so
	// that this one would be promoted before those that came first, the division fails the group: that
	// is hardly ever, and so the commit can be sent along.
	enqueueMany = `CASE WHEN x.id IS NULL THEN u.state WHEN x.id < u.id THEN ` + sqlWaiting + ` ELSE 0 / (x.id - x.id) END`

	// The events are read later, and only if there are any: a statement that names a table of many
	// partitions costs something although it finds nothing.
	promoteMany = `UPDATE backlog b SET state = CASE WHEN b.replay_id = 0 THEN n.state ELSE ` + sqlReady + ` END, due_at = $4
		FROM (SELECT h.id, u.state FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS u(webhook_id, lane, state)
			CROSS JOIN LATERAL (SELECT x.id, x.state FROM backlog x WHERE x.webhook_id = u.webhook_id AND x.lane = u.lane ORDER BY x.id LIMIT 1) h
			WHERE h.state = ` + sqlWaiting + `) n
		WHERE b.id = n.id RETURNING b.id, b.webhook_id, b.lane, b.state, b.due_at, b.replay_id, b.attempts, b.set_aside, b.event_id`
)

func (db *postgresDB) prepare(t *tx, writes []*write) error {
	s := t.session.(*pgSession)
	t.prepared = prepared{
		versions:     map[bot9.ChatbotID]int64{},
		finishedRows: map[attemptKey]bool{}, promoted: map[bot9.EventID][]*bot9.Delivery{},
	}
	t.store.memory.expanding.invalidate()
	t.store.memory.conversations.invalidate() // others may have changed them since the last group
	var conversations, chatbots []int64
	for _, w := range writes {
		for _, id := range w.Needs.conversations {
			conversations = append(conversations, int64(id))
		}
		if w.Needs.appends {
			chatbots = append(chatbots, int64(w.Needs.chatbot))
		}
	}
	alive := false
	_ = s.ask(func(scan scanFunc) error {
		var locked bool
		var id int64
		alive = true
		return scan(&locked, &id)
	}, beginGroup, int64(horizonTag), t.store.owner.Load())
	conversations, chatbots = sortedSet(conversations), sortedSet(chatbots)
	if len(conversations) > 0 {
		_ = s.ask(t.scanLocked, lockConversations, conversations)
	}
	if len(conversations) > 0 && len(chatbots) > 0 { // after they are locked
		for _, id := range conversations {
			t.setExpanding(bot9.ConversationID(id), false)
		}
		_ = s.ask(func(scan scanFunc) error {
			var id int64
			err := scan(&id)
			t.setExpanding(bot9.ConversationID(id), true)
			return err
		}, `SELECT x.conversation_id FROM expansions x WHERE x.conversation_id = ANY($1)`, conversations)
	}
	if len(chatbots) > 0 {
		_ = s.ask(func(scan scanFunc) error {
			var id, version int64
			err := scan(&id, &version)
			t.versions[bot9.ChatbotID(id)] = version
			return err
		}, `SELECT c.id, c.webhooks_version FROM chatbots c WHERE c.id = ANY($1)`, chatbots)
	}
	if db.ownTime {
		_ = s.ask(func(scan scanFunc) error { return scan((*int64)(&t.now)) }, databaseTime)
	}
	db.finishRows(t, s, writes)
	if err := s.send(); err != nil {
		return err
	}
	if !alive {
		return errLeaseLost
	}
	return nil
}

func sortedSet(ids []int64) []int64 {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// scanLocked reads a conversation, and sees to it that this process's IDs sort after those in it.
func (t *tx) scanLocked(scan scanFunc) error {
	var id bot9.ConversationID
	var c cachedConversation
	err := scan((*int64)(&id), (*int64)(&c.chatbot), &c.sequence, (*int64)(&c.newest))
	t.store.memory.conversations.set(id, c)
	t.store.ids.after(int64(c.newest))
	return err
}

// finishRows removes the rows of the deliveries that the group's results finish, and promotes the next of their lanes.
// Promoting a lane whose result comes too late does no harm: its head is no waiting one.
func (db *postgresDB) finishRows(t *tx, s *pgSession, writes []*write) {
	var ids, attempts, webhooks, lanes, states []int64
	seen := map[[2]int64]bool{}
	for _, w := range writes {
		result := w.Needs.result
		if result == nil || result.Next.Unfinished() {
			continue
		}
		d := result.Delivery
		ids, attempts = append(ids, int64(d.ID)), append(attempts, int64(attemptsBefore(result)))
		if key := [2]int64{int64(d.WebhookID), laneID(d)}; d.InLane && !seen[key] {
			seen[key] = true
			webhooks, lanes, states = append(webhooks, key[0]), append(lanes, key[1]), append(states, t.offer(d.WebhookID, 0))
		}
	}
	if len(ids) > 0 {
		_ = s.ask(func(scan scanFunc) error {
			var key attemptKey
			err := scan((*int64)(&key.delivery), &key.attempts)
			t.finishedRows[key] = true
			return err
		}, deleteTakenRows, ids, attempts, t.taken())
	}
	if len(webhooks) > 0 {
		_ = s.ask(t.scanPromoted, promoteMany, webhooks, lanes, states, int64(t.now))
	}
}

// scanPromoted reads the delivery that a lane goes on with.
func (t *tx) scanPromoted(scan scanFunc) error {
	var state, lane int64
	var setAside bool
	d := &bot9.Delivery{}
	err := scan((*int64)(&d.ID), (*int64)(&d.WebhookID), &lane, &state, (*int64)(&d.NextAttemptAt), (*int64)(&d.ReplayID), &d.Attempts, &setAside, (*int64)(&d.EventID))
	setWaiting(d, lane, setAside)
	if lifecycle.OfRow(state) == lifecycle.Ready {
		t.collect(d, state)
	} else {
		t.promoted[d.EventID] = append(t.promoted[d.EventID], d)
	}
	return err
}

// readPromoted reads the events of the deliveries that were promoted and taken.
func (t *tx) readPromoted(s *pgSession) {
	if len(t.promoted) == 0 {
		return
	}
	ids := make([]int64, 0, len(t.promoted))
	for id := range t.promoted {
		ids = append(ids, int64(id))
	}
	_ = s.ask(func(scan scanFunc) error {
		e, err := scanEvent(scan)
		for _, d := range t.promoted[e.ID] {
			attachEvent(d, e)
			t.collect(d, lifecycle.RowTaken)
		}
		delete(t.promoted, e.ID)
		return err
	}, promotedEvents, ids, slices.Min(ids), slices.Max(ids))
}

// Many deliveries at once find out by themselves whether their lanes are empty.
func init() {
	backlogTable.many = `INSERT INTO backlog (id, webhook_id, event_id, lane, state, due_at, low, replay_id, attempts, set_aside, response_status, error)
		SELECT u.id, u.webhook_id, u.event_id, u.lane, ` + enqueueMany + `, u.due_at, u.low, u.replay_id, u.attempts, u.set_aside, u.response_status, u.error
		FROM ` + backlogTable.unnest() + ` LEFT JOIN LATERAL
			(SELECT x.id FROM backlog x WHERE x.webhook_id = u.webhook_id AND x.lane = u.lane ORDER BY x.id DESC LIMIT 1) x ON true
		RETURNING id, state`
}

// insertedDeliveries are what a transaction has put into the backlog.
type insertedDeliveries struct {
	byID  map[bot9.DeliveryID]*bot9.Delivery
	lanes map[laneKey]bool // that have a row of this transaction
	live  []laneKey        // that got a live delivery
}

func (db *postgresDB) eventsOf(_ *Store, conversation bot9.ConversationID, _ idRange) (id, from string, args []any) {
	return `e.id`, ` FROM events e WHERE e.conversation_id = %s`, []any{int64(conversation)}
}

func (db *postgresDB) purgeEventsOf(*purge, int64) (bool, error) { return true, nil }

func (db *postgresDB) time(r session) (now bot9.Time, err error) {
	if !db.ownTime {
		return db.store.clock(), nil
	}
	_, err = queryRow(r, databaseTime, nil, (*int64)(&now))
	return now, err
}

func (db *postgresDB) insertEvent(t *tx, e *bot9.Event) error {
	return t.insert(eventsTable, eventRow(e)...)
}

func (db *postgresDB) insertDelivery(t *tx, d *bot9.Delivery) error {
	if t.inserted == nil {
		t.inserted = &insertedDeliveries{byID: map[bot9.DeliveryID]*bot9.Delivery{}, lanes: map[laneKey]bool{}}
	}
	n := t.inserted
	n.byID[d.ID] = d
	state := lifecycle.RowWaiting
	if key := (laneKey{d.WebhookID, laneID(d)}); !n.lanes[key] {
		n.lanes[key] = true
		state = t.offer(d.WebhookID, d.ReplayID)
		if d.InLane && d.ReplayID == 0 {
			n.live = append(n.live, key)
		}
	}
	t.dirty = true
	return t.session.(*pgSession).gatherRow(backlogTable, n.scanInserted(t), backlogRow(d, state))
}

// scanInserted reads the state that a new delivery got.
func (n *insertedDeliveries) scanInserted(t *tx) func(scanFunc) error {
	return func(scan scanFunc) error {
		var id bot9.DeliveryID
		var state int64
		if err := scan((*int64)(&id), &state); err != nil {
			return err
		}
		t.collect(n.byID[id], state)
		return nil
	}
}

// beforeCommit writes how far conversations have come, tells the others what must not get lost, and lifts
// replays out of low priority that a live delivery waits behind.
func (db *postgresDB) beforeCommit(t *tx) error {
	s := t.session.(*pgSession)
	if len(t.changedWebhooks) > 0 { // rare, and must not get lost
		notices := make([]string, 0, len(t.changedWebhooks))
		for id := range t.changedWebhooks {
			notices = append(notices, notice('c', int64(id)))
		}
		if err := t.store.peers.notify(s, notices); err != nil {
			return err
		}
	}
	t.readPromoted(s)
	var moved, sequences, newest []int64
	for id, c := range t.store.memory.conversations.values {
		if c.moved {
			moved, sequences, newest = append(moved, int64(id)), append(sequences, c.sequence), append(newest, int64(c.newest))
		}
	}
	if len(moved) > 0 {
		_ = s.ask(nil, moveConversations, moved, sequences, newest)
	}
	if t.inserted == nil || len(t.inserted.live) == 0 {
		return nil
	}
	var webhooks, lanes []int64
	for _, l := range t.inserted.live {
		webhooks, lanes = append(webhooks, int64(l.webhook)), append(lanes, l.id)
	}
	_ = s.ask(func(scan scanFunc) error {
		var webhook bot9.WebhookID
		err := scan((*int64)(&webhook))
		t.readyWebhooks[webhook] = struct{}{}
		return err
	}, raiseLanes, webhooks, lanes)
	return nil
}

func (db *postgresDB) lockConversations(t *tx, ids []bot9.ConversationID) error {
	keys := make([]int64, len(ids))
	for i, id := range ids {
		keys[i] = int64(id)
	}
	s := t.session.(*pgSession)
	_ = s.ask(nil, lockConversations, sortedSet(keys))
	return s.send()
}

// horizon returns an ID; no event with a smaller ID can be committed any more. First the database's
// time is read, then the beginnings of all groups under way, whose IDs are no earlier. A group that
// shows no lock yet will read the time after this, and so make later IDs.
func (db *postgresDB) horizon(ctx context.Context) (int64, error) {
	now, oldest := int64(0), int64(0)
	err := db.readAs(ctx, "", func(s session) error {
		if _, err := queryRow(s, databaseTime, nil, &now); err != nil {
			return err
		}
		_, err := queryRow(s, `SELECT min((l.classid::bigint << 32 | l.objid::bigint) - $1) FROM pg_locks l
			WHERE l.locktype = 'advisory' AND l.classid::bigint >> 16 = $1 >> 48 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
			[]any{int64(horizonTag)}, &oldest)
		return err
	})
	if oldest != 0 {
		now = min(now, oldest)
	}
	return bot9.FirstIDAt(bot9.Time(now)), err
}
