package delivery

import (
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
)

// endpoint is a webhook as the dispatcher sees it. The dispatcher's mutex guards it.
type endpoint struct {
	id      bot9.WebhookID
	webhook *bot9.Webhook // nil until loaded
	send    Send
	health  bot9.Health
	bucket  policy.Bucket

	bytes          int  // of what is queued
	size           int  // of its deliveries, about; 0 = not known yet
	live, replayed fifo // low: of replays, behind live ones
	inFlight       int
	committing     int  // results that aren't committed yet
	inTurn         bool // waits in turns for a worker
	isShort        bool // waits in Dispatcher.short for a greater share of the workers
	admitting      int  // let in by Admit since the call of Committed numbered admittedAt
	admittedAt     int

	liveDue, replayedDue bot9.Time // when the first ready delivery in the backlog is due; 0 = none is known
	claiming             bool
	behind               bool // the last claim hit its limit; due deliveries remain in the backlog
	loading, stale       bool // stale: changed again while loading
	gone                 bool // deleted

	timer         *time.Timer
	armedFor      bot9.Time
	healthSavedAt bot9.Time
}

// fifo is a queue of deliveries.
type fifo struct {
	items []*bot9.Delivery
	head  int
}

func (q *fifo) len() int { return len(q.items) - q.head }

func (q *fifo) push(d *bot9.Delivery) { q.items = append(q.items, d) }

func (q *fifo) pop() *bot9.Delivery {
	d := q.items[q.head]
	q.items[q.head] = nil
	q.head++
	switch {
	case q.head == len(q.items):
		q.items, q.head = q.items[:0], 0
	case q.head > 64 && q.head*2 > len(q.items):
		q.items = append(q.items[:0], q.items[q.head:]...)
		q.head = 0
	}
	return d
}

func (ep *endpoint) queued() int { return ep.live.len() + ep.replayed.len() }

// open tells whether a new live delivery may go directly into the window.
func (ep *endpoint) open(now bot9.Time, membership policy.Membership) bool {
	if ep.webhook == nil || ep.webhook.Status != bot9.WebhookEnabled {
		return false
	}
	if mine, from := membership.Owns(ep.webhook); !mine || now < from {
		return false
	}
	older := ep.claiming || (ep.liveDue != 0 && ep.liveDue <= now)
	if older && (ep.behind || ep.live.len()+ep.admitting >= claimBelow) {
		return false // those in the backlog come first; but a few may pass some retries
	}
	gate, _ := policy.Gate(now, &ep.health)
	return gate == policy.Closed
}

// dueAt notes that the backlog has deliveries due at live and low; 0 = none.
func (ep *endpoint) dueAt(live, low bot9.Time) {
	ep.liveDue, ep.replayedDue = earlier(ep.liveDue, live), earlier(ep.replayedDue, low)
}

// earlier returns the earlier of two moments; 0 means none.
func earlier(a, b bot9.Time) bot9.Time {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}

// limit returns how many requests the endpoint may have in flight at now from this process,
// and if it is none, when that changes; 0 = once the membership does.
func (ep *endpoint) limit(now bot9.Time, membership policy.Membership) (int, bot9.Time) {
	if mine, from := membership.Owns(ep.webhook); !mine || now < from {
		return 0, from
	}
	switch gate, until := policy.Gate(now, &ep.health); gate {
	case policy.Open:
		return 0, until
	case policy.HalfOpen:
		return 1, 0
	}
	return policy.InFlightLimit(ep.webhook, &ep.health), 0
}

// An endpoint may hold a share of the free workers and of the free room in the window. So endpoints that want much get
// equal shares, and however many they are, something is left for the next one
// (dynamic thresholds: Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998).

// workerLimit is how many workers an endpoint may keep busy at present. One it always may.
func (e *Dispatcher) workerLimit() int { return max((maxWorkers-firstWorkers-e.counts.InFlight)/2, 1) }

// queueLimit is how many live deliveries an endpoint may have in the window at present.
func (e *Dispatcher) queueLimit() int {
	return min(endpointQueue, max((maxQueued-e.queued-e.admitting)/4, 1))
}

// push puts a delivery into its endpoint's queue.
func (e *Dispatcher) push(ep *endpoint, d *bot9.Delivery) {
	e.queued++
	e.hold(ep, d)
	if d.ReplayID != 0 {
		ep.replayed.push(d)
	} else {
		ep.live.push(d)
	}
}

// takeQueue empties an endpoint's queue.
func (e *Dispatcher) takeQueue(ep *endpoint) []*bot9.Delivery {
	var taken []*bot9.Delivery
	for _, q := range []*fifo{&ep.live, &ep.replayed} {
		for q.len() > 0 {
			taken = append(taken, q.pop())
		}
	}
	e.queued -= len(taken)
	e.bytes -= ep.bytes
	ep.bytes = 0
	if len(taken) > 0 && len(e.short) > 0 {
		e.wakeWorker() // which looks whether there is room for others now
	}
	return taken
}

// review does what the endpoint's state calls for: load it, let it wait, claim from the backlog,
// or line it up for a worker. It is called after everything that may have changed that state.
func (e *Dispatcher) review(ep *endpoint) {
	switch {
	case e.stopping || ep.gone || ep.loading: // loading: what follows goes out by the new settings only
		return
	case ep.webhook == nil:
		e.load(ep)
		return
	case ep.webhook.Status != bot9.WebhookEnabled:
		e.release(ep)
		return
	}
	now := e.clock()
	limit, until := ep.limit(now, e.membership)
	if limit == 0 {
		e.release(ep) // it may take days: the room is for others
		if until != 0 {
			ep.arm(e, until, now)
		}
		return
	}
	e.claimIfDue(ep, now)
	if ep.inTurn || ep.queued() == 0 || ep.inFlight >= limit {
		return
	}
	if ep.inFlight >= e.workerLimit() || !e.maySend(ep) {
		e.runShort(ep)
		return
	}
	ep.inTurn = true
	e.turns.push(ep)
	e.wakeWorker()
}

// runShort lets an endpoint wait until a worker has nothing else to do.
func (e *Dispatcher) runShort(ep *endpoint) {
	if !ep.isShort {
		ep.isShort = true
		e.short = append(e.short, ep)
	}
}

// claimIfDue claims from the backlog if something is due there and the window has room.
func (e *Dispatcher) claimIfDue(ep *endpoint, now bot9.Time) {
	due := earlier(ep.liveDue, ep.replayedDue)
	if due == 0 || ep.claiming {
		return
	}
	if due.Sub(now) > policy.LongestWait(ep.webhook) { // the clock was set back by more than the dispatcher's own allows for
		now = due
	}
	if due > now {
		ep.arm(e, due, now)
		return
	}
	queue := ep.queued()
	if ep.liveDue != 0 && ep.liveDue <= now {
		queue = ep.live.len() // what is of replays doesn't keep live ones out
	}
	room := e.queueLimit()
	if queue >= min(claimBelow, (room+1)/2) {
		return // a worker that shortens the queue reviews again
	}
	batch := e.claimSize(ep, min(claimBatch, room-queue))
	if batch == 0 {
		e.runShort(ep)
		return
	}
	if gate, _ := policy.Gate(now, &ep.health); gate == policy.HalfOpen {
		if batch = 1; ep.queued()+ep.inFlight > 0 {
			return // there is a probe already
		}
	}
	// The claim will tell what is left. What becomes ready while it runs is noted beside it.
	ep.claiming, ep.liveDue, ep.replayedDue = true, 0, 0
	reserved := batch * ep.sizeOrGuess()
	e.bytes += reserved
	e.background.Go(func() { e.claim(ep, now, batch, reserved) })
}

func (e *Dispatcher) claim(ep *endpoint, now bot9.Time, batch, reserved int) {
	claimed, live, low, err := e.store.Claim(e.sending, ep.id, now, batch)
	e.mu.Lock()
	defer e.mu.Unlock()
	ep.claiming = false
	e.bytes -= reserved
	if ep.gone {
		return
	}
	if err != nil {
		if !e.stopping {
			e.logStoreError(err, "claim from the backlog", "webhook", ep.id)
			later := now.Add(retryInterval)
			ep.dueAt(later, later)
			ep.arm(e, later, now)
		}
		return
	}
	ep.dueAt(live, low)
	ep.behind = live != 0 && live <= now
	for _, d := range claimed {
		e.push(ep, d)
	}
	if e.stopping {
		e.leftover = append(e.leftover, e.takeQueue(ep)...)
		return
	}
	e.review(ep)
}

// release gives what is queued back to the backlog.
func (e *Dispatcher) release(ep *endpoint) {
	taken := e.takeQueue(ep)
	if len(taken) > 0 {
		e.background.Go(func() { e.releaseUntilDone(taken) })
	}
}

// releaseUntilDone tries until the store takes the deliveries back: nobody else looks after claimed ones.
func (e *Dispatcher) releaseUntilDone(taken []*bot9.Delivery) {
	for {
		err := e.store.Release(e.sending, taken)
		if err == nil {
			return
		}
		e.logStoreError(err, "give deliveries back to the backlog")
		if !e.pause(retryInterval) {
			break
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.leftover = append(e.leftover, taken...)
}

// load reads the webhook's settings in the background.
func (e *Dispatcher) load(ep *endpoint) {
	if ep.loading {
		ep.stale = true
		return
	}
	ep.loading = true
	e.background.Go(func() { e.loadNow(ep) })
}

// settings reads a webhook, and tries until the store answers; its error is NotFound or that the
// dispatcher stops.
func (e *Dispatcher) settings(id bot9.WebhookID) (bot9.Webhook, error) {
	for {
		webhook, err := e.store.Endpoint(e.sending, id)
		if err == nil || bot9.KindOf(err) == bot9.NotFound {
			return webhook, err
		}
		e.logStoreError(err, "load webhook", "webhook", id)
		if !e.pause(retryInterval) {
			return webhook, err
		}
	}
}

func (e *Dispatcher) loadNow(ep *endpoint) {
	webhook, err := e.settings(ep.id)
	var send Send
	if err == nil {
		send = e.connect(&webhook)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	ep.loading = false
	if e.stopping {
		return
	}
	if ep.stale {
		ep.stale = false
		e.load(ep)
		return
	}
	if bot9.KindOf(err) == bot9.NotFound {
		e.takeQueue(ep) // deleted: its rows go with it
		ep.disarm()
		ep.gone = true
		delete(e.endpoints, ep.id)
		return
	}
	enabledAgain := ep.webhook != nil && ep.webhook.Status == bot9.WebhookDisabled && webhook.Status == bot9.WebhookEnabled
	if moved := ep.webhook != nil && ep.webhook.URL != webhook.URL; moved {
		ep.health, ep.healthSavedAt = bot9.Health{}, 0 // it was another endpoint's
		now := e.clock()
		ep.dueAt(now, now)
	} else if ep.webhook == nil || enabledAgain {
		if webhook.Health != nil {
			ep.health = *webhook.Health
		}
		now := e.clock()
		ep.dueAt(now, now) // the backlog may hold something: a claim will tell
	} else {
		ep.mergeHealth(webhook.Health)
	}
	ep.webhook, ep.send = &webhook, send
	e.review(ep)
}

// mergeHealth takes over another process's view of the endpoint if it is newer: whether it answers, and the breaker's
// state. The concurrency limit stays this process's own.
func (ep *endpoint) mergeHealth(stored *bot9.Health) {
	if stored == nil {
		return
	}
	ep.health.PausedUntil = max(ep.health.PausedUntil, stored.PausedUntil)
	if max(stored.LastSuccessAt, stored.LastFailureAt) <= max(ep.health.LastSuccessAt, ep.health.LastFailureAt) {
		return
	}
	concurrency, paused := ep.health.Concurrency, ep.health.PausedUntil
	ep.health = *stored
	ep.health.Concurrency, ep.health.PausedUntil = concurrency, paused
}

// arm makes the endpoint be reviewed at the given moment, if nothing makes it earlier.
func (ep *endpoint) arm(e *Dispatcher, at, now bot9.Time) {
	if ep.armedFor != 0 && ep.armedFor <= at && ep.armedFor > now {
		return
	}
	ep.armedFor = at
	wait := max(at.Sub(now), time.Millisecond)
	if ep.timer != nil {
		ep.timer.Reset(wait)
		return
	}
	ep.timer = time.AfterFunc(wait, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		ep.armedFor = 0
		e.review(ep)
	})
}

func (ep *endpoint) disarm() {
	if ep.timer != nil {
		ep.timer.Stop()
	}
}

// forgetIdle makes room for another endpoint, if there are many, by forgetting some that have nothing
// to do. What the store knows of them is read anew when they have. A few are looked at each time, which
// keeps up with those that are added.
func (e *Dispatcher) forgetIdle() {
	if len(e.endpoints) < maxEndpoints {
		return
	}
	now, looked := e.clock(), 0
	for id, ep := range e.endpoints {
		if ep.idle(now, e.commits) {
			ep.disarm()
			ep.gone = true
			delete(e.endpoints, id)
		}
		if looked++; looked == forgetAtOnce {
			return
		}
	}
}

// forgetAtOnce is how many endpoints forgetIdle looks at.
const forgetAtOnce = 32

// idle tells whether nothing is lost when the endpoint is forgotten: nothing is held, under way or known to be
// due, and its health is as it was stored, or good.
func (ep *endpoint) idle(now bot9.Time, commits int) bool {
	held := ep.queued()+ep.inFlight+ep.committing > 0 || ep.inTurn || ep.isShort || ep.claiming || ep.loading || ep.admitting > 0 && ep.admittedAt == commits
	due := ep.liveDue != 0 || ep.replayedDue != 0
	limited := ep.webhook != nil && ep.webhook.RateLimit != 0 // its last turn would be forgotten too
	return !held && !due && !limited && ep.health.ConsecutiveFailures == 0 && ep.health.SilentUntil() <= now
}
