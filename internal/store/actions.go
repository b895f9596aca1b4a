package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/bot9/bot9/internal/bot9"
)

const actionColumns = `a.id, a.chatbot_id, a.version, a.settings, a.sealed`

func actionContext(id bot9.ActionID) string { return "action:" + id.String() }

// sealedMeta is an action's request as it is sealed: all of it, the schema included.
type sealedMeta struct {
	bot9.ActionMeta
	Parameters string `json:"parameters,omitempty"`
}

func (s *Store) encodeAction(a *bot9.CustomAction) (settings, sealed []byte, err error) {
	plain, err := json.Marshal(sealedMeta{a.Meta, a.Meta.Parameters})
	if err != nil {
		return nil, nil, err
	}
	if sealed, err = s.sealer.Seal(plain, actionContext(a.ID)); err != nil {
		return nil, nil, err
	}
	shown := *a
	shown.Meta = bot9.ActionMeta{}
	settings, err = json.Marshal(shown)
	return settings, sealed, err
}

func (s *Store) scanAction(scan scanFunc) (a bot9.CustomAction, err error) {
	var id, chatbot, version int64
	var settings, sealed []byte
	if err := scan(&id, &chatbot, &version, &settings, &sealed); err != nil {
		return a, err
	}
	if err := json.Unmarshal(settings, &a); err != nil {
		return a, fmt.Errorf("settings of %s: %w", bot9.ActionID(id), err)
	}
	a.ID, a.ChatbotID, a.Version = bot9.ActionID(id), bot9.ChatbotID(chatbot), version
	plain, err := s.sealer.Unseal(sealed, actionContext(a.ID))
	if err != nil {
		return a, fmt.Errorf("request of %s: %w", a.ID, err)
	}
	var meta sealedMeta
	err = json.Unmarshal(plain, &meta)
	a.Meta = meta.ActionMeta
	a.Meta.Parameters = meta.Parameters
	return a, err
}

func (s *Store) actionsWhere(r session, condition string, args ...any) (actions []bot9.CustomAction, err error) {
	actions = []bot9.CustomAction{}
	err = r.query(func(scan scanFunc) error {
		action, err := s.scanAction(scan)
		actions = append(actions, action)
		return err
	}, `SELECT `+actionColumns+` FROM custom_actions a WHERE `+condition+` ORDER BY a.id`, args...)
	return actions, err
}

func (s *Store) findAction(r session, chatbot bot9.ChatbotID, id bot9.ActionID) (bot9.CustomAction, error) {
	found, err := s.actionsWhere(r, `a.id = $1 AND a.chatbot_id = $2`, int64(id), int64(chatbot))
	if err == nil && len(found) == 0 {
		err = notFound("action")
	}
	if err != nil {
		return bot9.CustomAction{}, err
	}
	return found[0], nil
}

// Actions lists the chatbot's custom actions, oldest first.
func (s *Store) Actions(ctx context.Context, chatbot bot9.ChatbotID) (actions []bot9.CustomAction, err error) {
	err = s.read(ctx, func(r session) error {
		actions, err = s.actionsWhere(r, `a.chatbot_id = $1`, int64(chatbot))
		return err
	})
	return actions, err
}

// ActiveActions lists those that the model may use, oldest first.
func (s *Store) ActiveActions(ctx context.Context, chatbot bot9.ChatbotID) ([]bot9.CustomAction, error) {
	all, err := s.Actions(ctx, chatbot)
	active := all[:0]
	for _, action := range all {
		if action.Active {
			active = append(active, action)
		}
	}
	return active, err
}

// Action returns one custom action of the chatbot.
func (s *Store) Action(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ActionID) (a bot9.CustomAction, err error) {
	err = s.read(ctx, func(r session) error {
		a, err = s.findAction(r, chatbot, id)
		return err
	})
	return a, err
}

// CreateAction adds a custom action. Its name must be new: it is what the model calls the action by.
func (s *Store) CreateAction(ctx context.Context, a bot9.CustomAction) (bot9.CustomAction, error) {
	err := s.writeWith(ctx, needs{chatbot: a.ChatbotID, returns: &a}, func(t *tx) error {
		if err := t.within("actions", bot9.MaxActions, `custom_actions WHERE chatbot_id`, int64(a.ChatbotID)); err != nil {
			return err
		}
		a.ID, a.Version = bot9.ActionID(t.nextID()), 1
		settings, sealed, err := s.encodeAction(&a)
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO custom_actions (id, chatbot_id, version, settings, sealed) VALUES ($1, $2, $3, $4, $5)`,
			int64(a.ID), int64(a.ChatbotID), a.Version, text(settings), sealed)
		if err != nil {
			return err
		}
		return t.auditAction(&a, bot9.AuditChanges{"name": {To: a.Name}, "url": {To: bot9.MaskURL(a.Meta.URL)}})
	})
	return a, err
}

func (t *tx) auditAction(a *bot9.CustomAction, changes bot9.AuditChanges) error {
	return t.audit(bot9.AuditRecord{ChatbotID: a.ChatbotID, Action: bot9.AuditActionChanged, Object: a.ID.String(), Changes: changes})
}

// ChangeAction lets change change a custom action. Nobody else changes it meanwhile; change may be called again.
func (s *Store) ChangeAction(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ActionID, change func(*bot9.CustomAction) error) (a bot9.CustomAction, err error) {
	err = s.writeFor(ctx, chatbot, func(t *tx) error {
		var held int64
		if _, err := queryRow(t, `SELECT a.id FROM custom_actions a WHERE a.id = $1`+s.db.lock("a"), []any{int64(id)}, &held); err != nil {
			return err
		}
		if a, err = s.findAction(t, chatbot, id); err != nil {
			return err
		}
		if err := meets(ctx, a); err != nil {
			return err
		}
		before := a
		if err := change(&a); err != nil {
			return callerError{err}
		}
		a.Version++
		settings, sealed, err := s.encodeAction(&a)
		if err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE custom_actions SET version = $1, settings = $2, sealed = $3 WHERE id = $4`, a.Version, text(settings), sealed, int64(id)); err != nil {
			return err
		}
		return t.auditAction(&a, bot9.AuditChanges{
			"name": {From: before.Name, To: a.Name}, "isActive": {From: before.Active, To: a.Active}, "isSideEffect": {From: before.SideEffect, To: a.SideEffect},
			"url": {From: bot9.MaskURL(before.Meta.URL), To: bot9.MaskURL(a.Meta.URL)},
		})
	})
	return a, err
}

// DeleteAction removes a custom action.
func (s *Store) DeleteAction(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ActionID) error {
	return s.writeWith(ctx, needs{chatbot: chatbot, evenIfFull: true}, func(t *tx) error {
		a, err := s.findAction(t, chatbot, id)
		if err != nil {
			return err
		}
		if err := meets(ctx, a); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM custom_actions WHERE id = $1`, int64(id)); err != nil {
			return err
		}
		return t.auditAction(&a, bot9.AuditChanges{"name": {From: a.Name}})
	})
}

// resealAction seals an action's request anew.
func (t *tx) resealAction(id int64) error {
	found, err := t.store.actionsWhere(t, `a.id = $1`, id)
	if err != nil || len(found) == 0 {
		return err
	}
	_, sealed, err := t.store.encodeAction(&found[0])
	if err != nil {
		return err
	}
	_, err = t.exec(`UPDATE custom_actions SET sealed = $1 WHERE id = $2`, sealed, id)
	return err
}
