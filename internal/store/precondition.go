package store

import (
	"context"

	"github.com/bot9/bot9/internal/bot9"
)

// hold keeps others from changing a row until the transaction is over, where the caller expects something of it.
func (t *tx) hold(ctx context.Context, table string, id int64) error {
	if bot9.PreconditionFrom(ctx) == nil {
		return nil
	}
	var held int64
	_, err := queryRow(t, `SELECT o.id FROM `+table+` o WHERE o.id = $1`+t.store.db.lock("o"), []any{id}, &held)
	return err
}

// meets refuses to go on if the object that was found isn't what the caller expects.
func meets(ctx context.Context, current any) error {
	expected := bot9.PreconditionFrom(ctx)
	if expected == nil {
		return nil
	}
	if err := expected(current); err != nil {
		return callerError{err}
	}
	return nil
}
