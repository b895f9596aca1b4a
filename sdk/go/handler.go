package bot9hooks

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// What a Handler does if its options don't say otherwise.
const (
	DefaultMaxBodyBytes = 1 << 20
	DefaultLease        = time.Minute
)

// Options are a Handler's settings. Only Secrets must be set.
type Options struct {
	// Secrets, Tolerance and Now are the Verifier's.
	Secrets   []string
	Tolerance time.Duration
	Now       func() time.Time

	// MaxBodyBytes is the largest body that is read; DefaultMaxBodyBytes if zero.
	MaxBodyBytes int64

	// Dedupe remembers what was handled; a MemoryDedupe if nil.
	Dedupe DedupeStore
	// Lease is how long an event counts as being handled when nobody says that it was; DefaultLease
	// if zero. It must be longer than handling takes.
	Lease time.Duration

	// OnSequenceProblem hears of gaps, duplicates and late events in a conversation; nil switches
	// the check off. It makes sense only for a webhook with all events ("*") and no filter, since
	// the others see gaps all the time. It runs before the event is handled; an error of its own
	// fails the event as if handling had failed, but for a duplicate.
	OnSequenceProblem func(ctx context.Context, problem SequenceProblem, event Event) error
	// Sequences remembers where each conversation is; a MemorySequences if nil.
	Sequences SequenceStore

	// OnError hears why an answer was 500 or 503, and of a store that failed after the event was
	// handled. It logs with slog if nil.
	OnError func(ctx context.Context, err error, event Event)
}

// Handler receives deliveries: it verifies, drops duplicates, checks the sequence, calls the
// function given for the event, and answers. Give it its functions before it serves.
type Handler struct {
	options  Options
	verifier Verifier
	handle   map[string]func(context.Context, Event) error
	other    func(context.Context, Event) error
}

// NewHandler makes a Handler. It fails with a *WebhookError if the secrets are not in order.
func NewHandler(options Options) (*Handler, error) {
	if _, err := parseSecrets(options.Secrets); err != nil {
		return nil, err
	}
	options.MaxBodyBytes = cmp.Or(options.MaxBodyBytes, DefaultMaxBodyBytes)
	options.Lease = cmp.Or(options.Lease, DefaultLease)
	if options.Dedupe == nil {
		options.Dedupe = NewMemoryDedupe(0, 0)
	}
	if options.Sequences == nil {
		options.Sequences = NewMemorySequences(0)
	}
	if options.OnError == nil {
		options.OnError = logError
	}
	return &Handler{
		options:  options,
		verifier: Verifier{Secrets: options.Secrets, Tolerance: options.Tolerance, Now: options.Now},
		handle:   map[string]func(context.Context, Event) error{},
	}, nil
}

// On has handle called for each event of the type that T belongs to, such as MessageReceivedData.
// An error makes the answer 500, so that Bot9 sends the event again.
func On[T Data](h *Handler, handle func(ctx context.Context, event Event, data T) error) {
	var zero T
	h.OnEvent(zero.EventType(), func(ctx context.Context, event Event) error {
		data, err := DataOf[T](event)
		if err != nil {
			return err
		}
		return handle(ctx, event, data)
	})
}

// OnEvent has handle called for each event of the type with this name, such as one of your own
// custom.* types. The function given last for a type counts.
func (h *Handler) OnEvent(eventType string, handle func(ctx context.Context, event Event) error) {
	h.handle[eventType] = handle
}

// OnOther has handle called for each event that no other function was given for. Without it they
// are acknowledged and ignored.
func (h *Handler) OnOther(handle func(ctx context.Context, event Event) error) {
	h.other = handle
}

// Receive handles one delivery and tells what to answer: what ServeHTTP does between reading the
// body and writing the answer.
func (h *Handler) Receive(ctx context.Context, header http.Header, body []byte) Answer {
	if err := h.verifier.Verify(body, header); err != nil {
		return answerError(err)
	}
	event, err := ParseEvent(body)
	if err != nil {
		return answerError(err)
	}
	id := header.Get(HeaderID)
	claim, err := h.options.Dedupe.Claim(ctx, id, h.options.Lease)
	if err != nil {
		return h.failed(ctx, answerStoreUnavailable, err, event)
	}
	switch claim.Result {
	case InProgress:
		return answerInProgress
	case Handled:
		h.checkSequence(ctx, event, true) // whatever comes of it: the event is handled
		return answerDuplicate
	default:
		return h.receiveClaimed(ctx, id, claim.Token, event)
	}
}

// receiveClaimed handles an event that is the caller's to handle. What it tells the stores it
// tells them even when the sender has hung up.
func (h *Handler) receiveClaimed(ctx context.Context, id, token string, event Event) Answer {
	storeCtx := context.WithoutCancel(ctx)
	done := false
	defer func() {
		if done {
			return
		}
		if err := h.options.Dedupe.Release(storeCtx, id, token); err != nil {
			h.options.OnError(storeCtx, fmt.Errorf("release the claim: %w", err), event)
		}
	}()
	if answer, ok := h.checkSequence(ctx, event, false); !ok {
		return answer
	}
	answer := answerHandled
	handle := h.handle[event.Type]
	if handle == nil {
		handle = h.other
	}
	if handle == nil {
		answer = answerIgnored
	} else if err := handle(ctx, event); err != nil {
		return h.failed(ctx, answerHandlerFailed, err, event)
	}
	done = true
	// The event is handled, so the answer is a success even if a store fails now: a failure would
	// have it handled twice.
	if h.watches(event) {
		if err := h.options.Sequences.Advance(storeCtx, event.ConversationID, event.Sequence); err != nil {
			h.options.OnError(storeCtx, fmt.Errorf("record the sequence: %w", err), event)
		}
	}
	if err := h.options.Dedupe.Commit(storeCtx, id, token); err != nil {
		h.options.OnError(storeCtx, fmt.Errorf("commit the claim: %w", err), event)
	}
	return answer
}

// checkSequence reports a problem with the event's place, if there is one. It returns the answer,
// and false, where the event can't be handled for that.
func (h *Handler) checkSequence(ctx context.Context, event Event, duplicate bool) (Answer, bool) {
	if !h.watches(event) {
		return Answer{}, true
	}
	last, err := h.options.Sequences.Last(ctx, event.ConversationID)
	if err != nil {
		return h.failed(ctx, answerStoreUnavailable, err, event), false
	}
	problem := SequenceProblem{kindOf(event.Sequence, last, duplicate), event.ConversationID, last, event.Sequence}
	if problem.Kind == "" {
		return Answer{}, true
	}
	if err := h.options.OnSequenceProblem(ctx, problem, event); err != nil {
		return h.failed(ctx, answerHandlerFailed, err, event), false
	}
	return Answer{}, true
}

// watches tells whether the event's place in its conversation is checked.
func (h *Handler) watches(event Event) bool {
	return h.options.OnSequenceProblem != nil && event.ConversationID != "" && event.Sequence > 0
}

// failed reports err and returns the answer.
func (h *Handler) failed(ctx context.Context, answer Answer, err error, event Event) Answer {
	h.options.OnError(ctx, err, event)
	return answer
}

func logError(ctx context.Context, err error, event Event) {
	slog.ErrorContext(ctx, "bot9 webhook", "error", err, "event", event.Type, "id", event.ID)
}
