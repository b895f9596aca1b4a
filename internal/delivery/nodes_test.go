package delivery_test

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/delivery"
	"github.com/bot9/bot9/internal/policy"
)

// TestResyncGivesBackAndGoesOn: what was in memory may be another process's by now. Where it is not,
// everything still arrives once and in order.
func TestResyncGivesBackAndGoesOn(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_, endpoint := w.webhook("slow")
		endpoint.replies(reply{status: 200, after: time.Second})
		conversations := w.conversations(60)
		events := append(w.happen(conversations...), w.happen(conversations...)...)
		time.Sleep(500 * time.Millisecond)
		w.dispatcher.Resync()
		w.settle()
		if queued := w.dispatcher.Counts().Queued; queued == 0 {
			t.Error("what was given back was not claimed again")
		}
		time.Sleep(time.Minute)
		endpoint.wantEach(t, events)
		endpoint.wantOrder(t)
		if calls := len(endpoint.seen()); calls != len(events) {
			t.Errorf("%d calls for %d events", calls, len(events))
		}
	})
}

// couple is the dispatcher of a world in which two dispatchers work on one backlog, as two nodes do on one
// database: what the first one is told of and is not its own, the other one hears of.
type couple struct {
	accepting, other *delivery.Dispatcher
}

func (c couple) Admit(id bot9.WebhookID) bool { return c.accepting.Admit(id) }

func (c couple) Committed(admitted []*bot9.Delivery, ready []bot9.WebhookID) []bot9.WebhookID {
	if elsewhere := c.accepting.Committed(admitted, ready); len(elsewhere) > 0 {
		c.other.Committed(nil, elsewhere)
	}
	return nil
}

func (c couple) WebhookChanged(id bot9.WebhookID) {
	c.accepting.WebhookChanged(id)
	c.other.WebhookChanged(id)
}

func (c couple) MembershipChanged(policy.Membership) {}

func (c couple) Resync() {
	c.accepting.Resync()
	c.other.Resync()
}

const (
	accepting, other = 1, 2 // numbers of nodes
	noticed          = 6 * time.Second
)

// placed is the place of a node that joined long ago.
func placed(self int64, others ...int64) policy.Membership {
	return policy.Join(self, others, 0, 0)
}

// asNodes runs a story on two dispatchers, with a webhook with limits to which the given node sends.
func asNodes(t *testing.T, home int64, limits func(*bot9.Webhook), story func(w *world, c couple, hook bot9.Webhook, r *receiver)) {
	inVirtualTime(t, func(w *world) {
		c := couple{w.dispatcher, delivery.New(delivery.Options{Store: w.access, Connect: w.connect})}
		must(t, c.other.Start(w.ctx))
		c.accepting.MembershipChanged(placed(accepting, other))
		c.other.MembershipChanged(placed(other, accepting))
		w.dispatchTo(c)
		var hook bot9.Webhook
		var endpoint *receiver
		for mine := false; !mine; { // which node it is goes by the webhook's ID
			hook, endpoint = w.webhook("limited", limits)
			if mine, _ = placed(home, accepting+other-home).Owns(&hook); !mine {
				must(t, w.DeleteWebhook(w.ctx, w.chatbot, hook.ID))
			}
		}
		w.settle()
		story(w, c, hook, endpoint)
		must(t, c.other.Close(w.ctx))
	})
}

func oneAtOnce(hook *bot9.Webhook) { hook.MaxInFlight = 1 }

func TestMaxInFlightHoldsAcrossNodes(t *testing.T) {
	for name, home := range map[string]int64{"the accepting node sends": accepting, "the other node sends": other} {
		t.Run(name, func(t *testing.T) {
			asNodes(t, home, oneAtOnce, func(w *world, _ couple, _ bot9.Webhook, endpoint *receiver) {
				endpoint.replies(reply{status: 200, after: 100 * time.Millisecond})
				conversations := w.conversations(30)
				events := append(w.happen(conversations...), w.happenN(30)...)
				time.Sleep(7 * time.Second) // 90 deliveries of 100 ms, less what must wait for a turn
				endpoint.wantEach(t, events)
				endpoint.wantOrder(t)
				if endpoint.peak != 1 {
					t.Errorf("%d requests at once", endpoint.peak)
				}
			})
		})
	}
}

func TestRateLimitHoldsAcrossNodes(t *testing.T) {
	asNodes(t, other, func(hook *bot9.Webhook) { hook.RateLimit = 10 }, func(w *world, _ couple, _ bot9.Webhook, endpoint *receiver) {
		w.happenN(300)
		time.Sleep(10 * time.Second)
		if calls := len(endpoint.seen()); calls < 99 || calls > 101 {
			t.Errorf("%d calls in 10 s at 10/s", calls)
		}
	})
}

// TestPlaceThatMovesTakesTheBacklogAlong: what the one node holds goes to the other one when that joins,
// after the request under way has ended, and comes back when it leaves. Nothing waits for ever.
func TestPlaceThatMovesTakesTheBacklogAlong(t *testing.T) {
	asNodes(t, other, oneAtOnce, func(w *world, c couple, hook bot9.Webhook, endpoint *receiver) {
		endpoint.replies(reply{status: 200, after: 10 * time.Second})
		alone := placed(accepting)
		c.accepting.MembershipChanged(alone)
		c.other.MembershipChanged(placed(other).Lapsed()) // not there yet
		events := w.happenN(8)
		time.Sleep(5 * time.Second)

		now := bot9.At(time.Now())
		c.other.MembershipChanged(policy.Join(other, []int64{accepting}, now, noticed))
		beside := alone.Seen([]int64{accepting, other}, now)
		c.accepting.MembershipChanged(beside)
		w.settle()
		if queued := c.accepting.Counts().Queued; queued != 0 {
			t.Errorf("%d deliveries are still in the window of a node that may not send them", queued)
		}
		time.Sleep(noticed + bot9.DefaultTimeout - time.Second)
		if calls := len(endpoint.seen()); calls != 1 {
			t.Errorf("%d calls before the new node may send", calls)
		}
		time.Sleep(25 * time.Second)
		if calls := len(endpoint.seen()); calls < 3 {
			t.Errorf("%d calls: the new node does not send", calls)
		}

		must(t, c.other.Close(w.ctx))
		c.accepting.MembershipChanged(beside.Left(other))
		c.accepting.Committed(nil, []bot9.WebhookID{hook.ID})
		time.Sleep(time.Minute)
		endpoint.wantEach(t, events)
		if endpoint.peak != 1 {
			t.Errorf("%d requests at once", endpoint.peak)
		}
	})
}

// TestReplaysOfAnotherNodeAreSent: replays, of low priority, wait for the node that sends as all else.
func TestReplaysOfAnotherNodeAreSent(t *testing.T) {
	asNodes(t, other, oneAtOnce, func(w *world, _ couple, hook bot9.Webhook, endpoint *receiver) {
		w.happenN(5)
		time.Sleep(time.Second)
		w.replay(hook.ID, bot9.ReplayFilter{})
		time.Sleep(10 * time.Second)
		if calls := len(endpoint.seen()); calls != 10 {
			t.Errorf("%d calls for 5 events and their replay", calls)
		}
	})
}
