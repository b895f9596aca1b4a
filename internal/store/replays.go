package store

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
	"github.com/bot9/bot9/internal/store/group"
)

const (
	replaySlice     = 500     // events looked at in one transaction
	replayBytes     = 8 << 20 // of their data, at which a slice ends
	replayInBacklog = 1000    // deliveries of one replay that wait at most, so that canceling is quick
)

const replayColumns = `r.id, r.webhook_id, r.chatbot_id, r.filter, r.status, r.cursor, r.until, r.queued, r.succeeded, r.failed, r.canceled, r.exhausted, r.finished_at`

// replayRow is a replay with how far it has come.
type replayRow struct {
	bot9.Replay
	cursor, until int64
	exhausted     bool
}

func scanReplay(scan scanFunc) (replayRow, error) {
	var r replayRow
	var filter []byte
	err := scan((*int64)(&r.ID), (*int64)(&r.WebhookID), (*int64)(&r.ChatbotID), &filter, (*string)(&r.Status), &r.cursor, &r.until,
		&r.Queued, &r.Succeeded, &r.Failed, &r.Canceled, &r.exhausted, (*int64)(&r.FinishedAt))
	if err != nil {
		return r, err
	}
	r.CreatedAt, r.Total = r.ID.Time(), r.Queued
	return r, json.Unmarshal(filter, &r.Filter)
}

// CreateReplay begins a replay of the chatbot's events of the past to one of its webhooks. The
// events are queued by AdvanceReplays.
func (s *Store) CreateReplay(ctx context.Context, r bot9.Replay) (bot9.Replay, error) {
	err := s.writeWith(ctx, needs{chatbot: r.ChatbotID, returns: &r}, func(t *tx) error {
		webhook, err := s.findWebhook(t, `w.id = $1 AND w.chatbot_id = $2`, int64(r.WebhookID), int64(r.ChatbotID))
		if err != nil {
			return err
		}
		if webhook.Status == bot9.WebhookDisabled {
			return bot9.Errorf(bot9.Conflict, "webhookDisabled", "The webhook is disabled. Enable it first.")
		}
		r.ID, r.Status = bot9.ReplayID(t.nextID()), bot9.ReplayRunning
		r.CreatedAt = r.ID.Time()
		filter, err := json.Marshal(r.Filter)
		if err != nil {
			return err
		}
		cursor, until := replayRange(r.Filter, int64(r.ID)) // not what comes after it: that is delivered anyway
		t.touch(r.ChatbotID, bot9.TopicReplays)
		t.changedWebhooks[r.WebhookID] = struct{}{} // so that the dispatcher looks after it
		_, err = t.exec(`INSERT INTO replays (id, webhook_id, chatbot_id, filter, status, cursor, until) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			int64(r.ID), int64(r.WebhookID), int64(r.ChatbotID), text(filter), string(r.Status), cursor, until)
		if err != nil {
			return err
		}
		return t.audit(bot9.AuditRecord{
			AccountID: webhook.AccountID, ChatbotID: r.ChatbotID, Action: bot9.AuditReplayStarted, Object: r.ID.String(),
			Changes: bot9.AuditChanges{"webhookId": {To: r.WebhookID}, "filter": {To: r.Filter}},
		})
	})
	return r, err
}

// replayRange is between which IDs a replay's events are, the first left out, the last within.
func replayRange(filter bot9.ReplayFilter, newest int64) (cursor, until int64) {
	if filter.Until != 0 {
		newest = min(newest, bot9.FirstIDAt(filter.Until)-1)
	}
	return bot9.FirstIDAt(filter.Since) - 1, newest
}

func findReplay(r session, chatbot bot9.ChatbotID, id bot9.ReplayID) (row replayRow, err error) {
	found := false
	err = r.query(func(scan scanFunc) (err error) {
		found = true
		row, err = scanReplay(scan)
		return err
	}, `SELECT `+replayColumns+` FROM replays r WHERE r.id = $1 AND r.chatbot_id = $2`, int64(id), int64(chatbot))
	if err == nil && !found {
		err = notFound("replay")
	}
	return row, err
}

// Replay returns one replay of the chatbot. Its total is known once every event was looked at;
// until then it is what was queued so far.
func (s *Store) Replay(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ReplayID) (bot9.Replay, error) {
	var row replayRow
	err := s.read(ctx, func(r session) (err error) {
		if row, err = findReplay(r, chatbot, id); err != nil {
			return err
		}
		shown := []bot9.Replay{row.Replay}
		err = s.tellBlocked(r, shown)
		row.Replay = shown[0]
		return err
	})
	return row.Replay, err
}

// Replays lists a webhook's replays, newest first.
func (s *Store) Replays(ctx context.Context, chatbot bot9.ChatbotID, webhook bot9.WebhookID, page bot9.Page) (bot9.List[bot9.Replay], error) {
	q := newQuery(`SELECT `+replayColumns+` FROM replays r WHERE r.webhook_id = %s AND r.chatbot_id = %s`, int64(webhook), int64(chatbot))
	scan := func(scan scanFunc) (bot9.Replay, error) {
		row, err := scanReplay(scan)
		return row.Replay, err
	}
	found, err := list(ctx, s, q, "r.id", false, page, scan, func(r bot9.Replay) int64 { return int64(r.ID) })
	if err == nil {
		err = s.read(ctx, func(r session) error { return s.tellBlocked(r, found.Data) })
	}
	return found, err
}

// CancelReplay stops a replay: what it has queued and nobody is sending leaves the backlog. A replay
// that is over stays as it is.
func (s *Store) CancelReplay(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ReplayID) (bot9.Replay, error) {
	var row replayRow
	err := s.writeWith(ctx, needs{chatbot: chatbot, exclusive: true, evenIfFull: true}, func(t *tx) (err error) {
		if err := s.db.lockReplay(t, id); err != nil {
			return err
		}
		if row, err = findReplay(t, chatbot, id); err != nil || row.Status != bot9.ReplayRunning {
			return err
		}
		t.touch(chatbot, bot9.TopicReplays|bot9.TopicDeliveries)
		if err := t.lockQueued(id); err != nil {
			return err
		}
		var waiting []*bot9.Delivery
		err = t.query(func(scan scanFunc) error {
			var state int64
			d, err := scanDue(scan, &state)
			waiting = append(waiting, d)
			return err
		}, `SELECT `+dueColumns+` FROM backlog b JOIN events e ON e.id = b.event_id
			WHERE b.replay_id = $1 AND b.replay_id <> 0 AND b.state < `+sqlTaken+` ORDER BY b.id`+s.db.lock("b"), int64(id))
		if err != nil {
			return err
		}
		for _, d := range waiting {
			if _, err := t.exec(`DELETE FROM backlog WHERE id = $1`, int64(d.ID)); err != nil {
				return err
			}
			if err := t.archive(d, bot9.DeliveryCanceled, nil); err != nil {
				return err
			}
		}
		if err := t.audit(bot9.AuditRecord{ChatbotID: chatbot, Action: bot9.AuditReplayCanceled, Object: id.String()}); err != nil {
			return err
		}
		for _, d := range waiting {
			if d.InLane {
				if err := t.promote(d.WebhookID, laneID(d)); err != nil {
					return err
				}
			}
		}
		row.Status, row.FinishedAt, row.Canceled = bot9.ReplayCanceled, t.now, row.Canceled+int64(len(waiting))
		_, err = t.exec(`UPDATE replays SET status = $1, finished_at = $2 WHERE id = $3`, string(row.Status), int64(t.now), int64(id))
		return err
	})
	return row.Replay, err
}

// lockQueued locks the conversations of the deliveries that the replay has queued.
func (t *tx) lockQueued(id bot9.ReplayID) error {
	if !t.shared() {
		return nil
	}
	conversations, err := t.idsOf(`SELECT b.lane FROM backlog b WHERE b.replay_id = $1 AND b.replay_id <> 0 AND b.lane <> b.id`, int64(id))
	if err != nil {
		return err
	}
	locks := make([]bot9.ConversationID, len(conversations))
	for i, conversation := range conversations {
		locks[i] = bot9.ConversationID(conversation)
	}
	return t.store.db.lockConversations(t, locks)
}

// AdvanceReplays queues the next slice of every running replay that has room, and ends those that
// are through. It tells whether there is more to do at once.
func (s *Store) AdvanceReplays(ctx context.Context) (more bool, err error) {
	var running []replayRow
	err = s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			row, err := scanReplay(scan)
			running = append(running, row)
			return err
		}, `SELECT `+replayColumns+` FROM replays r WHERE r.status = 'running' ORDER BY r.id`)
	})
	if err != nil {
		return false, err
	}
	for _, row := range running {
		advanced := false
		ahead, err := s.lookAhead(ctx, row)
		if err != nil {
			return false, err
		}
		err = s.writeWith(ctx, needs{kind: group.Expansion, chatbot: row.ChatbotID, appends: true, exclusive: true, weight: replaySlice}, func(t *tx) (err error) {
			advanced, err = t.advanceReplay(row.ChatbotID, row.ID, ahead)
			return err
		})
		if err != nil {
			return false, err
		}
		more = more || advanced
	}
	return more, nil
}

func (t *tx) advanceReplay(chatbot bot9.ChatbotID, id bot9.ReplayID, ahead *lookedAhead) (more bool, err error) {
	if err := t.store.db.lockReplay(t, id); err != nil {
		return false, err
	}
	row, err := findReplay(t, chatbot, id)
	if err != nil || row.Status != bot9.ReplayRunning {
		return false, err
	}
	t.touch(chatbot, bot9.TopicReplays)
	inBacklog := row.Queued - row.Succeeded - row.Failed - row.Canceled
	if row.exhausted {
		if inBacklog > 0 {
			return false, nil
		}
		_, err = t.exec(`UPDATE replays SET status = $1, finished_at = $2 WHERE id = $3`, string(bot9.ReplayDone), int64(t.now), int64(id))
		return false, err
	}
	if inBacklog > replayInBacklog-replaySlice {
		return false, nil
	}
	if row.Filter.Retry {
		return true, t.advanceRetry(&row)
	}
	webhook, err := t.store.findWebhook(t, `w.id = $1`, int64(row.WebhookID))
	if bot9.KindOf(err) == bot9.NotFound {
		_, err = t.exec(`UPDATE replays SET status = $1, finished_at = $2 WHERE id = $3`, string(bot9.ReplayCanceled), int64(t.now), int64(id))
		return false, err
	}
	if err != nil || webhook.Status == bot9.WebhookDisabled {
		return false, err
	}
	if ahead == nil || ahead.from != row.cursor || ahead.filter != webhook.Filter || !slices.Equal(ahead.events, webhook.Events) {
		return true, nil // something has changed since
	}
	return true, t.queueReplayed(id, &webhook, ahead)
}

// replayEvents returns the next events to look at, in order; last tells that there are no more.
func (s *Store) replayEvents(r session, row replayRow) (events []*bot9.Event, last bool, err error) {
	q, id := s.queryEvents(row.ChatbotID, row.Filter.ConversationID, idRange{after: row.cursor, forward: true, most: replaySlice})
	q.and(id+` > %s AND `+id+` <= %s`, row.cursor, row.until)
	q.add(` ORDER BY `+id+` LIMIT %s`, replaySlice)
	held, cut := 0, false
	err = r.query(func(scan scanFunc) error {
		if cut = held >= replayBytes; cut {
			return nil // the next slice begins with it
		}
		event, err := scanEvent(scan)
		events = append(events, event)
		held += len(event.Data)
		return err
	}, q.sql, q.args...)
	return events, len(events) < replaySlice && !cut, err
}

// wanted returns which of the events a replay is to send, of those that it gets to look at by until.
func (s *Store) wanted(r session, filter bot9.ReplayFilter, w *bot9.Webhook, events []*bot9.Event, until time.Time) (wanted []*bot9.Event, looked int, err error) {
	for looked < len(events) {
		e := events[looked]
		chosen := len(filter.Events) == 0 || policy.Chosen(&bot9.Webhook{Events: filter.Events}, e.Type)
		if chosen && policy.Chosen(w, e.Type) && s.passes(w, e) {
			wanted = append(wanted, e)
		}
		if looked++; time.Now().After(until) {
			break
		}
	}
	if len(filter.Status) == 0 {
		return wanted, looked, nil
	}
	// What a canceled replay left out counts only if it is asked for.
	ignored := bot9.DeliveryCanceled
	if slices.Contains(filter.Status, bot9.DeliveryCanceled) {
		ignored = ""
	}
	ended := map[bot9.EventID]bot9.DeliveryStatus{}
	for _, e := range wanted {
		err := r.ask(func(scan scanFunc) error {
			var last string
			err := scan(&last)
			ended[e.ID] = bot9.DeliveryStatus(last)
			return err
		}, `SELECT status FROM deliveries WHERE event_id = $1 AND id > $1 AND webhook_id = $2 AND status <> $3 ORDER BY id DESC LIMIT 1`,
			int64(e.ID), int64(w.ID), string(ignored))
		if err != nil {
			return nil, looked, err
		}
	}
	err = r.answers()
	return slices.DeleteFunc(wanted, func(e *bot9.Event) bool { return !slices.Contains(filter.Status, ended[e.ID]) }), looked, err
}

// replayTally gathers what one transaction finished of one replay.
type replayTally struct{ succeeded, failed, canceled int64 }

func (t *tx) replayTally(id bot9.ReplayID) *replayTally {
	counts, ok := t.replays[id]
	if !ok {
		counts = &replayTally{}
		t.replays[id] = counts
	}
	return counts
}

func (c *replayTally) count(status bot9.DeliveryStatus) {
	switch status {
	case bot9.DeliverySucceeded:
		c.succeeded++
	case bot9.DeliveryFailed:
		c.failed++
	case bot9.DeliveryCanceled:
		c.canceled++
	}
}

func (t *tx) flushReplays() error {
	for _, id := range slices.Sorted(maps.Keys(t.replays)) {
		c := t.replays[id]
		err := t.queue(`UPDATE replays SET succeeded = succeeded + $1, failed = failed + $2, canceled = canceled + $3 WHERE id = $4`,
			c.succeeded, c.failed, c.canceled, int64(id))
		if err != nil {
			return err
		}
	}
	return nil
}

// MissedEvents counts, up to limit and for as long as it may, the events that the webhook would have got while it was
// disabled: those since w.DisabledAt that it chose and its filter lets through.
func (s *Store) MissedEvents(ctx context.Context, w bot9.Webhook, limit int) (count int, err error) {
	if w.DisabledAt == 0 {
		return 0, nil
	}
	until := time.Now().Add(countingTime)
	err = s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			if count >= limit || time.Now().After(until) {
				return nil
			}
			event, err := scanEvent(scan)
			if err == nil && policy.Chosen(&w, event.Type) && s.passes(&w, event) {
				count++
			}
			return err
		}, `SELECT `+eventColumns+` FROM events e WHERE e.chatbot_id = $1 AND e.id >= $2 ORDER BY e.id LIMIT $3`,
			int64(w.ChatbotID), bot9.FirstIDAt(w.DisabledAt), 10*limit)
	})
	return count, err
}
