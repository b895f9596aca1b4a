package policy

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bot9/bot9/internal/bot9"
)

func TestBucketSpacesEvenly(t *testing.T) {
	var b Bucket
	if ok, next := b.Take(now, 4); !ok || next != now.Add(250*time.Millisecond) {
		t.Fatalf("first turn: %v, next in %v", ok, next.Sub(now))
	}
	if ok, next := b.Take(now.Add(249*time.Millisecond), 4); ok || next != now.Add(250*time.Millisecond) {
		t.Fatalf("too early: %v, next in %v", ok, next.Sub(now))
	}
	if ok, _ := b.Take(now.Add(250*time.Millisecond), 4); !ok {
		t.Fatal("no turn when it was due")
	}
	if ok, next := b.Take(now.Add(time.Hour), 4); !ok || next != now.Add(time.Hour+250*time.Millisecond) {
		t.Fatalf("after a rest: %v, next in %v: turns were saved up", ok, next.Sub(now.Add(time.Hour)))
	}
}

func TestBucketFollowsAChangedRate(t *testing.T) {
	var b Bucket
	b.Take(now, 0.001)
	if ok, _ := b.Take(now.Add(100*time.Millisecond), 10); !ok {
		t.Error("still waits as the old rate has it")
	}
}

func TestBucketWithoutRate(t *testing.T) {
	var b Bucket
	for range 3 {
		if ok, next := b.Take(now, 0); !ok || next != now {
			t.Fatalf("got %v, next %v", ok, next)
		}
	}
}

// Whoever comes when told gets a turn, the rate is kept in any window, and reached, whatever it is.
func TestBucketKeepsRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Float64Range(0.1, 5000).Draw(t, "per second")
		late := rapid.IntRange(0, 3).Draw(t, "late by ms")
		var b Bucket
		at, taken := now, 0
		for range 2000 {
			ok, next := b.Take(at, rate)
			if ok {
				taken++
			}
			if next > at {
				at = next + bot9.Time(late)
				if ok, _ := b.Take(at, rate); !ok {
					t.Fatalf("no turn at %v, when it was due", at)
				}
				taken++
			}
		}
		seconds := at.Sub(now).Seconds()
		if most := (seconds+0.011)*rate + 1; float64(taken) > most {
			t.Fatalf("%d turns in %.3f s at %.1f/s", taken, seconds, rate)
		}
		if rate > 500 && float64(taken) < 0.99*seconds*rate {
			t.Fatalf("only %d turns in %.3f s at %.1f/s", taken, seconds, rate)
		}
	})
}
