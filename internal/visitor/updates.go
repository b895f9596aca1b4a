package visitor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// Status is who answers a conversation, as a stream tells it.
type Status struct {
	ConversationID bot9.ConversationID     `json:"conversationId" doc:"The conversation"`
	Status         bot9.ConversationStatus `json:"status" enum:"active,needs_review,closed" doc:"active = the bot answers, needs_review = a human does, closed = nobody does"`
	AgentName      string                  `json:"agentName,omitempty" doc:"The human who has taken over" example:"Grace Hopper"`
}

// Failed tells of a message that got no reply.
type Failed struct {
	ConversationID bot9.ConversationID `json:"conversationId" doc:"The conversation"`
	MessageID      bot9.MessageID      `json:"messageId" doc:"The visitor's message"`
}

// Delta is a part of a reply.
type Delta struct {
	ReplyID bot9.MessageID `json:"replyId" doc:"The message that the reply will be, or is"`
	Text    string         `json:"text" doc:"The next part of its text" example:"Delivery "`
}

func newUpdate(id bot9.EventID, name string, data any) bot9.VisitorUpdate {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(data); err != nil {
		panic(fmt.Errorf("update %s: %w", name, err)) // a struct of this package can always be written
	}
	return bot9.VisitorUpdate{ID: id, Name: name, Data: bytes.TrimSuffix(out.Bytes(), []byte("\n"))}
}

// UpdatesOf returns what an event of a visitor's conversation tells them: nothing, mostly.
func (h *Hub) UpdatesOf(ctx context.Context, event *bot9.Event) ([]bot9.VisitorUpdate, error) {
	switch event.Type {
	case catalog.MessageReceived, catalog.MessageSent:
		return h.messageUpdate(ctx, event)
	case catalog.MessageFailed:
		data, err := dataOf[catalog.MessageFailedData](event)
		return []bot9.VisitorUpdate{newUpdate(event.ID, "failed", Failed{event.ConversationID, data.MessageID})}, err
	case catalog.ConversationStatusChanged:
		data, err := dataOf[catalog.ConversationStatusChangedData](event)
		return []bot9.VisitorUpdate{newUpdate(event.ID, "status", Status{ConversationID: event.ConversationID, Status: data.To})}, err
	case catalog.AgentAssigned:
		data, err := dataOf[catalog.AgentAssignedData](event)
		status := Status{ConversationID: event.ConversationID, Status: bot9.StatusNeedsReview, AgentName: data.AgentName}
		return []bot9.VisitorUpdate{newUpdate(event.ID, "status", status)}, err
	}
	return nil, nil
}

// shownMessage is a message as a stream tells it: with the name that the browser gave it, so that no tab shows it twice.
type shownMessage struct {
	bot9.Message
	ClientID string `json:"clientId,omitempty"`
}

// messageUpdate reads the message that an event is about, since it says more than the event. An event that was posted
// by a bot that runs elsewhere may be about none.
func (h *Hub) messageUpdate(ctx context.Context, event *bot9.Event) ([]bot9.VisitorUpdate, error) {
	data, err := dataOf[catalog.MessageData](event)
	if err != nil || data.MessageID == 0 {
		return nil, nil //nolint:nilerr // it is not about a message of ours
	}
	message, err := h.log.Message(ctx, event.ChatbotID, event.ConversationID, data.MessageID)
	if bot9.KindOf(err) == bot9.NotFound || err == nil && !message.VisibleToVisitor() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	message.Answer = nil // how it came about is for those who run the bot
	shown := shownMessage{Message: message}
	if message.ChatUser == bot9.SpeakerUser {
		if shown.ClientID, err = h.log.ClientIDOf(ctx, message.ID); err != nil {
			return nil, err
		}
	}
	update := newUpdate(event.ID, "message", shown)
	update.Message = &message
	return []bot9.VisitorUpdate{update}, nil
}

func dataOf[T any](event *bot9.Event) (data T, err error) {
	err = json.Unmarshal(event.Data, &data)
	return data, err
}

// deltaPieces bounds how many parts a reply that was made as a whole is told in.
const deltaPieces = 24

// deltasOf tells a reply in parts of whole words, for whoever reads only parts.
func deltasOf(m *bot9.Message, before bot9.EventID) (deltas []bot9.VisitorUpdate) {
	const space = " \n"
	text := m.Text
	least := len(text) / deltaPieces
	for len(text) > 0 {
		end := len(text)
		for i := least + 1; i < len(text); i++ {
			if bytes.IndexByte([]byte(space), text[i-1]) >= 0 {
				end = i
				break
			}
		}
		delta := newUpdate(0, "delta", Delta{m.ID, text[:end]})
		delta.Before = before
		deltas = append(deltas, delta)
		text = text[end:]
	}
	return deltas
}
