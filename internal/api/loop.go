package api

import (
	"net/http"
	"strconv"

	"github.com/bot9/bot9/internal/bot9"
)

// The delivery headers that reveal a loop, as the sender of webhooks sets them. They aren't
// signed: who may post events at all could leave them out, and harms only the request that has them.
const (
	headerWebhookID = "Bot9-Webhook-Id"
	headerHops      = "Bot9-Hops"

	codeWebhookLoop = "webhookLoop"
)

// hops tells through how many webhooks the events of a request came, and refuses those that go in a loop:
// that come from a webhook of the same chatbot, or through too many.
func (s *server) hops(r *http.Request, chatbot bot9.ChatbotID) (int, error) {
	webhook, forwarded := r.Header.Get(headerWebhookID), r.Header.Get(headerHops)
	if webhook == "" && forwarded == "" {
		return 0, nil
	}
	hops, err := strconv.Atoi(forwarded)
	if err != nil || hops < 1 {
		hops = 1 // it came from a webhook, or says so
	}
	if hops >= bot9.MaxHops {
		return 0, bot9.Errorf(bot9.Conflict, codeWebhookLoop,
			"This event has come through %d webhooks, so they send it in a loop. Change the URL of one of them.", hops)
	}
	id, ok := parseID[bot9.WebhookID](webhook)
	if !ok {
		return hops, nil
	}
	if _, err := s.Store.Webhook(r.Context(), chatbot, id); err == nil {
		return 0, bot9.Errorf(bot9.Conflict, codeWebhookLoop,
			"This is a delivery of the chatbot's own webhook %s, whose URL leads back here. Change it.", id)
	} else if bot9.KindOf(err) != bot9.NotFound {
		return 0, err
	}
	return hops, nil
}
