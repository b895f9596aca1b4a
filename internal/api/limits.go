package api

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/bot9/bot9/internal/bot9"
)

// Limit bounds how often one caller may do something: Rate times a second in the long run, Burst
// at once. The zero Limit is none.
type Limit struct {
	Rate  float64
	Burst int
}

// limiterGeneration bounds a limiter's memory: it remembers at most twice as many callers.
const limiterGeneration = 10_000

// limiter gives each caller a bucket. Callers not seen for a generation are forgotten.
type limiter struct {
	limit Limit

	mu            sync.Mutex
	young, old    map[string]*rate.Limiter
	maxGeneration int
}

func newLimiter(limit Limit) *limiter {
	return &limiter{limit: limit, young: map[string]*rate.Limiter{}, maxGeneration: limiterGeneration}
}

// take lets the caller pass, or says when to come again.
func (l *limiter) take(who string, now time.Time) error {
	if l.limit.Rate <= 0 {
		return nil
	}
	reservation := l.bucket(who).ReserveN(now, 1)
	if wait := reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now)
		err := bot9.Errorf(bot9.RateLimited, codeRateLimited, "Too many requests; wait as long as Retry-After says.")
		err.RetryAfter = wait
		return err
	}
	return nil
}

func (l *limiter) bucket(who string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	bucket, ok := l.young[who]
	if ok {
		return bucket
	}
	if bucket, ok = l.old[who]; !ok {
		bucket = rate.NewLimiter(rate.Limit(l.limit.Rate), max(l.limit.Burst, 1))
	}
	if len(l.young) >= l.maxGeneration {
		l.old, l.young = l.young, map[string]*rate.Limiter{}
	}
	l.young[who] = bucket
	return bucket
}

// remoteIP is who connected. Of an IPv6 address the network counts, since one person has a whole /64.
func remoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	return label(addr)
}

func label(addr netip.Addr) string {
	addr = addr.Unmap()
	if addr.Is6() {
		if network, err := addr.WithZone("").Prefix(64); err == nil {
			return network.Masked().String()
		}
	}
	return addr.String()
}
