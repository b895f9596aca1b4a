package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	// searchLimit is how long a search may take, the wait for its turn included.
	searchLimit = 5 * time.Second
	// searchCandidates bounds the texts that a search looks at. Where more have all pieces of a query, its
	// words are common: then the newest conversations are walked, and a page is found before long.
	searchCandidates = 5000
	searchChunk      = 200 // conversations that a walk looks at in one statement
)

// search runs reads that may take long, apart from all others and for no longer than searchLimit.
func (s *Store) search(ctx context.Context, narrow string, work func(session) error) error {
	select {
	case <-s.closing:
		return errClosed
	default:
	}
	limited, cancel := context.WithTimeout(ctx, searchLimit)
	defer cancel()
	err := s.db.search(limited, work)
	if err == nil || ctx.Err() != nil {
		return errors.Join(err, ctx.Err())
	}
	if limited.Err() != nil || sqlState(err) == stateCanceled {
		return bot9.Errorf(bot9.Unavailable, "searchTooSlow", "The search took longer than %v. %s.", searchLimit, narrow)
	}
	return s.storeError(err)
}

// scan is search for lists that may have to look at much more than they find: what is asked for has no index of its own.
func (s *Store) scan(ctx context.Context, work func(session) error) error {
	return s.search(ctx, narrowScan, work)
}

const narrowScan = "Narrow it: name a time (since, until), or a webhook"

const stateCanceled = "57014" // statement_timeout

const narrowConversations = "Narrow it: search for longer or rarer words, or name a status or a source"

// searchConversations lists the conversations in which the query's words are found, all of them in one message or in the
// end user's details; the newest conversation first.
func (s *Store) searchConversations(ctx context.Context, chatbot bot9.ChatbotID, words []searchWord, filter bot9.ConversationFilter, page bot9.Page) (bot9.List[bot9.Conversation], error) {
	limit, cursor, err := readPage(page)
	if err != nil {
		return bot9.List[bot9.Conversation]{}, err
	}
	rows := []bot9.Conversation{}
	err = s.search(ctx, narrowConversations, func(r session) error {
		ids, ok, err := s.conversationsWith(r, chatbot, words)
		if err == nil && !ok {
			ids, err = s.walkConversations(r, chatbot, words, filter, cursor, limit+1)
		}
		if err != nil || len(ids) == 0 {
			return err
		}
		in, arg := s.db.inIDs(ids)
		q := newQuery(s.conversationQuery()+` WHERE c.id `+in+` AND +c.chatbot_id = %s`, arg, int64(chatbot))
		restrictConversations(q, filter)
		if cursor != 0 {
			q.and(`c.id < %s`, cursor)
		}
		q.add(` ORDER BY +c.id DESC LIMIT %s`, limit+1)
		return r.query(func(scan scanFunc) error {
			c, err := s.scanConversation(scan)
			rows = append(rows, c)
			return err
		}, q.sql, q.args...)
	})
	if err != nil {
		return bot9.List[bot9.Conversation]{}, err
	}
	return cutPage(rows, limit, func(c bot9.Conversation) int64 { return int64(c.ID) }), nil
}

func restrictConversations(q *query, filter bot9.ConversationFilter) {
	oneOf(q, `c.status`, filter.Status)
	oneOf(q, `c.source`, filter.Source)
	if len(filter.Sessions) > 0 {
		oneOf(q, `c.external_session_id`, filter.Sessions)
		q.and(`c.external_session_id <> ''`) // so that its index is taken
	}
	q.andTimes(`c.id`, filter.Since, filter.Until)
	if filter.Waiting {
		q.and(`c.waiting_id <> 0`)
	}
	if filter.AgentID != "" {
		q.and(`c.agent_id = %s AND c.agent_id <> ''`, filter.AgentID)
	}
	if filter.EndUser != 0 {
		q.and(`c.end_user_id = %s`, int64(filter.EndUser))
	}
}

// conversationsWith finds conversations by the index. It is not ok if too many texts have the words' pieces, or if not
// everything is in the index yet.
func (s *Store) conversationsWith(r session, chatbot bot9.ChatbotID, words []searchWord) (ids []int64, ok bool, err error) {
	behind := int64(0)
	if _, err := queryRow(r, `SELECT 1 FROM search_backfill b WHERE b.next < b.until`, nil, &behind); err != nil || behind == 1 {
		return nil, false, err
	}
	candidates, err := s.db.textsWith(r, piecesWanted(chatbot, words), searchCandidates+1)
	if err != nil || len(candidates) > searchCandidates {
		return nil, false, err
	}
	check := searchCheck{words: words}
	// What was said or changed a moment ago may not be in the index yet.
	err = r.query(check.row, `SELECT m.conversation_id, m.text, u.id, u.name, u.email_id, u.external_id FROM search_queue q
		LEFT JOIN messages m ON m.id = q.id LEFT JOIN end_users u ON u.id = q.id WHERE q.chatbot_id = $1 ORDER BY q.id LIMIT $2`,
		int64(chatbot), searchCandidates+1)
	if err != nil || check.looked > searchCandidates {
		return nil, false, err
	}
	for some := range slices.Chunk(candidates, 500) {
		in, arg := s.db.inIDs(some)
		for _, sql := range []string{
			`SELECT m.conversation_id, m.text, 0, '', '', '' FROM messages m WHERE m.id ` + in,
			`SELECT 0, '', u.id, u.name, u.email_id, u.external_id FROM end_users u WHERE u.id ` + in,
		} {
			q := newQuery(sql, arg)
			if err := r.query(check.row, q.sql, q.args...); err != nil {
				return nil, false, err
			}
		}
	}
	of, ok, err := s.conversationsOf(r, check.users)
	if !ok || err != nil {
		return nil, false, err
	}
	ids = append(check.conversations, of...)
	slices.Sort(ids)
	return slices.Compact(ids), true, nil
}

// searchCheck looks for the words in the texts that the index has named: the pieces of words are a necessary
// condition only.
type searchCheck struct {
	words         []searchWord
	looked        int
	conversations []int64 // one of their messages has all words
	users         []int64 // their details have
}

func (c *searchCheck) row(scan scanFunc) error {
	c.looked++
	var conversation, user int64
	var message, name, email, external string
	if err := scan(&conversation, &message, &user, &name, &email, &external); err != nil {
		return err
	}
	if conversation != 0 && found(c.words, message) {
		c.conversations = append(c.conversations, conversation)
	}
	if user != 0 && found(c.words, detailsOf(name, email, external)) {
		c.users = append(c.users, user)
	}
	return nil
}

// conversationsOf returns the conversations of end users. It is not ok if they have too many.
func (s *Store) conversationsOf(r session, users []int64) (ids []int64, ok bool, err error) {
	if len(users) == 0 {
		return nil, true, nil
	}
	in, arg := s.db.inIDs(users)
	q := newQuery(`SELECT c.id FROM conversations c WHERE c.end_user_id `+in+` LIMIT %s`, arg, searchCandidates+1)
	err = r.query(func(scan scanFunc) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, q.sql, q.args...)
	return ids, len(ids) <= searchCandidates, err
}

func detailsOf(name, email, external string) string { return name + " " + email + " " + external }

// walkConversations looks at one conversation after the other, the newest first, until it has found limit of them.
func (s *Store) walkConversations(r session, chatbot bot9.ChatbotID, words []searchWord, filter bot9.ConversationFilter, before int64, limit int) (ids []int64, err error) {
	for len(ids) < limit {
		q := newQuery(`SELECT c.id, u.name, u.email_id, u.external_id FROM conversations c JOIN end_users u ON u.id = c.end_user_id
			WHERE c.chatbot_id = %s`, int64(chatbot))
		restrictConversations(q, filter)
		if before != 0 {
			q.and(`c.id < %s`, before)
		}
		q.add(` ORDER BY c.id DESC LIMIT %s`, searchChunk)
		hit := map[int64]bool{}
		var chunk []int64
		err := r.query(func(scan scanFunc) error {
			var name, email, external string
			err := scan(&before, &name, &email, &external)
			chunk = append(chunk, before)
			hit[before] = found(words, detailsOf(name, email, external))
			return err
		}, q.sql, q.args...)
		if err != nil {
			return nil, err
		}
		if len(chunk) > 0 {
			in, arg := s.db.inIDs(chunk)
			q = newQuery(`SELECT m.conversation_id, m.text FROM messages m WHERE m.conversation_id `+in, arg)
			err = r.query(func(scan scanFunc) error {
				var id int64
				var text string
				err := scan(&id, &text)
				if !hit[id] {
					hit[id] = found(words, text)
				}
				return err
			}, q.sql, q.args...)
			if err != nil {
				return nil, err
			}
		}
		for _, id := range chunk {
			if hit[id] {
				ids = append(ids, id)
			}
		}
		if len(chunk) < searchChunk {
			break
		}
	}
	return ids, nil
}
