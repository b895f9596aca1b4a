package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// follower follows the live stream, coming back with Last-Event-ID whenever it ends.
type follower struct {
	client *client

	mu      sync.Mutex
	ids     []string
	problem error
	drops   int // times that it came back
}

// follow reads until ctx ends. It leaves the stream by itself after some events, again and again.
func (f *follower) follow(ctx context.Context) {
	for ctx.Err() == nil {
		f.read(ctx, 1+rand.IntN(80))
		f.mu.Lock()
		f.drops++
		f.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(pollInterval):
		}
	}
}

// read follows one connection for so many events.
func (f *follower) read(ctx context.Context, events int) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, "GET", f.client.base+f.client.of("events/stream"), nil)
	if err != nil {
		f.fail(err)
		return
	}
	request.Header.Set("Authorization", "Bearer "+f.client.key)
	f.mu.Lock()
	if n := len(f.ids); n > 0 {
		request.Header.Set("Last-Event-ID", f.ids[n-1])
	}
	f.mu.Unlock()
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return // the server is down
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/event-stream") {
		if answer.StatusCode < 500 {
			f.fail(fmt.Errorf("the stream answered %s", answer.Status))
		}
		return
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	var id string
	for lines.Scan() && events > 0 {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			id = value
		case "data":
			f.take(id, value)
			events--
		}
	}
}

func (f *follower) take(id, data string) {
	var envelope struct{ ID string }
	if err := json.Unmarshal([]byte(data), &envelope); err != nil || envelope.ID != id {
		f.fail(fmt.Errorf("event %s has the data %s", id, data))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ids = append(f.ids, id)
}

func (f *follower) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.problem = err
}

func (f *follower) state() (ids []string, drops int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.ids), f.drops, f.problem
}

// TestStreamResumesWithoutGapOrRepeat follows the log through dropped connections, a crash and a
// clean restart, under load.
func TestStreamResumesWithoutGapOrRepeat(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := signup(t, s)
	l := startLoad(t, c, 4, 5)
	f := &follower{client: c}
	ctx, cancel := context.WithCancel(t.Context())
	var following sync.WaitGroup
	following.Go(func() { f.follow(ctx) })
	defer following.Wait()
	defer cancel()
	enough := func(more int) {
		t.Helper()
		ids, _, _ := f.state()
		eventually(t, 20*time.Second, func() error {
			now, _, err := f.state()
			if err != nil {
				return stop(err)
			}
			if len(now) < len(ids)+more {
				return fmt.Errorf("%d of %d events streamed", len(now), len(ids)+more)
			}
			return nil
		})
	}
	enough(200)
	s.kill()
	must(t, s.start())
	enough(200)
	must(t, s.stop())
	must(t, s.start())
	enough(200)
	l.stop()

	ids, _, _ := f.state()
	log := []string{ids[0]}
	for {
		var page struct{ Data []struct{ ID string } }
		must(t, c.do(t.Context(), http.StatusOK, "GET", c.of("events?limit=250&after="+log[len(log)-1]), nil, &page))
		for _, event := range page.Data {
			log = append(log, event.ID)
		}
		if len(page.Data) == 0 {
			break
		}
	}
	eventually(t, 10*time.Second, func() error {
		ids, _, err := f.state()
		if err != nil {
			return stop(err)
		}
		if len(ids) < len(log) {
			return fmt.Errorf("%d of %d events streamed", len(ids), len(log))
		}
		return nil
	})
	ids, drops, _ := f.state()
	if !slices.Equal(ids, log) {
		t.Errorf("the stream has %d events, the log %d, and they differ", len(ids), len(log))
	}
	if drops < 3 {
		t.Errorf("the stream was resumed %d times only", drops)
	}
}
