package policy

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bot9/bot9/internal/bot9"
)

// TestAClockAheadDisablesNothing lets an endpoint fail for 3 seconds, in the middle of which the clock steps ahead.
func TestAClockAheadDisablesNothing(t *testing.T) {
	for _, back := range []bool{false, true} {
		w, at := &bot9.Webhook{}, now
		var h bot9.Health
		for i := range 30 {
			at = at.Add(100 * time.Millisecond)
			if i == 15 {
				at = at.Add(6 * 24 * time.Hour)
			}
			if i == 25 && back {
				at = at.Add(-6 * 24 * time.Hour)
			}
			var decision Decision
			if decision, h = Decide(at, w, &bot9.Delivery{Attempts: 1}, h, &bot9.Attempt{Outcome: bot9.OutcomeConnect, StartedAt: at}, 0); decision.Disable {
				t.Fatalf("attempt %d switched the webhook off, after 3 s of failing", i)
			}
		}
	}
}

// TestFiveDaysOfFailingDisable has one attempt every 6 hours.
func TestFiveDaysOfFailingDisable(t *testing.T) {
	w, at := &bot9.Webhook{}, now
	var h bot9.Health
	for i := 0; ; i++ {
		var decision Decision
		decision, h = Decide(at, w, &bot9.Delivery{Attempts: 1}, h, &bot9.Attempt{Outcome: bot9.OutcomeConnect, StartedAt: at}, 0)
		if decision.Disable {
			if i != 20 {
				t.Errorf("switched off at attempt %d, %v after the first", i, at.Sub(now))
			}
			return
		}
		if at = at.Add(6 * time.Hour); i > 20 {
			t.Fatalf("not switched off %v after the first failure: %+v", at.Sub(now), h)
		}
	}
}

// However a clock is set back, the breaker is open for no longer than it may be, and opens again.
func TestAClockSetBackHaltsNoBreaker(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, at := &bot9.Webhook{}, now
		var h bot9.Health
		for range rapid.IntRange(openAfter, 30).Draw(t, "failures") {
			_, h = Decide(at, w, &bot9.Delivery{Attempts: 1}, h, failureAt(at), rapid.Float64Range(0, 0.999).Draw(t, "jitter"))
			at = max(at, h.OpenUntil)
		}
		back := at.Add(-time.Duration(rapid.IntRange(0, 1_000_000).Draw(t, "set back")) * time.Millisecond)
		longest := stretch(openFor(h.OpenCount-1), waitJitter)
		if state, until := Gate(back, &h); state == Open {
			if until > back.Add(longest) {
				t.Fatalf("open for %v after the clock was set back", until.Sub(back))
			}
			back = until
		}
		_, h = Decide(back, w, &bot9.Delivery{Attempts: 1}, h, failureAt(back), 0)
		if state, _ := Gate(back, &h); state != Open {
			t.Fatalf("%v after a probe that failed", state)
		}
	})
}

func failureAt(at bot9.Time) *bot9.Attempt {
	return &bot9.Attempt{Outcome: bot9.OutcomeStatus, ResponseStatus: 500, StartedAt: at}
}

func TestABucketSurvivesAClockThatIsSetBack(t *testing.T) {
	var b Bucket
	b.Take(now, 4)
	back := ago(time.Hour)
	if ok, next := b.Take(back, 4); ok || next != back.Add(250*time.Millisecond) {
		t.Fatalf("%v, next in %v", ok, next.Sub(back))
	}
	if ok, _ := b.Take(back.Add(250*time.Millisecond), 4); !ok {
		t.Error("no turn when it was due")
	}
}

// Whatever happens to the wall clock, a steady one never goes back by more than a clock may be off, unless it is set
// back by more than an hour; it gains no time while nothing sets it ahead, and comes to agree with the wall clock.
func TestASteadyClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var clock Steady
		wall, elapsed := now, time.Duration(0)
		before, lead := clock.Now(wall, elapsed), time.Duration(0)
		for range rapid.IntRange(1, 30).Draw(t, "readings") {
			passed := time.Duration(rapid.IntRange(0, 100_000).Draw(t, "passed")) * time.Millisecond
			back := time.Duration(rapid.SampledFrom([]int{0, 0, 0, 2, 100, 600}).Draw(t, "set back")) * time.Second
			if lead+back > maxLead {
				back = 0
			}
			wall, elapsed, lead = wall.Add(passed-back), elapsed+passed, max(lead+back-passed/catchUp, 0)
			got := clock.Now(wall, elapsed)
			if slowest := passed * 9 / 10; got.Sub(before) < slowest-time.Millisecond || got.Sub(before) > passed+time.Millisecond {
				t.Fatalf("went on by %v, where %v passed", got.Sub(before), passed)
			}
			before = got
		}
		wall, elapsed = wall.Add(catchUp*maxLead), elapsed+catchUp*maxLead
		if got := clock.Now(wall, elapsed); got != wall {
			t.Fatalf("still %v ahead in the end", got.Sub(wall))
		}
		ahead := wall.Add(6 * 24 * time.Hour)
		if got := clock.Now(ahead, elapsed); got != ahead {
			t.Fatalf("%v, when the clock was set to %v", got, ahead)
		}
		if got := clock.Now(wall, elapsed); got != wall.Add(maxLead) {
			t.Fatalf("%v ahead after the clock was set back by 6 days", got.Sub(wall))
		}
	})
}
