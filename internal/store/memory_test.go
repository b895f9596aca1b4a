package store

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/bot9/bot9/internal/bot9"
)

var errRolledBack = errors.New("rolled back")

// remembersWhatIsThere compares everything that the writer remembers with a fresh read.
func (w *tailWorld) remembersWhatIsThere(fatal func(string, ...any)) {
	m := w.memory
	w.must(w.read(w.t.Context(), func(r session) error {
		for id, c := range m.conversations.values {
			var sequence int64
			found, err := queryRow(r, `SELECT max(c.last_sequence, coalesce((SELECT max(e.sequence) FROM events e WHERE e.conversation_id = c.id), 0))
				FROM conversations c WHERE c.id = $1`, []any{int64(id)}, &sequence)
			w.must(err)
			if !found || c.sequence != sequence {
				fatal("conversation %s is remembered at %d, and is at %d", id, c.sequence, sequence)
			}
		}
		for chatbot, known := range m.subscriptions.values {
			webhooks, err := w.webhooksOf(r, chatbot)
			w.must(err)
			want, got := map[bot9.WebhookID]bool{}, map[bot9.WebhookID]bool{}
			for _, webhook := range webhooks {
				want[webhook.ID] = webhook.Status == bot9.WebhookEnabled
			}
			for _, webhook := range known.Match("custom.note") {
				got[webhook.ID] = true
			}
			maps.DeleteFunc(want, func(_ bot9.WebhookID, enabled bool) bool { return !enabled })
			if !maps.Equal(got, want) {
				fatal("the chatbot has webhooks %v, remembered are %v", want, got)
			}
		}
		for webhook, l := range m.latencies.values {
			var encoded []byte
			_, err := queryRow(r, `SELECT latency FROM attempt_stats WHERE webhook_id = $1 AND minute = $2`, []any{int64(webhook), l.minute}, &encoded)
			w.must(err)
			if string(encoded) != string(l.encoded) {
				fatal("a histogram is remembered as %x, and is %x", l.encoded, encoded)
			}
		}
		for webhook, minute := range m.sampled.values {
			if n := w.count(fmt.Sprintf(`backlog_samples WHERE webhook_id = %d AND minute = %d`, webhook, minute)); n != 1 {
				fatal("a sample of the backlog is remembered, and is not there")
			}
		}
		w.directsAreThere(r, fatal)
		return nil
	}))
	for _, part := range []int{len(m.tail.change.logged), m.tail.change.events, len(m.directs.begun), len(m.directs.ended), len(m.conversations.undo)} {
		if part != 0 {
			fatal("a transaction that is over has left something: %+v", m.tail.change)
		}
	}
}

// directsAreThere compares the direct deliveries with those that events name and no row tells of.
func (w *tailWorld) directsAreThere(r session, fatal func(string, ...any)) {
	want := map[bot9.DeliveryID]bool{}
	w.must(r.query(func(scan scanFunc) error {
		var event, conversation int64
		var encoded []byte
		w.must(scan(&event, &conversation, &encoded))
		deliveries, err := decodeDirect(encoded, bot9.EventID(event), bot9.ConversationID(conversation))
		for _, d := range deliveries {
			want[d.ID] = true
		}
		return err
	}, `SELECT e.id, e.conversation_id, e.direct FROM events e WHERE e.direct IS NOT NULL`))
	for _, table := range []string{"backlog", "deliveries"} {
		w.must(r.query(func(scan scanFunc) error {
			var id int64
			err := scan(&id)
			delete(want, bot9.DeliveryID(id))
			return err
		}, `SELECT id FROM `+table))
	}
	got, listed, heads := map[bot9.DeliveryID]bool{}, map[bot9.DeliveryID]bool{}, map[laneKey]*direct{}
	for id, d := range w.memory.directs.byID {
		got[id] = true
		heads[d.lane()] = d
	}
	for d := range current(w.memory.directs.snapshot()) {
		listed[d.id] = true
	}
	if !maps.Equal(got, want) || !maps.Equal(listed, want) || !maps.Equal(heads, w.memory.directs.heads) {
		fatal("direct are %v, remembered %v, listed %v, heads of lanes %v", want, got, listed, w.memory.directs.heads)
	}
}

// TestMemoryFollowsTheTransaction runs transactions of a few random writes, of which some are rolled back
// and some run twice: what the writer remembers is what a fresh read finds, each time.
func TestMemoryFollowsTheTransaction(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newTailWorld(t, rapid.IntRange(1, 12).Draw(rt, "tail"))
		w.Attach(admitsAll{})
		chatbot, conversations := w.chatbot()
		webhook := w.webhook(chatbot, bot9.OrderConversation)
		step := func(x *tx, kind string, n int) {
			conversation := conversations[n%2]
			switch kind {
			case "append":
				sequence, err := x.nextSequence(chatbot, conversation)
				w.must(err)
				_, err = x.appendEvent(chatbot, bot9.NewEvent{Type: "custom.note", Data: []byte(`{}`), ConversationID: conversation}, sequence)
				w.must(err)
			case "finish":
				for _, d := range w.memory.directs.byID {
					delivery := d.delivery()
					delivery.Attempts = 1
					next := []bot9.DeliveryStatus{bot9.DeliverySucceeded, bot9.DeliveryRetrying, bot9.DeliveryPending}[n%3]
					w.must(x.finish(&bot9.AttemptResult{Delivery: &delivery, Next: next, Attempt: &bot9.Attempt{Outcome: bot9.OutcomeSuccess, DurationMs: float64(n)}}))
					break
				}
			case "webhook":
				status := []bot9.WebhookStatus{bot9.WebhookEnabled, bot9.WebhookDisabled}[n%2]
				changed, err := w.findWebhook(x, `w.id = $1`, int64(webhook))
				w.must(err)
				changed.Status = status
				w.must(x.saveWebhook(changed))
			case "close the tail":
				w.must(x.closeTail())
			}
		}
		for range rapid.IntRange(1, 12).Draw(rt, "transactions") {
			kinds := rapid.SliceOfN(rapid.SampledFrom([]string{"append", "append", "append", "finish", "webhook", "close the tail"}), 1, 6).Draw(rt, "writes")
			numbers := rapid.SliceOfN(rapid.IntRange(0, 5), len(kinds), len(kinds)).Draw(rt, "numbers")
			failsFirst, fails := rapid.Bool().Draw(rt, "runs twice"), rapid.Bool().Draw(rt, "fails")
			x := &tx{store: w.Store}
			run := func(fails bool) error {
				return w.db.write(func(s session) error {
					x.begin(s)
					for i, kind := range kinds {
						step(x, kind, numbers[i])
					}
					w.must(x.flush())
					if fails {
						return errRolledBack
					}
					return nil
				})
			}
			if failsFirst { // the database wants it run again
				_ = run(true)
			}
			if err := run(fails); err != nil {
				w.memory.rollback()
			} else {
				w.memory.commit()
			}
			w.remembersWhatIsThere(rt.Fatalf)
		}
	})
}

// TestEveryPartOfTheMemoryIsListed: a field of memory that no transaction reaches would go astray.
func TestEveryPartOfTheMemoryIsListed(t *testing.T) {
	m := newMemory(0)
	listed := map[uintptr]bool{}
	for _, part := range m.parts {
		listed[reflect.ValueOf(part).Pointer()] = true
	}
	fields := reflect.ValueOf(m).Elem()
	for i := range fields.NumField() {
		if name := fields.Type().Field(i).Name; name != "parts" && !listed[fields.Field(i).Pointer()] {
			t.Errorf("begin, commit and rollback don't reach %s", name)
		}
	}
}
