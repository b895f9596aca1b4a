package bot9

import "time"

// DeliveryStatus is where a delivery stands.
type DeliveryStatus string

// The states of a delivery. The first four are unfinished: the delivery is in the backlog.
const (
	DeliveryPending   DeliveryStatus = "pending"   // not attempted yet
	DeliveryRetrying  DeliveryStatus = "retrying"  // failed, will be attempted again
	DeliverySetAside  DeliveryStatus = "set_aside" // left its conversation's order; still retried
	DeliveryHeld      DeliveryStatus = "held"      // its webhook is disabled
	DeliverySucceeded DeliveryStatus = "succeeded"
	DeliveryFailed    DeliveryStatus = "failed"   // given up; can be retried or replayed
	DeliveryCanceled  DeliveryStatus = "canceled" // its replay was canceled
)

// Delivery is one event on its way to one webhook.
type Delivery struct {
	ID             DeliveryID     `json:"id"`
	WebhookID      WebhookID      `json:"webhookId"`
	ChatbotID      ChatbotID      `json:"chatbotId"`
	EventID        EventID        `json:"eventId"`
	EventType      string         `json:"event"`
	ConversationID ConversationID `json:"conversationId,omitzero"`
	Sequence       int64          `json:"sequence,omitempty"`
	ReplayID       ReplayID       `json:"replayId,omitzero"`
	Status         DeliveryStatus `json:"status" enum:"pending,retrying,set_aside,held,succeeded,failed,canceled"`
	Attempts       int            `json:"attemptCount" doc:"Attempts made so far"`
	NextAttemptAt  Time           `json:"nextAttemptAt,omitzero" format:"date-time" doc:"Absent while it waits for an earlier event of its conversation"`
	ResponseStatus int            `json:"responseStatus,omitempty" doc:"Of the last attempt"`
	Error          string         `json:"error,omitempty" doc:"Of the last attempt, in words"`
	CreatedAt      Time           `json:"createdAt" format:"date-time"`
	FinishedAt     Time           `json:"finishedAt,omitzero" format:"date-time"`

	// InLane tells that the delivery waits for the ones before it in its conversation, and holds
	// up those behind it: webhook and conversation together are a lane.
	InLane bool   `json:"-"`
	Event  *Event `json:"-"` // set where the delivery is about to be sent
}

// OutcomeClass sorts what an attempt came to.
type OutcomeClass string

// The classes of outcome.
const (
	OutcomeSuccess    OutcomeClass = "success"
	OutcomeStatus     OutcomeClass = "status"     // answered, but not 2xx
	OutcomeRedirect   OutcomeClass = "redirect"   // 3xx, not followed
	OutcomeTimeout    OutcomeClass = "timeout"    // the time limit ran out
	OutcomeDNS        OutcomeClass = "dns"        // no address for the name
	OutcomeConnect    OutcomeClass = "connect"    // no connection
	OutcomeTLS        OutcomeClass = "tls"        // no trusted TLS session
	OutcomeBlocked    OutcomeClass = "blocked"    // the target is private or otherwise not allowed
	OutcomeProtocol   OutcomeClass = "protocol"   // the answer was not HTTP, or broke off
	OutcomeCanceled   OutcomeClass = "canceled"   // we stopped in the middle; counts against nobody
	OutcomeBadWebhook OutcomeClass = "badWebhook" // the request could not be made from the webhook's settings
)

// Attempt is one try to deliver: what was sent, what came back.
type Attempt struct {
	ID              AttemptID         `json:"id"`
	DeliveryID      DeliveryID        `json:"deliveryId,omitzero" doc:"Absent in the answer to a test, which is no delivery"`
	Number          int               `json:"number" doc:"1 for the first"`
	StartedAt       Time              `json:"startedAt" format:"date-time"`
	DurationMs      float64           `json:"durationMs"`
	Outcome         OutcomeClass      `json:"outcome" enum:"success,status,redirect,timeout,dns,connect,tls,blocked,protocol,canceled,badWebhook"`
	Error           string            `json:"error,omitempty" doc:"What was wrong, in words"`
	URL             string            `json:"url"`
	RequestHeaders  map[string]string `json:"requestHeaders" doc:"As sent; values of the webhook's own headers are masked"`
	ResponseStatus  int               `json:"responseStatus,omitempty"`
	ResponseHeaders map[string]string `json:"responseHeaders,omitempty"`
	ResponseBody    string            `json:"responseBody,omitempty" doc:"The first 16 KiB; invalid UTF-8 is replaced"`
	Truncated       bool              `json:"responseTruncated,omitempty"`
	Timing          Timing            `json:"timing"`

	// RetryAfter is what the endpoint asked for on 429 or 503; zero if it didn't.
	RetryAfter time.Duration `json:"-"`
}

// Timing tells what an attempt's time went into, in milliseconds; on a reused connection the first three are 0.
type Timing struct {
	DNSMs       float64 `json:"dnsMs"`
	ConnectMs   float64 `json:"connectMs"`
	TLSMs       float64 `json:"tlsMs"`
	FirstByteMs float64 `json:"firstByteMs" doc:"From the request's end to the answer's first byte"`
	Reused      bool    `json:"connectionReused"`
}

// Result is what an attempt led to, as it is to be committed.
type Result struct {
	Delivery      *Delivery // Attempts counts this attempt
	Attempt       *Attempt
	Next          DeliveryStatus // succeeded, failed, retrying, set_aside, or pending: attempt again as if nothing was
	RetryAt       Time           // for retrying, set_aside and pending
	Health        *Health        // how the endpoint is doing now; nil if that need not be saved yet
	DisableReason string         // why the webhook is to be disabled, "" if it isn't
}

// DeliveryFilter chooses deliveries of a chatbot. Zero fields don't restrict.
type DeliveryFilter struct {
	WebhookID      WebhookID
	EventID        EventID
	ConversationID ConversationID
	EventType      string
	Status         DeliveryStatus
	Since, Until   Time // when the delivery was made: [Since, Until)
}

// ReplayStatus is where a replay stands.
type ReplayStatus string

// The states of a replay.
const (
	ReplayRunning  ReplayStatus = "running"
	ReplayDone     ReplayStatus = "completed"
	ReplayCanceled ReplayStatus = "canceled"
)

// ReplayFilter chooses which events of the webhook's chatbot a replay sends again.
type ReplayFilter struct {
	Since          Time             `json:"since" format:"date-time"`
	Until          Time             `json:"until,omitzero" format:"date-time"`
	Events         []string         `json:"events,omitempty" doc:"Event types; all that the webhook chose if absent"`
	Status         []DeliveryStatus `json:"status,omitempty" doc:"Only events whose last delivery to this webhook ended so; with none, every matching event, also those from before the webhook was made"`
	ConversationID ConversationID   `json:"conversationId,omitzero"`
}

// Replay sends events of the past to a webhook again, in order, behind live ones.
type Replay struct {
	ID         ReplayID     `json:"id"`
	WebhookID  WebhookID    `json:"webhookId"`
	ChatbotID  ChatbotID    `json:"chatbotId"`
	Filter     ReplayFilter `json:"filter"`
	Status     ReplayStatus `json:"status" enum:"running,completed,canceled"`
	Total      int64        `json:"total" doc:"Events that match, as counted so far"`
	Queued     int64        `json:"queued" doc:"Deliveries made so far"`
	Succeeded  int64        `json:"succeeded"`
	Failed     int64        `json:"failed"`
	CreatedAt  Time         `json:"createdAt" format:"date-time"`
	FinishedAt Time         `json:"finishedAt,omitzero" format:"date-time"`
}

// ReplayCount tells how many events a replay would send.
type ReplayCount struct {
	Count int  `json:"count" doc:"Events that the replay would send"`
	Exact bool `json:"exact" doc:"false: there are so many events that not all were looked at; there may be more than count"`
}

// Unfinished tells whether a delivery in this state is still in the backlog.
func (s DeliveryStatus) Unfinished() bool {
	switch s {
	case DeliveryPending, DeliveryRetrying, DeliverySetAside, DeliveryHeld:
		return true
	}
	return false
}

// Page asks for a part of a list.
type Page struct {
	Limit  int    // 1 to MaxPage; 0 means DefaultPage
	Cursor string // from the page before; "" for the first
}

// The sizes of pages.
const (
	DefaultPage = 50
	MaxPage     = 250
)

// List is a part of a list, and the cursor of the next one.
type List[T any] struct {
	Data       []T     `json:"data"`
	NextCursor *string `json:"nextCursor" doc:"Pass it as cursor to get the next page; null on the last one"`
}

// Stats tells how a webhook did in a window of time.
type Stats struct {
	Window          string        `json:"window" enum:"1h,24h,7d"`
	State           string        `json:"state" enum:"healthy,degraded,failing,disabled,idle" doc:"idle = no attempt in the window"`
	Attempts        AttemptCounts `json:"attempts"`
	SuccessRate     *float64      `json:"successRate" doc:"Share of attempts that succeeded, 0 to 1; null without attempts"`
	LatencyMs       Percentiles   `json:"latencyMs" doc:"How long the endpoint took to answer"`
	Backlog         int64         `json:"backlog" doc:"Deliveries not finished yet"`
	OldestWaitingAt Time          `json:"oldestWaitingAt,omitzero" format:"date-time"`
	Series          []StatsPoint  `json:"series"`
}

// AttemptCounts counts attempts by outcome.
type AttemptCounts struct {
	Succeeded int64 `json:"succeeded"`
	Failed    int64 `json:"failed"`
}

// Percentiles of a duration in milliseconds.
type Percentiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// StatsPoint is one step of the time series.
type StatsPoint struct {
	At        Time        `json:"at" format:"date-time"`
	Succeeded int64       `json:"succeeded"`
	Failed    int64       `json:"failed"`
	LatencyMs Percentiles `json:"latencyMs"`
	Backlog   int64       `json:"backlog" doc:"The most deliveries that waited at the end of a minute of the step; of the present step so far, those of now included"`
}
