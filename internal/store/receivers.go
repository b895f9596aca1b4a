package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// sealedReceiver are the parts of a receiver that are unreadable in the database.
type sealedReceiver struct {
	Token  string `json:"token"`
	Secret string `json:"secret"`
}

const receiverColumns = `r.id, r.chatbot_id, r.settings, r.sealed, r.expires_at`

// receiverAlive restricts to receivers that have not expired at the time given by the parameter.
const receiverAlive = `(r.expires_at = 0 OR r.expires_at > %s)`

func (s *Store) encodeReceiver(r bot9.Receiver) (settings, sealed []byte, err error) {
	plain, err := json.Marshal(sealedReceiver{r.Token, r.Secret})
	if err != nil {
		return nil, nil, err
	}
	if sealed, err = s.sealer.Seal(plain, "receiver:"+r.ID.String()); err != nil {
		return nil, nil, err
	}
	r.URL = "" // the base URL may be another one tomorrow
	settings, err = json.Marshal(r)
	return settings, sealed, err
}

func (s *Store) scanReceiver(scan scanFunc) (r bot9.Receiver, err error) {
	var id, chatbot, expires int64
	var settings, sealed []byte
	if err := scan(&id, &chatbot, &settings, &sealed, &expires); err != nil {
		return r, err
	}
	if err := json.Unmarshal(settings, &r); err != nil {
		return r, fmt.Errorf("settings of %s: %w", bot9.ReceiverID(id), err)
	}
	r.ID, r.ChatbotID, r.ExpiresAt = bot9.ReceiverID(id), bot9.ChatbotID(chatbot), bot9.Time(expires)
	r.CreatedAt = r.ID.Time()
	plain, err := s.sealer.Unseal(sealed, "receiver:"+r.ID.String())
	if err != nil {
		return r, fmt.Errorf("secrets of %s: %w", r.ID, err)
	}
	var opened sealedReceiver
	err = json.Unmarshal(plain, &opened)
	r.Token, r.Secret = opened.Token, opened.Secret
	return r, err
}

func (s *Store) receiversWhere(r session, condition string, args ...any) (receivers []bot9.Receiver, err error) {
	q := newQuery(`SELECT `+receiverColumns+` FROM receivers r WHERE `+condition+` AND `+receiverAlive+` ORDER BY r.id`, append(args, int64(s.clock()))...)
	err = r.query(func(scan scanFunc) error {
		receiver, err := s.scanReceiver(scan)
		receivers = append(receivers, receiver)
		return err
	}, q.sql, q.args...)
	return receivers, err
}

func (s *Store) findReceiver(r session, condition string, args ...any) (bot9.Receiver, error) {
	found, err := s.receiversWhere(r, condition, args...)
	if err == nil && len(found) == 0 {
		err = notFound("receiver")
	}
	if err != nil {
		return bot9.Receiver{}, err
	}
	return found[0], nil
}

func hashToken(token string) []byte {
	hash := sha256.Sum256([]byte(token))
	return hash[:]
}

// CreateReceiver makes a receiver with r.Token, which must be new. With keep it never expires. It
// fails with Conflict "tooManyReceivers" where the chatbot has bot9.MaxReceivers.
func (s *Store) CreateReceiver(ctx context.Context, r bot9.Receiver, keep bool) (bot9.Receiver, error) {
	err := s.writeWith(ctx, needs{chatbot: r.ChatbotID, returns: &r}, func(t *tx) error {
		others, err := s.receiversWhere(t, `r.chatbot_id = %s`, int64(r.ChatbotID))
		if err != nil {
			return err
		}
		if len(others) >= bot9.MaxReceivers {
			return bot9.Errorf(bot9.Conflict, "tooManyReceivers", "The chatbot has %d receivers already. Delete one first.", len(others))
		}
		r.ID = bot9.ReceiverID(t.nextID())
		r.CreatedAt, r.ExpiresAt = r.ID.Time(), t.now.Add(bot9.ReceiverLifetime)
		if keep {
			r.ExpiresAt = 0
		}
		settings, sealed, err := s.encodeReceiver(r)
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO receivers (id, chatbot_id, token_hash, settings, sealed, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			int64(r.ID), int64(r.ChatbotID), hashToken(r.Token), text(settings), sealed, int64(r.ExpiresAt))
		return err
	})
	return r, err
}

// Receivers lists the chatbot's receivers, oldest first.
func (s *Store) Receivers(ctx context.Context, chatbot bot9.ChatbotID) (receivers []bot9.Receiver, err error) {
	err = s.read(ctx, func(r session) error {
		receivers, err = s.receiversWhere(r, `r.chatbot_id = %s`, int64(chatbot))
		return err
	})
	return receivers, err
}

// Receiver returns one receiver of the chatbot.
func (s *Store) Receiver(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ReceiverID) (receiver bot9.Receiver, err error) {
	err = s.read(ctx, func(r session) error {
		receiver, err = s.findReceiver(r, `r.id = %s AND r.chatbot_id = %s`, int64(id), int64(chatbot))
		return err
	})
	return receiver, err
}

// ReceiverByToken returns the receiver, of whichever chatbot, that has the token in its URL.
func (s *Store) ReceiverByToken(ctx context.Context, token string) (receiver bot9.Receiver, err error) {
	err = s.read(ctx, func(r session) error {
		receiver, err = s.findReceiver(r, `r.token_hash = %s`, hashToken(token))
		return err
	})
	return receiver, err
}

// expectedReceiver finds a receiver that is to be changed or deleted.
func (t *tx) expectedReceiver(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ReceiverID) (bot9.Receiver, error) {
	if err := t.hold(ctx, "receivers", int64(id)); err != nil {
		return bot9.Receiver{}, err
	}
	r, err := t.store.findReceiver(t, `r.id = %s AND r.chatbot_id = %s`, int64(id), int64(chatbot))
	if err == nil {
		err = meets(ctx, r)
	}
	return r, err
}

// ChangeReceiver lets change alter a receiver's settings and secret.
func (s *Store) ChangeReceiver(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ReceiverID, change func(*bot9.Receiver) error) (r bot9.Receiver, err error) {
	err = s.writeFor(ctx, chatbot, func(t *tx) error {
		if r, err = t.expectedReceiver(ctx, chatbot, id); err != nil {
			return err
		}
		before := r
		if err := change(&r); err != nil {
			return callerError{err}
		}
		r.ID, r.ChatbotID, r.Token, r.ExpiresAt = id, chatbot, before.Token, before.ExpiresAt
		settings, sealed, err := s.encodeReceiver(r)
		if err != nil {
			return err
		}
		_, err = t.exec(`UPDATE receivers SET settings = $1, sealed = $2 WHERE id = $3`, text(settings), sealed, int64(id))
		return err
	})
	return r, err
}

// DeleteReceiver deletes a receiver and what it got.
func (s *Store) DeleteReceiver(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ReceiverID) error {
	return s.writeWith(ctx, needs{chatbot: chatbot, evenIfFull: true}, func(t *tx) error {
		receiver, err := t.expectedReceiver(ctx, chatbot, id)
		if err != nil {
			return err
		}
		if _, err = t.exec(`DELETE FROM received_requests WHERE receiver_id = $1`, int64(id)); err != nil {
			return err
		}
		if _, err = t.exec(`DELETE FROM receivers WHERE id = $1`, int64(id)); err != nil {
			return err
		}
		return t.audit(bot9.AuditRecord{
			ChatbotID: chatbot, Action: bot9.AuditReceiverDeleted, Object: id.String(),
			Changes: bot9.AuditChanges{"description": {From: receiver.Description}},
		})
	})
}

// AddReceived keeps a request that came to a receiver, and forgets all but the newest
// bot9.KeptRequests. The receiver's time to live begins anew.
func (s *Store) AddReceived(ctx context.Context, q bot9.ReceivedRequest) error {
	return s.writeWith(ctx, needs{account: bot9.AccountID(q.ReceiverID)}, func(t *tx) error {
		q.ID = bot9.RequestID(t.nextID())
		_, err := t.exec(`INSERT INTO received_requests (id, receiver_id, headers, body, truncated, verified, problem, answered)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			int64(q.ID), int64(q.ReceiverID), headerLines(q.Headers), q.Body, q.Truncated, q.Verified, q.Problem, q.Answered)
		if err != nil {
			return err
		}
		var oldest int64
		_, err = queryRow(t, `SELECT id FROM received_requests WHERE receiver_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2`,
			[]any{int64(q.ReceiverID), bot9.KeptRequests - 1}, &oldest)
		if err != nil {
			return err
		}
		if oldest != 0 {
			_, err = t.exec(`DELETE FROM received_requests WHERE receiver_id = $1 AND id < $2`, int64(q.ReceiverID), oldest)
		}
		if err != nil {
			return err
		}
		// Once an hour is exact enough, and spares the row.
		expires := t.now.Add(bot9.ReceiverLifetime)
		_, err = t.exec(`UPDATE receivers SET expires_at = $1 WHERE id = $2 AND expires_at > $3 AND expires_at < $4`,
			int64(expires), int64(q.ReceiverID), int64(t.now), int64(expires.Add(-time.Hour)))
		return err
	})
}

// Received returns what came to a receiver, newest first.
func (s *Store) Received(ctx context.Context, id bot9.ReceiverID) (requests []bot9.ReceivedRequest, err error) {
	err = s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			q := bot9.ReceivedRequest{ReceiverID: id}
			var headers string
			err := scan((*int64)(&q.ID), &headers, &q.Body, &q.Truncated, &q.Verified, &q.Problem, &q.Answered)
			q.ReceivedAt, q.Headers = q.ID.Time(), bot9.ParseHeaderLines(headers)
			if q.Headers == nil {
				q.Headers = map[string]string{}
			}
			requests = append(requests, q)
			return err
		}, `SELECT id, headers, body, truncated, verified, problem, answered FROM received_requests WHERE receiver_id = $1 ORDER BY id DESC LIMIT $2`,
			int64(id), bot9.KeptRequests)
	})
	return requests, err
}
