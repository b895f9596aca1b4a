package delivery_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/delivery"
)

// An endpoint failed until its breaker opened, with little concurrency left. Its webhook's new URL is of another one.
func TestWhatWasLearntIsForgottenWithTheURL(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		webhook, before := w.webhook("before", func(webhook *bot9.Webhook) { webhook.RetrySchedule = []int{1, 1, 3600} })
		before.replies(reply{status: 503, after: 100 * time.Millisecond})
		w.happenN(100)
		time.Sleep(10 * time.Minute)
		stored, err := w.Webhook(w.ctx, w.chatbot, webhook.ID)
		must(t, err)
		if stored.Health.OpenUntil == 0 || stored.Health.FailingSince == 0 || stored.Health.Concurrency > 4 {
			t.Fatalf("the breaker isn't open: %+v", stored.Health)
		}
		w.change(webhook.ID, func(webhook *bot9.Webhook) { webhook.URL = "after" })
		if stored, err = w.Webhook(w.ctx, w.chatbot, webhook.ID); err != nil || *stored.Health != (bot9.Health{}) {
			t.Errorf("the new endpoint begins with %+v, %v", stored.Health, err)
		}
		after := w.receiver("after")
		after.replies(reply{status: 200, after: 100 * time.Millisecond})
		w.happenN(100)
		time.Sleep(time.Second)
		if got := after.mostAtOnce(); got < 8 {
			t.Errorf("%d requests at once to the new endpoint", got)
		}
	})
}

// What an old endpoint answers after the URL was changed is about nobody any more.
func TestALateAnswerOfTheFormerEndpoint(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		webhook, before := w.webhook("before")
		before.replies(reply{status: 410, after: time.Second})
		events := w.happenN(3)
		time.Sleep(500 * time.Millisecond)
		w.change(webhook.ID, func(webhook *bot9.Webhook) { webhook.URL = "after" })
		time.Sleep(time.Second)
		w.receiver("after").wantEach(t, events)
		stored, err := w.Webhook(w.ctx, w.chatbot, webhook.ID)
		must(t, err)
		if stored.Status != bot9.WebhookEnabled || stored.Health.LastFailureAt != 0 {
			t.Errorf("%s, %+v", stored.Status, stored.Health)
		}
	})
}

// An endpoint that answers Retry-After gets nothing more for that time, not even other events.
func TestAnEndpointIsLeftAloneForAsLongAsItAsks(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_, endpoint := w.webhook("busy", func(webhook *bot9.Webhook) { webhook.MaxInFlight = 1 })
		endpoint.replies(reply{status: 429, retryAfter: time.Minute})
		events := w.happenN(1)
		w.settle()
		endpoint.replies(reply{status: 200})
		asked := bot9.At(time.Now())
		for range 50 {
			events = append(events, w.happenN(3)...)
			time.Sleep(time.Second)
		}
		if got := len(endpoint.seen()); got != 1 {
			t.Fatalf("%d attempts, want none after the endpoint asked for a minute", got)
		}
		w.restart()
		time.Sleep(8 * time.Second)
		if got := len(endpoint.seen()); got != 1 {
			t.Fatalf("%d attempts, want none after a restart either", got)
		}
		time.Sleep(10 * time.Second)
		endpoint.wantEach(t, events)
		if second := endpoint.seen()[1].at; second.Sub(asked) > 61*time.Second {
			t.Errorf("it goes on after %v", second.Sub(asked))
		}
	})
}

// filters lets an event pass whose data holds the filter's text.
type filters struct{}

// ReadsLate is the store's affair: nothing that a filter reads here is known late.
func (filters) ReadsLate(string) bool { return false }

func (filters) Of(e *bot9.Event) bot9.Matcher { return matcher{e} }

type matcher struct{ *bot9.Event }

func (m matcher) Match(filter string) bot9.Verdict {
	if strings.Contains(string(m.Data), filter) {
		return bot9.Match
	}
	return bot9.NoMatch
}

// Webhooks change while their deliveries wait: to be retried, behind others, or disabled.
func TestWhatAWebhookNoLongerWantsIsCanceled(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*bot9.Webhook)
		says   string
	}{
		"events": {func(w *bot9.Webhook) { w.Events = []string{"custom.other"} }, "no longer subscribes to custom.note"},
		"filter": {func(w *bot9.Webhook) { w.Filter = "nothing has this" }, "its filter no longer lets the event pass"},
		"both disabled and enabled": {func(w *bot9.Webhook) {
			w.Events, w.Status = []string{"custom.other"}, bot9.WebhookDisabled
		}, "no longer subscribes"},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				webhook, endpoint := w.webhook("changed", func(webhook *bot9.Webhook) { webhook.SetAsideAfter = 0 })
				endpoint.replies(reply{status: 500})
				conversations := w.conversations(2)
				w.happen(conversations[0], conversations[0], conversations[1])
				w.settle()
				w.change(webhook.ID, tc.change)
				if tc.change(&webhook); webhook.Status == bot9.WebhookDisabled {
					time.Sleep(time.Minute)
					w.enable(webhook.ID)
				}
				endpoint.forget()
				time.Sleep(time.Hour)
				if got := len(endpoint.seen()); got != 0 {
					t.Errorf("%d attempts at what isn't wanted", got)
				}
				if diff := cmp.Diff(map[bot9.DeliveryStatus]int{bot9.DeliveryCanceled: 3}, w.statuses(webhook.ID)); diff != "" {
					t.Error(diff)
				}
				for _, d := range w.deliveries(webhook.ID) {
					if !strings.Contains(d.Error, tc.says) || d.FinishedAt == 0 {
						t.Errorf("%+v", d)
					}
					attempts, err := w.Attempts(w.ctx, w.chatbot, d.ID)
					must(t, err)
					if len(attempts) != d.Attempts {
						t.Errorf("%d attempts of %d are kept", len(attempts), d.Attempts)
					}
				}
				stats, err := w.Stats(w.ctx, w.chatbot, webhook.ID, bot9.LastHour, bot9.At(time.Now()))
				must(t, err)
				if stats.Backlog != 0 || stats.OldestWaitingAt != 0 {
					t.Errorf("the backlog is counted as %d", stats.Backlog)
				}
			})
		})
	}
}

// A webhook that is changed and still wants its events gets them, and so do new ones.
func TestAChangeThatWantsTheSame(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		webhook, endpoint := w.webhook("changed", func(webhook *bot9.Webhook) { webhook.Filter = "note" })
		endpoint.replies(reply{status: 500})
		conversation := w.conversations(1)[0]
		ids, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{{Type: "custom.note", Data: []byte(`{"a":"note"}`), ConversationID: conversation}})
		must(t, err)
		w.settle()
		w.change(webhook.ID, func(webhook *bot9.Webhook) { webhook.Filter, webhook.Events = `"a"`, []string{"custom.*"} })
		endpoint.replies(reply{status: 200})
		time.Sleep(time.Minute)
		endpoint.wantEach(t, ids)
	})
}

// A replay ends although a part of it is no longer wanted.
func TestAReplayEndsThoughItsWebhookChanges(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		webhook, endpoint := w.webhook("changed")
		since := bot9.At(time.Now())
		w.happenN(10)
		w.settle()
		endpoint.replies(reply{status: 500})
		replay, err := w.CreateReplay(w.ctx, bot9.Replay{ChatbotID: w.chatbot, WebhookID: webhook.ID, Filter: bot9.ReplayFilter{Since: since}})
		must(t, err)
		time.Sleep(time.Second)
		w.change(webhook.ID, func(webhook *bot9.Webhook) { webhook.Events = []string{"custom.other"} })
		time.Sleep(time.Hour)
		replay, err = w.Replay(w.ctx, w.chatbot, replay.ID)
		must(t, err)
		if replay.Status != bot9.ReplayDone || replay.Canceled != 10 || replay.Queued != 10 {
			t.Errorf("%+v", replay)
		}
	})
}

var _ delivery.Filters = filters{}
