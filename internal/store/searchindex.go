package store

import (
	"context"
	"errors"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// The index of searches is written beside the change that it follows, and not within it: a message is noted in
// search_queue by the transaction that stores it, and indexed in a slice soon after. Until then searches look at what
// is noted. What was stored before there was an index is indexed likewise (search_backfill); until all of it is,
// searches walk through the conversations.

const (
	indexDelay = 100 * time.Millisecond // after a change, so that a slice has several
	indexAgain = 5 * time.Second        // how often entries of other processes are looked for; also the wait after an error
	indexSlice = 200                    // texts that are read at once
)

var searchQueueTable = newTable("search_queue", "id", "chatbot_id")

// noteMessage has a message indexed soon.
func (t *tx) noteMessage(chatbot bot9.ChatbotID, id bot9.MessageID) error {
	t.searchable = true
	return t.insert(searchQueueTable, int64(id), int64(chatbot))
}

// noteEndUser has an end user's details indexed soon. It may be noted already, and be in the index with older ones.
func (t *tx) noteEndUser(u bot9.EndUser) error {
	t.searchable = true
	return t.queue(`INSERT INTO search_queue (id, chatbot_id) VALUES ($1, $2)
		ON CONFLICT (id) DO UPDATE SET version = search_queue.version + 1`, int64(u.ID), int64(u.ChatbotID))
}

// searchText is a message, or an end user's details, with its pieces.
type searchText struct {
	id, version int64
	pieces      []int64
}

// keepIndexing writes the index until the store closes.
func (s *Store) keepIndexing() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-s.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	for {
		more, err := s.IndexSearches(ctx)
		var again <-chan time.Time
		switch {
		case err != nil && ctx.Err() == nil && bot9.CodeOf(err) != errClosed.Code:
			s.log.Warn("index what searches look for", "error", err)
			again = time.After(indexAgain)
		case more:
			continue
		case s.peers != nil:
			again = time.After(indexAgain)
		}
		select {
		case <-s.closing:
			return
		case <-again:
		case <-s.indexing:
			select {
			case <-time.After(indexDelay):
			case <-s.closing:
				return
			}
		}
	}
}

// IndexSearches indexes one slice of what is noted, or else of what was stored before there was an index. It tells
// whether there is more. The store calls it by itself.
func (s *Store) IndexSearches(ctx context.Context) (more bool, err error) {
	var noted []searchText
	err = s.read(ctx, func(r session) error {
		noted = nil
		return r.query(func(scan scanFunc) error {
			var t searchText
			var chatbot int64
			var message, name, email, external string
			err := scan(&t.id, &t.version, &chatbot, &message, &name, &email, &external)
			t.pieces = piecesOf(bot9.ChatbotID(chatbot), message+" "+detailsOf(name, email, external))
			noted = append(noted, t)
			return err
		}, `SELECT q.id, q.version, q.chatbot_id, m.text, u.name, u.email_id, u.external_id FROM search_queue q
			LEFT JOIN messages m ON m.id = q.id LEFT JOIN end_users u ON u.id = q.id ORDER BY q.id LIMIT $1`, indexSlice)
	})
	if err != nil {
		return false, err
	}
	if len(noted) == 0 {
		return s.backfillSearches(ctx)
	}
	_, err = s.purgeSlice(ctx, 0, func(p *purge) (bool, error) {
		for _, text := range noted {
			if p.spent() {
				break
			}
			// Another process may have indexed it, and it may have changed since.
			changed, err := p.exec(`DELETE FROM search_queue WHERE id = $1 AND version = $2`, text.id, text.version)
			if err == nil && changed == 1 && len(text.pieces) > 0 {
				err = p.store.db.indexText(p.tx, text.id, text.pieces)
			}
			if err != nil {
				return false, err
			}
		}
		return false, nil
	})
	return err == nil, err
}

// errOvertaken undoes a slice that another process has done meanwhile.
var errOvertaken = errors.New("another process has indexed the same")

// backfills are what was stored before there was an index.
var backfills = map[string]string{
	"messages": `SELECT m.id, c.chatbot_id, m.text FROM messages m JOIN conversations c ON c.id = m.conversation_id
		WHERE m.id > $1 AND m.id <= $2 ORDER BY m.id LIMIT $3`,
	"end_users": `SELECT u.id, u.chatbot_id, u.name || ' ' || u.email_id || ' ' || u.external_id FROM end_users u
		WHERE u.id > $1 AND u.id <= $2 ORDER BY u.id LIMIT $3`,
}

func (s *Store) backfillSearches(ctx context.Context) (more bool, err error) {
	var what string
	var next, until int64
	var old []searchText
	err = s.read(ctx, func(r session) error {
		old = nil
		behind, err := queryRow(r, `SELECT b.what, b.next, b.until FROM search_backfill b WHERE b.next < b.until`, nil, &what, &next, &until)
		if err != nil || !behind {
			return err
		}
		return r.query(func(scan scanFunc) error {
			var t searchText
			var chatbot int64
			var text string
			err := scan(&t.id, &chatbot, &text)
			t.pieces = piecesOf(bot9.ChatbotID(chatbot), text)
			old = append(old, t)
			return err
		}, backfills[what], next, until, indexSlice)
	})
	if err != nil || what == "" {
		return false, err
	}
	_, err = s.purgeSlice(ctx, 0, func(p *purge) (bool, error) {
		reached := until
		if len(old) == indexSlice {
			reached = old[len(old)-1].id
		}
		for i, text := range old {
			if i > 0 && p.spent() {
				reached = old[i-1].id
				break
			}
			if len(text.pieces) > 0 {
				if err := p.store.db.indexText(p.tx, text.id, text.pieces); err != nil {
					return false, err
				}
			}
		}
		changed, err := p.exec(`UPDATE search_backfill SET next = $1 WHERE what = $2 AND next = $3`, reached, what, next)
		if err == nil && changed == 0 {
			err = callerError{errOvertaken}
		}
		return false, err
	})
	if errors.Is(err, errOvertaken) {
		err = nil
	}
	return err == nil, err
}
