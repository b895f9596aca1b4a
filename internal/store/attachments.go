package store

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	// attachmentPart is how many bytes of a file one transaction writes.
	attachmentPart = 128 << 10
	// unsentLifetime is how long a file is kept that nobody has sent.
	unsentLifetime = 24 * time.Hour
	// attachmentBytes is how much of files a chatbot keeps.
	attachmentBytes = 2 << 30
)

// AddAttachment keeps a file, part by part, so that it holds up nobody else's writes. urlOf makes its address of its ID.
// It fails with Invalid "quotaExceeded" where the chatbot keeps too much already.
func (s *Store) AddAttachment(ctx context.Context, a bot9.NewAttachment, urlOf func(bot9.AttachmentID) string) (bot9.Attachment, error) {
	made := bot9.Attachment{Name: a.Name, Type: a.Type, Size: int64(len(a.Data))}
	hash := sha256.Sum256([]byte(a.Token))
	err := s.writeWith(ctx, needs{chatbot: a.ChatbotID}, func(t *tx) error {
		var kept int64
		if _, err := queryRow(t, `SELECT bytes FROM attachment_bytes WHERE chatbot_id = $1`, []any{int64(a.ChatbotID)}, &kept); err != nil {
			return err
		}
		if kept+made.Size > attachmentBytes {
			return bot9.QuotaExceeded("attachmentBytes", attachmentBytes)
		}
		_, err := t.exec(`INSERT INTO attachment_bytes (chatbot_id, bytes) VALUES ($1, $2)
			ON CONFLICT (chatbot_id) DO UPDATE SET bytes = attachment_bytes.bytes + $2`, int64(a.ChatbotID), made.Size)
		if err != nil {
			return err
		}
		made.ID = bot9.AttachmentID(t.nextID())
		made.URL = urlOf(made.ID)
		_, err = t.exec(`INSERT INTO attachments (id, chatbot_id, subject, conversation_id, token_hash, name, type, size, url, complete)
			VALUES ($1, $2, $3, 0, $4, $5, $6, $7, $8, 0)`,
			int64(made.ID), int64(a.ChatbotID), a.Subject, hash[:], made.Name, made.Type, made.Size, made.URL)
		return err
	})
	if err != nil {
		return made, err
	}
	for number := 0; number*attachmentPart < len(a.Data); number++ {
		part := a.Data[number*attachmentPart : min((number+1)*attachmentPart, len(a.Data))]
		err := s.writeFor(ctx, a.ChatbotID, func(t *tx) error {
			_, err := t.exec(`INSERT INTO attachment_parts (attachment_id, number, data) VALUES ($1, $2, $3)`, int64(made.ID), number, part)
			return err
		})
		if err != nil {
			return made, err
		}
	}
	return made, s.writeFor(ctx, a.ChatbotID, func(t *tx) error {
		_, err := t.exec(`UPDATE attachments SET complete = 1 WHERE id = $1`, int64(made.ID))
		return err
	})
}

// UnsentAttachments returns files of a visitor, or of the chatbot's agents where subject is empty, that were not sent
// yet. It fails with Invalid "unknownAttachment" if one of them is not among those.
func (s *Store) UnsentAttachments(ctx context.Context, chatbot bot9.ChatbotID, subject []byte, ids []bot9.AttachmentID) (found []bot9.Attachment, err error) {
	err = s.read(ctx, func(r session) error {
		found = nil
		for _, id := range ids {
			a := bot9.Attachment{ID: id}
			ok, err := queryRow(r, `SELECT name, type, size, url FROM attachments
				WHERE id = $1 AND chatbot_id = $2 AND subject = $3 AND conversation_id = 0 AND complete = 1`,
				[]any{int64(id), int64(chatbot), subject}, &a.Name, &a.Type, &a.Size, &a.URL)
			if err != nil {
				return err
			}
			if !ok {
				return unknownAttachment()
			}
			found = append(found, a)
		}
		return nil
	})
	return found, err
}

func unknownAttachment() error {
	return bot9.InvalidField("unknownAttachment", "body.attachments", "There is no such file, or it was sent already.")
}

// ReadAttachment returns a file. It fails with NotFound if the token isn't its own.
func (s *Store) ReadAttachment(ctx context.Context, id bot9.AttachmentID, token string) (a bot9.Attachment, data []byte, err error) {
	hash := sha256.Sum256([]byte(token))
	err = s.read(ctx, func(r session) error {
		var expected []byte
		a, data = bot9.Attachment{ID: id}, nil
		found, err := queryRow(r, `SELECT a.name, a.type, a.size, a.token_hash FROM attachments a JOIN chatbots c ON c.id = a.chatbot_id
			WHERE a.id = $1 AND a.complete = 1 AND c.deleted_at IS NULL`, []any{int64(id)}, &a.Name, &a.Type, &a.Size, &expected)
		if err == nil && (!found || subtle.ConstantTimeCompare(expected, hash[:]) != 1) {
			err = notFound("file")
		}
		if err != nil {
			return err
		}
		return r.query(func(scan scanFunc) error {
			var part []byte
			err := scan(&part)
			data = append(data, part...)
			return err
		}, `SELECT data FROM attachment_parts WHERE attachment_id = $1 ORDER BY number`, int64(id))
	})
	return a, data, err
}

// sendAttachments gives the files of a message to its conversation.
func (t *tx) sendAttachments(conversation bot9.ConversationID, attachments []bot9.Attachment) error {
	for _, a := range attachments {
		changed, err := t.exec(`UPDATE attachments SET conversation_id = $1 WHERE id = $2 AND conversation_id = 0`, int64(conversation), int64(a.ID))
		if err != nil {
			return err
		}
		if changed == 0 {
			return callerError{unknownAttachment()}
		}
	}
	return nil
}

// attachments removes files that nobody has sent for a day.
func (p *purge) attachments() (left bool, err error) {
	edge := bot9.FirstIDAt(p.now.Add(-unsentLifetime))
	return p.each(`SELECT id FROM attachments WHERE conversation_id = 0 AND id < $1 ORDER BY id LIMIT 10`, []any{edge}, p.attachment)
}

// attachment removes a file.
func (p *purge) attachment(id int64) (left bool, err error) {
	left, err = p.delete(`DELETE FROM attachment_parts WHERE (attachment_id, number) IN
		(SELECT attachment_id, number FROM attachment_parts WHERE attachment_id = $1 ORDER BY number LIMIT $2)`, id)
	if left || err != nil {
		return left, err
	}
	_, err = p.exec(`UPDATE attachment_bytes SET bytes = bytes - (SELECT size FROM attachments WHERE id = $1)
		WHERE chatbot_id = (SELECT chatbot_id FROM attachments WHERE id = $1)`, id)
	if err != nil {
		return false, err
	}
	_, err = p.exec(`DELETE FROM attachments WHERE id = $1`, id)
	p.rows += 2
	return false, err
}
