package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// Webhook is a wish for events as signed POSTs to a URL. Secret is set only when it was just made.
type Webhook struct {
	ID             string            `json:"id"`
	ChatbotID      string            `json:"chatbotId"`
	URL            string            `json:"url"`
	Events         []string          `json:"events"`
	Description    string            `json:"description"`
	Headers        map[string]string `json:"headers"`
	Filter         string            `json:"filter"`
	Ordering       string            `json:"ordering"`
	SetAsideAfter  int               `json:"setAsideAfter"`
	TimeoutSeconds int               `json:"timeoutSeconds"`
	RetrySchedule  []int             `json:"retrySchedule"` // seconds before each further attempt
	MaxInFlight    int               `json:"maxInFlight"`
	RateLimit      float64           `json:"rateLimit"` // requests per second
	Status         string            `json:"status"`
	DisabledReason string            `json:"disabledReason"`
	CreatedAt      time.Time         `json:"createdAt"`
	Health         *Health           `json:"health"`
	Secret         string            `json:"secret"`
	Missed         *Missed           `json:"missed"` // only where a change enabled the webhook
}

// Health tells how an endpoint has been doing.
type Health struct {
	ConsecutiveFailures int       `json:"consecutiveFailures"`
	LastSuccessAt       time.Time `json:"lastSuccessAt"`
	LastError           string    `json:"lastError"`
	OpenUntil           time.Time `json:"openUntil"`   // nothing is sent until then, because it kept failing
	PausedUntil         time.Time `json:"pausedUntil"` // nothing is sent until then, because it asked for that
}

// SilentUntil is until when nothing is sent; it may be past.
func (h *Health) SilentUntil() time.Time {
	if h.PausedUntil.After(h.OpenUntil) {
		return h.PausedUntil
	}
	return h.OpenUntil
}

// Missed is what a webhook would have been sent while it was disabled.
type Missed struct {
	Count int       `json:"count"` // 1000 stands for that many or more
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
}

// WebhookSettings are what to set; nil leaves as it is, or to the default.
type WebhookSettings struct {
	URL            *string           `json:"url,omitempty"`
	Events         []string          `json:"events,omitempty"`
	Description    *string           `json:"description,omitempty"`
	Headers        map[string]string `json:"headers,omitempty"`
	Filter         *string           `json:"filter,omitempty"`
	Ordering       *string           `json:"ordering,omitempty"`
	SetAsideAfter  *int              `json:"setAsideAfter,omitempty"`
	TimeoutSeconds *int              `json:"timeoutSeconds,omitempty"`
	RetrySchedule  []int             `json:"retrySchedule,omitempty"`
	MaxInFlight    *int              `json:"maxInFlight,omitempty"`
	RateLimit      *float64          `json:"rateLimit,omitempty"`
	Status         *string           `json:"status,omitempty"`

	RemoveHeaders []string `json:"-"` // of a change: headers to send no more. Headers adds to those that are there
}

// change is the merge patch (RFC 7396) that the API takes.
func (s WebhookSettings) change() (map[string]any, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	var patch map[string]any
	if err := json.Unmarshal(text, &patch); err != nil {
		return nil, err
	}
	headers := map[string]any{}
	for _, name := range s.RemoveHeaders {
		headers[name] = nil
	}
	for name, value := range s.Headers {
		headers[name] = value
	}
	if len(headers) > 0 {
		patch["headers"] = headers
	}
	return patch, nil
}

// Secret is what a webhook's deliveries are signed with.
type Secret struct {
	Secret            string    `json:"secret"`
	PreviousExpiresAt time.Time `json:"previousExpiresAt"` // until when the one before signs too
}

// Stats tell how a webhook did in a window of time.
type Stats struct {
	Window   string `json:"window"`
	State    string `json:"state"`
	Attempts struct {
		Succeeded int64 `json:"succeeded"`
		Failed    int64 `json:"failed"`
	} `json:"attempts"`
	SuccessRate     *float64    `json:"successRate"` // 0 to 1; nil without attempts
	LatencyMs       Percentiles `json:"latencyMs"`
	Backlog         int64       `json:"backlog"`
	OldestWaitingAt time.Time   `json:"oldestWaitingAt"`
}

// Percentiles of a duration in milliseconds.
type Percentiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// ReplayFilter says what to send again.
type ReplayFilter struct {
	Since          time.Time  `json:"since"`
	Until          *time.Time `json:"until,omitempty"`
	Events         []string   `json:"events,omitempty"`
	Status         []string   `json:"status,omitempty"` // only events whose last delivery to the webhook ended so
	ConversationID string     `json:"conversationId,omitempty"`
}

// Replay sends events of the past to a webhook again.
type Replay struct {
	ID         string    `json:"id"`
	WebhookID  string    `json:"webhookId"`
	Status     string    `json:"status"` // running, completed, canceled
	Total      int64     `json:"total"`
	Queued     int64     `json:"queued"`
	Succeeded  int64     `json:"succeeded"`
	Failed     int64     `json:"failed"`
	CreatedAt  time.Time `json:"createdAt"`
	FinishedAt time.Time `json:"finishedAt"`
}

// Webhooks lists all of the chatbot's webhooks.
func (c *Client) Webhooks(ctx context.Context) (List[Webhook], error) {
	return whole[Webhook](ctx, c, "webhooks")
}

// Webhook returns a webhook with how its endpoint has been doing.
func (c *Client) Webhook(ctx context.Context, id string) (Webhook, error) {
	var webhook Webhook
	err := c.get(ctx, &webhook, nil, "webhooks", id)
	return webhook, err
}

// CreateWebhook makes a webhook; the answer has its secret.
func (c *Client) CreateWebhook(ctx context.Context, settings WebhookSettings) (Webhook, error) {
	var webhook Webhook
	err := c.create(ctx, settings, &webhook, "webhooks")
	return webhook, err
}

// ChangeWebhook changes what is set. When that enables the webhook the answer tells what it missed.
func (c *Client) ChangeWebhook(ctx context.Context, id string, settings WebhookSettings) (Webhook, error) {
	var webhook Webhook
	change, err := settings.change()
	if err != nil {
		return webhook, err
	}
	err = c.send(ctx, http.MethodPatch, change, &webhook, "webhooks", id)
	return webhook, err
}

// DeleteWebhook deletes a webhook and what is still waiting for it.
func (c *Client) DeleteWebhook(ctx context.Context, id string) error {
	return c.send(ctx, http.MethodDelete, nil, nil, "webhooks", id)
}

// TestWebhook sends the sample of an event type, ping if it is "", at once, and returns the attempt,
// failed or not.
func (c *Client) TestWebhook(ctx context.Context, id, event string) (Attempt, error) {
	in := map[string]string{}
	if event != "" {
		in["event"] = event
	}
	var attempt Attempt
	err := c.send(ctx, http.MethodPost, in, &attempt, "webhooks", id, "test")
	return attempt, err
}

// WebhookSecret returns what deliveries are signed with.
func (c *Client) WebhookSecret(ctx context.Context, id string) (Secret, error) {
	var secret Secret
	err := c.get(ctx, &secret, nil, "webhooks", id, "secret")
	return secret, err
}

// RotateWebhookSecret makes a new secret; the old one signs too for the overlap.
func (c *Client) RotateWebhookSecret(ctx context.Context, id string, overlap time.Duration) (Secret, error) {
	var secret Secret
	err := c.create(ctx, overlapOf(overlap), &secret, "webhooks", id, "rotate-secret")
	return secret, err
}

// WebhookStats tells how a webhook did in the last "1h", "24h" or "7d".
func (c *Client) WebhookStats(ctx context.Context, id, window string) (Stats, error) {
	var stats Stats
	err := c.get(ctx, &stats, query("window", window), "webhooks", id, "stats")
	return stats, err
}

// StartReplay sends events of the past to a webhook again, in order, behind live ones.
func (c *Client) StartReplay(ctx context.Context, webhook string, filter ReplayFilter) (Replay, error) {
	var replay Replay
	err := c.create(ctx, filter, &replay, "webhooks", webhook, "replay")
	return replay, err
}

// Replay returns a replay with its progress.
func (c *Client) Replay(ctx context.Context, id string) (Replay, error) {
	var replay Replay
	err := c.get(ctx, &replay, nil, "replays", id)
	return replay, err
}

// Replays lists a webhook's replays, newest first.
func (c *Client) Replays(ctx context.Context, webhook string, page Page) (List[Replay], error) {
	var replays List[Replay]
	err := c.get(ctx, &replays, page.in(query()), "webhooks", webhook, "replays")
	return replays, err
}

// CancelReplay ends a replay; what it has not sent yet is not sent.
func (c *Client) CancelReplay(ctx context.Context, id string) (Replay, error) {
	var replay Replay
	err := c.send(ctx, http.MethodPost, nil, &replay, "replays", id, "cancel")
	return replay, err
}

// query makes a query of names and values, without those whose value is "".
func query(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return values
}
