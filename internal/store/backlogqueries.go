package store

import (
	"errors"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/lifecycle"
)

// backlogSelect is a SELECT of waiting deliveries, and the column to sort them by.
type backlogSelect struct {
	*query
	order string
}

// backlogQueries returns the queries that together find a webhook's deliveries in the backlog. Each goes by an
// index that leads to them however many others wait, which is why there are several: deliveries that are being
// sent are in another index than those that wait, and those in a conversation's lane in another than those that
// left it. With a sign before it, a column's index can't be used.
func (s *Store) backlogQueries(webhook bot9.WebhookID, filter bot9.DeliveryFilter, cursor int64) (queries []backlogSelect) {
	add := func(order, sql string, args ...any) {
		q := backlogSelect{newQuery(sql, args...), order}
		q.restrict(filter, cursor)
		queries = append(queries, q)
	}
	byWebhook := unfinishedQuery + ` WHERE b.webhook_id = %s`
	switch tried, _, _ := lifecycle.Shown(filter.Status); {
	case filter.EventID != 0:
		add(`+b.id`, unfinishedQuery+` WHERE b.event_id = %s AND b.state < `+sqlTaken+` AND +b.webhook_id = %s`, int64(filter.EventID), int64(webhook))
		add(`b.id`, byWebhook+` AND b.state >= `+sqlTaken+` AND +b.event_id = %s`, int64(webhook), int64(filter.EventID))
	case filter.ConversationID != 0:
		add(`b.id`, byWebhook+` AND b.lane = %s`, int64(webhook), int64(filter.ConversationID))
		add(`b.id`, byWebhook+` AND b.state >= `+sqlTaken+` AND b.lane = b.id AND +e.conversation_id = %s`, int64(webhook), int64(filter.ConversationID))
		_, from, args := s.db.eventsOf(s, filter.ConversationID, idRange{})
		q := newQuery(unfinishedColumns+` FROM (SELECT e.id`+from, args...)
		q.add(`) c CROSS JOIN backlog b CROSS JOIN events e WHERE b.event_id = c.id AND b.state < `+sqlTaken+` AND e.id = b.event_id
			AND b.lane = b.id AND +b.webhook_id = %s`, int64(webhook))
		q.restrict(filter, cursor)
		queries = append(queries, backlogSelect{q, `+b.id`})
	case tried: // which have an index of their own
		add(`b.id`, byWebhook, int64(webhook))
	default:
		add(`b.id`, byWebhook+` AND b.state < `+sqlTaken+``, int64(webhook))
		add(`b.id`, byWebhook+` AND b.state >= `+sqlTaken+``, int64(webhook))
	}
	return queries
}

// restrict adds what is asked for besides the webhook, the event and the conversation.
func (q *query) restrict(filter bot9.DeliveryFilter, cursor int64) {
	if filter.EventID != 0 && filter.ConversationID != 0 {
		q.and(`+e.conversation_id = %s`, int64(filter.ConversationID))
	}
	if filter.EventType != "" {
		q.andType(`e.type`, filter.EventType)
	}
	if tried, setAside, asked := lifecycle.Shown(filter.Status); asked {
		attempts := `b.attempts = 0`
		if tried {
			attempts = `b.attempts > 0`
		}
		q.and(attempts+` AND b.set_aside = %s`, oneIf(setAside))
	}
	q.andTimes("b.id", filter.Since, filter.Until)
	if cursor != 0 {
		q.and(`b.id < %s`, cursor)
	}
}

// askOldestWaiting asks for the deliveries of the webhook that are in the backlog for longest, of those that wait and of
// those that are sent: each has an index.
func askOldestWaiting(r session, webhook bot9.WebhookID, found func(id int64)) error {
	for _, part := range []string{`state < ` + sqlTaken, `state >= ` + sqlTaken} {
		err := r.ask(func(scan scanFunc) error {
			id := int64(0)
			err := scan(&id)
			found(id)
			return err
		}, `SELECT id FROM backlog WHERE webhook_id = $1 AND `+part+` ORDER BY id LIMIT 1`, int64(webhook))
		if err != nil {
			return err
		}
	}
	return nil
}

// oldestWaiting returns the ID of the delivery of the webhook that is in the backlog for longest, 0 if there is none.
func oldestWaiting(r session, webhook bot9.WebhookID) (oldest int64, err error) {
	err = askOldestWaiting(r, webhook, func(id int64) {
		if oldest == 0 || id < oldest {
			oldest = id
		}
	})
	return oldest, errors.Join(err, r.answers())
}
