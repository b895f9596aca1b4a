package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/bot9/bot9/test/faultproxy"
)

// TestNetworkFaults puts a proxy that misbehaves between the server and an endpoint. Each fault is
// told for what it is, ends within the time limit, and costs neither an event nor the order.
func TestNetworkFaults(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := signup(t, s)
	hook := startReceiver(t, "ok")
	cases := []*struct {
		name     string
		fault    faultproxy.Fault
		outcomes []string // of the first attempt
		proxy    *faultproxy.Proxy
		webhook  webhook
		first    string // conversation
	}{
		{name: "refuse", fault: faultproxy.Refuse, outcomes: []string{"connect", "protocol"}},
		{name: "stall", fault: faultproxy.Stall, outcomes: []string{"timeout"}},
		{name: "reset", fault: faultproxy.Reset, outcomes: []string{"connect", "protocol"}},
		{name: "truncate", fault: faultproxy.Truncate, outcomes: []string{"protocol"}},
		{name: "drip", fault: faultproxy.Drip, outcomes: []string{"timeout"}},
		{name: "slow connect", fault: faultproxy.SlowConnect, outcomes: []string{"success"}},
	}
	for i, f := range cases {
		var err error
		f.proxy, err = faultproxy.Start(hook.addr)
		must(t, err)
		t.Cleanup(f.proxy.Close)
		f.proxy.Become(f.fault)
		event := fmt.Sprintf("custom.fault%d", i)
		f.webhook = c.subscribe(t, "http://"+f.proxy.Addr()+"/hook", map[string]any{
			"events": []string{event}, "timeoutSeconds": 1, "retrySchedule": soon(30),
		})
		f.first = c.conversation(t)
		for range 3 {
			must(t, c.do(t.Context(), http.StatusAccepted, "POST", c.of("events"), map[string]string{"event": event, "conversationId": f.first}, nil))
		}
	}
	for _, f := range cases {
		var first attempt
		eventually(t, 10*time.Second, func() (err error) {
			first, err = firstAttempt(t, c, f.webhook.ID)
			return err
		})
		if !slices.Contains(f.outcomes, first.Outcome) {
			t.Errorf("%s: the outcome is %s (%s), want one of %v", f.name, first.Outcome, first.Error, f.outcomes)
		}
		if first.Outcome != "success" && first.Error == "" {
			t.Errorf("%s: the attempt doesn't say what was wrong", f.name)
		}
		if first.DurationMs > 1500 {
			t.Errorf("%s: took %.0f ms, with a limit of 1000", f.name, first.DurationMs)
		}
		f.proxy.Become(faultproxy.None)
	}
	eventually(t, 30*time.Second, func() error { return hook.has(3 * len(cases)) })
	requests := hook.all()
	for _, f := range cases {
		if err := order(requests, f.first, 2); err != nil { // 1 is conversationStarted
			t.Errorf("%s: %v", f.name, err)
		}
	}
}

// attempt is an attempt as the API shows it.
type attempt struct {
	Outcome, Error string
	DurationMs     float64
}

// firstAttempt returns the first attempt at the first delivery of a webhook.
func firstAttempt(t *testing.T, c *client, webhook string) (attempt, error) {
	var list struct{ Data []struct{ ID string } }
	if err := c.do(t.Context(), http.StatusOK, "GET", c.of("deliveries?webhookId="+webhook), nil, &list); err != nil {
		return attempt{}, err
	}
	if len(list.Data) == 0 {
		return attempt{}, fmt.Errorf("no delivery yet")
	}
	var detail struct{ Attempts []attempt }
	oldest := list.Data[len(list.Data)-1].ID
	if err := c.do(t.Context(), http.StatusOK, "GET", c.of("deliveries/"+oldest), nil, &detail); err != nil {
		return attempt{}, err
	}
	if len(detail.Attempts) == 0 {
		return attempt{}, fmt.Errorf("no attempt yet")
	}
	return detail.Attempts[0], nil
}
