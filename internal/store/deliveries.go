package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/lifecycle"
)

const finishedColumns = `d.id, d.webhook_id, d.chatbot_id, d.event_id, d.event_type, d.conversation_id, d.sequence, d.replay_id,
	d.status, d.attempts, d.response_status, d.error, d.finished_at`

func scanFinished(scan scanFunc) (bot9.Delivery, error) {
	var d bot9.Delivery
	err := scan((*int64)(&d.ID), (*int64)(&d.WebhookID), (*int64)(&d.ChatbotID), (*int64)(&d.EventID), &d.EventType, (*int64)(&d.ConversationID),
		&d.Sequence, (*int64)(&d.ReplayID), (*string)(&d.Status), &d.Attempts, &d.ResponseStatus, &d.Error, (*int64)(&d.FinishedAt))
	d.CreatedAt = d.ID.Time()
	return d, err
}

const (
	unfinishedColumns = `SELECT b.id, b.webhook_id, e.chatbot_id, b.event_id, e.type, e.conversation_id, e.sequence, b.replay_id,
	b.state, b.due_at, b.attempts, b.set_aside, b.response_status, b.error`
	unfinishedQuery = unfinishedColumns + ` FROM backlog b JOIN events e ON e.id = b.event_id`
)

// scanUnfinished reads a delivery of a webhook with this status.
func scanUnfinished(scan scanFunc, webhook bot9.WebhookStatus) (bot9.Delivery, error) {
	var d bot9.Delivery
	var state int64
	var setAside bool
	err := scan((*int64)(&d.ID), (*int64)(&d.WebhookID), (*int64)(&d.ChatbotID), (*int64)(&d.EventID), &d.EventType, (*int64)(&d.ConversationID),
		&d.Sequence, (*int64)(&d.ReplayID), &state, (*int64)(&d.NextAttemptAt), &d.Attempts, &setAside, &d.ResponseStatus, &d.Error)
	d.CreatedAt = d.ID.Time()
	lifecycle.Show(&d, lifecycle.OfRow(state), setAside, webhook)
	return d, err
}

// Deliveries lists deliveries of the chatbot's webhooks, newest first: those in the backlog, those that are
// direct, and those that are finished together.
func (s *Store) Deliveries(ctx context.Context, chatbot bot9.ChatbotID, filter bot9.DeliveryFilter, page bot9.Page) (bot9.List[bot9.Delivery], error) {
	limit, cursor, err := readPage(page)
	if err != nil {
		return bot9.List[bot9.Delivery]{}, err
	}
	rows, shown := []bot9.Delivery{}, []bot9.Delivery(nil)
	direct := s.directDeliveries(chatbot, filter, cursor)
	read := s.read
	if filter.ConversationID != 0 || filter.EventType != "" {
		read = s.scan
	}
	err = read(ctx, func(r session) error {
		rows, shown = rows[:0], nil
		if filter.ConversationID == 0 { // where there is but one good plan, which takes long to find
			if err := s.db.replan(r); err != nil {
				return err
			}
		}
		if filter.Status == "" || filter.Status.Unfinished() {
			waiting, err := s.unfinished(r, chatbot, filter, limit+1, cursor)
			if err != nil {
				return err
			}
			rows = append(rows, waiting...)
			if shown, err = s.showDirect(r, direct, filter.Status, limit+1); err != nil {
				return err
			}
		}
		if filter.Status == "" || !filter.Status.Unfinished() {
			finished, err := s.finishedDeliveries(r, chatbot, filter, limit+1, cursor)
			if err != nil {
				return err
			}
			rows = append(rows, finished...)
		}
		return nil
	})
	if err != nil {
		return bot9.List[bot9.Delivery]{}, err
	}
	rows = append(rows, shown...)
	// What has got a row since the snapshot stands there twice; the row, which comes first, is newer.
	slices.SortStableFunc(rows, func(a, b bot9.Delivery) int { return cmp.Compare(b.ID, a.ID) })
	rows = slices.CompactFunc(rows, func(a, b bot9.Delivery) bool { return a.ID == b.ID })
	return cutPage(rows, limit, func(d bot9.Delivery) int64 { return int64(d.ID) }), nil
}

// unfinished reads from the backlog webhook by webhook: it is indexed by webhook, and most have none. All are asked for
// at once.
func (s *Store) unfinished(r session, chatbot bot9.ChatbotID, filter bot9.DeliveryFilter, limit int, cursor int64) ([]bot9.Delivery, error) {
	q := newQuery(`SELECT w.id, w.settings, CAST(sum(n.enqueued) - sum(n.finished) AS BIGINT) FROM webhooks w JOIN endpoint_counts n ON n.webhook_id = w.id
		WHERE w.chatbot_id = %s AND w.deleted_at IS NULL`, int64(chatbot))
	if filter.WebhookID != 0 {
		q.and(`w.id = %s`, int64(filter.WebhookID))
	}
	q.add(` GROUP BY w.id`)
	backlogs := map[bot9.WebhookID]bot9.WebhookStatus{}
	err := r.query(func(scan scanFunc) error {
		var id, count int64
		var settings []byte
		if err := scan(&id, &settings, &count); err != nil || count <= 0 {
			return err
		}
		var known struct{ Status bot9.WebhookStatus }
		err := json.Unmarshal(settings, &known)
		backlogs[bot9.WebhookID(id)] = known.Status
		return err
	}, q.sql, q.args...)
	if err != nil {
		return nil, err
	}
	var rows []bot9.Delivery
	for id, status := range backlogs {
		if !lifecycle.MayShow(filter.Status, status) {
			continue
		}
		for _, q := range s.backlogQueries(id, filter, cursor) {
			q.add(` ORDER BY `+q.order+` DESC LIMIT %s`, limit)
			err = r.ask(func(scan scanFunc) error {
				d, err := scanUnfinished(scan, status)
				rows = append(rows, d)
				return err
			}, q.sql, q.args...)
			if err != nil {
				return nil, err
			}
		}
	}
	return rows, r.answers()
}

func (s *Store) finishedDeliveries(r session, chatbot bot9.ChatbotID, filter bot9.DeliveryFilter, limit int, cursor int64) ([]bot9.Delivery, error) {
	chatbotColumn, webhookColumn, typeColumn, err := finishedColumnsFor(r, filter)
	if err != nil {
		return nil, err
	}
	q, order := newQuery(`SELECT `+finishedColumns), `d.id`
	if filter.ConversationID != 0 { // event by event (no delivery is older than its event), then sorted: cheaper than walking all deliveries
		_, from, args := s.db.eventsOf(s, filter.ConversationID, idRange{})
		q.add(` FROM (SELECT e.id`+from, args...)
		q.add(`) c CROSS JOIN deliveries d WHERE d.event_id = c.id AND d.id > c.id`)
		order = `+d.id`
	} else {
		q.add(` FROM deliveries d WHERE true`)
	}
	q.and(chatbotColumn+` = %s`, int64(chatbot))
	if filter.EventID != 0 {
		q.and(`d.event_id = %s AND d.id > %s`, int64(filter.EventID), int64(filter.EventID))
	}
	if filter.WebhookID != 0 {
		q.and(webhookColumn+` = %s`, int64(filter.WebhookID))
	}
	if filter.EventType != "" {
		q.andType(typeColumn, filter.EventType)
	}
	if filter.Status != "" {
		q.and(`d.status = %s`, string(filter.Status))
		if filter.Status != bot9.DeliverySucceeded {
			q.and(`d.status <> 'succeeded'`) // says the same, and lets the partial index be used
		}
	}
	q.andTimes("d.id", filter.Since, filter.Until)
	if cursor != 0 {
		q.and(`d.id < %s`, cursor)
	}
	q.add(` ORDER BY `+order+` DESC LIMIT %s`, limit)
	var rows []bot9.Delivery
	err = r.query(func(scan scanFunc) error {
		d, err := scanFinished(scan)
		rows = append(rows, d)
		return err
	}, q.sql, q.args...)
	return rows, err
}

// finishedColumnsFor returns the columns of a filter in such a form that the planner goes by the index
// that meets the fewest rows: with a sign before it, or as an expression, a column's index can't be used.
func finishedColumnsFor(r session, filter bot9.DeliveryFilter) (chatbot, webhook, eventType string, err error) {
	chatbot, webhook, eventType = `d.chatbot_id`, `d.webhook_id`, `d.event_type`
	switch unsuccessful := filter.Status != "" && filter.Status != bot9.DeliverySucceeded; {
	case filter.EventID != 0 || filter.ConversationID != 0: // they have few deliveries
		chatbot, webhook = `+d.chatbot_id`, `+d.webhook_id`
	case filter.WebhookID != 0 && unsuccessful: // there is an index of those
		chatbot = `+d.chatbot_id`
	case unsuccessful: // likewise
		eventType = `d.event_type || ''`
	case filter.WebhookID != 0 && filter.EventType != "":
		busy := int64(0)
		_, err = queryRow(r, `SELECT 1 FROM deliveries d WHERE d.webhook_id = $1 ORDER BY d.id DESC LIMIT 1 OFFSET $2`,
			[]any{int64(filter.WebhookID), sparseWebhook}, &busy)
		if busy == 1 { // most deliveries of the type are likely to be its own
			webhook = `+d.webhook_id`
		} else {
			chatbot = `+d.chatbot_id`
		}
	case filter.WebhookID != 0:
		chatbot = `+d.chatbot_id`
	}
	return chatbot, webhook, eventType, err
}

// sparseWebhook bounds the deliveries of a webhook that are walked to find those of one event type.
const sparseWebhook = 1000

// Delivery returns one delivery of the chatbot, with its event.
func (s *Store) Delivery(ctx context.Context, chatbot bot9.ChatbotID, id bot9.DeliveryID) (d bot9.Delivery, err error) {
	direct := s.directDelivery(id)
	err = s.read(ctx, func(r session) error {
		if d, err = s.findDelivery(r, chatbot, id, direct); err != nil {
			return err
		}
		return r.query(func(scan scanFunc) (err error) {
			d.Event, err = scanEvent(scan)
			return err
		}, `SELECT `+eventColumns+` FROM events e WHERE e.id = $1`, int64(d.EventID))
	})
	return d, err
}

// findDelivery reads one delivery of the chatbot. direct is what memory said of it before, nil for nothing.
func (s *Store) findDelivery(r session, chatbot bot9.ChatbotID, id bot9.DeliveryID, direct *direct) (d bot9.Delivery, err error) {
	found := false
	read := func(scanRow func(scanFunc) (bot9.Delivery, error)) func(scanFunc) error {
		return func(scan scanFunc) (err error) {
			found = true
			d, err = scanRow(scan)
			return err
		}
	}
	err = r.query(read(scanFinished), `SELECT `+finishedColumns+` FROM deliveries d WHERE d.id = $1 AND d.chatbot_id = $2`, int64(id), int64(chatbot))
	if err != nil || found {
		return d, err
	}
	scan := func(scan scanFunc) (bot9.Delivery, error) { return scanUnfinished(scan, bot9.WebhookEnabled) }
	err = r.query(read(scan), unfinishedQuery+` WHERE b.id = $1 AND e.chatbot_id = $2`, int64(id), int64(chatbot))
	if err != nil {
		return d, err
	}
	if !found {
		if direct == nil || direct.chatbot != chatbot {
			return d, notFound("delivery")
		}
		d = direct.delivery()
	}
	webhook, err := s.findWebhook(r, `w.id = $1`, int64(d.WebhookID))
	if err == nil && webhook.Status == bot9.WebhookDisabled {
		lifecycle.Show(&d, lifecycle.Waiting, d.Status == bot9.DeliverySetAside, webhook.Status)
	}
	return d, err
}

// Attempts returns the attempts of one of the chatbot's deliveries, in the order they were made.
func (s *Store) Attempts(ctx context.Context, chatbot bot9.ChatbotID, id bot9.DeliveryID) ([]bot9.Attempt, error) {
	attempts := []bot9.Attempt{}
	direct := s.directDelivery(id)
	err := s.read(ctx, func(r session) error {
		d, err := s.findDelivery(r, chatbot, id, direct)
		if err != nil {
			return err
		}
		add := func(scan scanFunc) error {
			attempt, err := scanAttempt(scan, &d)
			attempts = append(attempts, attempt)
			return err
		}
		err = r.query(add, `SELECT id, delivery_id, number, `+attemptColumns+` FROM attempts WHERE delivery_id = $1 ORDER BY number, id`, int64(id))
		if err != nil {
			return err
		}
		return r.query(add, `SELECT `+lastAttempt+` FROM deliveries WHERE id = $1 AND attempt_id <> 0`, int64(id))
	})
	return attempts, err
}

// A delivery that is finished has its last attempt in its own row, if it ended with one: the rest of
// its attempts are in a table of their own, as are all of one that is not finished.
const (
	attemptColumns = `started_at, duration_us, outcome, error, url, request_headers, response_status, response_headers, response_body, truncated,
		timing, first_byte_us`
	lastAttempt = `attempt_id, id, attempts, ` + attemptColumns
)

// scanAttempt reads an attempt of the delivery.
func scanAttempt(scan scanFunc, d *bot9.Delivery) (bot9.Attempt, error) {
	var a bot9.Attempt
	var durationUs, firstByteUs int64
	var response, timing string
	err := scan((*int64)(&a.ID), (*int64)(&a.DeliveryID), &a.Number, (*int64)(&a.StartedAt), &durationUs, (*string)(&a.Outcome), &a.Error, &a.URL,
		&a.RequestHeaders.Lines, &a.ResponseStatus, &response, &a.ResponseBody, &a.Truncated, &timing, &firstByteUs)
	if err != nil {
		return a, err
	}
	a.DurationMs = float64(durationUs) / 1000
	a.ResponseHeaders = bot9.ParseHeaderLines(response)
	if lines := a.RequestHeaders.Lines; lines != "" {
		a.RequestHeaders = bot9.RequestHeaders{Lines: lines, MessageID: d.EventID.String(), WebhookID: d.WebhookID, EventType: d.EventType, SentAt: a.StartedAt, Attempt: a.Number}
	}
	if timing == "" {
		a.Timing = bot9.Timing{Reused: true, FirstByteMs: float64(firstByteUs) / 1000}
		return a, nil
	}
	return a, json.Unmarshal([]byte(timing), &a.Timing)
}

// RetryDelivery makes a delivery due now. One that is finished goes back to the backlog, in no
// conversation's order any more; one that waits for an earlier event of its conversation fails
// with Conflict "deliveryWaits", one that is being sent with "deliveryInFlight".
func (s *Store) RetryDelivery(ctx context.Context, chatbot bot9.ChatbotID, id bot9.DeliveryID) (d bot9.Delivery, err error) {
	err = s.writeWith(ctx, needs{chatbot: chatbot, returns: &d}, func(t *tx) error {
		direct := s.memory.directs.byID[id]
		if d, err = s.findDelivery(t, chatbot, id, direct); err != nil {
			return err
		}
		webhook, err := s.findWebhook(t, `w.id = $1`, int64(d.WebhookID))
		if err != nil {
			return err
		}
		if webhook.Status == bot9.WebhookDisabled {
			return bot9.Errorf(bot9.Conflict, "webhookDisabled", "The webhook is disabled. Enable it first.")
		}
		if direct != nil {
			return errInFlight
		}
		t.touch(chatbot, bot9.TopicDeliveries)
		if d.Status.Unfinished() {
			return t.dueNow(&d)
		}
		return t.reopen(&d)
	})
	return d, err
}

var errInFlight = bot9.Errorf(bot9.Conflict, "deliveryInFlight", "The delivery is being sent right now.")

func (t *tx) dueNow(d *bot9.Delivery) error {
	var state int64
	if _, err := queryRow(t, `SELECT state FROM backlog b WHERE b.id = $1`+t.store.db.lock("b"), []any{int64(d.ID)}, &state); err != nil {
		return err
	}
	switch lifecycle.OfRow(state) {
	case lifecycle.Waiting:
		return bot9.Errorf(bot9.Conflict, "deliveryWaits", "The delivery waits for an earlier event of its conversation. Retry that one.")
	case lifecycle.Taken:
		return errInFlight
	}
	d.NextAttemptAt = t.now
	t.readyWebhooks[d.WebhookID] = struct{}{}
	_, err := t.exec(`UPDATE backlog SET due_at = $1 WHERE id = $2`, int64(t.now), int64(d.ID))
	return err
}

func (t *tx) reopen(d *bot9.Delivery) error {
	kept := int64(0)
	if _, err := queryRow(t, `SELECT 1 FROM events e WHERE e.id = $1`, []any{int64(d.EventID)}, &kept); err != nil {
		return err
	}
	if kept == 0 {
		return bot9.Errorf(bot9.Conflict, "eventGone", "The event is no longer kept, so it can't be sent again.")
	}
	deleted, last := false, bot9.Attempt{}
	err := t.query(func(scan scanFunc) (err error) {
		deleted, t.dirty = true, true
		last, err = scanAttempt(scan, d)
		return err
	}, `DELETE FROM deliveries WHERE id = $1 RETURNING `+lastAttempt, int64(d.ID))
	if err != nil {
		return err
	}
	if !deleted {
		return bot9.Errorf(bot9.Conflict, "deliveryInFlight", "The delivery is being retried right now.")
	}
	if last.ID != 0 {
		if err := t.insertAttempt(d.ID, &last); err != nil {
			return err
		}
	}
	t.tally(d.WebhookID).enqueued++
	t.readyWebhooks[d.WebhookID] = struct{}{}
	_, err = t.exec(`INSERT INTO backlog (id, webhook_id, event_id, lane, state, due_at, low, replay_id, attempts, set_aside, response_status, error)
		VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $7, 0, $8, $9)`,
		int64(d.ID), int64(d.WebhookID), int64(d.EventID), int64(d.ID), lifecycle.RowReady, int64(t.now), d.Attempts, d.ResponseStatus, d.Error)
	d.NextAttemptAt, d.FinishedAt, d.ReplayID = t.now, 0, 0
	lifecycle.Show(d, lifecycle.Ready, false, bot9.WebhookEnabled)
	return err
}
