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
	"strconv"
	"sync"
	"time"
)

// line is a connection to an endpoint that speaks HTTP/1.1. Who sends writes and reads by themselves:
// in net/http's own transport every request and every answer passes through two goroutines of the
// connection, which costs as much as the rest of the exchange.
type line struct {
	conn      net.Conn
	limited   io.LimitedReader // of conn
	reader    *bufio.Reader    // of limited
	idleSince time.Time        // zero for a new one
}

const (
	lineBuffer  = 4 << 10
	unlimited   = 1 << 62
	maxInformal = 8        // interim answers (RFC 9110 §15.2) before the one that counts
	keptRequest = 64 << 10 // bytes of a request's buffer that is kept for the next
)

var (
	errHeaderTooLarge = errors.New("response headers exceeded the limit")
	errDeadLine       = errors.New("the kept connection was dead")
	requestBuffers    = sync.Pool{New: func() any { return new([]byte) }}
)

// send sends the request and reads the answer's head. The answer's body is to be read from it, and must
// not be closed: that would read on without an end. Its deadline is the connection's.
func (l *line) send(x *exchange) (*http.Response, error) {
	buffer := requestBuffers.Get().(*[]byte)
	request := append(x.endpoint.appendHead((*buffer)[:0], x.heading, len(x.body)), x.body...)
	_, writeErr := l.conn.Write(request)
	if cap(request) <= keptRequest {
		*buffer = request
		requestBuffers.Put(buffer)
	}
	if writeErr == nil {
		x.watch.wroteRequest(httptrace.WroteRequestInfo{})
	}
	// An endpoint may answer before it has taken in everything, and close.
	answer, err := l.readHead(x.watch)
	if err != nil && writeErr != nil {
		err = errors.Join(err, writeErr)
	}
	return answer, err
}

func (l *line) readHead(watch *stopwatch) (*http.Response, error) {
	if _, err := l.reader.Peek(1); err != nil {
		if !l.idleSince.IsZero() && !isTimeout(err) {
			err = errors.Join(errDeadLine, err)
		}
		return nil, err
	}
	watch.gotFirstByte()
	for range maxInformal {
		l.limited.N = maxAnswerHeader
		answer, err := http.ReadResponse(l.reader, &postRequest)
		if l.limited.N <= 0 && err != nil {
			return nil, errHeaderTooLarge
		}
		l.limited.N = unlimited
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

// lines are the connections that are kept between exchanges, and how new ones are made.
type lines struct {
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	secure *tls.Config // nil for plain HTTP

	mu     sync.Mutex
	idle   map[string][]*line // by host:port, the longest idle first
	count  int                // in idle
	sweeps bool               // a sweep is due
	closed bool
}

// take returns the line that was used last, or nil. One that was idle for long is looked at first: the
// endpoint may have closed it meanwhile.
func (p *lines) take(address string) *line {
	for {
		p.mu.Lock()
		kept := p.idle[address]
		if len(kept) == 0 {
			p.mu.Unlock()
			return nil
		}
		l := kept[len(kept)-1]
		kept[len(kept)-1] = nil
		p.idle[address] = kept[:len(kept)-1]
		p.count--
		p.mu.Unlock()
		if time.Since(l.idleSince) < looksAlive || l.isQuiet() {
			return l
		}
		_ = l.conn.Close()
	}
}

// looksAlive is how long a line may have been idle to be used without a look.
const looksAlive = time.Second

// isQuiet tells whether the connection is open and nothing came unasked.
func (l *line) isQuiet() bool {
	if err := l.conn.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		return false
	}
	_, err := l.reader.Peek(1)
	return isTimeout(err)
}

// open makes a new line.
func (p *lines) open(ctx context.Context, watch *stopwatch, address, serverName string) (*line, error) {
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
	l := &line{conn: conn, limited: io.LimitedReader{R: conn, N: unlimited}}
	l.reader = bufio.NewReaderSize(&l.limited, lineBuffer)
	return l, nil
}

// keep puts a line back whose answer was read to its end.
func (p *lines) keep(address string, l *line) {
	l.idleSince = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := p.idle[address]
	if p.closed || len(kept) >= maxIdleConnsPerHost || p.count >= maxIdleConns || l.reader.Buffered() > 0 {
		_ = l.conn.Close()
		return
	}
	p.idle[address] = append(kept, l)
	p.count++
	if !p.sweeps {
		p.sweeps = true
		time.AfterFunc(idleConnTimeout, p.sweep)
	}
}

// sweep closes what was idle for too long.
func (p *lines) sweep() {
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

// drop closes the idle lines to an address, since one of them turned out to be dead.
func (p *lines) drop(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.idle[address] {
		_ = l.conn.Close()
		p.count--
	}
	delete(p.idle, address)
}

func (p *lines) close() {
	p.mu.Lock()
	p.closed = true
	addresses := make([]string, 0, len(p.idle))
	for address := range p.idle {
		addresses = append(addresses, address)
	}
	p.mu.Unlock()
	for _, address := range addresses {
		p.drop(address)
	}
}

// heading is what differs between the requests to an endpoint.
type heading struct {
	id, timestamp, signature, event, attempt string
}

// appendHead appends the request's line and headers as RFC 9112 has them. Every value was checked: the
// endpoint's own ones by CheckHeaders, ours are made of letters and digits.
func (e *Endpoint) appendHead(dst []byte, h *heading, length int) []byte {
	dst = append(dst, e.head...)
	for _, header := range [...][2]string{
		{headerID, h.id}, {headerTimestamp, h.timestamp}, {headerSignature, h.signature}, {headerEvent, h.event}, {headerAttempt, h.attempt},
	} {
		dst = append(dst, header[0]...)
		dst = append(dst, ": "...)
		dst = append(dst, header[1]...)
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, int64(length), 10)
	return append(dst, "\r\n\r\n"...)
}
