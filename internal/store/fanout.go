package store

import (
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
)

// No filter runs inside the writer, and no event makes more than a few deliveries there. An event whose
// webhooks have no filters, and are few, gets its deliveries in its own transaction. The filters of events
// that are posted are evaluated before it. Whatever is left is noted, in the table expansions, in the
// event's transaction, and Expand makes its deliveries later:
//
//	(posted) --few webhooks, no filter--------------------> deliveries
//	    |----filters evaluated before, webhooks unchanged--> deliveries
//	    +----all else, and whatever follows a note---------> note --Expand--> deliveries
//
// Order is kept by one rule: while a conversation has notes, its later events are noted too, and notes are
// taken first in, first out. Events of other conversations, and those outside any, wait for nothing.

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

// prefilter evaluates the filters of the events' webhooks, as far as it gets in its time. A forecast is nil
// where there is none: no filter is asked, or one that reads what only the transaction knows.
func (s *Store) prefilter(known subscriptions, chatbot bot9.ChatbotID, events []bot9.NewEvent) []*prefiltered {
	var all []*prefiltered
	until := time.Time{}
	for i, event := range events {
		webhooks := known.Match(event.Type)
		if !filtered(webhooks) {
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

func filtered(webhooks []*bot9.Webhook) bool {
	for _, w := range webhooks {
		if w.Filter != "" {
			return true
		}
	}
	return false
}

// deliver makes the event's deliveries, or notes that they are to be made.
func (t *tx) deliver(e *bot9.Event, f *prefiltered) error {
	known, err := t.subscribed(e.ChatbotID)
	if err != nil {
		return err
	}
	webhooks := known.Match(e.Type)
	if len(webhooks) == 0 {
		return nil
	}
	t.store.owners.learn(int64(e.ChatbotID), webhooks[0].AccountID)
	noted, err := t.mustFollow(e)
	if err != nil {
		return err
	}
	if f != nil && f.by == known.Subscriptions {
		webhooks, noted = f.wanted, noted && len(f.wanted) > 0
	} else if noted = noted || len(webhooks) > maxFanout || filtered(webhooks); !noted {
		f = nil
	}
	if noted || t.fannedOut+len(webhooks) > maxWriteFanout {
		t.store.owners.setFanout(e.ChatbotID, 0)
		return t.deferExpansion(e, known.Match(e.Type)[0].AccountID)
	}
	t.store.owners.setFanout(e.ChatbotID, len(webhooks))
	t.fannedOut += len(webhooks)
	for _, w := range webhooks {
		if err := t.enqueue(w, e, 0); err != nil {
			return err
		}
	}
	if f != nil {
		for _, found := range f.faults {
			countFault(t.faults, found.webhook, e, found.reason)
		}
	}
	return nil
}

// mustFollow tells whether earlier events of the event's conversation are noted, so that it is too.
func (t *tx) mustFollow(e *bot9.Event) (bool, error) {
	if e.ConversationID == 0 {
		return false, nil
	}
	if noted, known := t.expanding[e.ConversationID]; known {
		return noted, nil
	}
	if !t.shared() {
		if any, err := t.hasExpansions(e.ChatbotID); err != nil || !any {
			return false, err
		}
	}
	found := int64(0)
	_, err := queryRow(t, `SELECT 1 FROM expansions WHERE conversation_id = $1 LIMIT 1`, []any{int64(e.ConversationID)}, &found)
	t.setExpanding(e.ConversationID, found == 1)
	return found == 1, err
}

func (t *tx) setExpanding(conversation bot9.ConversationID, noted bool) {
	if t.expanding == nil {
		t.expanding = map[bot9.ConversationID]bool{}
	}
	t.expanding[conversation] = noted
}

// hasExpansions tells whether any event of the chatbot is noted. Only this process can change that.
func (t *tx) hasExpansions(chatbot bot9.ChatbotID) (bool, error) {
	if noted, ok := t.store.memory.expanding.get(chatbot); ok {
		return noted, nil
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
