package app

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipes hands out connections that come from where the test says.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return pipeAddr("192.0.2.1:80") }

type pipeAddr string

func (a pipeAddr) Network() string { return "tcp" }
func (a pipeAddr) String() string  { return string(a) }

type pipeConn struct {
	net.Conn
	from pipeAddr
}

func (c pipeConn) RemoteAddr() net.Addr { return c.from }

// dial connects from an address, and returns the client's end.
func (p *pipes) dial(from string) net.Conn {
	client, server := net.Pipe()
	p.conns <- pipeConn{server, pipeAddr(from)}
	return client
}

func nobody(netip.Addr) bool { return false }

// serveOn serves handler on bounded pipes in virtual time.
func serveOn(t *testing.T, most int, exempt func(netip.Addr) bool, handler http.HandlerFunc) *pipes {
	p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: handler}
	ended := make(chan struct{})
	go func() { _ = server.Serve(newBoundedListener(p, most, exempt)); close(ended) }()
	t.Cleanup(func() { _ = server.Close(); <-ended })
	return p
}

// Whoever asks again and again and reads nothing is dropped, instead of holding a connection for ever.
func TestWhoDoesNotReadIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serveOn(t, 10, nobody, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 100_000)) })
		client := p.dial("192.0.2.7:1000")
		defer client.Close()
		if _, err := io.WriteString(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(writeTime + time.Second)
		if text, err := io.ReadAll(client); err != nil || len(text) > 0 {
			t.Errorf("after %v: read %d bytes, %v; want a closed connection", writeTime, len(text), err)
		}
	})
}

// A stream goes on for longer than any one write may take.
func TestStreamsGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ticks = 100
		p := serveOn(t, 10, nobody, func(w http.ResponseWriter, _ *http.Request) {
			out := http.NewResponseController(w)
			for range ticks {
				_ = out.SetWriteDeadline(time.Now().Add(10 * time.Second))
				if _, err := io.WriteString(w, "tick\n"); err != nil || out.Flush() != nil {
					return
				}
				time.Sleep(writeTime)
			}
		})
		client := p.dial("192.0.2.7:1000")
		defer client.Close()
		go func() { _, _ = io.WriteString(client, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") }()
		text, err := io.ReadAll(client)
		if err != nil || strings.Count(string(text), "tick") != ticks {
			t.Errorf("%d ticks, %v", strings.Count(string(text), "tick"), err)
		}
	})
}

// What a handler sets for its own writes holds where it is the shorter.
func TestOwnWriteDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		defer client.Close()
		conn := &boundedConn{Conn: server, left: func() {}}
		defer conn.Close()
		started := time.Now()
		for want, set := range map[time.Duration]time.Time{5 * time.Second: started.Add(5 * time.Second)} {
			_ = conn.SetWriteDeadline(set)
			if _, err := conn.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(started) != want {
				t.Errorf("gave up with %v after %v, want %v", err, time.Since(started), want)
			}
		}
		_ = conn.SetWriteDeadline(time.Time{})
		started = time.Now()
		if _, err := conn.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(started) != writeTime {
			t.Errorf("gave up with %v after %v, want %v", err, time.Since(started), writeTime)
		}
	})
}

func TestConnectionsOfOneAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		proxy := netip.MustParseAddr("10.0.0.1")
		p := serveOn(t, 3, func(a netip.Addr) bool { return a == proxy }, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
		answered := func(conn net.Conn) bool {
			_ = conn.SetDeadline(time.Now().Add(time.Second))
			if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
				return false
			}
			n, err := conn.Read(make([]byte, 1024))
			return err == nil && n > 0
		}
		var held []net.Conn
		for i := range 5 {
			conn := p.dial("192.0.2.7:1000")
			held = append(held, conn)
			if got := answered(conn); got != (i < 3) {
				t.Errorf("connection %d answered: %v", i, got)
			}
		}
		for _, from := range []string{
			"192.0.2.8:1000", "10.0.0.1:1", "10.0.0.1:2", "10.0.0.1:3", "10.0.0.1:4", "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3", "127.0.0.1:4",
			"[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8::3]:1",
		} {
			conn := p.dial(from)
			held = append(held, conn)
			if !answered(conn) {
				t.Errorf("not answered: %s", from)
			}
		}
		conn := p.dial("[2001:db8::4]:1") // of the same network
		held = append(held, conn)
		if answered(conn) {
			t.Error("an IPv6 network gets more than an address")
		}
		_ = held[0].Close()
		synctest.Wait()
		conn = p.dial("192.0.2.7:1000")
		held = append(held, conn)
		if !answered(conn) {
			t.Error("no room after one has left")
		}
		for _, conn := range held {
			_ = conn.Close()
		}
	})
}
