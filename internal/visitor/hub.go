package visitor

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

const (
	// streamBuffer is how many updates a stream may be behind. One that is farther behind is ended, and resumes.
	streamBuffer = 256
	// tailPause is how long reading the log pauses after an error.
	tailPause = time.Second
)

// Log is what the hub reads.
type Log interface {
	Events(ctx context.Context, chatbot bot9.ChatbotID, filter bot9.EventFilter, page bot9.Page) (bot9.List[*bot9.Event], error)
	// Changed returns a channel that is closed when the chatbot's next event is committed.
	Changed(chatbot bot9.ChatbotID) <-chan struct{}
	Message(ctx context.Context, chatbot bot9.ChatbotID, conversation bot9.ConversationID, id bot9.MessageID) (bot9.Message, error)
	ClientIDOf(ctx context.Context, message bot9.MessageID) (string, error)
	SubjectOf(ctx context.Context, conversation bot9.ConversationID) (bot9.Subject, bool, error)
}

// Hub tells visitors' streams what happens in their conversations. However many streams a chatbot has, its log is read
// once. It is safe for concurrent use.
type Hub struct {
	log      Log
	logger   *slog.Logger
	limits   Limits
	mu       sync.Mutex
	channels map[bot9.ChatbotID]*channel
}

// Limits bound how many streams may be open at once.
type Limits struct{ PerVisitor, PerChatbot int }

// DefaultLimits are enough for a few tabs of a visitor, and for a busy website.
var DefaultLimits = Limits{PerVisitor: 3, PerChatbot: 5000}

// NewHub makes a Hub.
func NewHub(log Log, limits Limits, logger *slog.Logger) *Hub {
	return &Hub{
		log: log, limits: limits, logger: logger,
		channels: map[bot9.ChatbotID]*channel{},
	}
}

// channel is the streams of one chatbot, and the goroutine that reads its log for them.
type channel struct {
	chatbot  bot9.ChatbotID
	stop     context.CancelFunc
	ready    chan struct{} // closed once the tail knows where it begins
	failed   error         // why it could not; read after ready
	streams  int
	subjects map[bot9.Subject]map[*stream]struct{}
	talks    map[bot9.ConversationID]map[*stream]struct{}
	streamed map[bot9.MessageID]struct{} // replies whose deltas were sent while they were made
}

// stream is one visitor's view of their conversations.
type stream struct {
	hub     *Hub
	channel *channel
	visitor bot9.Visitor
	talks   []bot9.ConversationID
	updates chan bot9.VisitorUpdate
	closed  bool
}

// Open begins a stream; the visitor's newest conversation is the one that it follows, and every new one after it. What
// is committed after Open has returned is among its updates; they are closed when the stream has fallen too far behind.
// leave is called once, at the end. It fails with Invalid "quotaExceeded".
func (h *Hub) Open(ctx context.Context, v bot9.Visitor) (updates <-chan bot9.VisitorUpdate, leave func(), err error) {
	s, err := h.enter(v)
	if err != nil {
		return nil, nil, err
	}
	select {
	case <-s.channel.ready:
		err = s.channel.failed
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		s.leave()
		return nil, nil, err
	}
	return s.updates, s.leave, nil
}

func (h *Hub) enter(v bot9.Visitor) (*stream, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.channels[v.ChatbotID]
	if c == nil {
		ctx, stop := context.WithCancel(context.Background())
		c = &channel{
			chatbot: v.ChatbotID, stop: stop, ready: make(chan struct{}), subjects: map[bot9.Subject]map[*stream]struct{}{},
			talks: map[bot9.ConversationID]map[*stream]struct{}{}, streamed: map[bot9.MessageID]struct{}{},
		}
		h.channels[v.ChatbotID] = c
		go h.tail(ctx, c)
	}
	if c.streams >= h.limits.PerChatbot {
		return nil, bot9.QuotaExceeded("chatbotStreams", h.limits.PerChatbot)
	}
	if len(c.subjects[v.Subject]) >= h.limits.PerVisitor {
		return nil, bot9.QuotaExceeded("visitorStreams", h.limits.PerVisitor)
	}
	s := &stream{hub: h, channel: c, visitor: v, updates: make(chan bot9.VisitorUpdate, streamBuffer)}
	c.streams++
	add(c.subjects, v.Subject, s)
	if v.ConversationID != 0 {
		s.follow(v.ConversationID)
	}
	return s, nil
}

// follow is called with the hub locked.
func (s *stream) follow(conversation bot9.ConversationID) {
	add(s.channel.talks, conversation, s)
	s.talks = append(s.talks, conversation)
}

func add[K comparable](streams map[K]map[*stream]struct{}, key K, s *stream) {
	if streams[key] == nil {
		streams[key] = map[*stream]struct{}{}
	}
	streams[key][s] = struct{}{}
}

func remove[K comparable](streams map[K]map[*stream]struct{}, key K, s *stream) {
	delete(streams[key], s)
	if len(streams[key]) == 0 {
		delete(streams, key)
	}
}

func (s *stream) leave() {
	h, c := s.hub, s.channel
	h.mu.Lock()
	defer h.mu.Unlock()
	remove(c.subjects, s.visitor.Subject, s)
	for _, talk := range s.talks {
		remove(c.talks, talk, s)
	}
	if c.streams--; c.streams > 0 {
		return
	}
	c.stop()
	if h.channels[c.chatbot] == c {
		delete(h.channels, c.chatbot)
	}
}

// send is called with the hub locked.
func (s *stream) send(u bot9.VisitorUpdate) {
	if s.closed {
		return
	}
	select {
	case s.updates <- u:
	default:
		s.closed = true
		close(s.updates)
	}
}

// tail reads a chatbot's log from now on, until its last stream is closed.
func (h *Hub) tail(ctx context.Context, c *channel) {
	cursor := bot9.EventID(1)
	newest, err := h.log.Events(ctx, c.chatbot, bot9.EventFilter{}, bot9.Page{Limit: 1})
	if err == nil && len(newest.Data) > 0 {
		cursor = newest.Data[0].ID
	}
	if c.failed = err; err != nil {
		h.mu.Lock()
		if h.channels[c.chatbot] == c { // whoever comes next begins anew
			delete(h.channels, c.chatbot)
		}
		h.mu.Unlock()
		close(c.ready)
		return
	}
	close(c.ready)
	for ctx.Err() == nil {
		wake := h.log.Changed(c.chatbot)
		page, err := h.log.Events(ctx, c.chatbot, bot9.EventFilter{After: cursor}, bot9.Page{Limit: bot9.MaxPage})
		for _, event := range page.Data {
			if err == nil {
				if err = h.dispatch(ctx, c, event); err == nil {
					cursor = event.ID
				}
			}
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			h.logger.WarnContext(ctx, "read the log for visitors' streams", "chatbot", c.chatbot.String(), "error", err)
			wake = after(tailPause)
		case len(page.Data) == bot9.MaxPage:
			continue
		}
		select {
		case <-wake:
		case <-ctx.Done():
		}
	}
}

func after(pause time.Duration) <-chan struct{} {
	done := make(chan struct{})
	time.AfterFunc(pause, func() { close(done) })
	return done
}

// dispatch hands an event to the streams that follow its conversation.
func (h *Hub) dispatch(ctx context.Context, c *channel, event *bot9.Event) error {
	if event.ConversationID == 0 {
		return nil
	}
	if event.Type == catalog.ConversationStarted {
		return h.begin(ctx, c, event.ConversationID)
	}
	h.mu.Lock()
	_, followed := c.talks[event.ConversationID]
	h.mu.Unlock()
	if !followed {
		return nil
	}
	updates, err := h.UpdatesOf(ctx, event)
	if err != nil || len(updates) == 0 {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if message := updates[0].Message; message != nil && message.ChatUser == bot9.SpeakerBot {
		if _, told := c.streamed[message.ID]; told {
			delete(c.streamed, message.ID)
		} else {
			updates = append(deltasOf(message, event.ID), updates...)
		}
	}
	for s := range c.talks[event.ConversationID] {
		for _, u := range updates {
			s.send(u)
		}
	}
	return nil
}

// begin has the streams of the visitor whose conversation it is follow it.
func (h *Hub) begin(ctx context.Context, c *channel, conversation bot9.ConversationID) error {
	subject, found, err := h.log.SubjectOf(ctx, conversation)
	if err != nil || !found {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range c.subjects[subject] {
		if _, follows := c.talks[conversation][s]; !follows {
			s.follow(conversation)
		}
	}
	return nil
}

// maxStreamed bounds how many replies under way a chatbot's channel remembers.
const maxStreamed = 10_000

// Delta tells a part of a reply that is being made, before it is stored.
func (h *Hub) Delta(chatbot bot9.ChatbotID, conversation bot9.ConversationID, reply bot9.MessageID, text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.channels[chatbot]
	if c == nil || len(c.talks[conversation]) == 0 {
		return
	}
	if len(c.streamed) >= maxStreamed {
		clear(c.streamed)
	}
	c.streamed[reply] = struct{}{}
	u := newUpdate(0, "delta", Delta{ReplyID: reply, Text: text})
	for s := range c.talks[conversation] {
		s.send(u)
	}
}
