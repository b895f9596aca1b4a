package bot9

import "time"

// Ordering is what a webhook promises about the order of deliveries.
type Ordering string

// The orderings.
const (
	OrderConversation Ordering = "conversation" // one conversation's events strictly by sequence
	OrderNone         Ordering = "none"         // each event on its own
)

// WebhookStatus tells whether events are matched with a webhook and delivered to it.
type WebhookStatus string

// The states of a webhook.
const (
	WebhookEnabled  WebhookStatus = "enabled"
	WebhookDisabled WebhookStatus = "disabled"
)

// AllEvents stands in Webhook.Events for every event type, later ones included.
const AllEvents = "*"

// What holds for a webhook that doesn't say otherwise, and the bounds of what it may say.
const (
	DefaultTimeout       = 15 * time.Second
	MaxTimeout           = 30 * time.Second
	DefaultSetAsideAfter = 5
	MaxRetries           = 50
	DefaultSecretOverlap = 24 * time.Hour
)

// DefaultRetrySchedule is the wait before each attempt after the first.
var DefaultRetrySchedule = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 12 * time.Hour, 24 * time.Hour, 24 * time.Hour,
}

// Webhook is an integrator's wish: these events of this chatbot, as signed POSTs to this URL.
type Webhook struct {
	ID             WebhookID         `json:"id"`
	ChatbotID      ChatbotID         `json:"chatbotId"`
	AccountID      AccountID         `json:"-"`
	URL            string            `json:"url"`
	Events         []string          `json:"events"`
	Description    string            `json:"description"`
	Headers        map[string]string `json:"headers" doc:"Sent with every delivery"`
	Filter         string            `json:"filter,omitempty" doc:"A CEL expression over the envelope; only events for which it is true are delivered"`
	Ordering       Ordering          `json:"ordering" enum:"conversation,none"`
	SetAsideAfter  int               `json:"setAsideAfter" doc:"After so many failed attempts, while the endpoint answers other events, an event leaves its conversation's order; 0 = the conversation waits"`
	TimeoutSeconds int               `json:"timeoutSeconds"`
	RetrySchedule  []int             `json:"retrySchedule" doc:"Seconds to wait before each attempt after the first"`
	MaxInFlight    int               `json:"maxInFlight,omitempty" doc:"At most so many requests at once; 0 = as many as the endpoint takes well"`
	RateLimit      float64           `json:"rateLimit,omitempty" doc:"At most so many requests per second; 0 = no limit"`
	Signatures     []string          `json:"signatures" doc:"Signature schemes"`
	Status         WebhookStatus     `json:"status" enum:"enabled,disabled"`
	DisabledReason string            `json:"disabledReason,omitempty"`
	DisabledAt     Time              `json:"disabledAt,omitzero" format:"date-time"`
	CreatedAt      Time              `json:"createdAt" format:"date-time"`
	UpdatedAt      Time              `json:"updatedAt" format:"date-time"`
	SecretSince    Time              `json:"secretSince,omitzero" format:"date-time" doc:"Since when deliveries are signed with the present secret"`
	Health         *Health           `json:"health,omitempty" doc:"How the endpoint has been doing"`

	Secrets []Secret `json:"-"` // newest first; the first signs, all valid ones are sent
}

// Secret is what deliveries of a webhook are signed with.
type Secret struct {
	Text      string // "whsec_" + base64
	CreatedAt Time   // zero: as old as its webhook
	ExpiresAt Time   // zero for the current one
}

// ValidSecrets returns the secrets to sign with at now, newest first.
func (w *Webhook) ValidSecrets(now Time) []Secret {
	valid := make([]Secret, 0, len(w.Secrets))
	for _, secret := range w.Secrets {
		if secret.ExpiresAt == 0 || secret.ExpiresAt > now {
			valid = append(valid, secret)
		}
	}
	return valid
}

// Timeout is the time limit of one attempt, everything included.
func (w *Webhook) Timeout() time.Duration {
	if w.TimeoutSeconds == 0 {
		return DefaultTimeout
	}
	return time.Duration(w.TimeoutSeconds) * time.Second
}

// Health is what is known of an endpoint from the attempts made so far. It survives a restart.
type Health struct {
	ConsecutiveFailures int     `json:"consecutiveFailures"`
	LastSuccessAt       Time    `json:"lastSuccessAt,omitzero" format:"date-time"`
	LastFailureAt       Time    `json:"lastFailureAt,omitzero" format:"date-time"`
	FailingSince        Time    `json:"failingSince,omitzero" format:"date-time" doc:"First failure since the last success"`
	LastError           string  `json:"lastError,omitempty" doc:"What was wrong with the last failed attempt, in words"`
	OpenUntil           Time    `json:"openUntil,omitzero" format:"date-time" doc:"Until when nothing is sent, because the endpoint kept failing"`
	OpenCount           int     `json:"-"` // times in a row that a probe failed
	Concurrency         float64 `json:"concurrency" doc:"How many requests at once the endpoint takes well at present"`
}
