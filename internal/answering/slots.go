package answering

import (
	"context"
	"sync"

	"github.com/bot9/bot9/internal/bot9"
)

// slots bound how many answers of a chatbot a model writes at once. A chatbot is remembered only while somebody is in or
// waits. The zero value is ready.
type slots struct {
	mu   sync.Mutex
	each map[bot9.ChatbotID]*slot
}

type slot struct {
	used    int
	waiting []chan struct{} // the longest first; closed when its turn has come
}

// enter waits for a turn among most at once, and returns how to leave.
func (s *slots) enter(ctx context.Context, chatbot bot9.ChatbotID, most int) (leave func(), err error) {
	s.mu.Lock()
	if s.each == nil {
		s.each = map[bot9.ChatbotID]*slot{}
	}
	of := s.each[chatbot]
	if of == nil {
		of = &slot{}
		s.each[chatbot] = of
	}
	leave = func() { s.leave(chatbot, of) }
	if of.used < most && len(of.waiting) == 0 {
		of.used++
		s.mu.Unlock()
		return leave, nil
	}
	turn := make(chan struct{})
	of.waiting = append(of.waiting, turn)
	s.mu.Unlock()
	select {
	case <-turn:
		return leave, nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	for i, other := range of.waiting {
		if other == turn {
			of.waiting = append(of.waiting[:i], of.waiting[i+1:]...)
			s.mu.Unlock()
			return nil, ctx.Err()
		}
	}
	s.mu.Unlock()
	leave() // its turn came at the same moment
	return nil, ctx.Err()
}

func (s *slots) leave(chatbot bot9.ChatbotID, of *slot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(of.waiting) > 0 { // who waited longest takes the place over
		close(of.waiting[0])
		of.waiting = of.waiting[1:]
		return
	}
	if of.used--; of.used == 0 {
		delete(s.each, chatbot)
	}
}
