package policy

import (
	"math"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// The circuit breaker.
const (
	openAfter = 10 // failures in a row
	firstOpen = 5 * time.Second
	maxOpen   = time.Minute

	longestOpen = maxOpen * (100 + 100*waitJitter) / 100
)

// The limit of requests at once, after RFC 5681: it grows fast to a threshold, then by one per
// round of answers, and is halved by a sign of overload.
const (
	firstLimit    = 16
	fastLimit     = 32
	maxLimit      = 256
	fastAfterCalm = 10 * time.Second // after a failure it grows slowly for so long
)

// GateState tells whether an endpoint may be sent to.
type GateState int

// The states of the gate.
const (
	Closed   GateState = iota // the circuit is closed: send
	Open                      // send nothing
	HalfOpen                  // send one request at a time, as a probe
)

// String names the state.
func (s GateState) String() string { return [...]string{"closed", "open", "halfOpen"}[s] }

// Gate tells whether an endpoint may be sent to, and for Open until when it may not. It is open while the breaker
// is, and as long as the endpoint asked for. A nil h is a new endpoint's. A moment further ahead than either
// can be was set by a clock that was wrong, and counts for nothing.
func Gate(now bot9.Time, h *bot9.Health) (GateState, bot9.Time) {
	if h == nil {
		return Closed, 0
	}
	open := now < h.OpenUntil && openIsBelieved(now, h)
	paused := now < h.PausedUntil && h.PausedUntil.Sub(now) <= maxBusy
	switch {
	case open && paused:
		return Open, max(h.OpenUntil, h.PausedUntil)
	case open:
		return Open, h.OpenUntil
	case paused:
		return Open, h.PausedUntil
	case h.OpenUntil != 0:
		return HalfOpen, 0
	}
	return Closed, 0
}

// InFlightLimit returns how many requests the endpoint gets at once, from 1 to 256. A nil h is a
// new endpoint's.
func InFlightLimit(w *bot9.Webhook, h *bot9.Health) int {
	limit := firstLimit
	if h != nil {
		limit = int(concurrency(h))
	}
	if w.MaxInFlight > 0 {
		limit = min(limit, w.MaxInFlight)
	}
	return limit
}

// concurrency returns the stored limit, brought into bounds.
func concurrency(h *bot9.Health) float64 {
	if h.Concurrency == 0 || math.IsNaN(h.Concurrency) {
		return firstLimit
	}
	return min(max(h.Concurrency, 1), maxLimit)
}

func afterSuccess(now bot9.Time, h bot9.Health) bot9.Health {
	limit := concurrency(&h)
	calm := h.LastFailureAt == 0 || h.LastFailureAt > now || now.Sub(h.LastFailureAt) >= fastAfterCalm
	if calm && limit < fastLimit {
		limit++
	} else {
		limit += 1 / limit
	}
	h.Concurrency = min(limit, maxLimit)
	h.ConsecutiveFailures, h.FailingSince, h.FailingDays = 0, 0, 0
	h.OpenUntil, h.OpenCount = 0, 0
	h.LastSuccessAt = now
	return h
}

func afterFailure(now bot9.Time, h bot9.Health, a *bot9.Attempt, r Reply, jitter float64) bot9.Health {
	h.Concurrency = concurrency(&h)
	if r.Busy && clockSecond(now) != clockSecond(h.LastFailureAt) {
		h.Concurrency = max(h.Concurrency/2, 1)
	}
	h.ConsecutiveFailures++
	if h.FailingSince == 0 || h.FailingSince > now { // the latter if the clock was set back since
		h.FailingSince, h.FailingDays = now, 0
	}
	if h.FailingDays == 0 || DayOf(now) > DayOf(h.LastFailureAt) {
		h.FailingDays++
	}
	h.LastFailureAt, h.LastError = now, a.Error
	if asked := r.BusyFor; asked > 0 { // for the endpoint as a whole, whichever delivery it was told to
		if h.PausedUntil.Sub(now) > maxBusy { // by a clock that was wrong
			h.PausedUntil = 0
		}
		h.PausedUntil = max(h.PausedUntil, now.Add(asked))
	}
	if h.ConsecutiveFailures < openAfter {
		return h
	}
	// An attempt that began before the breaker opened doesn't open it for longer.
	if late := a.StartedAt < h.OpenUntil && openIsBelieved(now, &h); !late {
		h.OpenUntil = now.Add(stretch(openFor(h.OpenCount), waitJitter*jitter))
		h.OpenCount++
	}
	return h
}

// openFor is how long the breaker opens after it was opened so many times in a row, without jitter.
func openFor(times int) time.Duration {
	return min(firstOpen<<min(times, 10), maxOpen)
}

// openIsBelieved tells whether the breaker can have been opened until then by now. If not, the clock was set
// back since.
func openIsBelieved(now bot9.Time, h *bot9.Health) bool {
	longest := longestOpen
	if h.OpenCount > 0 {
		longest = stretch(openFor(h.OpenCount-1), waitJitter)
	}
	return h.OpenUntil.Sub(now) <= longest
}

// DayOf numbers the days, in UTC.
func DayOf(t bot9.Time) int64 { return int64(t) / (24 * time.Hour).Milliseconds() }

// clockSecond numbers the seconds. The limit is halved by the first failure of a second at most:
// counting from the failure before would let a dense row of failures pass as one.
func clockSecond(t bot9.Time) int64 { return int64(t) / 1000 }

// The states of a webhook in a window of time, as bot9.Stats shows them.
const (
	stateHealthy  = "healthy"
	stateDegraded = "degraded"
	stateFailing  = "failing"
	stateDisabled = "disabled"
	stateIdle     = "idle"
)

// degradedAfter is how many failures in a row show, however well the window was before them.
const degradedAfter = 5

// State sums up a webhook in a word, given how many attempts of the window succeeded and failed:
// disabled; idle without attempts; failing if none succeeded or the breaker isn't closed; degraded
// if more than one in twenty failed, or the last ones in a row; else healthy.
func State(w *bot9.Webhook, h *bot9.Health, succeeded, failed int64) string {
	switch {
	case w.Status == bot9.WebhookDisabled:
		return stateDisabled
	case succeeded+failed == 0:
		return stateIdle
	case succeeded == 0 || h != nil && h.OpenUntil != 0:
		return stateFailing
	case failed*20 > succeeded+failed, h != nil && h.ConsecutiveFailures >= degradedAfter:
		return stateDegraded
	default:
		return stateHealthy
	}
}
