package store

import (
	"sync"

	"github.com/bot9/bot9/internal/bot9"
)

// wakers wake those who wait for a chatbot's next event.
type wakers struct {
	mu       sync.Mutex
	channels map[bot9.ChatbotID]chan struct{}
}

// Wake returns a channel that is closed when the chatbot's next events are committed. Take it
// before reading, so that nothing falls between.
func (s *Store) Wake(chatbot bot9.ChatbotID) <-chan struct{} {
	s.wakers.mu.Lock()
	defer s.wakers.mu.Unlock()
	if s.wakers.channels == nil {
		s.wakers.channels = map[bot9.ChatbotID]chan struct{}{}
	}
	channel, ok := s.wakers.channels[chatbot]
	if !ok {
		channel = make(chan struct{})
		s.wakers.channels[chatbot] = channel
	}
	return channel
}

// wakeAll wakes everybody, since something may have been missed.
func (w *wakers) wakeAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, channel := range w.channels {
		close(channel)
	}
	clear(w.channels)
}

func (w *wakers) wake(chatbots map[bot9.ChatbotID]struct{}) {
	if len(chatbots) == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for chatbot := range chatbots {
		if channel, ok := w.channels[chatbot]; ok {
			close(channel)
			delete(w.channels, chatbot)
		}
	}
}
