package webhook

import (
	"context"
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// phase is how far an exchange has come.
type phase int

const (
	phaseDial phase = iota
	phaseTLS
	phaseSend
	phaseWait
	phaseRead
)

// stopwatch takes the times of one exchange. net/http may still be dialling for a request that is
// over, hence the lock.
type stopwatch struct {
	started time.Time
	hooks   httptrace.ClientTrace

	mu                        sync.Mutex
	dnsAt, connectAt, tlsAt   time.Time
	dns, connect, tls         time.Duration
	wroteAt, firstByteAt      time.Time
	connected, reused, inside bool // inside: the TLS handshake is under way, or failed
}

func newStopwatch() *stopwatch { return &stopwatch{started: time.Now()} }

// stopwatchKey is the context key of the stopwatch of the exchange that a dialer dials for.
type stopwatchKey struct{}

// trace returns a context that makes net/http report to the stopwatch.
func (s *stopwatch) trace(ctx context.Context) context.Context {
	s.hooks = httptrace.ClientTrace{
		WroteRequest:         s.wroteRequest,
		GotFirstResponseByte: s.gotFirstByte,
	}
	return httptrace.WithClientTrace(context.WithValue(ctx, stopwatchKey{}, s), &s.hooks)
}

// traceDial makes a dial report to the stopwatch in ctx. It is apart from trace because its hooks
// cost as much as all others, and most exchanges find a kept connection.
func traceDial(ctx context.Context) context.Context {
	s, ok := ctx.Value(stopwatchKey{}).(*stopwatch)
	if !ok {
		return ctx
	}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart:     func(httptrace.DNSStartInfo) { s.start(&s.dnsAt) },
		DNSDone:      func(httptrace.DNSDoneInfo) { s.stop(&s.dns, &s.dnsAt) },
		ConnectStart: func(_, _ string) { s.start(&s.connectAt) },
		ConnectDone:  func(_, _ string, _ error) { s.stop(&s.connect, &s.connectAt) },
	})
}

// start notes when the first of several parallel dials began.
func (s *stopwatch) start(at *time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at.IsZero() {
		*at = time.Now()
	}
}

func (s *stopwatch) stop(took *time.Duration, at *time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*took = time.Since(*at)
}

func (s *stopwatch) tlsStart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tlsAt, s.inside = time.Now(), true
}

func (s *stopwatch) tlsDone(_ tls.ConnectionState, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tls, s.inside = time.Since(s.tlsAt), err != nil
}

func (s *stopwatch) gotConn(info httptrace.GotConnInfo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connected, s.reused = true, info.Reused
}

func (s *stopwatch) wroteRequest(info httptrace.WroteRequestInfo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if info.Err == nil {
		s.wroteAt = time.Now()
	}
}

func (s *stopwatch) gotFirstByte() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.firstByteAt = time.Now()
}

// again forgets the attempt on a kept connection: another one begins, on a new connection.
func (s *stopwatch) again() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connected, s.reused, s.wroteAt, s.firstByteAt = false, false, time.Time{}, time.Time{}
}

// connectTime is how long connecting took, which is about a packet's way there and back.
func (s *stopwatch) connectTime() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connect
}

// phase tells how far the exchange has come.
func (s *stopwatch) phase() phase {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.firstByteAt.IsZero():
		return phaseRead
	case !s.wroteAt.IsZero():
		return phaseWait
	case s.connected:
		return phaseSend
	case s.inside:
		return phaseTLS
	}
	return phaseDial
}

// elapsed returns the milliseconds since the exchange began.
func (s *stopwatch) elapsed() float64 { return milliseconds(time.Since(s.started)) }

// timing returns what the time went into. A dial that this exchange began but didn't use, because
// another connection came free, counts for nothing.
func (s *stopwatch) timing() bot9.Timing {
	s.mu.Lock()
	defer s.mu.Unlock()
	timing := bot9.Timing{Reused: s.reused}
	if !s.firstByteAt.IsZero() && !s.wroteAt.IsZero() {
		timing.FirstByteMs = max(0, milliseconds(s.firstByteAt.Sub(s.wroteAt)))
	}
	if !s.reused {
		timing.DNSMs, timing.ConnectMs, timing.TLSMs = milliseconds(s.dns), milliseconds(s.connect), milliseconds(s.tls)
	}
	return timing
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
