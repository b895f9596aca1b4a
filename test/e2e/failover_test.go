package e2e

import (
	"testing"
	"time"

	"github.com/bot9/bot9/test/postgres"
)

// TestNodesFollowAPromotedReplica loads three nodes on a primary with a synchronous replica, whose
// hosts are both in the URL. The primary crashes and never comes back, the replica is promoted:
// nothing that was answered 202 is lost, every conversation arrives in order, and nobody has to do
// anything to the nodes.
func TestNodesFollowAPromotedReplica(t *testing.T) {
	t.Parallel()
	primary, err := postgres.Start(postgres.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, primary.Close()) })
	name, err := primary.Create()
	must(t, err)
	replica, err := primary.Replica()
	must(t, err)
	t.Cleanup(func() { must(t, replica.Close()) })
	nodes := startNodesOn(t, postgres.FailoverURL(name, primary, replica), 3)

	hook := startReceiver(t, "ok")
	c := signup(t, nodes[0])
	c.subscribe(t, hook.url(), map[string]any{"retrySchedule": soon(30)})
	loads := loadOnAll(t, nodes, c, 4)
	for _, l := range loads {
		l.more(t, 200)
	}
	must(t, primary.Crash())
	eventually(t, 30*time.Second, func() error { return refusesForAWhile(t.Context(), c, loads[0].conversations[0]) })
	must(t, replica.Promote())
	for _, l := range loads {
		l.more(t, 200)
	}
	for _, l := range loads {
		l.stop()
	}
	accepted := 0
	for i, l := range loads {
		eventually(t, 60*time.Second, func() error { return l.lost(hook) })
		accepted += l.count()
		t.Logf("node %d: %d events", i, l.count())
	}
	loads[0].ordered(t, hook)
	t.Logf("%d events, %d duplicates", accepted, duplicates(hook.all()))
}
