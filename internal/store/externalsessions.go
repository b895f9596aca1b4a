package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
)

// An integrator may name a conversation by its own session instead of the conversation's ID: the name is
// unique within a chatbot and source, and the first event or start that uses it begins the conversation.
// A name that was found once is remembered, so that events by name cost what events by ID do. One process
// at a time writes to SQLite, so looking in the transaction is enough there; on PostgreSQL a lock on the
// name, held to the end of the transaction, makes a second process wait and then find what the first began.

const (
	rememberedSessions = 50_000 // names whose conversations are kept
	sessionTries       = 5      // how often a name that another process took in between is looked up again

	sessionLockClass = 0x7e55 // the first key of PostgreSQL's advisory locks on names
)

const codeUnknownConversation = "unknownConversation"

var errSessionTaken = errors.New("another process began the conversation")

// sessionName is what an integrator calls a conversation.
type sessionName struct {
	chatbot          bot9.ChatbotID
	source, external string
}

// BeginSession makes the conversation of a session that has none, and decides about it as StartConversation's decide does.
type BeginSession = func(*bot9.StartInput) (bot9.Conversation, Decide)

// AppendToSessions is AppendEvents for events that may name their conversation by its source and external
// session. Where there is no such conversation, begin makes it, in the same transaction.
func (s *Store) AppendToSessions(ctx context.Context, chatbot bot9.ChatbotID, events []bot9.NewEvent, begin BeginSession) ([]bot9.EventID, error) {
	events = slices.Clone(events)
	var err error
	for range sessionTries {
		var unknown []sessionName
		if unknown, err = s.findSessions(ctx, chatbot, events); err != nil {
			return nil, err
		}
		var ids []bot9.EventID
		if len(unknown) == 0 {
			ids, err = s.AppendEvents(ctx, chatbot, events)
		} else {
			ids, err = s.beginAndAppend(ctx, chatbot, events, unknown, begin)
		}
		gone := bot9.CodeOf(err) == codeUnknownConversation && s.forgetSessions(chatbot, events)
		if !gone && !errors.Is(err, errSessionTaken) {
			return ids, err
		}
	}
	return nil, err
}

func nameOf(chatbot bot9.ChatbotID, in *bot9.StartInput) sessionName {
	return sessionName{chatbot, in.Source, in.ExternalSessionID}
}

// findSessions gives the events their conversations as far as there are any, and returns the names that have none.
func (s *Store) findSessions(ctx context.Context, chatbot bot9.ChatbotID, events []bot9.NewEvent) (unknown []sessionName, err error) {
	for i := range events {
		if events[i].Session == nil {
			continue
		}
		name := nameOf(chatbot, events[i].Session)
		id, known := s.sessions.GetIfPresent(name)
		if !known && !slices.Contains(unknown, name) {
			err = s.read(ctx, func(r session) error {
				id, err = conversationOf(r, name)
				return err
			})
			if err != nil {
				return nil, err
			}
			if id == 0 {
				unknown = append(unknown, name)
			} else {
				s.sessions.Set(name, id)
			}
		}
		events[i].ConversationID = id
	}
	return unknown, nil
}

// forgetSessions forgets the conversations that the events' names stood for, since one of them is gone. It
// tells whether there were any.
func (s *Store) forgetSessions(chatbot bot9.ChatbotID, events []bot9.NewEvent) (had bool) {
	for i := range events {
		if events[i].Session != nil && events[i].ConversationID != 0 {
			s.sessions.Invalidate(nameOf(chatbot, events[i].Session))
			had = true
		}
	}
	return had
}

// conversationOf returns the name's conversation, 0 if there is none. Before names were unique, several
// conversations could have the same one: then it is the newest.
func conversationOf(r session, name sessionName) (id bot9.ConversationID, err error) {
	_, err = queryRow(r, `SELECT c.id FROM conversations c
		WHERE c.chatbot_id = $1 AND c.external_session_id = $2 AND c.external_session_id <> '' AND c.source = $3 ORDER BY c.id DESC LIMIT 1`,
		[]any{int64(name.chatbot), name.external, name.source}, (*int64)(&id))
	return id, err
}

// beginAndAppend begins the conversations of the names, and appends the events.
func (s *Store) beginAndAppend(ctx context.Context, chatbot bot9.ChatbotID, events []bot9.NewEvent, unknown []sessionName, begin BeginSession) ([]bot9.EventID, error) {
	slices.SortFunc(unknown, func(a, b sessionName) int { // all lock names in the same order
		return cmp.Or(strings.Compare(a.source, b.source), strings.Compare(a.external, b.external))
	})
	var begun map[sessionName]bot9.ConversationID
	ids, err := s.appendPlaced(ctx, chatbot, events, needs{exclusive: s.peers != nil}, func(t *tx) ([]bot9.NewEvent, error) {
		begun = make(map[sessionName]bot9.ConversationID, len(unknown))
		for _, name := range unknown {
			id, err := t.claimSession(name)
			if err != nil {
				return nil, err
			}
			begun[name] = id
		}
		if err := t.checkConversations(chatbot, events); err != nil {
			return nil, err
		}
		placed := slices.Clone(events)
		for i := range placed {
			if placed[i].Session == nil || placed[i].ConversationID != 0 {
				continue
			}
			name := nameOf(chatbot, placed[i].Session)
			if begun[name] == 0 {
				conversation, decide := begin(placed[i].Session)
				if err := t.start(&conversation, decide); err != nil {
					return nil, err
				}
				begun[name] = conversation.ID
			}
			placed[i].ConversationID = begun[name]
		}
		return placed, nil
	})
	if err == nil {
		for name, id := range begun {
			s.sessions.Set(name, id)
		}
	}
	return ids, err
}

// claimSession makes the transaction the only one that may begin the name's conversation. It returns the one
// that has been begun since, 0 if none has. Where other processes write too it fails with errSessionTaken
// instead: the conversation would have to be locked before anything else.
func (t *tx) claimSession(name sessionName) (bot9.ConversationID, error) {
	id, err := t.lockSession(name)
	if err == nil && id != 0 && t.shared() {
		return 0, callerError{errSessionTaken}
	}
	return id, err
}

// lockSession keeps other processes from beginning the name's conversation, and returns the one there is.
func (t *tx) lockSession(name sessionName) (bot9.ConversationID, error) {
	if t.shared() {
		if _, err := t.exec(`SELECT pg_advisory_xact_lock($1::int, hashtext($2))`, int64(sessionLockClass),
			strings.Join([]string{name.chatbot.String(), name.source, name.external}, "\n")); err != nil {
			return 0, err
		}
	}
	return conversationOf(t, name)
}
