package lifecycle

import "github.com/bot9/bot9/internal/bot9"

// Verdict is what becomes of a delivery after an attempt.
type Verdict int

// The verdicts.
const (
	Done     Verdict = iota // delivered
	Retry                   // failed; it is attempted again, and its conversation waits
	SetAside                // failed; it is attempted again, and its conversation goes on
	GiveUp                  // failed for good
	Repeat                  // broken off by this side: the same attempt again, and it counts against nobody
)

// String names the verdict.
func (v Verdict) String() string {
	return [...]string{"done", "retry", "setAside", "giveUp", "repeat"}[v]
}

// Next is the status that a verdict leads to. Repeat leaves everything as it was, which Pending stands
// for. What was set aside stays so.
func Next(v Verdict, before bot9.DeliveryStatus) bot9.DeliveryStatus {
	switch v {
	case Done:
		return bot9.DeliverySucceeded
	case GiveUp:
		return bot9.DeliveryFailed
	case SetAside:
		return bot9.DeliverySetAside
	case Retry:
		if before == bot9.DeliverySetAside {
			return bot9.DeliverySetAside
		}
		return bot9.DeliveryRetrying
	default:
		return bot9.DeliveryPending
	}
}

// Effect is what a committed result does to its delivery.
type Effect struct {
	Cause    Cause
	Finished bool // it moves to the history, else it is ready again
	Counts   bool // the attempt counts, and is kept
	OwnLane  bool // it is a lane of its own from now on
	Frees    bool // the next of its lane is promoted
}

// EffectOf is the effect of a result that leads to next, on a delivery of this status before.
func EffectOf(next, before bot9.DeliveryStatus, inLane bool) Effect {
	switch next {
	case bot9.DeliverySucceeded:
		return Effect{Cause: Succeeded, Finished: true, Counts: true, Frees: inLane}
	case bot9.DeliveryFailed:
		return Effect{Cause: GivenUp, Finished: true, Counts: true, Frees: inLane}
	case bot9.DeliveryCanceled:
		return Effect{Cause: Canceled, Finished: true, Counts: true, Frees: inLane}
	case bot9.DeliverySetAside:
		return Effect{Cause: LeftLane, Counts: true, OwnLane: true, Frees: inLane}
	case bot9.DeliveryPending:
		return Effect{Cause: Repeated}
	default:
		if before == bot9.DeliverySetAside { // once out of order it stays so
			return Effect{Cause: LeftLane, Counts: true, OwnLane: true}
		}
		return Effect{Cause: Retried, Counts: true}
	}
}
