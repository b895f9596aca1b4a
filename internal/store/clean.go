package store

import (
	"context"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/store/group"
)

const (
	cleanSlice          = 1000 // rows removed in one transaction, so that nobody waits for it
	idempotencyLifetime = 24 * time.Hour
	statsLifetime       = 8 * 24 * time.Hour // the longest window of statistics, and a day
	loginFailureMemory  = time.Hour
)

// Clean removes one slice of what nobody can reach any more: what expired, what retention has ended,
// and what belonged to deleted chatbots and webhooks. It tells whether there is more.
func (s *Store) Clean(ctx context.Context) (more bool, err error) {
	now := s.clock()
	slices := []struct {
		sql  string
		args []any
	}{
		{
			`DELETE FROM sessions WHERE token_hash IN (SELECT token_hash FROM sessions WHERE expires_at <= $1 LIMIT $2)`,
			[]any{int64(now), cleanSlice},
		},
		{
			`DELETE FROM sessions WHERE token_hash IN (SELECT token_hash FROM sessions WHERE last_used_at <= $1 LIMIT $2)`,
			[]any{int64(now.Add(-bot9.SessionIdle)), cleanSlice},
		},
		{`DELETE FROM person_tokens WHERE expires_at <= $1`, []any{int64(now)}},
		{`DELETE FROM devices WHERE last_used_at <= $1`, []any{int64(now.Add(-bot9.DeviceTime))}},
		{`DELETE FROM login_failures WHERE at < $1`, []any{int64(now.Add(-loginFailureMemory))}},
		{`DELETE FROM key_secrets WHERE expires_at <= $1`, []any{int64(now)}},
		{`DELETE FROM device_logins WHERE expires_at <= $1`, []any{int64(now)}},
		{
			`DELETE FROM idempotency WHERE (scope, key) IN (SELECT scope, key FROM idempotency WHERE created_at < $1 LIMIT $2)`,
			[]any{int64(now.Add(-idempotencyLifetime)), cleanSlice},
		},
		{`DELETE FROM attempt_stats WHERE minute < $1`, []any{int64(now.Add(-statsLifetime)) / time.Minute.Milliseconds()}},
		{`DELETE FROM backlog_samples WHERE minute < $1`, []any{int64(now.Add(-statsLifetime)) / time.Minute.Milliseconds()}},
	}
	for _, slice := range slices {
		err := s.writeWith(ctx, needs{kind: group.Cleaning, weight: cleanSlice}, func(t *tx) error {
			changed, err := t.exec(slice.sql, slice.args...)
			more = more || changed >= cleanSlice
			return err
		})
		if err != nil {
			return false, err
		}
	}
	removed, err := s.cleanWebhooks(ctx)
	if err != nil {
		return false, err
	}
	gone, err := s.cleanChatbots(ctx)
	if err != nil {
		return false, err
	}
	expired, err := s.cleanReceivers(ctx)
	if err != nil {
		return false, err
	}
	audited, err := s.cleanAudit(ctx)
	if err != nil {
		return false, err
	}
	retired, err := s.retire(ctx)
	return more || removed || gone || expired || audited || retired, err
}

// cleanWebhooks removes a slice of what deleted webhooks left, and at last the webhooks themselves.
func (s *Store) cleanWebhooks(ctx context.Context) (more bool, err error) {
	err = s.writeWith(ctx, needs{kind: group.Cleaning, weight: cleanSlice}, func(t *tx) error {
		more = false
		ids, err := t.idsOf(`SELECT id FROM webhooks WHERE deleted_at IS NOT NULL LIMIT 10`)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			t.dropDirects(bot9.WebhookID(id))
			left, err := t.deleteSlices(id,
				`DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM backlog WHERE webhook_id = $1 AND state < `+sqlTaken+` ORDER BY id LIMIT $2)`,
				`DELETE FROM backlog WHERE id IN (SELECT id FROM backlog WHERE webhook_id = $1 AND state < `+sqlTaken+` ORDER BY id LIMIT $2)`,
				`DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM backlog WHERE webhook_id = $1 AND state >= `+sqlTaken+` ORDER BY id LIMIT $2)`,
				`DELETE FROM backlog WHERE id IN (SELECT id FROM backlog WHERE webhook_id = $1 AND state >= `+sqlTaken+` ORDER BY id LIMIT $2)`,
				`DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE webhook_id = $1 ORDER BY id LIMIT $2)`,
				`DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE webhook_id = $1 ORDER BY id LIMIT $2)`,
				`DELETE FROM replays WHERE id IN (SELECT id FROM replays WHERE webhook_id = $1 LIMIT $2)`,
				`DELETE FROM attempt_stats WHERE (webhook_id, minute, node) IN (SELECT webhook_id, minute, node FROM attempt_stats WHERE webhook_id = $1 LIMIT $2)`,
				`DELETE FROM backlog_samples WHERE (webhook_id, minute, node) IN (SELECT webhook_id, minute, node FROM backlog_samples WHERE webhook_id = $1 LIMIT $2)`)
			if err != nil {
				return err
			}
			if left {
				more = true
				continue
			}
			for _, sql := range []string{`DELETE FROM endpoint_counts WHERE webhook_id = $1`, `DELETE FROM webhooks WHERE id = $1`} {
				if _, err := t.exec(sql, id); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return more, err
}

// cleanChatbots removes a slice of what deleted chatbots left; their webhooks were deleted with them.
func (s *Store) cleanChatbots(ctx context.Context) (more bool, err error) {
	err = s.writeWith(ctx, needs{kind: group.Cleaning, weight: cleanSlice}, func(t *tx) error {
		more = false
		ids, err := t.idsOf(`SELECT id FROM chatbots WHERE deleted_at IS NOT NULL LIMIT 10`)
		if err != nil {
			return err
		}
		for _, id := range ids {
			left, err := t.cleanChatbot(id)
			if err != nil {
				return err
			}
			more = more || left
		}
		return nil
	})
	return more, err
}

// cleanChatbot removes a slice of what a deleted chatbot left, or at last the chatbot itself.
func (t *tx) cleanChatbot(id int64) (left bool, err error) {
	if err := t.store.db.forgetEvents(t, id); err != nil {
		return false, err
	}
	left, err = t.deleteSlices(id,
		`DELETE FROM messages WHERE conversation_id IN (SELECT id FROM conversations WHERE chatbot_id = $1 ORDER BY id LIMIT $2)`,
		`DELETE FROM conversations WHERE id IN (SELECT id FROM conversations WHERE chatbot_id = $1 ORDER BY id LIMIT $2)`,
		`DELETE FROM events WHERE id IN (SELECT id FROM events WHERE chatbot_id = $1 ORDER BY id LIMIT $2)`,
		`DELETE FROM owed_answers WHERE question IN (SELECT question FROM owed_answers WHERE chatbot_id = $1 LIMIT $2)`,
		`DELETE FROM documents WHERE id IN (SELECT id FROM documents WHERE chatbot_id = $1 LIMIT $2)`,
		`DELETE FROM end_users WHERE id IN (SELECT id FROM end_users WHERE chatbot_id = $1 LIMIT $2)`)
	if err != nil || left {
		return left, err
	}
	_, err = t.exec(`DELETE FROM chatbots WHERE id = $1`, id)
	return false, err
}

func (t *tx) idsOf(sql string, args ...any) (ids []int64, err error) {
	err = t.query(func(scan scanFunc) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, sql, args...)
	return ids, err
}

// deleteSlices runs each statement for a slice of the rows that belong to id, and tells whether
// any was there to delete.
func (t *tx) deleteSlices(id int64, statements ...string) (left bool, err error) {
	for _, sql := range statements {
		changed, err := t.exec(sql, id, cleanSlice)
		if err != nil {
			return false, err
		}
		left = left || changed > 0
	}
	return left, nil
}
