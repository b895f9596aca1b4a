package e2e

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bot9/bot9/test/postgres"
)

// startNodes starts n servers on one PostgreSQL database.
func startNodes(t *testing.T, n int) (*postgres.Server, []*server) {
	t.Helper()
	database, err := postgres.Start(postgres.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, database.Close()) })
	name, err := database.Create()
	must(t, err)
	return database, startNodesOn(t, database.URL(name), n)
}

// startNodesOn starts n servers on the database at the URL.
func startNodesOn(t *testing.T, url string, n int) []*server {
	t.Helper()
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	started := make(chan *server, n)
	for range n { // at once, so that they migrate at once
		go func() {
			s, err := newServer(t.TempDir(), "--database-url="+url, "--secret-key="+base64.StdEncoding.EncodeToString(key))
			if err == nil {
				err = s.start()
			}
			if err != nil {
				t.Error(err)
			}
			started <- s
		}()
	}
	var nodes []*server
	for range n {
		s := <-started
		nodes = append(nodes, s)
		t.Cleanup(func() {
			s.kill()
			if t.Failed() {
				t.Logf("log of %s:\n%s", s.addr, s.out.tail(3000))
			}
		})
	}
	if t.Failed() {
		t.FailNow()
	}
	return nodes
}

// more waits until n more events have been accepted.
func (l *load) more(t *testing.T, n int) {
	t.Helper()
	before := l.count()
	eventually(t, 60*time.Second, func() error { return l.atLeast(before + n) })
}

// TestThreeNodesOutliveEachOtherAndTheirDatabase loads three nodes on one database. One is killed, one
// is stopped in order, the database crashes and comes back: nothing that was answered 202 is lost,
// and every conversation arrives in order.
func TestThreeNodesOutliveEachOtherAndTheirDatabase(t *testing.T) {
	t.Parallel()
	database, nodes := startNodes(t, 3)
	hook := startReceiver(t, "ok")
	c := signup(t, nodes[0])
	c.subscribe(t, hook.url(), map[string]any{"retrySchedule": soon(30)})
	loads := loadOnAll(t, nodes, c, 4)
	first := loads[0]
	more := func(l *load, n int) {
		t.Helper()
		l.more(t, n)
	}
	for _, l := range loads {
		more(l, 100)
	}
	nodes[1].kill()
	more(loads[0], 200)
	must(t, nodes[2].stop())
	more(loads[0], 200)
	must(t, nodes[1].start())
	more(loads[1], 100)

	must(t, database.Crash())
	eventually(t, 30*time.Second, func() error { return refusesForAWhile(t.Context(), c, first.conversations[0]) })
	must(t, database.Up())
	more(loads[0], 200)
	more(loads[1], 200)
	must(t, nodes[2].start())
	more(loads[2], 100)

	for _, l := range loads {
		l.stop()
	}
	accepted := 0
	for i, l := range loads {
		eventually(t, 90*time.Second, func() error { return l.lost(hook) }) // the dead node's lease must end
		accepted += l.count()
		t.Logf("node %d: %d events", i, l.count())
	}
	first.ordered(t, hook)
	t.Logf("%d events, %d duplicates", accepted, duplicates(hook.all()))
	nodes[0].doctor(t) // while they go on
}

// refusesForAWhile returns an error unless accepting answers 503 and says when to come back.
func refusesForAWhile(ctx context.Context, c *client, conversation string) error {
	body := map[string]any{"event": "custom.note", "conversationId": conversation, "data": map[string]any{}}
	got, err := c.call(ctx, "POST", c.of("events"), body)
	switch {
	case err != nil:
		return err
	case got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "":
		return fmt.Errorf("without a database the answer is %d, Retry-After %q", got.status, got.header.Get("Retry-After"))
	case !strings.Contains(string(got.body), "storeUnavailable"):
		return errors.New("the answer doesn't say storeUnavailable")
	}
	return nil
}

// loadOnAll loads every node, on the same conversations.
func loadOnAll(t *testing.T, nodes []*server, c *client, clients int) []*load {
	t.Helper()
	first := startLoad(t, c, clients, 8)
	loads := []*load{first}
	for _, node := range nodes[1:] {
		client := newClient(node.url())
		client.key, client.chatbot = c.key, c.chatbot
		l := &load{client: client, conversations: first.conversations, accepted: map[string]bool{}}
		l.run(t.Context(), clients)
		t.Cleanup(l.stop)
		loads = append(loads, l)
	}
	return loads
}

// atOnce counts the requests that an endpoint has to answer at the same time.
type atOnce struct {
	mu   sync.Mutex
	now  int
	seen seen
}

// seen is what atOnce has counted so far.
type seen struct {
	most        int // at the same time
	all         int
	from, until time.Time // of the first and the last one
}

// slowly takes 20 ms for each request.
func (a *atOnce) slowly(visit) int {
	a.mu.Lock()
	a.now++
	a.seen.all++
	a.seen.most = max(a.seen.most, a.now)
	if a.seen.from.IsZero() {
		a.seen.from = time.Now()
	}
	a.seen.until = time.Now()
	a.mu.Unlock()
	time.Sleep(20 * time.Millisecond)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now--
	return http.StatusNoContent
}

// soFar is safe while requests, such as late duplicates, still come.
func (a *atOnce) soFar() seen {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.seen
}

// TestLimitsHoldAcrossNodes has three nodes accept for webhooks with limits, of which one node each is
// to send. One of the nodes is stopped and another one killed meanwhile.
func TestLimitsHoldAcrossNodes(t *testing.T) {
	t.Parallel()
	_, nodes := startNodes(t, 3)
	c := signup(t, nodes[0])
	serial := make([]atOnce, 4) // several, so that nodes share them
	var hooks []*receiver
	for i := range serial {
		hook := startReceiverThat(t, serial[i].slowly)
		c.subscribe(t, hook.url(), map[string]any{"maxInFlight": 1, "timeoutSeconds": 5})
		hooks = append(hooks, hook)
	}
	const perSecond = 40
	var paced atOnce
	pacedHook := startReceiverThat(t, paced.slowly)
	c.subscribe(t, pacedHook.url(), map[string]any{"rateLimit": perSecond, "timeoutSeconds": 5})

	loads := loadOnAll(t, nodes, c, 1)
	for _, l := range loads {
		eventually(t, 60*time.Second, func() error { return l.atLeast(60) })
	}
	for _, l := range loads { // what is accepted by now takes the endpoints several seconds
		l.stop()
	}
	must(t, nodes[1].stop())
	nodes[2].kill()
	for _, hook := range append(hooks, pacedHook) {
		for _, l := range loads { // the dead node's lease must end, and what it may have under way
			eventually(t, 120*time.Second, func() error { return l.lost(hook) })
		}
		loads[0].ordered(t, hook)
	}
	for i := range serial {
		if most := serial[i].soFar().most; most != 1 {
			t.Errorf("endpoint %d had %d requests at once, with maxInFlight 1", i, most)
		}
	}
	got := paced.soFar()
	seconds := got.until.Sub(got.from).Seconds()
	if most := 1.1*perSecond*seconds + 2; float64(got.all) > most {
		t.Errorf("%d requests in %.1f s at %d/s", got.all, seconds, perSecond)
	}
	t.Logf("%d requests in %.1f s at %d/s", got.all, seconds, perSecond)
}
