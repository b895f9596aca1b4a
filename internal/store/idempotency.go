package store

import (
	"context"

	"github.com/bot9/bot9/internal/bot9"
)

// recordIdempotency notes the caller's name for the write that runs in this transaction. It fails
// with Conflict "idempotencyKeyUsed" if the name was used before.
func (t *tx) recordIdempotency(i *bot9.Idempotency) error {
	var used int64
	_, err := queryRow(t, `SELECT 1 FROM idempotency WHERE scope = $1 AND key = $2`, []any{i.Scope, i.Key}, &used)
	if err != nil {
		return err
	}
	if used == 1 {
		return bot9.Errorf(bot9.Conflict, "idempotencyKeyUsed", "This idempotency key was used before.")
	}
	_, err = t.exec(`INSERT INTO idempotency (scope, key, fingerprint, created_at) VALUES ($1, $2, $3, $4)`,
		i.Scope, i.Key, i.Fingerprint[:], int64(t.now))
	return err
}

// FindAnswer looks up a call by the name that its caller gave it: the fingerprint of the request,
// and the sealed answer, which is nil until SaveAnswer.
func (s *Store) FindAnswer(ctx context.Context, scope int64, key string) (fingerprint [32]byte, sealed []byte, found bool, err error) {
	err = s.read(ctx, func(r session) error {
		var print []byte
		found, err = queryRow(r, `SELECT fingerprint, answer FROM idempotency WHERE scope = $1 AND key = $2`, []any{scope, key}, &print, &sealed)
		copy(fingerprint[:], print)
		return err
	})
	return fingerprint, sealed, found, err
}

// SaveAnswer keeps the sealed answer of a recorded call, so that the call can be answered again.
func (s *Store) SaveAnswer(ctx context.Context, scope int64, key string, sealed []byte) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE idempotency SET answer = $1 WHERE scope = $2 AND key = $3`, sealed, scope, key)
		return err
	})
}
