package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// groupLimit is how many writes one transaction folds together at most.
const groupLimit = 256

// What callers are told when the database did not answer, and how long to wait then.
const (
	codeUnavailable    = "storeUnavailable"
	codeOutcomeUnknown = "outcomeUnknown" // it may have been committed
	retryAfter         = 2 * time.Second
)

var errOutcomeUnknown = errors.New("the connection ended while a group was committed")

// write is one caller's part of a transaction. It may run more than once, so it must set its
// results anew each time, and touch nothing else outside the transaction.
type write struct {
	ctx  context.Context
	work func(*tx) error
	err  error
	then func(error) // called after the commit
	needs
}

// needs are what a write is known to need before it runs, so that a database that several processes
// work on can lock and read it for the whole group at once. What isn't named here is read when it is
// asked for.
type needs struct {
	chatbot       bot9.ChatbotID
	conversations []bot9.ConversationID // whose lanes it adds to, or finishes something in
	result        *bot9.Result
	// returns points to what the caller gets, of which the answer of a named request is made. Without it the write
	// names nothing: it is none that such a request is for.
	returns any
	// apart: it locks conversations that it knows only when it runs. Since everybody locks them in
	// the order of their IDs, it can't have others beside it in its transaction.
	apart bool
}

// write commits work, together with what others want written at the same time, and returns once
// it is durable.
func (s *Store) write(ctx context.Context, work func(*tx) error) error {
	return s.writeWith(ctx, needs{}, work)
}

func (s *Store) writeWith(ctx context.Context, n needs, work func(*tx) error) error {
	i := bot9.IdempotencyFrom(ctx)
	if i == nil || n.returns == nil || i.Answered {
		return s.writeAlone(ctx, n, work)
	}
	asked := false
	err := s.writeAlone(ctx, n, named(i, n.returns, func(t *tx) error {
		err := work(t)
		asked = t.asked != 0
		return err
	}))
	if err == nil {
		i.Recorded, i.Answered = true, !asked
	}
	i.Refused = bot9.CodeOf(err) == codeKeyUsed
	return err
}

// writeAlone is write, without what the context wants to be written too.
func (s *Store) writeAlone(ctx context.Context, n needs, work func(*tx) error) error {
	done := make(chan error, 1)
	if err := s.handIn(ctx, s.writes, &write{ctx: ctx, work: work, needs: n, then: func(err error) { done <- err }}); err != nil {
		return err
	}
	return <-done // not ctx.Done: it may have been committed, and the caller wants to know
}

// handIn gives a write to the writer, who will call its then; an error means that it won't.
func (s *Store) handIn(ctx context.Context, queue chan<- *write, w *write) error {
	s.gate.RLock()
	defer s.gate.RUnlock()
	if s.closed {
		return errClosed
	}
	select {
	case queue <- w:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// commitGroups is the writer: whatever waits while one commit runs goes into the next. No timer
// delays an idle system, unless the operator has set one.
func (s *Store) commitGroups() {
	defer close(s.done)
	group := make([]*write, 0, groupLimit)
	for {
		group = group[:0]
		select {
		case w := <-s.results:
			group = append(group, w)
		case w := <-s.writes:
			group = append(group, w)
		case <-s.closing:
			if group = s.drain(group); len(group) == 0 {
				return
			}
		}
		// A commit costs nearly the same for many as for few: whoever is about to hand something in may do
		// so first. Where nobody has anything to do this returns at once.
		runtime.Gosched()
		group = s.drain(group)
		if s.delay > 0 {
			group = s.awaitMore(group)
		}
		s.commitParts(group)
	}
}

// awaitMore adds what comes within the commit's delay.
func (s *Store) awaitMore(group []*write) []*write {
	over := time.NewTimer(s.delay)
	defer over.Stop()
	for len(group) < groupLimit {
		select {
		case w := <-s.results:
			group = append(group, w)
		case w := <-s.writes:
			group = append(group, w)
		case <-over.C:
			return group
		case <-s.closing:
			return s.drain(group)
		}
	}
	return group
}

// drain adds what waits, results first, without waiting for more.
func (s *Store) drain(group []*write) []*write {
	for len(group) < groupLimit {
		select {
		case w := <-s.results:
			group = append(group, w)
			continue
		default:
		}
		select {
		case w := <-s.results:
			group = append(group, w)
		case w := <-s.writes:
			group = append(group, w)
		default:
			return group
		}
	}
	return group
}

var errOneFailed = errors.New("one write of the group failed")

// commitParts commits a group, but writes that must be apart each by itself.
func (s *Store) commitParts(group []*write) {
	together := group[:0]
	for _, w := range group {
		if w.apart {
			s.commit([]*write{w})
			continue
		}
		together = append(together, w)
	}
	s.commit(together)
}

// commit runs a group in one transaction. A write that fails before it changed anything just gets
// its error; one that fails in the middle costs a rollback, and the others run again without it.
func (s *Store) commit(group []*write) {
	for len(group) > 0 {
		t := &tx{store: s}
		culprit := -1
		err := s.db.write(func(session session) error {
			t.begin(session)
			culprit = -1
			if err := s.db.prepare(t, group); err != nil {
				return err
			}
			for i, w := range group {
				t.dirty, t.fanout = false, 0
				if w.err = w.ctx.Err(); w.err == nil {
					w.err = w.run(t)
				}
				if w.err != nil && t.dirty {
					culprit = i
					return errOneFailed
				}
			}
			return t.flush()
		})
		if err == nil {
			s.memory.commit()
		} else if s.memory.rollback(); culprit < 0 {
			s.memory.forget()
		}
		if culprit >= 0 {
			failed := group[culprit]
			failed.then(s.storeError(failed.err))
			group = append(group[:culprit], group[culprit+1:]...)
			continue
		}
		if err == nil {
			t.announce()
		}
		if err != nil && len(group) > 1 && s.db.alone(err) {
			for _, w := range group {
				s.commit([]*write{w})
			}
			return
		}
		for _, w := range group {
			if err != nil {
				w.err = err // also where it refused, since that may rest on what another one wrote
			}
			w.then(s.storeError(w.err))
		}
		return
	}
}

// run does the write's work. A panic in it, for instance in a decision, is the failure of this write
// and not the end of all others.
func (w *write) run(t *tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			t.dirty = true // how far it came is anybody's guess: undo it
			err = callerError{fmt.Errorf("panic in a write: %v\n%s", p, debug.Stack())}
		}
	}()
	t.ctx = w.ctx
	return w.work(t)
}

// callerError is an error of a function that the caller handed in. It goes back as it is.
type callerError struct{ error }

// storeError keeps errors that mean something to the caller, and turns the database's own into
// Unavailable.
func (s *Store) storeError(err error) error {
	if own, ok := errors.AsType[callerError](err); ok {
		return own.error
	}
	if err == nil || bot9.CodeOf(err) != "" || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	s.log.Error("database", "error", err)
	unavailable := bot9.Errorf(bot9.Unavailable, codeUnavailable, "The database did not answer. Try again.")
	if errors.Is(err, errOutcomeUnknown) {
		unavailable = bot9.Errorf(bot9.Unavailable, codeOutcomeUnknown, "The database did not answer while it committed: the request may have had its effect.")
	}
	unavailable.RetryAfter = retryAfter
	return fmt.Errorf("%w: %w", unavailable, err)
}

// tx is one transaction and what is to be done once it is committed.
type tx struct {
	session
	store *Store
	now   bot9.Time
	ctx   context.Context // of the write that runs at present
	dirty bool            // the write that runs at present has changed something
	asked bot9.MessageID  // the question that the write that runs at present stored and did not answer

	admitted []*bot9.Delivery
	ready    map[bot9.WebhookID]struct{}
	changed  map[bot9.WebhookID]struct{}
	woken    map[bot9.ChatbotID]struct{}
	touched  map[bot9.ChatbotID]bot9.Topics // what of them has changed, besides events
	tallies  map[bot9.WebhookID]*tally
	replays  map[bot9.ReplayID]*replayTally
	health   map[bot9.WebhookID]*bot9.Health // as it is at the end
	faults   map[bot9.WebhookID]bot9.FilterErrors
	orphans  []*bot9.Delivery // taken, and their events are gone
	events   int64

	bringing  *bringing                   // what the caller of the write that runs has read before
	fanout    int                         // deliveries that the write that runs has made
	noted     bool                        // there are new notes
	expanding bool                        // deliveries of events that were committed before
	loaded    []bot9.ChatbotID            // whose subscriptions were read
	rewired   map[bot9.ChatbotID]struct{} // whose webhooks have changed

	prepared
}

// prepared is what the database has locked and read for the group before its first write ran. It is empty
// where one process has the database to itself.
type prepared struct {
	versions map[bot9.ChatbotID]int64          // of the chatbots' webhooks
	settled  map[settledKey]bool               // rows of results that were alive, and are removed
	promoted map[bot9.EventID][]*bot9.Delivery // taken, and without their event so far
	new      *newDeliveries
}

// shared tells whether other processes may be on the database.
func (p *prepared) shared() bool { return p.versions != nil }

// knownConversation is a conversation that nobody else changes, as it stands in the transaction.
type knownConversation struct {
	chatbot  bot9.ChatbotID
	sequence int64 // of its newest event
	newest   bot9.EventID
	moved    bool // by this transaction
}

// begin starts over, also when the transaction is run again.
func (t *tx) begin(session session) {
	t.store.memory.begin()
	*t = tx{session: session, store: t.store, now: t.store.clock(),
		ready: map[bot9.WebhookID]struct{}{}, changed: map[bot9.WebhookID]struct{}{},
		woken: map[bot9.ChatbotID]struct{}{}, touched: map[bot9.ChatbotID]bot9.Topics{}, tallies: map[bot9.WebhookID]*tally{},
		replays: map[bot9.ReplayID]*replayTally{}, health: map[bot9.WebhookID]*bot9.Health{}, faults: map[bot9.WebhookID]bot9.FilterErrors{}}
}

func (t *tx) exec(sql string, args ...any) (int64, error) {
	t.dirty = true
	return t.session.exec(sql, args...)
}

func (t *tx) queue(sql string, args ...any) error {
	t.dirty = true
	return t.session.queue(sql, args...)
}

func (t *tx) insert(into *table, args ...any) error {
	t.dirty = true
	return t.session.insert(into, args...)
}

func (t *tx) nextID() int64 { return t.store.ids.next(t.now) }

func (t *tx) moment() bot9.Moment { return bot9.Moment{Now: t.now, NextID: t.nextID} }

// flush writes what was gathered over the whole group.
func (t *tx) flush() error {
	if err := t.flushTallies(); err != nil {
		return err
	}
	if err := t.flushReplays(); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(t.health)) {
		if err := t.saveHealth(id, t.health[id]); err != nil {
			return err
		}
	}
	return t.store.db.conclude(t)
}

// announce tells those who wait for it what was committed.
func (t *tx) announce() {
	t.store.events.Add(t.events)
	t.store.transactions.Add(1)
	t.store.wakers.wake(t.woken)
	t.store.watchers.publish(t.changedTopics())
	t.store.tellPeers(t)
	t.store.tellFaults(t.faults)
	t.store.published.committed(t)
	t.store.tellNotes(t)
	t.store.discardLater(t.orphans)
	for _, orphans := range t.promoted {
		t.store.discardLater(orphans)
	}
	d := t.store.dispatcher
	if d == nil {
		return
	}
	for id := range t.changed {
		d.WebhookChanged(id)
	}
	if len(t.admitted) == 0 && len(t.ready) == 0 {
		return
	}
	ready := make([]bot9.WebhookID, 0, len(t.ready))
	for id := range t.ready {
		ready = append(ready, id)
	}
	t.store.peers.passOn(d.Committed(t.admitted, ready))
}
