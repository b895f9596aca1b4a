package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/store/group"
)

// Error codes for callers when the database did not answer, and how long to wait then.
const (
	codeUnavailable    = "storeUnavailable"
	codeOutcomeUnknown = "outcomeUnknown" // it may have been committed
	retryAfter         = 2 * time.Second
)

var errOutcomeUnknown = errors.New("the connection ended while a group was committed")

// write is one caller's part of a transaction.
type write = group.Write[*tx, needs]

// needs describe a write before it runs: its kind and account, for its turn; the rows it will read and lock, so that
// PostgreSQL does that for the whole group at once. Anything not named here is read when the write asks for it.
type needs struct {
	kind    group.Kind
	account bot9.AccountID // whose turn it takes; 0: that of the chatbot's account
	chatbot bot9.ChatbotID
	weight  int // how many rows it writes, about; 0: few

	appends       bool                  // events of the chatbot, so that its webhooks are matched
	conversations []bot9.ConversationID // whose lanes it adds to, or finishes something in
	result        *bot9.AttemptResult
	// returns points to the caller's result; the answer to a request with an idempotency key is rendered from it. A
	// write without it records no key.
	returns any
	// exclusive: it locks conversations that it learns only while it runs. Locks are taken in the order of IDs, so it
	// can't share a transaction with other writes.
	exclusive bool
	// evenIfFull: it ends or frees something, so it is written when the disk is full too, as all kinds but requests are.
	evenIfFull bool
}

// write commits work, together with other writes that wait at the same time, and returns once it is durable.
func (s *Store) write(ctx context.Context, work func(*tx) error) error {
	return s.writeWith(ctx, needs{}, work)
}

// writeFor is write, in the turn of the chatbot's account.
func (s *Store) writeFor(ctx context.Context, chatbot bot9.ChatbotID, work func(*tx) error) error {
	return s.writeWith(ctx, needs{chatbot: chatbot}, work)
}

func (s *Store) writeWith(ctx context.Context, n needs, work func(*tx) error) error {
	i := bot9.IdempotencyFrom(ctx)
	if i == nil || n.returns == nil || i.Answered {
		return s.writeUnnamed(ctx, n, work)
	}
	asked := false
	err := s.writeUnnamed(ctx, n, named(i, n.returns, func(t *tx) error {
		err := work(t)
		asked = t.unanswered != 0
		return err
	}))
	if err == nil {
		i.Recorded, i.Answered = true, !asked
	}
	i.Refused = bot9.CodeOf(err) == codeKeyUsed
	return err
}

// writeUnnamed is writeWith without recording an idempotency key.
func (s *Store) writeUnnamed(ctx context.Context, n needs, work func(*tx) error) error {
	if n.kind == group.Requests && !n.evenIfFull && s.disk.refuses() {
		return errDiskFull()
	}
	done := make(chan error, 1)
	w := s.newWrite(ctx, n, work)
	w.Done = func(err error) { done <- err }
	if s.queue.Put(w) != nil {
		return errClosed
	}
	var late <-chan time.Time // nil: a request may wait as long as it takes
	if s.peers != nil && n.kind == group.Requests {
		timer := time.NewTimer(s.peers.db.patience)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case err := <-done:
		return err
	case <-late: // the database is silent: what has not begun is not to begin later
		if w.Withdraw() {
			return s.storeError(errSilent)
		}
		return <-done
	case <-ctx.Done():
		if w.Withdraw() {
			return ctx.Err()
		}
		return <-done // it may have been committed, and the caller wants to know
	}
}

func (s *Store) newWrite(ctx context.Context, n needs, work func(*tx) error) *write {
	w := &write{Context: ctx, Kind: n.kind, Account: int64(n.account), Weight: n.weight, Exclusive: n.exclusive, Needs: n, Work: work}
	if n.chatbot != 0 {
		account, fanOut := s.owners.turnOf(int64(n.chatbot))
		if n.account == 0 {
			w.Account = account
		}
		if n.appends && n.kind == group.Requests { // the other kinds know their weight
			w.Weight = max(n.weight, 1) * (1 + fanOut)
		}
	}
	return w
}

// commitGroups is the writer: whatever waits while one commit runs goes into the next. No timer
// delays an idle system, unless the operator has set one.
func (s *Store) commitGroups() {
	defer close(s.done)
	for {
		writes := s.queue.Next(s.commitDelay)
		if writes == nil {
			return
		}
		group.Commit(committer{s}, writes)
	}
}

// committer is the database as package group knows it.
type committer struct{ *Store }

func (c committer) Transact(writes []*write, run func(*tx) error) error {
	t := &tx{store: c.Store}
	work := func(session session) error {
		t.begin(session)
		if err := c.db.prepare(t, writes); err != nil {
			return err
		}
		if err := run(t); err != nil {
			return err
		}
		return t.flush()
	}
	err := c.db.write(work)
	if isFull(err) && c.useReserve() {
		c.memory.rollback()
		c.memory.invalidate()
		err = c.db.write(work)
	}
	if !errors.Is(err, group.ErrRefused) {
		c.disk.noteCommit(err)
		c.saveSpace(c.disk.refuses())
	}
	switch {
	case err == nil:
		c.memory.commit()
		t.announce()
	case errors.Is(err, group.ErrRefused):
		c.memory.rollback()
	default:
		c.memory.rollback()
		c.memory.invalidate()
	}
	return err
}

func (committer) Refusal(err error) bool {
	_, own := errors.AsType[callerError](err)
	return own || bot9.CodeOf(err) != ""
}

func (c committer) Separable(err error) bool { return c.db.separable(err) }
func (c committer) Report(err error) error   { return c.storeError(err) }
func (c committer) Rerun()                   { c.reruns.Add(1) }

// Mark and Changed tell package group whether a write that was refused has changed anything.
func (t *tx) Mark(ctx context.Context) { t.dirty, t.fannedOut, t.ctx = false, 0, ctx }
func (t *tx) Changed() bool            { return t.dirty }

// callerError is an error of a function that the caller passed in. It is returned unchanged.
type callerError struct{ error }

// storeError keeps errors that mean something to the caller, and turns the database's own into
// Unavailable.
func (s *Store) storeError(err error) error {
	if own, ok := errors.AsType[callerError](err); ok {
		return own.error
	}
	if _, panicked := errors.AsType[*group.PanicError](err); panicked {
		return err
	}
	if err == nil || bot9.CodeOf(err) != "" || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if isFull(err) {
		s.disk.logs.log(s.log, "the database's disk is full", "path", s.disk.path, "error", err)
		return fmt.Errorf("%w: %w", errDiskFull(), err)
	}
	s.disk.logs.log(s.log, "database", "error", err)
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
	store      *Store
	now        bot9.Time
	ctx        context.Context // of the write that runs at present
	dirty      bool            // the write that runs at present has changed something
	unanswered bot9.MessageID  // the question that the write that runs at present stored and did not answer
	searchable bool            // it has noted what is to be indexed for searches

	admitted        []*bot9.Delivery
	readyWebhooks   map[bot9.WebhookID]struct{}
	changedWebhooks map[bot9.WebhookID]struct{}
	appended        map[bot9.ChatbotID]struct{}
	touched         map[bot9.ChatbotID]bot9.Topics // what of them has changed, besides events
	tallies         map[bot9.WebhookID]*tally
	replays         map[bot9.ReplayID]*replayTally
	health          map[bot9.WebhookID]*bot9.Health // as it is at the end
	faults          map[bot9.WebhookID]bot9.FilterErrors
	orphans         []*bot9.Delivery // taken, and their events are gone
	events          int64

	preloaded           *preloaded                   // what the caller of the write that runs has read before
	fannedOut           int                          // deliveries that the write that runs has made
	expanding           map[bot9.ConversationID]bool // whether events of it are noted, as far as it was asked
	deferred            bool                         // there are new notes
	expands             bool                         // deliveries of events that were committed before
	loadedSubscriptions []bot9.ChatbotID             // whose subscriptions were read
	resubscribed        map[bot9.ChatbotID]struct{}  // whose webhooks have changed

	prepared
}

// prepared is what the database has locked and read for the group before its first write ran. It is empty
// where one process has the database to itself.
type prepared struct {
	versions     map[bot9.ChatbotID]int64          // of the chatbots' webhooks
	finishedRows map[attemptKey]bool               // rows of results that were alive, and are removed
	promoted     map[bot9.EventID][]*bot9.Delivery // taken, and without their event so far
	inserted     *insertedDeliveries
}

// shared tells whether other processes may be on the database.
func (p *prepared) shared() bool { return p.versions != nil }

// cachedConversation is a conversation that nobody else changes, as it stands in the transaction.
type cachedConversation struct {
	chatbot  bot9.ChatbotID
	sequence int64 // of its newest event
	newest   bot9.EventID
	moved    bool // by this transaction
}

// begin starts over, also when the transaction is run again.
func (t *tx) begin(session session) {
	t.store.memory.begin()
	*t = tx{
		session: session, store: t.store, now: t.store.clock(),
		readyWebhooks: map[bot9.WebhookID]struct{}{}, changedWebhooks: map[bot9.WebhookID]struct{}{},
		appended: map[bot9.ChatbotID]struct{}{}, touched: map[bot9.ChatbotID]bot9.Topics{}, tallies: map[bot9.WebhookID]*tally{},
		replays: map[bot9.ReplayID]*replayTally{}, health: map[bot9.WebhookID]*bot9.Health{}, faults: map[bot9.WebhookID]bot9.FilterErrors{},
	}
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
	return t.store.db.beforeCommit(t)
}

// announce passes on what was committed to everything that waits for it.
func (t *tx) announce() {
	t.store.events.Add(t.events)
	t.store.transactions.Add(1)
	t.store.changes.notify(t.appended)
	t.store.watchers.publish(t.changedTopics())
	if t.searchable {
		select {
		case t.store.indexing <- struct{}{}:
		default:
		}
	}
	t.store.publishToPeers(t)
	t.store.queueFaults(t.faults)
	t.store.published.committed(t)
	t.store.signalExpander(t)
	t.store.purgeWaitingLater(t.orphans)
	for _, orphans := range t.promoted {
		t.store.purgeWaitingLater(orphans)
	}
	d := t.store.dispatcher
	if d == nil {
		return
	}
	for id := range t.changedWebhooks {
		d.WebhookChanged(id)
	}
	if len(t.admitted) == 0 && len(t.readyWebhooks) == 0 {
		return
	}
	ready := make([]bot9.WebhookID, 0, len(t.readyWebhooks))
	for id := range t.readyWebhooks {
		ready = append(ready, id)
	}
	t.store.peers.passReady(d.Committed(t.admitted, ready))
}
