package store

import (
	"context"
	"strings"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// CreateChatbot makes a chatbot and its first key.
func (s *Store) CreateChatbot(ctx context.Context, account bot9.AccountID, name string, key bot9.NewKey) (chatbot bot9.Chatbot, made bot9.Key, err error) {
	returns := bot9.ChatbotWithKey{}
	err = s.writeWith(ctx, needs{account: account, returns: &returns}, func(t *tx) error {
		if err := t.within("chatbots", s.quotas.Chatbots, `chatbots WHERE deleted_at IS NULL AND account_id`, int64(account)); err != nil {
			return err
		}
		chatbot = bot9.Chatbot{ID: bot9.ChatbotID(t.nextID()), AccountID: account, Name: name}
		chatbot.CreatedAt = chatbot.ID.Time()
		_, err := t.exec(`INSERT INTO chatbots (id, account_id, name) VALUES ($1, $2, $3)`, int64(chatbot.ID), int64(account), name)
		if err != nil {
			return err
		}
		err = t.audit(bot9.AuditRecord{
			AccountID: account, ChatbotID: chatbot.ID, Action: bot9.AuditChatbotCreated, Object: chatbot.ID.String(),
			Changes: bot9.AuditChanges{"name": {To: name}},
		})
		if err != nil {
			return err
		}
		if err := t.insertWidget(chatbot.ID); err != nil {
			return err
		}
		made, err = t.insertKey(chatbot.ID, key)
		returns = bot9.ChatbotWithKey{Chatbot: chatbot, Key: made}
		return err
	})
	return chatbot, made, err
}

const chatbotColumns = `c.id, c.account_id, c.name`

func scanChatbot(scan scanFunc) (bot9.Chatbot, error) {
	var c bot9.Chatbot
	err := scan((*int64)(&c.ID), (*int64)(&c.AccountID), &c.Name)
	c.CreatedAt = c.ID.Time()
	return c, err
}

// Chatbots lists an account's chatbots, oldest first.
func (s *Store) Chatbots(ctx context.Context, account bot9.AccountID) ([]bot9.Chatbot, error) {
	chatbots := []bot9.Chatbot{}
	err := s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			chatbot, err := scanChatbot(scan)
			chatbots = append(chatbots, chatbot)
			return err
		}, `SELECT `+chatbotColumns+` FROM chatbots c WHERE c.account_id = $1 AND c.deleted_at IS NULL ORDER BY c.id`, int64(account))
	})
	return chatbots, err
}

// Chatbot returns one chatbot of the account.
func (s *Store) Chatbot(ctx context.Context, account bot9.AccountID, id bot9.ChatbotID) (chatbot bot9.Chatbot, err error) {
	err = s.read(ctx, func(r session) error {
		chatbot, err = findChatbot(r, account, id)
		return err
	})
	return chatbot, err
}

// ChatbotName returns what a chatbot, of whichever account, is called.
func (s *Store) ChatbotName(ctx context.Context, id bot9.ChatbotID) (name string, err error) {
	found := false
	err = s.read(ctx, func(r session) error {
		found, err = queryRow(r, `SELECT name FROM chatbots WHERE id = $1 AND deleted_at IS NULL`, []any{int64(id)}, &name)
		return err
	})
	if err == nil && !found {
		err = notFound("chatbot")
	}
	return name, err
}

func findChatbot(r session, account bot9.AccountID, id bot9.ChatbotID) (chatbot bot9.Chatbot, err error) {
	found := false
	err = r.query(func(scan scanFunc) (err error) {
		found = true
		chatbot, err = scanChatbot(scan)
		return err
	}, `SELECT `+chatbotColumns+` FROM chatbots c WHERE c.id = $1 AND c.account_id = $2 AND c.deleted_at IS NULL`, int64(id), int64(account))
	if err == nil && !found {
		err = notFound("chatbot")
	}
	return chatbot, err
}

// expectedChatbot finds a chatbot that is to be changed or deleted.
func (t *tx) expectedChatbot(ctx context.Context, account bot9.AccountID, id bot9.ChatbotID) (bot9.Chatbot, error) {
	if err := t.hold(ctx, "chatbots", int64(id)); err != nil {
		return bot9.Chatbot{}, err
	}
	chatbot, err := findChatbot(t, account, id)
	if err == nil {
		err = meets(ctx, chatbot)
	}
	return chatbot, err
}

// RenameChatbot gives a chatbot another name.
func (s *Store) RenameChatbot(ctx context.Context, account bot9.AccountID, id bot9.ChatbotID, name string) (chatbot bot9.Chatbot, err error) {
	err = s.writeWith(ctx, needs{account: account}, func(t *tx) error {
		if chatbot, err = t.expectedChatbot(ctx, account, id); err != nil {
			return err
		}
		before := chatbot.Name
		chatbot.Name = name
		if _, err = t.exec(`UPDATE chatbots SET name = $1 WHERE id = $2`, name, int64(id)); err != nil {
			return err
		}
		return t.audit(bot9.AuditRecord{
			AccountID: account, ChatbotID: id, Action: bot9.AuditChatbotChanged, Object: id.String(),
			Changes: bot9.AuditChanges{"name": {From: before, To: name}},
		})
	})
	return chatbot, err
}

// DeleteChatbot deletes a chatbot with its keys and webhooks at once; its conversations, events and
// deliveries can't be reached any more and are removed in slices by Clean.
func (s *Store) DeleteChatbot(ctx context.Context, account bot9.AccountID, id bot9.ChatbotID) error {
	return s.writeWith(ctx, needs{account: account, evenIfFull: true}, func(t *tx) error {
		if _, err := t.expectedChatbot(ctx, account, id); err != nil {
			return err
		}
		return t.deleteChatbot(account, id)
	})
}

func (t *tx) deleteChatbot(account bot9.AccountID, id bot9.ChatbotID) error {
	chatbot, err := findChatbot(t, account, id)
	if err != nil {
		return err
	}
	// First, while its webhooks can still be told.
	err = t.audit(bot9.AuditRecord{
		AccountID: account, ChatbotID: id, Action: bot9.AuditChatbotDeleted, Object: id.String(),
		Changes: bot9.AuditChanges{"name": {From: chatbot.Name}},
	})
	if err != nil {
		return err
	}
	webhooks, err := t.store.webhooksOf(t, id)
	if err != nil {
		return err
	}
	for _, webhook := range webhooks {
		if err := t.deleteWebhook(webhook); err != nil {
			return err
		}
	}
	for _, sql := range []string{
		`DELETE FROM key_secrets WHERE key_id IN (SELECT id FROM keys WHERE chatbot_id = $1)`,
		`DELETE FROM keys WHERE chatbot_id = $1`,
		`DELETE FROM widgets WHERE id = $1`,
		`DELETE FROM widget_origins WHERE chatbot_id = $1`,
		`UPDATE receivers SET expires_at = 1 WHERE chatbot_id = $1`,
		`UPDATE inboxes SET close_after = 0 WHERE chatbot_id = $1`,
	} {
		if _, err := t.exec(sql, int64(id)); err != nil {
			return err
		}
	}
	_, err = t.exec(`UPDATE chatbots SET deleted_at = $1 WHERE id = $2`, int64(t.now), int64(id))
	return err
}

const keyColumns = `k.id, k.chatbot_id, k.name, k.hint, k.last_used_at, k.rotated_at, k.grace_until, k.scopes, k.expires_at, k.allowed_ips`

func scanKey(scan scanFunc) (bot9.Key, error) {
	var k bot9.Key
	var scopes, ips string
	err := scan((*int64)(&k.ID), (*int64)(&k.ChatbotID), &k.Name, &k.Hint, (*int64)(&k.LastUsedAt), (*int64)(&k.RotatedAt), (*int64)(&k.GraceUntil),
		&scopes, (*int64)(&k.ExpiresAt), &ips)
	k.CreatedAt = k.ID.Time()
	k.Scopes, k.AllowedIPs = scopesOf(scopes), wordsOf(ips)
	return k, err
}

// wordsOf reads a list that was joined by spaces; an empty one is nil.
func wordsOf(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, " ")
}

func scopesOf(text string) (scopes []bot9.Scope) {
	for _, scope := range wordsOf(text) {
		scopes = append(scopes, bot9.Scope(scope))
	}
	return scopes
}

func scopesText(scopes []bot9.Scope) string {
	list := make([]string, len(scopes))
	for i, scope := range scopes {
		list[i] = string(scope)
	}
	return strings.Join(list, " ")
}

// KeyBySecret returns the key that a secret with this hash opens at now; NotFound if none. Its
// GraceUntil is when this secret ends, zero for the key's current one.
func (s *Store) KeyBySecret(ctx context.Context, hash [32]byte, now bot9.Time) (key bot9.Key, err error) {
	found := false
	err = s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			found = true
			var scopes, ips string
			err := scan((*int64)(&key.ID), (*int64)(&key.ChatbotID), (*int64)(&key.AccountID), &key.Name, &key.Hint, (*int64)(&key.LastUsedAt), (*int64)(&key.GraceUntil),
				&scopes, (*int64)(&key.ExpiresAt), &ips)
			key.Scopes, key.AllowedIPs = scopesOf(scopes), wordsOf(ips)
			return err
		}, `SELECT k.id, k.chatbot_id, c.account_id, k.name, k.hint, k.last_used_at, coalesce(s.expires_at, 0), k.scopes, k.expires_at, k.allowed_ips
			FROM key_secrets s JOIN keys k ON k.id = s.key_id JOIN chatbots c ON c.id = k.chatbot_id JOIN accounts a ON a.id = c.account_id
			WHERE s.hash = $1 AND (s.expires_at IS NULL OR s.expires_at > $2) AND c.deleted_at IS NULL AND a.disabled_at = 0
				AND (k.expires_at = 0 OR k.expires_at > $2)`, hash[:], int64(now))
	})
	if err == nil && !found {
		err = notFound("key")
	}
	key.CreatedAt = key.ID.Time()
	return key, err
}

// TouchKey notes when a key was last used.
func (s *Store) TouchKey(ctx context.Context, id bot9.KeyID, at bot9.Time) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE keys SET last_used_at = $1 WHERE id = $2`, int64(at), int64(id))
		return err
	})
}

// Keys lists a chatbot's keys, oldest first.
func (s *Store) Keys(ctx context.Context, chatbot bot9.ChatbotID) ([]bot9.Key, error) {
	keys := []bot9.Key{}
	err := s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			key, err := scanKey(scan)
			keys = append(keys, key)
			return err
		}, `SELECT `+keyColumns+` FROM keys k WHERE k.chatbot_id = $1 ORDER BY k.id`, int64(chatbot))
	})
	return keys, err
}

// CreateKey makes another key for the chatbot.
func (s *Store) CreateKey(ctx context.Context, chatbot bot9.ChatbotID, key bot9.NewKey) (made bot9.Key, err error) {
	err = s.writeWith(ctx, needs{chatbot: chatbot, returns: &made}, func(t *tx) error {
		made, err = t.insertKey(chatbot, key)
		return err
	})
	return made, err
}

func (t *tx) insertKey(chatbot bot9.ChatbotID, key bot9.NewKey) (bot9.Key, error) {
	if err := t.within("keys", t.store.quotas.Keys, `keys WHERE chatbot_id`, int64(chatbot)); err != nil {
		return bot9.Key{}, err
	}
	made := bot9.Key{ID: bot9.KeyID(t.nextID()), ChatbotID: chatbot, Name: key.Name, Hint: key.Hint, KeyLimits: key.KeyLimits}
	made.CreatedAt = made.ID.Time()
	_, err := t.exec(`INSERT INTO keys (id, chatbot_id, name, hint, scopes, expires_at, allowed_ips) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		int64(made.ID), int64(chatbot), key.Name, key.Hint, scopesText(key.Scopes), int64(key.ExpiresAt), strings.Join(key.AllowedIPs, " "))
	if err != nil {
		return made, err
	}
	if err := t.insertKeySecret(made.ID, key.Hash); err != nil {
		return made, err
	}
	return made, t.auditKey(bot9.AuditKeyCreated, made, bot9.AuditChanges{"name": {To: made.Name}, "hint": {To: made.Hint}, "limits": {To: made.KeyLimits}})
}

func (t *tx) auditKey(action bot9.AuditAction, key bot9.Key, changes bot9.AuditChanges) error {
	return t.audit(bot9.AuditRecord{ChatbotID: key.ChatbotID, Action: action, Object: key.ID.String(), Changes: changes})
}

func (t *tx) insertKeySecret(id bot9.KeyID, hash [32]byte) error {
	_, err := t.exec(`INSERT INTO key_secrets (hash, key_id, expires_at) VALUES ($1, $2, NULL)`, hash[:], int64(id))
	return err
}

func findKey(r session, chatbot bot9.ChatbotID, id bot9.KeyID) (key bot9.Key, err error) {
	found := false
	err = r.query(func(scan scanFunc) (err error) {
		found = true
		key, err = scanKey(scan)
		return err
	}, `SELECT `+keyColumns+` FROM keys k WHERE k.id = $1 AND k.chatbot_id = $2`, int64(id), int64(chatbot))
	if err == nil && !found {
		err = notFound("key")
	}
	return key, err
}

// RotateKey gives a key a new secret; the ones before stay valid for overlap at most. It emits
// apiKeyRotated. The key keeps its name.
func (s *Store) RotateKey(ctx context.Context, chatbot bot9.ChatbotID, id bot9.KeyID, next bot9.NewKey, overlap time.Duration) (key bot9.Key, err error) {
	err = s.writeWith(ctx, needs{chatbot: chatbot, returns: &key}, func(t *tx) error {
		if key, err = findKey(t, chatbot, id); err != nil {
			return err
		}
		before := key.Hint
		key.Hint, key.RotatedAt, key.GraceUntil = next.Hint, t.now, t.now.Add(overlap)
		_, err = t.exec(`UPDATE key_secrets SET expires_at = $1 WHERE key_id = $2 AND (expires_at IS NULL OR expires_at > $1)`,
			int64(key.GraceUntil), int64(id))
		if err != nil {
			return err
		}
		if err := t.insertKeySecret(id, next.Hash); err != nil {
			return err
		}
		_, err = t.exec(`UPDATE keys SET hint = $1, rotated_at = $2, grace_until = $3 WHERE id = $4`,
			key.Hint, int64(key.RotatedAt), int64(key.GraceUntil), int64(id))
		if err != nil {
			return err
		}
		err = t.auditKey(bot9.AuditKeyRotated, key, bot9.AuditChanges{"hint": {From: before, To: key.Hint}, "graceUntil": {To: key.GraceUntil}})
		if err != nil {
			return err
		}
		if t.store.announcer == nil {
			return nil
		}
		return t.emit(chatbot, t.store.announcer.KeyRotated(&key))
	})
	return key, err
}

// RevokeKey deletes a key; none of its secrets is valid any more.
func (s *Store) RevokeKey(ctx context.Context, chatbot bot9.ChatbotID, id bot9.KeyID) error {
	return s.writeWith(ctx, needs{chatbot: chatbot, evenIfFull: true}, func(t *tx) error {
		key, err := findKey(t, chatbot, id)
		if err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM key_secrets WHERE key_id = $1`, int64(id)); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM keys WHERE id = $1`, int64(id)); err != nil {
			return err
		}
		return t.auditKey(bot9.AuditKeyRevoked, key, bot9.AuditChanges{"name": {From: key.Name}, "hint": {From: key.Hint}})
	})
}
