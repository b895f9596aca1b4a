package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/bot9/bot9/internal/bot9"
)

// sealedSettings are the parts of a webhook that are unreadable in the database.
type sealedSettings struct {
	Secrets []bot9.Secret     `json:"secrets"`
	Headers map[string]string `json:"headers"` // integrators put tokens there
	URL     string            `json:"url"`     // and here
}

func sealContext(id bot9.WebhookID) string { return "webhook:" + id.String() }

// storedSettings are a webhook with what of it the API doesn't show.
type storedSettings struct {
	bot9.Webhook
	Pauses []bot9.Pause `json:"pauses,omitempty"`
}

func (s *Store) encodeWebhook(w bot9.Webhook) (settings, sealed []byte, err error) {
	plain, err := json.Marshal(sealedSettings{Secrets: w.Secrets, Headers: w.Headers, URL: w.URL})
	if err != nil {
		return nil, nil, err
	}
	if sealed, err = s.sealer.Seal(plain, sealContext(w.ID)); err != nil {
		return nil, nil, err
	}
	w.URL = ""
	w.Headers, w.Health, w.SecretSince, w.FilterErrors, w.PublicKey = nil, nil, 0, nil, ""
	settings, err = json.Marshal(storedSettings{w, w.Pauses})
	return settings, sealed, err
}

const webhookColumns = `w.id, w.chatbot_id, w.account_id, w.settings, w.sealed, w.health, w.filter_errors, w.filter_error_event, w.filter_error_at, w.filter_error_reason`

func (s *Store) scanWebhook(scan scanFunc) (w bot9.Webhook, err error) {
	var id, chatbot, account int64
	var settings, sealed, health []byte
	var faults bot9.FilterErrors
	err = scan(&id, &chatbot, &account, &settings, &sealed, &health, &faults.Count, (*int64)(&faults.Last.EventID), (*int64)(&faults.Last.At), &faults.Last.Reason)
	if err != nil {
		return w, err
	}
	var stored storedSettings
	if err := json.Unmarshal(settings, &stored); err != nil {
		return w, fmt.Errorf("settings of %s: %w", bot9.WebhookID(id), err)
	}
	w, w.Pauses = stored.Webhook, stored.Pauses
	w.ID, w.ChatbotID, w.AccountID = bot9.WebhookID(id), bot9.ChatbotID(chatbot), bot9.AccountID(account)
	plain, err := s.sealer.Unseal(sealed, sealContext(w.ID))
	if err != nil {
		return w, fmt.Errorf("secrets of %s: %w", w.ID, err)
	}
	var opened sealedSettings
	known := storedHealth{Health: &bot9.Health{}}
	err = errors.Join(json.Unmarshal(plain, &opened), json.Unmarshal(health, &known))
	w.Health = known.Health
	w.Health.OpenCount, w.Health.FailingDays = known.OpenCount, known.FailingDays
	w.Secrets, w.Headers = opened.Secrets, opened.Headers
	if opened.URL != "" { // in the settings until it is sealed anew
		w.URL = opened.URL
	}
	w.SecretSince, w.PublicKey, w.FilterErrors = secretSince(&w), publicKey(&w), knownFaults(faults)
	if w.Headers == nil {
		w.Headers = map[string]string{}
	}
	return w, err
}

// secretSince tells how old the newest secret is.
func secretSince(w *bot9.Webhook) bot9.Time {
	if len(w.Secrets) > 0 && w.Secrets[0].CreatedAt != 0 {
		return w.Secrets[0].CreatedAt
	}
	return w.CreatedAt
}

// signsPublicly is 1 for a webhook that signs with the scheme v1a.
func signsPublicly(w *bot9.Webhook) int64 {
	if slices.Contains(w.Signatures, bot9.SignatureV1a) {
		return 1
	}
	return 0
}

// publicKey is what receivers check signatures of the scheme v1a with.
func publicKey(w *bot9.Webhook) string {
	if len(w.Secrets) == 0 || !slices.Contains(w.Signatures, bot9.SignatureV1a) {
		return ""
	}
	return w.Secrets[0].PublicKey
}

// webhooksOf returns the chatbot's webhooks, oldest first.
func (s *Store) webhooksOf(r session, chatbot bot9.ChatbotID) ([]bot9.Webhook, error) {
	webhooks := []bot9.Webhook{}
	err := r.query(func(scan scanFunc) error {
		webhook, err := s.scanWebhook(scan)
		webhooks = append(webhooks, webhook)
		return err
	}, `SELECT `+webhookColumns+` FROM webhooks w WHERE w.chatbot_id = $1 AND w.deleted_at IS NULL ORDER BY w.id`, int64(chatbot))
	return webhooks, err
}

func (s *Store) findWebhook(r session, condition string, args ...any) (w bot9.Webhook, err error) {
	found := false
	err = r.query(func(scan scanFunc) (err error) {
		found = true
		w, err = s.scanWebhook(scan)
		return err
	}, `SELECT `+webhookColumns+` FROM webhooks w WHERE w.deleted_at IS NULL AND `+condition, args...)
	if err == nil && !found {
		err = notFound("webhook")
	}
	return w, err
}

// CreateWebhook makes a webhook of w.ChatbotID. Events committed after it are matched with it.
func (s *Store) CreateWebhook(ctx context.Context, w bot9.Webhook) (bot9.Webhook, error) {
	err := s.writeWith(ctx, needs{chatbot: w.ChatbotID, returns: &w}, func(t *tx) error {
		if err := t.within("webhooks", s.quotas.Webhooks, `webhooks WHERE deleted_at IS NULL AND chatbot_id`, int64(w.ChatbotID)); err != nil {
			return err
		}
		w.ID = bot9.WebhookID(t.nextID())
		w.CreatedAt, w.UpdatedAt, w.Health = w.ID.Time(), w.ID.Time(), &bot9.Health{}
		w.SecretSince, w.PublicKey = secretSince(&w), publicKey(&w)
		settings, sealed, err := s.encodeWebhook(w)
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO webhooks (id, chatbot_id, account_id, settings, sealed, signs_publicly, health) VALUES ($1, $2, $3, $4, $5, $6, '{}')`,
			int64(w.ID), int64(w.ChatbotID), int64(w.AccountID), text(settings), sealed, signsPublicly(&w))
		return errors.Join(err, t.webhookChanged(w), t.auditWebhook(bot9.AuditWebhookCreated, &bot9.Webhook{}, &w))
	})
	return w, err
}

// Webhooks lists the chatbot's webhooks, oldest first.
func (s *Store) Webhooks(ctx context.Context, chatbot bot9.ChatbotID) (webhooks []bot9.Webhook, err error) {
	err = s.read(ctx, func(r session) error {
		webhooks, err = s.webhooksOf(r, chatbot)
		return err
	})
	return webhooks, err
}

// WebhookPage lists the chatbot's webhooks, oldest first, page by page.
func (s *Store) WebhookPage(ctx context.Context, chatbot bot9.ChatbotID, page bot9.Page) (bot9.List[bot9.Webhook], error) {
	q := newQuery(`SELECT `+webhookColumns+` FROM webhooks w WHERE w.chatbot_id = %s AND w.deleted_at IS NULL`, int64(chatbot))
	return list(ctx, s, q, "w.id", true, page, s.scanWebhook, func(w bot9.Webhook) int64 { return int64(w.ID) })
}

// Webhook returns one webhook of the chatbot.
func (s *Store) Webhook(ctx context.Context, chatbot bot9.ChatbotID, id bot9.WebhookID) (w bot9.Webhook, err error) {
	err = s.read(ctx, func(r session) error {
		w, err = s.findWebhook(r, `w.id = $1 AND w.chatbot_id = $2`, int64(id), int64(chatbot))
		return err
	})
	return w, err
}

// Endpoint returns a webhook of whichever chatbot, for delivering to it.
func (s *Store) Endpoint(ctx context.Context, id bot9.WebhookID) (w bot9.Webhook, err error) {
	err = s.read(ctx, func(r session) error {
		w, err = s.findWebhook(r, `w.id = $1`, int64(id))
		return err
	})
	return w, err
}

// AsymmetricWebhooks returns the newest webhooks, of all chatbots, that sign with the scheme v1a.
func (s *Store) AsymmetricWebhooks(ctx context.Context, limit int) ([]bot9.Webhook, error) {
	webhooks := []bot9.Webhook{}
	err := s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			w, err := s.scanWebhook(scan)
			webhooks = append(webhooks, w)
			return err
		}, `SELECT `+webhookColumns+` FROM webhooks w WHERE w.deleted_at IS NULL AND w.signs_publicly = 1 ORDER BY w.id DESC LIMIT $1`, limit)
	})
	return webhooks, err
}

// ChangeWebhook lets change alter a webhook's settings, status and secrets. Going from enabled to
// disabled holds what is in its backlog; going back lets it go on.
func (s *Store) ChangeWebhook(ctx context.Context, chatbot bot9.ChatbotID, id bot9.WebhookID, change func(*bot9.Webhook) error) (w bot9.Webhook, err error) {
	err = s.writeWith(ctx, needs{chatbot: chatbot, returns: &w}, func(t *tx) error {
		if w, err = s.findWebhook(t, `w.id = $1 AND w.chatbot_id = $2`+s.db.lock("w"), int64(id), int64(chatbot)); err != nil {
			return err
		}
		if err := meets(ctx, w); err != nil {
			return err
		}
		before, filter := w.Status, w.Filter
		old := w
		old.Secrets, old.Events, old.Headers = slices.Clone(w.Secrets), slices.Clone(w.Events), maps.Clone(w.Headers)
		if err := change(&w); err != nil {
			return callerError{err}
		}
		w.ID, w.ChatbotID, w.UpdatedAt, w.SecretSince, w.PublicKey = id, chatbot, t.now, secretSince(&w), publicKey(&w)
		switch {
		case before == bot9.WebhookEnabled && w.Status == bot9.WebhookDisabled:
			w.DisabledAt = t.now
		case before == bot9.WebhookDisabled && w.Status == bot9.WebhookEnabled:
			if err := t.rememberPause(&w); err != nil {
				return err
			}
			// A fresh start: what was wrong before must not switch it off again at once.
			w.DisabledAt, w.DisabledReason, w.Health = 0, "", &bot9.Health{}
			t.health[id] = w.Health
		}
		if w.URL != old.URL { // what was learnt is about another endpoint
			w.Health = &bot9.Health{}
			t.health[id] = w.Health
		}
		if w.Filter != filter {
			w.FilterErrors = nil
			if err := t.clearFaults(id); err != nil {
				return err
			}
		}
		if err := t.saveWebhook(w); err != nil {
			return err
		}
		if !slices.EqualFunc(old.Secrets, w.Secrets, func(a, b bot9.Secret) bool { return a.Text == b.Text }) {
			return t.auditWebhook(bot9.AuditWebhookSecretRotated, &old, &w)
		}
		return t.auditWebhook(bot9.AuditWebhookChanged, &old, &w)
	})
	return w, err
}

// maxPauses is how many pauses of a webhook are remembered while events of them wait to be matched.
const maxPauses = 64

// rememberPause notes the pause that ends, if events of the chatbot still wait to be matched.
func (t *tx) rememberPause(w *bot9.Webhook) error {
	waiting := int64(0)
	_, err := queryRow(t, `SELECT 1 FROM expansions WHERE chatbot_id = $1 LIMIT 1`, []any{int64(w.ChatbotID)}, &waiting)
	if err != nil || waiting == 0 {
		w.Pauses = nil
		return err
	}
	w.Pauses = append(slices.Clone(w.Pauses), bot9.Pause{From: w.DisabledAt, Until: bot9.EventID(t.nextID())})
	w.Pauses = w.Pauses[max(len(w.Pauses)-maxPauses, 0):]
	return nil
}

// auditWebhook records what became of a webhook.
func (t *tx) auditWebhook(action bot9.AuditAction, before, after *bot9.Webhook) error {
	changes, err := bot9.WebhookChanges(before, after)
	if err != nil {
		return err
	}
	return t.audit(bot9.AuditRecord{AccountID: after.AccountID, ChatbotID: after.ChatbotID, Action: action, Object: after.ID.String(), Changes: changes})
}

func (t *tx) saveWebhook(w bot9.Webhook) error {
	settings, sealed, err := t.store.encodeWebhook(w)
	if err != nil {
		return err
	}
	if err := t.webhookChanged(w); err != nil {
		return err
	}
	_, err = t.exec(`UPDATE webhooks SET settings = $1, sealed = $2, signs_publicly = $3 WHERE id = $4`, text(settings), sealed, signsPublicly(&w), int64(w.ID))
	return err
}

// storedHealth is an endpoint's health with the fields that the API doesn't show.
type storedHealth struct {
	*bot9.Health
	OpenCount   int `json:"openCount"`
	FailingDays int `json:"failingDays"`
}

func (t *tx) saveHealth(id bot9.WebhookID, h *bot9.Health) error {
	encoded, err := json.Marshal(storedHealth{h, h.OpenCount, h.FailingDays})
	if err != nil {
		return err
	}
	return t.queue(`UPDATE webhooks SET health = $1 WHERE id = $2`, text(encoded), int64(id))
}

// disableWebhook disables a webhook because of its endpoint's answers, and tells the account's other
// webhooks, those of its other chatbots included.
func (t *tx) disableWebhook(id bot9.WebhookID, r *bot9.AttemptResult) error {
	reason := r.DisableReason
	w, err := t.store.findWebhook(t, `w.id = $1`+t.store.db.lock("w"), int64(id))
	if bot9.KindOf(err) == bot9.NotFound || (err == nil && w.Status == bot9.WebhookDisabled) {
		return nil
	}
	if err != nil {
		return err
	}
	if r.Attempt != nil && r.Attempt.URL != "" && r.Attempt.URL != w.URL {
		return nil // the URL was changed after the attempt began: that endpoint is none of the webhook's
	}
	old := w
	w.Status, w.DisabledReason, w.DisabledAt, w.UpdatedAt = bot9.WebhookDisabled, reason, t.now, t.now
	if err := t.saveWebhook(w); err != nil {
		return err
	}
	if err := t.auditWebhook(bot9.AuditWebhookChanged, &old, &w); err != nil {
		return err
	}
	if t.store.announcer == nil {
		return nil
	}
	var chatbots []bot9.ChatbotID
	err = t.query(func(scan scanFunc) error {
		var chatbot int64
		err := scan(&chatbot)
		chatbots = append(chatbots, bot9.ChatbotID(chatbot))
		return err
	}, `SELECT id FROM chatbots WHERE account_id = $1 AND deleted_at IS NULL ORDER BY id`, int64(w.AccountID))
	if err != nil {
		return err
	}
	for _, chatbot := range chatbots {
		if err := t.emit(chatbot, t.store.announcer.WebhookDisabled(&w)); err != nil {
			return err
		}
	}
	return nil
}

// DeleteWebhook deletes a webhook. Its backlog is dropped and its history removed in slices, by Clean.
func (s *Store) DeleteWebhook(ctx context.Context, chatbot bot9.ChatbotID, id bot9.WebhookID) error {
	return s.writeWith(ctx, needs{chatbot: chatbot, evenIfFull: true}, func(t *tx) error {
		w, err := s.findWebhook(t, `w.id = $1 AND w.chatbot_id = $2`+s.db.lock("w"), int64(id), int64(chatbot))
		if err != nil {
			return err
		}
		if err := meets(ctx, w); err != nil {
			return err
		}
		return t.deleteWebhook(w)
	})
}

func (t *tx) deleteWebhook(w bot9.Webhook) error {
	if err := t.webhookChanged(w); err != nil {
		return err
	}
	if _, err := t.exec(`UPDATE webhooks SET deleted_at = $1 WHERE id = $2`, int64(t.now), int64(w.ID)); err != nil {
		return err
	}
	return t.auditWebhook(bot9.AuditWebhookDeleted, &w, &bot9.Webhook{ID: w.ID, ChatbotID: w.ChatbotID, AccountID: w.AccountID})
}
