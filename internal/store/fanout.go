package store

import (
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
)

// No filter runs inside the writer, and no event makes more than a few deliveries there. If an event's webhooks have
// no filters and are few, its own transaction makes its deliveries. The filters of posted events are evaluated before
// that transaction. Everything else becomes a row of the table expansions, written in the event's transaction, and
// Expand makes the deliveries later:
//
//	(posted) --few webhooks, no filter--------------------> deliveries
//	    |----filters evaluated before, webhooks unchanged--> deliveries
//	    +----all else, and whatever follows an expansion---> expansion --Expand--> deliveries
//
// One rule keeps the order: while a conversation has pending expansions, its later events are deferred too, and
// expansions are done first in, first out. Events of other conversations, and those outside any, don't wait.

const (
	maxFanout      = 16                    // deliveries of one event that its transaction makes
	maxWriteFanout = 1024                  // deliveries that one write makes at most
	prefilterTime  = 10 * time.Millisecond // how long a caller evaluates filters before its write
)

// prefiltered is what the filters of an event's webhooks say of it before it is appended.
type prefiltered struct {
	by     *policy.Subscriptions // the webhooks that were asked
	wanted []*bot9.Webhook
	faults []filterFault
}

// filterFault is a filter that could not tell.
type filterFault struct {
	webhook bot9.WebhookID
	reason  string
}

// prefilter evaluates the filters of the events' webhooks, as far as it gets in its time. The result for an event
// is nil where no filter is asked, or one reads what only the transaction knows.
func (s *Store) prefilter(known subscriptions, chatbot bot9.ChatbotID, events []bot9.NewEvent) []*prefiltered {
	var all []*prefiltered
	until := time.Time{}
	for i, event := range events {
		webhooks := known.Match(event.Type)
		if !anyFiltered(webhooks) {
			continue
		}
		if all == nil {
			all, until = make([]*prefiltered, len(events)), time.Now().Add(prefilterTime)
		}
		e := &bot9.Event{ChatbotID: chatbot, ConversationID: event.ConversationID, Type: event.Type, Data: event.Data}
		if all[i] = s.prefilterEvent(known, e, webhooks, until); time.Now().After(until) {
			break
		}
	}
	return all
}

func (s *Store) prefilterEvent(known subscriptions, e *bot9.Event, webhooks []*bot9.Webhook, until time.Time) *prefiltered {
	f := &prefiltered{by: known.Subscriptions}
	matcher := eventFilter{filters: s.filters, event: e}
	for _, w := range webhooks {
		if w.Filter != "" && s.filters.ReadsLate(w.Filter) {
			return nil
		}
		verdict := matcher.verdict(w)
		if verdict == bot9.Match {
			f.wanted = append(f.wanted, w)
		}
		if reason := verdict.Reason(); reason != "" {
			f.faults = append(f.faults, filterFault{w.ID, reason})
		}
		if len(f.wanted) > maxFanout || time.Now().After(until) {
			return nil
		}
	}
	return f
}

func anyFiltered(webhooks []*bot9.Webhook) bool {
	for _, w := range webhooks {
		if w.Filter != "" {
			return true
		}
	}
	return false
}

// deliver makes the event's deliveries, or defers them to an expansion.
func (t *tx) deliver(e *bot9.Event, f *prefiltered) error {
	known, err := t.subscribed(e.ChatbotID)
	if err != nil {
		return err
	}
	matching := known.Match(e.Type)
	if len(matching) == 0 {
		return nil
	}
	t.store.owners.learn(int64(e.ChatbotID), matching[0].AccountID)
	deferred, err := t.mustFollow(e)
	if err != nil {
		return err
	}
	webhooks, filtered := matching, f.holds(known)
	if filtered {
		webhooks = f.wanted
		deferred = deferred && len(webhooks) > 0
	} else {
		deferred = deferred || len(webhooks) > maxFanout || anyFiltered(webhooks)
	}
	if deferred || t.fannedOut+len(webhooks) > maxWriteFanout {
		t.store.owners.setFanout(e.ChatbotID, 0)
		return t.deferExpansion(e, matching[0].AccountID)
	}
	t.store.owners.setFanout(e.ChatbotID, len(webhooks))
	t.fannedOut += len(webhooks)
	for _, w := range webhooks {
		if err := t.enqueue(w, e, 0); err != nil {
			return err
		}
	}
	if filtered {
		for _, found := range f.faults {
			countFault(t.faults, found.webhook, e, found.reason)
		}
	}
	return nil
}

// holds tells whether the filters were evaluated for the webhooks that the transaction goes by.
func (f *prefiltered) holds(known subscriptions) bool { return f != nil && f.by == known.Subscriptions }

// mustFollow tells whether earlier events of the event's conversation have pending expansions, so that this one is
// deferred too.
func (t *tx) mustFollow(e *bot9.Event) (bool, error) {
	if e.ConversationID == 0 {
		return false, nil
	}
	if pending, known := t.expanding[e.ConversationID]; known {
		return pending, nil
	}
	if !t.shared() {
		if pending, err := t.hasExpansions(e.ChatbotID); err != nil || !pending {
			return false, err
		}
	}
	found := int64(0)
	_, err := queryRow(t, `SELECT 1 FROM expansions WHERE conversation_id = $1 LIMIT 1`, []any{int64(e.ConversationID)}, &found)
	t.setExpanding(e.ConversationID, found == 1)
	return found == 1, err
}

func (t *tx) setExpanding(conversation bot9.ConversationID, pending bool) {
	if t.expanding == nil {
		t.expanding = map[bot9.ConversationID]bool{}
	}
	t.expanding[conversation] = pending
}

// hasExpansions tells whether the chatbot has pending expansions. It is asked only where no other process can change
// that.
func (t *tx) hasExpansions(chatbot bot9.ChatbotID) (bool, error) {
	if pending, ok := t.store.memory.expanding.get(chatbot); ok {
		return pending, nil
	}
	found := int64(0)
	_, err := queryRow(t, `SELECT 1 FROM expansions WHERE chatbot_id = $1 LIMIT 1`, []any{int64(chatbot)}, &found)
	t.store.memory.expanding.set(chatbot, found == 1)
	return found == 1, err
}

var expansionsTable = newTable("expansions", "account_id", "chatbot_id", "event_id", "cursor", "conversation_id")

func (t *tx) deferExpansion(e *bot9.Event, account bot9.AccountID) error {
	t.store.memory.expanding.set(e.ChatbotID, true)
	if e.ConversationID != 0 {
		t.setExpanding(e.ConversationID, true)
	}
	t.deferred = true
	return t.insert(expansionsTable, int64(account), int64(e.ChatbotID), int64(e.ID), 0, int64(e.ConversationID))
}
