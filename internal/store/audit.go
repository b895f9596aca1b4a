package store

import (
	"context"
	"encoding/json"

	"github.com/bot9/bot9/internal/bot9"
)

// audit adds a record to the account's audit log, in the transaction of the change that it tells of. The
// actor is the principal that the write's context names. The account may be left out where a chatbot is given.
// Webhooks that ask for auditRecorded are told.
func (t *tx) audit(r bot9.AuditRecord) error {
	if r.Actor.Type == "" {
		r.Actor = bot9.PrincipalFrom(t.ctx).Actor()
	}
	if r.AccountID == 0 {
		_, err := queryRow(t, `SELECT account_id FROM chatbots WHERE id = $1`, []any{int64(r.ChatbotID)}, (*int64)(&r.AccountID))
		if err != nil {
			return err
		}
	}
	if r.Changes == nil {
		r.Changes = bot9.AuditChanges{}
	}
	changes, err := json.Marshal(r.Changes)
	if err != nil {
		return err
	}
	r.ID = bot9.AuditID(t.nextID())
	r.At = r.ID.Time()
	_, err = t.exec(`INSERT INTO audit (id, account_id, chatbot_id, actor_type, actor_id, actor_name, ip, action, object, changes)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, int64(r.ID), int64(r.AccountID), int64(r.ChatbotID), string(r.Actor.Type),
		r.Actor.ID, r.Actor.Name, r.Actor.IP, string(r.Action), r.Object, text(changes))
	if err != nil {
		return err
	}
	return t.announceAudit(r)
}

// announceAudit emits auditRecorded in the record's chatbot, or in all of the account's for what concerns
// the account, where a webhook asks for it. Elsewhere the event log doesn't have it either.
func (t *tx) announceAudit(r bot9.AuditRecord) error {
	if t.store.announcer == nil {
		return nil
	}
	chatbots := []int64{int64(r.ChatbotID)}
	if r.ChatbotID == 0 {
		var err error
		if chatbots, err = t.idsOf(`SELECT id FROM chatbots WHERE account_id = $1 AND deleted_at IS NULL ORDER BY id`, int64(r.AccountID)); err != nil {
			return err
		}
	}
	for _, id := range chatbots {
		chatbot := bot9.ChatbotID(id)
		event := t.store.announcer.AuditRecorded(chatbot, &r)
		asking, err := t.matching(chatbot, event.Type)
		if err != nil {
			return err
		}
		if len(asking) == 0 {
			continue
		}
		if err := t.emit(chatbot, event); err != nil {
			return err
		}
	}
	return nil
}

// Record adds a record to the audit log that tells of nothing in the database, such as that a secret
// was shown.
func (s *Store) Record(ctx context.Context, r bot9.AuditRecord) error {
	return s.write(ctx, func(t *tx) error { return t.audit(r) })
}

// Audit lists an account's audit log, newest first.
func (s *Store) Audit(ctx context.Context, account bot9.AccountID, filter bot9.AuditFilter, page bot9.Page) (bot9.List[bot9.AuditRecord], error) {
	q := newQuery(`SELECT a.id, a.chatbot_id, a.actor_type, a.actor_id, a.actor_name, a.ip, a.action, a.object, a.changes
		FROM audit a WHERE a.account_id = %s`, int64(account))
	q.andTimes("a.id", filter.Since, filter.Until)
	if filter.Actor != "" {
		q.and(`(a.actor_id = %s OR a.actor_type = %s)`, filter.Actor, filter.Actor)
	}
	if filter.Action != "" {
		q.and(`a.action = %s`, string(filter.Action))
	}
	if filter.Object != "" {
		q.and(`a.object = %s`, filter.Object)
	}
	return list(ctx, s, q, "a.id", false, page, scanAudit, func(r bot9.AuditRecord) int64 { return int64(r.ID) })
}

func scanAudit(scan scanFunc) (bot9.AuditRecord, error) {
	var r bot9.AuditRecord
	var changes []byte
	err := scan((*int64)(&r.ID), (*int64)(&r.ChatbotID), (*string)(&r.Actor.Type), &r.Actor.ID, &r.Actor.Name, &r.Actor.IP,
		(*string)(&r.Action), &r.Object, &changes)
	if err != nil {
		return r, err
	}
	r.At = r.ID.Time()
	return r, json.Unmarshal(changes, &r.Changes)
}
