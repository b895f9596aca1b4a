package main

import (
	"strconv"
	"strings"
	"time"
)

// momentFlag is a time: RFC 3339, a day, or how long ago.
type momentFlag struct{ time.Time }

// String implements pflag.Value.
func (m *momentFlag) String() string {
	if m.IsZero() {
		return ""
	}
	return m.Format(time.RFC3339)
}

// Type implements pflag.Value.
func (*momentFlag) Type() string { return "time" }

// Set implements pflag.Value.
func (m *momentFlag) Set(text string) (err error) {
	m.Time, err = parseMoment(text, time.Now())
	return err
}

const momentHelp = "RFC 3339, a day (2026-11-22), or how long ago (90m, 2h, 7d)"

func parseMoment(text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return now.Add(-time.Duration(n) * 24 * time.Hour), nil
		}
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	return time.Time{}, usagef("%q is not a time; give %s", text, momentHelp)
}
