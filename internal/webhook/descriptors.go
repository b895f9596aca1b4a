package webhook

import (
	"net"
	"os"
	"sync/atomic"
	"syscall"
)

// Every open file or connection takes one of the process's limited file descriptors. Deliveries leave the others alone,
// so that however many endpoints hang, requests are accepted and the database's files can be opened.

// countedConn counts as open until it is closed.
type countedConn struct {
	net.Conn
	opened *atomic.Int64
	closed atomic.Bool
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	if !c.closed.Swap(true) {
		c.opened.Add(-1)
	}
	return c.Conn.Close()
}

// admit counts a connection that is about to be opened. If there are as many as there may be, one that is kept for
// later makes room; if there is none, the attempt has to wait, as if the system had no descriptor left.
func (p *pool) admit() error {
	if p.opened.Add(1) <= p.most || p.most == 0 {
		return nil
	}
	if p.opened.Load() > p.most && !p.closeIdle() {
		p.opened.Add(-1)
		return os.NewSyscallError("socket", syscall.EMFILE)
	}
	return nil
}

// closeIdle closes a connection that nobody uses at present, of any peer.
func (p *pool) closeIdle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, of := range p.peers {
		if len(of.idle) > 0 {
			_ = of.idle[0].conn.Close() // the one that was used least lately
			of.idle[0] = nil
			of.idle = of.idle[1:]
			p.count--
			return true
		}
		for i, c := range of.shared {
			if c.InFlight() == 0 {
				_ = c.Close()
				of.shared = append(of.shared[:i:i], of.shared[i+1:]...)
				p.count--
				return true
			}
		}
	}
	return false
}
