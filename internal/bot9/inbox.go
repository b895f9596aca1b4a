package bot9

// NoteEvent is the type of the event that tells of a private note. Only a webhook that asks for it by name receives it.
const NoteEvent = "noteAdded"

// ByNameOnly tells whether AllEvents leaves out a type of event: it says what is for the account's own people.
func ByNameOnly(eventType string) bool { return eventType == AuditEvent || eventType == NoteEvent }

// Note is what members tell each other about a conversation. The end user never sees it.
type Note struct {
	ID             NoteID         `json:"id" doc:"The note"`
	ConversationID ConversationID `json:"conversationId" doc:"The conversation that it is about"`
	AuthorID       string         `json:"authorId" doc:"The member or key that wrote it" example:"mem_38g4k4jvm0001"`
	AuthorName     string         `json:"authorName" doc:"The author's name at that time" example:"Grace Hopper"`
	Text           string         `json:"text" doc:"The note, up to 10,000 characters" example:"A refund was promised by phone."`
	CreatedAt      Time           `json:"createdAt" format:"date-time" doc:"When it was added"`
}

// CannedReply is a text that agents send often, found by its name.
type CannedReply struct {
	ID        CannedReplyID `json:"id" doc:"The canned reply"`
	ChatbotID ChatbotID     `json:"chatbotId" doc:"The chatbot in whose conversations it is offered"`
	Name      string        `json:"name" doc:"The word to find it by; unique within the chatbot" example:"refund"`
	Text      string        `json:"text" doc:"What is said" example:"Your refund is on its way."`
	CreatedAt Time          `json:"createdAt" format:"date-time" doc:"When it was added"`
	UpdatedAt Time          `json:"updatedAt" format:"date-time" doc:"When it was added or last changed"`
}

// MaxCannedReplies is how many canned replies a chatbot may have.
const MaxCannedReplies = 500

// Assignment tells who takes over a conversation that asks for a human.
type Assignment string

// The ways of assignment.
const (
	AssignManually   Assignment = "manual"     // whoever takes it
	AssignRoundRobin Assignment = "roundRobin" // one agent after the other
)

// Inbox is how a chatbot's conversations are handed to people.
type Inbox struct {
	Assignment        Assignment `json:"assignment" enum:"manual,roundRobin" doc:"Who takes over when a human is asked for: manual = whoever takes it, roundRobin = one agent after the other"`
	Agents            []MemberID `json:"agents" doc:"The members who take turns; empty: all who may answer (developer and stronger)"`
	CloseAfterMinutes int        `json:"closeAfterMinutes" doc:"After so many minutes without anything said a conversation is closed, unless the end user waits for a human; 0 = never" example:"1440"`
}

// Agent is a person who may answer end users.
type Agent struct {
	ID   string `json:"id" doc:"The member" example:"mem_38g4k4jvm0001"`
	Name string `json:"name" doc:"The member's name" example:"Grace Hopper"`
}

// InboxCounts are how many conversations there are, counted up to MaxInboxCounted.
type InboxCounts struct {
	Waiting int `json:"waiting" doc:"A human was asked for, and nobody has taken over or answered yet" example:"3"`
	Mine    int `json:"mine" doc:"The member who asks has taken over; 0 for keys" example:"2"`
	All     int `json:"all" doc:"All conversations, closed ones included" example:"1000"`
	Unread  int `json:"unread" doc:"Of mine, those in which the end user has said something that the member has not read" example:"1"`
}

// MaxInboxCounted is how far the inbox counts.
const MaxInboxCounted = 1000

// SilentConversation is one in which nothing has happened for as long as its chatbot's settings say.
type SilentConversation struct {
	ChatbotID ChatbotID
	ID        ConversationID
	Edge      Time // nothing has happened since
	Minutes   int
}
