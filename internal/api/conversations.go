package api

import (
	"context"
	"net/http"

	"github.com/bot9/bot9/internal/bot9"
)

// ConversationStore finds conversations.
type ConversationStore interface {
	Conversations(ctx context.Context, chatbot bot9.ChatbotID, filter bot9.ConversationFilter, page bot9.Page) (bot9.List[bot9.Conversation], error)
	Conversation(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID) (bot9.Conversation, error)
	Messages(ctx context.Context, chatbot bot9.ChatbotID, conversation bot9.ConversationID, page bot9.Page) (bot9.List[bot9.Message], error)
}

// ConversationPath names a conversation.
type ConversationPath struct {
	ConversationID PathID[bot9.ConversationID] `path:"conversationId" doc:"The conversation"`
}

// ConversationStart is what a conversation starts with. Names are read in any case, since Bot9
// wrote some with a capital: Source, Status, ExternalSessionId.
type ConversationStart struct {
	Source            string                  `json:"source,omitempty" maxLength:"64" doc:"The channel; also read as Source" example:"website-widget"`
	Status            bot9.ConversationStatus `json:"status,omitempty" enum:"active,needs_review" doc:"active unless given; also read as Status"`
	ExternalSessionID string                  `json:"externalSessionId,omitempty" maxLength:"256" doc:"The caller's own name for the session; also read as ExternalSessionId" example:"session-8f2c"`
	User              *EndUserInput           `json:"user,omitempty" doc:"The end user; a new, nameless one unless given"`
}

// EndUserInput is what is known of an end user.
type EndUserInput struct {
	Name       string `json:"name,omitempty" maxLength:"200" doc:"Full name" example:"Ada"`
	ExternalID string `json:"externalId,omitempty" maxLength:"256" doc:"The caller's own ID; the same one is the same end user" example:"user123"`
	EmailID    string `json:"emailId,omitempty" maxLength:"254" doc:"Email address" example:"ada@example.com"`
	Phone      string `json:"phone,omitempty" maxLength:"64" doc:"Phone number, in any form" example:"+44 20 7946 0958"`
}

// ConversationChange is a merge patch (RFC 7396): it changes what is given and leaves the rest as it is; null removes.
type ConversationChange struct {
	Status    *bot9.ConversationStatus `json:"status,omitempty" enum:"active,needs_review,closed" doc:"active = the bot answers, needs_review = a human does, closed = nobody does"`
	AgentID   Optional[string]         `json:"agentId,omitempty" maxLength:"256" doc:"The human who takes over, by a name of your own; the status becomes needs_review. null: nobody has taken over any more" example:"agent-7"`
	AgentName Optional[string]         `json:"agentName,omitempty" maxLength:"200" doc:"The name of the human who takes over" example:"Grace Hopper"`
	Tags      Optional[[]string]       `json:"tags,omitempty" maxItems:"50" doc:"Replaces all tags" example:"billing,urgent"`
	Reason    string                   `json:"reason,omitempty" maxLength:"500" doc:"Why the status changes, for the events" example:"Asked for a refund"`
}

// Review is an end user's word on a whole conversation.
type Review struct {
	Score   int    `json:"score" minimum:"1" maximum:"5" doc:"From 1 (bad) to 5 (good)" example:"5"`
	Comment string `json:"comment,omitempty" maxLength:"4096" doc:"What the end user has to say" example:"Quick and kind"`
}

// Rating is an end user's word on one message.
type Rating struct {
	Rating int `json:"rating" minimum:"1" maximum:"5" doc:"From 1 (bad) to 5 (good)" example:"5"`
}

// Lead is how an end user wants to be reached.
type Lead struct {
	Name    string            `json:"name,omitempty" maxLength:"200" doc:"Full name" example:"Ada Lovelace"`
	EmailID string            `json:"emailId,omitempty" maxLength:"254" doc:"Email address" example:"ada@example.com"`
	Phone   string            `json:"phone,omitempty" maxLength:"64" doc:"Phone number, in any form" example:"+44 20 7946 0958"`
	Fields  map[string]string `json:"fields,omitempty" maxProperties:"50" doc:"Whatever else was asked"`
}

type startInput struct{ Body ConversationStart }

type conversationsInput struct {
	PageQuery
	Status  []bot9.ConversationStatus `query:"status,explode" maxItems:"20" enum:"active,needs_review,closed" doc:"Who answers: active = the bot, needs_review = a human, closed = nobody; repeated: one of them"`
	Source  []string                  `query:"source,explode" maxItems:"20" maxLength:"100" doc:"The channel; repeated: one of them"`
	Session []string                  `query:"externalSessionId,explode" maxItems:"20" maxLength:"256" doc:"Your own name for the session; repeated: one of them"`
	Queue   string                    `query:"queue" enum:"waiting,mine,all" doc:"waiting = a human was asked for and nobody has taken over or answered yet, who has waited longest first; mine = the member who asks has taken over (422 for keys); all unless given"`
	Agent   string                    `query:"agentId" maxLength:"256" doc:"Only those that this human has taken over" example:"mem_38g4k4jvm0001"`
	User    RefText[bot9.EndUserID]   `query:"endUserId" doc:"Only this end user's"`
	Since   Moment                    `query:"since" doc:"Conversations that began at this time or later"`
	Until   Moment                    `query:"until" doc:"Conversations that began before this time"`
	Query   string                    `query:"q" maxLength:"200" doc:"Words that are all in one message, or in the end user's name, email and external ID, in any case. Parts of words count from three characters on (Chinese, Japanese, Korean: two); shorter words are found where something begins. 503 searchTooSlow says when to narrow the search"`
}

type messagesInput struct {
	ConversationPath
	PageQuery
}

type changeConversationInput struct {
	ConversationPath
	IfMatch
	Body ConversationChange
}

type reviewInput struct {
	ConversationPath
	Body Review
}

type ratingInput struct {
	ConversationPath
	MessageID PathID[bot9.MessageID] `path:"messageId" doc:"The message, one of the conversation"`
	Body      Rating
}

type leadInput struct {
	ConversationPath
	Body Lead
}

func (s *server) registerConversations() {
	const path, one = chatbotPath + "conversations", chatbotPath + "conversations/{conversationId}"
	read, write := access{role: bot9.Viewer}, access{role: bot9.Developer}
	creating := access{role: bot9.Developer, creates: true}
	start := operation(http.MethodPost, path, tagConversations, "startConversation",
		"Start a conversation", "Emits `conversationStarted`. Where the chatbot has a conversation of that source and externalSessionId, it is answered as it stands instead, and nothing is emitted.")
	start.DefaultStatus = http.StatusCreated
	register(s, access{role: bot9.Developer, creates: true, historic: true}, start, s.startConversation)
	register(s, read, operation(http.MethodGet, path, tagConversations, "listConversations",
		"List conversations", "Newest first; with `queue=waiting` who has waited longest first."), s.listConversations)
	register(s, read, operation(http.MethodGet, one, tagConversations, "getConversation", "Get a conversation", "With its end user and tags; what was said is in its messages."), s.getConversation)
	register(s, read, operation(http.MethodGet, one+"/messages", tagConversations, "listMessages",
		"List messages", "Oldest first."), s.listMessages)
	register(s, write, operation(http.MethodPatch, one, tagConversations, "changeConversation",
		"Change a conversation", "Hands it to a human or back to the bot, closes or reopens it, sets its tags. Every change emits its events."),
		s.changeConversation)
	review := operation(http.MethodPost, one+"/reviews", tagConversations, "reviewConversation",
		"Review a conversation", "Emits `csatSubmitted`.")
	review.DefaultStatus = http.StatusCreated
	register(s, creating, review, s.reviewConversation)
	register(s, write, operation(http.MethodPost, one+"/messages/{messageId}/rating", tagConversations, "rateMessage",
		"Rate a message", "Emits `messageRated`."), s.rateMessage)
	lead := operation(http.MethodPost, one+"/leads", tagConversations, "captureLead",
		"Leave contact details", "Emits `leadCaptured`, and `userIdentified` where they are news.")
	lead.DefaultStatus = http.StatusCreated
	register(s, creating, lead, s.captureLead)
}

func (in *EndUserInput) start() bot9.StartUser {
	return bot9.StartUser{ExternalID: in.ExternalID, Details: bot9.Details{Name: in.Name, EmailID: in.EmailID, Phone: in.Phone}}
}

func (s *server) startConversation(ctx context.Context, c *caller, in *startInput) (*output[bot9.Conversation], error) {
	start := bot9.StartInput{Source: in.Body.Source, Status: in.Body.Status, ExternalSessionID: in.Body.ExternalSessionID}
	if user := in.Body.User; user != nil {
		start.User = user.start()
	}
	return answerConversation(s.Chat.Start(ctx, c.chatbot, start))
}

func (s *server) listConversations(ctx context.Context, c *caller, in *conversationsInput) (*output[bot9.List[bot9.Conversation]], error) {
	filter := bot9.ConversationFilter{
		Status: in.Status, Source: in.Source, Sessions: in.Session, Query: in.Query, AgentID: in.Agent, Since: in.Since.Time, Until: in.Until.Time, EndUser: refID[bot9.EndUserID](string(in.User)),
	}
	switch in.Queue {
	case "waiting":
		filter.Waiting = true
	case "mine":
		if c.Member == nil {
			return nil, bot9.InvalidField(codeValidation, "query.queue", "A key has no conversations of its own: name an agentId.")
		}
		filter.AgentID = c.ID
		if len(filter.Status) == 0 {
			filter.Status = []bot9.ConversationStatus{bot9.StatusNeedsReview}
		}
	}
	list, err := s.Store.Conversations(ctx, c.chatbot, filter, in.page())
	if err == nil {
		err = s.markUnread(ctx, c, list.Data)
	}
	for i := range list.Data {
		list.Data[i].Tags = nonNil(list.Data[i].Tags)
	}
	return answerList(ctx, list, err)
}

func (s *server) getConversation(ctx context.Context, c *caller, in *ConversationPath) (*editable[bot9.Conversation], error) {
	conversation, err := s.Store.Conversation(ctx, c.chatbot, in.ConversationID.ID)
	if err != nil {
		return nil, err
	}
	return s.shownConversation(ctx, c, conversation)
}

// shownConversation is a conversation as the caller gets to see it.
func (s *server) shownConversation(ctx context.Context, c *caller, conversation bot9.Conversation) (*editable[bot9.Conversation], error) {
	one := []bot9.Conversation{conversation}
	err := s.markUnread(ctx, c, one)
	conversation = one[0]
	conversation.Tags = nonNil(conversation.Tags)
	return answerEditable(conversation, conversation, err)
}

func (s *server) listMessages(ctx context.Context, c *caller, in *messagesInput) (*output[bot9.List[bot9.Message]], error) {
	if _, err := s.Store.Conversation(ctx, c.chatbot, in.ConversationID.ID); err != nil {
		return nil, err
	}
	list, err := s.Store.Messages(ctx, c.chatbot, in.ConversationID.ID, in.page())
	return answerList(ctx, list, err)
}

func (s *server) changeConversation(ctx context.Context, c *caller, in *changeConversationInput) (*editable[bot9.Conversation], error) {
	change := bot9.ChangeInput{Status: in.Body.Status, NoAgent: in.Body.AgentID.Removed, Reason: in.Body.Reason}
	if in.Body.AgentID.Given && !in.Body.AgentID.Removed {
		change.AgentID = &in.Body.AgentID.Value
	}
	if in.Body.AgentName.Given && !in.Body.AgentID.Removed { // the name goes with the agent
		change.AgentName = &in.Body.AgentName.Value
	}
	if in.Body.Tags.Given {
		tags := nonNil(in.Body.Tags.Value)
		change.Tags = &tags
	}
	if err := s.assigned(ctx, c, &change); err != nil {
		return nil, err
	}
	conversation, err := s.Chat.Change(in.expect(ctx), c.chatbot, in.ConversationID.ID, c.Name(), change)
	if err != nil {
		return nil, err
	}
	return s.shownConversation(ctx, c, conversation)
}

// assigned completes a change that names an agent: a member's name is known, and one who is assigned by somebody else has
// yet to look at the conversation.
func (s *server) assigned(ctx context.Context, c *caller, change *bot9.ChangeInput) error {
	if change.AgentID == nil {
		return nil
	}
	if _, isMember := parseID[bot9.MemberID](*change.AgentID); !isMember {
		return nil
	}
	agents, err := s.Store.Agents(ctx, c.chatbot)
	if err != nil {
		return err
	}
	for _, agent := range agents {
		if agent.ID == *change.AgentID {
			change.AgentName = &agent.Name
			change.Delegated = c.Member != nil && c.ID != agent.ID
			return nil
		}
	}
	return bot9.InvalidField(codeValidation, "body.agentId", "This is no member who may answer: a developer, an admin or an owner of the account.")
}

func (s *server) reviewConversation(ctx context.Context, c *caller, in *reviewInput) (*output[bot9.Conversation], error) {
	return answerConversation(s.Chat.Review(ctx, c.chatbot, in.ConversationID.ID, in.Body.Score, in.Body.Comment))
}

func (s *server) rateMessage(ctx context.Context, c *caller, in *ratingInput) (*struct{}, error) {
	return nil, s.Chat.Rate(ctx, c.chatbot, in.ConversationID.ID, in.MessageID.ID, in.Body.Rating)
}

func (s *server) captureLead(ctx context.Context, c *caller, in *leadInput) (*output[bot9.Conversation], error) {
	return answerConversation(s.Chat.Lead(ctx, c.chatbot, in.ConversationID.ID, bot9.LeadInput{
		Details: bot9.Details{Name: in.Body.Name, EmailID: in.Body.EmailID, Phone: in.Body.Phone}, Fields: in.Body.Fields,
	}))
}

func answerConversation(conversation bot9.Conversation, err error) (*output[bot9.Conversation], error) {
	conversation.Tags = nonNil(conversation.Tags)
	return answer(conversation, err)
}
