package store

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/bot9/bot9/internal/bot9"
)

// CreateRetry begins to send again what failed of a chatbot, to one webhook or to all: r.Filter chooses the
// deliveries. They are queued by AdvanceReplays, in the order in which they were made, as new deliveries of
// the replay. While a retry of the chatbot runs, another one fails with Conflict "retryRunning": it would send
// the same events twice.
func (s *Store) CreateRetry(ctx context.Context, r bot9.Replay) (bot9.Replay, error) {
	r.Filter.Retry = true
	err := s.writeWith(ctx, needs{returns: &r}, func(t *tx) error {
		account, changed, err := t.retryTargets(&r)
		if err != nil {
			return err
		}
		r.ID, r.Status = bot9.ReplayID(t.nextID()), bot9.ReplayRunning
		r.CreatedAt = r.ID.Time()
		filter, err := json.Marshal(r.Filter)
		if err != nil {
			return err
		}
		cursor, until := retryRange(r.Filter, int64(r.ID))
		t.touch(r.ChatbotID, bot9.TopicReplays)
		t.changedWebhooks[changed] = struct{}{} // so that the dispatcher looks after it
		_, err = t.exec(`INSERT INTO replays (id, webhook_id, chatbot_id, filter, status, cursor, until) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			int64(r.ID), int64(r.WebhookID), int64(r.ChatbotID), text(filter), string(r.Status), cursor, until)
		if err != nil {
			return err
		}
		return t.audit(bot9.AuditRecord{
			AccountID: account, ChatbotID: r.ChatbotID, Action: bot9.AuditReplayStarted, Object: r.ID.String(),
			Changes: bot9.AuditChanges{"filter": {To: r.Filter}},
		})
	})
	return r, err
}

// retryTargets checks that the retry can begin. It returns the account, and a webhook that it may send to.
func (t *tx) retryTargets(r *bot9.Replay) (bot9.AccountID, bot9.WebhookID, error) {
	running := int64(0)
	err := t.query(func(scan scanFunc) error {
		row, err := scanReplay(scan)
		if err == nil && row.Filter.Retry {
			running = int64(row.ID)
		}
		return err
	}, `SELECT `+replayColumns+` FROM replays r WHERE r.status = 'running' AND r.chatbot_id = $1`, int64(r.ChatbotID))
	if err != nil {
		return 0, 0, err
	}
	if running != 0 {
		return 0, 0, bot9.Errorf(bot9.Conflict, "retryRunning", "Another retry of this chatbot is running (%s). Wait for its end, or cancel it.", bot9.ReplayID(running))
	}
	if r.WebhookID == 0 {
		webhooks, err := t.store.webhooksOf(t, r.ChatbotID)
		if err != nil || len(webhooks) == 0 {
			if err == nil {
				err = bot9.Errorf(bot9.Conflict, "noWebhook", "The chatbot has no webhook.")
			}
			return 0, 0, err
		}
		return webhooks[0].AccountID, webhooks[0].ID, nil
	}
	webhook, err := t.store.findWebhook(t, `w.id = $1 AND w.chatbot_id = $2`, int64(r.WebhookID), int64(r.ChatbotID))
	if err != nil {
		return 0, 0, err
	}
	if webhook.Status == bot9.WebhookDisabled {
		return 0, 0, bot9.Errorf(bot9.Conflict, "webhookDisabled", "The webhook is disabled. Enable it first.")
	}
	return webhook.AccountID, webhook.ID, nil
}

// retryRange is between which IDs a retry's deliveries are, the first left out, the last within.
func retryRange(filter bot9.ReplayFilter, newest int64) (cursor, until int64) {
	cursor, until = replayRange(filter, newest)
	if len(filter.DeliveryIDs) > 0 {
		cursor = max(cursor, int64(slices.Min(filter.DeliveryIDs))-1)
		until = min(until, int64(slices.Max(filter.DeliveryIDs)))
	}
	return cursor, until
}

// failedDelivery is one that a retry looks at.
type failedDelivery struct {
	id           bot9.DeliveryID
	webhook      bot9.WebhookID
	event        bot9.EventID
	conversation bot9.ConversationID
	eventType    string
	outcome      bot9.OutcomeClass
}

// advanceRetry queues the next slice of a retry.
func (t *tx) advanceRetry(row *replayRow) error {
	found, err := t.failedDeliveries(row)
	if err != nil {
		return err
	}
	var conversations []bot9.ConversationID
	for i := range found {
		if found[i].conversation != 0 {
			conversations = append(conversations, found[i].conversation)
		}
	}
	if err := t.store.db.lockConversations(t, conversations); err != nil {
		return err
	}
	unwanted := func(d failedDelivery) bool { return !chosenForRetry(&row.Filter, &d) }
	queued, err := t.sendAgain(row, slices.DeleteFunc(slices.Clone(found), unwanted))
	if err != nil {
		return err
	}
	cursor := row.cursor
	if len(found) > 0 {
		cursor = int64(found[len(found)-1].id)
	}
	_, err = t.exec(`UPDATE replays SET cursor = $1, queued = queued + $2, exhausted = $3 WHERE id = $4`,
		cursor, queued, len(found) < replaySlice, int64(row.ID))
	return err
}

// failedDeliveries returns the next deliveries to look at. Whatever has no index is left to chosenForRetry,
// so that a slice never costs more than its rows.
func (t *tx) failedDeliveries(row *replayRow) (found []failedDelivery, err error) {
	q := newQuery(`SELECT d.id, d.webhook_id, d.event_id, d.conversation_id, d.event_type, d.outcome FROM deliveries d
		WHERE d.status = 'failed' AND d.status <> 'succeeded' AND d.id > %s AND d.id <= %s`, row.cursor, row.until)
	if row.WebhookID != 0 {
		q.and(`d.webhook_id = %s AND +d.chatbot_id = %s`, int64(row.WebhookID), int64(row.ChatbotID))
	} else {
		q.and(`d.chatbot_id = %s`, int64(row.ChatbotID))
	}
	q.add(` ORDER BY d.id LIMIT %s`, replaySlice)
	err = t.query(func(scan scanFunc) error {
		var d failedDelivery
		err := scan((*int64)(&d.id), (*int64)(&d.webhook), (*int64)(&d.event), (*int64)(&d.conversation), &d.eventType, (*string)(&d.outcome))
		found = append(found, d)
		return err
	}, q.sql, q.args...)
	return found, err
}

func chosenForRetry(filter *bot9.ReplayFilter, d *failedDelivery) bool {
	return (filter.ErrorClass == "" || filter.ErrorClass == d.outcome) &&
		(len(filter.Events) == 0 || slices.Contains(filter.Events, d.eventType)) &&
		(len(filter.DeliveryIDs) == 0 || slices.Contains(filter.DeliveryIDs, d.id))
}

// sendAgain queues the deliveries' events for their webhooks, but for those that were sent again since, whose events
// are no longer kept, or whose webhooks are disabled or deleted. It returns how many it queued.
func (t *tx) sendAgain(row *replayRow, chosen []failedDelivery) (queued int, err error) {
	webhooks, err := t.retriedWebhooks(row)
	if err != nil {
		return 0, err
	}
	chosen = slices.DeleteFunc(chosen, func(d failedDelivery) bool { return webhooks[d.webhook] == nil })
	sent, events := map[bot9.DeliveryID]bool{}, map[bot9.EventID]*bot9.Event{}
	for _, d := range chosen {
		err := t.ask(func(scan scanFunc) error {
			sent[d.id] = true
			return scan(new(int64))
		}, `SELECT 1 FROM deliveries WHERE event_id = $1 AND id > $2 AND webhook_id = $3 AND status <> 'canceled' LIMIT 1`,
			int64(d.event), int64(d.id), int64(d.webhook))
		if err != nil {
			return 0, err
		}
		err = t.ask(func(scan scanFunc) error {
			e, err := scanEvent(scan)
			events[d.event] = e
			return err
		}, `SELECT `+eventHead+` FROM events e WHERE e.id = $1`, int64(d.event))
		if err != nil {
			return 0, err
		}
	}
	if err := t.answers(); err != nil {
		return 0, err
	}
	for _, d := range chosen {
		if sent[d.id] || events[d.event] == nil {
			continue
		}
		if err := t.enqueue(webhooks[d.webhook], events[d.event], row.ID); err != nil {
			return 0, err
		}
		queued++
	}
	return queued, nil
}

// retriedWebhooks returns the webhooks that a retry may send to.
func (t *tx) retriedWebhooks(row *replayRow) (map[bot9.WebhookID]*bot9.Webhook, error) {
	all, err := t.store.webhooksOf(t, row.ChatbotID)
	webhooks := map[bot9.WebhookID]*bot9.Webhook{}
	for i := range all {
		if all[i].Status == bot9.WebhookEnabled && (row.WebhookID == 0 || row.WebhookID == all[i].ID) {
			webhooks[all[i].ID] = &all[i]
		}
	}
	return webhooks, err
}
