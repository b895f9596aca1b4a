package bot9_test

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func TestStatsWindows(t *testing.T) {
	now := bot9.At(time.Date(2026, 11, 28, 12, 34, 56, 0, time.UTC))
	for name, points := range map[string]int64{"1h": 60, "24h": 48, "7d": 42} {
		window, ok := bot9.StatsWindowNamed(name)
		if !ok || window.Name != name {
			t.Fatalf("%s is found as %q", name, window.Name)
		}
		got, first := window.Series(now)
		last := first.Add(time.Duration(got-1) * window.Step)
		if got != points || first <= now.Add(-window.Length) || last > now || last.Add(window.Step) <= now {
			t.Errorf("%s has %d points from %s to %s", name, got, first.Std(), last.Std())
		}
	}
	if _, ok := bot9.StatsWindowNamed("1m"); ok {
		t.Error("there is a window of a minute")
	}
}
