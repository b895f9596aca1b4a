// Code generated from the event catalog by sdk/go/internal/generate. DO NOT EDIT.

package bot9hooks

import "time"

// EventTypes are the names of the catalog's event types.
var EventTypes = []string{
	"actionExecuted",
	"actionFailed",
	"agentAssigned",
	"answerNotFound",
	"apiKeyRotated",
	"auditRecorded",
	"conversationClosed",
	"conversationReopened",
	"conversationReturnedToBot",
	"conversationStarted",
	"conversationStatusChanged",
	"conversationTagged",
	"csatSubmitted",
	"handoverRequested",
	"knowledgeUpdated",
	"leadCaptured",
	"messageFailed",
	"messageRated",
	"messageReceived",
	"messageSent",
	"noteAdded",
	"ping",
	"userIdentified",
	"webhookDisabled",
}

// Request: what was sent; secrets are masked.
type Request struct {
	Method  string            `json:"method"`  // The HTTP method
	Url     string            `json:"url"`     // Where to; credentials, values of the query and what looks like a token are masked
	Headers map[string]string `json:"headers"` // The headers of the action, their values masked
	Body    string            `json:"body"`    // The body, up to 2,000 characters; values that look like secrets are masked. Empty if there was none
}

// Response: what came back.
type Response struct {
	Status int64  `json:"status"` // The HTTP status; 0 if there was no response
	Body   string `json:"body"`   // The body, up to 2,000 characters; values that look like secrets are masked
}

// ActionExecutedData is the data of actionExecuted: a custom action was executed. It is sent right
// after the action's server answered 2xx, before the reply that it was executed for.
type ActionExecutedData struct {
	ChatbotID    string   `json:"chatbotId"`    // The chatbot that it happened in
	ActionID     string   `json:"actionId"`     // The action
	Name         string   `json:"name"`         // What the action is called
	MessageID    string   `json:"messageId"`    // The end user's message that led to it
	Milliseconds int64    `json:"milliseconds"` // How long it took
	Request      Request  `json:"request"`      // What was sent; secrets are masked
	Response     Response `json:"response"`     // What came back
}

// ActionFailedData is the data of actionFailed: a custom action was tried, and failed. It is sent
// right after the action's server answered anything but 2xx, or nothing in time.
type ActionFailedData struct {
	ChatbotID    string   `json:"chatbotId"`    // The chatbot that it happened in
	ActionID     string   `json:"actionId"`     // The action
	Name         string   `json:"name"`         // What the action is called
	MessageID    string   `json:"messageId"`    // The end user's message that led to it
	Milliseconds int64    `json:"milliseconds"` // How long it took
	Request      Request  `json:"request"`      // What was sent; secrets are masked
	Response     Response `json:"response"`     // What came back
	Error        string   `json:"error"`        // What went wrong, in words
}

// AgentAssignedData is the data of agentAssigned: a human took over. It is sent when an agent was
// assigned, also in place of another one.
type AgentAssignedData struct {
	ChatbotID string `json:"chatbotId"` // The chatbot that it happened in
	AgentID   string `json:"agentId"`   // The agent, in the integrator's own words
	AgentName string `json:"agentName"` // How the agent is called; empty if unknown
}

// AnswerNotFoundData is the data of answerNotFound: the bot had no answer above its threshold. It
// is sent before the messageSent of the reply that says so.
type AnswerNotFoundData struct {
	Message           string  `json:"message"`                    // The text
	Sender            string  `json:"sender"`                     // The end user's external ID where there is one, else their ID
	ChatbotID         string  `json:"chatbotId"`                  // The chatbot that it happened in
	MessageID         string  `json:"messageId"`                  // The message
	SenderType        string  `json:"senderType"`                 // Who said it: user, bot, humanagent, system
	Source            string  `json:"source"`                     // The channel that the conversation came through
	ExternalSessionID string  `json:"externalSessionId,omitzero"` // The integrator's own name for the session; null if none was given
	TopScore          float64 `json:"topScore"`                   // How well the best passage fitted, from 0 to 1
}

// ApiKeyRotatedData is the data of apiKeyRotated: an API key was rotated. It is sent when a key
// got a new secret.
type ApiKeyRotatedData struct {
	ChatbotID  string    `json:"chatbotId"`  // The chatbot that it happened in
	KeyID      string    `json:"keyId"`      // The key
	GraceUntil time.Time `json:"graceUntil"` // Until when the old secret stays valid
}

// Actor: who did it, and from where.
type Actor struct {
	Type string `json:"type"` // What sort of caller: member, key, visitor, link, operator, anonymous, system
	ID   string `json:"id"`   // The member's, key's or link's ID; empty where there is none
	Name string `json:"name"` // The name at that time
	Ip   string `json:"ip"`   // The IP address that the call came from; empty inside the server
}

// AuditRecordedData is the data of auditRecorded: somebody did something that the account's audit
// log records. It is sent with every record of the audit log, in the transaction of the change
// itself. Only a webhook that names this type receives it; * doesn't include it. The event is only
// in the log of chatbots that have such a webhook.
type AuditRecordedData struct {
	ChatbotID string         `json:"chatbotId"` // The chatbot in whose log this event is; what concerns the account is in the logs of all its chatbots
	AuditID   string         `json:"auditId"`   // The record in the audit log
	At        time.Time      `json:"at"`        // When it was done
	Actor     Actor          `json:"actor"`     // Who did it, and from where
	Action    string         `json:"action"`    // What was done, such as webhookChanged
	Object    string         `json:"object"`    // The ID of what it was done to
	Changes   map[string]any `json:"changes"`   // What changed, by field, each with its value before (from) and after (to). Secrets are masked
}

// ConversationClosedData is the data of conversationClosed: a conversation was closed. It is sent
// when the status becomes closed.
type ConversationClosedData struct {
	ChatbotID    string `json:"chatbotId"`    // The chatbot that it happened in
	ClosedBy     string `json:"closedBy"`     // Who closed it
	MessageCount int64  `json:"messageCount"` // How many messages it has
}

// ConversationReopenedData is the data of conversationReopened: a closed conversation was opened
// again. It is sent when the status leaves closed.
type ConversationReopenedData struct {
	ChatbotID string `json:"chatbotId"` // The chatbot that it happened in
	By        string `json:"by"`        // Who opened it
}

// ConversationReturnedToBotData is the data of conversationReturnedToBot: the human gave the
// conversation back to the bot. It is sent when a conversation goes from needs_review to active.
type ConversationReturnedToBotData struct {
	ChatbotID string `json:"chatbotId"` // The chatbot that it happened in
	By        string `json:"by"`        // Who gave it back
}

// User: the end user; what is unknown is absent.
type User struct {
	ID               string         `json:"id,omitzero"`               // The end user
	ExternalID       string         `json:"externalId,omitzero"`       // The integrator's own name for the end user
	Name             string         `json:"name,omitzero"`             // Full name
	EmailID          string         `json:"emailId,omitzero"`          // Email address
	Phone            string         `json:"phone,omitzero"`            // Phone number
	ClaimedID        string         `json:"claimedId,omitzero"`        // The external ID that a page with the widget claimed without proof: don't trust it
	CustomAttributes map[string]any `json:"customAttributes,omitzero"` // Further properties that a page with the widget told
}

// ConversationStartedData is the data of conversationStarted: a conversation was opened. It is
// sent once per conversation, before any of its messages.
type ConversationStartedData struct {
	ChatbotID         string `json:"chatbotId"`                  // The chatbot that it happened in
	User              User   `json:"user"`                       // The end user; what is unknown is absent
	Source            string `json:"source"`                     // The channel that the conversation came through
	ExternalSessionID string `json:"externalSessionId,omitzero"` // The integrator's own name for the session; null if none was given
}

// ConversationStatusChangedData is the data of conversationStatusChanged: the status of a
// conversation changed. It is sent at every change of status, before the event that tells what it
// means.
type ConversationStatusChangedData struct {
	ChatbotID string `json:"chatbotId"` // The chatbot that it happened in
	From      string `json:"from"`      // The status before: active, needs_review, closed
	To        string `json:"to"`        // The status now: active, needs_review, closed
	By        string `json:"by"`        // Who changed it: "user", "bot", a member or "api"
	Reason    string `json:"reason"`    // Why; empty if unknown
}

// ConversationTaggedData is the data of conversationTagged: the tags of a conversation changed. It
// is sent when tags were added or removed.
type ConversationTaggedData struct {
	ChatbotID string   `json:"chatbotId"` // The chatbot that it happened in
	Tags      []string `json:"tags"`      // All tags now
	Added     []string `json:"added"`     // Tags that are new
	Removed   []string `json:"removed"`   // Tags that are gone
}

// CsatSubmittedData is the data of csatSubmitted: an end user reviewed a conversation. It is sent
// at every review, also when it replaces an earlier one.
type CsatSubmittedData struct {
	ChatbotID string `json:"chatbotId"` // The chatbot that it happened in
	Score     int64  `json:"score"`     // From 1, unhappy, to 5, happy
	Comment   string `json:"comment"`   // In their own words; empty if not left
	HandledBy string `json:"handledBy"` // Who answered last: bot, humanagent
}

// RecentMessage is one of recentMessages.
type RecentMessage struct {
	MessageID  string    `json:"messageId"`  // The message
	SenderType string    `json:"senderType"` // Who said it: user, bot, humanagent, system
	Message    string    `json:"message"`    // The beginning of the text
	CreatedAt  time.Time `json:"createdAt"`  // When it was stored
}

// HandoverRequestedData is the data of handoverRequested: a human was asked for. It is sent when
// the end user, the bot, a rule or an integrator asked for a human and none has taken over yet.
type HandoverRequestedData struct {
	ChatbotID      string          `json:"chatbotId"`      // The chatbot that it happened in
	Reason         string          `json:"reason"`         // Why a human is needed
	RequestedBy    string          `json:"requestedBy"`    // Who asked: "user", "bot", or the name of a rule, a member or an API key
	RecentMessages []RecentMessage `json:"recentMessages"` // The newest messages, oldest first: at most 10, each cut at 1,000 characters
}

// KnowledgeUpdatedData is the data of knowledgeUpdated: a chatbot's knowledge changed. It is sent
// when a document was created, updated or deleted.
type KnowledgeUpdatedData struct {
	ChatbotID  string `json:"chatbotId"`  // The chatbot that it happened in
	DocumentID string `json:"documentId"` // The document
	Change     string `json:"change"`     // What happened to it: created, updated, deleted
}

// LeadCapturedData is the data of leadCaptured: an end user left contact details. It is sent when
// a lead form was sent.
type LeadCapturedData struct {
	ChatbotID string            `json:"chatbotId"` // The chatbot that it happened in
	Name      string            `json:"name"`      // Full name; empty if not left
	EmailID   string            `json:"emailId"`   // Email address; empty if not left
	Phone     string            `json:"phone"`     // Phone number; empty if not left
	Fields    map[string]string `json:"fields"`    // What else the form asked for, by name
}

// MessageFailedData is the data of messageFailed: no reply could be made. It is sent when the
// answering engine failed; the end user's message stays stored.
type MessageFailedData struct {
	Message           string `json:"message"`                    // The text
	Sender            string `json:"sender"`                     // The end user's external ID where there is one, else their ID
	ChatbotID         string `json:"chatbotId"`                  // The chatbot that it happened in
	MessageID         string `json:"messageId"`                  // The message
	SenderType        string `json:"senderType"`                 // Who said it: user, bot, humanagent, system
	Source            string `json:"source"`                     // The channel that the conversation came through
	ExternalSessionID string `json:"externalSessionId,omitzero"` // The integrator's own name for the session; null if none was given
	Error             string `json:"error"`                      // What went wrong, in a short stable text
}

// MessageRatedData is the data of messageRated: an end user rated a message. It is sent at every
// rating, also when it replaces an earlier one.
type MessageRatedData struct {
	ChatbotID string `json:"chatbotId"` // The chatbot that it happened in
	MessageID string `json:"messageId"` // The message
	Rating    int64  `json:"rating"`    // From 1, bad, to 5, good; of two thumbs, down is 1 and up is 5
}

// Attachment is one of attachments.
type Attachment struct {
	ID   string `json:"id"`   // The file
	Name string `json:"name"` // What it is called
	Type string `json:"type"` // Its media type, found by its content
	Size int64  `json:"size"` // In bytes
	Url  string `json:"url"`  // Where it can be read; whoever has the address may
}

// MessageReceivedData is the data of messageReceived: an end user's message was stored. It is sent
// for every message of an end user, also while a human answers.
type MessageReceivedData struct {
	Message           string       `json:"message"`                    // The text
	Sender            string       `json:"sender"`                     // The end user's external ID where there is one, else their ID
	ChatbotID         string       `json:"chatbotId"`                  // The chatbot that it happened in
	MessageID         string       `json:"messageId"`                  // The message
	SenderType        string       `json:"senderType"`                 // Who said it: user, bot, humanagent, system
	Source            string       `json:"source"`                     // The channel that the conversation came through
	ExternalSessionID string       `json:"externalSessionId,omitzero"` // The integrator's own name for the session; null if none was given
	Attachments       []Attachment `json:"attachments,omitzero"`       // Files that were sent with the message; absent if there are none
}

// Source is one of sources.
type Source struct {
	DocumentID string  `json:"documentId"` // The document
	Title      string  `json:"title"`      // The document's title
	Url        string  `json:"url"`        // Where people can read the document; empty if it gives no address
	Passage    string  `json:"passage"`    // The part of it that the answer was made from
	Score      float64 `json:"score"`      // From 0 to 1: how likely the passage answers the question
}

// Suggestion is one of suggestions.
type Suggestion struct {
	DocumentID string `json:"documentId"` // The document
	Title      string `json:"title"`      // Its title, which as a message gets the document as the answer
}

// MessageSentData is the data of messageSent: a complete bot or agent reply was stored. It is sent
// once per reply, when all of it is there; never for parts of a streamed reply.
type MessageSentData struct {
	Message           string       `json:"message"`                    // The text
	Sender            string       `json:"sender"`                     // The end user's external ID where there is one, else their ID
	ChatbotID         string       `json:"chatbotId"`                  // The chatbot that it happened in
	MessageID         string       `json:"messageId"`                  // The message
	SenderType        string       `json:"senderType"`                 // Who said it: user, bot, humanagent, system
	Source            string       `json:"source"`                     // The channel that the conversation came through
	ExternalSessionID string       `json:"externalSessionId,omitzero"` // The integrator's own name for the session; null if none was given
	Attachments       []Attachment `json:"attachments,omitzero"`       // Files that were sent with the message; absent if there are none
	InReplyTo         string       `json:"inReplyTo,omitzero"`         // The message that it answers; null if unknown
	Sources           []Source     `json:"sources,omitzero"`           // The passages that a bot's answer was made from, best first; null if there are none
	Suggestions       []Suggestion `json:"suggestions,omitzero"`       // The documents that the end user may have meant, where the bot was unsure and asks back; null otherwise
}

// NoteAddedData is the data of noteAdded: a member of the account wrote a private note about a
// conversation. It is sent for every note, in the transaction that stores it. Only a webhook that
// names this type receives it; * doesn't include it, and the event is only in the log of chatbots
// that have such a webhook. It stands outside the conversation's sequence, and the end user never
// sees it.
type NoteAddedData struct {
	ChatbotID      string `json:"chatbotId"`      // The chatbot
	ConversationID string `json:"conversationId"` // The conversation that the note is about
	NoteID         string `json:"noteId"`         // The note
	Note           string `json:"note"`           // What it says
	AuthorID       string `json:"authorId"`       // The member or key that wrote it
	AuthorName     string `json:"authorName"`     // The author's name at that time
}

// PingData is the data of ping: a test. It is sent when somebody tests a webhook.
type PingData struct {
	ChatbotID string `json:"chatbotId"` // The chatbot that it happened in
	WebhookID string `json:"webhookId"` // The webhook that is tested
}

// UserIdentifiedData is the data of userIdentified: an end user's details became known. It is sent
// when a name, an email address or a phone number of an end user became known or changed after
// their first conversation had started; conversationStarted tells what was known then. Custom
// attributes of the widget are told in any case.
type UserIdentifiedData struct {
	ChatbotID string   `json:"chatbotId"` // The chatbot that it happened in
	User      User     `json:"user"`      // The end user; what is unknown is absent
	Changed   []string `json:"changed"`   // The names of the user's properties that changed
}

// WebhookDisabledData is the data of webhookDisabled: a webhook was switched off. It is sent when
// its endpoint answered 410 Gone or failed for 5 days, or somebody disabled it; sent to the
// account's other webhooks.
type WebhookDisabledData struct {
	ChatbotID string `json:"chatbotId"` // The chatbot that it happened in
	WebhookID string `json:"webhookId"` // The webhook
	Reason    string `json:"reason"`    // Why
}

// EventType returns "actionExecuted".
func (ActionExecutedData) EventType() string { return "actionExecuted" }

// EventType returns "actionFailed".
func (ActionFailedData) EventType() string { return "actionFailed" }

// EventType returns "agentAssigned".
func (AgentAssignedData) EventType() string { return "agentAssigned" }

// EventType returns "answerNotFound".
func (AnswerNotFoundData) EventType() string { return "answerNotFound" }

// EventType returns "apiKeyRotated".
func (ApiKeyRotatedData) EventType() string { return "apiKeyRotated" }

// EventType returns "auditRecorded".
func (AuditRecordedData) EventType() string { return "auditRecorded" }

// EventType returns "conversationClosed".
func (ConversationClosedData) EventType() string { return "conversationClosed" }

// EventType returns "conversationReopened".
func (ConversationReopenedData) EventType() string { return "conversationReopened" }

// EventType returns "conversationReturnedToBot".
func (ConversationReturnedToBotData) EventType() string { return "conversationReturnedToBot" }

// EventType returns "conversationStarted".
func (ConversationStartedData) EventType() string { return "conversationStarted" }

// EventType returns "conversationStatusChanged".
func (ConversationStatusChangedData) EventType() string { return "conversationStatusChanged" }

// EventType returns "conversationTagged".
func (ConversationTaggedData) EventType() string { return "conversationTagged" }

// EventType returns "csatSubmitted".
func (CsatSubmittedData) EventType() string { return "csatSubmitted" }

// EventType returns "handoverRequested".
func (HandoverRequestedData) EventType() string { return "handoverRequested" }

// EventType returns "knowledgeUpdated".
func (KnowledgeUpdatedData) EventType() string { return "knowledgeUpdated" }

// EventType returns "leadCaptured".
func (LeadCapturedData) EventType() string { return "leadCaptured" }

// EventType returns "messageFailed".
func (MessageFailedData) EventType() string { return "messageFailed" }

// EventType returns "messageRated".
func (MessageRatedData) EventType() string { return "messageRated" }

// EventType returns "messageReceived".
func (MessageReceivedData) EventType() string { return "messageReceived" }

// EventType returns "messageSent".
func (MessageSentData) EventType() string { return "messageSent" }

// EventType returns "noteAdded".
func (NoteAddedData) EventType() string { return "noteAdded" }

// EventType returns "ping".
func (PingData) EventType() string { return "ping" }

// EventType returns "userIdentified".
func (UserIdentifiedData) EventType() string { return "userIdentified" }

// EventType returns "webhookDisabled".
func (WebhookDisabledData) EventType() string { return "webhookDisabled" }
