// Package knowledge answers questions from a chatbot's documents, without a network: documents
// are cut into passages, passages ranked by SQLite's full-text search in memory, and the best one
// is the answer if it covers enough of the question. Both databases that Bot9 runs on rank alike,
// since neither takes part.
package knowledge

import (
	"container/list"
	"context"
	"sync"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	// DefaultThreshold is the score under which a passage is no answer.
	DefaultThreshold = 0.45
	// DefaultChatbots is how many chatbots' indexes are kept in memory.
	DefaultChatbots = 64
	maxPassages     = 50
	answerPassages  = 3
)

// NoAnswer is what the end user hears when nothing was found.
const NoAnswer = `Sorry, I have no answer to that. If you would like a person to help, just say "talk to a human".`

// Store is what the engine reads.
type Store interface {
	// KnowledgeVersion returns a number that changes with every change of the chatbot's documents.
	KnowledgeVersion(ctx context.Context, chatbot bot9.ChatbotID) (int64, error)
	AllDocuments(ctx context.Context, chatbot bot9.ChatbotID) ([]bot9.Document, error)
}

// Engine finds passages and answers. It is safe for concurrent use; searches of one chatbot take turns.
type Engine struct {
	store     Store
	threshold float64
	capacity  int

	mu     sync.Mutex
	recent *list.List // of *shelf, the one used last in front
	places map[bot9.ChatbotID]*list.Element
}

// Option changes a setting of an Engine.
type Option func(*Engine)

// WithThreshold sets the score, 0 to 1, under which a passage is no answer.
func WithThreshold(score float64) Option { return func(e *Engine) { e.threshold = score } }

// WithChatbots sets how many chatbots' indexes are kept in memory, at least 1.
func WithChatbots(n int) Option { return func(e *Engine) { e.capacity = max(n, 1) } }

// New makes an engine over the store's documents.
func New(store Store, options ...Option) *Engine {
	e := &Engine{
		store: store, threshold: DefaultThreshold, capacity: DefaultChatbots,
		recent: list.New(), places: map[bot9.ChatbotID]*list.Element{},
	}
	for _, option := range options {
		option(e)
	}
	return e
}

// Search returns the passages that have a word of q, best first: by score, equal ones by BM25.
// The limit is kept between 1 and 50.
func (e *Engine) Search(ctx context.Context, chatbot bot9.ChatbotID, q string, limit int) ([]bot9.Passage, error) {
	for {
		s, evicted := e.shelf(chatbot)
		if evicted != nil {
			evicted.discard()
		}
		passages, ok, err := s.search(ctx, e.store, q, min(max(limit, 1), maxPassages))
		if ok || err != nil {
			return passages, err
		}
	}
}

// Answer answers the question with the best passage, or says that it has no answer. What was said
// before plays no part: an answer from documents depends on the question alone.
func (e *Engine) Answer(ctx context.Context, chatbot bot9.ChatbotID, _ []bot9.Message, question string) (bot9.Answer, error) {
	passages, err := e.Search(ctx, chatbot, question, answerPassages)
	if err != nil {
		return bot9.Answer{}, err
	}
	answer := bot9.Answer{Text: NoAnswer, Passages: passages}
	if len(passages) > 0 {
		answer.TopScore = passages[0].Score
	}
	if len(passages) > 0 && answer.TopScore >= e.threshold {
		answer.Found = true
		answer.Text = plain(passages[0].Text)
	}
	return answer, nil
}

// Close frees every index. The engine can be used on; it builds what it needs again.
func (e *Engine) Close() {
	e.mu.Lock()
	var all []*shelf
	for place := e.recent.Front(); place != nil; place = place.Next() {
		all = append(all, place.Value.(*shelf))
	}
	e.recent.Init()
	clear(e.places)
	e.mu.Unlock()
	for _, s := range all {
		s.discard()
	}
}

// shelf returns the chatbot's shelf, and the one that had to go for it, if any.
func (e *Engine) shelf(chatbot bot9.ChatbotID) (s, evicted *shelf) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if place, ok := e.places[chatbot]; ok {
		e.recent.MoveToFront(place)
		return place.Value.(*shelf), nil
	}
	if e.recent.Len() >= e.capacity {
		evicted = e.recent.Remove(e.recent.Back()).(*shelf)
		delete(e.places, evicted.chatbot)
	}
	s = &shelf{chatbot: chatbot}
	e.places[chatbot] = e.recent.PushFront(s)
	return s, evicted
}

// shelf holds one chatbot's index and builds it anew when the knowledge has changed.
type shelf struct {
	chatbot bot9.ChatbotID

	mu        sync.Mutex
	index     *index // nil until the first search
	version   int64  // of the knowledge in index
	discarded bool
}

// search searches the newest knowledge; ok is false if the shelf has been discarded meanwhile.
func (s *shelf) search(ctx context.Context, store Store, q string, limit int) (passages []bot9.Passage, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.discarded {
		return nil, false, nil
	}
	if err := s.refresh(ctx, store); err != nil {
		return nil, false, err
	}
	passages, err = s.index.search(ctx, q, limit)
	return passages, true, err
}

// refresh builds the index if it is missing or old. The version is read before the documents, so
// a change in between is at worst indexed twice, never missed.
func (s *shelf) refresh(ctx context.Context, store Store) error {
	version, err := store.KnowledgeVersion(ctx, s.chatbot)
	if err != nil || s.index != nil && s.version == version {
		return err
	}
	documents, err := store.AllDocuments(ctx, s.chatbot)
	if err != nil {
		return err
	}
	fresh, err := build(ctx, documents)
	if err != nil {
		return err
	}
	if s.index != nil {
		s.index.close()
	}
	s.index, s.version = fresh, version
	return nil
}

func (s *shelf) discard() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.discarded = true
	if s.index != nil {
		s.index.close()
		s.index = nil
	}
}
