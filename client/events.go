package client

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"
)

// Event is something that happened.
type Event struct {
	ID             string          `json:"id"`
	Type           string          `json:"event"`
	Data           json.RawMessage `json:"data"`
	CreatedAt      time.Time       `json:"createdAt"`
	ConversationID string          `json:"conversationId"` // "" outside a conversation
	Sequence       int64           `json:"sequence"`       // 1, 2, 3 … within the conversation

	// Envelope is the event byte for byte as webhooks are sent it.
	Envelope json.RawMessage `json:"-"`
}

// UnmarshalJSON reads an envelope and keeps its bytes.
func (e *Event) UnmarshalJSON(envelope []byte) error {
	type plain Event
	if err := json.Unmarshal(envelope, (*plain)(e)); err != nil {
		return err
	}
	e.Envelope = append(json.RawMessage(nil), envelope...)
	return nil
}

// MarshalJSON returns the envelope as it came.
func (e Event) MarshalJSON() ([]byte, error) {
	if e.Envelope != nil {
		return e.Envelope, nil
	}
	type plain Event
	return json.Marshal(plain(e))
}

// EventType is a type of the catalog.
type EventType struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	When        string          `json:"when"`
	Schema      json.RawMessage `json:"schema"`
	Sample      json.RawMessage `json:"sample"`
}

// EventFilter chooses events. Zero fields don't restrict.
type EventFilter struct {
	Type           string
	ConversationID string
	After          string // only events after this one, oldest first
	Since, Until   time.Time
}

// NewEvent is an event that happened elsewhere.
type NewEvent struct {
	Event          string          `json:"event"`
	Data           json.RawMessage `json:"data,omitempty"`
	ConversationID string          `json:"conversationId,omitempty"`
}

// Delivery is one event on its way to one webhook.
type Delivery struct {
	ID             string    `json:"id"`
	WebhookID      string    `json:"webhookId"`
	EventID        string    `json:"eventId"`
	Event          string    `json:"event"` // the type
	ConversationID string    `json:"conversationId"`
	Sequence       int64     `json:"sequence"`
	Status         string    `json:"status"`
	AttemptCount   int       `json:"attemptCount"`
	NextAttemptAt  time.Time `json:"nextAttemptAt"`
	ResponseStatus int       `json:"responseStatus"`
	Error          string    `json:"error"`
	CreatedAt      time.Time `json:"createdAt"`
	FinishedAt     time.Time `json:"finishedAt"`
}

// DeliveryDetail is a delivery with its event and all attempts.
type DeliveryDetail struct {
	Delivery
	Event    *Event    `json:"event"` // nil once retention has removed it
	Attempts []Attempt `json:"attempts"`
}

// Attempt is one try to deliver.
type Attempt struct {
	ID              string            `json:"id"`
	Number          int               `json:"number"`
	StartedAt       time.Time         `json:"startedAt"`
	DurationMs      float64           `json:"durationMs"`
	Outcome         string            `json:"outcome"`
	Error           string            `json:"error"`
	URL             string            `json:"url"`
	RequestHeaders  map[string]string `json:"requestHeaders"`
	ResponseStatus  int               `json:"responseStatus"`
	ResponseHeaders map[string]string `json:"responseHeaders"`
	ResponseBody    string            `json:"responseBody"`
}

// DeliveryFilter chooses deliveries. Zero fields don't restrict.
type DeliveryFilter struct {
	WebhookID, EventID, ConversationID string
	Event, Status                      string
	Since, Until                       time.Time
}

// EventTypes lists the catalog.
func (c *Client) EventTypes(ctx context.Context) (List[EventType], error) {
	return whole[EventType](ctx, c, "event-types")
}

// Events lists events, newest first; with After oldest first.
func (c *Client) Events(ctx context.Context, filter EventFilter, page Page) (List[Event], error) {
	var events List[Event]
	err := c.get(ctx, &events, page.in(query("event", filter.Type, "conversationId", filter.ConversationID,
		"after", filter.After, "since", moment(filter.Since), "until", moment(filter.Until))), "events")
	return events, err
}

// Event returns an event.
func (c *Client) Event(ctx context.Context, id string) (Event, error) {
	var event Event
	err := c.get(ctx, &event, nil, "events", id)
	return event, err
}

// PostEvents stores up to 1,000 events, all or none, and returns their IDs.
func (c *Client) PostEvents(ctx context.Context, events ...NewEvent) ([]string, error) {
	if len(events) == 1 {
		var stored struct{ ID string }
		err := c.create(ctx, events[0], &stored, "events")
		return []string{stored.ID}, err
	}
	var stored struct{ IDs []string }
	err := c.create(ctx, events, &stored, "events")
	return stored.IDs, err
}

// Deliveries lists deliveries, newest first.
func (c *Client) Deliveries(ctx context.Context, filter DeliveryFilter, page Page) (List[Delivery], error) {
	var deliveries List[Delivery]
	err := c.get(ctx, &deliveries, page.in(query("webhookId", filter.WebhookID, "eventId", filter.EventID,
		"conversationId", filter.ConversationID, "event", filter.Event, "status", filter.Status,
		"since", moment(filter.Since), "until", moment(filter.Until))), "deliveries")
	return deliveries, err
}

// Delivery returns a delivery with every attempt.
func (c *Client) Delivery(ctx context.Context, id string) (DeliveryDetail, error) {
	var delivery DeliveryDetail
	err := c.get(ctx, &delivery, nil, "deliveries", id)
	return delivery, err
}

// RetryDelivery sends a finished delivery once more, or a waiting one without further waiting.
func (c *Client) RetryDelivery(ctx context.Context, id string) (Delivery, error) {
	var delivery Delivery
	err := c.create(ctx, nil, &delivery, "deliveries", id, "retry")
	return delivery, err
}

func (p Page) in(values url.Values) url.Values {
	if p.Limit > 0 {
		values.Set("limit", strconv.Itoa(p.Limit))
	}
	if p.Cursor != "" {
		values.Set("cursor", p.Cursor)
	}
	return values
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
