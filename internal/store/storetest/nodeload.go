package storetest

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
	"github.com/bot9/bot9/internal/store"
)

// deliverer is a dispatcher that delivers at once, to endpoints that fail now and then, and watches
// over order together with those of the other stores.
type deliverer struct {
	store *store.Store
	watch *laneWatch
	work  chan *bot9.Delivery
	claim chan bot9.WebhookID
}

// laneWatch sees every delivery of every store begin and end.
type laneWatch struct {
	mu       sync.Mutex
	inFlight map[laneKey]bool
	last     map[laneKey]int64
	left     int
	wrong    string // the first thing that was
	done     chan struct{}
}

func (w *laneWatch) begin(d *bot9.Delivery) {
	w.mu.Lock()
	defer w.mu.Unlock()
	lane := laneKey{d.WebhookID, d.ConversationID}
	switch {
	case w.inFlight[lane]:
		w.fail("sequence " + strconv.FormatInt(d.Sequence, 10) + " is sent while another one of its lane is")
	case d.Sequence != w.last[lane]+1:
		w.fail("sequence " + strconv.FormatInt(d.Sequence, 10) + " is sent after " + strconv.FormatInt(w.last[lane], 10))
	}
	w.inFlight[lane] = true
}

func (w *laneWatch) end(d *bot9.Delivery, finished bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	lane := laneKey{d.WebhookID, d.ConversationID}
	w.inFlight[lane] = false
	if finished {
		w.last[lane] = d.Sequence
		if w.left--; w.left == 0 {
			close(w.done)
		}
	}
}

func (w *laneWatch) fail(what string) {
	if w.wrong == "" {
		w.wrong = what
	}
}

func (d *deliverer) Admit(bot9.WebhookID) bool { return rand.IntN(3) > 0 }

func (d *deliverer) Committed(admitted []*bot9.Delivery, ready []bot9.WebhookID) []bot9.WebhookID {
	for _, delivery := range admitted {
		d.work <- delivery
	}
	for _, id := range ready {
		select {
		case d.claim <- id:
		default: // polling finds it
		}
	}
	return nil
}

func (d *deliverer) WebhookChanged(bot9.WebhookID)       {}
func (d *deliverer) Resync()                             {}
func (d *deliverer) MembershipChanged(policy.Membership) {}

func (d *deliverer) run(ctx context.Context) {
	for {
		select {
		case delivery := <-d.work:
			d.attempt(delivery)
		case id := <-d.claim:
			claimed, _, _, err := d.store.Claim(ctx, id, bot9.At(time.Now().Add(time.Second)), 3)
			if err == nil {
				d.Committed(claimed, nil)
			}
		case <-ctx.Done():
			return
		}
	}
}

func (d *deliverer) attempt(delivery *bot9.Delivery) {
	d.watch.begin(delivery)
	attempted := *delivery
	attempted.Attempts++
	now := bot9.At(time.Now())
	r := bot9.AttemptResult{
		Delivery: &attempted, Next: bot9.DeliverySucceeded, RetryAt: now,
		Attempt: &bot9.Attempt{DeliveryID: delivery.ID, Number: attempted.Attempts, StartedAt: now, Outcome: bot9.OutcomeSuccess},
	}
	switch chance := rand.IntN(20); {
	case chance < 3:
		r.Next = bot9.DeliveryRetrying
	case chance == 3:
		r.Next = bot9.DeliveryFailed
	case chance == 4:
		r.Next = bot9.DeliveryPending
		attempted.Attempts--
	}
	d.watch.end(delivery, !r.Next.Unfinished()) // the lane moves on once this is committed, not before
	d.store.Finish(r, func(err error) {
		if err != nil {
			d.watch.mu.Lock()
			d.watch.fail(err.Error())
			d.watch.mu.Unlock()
		}
	})
}
