package api

import (
	"sync"

	"github.com/bot9/bot9/internal/bot9"
)

// places counts the live streams of each key or person. Who has none takes no room.
type places struct {
	mu    sync.Mutex
	taken map[string]int
}

// enter takes a place. The caller gives it back by calling the returned function once.
func (p *places) enter(who string, limit int) (leave func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if limit > 0 && p.taken[who] >= limit {
		return nil, bot9.QuotaExceeded("streams", limit)
	}
	if p.taken == nil {
		p.taken = map[string]int{}
	}
	p.taken[who]++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.taken[who]--; p.taken[who] == 0 {
			delete(p.taken, who)
		}
	}, nil
}
