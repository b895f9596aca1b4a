package api

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// RawStore reads conversations as they are.
type RawStore interface {
	RawChats(ctx context.Context, chatbot bot9.ChatbotID, since, until bot9.Time, maxConversations, maxMessages int) ([]bot9.Conversation, []bot9.Message, error)
}

// Bounds of one answer.
const (
	maxRawConversations = 5_000
	maxRawMessages      = 50_000
	maxRawTransfers     = 20 // pages
)

// RawRange is a span of time, in UTC.
type RawRange struct {
	StartDate string `query:"startDate" pattern:"^\\d{4}-\\d{2}-\\d{2}$" required:"true" doc:"The first day (UTC)" example:"2026-11-01"`
	StartTime string `query:"startTime" pattern:"^([01]\\d|2[0-3]):[0-5]\\d$" default:"00:00" doc:"The first minute of that day" example:"00:00"`
	EndDate   string `query:"endDate" pattern:"^\\d{4}-\\d{2}-\\d{2}$" required:"true" doc:"The last day (UTC)" example:"2026-11-30"`
	EndTime   string `query:"endTime" pattern:"^([01]\\d|2[0-3]):[0-5]\\d$" default:"23:59" doc:"The last minute of that day" example:"23:59"`
}

// RawConversation is a conversation in Bot9's historic shape.
type RawConversation struct {
	ID        bot9.ConversationID     `json:"id" doc:"The conversation"`
	CreatedAt bot9.Time               `json:"createdAt" format:"date-time" doc:"When it began"`
	EndUserID bot9.EndUserID          `json:"endUserId" doc:"The end user"`
	Source    string                  `json:"Source" doc:"The channel that it came through"`
	Status    bot9.ConversationStatus `json:"status" enum:"active,needs_review,closed" doc:"Who answers"`
	AgentID   *string                 `json:"AgentId" doc:"The human who took over; null if none has"`
}

// RawMessage is a message in Bot9's historic shape.
type RawMessage struct {
	ID             string                 `json:"id" doc:"The message; of a change of hands, its event"`
	ConversationID bot9.ConversationID    `json:"ConversationId" doc:"The conversation"`
	CreatedAt      bot9.Time              `json:"createdAt" format:"date-time" doc:"When it was said"`
	ChatUser       bot9.Speaker           `json:"chatUser" enum:"user,bot,humanagent,system" doc:"Who said it; system: a change of hands"`
	ChatText       string                 `json:"chatText" doc:"The text; of a change of hands JSON with conversationTransfer and reason"`
	Meta           OrNull[RawMessageMeta] `json:"meta" doc:"The actions that were executed for a reply; null if none were"`
}

// RawMessageMeta is what was done for a reply.
type RawMessageMeta struct {
	FunctionCall []RawCall `json:"functionCall" doc:"Custom actions, in order"`
}

// RawCall names an action.
type RawCall struct {
	Name string `json:"name" doc:"The action" example:"orderStatus"`
}

// RawReview is a review of a conversation.
type RawReview struct {
	EntityID  bot9.ConversationID `json:"entityId" doc:"The conversation"`
	Value     int                 `json:"value" doc:"1 to 5" example:"5"`
	CreatedAt bot9.Time           `json:"createdAt" format:"date-time" doc:"When the conversation last changed, which is at the review or after it"`
}

// RawTag is a label of a conversation.
type RawTag struct {
	ConversationID bot9.ConversationID `json:"ConversationId" doc:"The conversation"`
	Name           string              `json:"name" doc:"The label" example:"billing"`
}

// RawAttribute is something known of an end user.
type RawAttribute struct {
	EntityID bot9.EndUserID `json:"entityId" doc:"The end user"`
	Value    string         `json:"value" doc:"The value" example:"user123"`
}

// RawUser is a member of the account.
type RawUser struct {
	ID    bot9.MemberID `json:"id" doc:"The member"`
	Email string        `json:"email" doc:"Email address" example:"grace@example.com"`
}

// RawInvitation is somebody who was invited, or has joined.
type RawInvitation struct {
	Email string `json:"email" doc:"Email address" example:"grace@example.com"`
	Name  string `json:"name" doc:"Full name; empty until the invitation is taken up" example:"Grace Hopper"`
}

// RawChatData is what happened in conversations, in Bot9's historic shape.
type RawChatData struct {
	Conversations    []RawConversation `json:"conversations" doc:"Those that began in the range, oldest first"`
	Messages         []RawMessage      `json:"messages" doc:"All of theirs, oldest first"`
	Reviews          []RawReview       `json:"reviews" doc:"Their reviews"`
	ConversationTags []RawTag          `json:"conversationTags" doc:"Their labels"`
	TagAttributes    []RawAttribute    `json:"tagAttributes" doc:"The external IDs of their end users"`
}

// RawAgentData is RawChatData as a report about agents reads it.
type RawAgentData struct {
	Conversations       []RawConversation `json:"conversations" doc:"Those that began in the range, oldest first"`
	Messages            []RawMessage      `json:"messages" doc:"All of theirs, oldest first"`
	Reviews             []RawReview       `json:"reviews" doc:"Their reviews"`
	UserIDTagAttributes []RawAttribute    `json:"userIdTagAttributes" doc:"The external IDs of their end users"`
	CityTagAttributes   []RawAttribute    `json:"cityTagAttributes" doc:"The custom attribute city of their end users, where it is known"`
	Users               []RawUser         `json:"users" doc:"The account's members"`
	Invitations         []RawInvitation   `json:"invitations" doc:"Everybody who was invited, members included"`
}

func (s *server) registerRawData() {
	const path = basePath + "analytics/v2/{chatbotId}/"
	register(s, access{role: bot9.Viewer, historic: true}, operation(http.MethodGet, path+"raw-chat-data", tagConversations, "getRawChatData",
		"Raw data of conversations", "What existing Bot9 clients make reports of: up to 5,000 conversations with 50,000 messages; a range with more is refused (422 `rangeTooLarge`)."), s.rawChatData)
	register(s, access{role: bot9.Developer, historic: true}, operation(http.MethodGet, path+"raw-agent-data", tagConversations, "getRawAgentData",
		"Raw data for reports about agents", "As raw-chat-data, with the account's people."), s.rawAgentData)
}

// span reads the range, both ends included.
func (r *RawRange) span() (since, until bot9.Time, err error) {
	const layout = "2006-01-02 15:04"
	from, err := time.Parse(layout, r.StartDate+" "+r.StartTime)
	if err != nil {
		return 0, 0, bot9.InvalidField(codeValidation, "query.startDate", "There is no such day.")
	}
	to, err := time.Parse(layout, r.EndDate+" "+r.EndTime)
	if err != nil {
		return 0, 0, bot9.InvalidField(codeValidation, "query.endDate", "There is no such day.")
	}
	if to.Before(from) {
		return 0, 0, bot9.InvalidField(codeValidation, "query.endDate", "The end is before the start.")
	}
	return bot9.At(from), bot9.At(to.Add(time.Minute)), nil
}

// raw is the part that both kinds of data have, and the end users.
func (s *server) raw(ctx context.Context, c *caller, in *RawRange) (data RawChatData, users []bot9.EndUser, err error) {
	since, until, err := in.span()
	if err != nil {
		return data, nil, err
	}
	conversations, messages, err := s.Store.RawChats(ctx, c.chatbot, since, until, maxRawConversations, maxRawMessages)
	if err != nil {
		return data, nil, err
	}
	data = RawChatData{
		Conversations: []RawConversation{}, Messages: []RawMessage{}, Reviews: []RawReview{}, ConversationTags: []RawTag{}, TagAttributes: []RawAttribute{},
	}
	began, met := map[bot9.ConversationID]bool{}, map[bot9.EndUserID]bool{}
	for i := range conversations {
		conversation := &conversations[i]
		began[conversation.ID] = true
		data.add(conversation)
		if !met[conversation.EndUserID] {
			met[conversation.EndUserID] = true
			users = append(users, conversation.User)
		}
	}
	for i := range messages {
		data.Messages = append(data.Messages, rawMessage(&messages[i]))
	}
	transfers, err := s.transfers(ctx, c, since, began)
	data.Messages = append(data.Messages, transfers...)
	slices.SortStableFunc(data.Messages, func(a, b RawMessage) int { return cmp.Compare(a.CreatedAt, b.CreatedAt) })
	for i := range users {
		if users[i].ExternalID != "" {
			data.TagAttributes = append(data.TagAttributes, RawAttribute{users[i].ID, users[i].ExternalID})
		}
	}
	return data, users, err
}

func (d *RawChatData) add(c *bot9.Conversation) {
	shown := RawConversation{ID: c.ID, CreatedAt: c.CreatedAt, EndUserID: c.EndUserID, Source: c.Source, Status: c.Status}
	if c.AgentID != "" {
		shown.AgentID = &c.AgentID
	}
	d.Conversations = append(d.Conversations, shown)
	if c.Score != 0 {
		d.Reviews = append(d.Reviews, RawReview{c.ID, c.Score, c.UpdatedAt})
	}
	for _, tag := range c.Tags {
		d.ConversationTags = append(d.ConversationTags, RawTag{c.ID, tag})
	}
}

func rawMessage(m *bot9.Message) RawMessage {
	shown := RawMessage{ID: m.ID.String(), ConversationID: m.ConversationID, CreatedAt: m.CreatedAt, ChatUser: m.ChatUser, ChatText: m.Text}
	if m.Answer != nil && len(m.Answer.Actions) > 0 {
		meta := RawMessageMeta{}
		for _, run := range m.Answer.Actions {
			meta.FunctionCall = append(meta.FunctionCall, RawCall{run.Name})
		}
		shown.Meta.Value = &meta
	}
	return shown
}

// transfers are the changes of hands of the conversations, as far as the log still has them.
func (s *server) transfers(ctx context.Context, c *caller, since bot9.Time, of map[bot9.ConversationID]bool) (transfers []RawMessage, err error) {
	if len(of) == 0 {
		return nil, nil
	}
	page := bot9.Page{Limit: bot9.MaxPage}
	for range maxRawTransfers {
		list, err := s.Store.Events(ctx, c.chatbot, bot9.EventFilter{Type: []string{catalog.ConversationStatusChanged}, Since: since}, page)
		if err != nil {
			return nil, err
		}
		for _, e := range list.Data {
			if !of[e.ConversationID] {
				continue
			}
			var change catalog.ConversationStatusChangedData
			if err := json.Unmarshal(e.Data, &change); err != nil {
				return nil, err
			}
			text, err := json.Marshal(map[string]string{"conversationTransfer": string(change.To), "reason": change.Reason})
			if err != nil {
				return nil, err
			}
			transfers = append(transfers, RawMessage{
				ID: e.ID.String(), ConversationID: e.ConversationID, CreatedAt: e.CreatedAt(), ChatUser: bot9.SpeakerSystem, ChatText: string(text),
			})
		}
		if list.NextCursor == nil {
			break
		}
		page.Cursor = *list.NextCursor
	}
	return transfers, nil
}

func (s *server) rawChatData(ctx context.Context, c *caller, in *RawRange) (*output[RawChatData], error) {
	data, _, err := s.raw(ctx, c, in)
	return answer(data, err)
}

func (s *server) rawAgentData(ctx context.Context, c *caller, in *RawRange) (*output[RawAgentData], error) {
	data, users, err := s.raw(ctx, c, in)
	if err != nil {
		return nil, err
	}
	shown := RawAgentData{
		Conversations: data.Conversations, Messages: data.Messages, Reviews: data.Reviews, UserIDTagAttributes: data.TagAttributes,
		CityTagAttributes: []RawAttribute{}, Users: []RawUser{}, Invitations: []RawInvitation{},
	}
	for i := range users {
		if city := cityOf(&users[i]); city != "" {
			shown.CityTagAttributes = append(shown.CityTagAttributes, RawAttribute{users[i].ID, city})
		}
	}
	members, err := s.Store.Members(ctx, c.AccountID)
	for i := range members {
		m := &members[i]
		shown.Invitations = append(shown.Invitations, RawInvitation{m.Email, m.Name})
		if m.Status != bot9.MemberInvited {
			shown.Users = append(shown.Users, RawUser{m.ID, m.Email})
		}
	}
	return answer(shown, err)
}

// cityOf is the custom attribute city, "" if there is none.
func cityOf(u *bot9.EndUser) string {
	var attributes map[string]any
	if json.Unmarshal([]byte(u.CustomAttributes), &attributes) != nil {
		return ""
	}
	for name, value := range attributes {
		if text, ok := value.(string); ok && strings.EqualFold(name, "city") {
			return text
		}
	}
	return ""
}
