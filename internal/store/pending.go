package store

import (
	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
)

// countedExpansions is how many noted events statistics look at: their deliveries are still to be made, and wait too.
const countedExpansions = 2000

// pending is what is only noted for a webhook.
type pending struct {
	deliveries int64
	oldest     bot9.Time // when the first of the events was committed
}

// pendingOf counts the deliveries that are still to be made to these webhooks of a chatbot. An event counts for a webhook
// whose filter is yet to be asked. Those that nothing waits for are left out.
func pendingOf(r session, webhooks []bot9.Webhook) (map[bot9.WebhookID]pending, error) {
	counts := map[bot9.WebhookID]pending{}
	if len(webhooks) == 0 {
		return counts, nil
	}
	subscribed := policy.NewSubscriptionsOfAll(webhooks)
	chosen := map[string][]*bot9.Webhook{} // by event type, of which there are few
	err := r.query(func(scan scanFunc) error {
		e := &bot9.Event{}
		var cursor bot9.WebhookID
		if err := scan((*int64)(&e.ID), (*int64)(&cursor), &e.Type); err != nil {
			return err
		}
		matching, known := chosen[e.Type]
		if !known {
			matching = subscribed.Match(e.Type)
			chosen[e.Type] = matching
		}
		for _, w := range matching {
			if w.ID <= cursor || !waitedFor(w, e) {
				continue
			}
			count := counts[w.ID]
			if count.deliveries++; count.deliveries == 1 {
				count.oldest = e.CreatedAt()
			}
			counts[w.ID] = count
		}
		return nil
	}, `SELECT x.event_id, x.cursor, e.type FROM expansions x JOIN events e ON e.id = x.event_id
		WHERE x.account_id = $1 AND x.chatbot_id = $2 ORDER BY x.event_id LIMIT $3`, int64(webhooks[0].AccountID), int64(webhooks[0].ChatbotID), countedExpansions)
	return counts, err
}
