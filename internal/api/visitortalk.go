package api

import (
	"context"
	"net/http"

	"github.com/bot9/bot9/internal/bot9"
)

// visitorPage is how many messages a visitor is shown at once.
const visitorPage = 50

// VisitorConversation is a conversation as its visitor sees it.
type VisitorConversation struct {
	ID        bot9.ConversationID     `json:"id" doc:"The conversation"`
	Status    bot9.ConversationStatus `json:"status" enum:"active,needs_review,closed" doc:"Who answers: active = the bot, needs_review = a human, closed = nobody"`
	AgentName string                  `json:"agentName" doc:"The human who has taken over; empty if nobody has" example:"Grace Hopper"`
	Score     int                     `json:"score" doc:"The visitor's score of the conversation; 0 if there is none" example:"5"`
	ReadID    bot9.MessageID          `json:"readId,omitzero" doc:"The newest message that the visitor has seen"`
	Messages  []bot9.Message          `json:"messages" doc:"Oldest first, the newest 50 before the one that was asked for"`
	Before    *bot9.MessageID         `json:"before" doc:"For ?before=, to read those that are older; null if there are none"`
	Cursor    string                  `json:"cursor" doc:"For Last-Event-ID: a stream that begins after it misses nothing that isn't here" example:"evt_38g4k4jvm0001"`
	CreatedAt bot9.Time               `json:"createdAt" format:"date-time" doc:"When it was started"`
}

// VisitorMessage is something that a visitor says.
type VisitorMessage struct {
	Message  string `json:"message" maxLength:"8000" doc:"The text; may be empty if there are attachments" example:"How long does delivery take?"`
	ClientID string `json:"clientId" minLength:"1" maxLength:"100" doc:"The browser's own name for the message: sent again with the same one, it is said once" example:"5f0c2e6a-8d5b-4a53-9d1e-0f6f0c9a4f11"`

	Attachments []Ref[bot9.AttachmentID] `json:"attachments,omitempty" maxItems:"5" doc:"Files of the visitor that were uploaded and not sent yet"`
}

// VisitorMessageAccepted tells that a message is stored. The reply comes by the stream.
type VisitorMessageAccepted struct {
	MessageID      bot9.MessageID      `json:"messageId" doc:"The message"`
	ConversationID bot9.ConversationID `json:"conversationId" doc:"Its conversation, which it may have opened"`
}

// VisitorRating is a thumb.
type VisitorRating struct {
	MessageID Ref[bot9.MessageID] `json:"messageId" doc:"The bot's or agent's message"`
	Rating    string              `json:"rating" enum:"up,down" doc:"up counts as 5, down as 1"`
}

// VisitorHandover asks for a person.
type VisitorHandover struct {
	Reason string `json:"reason,omitempty" maxLength:"500" doc:"Why, for the agents" example:"My parcel is lost"`
}

// VisitorTyping tells that the visitor types, or has stopped.
type VisitorTyping struct {
	Typing bool `json:"typing" doc:"Whether the visitor is typing"`
}

// VisitorRead tells how far the visitor has read.
type VisitorRead struct {
	MessageID Ref[bot9.MessageID] `json:"messageId" doc:"The newest message that was seen"`
}

type (
	visitorConversationInput struct {
		Before Ref[bot9.MessageID] `query:"before" doc:"Only messages that are older than this one"`
	}
	visitorMessageInput  struct{ Body VisitorMessage }
	visitorRatingInput   struct{ Body VisitorRating }
	visitorCSATInput     struct{ Body Review }
	visitorLeadInput     struct{ Body Lead }
	visitorHandoverInput struct{ Body *VisitorHandover }
	visitorTypingInput   struct{ Body VisitorTyping }
	visitorReadInput     struct{ Body VisitorRead }
)

func (s *server) registerVisitorTalk() {
	visitor := access{widget: byToken}
	register(s, visitor, operation(http.MethodGet, widgetPath+"conversation", tagWidget, "getVisitorConversation",
		"Get the visitor's conversation", "The newest one, with its messages. 404 before the first message."), s.getVisitorConversation)
	say := operation(http.MethodPost, widgetPath+"messages", tagWidget, "sayAsVisitor",
		"Say something", "Stores the message, and opens a conversation where there is none or it is closed. The bot answers after that: the reply comes by the stream.")
	say.DefaultStatus = http.StatusAccepted
	register(s, visitor, say, s.sayAsVisitor)
	register(s, visitor, operation(http.MethodPost, widgetPath+"lead", tagWidget, "leadAsVisitor",
		"Leave contact details", "Emits `leadCaptured`, and opens a conversation where there is none."), s.leadAsVisitor)
	register(s, visitor, operation(http.MethodPost, widgetPath+"rating", tagWidget, "rateAsVisitor",
		"Rate a message", "Emits `messageRated`."), s.rateAsVisitor)
	register(s, visitor, operation(http.MethodPost, widgetPath+"csat", tagWidget, "reviewAsVisitor",
		"Rate the conversation", "Emits `csatSubmitted`."), s.reviewAsVisitor)
	register(s, visitor, operation(http.MethodPost, widgetPath+"handover", tagWidget, "askForHumanAsVisitor",
		"Ask for a person", "Emits `handoverRequested`; the bot is silent from then on. It does nothing where a human answers already."), s.askForHuman)
	register(s, visitor, operation(http.MethodPost, widgetPath+"typing", tagWidget, "typeAsVisitor",
		"Tell that the visitor types", "Agents who look at the conversation see it. It is stored nowhere, and no event."), s.typeAsVisitor)
	register(s, visitor, operation(http.MethodPost, widgetPath+"read", tagWidget, "readAsVisitor",
		"Tell what was read", "Counts unread messages anew after a reload. It is no event."), s.readAsVisitor)
}

// talker is the visitor who calls, with what is kept of them. Blocked end users are refused.
func (s *server) talker(ctx context.Context, c *caller) (bot9.Visitor, error) {
	v, err := s.Store.Visitor(ctx, *c.Visitor)
	if err == nil && blocksUser(c.widget, v.EndUserID) {
		err = blocked()
	}
	return v, err
}

// talking is talker, for what needs a conversation.
func (s *server) talking(ctx context.Context, c *caller) (bot9.Visitor, error) {
	v, err := s.talker(ctx, c)
	if err == nil && v.ConversationID == 0 {
		err = bot9.Errorf(bot9.NotFound, codeNotFound, "There is no conversation yet.")
	}
	return v, err
}

// visitorConversation reads the visitor's conversation. The cursor is read first, so that what comes in between is on
// both sides rather than on neither.
func (s *server) visitorConversation(ctx context.Context, v bot9.Visitor, before bot9.MessageID) (*VisitorConversation, error) {
	if v.ConversationID == 0 {
		return nil, bot9.Errorf(bot9.NotFound, codeNotFound, "There is no conversation yet.")
	}
	newest, err := s.Store.Events(ctx, v.ChatbotID, bot9.EventFilter{Conversation: []bot9.ConversationID{v.ConversationID}}, bot9.Page{Limit: 1})
	if err != nil {
		return nil, err
	}
	conversation, err := s.Store.Conversation(ctx, v.ChatbotID, v.ConversationID)
	if err != nil {
		return nil, err
	}
	messages, err := s.Store.MessagesBefore(ctx, v.ConversationID, before, visitorPage)
	if err != nil {
		return nil, err
	}
	out := &VisitorConversation{
		ID: conversation.ID, Status: conversation.Status, AgentName: conversation.AgentName, Score: conversation.Score,
		ReadID: v.ReadID, Messages: make([]bot9.Message, 0, len(messages)), CreatedAt: conversation.CreatedAt,
	}
	for i := range messages {
		if messages[i].VisibleToVisitor() {
			messages[i].Answer = nil // how it came about is for those who run the bot
			out.Messages = append(out.Messages, messages[i])
		}
	}
	if len(messages) == visitorPage {
		out.Before = &messages[0].ID
	}
	if len(newest.Data) > 0 {
		out.Cursor = newest.Data[0].ID.String()
	}
	return out, nil
}

func (s *server) getVisitorConversation(ctx context.Context, c *caller, in *visitorConversationInput) (*output[*VisitorConversation], error) {
	v, err := s.talking(ctx, c)
	if err != nil {
		return nil, err
	}
	return answer(s.visitorConversation(ctx, v, in.Before.ID))
}

func (s *server) sayAsVisitor(ctx context.Context, c *caller, in *visitorMessageInput) (*output[VisitorMessageAccepted], error) {
	v, err := s.talker(ctx, c)
	if err != nil {
		return nil, err
	}
	attachments, err := s.unsent(ctx, c.chatbot, v.Subject[:], in.Body.Attachments)
	if err != nil && !s.saidBefore(ctx, v, in.Body.ClientID) {
		return nil, err
	}
	said, err := s.Chat.Say(ctx, v, in.Body.Message, in.Body.ClientID, attachments...)
	return answer(VisitorMessageAccepted{MessageID: said.MessageID, ConversationID: said.Conversation.ID}, err)
}

// saidBefore tells whether a message is sent again: then its files are no longer unsent, and nothing new is said.
func (s *server) saidBefore(ctx context.Context, v bot9.Visitor, clientID string) bool {
	before, err := s.Store.SaidBefore(ctx, v, clientID)
	return err == nil && before
}

func (s *server) leadAsVisitor(ctx context.Context, c *caller, in *visitorLeadInput) (*struct{}, error) {
	v, err := s.talker(ctx, c)
	if err != nil {
		return nil, err
	}
	return nil, s.Chat.LeadAsVisitor(ctx, v, bot9.LeadInput{
		Details: bot9.Details{Name: in.Body.Name, EmailID: in.Body.EmailID, Phone: in.Body.Phone}, Fields: in.Body.Fields,
	})
}

// The ratings that thumbs stand for.
const (
	thumbUp   = 5
	thumbDown = 1
)

func (s *server) rateAsVisitor(ctx context.Context, c *caller, in *visitorRatingInput) (*struct{}, error) {
	v, err := s.talking(ctx, c)
	if err != nil {
		return nil, err
	}
	rating := thumbDown
	if in.Body.Rating == "up" {
		rating = thumbUp
	}
	return nil, s.Chat.Rate(ctx, c.chatbot, v.ConversationID, in.Body.MessageID.ID, rating)
}

func (s *server) reviewAsVisitor(ctx context.Context, c *caller, in *visitorCSATInput) (*struct{}, error) {
	v, err := s.talking(ctx, c)
	if err != nil {
		return nil, err
	}
	_, err = s.Chat.Review(ctx, c.chatbot, v.ConversationID, in.Body.Score, in.Body.Comment)
	return nil, err
}

func (s *server) askForHuman(ctx context.Context, c *caller, in *visitorHandoverInput) (*struct{}, error) {
	v, err := s.talker(ctx, c)
	if err != nil {
		return nil, err
	}
	reason := ""
	if in.Body != nil {
		reason = in.Body.Reason
	}
	return nil, s.Chat.AskForHuman(ctx, v, reason)
}

func (s *server) typeAsVisitor(ctx context.Context, c *caller, in *visitorTypingInput) (*struct{}, error) {
	v, err := s.talker(ctx, c)
	if err == nil && v.ConversationID != 0 { // nobody looks at what isn't there yet
		s.Presence.Signal(bot9.Signal{ChatbotID: c.chatbot, ConversationID: v.ConversationID, Typing: in.Body.Typing})
	}
	return nil, err
}

func (s *server) readAsVisitor(ctx context.Context, c *caller, in *visitorReadInput) (*struct{}, error) {
	v, err := s.talking(ctx, c)
	if err != nil || in.Body.MessageID.ID <= v.ReadID {
		return nil, err
	}
	return nil, s.Store.ReadByVisitor(ctx, v, in.Body.MessageID.ID)
}
