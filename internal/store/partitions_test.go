package store

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bot9/bot9/internal/bot9"
)

// TestMissingPartitions makes what is missing at moments that jump about, with widths that change:
// the spans never overlap, and from each moment until one width later there is no gap.
func TestMissingPartitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hour := bot9.Time(time.Hour.Milliseconds())
		var there []span
		for range rapid.IntRange(1, 8).Draw(t, "moments") {
			now := bot9.Time(rapid.Int64Range(0, int64(2000*hour)).Draw(t, "now"))
			width := time.Duration(rapid.IntRange(1, 100).Draw(t, "width")) * time.Hour
			there = append(there, missingPartitions(there, now, width)...)
			slices.SortFunc(there, func(a, b span) int { return int(a.from - b.from) })
			for i, s := range there {
				if s.from >= s.to || s.from%hour != 0 || s.to%hour != 0 {
					t.Fatalf("the span %v", s)
				}
				if i > 0 && s.from < there[i-1].to {
					t.Fatalf("%v and %v overlap", there[i-1], s)
				}
			}
			for moment := now; moment <= now.Add(width); moment += hour / 2 {
				if !slices.ContainsFunc(there, func(s span) bool { return s.from <= moment && moment < s.to }) {
					t.Fatalf("there is nothing for %d after %d in %v", moment, now, there)
				}
			}
		}
	})
}

func TestPartitionWidth(t *testing.T) {
	const day = 24 * time.Hour
	for retention, want := range map[time.Duration]time.Duration{
		0: 30 * day, day: 2 * time.Hour, 30 * day: 60 * time.Hour, 90 * day: 180 * time.Hour, 3650 * day: 30 * day, time.Hour: time.Hour,
	} {
		if got := partitionWidth(retention); got != want {
			t.Errorf("what is kept for %v is in partitions of %v, want %v", retention, got, want)
		}
	}
}
