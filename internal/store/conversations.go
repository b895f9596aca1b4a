package store

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
)

// Decide decides what happens to a conversation. It sees the conversation as it stands in the
// transaction, changes it in place, and returns what else is to be committed with it. It must be
// pure: it may be asked again.
type Decide = func(bot9.Moment, *bot9.Conversation) (bot9.Change, error)

// previewLength is how much of the newest message a conversation shows in lists, in runes.
const previewLength = 200

// StartConversation makes a conversation. Its user is the chatbot's end user with that external ID,
// or a new one; details given replace the ones known. What decide returns is committed with it. If the
// chatbot has a conversation of that source and external session, it returns that one instead.
func (s *Store) StartConversation(ctx context.Context, c bot9.Conversation, decide Decide) (bot9.Conversation, error) {
	var started bot9.Conversation
	n := needs{chatbot: c.ChatbotID, appends: true, returns: &started}
	name := sessionName{c.ChatbotID, c.Source, c.ExternalSessionID}
	n.exclusive = c.ExternalSessionID != "" && s.peers != nil
	err := s.writeWith(ctx, n, s.preload(ctx, c.ChatbotID, func(t *tx) error {
		started = c
		if c.ExternalSessionID != "" {
			id, err := t.lockSession(name)
			if err != nil {
				return err
			}
			if id != 0 {
				started, err = s.findConversation(t, c.ChatbotID, id)
				return err
			}
		}
		return t.start(&started, decide)
	}))
	return started, err
}

// start makes the conversation.
func (t *tx) start(started *bot9.Conversation, decide Decide) error {
	known, err := t.findEndUser(started.ChatbotID, started.User.ExternalID)
	if err == nil {
		_, err = t.startBy(started, known, decide)
	}
	return err
}

// startBy makes a conversation of a known end user, or of a new one if the ID is zero.
func (t *tx) startBy(started *bot9.Conversation, known bot9.EndUser, decide Decide) (change bot9.Change, err error) {
	started.ID = bot9.ConversationID(t.nextID())
	started.CreatedAt, started.UpdatedAt = started.ID.Time(), started.ID.Time()
	if started.Tags == nil {
		started.Tags = []string{}
	}
	given := started.User
	isNew := known.ID == 0
	if isNew {
		known = bot9.EndUser{ID: bot9.EndUserID(t.nextID()), ChatbotID: started.ChatbotID, ExternalID: given.ExternalID}
	}
	started.User, started.EndUserID = known, known.ID
	before := started.User
	fill(&started.User.Name, given.Name)
	fill(&started.User.EmailID, given.EmailID)
	fill(&started.User.Phone, given.Phone)
	if change, err = decide(t.momentOf(started.ChatbotID), started); err != nil {
		return change, callerError{err}
	}
	if err := t.saveEndUser(started.User, before, isNew); err != nil {
		return change, err
	}
	if t.shared() {
		t.store.memory.conversations.set(started.ID, cachedConversation{chatbot: started.ChatbotID})
	}
	return change, t.commitChange(started, change, true)
}

func fill(field *string, given string) {
	if given != "" {
		*field = given
	}
}

// ChangeConversation lets decide change a conversation. Nobody else changes it meanwhile.
func (s *Store) ChangeConversation(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, decide Decide) (bot9.Conversation, bot9.Change, error) {
	var conversation bot9.Conversation
	var change bot9.Change
	n := needs{chatbot: chatbot, appends: true, conversations: []bot9.ConversationID{id}} // locks it
	returns := bot9.Changed{}
	n.returns = &returns
	err := s.writeWith(ctx, n, s.preload(ctx, chatbot, func(t *tx) (err error) {
		defer func() { returns = bot9.Changed{Conversation: conversation, Change: change} }()
		conversation, change, err = t.changeConversation(ctx, chatbot, id, decide)
		return err
	}))
	return conversation, change, err
}

// changeConversation lets decide change a conversation that is locked.
func (t *tx) changeConversation(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, decide Decide) (conversation bot9.Conversation, change bot9.Change, err error) {
	conversation, err = t.store.findConversation(t, chatbot, id)
	if err == nil {
		err = meets(ctx, conversation)
	}
	if err != nil {
		return conversation, change, err
	}
	if known, ok := t.store.memory.conversations.get(id); ok { // it counts what the transaction has not written yet
		conversation.LastSequence = known.sequence
	}
	before := conversation
	before.Tags = slices.Clone(before.Tags)
	if change, err = decide(t.momentOf(chatbot), &conversation); err != nil {
		return conversation, change, callerError{err}
	}
	if change.Settles != 0 {
		if err := t.endOwedAnswer(change.Settles); err != nil {
			return conversation, change, err
		}
	}
	if len(change.Messages) == 0 && len(change.Rated) == 0 && len(change.Events) == 0 && reflect.DeepEqual(before, conversation) {
		return conversation, change, nil
	}
	if err := t.saveEndUser(conversation.User, before.User, false); err != nil {
		return conversation, change, err
	}
	return conversation, change, t.commitChange(&conversation, change, false)
}

var messagesTable = newTable("messages", "id", "conversation_id", "chat_user*", "text*", "in_reply_to", "agent_id*", "rating", "sources*", "suggestions*", "answer*", "attachments*")

// commitChange writes a conversation and everything that was decided about it.
func (t *tx) commitChange(c *bot9.Conversation, change bot9.Change, isNew bool) error {
	for _, m := range change.Messages {
		c.MessageCount++
		c.LastMessage, c.LastSpeaker = preview(m.Text), m.ChatUser
		if m.ChatUser == bot9.SpeakerUser {
			c.LastUserMessage = m.ID
		}
		if err := t.insertMessage(c.ID, m); err != nil {
			return err
		}
		if err := t.noteMessage(c.ChatbotID, m.ID); err != nil {
			return err
		}
	}
	if change.Owes != nil {
		if err := t.oweAnswer(c.ChatbotID, *change.Owes); err != nil {
			return err
		}
	}
	for _, rated := range change.Rated {
		changed, err := t.exec(`UPDATE messages SET rating = $1 WHERE id = $2 AND conversation_id = $3`, rated.Rating, int64(rated.MessageID), int64(c.ID))
		if err != nil {
			return err
		}
		if changed == 0 {
			return notFound("message")
		}
	}
	for _, event := range change.Events {
		c.LastSequence++
		event.ConversationID = c.ID
		if _, err := t.appendEvent(c.ChatbotID, event, c.LastSequence); err != nil {
			return err
		}
	}
	c.UpdatedAt = t.now
	return t.saveConversation(c, isNew)
}

func (t *tx) insertMessage(conversation bot9.ConversationID, m bot9.Message) error {
	sources, sourcesErr := jsonOrNone(m.Sources)
	suggestions, suggestionsErr := jsonOrNone(m.Suggestions)
	details, detailsErr := encodeDetails(m.Answer)
	attachments, attachmentsErr := jsonOrNone(m.Attachments)
	if err := errors.Join(sourcesErr, suggestionsErr, detailsErr, attachmentsErr); err != nil {
		return err
	}
	if err := t.sendAttachments(conversation, m.Attachments); err != nil {
		return err
	}
	return t.insert(messagesTable,
		int64(m.ID), int64(conversation), string(m.ChatUser), m.Text, int64(m.InReplyTo), m.AgentID, m.Rating, sources, suggestions, details, attachments)
}

func preview(message string) string {
	message = strings.Join(strings.Fields(message), " ")
	if runes := []rune(message); len(runes) > previewLength {
		return string(runes[:previewLength]) + "…"
	}
	return message
}

func (t *tx) saveConversation(c *bot9.Conversation, isNew bool) error {
	tags, err := json.Marshal(c.Tags)
	if err != nil {
		return err
	}
	if isNew {
		return t.queue(`INSERT INTO conversations (id, chatbot_id, end_user_id, status, source, external_session_id, agent_id, agent_name,
				tags, score, message_count, last_message, last_sequence, updated_at, waiting_id, last_user_message, last_speaker)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
			int64(c.ID), int64(c.ChatbotID), int64(c.EndUserID), string(c.Status), c.Source, c.ExternalSessionID, c.AgentID, c.AgentName,
			text(tags), c.Score, c.MessageCount, c.LastMessage, c.LastSequence, int64(c.UpdatedAt), c.WaitingID, int64(c.LastUserMessage), string(c.LastSpeaker))
	}
	return t.queue(`UPDATE conversations SET status = $1, agent_id = $2, agent_name = $3, tags = $4, score = $5, message_count = $6,
			last_message = $7, last_sequence = $8, updated_at = $9, waiting_id = $10, last_user_message = $11, last_speaker = $12 WHERE id = $13`,
		string(c.Status), c.AgentID, c.AgentName, text(tags), c.Score, c.MessageCount, c.LastMessage, c.LastSequence, int64(c.UpdatedAt),
		c.WaitingID, int64(c.LastUserMessage), string(c.LastSpeaker), int64(c.ID))
}

func (t *tx) findEndUser(chatbot bot9.ChatbotID, externalID string) (u bot9.EndUser, err error) {
	if externalID == "" {
		return u, nil
	}
	_, err = queryRow(t, `SELECT `+endUserColumns+` FROM end_users WHERE chatbot_id = $1 AND external_id = $2 AND external_id <> ''`,
		[]any{int64(chatbot), externalID}, endUserFields(&u)...)
	return u, err
}

const endUserColumns = `id, chatbot_id, external_id, name, email_id, phone, claimed_id, attributes`

func endUserFields(u *bot9.EndUser) []any {
	return []any{(*int64)(&u.ID), (*int64)(&u.ChatbotID), &u.ExternalID, &u.Name, &u.EmailID, &u.Phone, &u.ClaimedID, (*string)(&u.CustomAttributes)}
}

func (t *tx) saveEndUser(u, before bot9.EndUser, isNew bool) error {
	if u == before && !isNew {
		return nil
	}
	var err error
	if isNew {
		err = t.queue(`INSERT INTO end_users (`+endUserColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			int64(u.ID), int64(u.ChatbotID), u.ExternalID, u.Name, u.EmailID, u.Phone, u.ClaimedID, string(u.CustomAttributes))
	} else {
		err = t.queue(`UPDATE end_users SET external_id = $1, name = $2, email_id = $3, phone = $4, claimed_id = $5, attributes = $6 WHERE id = $7`,
			u.ExternalID, u.Name, u.EmailID, u.Phone, u.ClaimedID, string(u.CustomAttributes), int64(u.ID))
	}
	if err != nil || u.Name+u.EmailID+u.ExternalID == "" && isNew {
		return err
	}
	return t.noteEndUser(u)
}

func (s *Store) conversationQuery() string {
	return `SELECT c.id, c.chatbot_id, c.end_user_id, c.status, c.source, c.external_session_id, c.agent_id, c.agent_name,
		c.tags, c.score, c.message_count, c.last_message, ` + s.db.lastSequence() + `, c.updated_at, c.waiting_id, c.last_user_message, c.last_speaker,
		u.external_id, u.name, u.email_id, u.phone, u.claimed_id, u.attributes FROM conversations c JOIN end_users u ON u.id = c.end_user_id`
}

func (s *Store) scanConversation(scan scanFunc) (bot9.Conversation, error) {
	var c bot9.Conversation
	var tags []byte
	err := scan((*int64)(&c.ID), (*int64)(&c.ChatbotID), (*int64)(&c.EndUserID), (*string)(&c.Status), &c.Source, &c.ExternalSessionID,
		&c.AgentID, &c.AgentName, &tags, &c.Score, &c.MessageCount, &c.LastMessage, &c.LastSequence, (*int64)(&c.UpdatedAt),
		&c.WaitingID, (*int64)(&c.LastUserMessage), (*string)(&c.LastSpeaker),
		&c.User.ExternalID, &c.User.Name, &c.User.EmailID, &c.User.Phone, &c.User.ClaimedID, (*string)(&c.User.CustomAttributes))
	c.CreatedAt, c.User.ID, c.User.ChatbotID = c.ID.Time(), c.EndUserID, c.ChatbotID
	c.LastSequence = max(c.LastSequence, s.memory.tail.sequence(c.ID))
	if c.WaitingID != 0 {
		c.WaitingSince = bot9.ConversationID(c.WaitingID).Time()
	}
	c.Tags = []string{}
	if err == nil && string(tags) != "[]" {
		err = json.Unmarshal(tags, &c.Tags)
	}
	return c, err
}

func (s *Store) findConversation(r session, chatbot bot9.ChatbotID, id bot9.ConversationID) (c bot9.Conversation, err error) {
	found := false
	err = r.query(func(scan scanFunc) (err error) {
		found = true
		c, err = s.scanConversation(scan)
		return err
	}, s.conversationQuery()+` WHERE c.id = $1 AND c.chatbot_id = $2`, int64(id), int64(chatbot))
	if err == nil && !found {
		err = notFound("conversation")
	}
	return c, err
}

// Conversation returns one conversation of the chatbot.
func (s *Store) Conversation(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID) (c bot9.Conversation, err error) {
	err = s.read(ctx, func(r session) error {
		c, err = s.findConversation(r, chatbot, id)
		return err
	})
	return c, err
}

// Conversations lists the chatbot's conversations, newest first; those that wait, by how long they have.
func (s *Store) Conversations(ctx context.Context, chatbot bot9.ChatbotID, filter bot9.ConversationFilter, page bot9.Page) (bot9.List[bot9.Conversation], error) {
	if words := searchWords(filter.Query); len(words) > 0 {
		return s.searchConversations(ctx, chatbot, words, filter, page)
	}
	q := newQuery(s.conversationQuery()+` WHERE c.chatbot_id = %s`, int64(chatbot))
	restrictConversations(q, filter)
	if filter.Waiting {
		return list(ctx, s, q, "c.waiting_id", true, page, s.scanConversation, func(c bot9.Conversation) int64 { return c.WaitingID })
	}
	return list(ctx, s, q, "c.id", false, page, s.scanConversation, func(c bot9.Conversation) int64 { return int64(c.ID) })
}

const messageColumns = `m.id, m.conversation_id, m.chat_user, m.text, m.in_reply_to, m.agent_id, m.rating, m.sources, m.suggestions, m.answer, m.attachments`

func scanMessage(scan scanFunc) (bot9.Message, error) {
	var m bot9.Message
	var sources, suggestions, details, attachments string
	err := scan((*int64)(&m.ID), (*int64)(&m.ConversationID), (*string)(&m.ChatUser), &m.Text, (*int64)(&m.InReplyTo), &m.AgentID, &m.Rating,
		&sources, &suggestions, &details, &attachments)
	m.CreatedAt = m.ID.Time()
	if err == nil && sources != "" {
		err = json.Unmarshal([]byte(sources), &m.Sources)
	}
	if err == nil && suggestions != "" {
		err = json.Unmarshal([]byte(suggestions), &m.Suggestions)
	}
	if err == nil && details != "" {
		err = json.Unmarshal([]byte(details), &m.Answer)
	}
	if err == nil && attachments != "" {
		err = json.Unmarshal([]byte(attachments), &m.Attachments)
	}
	return m, err
}

// encodeDetails writes how a reply came about; nil is the empty text.
func encodeDetails(details *bot9.AnswerDetails) (string, error) {
	if details == nil {
		return "", nil
	}
	encoded, err := json.Marshal(details)
	return string(encoded), err
}

// jsonOrNone writes a list as JSON, and none as an empty text, which most rows have.
func jsonOrNone[T any](list []T) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	text, err := json.Marshal(list)
	return string(text), err
}

// Messages lists a conversation's messages, oldest first.
func (s *Store) Messages(ctx context.Context, chatbot bot9.ChatbotID, conversation bot9.ConversationID, page bot9.Page) (bot9.List[bot9.Message], error) {
	if _, err := s.Conversation(ctx, chatbot, conversation); err != nil {
		return bot9.List[bot9.Message]{}, err
	}
	q := newQuery(`SELECT `+messageColumns+` FROM messages m WHERE m.conversation_id = %s`, int64(conversation))
	return list(ctx, s, q, "m.id", true, page, scanMessage, func(m bot9.Message) int64 { return int64(m.ID) })
}

// Message returns one message of a conversation of the chatbot.
func (s *Store) Message(ctx context.Context, chatbot bot9.ChatbotID, conversation bot9.ConversationID, id bot9.MessageID) (m bot9.Message, err error) {
	found := false
	err = s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) (err error) {
			found = true
			m, err = scanMessage(scan)
			return err
		}, `SELECT `+messageColumns+` FROM messages m JOIN conversations c ON c.id = m.conversation_id
			WHERE m.id = $1 AND c.id = $2 AND c.chatbot_id = $3`, int64(id), int64(conversation), int64(chatbot))
	})
	if err == nil && !found {
		err = notFound("message")
	}
	return m, err
}

// RecentMessages returns a conversation's last n messages, oldest first.
func (s *Store) RecentMessages(ctx context.Context, conversation bot9.ConversationID, n int) ([]bot9.Message, error) {
	return s.MessagesBefore(ctx, conversation, 0, n)
}

// MessagesBefore returns the last n messages of a conversation that are older than before, oldest first; zero asks for
// the newest.
func (s *Store) MessagesBefore(ctx context.Context, conversation bot9.ConversationID, before bot9.MessageID, n int) (messages []bot9.Message, err error) {
	if before == 0 {
		before = math.MaxInt64
	}
	err = s.read(ctx, func(r session) error {
		messages = []bot9.Message{}
		return r.query(func(scan scanFunc) error {
			message, err := scanMessage(scan)
			messages = append(messages, message)
			return err
		}, `SELECT `+messageColumns+` FROM messages m WHERE m.conversation_id = $1 AND m.id < $2 ORDER BY m.id DESC LIMIT $3`, int64(conversation), int64(before), n)
	})
	slices.Reverse(messages)
	return messages, err
}
