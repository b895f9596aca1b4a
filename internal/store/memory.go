package store

import (
	"slices"

	"github.com/bot9/bot9/internal/bot9"
)

// memory is what the writer remembers from one transaction to the next, so that it need not read it again.
// The writing goroutine changes it, within transactions. Other goroutines read the tail and the direct deliveries;
// they see committed states only.
//
// Every part follows the transaction under way: begin, commit and rollback reach all of them. A new part
// needs one line in newMemory.
type memory struct {
	parts []transactional

	subscriptions *cache[bot9.ChatbotID, subscriptions]
	latencies     *cache[bot9.WebhookID, latencies]
	sampled       *cache[bot9.WebhookID, int64] // the minute of the newest sample of the backlog
	conversations *cache[bot9.ConversationID, cachedConversation]
	tail          *tail
	directs       *directs
	expanding     *cache[bot9.ChatbotID, bool] // whether events of it are noted
}

// transactional is a part of the memory. rollback undoes every change since begin.
type transactional interface {
	begin()
	commit()
	rollback()
	// invalidate drops everything that can be read from the database again.
	invalidate()
}

// How much is remembered.
const (
	rememberedChatbots      = 10_000 // chatbots whose webhooks are kept
	rememberedWebhooks      = 10_000 // webhooks whose statistics of the minute are kept
	rememberedConversations = 50_000 // conversations whose newest sequence is kept
)

func newMemory(tailSize int) *memory {
	m := &memory{
		subscriptions: newCache[bot9.ChatbotID, subscriptions](rememberedChatbots),
		latencies:     newCache[bot9.WebhookID, latencies](rememberedWebhooks),
		sampled:       newCache[bot9.WebhookID, int64](rememberedWebhooks),
		conversations: newCache[bot9.ConversationID, cachedConversation](rememberedConversations),
		tail:          newTail(tailSize),
		directs:       newDirects(),
		expanding:     newCache[bot9.ChatbotID, bool](rememberedChatbots),
	}
	m.parts = []transactional{m.subscriptions, m.latencies, m.sampled, m.conversations, m.tail, m.directs, m.expanding}
	return m
}

// begin starts a transaction, or starts it over: what an earlier run has left is undone.
func (m *memory) begin() {
	for _, p := range m.parts {
		p.rollback()
		p.begin()
	}
}

func (m *memory) commit() {
	for _, p := range m.parts {
		p.commit()
	}
}

func (m *memory) rollback() {
	for _, p := range m.parts {
		p.rollback()
	}
}

// invalidate is called when the database failed and its state is unknown.
func (m *memory) invalidate() {
	for _, p := range m.parts {
		p.invalidate()
	}
}

// cache is a part of the memory that repeats rows.
type cache[K comparable, V any] struct {
	most   int // if it holds more entries than this, the next transaction begins with an empty cache
	values map[K]V
	undo   []cacheChange[K, V]
}

// cacheChange is what an entry was before the transaction under way changed it.
type cacheChange[K comparable, V any] struct {
	key    K
	before V
	had    bool
}

func newCache[K comparable, V any](most int) *cache[K, V] {
	return &cache[K, V]{most: most, values: map[K]V{}}
}

func (c *cache[K, V]) get(key K) (V, bool) {
	value, ok := c.values[key]
	return value, ok
}

func (c *cache[K, V]) set(key K, value V) {
	before, had := c.values[key]
	c.undo = append(c.undo, cacheChange[K, V]{key, before, had})
	c.values[key] = value
}

func (c *cache[K, V]) remove(key K) {
	if before, had := c.values[key]; had {
		c.undo = append(c.undo, cacheChange[K, V]{key, before, true})
		delete(c.values, key)
	}
}

func (c *cache[K, V]) removeIf(is func(V) bool) {
	for key, value := range c.values {
		if is(value) {
			c.remove(key)
		}
	}
}

func (c *cache[K, V]) begin() {
	if len(c.values) >= c.most { // now that nothing in it is uncommitted
		clear(c.values)
	}
}

func (c *cache[K, V]) commit() {
	clear(c.undo) // they may hold the last reference to something large
	c.undo = c.undo[:0]
}

func (c *cache[K, V]) rollback() {
	for _, change := range slices.Backward(c.undo) {
		if change.had {
			c.values[change.key] = change.before
		} else {
			delete(c.values, change.key)
		}
	}
	c.commit()
}

func (c *cache[K, V]) invalidate() {
	clear(c.values)
	c.commit()
}
