package bot9

import (
	"strconv"
	"time"
)

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
	DeliveryCanceled  DeliveryStatus = "canceled" // left out: its replay was canceled, or its webhook no longer wants the event
)

// Delivery is one event on its way to one webhook.
type Delivery struct {
	ID             DeliveryID     `json:"id" doc:"The delivery"`
	WebhookID      WebhookID      `json:"webhookId" doc:"The webhook that it goes to"`
	ChatbotID      ChatbotID      `json:"chatbotId" doc:"The chatbot that it belongs to"`
	EventID        EventID        `json:"eventId" doc:"The event that it carries"`
	EventType      string         `json:"event" doc:"Event type" example:"messageReceived"`
	ConversationID ConversationID `json:"conversationId,omitzero" doc:"The conversation of the event; absent for events outside a conversation"`
	Sequence       int64          `json:"sequence,omitempty" doc:"The event's place in its conversation; absent outside" example:"7"`
	ReplayID       ReplayID       `json:"replayId,omitzero" doc:"The replay that made it; absent if the event itself did"`
	Status         DeliveryStatus `json:"status" enum:"pending,retrying,set_aside,held,succeeded,failed,canceled" doc:"Where it stands: pending and retrying are under way, set_aside left its conversation’s order, held waits for its webhook to be enabled, the others are final. canceled: its replay was canceled, or its webhook was changed and no longer wants the event"`
	Attempts       int            `json:"attemptCount" doc:"Attempts made so far" example:"2"`
	NextAttemptAt  Time           `json:"nextAttemptAt,omitzero" format:"date-time" doc:"When it will be attempted next; absent once it is final, and while it waits for an earlier event of its conversation"`
	ResponseStatus int            `json:"responseStatus,omitempty" doc:"HTTP status that the endpoint last answered with; absent if it didn't answer" example:"500"`
	Error          string         `json:"error,omitempty" doc:"What was wrong with the last attempt, in words, or why it was canceled; absent if it succeeded" example:"The endpoint answered 500 Internal Server Error."`
	CreatedAt      Time           `json:"createdAt" format:"date-time" doc:"When it was made"`
	FinishedAt     Time           `json:"finishedAt,omitzero" format:"date-time" doc:"When it reached a final status; absent before"`

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
	OutcomeCanceled   OutcomeClass = "canceled"   // we stopped in the middle, or could not begin; counts against nobody
	OutcomeBadWebhook OutcomeClass = "badWebhook" // the request could not be made from the webhook's settings
)

// Attempt is one try to deliver: what was sent, what came back.
type Attempt struct {
	ID              AttemptID         `json:"id" doc:"The attempt"`
	DeliveryID      DeliveryID        `json:"deliveryId,omitzero" doc:"Absent in the answer to a test, which is no delivery"`
	Number          int               `json:"number" doc:"1 for the first" example:"1"`
	StartedAt       Time              `json:"startedAt" format:"date-time" doc:"When the request began"`
	DurationMs      float64           `json:"durationMs" doc:"How long it took, in milliseconds, until the answer was read or given up" example:"42.5"`
	Outcome         OutcomeClass      `json:"outcome" enum:"success,status,redirect,timeout,dns,connect,tls,blocked,protocol,canceled,badWebhook" doc:"What it came to. success: 2xx. status, redirect: another answer. timeout: not within the time limit. dns, connect, tls: no connection. blocked: the target is not allowed. protocol: the answer broke off. canceled: the server stopped meanwhile, or had no file descriptor left, not counted. badWebhook: nothing could be sent"`
	Error           string            `json:"error,omitempty" doc:"What was wrong, in words; absent if it succeeded" example:"The endpoint answered 500 Internal Server Error."`
	URL             string            `json:"url" doc:"Where it was sent" example:"https://example.com/webhooks/bot9"`
	RequestHeaders  RequestHeaders    `json:"requestHeaders" doc:"As sent; values of the webhook's own headers are masked"`
	ResponseStatus  int               `json:"responseStatus,omitempty" doc:"HTTP status of the answer; absent if there was none" example:"200"`
	ResponseHeaders map[string]string `json:"responseHeaders,omitempty" doc:"Headers of the answer, names in lower case"`
	ResponseBody    string            `json:"responseBody,omitempty" doc:"The first 16 KiB; invalid UTF-8 is replaced" example:"ok"`
	Truncated       bool              `json:"responseTruncated,omitempty" doc:"Whether the answer went on after the 16 KiB that are kept"`
	Timing          Timing            `json:"timing" doc:"What the time went into"`

	// RetryAfter is what the endpoint asked for on 429 or 503; zero if it didn't. Of a canceled attempt it is how
	// long this server waits until it repeats it.
	RetryAfter time.Duration `json:"-"`
}

// Timing tells what an attempt's time went into, in milliseconds; on a reused connection the first three are 0.
type Timing struct {
	DNSMs       float64 `json:"dnsMs" doc:"Looking up the name, in milliseconds; 0 on a reused connection" example:"3.1"`
	ConnectMs   float64 `json:"connectMs" doc:"Connecting, in milliseconds; 0 on a reused connection" example:"11.4"`
	TLSMs       float64 `json:"tlsMs" doc:"The TLS handshake, in milliseconds; 0 on a reused connection" example:"19"`
	FirstByteMs float64 `json:"firstByteMs" doc:"From the request's end to the answer's first byte, in milliseconds" example:"8.6"`
	Reused      bool    `json:"connectionReused" doc:"Whether the connection was there from an earlier attempt"`
}

// AttemptResult is what an attempt led to, as it is to be committed.
type AttemptResult struct {
	Delivery      *Delivery      // Attempts counts this attempt
	Attempt       *Attempt       // nil for canceled
	Next          DeliveryStatus // succeeded, failed, canceled, retrying, set_aside, or pending: attempt again as if nothing was
	CancelReason  string         // why it is canceled, in words
	RetryAt       Time           // for retrying, set_aside and pending
	Health        *Health        // how the endpoint is doing now; nil if that need not be saved yet
	DisableReason string         // why the webhook is to be disabled, "" if it isn't
}

// DeliveryFilter chooses deliveries of a chatbot. Zero fields don't restrict.
type DeliveryFilter struct {
	WebhookID      WebhookID
	EventID        EventID
	ConversationID ConversationID
	EventType      string // custom.* stands for all custom types
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
	Since          Time             `json:"since" format:"date-time" doc:"Events of this time or later"`
	Until          Time             `json:"until,omitzero" format:"date-time" doc:"Events before this time"`
	Events         []string         `json:"events,omitempty" doc:"Event types; all that the webhook chose if absent" example:"messageReceived,messageSent"`
	Status         []DeliveryStatus `json:"status,omitempty" doc:"Only events whose last delivery to this webhook ended so; with none, every matching event, also those from before the webhook was made" example:"failed"`
	ConversationID ConversationID   `json:"conversationId,omitzero" doc:"Only events of this conversation; of all and of none if absent"`

	Retry       bool         `json:"retry,omitempty" doc:"Whether it retries deliveries, those that its other fields choose, rather than replaying events"`
	ErrorClass  OutcomeClass `json:"errorClass,omitempty" enum:"status,redirect,timeout,dns,connect,tls,blocked,protocol,badWebhook" doc:"Of a retry: only deliveries whose last attempt came to this" example:"timeout"`
	DeliveryIDs []DeliveryID `json:"deliveryIds,omitempty" doc:"Of a retry: only these deliveries"`
}

// MaxRetried is how many deliveries a retry may name.
const MaxRetried = 250

// Replay sends events of the past to a webhook again, in order, behind live ones.
type Replay struct {
	ID         ReplayID     `json:"id" doc:"The replay"`
	WebhookID  WebhookID    `json:"webhookId,omitzero" doc:"The webhook that it sends to; absent for a retry of deliveries to all webhooks"`
	ChatbotID  ChatbotID    `json:"chatbotId" doc:"The chatbot that it belongs to"`
	Filter     ReplayFilter `json:"filter" doc:"Which events it sends"`
	Status     ReplayStatus `json:"status" enum:"running,completed,canceled" doc:"running until every matching event has its delivery and each of those is final"`
	Total      int64        `json:"total" doc:"Events that match, as counted so far" example:"120"`
	Queued     int64        `json:"queued" doc:"Deliveries made so far" example:"120"`
	Succeeded  int64        `json:"succeeded" doc:"Of these, how many the endpoint acknowledged" example:"118"`
	Failed     int64        `json:"failed" doc:"Of these, how many were given up" example:"2"`
	Canceled   int64        `json:"canceled" doc:"Of these, how many were left out: the replay was canceled before their turn, or the webhook was changed and no longer wants them" example:"0"`
	CreatedAt  Time         `json:"createdAt" format:"date-time" doc:"When it was asked for"`
	FinishedAt Time         `json:"finishedAt,omitzero" format:"date-time" doc:"When it was completed or canceled; absent before"`

	Blocked *ReplayBlocked `json:"blocked,omitempty" doc:"Where it waits for deliveries that failed and are retried; absent if it doesn't"`
}

// ReplayBlocked tells that a replay keeps a conversation's order: what it sends waits behind a delivery of the same
// conversation that has failed so far.
type ReplayBlocked struct {
	Conversations int        `json:"conversations" doc:"In how many conversations it waits behind such a delivery" example:"1"`
	DeliveryID    DeliveryID `json:"deliveryId" doc:"The delivery among them that is retried first"`
	NextAttemptAt Time       `json:"nextAttemptAt" format:"date-time" doc:"When that is retried"`
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

// CursorAfter is the cursor of the page that begins after an item, in a list that is sorted by IDs.
func CursorAfter(id int64) string { return strconv.FormatInt(id, 36) }

// CursorID reads what CursorAfter made.
func CursorID(cursor string) (id int64, ok bool) {
	id, err := strconv.ParseInt(cursor, 36, 64)
	return id, err == nil
}

// The sizes of pages.
const (
	DefaultPage = 50
	MaxPage     = 250
)

// List is a part of a list, and the cursor of the next one.
type List[T any] struct {
	Data       []T     `json:"data" doc:"The items of this page"`
	NextCursor *string `json:"nextCursor" doc:"Pass it as cursor to get the next page; null on the last one"`
}

// StatsWindow is a span of time up to now that statistics are given for.
type StatsWindow struct {
	Name   string
	Length time.Duration
	Step   time.Duration // between the points of a series
}

// The windows that can be asked for.
var (
	LastHour = StatsWindow{"1h", time.Hour, time.Minute}
	LastDay  = StatsWindow{"24h", 24 * time.Hour, 30 * time.Minute}
	LastWeek = StatsWindow{"7d", 7 * 24 * time.Hour, 4 * time.Hour}
)

// StatsWindowNamed returns the window with a name, false if there is none.
func StatsWindowNamed(name string) (StatsWindow, bool) {
	for _, w := range []StatsWindow{LastHour, LastDay, LastWeek} {
		if w.Name == name {
			return w, true
		}
	}
	return StatsWindow{}, false
}

// Series returns how many points a series over the window has that ends at now, and the time of the first.
func (w StatsWindow) Series(now Time) (points int64, first Time) {
	step := Time(w.Step.Milliseconds())
	return int64(w.Length / w.Step), (now-Time(w.Length.Milliseconds()))/step*step + step
}

// Stats tells how a webhook did in a window of time.
type Stats struct {
	Window          string        `json:"window" enum:"1h,24h,7d" doc:"How far back it looks"`
	State           string        `json:"state" enum:"healthy,degraded,failing,disabled,idle" doc:"idle = no attempt in the window"`
	Attempts        AttemptCounts `json:"attempts" doc:"Attempts within the window, by outcome"`
	SuccessRate     *float64      `json:"successRate" doc:"Share of attempts that succeeded, 0 to 1; null without attempts" example:"0.98"`
	LatencyMs       Percentiles   `json:"latencyMs" doc:"How long the endpoint took to answer, in milliseconds"`
	Backlog         int64         `json:"backlog" doc:"Deliveries not finished yet" example:"0"`
	OldestWaitingAt Time          `json:"oldestWaitingAt,omitzero" format:"date-time" doc:"Since when the oldest unfinished delivery waits; absent if none does"`
	Series          []StatsPoint  `json:"series" doc:"The same over time, oldest first: a step is a minute in 1h, half an hour in 24h, four hours in 7d"`
}

// ChatbotStats tells how all webhooks of a chatbot did in a window of time.
type ChatbotStats struct {
	Window          string           `json:"window" enum:"1h,24h,7d" doc:"How far back it looks"`
	Conversations   int64            `json:"conversations" doc:"Conversations started within the window; exact up to 10000, which stands for that many or more" example:"42"`
	Messages        int64            `json:"messages" doc:"Messages received and sent within the window; exact up to 10000 of each, which stands for that many or more" example:"310"`
	Attempts        AttemptCounts    `json:"attempts" doc:"Attempts of all webhooks within the window, by outcome"`
	SuccessRate     *float64         `json:"successRate" doc:"Share of attempts that succeeded, 0 to 1; null without attempts" example:"0.98"`
	LatencyMs       Percentiles      `json:"latencyMs" doc:"How long endpoints took to answer, in milliseconds"`
	Backlog         int64            `json:"backlog" doc:"Deliveries not finished yet" example:"0"`
	OldestWaitingAt Time             `json:"oldestWaitingAt,omitzero" format:"date-time" doc:"Since when the oldest unfinished delivery waits; absent if none does"`
	Series          []AttemptPoint   `json:"series" doc:"Attempts over time, oldest first: a step is a minute in 1h, half an hour in 24h, four hours in 7d"`
	Webhooks        []WebhookSummary `json:"webhooks" doc:"One summary for each webhook, in order of creation"`
}

// AttemptPoint is one step of the time series of a chatbot.
type AttemptPoint struct {
	At        Time        `json:"at" format:"date-time" doc:"Where the step begins"`
	Succeeded int64       `json:"succeeded" doc:"Attempts within the step that were answered with 2xx" example:"60"`
	Failed    int64       `json:"failed" doc:"Attempts within the step that were not" example:"1"`
	LatencyMs Percentiles `json:"latencyMs" doc:"How long endpoints took to answer, in milliseconds"`
}

// WebhookSummary is how one webhook did in a window of time, in short.
type WebhookSummary struct {
	WebhookID       WebhookID     `json:"webhookId" doc:"The webhook"`
	State           string        `json:"state" enum:"healthy,degraded,failing,disabled,idle" doc:"idle = no attempt in the window"`
	Attempts        AttemptCounts `json:"attempts" doc:"Attempts within the window, by outcome"`
	SuccessRate     *float64      `json:"successRate" doc:"Share of attempts that succeeded, 0 to 1; null without attempts" example:"0.98"`
	LatencyMs       Percentiles   `json:"latencyMs" doc:"How long the endpoint took to answer, in milliseconds"`
	Backlog         int64         `json:"backlog" doc:"Deliveries not finished yet" example:"0"`
	OldestWaitingAt Time          `json:"oldestWaitingAt,omitzero" format:"date-time" doc:"Since when the oldest unfinished delivery waits; absent if none does"`
	Succeeded       []int64       `json:"succeeded" doc:"Successful attempts in each step of the chatbot's series"`
	Failed          []int64       `json:"failed" doc:"Failed attempts in each step of the chatbot's series"`
}

// MaxCounted is how far conversations and messages are counted: a database can't count large tables quickly.
const MaxCounted = 10_000

// Topics are the kinds of things of a chatbot that a change may concern, as a set of bits.
type Topics uint8

// The topics.
const (
	TopicEvents     Topics = 1 << iota // events, and with them conversations and messages
	TopicDeliveries                    // deliveries were made, attempted, finished or retried
	TopicWebhooks                      // a webhook's settings or health
	TopicReplays                       // a replay was started, got on, or ended
	TopicInbox                         // notes, canned replies, what a member has read, settings of the inbox
	AllTopics       = TopicEvents | TopicDeliveries | TopicWebhooks | TopicReplays | TopicInbox
)

// Names lists the topics by name.
func (t Topics) Names() []string {
	names := []string{}
	for i, name := range []string{"events", "deliveries", "webhooks", "replays", "inbox"} {
		if t&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// AttemptCounts counts attempts by outcome.
type AttemptCounts struct {
	Succeeded int64 `json:"succeeded" doc:"Attempts that were answered with 2xx" example:"118"`
	Failed    int64 `json:"failed" doc:"Attempts that were not" example:"2"`
}

// Rate is the share of attempts that succeeded, nil without attempts.
func (c AttemptCounts) Rate() *float64 {
	attempts := c.Succeeded + c.Failed
	if attempts == 0 {
		return nil
	}
	rate := float64(c.Succeeded) / float64(attempts)
	return &rate
}

// Percentiles of a duration in milliseconds.
type Percentiles struct {
	P50 float64 `json:"p50" doc:"Half of the answers came within so many milliseconds" example:"12.5"`
	P95 float64 `json:"p95" doc:"95 % of the answers came within so many milliseconds" example:"48"`
	P99 float64 `json:"p99" doc:"99 % of the answers came within so many milliseconds" example:"110"`
}

// StatsPoint is one step of the time series.
type StatsPoint struct {
	At        Time        `json:"at" format:"date-time" doc:"Where the step begins"`
	Succeeded int64       `json:"succeeded" doc:"Attempts within the step that were answered with 2xx" example:"60"`
	Failed    int64       `json:"failed" doc:"Attempts within the step that were not" example:"1"`
	LatencyMs Percentiles `json:"latencyMs" doc:"How long the endpoint took to answer, in milliseconds"`
	Backlog   int64       `json:"backlog" doc:"The most deliveries that waited at the end of a minute of the step; of the present step so far, those of now included"`
}
