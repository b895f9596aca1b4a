package chat

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// errSilenced is why an answer stopped being written: a person took over, or the conversation was closed.
var errSilenced = errors.New("the conversation is no longer the bot's")

// lookEvery is how often it is looked whether somebody took over on another node.
const lookEvery = time.Second

// writing knows which answers are being written in this process. The zero value is ready.
type writing struct {
	mu    sync.Mutex
	pages map[bot9.ConversationID]map[*page]struct{}
}

// page is an answer that is being written.
type page struct {
	silenced atomic.Bool
	cancel   context.CancelCauseFunc
}

// begin notes that an answer is being written. The returned context ends when it is silenced.
func (w *writing) begin(ctx context.Context, id bot9.ConversationID) (context.Context, *page, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	p := &page{cancel: cancel}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pages == nil {
		w.pages = map[bot9.ConversationID]map[*page]struct{}{}
	}
	if w.pages[id] == nil {
		w.pages[id] = map[*page]struct{}{}
	}
	w.pages[id][p] = struct{}{}
	return ctx, p, func() {
		cancel(nil)
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.pages[id], p)
		if len(w.pages[id]) == 0 {
			delete(w.pages, id)
		}
	}
}

// silence ends all answers to the conversation: from its return on, nothing of them is told.
func (w *writing) silence(id bot9.ConversationID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for p := range w.pages[id] {
		p.silence()
	}
}

func (p *page) silence() {
	p.silenced.Store(true)
	p.cancel(errSilenced)
}

// watch silences the answer when the conversation is found to be somebody else's, which another node may have decided.
func (s *Service) watch(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, p *page) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if c, err := s.store.Conversation(ctx, chatbot, id); err == nil && c.Status != bot9.StatusActive {
			p.silence()
			return
		}
	}
}

// silenceUnlessActive follows a change of a conversation.
func (s *Service) silenceUnlessActive(c bot9.Conversation) {
	if c.ID != 0 && c.Status != bot9.StatusActive {
		s.writing.silence(c.ID)
	}
}
