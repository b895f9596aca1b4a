package webhook

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
)

var discardLog = log.New(io.Discard, "", 0)

// onceConn is the Dial of a resolver that hands out one connection.
func onceConn(conn net.Conn) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) { return conn, nil }
}

// rested makes all kept connections fit for use at once.
func rested(s *Sender) {
	s.pool.mu.Lock()
	defer s.pool.mu.Unlock()
	for _, peer := range s.pool.peers {
		for _, c := range peer.idle {
			c.rest = 0
		}
	}
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
		rested(sender)
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
		rested(sender)
		if attempt := sender.Send(t.Context(), endpoint, request()); attempt.Outcome != bot9.OutcomeSuccess || attempt.Number != 3 {
			t.Errorf("attempt %d: %s: %s", i, attempt.Outcome, attempt.Error)
		}
	}
	if n := seen.Load(); n != 3 {
		t.Errorf("the server saw %d requests, want 3: the dropped one and its repetition count as one attempt", n)
	}
}

// TestDeadKeptConnections opens many connections, all of which then drop what they are sent. One dead one
// is enough to give up on all: the delivery goes out on a new one.
func TestDeadKeptConnections(t *testing.T) {
	const connections = 8
	var arrived sync.WaitGroup
	arrived.Add(connections)
	var opened, dropped atomic.Int32
	address := serveRaw(t, func(conn net.Conn) {
		reader := bufio.NewReader(conn)
		first := opened.Add(1) <= connections
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
			if first {
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
	rested(sender)
	attempt := sender.Send(t.Context(), endpoint, request())
	if attempt.Outcome != bot9.OutcomeSuccess || attempt.Timing.Reused {
		t.Errorf("%s %s, %+v", attempt.Outcome, attempt.Error, attempt.Timing)
	}
	if dropped.Load() != 1 || opened.Load() != connections+1 {
		t.Errorf("%d dropped of %d connections, want 1 of %d", dropped.Load(), opened.Load(), connections+1)
	}
}

// TestTLSWithoutHTTP2 sends to an endpoint that offers HTTP/1.1 alone: the first handshake tells.
func TestTLSWithoutHTTP2(t *testing.T) {
	var protocols []string
	hosts := map[string]bool{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocols = append(protocols, r.Proto)
		hosts[r.Host] = true
		_, _ = io.Copy(w, r.Body)
	}))
	server.StartTLS()
	defer server.Close()
	sender := newSender(t, Options{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs})
	endpoint := prepare(t, sender, server.URL)
	for i, reused := range []bool{false, true, true} {
		rested(sender)
		attempt := sender.Send(t.Context(), endpoint, request())
		if attempt.Outcome != bot9.OutcomeSuccess || attempt.Timing.Reused != reused || attempt.ResponseBody != string(testBody) ||
			!reused && attempt.Timing.TLSMs <= 0 {
			t.Errorf("attempt %d: %s %s, %+v", i, attempt.Outcome, attempt.Error, attempt.Timing)
		}
	}
	if diff := cmp.Diff([]string{"HTTP/1.1", "HTTP/1.1", "HTTP/1.1"}, protocols); diff != "" {
		t.Error(diff)
	}
	if len(hosts) != 1 {
		t.Errorf("hosts %v", hosts)
	}
}

// TestProtocolIsLearntAnew has an endpoint change what it speaks while its webhook stays as it is: from HTTP/1.1 to
// HTTP/2 alone, and back.
func TestProtocolIsLearntAnew(t *testing.T) {
	certificate, pool := selfSigned(t, "127.0.0.1", time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	var speaks atomic.Pointer[http.Protocols]
	var conns sync.Map
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var protocol atomic.Value
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { protocol.Store(r.Proto) })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conns.Store(conn, true)
			server := &http.Server{Handler: handler, Protocols: speaks.Load(), TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}, ErrorLog: discardLog}
			go func() { _ = server.ServeTLS(&oneConn{conn: conn}, "", "") }()
		}
	}()
	sender := newSender(t, Options{RootCAs: pool})
	endpoint := prepare(t, sender, "https://"+listener.Addr().String())
	for i, version := range []string{"HTTP/1.1", "HTTP/2.0", "HTTP/1.1"} {
		only := &http.Protocols{}
		only.SetHTTP1(version == "HTTP/1.1")
		only.SetHTTP2(version == "HTTP/2.0")
		speaks.Store(only)
		conns.Range(func(conn, _ any) bool { return conn.(net.Conn).Close() == nil || true }) // it was started anew
		rested(sender)
		attempt := sender.Send(t.Context(), endpoint, request())
		if attempt.Outcome != bot9.OutcomeSuccess || protocol.Load() != version {
			t.Errorf("%d: %s %s over %v, want %s", i, attempt.Outcome, attempt.Error, protocol.Load(), version)
		}
	}
}

// oneConn is a listener with one connection.
type oneConn struct {
	conn net.Conn
	once sync.Once
}

func (l *oneConn) Accept() (net.Conn, error) {
	var conn net.Conn
	l.once.Do(func() { conn = l.conn })
	if conn == nil {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (l *oneConn) Close() error   { return nil }
func (l *oneConn) Addr() net.Addr { return l.conn.LocalAddr() }

// TestPathIsSentAsSaved has an endpoint show what it was asked for, in both protocols.
func TestPathIsSentAsSaved(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		var asked atomic.Value
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked.Store(r.RequestURI) }))
		server.EnableHTTP2 = http2
		server.StartTLS()
		defer server.Close()
		sender := newSender(t, Options{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs})
		for saved, want := range map[string]string{
			"": "/", "/": "/", "?a=b": "/?a=b", "/a%2Fb{c}": "/a%2Fb{c}", "/a%2fb%7Bc%7D?x=%zz&y=[1]": "/a%2fb%7Bc%7D?x=%zz&y=[1]",
			"/a//b/../c;d=e": "/a//b/../c;d=e", "/?": "/?", "/%41": "/%41", "/a|b^c": "/a|b^c",
		} {
			attempt := sender.Send(t.Context(), prepare(t, sender, server.URL+saved), request())
			if attempt.Outcome != bot9.OutcomeSuccess || asked.Load() != want {
				t.Errorf("HTTP/2 %v: %q was asked for as %v: %s %s", http2, saved, asked.Load(), attempt.Outcome, attempt.Error)
			}
		}
	}
}

// TestConnectionClosedWhileIdle has a server close a kept connection between two deliveries that are
// some time apart: it is noticed before anything is sent.
func TestConnectionClosedWhileIdle(t *testing.T) {
	var opened atomic.Int32
	closed := make(chan struct{})
	address := serveRaw(t, func(conn net.Conn) {
		opened.Add(1)
		readRequest(conn)
		_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n")
		_ = conn.Close()
		if opened.Load() == 1 {
			close(closed)
		}
	})
	sender := newSender(t, Options{})
	endpoint := prepare(t, sender, "http://"+address)
	sender.Send(t.Context(), endpoint, request())
	<-closed
	rested(sender)
	if c := sender.pool.take(endpoint.peer, time.Now().Add(time.Second)); c != nil {
		t.Error("a connection that the endpoint has closed is still taken")
	}
	if attempt := sender.Send(t.Context(), endpoint, request()); attempt.Outcome != bot9.OutcomeSuccess {
		t.Errorf("%s %s", attempt.Outcome, attempt.Error)
	}
}

// TestQuietConnectionStaysUsable looks at a connection that was idle for long, and uses it.
func TestQuietConnectionStaysUsable(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	sender := newSender(t, Options{})
	endpoint := prepare(t, sender, server.URL)
	sender.Send(t.Context(), endpoint, request())
	rested(sender)
	if attempt := sender.Send(t.Context(), endpoint, request()); attempt.Outcome != bot9.OutcomeSuccess || !attempt.Timing.Reused {
		t.Errorf("%s %s, %+v", attempt.Outcome, attempt.Error, attempt.Timing)
	}
}

// TestUnusableConnectionsAreNotKept has servers end an exchange so that what follows on the connection
// would not be an answer.
func TestUnusableConnectionsAreNotKept(t *testing.T) {
	for name, answer := range map[string]string{
		"closing":       "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.0":      "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
		"more than one": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 Surprise\r\n\r\n",
		"upgraded":      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
		"longer":        "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("a", 100_000),
	} {
		t.Run(name, func(t *testing.T) {
			address := serveRaw(t, func(conn net.Conn) {
				readRequest(conn)
				_, _ = io.WriteString(conn, answer)
			})
			sender := newSender(t, Options{})
			sender.Send(t.Context(), prepare(t, sender, "http://"+address), request())
			if sender.pool.count != 0 {
				t.Error("the connection was kept")
			}
		})
	}
}

// TestInterimAnswers has a server say something before its answer (RFC 9110 §15.2).
func TestInterimAnswers(t *testing.T) {
	address := serveRaw(t, func(conn net.Conn) {
		readRequest(conn)
		_, _ = io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok")
	})
	sender := newSender(t, Options{})
	attempt := sender.Send(t.Context(), prepare(t, sender, "http://"+address), request())
	if attempt.ResponseStatus != http.StatusCreated || attempt.ResponseBody != "ok" {
		t.Errorf("%d %q: %s", attempt.ResponseStatus, attempt.ResponseBody, attempt.Error)
	}
}

// TestAnswerBeforeTheEnd has a server refuse a large body without reading it.
func TestAnswerBeforeTheEnd(t *testing.T) {
	address := serveRaw(t, func(conn net.Conn) {
		readSome(conn)
		_, _ = io.WriteString(conn, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		_ = conn.(*net.TCPConn).CloseWrite()
		silent(conn)
	})
	sender := newSender(t, Options{})
	r := request()
	r.Body = bytes.Repeat([]byte("a"), 8<<20)
	attempt := sender.Send(t.Context(), prepare(t, sender, "http://"+address), r)
	if attempt.ResponseStatus != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s: %s", attempt.ResponseStatus, attempt.Outcome, attempt.Error)
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
