package storetest

import (
	"math"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	placed   = 200                      // webhooks that are looked at
	whenever = bot9.Time(math.MaxInt64) // they may have to wait
)

// senders returns which of the dispatchers sends to each webhook, once all of them agree. None may
// have to wait longer than until by.
func senders(t *testing.T, all []*recorder, by bot9.Time) (chosen [placed]*recorder) {
	t.Helper()
	eventually(t, "exactly one sends to each webhook", func() bool {
		for i := range chosen {
			willing := 0
			for _, r := range all {
				if mine, from := r.sends(bot9.WebhookID(i + 1)); mine && from <= by {
					willing++
					chosen[i] = r
				}
			}
			if willing != 1 {
				return false
			}
		}
		return true
	})
	return chosen
}

func placesOfSeveral(t *testing.T, n *nodes) {
	must(t, n.stores[0].Close())
	first, second, third := newRecorder(), newRecorder(), newRecorder()
	n.open(first)
	senders(t, []*recorder{first}, 0)
	n.open(second)
	leaving := n.open(third)
	if mine, from := second.sends(1); mine && from == 0 {
		t.Error("a second one sends before it can know that the first one has stopped")
	}
	before := senders(t, []*recorder{first, second, third}, whenever)
	counts := map[*recorder]int{}
	for _, r := range before {
		counts[r]++
	}
	if len(counts) != 3 {
		t.Errorf("of three processes %d send", len(counts))
	}
	eventually(t, "nobody has to wait any more", func() bool {
		for i, r := range before {
			if _, from := r.sends(bot9.WebhookID(i + 1)); from > bot9.At(time.Now()) {
				return false
			}
		}
		return true
	})
	must(t, leaving.Close())
	for i, r := range senders(t, []*recorder{first, second}, bot9.At(time.Now())) { // what it sent is over: nobody waits for it
		if before[i] != third && before[i] != r {
			t.Fatalf("webhook %d went from one that stays to another one", i+1)
		}
	}
	must(t, n.db.Forget())
	senders(t, []*recorder{first, second}, whenever)
}

// passOnToOthers: what the poll can't find, since there is no row, is heard of all the same.
func passOnToOthers(t *testing.T, n *nodes) {
	accepting, sending := newRecorder(), newRecorder()
	accepting.passOn()
	a := n.open(accepting)
	n.open(sending)
	webhook := n.webhook(a)
	eventually(t, "the other one is told", func() bool {
		must(t, a.Release(n.ctx, []*bot9.Delivery{{ID: bot9.DeliveryID(a.NextID()), WebhookID: webhook.ID}}))
		ready, _ := sending.told(webhook.ID)
		return ready > 0
	})
}
