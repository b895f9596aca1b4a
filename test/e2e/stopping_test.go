package e2e

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bot9/bot9/test/postgres"
)

// relay passes connections on until it falls silent: then nothing passes, and nothing is closed, as where a network
// drops all packets.
type relay struct {
	listener net.Listener
	target   string
	silence  chan struct{}
	done     context.Context
	passing  sync.WaitGroup
}

func startRelay(t *testing.T, target string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	r := &relay{listener: listener, target: target, silence: make(chan struct{}), done: ctx}
	r.passing.Go(r.accept)
	t.Cleanup(func() {
		cancel()
		_ = listener.Close()
		r.passing.Wait()
	})
	return r
}

func (r *relay) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.passing.Go(func() {
			defer client.Close()
			select {
			case <-r.silence:
				<-r.done.Done()
				return
			default:
			}
			server, err := net.Dial("tcp", r.target)
			if err != nil {
				return
			}
			defer server.Close()
			both := make(chan struct{}, 2)
			pass := func(to, from net.Conn) {
				defer func() { both <- struct{}{} }()
				buffer := make([]byte, 64<<10)
				for {
					n, err := from.Read(buffer)
					select {
					case <-r.silence:
						<-r.done.Done()
						return
					default:
					}
					if _, writeErr := to.Write(buffer[:n]); err != nil || writeErr != nil {
						return
					}
				}
			}
			r.passing.Go(func() { pass(server, client) })
			r.passing.Go(func() { pass(client, server) })
			select {
			case <-both:
			case <-r.done.Done():
			}
		})
	}
}

// TestStopsThoughTheDatabaseIsSilent: a node whose database answers nothing any more, and closes nothing, ends with
// status 0 within 30 seconds of SIGTERM: with deliveries and requests under way, and when it has nothing to do.
func TestStopsThoughTheDatabaseIsSilent(t *testing.T) {
	t.Parallel()
	database, err := postgres.Start(postgres.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, database.Close()) })
	for _, busy := range []bool{false, true} {
		name := map[bool]string{false: "idle", true: "busy"}[busy]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, err := database.Create()
			must(t, err)
			wire := startRelay(t, database.Address())
			s := startNodesOn(t, strings.Replace(database.URL(base), database.Address(), wire.listener.Addr().String(), 1), 1)[0]
			c := signup(t, s)
			if busy {
				hook := startReceiver(t, "ok")
				c.subscribe(t, hook.url(), nil)
				for range 20 {
					must(t, c.do(t.Context(), http.StatusAccepted, "POST", c.of("events"), map[string]any{"event": "custom.a"}, nil))
				}
			}
			close(wire.silence)
			if busy {
				for range 4 {
					go func() { _, _ = c.call(t.Context(), "POST", c.of("events"), map[string]any{"event": "custom.a"}) }()
				}
				time.Sleep(100 * time.Millisecond)
			}
			began := time.Now()
			must(t, s.stop())
			took := time.Since(began)
			t.Logf("%s: %v", name, took)
			if !busy && took > 20*time.Second {
				t.Errorf("a node with nothing to do took %v to stop", took)
			}
		})
	}
}
