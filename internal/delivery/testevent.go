package delivery

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// SendTest sends the webhook a sample of an event type at once, outside every queue, and returns the
// attempt. With "" it sends a ping. Nothing is recorded.
func (e *Dispatcher) SendTest(ctx context.Context, w bot9.Webhook, eventType string) (bot9.Attempt, error) {
	if eventType == "" {
		eventType = catalog.Ping
	}
	kind, ok := catalog.Lookup(eventType)
	if !ok {
		return bot9.Attempt{}, bot9.InvalidField("unknownEventType", "body.event", "There is no such event type.")
	}
	data := []byte(kind.Sample)
	if eventType == catalog.Ping {
		data = catalog.Event(0, catalog.PingData{ChatbotID: w.ChatbotID, WebhookID: w.ID}).Data
	}
	data, err := catalog.WithChatbot(data, w.ChatbotID)
	if err != nil {
		return bot9.Attempt{}, fmt.Errorf("sample of %s: %w", eventType, err)
	}
	id, err := e.newID(ctx)
	if err != nil {
		return bot9.Attempt{}, err
	}
	attemptID, err := e.newID(ctx)
	if err != nil {
		return bot9.Attempt{}, err
	}
	// An ID like any other: receivers drop what has an ID that they have seen.
	event := &bot9.Event{ID: bot9.EventID(id), ChatbotID: w.ChatbotID, Type: eventType, Data: json.RawMessage(data)}
	d := &bot9.Delivery{WebhookID: w.ID, ChatbotID: w.ChatbotID, EventID: event.ID, EventType: eventType, Event: event}
	attempt := e.connect(&w)(ctx, d)
	attempt.ID = bot9.AttemptID(attemptID)
	return attempt, nil
}
