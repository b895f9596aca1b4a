package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/bot9/bot9/internal/bot9"
)

// InboxStore keeps how conversations are handed to people, and what those have read.
type InboxStore interface {
	Inbox(ctx context.Context, chatbot bot9.ChatbotID) (bot9.Inbox, error)
	ChangeInbox(ctx context.Context, chatbot bot9.ChatbotID, change func(*bot9.Inbox) error) (bot9.Inbox, error)
	Agents(ctx context.Context, chatbot bot9.ChatbotID) ([]bot9.Agent, error)
	InboxCounts(ctx context.Context, chatbot bot9.ChatbotID, member bot9.MemberID) (bot9.InboxCounts, error)
	MarkRead(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, member bot9.MemberID, upTo bot9.MessageID) error
	ReadMarks(ctx context.Context, member bot9.MemberID, conversations []bot9.ConversationID) (map[bot9.ConversationID]bot9.MessageID, error)
}

// InboxChange is a merge patch (RFC 7396): it changes what is given and leaves the rest as it is; null restores the default.
type InboxChange struct {
	Assignment        Optional[bot9.Assignment] `json:"assignment,omitempty" enum:"manual,roundRobin" doc:"Who takes over when a human is asked for: manual = whoever takes it, roundRobin = one agent after the other"`
	Agents            Optional[[]string]        `json:"agents,omitempty" maxItems:"500" doc:"The members who take turns, developer or stronger; empty: all who may answer" example:"mem_38g4k4jvm0001"`
	CloseAfterMinutes Optional[int]             `json:"closeAfterMinutes,omitempty" minimum:"0" maximum:"525600" doc:"After so many minutes without anything said a conversation is closed, unless the end user waits for a human; 0 = never" example:"1440"`
}

// ReadInput says how far somebody has read.
type ReadInput struct {
	MessageID *Ref[bot9.MessageID] `json:"messageId,omitempty" doc:"The newest message that was read; the end user's newest unless given"`
}

type changeInboxInput struct {
	IfMatch
	Body InboxChange
}

type readInput struct {
	ConversationPath
	Body *ReadInput
}

func (s *server) registerInbox() {
	const path, read = chatbotPath + "inbox", chatbotPath + "conversations/{conversationId}/read"
	register(s, access{role: bot9.Viewer}, operation(http.MethodGet, path, tagInbox, "getInbox", "Get the inbox's settings",
		"How conversations are handed to people, and when they are closed by themselves."), s.getInbox)
	register(s, access{role: bot9.Developer}, operation(http.MethodPatch, path, tagInbox, "changeInbox", "Change the inbox's settings",
		"Agents take turns (`roundRobin`) from the next conversation on that asks for a human. A conversation that is closed by itself emits the "+
			"same events as one that somebody closes, by `system`."), s.changeInbox)
	register(s, access{role: bot9.Viewer}, operation(http.MethodGet, path+"/counts", tagInbox, "countInbox", "Count conversations",
		"How many wait, and how many the member who asks has taken over. Each is counted up to 1,000."), s.countInbox)
	register(s, access{role: bot9.Viewer}, operation(http.MethodGet, path+"/agents", tagInbox, "listAgents", "List agents",
		"The members who may answer end users (developer and stronger), whom a conversation can be assigned to."), s.listAgents)
	mine := access{role: bot9.Viewer, session: true}
	register(s, mine, operation(http.MethodPost, read, tagInbox, "readConversation", "Mark a conversation as read",
		"For the member who asks, up to a message."), s.readConversation)
	register(s, mine, operation(http.MethodDelete, read, tagInbox, "unreadConversation", "Mark a conversation as unread",
		"For the member who asks."), s.unreadConversation)
}

func (s *server) getInbox(ctx context.Context, c *caller, _ *struct{}) (*editable[bot9.Inbox], error) {
	inbox, err := s.Store.Inbox(ctx, c.chatbot)
	return answerInbox(inbox, err)
}

func answerInbox(inbox bot9.Inbox, err error) (*editable[bot9.Inbox], error) {
	inbox.Agents = nonNil(inbox.Agents)
	return answerEditable(inbox, inbox, err)
}

func (s *server) changeInbox(ctx context.Context, c *caller, in *changeInboxInput) (*editable[bot9.Inbox], error) {
	agents, err := s.chosenAgents(ctx, c, in.Body.Agents.Value)
	if err != nil {
		return nil, err
	}
	return answerInbox(s.Store.ChangeInbox(in.expect(ctx), c.chatbot, func(inbox *bot9.Inbox) error {
		patch(&inbox.Assignment, in.Body.Assignment, bot9.AssignManually)
		patch(&inbox.CloseAfterMinutes, in.Body.CloseAfterMinutes, 0)
		if in.Body.Agents.Given {
			inbox.Agents = agents
		}
		return nil
	}))
}

// chosenAgents refuses who may not answer end users.
func (s *server) chosenAgents(ctx context.Context, c *caller, texts []string) ([]bot9.MemberID, error) {
	chosen := []bot9.MemberID{}
	if len(texts) == 0 {
		return chosen, nil
	}
	agents, err := s.Store.Agents(ctx, c.chatbot)
	if err != nil {
		return nil, err
	}
	for i, text := range texts {
		id, ok := parseID[bot9.MemberID](text)
		if !ok || !slices.ContainsFunc(agents, func(a bot9.Agent) bool { return a.ID == id.String() }) {
			return nil, bot9.InvalidField(codeValidation, indexed("body.agents", i), "It must be a member of the account who may answer: a developer, an admin or an owner.")
		}
		if !slices.Contains(chosen, id) {
			chosen = append(chosen, id)
		}
	}
	return chosen, nil
}

// memberID is the member who asks, zero for a key.
func (c *caller) memberID() bot9.MemberID {
	if c.Member == nil {
		return 0
	}
	return c.Member.ID
}

func (s *server) countInbox(ctx context.Context, c *caller, _ *struct{}) (*output[bot9.InboxCounts], error) {
	return answer(s.Store.InboxCounts(ctx, c.chatbot, c.memberID()))
}

func (s *server) listAgents(ctx context.Context, c *caller, in *PageQuery) (*output[bot9.List[bot9.Agent]], error) {
	agents, err := s.Store.Agents(ctx, c.chatbot)
	return answerPart(ctx, in, agents, func(a bot9.Agent) int64 {
		id, _ := parseID[bot9.MemberID](a.ID)
		return int64(id)
	}, err)
}

func (s *server) readConversation(ctx context.Context, c *caller, in *readInput) (*struct{}, error) {
	conversation, err := s.Store.Conversation(ctx, c.chatbot, in.ConversationID.ID)
	if err != nil {
		return nil, err
	}
	upTo := conversation.LastUserMessage
	if in.Body != nil && in.Body.MessageID != nil {
		upTo = min(upTo, in.Body.MessageID.ID)
	}
	if upTo <= 0 { // the end user has said nothing yet
		return nil, nil
	}
	return nil, s.Store.MarkRead(ctx, c.chatbot, in.ConversationID.ID, c.Member.ID, upTo)
}

func (s *server) unreadConversation(ctx context.Context, c *caller, in *ConversationPath) (*struct{}, error) {
	return nil, s.Store.MarkRead(ctx, c.chatbot, in.ConversationID.ID, c.Member.ID, 0)
}

// markUnread tells the member who asks which conversations have something new.
func (s *server) markUnread(ctx context.Context, c *caller, conversations []bot9.Conversation) error {
	if c.Member == nil {
		return nil
	}
	ids := make([]bot9.ConversationID, len(conversations))
	for i := range conversations {
		ids[i] = conversations[i].ID
	}
	marks, err := s.Store.ReadMarks(ctx, c.Member.ID, ids)
	for i := range conversations {
		conversations[i].Unread = conversations[i].LastUserMessage > marks[conversations[i].ID]
	}
	return err
}
