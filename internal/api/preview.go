package api

import (
	"context"
	"net/http"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
)

// The bounds of a preview: whichever is reached first ends it.
const (
	previewEvents  = 100 // evaluated
	previewLooked  = 500 // looked at for events of the chosen types
	previewPage    = 50  // read at once
	previewTime    = time.Second
	previewsAtOnce = 2 // at once, on the whole server
)

// Filters evaluates filters of webhooks.
type Filters interface {
	Of(e *bot9.Event) bot9.Matcher
}

// WebhookPreview is what a webhook that isn't saved would get.
type WebhookPreview struct {
	Filter  string             `json:"filter,omitempty" doc:"A CEL expression over the envelope; without one every event passes" example:"data.senderType == \"user\""`
	Events  []string           `json:"events,omitempty" maxItems:"100" doc:"Types as a webhook chooses them; left out, events of every type are tried" example:"messageReceived"`
	EventID *Ref[bot9.EventID] `json:"eventId,omitempty" doc:"Try this event alone, whatever its type"`
}

// PreviewedEvent is one event that a filter was tried on.
type PreviewedEvent struct {
	EventID   bot9.EventID `json:"eventId" doc:"The event"`
	Event     string       `json:"event" doc:"Its type" example:"messageReceived"`
	CreatedAt bot9.Time    `json:"createdAt" format:"date-time" doc:"When it happened"`
	Match     bool         `json:"match" doc:"Whether it would be delivered"`
	Reason    string       `json:"reason,omitempty" enum:"tooCostly,notEvaluable" doc:"Why the filter could be neither true nor false; absent if it was one of them. A field that is missing, or has another type, is an ordinary mismatch"`
}

// PreviewResult tells which events a webhook would get.
type PreviewResult struct {
	Matched   int              `json:"matched" doc:"How many of the events would be delivered" example:"3"`
	Evaluated int              `json:"evaluated" doc:"How many events were tried" example:"20"`
	Results   []PreviewedEvent `json:"results" doc:"The events that were tried, newest first"`
}

type previewInput struct{ Body WebhookPreview }

func (s *server) registerPreview() {
	preview := operation(http.MethodPost, chatbotPath+"webhooks/preview", tagWebhooks, "previewWebhook",
		"Try a filter", "Evaluates a filter, by the engine that delivers, on up to 100 of the newest events of the chosen types among the "+
			"chatbot's newest 500, or on one event. Stores and sends nothing.")
	register(s, access{role: bot9.Viewer}, preview, s.previewWebhook)
}

func (s *server) previewWebhook(ctx context.Context, c *caller, in *previewInput) (*output[PreviewResult], error) {
	if err := s.CheckFilter(in.Body.Filter); err != nil {
		return nil, err
	}
	wanted := bot9.Webhook{Events: in.Body.Events, Filter: in.Body.Filter}
	if len(wanted.Events) == 0 {
		wanted.Events = []string{bot9.AllEvents}
	} else if _, err := chosenEvents(wanted.Events); err != nil {
		return nil, err
	}
	select {
	case s.previews <- struct{}{}:
		defer func() { <-s.previews }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p := &preview{filters: s.Filters, webhook: &wanted, result: PreviewResult{Results: []PreviewedEvent{}}}
	if in.Body.EventID != nil {
		event, err := s.Store.Event(ctx, c.chatbot, in.Body.EventID.ID)
		if err == nil {
			p.try(event)
		}
		return answer(p.result, err)
	}
	return answer(p.result, s.previewNewest(ctx, c.chatbot, p))
}

// previewNewest tries the chatbot's newest events.
func (s *server) previewNewest(ctx context.Context, chatbot bot9.ChatbotID, p *preview) error {
	until := time.Now().Add(previewTime)
	page := bot9.Page{Limit: previewPage}
	for range previewLooked / previewPage {
		list, err := s.Store.Events(ctx, chatbot, bot9.EventFilter{}, page)
		if err != nil {
			return err
		}
		for _, event := range list.Data {
			if !policy.Chosen(p.webhook, event.Type) {
				continue
			}
			if p.try(event); p.result.Evaluated == previewEvents || time.Now().After(until) {
				return nil
			}
		}
		if list.NextCursor == nil {
			return nil
		}
		page.Cursor = *list.NextCursor
	}
	return nil
}

// preview collects what a filter makes of events.
type preview struct {
	filters Filters
	webhook *bot9.Webhook
	result  PreviewResult
}

func (p *preview) try(e *bot9.Event) {
	verdict := p.filters.Of(e).Match(p.webhook.Filter)
	p.result.Evaluated++
	if verdict == bot9.Match {
		p.result.Matched++
	}
	p.result.Results = append(p.result.Results, PreviewedEvent{
		EventID: e.ID, Event: e.Type, CreatedAt: e.CreatedAt(),
		Match: verdict == bot9.Match, Reason: verdict.Reason(),
	})
}
