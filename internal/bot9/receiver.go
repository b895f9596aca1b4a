package bot9

import "time"

// What bounds receivers, which are for looking at and not for traffic.
const (
	MaxReceivers     = 20                 // of a chatbot
	KeptRequests     = 100                // of a receiver: the newest
	MaxKeptBody      = 64 << 10           // bytes of a request's body that are kept
	ReceiverLifetime = 7 * 24 * time.Hour // without a request
)

// Receiver is a private URL of this server that takes webhooks in, and shows what came and whether
// it was signed right.
type Receiver struct {
	ID           ReceiverID `json:"id" doc:"The receiver"`
	ChatbotID    ChatbotID  `json:"chatbotId" doc:"The chatbot that it belongs to"`
	URL          string     `json:"url" doc:"Whoever knows it may send to it, and read what came by GET"`
	Description  string     `json:"description" doc:"To tell receivers apart"`
	HasSecret    bool       `json:"hasSecret" doc:"It checks signatures by a secret of its own; false: by the secrets of the chatbot's webhook that a request names"`
	AnswerStatus int        `json:"answerStatus" doc:"Status of its answer; 0 = 204 to correctly signed requests, 401 to the rest"`
	DelaySeconds float64    `json:"delaySeconds" doc:"How long it waits before it answers"`
	CreatedAt    Time       `json:"createdAt" format:"date-time" doc:"When it was made"`
	ExpiresAt    Time       `json:"expiresAt,omitzero" format:"date-time" doc:"When it is removed unless something arrives before; absent if never"`

	Token  string `json:"-"` // the part of the URL that nobody can guess
	Secret string `json:"-"` // of its own; "" if it has none
}

// ReceivedRequest is what a receiver got.
type ReceivedRequest struct {
	ID         RequestID         `json:"id" doc:"The request"`
	ReceiverID ReceiverID        `json:"receiverId" doc:"The receiver that got it"`
	ReceivedAt Time              `json:"receivedAt" format:"date-time" doc:"When it arrived"`
	Headers    map[string]string `json:"headers" doc:"Names in lower case"`
	Body       string            `json:"body" doc:"The first 64 KiB; invalid UTF-8 is replaced"`
	Truncated  bool              `json:"truncated,omitempty" doc:"The body was longer"`
	Answered   int               `json:"answered" doc:"The status code that it was answered with"`
	Verified   bool              `json:"verified" doc:"The signature is right"`
	Problem    string            `json:"problem,omitempty" doc:"Why it is not verified, in words"`
}
