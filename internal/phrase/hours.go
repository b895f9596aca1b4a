package phrase

import (
	"strings"
	"time"
	_ "time/tzdata" // the time zones that settings name, on machines that have none installed

	"github.com/bot9/bot9/internal/bot9"
)

// IsOpen tells whether people are there at a moment. Without hours they always are.
func IsOpen(hours *bot9.Hours, now time.Time) bool {
	if hours == nil {
		return true
	}
	now = now.In(zoneOf(hours))
	clock := now.Format("15:04")
	for _, open := range hours.Week {
		if open.Day == bot9.Weekdays[now.Weekday()] && open.From <= clock && clock < open.To {
			return true
		}
	}
	return false
}

// NextOpen returns when people are there next, ok is false if never.
func NextOpen(hours *bot9.Hours, now time.Time) (next time.Time, ok bool) {
	now = now.In(zoneOf(hours))
	for days := range 8 { // the same weekday a week later included
		day := time.Date(now.Year(), now.Month(), now.Day()+days, 0, 0, 0, 0, now.Location())
		for _, open := range hours.Week {
			from, err := time.Parse("15:04", open.From)
			if err != nil || open.Day != bot9.Weekdays[day.Weekday()] {
				continue
			}
			// By the clock on the wall: on the day that summer time begins, 09:00 is not nine hours after midnight.
			at := time.Date(day.Year(), day.Month(), day.Day(), from.Hour(), from.Minute(), 0, 0, now.Location())
			if at.After(now) && (!ok || at.Before(next)) {
				next, ok = at, true
			}
		}
		if ok {
			return next, true
		}
	}
	return time.Time{}, false
}

func zoneOf(hours *bot9.Hours) *time.Location {
	zone, err := time.LoadLocation(hours.Timezone)
	if err != nil {
		return time.UTC // settings are checked when they are changed
	}
	return zone
}

// Away is what an end user is told outside the hours: when somebody is back, and to leave their address.
func Away(hours *bot9.Hours, now time.Time, language Language) string {
	texts := In(language)
	text := hours.Away
	if text == "" {
		text = texts.Away + " " + texts.LeaveAddress
	}
	return strings.ReplaceAll(text, "{back}", texts.back(hours, now))
}

func (t Texts) back(hours *bot9.Hours, now time.Time) string {
	next, ok := NextOpen(hours, now)
	if !ok {
		return t.Later
	}
	now = now.In(next.Location())
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	format := t.OnDay
	switch {
	case next.Before(midnight.AddDate(0, 0, 1)):
		format = t.Today
	case next.Before(midnight.AddDate(0, 0, 2)):
		format = t.Tomorrow
	}
	return strings.NewReplacer("{day}", t.Weekdays[next.Weekday()], "{time}", next.Format("15:04")).Replace(format)
}
