package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// peer is the far end of one webhook: its kept connections, and what its connections taught. It belongs to
// the webhook and its URL. Nobody else sends over these connections, so that bytes which come late can
// spoil nobody else's delivery, and a webhook with another URL begins anew.
type peer struct {
	webhook bot9.WebhookID
	url     string
	address string // host:port
	name    string // for TLS
	secure  bool

	// The pool's mutex guards what follows.
	idle    []*connection      // HTTP/1.1, by the time they came back
	shared  []*http.ClientConn // HTTP/2, in use or not
	untidy  time.Time          // until then each connection is used once
	retired bool               // replaced by another URL's
	made    int                // its number in the pool: the newest of a webhook has its present URL
}

// untidyFor is how long a peer that sent something unasked gets a new connection for each request.
const untidyFor = 10 * time.Minute

// A connection rests after an answer, for about as long as a packet takes there and back. What the endpoint sends
// after its answer (a body after 204, a second answer) arrives meanwhile, and is found by the look before
// the next use.
const (
	minRest = time.Millisecond
	maxRest = 100 * time.Millisecond
)

// pool keeps the idle connections of all peers.
type pool struct {
	dial, dialPlain func(ctx context.Context, network, address string) (net.Conn, error)
	security        *tls.Config
	http2           *http.Transport // makes HTTP/2 connections of those that agreed on it
	most            int64           // connections that may be open at once; 0 = any number
	opened          atomic.Int64    // connections that are open, or being opened

	mu     sync.Mutex
	peers  map[bot9.WebhookID]*peer // those that kept a connection lately; sweep removes the others
	made   int                      // peers
	count  int                      // connections kept
	sweeps bool                     // a sweep is due
	closed bool
}

// peer returns the far end of a webhook. While it has connections it is the same for the same URL; another
// URL's connections are closed.
func (p *pool) peer(e *Endpoint) *peer {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.peers[e.id]
	if known != nil && known.url == e.rawURL {
		return known
	}
	if known != nil {
		known.retired = true
		p.forget(known)
		delete(p.peers, e.id)
	}
	p.made++
	return &peer{made: p.made, webhook: e.id, url: e.rawURL, address: addressOf(e.target), name: e.target.Hostname(), secure: e.target.Scheme == "https"}
}

// take returns an idle connection that has rested and is quiet, with its deadline set, or nil. It
// prefers the one that was used last, so that those which aren't needed grow old.
func (p *pool) take(of *peer, deadline time.Time) *connection {
	for {
		c := p.takeRested(of)
		if c == nil {
			return nil
		}
		if c.conn.SetDeadline(deadline) == nil {
			quiet, unasked := c.look()
			if quiet && c.conn.SetDeadline(deadline) == nil {
				return c
			}
			if unasked {
				p.distrust(of)
			}
		}
		_ = c.conn.Close() // it is of no use whatever closing says
	}
}

func (p *pool) takeRested(of *peer) *connection {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, c := range slices.Backward(of.idle) {
		if now.Sub(c.idleSince) >= c.rest {
			of.idle = slices.Delete(of.idle, i, i+1)
			p.count--
			return c
		}
	}
	return nil
}

// takeShared reserves a request on an HTTP/2 connection, or returns nil.
func (p *pool) takeShared(of *peer) *http.ClientConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dropDead(of)
	for _, c := range of.shared {
		if c.Reserve() == nil {
			return c
		}
	}
	return nil
}

// dropDead forgets HTTP/2 connections that take no more requests.
func (p *pool) dropDead(of *peer) {
	before := len(of.shared)
	of.shared = slices.DeleteFunc(of.shared, func(c *http.ClientConn) bool { return c.Err() != nil })
	p.count -= before - len(of.shared)
}

// keep puts a connection back whose answer was read to its end.
func (p *pool) keep(of *peer, c *connection) {
	c.idleSince = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.reader.Buffered() > 0 { // bytes that belong to no request
		p.distrustLocked(of)
	}
	if c.idleSince.Before(of.untidy) || len(of.idle) >= p.share() || !p.list(of) {
		_ = c.conn.Close()
		return
	}
	of.idle = append(of.idle, c)
	p.count++
}

// keepShared keeps an HTTP/2 connection if it is to be kept; else its maker closes it after use.
func (p *pool) keepShared(of *peer, c *http.ClientConn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(of.shared) >= p.share() || !p.list(of) {
		return false
	}
	of.shared = append(of.shared, c)
	p.count++
	return true
}

// share is how many idle connections a peer may keep. It shrinks as the pool fills, so that something
// is left for others.
func (p *pool) share() int { return min(maxIdleConnsPerPeer, (maxIdleConns-p.count)/4) }

// list registers a peer that is about to keep a connection, and tells whether it may.
func (p *pool) list(of *peer) bool {
	if p.closed || of.retired || of.webhook == 0 {
		return false
	}
	if listed := p.peers[of.webhook]; listed != nil && listed != of {
		if listed.url != of.url && listed.made > of.made {
			return false
		}
		p.forget(listed)
	}
	p.peers[of.webhook] = of
	if !p.sweeps {
		p.sweeps = true
		time.AfterFunc(idleConnTimeout/2, p.sweep)
	}
	return true
}

// distrust notes that the peer sent bytes that belong to no request: its connections aren't used twice.
func (p *pool) distrust(of *peer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.distrustLocked(of)
}

func (p *pool) distrustLocked(of *peer) {
	of.untidy = time.Now().Add(untidyFor)
	p.dropIdle(of)
}

// drop closes the peer's idle connections, since one of them turned out to be dead.
func (p *pool) drop(of *peer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dropIdle(of)
}

func (p *pool) dropIdle(of *peer) {
	for _, c := range of.idle {
		_ = c.conn.Close()
	}
	p.count -= len(of.idle)
	of.idle = nil
}

// forget closes what the peer keeps. Requests under way over HTTP/2 end as they would have.
func (p *pool) forget(of *peer) {
	p.dropIdle(of)
	for _, c := range of.shared {
		closeAfterUse(c)
	}
	p.count -= len(of.shared)
	of.shared = nil
}

// closeAfterUse closes an HTTP/2 connection as soon as no request is under way on it.
func closeAfterUse(c *http.ClientConn) {
	c.SetStateHook(func(c *http.ClientConn) {
		if c.InFlight() == 0 {
			_ = c.Close()
		}
	})
	if c.InFlight() == 0 {
		_ = c.Close()
	}
}

// sweep closes what was idle for too long. HTTP/2 connections see to that by themselves.
func (p *pool) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, of := range p.peers {
		old := 0
		for old < len(of.idle) && time.Since(of.idle[old].idleSince) >= idleConnTimeout {
			_ = of.idle[old].conn.Close()
			old++
		}
		p.count -= old
		of.idle = slices.Delete(of.idle, 0, old)
		p.dropDead(of)
		if len(of.idle)+len(of.shared) == 0 {
			delete(p.peers, id)
		}
	}
	if p.sweeps = len(p.peers) > 0; p.sweeps {
		time.AfterFunc(idleConnTimeout/2, p.sweep)
	}
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, of := range p.peers {
		p.forget(of)
	}
}

// open makes a new connection. Which of the two results is set depends on the protocol that the endpoint speaks now.
func (p *pool) open(ctx context.Context, of *peer, watch *stopwatch) (*connection, *http.ClientConn, error) {
	dial := p.dialPlain
	if of.secure {
		dial = p.dial
	}
	if err := p.admit(); err != nil {
		return nil, nil, err
	}
	socket, err := dial(context.WithValue(ctx, stopwatchKey{}, watch), "tcp", of.address)
	if err != nil {
		p.opened.Add(-1)
		return nil, nil, err
	}
	conn := &countedConn{Conn: socket, opened: &p.opened}
	rest := min(max(watch.connectTime(), minRest), maxRest)
	if !of.secure {
		return newConnection(conn, socket, rest), nil, nil
	}
	config := p.security.Clone()
	config.ServerName = of.name
	secured := tls.Client(conn, config)
	watch.tlsStart()
	err = secured.HandshakeContext(ctx)
	watch.tlsDone(tls.ConnectionState{}, err)
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	if secured.ConnectionState().NegotiatedProtocol != "h2" {
		return newConnection(secured, socket, rest), nil, nil
	}
	shared, err := p.http2.NewClientConn(context.WithValue(ctx, dialedKey{}, secured), "https", of.address)
	if err != nil {
		return nil, nil, errors.Join(err, secured.Close())
	}
	return nil, shared, nil
}

// dialedKey is the context key of the connection that newHTTP2 is to use.
type dialedKey struct{}

// newHTTP2 makes what makes HTTP/2 connections of those that pool.open has dialled.
func newHTTP2() *http.Transport {
	return &http.Transport{
		Proxy: nil, // a proxy would see the target, and the guard only the proxy
		DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return ctx.Value(dialedKey{}).(*tls.Conn), nil
		},
		DisableCompression:     true, // else a small answer could unfold into a huge one
		IdleConnTimeout:        idleConnTimeout,
		MaxResponseHeaderBytes: maxAnswerHeader,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingAfter},
	}
}
