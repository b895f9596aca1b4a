package api

import (
	"context"
	"net/http"

	"github.com/bot9/bot9/internal/bot9"
)

// Answering answers without storing anything, and executes custom actions.
type Answering interface {
	Answer(ctx context.Context, settings *bot9.Answering, question bot9.Question, stream bot9.AnswerStream) (bot9.Answer, error)
	TryAction(ctx context.Context, action *bot9.CustomAction, arguments map[string]any, variables map[string]string) (bot9.ActionRun, string, error)
}

// Said is one thing that was said before.
type Said struct {
	ChatUser bot9.Speaker `json:"chatUser" enum:"user,bot,humanagent" doc:"Who said it"`
	Message  string       `json:"message" minLength:"1" maxLength:"32768" doc:"The text" example:"Do you deliver to Austria?"`
}

// Trial is a question to try the settings out with.
type Trial struct {
	Message string `json:"message" minLength:"1" maxLength:"32768" doc:"What an end user would say" example:"And how long does that take?"`
	History []Said `json:"history,omitempty" maxItems:"50" doc:"What was said before, oldest first"`
}

// TriedAnswer is what an end user would be answered, and how it came about.
type TriedAnswer struct {
	Message     string               `json:"message" doc:"What the end user would be told" example:"Two working days [1]."`
	AnswerFound bool                 `json:"answerFound" doc:"Whether the bot trusts its answer"`
	TopScore    float64              `json:"topScore" doc:"The best passage's score, 0 to 1" example:"0.87"`
	Engine      bot9.AnsweringEngine `json:"engine" enum:"knowledge,model,none" doc:"Which engine the settings name"`
	Sources     []bot9.Source        `json:"sources" doc:"What the answer rests on, best first"`
	Suggestions []bot9.Suggestion    `json:"suggestions" doc:"What may have been meant, if the bot is unsure"`
	Passages    []bot9.Passage       `json:"passages" doc:"What was found in the knowledge, best first"`
	Prompt      []bot9.PromptMessage `json:"prompt" doc:"What the model was sent, in order; empty for the built-in engine"`
	Actions     []bot9.ActionRun     `json:"actions" doc:"Custom actions that were executed: those that change nothing"`
	Confirm     OrNull[bot9.Confirm] `json:"confirm" doc:"The action that the end user would be asked to agree to; null if none"`
	Handover    string               `json:"handover" doc:"Why a person would take over; empty if none would"`
	Usage       bot9.Usage           `json:"usage" doc:"What it took. It counts towards tokensPerDay"`
	Fallback    string               `json:"fallback" doc:"Which budget of tokens is used up, so that the built-in engine answered; empty if the chosen engine did"`
	Error       string               `json:"error" doc:"Why there is no answer: what the model's server said; empty if there is one"`
}

type trialInput struct{ Body Trial }

func (s *server) registerTrial() {
	register(s, access{role: bot9.Developer}, operation(http.MethodPost, chatbotPath+"answering/try", tagAnswering, "tryAnswer",
		"Try an answer", "Answers as an end user would be answered, without storing anything, and shows what was found, what the model was sent, and what it took. "+
			"Actions that change nothing are executed; of others it tells only what would be asked."), s.tryAnswer)
}

func (s *server) tryAnswer(ctx context.Context, c *caller, in *trialInput) (*output[TriedAnswer], error) {
	settings, err := s.Store.Answering(ctx, c.chatbot)
	if err != nil {
		return nil, err
	}
	question := bot9.Question{ChatbotID: c.chatbot, Text: in.Body.Message, Trial: true}
	for _, said := range in.Body.History {
		question.History = append(question.History, bot9.Message{ChatUser: said.ChatUser, Text: said.Message})
	}
	a, err := s.Answering.Answer(ctx, &settings, question, bot9.AnswerStream{})
	shown := TriedAnswer{
		Message: a.Text, AnswerFound: a.Found, TopScore: a.TopScore, Engine: settings.Engine, Sources: nonNil(a.Sources), Suggestions: nonNil(a.Suggestions),
		Passages: nonNil(a.Passages), Prompt: nonNil(a.Prompt), Actions: nonNil(a.Actions), Confirm: OrNull[bot9.Confirm]{a.Confirm}, Handover: a.Handover, Fallback: a.Fallback,
	}
	for i := range shown.Passages {
		shown.Passages[i].Matched = nonNil(shown.Passages[i].Matched)
	}
	if a.Usage != nil {
		shown.Usage = *a.Usage
	}
	if err != nil {
		if settings.Engine != bot9.EngineModel || ctx.Err() != nil {
			return nil, err
		}
		shown.Error = err.Error() // somebody sets the model up: they need to know what is wrong
	}
	return answer(shown, nil)
}
