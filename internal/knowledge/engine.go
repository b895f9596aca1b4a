// Package knowledge answers questions from a chatbot's documents, without a network: by the stems of words in the documents'
// languages, and by meaning where there is an encoder. What it finds is judged by one probability; where that is too low for
// an answer it asks back, or says that it has none. Vectors are made in the background; until they are there, words answer.
package knowledge

import (
	"container/list"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	// DefaultChatbots is how many chatbots' indexes are kept in memory.
	DefaultChatbots = 64
	// DefaultBytes is how much memory, estimated, all indexes together may take.
	DefaultBytes   = 512 << 20
	maxPassages    = 50
	answerPassages = 3
	maxQuestion    = 2_000 // bytes of a question that are looked at
)

// NoAnswer is what the end user hears when nothing was found.
const NoAnswer = `Sorry, I have no answer to that. If you would like a person to help, just say "talk to a human".`

// didYouMean begins the reply that asks back.
const didYouMean = "I am not sure that I understand. Did you mean one of these?"

// Store is what the engine reads.
type Store interface {
	// KnowledgeVersion returns a number that changes with every change of the chatbot's documents and of their vectors.
	KnowledgeVersion(ctx context.Context, chatbot bot9.ChatbotID) (int64, error)
	// DocumentVersions returns the states of the chatbot's documents, and which of them have vectors of that encoder.
	DocumentVersions(ctx context.Context, chatbot bot9.ChatbotID, encoder string) ([]bot9.DocumentVersion, error)
	// DocumentsByID returns those of the documents that still exist, with their texts, in any order.
	DocumentsByID(ctx context.Context, chatbot bot9.ChatbotID, ids []bot9.DocumentID) ([]bot9.Document, error)
	// DocumentVectors returns the vectors of that encoder that the documents have, in any order.
	DocumentVectors(ctx context.Context, chatbot bot9.ChatbotID, encoder string, ids []bot9.DocumentID) ([]bot9.DocumentVectors, error)
}

// Engine finds passages and answers. It is safe for concurrent use; searches of one chatbot take turns.
type Engine struct {
	store    Store
	cuts     func(context.Context, bot9.ChatbotID) (Cuts, error)
	encoder  Encoder // nil: words only
	log      *slog.Logger
	capacity int
	budget   int64

	offTopic func() [][]int8 // worked out once

	mu     sync.Mutex
	recent *list.List // of *shelf, the one used last in front
	places map[bot9.ChatbotID]*list.Element
	bytes  int64 // of all shelves in recent
}

// Option changes a setting of an Engine.
type Option func(*Engine)

// WithCuts sets the same cuts for every chatbot.
func WithCuts(cuts Cuts) Option {
	return WithCutsOf(func(context.Context, bot9.ChatbotID) (Cuts, error) { return cuts, nil })
}

// WithCutsOf sets what tells each chatbot's cuts.
func WithCutsOf(of func(context.Context, bot9.ChatbotID) (Cuts, error)) Option {
	return func(e *Engine) { e.cuts = of }
}

// WithEncoder makes the engine answer by meaning too.
func WithEncoder(encoder Encoder) Option { return func(e *Engine) { e.encoder = encoder } }

// WithLog sets where faults of the encoder are told; they never keep words from answering.
func WithLog(log *slog.Logger) Option { return func(e *Engine) { e.log = log } }

// WithChatbots sets how many chatbots' indexes are kept in memory, at least 1.
func WithChatbots(n int) Option { return func(e *Engine) { e.capacity = max(n, 1) } }

// WithBytes sets how much memory, estimated, all indexes together may take. The index used last stays however large it is.
func WithBytes(n int64) Option { return func(e *Engine) { e.budget = n } }

// New makes an engine over the store's documents.
func New(store Store, options ...Option) *Engine {
	e := &Engine{
		store: store, capacity: DefaultChatbots, budget: DefaultBytes, log: slog.New(slog.DiscardHandler),
		recent: list.New(), places: map[bot9.ChatbotID]*list.Element{},
	}
	e.offTopic = sync.OnceValue(e.encodeOffTopic)
	WithCuts(Cuts{Answer: bot9.DefaultThreshold, Suggest: bot9.DefaultSuggestThreshold})(e)
	for _, option := range options {
		option(e)
	}
	return e
}

// Model names the model of meaning; "" if there is none.
func (e *Engine) Model() string {
	if e.encoder == nil {
		return ""
	}
	return e.encoder.Name()
}

// Warm prepares what every question by meaning needs, so that the first doesn't wait for it.
func (e *Engine) Warm() { e.offTopic() }

func (e *Engine) encodeOffTopic() [][]int8 {
	if e.encoder == nil {
		return nil
	}
	vectors, err := e.encoder.Encode(context.Background(), offTopic)
	if err != nil {
		e.log.Error("encode lines that no document is about", "error", err)
		return nil
	}
	small := make([][]int8, len(vectors))
	for i, v := range vectors {
		small[i] = Quantize(v)
	}
	return small
}

// Search returns the passages that have a word of q or are near it in meaning, best first. Their scores are
// probabilities that they answer q. The limit is kept between 1 and 50.
func (e *Engine) Search(ctx context.Context, chatbot bot9.ChatbotID, q string, limit int) ([]bot9.Passage, error) {
	passages := []bot9.Passage{}
	err := e.look(ctx, chatbot, q, func(all []*candidate) {
		for _, c := range all[:min(len(all), max(limit, 1), maxPassages)] {
			passages = append(passages, c.asPassage())
		}
	})
	return passages, err
}

func (c *candidate) asPassage() bot9.Passage {
	p := bot9.Passage{
		DocumentID: c.entry.id, Title: c.entry.title, Score: c.probability,
		Rank: c.rank, Matched: c.matched, URL: c.entry.url,
	}
	p.Heading, p.Text = c.entry.passages[c.passage].heading, c.entry.passages[c.passage].text
	return p
}

// Answer answers the question with the best passage, asks back with up to three titles where it is unsure, or says that it has
// no answer. What was said before plays no part: an answer from documents depends on the question alone.
func (e *Engine) Answer(ctx context.Context, chatbot bot9.ChatbotID, question string) (bot9.Answer, error) {
	cuts, err := e.cuts(ctx, chatbot)
	if err != nil {
		return bot9.Answer{}, err
	}
	answer := bot9.Answer{Text: NoAnswer, Passages: []bot9.Passage{}}
	err = e.look(ctx, chatbot, question, func(all []*candidate) {
		best, meant := choose(all, cuts)
		if best != nil && all[0] != best {
			all = append([]*candidate{best}, slices.DeleteFunc(slices.Clone(all), func(c *candidate) bool { return c == best })...)
		}
		for _, c := range all[:min(len(all), answerPassages)] {
			answer.Passages = append(answer.Passages, c.asPassage())
			answer.TopScore = max(answer.TopScore, c.probability)
		}
		switch {
		case best != nil:
			p := best.asPassage()
			answer.Found, answer.Text = true, plain(p.Text)
			answer.Sources = []bot9.Source{{DocumentID: p.DocumentID, Title: p.Title, URL: p.URL, Passage: p.Text, Score: p.Score}}
		case len(meant) > 0:
			answer.Text = didYouMean
			for _, c := range meant {
				answer.Suggestions = append(answer.Suggestions, c.suggestion())
				answer.Text += "\n- " + c.suggestion().Title
			}
		}
	})
	if answer.Found && strings.TrimSpace(answer.Text) == "" { // nothing but signs of Markdown
		answer.Text = answer.Sources[0].Passage
	}
	return answer, err
}

// look has the question's candidates looked at, the best first. Nothing of them may be kept.
func (e *Engine) look(ctx context.Context, chatbot bot9.ChatbotID, text string, at func([]*candidate)) error {
	if len(text) > maxQuestion {
		cut := maxQuestion
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	for {
		s := e.shelf(chatbot)
		ok, err := s.look(ctx, e, text, at)
		e.weigh(s)
		if ok || err != nil {
			return err
		}
	}
}

// understand prepares a question for the index.
func (e *Engine) understand(ctx context.Context, x *index, text string) *question {
	q := &question{text: text}
	if e.encoder == nil {
		q.words, _ = x.lexicon.understand(text, x.live, nil)
		return q
	}
	corrected := ""
	q.words, corrected = x.lexicon.understand(text, x.live, e.encoder.Rarity)
	if x.vectors.dims == 0 || strings.TrimSpace(corrected) == "" {
		return q
	}
	vectors, err := e.encoder.Encode(ctx, []string{corrected})
	if err != nil || len(vectors) != 1 {
		e.log.ErrorContext(ctx, "encode a question", "error", err)
		return q
	}
	q.vector = Quantize(vectors[0])
	scale := inverseLength(q.vector)
	for _, line := range e.offTopic() {
		if len(line) == len(q.vector) {
			q.offTopic = max(q.offTopic, float64(float32(product(line, q.vector))*scale*inverseLength(line)))
		}
	}
	return q
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
