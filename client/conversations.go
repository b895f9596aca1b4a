package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Conversation is one end user's talk with a chatbot.
type Conversation struct {
	ID           string    `json:"id"`
	User         EndUser   `json:"user"`
	Status       string    `json:"status"` // active, needs_review, closed
	Source       string    `json:"source"`
	AgentName    string    `json:"agentName"`
	Tags         []string  `json:"tags"`
	MessageCount int64     `json:"messageCount"`
	LastMessage  string    `json:"lastMessage"`
	CreatedAt    time.Time `json:"createdAt"`
	UpdatedAt    time.Time `json:"updatedAt"`
}

// EndUser is the person who talks to a chatbot.
type EndUser struct {
	ID         string `json:"id,omitempty"`
	ExternalID string `json:"externalId,omitempty"`
	Name       string `json:"name,omitempty"`
	EmailID    string `json:"emailId,omitempty"`
}

// Message is one thing said in a conversation.
type Message struct {
	ID        string    `json:"id"`
	ChatUser  string    `json:"chatUser"` // user, bot, humanagent, system
	Text      string    `json:"message"`
	CreatedAt time.Time `json:"createdAt"`
}

// NewConversation is what a conversation starts with.
type NewConversation struct {
	Source string   `json:"source,omitempty"`
	User   *EndUser `json:"user,omitempty"`
}

// NewMessage is a message that is stored without asking the bot.
type NewMessage struct {
	ChatUser  string `json:"chatUser"`
	Message   string `json:"message"`
	AgentID   string `json:"agentId,omitempty"`
	AgentName string `json:"agentName,omitempty"`
}

// ConversationChange changes what is set and leaves the rest as it is.
type ConversationChange struct {
	Status    string   `json:"status,omitempty"`
	AgentID   string   `json:"agentId,omitempty"`
	AgentName string   `json:"agentName,omitempty"`
	Tags      []string `json:"tags,omitempty"`
	Reason    string   `json:"reason,omitempty"`
}

// Lead is contact details that an end user left.
type Lead struct {
	Name    string            `json:"name,omitempty"`
	EmailID string            `json:"emailId,omitempty"`
	Phone   string            `json:"phone,omitempty"`
	Fields  map[string]string `json:"fields,omitempty"` // what else was asked for
}

// Reply is what the bot answered.
type Reply struct {
	Message        string `json:"message"` // "" while a human answers
	ConversationID string `json:"conversationId"`
	MessageID      string `json:"messageId"`
	ReplyID        string `json:"replyId"`
	Status         string `json:"status"`
	AnswerFound    bool   `json:"answerFound"`
}

// ConversationFilter chooses conversations. Zero fields don't restrict.
type ConversationFilter struct{ Status, Source, Query string }

// StartConversation starts a conversation.
func (c *Client) StartConversation(ctx context.Context, start NewConversation) (Conversation, error) {
	var conversation Conversation
	err := c.create(ctx, start, &conversation, "conversations")
	return conversation, err
}

// Conversations lists conversations, newest first.
func (c *Client) Conversations(ctx context.Context, filter ConversationFilter, page Page) (List[Conversation], error) {
	var conversations List[Conversation]
	err := c.get(ctx, &conversations, page.in(query("status", filter.Status, "source", filter.Source, "q", filter.Query)), "conversations")
	return conversations, err
}

// Conversation returns a conversation.
func (c *Client) Conversation(ctx context.Context, id string) (Conversation, error) {
	var conversation Conversation
	err := c.get(ctx, &conversation, nil, "conversations", id)
	return conversation, err
}

// Messages lists a conversation's messages, oldest first.
func (c *Client) Messages(ctx context.Context, conversation string, page Page) (List[Message], error) {
	var messages List[Message]
	err := c.get(ctx, &messages, page.in(query()), "conversations", conversation, "messages")
	return messages, err
}

// AppendMessage stores a message without asking the bot.
func (c *Client) AppendMessage(ctx context.Context, conversation string, message NewMessage) (Message, error) {
	var stored Message
	err := c.create(ctx, message, &stored, "conversations", conversation, "messages")
	return stored, err
}

// ChangeConversation hands a conversation over, closes it, sets its tags.
func (c *Client) ChangeConversation(ctx context.Context, id string, change ConversationChange) (Conversation, error) {
	var conversation Conversation
	err := c.send(ctx, http.MethodPatch, change, &conversation, "conversations", id)
	return conversation, err
}

// ReviewConversation stores an end user's score, 1 to 5.
func (c *Client) ReviewConversation(ctx context.Context, id string, score int, comment string) error {
	return c.create(ctx, map[string]any{"score": score, "comment": comment}, nil, "conversations", id, "reviews")
}

// CaptureLead stores contact details that the end user left.
func (c *Client) CaptureLead(ctx context.Context, id string, lead Lead) error {
	return c.create(ctx, lead, nil, "conversations", id, "leads")
}

// Chat says something to the bot and returns its reply. With onDelta the reply streams: it is called
// with each part of the text.
func (c *Client) Chat(ctx context.Context, conversation, message string, onDelta func(text string)) (Reply, error) {
	in := map[string]string{"message": message}
	var reply Reply
	if onDelta == nil {
		err := c.create(ctx, in, &reply, "conversations", conversation, "chat")
		return reply, err
	}
	request, err := c.about(ctx, http.MethodPost, "conversations", conversation, "chat")
	if err != nil {
		return reply, err
	}
	request.in, request.keyed, request.accept = in, true, "text/event-stream"
	response, err := c.try(ctx, request)
	if err != nil {
		return reply, err
	}
	defer response.Body.Close()
	return c.readReply(newStreamReader(response.Body), onDelta)
}

func (c *Client) readReply(reader *streamReader, onDelta func(string)) (Reply, error) {
	var reply Reply
	for {
		event, err := reader.next()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return reply, &UnreachableError{URL: c.URL(), Err: fmt.Errorf("the reply broke off: %w", err)}
		}
		switch event.Name {
		case "delta":
			var delta struct{ Text string }
			if err := json.Unmarshal(event.Data, &delta); err != nil {
				return reply, err
			}
			onDelta(delta.Text)
		case "error":
			problem := &Problem{}
			if err := json.Unmarshal(event.Data, problem); err != nil {
				return reply, err
			}
			return reply, problem
		case "done":
			if c.options.OnAnswer != nil {
				c.options.OnAnswer(event.Data)
			}
			err := json.Unmarshal(event.Data, &reply)
			return reply, err
		}
	}
}
