package knowledge

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	lookAgain  = time.Second      // after which a worker that had nothing to do looks again
	troubled   = 10 * time.Second // after which it goes on after an error
	saveAfter  = time.Second      // of work, so that what is made helps soon and is written seldom
	stillThere = time.Minute      // of work, after which a worker says that it is still at it
	yielding   = 4                // how many times as long as it works a worker rests while deliveries are under way
	longestNap = time.Second
)

// WorkerStore is what a Worker reads and writes.
type WorkerStore interface {
	// TakeUnencoded takes documents of one chatbot of the account that comes after the given one.
	TakeUnencoded(ctx context.Context, after bot9.AccountID) (bot9.AccountID, []bot9.Document, error)
	// ExtendEncoding keeps them for longer.
	ExtendEncoding(ctx context.Context, ids []bot9.DocumentID) error
	SaveVectors(ctx context.Context, chatbot bot9.ChatbotID, encoder string, vectors []bot9.DocumentVectors) error
	// DropVectors removes some vectors of other encoders; more tells whether there are more.
	DropVectors(ctx context.Context, encoder string) (more bool, err error)
}

// Worker makes the vectors of all chatbots' documents, one text after the other, in turns between accounts. It keeps what it has
// done in the store, so that it goes on wherever it is stopped, and shares the work with the workers of other nodes.
type Worker struct {
	Store   WorkerStore
	Encoder Encoder
	Busy    func() bool // whether there is something more urgent to do
	Log     *slog.Logger
}

// Run works until ctx ends.
func (w *Worker) Run(ctx context.Context) {
	name := encoderName(w.Encoder)
	for more := true; more && ctx.Err() == nil; {
		var err error
		if more, err = w.Store.DropVectors(ctx, name); err != nil {
			w.complain(ctx, err)
			more = w.rest(ctx, troubled)
		}
	}
	last := bot9.AccountID(0)
	for ctx.Err() == nil {
		account, documents, err := w.Store.TakeUnencoded(ctx, last)
		if err == nil && len(documents) > 0 {
			last = account
			err = w.encode(ctx, name, documents)
		}
		switch {
		case err != nil:
			w.complain(ctx, err)
			w.rest(ctx, troubled)
		case account == 0:
			w.rest(ctx, lookAgain)
		}
	}
}

func (w *Worker) complain(ctx context.Context, err error) {
	if !errors.Is(err, context.Canceled) && ctx.Err() == nil {
		w.Log.ErrorContext(ctx, "work out what documents mean", "error", err)
	}
}

// encode makes the vectors of documents of one chatbot and stores them, some at a time.
func (w *Worker) encode(ctx context.Context, name string, documents []bot9.Document) error {
	var done []bot9.DocumentVectors
	worked, said := time.Duration(0), time.Now()
	save := func() error {
		if len(done) == 0 {
			return nil
		}
		err := w.Store.SaveVectors(ctx, documents[0].ChatbotID, name, done)
		done, worked = nil, 0
		return err
	}
	left := make([]bot9.DocumentID, len(documents))
	for i := range documents {
		left[i] = documents[i].ID
	}
	for i := range documents {
		vectors := bot9.DocumentVectors{DocumentID: documents[i].ID, UpdatedAt: documents[i].UpdatedAt}
		for _, text := range Texts(&documents[i]) {
			began := time.Now()
			made, err := w.Encoder.Encode(ctx, []string{text})
			if err != nil {
				return errors.Join(err, save())
			}
			for _, value := range Quantize(made[0]) {
				vectors.Vectors = append(vectors.Vectors, byte(value))
			}
			vectors.Dimensions = len(made[0])
			took := time.Since(began)
			worked += took
			if !w.giveWay(ctx, took) {
				return errors.Join(ctx.Err(), save())
			}
			if time.Since(said) > stillThere {
				said = time.Now()
				if err := w.Store.ExtendEncoding(ctx, left[i:]); err != nil {
					return err
				}
			}
		}
		done = append(done, vectors)
		if worked > saveAfter {
			if err := save(); err != nil {
				return err
			}
		}
	}
	return save()
}

// giveWay rests after some work if there is something more urgent. It tells whether to go on.
func (w *Worker) giveWay(ctx context.Context, worked time.Duration) bool {
	if !w.Busy() {
		return ctx.Err() == nil
	}
	return w.rest(ctx, min(yielding*worked, longestNap))
}

func (w *Worker) rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
