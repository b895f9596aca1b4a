package api

import (
	"context"
	"net/http"
	"sync"

	"github.com/bot9/bot9/internal/bot9"
)

// Presence knows who is in which conversation at this moment, and types. Nothing of it is stored.
type Presence interface {
	// Signal notes what somebody does, and tells everybody who watches.
	Signal(s bot9.Signal)
	// In returns who is in a conversation.
	In(conversation bot9.ConversationID) bot9.Presence
	// Watch calls notify whenever who is in one of the chatbot's conversations changes, until stop is called. notify
	// returns at once.
	Watch(chatbot bot9.ChatbotID, notify func(bot9.Presence)) (stop func())
	// WatchConversation is Watch for one conversation.
	WatchConversation(conversation bot9.ConversationID, notify func(bot9.Presence)) (stop func())
}

// PresenceInput is what a member does in a conversation.
type PresenceInput struct {
	Typing bool `json:"typing,omitempty" doc:"Whether the member is writing an answer: the end user sees it"`
}

type presenceInput struct {
	ConversationPath
	Body PresenceInput
}

func (s *server) registerPresence() {
	const path = chatbotPath + "conversations/{conversationId}/presence"
	here := access{role: bot9.Developer, session: true}
	register(s, here, operation(http.MethodPost, path, tagConversations, "enterConversation", "Be in a conversation",
		"Shows the member who asks to others who have the conversation open, and whether they type to the end user too. It holds for "+
			"45 seconds, typing for 6, and is repeated meanwhile. Answers who else is there. Nothing is stored, and no event is emitted."),
		s.enterConversation)
	register(s, here, operation(http.MethodDelete, path, tagConversations, "leaveConversation", "Leave a conversation",
		"The member who asks is no longer shown as being there."), s.leaveConversation)
}

func (s *server) enterConversation(ctx context.Context, c *caller, in *presenceInput) (*output[bot9.Presence], error) {
	return s.signal(ctx, c, in.ConversationID.ID, in.Body.Typing, false)
}

func (s *server) leaveConversation(ctx context.Context, c *caller, in *ConversationPath) (*struct{}, error) {
	_, err := s.signal(ctx, c, in.ConversationID.ID, false, true)
	return nil, err
}

// signal tells what the member who asks does in a conversation. One that is closed takes no more answers.
func (s *server) signal(ctx context.Context, c *caller, id bot9.ConversationID, typing, gone bool) (*output[bot9.Presence], error) {
	conversation, err := s.Store.Conversation(ctx, c.chatbot, id)
	if err != nil {
		return nil, err
	}
	s.Presence.Signal(bot9.Signal{
		ChatbotID: c.chatbot, ConversationID: id, AgentID: c.ID, AgentName: c.Label,
		Typing: typing && conversation.Status == bot9.StatusNeedsReview, Gone: gone,
	})
	return answer(s.Presence.In(id), nil)
}

// maxPresent bounds the conversations that a stream still has to tell of.
const maxPresent = 200

// present gathers who is where since the last frames "presence".
type present struct {
	mu      sync.Mutex
	pending map[bot9.ConversationID]bot9.Presence
	kick    chan struct{}
}

func newPresent() *present {
	return &present{pending: map[bot9.ConversationID]bot9.Presence{}, kick: make(chan struct{}, 1)}
}

// note keeps the newest state of each conversation. It returns at once.
func (p *present) note(state bot9.Presence) {
	p.mu.Lock()
	if _, known := p.pending[state.ConversationID]; known || len(p.pending) < maxPresent {
		p.pending[state.ConversationID] = state
	}
	p.mu.Unlock()
	select {
	case p.kick <- struct{}{}:
	default:
	}
}

// channel is what to wait for before take is called again. Without presence it never says anything.
func (p *present) channel() <-chan struct{} {
	if p == nil {
		return nil
	}
	return p.kick
}

func (p *present) take() map[bot9.ConversationID]bot9.Presence {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.pending
	p.pending = map[bot9.ConversationID]bot9.Presence{}
	return taken
}

// tellPresence sends who is where now.
func (st *stream) tellPresence() error {
	for _, state := range st.present.take() {
		if err := st.out.send("presence", state); err != nil {
			return err
		}
	}
	return nil
}
