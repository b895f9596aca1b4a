package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"github.com/bot9/bot9/internal/bot9"
)

// identityPrefix marks the keys that prove end users' identities.
const identityPrefix = "bot9_is_"

func widgetPlace(chatbot bot9.ChatbotID) string { return "widget:" + chatbot.String() }

func (s *Store) encodeWidget(w bot9.Widget) (settings, sealed []byte, err error) {
	if sealed, err = s.sealer.Seal([]byte(w.IdentitySecret), widgetPlace(w.ChatbotID)); err != nil {
		return nil, nil, err
	}
	w.IdentitySecret = ""
	settings, err = json.Marshal(w)
	return settings, sealed, err
}

// scanWidget reads a widget over the defaults, so that settings that are younger than the row have theirs.
func (s *Store) scanWidget(scan scanFunc) (w bot9.Widget, err error) {
	var chatbot int64
	var settings, sealed []byte
	if err := scan(&chatbot, &settings, &sealed); err != nil {
		return w, err
	}
	w = bot9.NewWidget(bot9.ChatbotID(chatbot))
	if err := json.Unmarshal(settings, &w); err != nil {
		return w, fmt.Errorf("settings of the widget of %s: %w", w.ChatbotID, err)
	}
	secret, err := s.sealer.Unseal(sealed, widgetPlace(w.ChatbotID))
	w.IdentitySecret = string(secret)
	return w, err
}

const widgetColumns = `w.id, w.settings, w.sealed`

func (s *Store) findWidget(r session, chatbot bot9.ChatbotID) (w bot9.Widget, found bool, err error) {
	err = r.query(func(scan scanFunc) (err error) {
		found = true
		w, err = s.scanWidget(scan)
		return err
	}, `SELECT `+widgetColumns+` FROM widgets w JOIN chatbots c ON c.id = w.id JOIN accounts a ON a.id = c.account_id
		WHERE w.id = $1 AND c.deleted_at IS NULL AND a.disabled_at = 0`, int64(chatbot))
	return w, found, err
}

// Widget returns how a chatbot appears on websites. It fails with NotFound if there is no such chatbot, or its account
// is disabled.
func (s *Store) Widget(ctx context.Context, chatbot bot9.ChatbotID) (w bot9.Widget, err error) {
	found := false
	err = s.read(ctx, func(r session) error {
		w, found, err = s.findWidget(r, chatbot)
		return err
	})
	if err == nil && !found {
		err = notFound("widget")
	}
	return w, err
}

// insertWidget gives a new chatbot its widget.
func (t *tx) insertWidget(chatbot bot9.ChatbotID) error {
	w := bot9.NewWidget(chatbot)
	w.IdentitySecret = identityPrefix + rand.Text() + rand.Text()
	settings, sealed, err := t.store.encodeWidget(w)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO widgets (id, settings, sealed) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`, int64(chatbot), text(settings), sealed)
	return err
}

// AddWidgets gives a slice of the chatbots that are older than widgets theirs, and tells whether there may be more.
func (s *Store) AddWidgets(ctx context.Context) (more bool, err error) {
	var without []int64
	err = s.read(ctx, func(r session) error {
		without = without[:0]
		return r.query(func(scan scanFunc) error {
			var id int64
			err := scan(&id)
			without = append(without, id)
			return err
		}, `SELECT c.id FROM chatbots c WHERE c.deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM widgets w WHERE w.id = c.id) LIMIT $1`, resealSlice)
	})
	if err != nil || len(without) == 0 {
		return false, err
	}
	err = s.write(ctx, func(t *tx) error {
		for _, id := range without {
			if err := t.insertWidget(bot9.ChatbotID(id)); err != nil {
				return err
			}
		}
		return nil
	})
	return true, err
}

// ChangeWidget lets change alter a chatbot's widget, all but its identity secret.
func (s *Store) ChangeWidget(ctx context.Context, chatbot bot9.ChatbotID, change func(*bot9.Widget) error) (w bot9.Widget, err error) {
	err = s.writeFor(ctx, chatbot, func(t *tx) error {
		if err := t.hold(ctx, "widgets", int64(chatbot)); err != nil {
			return err
		}
		before, found, err := s.findWidget(t, chatbot)
		if err == nil && !found {
			err = notFound("widget")
		}
		if err != nil {
			return err
		}
		if err := meets(ctx, before); err != nil {
			return err
		}
		w = before
		if err := change(&w); err != nil {
			return callerError{err}
		}
		w.ChatbotID, w.IdentitySecret = chatbot, before.IdentitySecret
		changes, err := widgetChanges(before, w)
		if err != nil || len(changes) == 0 {
			return err
		}
		if err := t.saveWidget(w); err != nil {
			return err
		}
		return t.audit(bot9.AuditRecord{ChatbotID: chatbot, Action: bot9.AuditWidgetChanged, Object: chatbot.String(), Changes: changes})
	})
	return w, err
}

func (t *tx) saveWidget(w bot9.Widget) error {
	if err := t.updateWidget(w); err != nil {
		return err
	}
	if _, err := t.exec(`DELETE FROM widget_origins WHERE chatbot_id = $1`, int64(w.ChatbotID)); err != nil {
		return err
	}
	if !w.Enabled {
		return nil
	}
	for _, origin := range w.AllowedOrigins {
		_, err := t.exec(`INSERT INTO widget_origins (origin, chatbot_id) VALUES ($1, $2) ON CONFLICT (origin, chatbot_id) DO NOTHING`, origin, int64(w.ChatbotID))
		if err != nil {
			return err
		}
	}
	return nil
}

// resealWidget seals a widget's secret anew, also while its account is disabled.
func (t *tx) resealWidget(id int64) error {
	var w bot9.Widget
	err := t.query(func(scan scanFunc) (err error) {
		w, err = t.store.scanWidget(scan)
		return err
	}, `SELECT `+widgetColumns+` FROM widgets w WHERE w.id = $1`+t.store.db.lock("w"), id)
	if err != nil || w.ChatbotID == 0 {
		return err
	}
	return t.updateWidget(w)
}

func (t *tx) updateWidget(w bot9.Widget) error {
	settings, sealed, err := t.store.encodeWidget(w)
	if err != nil {
		return err
	}
	_, err = t.exec(`UPDATE widgets SET settings = $1, sealed = $2 WHERE id = $3`, text(settings), sealed, int64(w.ChatbotID))
	return err
}

// widgetChanges tells what differs, without the secret.
func widgetChanges(before, after bot9.Widget) (bot9.AuditChanges, error) {
	before.IdentitySecret, after.IdentitySecret = "", ""
	return bot9.FieldChanges(before, after)
}

// OriginAllowed tells whether any chatbot's widget may be embedded by pages of the origin.
func (s *Store) OriginAllowed(ctx context.Context, origin string) (allowed bool, err error) {
	var one int64
	err = s.read(ctx, func(r session) error {
		allowed, err = queryRow(r, `SELECT 1 FROM widget_origins WHERE origin = $1 LIMIT 1`, []any{origin}, &one)
		return err
	})
	return allowed, err
}
