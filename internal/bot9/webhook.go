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

// The defaults of a webhook's settings, and their bounds.
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
	ID             WebhookID         `json:"id" doc:"The webhook"`
	ChatbotID      ChatbotID         `json:"chatbotId" doc:"The chatbot whose events it is sent"`
	AccountID      AccountID         `json:"-"`
	URL            string            `json:"url" doc:"Where events are posted to" example:"https://example.com/webhooks/bot9"`
	Events         []string          `json:"events" doc:"Event types that it chose: of the catalog, custom.<name>, custom.* for all custom ones, * for all" example:"messageReceived,conversationClosed"`
	Description    string            `json:"description" doc:"What it is for, in words of the integrator" example:"Order desk"`
	Headers        map[string]string `json:"headers" doc:"Sent with every delivery. Viewers see the names, and their values masked"`
	Filter         string            `json:"filter,omitempty" doc:"A CEL expression over the envelope; only events that make it true are delivered" example:"data.senderType == \"user\""`
	Ordering       Ordering          `json:"ordering" enum:"conversation,none" doc:"conversation: the events of one conversation come strictly by sequence. none: each is sent as soon as it can be"`
	SetAsideAfter  int               `json:"setAsideAfter" doc:"After so many failed attempts, while the endpoint answers other events, an event leaves its conversation's order; 0 = the conversation waits" example:"5"`
	TimeoutSeconds int               `json:"timeoutSeconds" doc:"Seconds that the whole exchange may take, from connecting to the end of the answer" example:"15"`
	RetrySchedule  []int             `json:"retrySchedule" doc:"Seconds to wait before each attempt after the first" example:"[5,30,120]"`
	MaxInFlight    int               `json:"maxInFlight,omitempty" doc:"At most so many requests at once; 0 = as many as the endpoint takes well"`
	RateLimit      float64           `json:"rateLimit,omitempty" doc:"At most so many requests per second; 0 = no limit"`
	Signatures     []string          `json:"signatures" doc:"Signature schemes" example:"v1"`
	Status         WebhookStatus     `json:"status" enum:"enabled,disabled" doc:"enabled, or disabled: then nothing is sent, what was waiting is held, and new events are not queued"`
	DisabledReason string            `json:"disabledReason,omitempty" doc:"Why it was disabled, in words; absent while it is enabled" example:"the endpoint answered 410 Gone"`
	DisabledAt     Time              `json:"disabledAt,omitzero" format:"date-time" doc:"When it was disabled; absent while it is enabled"`
	CreatedAt      Time              `json:"createdAt" format:"date-time" doc:"When it was created"`
	UpdatedAt      Time              `json:"updatedAt" format:"date-time" doc:"When its settings last changed"`
	SecretSince    Time              `json:"secretSince,omitzero" format:"date-time" doc:"Since when deliveries are signed with the present secret"`
	Health         *Health           `json:"health,omitempty" doc:"How the endpoint has been doing"`
	FilterErrors   *FilterErrors     `json:"filterErrors,omitempty" doc:"Events that the filter could not be evaluated on since it was set; absent if there were none"`

	PublicKey string `json:"publicKey,omitempty" doc:"Of the signature scheme v1a: whpk_ and the base64 of an ed25519 public key; absent without the scheme" example:"whpk_MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqk="`

	Secrets []Secret `json:"-"` // newest first; the first signs, all valid ones are sent
	Pauses  []Pause  `json:"-"` // of the past, as far as events of them may still wait to be matched
}

// Secret is what deliveries of a webhook are signed with.
type Secret struct {
	Text      string // "whsec_" + base64
	CreatedAt Time   // zero: as old as its webhook
	ExpiresAt Time   // zero for the current one

	SigningKey string `json:",omitempty"` // "whsk_" + base64, for the scheme v1a; "" without it
	PublicKey  string `json:",omitempty"` // "whpk_" + base64, of SigningKey
}

// The signature schemes.
const (
	SignatureV1  = "v1"  // HMAC-SHA256 by a secret that both sides know
	SignatureV1a = "v1a" // ed25519, which receivers check by a public key
)

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

// Pause is a time in which a webhook was disabled: events after From, and before the one Until, are none of its.
type Pause struct {
	From  Time    `json:"from"`
	Until EventID `json:"until"`
}

// FilterErrors counts the events that a webhook's filter failed on. The webhook didn't get them.
// An event that merely lacks a field, or has it in another type, is none of them.
type FilterErrors struct {
	Count int64       `json:"count" doc:"How many events since the filter was set" example:"3"`
	Last  FilterError `json:"last" doc:"The newest of them"`
}

// FilterError is one event that a webhook's filter failed on.
type FilterError struct {
	EventID EventID `json:"eventId" doc:"The event"`
	At      Time    `json:"at" format:"date-time" doc:"When the event was committed"`
	Reason  string  `json:"reason" enum:"tooCostly,notEvaluable" doc:"tooCostly: the filter took too many steps and was stopped. notEvaluable: something in it could not be calculated, such as a division by zero or a number out of text that is none"`
}

// Health is what is known of an endpoint from the attempts made so far. It survives a restart.
type Health struct {
	ConsecutiveFailures int     `json:"consecutiveFailures" doc:"Failed attempts since the last that succeeded" example:"0"`
	LastSuccessAt       Time    `json:"lastSuccessAt,omitzero" format:"date-time" doc:"When an attempt last succeeded; absent if none has"`
	LastFailureAt       Time    `json:"lastFailureAt,omitzero" format:"date-time" doc:"When an attempt last failed; absent if none has"`
	FailingSince        Time    `json:"failingSince,omitzero" format:"date-time" doc:"When the first attempt failed since the last that succeeded; absent unless it fails"`
	LastError           string  `json:"lastError,omitempty" doc:"What was wrong with the last failed attempt, in words" example:"The endpoint answered 500 Internal Server Error."`
	OpenUntil           Time    `json:"openUntil,omitzero" format:"date-time" doc:"Until when nothing is sent, because the endpoint kept failing; absent unless the breaker is open"`
	PausedUntil         Time    `json:"pausedUntil,omitzero" format:"date-time" doc:"Until when nothing is sent, because the endpoint asked for it by Retry-After on 429 or 503; absent if it never did, and it may be past"`
	OpenCount           int     `json:"-"` // times in a row that a probe failed
	FailingDays         int     `json:"-"` // days (UTC) with failed attempts since FailingSince
	Concurrency         float64 `json:"concurrency" doc:"How many requests at once the endpoint takes well at present" example:"16"`
}

// SilentUntil is until when nothing is sent to the endpoint, whether it asked for that or kept failing.
func (h *Health) SilentUntil() Time { return max(h.OpenUntil, h.PausedUntil) }
