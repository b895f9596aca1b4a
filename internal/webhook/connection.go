package webhook

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"
)

// connection leads to an endpoint that speaks HTTP/1.1. Who sends writes and reads by themselves: in
// net/http's own transport every request and every answer passes through two goroutines of the
// connection, which costs as much as the rest of the exchange.
type connection struct {
	conn      net.Conn
	limited   io.LimitedReader // of conn
	reader    *bufio.Reader    // of limited
	idleSince time.Time        // zero for a new one
}

const (
	readBuffer  = 4 << 10
	unlimited   = 1 << 62
	maxInformal = 8        // interim answers (RFC 9110 §15.2) before the one that counts
	keptRequest = 64 << 10 // bytes of a request's buffer that is kept for the next
)

var (
	errHeaderTooLarge = errors.New("response headers exceeded the limit")
	errDeadConnection = errors.New("the kept connection was dead")
	requestBuffers    = sync.Pool{New: func() any { return new([]byte) }}
)

// send sends the request and reads the answer's head. The answer's body is to be read from it, and must
// not be closed: that would read on without an end. Its deadline is the connection's.
func (c *connection) send(x *exchange) (*http.Response, error) {
	buffer := requestBuffers.Get().(*[]byte)
	request := append(x.endpoint.appendHead((*buffer)[:0], x.heading, len(x.body)), x.body...)
	_, writeErr := c.conn.Write(request)
	if cap(request) <= keptRequest {
		*buffer = request
		requestBuffers.Put(buffer)
	}
	if writeErr == nil {
		x.watch.wroteRequest(httptrace.WroteRequestInfo{})
	}
	// An endpoint may answer before it has taken in everything, and close.
	answer, err := c.readHead(x.watch)
	if err != nil && writeErr != nil {
		err = errors.Join(err, writeErr)
	}
	return answer, err
}

func (c *connection) readHead(watch *stopwatch) (*http.Response, error) {
	if _, err := c.reader.Peek(1); err != nil {
		if !c.idleSince.IsZero() && !isTimeout(err) {
			err = errors.Join(errDeadConnection, err)
		}
		return nil, err
	}
	watch.gotFirstByte()
	for range maxInformal {
		c.limited.N = maxAnswerHeader
		answer, err := http.ReadResponse(c.reader, &postRequest)
		if c.limited.N <= 0 && err != nil {
			return nil, errHeaderTooLarge
		}
		c.limited.N = unlimited
		if err != nil || answer.StatusCode >= http.StatusOK || answer.StatusCode == http.StatusSwitchingProtocols {
			return answer, err
		}
	}
	return nil, errors.New("too many interim answers")
}

// postRequest tells ReadResponse what was asked.
var postRequest = http.Request{Method: http.MethodPost}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// connections are those that are kept between exchanges, and how new ones are made.
type connections struct {
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	secure *tls.Config // nil for plain HTTP

	mu     sync.Mutex
	idle   map[string][]*connection // by host:port, the longest idle first
	count  int                      // in idle
	sweeps bool                     // a sweep is due
	closed bool
}

// take returns the connection that was used last, or nil. One that was idle for long is looked at
// first: the endpoint may have closed it meanwhile.
func (p *connections) take(address string) *connection {
	for {
		p.mu.Lock()
		kept := p.idle[address]
		if len(kept) == 0 {
			p.mu.Unlock()
			return nil
		}
		c := kept[len(kept)-1]
		kept[len(kept)-1] = nil
		p.idle[address] = kept[:len(kept)-1]
		p.count--
		p.mu.Unlock()
		if time.Since(c.idleSince) < looksAlive || c.isQuiet() {
			return c
		}
		_ = c.conn.Close()
	}
}

// looksAlive is how long one may have been idle to be used without a look.
const looksAlive = time.Second

// isQuiet tells whether the connection is open and nothing came unasked.
func (c *connection) isQuiet() bool {
	if err := c.conn.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		return false
	}
	_, err := c.reader.Peek(1)
	return isTimeout(err)
}

// open makes a new connection.
func (p *connections) open(ctx context.Context, watch *stopwatch, address, serverName string) (*connection, error) {
	conn, err := p.dial(context.WithValue(ctx, stopwatchKey{}, watch), "tcp", address)
	if err != nil {
		return nil, err
	}
	if p.secure != nil {
		config := p.secure.Clone()
		config.ServerName = serverName
		secured := tls.Client(conn, config)
		watch.tlsStart()
		err := secured.HandshakeContext(ctx)
		watch.tlsDone(tls.ConnectionState{}, err)
		if err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		conn = secured
	}
	c := &connection{conn: conn, limited: io.LimitedReader{R: conn, N: unlimited}}
	c.reader = bufio.NewReaderSize(&c.limited, readBuffer)
	return c, nil
}

// keep puts a connection back whose answer was read to its end.
func (p *connections) keep(address string, c *connection) {
	c.idleSince = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := p.idle[address]
	if p.closed || len(kept) >= maxIdleConnsPerHost || p.count >= maxIdleConns || c.reader.Buffered() > 0 {
		_ = c.conn.Close()
		return
	}
	p.idle[address] = append(kept, c)
	p.count++
	if !p.sweeps {
		p.sweeps = true
		time.AfterFunc(idleConnTimeout, p.sweep)
	}
}

// sweep closes what was idle for too long.
func (p *connections) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for address, kept := range p.idle {
		old := 0
		for old < len(kept) && time.Since(kept[old].idleSince) >= idleConnTimeout {
			_ = kept[old].conn.Close()
			old++
		}
		p.count -= old
		if old == len(kept) {
			delete(p.idle, address)
		} else {
			p.idle[address] = append(kept[:0], kept[old:]...)
		}
	}
	if p.sweeps = p.count > 0; p.sweeps {
		time.AfterFunc(idleConnTimeout/2, p.sweep)
	}
}

// drop closes the idle connections to an address, since one of them turned out to be dead.
func (p *connections) drop(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dropLocked(address)
}

func (p *connections) dropLocked(address string) {
	for _, c := range p.idle[address] {
		_ = c.conn.Close()
		p.count--
	}
	delete(p.idle, address)
}

func (p *connections) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for address := range p.idle {
		p.dropLocked(address)
	}
}
