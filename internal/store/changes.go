package store

import (
	"sync"

	"github.com/bot9/bot9/internal/bot9"
)

// changes wake those who wait for a chatbot's next event.
type changes struct {
	mu       sync.Mutex
	channels map[bot9.ChatbotID]chan struct{}
}

// Changed returns a channel that is closed when the chatbot's next events are committed. Take it
// before reading, so that nothing falls between.
func (s *Store) Changed(chatbot bot9.ChatbotID) <-chan struct{} {
	s.changes.mu.Lock()
	defer s.changes.mu.Unlock()
	if s.changes.channels == nil {
		s.changes.channels = map[bot9.ChatbotID]chan struct{}{}
	}
	channel, ok := s.changes.channels[chatbot]
	if !ok {
		channel = make(chan struct{})
		s.changes.channels[chatbot] = channel
	}
	return channel
}

// notifyAll wakes everybody, since something may have been missed.
func (s *changes) notifyAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, channel := range s.channels {
		close(channel)
	}
	clear(s.channels)
}

func (s *changes) notify(chatbots map[bot9.ChatbotID]struct{}) {
	if len(chatbots) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for chatbot := range chatbots {
		if channel, ok := s.channels[chatbot]; ok {
			close(channel)
			delete(s.channels, chatbot)
		}
	}
}
