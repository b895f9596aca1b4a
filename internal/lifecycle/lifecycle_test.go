package lifecycle

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/bot9/bot9/internal/bot9"
)

var states = []State{None, Direct, Waiting, Ready, Taken, Finished, Purged}

// TestEveryStateIsReachedAndLeft walks the table: nothing is unreachable, nothing but Purged is an end,
// and no line stands there twice.
func TestEveryStateIsReachedAndLeft(t *testing.T) {
	reached := map[State]bool{None: true}
	for range states {
		for _, m := range Moves {
			if reached[m.From] {
				reached[m.To] = true
			}
		}
	}
	for _, s := range states {
		if !reached[s] {
			t.Errorf("no move leads to %s", s)
		}
		leaves := slices.ContainsFunc(Moves, func(m Move) bool { return m.From == s && m.To != s })
		if leaves == (s == Purged) {
			t.Errorf("%s is left: %v", s, leaves)
		}
	}
	for i, m := range Moves {
		if slices.Contains(Moves[:i], m) {
			t.Errorf("%v stands there twice", m)
		}
	}
	for cause := Queued; cause <= Expired; cause++ {
		if !slices.ContainsFunc(Moves, func(m Move) bool { return m.Cause == cause }) {
			t.Errorf("cause %d moves nothing", cause)
		}
	}
}

// TestLaneKeepsItsOrder moves the deliveries of one lane at random, as the table allows, and promotes
// when a head leaves: at most one ever holds the lane, and it is the oldest that is still in it.
func TestLaneKeepsItsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type delivery struct {
			state State
			alone bool // left the lane, is still to be sent
		}
		var lane []*delivery
		first := func() *delivery {
			for _, d := range lane {
				if !d.alone && (d.state.InBacklog() || d.state == Direct) {
					return d
				}
			}
			return nil
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			d := &delivery{}
			if len(lane) > 0 && rapid.Bool().Draw(t, "an old one") {
				d = rapid.SampledFrom(lane).Draw(t, "delivery")
			}
			var possible []Move
			occupied := first() != nil
			for _, m := range Moves {
				enters := m.From == None && (m.Cause == Queued) == occupied
				later := m.From != None && m.Cause != Promoted
				if m.From == d.state && (enters || later) {
					possible = append(possible, m)
				}
			}
			if len(possible) == 0 {
				continue
			}
			m := rapid.SampledFrom(possible).Draw(t, "move")
			if m.From == None {
				lane = append(lane, d)
			}
			d.state = m.To
			d.alone = d.alone || m.Cause == LeftLane || m.Cause == Reopened
			if head := first(); head != nil && head.state == Waiting {
				if !Allows(head.state, Promoted) {
					t.Fatal("the next of the lane can't be promoted")
				}
				head.state = rapid.SampledFrom([]State{Ready, Taken}).Draw(t, "promoted to")
			}
			holding := 0
			for _, other := range lane {
				if !other.alone && other.state.HoldsLane() {
					holding++
					if other != first() {
						t.Fatalf("a delivery that is %s is not the first of its lane", other.state)
					}
				}
			}
			if holding > 1 || (holding == 0 && first() != nil) {
				t.Fatalf("%d deliveries hold the lane", holding)
			}
		}
	})
}

func TestRowNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		node := rapid.Int64Range(0, 1<<40).Draw(t, "node")
		if got := OfRow(TakenBy(node)); got != Taken {
			t.Fatalf("a row taken by %d is %s", node, got)
		}
	})
	if OfRow(RowWaiting) != Waiting || OfRow(RowReady) != Ready {
		t.Fatal("a row of the backlog has another state than its number says")
	}
}

// TestStatusesAreDisjoint: a delivery has exactly one status, and a list that asks for that status, and
// no other, finds it.
func TestStatusesAreDisjoint(t *testing.T) {
	unfinished := []bot9.DeliveryStatus{bot9.DeliveryPending, bot9.DeliveryRetrying, bot9.DeliverySetAside, bot9.DeliveryHeld}
	rapid.Check(t, func(t *rapid.T) {
		attempts := rapid.IntRange(0, 20).Draw(t, "attempts")
		setAside := attempts > 0 && rapid.Bool().Draw(t, "set aside")
		webhook := rapid.SampledFrom([]bot9.WebhookStatus{bot9.WebhookEnabled, bot9.WebhookDisabled}).Draw(t, "webhook")
		d := bot9.Delivery{Attempts: attempts, NextAttemptAt: 7}
		state := rapid.SampledFrom([]State{Direct, Waiting, Ready, Taken}).Draw(t, "state")
		Show(&d, state, setAside, webhook)
		if !d.Status.Unfinished() {
			t.Fatalf("an unfinished delivery is %s", d.Status)
		}
		if known := state != Waiting && webhook == bot9.WebhookEnabled; (d.NextAttemptAt != 0) != known {
			t.Fatalf("%s and %s: the next attempt is at %d", state, d.Status, d.NextAttemptAt)
		}
		var found []bot9.DeliveryStatus
		for _, status := range unfinished {
			tried, aside, ok := Shown(status)
			if MayShow(status, webhook) && (!ok || tried == (attempts > 0) && aside == setAside) {
				found = append(found, status)
			}
		}
		if !slices.Equal(found, []bot9.DeliveryStatus{d.Status}) {
			t.Fatalf("a delivery that is %s is found as %v", d.Status, found)
		}
	})
	if MayShow(bot9.DeliverySucceeded, bot9.WebhookEnabled) || !MayShow("", bot9.WebhookDisabled) {
		t.Fatal("MayShow confuses finished with any")
	}
}

// TestVerdictsFollowTheTable: what a verdict does to a delivery is a move of the table, and what leaves
// a lane frees it.
func TestVerdictsFollowTheTable(t *testing.T) {
	before := []bot9.DeliveryStatus{bot9.DeliveryPending, bot9.DeliveryRetrying, bot9.DeliverySetAside}
	for v := Done; v <= Repeat; v++ {
		for _, status := range before {
			inLane := status != bot9.DeliverySetAside
			next := Next(v, status)
			effect := EffectOf(next, status, inLane)
			to := Ready
			if effect.Finished {
				to = Finished
			}
			if !slices.Contains(Moves, Move{Taken, effect.Cause, to, Dispatcher}) {
				t.Errorf("%s of a delivery that is %s: there is no move from taken to %s for cause %d", v, status, to, effect.Cause)
			}
			if effect.Finished == next.Unfinished() {
				t.Errorf("%s leads to %s, and finishes the delivery: %v", v, next, effect.Finished)
			}
			if effect.Frees != (inLane && (effect.Finished || effect.OwnLane)) {
				t.Errorf("%s of a delivery that is %s frees its lane: %v", v, status, effect.Frees)
			}
			if status == bot9.DeliverySetAside && v == Retry && next != bot9.DeliverySetAside {
				t.Errorf("what was set aside is %s after a retry", next)
			}
			if effect.Counts == (v == Repeat) {
				t.Errorf("%s counts: %v", v, effect.Counts)
			}
		}
	}
}
