package app

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	// writeTime is how long a client may take nothing while something is written to it. It bounds each
	// write by itself, so that a stream may go on for ever.
	writeTime = 30 * time.Second
	// writeSlack is how much less than writeTime a write may get: a deadline that is at most this much
	// older than the one due stays, since setting one costs a system timer for every answer.
	writeSlack = 5 * time.Second
	// perAddress is how many connections one IP address may hold, of IPv6 its /64 network.
	perAddress = 200
)

// boundedListener accepts connections that can't be held for nothing: a client that doesn't read what it asked
// for is dropped, and no address gets more than its share. This machine and trusted proxies, which speak
// for many, may have any number.
type boundedListener struct {
	net.Listener
	most   int
	exempt func(netip.Addr) bool

	mu   sync.Mutex
	held map[netip.Prefix]int
}

func newBoundedListener(inner net.Listener, most int, exempt func(netip.Addr) bool) *boundedListener {
	return &boundedListener{Listener: inner, most: most, exempt: exempt, held: map[netip.Prefix]int{}}
}

// Accept implements net.Listener.
func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from, counted := l.network(conn.RemoteAddr())
		if counted && !l.take(from) {
			_ = conn.Close() // without a word: writing one could take as long as the client likes
			continue
		}
		return &boundedConn{Conn: conn, left: sync.OnceFunc(func() {
			if counted {
				l.leave(from)
			}
		})}, nil
	}
}

// network is what connections are counted by; counted is false for who may have any number.
func (l *boundedListener) network(remote net.Addr) (from netip.Prefix, counted bool) {
	peer, err := netip.ParseAddrPort(remote.String())
	if err != nil {
		return from, false
	}
	addr := peer.Addr().Unmap().WithZone("")
	if addr.IsLoopback() || l.exempt(addr) {
		return from, false
	}
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	from, err = addr.Prefix(bits)
	return from, err == nil
}

func (l *boundedListener) take(from netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[from] >= l.most {
		return false
	}
	l.held[from]++
	return true
}

func (l *boundedListener) leave(from netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[from]--; l.held[from] <= 0 {
		delete(l.held, from)
	}
}

// boundedConn bounds each write.
type boundedConn struct {
	net.Conn
	left func()

	mu  sync.Mutex
	own time.Time // the deadline that a handler has set; zero = none
	set time.Time // the deadline that bound has set; zero = none
}

// Write implements net.Conn.
func (c *boundedConn) Write(part []byte) (int, error) {
	if err := c.bound(time.Now().Add(writeTime)); err != nil {
		return 0, err
	}
	return c.Conn.Write(part)
}

// bound makes the next write end at limit, or at the handler's own deadline if that is earlier.
func (c *boundedConn) bound(limit time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if own := c.own; !own.IsZero() && own.Before(limit) {
		limit = own
	}
	if ahead := limit.Sub(c.set); ahead >= 0 && ahead < writeSlack {
		return nil
	}
	c.set = limit
	return c.Conn.SetWriteDeadline(limit)
}

// SetWriteDeadline implements net.Conn.
func (c *boundedConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.own, c.set = t, time.Time{}
	return c.Conn.SetWriteDeadline(t)
}

// CloseWrite lets the HTTP server end a connection so that the client still reads its last answer.
func (c *boundedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close implements net.Conn.
func (c *boundedConn) Close() error {
	c.left()
	return c.Conn.Close()
}
