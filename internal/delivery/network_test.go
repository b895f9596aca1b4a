package delivery_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/delivery"
)

// network is where the endpoints are, by URL.
type network struct {
	mu        sync.Mutex
	receivers map[string]*receiver
}

func newNetwork() *network { return &network{receivers: map[string]*receiver{}} }

func (n *network) receiver(url string) *receiver {
	n.mu.Lock()
	defer n.mu.Unlock()
	r, ok := n.receivers[url]
	if !ok {
		r = &receiver{answer: always(reply{status: 200})}
		n.receivers[url] = r
	}
	return r
}

func (n *network) connect(w *bot9.Webhook) delivery.Send {
	r, timeout := n.receiver(w.URL), w.Timeout()
	return func(ctx context.Context, d *bot9.Delivery) bot9.Attempt { return r.receive(ctx, d, timeout) }
}

// receiver is an endpoint: it answers as it is told, and remembers.
type receiver struct {
	mu       sync.Mutex
	answer   func(call) reply
	calls    []call // in the order they began
	inFlight int
	peak     int // most at once
	accepted int // calls
	wanted   int // of accepted, for reached
	reached  chan struct{}
}

// call is one attempt as the endpoint sees it.
type call struct {
	event        bot9.EventID
	conversation bot9.ConversationID
	sequence     int64
	number       int // of the attempt
	replayed     bool
	at           bot9.Time
	ok           bool
}

// reply is what an endpoint does with a call. Status 0 hangs until the time limit.
type reply struct {
	status     int
	after      time.Duration
	retryAfter time.Duration
	unsent     bool // the sender can't even begin; retryAfter is its pause
}

func always(r reply) func(call) reply { return func(call) reply { return r } }

// does makes the endpoint answer so from now on.
func (r *receiver) does(answer func(call) reply) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func (r *receiver) replies(with reply) { r.does(always(with)) }

func (r *receiver) receive(ctx context.Context, d *bot9.Delivery, timeout time.Duration) bot9.Attempt {
	c := call{
		event: d.EventID, conversation: d.ConversationID, sequence: d.Sequence, number: d.Attempts + 1,
		replayed: d.ReplayID != 0, at: bot9.At(time.Now()),
	}
	r.mu.Lock()
	index := len(r.calls)
	r.calls = append(r.calls, c)
	r.inFlight++
	r.peak = max(r.peak, r.inFlight)
	answer := r.answer(c)
	r.mu.Unlock()
	attempt := bot9.Attempt{DeliveryID: d.ID, Number: c.number, StartedAt: c.at, ResponseStatus: answer.status, RetryAfter: answer.retryAfter}
	attempt.Outcome = await(ctx, answer, timeout)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inFlight--
	if attempt.Outcome == bot9.OutcomeSuccess {
		r.calls[index].ok = true
		if r.accepted++; r.accepted == r.wanted {
			close(r.reached)
		}
	}
	return attempt
}

// reaches returns a channel that is closed once the endpoint has accepted so many calls.
func (r *receiver) reaches(wanted int) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted, r.reached = wanted, make(chan struct{})
	if r.accepted >= wanted {
		close(r.reached)
	}
	return r.reached
}

func await(ctx context.Context, answer reply, timeout time.Duration) bot9.OutcomeClass {
	if answer.status == 0 && !answer.unsent {
		answer.after = timeout
	}
	if answer.after > 0 {
		select {
		case <-time.After(answer.after):
		case <-ctx.Done():
			return bot9.OutcomeCanceled
		}
	}
	switch {
	case answer.unsent:
		return bot9.OutcomeCanceled
	case answer.status == 0:
		return bot9.OutcomeTimeout
	case answer.status < 300:
		return bot9.OutcomeSuccess
	}
	return bot9.OutcomeStatus
}

// seen returns the calls so far.
func (r *receiver) seen() []call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

// mostAtOnce returns how many calls there were at once at most.
func (r *receiver) mostAtOnce() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.peak
}

// forget begins to count anew.
func (r *receiver) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls, r.peak = nil, r.inFlight
}

// arrived returns the events that the endpoint accepted, in the order of their calls.
func (r *receiver) arrived() []bot9.EventID {
	var events []bot9.EventID
	for _, c := range r.seen() {
		if c.ok {
			events = append(events, c.event)
		}
	}
	return events
}

// wantEach checks that the endpoint accepted each of the events, and each once.
func (r *receiver) wantEach(t testing.TB, events []bot9.EventID) {
	t.Helper()
	count := map[bot9.EventID]int{}
	for _, id := range r.arrived() {
		count[id]++
	}
	for _, id := range events {
		if count[id] != 1 {
			t.Errorf("event %s arrived %d times, want once", id, count[id])
		}
		delete(count, id)
	}
	if len(count) > 0 {
		t.Errorf("%d events arrived that should not have", len(count))
	}
}

// wantOrder checks that within every conversation the events were first accepted in their order.
func (r *receiver) wantOrder(t testing.TB) {
	t.Helper()
	last := map[bot9.ConversationID]int64{}
	known := map[bot9.EventID]bool{}
	for _, c := range r.seen() {
		if c.conversation == 0 || !c.ok || known[c.event] {
			continue
		}
		known[c.event] = true
		if c.sequence <= last[c.conversation] {
			t.Errorf("%s: %d arrived after %d", c.conversation, c.sequence, last[c.conversation])
		}
		last[c.conversation] = c.sequence
	}
}
