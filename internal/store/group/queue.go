// Package group lets many callers share one writer: it queues their writes, gives each account and each
// kind of work its turns, and gathers bounded groups, each of them one transaction. It knows no table.
package group

import (
	"context"
	"errors"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Kind is what a write is for.
type Kind uint8

// The kinds.
const (
	Requests  Kind = iota // of callers who wait for their answer
	Results               // of attempts, and claims: what waits for them is older
	Expansion             // work that requests have left for later, such as replays
	Purging               // deletion and retention
	kinds
)

// order is the order of kinds within a group.
var order = [kinds]Kind{Results, Requests, Expansion, Purging}

// Bounds of one group. The weight is counted in rows, about: an event and each of its deliveries weigh 1.
const (
	MostWrites = 256
	MostWeight = 1024
)

// shares are what each kind gets of a group's weight while all kinds have more to write than fits. What a
// kind leaves over goes to the others.
var shares = [kinds]int{Results: MostWeight * 8 / 20, Requests: MostWeight * 8 / 20, Expansion: MostWeight * 3 / 20, Purging: MostWeight * 1 / 20}

// resultsWaiting bounds the results that wait. Whoever has another one waits until there is room, so that
// delivering can't run ahead of committing. All other callers wait for their own write anyway.
const resultsWaiting = MostWrites

// quantum is the weight that an account may write in one turn.
const quantum = 16

// Write is one caller's part of a transaction of type T.
type Write[T, N any] struct {
	Context   context.Context
	Kind      Kind
	Account   int64 // whose turn it takes; 0 is the system's
	Weight    int   // 0 counts as 1
	Exclusive bool  // it shares its transaction with no other
	Needs     N     // what the database prepares for it
	// Work may run more than once, so it sets its results anew each time and touches nothing else
	// outside the transaction.
	Work func(T) error
	// Done is called once, after the commit. It must not block.
	Done func(error)

	err   error
	state atomic.Int32
}

// The states of a write in the queue.
const (
	waiting int32 = iota
	taken
	withdrawn
)

// Withdraw takes back a write that no group has taken yet, and tells whether it could: if so, Done is not
// called.
func (w *Write[T, N]) Withdraw() bool { return w.state.CompareAndSwap(waiting, withdrawn) }

func (w *Write[T, N]) weight() int { return max(w.Weight, 1) }

// Queue is where writes wait for the writer.
type Queue[T, N any] struct {
	mu       sync.Mutex
	lines    [kinds]line[T, N]
	count    int
	sleeping bool // the writer waits for wake
	closed   bool
	wake     chan struct{}
	room     *sync.Cond // results were taken
}

// ErrClosed is what Put returns after Close.
var ErrClosed = errors.New("group: closed")

// NewQueue makes an empty queue.
func NewQueue[T, N any]() *Queue[T, N] {
	q := &Queue[T, N]{wake: make(chan struct{}, 1)}
	q.room = sync.NewCond(&q.mu)
	for i := range q.lines {
		q.lines[i].accounts = map[int64]*account[T, N]{}
	}
	return q
}

// Put hands a write in. After an error its Done is not called.
func (q *Queue[T, N]) Put(w *Write[T, N]) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for w.Kind == Results && q.lines[Results].count >= resultsWaiting && !q.closed {
		q.room.Wait()
	}
	if q.closed {
		return ErrClosed
	}
	q.lines[w.Kind].put(w)
	q.count++
	if q.sleeping {
		q.sleeping = false
		q.wake <- struct{}{} // there is room: it is empty whenever the writer sleeps
	}
	return nil
}

// Close lets Next return what was handed in, and refuses more.
func (q *Queue[T, N]) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.room.Broadcast()
	if q.sleeping {
		q.sleeping = false
		q.wake <- struct{}{}
	}
}

// Next waits for writes and takes a group of them; nil once the queue is closed and empty. It waits for
// delay so that more writes can join the group.
func (q *Queue[T, N]) Next(delay time.Duration) []*Write[T, N] {
	for {
		q.mu.Lock()
		for q.count == 0 {
			if q.closed {
				q.mu.Unlock()
				return nil
			}
			q.sleep(nil)
		}
		q.mu.Unlock()
		// A commit costs nearly the same for many as for few: a goroutine that is about to put something in may do
		// so first. Where nobody has anything to do this returns at once.
		runtime.Gosched()
		if delay > 0 {
			q.awaitMore(delay)
		}
		q.mu.Lock()
		group := q.gather()
		q.mu.Unlock()
		if len(group) > 0 {
			return group
		}
	}
}

// sleep waits until something is put, or over; the lock is held before and after.
func (q *Queue[T, N]) sleep(over <-chan time.Time) (timedOut bool) {
	q.sleeping = true
	q.mu.Unlock()
	select {
	case <-q.wake:
	case <-over:
		timedOut = true
	}
	q.mu.Lock()
	if q.sleeping {
		q.sleeping = false
	} else if timedOut { // a wake was sent meanwhile
		<-q.wake
	}
	return timedOut
}

// awaitMore waits until a group is full or the delay is over.
func (q *Queue[T, N]) awaitMore(delay time.Duration) {
	over := time.NewTimer(delay)
	defer over.Stop()
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.count < MostWrites && !q.closed {
		if q.sleep(over.C) {
			return
		}
	}
}

// gather takes a group: first each kind's share, then any waiting writes, as many as fit.
func (q *Queue[T, N]) gather() []*Write[T, N] {
	g := gathering[T, N]{weight: MostWeight}
	for _, kind := range order {
		line := &q.lines[kind]
		if line.count == 0 {
			line.balance = 0
			continue
		}
		line.balance = min(line.balance, 0) + shares[kind]
		line.balance -= g.take(line, line.balance)
	}
	for _, kind := range order {
		g.take(&q.lines[kind], g.weight)
	}
	q.count -= g.taken
	if q.lines[Results].count < resultsWaiting {
		q.room.Broadcast()
	}
	return g.group
}

// gathering is a group that grows.
type gathering[T, N any] struct {
	group  []*Write[T, N]
	weight int // that still fits
	taken  int // writes, those that were withdrawn included
}

// take takes writes of a line, up to a weight, or one write above it. It returns what they weigh.
func (g *gathering[T, N]) take(l *line[T, N], budget int) (weight int) {
	for l.count > 0 && weight < budget && g.weight > 0 && len(g.group) < MostWrites {
		w := l.next()
		g.taken++
		if !w.state.CompareAndSwap(waiting, taken) {
			continue
		}
		g.group = append(g.group, w)
		g.weight -= w.weight()
		weight += w.weight()
	}
	return weight
}

// line is the writes of one kind. Accounts take turns by deficit round robin (Shreedhar and Varghese,
// IEEE/ACM Transactions on Networking 4(3), 1996): each turn adds a quantum to what an account may write,
// and a heavy write waits until its account has saved enough for it.
type line[T, N any] struct {
	accounts map[int64]*account[T, N] // those that have something waiting
	ring     []*account[T, N]
	turn     int
	count    int
	balance  int // what the kind may still write of its share; below 0 after a heavy write
}

// account is what one account has waiting, in its order.
type account[T, N any] struct {
	id     int64
	writes []*Write[T, N]
	head   int
	credit int
}

func (l *line[T, N]) put(w *Write[T, N]) {
	a, ok := l.accounts[w.Account]
	if !ok {
		a = &account[T, N]{id: w.Account}
		l.accounts[w.Account] = a
		l.ring = append(l.ring, a)
	}
	a.writes = append(a.writes, w)
	l.count++
}

// next removes the write whose turn it is. There must be one.
func (l *line[T, N]) next() *Write[T, N] {
	for skipped := 0; len(l.ring) > 1; skipped++ {
		if skipped == len(l.ring) {
			l.saveUp()
		}
		a := l.ring[l.turn]
		if a.credit >= a.writes[a.head].weight() {
			break
		}
		a.credit += quantum
		if a.credit < a.writes[a.head].weight() {
			l.turn = (l.turn + 1) % len(l.ring)
			continue
		}
		break
	}
	a := l.ring[l.turn]
	w := a.writes[a.head]
	a.writes[a.head] = nil
	a.head++
	a.credit = max(a.credit-w.weight(), 0)
	l.count--
	switch {
	case a.head == len(a.writes): // what it has saved goes with it
		delete(l.accounts, a.id)
		l.ring = append(l.ring[:l.turn], l.ring[l.turn+1:]...)
		if l.turn >= len(l.ring) {
			l.turn = 0
		}
		return w
	case a.head > 64 && a.head*2 > len(a.writes):
		a.writes = append(a.writes[:0], a.writes[a.head:]...)
		a.head = 0
	}
	if a.credit < a.writes[a.head].weight() {
		l.turn = (l.turn + 1) % len(l.ring)
	}
	return w
}

// saveUp skips the turns that no account has saved enough for: it gives all of them their quanta at once.
func (l *line[T, N]) saveUp() {
	turns := math.MaxInt
	for _, a := range l.ring {
		turns = min(turns, (a.writes[a.head].weight()-a.credit+quantum-1)/quantum)
	}
	for _, a := range l.ring {
		a.credit += max(turns-1, 0) * quantum
	}
}
