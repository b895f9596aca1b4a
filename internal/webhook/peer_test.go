package webhook

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// TestIdleConnectionsAreClosed moves a connection's last use back by the time that it is kept.
func TestIdleConnectionsAreClosed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	sender := newSender(t, Options{})
	endpoint := prepare(t, sender, server.URL)
	sender.Send(t.Context(), endpoint, request())
	sender.pool.mu.Lock()
	endpoint.peer.idle[0].idleSince = time.Now().Add(-idleConnTimeout)
	sender.pool.mu.Unlock()
	sender.pool.sweep()
	if len(sender.pool.peers) != 0 || sender.pool.count != 0 {
		t.Errorf("%d connections are kept of %d endpoints", sender.pool.count, len(sender.pool.peers))
	}
}

// TestConnectionsBelongToOneWebhook sends to one host for two webhooks, and for one after its URL has changed.
func TestConnectionsBelongToOneWebhook(t *testing.T) {
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	sender := newSender(t, Options{})
	same, another := func(*bot9.Webhook) {}, func(w *bot9.Webhook) { w.ID++ }
	for i, send := range []struct {
		path   string
		change func(*bot9.Webhook)
		opened int32
	}{
		{"/", same, 1},
		{"/", same, 1}, // its settings were read anew
		{"/", another, 2},
		{"/", another, 2},
		{"/other", same, 3},
		{"/", another, 3},
		{"/", same, 4}, // and back
	} {
		endpoint := prepare(t, sender, server.URL+send.path, send.change)
		rested(sender)
		if attempt := sender.Send(t.Context(), endpoint, request()); attempt.Outcome != bot9.OutcomeSuccess {
			t.Errorf("%d: %s", i, attempt.Error)
		}
		if got := opened.Load(); got != send.opened {
			t.Errorf("%d: %d connections, want %d", i, got, send.opened)
		}
	}
	if len(sender.pool.peers) != 2 {
		t.Errorf("%d peers are known", len(sender.pool.peers))
	}
}

// TestBodyAfterNoContent sends many events to a receiver that writes a body after 204, in a packet of its
// own (as Python's http.server lets handlers do), while others are under way: none may suffer for it.
func TestBodyAfterNoContent(t *testing.T) {
	address := serveRaw(t, func(conn net.Conn) {
		reader := bufio.NewReader(conn)
		for {
			r, err := http.ReadRequest(reader)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n")
			_, _ = io.WriteString(conn, "ok")
		}
	})
	sender := newSender(t, Options{})
	endpoint := prepare(t, sender, "http://"+address)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				if attempt := sender.Send(t.Context(), endpoint, request()); attempt.Outcome != bot9.OutcomeSuccess || attempt.ResponseBody != "" {
					t.Errorf("%s %q: %s", attempt.Outcome, attempt.ResponseBody, attempt.Error)
				}
			}
		})
	}
	wg.Wait()
}

// TestPoolIsBounded fills the pool: a peer's share shrinks, and nothing is kept beyond the pool's size.
func TestPoolIsBounded(t *testing.T) {
	p := &pool{peers: map[bot9.WebhookID]*peer{}}
	keep := func(of *peer) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		p.keep(of, newConnection(ours, ours, 0))
	}
	for id := range bot9.WebhookID(100) {
		of := &peer{webhook: id + 1}
		for range maxIdleConnsPerPeer + 1 {
			keep(of)
		}
		if n := len(of.idle); n > maxIdleConnsPerPeer {
			t.Fatalf("a peer keeps %d", n)
		}
	}
	kept := 0
	for _, of := range p.peers {
		kept += len(of.idle)
	}
	if kept != p.count || p.count > maxIdleConns || p.count < maxIdleConns/2 {
		t.Errorf("%d are kept, counted as %d", kept, p.count)
	}
	p.close()
	if p.count != 0 {
		t.Errorf("%d are left", p.count)
	}
}
