package policy

import (
	"net/http"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// Reply is what an attempt tells about its destination. Everything else in this package, and the dispatcher, goes by
// it and knows no HTTP; a destination of another kind needs only its own way to a Reply.
type Reply struct {
	Kind ReplyKind
	// Busy: the destination has too much to do, so it gets fewer deliveries at once. BusyFor is how long it asked to
	// be left alone, at most an hour; 0 if it didn't.
	Busy    bool
	BusyFor time.Duration
	// Poison: the delivery itself may be the reason for the failure.
	Poison bool
	// Again is how long this side waits before it repeats an attempt that doesn't count.
	Again time.Duration
}

// ReplyKind sorts replies.
type ReplyKind uint8

// The kinds of replies.
const (
	Failed    ReplyKind = iota // the delivery failed, and is attempted again
	Accepted                   // the destination has it
	Gone                       // the destination wants nothing any more
	BrokenOff                  // this side broke the attempt off; it counts against nobody
)

// ReplyOf reads the attempt of a webhook. Statuses are those of RFC 9110: 410 Gone; 429 Too Many Requests (RFC 6585)
// and 503 Service Unavailable, which may say for how long (Retry-After, section 10.2.3).
func ReplyOf(a *bot9.Attempt) Reply {
	switch a.Outcome {
	case bot9.OutcomeSuccess:
		return Reply{Kind: Accepted}
	case bot9.OutcomeCanceled:
		return Reply{Kind: BrokenOff, Again: a.RetryAfter}
	}
	r := Reply{Kind: Failed}
	switch a.ResponseStatus {
	case http.StatusGone:
		r.Kind = Gone
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		r.Busy, r.BusyFor = true, min(a.RetryAfter, maxBusy)
	}
	askedPatience := a.ResponseStatus == http.StatusTooManyRequests || a.RetryAfter > 0
	switch a.Outcome {
	case bot9.OutcomeConnect:
		r.Busy = true
	case bot9.OutcomeTimeout:
		r.Busy, r.Poison = true, !askedPatience
	case bot9.OutcomeStatus, bot9.OutcomeRedirect, bot9.OutcomeProtocol:
		r.Poison = !askedPatience
	}
	return r
}
