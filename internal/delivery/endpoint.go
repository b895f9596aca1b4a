package delivery

import (
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
)

// endpoint is a webhook as the engine sees it. The engine's mutex guards it.
type endpoint struct {
	id      bot9.WebhookID
	webhook *bot9.Webhook // nil until loaded
	send    Send
	health  bot9.Health
	bucket  policy.Bucket

	live, low fifo // low: of replays, behind live ones
	inFlight  int
	inTurn    bool // waits in turns for a worker

	liveDue, lowDue bot9.Time // when the first ready delivery in the backlog is due; 0 = none is known
	claiming        bool
	loading, stale  bool // stale: changed again while loading

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

func (ep *endpoint) queued() int { return ep.live.len() + ep.low.len() }

// open tells whether a new live delivery may go directly into the window.
func (ep *endpoint) open(now bot9.Time) bool {
	if ep.webhook == nil || ep.webhook.Status != bot9.WebhookEnabled || ep.live.len() >= endpointQueue {
		return false
	}
	if ep.claiming || (ep.liveDue != 0 && ep.liveDue <= now) {
		return false // older ones wait in the backlog: they come first
	}
	gate, _ := policy.Gate(now, &ep.health)
	return gate == policy.Closed
}

// readyAt notes that the backlog has deliveries due at live and low; 0 = none.
func (ep *endpoint) readyAt(live, low bot9.Time) {
	ep.liveDue, ep.lowDue = earlier(ep.liveDue, live), earlier(ep.lowDue, low)
}

// earlier returns the earlier of two moments, of which 0 is none.
func earlier(a, b bot9.Time) bot9.Time {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}

// limit returns how many requests the endpoint may have in flight at now, and if it is none, when
// that changes.
func (ep *endpoint) limit(now bot9.Time) (int, bot9.Time) {
	switch gate, until := policy.Gate(now, &ep.health); gate {
	case policy.Open:
		return 0, until
	case policy.HalfOpen:
		return 1, 0
	}
	return policy.InFlightLimit(ep.webhook, &ep.health), 0
}

// push puts a delivery into its endpoint's queue.
func (e *Engine) push(ep *endpoint, d *bot9.Delivery) {
	e.queued++
	if d.ReplayID != 0 {
		ep.low.push(d)
	} else {
		ep.live.push(d)
	}
}

// takeQueue empties an endpoint's queue.
func (e *Engine) takeQueue(ep *endpoint) []*bot9.Delivery {
	var taken []*bot9.Delivery
	for _, q := range []*fifo{&ep.live, &ep.low} {
		for q.len() > 0 {
			taken = append(taken, q.pop())
		}
	}
	e.queued -= len(taken)
	return taken
}

// review does what the endpoint's state calls for: load it, let it wait, claim from the backlog,
// or line it up for a worker. It is called after everything that may have changed that state.
func (e *Engine) review(ep *endpoint) {
	switch {
	case e.stopping:
		return
	case ep.webhook == nil:
		e.load(ep)
		return
	case ep.webhook.Status != bot9.WebhookEnabled:
		e.release(ep)
		return
	}
	now := e.clock()
	limit, until := ep.limit(now)
	if limit == 0 {
		ep.arm(e, until, now)
		return
	}
	e.claimIfDue(ep, now, limit)
	if !ep.inTurn && ep.queued() > 0 && ep.inFlight < limit {
		ep.inTurn = true
		e.turns.push(ep)
		e.wakeWorker()
	}
}

// claimIfDue claims from the backlog if something is due there and the window has room.
func (e *Engine) claimIfDue(ep *endpoint, now bot9.Time, limit int) {
	due := earlier(ep.liveDue, ep.lowDue)
	if due == 0 || ep.claiming {
		return
	}
	if due > now {
		ep.arm(e, due, now)
		return
	}
	live := ep.liveDue != 0 && ep.liveDue <= now
	if (live && ep.live.len() >= claimBelow) || (!live && ep.queued() >= claimBelow) {
		return // a worker that shortens the queue reviews again
	}
	batch := claimBatch
	if limit == 1 || e.queued >= maxQueued {
		batch = 1
	}
	if batch == 1 && ep.queued()+ep.inFlight > 0 {
		return
	}
	// The claim will tell what is left. What becomes ready while it runs is noted beside it.
	ep.claiming, ep.liveDue, ep.lowDue = true, 0, 0
	e.background.Go(func() { e.claim(ep, now, batch) })
}

func (e *Engine) claim(ep *endpoint, now bot9.Time, batch int) {
	claimed, live, low, err := e.store.Claim(e.sending, ep.id, now, batch)
	e.mu.Lock()
	defer e.mu.Unlock()
	ep.claiming = false
	if err != nil {
		if !e.stopping {
			e.log.Error("claim from the backlog", "webhook", ep.id, "error", err)
			later := now.Add(retryInterval)
			ep.readyAt(later, later)
			ep.arm(e, later, now)
		}
		return
	}
	ep.readyAt(live, low)
	for _, d := range claimed {
		e.push(ep, d)
	}
	if e.stopping {
		e.background.Go(func() { e.giveBack(claimed) })
		return
	}
	e.review(ep)
}

// release gives what is queued back to the backlog.
func (e *Engine) release(ep *endpoint) {
	taken := e.takeQueue(ep)
	if len(taken) > 0 {
		e.background.Go(func() { e.giveBack(taken) })
	}
}

func (e *Engine) giveBack(taken []*bot9.Delivery) {
	if err := e.store.Release(e.sending, taken); err != nil {
		e.log.Error("give deliveries back to the backlog", "error", err)
	}
}

// load reads the webhook's settings in the background.
func (e *Engine) load(ep *endpoint) {
	if ep.loading {
		ep.stale = true
		return
	}
	ep.loading = true
	e.background.Go(func() { e.loadNow(ep) })
}

func (e *Engine) loadNow(ep *endpoint) {
	webhook, err := e.store.Endpoint(e.sending, ep.id)
	var send Send
	if err == nil {
		send = e.connect(&webhook)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	ep.loading = false
	if ep.stale {
		ep.stale = false
		e.load(ep)
		return
	}
	if bot9.KindOf(err) == bot9.NotFound {
		e.takeQueue(ep) // deleted: its rows go with it
		ep.disarm()
		delete(e.endpoints, ep.id)
		return
	}
	if err != nil {
		if !e.stopping {
			e.log.Error("load webhook", "webhook", ep.id, "error", err)
			now := e.clock()
			ep.arm(e, now.Add(retryInterval), now)
		}
		return
	}
	enabledAgain := ep.webhook != nil && ep.webhook.Status == bot9.WebhookDisabled && webhook.Status == bot9.WebhookEnabled
	if ep.webhook == nil || enabledAgain {
		if webhook.Health != nil {
			ep.health = *webhook.Health
		}
		now := e.clock()
		ep.readyAt(now, now) // the backlog may hold something: a claim will tell
	}
	ep.webhook, ep.send = &webhook, send
	e.review(ep)
}

// arm makes the endpoint be reviewed at the given moment, if nothing makes it earlier.
func (ep *endpoint) arm(e *Engine, at, now bot9.Time) {
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
