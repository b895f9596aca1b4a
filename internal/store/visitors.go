package store

import (
	"context"
	"errors"

	"github.com/bot9/bot9/internal/bot9"
)

// errVisitorMoved: another action of the visitor came between reading and writing; it is tried again.
var errVisitorMoved = errors.New("the visitor has another conversation by now")

// visitorTries bounds how often an action is tried again.
const visitorTries = 5

// findVisitor fills in what is kept of a visitor; nothing if they have done nothing yet.
func findVisitor(r session, v *bot9.Visitor, lock string) (found bool, err error) {
	return queryRow(r, `SELECT v.end_user_id, v.conversation_id, v.read_id FROM visitors v WHERE v.subject = $1 AND v.chatbot_id = $2`+lock,
		[]any{v.Subject[:], int64(v.ChatbotID)}, (*int64)(&v.EndUserID), (*int64)(&v.ConversationID), (*int64)(&v.ReadID))
}

// Visitor returns v with what is kept of the visitor.
func (s *Store) Visitor(ctx context.Context, v bot9.Visitor) (bot9.Visitor, error) {
	err := s.read(ctx, func(r session) error {
		_, err := findVisitor(r, &v, "")
		return err
	})
	return v, err
}

// SubjectOf returns whose newest conversation this is; found is false if it is no visitor's.
func (s *Store) SubjectOf(ctx context.Context, conversation bot9.ConversationID) (subject bot9.Subject, found bool, err error) {
	err = s.read(ctx, func(r session) error {
		var text []byte
		found, err = queryRow(r, `SELECT subject FROM visitors WHERE conversation_id = $1`, []any{int64(conversation)}, &text)
		copy(subject[:], text)
		return err
	})
	return subject, found, err
}

// ClientIDOf returns what the browser that sent a visitor's message called it; "" if it is no visitor's, or a week old.
func (s *Store) ClientIDOf(ctx context.Context, message bot9.MessageID) (clientID string, err error) {
	err = s.read(ctx, func(r session) error {
		_, err := queryRow(r, `SELECT client_id FROM visitor_messages WHERE message_id = $1`, []any{int64(message)}, &clientID)
		return err
	})
	return clientID, err
}

// SaidBefore tells whether the visitor's message of that name is stored.
func (s *Store) SaidBefore(ctx context.Context, v bot9.Visitor, clientID string) (said bool, err error) {
	var id int64
	err = s.read(ctx, func(r session) error {
		said, err = queryRow(r, `SELECT message_id FROM visitor_messages WHERE subject = $1 AND client_id = $2`, []any{v.Subject[:], clientID}, &id)
		return err
	})
	return said, err
}

// ActAsVisitor lets decide change the visitor's conversation, or begin one as the action says. A message that was said
// before is not said again. It fails with NotFound where there is no conversation and the action begins none.
func (s *Store) ActAsVisitor(ctx context.Context, action bot9.VisitorAction, begin, decide Decide) (result bot9.VisitorResult, err error) {
	for range visitorTries {
		known, err := s.Visitor(ctx, action.Visitor)
		if err != nil {
			return result, err
		}
		n := needs{chatbot: known.ChatbotID, appends: true}
		if known.ConversationID != 0 {
			n.conversations = []bot9.ConversationID{known.ConversationID}
		}
		err = s.writeWith(ctx, n, s.preload(ctx, known.ChatbotID, func(t *tx) error {
			result = bot9.VisitorResult{}
			return t.actAsVisitor(ctx, action, known, begin, decide, &result)
		}))
		if !errors.Is(err, errVisitorMoved) {
			return result, err
		}
	}
	return result, bot9.Errorf(bot9.Unavailable, codeUnavailable, "Too much happened at once in this conversation. Try again.")
}

func (t *tx) actAsVisitor(ctx context.Context, action bot9.VisitorAction, known bot9.Visitor, begin, decide Decide, result *bot9.VisitorResult) error {
	if action.ClientID != "" {
		found, err := t.saidBefore(action, result)
		if found || err != nil {
			return err
		}
	}
	v := action.Visitor
	found, err := findVisitor(t, &v, t.store.db.lock("v"))
	if err != nil {
		return err
	}
	if v.ConversationID != known.ConversationID {
		return callerError{errVisitorMoved}
	}
	opens, err := t.opens(action, v)
	if err != nil {
		return err
	}
	if opens {
		err = t.beginAsVisitor(v, found, begin, result)
	} else {
		result.Conversation, result.Change, err = t.changeConversation(ctx, v.ChatbotID, v.ConversationID, decide)
	}
	if err != nil || action.ClientID == "" || len(result.Change.Messages) == 0 {
		return err
	}
	result.MessageID = result.Change.Messages[0].ID
	return t.queue(`INSERT INTO visitor_messages (subject, client_id, message_id, conversation_id) VALUES ($1, $2, $3, $4)`,
		v.Subject[:], action.ClientID, int64(result.MessageID), int64(result.Conversation.ID))
}

// saidBefore finds what came of a message that a browser sends again.
func (t *tx) saidBefore(action bot9.VisitorAction, result *bot9.VisitorResult) (found bool, err error) {
	result.Repeated, err = queryRow(t, `SELECT message_id, conversation_id FROM visitor_messages WHERE subject = $1 AND client_id = $2`,
		[]any{action.Visitor.Subject[:], action.ClientID}, (*int64)(&result.MessageID), (*int64)(&result.Conversation.ID))
	return result.Repeated, err
}

// opens tells whether the action begins a new conversation.
func (t *tx) opens(action bot9.VisitorAction, v bot9.Visitor) (bool, error) {
	if v.ConversationID == 0 {
		if action.Opens == bot9.OpenNever {
			return false, notFound("conversation")
		}
		return true, nil
	}
	if action.Opens != bot9.OpenUnlessOn {
		return false, nil
	}
	c, err := t.store.findConversation(t, v.ChatbotID, v.ConversationID)
	return c.Status == bot9.StatusClosed, err
}

// beginAsVisitor starts the visitor's next conversation, by the same end user as those before.
func (t *tx) beginAsVisitor(v bot9.Visitor, known bool, begin Decide, result *bot9.VisitorResult) error {
	user, err := t.endUserOf(v)
	if err != nil {
		return err
	}
	result.Conversation = bot9.Conversation{
		ChatbotID: v.ChatbotID, Status: bot9.StatusActive, Source: bot9.WidgetSource, User: bot9.EndUser{ExternalID: v.ExternalID},
	}
	if result.Change, err = t.startBy(&result.Conversation, user, begin); err != nil {
		return err
	}
	c := &result.Conversation
	if known {
		return t.queue(`UPDATE visitors SET end_user_id = $1, conversation_id = $2 WHERE subject = $3`, int64(c.EndUserID), int64(c.ID), v.Subject[:])
	}
	changed, err := t.exec(`INSERT INTO visitors (subject, chatbot_id, end_user_id, conversation_id, read_id) VALUES ($1, $2, $3, $4, 0) ON CONFLICT (subject) DO NOTHING`,
		v.Subject[:], int64(v.ChatbotID), int64(c.EndUserID), int64(c.ID))
	if err == nil && changed == 0 {
		err = callerError{errVisitorMoved}
	}
	return err
}

// endUserOf returns the end user that a visitor is: the one of their conversations so far, or the one with the proven
// external ID; zero if nobody yet.
func (t *tx) endUserOf(v bot9.Visitor) (u bot9.EndUser, err error) {
	if v.EndUserID == 0 {
		return t.findEndUser(v.ChatbotID, v.ExternalID)
	}
	_, err = queryRow(t, `SELECT `+endUserColumns+` FROM end_users WHERE id = $1`, []any{int64(v.EndUserID)}, endUserFields(&u)...)
	return u, err
}

// AdoptVisitor gives an anonymous visitor's conversation to the same visitor, who has now proven an external ID. It
// does nothing if somebody with that ID is known already, or either has another conversation by now.
func (s *Store) AdoptVisitor(ctx context.Context, anonymous, proven bot9.Visitor, decide Decide) error {
	known, err := s.Visitor(ctx, anonymous)
	if err != nil || known.ConversationID == 0 {
		return err
	}
	n := needs{chatbot: known.ChatbotID, appends: true, conversations: []bot9.ConversationID{known.ConversationID}}
	return s.writeWith(ctx, n, s.preload(ctx, known.ChatbotID, func(t *tx) error {
		now, other := anonymous, proven
		if _, err := findVisitor(t, &now, t.store.db.lock("v")); err != nil {
			return err
		}
		taken, err := findVisitor(t, &other, t.store.db.lock("v"))
		if err != nil || taken || now.ConversationID != known.ConversationID {
			return err
		}
		user, err := t.findEndUser(proven.ChatbotID, proven.ExternalID)
		if err != nil || user.ID != 0 {
			return err
		}
		if _, _, err := t.changeConversation(ctx, now.ChatbotID, now.ConversationID, decide); err != nil {
			return err
		}
		_, err = t.exec(`UPDATE visitors SET subject = $1 WHERE subject = $2`, proven.Subject[:], anonymous.Subject[:])
		return err
	}))
}

// ReadByVisitor notes the newest message that the visitor has seen.
func (s *Store) ReadByVisitor(ctx context.Context, v bot9.Visitor, message bot9.MessageID) error {
	return s.writeFor(ctx, v.ChatbotID, func(t *tx) error {
		_, err := t.exec(`UPDATE visitors SET read_id = $1 WHERE subject = $2 AND chatbot_id = $3 AND read_id < $1`, int64(message), v.Subject[:], int64(v.ChatbotID))
		return err
	})
}
