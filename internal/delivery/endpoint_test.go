package delivery

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// TestLearn: of what two processes saw of an endpoint the newer counts, and each keeps its own limit
// of requests at once.
func TestLearn(t *testing.T) {
	tests := map[string]struct {
		own, stored bot9.Health
		opens       bool
	}{
		"another saw it fail later":    {bot9.Health{LastSuccessAt: 10}, bot9.Health{LastFailureAt: 20, OpenUntil: 30}, true},
		"another saw it recover later": {bot9.Health{LastFailureAt: 10, OpenUntil: 30}, bot9.Health{LastFailureAt: 10, LastSuccessAt: 20}, false},
		"its own news is newer":        {bot9.Health{LastSuccessAt: 20}, bot9.Health{LastFailureAt: 10, OpenUntil: 30}, false},
		"nothing is new":               {bot9.Health{LastFailureAt: 10, OpenUntil: 30}, bot9.Health{LastFailureAt: 10}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ep := &endpoint{health: test.own}
			ep.health.Concurrency, test.stored.Concurrency = 40, 7
			ep.mergeHealth(&test.stored)
			if ep.mergeHealth(&bot9.Health{PausedUntil: 77}); ep.health.PausedUntil != 77 {
				t.Error("what the endpoint asked another process for is not known")
			}
			if opens := ep.health.OpenUntil != 0; opens != test.opens || ep.health.Concurrency != 40 {
				t.Errorf("the breaker is open: %v, with a limit of %v", opens, ep.health.Concurrency)
			}
		})
	}
}

// TestIdleEndpointsAreForgotten has more webhooks than are known at once: those that hold something stay.
func TestIdleEndpointsAreForgotten(t *testing.T) {
	e := New(Options{})
	busy := map[bot9.WebhookID]func(*endpoint){
		1: func(ep *endpoint) { ep.live.push(&bot9.Delivery{}) }, 2: func(ep *endpoint) { ep.replayed.push(&bot9.Delivery{}) },
		3: func(ep *endpoint) { ep.inFlight = 1 }, 4: func(ep *endpoint) { ep.committing = 1 }, 5: func(ep *endpoint) { ep.loading = true },
		6: func(ep *endpoint) { ep.claiming = true }, 7: func(ep *endpoint) { ep.inTurn = true }, 8: func(ep *endpoint) { ep.isShort = true },
		9: func(ep *endpoint) { ep.liveDue = 1 }, 10: func(ep *endpoint) { ep.replayedDue = 1 },
		11: func(ep *endpoint) { ep.health.PausedUntil = bot9.At(time.Now().Add(time.Hour)) },
		12: func(ep *endpoint) { ep.health.ConsecutiveFailures = 1 },
		13: func(ep *endpoint) { ep.webhook = &bot9.Webhook{RateLimit: 1} },
	}
	for id := range bot9.WebhookID(3 * maxEndpoints) {
		ep := e.endpoint(id + 1)
		if set := busy[id+1]; set != nil {
			set(ep)
		}
		if len(e.endpoints) > maxEndpoints {
			t.Fatalf("%d are known", len(e.endpoints))
		}
	}
	for id := range busy {
		if e.endpoints[id] == nil {
			t.Errorf("%d is forgotten", id)
		}
	}
}
