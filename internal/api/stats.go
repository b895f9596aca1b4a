package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

type chatbotStatsInput struct {
	Window string `query:"window" enum:"1h,24h,7d" default:"24h" doc:"How far back to look: an hour, a day or a week"`
}

func (s *server) registerStats() {
	register(s, access{role: bot9.Viewer}, operation(http.MethodGet, chatbotPath+"stats", tagWebhooks, "getStats",
		"Statistics of a chatbot", "All webhooks together, over time, and a summary of each; and how many conversations and messages there were. "+
			"One request for a page that shows many webhooks. Where this takes the server long, an answer may be reused for some seconds."), s.chatbotStats)
}

func (s *server) chatbotStats(ctx context.Context, c *caller, in *chatbotStatsInput) (*output[bot9.ChatbotStats], error) {
	window, err := windowNamed(in.Window)
	if err != nil {
		return nil, err
	}
	return answer(s.stats.get(ctx, statsKey{c.chatbot, in.Window}, func() (bot9.ChatbotStats, error) {
		return s.Store.ChatbotStats(ctx, c.chatbot, window, bot9.At(time.Now()))
	}))
}

func windowNamed(name string) (bot9.StatsWindow, error) {
	window, ok := bot9.StatsWindowNamed(name)
	if !ok {
		return window, bot9.InvalidField("invalidWindow", "query.window", "The window must be 1h, 24h or 7d.")
	}
	return window, nil
}

const (
	statsShare    = 20  // an answer is kept for so many times what it cost: 5 % of a processor at most
	rememberStats = 256 // answers
)

type statsKey struct {
	chatbot bot9.ChatbotID
	window  string
}

// statsCache lets those who ask at the same time share an answer, and keeps one that was expensive, so that
// any number of open pages costs little.
type statsCache struct {
	mu      sync.Mutex
	answers map[statsKey]*statsAnswer
}

type statsAnswer struct {
	turn  chan struct{} // holds a token unless somebody works it out
	until time.Time
	stats bot9.ChatbotStats
}

func (c *statsCache) get(ctx context.Context, key statsKey, read func() (bot9.ChatbotStats, error)) (bot9.ChatbotStats, error) {
	a := c.find(key)
	select {
	case <-a.turn:
	case <-ctx.Done():
		return bot9.ChatbotStats{}, ctx.Err()
	}
	defer func() { a.turn <- struct{}{} }()
	started := time.Now()
	if started.Before(a.until) {
		return a.stats, nil
	}
	stats, err := read()
	if err != nil {
		return stats, err
	}
	ended := time.Now()
	a.stats, a.until = stats, ended.Add(statsShare*ended.Sub(started))
	return stats, nil
}

func (c *statsCache) find(key statsKey) *statsAnswer {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.answers[key]
	if !ok {
		if c.answers == nil || len(c.answers) >= rememberStats {
			c.answers = map[statsKey]*statsAnswer{}
		}
		a = &statsAnswer{turn: make(chan struct{}, 1)}
		a.turn <- struct{}{}
		c.answers[key] = a
	}
	return a
}
