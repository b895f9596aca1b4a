package chat_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
	"github.com/bot9/bot9/internal/chat"
)

const (
	shopBot  bot9.ChatbotID = 1 << 40
	otherBot bot9.ChatbotID = 2 << 40
)

// memory is a store that keeps everything in memory and, as a real one may, runs every decision
// twice. It fails the test if the two differ, or if an event doesn't fit its schema.
type memory struct {
	silent []bot9.SilentConversation
	agents []bot9.Agent // who take turns

	t  *testing.T
	mu sync.Mutex

	now           bot9.Time
	lastID        int64
	users         map[string]bot9.EndUser // by external ID
	conversations map[bot9.ConversationID]bot9.Conversation
	messages      map[bot9.ConversationID][]bot9.Message
	visitors      map[bot9.Subject]bot9.Conversation // the newest
	events        []bot9.NewEvent
	readError     error
	owed          []bot9.OwedAnswer
	settings      func(*bot9.Answering) // what is not as by default
	failWrites    error
	answers       [][]byte // recorded for requests that named themselves
}

func newMemory(t *testing.T) *memory {
	return &memory{
		t: t, now: 1_795_374_000_000, users: map[string]bot9.EndUser{},
		conversations: map[bot9.ConversationID]bot9.Conversation{}, messages: map[bot9.ConversationID][]bot9.Message{},
		visitors: map[bot9.Subject]bot9.Conversation{},
	}
}

func (m *memory) nextID() int64 {
	m.lastID = max(m.lastID+1, bot9.FirstIDAt(m.now))
	return m.lastID
}

type decide = func(bot9.Moment, *bot9.Conversation) (bot9.Change, error)

// run runs a decision twice on the same state and commits it.
func (m *memory) run(c bot9.Conversation, decide decide) (bot9.Conversation, bot9.Change, error) {
	m.now++
	firstID := m.lastID
	rehearsal := c
	rehearsal.Tags = slices.Clone(c.Tags)
	turn := 0
	moment := bot9.Moment{Now: m.now, NextID: m.nextID, NextAgent: func() (agent bot9.Agent, err error) {
		if turn++; len(m.agents) > 0 {
			agent = m.agents[0]
		}
		return agent, nil
	}}
	rehearsed, _ := decide(moment, &rehearsal)
	m.lastID = firstID
	turn = 0
	change, err := decide(moment, &c)
	if turn > 0 && len(m.agents) > 0 {
		m.agents = append(m.agents[1:], m.agents[0])
	}
	if err = errors.Join(err, m.failWrites); err != nil {
		return bot9.Conversation{}, bot9.Change{}, err
	}
	if change.Settles != 0 {
		before := len(m.owed)
		m.owed = slices.DeleteFunc(m.owed, func(o bot9.OwedAnswer) bool { return o.Question.ID == change.Settles })
		if len(m.owed) == before {
			return bot9.Conversation{}, bot9.Change{}, bot9.Errorf(bot9.Conflict, "notOwed", "It is not owed.")
		}
	}
	if change.Owes != nil {
		m.owed = append(m.owed, bot9.OwedAnswer{ChatbotID: c.ChatbotID, Question: *change.Owes})
	}
	if asJSON(m.t, rehearsed) != asJSON(m.t, change) || asJSON(m.t, rehearsal) != asJSON(m.t, c) {
		m.t.Errorf("the decision is not pure: %s, then %s", asJSON(m.t, rehearsed), asJSON(m.t, change))
	}
	for _, event := range change.Events {
		if _, err := catalog.Validate(event.Type, event.Data); err != nil {
			m.t.Errorf("%s %s: %v", event.Type, event.Data, err)
		}
		if event.ConversationID != c.ID {
			m.t.Errorf("%s is not of its conversation", event.Type)
		}
	}
	for _, rated := range change.Rated {
		for i := range m.messages[c.ID] {
			if m.messages[c.ID][i].ID == rated.MessageID {
				m.messages[c.ID][i].Rating = rated.Rating
			}
		}
	}
	c.MessageCount += int64(len(change.Messages))
	for _, said := range change.Messages {
		if c.LastSpeaker = said.ChatUser; said.ChatUser == bot9.SpeakerUser {
			c.LastUserMessage = said.ID
		}
	}
	c.UpdatedAt = m.now
	m.messages[c.ID] = append(m.messages[c.ID], change.Messages...)
	m.events = append(m.events, change.Events...)
	m.conversations[c.ID] = c
	if c.User.ExternalID != "" {
		m.users[c.User.ExternalID] = c.User
	}
	return c, change, nil
}

func (m *memory) StartConversation(_ context.Context, c bot9.Conversation, decide decide) (bot9.Conversation, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c.ID = bot9.ConversationID(m.nextID())
	if known, ok := m.users[c.User.ExternalID]; ok {
		c.User = known
	} else {
		c.User.ID = bot9.EndUserID(m.nextID())
	}
	c.EndUserID = c.User.ID
	started, _, err := m.run(c, decide)
	return started, err
}

func (m *memory) AppendEvents(_ context.Context, _ bot9.ChatbotID, events []bot9.NewEvent) ([]bot9.EventID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	ids := make([]bot9.EventID, len(events))
	for i := range ids {
		ids[i] = bot9.EventID(m.nextID())
	}
	m.events = append(m.events, events...)
	return ids, nil
}

func (m *memory) AppendToSessions(ctx context.Context, chatbot bot9.ChatbotID, events []bot9.NewEvent,
	begin func(*bot9.StartInput) (bot9.Conversation, decide),
) ([]bot9.EventID, error) {
	for i := range events {
		if events[i].Session != nil {
			conversation, decide := begin(events[i].Session)
			c, err := m.StartConversation(ctx, conversation, decide)
			if err != nil {
				return nil, err
			}
			events[i].ConversationID = c.ID
		}
	}
	return m.AppendEvents(ctx, chatbot, events)
}

func (m *memory) ChangeConversation(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, decide decide) (bot9.Conversation, bot9.Change, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.conversations[id]
	if !ok || c.ChatbotID != chatbot {
		return c, bot9.Change{}, bot9.Errorf(bot9.NotFound, "notFound", "There is no such conversation")
	}
	if err := ctx.Err(); err != nil {
		return c, bot9.Change{}, err
	}
	c, change, err := m.run(c, decide)
	if i := bot9.IdempotencyFrom(ctx); err == nil && i != nil && change.Owes == nil {
		answer, err := i.Answer(&bot9.Changed{Conversation: c, Change: change})
		m.answers = append(m.answers, answer)
		return c, change, err
	}
	return c, change, err
}

func (m *memory) Message(_ context.Context, chatbot bot9.ChatbotID, conversation bot9.ConversationID, id bot9.MessageID) (bot9.Message, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, message := range m.messages[conversation] {
		if message.ID == id && m.conversations[conversation].ChatbotID == chatbot {
			return message, nil
		}
	}
	return bot9.Message{}, bot9.Errorf(bot9.NotFound, "notFound", "There is no such message")
}

func (m *memory) RecentMessages(_ context.Context, conversation bot9.ConversationID, n int) ([]bot9.Message, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.messages[conversation]
	return slices.Clone(all[max(len(all)-n, 0):]), m.readError
}

func (m *memory) OwedAnswers(_ context.Context, limit int) ([]bot9.OwedAnswer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.owed[:min(limit, len(m.owed))]), m.readError
}

func (m *memory) Conversation(_ context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID) (bot9.Conversation, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.conversations[id]
	if !ok || c.ChatbotID != chatbot {
		return c, bot9.Errorf(bot9.NotFound, "notFound", "There is no such conversation")
	}
	return c, nil
}

func (m *memory) Answering(_ context.Context, chatbot bot9.ChatbotID) (bot9.Answering, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := bot9.DefaultAnswering(chatbot)
	if m.settings != nil {
		m.settings(&a)
	}
	return a, nil
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// engineFunc answers as the function does.
type engineFunc func(ctx context.Context, history []bot9.Message, question string) (bot9.Answer, error)

func (f engineFunc) Answer(ctx context.Context, _ *bot9.Answering, q bot9.Question, _ bot9.AnswerStream) (bot9.Answer, error) {
	return f(ctx, q.History, q.Text)
}

// echo has an answer to everything but gift cards.
func echo(_ context.Context, _ []bot9.Message, question string) (bot9.Answer, error) {
	if strings.Contains(question, "gift cards") {
		return bot9.Answer{Text: "No idea.", TopScore: 0.2, Passages: []bot9.Passage{{DocumentID: 1, Score: 0.2}}}, nil
	}
	return bot9.Answer{Text: "You said: " + question, Found: true, TopScore: 0.9, Passages: []bot9.Passage{{DocumentID: 1, Score: 0.9}}}, nil
}

// story is one conversation, told step by step.
type story struct {
	*testing.T
	*chat.Service
	store  *memory
	engine engineFunc
	log    strings.Builder
	id     bot9.ConversationID
	told   int // events that were looked at
}

// newStory starts a conversation of user123 and forgets the events of the start.
func newStory(t *testing.T) *story {
	s := &story{T: t, store: newMemory(t), engine: echo}
	s.Service = chat.New(s.store, engineFunc(func(ctx context.Context, history []bot9.Message, question string) (bot9.Answer, error) {
		return s.engine(ctx, history, question)
	}), slog.New(slog.NewTextHandler(&s.log, nil)))
	c, err := s.Start(t.Context(), shopBot, bot9.StartInput{Source: "website-widget", User: bot9.StartUser{ExternalID: "user123"}})
	if err != nil {
		t.Fatal(err)
	}
	s.id = c.ID
	s.events()
	return s
}

// events returns the names of the events since the last call.
func (s *story) events() string {
	var names []string
	for _, event := range s.news() {
		names = append(names, event.Type)
	}
	return strings.Join(names, " ")
}

// news returns the events since the last call.
func (s *story) news() []bot9.NewEvent {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	news := s.store.events[s.told:]
	s.told = len(s.store.events)
	return news
}

// wantEvents checks the names of the events since the last call.
func (s *story) wantEvents(names string) {
	s.Helper()
	if got := s.events(); got != names {
		s.Errorf("events:\n got %s\nwant %s", got, names)
	}
}

// wantData checks an event's data, as JSON without its chatbotId.
func (s *story) wantData(event bot9.NewEvent, name, data string) {
	s.Helper()
	prefix := `{"chatbotId":"` + shopBot.String() + `",`
	got := strings.Replace(string(event.Data), prefix, "{", 1)
	got = strings.Replace(got, `,"chatbotId":"`+shopBot.String()+`"`, "", 1)
	if event.Type != name || got != data {
		s.Errorf("\n got %s %s\nwant %s %s", event.Type, got, name, data)
	}
}

func (s *story) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *story) chat(text string) bot9.Reply {
	s.Helper()
	reply, err := s.Chat(s.Context(), shopBot, s.id, text, nil)
	s.must(err)
	return reply
}

func (s *story) change(in bot9.ChangeInput) bot9.Conversation {
	s.Helper()
	c, err := s.Change(s.Context(), shopBot, s.id, "Grace", in)
	s.must(err)
	return c
}

// wantError checks an error's kind and code, and where it says the fault is.
func wantError(t *testing.T, err error, kind bot9.ErrorKind, code string, locations ...string) {
	t.Helper()
	got, ok := errors.AsType[*bot9.Error](err)
	if !ok || got.Kind != kind || got.Code != code {
		t.Errorf("got %v, want %s", err, code)
		return
	}
	var at []string
	for _, field := range got.Fields {
		at = append(at, field.Location)
	}
	if slices.Compare(at, locations) != 0 {
		t.Errorf("%v: faults at %v, want %v", err, at, locations)
	}
}

func ptr[T any](v T) *T { return &v }

func (m *memory) SilentConversations(_ context.Context, _ bot9.ChatbotID, _ int) ([]bot9.SilentConversation, bot9.ChatbotID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.silent), 0, m.readError
}
