package bot9_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bot9/bot9/internal/bot9"
)

func TestIDsSurviveTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := bot9.EventID(rapid.Int64Range(1, math.MaxInt64).Draw(t, "a"))
		b := bot9.EventID(rapid.Int64Range(1, math.MaxInt64).Draw(t, "b"))
		var back bot9.EventID
		if err := back.UnmarshalText([]byte(a.String())); err != nil || back != a {
			t.Fatalf("%d became %q and then %d, %v", a, a.String(), back, err)
		}
		if (a < b) != (a.String() < b.String()) {
			t.Fatalf("%d and %d sort otherwise as text: %s, %s", a, b, a, b)
		}
	})
}

func TestParseIDRefuses(t *testing.T) {
	good := bot9.EventID(1 << 50).String()
	for _, text := range []string{
		"evt_", good[:len(good)-1], good + "0", strings.ToUpper(good), strings.Replace(good, "evt", "dlv", 1),
		strings.TrimPrefix(good, "evt_"), "evt_0000000000000", "evt_zzzzzzzzzzzzz", "evt_8000000000000", " " + good, good + "\n", "evt_00000000000é",
	} {
		var id bot9.EventID
		if err := id.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was read as %d", text, id)
		}
	}
}

func TestFirstIDAtBoundsAMillisecond(t *testing.T) {
	const at = bot9.Time(1795374000123)
	if first := bot9.EventID(bot9.FirstIDAt(at)); first.Time() != at || (first-1).Time() != at-1 {
		t.Errorf("the first ID of %d is of %d, the one before of %d", at, first.Time(), (first - 1).Time())
	}
}

func TestFirstIDAtTimesWithoutIDs(t *testing.T) {
	const last = bot9.Time(1<<42 - 1)
	for at, want := range map[bot9.Time]int64{
		-62135596800000: 0, -1: 0, 0: 0, 1: 1 << 21,
		last: int64(last) << 21, last + 1: math.MaxInt64, 7258118400000: math.MaxInt64, 253402300799000: math.MaxInt64, math.MaxInt64: math.MaxInt64,
	} {
		if got := bot9.FirstIDAt(at); got != want {
			t.Errorf("%s (%d): got %d, want %d", at, at, got, want)
		}
	}
}

func TestTimeOnTheWire(t *testing.T) {
	var at bot9.Time
	if err := json.Unmarshal([]byte(`"2026-11-22T20:00:00.1239+01:00"`), &at); err != nil {
		t.Fatal(err)
	}
	if at.String() != "2026-11-22T19:00:00.123Z" {
		t.Errorf("got %s", at)
	}
	if err := json.Unmarshal([]byte(`"yesterday"`), &at); err == nil {
		t.Error("yesterday is no time")
	}
}
