package bot9hooks

import (
	"container/list"
	"context"
	"strconv"
	"sync"
	"time"
)

// DedupeStore remembers which deliveries were handled, by webhook-id. An event is claimed before
// it is handled and committed after, so one whose handling failed or was cut off by a crash is
// handled again when Bot9 sends it again. All receivers of one webhook share one store; keep it
// apart from other webhooks', which get the same ids.
type DedupeStore interface {
	// Claim takes id for at most lease, unless it was committed or somebody else holds it.
	// It must be atomic.
	Claim(ctx context.Context, id string, lease time.Duration) (Claim, error)
	// Commit remembers id as handled, for longer than Bot9 retries (4 days are enough). It does so
	// even if the claim has run out: the work is done.
	Commit(ctx context.Context, id, token string) error
	// Release gives up the claim with this token, and no other.
	Release(ctx context.Context, id, token string) error
}

// Claim is the answer to DedupeStore.Claim.
type Claim struct {
	Result ClaimResult
	Token  string // of a Claimed claim: proves to Commit and Release whose claim it is
}

// ClaimResult tells whether the caller is to handle the event.
type ClaimResult string

// The results of a claim.
const (
	Claimed    ClaimResult = "claimed"    // the caller's to handle
	Handled    ClaimResult = "handled"    // a duplicate
	InProgress ClaimResult = "inProgress" // somebody else is handling it
)

// What MemoryDedupe does if it isn't told otherwise.
const (
	DefaultDedupeCapacity = 100_000
	DefaultDedupeTTL      = 96 * time.Hour
)

// MemoryDedupe is a DedupeStore for one process. It forgets at a restart.
type MemoryDedupe struct {
	capacity int
	ttl      time.Duration
	now      func() time.Time

	mu      sync.Mutex
	claims  map[string]memoryClaim
	handled map[string]*list.Element
	order   *list.List // of memoryHandled, the longest unseen first: both next to expire and next to evict
	tokens  uint64
}

type memoryClaim struct {
	token string
	until time.Time
}

type memoryHandled struct {
	id    string
	until time.Time
}

// NewMemoryDedupe remembers up to capacity ids, each for ttl after it was last seen. Zeros stand
// for the defaults.
func NewMemoryDedupe(capacity int, ttl time.Duration) *MemoryDedupe {
	if capacity <= 0 {
		capacity = DefaultDedupeCapacity
	}
	if ttl <= 0 {
		ttl = DefaultDedupeTTL
	}
	return &MemoryDedupe{
		capacity: capacity, ttl: ttl, now: time.Now,
		claims: map[string]memoryClaim{}, handled: map[string]*list.Element{}, order: list.New(),
	}
}

// Claim implements DedupeStore.
func (m *MemoryDedupe) Claim(_ context.Context, id string, lease time.Duration) (Claim, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.expire(now)
	if _, ok := m.handled[id]; ok {
		m.remember(id, now)
		return Claim{Result: Handled}, nil
	}
	if held, ok := m.claims[id]; ok && now.Before(held.until) {
		return Claim{Result: InProgress}, nil
	}
	m.tokens++
	token := strconv.FormatUint(m.tokens, 10)
	m.claims[id] = memoryClaim{token: token, until: now.Add(lease)}
	return Claim{Result: Claimed, Token: token}, nil
}

// Commit implements DedupeStore.
func (m *MemoryDedupe) Commit(_ context.Context, id, _ string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.claims, id)
	m.remember(id, m.now())
	for m.order.Len() > m.capacity {
		m.forget(m.order.Front())
	}
	return nil
}

// Release implements DedupeStore.
func (m *MemoryDedupe) Release(_ context.Context, id, token string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.claims[id].token == token {
		delete(m.claims, id)
	}
	return nil
}

func (m *MemoryDedupe) remember(id string, now time.Time) {
	if element, ok := m.handled[id]; ok {
		m.order.Remove(element)
	}
	m.handled[id] = m.order.PushBack(memoryHandled{id: id, until: now.Add(m.ttl)})
}

func (m *MemoryDedupe) expire(now time.Time) {
	for front := m.order.Front(); front != nil; front = m.order.Front() {
		if now.Before(front.Value.(memoryHandled).until) {
			return
		}
		m.forget(front)
	}
}

func (m *MemoryDedupe) forget(element *list.Element) {
	m.order.Remove(element)
	delete(m.handled, element.Value.(memoryHandled).id)
}
