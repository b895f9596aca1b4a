package bot9hooks

import (
	"encoding/json"
	"time"
	"unicode/utf8"
)

// Event is what a delivery's body tells.
type Event struct {
	Type           string          `json:"event"`
	Data           json.RawMessage `json:"data"` // a JSON object; On decodes it
	ID             string          `json:"id"`
	CreatedAt      time.Time       `json:"createdAt"`
	APIVersion     string          `json:"apiVersion"`
	ConversationID string          `json:"conversationId,omitempty"` // "" outside a conversation
	Sequence       int64           `json:"sequence,omitempty"`       // 1, 2, 3 … within the conversation; 0 outside
}

// Data is the data of one event type of the catalog.
type Data interface {
	// EventType returns the event type's name, such as "messageReceived".
	EventType() string
}

// ParseEvent reads a delivery's body. Verify it first. The error is a *WebhookError.
func ParseEvent(body []byte) (Event, error) {
	var event Event
	if err := json.Unmarshal(body, &event); err != nil || !utf8.Valid(body) {
		return Event{}, &WebhookError{InvalidEvent, "the body is not an event"}
	}
	if event.Type == "" || event.ID == "" || len(event.Data) == 0 || event.Data[0] != '{' {
		return Event{}, &WebhookError{InvalidEvent, "the body has no event, no id, or no data object"}
	}
	return event, nil
}

// DataOf decodes the event's data as T. The error is a *WebhookError; it is one, too, when the
// event is of another type.
func DataOf[T Data](event Event) (T, error) {
	var data T
	if event.Type != data.EventType() {
		return data, &WebhookError{InvalidEvent, "the event is not " + data.EventType()}
	}
	if err := json.Unmarshal(event.Data, &data); err != nil {
		return data, &WebhookError{InvalidEvent, "the data is not that of " + data.EventType()}
	}
	return data, nil
}
