package policy

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bot9/bot9/internal/bot9"
)

func naiveMatch(webhooks []bot9.Webhook, eventType string) []bot9.WebhookID {
	ids := []bot9.WebhookID{}
	for _, w := range webhooks {
		for _, pattern := range w.Events {
			prefix, open := strings.CutSuffix(pattern, "*")
			open = open && !bot9.ByNameOnly(eventType)
			if w.Status == bot9.WebhookEnabled && (pattern == eventType || open && strings.HasPrefix(eventType, prefix)) {
				ids = append(ids, w.ID)
				break
			}
		}
	}
	slices.Sort(ids)
	return ids
}

func TestSubscriptionsAgreeWithNaiveMatch(t *testing.T) {
	patterns := []string{"*", "custom.*", "messageSent", "messageReceived", "custom.order", "custom.order.paid", "ping", bot9.AuditEvent, bot9.NoteEvent}
	types := append([]string{"conversationClosed", "custom.other", "custom.", "customer", ""}, patterns[2:]...)
	rapid.Check(t, func(t *rapid.T) {
		var webhooks []bot9.Webhook
		ids := rapid.SliceOfNDistinct(rapid.Int64Range(1, 1000), 0, 30, rapid.ID).Draw(t, "ids")
		for _, id := range ids {
			webhooks = append(webhooks, bot9.Webhook{
				ID:     bot9.WebhookID(id),
				Status: rapid.SampledFrom([]bot9.WebhookStatus{bot9.WebhookEnabled, bot9.WebhookEnabled, bot9.WebhookDisabled}).Draw(t, "status"),
				Events: rapid.SliceOfN(rapid.SampledFrom(patterns), 0, 4).Draw(t, "events"),
			})
		}
		s := NewSubscriptions(webhooks)
		for _, eventType := range types {
			got := []bot9.WebhookID{}
			for _, w := range s.Match(eventType) {
				got = append(got, w.ID)
			}
			if diff := cmp.Diff(naiveMatch(webhooks, eventType), got); diff != "" {
				t.Fatalf("%q (-naive +got):\n%s", eventType, diff)
			}
			for _, w := range webhooks {
				want := slices.Contains(got, w.ID)
				if w.Status == bot9.WebhookEnabled && Chosen(&w, eventType) != want {
					t.Fatalf("%q chosen by %v: %v, want %v", eventType, w.Events, !want, want)
				}
			}
		}
	})
}

func TestSubscriptionsKeepTheirOwnCopy(t *testing.T) {
	webhooks := []bot9.Webhook{{ID: 2, Status: bot9.WebhookEnabled, Events: []string{"ping"}}, {ID: 1}}
	s := NewSubscriptions(webhooks)
	webhooks[0].ID = 9
	if got := s.Match("ping"); len(got) != 1 || got[0].ID != 2 {
		t.Errorf("a change of the list that they were made from changed a match: %v", got)
	}
}

func TestDisabledWebhooksChooseToo(t *testing.T) {
	if !Chosen(&bot9.Webhook{Status: bot9.WebhookDisabled, Events: []string{"ping"}}, "ping") {
		t.Error("what a disabled webhook missed can't be told")
	}
}

func manyWebhooks() []bot9.Webhook {
	webhooks := make([]bot9.Webhook, 10_000)
	for i := range webhooks {
		webhooks[i] = bot9.Webhook{ID: bot9.WebhookID(i + 1), Status: bot9.WebhookEnabled, Events: []string{"custom." + strconv.Itoa(i)}}
	}
	return webhooks
}

func TestMatchAllocatesNothing(t *testing.T) {
	s := NewSubscriptions(append(manyWebhooks(), bot9.Webhook{ID: 77777, Status: bot9.WebhookEnabled, Events: []string{"*"}}))
	for _, eventType := range []string{"custom.5000", "custom.unknown", "messageSent"} {
		if allocs := testing.AllocsPerRun(100, func() { s.Match(eventType) }); allocs != 0 {
			t.Errorf("%q: %v allocations", eventType, allocs)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	s := NewSubscriptions(manyWebhooks())
	b.ReportAllocs()
	for b.Loop() {
		if len(s.Match("custom.5000")) != 1 {
			b.Fatal("want one match")
		}
	}
}
