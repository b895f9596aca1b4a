package bot9

// ConversationStatus tells who answers in a conversation.
type ConversationStatus string

// The states of a conversation.
const (
	StatusActive      ConversationStatus = "active"       // the bot answers
	StatusNeedsReview ConversationStatus = "needs_review" // a human does, the bot is silent
	StatusClosed      ConversationStatus = "closed"       // nobody does
)

// Speaker is who said a message.
type Speaker string

// The speakers, as the API's chatUser names them; in events the field is senderType.
const (
	SpeakerUser   Speaker = "user"
	SpeakerBot    Speaker = "bot"
	SpeakerAgent  Speaker = "humanagent"
	SpeakerSystem Speaker = "system"
)

// EndUser is the person who talks to a chatbot.
type EndUser struct {
	ID         EndUserID `json:"id"`
	ChatbotID  ChatbotID `json:"-"`
	ExternalID string    `json:"externalId,omitempty"`
	Name       string    `json:"name,omitempty"`
	EmailID    string    `json:"emailId,omitempty"`
	Phone      string    `json:"phone,omitempty"`
}

// Sender is what events call the end user: the external ID where there is one, else the ID.
func (u EndUser) Sender() string {
	if u.ExternalID != "" {
		return u.ExternalID
	}
	return u.ID.String()
}

// Conversation is one end user's talk with a chatbot.
type Conversation struct {
	ID                ConversationID     `json:"id"`
	ChatbotID         ChatbotID          `json:"chatbotId"`
	EndUserID         EndUserID          `json:"endUserId"`
	User              EndUser            `json:"user"`
	Status            ConversationStatus `json:"status" enum:"active,needs_review,closed"`
	Source            string             `json:"source"`
	ExternalSessionID string             `json:"externalSessionId,omitempty"`
	AgentID           string             `json:"agentId,omitempty"`
	AgentName         string             `json:"agentName,omitempty"`
	Tags              []string           `json:"tags"`
	MessageCount      int64              `json:"messageCount"`
	LastMessage       string             `json:"lastMessage,omitempty" doc:"The beginning of the newest message"`
	Score             int                `json:"score,omitempty" doc:"The end user's review, 1 to 5"`
	CreatedAt         Time               `json:"createdAt" format:"date-time"`
	UpdatedAt         Time               `json:"updatedAt" format:"date-time"`

	// LastSequence is the sequence of the conversation's newest event. The store alone moves it.
	LastSequence int64 `json:"lastSequence"`
}

// Message is one thing said in a conversation.
type Message struct {
	ID             MessageID      `json:"id"`
	ConversationID ConversationID `json:"conversationId"`
	ChatUser       Speaker        `json:"chatUser" enum:"user,bot,humanagent,system"`
	Text           string         `json:"message"`
	InReplyTo      MessageID      `json:"inReplyTo,omitzero"`
	AgentID        string         `json:"agentId,omitempty"`
	Rating         int            `json:"rating,omitempty"`
	CreatedAt      Time           `json:"createdAt" format:"date-time"`
}

// Moment is what a decision inside a transaction may know of the outside: the time, and IDs
// that nobody else has.
type Moment struct {
	Now    Time
	NextID func() int64
}

// Change is what a decision about a conversation wants committed, all of it or nothing. The
// conversation itself was changed in place.
type Change struct {
	Messages []Message
	Rated    []MessageRating
	Events   []NewEvent
}

// MessageRating is an end user's word on one message.
type MessageRating struct {
	MessageID MessageID
	Rating    int
}

// ConversationFilter chooses conversations of a chatbot. Zero fields don't restrict.
type ConversationFilter struct {
	Status ConversationStatus
	Source string
	Query  string // part of a message, or of the end user's name, email or external ID
}
