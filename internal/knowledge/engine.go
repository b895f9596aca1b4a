// Package knowledge answers questions from a chatbot's documents, without a network: documents
// are cut into passages, passages ranked by SQLite's full-text search in memory, and the best one
// is the answer if it covers enough of the question. Both databases that Bot9 runs on rank alike,
// since neither takes part.
package knowledge

import (
	"container/list"
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	// DefaultThreshold is the score under which a passage is no answer.
	DefaultThreshold = 0.45
	// DefaultChatbots is how many chatbots' indexes are kept in memory.
	DefaultChatbots = 64
	// DefaultBytes is how much memory, estimated, all indexes together may take.
	DefaultBytes   = 512 << 20
	maxPassages    = 50
	answerPassages = 3
)

// NoAnswer is what the end user hears when nothing was found.
const NoAnswer = `Sorry, I have no answer to that. If you would like a person to help, just say "talk to a human".`

// Store is what the engine reads.
type Store interface {
	// KnowledgeVersion returns a number that changes with every change of the chatbot's documents.
	KnowledgeVersion(ctx context.Context, chatbot bot9.ChatbotID) (int64, error)
	// DocumentVersions returns the chatbot's documents without their texts. After a change, a document's UpdatedAt is one
	// that it never had.
	DocumentVersions(ctx context.Context, chatbot bot9.ChatbotID) ([]bot9.Document, error)
	// DocumentsByID returns those of the documents that still exist, with their texts, in any order.
	DocumentsByID(ctx context.Context, chatbot bot9.ChatbotID, ids []bot9.DocumentID) ([]bot9.Document, error)
}

// Engine finds passages and answers. It is safe for concurrent use; searches of one chatbot take turns.
type Engine struct {
	store     Store
	threshold float64
	capacity  int
	budget    int64

	mu     sync.Mutex
	recent *list.List // of *shelf, the one used last in front
	places map[bot9.ChatbotID]*list.Element
	bytes  int64 // of all shelves in recent
}

// Option changes a setting of an Engine.
type Option func(*Engine)

// WithThreshold sets the score, 0 to 1, under which a passage is no answer.
func WithThreshold(score float64) Option { return func(e *Engine) { e.threshold = score } }

// WithChatbots sets how many chatbots' indexes are kept in memory, at least 1.
func WithChatbots(n int) Option { return func(e *Engine) { e.capacity = max(n, 1) } }

// WithBytes sets how much memory, estimated, all indexes together may take. The index used last stays however large it is.
func WithBytes(n int64) Option { return func(e *Engine) { e.budget = n } }

// New makes an engine over the store's documents.
func New(store Store, options ...Option) *Engine {
	e := &Engine{
		store: store, threshold: DefaultThreshold, capacity: DefaultChatbots, budget: DefaultBytes,
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
		s := e.shelf(chatbot)
		passages, ok, err := s.search(ctx, e.store, q, min(max(limit, 1), maxPassages))
		e.weigh(s)
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
	defer e.mu.Unlock()
	for e.recent.Len() > 0 {
		e.evict()
	}
}

// shelf returns the chatbot's shelf, and makes room for it if it is new.
func (e *Engine) shelf(chatbot bot9.ChatbotID) *shelf {
	e.mu.Lock()
	defer e.mu.Unlock()
	if place, ok := e.places[chatbot]; ok {
		e.recent.MoveToFront(place)
		return place.Value.(*shelf)
	}
	if e.recent.Len() >= e.capacity {
		e.evict()
	}
	s := &shelf{chatbot: chatbot, turn: make(chan struct{}, 1), index: newIndex()}
	e.places[chatbot] = e.recent.PushFront(s)
	return s
}

// weigh notes what the shelf takes by now and evicts others, the longest unused first, if that is too much.
func (e *Engine) weigh(s *shelf) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if place, ok := e.places[s.chatbot]; !ok || place.Value != s {
		return
	}
	now := s.bytes.Load()
	e.bytes += now - s.weighed
	s.weighed = now
	for e.bytes > e.budget && e.recent.Len() > 1 {
		e.evict()
	}
}

// evict drops the shelf that was longest unused. The caller holds mu.
func (e *Engine) evict() {
	s := e.recent.Remove(e.recent.Back()).(*shelf)
	delete(e.places, s.chatbot)
	e.bytes -= s.weighed
	s.discard()
}

// readAtOnce is how many documents are read and indexed at once: with the largest documents, some 16 MB.
const readAtOnce = 32

// shelf holds one chatbot's index and brings it up to date when the knowledge has changed.
type shelf struct {
	chatbot   bot9.ChatbotID
	discarded atomic.Bool
	bytes     atomic.Int64 // that index takes
	weighed   int64        // bytes as the engine counted them last; the engine's mu guards it

	turn    chan struct{} // holds one while somebody uses what follows
	index   *index
	known   bool  // whether index has been complete
	version int64 // of the knowledge in index, if known
}

// search searches the newest knowledge; ok is false if the shelf has been discarded meanwhile.
func (s *shelf) search(ctx context.Context, store Store, q string, limit int) (passages []bot9.Passage, ok bool, err error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	defer s.leave()
	if s.discarded.Load() {
		return nil, false, nil
	}
	if err := s.refresh(ctx, store); err != nil {
		return nil, false, err
	}
	passages, err = s.index.search(ctx, q, limit)
	return passages, true, err
}

// refresh brings the index up to date if it is missing or old, by the documents that were added, changed or removed.
// The version is read before the documents, so a change in between is looked for again at the next search, never missed.
// What was indexed before ctx ended stays, so that callers with little patience get there together.
func (s *shelf) refresh(ctx context.Context, store Store) error {
	version, err := store.KnowledgeVersion(ctx, s.chatbot)
	if err != nil || s.known && s.version == version {
		return err
	}
	documents, err := store.DocumentVersions(ctx, s.chatbot)
	if err != nil {
		return err
	}
	s.known = false
	gone, changed := s.index.differences(documents)
	if len(gone) > 0 {
		if err := s.index.replace(ctx, gone, nil); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(changed, readAtOnce) {
		if err := s.update(ctx, store, some); err != nil {
			return err
		}
	}
	s.known, s.version = true, version
	return nil
}

// update reads these documents and indexes them; those that exist no more are taken out.
func (s *shelf) update(ctx context.Context, store Store, ids []bot9.DocumentID) error {
	documents, err := store.DocumentsByID(ctx, s.chatbot, ids)
	if err != nil {
		return err
	}
	return s.index.replace(ctx, ids, documents)
}

// leave ends a turn. What was discarded in the meantime is freed by the one who leaves.
func (s *shelf) leave() {
	s.bytes.Store(s.index.bytes)
	<-s.turn
	if s.discarded.Load() {
		s.discard()
	}
}

// discard frees the index, at once or when the one who uses it leaves; it waits for nobody.
func (s *shelf) discard() {
	s.discarded.Store(true)
	select {
	case s.turn <- struct{}{}:
		s.index.close()
		<-s.turn
	default:
	}
}
