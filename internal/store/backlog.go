package store

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/lifecycle"
	"github.com/bot9/bot9/internal/store/group"
)

var backlogTable = newTable("backlog", "id", "webhook_id", "event_id", "lane", "state", "due_at", "low", "replay_id", "attempts",
	"set_aside", "response_status", "error*")

// backlogRow is the row of a delivery that is new.
func backlogRow(d *bot9.Delivery, state int64) []any {
	return []any{int64(d.ID), int64(d.WebhookID), int64(d.EventID), laneID(d), state, int64(d.NextAttemptAt), d.ReplayID != 0, int64(d.ReplayID), 0, 0, 0, ""}
}

// taken is the state of rows claimed by this process under its current node number.
func (t *tx) taken() int64 { return lifecycle.TakenBy(t.store.owner.Load()) }

// enqueue adds a delivery of e to the backlog, at the end of its lane.
func (t *tx) enqueue(w *bot9.Webhook, e *bot9.Event, replay bot9.ReplayID) error {
	d := &bot9.Delivery{
		ID: bot9.DeliveryID(t.nextID()), WebhookID: w.ID, ChatbotID: e.ChatbotID, EventID: e.ID,
		EventType: e.Type, ConversationID: e.ConversationID, Sequence: e.Sequence, ReplayID: replay,
		Status: bot9.DeliveryPending, NextAttemptAt: t.now, Event: e,
		InLane: w.Ordering != bot9.OrderNone && e.ConversationID != 0,
	}
	d.CreatedAt = d.ID.Time()
	t.tally(w.ID).enqueued++
	t.store.owners.learn(int64(w.ID), w.AccountID)
	t.touch(e.ChatbotID, bot9.TopicDeliveries)
	return t.store.db.insertDelivery(t, d)
}

// raiseLane moves a lane's replayed deliveries to normal priority, once a live delivery waits behind them.
func (t *tx) raiseLane(d *bot9.Delivery) error {
	if d.ReplayID != 0 {
		return nil
	}
	changed, err := t.exec(`UPDATE backlog SET low = 0 WHERE webhook_id = $1 AND lane = $2 AND low = 1`, int64(d.WebhookID), laneID(d))
	if changed > 0 {
		t.readyWebhooks[d.WebhookID] = struct{}{}
	}
	return err
}

// laneKey names a lane: a webhook, and a conversation or the only delivery.
type laneKey struct {
	webhook bot9.WebhookID
	id      int64
}

func laneID(d *bot9.Delivery) int64 {
	if d.InLane {
		return int64(d.ConversationID)
	}
	return int64(d.ID)
}

// offerReady offers a ready delivery to the dispatcher and returns the state it is in then.
// Deliveries of replays always take the way through the table, behind live ones.
func (t *tx) offerReady(d *bot9.Delivery) int64 {
	state := t.offer(d.WebhookID, d.ReplayID)
	t.collect(d, state)
	return state
}

// offer asks the dispatcher whether it would take a ready delivery, and returns the state that the
// delivery would be in then.
func (t *tx) offer(webhook bot9.WebhookID, replay bot9.ReplayID) int64 {
	dispatcher := t.store.dispatcher
	if dispatcher != nil && replay == 0 && dispatcher.Admit(webhook) {
		return t.taken()
	}
	return lifecycle.RowReady
}

// collect notes a delivery that is in a new state, to be told of after the commit.
func (t *tx) collect(d *bot9.Delivery, state int64) {
	switch lifecycle.OfRow(state) {
	case lifecycle.Taken:
		t.admitted = append(t.admitted, d)
	case lifecycle.Ready:
		t.readyWebhooks[d.WebhookID] = struct{}{}
	}
}

// Finish commits the result of an attempt, and lets its lane go on. It returns at once; committed is
// called when the result is durable. A result that comes too late, because its delivery was
// finished, retried or deleted meanwhile, changes nothing.
func (s *Store) Finish(r bot9.AttemptResult, committed func(error)) {
	n := needs{kind: group.Results, chatbot: r.Delivery.ChatbotID, result: &r}
	if r.Delivery.InLane {
		n.conversations = []bot9.ConversationID{r.Delivery.ConversationID}
	}
	w := s.newWrite(context.Background(), n, func(t *tx) error { return t.finish(&r) })
	w.Done = committed
	if s.queue.Put(w) != nil {
		committed(errClosed)
	}
}

func (t *tx) finish(r *bot9.AttemptResult) (err error) {
	d := r.Delivery
	effect := lifecycle.EffectOf(r.Next, d.Status, d.InLane)
	alive, promotes := false, true
	if effect.Finished {
		alive, promotes, err = t.finishRow(r)
	} else {
		alive, err = t.requeueRow(r, effect)
	}
	if err != nil || !alive {
		return err
	}
	t.touch(d.ChatbotID, bot9.TopicDeliveries)
	if err := t.recordAttempt(r, effect); err != nil {
		return err
	}
	if effect.Frees && promotes {
		if err := t.promote(d.WebhookID, int64(d.ConversationID)); err != nil {
			return err
		}
	}
	if r.Health != nil {
		t.health[d.WebhookID] = r.Health
		t.touch(d.ChatbotID, bot9.TopicWebhooks)
	}
	if r.DisableReason != "" {
		return t.disableWebhook(d.WebhookID, r)
	}
	return nil
}

// recordAttempt counts the attempt if it counts, and keeps it: in the delivery's row of the history if the delivery
// is finished, else in a row of its own.
func (t *tx) recordAttempt(r *bot9.AttemptResult, effect lifecycle.Effect) error {
	d := r.Delivery
	if r.Attempt != nil && effect.Counts {
		r.Attempt.ID = bot9.AttemptID(t.nextID())
		t.tally(d.WebhookID).count(r.Attempt)
		if !effect.Finished {
			return t.insertAttempt(d.ID, r.Attempt)
		}
	}
	if !effect.Finished {
		return nil
	}
	last := r.Attempt
	if last == nil {
		last = &bot9.Attempt{Error: r.CancelReason, Timing: bot9.Timing{Reused: true}}
	}
	return t.archive(d, r.Next, last)
}

// attemptsBefore is how many attempts the delivery's row counts until the result is committed.
func attemptsBefore(r *bot9.AttemptResult) int {
	if r.Attempt != nil && r.Next != bot9.DeliveryPending {
		return r.Delivery.Attempts - 1
	}
	return r.Delivery.Attempts
}

// attemptKey names the row of a delivery as it was before one of its attempts.
type attemptKey struct {
	delivery bot9.DeliveryID
	attempts int
}

// finishRow removes the row of a delivery that is finished. alive: the row was still the one that the attempt was made
// for; else the result comes too late, and counts for nothing. promotes: the caller has yet to promote the next of the
// lane.
//
//   - PostgreSQL: prepare has removed the rows and promoted the lanes of the whole group (finishRows); this only looks
//     up whether the row was among them.
//   - SQLite, direct delivery: there is no row. Nothing is promoted if nothing came behind it.
//   - SQLite, row: it is removed here.
func (t *tx) finishRow(r *bot9.AttemptResult) (alive, behind bool, err error) {
	if t.shared() {
		key := attemptKey{r.Delivery.ID, attemptsBefore(r)}
		alive = t.finishedRows[key]
		delete(t.finishedRows, key)
		return alive, false, nil
	}
	if ended := t.endDirect(r.Delivery.ID); ended != nil {
		return true, ended.followed, nil
	}
	changed, err := t.exec(deleteTaken, int64(r.Delivery.ID), t.taken(), attemptsBefore(r))
	return changed == 1, true, err
}

// requeueRow makes the row of a delivery that needs another attempt ready again. alive is as in finishRow.
func (t *tx) requeueRow(r *bot9.AttemptResult, effect lifecycle.Effect) (alive bool, err error) {
	d := r.Delivery
	if err := t.recordDirect(d.ID); err != nil {
		return false, err
	}
	var changed int64
	if effect.Cause == lifecycle.Repeated {
		changed, err = t.exec(releaseTaken, int64(r.RetryAt), int64(d.ID), t.taken(), attemptsBefore(r))
	} else {
		status, failure := lastAnswer(r.Attempt)
		newLane := laneID(d)
		if effect.OwnLane {
			newLane = int64(d.ID)
		}
		changed, err = t.exec(retryTaken, int64(r.RetryAt), d.Attempts, newLane, effect.OwnLane, status, failure,
			int64(d.ID), t.taken(), attemptsBefore(r))
	}
	if changed == 1 && r.RetryAt <= t.now {
		t.readyWebhooks[d.WebhookID] = struct{}{}
	}
	return changed == 1, err
}

func lastAnswer(a *bot9.Attempt) (status int, failure string) {
	if a == nil {
		return 0, ""
	}
	return a.ResponseStatus, a.Error
}

var (
	deliveriesTable = newTable("deliveries", "id", "chatbot_id", "webhook_id", "event_id", "conversation_id?", "sequence?", "event_type*",
		"replay_id", "status*", "attempts", "response_status", "error*", "finished_at",
		"attempt_id", "started_at", "duration_us", "outcome*", "url*", "request_headers*", "response_headers*", "response_body*",
		"truncated", "timing*", "first_byte_us")
	attemptsTable = newTable("attempts", "delivery_id", "number", "id", "started_at", "duration_us", "outcome*", "error*", "url*",
		"request_headers*", "response_status", "response_headers*", "response_body*", "truncated", "timing*", "first_byte_us")
)

// archive writes a delivery that has left the backlog into the history, with its last attempt: most
// have no other one, and so need no second row. last is nil if it ends without another attempt.
func (t *tx) archive(d *bot9.Delivery, status bot9.DeliveryStatus, last *bot9.Attempt) error {
	t.tally(d.WebhookID).finished++
	if d.ReplayID != 0 {
		t.replayTally(d.ReplayID).count(status)
		t.touch(d.ChatbotID, bot9.TopicReplays)
	}
	if t.store.isPurged(int64(d.ID)) {
		return nil
	}
	if last == nil {
		last = &bot9.Attempt{Timing: bot9.Timing{Reused: true}}
	}
	return t.insert(deliveriesTable, int64(d.ID), int64(d.ChatbotID), int64(d.WebhookID), int64(d.EventID), nullable(int64(d.ConversationID)), nullable(d.Sequence), d.EventType,
		int64(d.ReplayID), string(status), d.Attempts, last.ResponseStatus, last.Error, int64(t.now),
		int64(last.ID), int64(last.StartedAt), microseconds(last.DurationMs), string(last.Outcome), last.URL,
		last.RequestHeaders.Lines, headerLines(last.ResponseHeaders), last.ResponseBody,
		last.Truncated, timingOf(last), microseconds(last.Timing.FirstByteMs))
}

// insertAttempt keeps an attempt that is not its delivery's last.
func (t *tx) insertAttempt(delivery bot9.DeliveryID, a *bot9.Attempt) error {
	if t.store.isPurged(int64(delivery)) {
		return nil
	}
	return t.insert(attemptsTable,
		int64(delivery), a.Number, int64(a.ID), int64(a.StartedAt), microseconds(a.DurationMs), string(a.Outcome), a.Error, a.URL,
		a.RequestHeaders.Lines, a.ResponseStatus, headerLines(a.ResponseHeaders), a.ResponseBody,
		a.Truncated, timingOf(a), microseconds(a.Timing.FirstByteMs))
}

// timingOf is empty for a reused connection: only the first byte's time is known then, and has its own column.
func timingOf(a *bot9.Attempt) string {
	if a.Timing.Reused {
		return ""
	}
	return encodeTiming(a.Timing)
}

func encodeTiming(t bot9.Timing) string {
	encoded, _ := json.Marshal(t) // plain numbers can't fail
	return string(encoded)
}

func microseconds(ms float64) int64 { return int64(ms * 1000) }

func headerLines(headers map[string]string) (lines text) {
	for name, value := range headers {
		lines = bot9.AppendHeaderLine(lines, name, value)
	}
	return lines
}

// promote makes the first waiting delivery of a lane ready, if nothing is before it.
func (t *tx) promote(webhook bot9.WebhookID, lane int64) error {
	if t.store.memory.directs.follow(laneKey{webhook, lane}) {
		return nil
	}
	var next *bot9.Delivery
	var state int64
	err := t.query(func(scan scanFunc) (err error) {
		next, err = scanDue(scan, &state)
		return err
	}, `SELECT `+dueColumns+` FROM backlog b JOIN events e ON e.id = b.event_id
		WHERE b.webhook_id = $1 AND b.lane = $2 ORDER BY b.id LIMIT 1`, int64(webhook), lane)
	if err != nil || next == nil || lifecycle.OfRow(state) != lifecycle.Waiting {
		return err
	}
	next.NextAttemptAt = t.now
	_, err = t.exec(`UPDATE backlog SET state = $1, due_at = $2 WHERE id = $3`, t.offerReady(next), int64(t.now), int64(next.ID))
	return err
}

const dueColumns = `b.id, b.webhook_id, b.lane, b.state, b.due_at, b.replay_id, b.attempts, b.set_aside, ` + eventColumns

func scanDue(scan scanFunc, state *int64) (*bot9.Delivery, error) {
	d, e := &bot9.Delivery{}, &bot9.Event{}
	var lane int64
	var setAside bool
	err := scan((*int64)(&d.ID), (*int64)(&d.WebhookID), &lane, state, (*int64)(&d.NextAttemptAt), (*int64)(&d.ReplayID), &d.Attempts, &setAside,
		(*int64)(&e.ID), (*int64)(&e.ChatbotID), (*int64)(&e.ConversationID), &e.Sequence, &e.Type, (*[]byte)(&e.Data))
	setWaiting(d, lane, setAside)
	takeStored(e)
	if e.ID != 0 {
		attachEvent(d, e)
	}
	return d, err
}

// setWaiting derives the fields of a delivery that have no column in the backlog. The delivery goes to the dispatcher,
// which knows whether the webhook is enabled.
func setWaiting(d *bot9.Delivery, lane int64, setAside bool) {
	d.CreatedAt, d.InLane = d.ID.Time(), lane != int64(d.ID)
	d.Status = lifecycle.Status(d.Attempts, setAside, bot9.WebhookEnabled)
	if d.InLane {
		d.ConversationID = bot9.ConversationID(lane)
	}
}

// attachEvent gives a delivery its event.
func attachEvent(d *bot9.Delivery, e *bot9.Event) {
	d.Event, d.ChatbotID, d.EventID, d.EventType, d.ConversationID, d.Sequence = e, e.ChatbotID, e.ID, e.Type, e.ConversationID, e.Sequence
}

// Claim takes ready deliveries of a webhook that are due at now, live ones before those of replays
// and the longest due first. It tells when the next live one and the next one of a replay is due
// after that (zero: none is ready).
func (s *Store) Claim(ctx context.Context, webhook bot9.WebhookID, now bot9.Time, limit int) (claimed []*bot9.Delivery, live, low bot9.Time, err error) {
	turn, _ := s.owners.turnOf(int64(webhook))
	n := needs{kind: group.Results, account: bot9.AccountID(turn), weight: limit / 4}
	err = s.writeWith(ctx, n, func(t *tx) (err error) {
		claimed = nil
		if claimed, live, err = t.claim(claimed, webhook, 0, now, limit); err != nil {
			return err
		}
		claimed, low, err = t.claim(claimed, webhook, 1, now, limit)
		return err
	})
	return claimed, live, low, err
}

// claimBytes is of how much data the events are that one claim takes, at most, but for the last.
const claimBytes = 4 << 20

func (t *tx) claim(claimed []*bot9.Delivery, webhook bot9.WebhookID, low int, now bot9.Time, limit int) ([]*bot9.Delivery, bot9.Time, error) {
	var state int64
	before, orphans, held := len(claimed), len(t.orphans), 0
	err := t.query(func(scan scanFunc) error {
		if held >= claimBytes { // the next claim gets it
			return nil
		}
		d, err := scanDue(scan, &state)
		if d.Event != nil {
			held += len(d.Event.Data)
		}
		if d.Event == nil { // retention has ended it, and will be told
			t.orphans = append(t.orphans, d)
		} else {
			claimed = append(claimed, d)
		}
		return err
	}, `SELECT `+dueColumns+` FROM backlog b LEFT JOIN events e ON e.id = b.event_id
		WHERE b.state = `+sqlReady+` AND b.webhook_id = $1 AND b.low = $2 AND b.due_at <= $3 ORDER BY b.due_at, b.id LIMIT $4`+t.store.db.skipLocked("b"),
		int64(webhook), low, int64(now), limit-before)
	if err != nil {
		return nil, 0, err
	}
	for _, d := range slices.Concat(claimed[before:], t.orphans[orphans:]) {
		if err := t.queue(`UPDATE backlog SET state = $1 WHERE id = $2`, t.taken(), int64(d.ID)); err != nil {
			return nil, 0, err
		}
	}
	var next int64
	_, err = queryRow(t, nextDue,
		[]any{int64(webhook), low}, &next)
	return claimed, bot9.Time(next), err
}

// Release gives back deliveries that were claimed and not attempted.
func (s *Store) Release(ctx context.Context, deliveries []*bot9.Delivery) error {
	return s.writeWith(ctx, needs{evenIfFull: true}, func(t *tx) error {
		for _, d := range deliveries {
			if err := t.recordDirect(d.ID); err != nil {
				return err
			}
			err := t.queue(releaseTaken,
				int64(d.NextAttemptAt), int64(d.ID), t.taken(), d.Attempts)
			if err != nil {
				return err
			}
			t.readyWebhooks[d.WebhookID] = struct{}{}
		}
		return nil
	})
}

// returnTaken releases the claims of the previous process. Only one process at a time works on an embedded database, so
// every row that is taken when it opens is orphaned.
func (s *Store) returnTaken() error {
	t := &tx{store: s}
	err := s.db.write(func(session session) error {
		t.begin(session)
		if _, err := t.exec(`UPDATE backlog SET state = ` + sqlReady + ` WHERE state >= ` + sqlTaken); err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE owed_answers SET owner = $1 WHERE owner <> $1`, ownerGone); err != nil {
			return err
		}
		return t.recoverTail()
	})
	if err == nil {
		s.memory.commit()
	}
	return err
}

// Waiting tells, for every webhook with a ready delivery, when its first one is due.
func (s *Store) Waiting(ctx context.Context) (map[bot9.WebhookID]bot9.Time, error) {
	waiting := map[bot9.WebhookID]bot9.Time{}
	err := s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			var webhook, live, low int64
			err := scan(&webhook, &live, &low)
			if live == 0 || low != 0 && low < live {
				live = low
			}
			waiting[bot9.WebhookID(webhook)] = bot9.Time(live)
			return err
		}, withReadyWebhooks+`SELECT r.id,
			(SELECT b.due_at FROM backlog b WHERE b.state = `+sqlReady+` AND b.webhook_id = r.id AND b.low = 0 ORDER BY b.due_at LIMIT 1),
			(SELECT b.due_at FROM backlog b WHERE b.state = `+sqlReady+` AND b.webhook_id = r.id AND b.low = 1 ORDER BY b.due_at LIMIT 1)
			FROM r WHERE r.id IS NOT NULL`)
	})
	return waiting, err
}

// withReadyWebhooks begins a statement with r, the webhooks that have ready deliveries. It hops from one to the next on
// the index of ready deliveries.
var withReadyWebhooks = `WITH RECURSIVE r(id) AS (
			SELECT (SELECT b.webhook_id FROM backlog b WHERE b.state = ` + sqlReady + ` ORDER BY b.webhook_id LIMIT 1)
			UNION ALL
			SELECT (SELECT b.webhook_id FROM backlog b WHERE b.state = ` + sqlReady + ` AND b.webhook_id > r.id ORDER BY b.webhook_id LIMIT 1) FROM r WHERE r.id IS NOT NULL)
		`
