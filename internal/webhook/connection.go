package webhook

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"syscall"
	"time"
)

// connection leads to an endpoint that speaks HTTP/1.1. The goroutine that sends a delivery writes and reads: in
// net/http's transport every request and every answer passes through two goroutines of the connection,
// which costs as much as the rest of the exchange (ADR 11).
type connection struct {
	conn      net.Conn
	socket    syscall.RawConn  // below TLS; nil if the system's socket can't be looked at
	limited   io.LimitedReader // of conn
	reader    *bufio.Reader    // of limited
	idleSince time.Time        // zero for a new one
	rest      time.Duration    // how long it isn't used after an answer
	writing   chan error       // the rest of a large request is being written; nil if none is
}

const (
	readBuffer  = 4 << 10
	unlimited   = 1 << 62
	inOneGo     = 8 << 10  // bytes of a request that any socket's buffer takes, so that writing them never waits
	keptRequest = 16 << 10 // bytes of a request's buffer that is kept for the next
)

var (
	errHeaderTooLarge = errors.New("response headers exceeded the limit")
	errDeadConnection = errors.New("the kept connection was dead")
	errStrayBytes     = errors.New("the kept connection brought bytes of an earlier exchange")
	requestBuffers    = sync.Pool{New: func() any { return new([]byte) }}
)

func newConnection(conn, socket net.Conn, rest time.Duration) *connection {
	c := &connection{conn: conn, rest: rest, limited: io.LimitedReader{R: conn, N: unlimited}}
	c.reader = bufio.NewReaderSize(&c.limited, readBuffer)
	if system, ok := socket.(syscall.Conn); ok {
		if raw, err := system.SyscallConn(); err == nil {
			c.socket = raw
		}
	}
	return c
}

// reused tells whether the connection has had an exchange before.
func (c *connection) reused() bool { return !c.idleSince.IsZero() }

// send sends the request and reads the answer's head. The answer's body is to be read from it, and must
// not be closed: that would read on without an end. Its deadline is the connection's.
func (c *connection) send(x *exchange) (*http.Response, error) {
	buffer := requestBuffers.Get().(*[]byte)
	request := x.endpoint.appendHead((*buffer)[:0], x.heading, len(x.body))
	var writeErr error
	if len(request)+len(x.body) <= inOneGo {
		request = append(request, x.body...)
		if _, writeErr = c.conn.Write(request); writeErr == nil {
			x.watch.wroteRequest(httptrace.WroteRequestInfo{})
		}
		if cap(request) <= keptRequest {
			*buffer = request
			requestBuffers.Put(buffer)
		}
	} else {
		c.writing = make(chan error, 1)
		go c.write(request, x)
	}
	// An endpoint may answer before it has taken in everything, whether it closes then or not.
	answer, err := c.readHead(x.watch)
	if err != nil {
		if c.writing != nil {
			select {
			case writeErr = <-c.writing:
			default:
			}
		}
		if writeErr != nil {
			err = errors.Join(err, writeErr)
		}
	}
	return answer, err
}

// write sends a large request while its answer is waited for. Closing the connection ends it.
func (c *connection) write(head []byte, x *exchange) {
	buffers := net.Buffers{head, x.body}
	var err error
	if _, encrypted := c.conn.(*tls.Conn); encrypted { // each Write makes records of its own
		if _, err = c.conn.Write(head); err == nil {
			_, err = c.conn.Write(x.body)
		}
	} else {
		var to net.Conn = c.conn
		if counted, ok := to.(*countedConn); ok {
			to = counted.Conn // which writes both at once
		}
		_, err = buffers.WriteTo(to)
	}
	if err == nil {
		x.watch.wroteRequest(httptrace.WroteRequestInfo{})
	}
	c.writing <- err
}

// isWritten tells whether the whole request is sent. If it isn't, the connection can't be used again.
func (c *connection) isWritten() bool {
	if c.writing == nil {
		return true
	}
	select {
	case err := <-c.writing:
		c.writing = nil
		return err == nil
	default:
		return false
	}
}

const requestTimeout = "408"

func (c *connection) readHead(watch *stopwatch) (*http.Response, error) {
	if _, err := c.reader.Peek(1); err != nil {
		if c.reused() && !isTimeout(err) {
			err = errors.Join(errDeadConnection, err)
		}
		return nil, err
	}
	watch.gotFirstByte()
	if err := c.strayBytes(); err != nil {
		return nil, err
	}
	// As in net/http, interim answers (RFC 9110 §15.2) count towards what a head may have, so there may be many.
	c.limited.N = maxAnswerHeader
	for {
		answer, err := http.ReadResponse(c.reader, &postRequest)
		if c.limited.N <= 0 && err != nil {
			return nil, errHeaderTooLarge
		}
		if err != nil || answer.StatusCode >= http.StatusOK || answer.StatusCode == http.StatusSwitchingProtocols {
			c.limited.N = unlimited
			return answer, err
		}
	}
}

// strayBytes returns an error if what a kept connection brings can't be the answer to this request: it
// doesn't begin as an answer does (a body that came after 204, a line's end), or it is what
// servers say when they close a connection that was idle. Then the request goes out on a new one.
func (c *connection) strayBytes() error {
	if !c.reused() {
		return nil
	}
	start, err := c.reader.Peek(len("HTTP/1.1 408"))
	switch text := string(start); {
	case strings.HasPrefix(text, "HTTP/") && strings.HasSuffix(text, " "+requestTimeout):
		return errDeadConnection
	case !strings.HasPrefix(text, "HTTP/"[:min(len("HTTP/"), len(text))]):
		return errors.Join(errDeadConnection, errStrayBytes)
	case err != nil && len(text) < len("HTTP/"):
		return err
	}
	return nil
}

// postRequest tells ReadResponse what was asked.
var postRequest = http.Request{Method: http.MethodPost}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// look tells whether an idle connection is open and nothing has come unasked. It is made before every
// reuse: else bytes that came late would be read as the answer to the next request. The deadline is to
// be set before, and again after.
func (c *connection) look() (quiet, unasked bool) {
	waiting := true // that something may wait in the socket
	if c.socket != nil {
		waiting = somethingWaits(c.socket)
	}
	_, encrypted := c.conn.(*tls.Conn)
	if !waiting && !encrypted {
		return true, false
	}
	// Of what waits below TLS, a session ticket is none of an answer; and what TLS has read already isn't in
	// the socket any more. Reading tells.
	deadline := time.Now()
	if waiting {
		deadline = deadline.Add(time.Millisecond)
	}
	if err := c.conn.SetReadDeadline(deadline); err != nil {
		return false, false
	}
	start, err := c.reader.Peek(len("HTTP/1.1 408"))
	if len(start) > 0 {
		return false, !strings.HasSuffix(string(start), " "+requestTimeout)
	}
	return isTimeout(err), false
}
