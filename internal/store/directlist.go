package store

import (
	"slices"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
	"github.com/bot9/bot9/internal/lifecycle"
)

// Lists of deliveries merge the direct ones from memory, so that reading writes nothing.

// directDeliveries returns the direct deliveries that a list asks for, but for their status, the newest
// first. It is called before the rows are read.
func (s *Store) directDeliveries(chatbot bot9.ChatbotID, filter bot9.DeliveryFilter, cursor int64) (found []*direct) {
	since, until := int64(0), cursor
	if filter.Since != 0 {
		since = bot9.FirstIDAt(filter.Since)
	}
	if end := bot9.FirstIDAt(filter.Until); filter.Until != 0 && (until == 0 || end < until) {
		until = end
	}
	for d := range current(s.memory.directs.snapshot()) {
		switch id := int64(d.id); {
		case d.chatbot != chatbot,
			id < since,
			until != 0 && id >= until,
			filter.WebhookID != 0 && d.webhook != filter.WebhookID,
			filter.EventID != 0 && d.event != filter.EventID,
			filter.ConversationID != 0 && d.conversation != filter.ConversationID,
			filter.EventType != "" && !catalog.Matches(filter.EventType, d.eventType):
		default:
			found = append(found, d)
		}
	}
	slices.Reverse(found)
	return found
}

// showDirect returns up to limit direct deliveries with the status asked for, which depends on their
// webhook. Those of a deleted webhook are left out.
func (s *Store) showDirect(r session, found []*direct, status bot9.DeliveryStatus, limit int) (shown []bot9.Delivery, err error) {
	webhooks := map[bot9.WebhookID]bot9.WebhookStatus{}
	for _, d := range found {
		state, known := webhooks[d.webhook]
		if !known {
			webhook, err := s.findWebhook(r, `w.id = $1`, int64(d.webhook))
			if err != nil && bot9.KindOf(err) != bot9.NotFound {
				return nil, err
			}
			state = webhook.Status
			webhooks[d.webhook] = state
		}
		if state == "" || !lifecycle.MayShow(status, state) {
			continue
		}
		delivery := d.delivery()
		lifecycle.Show(&delivery, lifecycle.Direct, false, state)
		if status == "" || delivery.Status == status {
			if shown = append(shown, delivery); len(shown) == limit {
				break
			}
		}
	}
	return shown, nil
}

// directDelivery returns a direct delivery, nil if there is none.
func (s *Store) directDelivery(id bot9.DeliveryID) *direct {
	for d := range current(s.memory.directs.snapshot()) {
		if d.id == id {
			return d
		}
	}
	return nil
}

// oldestDirect returns the ID of the webhook's oldest direct delivery, 0 if it has none.
func (s *Store) oldestDirect(webhook bot9.WebhookID) int64 {
	for d := range current(s.memory.directs.snapshot()) {
		if d.webhook == webhook {
			return int64(d.id)
		}
	}
	return 0
}
