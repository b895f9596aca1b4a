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
	ID         EndUserID `json:"id" doc:"The end user"`
	ChatbotID  ChatbotID `json:"-"`
	ExternalID string    `json:"externalId,omitempty" doc:"The integrator's own name for the end user; the same one is the same end user in every conversation of the chatbot" example:"user123"`
	Name       string    `json:"name,omitempty" doc:"Full name" example:"Ada Lovelace"`
	EmailID    string    `json:"emailId,omitempty" doc:"Email address" example:"ada@example.com"`
	Phone      string    `json:"phone,omitempty" doc:"Phone number, as it was given" example:"+44 20 7946 0958"`

	ClaimedID        string     `json:"claimedId,omitempty" doc:"The externalId that a web page claimed for a visitor of the widget, without proof: don't trust it" example:"user123"`
	CustomAttributes Attributes `json:"customAttributes,omitzero" doc:"Further properties that the page with the widget told of the end user"`
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
	ID                ConversationID     `json:"id" doc:"The conversation"`
	ChatbotID         ChatbotID          `json:"chatbotId" doc:"The chatbot that holds it"`
	EndUserID         EndUserID          `json:"endUserId" doc:"The end user who talks; the same as user.id"`
	User              EndUser            `json:"user" doc:"The end user who talks"`
	Status            ConversationStatus `json:"status" enum:"active,needs_review,closed" doc:"Who answers: active = the bot, needs_review = a human, closed = nobody"`
	Source            string             `json:"source" doc:"The channel that it came through, in a word of the integrator" example:"website-widget"`
	ExternalSessionID string             `json:"externalSessionId,omitempty" doc:"The integrator's own name for the session; absent if none was given" example:"session-8f2c"`
	AgentID           string             `json:"agentId,omitempty" doc:"The integrator's own name for the human who took over; absent if none has" example:"agent-7"`
	AgentName         string             `json:"agentName,omitempty" doc:"The name of the human who took over" example:"Grace Hopper"`
	Tags              []string           `json:"tags" doc:"Labels, as they were last set" example:"billing,urgent"`
	MessageCount      int64              `json:"messageCount" doc:"Messages stored so far, of all sides" example:"6"`
	LastMessage       string             `json:"lastMessage,omitempty" doc:"The beginning of the newest message" example:"How long does delivery take?"`
	Score             int                `json:"score,omitempty" doc:"The end user's review, 1 to 5" example:"5"`
	CreatedAt         Time               `json:"createdAt" format:"date-time" doc:"When it was started"`
	UpdatedAt         Time               `json:"updatedAt" format:"date-time" doc:"When it, its messages or its feedback last changed"`
	WaitingSince      Time               `json:"waitingSince,omitzero" format:"date-time" doc:"Since when the end user waits for a human: nobody has taken the conversation over or answered yet; absent if nobody waits"`
	LastSpeaker       Speaker            `json:"lastSpeaker,omitempty" enum:"user,bot,humanagent,system" doc:"Who said the newest message; absent before the first, and in conversations from before this was kept"`
	Unread            bool               `json:"unread,omitempty" doc:"The end user has said something that the member who asks has not read; always absent for keys"`

	// LastUserMessage is the end user's newest message; zero before the first.
	LastUserMessage MessageID `json:"-"`
	// WaitingID was made when the conversation began to wait: it sorts those that wait. Zero if it doesn't.
	WaitingID int64 `json:"-"`

	// LastSequence is the sequence of the conversation's newest event. The store alone moves it.
	LastSequence int64 `json:"lastSequence" doc:"The sequence of the conversation's newest event; 0 before the first" example:"7"`
}

// Wait has the end user wait for a human, from the moment when id was made, unless they wait already.
func (c *Conversation) Wait(id int64) {
	if c.WaitingID == 0 {
		c.WaitingID, c.WaitingSince = id, ConversationID(id).Time()
	}
}

// StopWaiting notes that the end user waits for nobody any more.
func (c *Conversation) StopWaiting() { c.WaitingID, c.WaitingSince = 0, 0 }

// Silent tells whether a conversation in which nothing has happened since edge may be closed for that: never while the
// end user waits for a human's word.
func (c *Conversation) Silent(edge Time) bool {
	return c.UpdatedAt <= edge && c.WaitingID == 0 &&
		(c.Status == StatusActive || c.Status == StatusNeedsReview && c.LastSpeaker == SpeakerAgent)
}

// Message is one thing said in a conversation.
type Message struct {
	ID             MessageID      `json:"id" doc:"The message"`
	ConversationID ConversationID `json:"conversationId" doc:"The conversation that it was said in"`
	ChatUser       Speaker        `json:"chatUser" enum:"user,bot,humanagent,system" doc:"Who said it: the end user, the bot, a human agent, or Bot9 itself"`
	Text           string         `json:"message" doc:"The text, up to 32,768 characters" example:"How long does delivery take?"`
	InReplyTo      MessageID      `json:"inReplyTo,omitzero" doc:"The end user's message that it answers; absent if it answers none"`
	AgentID        string         `json:"agentId,omitempty" doc:"The integrator's own name for the human who said it; absent unless chatUser is humanagent" example:"agent-7"`
	Rating         int            `json:"rating,omitempty" doc:"The end user's rating of the message, 1 to 5; absent if there is none" example:"5"`
	CreatedAt      Time           `json:"createdAt" format:"date-time" doc:"When it was stored"`

	Sources     []Source     `json:"sources,omitempty" doc:"The passages that a reply of the bot was made from, best first; absent if there are none"`
	Suggestions []Suggestion `json:"suggestions,omitempty" doc:"What a reply of the bot asks back: did the end user mean one of these? Absent unless the bot was unsure"`
	// Answer is of the bot's own replies; nil for all other messages.
	Answer *AnswerDetails `json:"answer,omitempty" doc:"How the bot's reply came about; absent for other messages"`

	Attachments []Attachment `json:"attachments,omitempty" doc:"Files that were sent with it; absent if there are none"`
}

// Moment is what a decision inside a transaction may know of the outside: the time, and IDs
// that nobody else has.
type Moment struct {
	Now    Time
	NextID func() int64
	// NextAgent returns whose turn it is to take over a conversation; an agent without an ID if the chatbot assigns
	// none by itself. nil never does.
	NextAgent func() (Agent, error)
}

// Change is what a decision about a conversation wants committed, all of it or nothing. The
// conversation itself was changed in place.
type Change struct {
	Messages []Message
	Rated    []MessageRating
	Events   []NewEvent

	Owes    *Message  // the question that has still to be answered, in a change that settles it
	Settles MessageID // the question that this ends; the change fails with Conflict "notOwed" if another one has
	Reply   Reply     // what the caller of Chat is told, if this ends the question
}

// Changed is a conversation after a change, and the change.
type Changed struct {
	Conversation Conversation
	Change       Change
}

// MessageRating is an end user's word on one message.
type MessageRating struct {
	MessageID MessageID
	Rating    int
}

// VisibleToVisitor tells whether visitors see the message: what they, the bot and agents have said, and nothing else.
func (m *Message) VisibleToVisitor() bool {
	return m.ChatUser == SpeakerUser || m.ChatUser == SpeakerBot || m.ChatUser == SpeakerAgent
}

// ConversationFilter chooses conversations of a chatbot. Zero fields don't restrict.
type ConversationFilter struct {
	Status   []ConversationStatus // one of them
	Source   []string             // one of them
	Sessions []string             // external session: one of them
	Query    string               // part of a message, or of the end user's name, email or external ID

	Since, Until Time // begun in [Since, Until)

	Waiting bool      // only those that wait for a human, who has waited longest first; not with Query
	AgentID string    // only those that this agent has taken over
	EndUser EndUserID // only this end user's
}
