package store

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/store/group"
)

const (
	faultInterval = time.Second // between writes of the faults of filters
	faultsKept    = 10_000      // webhooks whose faults wait to be written; those of more are not counted
)

// filterFaults are what was wrong with filters and is not written yet. A filter that fails on every event
// costs one write a second, not one an event.
type filterFaults struct {
	mu      sync.Mutex
	waiting map[bot9.WebhookID]bot9.FilterErrors
	timer   *time.Timer // nil while nothing waits
	closed  bool
}

// eventFilter lets an event through to those webhooks whose filters it passes.
type eventFilter struct {
	filters Filters
	event   *bot9.Event
	matcher bot9.Matcher                         // nil until a webhook has a filter
	faults  map[bot9.WebhookID]bot9.FilterErrors // counts the filters that could not tell, unless it is nil
}

func (s *eventFilter) passes(w *bot9.Webhook) bool {
	verdict := s.verdict(w)
	if reason := verdict.Reason(); reason != "" && s.faults != nil {
		countFault(s.faults, w.ID, s.event, reason)
	}
	return verdict == bot9.Match
}

func (s *eventFilter) verdict(w *bot9.Webhook) bot9.Verdict {
	if w.Filter == "" {
		return bot9.Match
	}
	if s.matcher == nil {
		s.matcher = s.filters.Of(s.event)
	}
	return s.matcher.Match(w.Filter)
}

func countFault(faults map[bot9.WebhookID]bot9.FilterErrors, id bot9.WebhookID, e *bot9.Event, reason string) {
	count := faults[id].Count
	faults[id] = bot9.FilterErrors{Count: count + 1, Last: bot9.FilterError{EventID: e.ID, At: e.CreatedAt(), Reason: reason}}
}

// passes tells whether the webhook's filter lets an event of the past through.
func (s *Store) passes(w *bot9.Webhook, e *bot9.Event) bool {
	return (&eventFilter{filters: s.filters, event: e}).passes(w)
}

// queueFaults notes what was wrong with filters, to be written soon.
func (s *Store) queueFaults(found map[bot9.WebhookID]bot9.FilterErrors) {
	if len(found) == 0 {
		return
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	if s.faults.waiting == nil {
		s.faults.waiting = map[bot9.WebhookID]bot9.FilterErrors{}
	}
	for id, f := range found {
		known, ok := s.faults.waiting[id]
		if !ok && len(s.faults.waiting) >= faultsKept {
			continue
		}
		f.Count += known.Count
		if f.Last.EventID < known.Last.EventID {
			f.Last = known.Last
		}
		s.faults.waiting[id] = f
	}
	if s.faults.timer == nil && !s.faults.closed {
		s.faults.timer = time.AfterFunc(faultInterval, s.writeFaults)
	}
}

func (s *Store) writeFaults() {
	s.faults.mu.Lock()
	waiting := s.faults.waiting
	s.faults.waiting, s.faults.timer = nil, nil
	s.faults.mu.Unlock()
	if len(waiting) == 0 {
		return
	}
	for part := range slices.Chunk(slices.Sorted(maps.Keys(waiting)), group.MostWrites) {
		err := s.writeUnnamed(context.Background(), needs{kind: group.Results, weight: len(part)}, func(t *tx) error {
			for _, id := range part {
				if err := t.countFaults(id, waiting[id]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			s.log.Warn("the faults of filters could not be counted", "error", err)
			return
		}
	}
}

func (t *tx) countFaults(id bot9.WebhookID, f bot9.FilterErrors) error {
	return t.queue(`UPDATE webhooks SET filter_errors = filter_errors + $1, filter_error_event = $2, filter_error_at = $3, filter_error_reason = $4 WHERE id = $5`,
		f.Count, int64(f.Last.EventID), int64(f.Last.At), f.Last.Reason, int64(id))
}

// clearFaults is for a webhook that gets another filter.
func (t *tx) clearFaults(id bot9.WebhookID) error {
	t.store.faults.mu.Lock()
	delete(t.store.faults.waiting, id)
	t.store.faults.mu.Unlock()
	_, err := t.exec(`UPDATE webhooks SET filter_errors = 0, filter_error_event = 0, filter_error_at = 0, filter_error_reason = '' WHERE id = $1`, int64(id))
	return err
}

// stopFaults writes what waits; what comes later is lost.
func (s *Store) stopFaults() {
	s.faults.mu.Lock()
	s.faults.closed = true
	pending := s.faults.timer != nil && s.faults.timer.Stop()
	s.faults.mu.Unlock()
	if pending {
		s.writeFaults()
	}
}

// knownFaults is nil where nothing was wrong.
func knownFaults(f bot9.FilterErrors) *bot9.FilterErrors {
	if f.Count == 0 {
		return nil
	}
	return &f
}
