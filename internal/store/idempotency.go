package store

import (
	"context"

	"github.com/bot9/bot9/internal/bot9"
)

// named makes of a write one that also records what its caller called the request, and the answer, so that effect
// and answer are one transaction. They are recorded last: a write that refuses has changed nothing by then.
func named(i *bot9.Idempotency, result any, work func(*tx) error) func(*tx) error {
	return func(t *tx) error {
		if !i.Recorded {
			if err := t.refuseUsed(i); err != nil {
				return err
			}
		}
		t.unanswered = 0
		if err := work(t); err != nil {
			return err
		}
		return t.recordAnswer(i, result)
	}
}

// refuseUsed fails with Conflict "idempotencyKeyUsed" if the name was used before.
func (t *tx) refuseUsed(i *bot9.Idempotency) error {
	var used int64
	_, err := queryRow(t, `SELECT 1 FROM idempotency WHERE scope = $1 AND key = $2`, []any{i.Scope, i.Key}, &used)
	if err == nil && used == 1 {
		err = bot9.Errorf(bot9.Conflict, codeKeyUsed, "This idempotency key was used before.")
	}
	return err
}

const codeKeyUsed = "idempotencyKeyUsed"

// recordAnswer notes the name and the answer; without the answer if the write asked a question.
func (t *tx) recordAnswer(i *bot9.Idempotency, result any) error {
	var answer []byte
	if t.unanswered == 0 && i.Answer != nil {
		var err error
		if answer, err = i.Answer(result); err != nil {
			return callerError{err}
		}
	}
	if i.Recorded {
		return t.queue(`UPDATE idempotency SET answer = $1 WHERE scope = $2 AND key = $3`, answer, i.Scope, i.Key)
	}
	return t.queue(`INSERT INTO idempotency (scope, key, principal, fingerprint, answer, question, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		i.Scope, i.Key, i.Principal, i.Fingerprint[:], answer, int64(t.unanswered), int64(t.now))
}

// FindAnswer looks up a request by the name that its caller gave it.
func (s *Store) FindAnswer(ctx context.Context, scope int64, key string) (a bot9.FirstAnswer, found bool, err error) {
	err = s.read(ctx, func(r session) error {
		var print []byte
		var owed int64
		found, err = queryRow(r, `SELECT i.fingerprint, i.principal, i.answer, i.question,
				CASE WHEN EXISTS (SELECT 1 FROM owed_answers o WHERE o.question = i.question) THEN 1 ELSE 0 END
			FROM idempotency i WHERE i.scope = $1 AND i.key = $2`, []any{scope, key}, &print, &a.Principal, &a.Sealed, (*int64)(&a.Question), &owed)
		copy(a.Fingerprint[:], print)
		a.Owed = owed == 1
		return err
	})
	return a, found, err
}

// ownerGone owns the answers that a dead process of an embedded database owed; only one process has it at a time.
const ownerGone = -1

// oweAnswer notes a question that has still to be answered.
func (t *tx) oweAnswer(chatbot bot9.ChatbotID, question bot9.Message) error {
	t.unanswered = question.ID
	return t.queue(`INSERT INTO owed_answers (question, chatbot_id, owner) VALUES ($1, $2, $3)`,
		int64(question.ID), int64(chatbot), t.store.owner.Load())
}

// endOwedAnswer ends what is owed. It fails with Conflict "notOwed" if somebody did so before; whoever owes has locked
// the conversation, so that this decides it.
func (t *tx) endOwedAnswer(question bot9.MessageID) error {
	var owed int64
	if _, err := queryRow(t, `SELECT 1 FROM owed_answers WHERE question = $1`, []any{int64(question)}, &owed); err != nil {
		return err
	}
	if owed == 0 {
		return bot9.Errorf(bot9.Conflict, "notOwed", "The question was answered, or given up, before.")
	}
	return t.queue(`DELETE FROM owed_answers WHERE question = $1`, int64(question))
}

// OwedAnswers returns questions that this process owes an answer, or that a process owed that is no more, oldest
// first and at most limit.
func (s *Store) OwedAnswers(ctx context.Context, limit int) (owed []bot9.OwedAnswer, err error) {
	err = s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			var o bot9.OwedAnswer
			var owner int64
			m := &o.Question
			err := scan((*int64)(&o.ChatbotID), &owner, (*int64)(&m.ID), (*int64)(&m.ConversationID), (*string)(&m.ChatUser), &m.Text)
			m.CreatedAt = m.ID.Time()
			o.Gone = owner != s.owner.Load()
			owed = append(owed, o)
			return err
		}, `SELECT o.chatbot_id, o.owner, m.id, m.conversation_id, m.chat_user, m.text FROM owed_answers o JOIN messages m ON m.id = o.question
			WHERE o.owner = $1 OR `+s.db.ownerIsGone("o.owner")+` ORDER BY o.question LIMIT $2`, s.owner.Load(), limit)
	})
	return owed, err
}
