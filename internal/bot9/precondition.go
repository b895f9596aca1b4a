package bot9

import "context"

// Precondition is what a caller expects of an object that it changes or deletes, such as that nobody has changed it
// since the caller read it. It is given the object as it stands in the transaction that is about to write, and returns
// why the write must not be done. It must be pure: it may be asked again.
type Precondition func(current any) error

type preconditionKey struct{}

// WithPrecondition returns a context whose write is done only if the object that it is about meets p.
func WithPrecondition(ctx context.Context, p Precondition) context.Context {
	return context.WithValue(ctx, preconditionKey{}, p)
}

// PreconditionFrom returns what WithPrecondition put into ctx, nil if nothing.
func PreconditionFrom(ctx context.Context) Precondition {
	p, _ := ctx.Value(preconditionKey{}).(Precondition)
	return p
}
