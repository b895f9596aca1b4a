package store

import (
	"sync"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// changes wake those who wait for a chatbot's next event. A chatbot that nobody asks about any more is forgotten once
// there are many, so that what is remembered is bounded by how many are waited for.
type changes struct {
	mu       sync.Mutex
	channels map[bot9.ChatbotID]*change
	most     int // beyond which those that nobody has asked for lately are forgotten
}

type change struct {
	channel chan struct{}
	asked   time.Time
}

const (
	minChannels  = 4096
	channelsKept = time.Minute // since somebody asked
)

// Changed returns a channel that is closed when the chatbot's next events are committed, or now and then without. Take
// it before reading, so that nothing falls between.
func (s *Store) Changed(chatbot bot9.ChatbotID) <-chan struct{} {
	s.changes.mu.Lock()
	defer s.changes.mu.Unlock()
	now := time.Now()
	entry, ok := s.changes.channels[chatbot]
	if !ok {
		s.changes.forgetOld(now)
		entry = &change{channel: make(chan struct{})}
		s.changes.channels[chatbot] = entry
	}
	entry.asked = now
	return entry.channel
}

// forgetOld makes room. Whoever waits for one that it forgets wakes up, and asks anew.
func (s *changes) forgetOld(now time.Time) {
	if s.channels == nil {
		s.channels, s.most = map[bot9.ChatbotID]*change{}, minChannels
	}
	if len(s.channels) < s.most {
		return
	}
	for chatbot, entry := range s.channels {
		if now.Sub(entry.asked) >= channelsKept {
			close(entry.channel)
			delete(s.channels, chatbot)
		}
	}
	s.most = max(minChannels, 2*len(s.channels))
}

// notifyAll wakes everybody, since something may have been missed.
func (s *changes) notifyAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, entry := range s.channels {
		close(entry.channel)
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
		if entry, ok := s.channels[chatbot]; ok {
			close(entry.channel)
			delete(s.channels, chatbot)
		}
	}
}
