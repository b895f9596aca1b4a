package store

import (
	"context"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/store/group"
)

// What documents mean is worked out beside the change that it follows: the document is noted in encoding by the transaction that
// stores it, taken from there by whoever has time, on whichever node, and its vectors are stored when they are made.

const (
	encodingAtOnce = 16              // documents that are taken together
	encodingLease  = 2 * time.Minute // for which they are taken; who dies has them no longer than that
)

// noteEncoding has the document's vectors made.
func (t *tx) noteEncoding(d bot9.Document) error {
	_, err := t.exec(`INSERT INTO encoding (id, chatbot_id, account_id, taken_until)
		SELECT $1, c.id, c.account_id, 0 FROM chatbots c WHERE c.id = $2
		ON CONFLICT (id) DO UPDATE SET taken_until = 0`, int64(d.ID), int64(d.ChatbotID))
	return err
}

// TakeUnencoded takes some documents of one chatbot whose vectors are to be made: of the account that comes after the given
// one and has any, so that all have their turns. Nobody else gets them until ExtendEncoding's time is over. It returns none if
// there are none.
func (s *Store) TakeUnencoded(ctx context.Context, after bot9.AccountID) (account bot9.AccountID, documents []bot9.Document, err error) {
	// Mostly there are none; looking costs no write.
	if account, err = s.nextUnencoded(ctx, after); err != nil || account == 0 {
		return 0, nil, err
	}
	var ids []bot9.DocumentID
	var chatbot bot9.ChatbotID
	err = s.writeWith(ctx, needs{kind: group.Purging, account: account, weight: encodingAtOnce}, func(t *tx) error {
		ids, chatbot = nil, 0
		err := t.query(func(scan scanFunc) error {
			var id, of int64
			err := scan(&id, &of)
			if chatbot == 0 {
				chatbot = bot9.ChatbotID(of)
			}
			if of == int64(chatbot) {
				ids = append(ids, bot9.DocumentID(id))
			}
			return err
		}, `SELECT e.id, e.chatbot_id FROM encoding e WHERE e.account_id = $1 AND e.taken_until < $2 ORDER BY e.id LIMIT $3`,
			int64(account), int64(t.now), encodingAtOnce)
		if err != nil {
			return err
		}
		return t.takeEncoding(&ids)
	})
	if err != nil || len(ids) == 0 {
		return account, nil, err
	}
	documents, err = s.DocumentsByID(ctx, chatbot, ids)
	if err == nil && len(documents) < len(ids) {
		err = s.forgetEncoding(ctx, ids, documents)
	}
	return account, documents, err
}

func (s *Store) nextUnencoded(ctx context.Context, after bot9.AccountID) (account bot9.AccountID, err error) {
	now := s.clock()
	err = s.read(ctx, func(r session) error {
		for _, after := range []int64{int64(after), 0} {
			found, err := queryRow(r, `SELECT e.account_id FROM encoding e WHERE e.account_id > $1 AND e.taken_until < $2 ORDER BY e.account_id LIMIT 1`,
				[]any{after, int64(now)}, (*int64)(&account))
			if found || err != nil {
				return err
			}
		}
		return nil
	})
	return account, err
}

// takeEncoding leaves those of the documents that nobody else has taken meanwhile.
func (t *tx) takeEncoding(ids *[]bot9.DocumentID) error {
	var taken []bot9.DocumentID
	until := t.now + bot9.Time(encodingLease/time.Millisecond)
	for _, id := range *ids {
		changed, err := t.exec(`UPDATE encoding SET taken_until = $1 WHERE id = $2 AND taken_until < $3`, int64(until), int64(id), int64(t.now))
		if err != nil {
			return err
		}
		if changed == 1 {
			taken = append(taken, id)
		}
	}
	*ids = taken
	return nil
}

// forgetEncoding removes those that are documents no more, as of chatbots that were deleted.
func (s *Store) forgetEncoding(ctx context.Context, ids []bot9.DocumentID, exist []bot9.Document) error {
	there := map[bot9.DocumentID]bool{}
	for _, d := range exist {
		there[d.ID] = true
	}
	return s.writeWith(ctx, needs{kind: group.Purging, weight: len(ids)}, func(t *tx) error {
		for _, id := range ids {
			if there[id] {
				continue
			}
			if _, err := t.exec(`DELETE FROM encoding WHERE id = $1`, int64(id)); err != nil {
				return err
			}
		}
		return nil
	})
}

// ExtendEncoding keeps documents that were taken for as long again.
func (s *Store) ExtendEncoding(ctx context.Context, ids []bot9.DocumentID) error {
	return s.writeWith(ctx, needs{kind: group.Purging, weight: len(ids)}, func(t *tx) error {
		until := t.now + bot9.Time(encodingLease/time.Millisecond)
		for _, id := range ids {
			if _, err := t.exec(`UPDATE encoding SET taken_until = $1 WHERE id = $2 AND taken_until > 0`, int64(until), int64(id)); err != nil {
				return err
			}
		}
		return nil
	})
}

// SaveVectors stores the vectors of a chatbot's documents. Those of a state that a document no longer has are left out; then it
// is still noted, and is taken again.
func (s *Store) SaveVectors(ctx context.Context, chatbot bot9.ChatbotID, encoder string, vectors []bot9.DocumentVectors) error {
	return s.writeWith(ctx, needs{kind: group.Purging, chatbot: chatbot, weight: 2 * len(vectors)}, func(t *tx) error {
		for i := range vectors {
			v := &vectors[i]
			var updated int64
			_, err := queryRow(t, `SELECT d.updated_at FROM documents d WHERE d.id = $1 AND d.chatbot_id = $2`+t.store.db.lock("d"), []any{int64(v.DocumentID), int64(chatbot)}, &updated)
			if err != nil {
				return err
			}
			if updated != int64(v.UpdatedAt) {
				continue
			}
			_, err = t.exec(`INSERT INTO document_vectors (id, chatbot_id, updated_at, encoder, dimensions, vectors) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at, encoder = excluded.encoder,
					dimensions = excluded.dimensions, vectors = excluded.vectors`,
				int64(v.DocumentID), int64(chatbot), updated, encoder, v.Dimensions, v.Vectors)
			if err != nil {
				return err
			}
			if _, err := t.exec(`DELETE FROM encoding WHERE id = $1`, int64(v.DocumentID)); err != nil {
				return err
			}
		}
		_, err := t.exec(`UPDATE chatbots SET knowledge_version = knowledge_version + 1 WHERE id = $1`, int64(chatbot))
		return err
	})
}

// DocumentVectors returns the vectors of that encoder that the documents have in their present state, in no particular order.
func (s *Store) DocumentVectors(ctx context.Context, chatbot bot9.ChatbotID, encoder string, ids []bot9.DocumentID) ([]bot9.DocumentVectors, error) {
	wanted := make([]int64, len(ids))
	for i, id := range ids {
		wanted[i] = int64(id)
	}
	in, arg := s.db.inIDs(wanted)
	q := newQuery(`SELECT v.id, v.updated_at, v.dimensions, v.vectors FROM document_vectors v WHERE v.chatbot_id = %s`, int64(chatbot))
	q.and(`v.encoder = %s`, encoder)
	q.and(`v.id `+in, arg)
	vectors := []bot9.DocumentVectors{}
	err := s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			var v bot9.DocumentVectors
			err := scan((*int64)(&v.DocumentID), (*int64)(&v.UpdatedAt), &v.Dimensions, &v.Vectors)
			vectors = append(vectors, v)
			return err
		}, q.sql, q.args...)
	})
	return vectors, err
}

// DropVectors removes some vectors that another encoder has made and notes their documents. It tells whether there are more.
func (s *Store) DropVectors(ctx context.Context, encoder string) (more bool, err error) {
	var old []int64
	err = s.read(ctx, func(r session) error {
		old = nil
		for _, other := range []string{"<", ">"} { // each is a range of the index
			err := r.query(func(scan scanFunc) error {
				var id int64
				err := scan(&id)
				old = append(old, id)
				return err
			}, `SELECT v.id FROM document_vectors v WHERE v.encoder `+other+` $1 LIMIT $2`, encoder, purgeBatch)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(old) == 0 {
		return false, err
	}
	in, arg := s.db.inIDs(old)
	err = s.writeWith(ctx, needs{kind: group.Purging, weight: 2 * len(old)}, func(t *tx) error {
		note := newQuery(`INSERT INTO encoding (id, chatbot_id, account_id, taken_until)
			SELECT v.id, v.chatbot_id, c.account_id, 0 FROM document_vectors v JOIN chatbots c ON c.id = v.chatbot_id WHERE v.encoder <> %s`, encoder)
		note.and(`v.id `+in, arg)
		if _, err := t.exec(note.sql+` ON CONFLICT (id) DO NOTHING`, note.args...); err != nil {
			return err
		}
		drop := newQuery(`DELETE FROM document_vectors WHERE encoder <> %s`, encoder)
		drop.and(`id `+in, arg)
		_, err := t.exec(drop.sql, drop.args...)
		return err
	})
	return true, err
}

// KnowledgeStatus tells how many documents the chatbot has, and how many of them have still to be encoded.
func (s *Store) KnowledgeStatus(ctx context.Context, chatbot bot9.ChatbotID) (documents, unencoded int64, err error) {
	err = s.read(ctx, func(r session) error {
		if _, err := queryRow(r, `SELECT count(*) FROM documents d WHERE d.chatbot_id = $1`, []any{int64(chatbot)}, &documents); err != nil {
			return err
		}
		_, err := queryRow(r, `SELECT count(*) FROM encoding e WHERE e.chatbot_id = $1`, []any{int64(chatbot)}, &unencoded)
		return err
	})
	return documents, unencoded, err
}
