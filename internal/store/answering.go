package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
)

// sealedAnswering are the parts of a chatbot's answering that are unreadable in the database.
type sealedAnswering struct {
	Model      string `json:"model,omitempty"`
	Embeddings string `json:"embeddings,omitempty"`
}

const answeringColumns = `a.id, a.version, a.settings, a.sealed`

func answeringContext(chatbot bot9.ChatbotID) string { return "answering:" + chatbot.String() }

// encodeAnswering returns the settings and, unless there is nothing to seal, the keys.
func (s *Store) encodeAnswering(a *bot9.Answering) (settings, sealed []byte, err error) {
	secrets := sealedAnswering{Model: a.Model.APIKey}
	a.Model.APIKeySet = a.Model.APIKey != ""
	if a.Embeddings != nil {
		secrets.Embeddings = a.Embeddings.APIKey
		a.Embeddings.APIKeySet = a.Embeddings.APIKey != ""
	}
	if settings, err = json.Marshal(a); err != nil || secrets == (sealedAnswering{}) {
		return settings, nil, err
	}
	plain, err := json.Marshal(secrets)
	if err != nil {
		return nil, nil, err
	}
	sealed, err = s.sealer.Seal(plain, answeringContext(a.ChatbotID))
	return settings, sealed, err
}

// scanAnswering reads settings over the defaults, so that what was added since they were stored has its default.
func (s *Store) scanAnswering(scan scanFunc) (bot9.Answering, error) {
	var id, version int64
	var settings, sealed []byte
	if err := scan(&id, &version, &settings, &sealed); err != nil {
		return bot9.Answering{}, err
	}
	a := bot9.DefaultAnswering(bot9.ChatbotID(id))
	if err := json.Unmarshal(settings, &a); err != nil {
		return a, fmt.Errorf("answering of %s: %w", a.ChatbotID, err)
	}
	a.Version = version
	if sealed == nil {
		return a, nil
	}
	plain, err := s.sealer.Unseal(sealed, answeringContext(a.ChatbotID))
	if err != nil {
		return a, fmt.Errorf("keys of %s: %w", a.ChatbotID, err)
	}
	var secrets sealedAnswering
	if err := json.Unmarshal(plain, &secrets); err != nil {
		return a, err
	}
	a.Model.APIKey = secrets.Model
	if a.Embeddings != nil {
		a.Embeddings.APIKey = secrets.Embeddings
	}
	return a, nil
}

func (s *Store) findAnswering(r session, chatbot bot9.ChatbotID) (bot9.Answering, error) {
	a := bot9.DefaultAnswering(chatbot)
	err := r.query(func(scan scanFunc) (err error) {
		a, err = s.scanAnswering(scan)
		return err
	}, `SELECT `+answeringColumns+` FROM answering a WHERE a.id = $1`, int64(chatbot))
	return a, err
}

// Answering returns how the chatbot answers, keys included.
func (s *Store) Answering(ctx context.Context, chatbot bot9.ChatbotID) (a bot9.Answering, err error) {
	err = s.read(ctx, func(r session) error {
		a, err = s.findAnswering(r, chatbot)
		return err
	})
	return a, err
}

// ChangeAnswering lets change change how the chatbot answers. Nobody else changes it meanwhile; change may be called
// again.
func (s *Store) ChangeAnswering(ctx context.Context, chatbot bot9.ChatbotID, change func(*bot9.Answering) error) (a bot9.Answering, err error) {
	err = s.writeFor(ctx, chatbot, func(t *tx) error {
		// The chatbot's row stands for one that may not be there yet.
		var account int64
		if _, err := queryRow(t, `SELECT c.account_id FROM chatbots c WHERE c.id = $1 AND c.deleted_at IS NULL`+s.db.lock("c"), []any{int64(chatbot)}, &account); err != nil {
			return err
		}
		if account == 0 {
			return notFound("chatbot")
		}
		before, err := s.findAnswering(t, chatbot)
		if err == nil {
			err = meets(ctx, before)
		}
		if err == nil {
			a, err = s.findAnswering(t, chatbot) // shares nothing with before
		}
		if err != nil {
			return err
		}
		if err := change(&a); err != nil {
			return callerError{err}
		}
		settings, sealed, err := s.encodeAnswering(&a)
		if err != nil {
			return err
		}
		changes := bot9.AnsweringChanges(&before, &a)
		if len(changes) == 0 {
			return nil
		}
		a.Version = before.Version + 1
		var kept any // NULL
		if sealed != nil {
			kept = sealed
		}
		_, err = t.exec(`INSERT INTO answering (id, version, settings, sealed) VALUES ($1, $2, $3, $4)
			ON CONFLICT (id) DO UPDATE SET version = excluded.version, settings = excluded.settings, sealed = excluded.sealed`,
			int64(chatbot), a.Version, text(settings), kept)
		if err != nil {
			return err
		}
		return t.audit(bot9.AuditRecord{
			AccountID: bot9.AccountID(account), ChatbotID: chatbot, Action: bot9.AuditAnsweringChanged, Object: chatbot.String(), Changes: changes,
		})
	})
	return a, err
}

// resealAnswering seals the keys of a chatbot's models anew.
func (t *tx) resealAnswering(chatbot bot9.ChatbotID) error {
	a, err := t.store.findAnswering(t, chatbot)
	if err != nil {
		return err
	}
	_, sealed, err := t.store.encodeAnswering(&a)
	if err != nil || sealed == nil {
		return err
	}
	_, err = t.exec(`UPDATE answering SET sealed = $1 WHERE id = $2`, sealed, int64(chatbot))
	return err
}

// TokensUsed returns how many tokens the chatbot has used today (UTC), and the conversation of them.
func (s *Store) TokensUsed(ctx context.Context, chatbot bot9.ChatbotID, conversation bot9.ConversationID) (ofChatbot, ofConversation int64, err error) {
	err = s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			var scope, tokens int64
			if err := scan(&scope, &tokens); err != nil {
				return err
			}
			if scope == int64(chatbot) {
				ofChatbot = tokens
			} else {
				ofConversation = tokens
			}
			return nil
		}, `SELECT u.scope, u.input_tokens + u.output_tokens FROM token_usage u WHERE u.scope IN ($1, $2) AND u.day = $3`,
			int64(chatbot), int64(conversation), policy.DayOf(s.clock()))
	})
	return ofChatbot, ofConversation, err
}

// UseTokens counts tokens that an answer has used. Conversation is zero where there is none.
func (s *Store) UseTokens(ctx context.Context, chatbot bot9.ChatbotID, conversation bot9.ConversationID, input, output int64) error {
	return s.writeFor(ctx, chatbot, func(t *tx) error {
		for _, scope := range []int64{int64(chatbot), int64(conversation)} {
			if scope == 0 {
				continue
			}
			_, err := t.exec(`INSERT INTO token_usage (scope, day, chatbot_id, input_tokens, output_tokens) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (scope, day) DO UPDATE SET input_tokens = token_usage.input_tokens + excluded.input_tokens,
					output_tokens = token_usage.output_tokens + excluded.output_tokens`,
				scope, policy.DayOf(t.now), int64(chatbot), input, output)
			if err != nil {
				return err
			}
		}
		return nil
	})
}
