package policy

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
)

const now = bot9.Time(1_790_000_000_000)

func ago(d time.Duration) bot9.Time { return now.Add(-d) }

func failure(outcome bot9.OutcomeClass, status int) *bot9.Attempt {
	return &bot9.Attempt{Outcome: outcome, ResponseStatus: status, StartedAt: ago(50 * time.Millisecond), Error: "went wrong"}
}

func TestDecide(t *testing.T) {
	const wait = 5 * time.Second // the default schedule's first
	tests := map[string]struct {
		webhook  bot9.Webhook
		attempts int
		health   bot9.Health
		attempt  *bot9.Attempt
		jitter   float64
		want     Decision
	}{
		"success":                     {attempts: 1, attempt: &bot9.Attempt{Outcome: bot9.OutcomeSuccess}, want: Decision{Verdict: Done}},
		"broken off by us":            {attempts: 1, attempt: failure(bot9.OutcomeCanceled, 0), want: Decision{Verdict: Repeat, RetryAt: now}},
		"not begun by us":             {attempts: 1, attempt: &bot9.Attempt{Outcome: bot9.OutcomeCanceled, RetryAfter: time.Second}, want: Decision{Verdict: Repeat, RetryAt: now.Add(time.Second)}},
		"first failure":               {attempts: 1, attempt: failure(bot9.OutcomeStatus, 500), want: Decision{Verdict: Retry, RetryAt: now.Add(wait)}},
		"jitter lengthens":            {attempts: 1, attempt: failure(bot9.OutcomeStatus, 500), jitter: 0.5, want: Decision{Verdict: Retry, RetryAt: now.Add(5500 * time.Millisecond)}},
		"second failure":              {attempts: 2, attempt: failure(bot9.OutcomeTimeout, 0), want: Decision{Verdict: Retry, RetryAt: now.Add(30 * time.Second)}},
		"redirect is a failure":       {attempts: 1, attempt: failure(bot9.OutcomeRedirect, 302), want: Decision{Verdict: Retry, RetryAt: now.Add(wait)}},
		"blocked target is a failure": {attempts: 1, attempt: failure(bot9.OutcomeBlocked, 0), want: Decision{Verdict: Retry, RetryAt: now.Add(wait)}},
		"bad webhook is a failure":    {attempts: 1, attempt: failure(bot9.OutcomeBadWebhook, 0), want: Decision{Verdict: Retry, RetryAt: now.Add(wait)}},
		"last of the default schedule": {
			attempts: 12, attempt: failure(bot9.OutcomeStatus, 500),
			want: Decision{Verdict: Retry, RetryAt: now.Add(24 * time.Hour)},
		},
		"default schedule used up": {attempts: 13, attempt: failure(bot9.OutcomeStatus, 500), want: Decision{Verdict: GiveUp}},
		"own schedule": {
			webhook: bot9.Webhook{RetrySchedule: []int{1, 7}}, attempts: 2, attempt: failure(bot9.OutcomeStatus, 500),
			want: Decision{Verdict: Retry, RetryAt: now.Add(7 * time.Second)},
		},
		"own schedule used up": {
			webhook: bot9.Webhook{RetrySchedule: []int{1, 7}}, attempts: 3, attempt: failure(bot9.OutcomeStatus, 500),
			want: Decision{Verdict: GiveUp},
		},
		"no retries": {
			webhook: bot9.Webhook{RetrySchedule: []int{}}, attempts: 1, attempt: failure(bot9.OutcomeStatus, 500),
			want: Decision{Verdict: GiveUp},
		},
		"gone": {
			attempts: 1, attempt: failure(bot9.OutcomeStatus, 410),
			want: Decision{Verdict: GiveUp, Disable: true, Reason: "the endpoint answered 410 Gone"},
		},
		"nothing but failures for 5 days": {
			attempts: 1, attempt: failure(bot9.OutcomeConnect, 0),
			health: bot9.Health{ConsecutiveFailures: 9, FailingSince: ago(5 * 24 * time.Hour), FailingDays: 5, LastFailureAt: ago(time.Hour)},
			want:   Decision{Verdict: Retry, RetryAt: now.Add(wait), Disable: true, Reason: "nothing but failures for 5 days"},
		},
		"nothing but failures for 5 days, schedule used up: held all the same": {
			attempts: 13, attempt: failure(bot9.OutcomeConnect, 0),
			health: bot9.Health{ConsecutiveFailures: 9, FailingSince: ago(5 * 24 * time.Hour), FailingDays: 5, LastFailureAt: ago(time.Hour)},
			want:   Decision{Verdict: Retry, RetryAt: now, Disable: true, Reason: "nothing but failures for 5 days"},
		},
		"failures for less than 5 days": {
			attempts: 1, attempt: failure(bot9.OutcomeConnect, 0),
			health: bot9.Health{ConsecutiveFailures: 900, FailingSince: ago(5*24*time.Hour - time.Second), FailingDays: 5},
			want:   Decision{Verdict: Retry, RetryAt: now.Add(wait)},
		},
		"many failures, but on few days: the clock has jumped": {
			attempts: 1, attempt: failure(bot9.OutcomeConnect, 0),
			health: bot9.Health{ConsecutiveFailures: 900, FailingSince: ago(6 * 24 * time.Hour), FailingDays: 3, LastFailureAt: ago(6 * 24 * time.Hour)},
			want:   Decision{Verdict: Retry, RetryAt: now.Add(wait)},
		},
		"few failures in 5 days": {
			attempts: 1, attempt: failure(bot9.OutcomeConnect, 0),
			health: bot9.Health{ConsecutiveFailures: 8, FailingSince: ago(6 * 24 * time.Hour), FailingDays: 6},
			want:   Decision{Verdict: Retry, RetryAt: now.Add(wait)},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			age := time.Hour
			if test.attempts > len(bot9.DefaultRetrySchedule) {
				age = 4 * 24 * time.Hour // as long as so many attempts take
			}
			d := bot9.Delivery{Attempts: test.attempts, CreatedAt: ago(age), InLane: true}
			got, _ := Decide(now, &test.webhook, &d, test.health, test.attempt, test.jitter)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error("decision (-want +got):\n" + diff)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	tests := map[string]struct {
		status int
		asked  time.Duration
		jitter float64
		want   time.Duration
	}{
		"429":                     {429, 40 * time.Second, 0, 40 * time.Second},
		"503":                     {503, 40 * time.Second, 0, 40 * time.Second},
		"shorter than scheduled":  {429, time.Second, 0, time.Second},
		"a tenth of jitter":       {429, 40 * time.Second, 0.5, 42 * time.Second},
		"an hour at most":         {429, 9 * time.Hour, 0, time.Hour},
		"not asked":               {503, 0, 0, 5 * time.Second},
		"other status is ignored": {500, 40 * time.Second, 0, 5 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := failure(bot9.OutcomeStatus, test.status)
			a.RetryAfter = test.asked
			got, _ := Decide(now, &bot9.Webhook{}, &bot9.Delivery{Attempts: 1}, bot9.Health{}, a, test.jitter)
			if want := (Decision{Verdict: Retry, RetryAt: now.Add(test.want)}); got != want {
				t.Errorf("got %v after %v, want after %v", got.Verdict, got.RetryAt.Sub(now), test.want)
			}
		})
	}
	t.Run("shortens waits, not the time that the schedule lasts", func(t *testing.T) {
		w := &bot9.Webhook{RetrySchedule: []int{10, 20, 30}}
		d := &bot9.Delivery{ID: bot9.DeliveryID(bot9.FirstIDAt(now)), CreatedAt: now}
		a := failure(bot9.OutcomeStatus, 429)
		a.RetryAfter = time.Second
		at, waits := now, []time.Duration{}
		for d.Attempts = 1; ; d.Attempts++ {
			decision, _ := Decide(at, w, d, bot9.Health{}, a, 0)
			if decision.Verdict != Retry {
				break
			}
			waits = append(waits, decision.RetryAt.Sub(at))
			at = decision.RetryAt
		}
		want := []time.Duration{time.Second, time.Second, time.Second, 30 * time.Second, 27 * time.Second}
		if !slices.Equal(waits, want) {
			t.Errorf("waits %v, want %v", waits, want)
		}
	})
}

func TestSetAside(t *testing.T) {
	// The fifth attempt, after 5 s + 30 s + 2 min + 10 min.
	type situation struct {
		webhook  bot9.Webhook
		delivery bot9.Delivery
		health   bot9.Health
		attempt  *bot9.Attempt
	}
	answersOthers := bot9.Health{LastSuccessAt: ago(time.Second)}
	tests := map[string]struct {
		change func(*situation)
		want   Verdict
	}{
		"endpoint answers others":       {func(*situation) {}, SetAside},
		"hangs on this event":           {func(s *situation) { s.attempt = failure(bot9.OutcomeTimeout, 0) }, SetAside},
		"too few attempts":              {func(s *situation) { s.delivery.Attempts = 4 }, Retry},
		"more attempts":                 {func(s *situation) { s.delivery.Attempts = 6 }, SetAside},
		"not wanted":                    {func(s *situation) { s.webhook.SetAsideAfter = 0 }, Retry},
		"holds up nobody":               {func(s *situation) { s.delivery.InLane = false }, Retry},
		"no connection":                 {func(s *situation) { s.attempt = failure(bot9.OutcomeConnect, 0) }, Retry},
		"endpoint has too much to do":   {func(s *situation) { s.attempt = failure(bot9.OutcomeStatus, 429) }, Retry},
		"no retries left":               {func(s *situation) { s.webhook.RetrySchedule = []int{1, 1, 1, 1} }, GiveUp},
		"last success before the event": {func(s *situation) { s.health.LastSuccessAt = s.delivery.CreatedAt }, Retry},
		"never a success":               {func(s *situation) { s.health = bot9.Health{} }, Retry},
		"nothing but failures since its first": {func(s *situation) {
			s.health = bot9.Health{LastSuccessAt: ago(800 * time.Second), FailingSince: ago(790 * time.Second), ConsecutiveFailures: 4}
		}, Retry},
		"outage of many lanes since its first": {func(s *situation) {
			s.health = bot9.Health{LastSuccessAt: ago(800 * time.Second), FailingSince: ago(790 * time.Second), ConsecutiveFailures: 400}
		}, Retry},
		"one failure of five was before a success": {func(s *situation) {
			s.health = bot9.Health{LastSuccessAt: ago(780 * time.Second), FailingSince: ago(770 * time.Second), ConsecutiveFailures: 3}
		}, SetAside},
		"many fail, after a success later than its first failure": {func(s *situation) {
			s.health = bot9.Health{LastSuccessAt: ago(700 * time.Second), FailingSince: ago(690 * time.Second), ConsecutiveFailures: 400}
		}, SetAside},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := situation{
				webhook:  bot9.Webhook{SetAsideAfter: 5},
				delivery: bot9.Delivery{Attempts: 5, InLane: true, CreatedAt: ago(900 * time.Second)},
				health:   answersOthers,
				attempt:  failure(bot9.OutcomeStatus, 500),
			}
			test.change(&s)
			got, _ := Decide(now, &s.webhook, &s.delivery, s.health, s.attempt, 0)
			if got.Verdict != test.want {
				t.Errorf("got %v, want %v", got.Verdict, test.want)
			}
			if still := got.Verdict == Retry || got.Verdict == SetAside; still != (got.RetryAt > now) {
				t.Errorf("%v with retry at %v", got.Verdict, got.RetryAt)
			}
		})
	}
}

func BenchmarkDecide(b *testing.B) {
	w := bot9.Webhook{SetAsideAfter: 5}
	d := bot9.Delivery{Attempts: 1, InLane: true}
	success := &bot9.Attempt{Outcome: bot9.OutcomeSuccess}
	failed := failure(bot9.OutcomeStatus, 500)
	b.ReportAllocs()
	var h bot9.Health
	for b.Loop() {
		_, h = Decide(now, &w, &d, h, failed, 0.5)
		_, h = Decide(now, &w, &d, h, success, 0.5)
	}
}
