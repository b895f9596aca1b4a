package app

import (
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/bot9/bot9/internal/bot9"
)

func TestRetention(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"90d": 90 * day, "1d": day, "36h": 36 * time.Hour, "0": 0, "0d": 0, "4000000000d": 36500 * day,
		"23h": -1, "90": -1, "d": -1, "": -1, "-90d": -1, "1.5d": -1, "3w": -1, "90 d": -1, "99999999999d": -1,
	} {
		got, err := parseRetention(text)
		switch {
		case want < 0 && bot9.CodeOf(err) != "invalidRetention":
			t.Errorf("%q was read as %v with the error %v", text, got, err)
		case want >= 0 && (err != nil || got != want):
			t.Errorf("%q was read as %v with the error %v, want %v", text, got, err, want)
		}
	}
}

func TestRetentionIsASetting(t *testing.T) {
	for _, c := range []struct {
		flags, environment []string
		want               time.Duration
	}{
		{nil, nil, 90 * 24 * time.Hour},
		{nil, []string{"BOT9_RETENTION=48h"}, 48 * time.Hour},
		{[]string{"--retention=0"}, []string{"BOT9_RETENTION=48h"}, 0},
	} {
		flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
		AddFlags(flags)
		if err := flags.Parse(c.flags); err != nil {
			t.Fatal(err)
		}
		settings, err := LoadSettings(flags, c.environment)
		if err != nil || settings.Keep != c.want {
			t.Errorf("with %v and %v everything is kept for %v (%v), want %v", c.flags, c.environment, settings.Keep, err, c.want)
		}
	}
}
