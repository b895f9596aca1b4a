package api

import (
	"net/http"
	"sync"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	defaultBodyMemory = 64 << 20
	freeBody          = 32 << 10 // bytes of a body that isn't counted: as many as a connection takes anyway
	bodyCopies        = 2        // of a body: what came, and what is made of it
	bodyWait          = 5 * time.Second
)

// bodies bound the memory that large request bodies take together, from their reading until they are answered. Whoever
// sends many gets a share of the free room, so that something is left for others.
type bodies struct {
	total int
	mu    sync.Mutex
	free  int
	held  map[string]int // by who calls
	freed chan struct{}  // closed, and replaced, when bytes become free
}

func newBodies(budget int) *bodies {
	if budget == 0 {
		budget = defaultBodyMemory
	}
	return &bodies{total: budget, free: budget, held: map[string]int{}, freed: make(chan struct{})}
}

func (b *bodies) try(who string, size int) (taken bool, freed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	held := b.held[who]
	if size > b.free || held > 0 && held+size > b.free-size {
		return false, b.freed
	}
	b.free -= size
	b.held[who] = held + size
	return true, nil
}

func (b *bodies) give(who string, size int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += size
	if b.held[who] -= size; b.held[who] <= 0 {
		delete(b.held, who)
	}
	close(b.freed)
	b.freed = make(chan struct{})
}

// take waits until there is memory for the request's body, of at most limit bytes, and returns what gives it back.
func (b *bodies) take(r *http.Request, who string, limit int64) (give func(), err error) {
	size := r.ContentLength
	if size < 0 || size > limit {
		size = limit
	}
	if size <= freeBody {
		return func() {}, nil
	}
	bytes := min(bodyCopies*int(size), b.total)
	timer := time.NewTimer(bodyWait)
	defer timer.Stop()
	for {
		taken, freed := b.try(who, bytes)
		if taken {
			return func() { b.give(who, bytes) }, nil
		}
		select {
		case <-freed:
		case <-timer.C:
			err := bot9.Errorf(bot9.Unavailable, codeBusy, "Too many large requests are under way. Try again, or send smaller ones.")
			err.RetryAfter = time.Second
			return nil, err
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

// sender names who a body is from.
func (s *server) sender(r *http.Request, c *caller) string {
	if who := c.label(); who != "" {
		return who
	}
	return s.ClientIP(r)
}
