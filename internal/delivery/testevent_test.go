package delivery_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
	"github.com/bot9/bot9/internal/delivery"
)

func TestATestIsSentAtOnceAndRecordedNowhere(t *testing.T) {
	webhook := bot9.Webhook{ID: 7, ChatbotID: 5, Status: bot9.WebhookDisabled}
	next := int64(100)
	newID := func(context.Context) (int64, error) { next++; return next, nil }
	seen := map[bot9.EventID]bool{}
	for asked, want := range map[string]string{"": catalog.Ping, "messageReceived": "messageReceived"} {
		var sent *bot9.Delivery
		dispatcher := delivery.New(delivery.Options{Store: freeStore{}, NewID: newID, Connect: func(*bot9.Webhook) delivery.Send {
			return func(_ context.Context, d *bot9.Delivery) bot9.Attempt {
				sent = d
				return bot9.Attempt{Outcome: bot9.OutcomeStatus, ResponseStatus: 418}
			}
		}})
		attempt, err := dispatcher.SendTest(t.Context(), webhook, asked)
		must(t, err)
		if attempt.ResponseStatus != 418 {
			t.Errorf("%q: the attempt is %+v, want what the endpoint answered", asked, attempt)
		}
		var data struct{ ChatbotID, WebhookID string }
		must(t, json.Unmarshal(sent.Event.Data, &data))
		if sent.EventType != want || sent.Event.Type != want || data.ChatbotID != webhook.ChatbotID.String() {
			t.Errorf("%q: sent %s of chatbot %s", asked, sent.Event.Type, data.ChatbotID)
		}
		if seen[sent.EventID] || sent.EventID == 0 || attempt.ID == 0 {
			t.Errorf("%q: event %s, attempt %s: want IDs of their own", asked, sent.EventID, attempt.ID)
		}
		seen[sent.EventID] = true
		if asked == "" && data.WebhookID != webhook.ID.String() {
			t.Errorf("the ping is of webhook %s", data.WebhookID)
		}
		if diff := cmp.Diff(delivery.Counts{}, dispatcher.Counts()); diff != "" {
			t.Error(diff)
		}
	}
	_, err := delivery.New(delivery.Options{Store: freeStore{}}).SendTest(t.Context(), webhook, "nonsense")
	if code := bot9.CodeOf(err); code != "unknownEventType" {
		t.Errorf("an unknown event type gives %q", code)
	}
}
