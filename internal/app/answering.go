package app

import (
	"slices"

	"github.com/bot9/bot9/internal/answering"
	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/webhook"
)

// newAnswering makes the engines. Models may be reached where webhooks may, and where --allow-models says besides; actions
// go where webhooks may.
func (a *App) newAnswering(guard *webhook.Guard) (*answering.Service, error) {
	models, err := a.modelGuard()
	if err != nil {
		return nil, err
	}
	return answering.New(answering.Options{
		Store: a.store, Knowledge: a.knowledge, Models: models.Client(), Actions: guard.Client(), Log: a.log,
	}), nil
}

// modelGuard decides which targets models may have.
func (a *App) modelGuard() (*webhook.Guard, error) {
	return a.guard(slices.Concat(a.settings.AllowTargets, a.settings.AllowModels))
}

// matches tells whether a chatbot's rule of handing over is true for a message.
func (a *App) matches(rule string, e *bot9.Event) bool {
	return a.filters.Of(e).Match(rule) == bot9.Match
}

// checks are those of how a chatbot is to answer.
func (a *App) checks(guard *webhook.Guard) (answering.Checks, error) {
	models, err := a.modelGuard()
	if err != nil {
		return answering.Checks{}, err
	}
	return answering.Checks{Target: models.CheckURL, Action: guard.CheckURL, Rule: webhook.CheckFilter}, nil
}

// tellDelta tells the widget's streams a part of a reply that is being written.
func (a *App) tellDelta(chatbot bot9.ChatbotID, conversation bot9.ConversationID, reply bot9.MessageID, text string) {
	a.visitors.Delta(chatbot, conversation, reply, text)
}
