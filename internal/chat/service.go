package chat

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// decide is a decision about a conversation: it changes it in place and returns what else is to
// be committed with it. It is pure, since the store may run it again.
type decide = func(bot9.Moment, *bot9.Conversation) (bot9.Change, error)

// Store is what chat needs of the database.
type Store interface {
	// StartConversation finds the end user by c.User.ExternalID or creates one, and fills IDs and
	// times before decide sees the conversation.
	StartConversation(ctx context.Context, c bot9.Conversation, decide func(bot9.Moment, *bot9.Conversation) (bot9.Change, error)) (bot9.Conversation, error)
	// AppendEvents commits events that happened elsewhere, all or none.
	AppendEvents(ctx context.Context, chatbot bot9.ChatbotID, events []bot9.NewEvent) ([]bot9.EventID, error)
	// AppendToSessions is AppendEvents for events that may name a conversation by their Session: begin says how one
	// begins that there is none of.
	AppendToSessions(ctx context.Context, chatbot bot9.ChatbotID, events []bot9.NewEvent,
		begin func(*bot9.StartInput) (bot9.Conversation, func(bot9.Moment, *bot9.Conversation) (bot9.Change, error))) ([]bot9.EventID, error)
	ChangeConversation(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID,
		decide func(bot9.Moment, *bot9.Conversation) (bot9.Change, error)) (bot9.Conversation, bot9.Change, error)
	Message(ctx context.Context, chatbot bot9.ChatbotID, conversation bot9.ConversationID, id bot9.MessageID) (bot9.Message, error)
	// RecentMessages returns the last n messages, oldest first.
	RecentMessages(ctx context.Context, conversation bot9.ConversationID, n int) ([]bot9.Message, error)
	// OwedAnswers returns questions that this process is to answer, or that a process was that is no more.
	OwedAnswers(ctx context.Context, limit int) ([]bot9.OwedAnswer, error)
	Conversation(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID) (bot9.Conversation, error)
	// Answering returns how the chatbot answers, and when it hands over.
	Answering(ctx context.Context, chatbot bot9.ChatbotID) (bot9.Answering, error)
	// SilentConversations finds conversations in which nothing has happened for as long as their chatbot's settings say,
	// at most each of any chatbot. It looks at some chatbots after the one given, and returns the last of them, zero
	// after the last of all.
	SilentConversations(ctx context.Context, after bot9.ChatbotID, each int) ([]bot9.SilentConversation, bot9.ChatbotID, error)

	VisitorStore
}

// Engine answers questions.
type Engine interface {
	// Answer answers a question as the settings say. Having no answer is no error: then Found is false, and Text says so.
	// With an error, Text is what to tell the end user in place of an answer, if anything. It keeps to a time limit of
	// its own.
	Answer(ctx context.Context, settings *bot9.Answering, question bot9.Question, stream bot9.AnswerStream) (bot9.Answer, error)
}

// Who did something, in events, where it wasn't a member or a key.
const (
	byUser   = "user"
	byAPI    = "api"
	bySystem = "system"
	byBot    = "bot"
	byRule   = "rule"
)

const (
	historyLength = 20                // messages that the engine is told
	answerTimeout = 150 * time.Second // for the engine, whose own limit is below it
)

// Service is the chat operations. It is safe for concurrent use.
type Service struct {
	store   Store
	engine  Engine
	log     *slog.Logger
	seen    map[bot9.MessageID]time.Time // questions that GiveUpOwed found unanswered, and when first
	writing writing
	silent  bot9.ChatbotID // whose conversations CloseSilent looked at last

	answering  slots          // to visitors
	background sync.WaitGroup // answers to visitors

	matches func(rule string, e *bot9.Event) bool
	newID   func(context.Context) (int64, error)
	delta   func(bot9.ChatbotID, bot9.ConversationID, bot9.MessageID, string)
}

// Option changes a setting of a Service.
type Option func(*Service)

// WithRules sets what evaluates a chatbot's rule of handing over on a messageReceived.
func WithRules(matches func(rule string, e *bot9.Event) bool) Option {
	return func(s *Service) { s.matches = matches }
}

// WithDeltas has parts of replies told while they are written, by the ID that the reply will have, of those that newID
// makes.
func WithDeltas(newID func(context.Context) (int64, error), tell func(chatbot bot9.ChatbotID, conversation bot9.ConversationID, reply bot9.MessageID, text string)) Option {
	return func(s *Service) { s.newID, s.delta = newID, tell }
}

// New makes a Service; what goes wrong in the engine is told to log only.
func New(store Store, engine Engine, log *slog.Logger, options ...Option) *Service {
	s := &Service{store: store, engine: engine, log: log, matches: func(string, *bot9.Event) bool { return false }}
	for _, option := range options {
		option(s)
	}
	return s
}

// decision gathers what one decision does, in order.
type decision struct {
	moment       bot9.Moment
	conversation *bot9.Conversation
	change       bot9.Change
	err          error // that makes nothing of it happen
}

func begin(moment bot9.Moment, c *bot9.Conversation) *decision {
	return &decision{moment: moment, conversation: c}
}

// say adds a message to the conversation and returns it with its ID and time.
func (d *decision) say(m bot9.Message) bot9.Message {
	if m.ID == 0 {
		m.ID = bot9.MessageID(d.moment.NextID())
	}
	m.ConversationID = d.conversation.ID
	m.CreatedAt = d.moment.Now
	d.change.Messages = append(d.change.Messages, m)
	return m
}

// tell adds an event.
func (d *decision) tell(data catalog.Data) {
	d.change.Events = append(d.change.Events, catalog.Event(d.conversation.ID, data))
}

// about is what events say of a message.
func (d *decision) about(m bot9.Message) catalog.MessageData {
	return catalog.MessageData{
		Message:           m.Text,
		Sender:            d.conversation.User.Sender(),
		ChatbotID:         d.conversation.ChatbotID,
		MessageID:         m.ID,
		SenderType:        m.ChatUser,
		Source:            d.conversation.Source,
		ExternalSessionID: orNull(d.conversation.ExternalSessionID),
		Attachments:       m.Attachments,
	}
}

// tellSent tells of a complete reply.
func (d *decision) tellSent(m bot9.Message) {
	data := catalog.MessageSentData{MessageData: d.about(m)}
	if m.InReplyTo != 0 {
		data.InReplyTo = &m.InReplyTo
	}
	data.Sources, data.Suggestions = m.Sources, m.Suggestions
	d.tell(data)
}

// refuseIfClosed is the error of saying something where nobody answers.
func refuseIfClosed(c *bot9.Conversation) error {
	if c.Status == bot9.StatusClosed {
		return bot9.Errorf(bot9.Conflict, "conversationClosed", "The conversation is closed; set its status to active to go on.")
	}
	return nil
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
