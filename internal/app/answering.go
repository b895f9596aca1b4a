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
	var err error
	if a.models, err = a.guard(slices.Concat(a.settings.AllowTargets, a.settings.AllowModels)); err != nil {
		return nil, err
	}
	return answering.New(answering.Options{
		Store: a.store, Knowledge: a.knowledge, Models: a.models.Client(), Actions: guard.Client(), Log: a.log,
	}), nil
}

// matches tells whether a chatbot's rule of handing over is true for a message.
func (a *App) matches(rule string, e *bot9.Event) bool {
	return a.filters.Of(e).Match(rule) == bot9.Match
}

// checks are those of how a chatbot is to answer.
func (a *App) checks(guard *webhook.Guard) answering.Checks {
	return answering.Checks{Target: a.models.CheckURL, Action: guard.CheckURL, Rule: webhook.CheckFilter}
}
