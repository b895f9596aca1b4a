package bot9

import "context"

// Idempotency is the caller's name for one request, so that sending it again does not do it again. The write that
// has the request's effect records the name and the answer in its own transaction.
type Idempotency struct {
	Scope       int64 // the chatbot or account that the key belongs to
	Principal   int64 // the key or member that calls; the answer is for nobody else
	Key         string
	Fingerprint [32]byte // of the request: the same key with another request is a mistake

	// Answer makes the sealed answer from what the write returns, a pointer to it. It runs inside the transaction,
	// perhaps more than once, so it must be quick and must change nothing.
	Answer func(result any) ([]byte, error)

	Recorded bool // set once a write has recorded the key
	Answered bool // set once a write has recorded the answer too
	Refused  bool // set when a write found that another request had recorded the key
}

type idempotencyKey struct{}

// WithIdempotency returns a context whose writes record i.
func WithIdempotency(ctx context.Context, i *Idempotency) context.Context {
	return context.WithValue(ctx, idempotencyKey{}, i)
}

// IdempotencyFrom returns what WithIdempotency put into ctx, nil if nothing.
func IdempotencyFrom(ctx context.Context) *Idempotency {
	i, _ := ctx.Value(idempotencyKey{}).(*Idempotency)
	return i
}

// MapAnswer has the answer of the request made from what view makes of the write's result: where the caller of the
// store adds something that its own caller is to be told.
func MapAnswer[R, T any](ctx context.Context, view func(R) T) {
	i := IdempotencyFrom(ctx)
	if i == nil || i.Answer == nil {
		return
	}
	inner := i.Answer
	i.Answer = func(result any) ([]byte, error) {
		seen := view(*result.(*R))
		return inner(&seen)
	}
}

// FirstAnswer is what is kept of a request that named itself.
type FirstAnswer struct {
	Fingerprint [32]byte
	Principal   int64     // 0: of a version that didn't tell
	Sealed      []byte    // nil: not known, or not yet
	Question    MessageID // what the request asked, where its answer takes a second transaction
	Owed        bool      // Question has still to be answered
}

// OwedAnswer is a question that was stored and not answered.
type OwedAnswer struct {
	ChatbotID ChatbotID
	Question  Message
	Gone      bool // the process that was to answer it is no more
}
