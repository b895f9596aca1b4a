package app

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/bot9/bot9/internal/auth"
	"github.com/bot9/bot9/internal/bot9"
)

func load(t *testing.T, config string, environment, arguments []string) (Settings, error) {
	t.Helper()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	AddFlags(flags)
	if config != "" {
		path := filepath.Join(t.TempDir(), "bot9.yaml")
		if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		arguments = append(arguments, "--config="+path)
	}
	if err := flags.Parse(arguments); err != nil {
		t.Fatal(err)
	}
	return LoadSettings(flags, environment)
}

func TestSettingsOfAFlagWinOverEnvironmentOverFile(t *testing.T) {
	const file = "signup: closed\ntrusted-proxies: [10.0.0.0/8, fd00::/8]\n"
	environment := []string{"BOT9_SIGNUP=first", "BOT9_TRUSTED_PROXIES=192.168.0.0/16, 172.16.0.1"}
	for name, test := range map[string]struct {
		config      string
		environment []string
		arguments   []string
		signup      auth.SignupPolicy
		proxies     []string
	}{
		"nothing":     {"", nil, nil, auth.SignupOpen, []string{}},
		"file":        {file, nil, nil, auth.SignupClosed, []string{"10.0.0.0/8", "fd00::/8"}},
		"environment": {file, environment, nil, auth.SignupFirst, []string{"192.168.0.0/16", "172.16.0.1"}},
		"flags":       {file, environment, []string{"--signup=open", "--trusted-proxies=127.0.0.1"}, auth.SignupOpen, []string{"127.0.0.1"}},
	} {
		t.Run(name, func(t *testing.T) {
			settings, err := load(t, test.config, test.environment, test.arguments)
			if err != nil {
				t.Fatal(err)
			}
			if settings.Signup != test.signup || !slices.Equal(settings.TrustedProxies, test.proxies) {
				t.Errorf("got sign-up %s and proxies %q", settings.Signup, settings.TrustedProxies)
			}
		})
	}
}

func TestSettingsRefuse(t *testing.T) {
	for name, test := range map[string]struct{ config, argument, code string }{
		"a sign-up that is none":               {"", "--signup=everybody", "invalidSetting"},
		"a base URL without a scheme":          {"", "--base-url=bot9.example.com", "invalidBaseUrl"},
		"a key of the file that is no setting": {"sign-up: open", "--addr=:0", "unknownSetting"},
		"a commit delay that is too long":      {"", "--commit-delay=1s", "invalidSetting"},
		"a commit delay that is negative":      {"", "--commit-delay=-1ms", "invalidSetting"},
		"a commit delay that is no time":       {"commit-delay: soon", "--addr=:0", "invalidSetting"},
	} {
		if _, err := load(t, test.config, nil, []string{test.argument}); bot9.CodeOf(err) != test.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCommitDelay(t *testing.T) {
	for _, c := range []struct {
		config             string
		flags, environment []string
		want               time.Duration
	}{
		{"", nil, nil, 0},
		{"commit-delay: 5ms", nil, nil, 5 * time.Millisecond},
		{"commit-delay: 5ms", nil, []string{"BOT9_COMMIT_DELAY=2ms"}, 2 * time.Millisecond},
		{"commit-delay: 5ms", []string{"--commit-delay=100ms"}, []string{"BOT9_COMMIT_DELAY=2ms"}, 100 * time.Millisecond},
	} {
		settings, err := load(t, c.config, c.environment, c.flags)
		if err != nil || settings.CommitDelay != c.want {
			t.Errorf("%q, %v and %v make a delay of %v (%v), want %v", c.config, c.environment, c.flags, settings.CommitDelay, err, c.want)
		}
	}
}

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
		settings, err := load(t, "", c.environment, c.flags)
		if err != nil || settings.Keep != c.want {
			t.Errorf("with %v and %v everything is kept for %v (%v), want %v", c.flags, c.environment, settings.Keep, err, c.want)
		}
	}
}
