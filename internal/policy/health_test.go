package policy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
)

func after(h bot9.Health, at bot9.Time, a *bot9.Attempt) bot9.Health {
	_, h = Decide(at, &bot9.Webhook{}, &bot9.Delivery{Attempts: 1}, h, a, 0)
	return h
}

// TestGateIgnoresWrongClocks has moments that no breaker and no plea for patience can have set.
func TestGateIgnoresWrongClocks(t *testing.T) {
	for name, tc := range map[string]struct {
		health bot9.Health
		want   GateState
	}{
		"open":              {bot9.Health{OpenUntil: now.Add(72 * time.Second)}, Open},
		"open too long":     {bot9.Health{OpenUntil: now.Add(100 * time.Second)}, HalfOpen},
		"open first":        {bot9.Health{OpenUntil: now.Add(6 * time.Second), OpenCount: 1}, Open},
		"first too long":    {bot9.Health{OpenUntil: now.Add(7 * time.Second), OpenCount: 1}, HalfOpen},
		"paused":            {bot9.Health{PausedUntil: now.Add(time.Hour)}, Open},
		"paused too long":   {bot9.Health{PausedUntil: now.Add(2 * time.Hour)}, Closed},
		"paused and open":   {bot9.Health{PausedUntil: now.Add(time.Hour), OpenUntil: now.Add(time.Second)}, Open},
		"paused, then open": {bot9.Health{PausedUntil: now, OpenUntil: now}, HalfOpen},
	} {
		if got, until := Gate(now, &tc.health); got != tc.want || got == Open && until != tc.health.SilentUntil() {
			t.Errorf("%s: %v until %v", name, got, until)
		}
	}
}

func TestHealthAfterAttempts(t *testing.T) {
	h := after(bot9.Health{}, now, failure(bot9.OutcomeStatus, 500))
	h = after(h, now.Add(time.Second), failure(bot9.OutcomeTLS, 0))
	want := bot9.Health{ConsecutiveFailures: 2, FailingSince: now, FailingDays: 1, LastFailureAt: now.Add(time.Second), LastError: "went wrong", Concurrency: 16}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Error("after two failures (-want +got):\n" + diff)
	}
	if got := after(h, now.Add(time.Minute), failure(bot9.OutcomeCanceled, 0)); got != h {
		t.Errorf("an attempt that we broke off changed the health to %+v", got)
	}
	h = after(h, now.Add(2*time.Second), &bot9.Attempt{Outcome: bot9.OutcomeSuccess})
	want = bot9.Health{
		LastSuccessAt: now.Add(2 * time.Second), LastFailureAt: now.Add(time.Second), LastError: "went wrong",
		Concurrency: 16 + 1.0/16,
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Error("after a success (-want +got):\n" + diff)
	}
}

func TestBreakerOpensAfterTenFailuresInARow(t *testing.T) {
	var h bot9.Health
	for range 9 {
		h = after(h, now, failure(bot9.OutcomeStatus, 500))
	}
	if state, _ := Gate(now, &h); state != Closed {
		t.Fatalf("%v after 9 failures, want closed", state)
	}
	h = after(h, now, failure(bot9.OutcomeStatus, 500))
	if state, until := Gate(now, &h); state != Open || until != now.Add(5*time.Second) {
		t.Fatalf("%v until %v after 10 failures, want open for 5 s", state, until)
	}
	if state, _ := Gate(now.Add(5*time.Second), &h); state != HalfOpen {
		t.Fatalf("%v after 5 s, want half open", state)
	}
}

func TestFailedProbesOpenForLonger(t *testing.T) {
	h := bot9.Health{ConsecutiveFailures: 9}
	h = after(h, now, failure(bot9.OutcomeStatus, 500))
	at := now
	for _, want := range []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, time.Minute, time.Minute} {
		at = h.OpenUntil
		h = after(h, at, &bot9.Attempt{Outcome: bot9.OutcomeStatus, ResponseStatus: 500, StartedAt: at})
		if got := h.OpenUntil.Sub(at); got != want {
			t.Fatalf("open for %v, want %v", got, want)
		}
	}
	h = after(h, h.OpenUntil, &bot9.Attempt{Outcome: bot9.OutcomeSuccess, StartedAt: h.OpenUntil})
	if state, _ := Gate(at, &h); state != Closed || h.OpenCount != 0 {
		t.Errorf("%v, count %d after a successful probe", state, h.OpenCount)
	}
}

func TestLateFailureIsNoProbe(t *testing.T) {
	open := after(bot9.Health{ConsecutiveFailures: 9}, now, failure(bot9.OutcomeStatus, 500))
	late := &bot9.Attempt{Outcome: bot9.OutcomeTimeout, StartedAt: now.Add(-time.Second)}
	for _, at := range []bot9.Time{now.Add(time.Second), open.OpenUntil.Add(time.Second)} {
		h := after(open, at, late)
		if h.OpenUntil != open.OpenUntil || h.OpenCount != open.OpenCount {
			t.Errorf("a request sent before the breaker opened, failed at %v, moved it to %v, count %d", at, h.OpenUntil, h.OpenCount)
		}
	}
}

func TestGateOfNewEndpoint(t *testing.T) {
	if state, _ := Gate(now, nil); state != Closed {
		t.Errorf("%v, want closed", state)
	}
}

func TestConcurrency(t *testing.T) {
	ok := &bot9.Attempt{Outcome: bot9.OutcomeSuccess}
	recent := ago(time.Second)
	tests := map[string]struct {
		health  bot9.Health
		attempt *bot9.Attempt
		want    float64
	}{
		"grows fast at first":             {bot9.Health{}, ok, 17},
		"grows slowly beyond 32":          {bot9.Health{Concurrency: 40}, ok, 40 + 1.0/40},
		"grows slowly after a failure":    {bot9.Health{Concurrency: 8, LastFailureAt: recent}, ok, 8.125},
		"grows fast when calm again":      {bot9.Health{Concurrency: 8, LastFailureAt: ago(10 * time.Second)}, ok, 9},
		"grows to 256":                    {bot9.Health{Concurrency: 256}, ok, 256},
		"halved by a timeout":             {bot9.Health{Concurrency: 40}, failure(bot9.OutcomeTimeout, 0), 20},
		"halved by a refused connection":  {bot9.Health{Concurrency: 40}, failure(bot9.OutcomeConnect, 0), 20},
		"halved by 429":                   {bot9.Health{Concurrency: 40}, failure(bot9.OutcomeStatus, 429), 20},
		"halved by 503":                   {bot9.Health{Concurrency: 40, LastFailureAt: recent}, failure(bot9.OutcomeStatus, 503), 20},
		"halved once a second":            {bot9.Health{Concurrency: 40, LastFailureAt: now}, failure(bot9.OutcomeStatus, 503), 40},
		"at least 1":                      {bot9.Health{Concurrency: 1.5}, failure(bot9.OutcomeTimeout, 0), 1},
		"other failures don't change it":  {bot9.Health{Concurrency: 40}, failure(bot9.OutcomeStatus, 500), 40},
		"nor do failures of our settings": {bot9.Health{Concurrency: 40}, failure(bot9.OutcomeBlocked, 0), 40},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := after(test.health, now, test.attempt).Concurrency; got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestInFlightLimit(t *testing.T) {
	tests := []struct {
		max    int
		health *bot9.Health
		want   int
	}{
		{0, nil, 16},
		{0, &bot9.Health{}, 16},
		{4, nil, 4},
		{0, &bot9.Health{Concurrency: 33.9}, 33},
		{10, &bot9.Health{Concurrency: 33.9}, 10},
		{500, &bot9.Health{Concurrency: 1e9}, 256},
		{0, &bot9.Health{Concurrency: 0.2}, 1},
	}
	for _, test := range tests {
		if got := InFlightLimit(&bot9.Webhook{MaxInFlight: test.max}, test.health); got != test.want {
			t.Errorf("maxInFlight %d, %+v: got %d, want %d", test.max, test.health, got, test.want)
		}
	}
}

func TestState(t *testing.T) {
	tests := map[string]struct {
		status            bot9.WebhookStatus
		health            *bot9.Health
		succeeded, failed int64
		want              string
	}{
		"switched off":      {bot9.WebhookDisabled, nil, 5, 0, "disabled"},
		"no attempts":       {bot9.WebhookEnabled, nil, 0, 0, "idle"},
		"all succeeded":     {bot9.WebhookEnabled, nil, 5, 0, "healthy"},
		"one in twenty":     {bot9.WebhookEnabled, &bot9.Health{}, 19, 1, "healthy"},
		"more than that":    {bot9.WebhookEnabled, &bot9.Health{}, 18, 1, "degraded"},
		"none succeeded":    {bot9.WebhookEnabled, &bot9.Health{}, 0, 1, "failing"},
		"breaker is open":   {bot9.WebhookEnabled, &bot9.Health{OpenUntil: now}, 900, 10, "failing"},
		"a row of failures": {bot9.WebhookEnabled, &bot9.Health{ConsecutiveFailures: 5}, 995, 5, "degraded"},
		"failures only now": {bot9.WebhookEnabled, &bot9.Health{ConsecutiveFailures: 3}, 97, 3, "healthy"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := State(&bot9.Webhook{Status: test.status}, test.health, test.succeeded, test.failed)
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
