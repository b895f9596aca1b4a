package storetest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bot9/bot9/internal/bot9"
)

func filtering(filter string) func(*bot9.Webhook) {
	return func(w *bot9.Webhook) { w.Filter = filter }
}

// notes are about events whose deliveries are made after their transaction.
var notes = topic{"Notes", []testCase{
	{"give each of many webhooks its event", func(t *testing.T, w *world) {
		conversation := w.conversation()
		webhooks := make([]bot9.Webhook, 600)
		for i := range webhooks {
			webhooks[i] = w.webhook()
		}
		ids := w.append(conversation, 3)
		late := w.webhook() // is too late for those
		ids = append(ids, w.append(conversation, 1)...)
		for _, webhook := range webhooks {
			want(t, "events", w.drain(webhook.ID), ids)
		}
		want(t, "events of the late one", w.drain(late.ID), ids[3:])
	}},
	{"let the filters of a conversation's own events be asked later", func(t *testing.T, w *world) {
		plain, filtered := w.webhook(choosing("custom.note")), w.webhook(choosing("custom.note"), filtering("refund"))
		conversation := w.conversation()
		w.say(conversation, "hello", "I want a refund", "a refund!")
		want(t, "all", len(w.drain(plain.ID)), 3)
		want(t, "filtered", len(w.drain(filtered.ID)), 2)
	}},
	{"let a filter wait that asks what only the transaction knows", func(t *testing.T, w *world) {
		early, late := w.webhook(filtering("note")), w.webhook(filtering("late note"))
		_, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{{Type: "custom.a", Data: []byte(`{"note":1}`)}, {Type: "custom.b", Data: []byte(`{}`)}})
		must(t, err)
		want(t, "early", len(w.drain(early.ID)), 1)
		want(t, "late", len(w.drain(late.ID)), 1)
	}},
	{"survive the end of the process", func(t *testing.T, w *world) {
		webhook := w.webhook(filtering("late"))
		for range 20 {
			w.webhook()
		}
		conversation := w.conversation()
		ids := w.append(conversation, 40)
		w.reopen()
		ids = append(ids, w.append(conversation, 3)...)
		w.reopen()
		want(t, "filtered", len(w.drain(webhook.ID)), 0)
		for _, other := range must2(w.Webhooks(w.ctx, w.chatbot))(t)[1:] {
			want(t, "events", w.drain(other.ID), ids)
		}
	}},
	{"count what failed once", func(t *testing.T, w *world) {
		webhook := w.webhook(filtering("broken"), choosing("custom.note"))
		conversation := w.conversation()
		w.say(conversation, "one", "two")
		w.expand()
		w.reopen()
		want(t, "errors", w.readWebhook(webhook.ID).FilterErrors.Count, 2)
	}},
	{"are held for a webhook that was disabled meanwhile, and go with one that was deleted", func(t *testing.T, w *world) {
		var webhooks []bot9.Webhook
		for range 20 {
			webhooks = append(webhooks, w.webhook())
		}
		disabled, deleted := webhooks[3], webhooks[4]
		ids := w.append(0, 2)
		w.clock.Advance(time.Second)
		w.setStatus(disabled.ID, bot9.WebhookDisabled)
		must(t, w.DeleteWebhook(w.ctx, w.chatbot, deleted.ID))
		w.clock.Advance(time.Second)
		w.append(0, 1)
		want(t, "of others", len(w.drain(webhooks[5].ID)), 3)
		w.setStatus(disabled.ID, bot9.WebhookEnabled)
		want(t, "of the disabled one", w.drain(disabled.ID), ids)
	}},
	{"keep the order whatever comes between", notesKeepOrder},
}}

func must2[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		must(t, err)
		return value
	}
}

// notesKeepOrder posts events that are noted and events that aren't to some conversations, with filters that
// are asked early, late or not at all, and lets the process end now and then. Each webhook gets what it
// wants of each conversation, in order, each once.
func notesKeepOrder(t *testing.T, w *world) {
	filters := []string{"", "even", "late even", "late", ""}
	webhooks := make([]bot9.Webhook, len(filters))
	for i, filter := range filters {
		webhooks[i] = w.webhook(choosing("custom.note", "custom.wide"), filtering(filter))
	}
	for range fanout {
		w.webhook(choosing("custom.wide"))
	}
	conversations := []bot9.ConversationID{w.conversation(), w.conversation(), w.conversation()}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		expected := map[string][]int64{}
		got := map[string][]int64{}
		key := func(webhook, conversation int64) string { return fmt.Sprint(webhook, "/", conversation) }
		take := func() {
			for _, webhook := range webhooks {
				claimed, _, _, err := w.Claim(w.ctx, webhook.ID, w.clock.Now(), 1000)
				must(t, err)
				for _, d := range claimed {
					k := key(int64(webhook.ID), int64(d.ConversationID))
					got[k] = append(got[k], d.Sequence)
					w.finish(d, bot9.DeliverySucceeded)
				}
			}
		}
		actions := map[string]func(*rapid.T){
			"post": func(rt *rapid.T) {
				conversation := rapid.SampledFrom(conversations).Draw(rt, "conversation")
				var events []bot9.NewEvent
				var even []bool
				for range rapid.IntRange(1, 4).Draw(rt, "events") {
					n++
					word := "odd"
					if n%2 == 0 {
						word = "even"
					}
					event := note(conversation, word+" "+strconv.Itoa(n))
					event.Type = rapid.SampledFrom([]string{"custom.note", "custom.wide"}).Draw(rt, "type")
					events, even = append(events, event), append(even, n%2 == 0)
				}
				ids, err := w.AppendEvents(w.ctx, w.chatbot, events)
				must(t, err)
				for i, id := range ids {
					event, err := w.Event(w.ctx, w.chatbot, id)
					must(t, err)
					for j, filter := range filters {
						if filter == "" || even[i] && filter != "late" {
							k := key(int64(webhooks[j].ID), int64(conversation))
							expected[k] = append(expected[k], event.Sequence)
						}
					}
				}
			},
			"expand":  func(*rapid.T) { _, err := w.Expand(w.ctx); must(t, err) },
			"deliver": func(*rapid.T) { take() },
			"change": func(rt *rapid.T) {
				_, err := w.ChangeWebhook(w.ctx, w.chatbot, webhooks[0].ID, func(w *bot9.Webhook) error { w.Description += "x"; return nil })
				must(t, err)
			},
			"end": func(rt *rapid.T) {
				if rapid.IntRange(0, 4).Draw(rt, "seldom") == 0 {
					w.reopen()
				}
			},
		}
		names := slices.Sorted(maps.Keys(actions))
		for range rapid.IntRange(1, 8).Draw(rt, "actions") {
			actions[rapid.SampledFrom(names).Draw(rt, "action")](rt)
		}
		w.expand()
		for before := -1; before != total(got); {
			before = total(got)
			take()
		}
		for k, sequences := range expected {
			if !slices.Equal(got[k], sequences) {
				rt.Fatalf("%s got %v, want %v", k, got[k], sequences)
			}
		}
		if total(got) != total(expected) {
			rt.Fatalf("%d deliveries, want %d", total(got), total(expected))
		}
	})
}

// fanout is more than an event's own transaction makes.
const fanout = 20

func total(lists map[string][]int64) (n int) {
	for _, list := range lists {
		n += len(list)
	}
	return n
}
