package bot9

import "context"

// Idempotency is the caller's name for one write, so that sending the request again does not do
// it again. The first write of the request records it in its own transaction.
type Idempotency struct {
	Scope       int64 // the chatbot or account that the key belongs to
	Key         string
	Fingerprint [32]byte // of the request: the same key with another request is a mistake
	Recorded    bool     // set once a write has recorded it
}

type idempotencyKey struct{}

// WithIdempotency returns a context whose first write records i.
func WithIdempotency(ctx context.Context, i *Idempotency) context.Context {
	return context.WithValue(ctx, idempotencyKey{}, i)
}

// IdempotencyFrom returns what WithIdempotency put into ctx, nil if nothing.
func IdempotencyFrom(ctx context.Context) *Idempotency {
	i, _ := ctx.Value(idempotencyKey{}).(*Idempotency)
	return i
}
