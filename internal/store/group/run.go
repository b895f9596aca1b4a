package group

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// Transaction is what writes run in.
type Transaction interface {
	// Mark is called before each write, with its context: nothing counts as changed yet.
	Mark(context.Context)
	// Changed tells whether anything was changed since Mark.
	Changed() bool
}

// Database commits groups.
type Database[T Transaction, N any] interface {
	// Transact commits what run does in one transaction, or nothing if run or the commit fails. It may
	// call run again.
	Transact(group []*Write[T, N], run func(T) error) error
	// Refusal tells whether an error is a write's own, after which the transaction can go on.
	Refusal(error) bool
	// Separable tells whether a group that failed with this error may succeed write by write, because one
	// unknown write is at fault.
	Separable(error) bool
	// Report turns an error into the caller's.
	Report(error) error
	// Rerun counts a group that runs again without the writes that were refused after a change.
	Rerun()
}

// ErrRefused is what Transact gets from run when the transaction must be rolled back for a write that was
// refused after it had changed something.
var ErrRefused = errors.New("group: a write was refused after it had changed something")

// PanicError is the failure of a write that panicked.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic in a write: %v\n%s", e.Value, e.Stack) }

// panicked: how far such a write came is anybody's guess.
func panicked(err error) bool {
	_, is := errors.AsType[*PanicError](err)
	return is
}

// Commit commits a group. A write that is refused before it has changed anything just gets its error. If
// any was refused later, the transaction is rolled back, the others run again without it, and each of these
// by itself: so a group costs two transactions at most, however many of its writes are refused.
func Commit[T Transaction, N any](db Database[T, N], group []*Write[T, N]) {
	together := group[:0]
	for _, w := range group {
		if w.Exclusive {
			commit(db, []*Write[T, N]{w})
		} else {
			together = append(together, w)
		}
	}
	if len(together) > 0 {
		commit(db, together)
	}
}

func commit[T Transaction, N any](db Database[T, N], group []*Write[T, N]) {
	var suspects []*Write[T, N]
	err := db.Transact(group, func(t T) error {
		suspects = runAll(db, t, group, suspects[:0])
		if len(suspects) > 0 {
			return ErrRefused
		}
		return nil
	})
	switch {
	case errors.Is(err, ErrRefused) && len(group) == 1:
		group[0].Done(db.Report(group[0].err))
	case errors.Is(err, ErrRefused):
		db.Rerun()
		separate(db, group, suspects)
	case err != nil && len(group) > 1 && db.Separable(err):
		for _, w := range group {
			commit(db, []*Write[T, N]{w})
		}
	default:
		for _, w := range group {
			if err != nil {
				w.err = err // also where it was refused: that may rest on what another one wrote
			}
			w.Done(db.Report(w.err))
		}
	}
}

// runAll runs the writes in one transaction, and adds to suspects those that failed after they had changed something.
// It stops at a failure that may have broken the transaction.
func runAll[T Transaction, N any](db Database[T, N], t T, group, suspects []*Write[T, N]) []*Write[T, N] {
	for _, w := range group {
		t.Mark(w.Context)
		if w.err = w.Context.Err(); w.err == nil {
			w.err = run(t, w)
		}
		if w.err == nil || !t.Changed() && !panicked(w.err) {
			continue
		}
		suspects = append(suspects, w)
		if panicked(w.err) || !db.Refusal(w.err) {
			break // the transaction may not be able to go on
		}
	}
	return suspects
}

// separate commits the writes of a group that was rolled back: the good ones together, the others singly.
func separate[T Transaction, N any](db Database[T, N], group, suspects []*Write[T, N]) {
	suspected := make(map[*Write[T, N]]bool, len(suspects))
	for _, w := range suspects {
		suspected[w] = true
	}
	var good []*Write[T, N]
	for _, w := range group {
		if !suspected[w] {
			good = append(good, w)
		}
	}
	if len(good) > 0 {
		commit(db, good)
	}
	for _, w := range suspects {
		commit(db, []*Write[T, N]{w})
	}
}

// run does a write's work. A panic in it, for instance in a caller's decision, is the failure of this write
// and not the end of all others.
func run[T Transaction, N any](t T, w *Write[T, N]) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{p, debug.Stack()}
		}
	}()
	return w.Work(t)
}
