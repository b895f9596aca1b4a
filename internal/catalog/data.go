package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/bot9/bot9/internal/bot9"
)

// Data is the data of one event type.
type Data interface {
	// EventType is the name of the type whose data it is.
	EventType() string
}

// Event makes an event to be committed. The conversation is zero outside one.
func Event(conversation bot9.ConversationID, data Data) bot9.NewEvent {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false) // receivers are programs; a message with < stays as it was written
	if err := encoder.Encode(data); err != nil {
		panic(fmt.Errorf("data of %s: %w", data.EventType(), err)) // a struct of this file can always be written
	}
	return bot9.NewEvent{
		Type:           data.EventType(),
		Data:           bytes.TrimSuffix(out.Bytes(), []byte("\n")),
		ConversationID: conversation,
	}
}

// MessageData is what every event about a message says of it.
type MessageData struct {
	Message           string         `json:"message"`
	Sender            string         `json:"sender"` // bot9.EndUser.Sender, whoever spoke
	ChatbotID         bot9.ChatbotID `json:"chatbotId"`
	MessageID         bot9.MessageID `json:"messageId"`
	SenderType        bot9.Speaker   `json:"senderType"`
	Source            string         `json:"source"`
	ExternalSessionID *string        `json:"externalSessionId"` // nil if none was given

	Attachments []bot9.Attachment `json:"attachments,omitempty"`
}

// EventType implements Data.
func (MessageData) EventType() string { return MessageReceived }

// MessageSentData is the data of messageSent.
type MessageSentData struct {
	MessageData
	InReplyTo *bot9.MessageID `json:"inReplyTo"` // nil if unknown

	Sources     []bot9.Source     `json:"sources"`     // of a bot's answer; nil if there are none
	Suggestions []bot9.Suggestion `json:"suggestions"` // of a bot that is unsure; nil otherwise
}

// EventType implements Data.
func (MessageSentData) EventType() string { return MessageSent }

// MessageFailedData is the data of messageFailed: the user's message and what went wrong.
type MessageFailedData struct {
	MessageData
	Error string `json:"error"`
}

// EventType implements Data.
func (MessageFailedData) EventType() string { return MessageFailed }

// AnswerNotFoundData is the data of answerNotFound: the user's message and the best score, 0 to 1.
type AnswerNotFoundData struct {
	MessageData
	TopScore float64 `json:"topScore"`
}

// EventType implements Data.
func (AnswerNotFoundData) EventType() string { return AnswerNotFound }

// ConversationStartedData is the data of conversationStarted.
type ConversationStartedData struct {
	ChatbotID         bot9.ChatbotID `json:"chatbotId"`
	User              bot9.EndUser   `json:"user"`
	Source            string         `json:"source"`
	ExternalSessionID *string        `json:"externalSessionId"` // nil if none was given
}

// EventType implements Data.
func (ConversationStartedData) EventType() string { return ConversationStarted }

// RecentMessage is a message as handoverRequested shows it to the human who is asked for.
type RecentMessage struct {
	MessageID  bot9.MessageID `json:"messageId"`
	SenderType bot9.Speaker   `json:"senderType"`
	Message    string         `json:"message"`
	CreatedAt  bot9.Time      `json:"createdAt"`
}

// HandoverRequestedData is the data of handoverRequested. RecentMessages is never nil.
type HandoverRequestedData struct {
	ChatbotID      bot9.ChatbotID  `json:"chatbotId"`
	Reason         string          `json:"reason"`
	RequestedBy    string          `json:"requestedBy"`
	RecentMessages []RecentMessage `json:"recentMessages"`
}

// EventType implements Data.
func (HandoverRequestedData) EventType() string { return HandoverRequested }

// AgentAssignedData is the data of agentAssigned.
type AgentAssignedData struct {
	ChatbotID bot9.ChatbotID `json:"chatbotId"`
	AgentID   string         `json:"agentId"`
	AgentName string         `json:"agentName"`
}

// EventType implements Data.
func (AgentAssignedData) EventType() string { return AgentAssigned }

// ConversationReturnedToBotData is the data of conversationReturnedToBot.
type ConversationReturnedToBotData struct {
	ChatbotID bot9.ChatbotID `json:"chatbotId"`
	By        string         `json:"by"`
}

// EventType implements Data.
func (ConversationReturnedToBotData) EventType() string { return ConversationReturnedToBot }

// ConversationStatusChangedData is the data of conversationStatusChanged.
type ConversationStatusChangedData struct {
	ChatbotID bot9.ChatbotID          `json:"chatbotId"`
	From      bot9.ConversationStatus `json:"from"`
	To        bot9.ConversationStatus `json:"to"`
	By        string                  `json:"by"`
	Reason    string                  `json:"reason"`
}

// EventType implements Data.
func (ConversationStatusChangedData) EventType() string { return ConversationStatusChanged }

// ConversationClosedData is the data of conversationClosed.
type ConversationClosedData struct {
	ChatbotID    bot9.ChatbotID `json:"chatbotId"`
	ClosedBy     string         `json:"closedBy"`
	MessageCount int64          `json:"messageCount"`
}

// EventType implements Data.
func (ConversationClosedData) EventType() string { return ConversationClosed }

// ConversationReopenedData is the data of conversationReopened.
type ConversationReopenedData struct {
	ChatbotID bot9.ChatbotID `json:"chatbotId"`
	By        string         `json:"by"`
}

// EventType implements Data.
func (ConversationReopenedData) EventType() string { return ConversationReopened }

// ConversationTaggedData is the data of conversationTagged. Its lists are never nil.
type ConversationTaggedData struct {
	ChatbotID bot9.ChatbotID `json:"chatbotId"`
	Tags      []string       `json:"tags"`
	Added     []string       `json:"added"`
	Removed   []string       `json:"removed"`
}

// EventType implements Data.
func (ConversationTaggedData) EventType() string { return ConversationTagged }

// UserIdentifiedData is the data of userIdentified. Changed names properties of User.
type UserIdentifiedData struct {
	ChatbotID bot9.ChatbotID `json:"chatbotId"`
	User      bot9.EndUser   `json:"user"`
	Changed   []string       `json:"changed"`
}

// EventType implements Data.
func (UserIdentifiedData) EventType() string { return UserIdentified }

// LeadCapturedData is the data of leadCaptured. Fields is never nil.
type LeadCapturedData struct {
	ChatbotID bot9.ChatbotID    `json:"chatbotId"`
	Name      string            `json:"name"`
	EmailID   string            `json:"emailId"`
	Phone     string            `json:"phone"`
	Fields    map[string]string `json:"fields"`
}

// EventType implements Data.
func (LeadCapturedData) EventType() string { return LeadCaptured }

// MessageRatedData is the data of messageRated. Rating goes from 1 to 5.
type MessageRatedData struct {
	ChatbotID bot9.ChatbotID `json:"chatbotId"`
	MessageID bot9.MessageID `json:"messageId"`
	Rating    int            `json:"rating"`
}

// EventType implements Data.
func (MessageRatedData) EventType() string { return MessageRated }

// CSATSubmittedData is the data of csatSubmitted. Score goes from 1 to 5.
type CSATSubmittedData struct {
	ChatbotID bot9.ChatbotID `json:"chatbotId"`
	Score     int            `json:"score"`
	Comment   string         `json:"comment"`
	HandledBy bot9.Speaker   `json:"handledBy"` // the bot or an agent
}

// EventType implements Data.
func (CSATSubmittedData) EventType() string { return CSATSubmitted }

// KnowledgeUpdatedData is the data of knowledgeUpdated.
type KnowledgeUpdatedData struct {
	ChatbotID  bot9.ChatbotID      `json:"chatbotId"`
	DocumentID bot9.DocumentID     `json:"documentId"`
	Change     bot9.DocumentChange `json:"change"`
}

// EventType implements Data.
func (KnowledgeUpdatedData) EventType() string { return KnowledgeUpdated }

// APIKeyRotatedData is the data of apiKeyRotated. GraceUntil is the moment of the rotation where
// the old secret ended at once; it is never zero.
type APIKeyRotatedData struct {
	ChatbotID  bot9.ChatbotID `json:"chatbotId"`
	KeyID      bot9.KeyID     `json:"keyId"`
	GraceUntil bot9.Time      `json:"graceUntil"`
}

// EventType implements Data.
func (APIKeyRotatedData) EventType() string { return APIKeyRotated }

// WebhookDisabledData is the data of webhookDisabled.
type WebhookDisabledData struct {
	ChatbotID bot9.ChatbotID `json:"chatbotId"`
	WebhookID bot9.WebhookID `json:"webhookId"`
	Reason    string         `json:"reason"`
}

// EventType implements Data.
func (WebhookDisabledData) EventType() string { return WebhookDisabled }

// NoteAddedData is the data of noteAdded. The event is outside its conversation's sequence, in which those who don't
// ask for it would see a gap.
type NoteAddedData struct {
	ChatbotID      bot9.ChatbotID      `json:"chatbotId"`
	ConversationID bot9.ConversationID `json:"conversationId"`
	NoteID         bot9.NoteID         `json:"noteId"`
	Note           string              `json:"note"`
	AuthorID       string              `json:"authorId"`
	AuthorName     string              `json:"authorName"`
}

// EventType implements Data.
func (NoteAddedData) EventType() string { return NoteAdded }

// AuditRecordedData is the data of auditRecorded.
type AuditRecordedData struct {
	ChatbotID bot9.ChatbotID    `json:"chatbotId"`
	AuditID   bot9.AuditID      `json:"auditId"`
	At        bot9.Time         `json:"at"`
	Actor     bot9.Actor        `json:"actor"`
	Action    bot9.AuditAction  `json:"action"`
	Object    string            `json:"object"`
	Changes   bot9.AuditChanges `json:"changes"`
}

// EventType implements Data.
func (AuditRecordedData) EventType() string { return AuditRecorded }

// ActionData is what both events about a custom action say of it.
type ActionData struct {
	ChatbotID    bot9.ChatbotID `json:"chatbotId"`
	ActionID     bot9.ActionID  `json:"actionId"`
	Name         string         `json:"name"`
	MessageID    bot9.MessageID `json:"messageId"` // the end user's message that led to it
	Milliseconds int64          `json:"milliseconds"`
	Request      ActionRequest  `json:"request"`
	Response     ActionResponse `json:"response"`
}

// ActionRequest is what was sent, its secrets masked. Headers is never nil.
type ActionRequest struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

// ActionResponse is what came back; Status is 0 if nothing did.
type ActionResponse struct {
	Status int    `json:"status"`
	Body   string `json:"body"`
}

// ActionExecutedData is the data of actionExecuted.
type ActionExecutedData struct{ ActionData }

// EventType implements Data.
func (ActionExecutedData) EventType() string { return ActionExecuted }

// ActionFailedData is the data of actionFailed.
type ActionFailedData struct {
	ActionData
	Error string `json:"error"`
}

// EventType implements Data.
func (ActionFailedData) EventType() string { return ActionFailed }

// PingData is the data of ping.
type PingData struct {
	ChatbotID bot9.ChatbotID `json:"chatbotId"`
	WebhookID bot9.WebhookID `json:"webhookId"`
}

// EventType implements Data.
func (PingData) EventType() string { return Ping }
