package answering

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/phrase"
)

// Store is what the engines need of the database.
type Store interface {
	Answering(ctx context.Context, chatbot bot9.ChatbotID) (bot9.Answering, error)
	ActiveInstructions(ctx context.Context, chatbot bot9.ChatbotID) ([]bot9.Instruction, error)
	ActiveActions(ctx context.Context, chatbot bot9.ChatbotID) ([]bot9.CustomAction, error)
	TokensUsed(ctx context.Context, chatbot bot9.ChatbotID, conversation bot9.ConversationID) (ofChatbot, ofConversation int64, err error)
	UseTokens(ctx context.Context, chatbot bot9.ChatbotID, conversation bot9.ConversationID, input, output int64) error
}

// Knowledge is the built-in engine.
type Knowledge interface {
	Answer(ctx context.Context, chatbot bot9.ChatbotID, question string) (bot9.Answer, error)
	Search(ctx context.Context, chatbot bot9.ChatbotID, question string, limit int) ([]bot9.Passage, error)
}

// Options is what the engines need.
type Options struct {
	Store     Store
	Knowledge Knowledge
	Models    *http.Client // for models; it goes only where it may
	Actions   *http.Client // for custom actions; likewise
	Log       *slog.Logger // nil discards
}

// Service answers questions as each chatbot's settings say. It is safe for concurrent use.
type Service struct {
	Options
	slots slots
}

// New makes a Service.
func New(options Options) *Service {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Options: options}
}

// Answer answers the question. An error means that nobody could; the answer that comes with it tells what to say instead,
// and what was spent.
func (s *Service) Answer(ctx context.Context, settings *bot9.Answering, q bot9.Question, stream bot9.AnswerStream) (bot9.Answer, error) {
	if stream.Say == nil {
		stream.Say = func(string) {}
	}
	if stream.Ran == nil {
		stream.Ran = func(context.Context, bot9.ActionRun) error { return nil }
	}
	began := time.Now()
	answer, err := s.by(ctx, settings, q, stream)
	if answer.Usage == nil && !answer.Silent {
		answer.Usage = &bot9.Usage{}
	}
	if answer.Usage != nil {
		answer.Usage.Milliseconds = time.Since(began).Milliseconds()
	}
	return answer, err
}

// by has the engine of the settings answer.
func (s *Service) by(ctx context.Context, settings *bot9.Answering, q bot9.Question, stream bot9.AnswerStream) (bot9.Answer, error) {
	switch settings.Engine {
	case bot9.EngineNone:
		return bot9.Answer{Silent: true}, nil
	case bot9.EngineModel:
		spent, err := s.spent(ctx, settings, q)
		if err != nil {
			return bot9.Answer{}, err
		}
		if spent == "" {
			return s.byModel(ctx, settings, q, stream)
		}
		s.Log.Warn("the built-in engine answers: a budget of tokens is used up", "chatbot", q.ChatbotID.String(), "budget", spent)
		answer, err := s.builtIn(ctx, settings, q)
		answer.Fallback = spent
		return answer, err
	default:
		return s.builtIn(ctx, settings, q)
	}
}

// builtIn has the built-in engine answer. That it has no answer is said in the end user's language.
func (s *Service) builtIn(ctx context.Context, settings *bot9.Answering, q bot9.Question) (bot9.Answer, error) {
	answer, err := s.Knowledge.Answer(ctx, q.ChatbotID, q.Text)
	if err == nil && !answer.Found && !answer.Unsure() {
		answer.Text = noAnswerText(settings, q.Text)
	}
	return answer, err
}

// noAnswerText says that there is no answer, and offers a person if the settings say so.
func noAnswerText(settings *bot9.Answering, text string) string {
	texts := phrase.In(phrase.For(settings.Language, text))
	return offering(settings, texts, texts.NoAnswer)
}

// offering adds the offer of a person to a text, if the settings say so.
func offering(settings *bot9.Answering, texts phrase.Texts, text string) string {
	if settings.Handover.Offer {
		text += " " + texts.OfferPerson
	}
	return text
}

// spent tells which budget of tokens is used up, "" if none is.
func (s *Service) spent(ctx context.Context, settings *bot9.Answering, q bot9.Question) (string, error) {
	m := settings.Model
	if m.TokensPerDay == 0 && m.TokensPerConversation == 0 {
		return "", nil
	}
	ofChatbot, ofConversation, err := s.Store.TokensUsed(ctx, q.ChatbotID, q.ConversationID)
	switch {
	case err != nil:
		return "", err
	case m.TokensPerDay > 0 && ofChatbot >= m.TokensPerDay:
		return bot9.FallbackDay, nil
	case m.TokensPerConversation > 0 && q.ConversationID != 0 && ofConversation >= m.TokensPerConversation:
		return bot9.FallbackConversation, nil
	}
	return "", nil
}
