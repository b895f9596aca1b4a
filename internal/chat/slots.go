package chat

import (
	"sync"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// slots bound how many answers are made in the background at once, so that a slow engine of one chatbot leaves room to
// the others.
type slots struct {
	mu    sync.Mutex
	all   int
	taken map[bot9.ChatbotID]int
}

// enter takes a slot; leave gives it back. It fails with Unavailable "answeringBusy".
func (s *slots) enter(chatbot bot9.ChatbotID) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= answersAtOnce || s.taken[chatbot] >= answersOfChatbot {
		busy := bot9.Errorf(bot9.Unavailable, "answeringBusy", "Too many messages wait for an answer. Try again.")
		busy.RetryAfter = time.Second
		return nil, busy
	}
	if s.taken == nil {
		s.taken = map[bot9.ChatbotID]int{}
	}
	s.all++
	s.taken[chatbot]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all--
		if s.taken[chatbot]--; s.taken[chatbot] == 0 {
			delete(s.taken, chatbot)
		}
	}, nil
}
