// Package faultproxy is a TCP proxy that does what networks do on bad days: it stands between the
// server and an endpoint, and stalls, resets, truncates, drips or is slow to connect, as it is told.
package faultproxy

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// Fault is what the proxy does to a connection, from its beginning.
type Fault int

// The faults. Each is decided when a connection begins; the request passes unless it says otherwise.
const (
	None        Fault = iota
	Refuse            // closes at once: nothing passes
	Stall             // takes the request and never answers
	Reset             // breaks off with RST once the request has reached the endpoint
	Truncate          // passes the first bytes of the answer, then closes
	Drip              // passes the answer a byte at a time, one each DripInterval
	SlowConnect       // accepts, and passes nothing for ConnectDelay
)

// How faults are measured.
const (
	TruncateAfter = 12 // bytes: within the status line
	DripInterval  = 300 * time.Millisecond
	ConnectDelay  = 500 * time.Millisecond
)

// Proxy passes connections on to a target, with faults.
type Proxy struct {
	target   string
	listener net.Listener
	serving  sync.WaitGroup
	ctx      context.Context
	cancel   context.CancelFunc

	mu    sync.Mutex
	fault Fault
	open  map[net.Conn]bool // the clients'
	taken map[Fault]int     // connections, by what was done to them
}

// Start listens on a free port of the loopback and passes on to target, a host:port.
func Start(target string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{target: target, listener: listener, open: map[net.Conn]bool{}, taken: map[Fault]int{}}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.serving.Go(p.accept)
	return p, nil
}

// Addr is where the proxy listens.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Become has connections treated so from now on, and ends those that are open: a kept-alive
// connection would go on as it began.
func (p *Proxy) Become(fault Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = fault
	p.closeAll()
}

// Taken tells how many connections a fault was done to.
func (p *Proxy) Taken(fault Fault) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken[fault]
}

// Close ends the proxy and all of its connections.
func (p *Proxy) Close() {
	p.cancel()
	_ = p.listener.Close() // nothing is left to do about it
	p.mu.Lock()
	p.closeAll()
	p.mu.Unlock()
	p.serving.Wait()
}

// closeAll breaks the clients' connections off; the one that passes them on sees it.
func (p *Proxy) closeAll() {
	for conn := range p.open {
		_ = conn.Close() // it is broken off: how doesn't matter
	}
}

func (p *Proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		fault := p.fault
		p.taken[fault]++
		p.open[conn] = true
		p.mu.Unlock()
		p.serving.Go(func() {
			p.pass(conn, fault)
			p.mu.Lock()
			delete(p.open, conn)
			p.mu.Unlock()
		})
	}
}

// pass serves one connection to its end.
func (p *Proxy) pass(client net.Conn, fault Fault) {
	defer client.Close()
	if fault == Refuse {
		return
	}
	if fault == Stall {
		_, _ = io.Copy(io.Discard, client) // ends when the client has had enough
		return
	}
	if fault == SlowConnect && !p.wait(ConnectDelay) {
		return
	}
	endpoint, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer endpoint.Close()
	p.serving.Go(func() {
		_, _ = io.Copy(endpoint, client) // whichever side ends first ends the other
		_ = endpoint.Close()
	})
	p.answer(client, endpoint, fault)
}

// answer passes what comes back.
func (p *Proxy) answer(client, endpoint net.Conn, fault Fault) {
	switch fault {
	case Reset:
		if _, err := endpoint.Read(make([]byte, 1)); err == nil {
			_ = client.(*net.TCPConn).SetLinger(0) // closing now sends RST
		}
	case Truncate:
		_, _ = io.CopyN(client, endpoint, TruncateAfter)
	case Drip:
		p.drip(client, endpoint)
	default:
		_, _ = io.Copy(client, endpoint)
	}
}

func (p *Proxy) drip(client, endpoint net.Conn) {
	one := make([]byte, 1)
	for {
		_, err := endpoint.Read(one)
		if err == nil {
			_, err = client.Write(one)
		}
		if err != nil || !p.wait(DripInterval) {
			return
		}
	}
}

// wait waits, unless the proxy is closed meanwhile.
func (p *Proxy) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-p.ctx.Done():
		return false
	}
}
