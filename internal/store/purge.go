package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
	"github.com/bot9/bot9/internal/store/group"
)

// This file deletes rows that nobody can reach any more: expired ones, those of deleted chatbots, webhooks and receivers,
// and, through purgeRetention, those past retention. It deletes in slices. A slice is a transaction of its own that
// removes at most purgeRows rows and begins no statement after purgeTime, so other accounts' writes wait no longer than
// that. After each slice the writer is left alone for as long as the slice took.

const (
	purgeRows  = 1000                  // rows that one slice removes at most
	purgeBatch = 100                   // rows that one statement removes at most
	purgeTime  = 10 * time.Millisecond // a slice begins no statement later than this

	idempotencyLifetime = 24 * time.Hour
	statsLifetime       = 8 * 24 * time.Hour // the longest window of statistics, and a day
	loginFailureMemory  = time.Hour
	usageLifetime       = 100 * 24 * time.Hour // the longest window of analytics, and some days
	clientIDLifetime    = 7 * 24 * time.Hour   // a browser that was offline for longer sends its message anew
)

// Purge removes one slice of every kind of unreachable row. It tells whether there is more. An error with one kind
// doesn't stop the others.
func (s *Store) Purge(ctx context.Context) (more bool, err error) {
	now, err := s.purgeClock(ctx)
	if err != nil {
		return false, fmt.Errorf("read the time to purge by: %w", err)
	}
	var errs []error
	step := func(what string, run func(*purge) (left bool, err error)) {
		left, err := s.purgeSlice(ctx, now, run)
		if err != nil {
			errs = append(errs, fmt.Errorf("purge %s: %w", what, err))
		}
		more = more || left
	}
	for _, kind := range expiring {
		step(kind.what, func(p *purge) (bool, error) { return p.delete(kind.sql, kind.before(now)) })
	}
	step("deleted webhooks", (*purge).webhooks)
	step("deleted chatbots", (*purge).chatbots)
	step("receivers", (*purge).receivers)
	step("files that nobody has sent", (*purge).attachments)
	step("the audit log", (*purge).audit)
	left, err := s.purgeRetention(ctx, now)
	if err != nil {
		errs = append(errs, fmt.Errorf("purge what retention has ended: %w", err))
	}
	return more || left, errors.Join(errs...)
}

// expiring are the tables whose rows end with time: those before $1 are removed, at most $2.
var expiring = []struct {
	what   string
	sql    string
	before func(now bot9.Time) int64
}{
	{"sessions", `DELETE FROM sessions WHERE token_hash IN (SELECT token_hash FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`, expired},
	{
		"idle sessions", `DELETE FROM sessions WHERE token_hash IN (SELECT token_hash FROM sessions WHERE last_used_at < $1 ORDER BY last_used_at LIMIT $2)`,
		func(now bot9.Time) int64 { return int64(now.Add(-bot9.SessionIdle)) + 1 },
	},
	{
		"devices", `DELETE FROM devices WHERE token_hash IN (SELECT token_hash FROM devices WHERE last_used_at < $1 ORDER BY last_used_at LIMIT $2)`,
		func(now bot9.Time) int64 { return int64(now.Add(-bot9.DeviceTime)) + 1 },
	},
	{"one-time links", `DELETE FROM person_tokens WHERE token_hash IN (SELECT token_hash FROM person_tokens WHERE expires_at < $1
		ORDER BY expires_at LIMIT $2)`, expired},
	{"failed log-ins", `DELETE FROM login_failures WHERE at IN (SELECT at FROM login_failures WHERE at < $1 ORDER BY at LIMIT $2)`, olderThan(loginFailureMemory)},
	{"rotated secrets", `DELETE FROM key_secrets WHERE hash IN (SELECT hash FROM key_secrets WHERE expires_at IS NOT NULL AND expires_at < $1
		ORDER BY expires_at LIMIT $2)`, expired},
	{"log-ins through a browser", `DELETE FROM device_logins WHERE code_hash IN (SELECT code_hash FROM device_logins WHERE expires_at < $1
		ORDER BY expires_at LIMIT $2)`, expired},
	{"idempotency keys", `DELETE FROM idempotency WHERE (scope, key) IN (SELECT scope, key FROM idempotency WHERE created_at < $1
		ORDER BY created_at LIMIT $2)`, olderThan(idempotencyLifetime)},
	{"names of visitors' messages", `DELETE FROM visitor_messages WHERE message_id IN (SELECT message_id FROM visitor_messages WHERE message_id < $1
		ORDER BY message_id LIMIT $2)`, idBefore(clientIDLifetime)},
	{"statistics", `DELETE FROM attempt_stats WHERE (webhook_id, minute, node) IN (SELECT webhook_id, minute, node FROM attempt_stats
		WHERE minute < $1 ORDER BY minute LIMIT $2)`, minuteBefore(statsLifetime)},
	{"samples of the backlog", `DELETE FROM backlog_samples WHERE (webhook_id, minute, node) IN (SELECT webhook_id, minute, node FROM backlog_samples
		WHERE minute < $1 ORDER BY minute LIMIT $2)`, minuteBefore(statsLifetime)},
	{
		"counts of tokens", `DELETE FROM token_usage WHERE (scope, day) IN (SELECT scope, day FROM token_usage WHERE day < $1 ORDER BY day LIMIT $2)`,
		func(now bot9.Time) int64 { return policy.DayOf(now.Add(-usageLifetime)) },
	},
}

// expired is a moment after now: what ends now has ended.
func expired(now bot9.Time) int64 { return int64(now) + 1 }

func olderThan(age time.Duration) func(bot9.Time) int64 {
	return func(now bot9.Time) int64 { return int64(now.Add(-age)) }
}

func idBefore(age time.Duration) func(bot9.Time) int64 {
	return func(now bot9.Time) int64 { return bot9.FirstIDAt(now.Add(-age)) }
}

func minuteBefore(age time.Duration) func(bot9.Time) int64 {
	return func(now bot9.Time) int64 { return int64(now.Add(-age)) / time.Minute.Milliseconds() }
}

// purge is a slice under way.
type purge struct {
	*tx
	now   bot9.Time // what has ended by then is removed
	began time.Time
	rows  int
}

// purgeSlice runs work in a transaction that has no other write in it: what goes wrong costs nobody else anything.
func (s *Store) purgeSlice(ctx context.Context, now bot9.Time, work func(*purge) (left bool, err error)) (left bool, err error) {
	var took time.Duration
	err = s.writeWith(ctx, needs{kind: group.Purging, weight: purgeRows, exclusive: true}, func(t *tx) error {
		p := &purge{tx: t, now: now, began: time.Now()}
		var err error
		left, err = work(p)
		took = time.Since(p.began)
		return err
	})
	if took > time.Millisecond {
		select {
		case <-time.After(took):
		case <-ctx.Done():
		}
	}
	return left && err == nil, err
}

// spent tells whether the slice is over.
func (p *purge) spent() bool { return p.rows >= purgeRows || time.Since(p.began) >= purgeTime }

// delete runs statements whose last parameter is a number of rows, in turn and again, until the last of them finds
// fewer than that. It tells whether there is more, because the slice is over.
func (p *purge) delete(sql string, args ...any) (left bool, err error) {
	return p.deleteWith(nil, sql, args...)
}

// deleteWith is delete with statements that run before each: they remove what belongs to the rows that the last one
// removes.
func (p *purge) deleteWith(before []string, sql string, args ...any) (left bool, err error) {
	args = append(args, purgeBatch)
	for !p.spent() {
		for _, sql := range before {
			changed, err := p.exec(sql, args...)
			if err != nil {
				return false, err
			}
			p.rows += int(changed)
		}
		changed, err := p.exec(sql, args...)
		p.rows += int(changed)
		if err != nil || changed < purgeBatch {
			return false, err
		}
	}
	return true, nil
}

// deleteAll runs delete for each statement, and tells whether there is more of any.
func (p *purge) deleteAll(id int64, statements ...string) (left bool, err error) {
	for _, sql := range statements {
		if left, err = p.delete(sql, id); left || err != nil {
			return left, err
		}
	}
	return false, nil
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

// each runs remove for some of the rows that sql finds, until the slice is over. It tells whether there is more.
func (p *purge) each(sql string, args []any, remove func(id int64) (left bool, err error)) (left bool, err error) {
	for !p.spent() {
		ids, err := p.idsOf(sql, args...)
		if err != nil || len(ids) == 0 {
			return false, err
		}
		for _, id := range ids {
			if p.spent() {
				return true, nil
			}
			if left, err := remove(id); left || err != nil {
				return left, err
			}
		}
	}
	return true, nil
}

// webhooks removes the rows of deleted webhooks, and at last the webhooks themselves.
func (p *purge) webhooks() (left bool, err error) {
	return p.each(`SELECT id FROM webhooks WHERE deleted_at IS NOT NULL LIMIT 10`, nil, p.webhook)
}

func (p *purge) webhook(id int64) (left bool, err error) {
	p.dropDirects(bot9.WebhookID(id))
	for _, rows := range []string{
		`SELECT id FROM backlog WHERE webhook_id = $1 AND state < ` + sqlTaken + ` ORDER BY id LIMIT $2`,
		`SELECT id FROM backlog WHERE webhook_id = $1 AND state >= ` + sqlTaken + ` ORDER BY id LIMIT $2`,
	} {
		left, err = p.deleteWith([]string{`DELETE FROM attempts WHERE delivery_id IN (` + rows + `)`}, `DELETE FROM backlog WHERE id IN (`+rows+`)`, id)
		if left || err != nil {
			return left, err
		}
	}
	const finished = `SELECT id FROM deliveries WHERE webhook_id = $1 ORDER BY id LIMIT $2`
	left, err = p.deleteWith([]string{`DELETE FROM attempts WHERE delivery_id IN (` + finished + `)`}, `DELETE FROM deliveries WHERE id IN (`+finished+`)`, id)
	if left || err != nil {
		return left, err
	}
	left, err = p.deleteAll(id,
		`DELETE FROM replays WHERE id IN (SELECT id FROM replays WHERE webhook_id = $1 ORDER BY id LIMIT $2)`,
		`DELETE FROM attempt_stats WHERE (webhook_id, minute, node) IN (SELECT webhook_id, minute, node FROM attempt_stats WHERE webhook_id = $1 LIMIT $2)`,
		`DELETE FROM backlog_samples WHERE (webhook_id, minute, node) IN (SELECT webhook_id, minute, node FROM backlog_samples WHERE webhook_id = $1 LIMIT $2)`,
		`DELETE FROM endpoint_counts WHERE (webhook_id, node) IN (SELECT webhook_id, node FROM endpoint_counts WHERE webhook_id = $1 LIMIT $2)`)
	if left || err != nil {
		return left, err
	}
	_, err = p.exec(`DELETE FROM webhooks WHERE id = $1`, id)
	return false, err
}

// chatbots removes the rows of deleted chatbots; their webhooks were deleted with them.
func (p *purge) chatbots() (left bool, err error) {
	return p.each(`SELECT id FROM chatbots WHERE deleted_at IS NOT NULL LIMIT 10`, nil, p.chatbot)
}

// chatbot removes some of a deleted chatbot's rows, or at last the chatbot itself.
func (p *purge) chatbot(id int64) (left bool, err error) {
	const events = `SELECT id FROM events WHERE chatbot_id = $1 ORDER BY id LIMIT $2`
	ready, err := p.store.db.purgeEventsOf(p, id)
	if !ready || err != nil {
		return true, err
	}
	if left, err = p.delete(`DELETE FROM events WHERE id IN (`+events+`)`, id); left || err != nil {
		return left, err
	}
	left, err = p.each(`SELECT id FROM attachments WHERE chatbot_id = $1 ORDER BY id LIMIT 10`, []any{id}, p.attachment)
	if left || err != nil {
		return left, err
	}
	left, err = p.each(`SELECT id FROM conversations WHERE chatbot_id = $1 ORDER BY id LIMIT 20`, []any{id}, p.conversation)
	if left || err != nil {
		return left, err
	}
	left, err = p.deleteAll(id,
		`DELETE FROM owed_answers WHERE question IN (SELECT question FROM owed_answers WHERE chatbot_id = $1 LIMIT $2)`,
		`DELETE FROM visitors WHERE subject IN (SELECT subject FROM visitors WHERE chatbot_id = $1 LIMIT $2)`,
		`DELETE FROM canned_replies WHERE id IN (SELECT id FROM canned_replies WHERE chatbot_id = $1 ORDER BY id LIMIT $2)`,
		`DELETE FROM inboxes WHERE chatbot_id IN (SELECT chatbot_id FROM inboxes WHERE chatbot_id = $1 LIMIT $2)`,
		`DELETE FROM documents WHERE id IN (SELECT id FROM documents WHERE chatbot_id = $1 ORDER BY id LIMIT $2)`,
		`DELETE FROM document_vectors WHERE id IN (SELECT id FROM document_vectors WHERE chatbot_id = $1 ORDER BY id LIMIT $2)`,
		`DELETE FROM encoding WHERE id IN (SELECT id FROM encoding WHERE chatbot_id = $1 LIMIT $2)`,
		`DELETE FROM answering WHERE id IN (SELECT id FROM answering WHERE id = $1 LIMIT $2)`,
		`DELETE FROM custom_actions WHERE id IN (SELECT id FROM custom_actions WHERE chatbot_id = $1 ORDER BY id LIMIT $2)`,
		`DELETE FROM instructions WHERE id IN (SELECT id FROM instructions WHERE chatbot_id = $1 ORDER BY id LIMIT $2)`,
		`DELETE FROM instruction_categories WHERE id IN (SELECT id FROM instruction_categories WHERE chatbot_id = $1 ORDER BY id LIMIT $2)`,
		`DELETE FROM token_usage WHERE (scope, day) IN (SELECT scope, day FROM token_usage WHERE chatbot_id = $1 LIMIT $2)`)
	if left || err != nil {
		return left, err
	}
	const users = `IN (SELECT id FROM end_users WHERE chatbot_id = $1 ORDER BY id LIMIT $2)`
	left, err = p.deleteWith([]string{p.store.db.deleteIndexed() + ` ` + users, `DELETE FROM search_queue WHERE id ` + users},
		`DELETE FROM end_users WHERE id `+users, id)
	if left || err != nil {
		return left, err
	}
	if _, err = p.exec(`DELETE FROM attachment_bytes WHERE chatbot_id = $1`, id); err != nil {
		return false, err
	}
	_, err = p.exec(`DELETE FROM chatbots WHERE id = $1`, id)
	return false, err
}

// conversation removes a conversation with its messages, however many it has.
func (p *purge) conversation(id int64) (left bool, err error) {
	const messages = `IN (SELECT id FROM messages WHERE conversation_id = $1 ORDER BY id LIMIT $2)`
	left, err = p.deleteWith([]string{p.store.db.deleteIndexed() + ` ` + messages, `DELETE FROM search_queue WHERE id ` + messages},
		`DELETE FROM messages WHERE id `+messages, id)
	if left || err != nil {
		return left, err
	}
	left, err = p.deleteAll(id,
		`DELETE FROM notes WHERE id IN (SELECT id FROM notes WHERE conversation_id = $1 ORDER BY id LIMIT $2)`,
		`DELETE FROM conversation_reads WHERE (conversation_id, member_id) IN (SELECT conversation_id, member_id FROM conversation_reads
			WHERE conversation_id = $1 ORDER BY member_id LIMIT $2)`)
	if left || err != nil {
		return left, err
	}
	_, err = p.exec(`DELETE FROM conversations WHERE id = $1`, id)
	p.rows++
	return false, err
}

// receivers removes expired receivers with the requests they got.
func (p *purge) receivers() (left bool, err error) {
	return p.each(`SELECT id FROM receivers WHERE expires_at <> 0 AND expires_at <= $1 ORDER BY expires_at LIMIT 10`, []any{int64(p.now)},
		func(id int64) (left bool, err error) {
			left, err = p.deleteAll(id, `DELETE FROM received_requests WHERE id IN (SELECT id FROM received_requests WHERE receiver_id = $1 ORDER BY id LIMIT $2)`)
			if left || err != nil {
				return left, err
			}
			_, err = p.exec(`DELETE FROM receivers WHERE id = $1`, id)
			p.rows++
			return false, err
		})
}

// audit removes records of the audit log whose retention is over.
func (p *purge) audit() (left bool, err error) {
	if p.store.auditRetention == 0 {
		return false, nil
	}
	edge := bot9.FirstIDAt(p.now.Add(-p.store.auditRetention))
	return p.delete(`DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id < $1 ORDER BY id LIMIT $2)`, edge)
}
