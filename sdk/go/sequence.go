package bot9hooks

import (
	"container/list"
	"context"
	"sync"
)

// SequenceStore remembers the highest sequence handled of each conversation.
type SequenceStore interface {
	// Last returns the highest sequence handled, 0 if none is known.
	Last(ctx context.Context, conversationID string) (int64, error)
	// Advance records that sequence was handled. It never lowers what is recorded.
	Advance(ctx context.Context, conversationID string, sequence int64) error
}

// SequenceProblem tells that an event is not the one after the last one handled of its
// conversation. A conversation's first event to arrive is never a problem, whatever its sequence:
// the webhook may be younger than the conversation.
type SequenceProblem struct {
	Kind           SequenceKind
	ConversationID string
	Last           int64 // the highest sequence handled; 0 if unknown
	Sequence       int64 // that of the event
}

// SequenceKind tells what is wrong with an event's place.
type SequenceKind string

// The kinds of problem.
const (
	Gap        SequenceKind = "gap"        // events between Last and Sequence have not come
	Duplicate  SequenceKind = "duplicate"  // it was handled before
	OutOfOrder SequenceKind = "outOfOrder" // it comes after later ones: it was set aside, or replayed
)

// kindOf tells what is wrong with sequence after last, "" if nothing.
func kindOf(sequence, last int64, duplicate bool) SequenceKind {
	switch {
	case duplicate:
		return Duplicate
	case last == 0 || sequence == last+1:
		return ""
	case sequence > last:
		return Gap
	case sequence == last:
		return Duplicate
	default:
		return OutOfOrder
	}
}

// DefaultSequenceCapacity is how many conversations MemorySequences remembers if it isn't told.
const DefaultSequenceCapacity = 100_000

// MemorySequences is a SequenceStore for one process. It forgets at a restart, and beyond its
// capacity the conversation that was silent longest.
type MemorySequences struct {
	capacity int

	mu    sync.Mutex
	last  map[string]*list.Element
	order *list.List // of memorySequence, the longest silent first
}

type memorySequence struct {
	conversationID string
	sequence       int64
}

// NewMemorySequences remembers up to capacity conversations; 0 stands for the default.
func NewMemorySequences(capacity int) *MemorySequences {
	if capacity <= 0 {
		capacity = DefaultSequenceCapacity
	}
	return &MemorySequences{capacity: capacity, last: map[string]*list.Element{}, order: list.New()}
}

// Last implements SequenceStore.
func (m *MemorySequences) Last(_ context.Context, conversationID string) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if element, ok := m.last[conversationID]; ok {
		return element.Value.(memorySequence).sequence, nil
	}
	return 0, nil
}

// Advance implements SequenceStore.
func (m *MemorySequences) Advance(_ context.Context, conversationID string, sequence int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if element, ok := m.last[conversationID]; ok {
		sequence = max(sequence, element.Value.(memorySequence).sequence)
		m.order.Remove(element)
	}
	m.last[conversationID] = m.order.PushBack(memorySequence{conversationID, sequence})
	if m.order.Len() > m.capacity {
		oldest := m.order.Remove(m.order.Front()).(memorySequence)
		delete(m.last, oldest.conversationID)
	}
	return nil
}
