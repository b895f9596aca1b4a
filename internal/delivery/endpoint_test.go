package delivery

import (
	"testing"

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
			ep.learn(&test.stored)
			if opens := ep.health.OpenUntil != 0; opens != test.opens || ep.health.Concurrency != 40 {
				t.Errorf("the breaker is open: %v, with a limit of %v", opens, ep.health.Concurrency)
			}
		})
	}
}
