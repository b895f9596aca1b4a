package api

import (
	"sync"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// changesEvery is how often a stream tells of changes at most.
const changesEvery = time.Second

// Changed is the data of a frame "changed".
type Changed struct {
	Topics []string `json:"topics" enum:"events,deliveries,webhooks,replays,inbox" doc:"What to read again" example:"deliveries"`
}

// changes gathers what has changed since the last frame "changed".
type changes struct {
	mu      sync.Mutex
	pending bot9.Topics
	kick    chan struct{}
	last    time.Time // when the last frame was sent
	due     <-chan time.Time
}

func newChanges() *changes { return &changes{kick: make(chan struct{}, 1)} }

// note adds topics. It is called after a commit, and returns at once.
func (c *changes) note(topics bot9.Topics) {
	c.mu.Lock()
	c.pending |= topics
	c.mu.Unlock()
	select {
	case c.kick <- struct{}{}:
	default:
	}
}

// take returns what to tell now, nothing if the last frame is too young: then due is set.
func (c *changes) take(now time.Time) bot9.Topics {
	if wait := changesEvery - now.Sub(c.last); wait > 0 {
		if c.due == nil {
			c.due = time.After(wait)
		}
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	topics := c.pending
	c.pending, c.due = 0, nil
	if topics != 0 {
		c.last = now
	}
	return topics
}

// channels are what to wait for before take is called again. Without changes they never say anything.
func (c *changes) channels() (kick <-chan struct{}, due <-chan time.Time) {
	if c == nil {
		return nil, nil
	}
	return c.kick, c.due
}
