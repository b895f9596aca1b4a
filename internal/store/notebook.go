package store

import (
	"context"

	"github.com/bot9/bot9/internal/bot9"
)

const noteColumns = `n.id, n.conversation_id, n.author_id, n.author_name, n.text`

func scanNote(scan scanFunc) (bot9.Note, error) {
	var n bot9.Note
	err := scan((*int64)(&n.ID), (*int64)(&n.ConversationID), &n.AuthorID, &n.AuthorName, &n.Text)
	n.CreatedAt = n.ID.Time()
	return n, err
}

// Notes lists a conversation's private notes, oldest first.
func (s *Store) Notes(ctx context.Context, chatbot bot9.ChatbotID, conversation bot9.ConversationID, page bot9.Page) (bot9.List[bot9.Note], error) {
	if _, err := s.Conversation(ctx, chatbot, conversation); err != nil {
		return bot9.List[bot9.Note]{}, err
	}
	q := newQuery(`SELECT `+noteColumns+` FROM notes n WHERE n.conversation_id = %s`, int64(conversation))
	return list(ctx, s, q, "n.id", true, page, scanNote, func(n bot9.Note) int64 { return int64(n.ID) })
}

// AddNote stores a private note. It emits noteAdded where a webhook asks for it by name; elsewhere the event log doesn't
// have it either.
func (s *Store) AddNote(ctx context.Context, chatbot bot9.ChatbotID, n bot9.Note) (bot9.Note, error) {
	err := s.writeWith(ctx, needs{chatbot: chatbot, appends: true, returns: &n}, s.preload(ctx, chatbot, func(t *tx) error {
		if err := t.expectConversation(chatbot, n.ConversationID); err != nil {
			return err
		}
		n.ID = bot9.NoteID(t.nextID())
		n.CreatedAt = n.ID.Time()
		_, err := t.exec(`INSERT INTO notes (id, conversation_id, author_id, author_name, text) VALUES ($1, $2, $3, $4, $5)`,
			int64(n.ID), int64(n.ConversationID), n.AuthorID, n.AuthorName, n.Text)
		if err != nil {
			return err
		}
		t.touch(chatbot, bot9.TopicInbox)
		if t.store.announcer == nil {
			return nil
		}
		event := t.store.announcer.NoteAdded(chatbot, &n)
		asking, err := t.matching(chatbot, event.Type)
		if err != nil || len(asking) == 0 {
			return err
		}
		return t.emit(chatbot, event)
	}))
	return n, err
}

// expectConversation fails with NotFound if the chatbot has no such conversation.
func (t *tx) expectConversation(chatbot bot9.ChatbotID, id bot9.ConversationID) error {
	found := int64(0)
	ok, err := queryRow(t, `SELECT c.id FROM conversations c WHERE c.id = $1 AND c.chatbot_id = $2`, []any{int64(id), int64(chatbot)}, &found)
	if err == nil && !ok {
		err = notFound("conversation")
	}
	return err
}

// DeleteNote removes a note that may says may be removed.
func (s *Store) DeleteNote(ctx context.Context, chatbot bot9.ChatbotID, conversation bot9.ConversationID, id bot9.NoteID, may func(bot9.Note) error) error {
	return s.writeWith(ctx, needs{chatbot: chatbot, evenIfFull: true}, func(t *tx) error {
		if err := t.expectConversation(chatbot, conversation); err != nil {
			return err
		}
		var n bot9.Note
		found := false
		err := t.query(func(scan scanFunc) (err error) {
			found = true
			n, err = scanNote(scan)
			return err
		}, `SELECT `+noteColumns+` FROM notes n WHERE n.id = $1 AND n.conversation_id = $2`, int64(id), int64(conversation))
		if err == nil && !found {
			err = notFound("note")
		}
		if err != nil {
			return err
		}
		if err := may(n); err != nil {
			return callerError{err}
		}
		if _, err := t.exec(`DELETE FROM notes WHERE id = $1`, int64(id)); err != nil {
			return err
		}
		t.touch(chatbot, bot9.TopicInbox)
		return t.audit(bot9.AuditRecord{
			ChatbotID: chatbot, Action: bot9.AuditNoteDeleted, Object: id.String(),
			Changes: bot9.AuditChanges{"conversationId": {From: conversation}, "authorName": {From: n.AuthorName}},
		})
	})
}

const cannedColumns = `r.id, r.chatbot_id, r.name, r.text, r.updated_at`

func scanCanned(scan scanFunc) (bot9.CannedReply, error) {
	var r bot9.CannedReply
	err := scan((*int64)(&r.ID), (*int64)(&r.ChatbotID), &r.Name, &r.Text, (*int64)(&r.UpdatedAt))
	r.CreatedAt = r.ID.Time()
	return r, err
}

// CannedReplies lists the chatbot's canned replies, oldest first.
func (s *Store) CannedReplies(ctx context.Context, chatbot bot9.ChatbotID, page bot9.Page) (bot9.List[bot9.CannedReply], error) {
	q := newQuery(`SELECT `+cannedColumns+` FROM canned_replies r WHERE r.chatbot_id = %s`, int64(chatbot))
	return list(ctx, s, q, "r.id", true, page, scanCanned, func(r bot9.CannedReply) int64 { return int64(r.ID) })
}

// CannedReply returns one canned reply of the chatbot.
func (s *Store) CannedReply(ctx context.Context, chatbot bot9.ChatbotID, id bot9.CannedReplyID) (reply bot9.CannedReply, err error) {
	err = s.read(ctx, func(r session) error {
		reply, err = findCanned(r, chatbot, id)
		return err
	})
	return reply, err
}

func findCanned(r session, chatbot bot9.ChatbotID, id bot9.CannedReplyID) (reply bot9.CannedReply, err error) {
	found := false
	err = r.query(func(scan scanFunc) (err error) {
		found = true
		reply, err = scanCanned(scan)
		return err
	}, `SELECT `+cannedColumns+` FROM canned_replies r WHERE r.id = $1 AND r.chatbot_id = $2`, int64(id), int64(chatbot))
	if err == nil && !found {
		err = notFound("canned reply")
	}
	return reply, err
}

// freeCannedName fails with Conflict "nameTaken" if another canned reply of the chatbot has the name.
func (t *tx) freeCannedName(chatbot bot9.ChatbotID, name string, except bot9.CannedReplyID) error {
	taken := int64(0)
	_, err := queryRow(t, `SELECT r.id FROM canned_replies r WHERE r.chatbot_id = $1 AND r.name = $2`, []any{int64(chatbot), name}, &taken)
	if err == nil && taken != 0 && taken != int64(except) {
		refused := bot9.Errorf(bot9.Conflict, "nameTaken", "There is a canned reply with this name already.")
		refused.Fields = []bot9.FieldError{{Location: "body.name", Message: refused.Message}}
		err = refused
	}
	return err
}

// CreateCannedReply adds a canned reply. It fails with Conflict "nameTaken".
func (s *Store) CreateCannedReply(ctx context.Context, reply bot9.CannedReply) (bot9.CannedReply, error) {
	err := s.writeWith(ctx, needs{chatbot: reply.ChatbotID, returns: &reply}, func(t *tx) error {
		if err := t.within("canned replies", bot9.MaxCannedReplies, `canned_replies WHERE chatbot_id`, int64(reply.ChatbotID)); err != nil {
			return err
		}
		if err := t.freeCannedName(reply.ChatbotID, reply.Name, 0); err != nil {
			return err
		}
		reply.ID = bot9.CannedReplyID(t.nextID())
		reply.CreatedAt, reply.UpdatedAt = reply.ID.Time(), reply.ID.Time()
		t.touch(reply.ChatbotID, bot9.TopicInbox)
		_, err := t.exec(`INSERT INTO canned_replies (id, chatbot_id, name, text, updated_at) VALUES ($1, $2, $3, $4, $5)`,
			int64(reply.ID), int64(reply.ChatbotID), reply.Name, reply.Text, int64(reply.UpdatedAt))
		return err
	})
	return reply, err
}

// ChangeCannedReply lets change change the name and the text of a canned reply; change may be asked again.
func (s *Store) ChangeCannedReply(ctx context.Context, chatbot bot9.ChatbotID, id bot9.CannedReplyID, change func(*bot9.CannedReply)) (reply bot9.CannedReply, err error) {
	err = s.writeFor(ctx, chatbot, func(t *tx) error {
		if reply, err = t.expectedCanned(ctx, chatbot, id); err != nil {
			return err
		}
		change(&reply)
		reply.UpdatedAt = t.now
		if err := t.freeCannedName(chatbot, reply.Name, id); err != nil {
			return err
		}
		t.touch(chatbot, bot9.TopicInbox)
		_, err := t.exec(`UPDATE canned_replies SET name = $1, text = $2, updated_at = $3 WHERE id = $4`, reply.Name, reply.Text, int64(reply.UpdatedAt), int64(id))
		return err
	})
	return reply, err
}

func (t *tx) expectedCanned(ctx context.Context, chatbot bot9.ChatbotID, id bot9.CannedReplyID) (bot9.CannedReply, error) {
	if err := t.hold(ctx, "canned_replies", int64(id)); err != nil {
		return bot9.CannedReply{}, err
	}
	reply, err := findCanned(t, chatbot, id)
	if err == nil {
		err = meets(ctx, reply)
	}
	return reply, err
}

// DeleteCannedReply removes a canned reply.
func (s *Store) DeleteCannedReply(ctx context.Context, chatbot bot9.ChatbotID, id bot9.CannedReplyID) error {
	return s.writeWith(ctx, needs{chatbot: chatbot, evenIfFull: true}, func(t *tx) error {
		reply, err := t.expectedCanned(ctx, chatbot, id)
		if err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM canned_replies WHERE id = $1`, int64(id)); err != nil {
			return err
		}
		t.touch(chatbot, bot9.TopicInbox)
		return t.audit(bot9.AuditRecord{
			ChatbotID: chatbot, Action: bot9.AuditCannedReplyDeleted, Object: id.String(),
			Changes: bot9.AuditChanges{"name": {From: reply.Name}},
		})
	})
}
