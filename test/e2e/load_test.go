package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"
)

// load posts events into conversations from several clients at once, until it is stopped, and
// remembers what was accepted.
type load struct {
	client        *client
	conversations []string

	cancel  context.CancelFunc
	clients sync.WaitGroup

	mu       sync.Mutex
	number   int
	accepted map[string]bool // by event ID
}

// startLoad starts clients that each post as fast as they are answered. What is refused, as by a
// server that is down, is tried no more: a client goes on with the next event.
func startLoad(t *testing.T, c *client, clients, conversations int) *load {
	t.Helper()
	l := &load{client: c, accepted: map[string]bool{}}
	for range conversations {
		l.conversations = append(l.conversations, c.conversation(t))
	}
	l.run(t.Context(), clients)
	t.Cleanup(l.stop)
	return l
}

// run goes on after stop.
func (l *load) run(ctx context.Context, clients int) {
	ctx, l.cancel = context.WithCancel(ctx)
	for range clients {
		l.clients.Go(func() {
			for ctx.Err() == nil {
				l.post(ctx)
			}
		})
	}
}

func (l *load) post(ctx context.Context) {
	l.mu.Lock()
	l.number++
	number := l.number
	l.mu.Unlock()
	id, err := l.client.post(ctx, l.conversations[rand.IntN(len(l.conversations))], number)
	if err != nil {
		select { // the server is down: don't spin
		case <-ctx.Done():
		case <-time.After(pollInterval):
		}
		return
	}
	l.mu.Lock()
	l.accepted[id] = true
	l.mu.Unlock()
}

// stop ends the clients, letting nothing be under way.
func (l *load) stop() {
	l.cancel()
	l.clients.Wait()
}

func (l *load) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.accepted)
}

// atLeast returns an error until n events have been accepted.
func (l *load) atLeast(n int) error {
	if got := l.count(); got < n {
		return fmt.Errorf("%d of %d events accepted", got, n)
	}
	return nil
}

// lost returns an error unless the receiver acknowledged everything that was accepted.
func (l *load) lost(r *receiver) error {
	acknowledged := map[string]bool{}
	for _, got := range r.all() {
		if got.status/100 == 2 {
			acknowledged[got.ID] = true
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	missing := 0
	for id := range l.accepted {
		if !acknowledged[id] {
			missing++
		}
	}
	if missing > 0 {
		return fmt.Errorf("%d of %d accepted events have not arrived", missing, len(l.accepted))
	}
	return nil
}

// ordered fails the test unless every conversation's events came in order; conversationStarted has
// the sequence 1.
func (l *load) ordered(t *testing.T, r *receiver) {
	t.Helper()
	requests := r.all()
	for _, conversation := range l.conversations {
		if err := order(requests, conversation, 1); err != nil {
			t.Error(err)
		}
	}
}

// duplicates counts acknowledged requests beyond the first of each event.
func duplicates(requests []delivered) int {
	acknowledged, more := map[string]bool{}, 0
	for _, got := range requests {
		if got.status/100 != 2 {
			continue
		}
		if acknowledged[got.ID] {
			more++
		}
		acknowledged[got.ID] = true
	}
	return more
}

// TestConcurrentClientsGetGaplessSequences has ten clients write into the same conversation.
func TestConcurrentClientsGetGaplessSequences(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	hook := startReceiver(t, "ok")
	c := signup(t, s)
	c.subscribe(t, hook.url(), nil)
	conversation := c.conversation(t)
	const clients, each = 10, 20
	errs := make(chan error, clients)
	for range clients {
		go func() {
			var err error
			for i := 0; i < each && err == nil; i++ {
				_, err = c.post(t.Context(), conversation, i)
			}
			errs <- err
		}()
	}
	for range clients {
		must(t, <-errs)
	}
	eventually(t, 10*time.Second, func() error { return hook.has(1 + clients*each) })
	requests := hook.all()
	must(t, order(requests, conversation, 1))
	if newest := requests[len(requests)-1].Sequence; newest != 1+clients*each {
		t.Errorf("the last sequence is %d, want %d", newest, 1+clients*each)
	}
	if n := duplicates(requests); n != 0 {
		t.Errorf("%d duplicates", n)
	}
}

// TestOrderHoldsWhileEveryThirdRequestFails is the promise of the default ordering: strictly by
// sequence, each event after the one before was acknowledged.
func TestOrderHoldsWhileEveryThirdRequestFails(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	hook := startReceiver(t, "fails-every-third")
	c := signup(t, s)
	c.subscribe(t, hook.url(), map[string]any{"retrySchedule": soon(8)})
	conversation := c.conversation(t)
	path := c.of("conversations/" + conversation + "/chat")
	for range 3 {
		must(t, c.do(t.Context(), http.StatusOK, "POST", path, map[string]string{"message": "Who won in 1904?"}, nil))
	}
	const events = 1 + 3*3 // conversationStarted; messageReceived, answerNotFound, messageSent
	eventually(t, 30*time.Second, func() error { return hook.has(events) })
	requests := hook.all()
	must(t, order(requests, conversation, 1))
	if n := duplicates(requests); n != 0 {
		t.Errorf("%d duplicates", n)
	}
	failed := 0
	for i := range requests {
		if requests[i].status == http.StatusInternalServerError {
			failed++
			if requests[i].Sequence != requests[i+1].Sequence || string(requests[i].body) != string(requests[i+1].body) {
				t.Errorf("after request %d failed another event came, or another body", i+1)
			}
		}
	}
	if want := len(requests) / 3; failed != want {
		t.Errorf("%d requests failed, want %d", failed, want)
	}
}

// TestReceiverThatWasDownGetsEverythingInOrder has an outage of the endpoint in the middle.
func TestReceiverThatWasDownGetsEverythingInOrder(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	hook := startReceiver(t, "ok")
	c := signup(t, s)
	w := c.subscribe(t, hook.url(), map[string]any{"retrySchedule": soon(30)})
	l := startLoad(t, c, 4, 5)
	eventually(t, 10*time.Second, func() error { return l.atLeast(100) })
	hook.down()
	before := l.count()
	eventually(t, 10*time.Second, func() error { return l.atLeast(before + 200) })
	l.stop()
	eventually(t, 10*time.Second, func() error {
		var stats struct{ Attempts struct{ Failed int } }
		if err := c.do(t.Context(), http.StatusOK, "GET", c.of("webhooks/"+w.ID+"/stats?window=1h"), nil, &stats); err != nil {
			return err
		}
		if stats.Attempts.Failed == 0 {
			return fmt.Errorf("nothing failed yet")
		}
		return nil
	})
	must(t, hook.up())
	eventually(t, 30*time.Second, func() error { return l.lost(hook) })
	l.ordered(t, hook)
}
