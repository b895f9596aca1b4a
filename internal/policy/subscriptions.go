package policy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
)

// Types of events that integrators make up, and the pattern for all of them.
const (
	customPrefix = "custom."
	customEvents = customPrefix + "*"
)

// Subscriptions tells which webhooks of one chatbot an event is for. It never changes, so any
// number of goroutines may use it.
type Subscriptions struct {
	byType map[string][]*bot9.Webhook // complete for every type that some webhook names
	custom []*bot9.Webhook            // for any other custom type
	all    []*bot9.Webhook            // for any other type
}

// NewSubscriptions prepares the enabled ones of a chatbot's webhooks.
func NewSubscriptions(webhooks []bot9.Webhook) *Subscriptions {
	enabled := slices.Clone(webhooks)
	return NewSubscriptionsOfAll(slices.DeleteFunc(enabled, func(w bot9.Webhook) bool { return w.Status != bot9.WebhookEnabled }))
}

// NewSubscriptionsOfAll prepares a chatbot's webhooks, whatever their status.
func NewSubscriptionsOfAll(webhooks []bot9.Webhook) *Subscriptions {
	enabled := slices.Clone(webhooks)
	slices.SortFunc(enabled, func(a, b bot9.Webhook) int { return cmp.Compare(a.ID, b.ID) })

	s := &Subscriptions{byType: make(map[string][]*bot9.Webhook)}
	for i := range enabled {
		w := &enabled[i]
		for _, pattern := range w.Events {
			switch pattern {
			case bot9.AllEvents:
				s.all = appendOnce(s.all, w)
			case customEvents:
				s.custom = appendOnce(s.custom, w)
			default:
				s.byType[pattern] = appendOnce(s.byType[pattern], w)
			}
		}
	}
	s.custom = union(s.custom, s.all)
	for eventType, named := range s.byType {
		s.byType[eventType] = union(named, s.unnamed(eventType))
	}
	return s
}

// Match returns the webhooks that an event of the type is for, by ID, each once. The slice is
// shared: it must not be changed.
func (s *Subscriptions) Match(eventType string) []*bot9.Webhook {
	if webhooks, named := s.byType[eventType]; named {
		return webhooks
	}
	return s.unnamed(eventType)
}

// unnamed returns the webhooks whose patterns cover the type without naming it.
func (s *Subscriptions) unnamed(eventType string) []*bot9.Webhook {
	switch {
	case bot9.ByNameOnly(eventType):
		return nil
	case strings.HasPrefix(eventType, customPrefix):
		return s.custom
	}
	return s.all
}

// appendOnce appends w to a list that is being filled by ID.
func appendOnce(list []*bot9.Webhook, w *bot9.Webhook) []*bot9.Webhook {
	if len(list) > 0 && list[len(list)-1] == w {
		return list
	}
	return append(list, w)
}

// union merges two lists ordered by ID.
func union(a, b []*bot9.Webhook) []*bot9.Webhook {
	if len(b) == 0 {
		return a
	}
	merged := slices.Concat(a, b)
	slices.SortFunc(merged, func(a, b *bot9.Webhook) int { return cmp.Compare(a.ID, b.ID) })
	return slices.Compact(merged)
}

// Chosen tells whether one webhook chose the event type, enabled or not.
func Chosen(w *bot9.Webhook, eventType string) bool {
	return slices.ContainsFunc(w.Events, func(pattern string) bool {
		return pattern == bot9.AllEvents && !bot9.ByNameOnly(eventType) || pattern == eventType ||
			(pattern == customEvents && strings.HasPrefix(eventType, customPrefix))
	})
}
