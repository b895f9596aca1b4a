package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// Inbox returns how the chatbot's conversations are handed to people.
func (s *Store) Inbox(ctx context.Context, chatbot bot9.ChatbotID) (inbox bot9.Inbox, err error) {
	err = s.read(ctx, func(r session) error {
		inbox, _, err = findInbox(r, chatbot)
		return err
	})
	return inbox, err
}

// findInbox returns also who took over the last conversation by turns.
func findInbox(r session, chatbot bot9.ChatbotID) (inbox bot9.Inbox, last int64, err error) {
	inbox = bot9.Inbox{Assignment: bot9.AssignManually, Agents: []bot9.MemberID{}}
	agents := ""
	_, err = queryRow(r, `SELECT i.assignment, i.agents, i.close_after, i.last_agent FROM inboxes i WHERE i.chatbot_id = $1`, []any{int64(chatbot)},
		(*string)(&inbox.Assignment), &agents, &inbox.CloseAfterMinutes, &last)
	for _, text := range wordsOf(agents) {
		var id bot9.MemberID
		if err := id.UnmarshalText([]byte(text)); err == nil {
			inbox.Agents = append(inbox.Agents, id)
		}
	}
	return inbox, last, err
}

// ChangeInbox changes how the chatbot's conversations are handed to people. change may be asked again.
func (s *Store) ChangeInbox(ctx context.Context, chatbot bot9.ChatbotID, change func(*bot9.Inbox) error) (inbox bot9.Inbox, err error) {
	err = s.writeWith(ctx, needs{chatbot: chatbot}, func(t *tx) error {
		if err := t.hold(ctx, "chatbots", int64(chatbot)); err != nil {
			return err
		}
		before, _, err := findInbox(t, chatbot)
		if err != nil {
			return err
		}
		if err := meets(ctx, before); err != nil {
			return err
		}
		inbox = before
		inbox.Agents = slices.Clone(before.Agents)
		if err := change(&inbox); err != nil {
			return callerError{err}
		}
		changes := inboxChanges(before, inbox)
		if len(changes) == 0 {
			return nil
		}
		_, err = t.exec(`INSERT INTO inboxes (chatbot_id, assignment, agents, close_after) VALUES ($1, $2, $3, $4)
			ON CONFLICT (chatbot_id) DO UPDATE SET assignment = excluded.assignment, agents = excluded.agents, close_after = excluded.close_after`,
			int64(chatbot), string(inbox.Assignment), agentsText(inbox.Agents), inbox.CloseAfterMinutes)
		if err != nil {
			return err
		}
		t.touch(chatbot, bot9.TopicInbox)
		return t.audit(bot9.AuditRecord{ChatbotID: chatbot, Action: bot9.AuditInboxChanged, Object: chatbot.String(), Changes: changes})
	})
	return inbox, err
}

func agentsText(agents []bot9.MemberID) string {
	texts := make([]string, len(agents))
	for i, id := range agents {
		texts[i] = id.String()
	}
	return strings.Join(texts, " ")
}

func inboxChanges(before, after bot9.Inbox) bot9.AuditChanges {
	changes := bot9.AuditChanges{}
	if before.Assignment != after.Assignment {
		changes["assignment"] = bot9.AuditChange{From: before.Assignment, To: after.Assignment}
	}
	if !slices.Equal(before.Agents, after.Agents) {
		changes["agents"] = bot9.AuditChange{From: before.Agents, To: after.Agents}
	}
	if before.CloseAfterMinutes != after.CloseAfterMinutes {
		changes["closeAfterMinutes"] = bot9.AuditChange{From: before.CloseAfterMinutes, To: after.CloseAfterMinutes}
	}
	return changes
}

// Agents lists the people who may answer the chatbot's end users, oldest member first.
func (s *Store) Agents(ctx context.Context, chatbot bot9.ChatbotID) (agents []bot9.Agent, err error) {
	err = s.read(ctx, func(r session) error {
		members, err := agentsOf(r, chatbot)
		agents = make([]bot9.Agent, len(members))
		for i := range members {
			agents[i] = agentOf(&members[i])
		}
		return err
	})
	return agents, err
}

func agentOf(m *bot9.Member) bot9.Agent { return bot9.Agent{ID: m.ID.String(), Name: m.Label()} }

func agentsOf(r session, chatbot bot9.ChatbotID) (members []bot9.Member, err error) {
	err = r.query(func(scan scanFunc) error {
		member, err := scanMember(scan)
		if member.Status == bot9.MemberActive && member.Role.AtLeast(bot9.Developer) {
			members = append(members, member)
		}
		return err
	}, `SELECT `+memberColumns+memberTables+`WHERE m.account_id = (SELECT b.account_id FROM chatbots b WHERE b.id = $1) ORDER BY m.id`, int64(chatbot))
	return members, err
}

// momentOf is the moment of a decision about one of the chatbot's conversations.
func (t *tx) momentOf(chatbot bot9.ChatbotID) bot9.Moment {
	moment := t.moment()
	moment.NextAgent = func() (bot9.Agent, error) { return t.nextAgent(chatbot) }
	return moment
}

// nextAgent returns whose turn it is, and notes that it was. Of two processes that ask at the same time both may get the
// same one.
func (t *tx) nextAgent(chatbot bot9.ChatbotID) (bot9.Agent, error) {
	inbox, last, err := findInbox(t, chatbot)
	if err != nil || inbox.Assignment != bot9.AssignRoundRobin {
		return bot9.Agent{}, err
	}
	members, err := agentsOf(t, chatbot)
	if err != nil {
		return bot9.Agent{}, err
	}
	if len(inbox.Agents) > 0 {
		members = slices.DeleteFunc(members, func(m bot9.Member) bool { return !slices.Contains(inbox.Agents, m.ID) })
	}
	if len(members) == 0 {
		return bot9.Agent{}, nil
	}
	next := &members[0]
	for i := range members {
		if int64(members[i].ID) > last {
			next = &members[i]
			break
		}
	}
	return agentOf(next), t.queue(`UPDATE inboxes SET last_agent = $1 WHERE chatbot_id = $2`, int64(next.ID), int64(chatbot))
}

// InboxCounts counts the chatbot's conversations, up to bot9.MaxInboxCounted of each kind; member is who asks, zero for
// nobody in particular.
func (s *Store) InboxCounts(ctx context.Context, chatbot bot9.ChatbotID, member bot9.MemberID) (counts bot9.InboxCounts, err error) {
	err = s.read(ctx, func(r session) error {
		counts = bot9.InboxCounts{}
		count := func(to *int, from string, args ...any) error {
			q := newQuery(`SELECT count(*) FROM (SELECT 1 FROM conversations c `+from, args...)
			q.add(` LIMIT %s) q`, bot9.MaxInboxCounted)
			_, err := queryRow(r, q.sql, q.args, to)
			return err
		}
		if err := count(&counts.Waiting, `WHERE c.chatbot_id = %s AND c.waiting_id <> 0`, int64(chatbot)); err != nil {
			return err
		}
		if err := count(&counts.All, `WHERE c.chatbot_id = %s`, int64(chatbot)); err != nil || member == 0 {
			return err
		}
		const mine = `WHERE c.chatbot_id = %s AND c.agent_id = %s AND c.agent_id <> '' AND c.status = 'needs_review'`
		if err := count(&counts.Mine, mine, int64(chatbot), member.String()); err != nil {
			return err
		}
		return count(&counts.Unread, mine+` AND c.last_user_message > coalesce((SELECT m.message_id FROM conversation_reads m
			WHERE m.conversation_id = c.id AND m.member_id = %s), 0)`, int64(chatbot), member.String(), int64(member))
	})
	return counts, err
}

// MarkRead notes that a member has read a conversation up to a message; zero marks it as unread.
func (s *Store) MarkRead(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, member bot9.MemberID, upTo bot9.MessageID) error {
	return s.writeFor(ctx, chatbot, func(t *tx) error {
		if err := t.expectConversation(chatbot, id); err != nil {
			return err
		}
		sql, args := `DELETE FROM conversation_reads WHERE conversation_id = $1 AND member_id = $2`, []any{int64(id), int64(member)}
		if upTo != 0 { // what was read stays read, whichever of two tabs says so last
			sql = `INSERT INTO conversation_reads (conversation_id, member_id, message_id) VALUES ($1, $2, $3)
				ON CONFLICT (conversation_id, member_id) DO UPDATE SET message_id = excluded.message_id
				WHERE excluded.message_id > conversation_reads.message_id`
			args = append(args, int64(upTo))
		}
		changed, err := t.exec(sql, args...)
		if err == nil && changed > 0 {
			t.touch(chatbot, bot9.TopicInbox)
		}
		return err
	})
}

// ReadMarks returns up to which message a member has read each of the conversations; those that aren't in it are unread.
func (s *Store) ReadMarks(ctx context.Context, member bot9.MemberID, conversations []bot9.ConversationID) (map[bot9.ConversationID]bot9.MessageID, error) {
	marks := make(map[bot9.ConversationID]bot9.MessageID, len(conversations))
	if len(conversations) == 0 {
		return marks, nil
	}
	ids := make([]int64, len(conversations))
	for i, id := range conversations {
		ids[i] = int64(id)
	}
	in, arg := s.db.inIDs(ids)
	q := newQuery(`SELECT m.conversation_id, m.message_id FROM conversation_reads m WHERE m.conversation_id `+in, arg)
	q.and(`m.member_id = %s`, int64(member))
	err := s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			var id bot9.ConversationID
			var upTo bot9.MessageID
			err := scan((*int64)(&id), (*int64)(&upTo))
			marks[id] = upTo
			return err
		}, q.sql, q.args...)
	})
	return marks, err
}

// closingChatbots are looked through in one statement.
const closingChatbots = 100

// SilentConversations finds conversations in which nothing has happened for as long as their chatbot's settings say, at
// most each of any chatbot. It looks at some chatbots after the one given, by their IDs; next is the last of them, zero
// after the last of all.
func (s *Store) SilentConversations(ctx context.Context, after bot9.ChatbotID, each int) (silent []bot9.SilentConversation, next bot9.ChatbotID, err error) {
	now, err := s.purgeClock(ctx)
	if err != nil {
		return nil, 0, err
	}
	err = s.read(ctx, func(r session) error {
		silent, next = nil, 0
		var closing []bot9.SilentConversation
		err := r.query(func(scan scanFunc) error {
			var c bot9.SilentConversation
			err := scan((*int64)(&c.ChatbotID), &c.Minutes)
			c.Edge = now.Add(-time.Duration(c.Minutes) * time.Minute)
			closing = append(closing, c)
			return err
		}, `SELECT i.chatbot_id, i.close_after FROM inboxes i
			WHERE i.close_after > 0 AND i.chatbot_id > $1 ORDER BY i.chatbot_id LIMIT $2`, int64(after), closingChatbots)
		if err != nil {
			return err
		}
		for _, of := range closing {
			err := r.query(func(scan scanFunc) error {
				found := of
				err := scan((*int64)(&found.ID))
				silent = append(silent, found)
				return err
			}, `SELECT c.id FROM conversations c WHERE c.chatbot_id = $1 AND c.status <> 'closed' AND c.updated_at <= $2
				AND (c.status = 'active' OR c.last_speaker = 'humanagent') AND c.waiting_id = 0 ORDER BY c.updated_at LIMIT $3`,
				int64(of.ChatbotID), int64(of.Edge), each)
			if err != nil {
				return err
			}
		}
		if len(closing) == closingChatbots {
			next = closing[len(closing)-1].ChatbotID
		}
		return nil
	})
	return silent, next, err
}
