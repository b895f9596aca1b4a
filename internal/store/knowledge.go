package store

import (
	"context"
	"encoding/json"

	"github.com/bot9/bot9/internal/bot9"
)

const documentColumns = `d.id, d.chatbot_id, d.kind, d.title, d.text, d.url, d.questions, d.updated_at`

func scanDocument(scan scanFunc) (bot9.Document, error) {
	d := bot9.Document{Questions: []string{}}
	var questions string
	err := scan((*int64)(&d.ID), (*int64)(&d.ChatbotID), (*string)(&d.Kind), &d.Title, &d.Text, &d.URL, &questions, (*int64)(&d.UpdatedAt))
	d.CreatedAt = d.ID.Time()
	if err == nil && questions != "" {
		err = json.Unmarshal([]byte(questions), &d.Questions)
	}
	return d, err
}

// Documents lists the chatbot's knowledge, newest first.
func (s *Store) Documents(ctx context.Context, chatbot bot9.ChatbotID, page bot9.Page) (bot9.List[bot9.Document], error) {
	q := newQuery(`SELECT `+documentColumns+` FROM documents d WHERE d.chatbot_id = %s`, int64(chatbot))
	return list(ctx, s, q, "d.id", false, page, scanDocument, func(d bot9.Document) int64 { return int64(d.ID) })
}

// DocumentVersions tells the states of the chatbot's documents, oldest document first, and which have vectors of that encoder.
// A document never has the same time again after a change.
func (s *Store) DocumentVersions(ctx context.Context, chatbot bot9.ChatbotID, encoder string) ([]bot9.DocumentVersion, error) {
	documents := []bot9.DocumentVersion{}
	err := s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			var d bot9.DocumentVersion
			var encoded int
			err := scan((*int64)(&d.ID), (*int64)(&d.UpdatedAt), &encoded)
			d.Encoded = encoded == 1
			documents = append(documents, d)
			return err
		}, `SELECT d.id, d.updated_at, CASE WHEN v.id IS NULL THEN 0 ELSE 1 END FROM documents d
			LEFT JOIN document_vectors v ON v.id = d.id AND v.updated_at = d.updated_at AND v.encoder = $1
			WHERE d.chatbot_id = $2 ORDER BY d.id`, encoder, int64(chatbot))
	})
	return documents, err
}

// DocumentsByID returns those of the documents that the chatbot still has, in no particular order.
func (s *Store) DocumentsByID(ctx context.Context, chatbot bot9.ChatbotID, ids []bot9.DocumentID) ([]bot9.Document, error) {
	wanted := make([]int64, len(ids))
	for i, id := range ids {
		wanted[i] = int64(id)
	}
	in, arg := s.db.inIDs(wanted)
	q := newQuery(`SELECT `+documentColumns+` FROM documents d WHERE d.chatbot_id = %s`, int64(chatbot))
	q.and(`d.id `+in, arg)
	documents := []bot9.Document{}
	err := s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			document, err := scanDocument(scan)
			documents = append(documents, document)
			return err
		}, q.sql, q.args...)
	})
	return documents, err
}

// KnowledgeVersion is a number that grows with every change of the chatbot's documents and of their vectors.
func (s *Store) KnowledgeVersion(ctx context.Context, chatbot bot9.ChatbotID) (version int64, err error) {
	err = s.read(ctx, func(r session) error {
		_, err := queryRow(r, `SELECT knowledge_version FROM chatbots WHERE id = $1`, []any{int64(chatbot)}, &version)
		return err
	})
	return version, err
}

// Document returns one document of the chatbot.
func (s *Store) Document(ctx context.Context, chatbot bot9.ChatbotID, id bot9.DocumentID) (d bot9.Document, err error) {
	err = s.read(ctx, func(r session) error {
		d, err = findDocument(r, chatbot, id)
		return err
	})
	return d, err
}

func findDocument(r session, chatbot bot9.ChatbotID, id bot9.DocumentID) (d bot9.Document, err error) {
	found := false
	err = r.query(func(scan scanFunc) (err error) {
		found = true
		d, err = scanDocument(scan)
		return err
	}, `SELECT `+documentColumns+` FROM documents d WHERE d.id = $1 AND d.chatbot_id = $2`, int64(id), int64(chatbot))
	if err == nil && !found {
		err = notFound("document")
	}
	return d, err
}

// CreateDocument adds to the chatbot's knowledge. It emits knowledgeUpdated.
func (s *Store) CreateDocument(ctx context.Context, d bot9.Document) (bot9.Document, error) {
	passages := s.passagesOf(d)
	err := s.writeWith(ctx, needs{chatbot: d.ChatbotID, returns: &d}, func(t *tx) error {
		if err := t.within("documents", s.quotas.Documents, `documents WHERE chatbot_id`, int64(d.ChatbotID)); err != nil {
			return err
		}
		if err := t.withinPassages(d.ChatbotID, passages); err != nil {
			return err
		}
		questions, err := completeDocument(&d)
		if err != nil {
			return err
		}
		d.ID = bot9.DocumentID(t.nextID())
		d.CreatedAt, d.UpdatedAt = d.ID.Time(), d.ID.Time()
		_, err = t.exec(`INSERT INTO documents (id, chatbot_id, kind, title, text, url, questions, updated_at, passages) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			int64(d.ID), int64(d.ChatbotID), string(d.Kind), d.Title, d.Text, d.URL, questions, int64(d.UpdatedAt), passages)
		if err != nil {
			return err
		}
		return t.knowledgeChanged(d, bot9.DocumentCreated)
	})
	return d, err
}

// passagesOf tells into how many passages a document is cut. It may take a while, so it is asked before the write.
func (s *Store) passagesOf(d bot9.Document) int {
	if s.passages == nil {
		return 1
	}
	return s.passages(d)
}

// completeDocument fills in what a document always has, and returns its questions as they are stored.
func completeDocument(d *bot9.Document) (questions string, err error) {
	if d.Kind == "" {
		d.Kind = bot9.KindDocument
	}
	if d.Questions == nil {
		d.Questions = []string{}
	}
	return jsonOrNone(d.Questions)
}

// UpdateDocument replaces all that a document says. It emits knowledgeUpdated.
func (s *Store) UpdateDocument(ctx context.Context, d bot9.Document) (bot9.Document, error) {
	passages := s.passagesOf(d)
	err := s.writeFor(ctx, d.ChatbotID, func(t *tx) error {
		if err := t.hold(ctx, "documents", int64(d.ID)); err != nil {
			return err
		}
		before, err := findDocument(t, d.ChatbotID, d.ID)
		if err != nil {
			return err
		}
		if err := meets(ctx, before); err != nil {
			return err
		}
		had := 0
		if _, err := queryRow(t, `SELECT passages FROM documents WHERE id = $1`, []any{int64(d.ID)}, &had); err != nil {
			return err
		}
		if err := t.withinPassages(d.ChatbotID, passages-had); err != nil {
			return err
		}
		// Two changes within a millisecond, or after a step back of the clock, are told apart by this time.
		d.CreatedAt, d.UpdatedAt = d.ID.Time(), max(t.now, before.UpdatedAt+1)
		questions, err := completeDocument(&d)
		if err != nil {
			return err
		}
		_, err = t.exec(`UPDATE documents SET kind = $1, title = $2, text = $3, url = $4, questions = $5, updated_at = $6, passages = $7 WHERE id = $8`,
			string(d.Kind), d.Title, d.Text, d.URL, questions, int64(d.UpdatedAt), passages, int64(d.ID))
		if err != nil {
			return err
		}
		return t.knowledgeChanged(d, bot9.DocumentUpdated)
	})
	return d, err
}

// DeleteDocument removes a document. It emits knowledgeUpdated.
func (s *Store) DeleteDocument(ctx context.Context, chatbot bot9.ChatbotID, id bot9.DocumentID) error {
	return s.writeWith(ctx, needs{chatbot: chatbot, evenIfFull: true}, func(t *tx) error {
		if err := t.hold(ctx, "documents", int64(id)); err != nil {
			return err
		}
		document, err := findDocument(t, chatbot, id)
		if err != nil {
			return err
		}
		if err := meets(ctx, document); err != nil {
			return err
		}
		for _, table := range []string{"documents", "document_vectors", "encoding"} {
			if _, err := t.exec(`DELETE FROM `+table+` WHERE id = $1`, int64(id)); err != nil {
				return err
			}
		}
		err = t.audit(bot9.AuditRecord{
			ChatbotID: chatbot, Action: bot9.AuditDocumentDeleted, Object: id.String(),
			Changes: bot9.AuditChanges{"title": {From: document.Title}},
		})
		if err != nil {
			return err
		}
		return t.knowledgeChanged(document, bot9.DocumentDeleted)
	})
}

func (t *tx) knowledgeChanged(d bot9.Document, change bot9.DocumentChange) error {
	if change != bot9.DocumentDeleted {
		if err := t.noteEncoding(d); err != nil {
			return err
		}
	}
	_, err := t.exec(`UPDATE chatbots SET knowledge_version = knowledge_version + 1 WHERE id = $1`, int64(d.ChatbotID))
	if err != nil {
		return err
	}
	if t.store.announcer == nil {
		return nil
	}
	return t.emit(d.ChatbotID, t.store.announcer.KnowledgeChanged(&d, change))
}
