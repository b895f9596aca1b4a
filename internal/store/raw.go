package store

import (
	"context"

	"github.com/bot9/bot9/internal/bot9"
)

// RawChats returns the conversations that began in [since, until), oldest first, and all of their messages, one
// conversation after the other. It fails with
// Invalid "rangeTooLarge" where there are more than the limits: nothing is left out unsaid.
func (s *Store) RawChats(ctx context.Context, chatbot bot9.ChatbotID, since, until bot9.Time, maxConversations, maxMessages int) (conversations []bot9.Conversation, messages []bot9.Message, err error) {
	conversations, messages = []bot9.Conversation{}, []bot9.Message{}
	err = s.read(ctx, func(r session) error {
		q := newQuery(s.conversationQuery()+` WHERE c.chatbot_id = %s`, int64(chatbot))
		q.andTimes(`c.id`, since, until)
		q.add(` ORDER BY c.id LIMIT %s`, maxConversations+1)
		err := r.query(func(scan scanFunc) error {
			c, err := s.scanConversation(scan)
			conversations = append(conversations, c)
			return err
		}, q.sql, q.args...)
		if err != nil || len(conversations) > maxConversations {
			return err
		}
		q = newQuery(`SELECT `+messageColumns+` FROM conversations c JOIN messages m ON m.conversation_id = c.id WHERE c.chatbot_id = %s`, int64(chatbot))
		q.andTimes(`c.id`, since, until)
		q.add(` ORDER BY c.id, m.id LIMIT %s`, maxMessages+1)
		return r.query(func(scan scanFunc) error {
			m, err := scanMessage(scan)
			messages = append(messages, m)
			return err
		}, q.sql, q.args...)
	})
	if err == nil && (len(conversations) > maxConversations || len(messages) > maxMessages) {
		err = bot9.InvalidField("rangeTooLarge", "query.endDate", "The range has more than %d conversations or %d messages. Choose a shorter one.", maxConversations, maxMessages)
	}
	return conversations, messages, err
}
