package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func TestReplies(t *testing.T) {
	for name, c := range map[string]struct {
		attempt bot9.Attempt
		want    Reply
	}{
		"2xx":                   {bot9.Attempt{Outcome: bot9.OutcomeSuccess, ResponseStatus: 204}, Reply{Kind: Accepted}},
		"broken off":            {bot9.Attempt{Outcome: bot9.OutcomeCanceled, RetryAfter: time.Second}, Reply{Kind: BrokenOff, Again: time.Second}},
		"410":                   {bot9.Attempt{Outcome: bot9.OutcomeStatus, ResponseStatus: 410}, Reply{Kind: Gone, Poison: true}},
		"500":                   {bot9.Attempt{Outcome: bot9.OutcomeStatus, ResponseStatus: 500}, Reply{Poison: true}},
		"429":                   {bot9.Attempt{Outcome: bot9.OutcomeStatus, ResponseStatus: 429}, Reply{Busy: true}},
		"503":                   {bot9.Attempt{Outcome: bot9.OutcomeStatus, ResponseStatus: 503}, Reply{Busy: true, Poison: true}},
		"503 for a minute":      {bot9.Attempt{Outcome: bot9.OutcomeStatus, ResponseStatus: 503, RetryAfter: time.Minute}, Reply{Busy: true, BusyFor: time.Minute}},
		"503 for a day":         {bot9.Attempt{Outcome: bot9.OutcomeStatus, ResponseStatus: 503, RetryAfter: 24 * time.Hour}, Reply{Busy: true, BusyFor: time.Hour}},
		"500 for a minute":      {bot9.Attempt{Outcome: bot9.OutcomeStatus, ResponseStatus: 500, RetryAfter: time.Minute}, Reply{}},
		"a redirect":            {bot9.Attempt{Outcome: bot9.OutcomeRedirect, ResponseStatus: 302}, Reply{Poison: true}},
		"no answer in time":     {bot9.Attempt{Outcome: bot9.OutcomeTimeout}, Reply{Busy: true, Poison: true}},
		"no connection":         {bot9.Attempt{Outcome: bot9.OutcomeConnect}, Reply{Busy: true}},
		"no address":            {bot9.Attempt{Outcome: bot9.OutcomeDNS}, Reply{}},
		"a private address":     {bot9.Attempt{Outcome: bot9.OutcomeBlocked}, Reply{}},
		"a 429 that broke off":  {bot9.Attempt{Outcome: bot9.OutcomeProtocol, ResponseStatus: 429}, Reply{Busy: true}},
		"an answer that broke":  {bot9.Attempt{Outcome: bot9.OutcomeProtocol}, Reply{Poison: true}},
		"an impossible request": {bot9.Attempt{Outcome: bot9.OutcomeBadWebhook}, Reply{}},
	} {
		if got := ReplyOf(&c.attempt); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// TestOnlyRepliesKnowHTTP keeps a destination of another kind possible.
func TestOnlyRepliesKnowHTTP(t *testing.T) {
	for _, pattern := range []string{"*.go", "../delivery/*.go", "../lifecycle/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(file, "_test.go") && file != "reply.go" && strings.Contains(string(source), `"net/http"`) {
				t.Errorf("%s knows HTTP: go by Reply", file)
			}
		}
	}
}
