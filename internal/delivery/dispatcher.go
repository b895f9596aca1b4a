// Package delivery brings committed deliveries to their endpoints: in order within a conversation,
// in fair turns between endpoints, and without one endpoint delaying another.
//
// The backlog in the store is the truth; the dispatcher holds a bounded window of it. A delivery comes
// in directly from the commit that made it ready, or is claimed from the backlog: when it is due
// again, when it overflowed the window, when its endpoint's breaker lets a probe through, or after
// a restart. Lanes are the store's affair: it hands out only the heads of lanes, and finishing one
// brings the next.
package delivery

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
)

// Store is what the dispatcher needs of the store.
type Store interface {
	Endpoint(context.Context, bot9.WebhookID) (bot9.Webhook, error)
	Waiting(context.Context) (map[bot9.WebhookID]bot9.Time, error)
	Claim(ctx context.Context, webhook bot9.WebhookID, now bot9.Time, limit int) (claimed []*bot9.Delivery, live, low bot9.Time, err error)
	Release(context.Context, []*bot9.Delivery) error
	Finish(r bot9.AttemptResult, committed func(error))
	AdvanceReplays(context.Context) (more bool, err error)
}

// Send makes one attempt at a delivery, whose event is set. It never fails: what went wrong is the
// attempt's outcome.
type Send func(context.Context, *bot9.Delivery) bot9.Attempt

// Filters decides whether events pass webhooks' filters.
type Filters interface {
	Of(e *bot9.Event) bot9.Matcher
}

// Bounds on concurrent attempts and on deliveries in memory. One endpoint's share of workers and memory shrinks as they
// get scarce: see workerLimit and queueLimit.
const (
	maxWorkers     = 1024  // attempts at once, of all endpoints together
	firstWorkers   = 512   // of these, kept for the first attempt of each endpoint
	maxQueued      = 20000 // deliveries in memory, of all endpoints together
	endpointQueue  = 512   // deliveries in memory of one endpoint
	claimBatch     = 256
	claimBelow     = 64  // claim more when an endpoint's queue is shorter than this
	idleWorkers    = 512 // workers that stay when there is nothing to do
	healthInterval = 5 * time.Second
	maxEndpoints   = 20000       // known at once; beyond, idle ones are forgotten, and read anew when they have something
	retryInterval  = time.Second // between tries to reach a store that failed
)

// Options are the dispatcher's settings and what it needs from outside.
type Options struct {
	Store   Store
	Filters Filters                              // nil: every event passes
	Connect func(*bot9.Webhook) Send             // prepares sending to a webhook, once per change of its settings
	NewID   func(context.Context) (int64, error) // makes IDs that nobody else has, for test events
	Clock   func() bot9.Time                     // the wall clock; nil: the system's
	Past    bot9.Time                            // the newest moment that the store knows of: due times are later than that, whatever the clock says
	Jitter  func() float64                       // in [0, 1)
	Memory  int                                  // bytes of events held at once, about; 0 = 64 MiB
	Log     *slog.Logger
}

// Dispatcher delivers. It implements the store's Dispatcher.
type Dispatcher struct {
	store   Store
	filters Filters
	connect func(*bot9.Webhook) Send
	newID   func(context.Context) (int64, error)
	clock   func() bot9.Time
	jitter  func() float64
	log     *slog.Logger

	sending     context.Context // ends when attempts in flight are to be broken off
	stopSending context.CancelFunc
	quit        chan struct{}  // closed when stopping begins
	background  sync.WaitGroup // workers, claims, loads
	kickReplays chan struct{}

	mu         sync.Mutex
	membership policy.Membership // among the processes on the database
	endpoints  map[bot9.WebhookID]*endpoint
	turns      turns
	short      []*endpoint // have more to send than their share of the workers lets them
	work       *sync.Cond  // something is in turns, or stopping
	workers    int
	idle       int // workers that wait and nobody has called yet
	queued     int
	bytes      int // of what is queued, being claimed and in flight
	budget     int // of bytes
	admitting  int // deliveries that Admit let in and Committed hasn't brought yet
	commits    int // calls of Committed
	counts     Counts
	stopping   bool

	ownFaultSaid bot9.Time // when the log last told that attempts can't be made

	leftover []*bot9.Delivery // what Close is to give back
}

// Counts are what the dispatcher has done since it was made, and does at present.
type Counts struct {
	Succeeded, Failed int64 // attempts
	InFlight, Queued  int   // deliveries
	Bytes             int   // that these take, and those being claimed, about
}

// Counts returns the dispatcher's counts.
func (e *Dispatcher) Counts() Counts {
	e.mu.Lock()
	defer e.mu.Unlock()
	counts := e.counts
	counts.Queued, counts.Bytes = e.queued, e.bytes
	return counts
}

// New makes a dispatcher that does nothing until Start.
func New(o Options) *Dispatcher {
	e := &Dispatcher{
		store: o.Store, filters: o.Filters, connect: o.Connect, newID: o.NewID, jitter: o.Jitter, log: o.Log,
		quit: make(chan struct{}), kickReplays: make(chan struct{}, 1), endpoints: map[bot9.WebhookID]*endpoint{},
	}
	if e.budget = o.Memory; e.budget == 0 {
		e.budget = defaultMemory
	}
	e.clock = steady(o.Clock, o.Past)
	if e.jitter == nil {
		e.jitter = rand.Float64
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	e.work = sync.NewCond(&e.mu)
	e.sending, e.stopSending = context.WithCancel(context.Background())
	return e
}

// steady returns the clock that the dispatcher goes by, which is not set back when the wall clock is.
func steady(wall func() bot9.Time, past bot9.Time) func() bot9.Time {
	if wall == nil {
		wall = func() bot9.Time { return bot9.At(time.Now()) }
	}
	var mu sync.Mutex
	var clock policy.Steady
	clock.Start(wall(), past)
	begun := time.Now()
	return func() bot9.Time {
		mu.Lock()
		defer mu.Unlock()
		return clock.Now(wall(), time.Since(begun))
	}
}

// Start takes up what waits in the backlog.
func (e *Dispatcher) Start(ctx context.Context) error {
	waiting, err := e.store.Waiting(ctx)
	if err != nil {
		return err
	}
	e.mu.Lock()
	for id, due := range waiting {
		e.endpoint(id).dueAt(due, 0)
	}
	for id := range waiting {
		e.review(e.endpoints[id])
	}
	e.mu.Unlock()
	e.background.Go(e.advanceReplays)
	return nil
}

// Close stops taking deliveries up and waits for those in flight. When ctx ends it breaks them
// off, which counts as no attempt. What was in memory goes back to the backlog.
func (e *Dispatcher) Close(ctx context.Context) error {
	e.mu.Lock()
	if !e.stopping {
		e.stopping = true
		close(e.quit)
	}
	for _, ep := range e.endpoints {
		ep.disarm()
		e.leftover = append(e.leftover, e.takeQueue(ep)...)
	}
	e.work.Broadcast()
	e.mu.Unlock()
	stopped := make(chan struct{})
	go func() {
		e.background.Wait()
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-ctx.Done():
		e.stopSending()
		<-stopped
	}
	e.stopSending()
	// A commit that was under way may have handed deliveries over meanwhile. The first release
	// comes after it, and nothing is admitted since: what is there then is the last.
	for range 2 {
		if err := e.store.Release(context.WithoutCancel(ctx), e.takeLeftover()); err != nil {
			return err
		}
	}
	return nil
}

func (e *Dispatcher) takeLeftover() []*bot9.Delivery {
	e.mu.Lock()
	defer e.mu.Unlock()
	taken := e.leftover
	e.leftover = nil
	return taken
}

// logStoreError logs what the store refused. That it can't be reached or has no room the store says itself, once in a while
// and not for each delivery.
func (e *Dispatcher) logStoreError(err error, what string, args ...any) {
	level := slog.LevelError
	if bot9.KindOf(err) == bot9.Unavailable {
		level = slog.LevelDebug
	}
	e.log.Log(context.Background(), level, what, append(args, "error", err)...)
}

// pause waits, and tells whether the dispatcher goes on after it.
func (e *Dispatcher) pause(d time.Duration) bool {
	select {
	case <-time.After(d):
		return !e.isStopping()
	case <-e.quit:
		return false
	}
}

func (e *Dispatcher) isStopping() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stopping
}

// Admit tells whether a new delivery of the webhook can go directly into the window: the endpoint
// takes deliveries, nothing older waits in the backlog, and there is room. The room is reserved
// until Committed is called next, whatever came of the transaction.
func (e *Dispatcher) Admit(id bot9.WebhookID) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	ep := e.endpoint(id)
	if ep.admittedAt != e.commits {
		ep.admittedAt, ep.admitting = e.commits, 0
	}
	if e.stopping || e.queued+e.admitting >= maxQueued || ep.live.len()+ep.admitting >= e.queueLimit() || !e.mayHold(ep, ep.admitting+1) || !ep.open(e.clock(), e.membership) {
		return false
	}
	ep.admitting++
	e.admitting++
	return true
}

// Committed takes deliveries into the window, and looks after the endpoints that have some in the
// backlog. It returns those of them that another process sends to, or may.
func (e *Dispatcher) Committed(admitted []*bot9.Delivery, ready []bot9.WebhookID) (elsewhere []bot9.WebhookID) {
	now := e.clock()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.commits++
	e.admitting = 0
	if e.stopping {
		e.leftover = append(e.leftover, admitted...)
		return ready
	}
	for _, d := range admitted {
		ep := e.endpoint(d.WebhookID)
		e.push(ep, d)
		if !ep.inTurn {
			e.review(ep)
		}
	}
	for _, id := range ready {
		ep := e.endpoint(id)
		ep.dueAt(now, 0)
		e.review(ep)
		if !e.owns(ep) {
			elsewhere = append(elsewhere, id)
		}
	}
	return elsewhere
}

// owns tells whether this process is known to be the one that sends to the endpoint.
func (e *Dispatcher) owns(ep *endpoint) bool {
	if ep.webhook == nil {
		return false
	}
	mine, _ := e.membership.Owns(ep.webhook)
	return mine
}

// MembershipChanged tells the dispatcher which nodes share the database. Deliveries in memory for endpoints that another
// node owns by now go back to the backlog.
func (e *Dispatcher) MembershipChanged(membership policy.Membership) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.membership = membership
	for _, ep := range e.endpoints {
		if ep.webhook != nil && (ep.webhook.MaxInFlight != 0 || ep.webhook.RateLimit != 0) {
			e.review(ep)
		}
	}
}

// WebhookChanged reads the webhook's settings anew.
func (e *Dispatcher) WebhookChanged(id bot9.WebhookID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopping {
		return
	}
	e.load(e.endpoint(id))
	e.kick()
}

func (e *Dispatcher) endpoint(id bot9.WebhookID) *endpoint {
	ep, ok := e.endpoints[id]
	if !ok {
		e.forgetIdle()
		ep = &endpoint{id: id}
		e.endpoints[id] = ep
	}
	return ep
}

// Resync reads every webhook's settings anew and gives back what is queued, which may belong to
// another process by now; whatever is still ours is claimed again.
func (e *Dispatcher) Resync() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopping {
		return
	}
	now := e.clock()
	for _, ep := range e.endpoints {
		e.release(ep)
		ep.dueAt(now, now)
		e.load(ep)
	}
	e.kick()
}
