package store

import (
	"sync"

	"github.com/bot9/bot9/internal/bot9"
)

// idSource makes IDs that nobody else makes and that grow strictly, also when the clock steps
// back or more than 4,096 are wanted in one millisecond: then it runs ahead of the clock.
type idSource struct {
	mu   sync.Mutex
	node int64
	last int64 // time and counter of the newest ID, without its node
}

func newIDSource(node int, newest int64) *idSource {
	const nodeMask = 1<<bot9.IDNodeBits - 1
	time := newest >> (bot9.IDCounterBits + bot9.IDNodeBits)
	counter := newest & (1<<bot9.IDCounterBits - 1)
	return &idSource{node: int64(node) & nodeMask, last: time<<bot9.IDCounterBits | counter}
}

// after makes the next IDs sort after one that another process may have made.
func (s *idSource) after(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	time := id >> (bot9.IDCounterBits + bot9.IDNodeBits)
	s.last = max(s.last, time<<bot9.IDCounterBits|(1<<bot9.IDCounterBits-1))
}

// time is the time of the newest ID.
func (s *idSource) time() bot9.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bot9.Time(s.last >> bot9.IDCounterBits)
}

// renumber makes the next IDs another node's.
func (s *idSource) renumber(node int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.node = int64(node)
	s.last |= 1<<bot9.IDCounterBits - 1 // the new number may be smaller
}

func (s *idSource) next(now bot9.Time) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = max(s.last+1, int64(now)<<bot9.IDCounterBits)
	time, counter := s.last>>bot9.IDCounterBits, s.last&(1<<bot9.IDCounterBits-1)
	return (time<<bot9.IDNodeBits|s.node)<<bot9.IDCounterBits | counter
}
