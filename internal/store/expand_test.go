package store

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// expanding is a world in which nobody makes noted deliveries but the test.
func expandingWorld(t *testing.T) (*tailWorld, bot9.ChatbotID, [2]bot9.ConversationID) {
	w := newTailWorld(t, 0)
	w.expandMu.Lock()
	chatbot, conversations := w.chatbot()
	for range maxFanout + 1 {
		w.choosing(chatbot, "custom.wide")
	}
	return w, chatbot, conversations
}

func (w *tailWorld) choosing(chatbot bot9.ChatbotID, events ...string) bot9.WebhookID {
	w.t.Helper()
	webhook, err := w.CreateWebhook(w.t.Context(), bot9.Webhook{ChatbotID: chatbot, AccountID: w.account, URL: "https://example.com", Events: events, Status: bot9.WebhookEnabled})
	w.must(err)
	return webhook.ID
}

func (w *tailWorld) post(chatbot bot9.ChatbotID, conversation bot9.ConversationID, name string) bot9.EventID {
	w.t.Helper()
	ids, err := w.AppendEvents(w.t.Context(), chatbot, []bot9.NewEvent{{Type: name, Data: []byte(`{}`), ConversationID: conversation}})
	w.must(err)
	return ids[0]
}

func (w *tailWorld) switchTo(chatbot bot9.ChatbotID, webhook bot9.WebhookID, status bot9.WebhookStatus) {
	w.t.Helper()
	_, err := w.ChangeWebhook(w.t.Context(), chatbot, webhook, func(w *bot9.Webhook) error {
		w.Status = status
		return nil
	})
	w.must(err)
}

func (w *tailWorld) expandAll() {
	w.t.Helper()
	w.expandMu.Unlock()
	defer w.expandMu.Lock()
	for more := true; more; {
		var err error
		more, err = w.Expand(w.t.Context())
		w.must(err)
	}
}

// TestOnlyTheSameConversationFollowsANote: what order doesn't demand is delivered at once.
func TestOnlyTheSameConversationFollowsANote(t *testing.T) {
	w, chatbot, conversations := expandingWorld(t)
	defer w.expandMu.Unlock()
	w.choosing(chatbot, "custom.note")
	w.post(chatbot, conversations[0], "custom.wide")
	for name, c := range map[string]struct {
		conversation bot9.ConversationID
		noted        int64
	}{
		"in the same conversation": {conversations[0], 1},
		"in another one":           {conversations[1], 0},
		"in none":                  {0, 0},
	} {
		before := w.count(`expansions`)
		w.post(chatbot, c.conversation, "custom.note")
		if noted := w.count(`expansions`) - before; noted != c.noted {
			t.Errorf("%s: %d are noted, want %d", name, noted, c.noted)
		}
	}
	w.reopen() // which remembers nothing
	before := w.count(`expansions`)
	w.post(chatbot, conversations[0], "custom.note")
	if w.count(`expansions`) != before+1 {
		t.Error("after a restart it no longer follows")
	}
}

// TestAPauseThatEndedBeforeItsEventsWereMatched: events of the pause aren't sent, those before and after it are.
func TestAPauseThatEndedBeforeItsEventsWereMatched(t *testing.T) {
	w, chatbot, _ := expandingWorld(t)
	defer w.expandMu.Unlock()
	webhook := w.choosing(chatbot, "custom.wide")
	step := func() bot9.EventID {
		w.pass(time.Second)
		id := w.post(chatbot, 0, "custom.wide")
		w.pass(time.Second)
		return id
	}
	wanted := []bot9.EventID{step()}
	for range 2 {
		w.switchTo(chatbot, webhook, bot9.WebhookDisabled)
		step()
		w.switchTo(chatbot, webhook, bot9.WebhookEnabled)
		wanted = append(wanted, step())
	}
	w.expandAll()
	var got []bot9.EventID
	w.must(w.read(t.Context(), func(r session) error {
		return r.query(func(scan scanFunc) error {
			var id bot9.EventID
			err := scan((*int64)(&id))
			got = append(got, id)
			return err
		}, `SELECT b.event_id FROM backlog b WHERE b.webhook_id = $1 ORDER BY b.id`, int64(webhook))
	}))
	if len(got) != len(wanted) || got[0] != wanted[0] || got[1] != wanted[1] || got[2] != wanted[2] {
		t.Errorf("it gets %v, want %v", got, wanted)
	}
	w.switchTo(chatbot, webhook, bot9.WebhookDisabled)
	w.switchTo(chatbot, webhook, bot9.WebhookEnabled)
	if known, err := w.Endpoint(t.Context(), webhook); err != nil || len(known.Pauses) != 0 {
		t.Errorf("pauses that matter to nothing any more: %v, %v", known.Pauses, err)
	}
}

// TestStatisticsCountWhatIsOnlyNoted: a delivery that is still to be made waits like any other.
func TestStatisticsCountWhatIsOnlyNoted(t *testing.T) {
	w, chatbot, conversations := expandingWorld(t)
	defer w.expandMu.Unlock()
	began := w.now()
	for range 3 {
		w.post(chatbot, conversations[0], "custom.wide")
		w.pass(time.Minute)
	}
	late := w.choosing(chatbot, "custom.wide")
	webhooks, err := w.Webhooks(t.Context(), chatbot)
	w.must(err)
	stats, err := w.Stats(t.Context(), chatbot, webhooks[0].ID, bot9.LastHour, w.now())
	w.must(err)
	if stats.Backlog != 3 || stats.OldestWaitingAt != began || stats.Series[len(stats.Series)-1].Backlog != 3 {
		t.Errorf("a webhook: %d wait since %v, want 3 since %v", stats.Backlog, stats.OldestWaitingAt, began)
	}
	all, err := w.ChatbotStats(t.Context(), chatbot, bot9.LastHour, w.now())
	w.must(err)
	for _, summary := range all.Webhooks {
		want := int64(3)
		if summary.WebhookID == late {
			want = 0
		}
		if summary.Backlog != want || want > 0 && summary.OldestWaitingAt != began {
			t.Errorf("%v: %d wait since %v, want %d since %v", summary.WebhookID, summary.Backlog, summary.OldestWaitingAt, want, began)
		}
	}
	w.expandAll()
	if stats, err = w.Stats(t.Context(), chatbot, webhooks[0].ID, bot9.LastHour, w.now()); err != nil || stats.Backlog != 3 {
		t.Errorf("once they are made, %d wait: %v", stats.Backlog, err)
	}
}
