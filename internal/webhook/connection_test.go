package webhook

import (
	"bufio"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

var discardLog = log.New(io.Discard, "", 0)

// onceConn is the Dial of a resolver that hands out one connection.
func onceConn(conn net.Conn) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) { return conn, nil }
}

func TestConnectionsAreKept(t *testing.T) {
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, strings.Repeat("a", 20<<10)) // more than is kept
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	sender := newSender(t, Options{})
	endpoint := prepare(t, sender, server.URL)
	for i := range 5 {
		attempt := sender.Send(t.Context(), endpoint, request())
		if attempt.Outcome != bot9.OutcomeSuccess || attempt.Timing.Reused != (i > 0) {
			t.Fatalf("attempt %d: %s %s, %+v", i, attempt.Outcome, attempt.Error, attempt.Timing)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

func TestHTTP2(t *testing.T) {
	var protocol atomic.Value
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocol.Store(r.Proto)
		_, _ = io.Copy(w, r.Body)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	sender := newSender(t, Options{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs})
	endpoint := prepare(t, sender, server.URL)
	first := sender.Send(t.Context(), endpoint, request())
	if first.Outcome != bot9.OutcomeSuccess || protocol.Load() != "HTTP/2.0" || first.ResponseBody != string(testBody) || first.Timing.TLSMs <= 0 {
		t.Errorf("%s %s over %v, %+v", first.Outcome, first.Error, protocol.Load(), first.Timing)
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if attempt := sender.Send(t.Context(), endpoint, request()); attempt.Outcome != bot9.OutcomeSuccess || !attempt.Timing.Reused {
				t.Errorf("%s %s, %+v", attempt.Outcome, attempt.Error, attempt.Timing)
			}
		})
	}
	wg.Wait()
}

// TestDeadKeptConnection has a server answer once per connection and then drop the next request
// on it unanswered, as servers do whose keep-alive ran out that very moment.
func TestDeadKeptConnection(t *testing.T) {
	var seen atomic.Int32
	address := serveRaw(t, func(conn net.Conn) {
		reader := bufio.NewReader(conn)
		for i := range 2 {
			r, err := http.ReadRequest(reader)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			seen.Add(1)
			if i == 0 {
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			}
		}
	})
	sender := newSender(t, Options{})
	endpoint := prepare(t, sender, "http://"+address)
	for i := range 2 {
		if attempt := sender.Send(t.Context(), endpoint, request()); attempt.Outcome != bot9.OutcomeSuccess || attempt.Number != 3 {
			t.Errorf("attempt %d: %s: %s", i, attempt.Outcome, attempt.Error)
		}
	}
	if n := seen.Load(); n != 3 {
		t.Errorf("the server saw %d requests, want 3: the dropped one and its repetition count as one attempt", n)
	}
}

// TestReplaysAreBounded opens many connections, all of which then drop what they are sent.
func TestReplaysAreBounded(t *testing.T) {
	const connections = 8
	var arrived sync.WaitGroup
	arrived.Add(connections)
	var dropped atomic.Int32
	address := serveRaw(t, func(conn net.Conn) {
		reader := bufio.NewReader(conn)
		for i := range 2 {
			r, err := http.ReadRequest(reader)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			if i == 1 {
				dropped.Add(1)
				return
			}
			if dropped.Load() == 0 {
				arrived.Done()
				arrived.Wait() // so that each request opens a connection of its own
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})
	sender := newSender(t, Options{})
	endpoint := prepare(t, sender, "http://"+address)
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() { sender.Send(t.Context(), endpoint, request()) })
	}
	wg.Wait()
	checkFailure(t, sender.Send(t.Context(), endpoint, request()), bot9.OutcomeProtocol, "closed the connection without an answer")
	if n := dropped.Load(); n != 1+maxReplays {
		t.Errorf("sent %d times, want %d", n, 1+maxReplays)
	}
}

func BenchmarkSend(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	defer server.Close()
	sender := newSender(b, Options{})
	endpoint := prepare(b, sender, server.URL)
	r := request()
	r.Body = make([]byte, 300)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if attempt := sender.Send(context.Background(), endpoint, r); attempt.Outcome != bot9.OutcomeSuccess {
				b.Fatal(attempt.Error)
			}
		}
	})
}
