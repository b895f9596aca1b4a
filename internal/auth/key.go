package auth

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	maxCached     = 10_000
	keyCacheTime  = 5 * time.Second // how long another node may still take a key that was revoked here
	keyLookupTime = 10 * time.Second
	touchInterval = time.Minute
	maxTouches    = 256 // waiting to be written
)

// foundKey is a key as looked up in a generation. Whatever was revoked, rotated or deleted since
// begins a new one, which makes a look-up that was under way meanwhile count for nothing.
type foundKey struct {
	bot9.Key
	generation uint64
}

// ByKey tells which chatbot's secret key it is; Unauthorized "invalidKey" if none's or expired, Forbidden
// "addressNotAllowed" if it may not be used from the IP address.
func (s *Service) ByKey(ctx context.Context, secret, address string) (bot9.Principal, error) {
	if !wellFormed(secret) {
		return bot9.Principal{}, invalidKey()
	}
	key, err := s.findKey(ctx, hashOf(secret))
	now := s.clock()
	ended := err == nil && (key.GraceUntil != 0 && key.GraceUntil <= now || key.ExpiresAt != 0 && key.ExpiresAt <= now) // while it was cached
	if ended || bot9.KindOf(err) == bot9.NotFound {
		err = invalidKey()
	}
	if err != nil {
		return bot9.Principal{}, err
	}
	if !allowedFrom(key.AllowedIPs, address) {
		return bot9.Principal{}, bot9.Errorf(bot9.Forbidden, "addressNotAllowed", "This key may not be used from this IP address.")
	}
	s.touch(key.ID)
	return bot9.KeyPrincipal(&key.Key), nil
}

// allowedFrom tells whether an address, or the network that stands for one, is in the list; an empty list
// has all.
func allowedFrom(allowed []string, address string) bool {
	if len(allowed) == 0 {
		return true
	}
	from, ok := parsePrefix(address)
	return ok && slices.ContainsFunc(allowed, func(entry string) bool {
		prefix, ok := parsePrefix(entry)
		return ok && prefix.Overlaps(from)
	})
}

func parsePrefix(text string) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(text); err == nil {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), addr.Zone() == ""
	}
	prefix, err := netip.ParsePrefix(text)
	return prefix.Masked(), err == nil
}

const maxAllowedIPs = 50

// CheckKeyLimits refuses limits that no key can have, with Invalid "invalidScope", "invalidExpiry" or
// "invalidAllowedIps".
func (s *Service) CheckKeyLimits(limits bot9.KeyLimits) error {
	for i, scope := range limits.Scopes {
		if !slices.Contains(bot9.Scopes, scope) {
			return bot9.InvalidField("invalidScope", fmt.Sprintf("body.scopes[%d]", i), "There is no such scope.")
		}
	}
	if limits.Scopes != nil && len(limits.Scopes) == 0 {
		return bot9.InvalidField("invalidScope", "body.scopes", "Name at least one scope, or leave scopes out for all.")
	}
	if limits.ExpiresAt != 0 && limits.ExpiresAt <= s.clock() {
		return bot9.InvalidField("invalidExpiry", "body.expiresAt", "This is in the past.")
	}
	if len(limits.AllowedIPs) > maxAllowedIPs {
		return bot9.InvalidField("invalidAllowedIps", "body.allowedIps", "There can be up to %d addresses.", maxAllowedIPs)
	}
	for i, entry := range limits.AllowedIPs {
		if _, ok := parsePrefix(entry); !ok {
			return bot9.InvalidField("invalidAllowedIps", fmt.Sprintf("body.allowedIps[%d]", i), "This is neither an IP address nor a CIDR, like 192.0.2.0/24.")
		}
	}
	return nil
}

func invalidKey() error {
	return bot9.Errorf(bot9.Unauthorized, "invalidKey", "This secret key is not valid.")
}

func (s *Service) findKey(ctx context.Context, hash [32]byte) (foundKey, error) {
	generation := s.generation.Load()
	for {
		key, err := s.keys.Get(ctx, hash, s.loader)
		if err != nil || key.generation >= generation {
			return key, err
		}
		s.keys.Invalidate(hash)
	}
}

// loadKey looks a key up for all who wait for it, so it doesn't end with the one who came first.
func (s *Service) loadKey(ctx context.Context, hash [32]byte) (foundKey, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keyLookupTime)
	defer cancel()
	generation := s.generation.Load()
	key, err := s.store.KeyBySecret(ctx, hash, s.clock())
	return foundKey{Key: key, generation: generation}, err
}

// ForgetKeys makes the next call with any secret look it up again. Call it when a key was rotated or
// revoked or a chatbot deleted: what is refused by the store is refused here from then on.
func (s *Service) ForgetKeys() { s.generation.Add(1) }

// touch is one use of a key, or of a session, that is to be noted.
type touch struct {
	key     bot9.KeyID
	session bot9.Session
	at      bot9.Time
	address string
}

// touchSession has the session's use noted, as touch does for a key.
func (s *Service) touchSession(session bot9.Session, address string) {
	if _, due := s.seen.SetIfAbsent(session.ID, struct{}{}); !due {
		return
	}
	select {
	case s.touches <- touch{session: session, at: s.clock(), address: address}:
	default:
		s.seen.Invalidate(session.ID)
	}
}

// touch has the key's use noted, at most once a minute. It never waits: what the queue has no room
// for is noted by a later use.
func (s *Service) touch(id bot9.KeyID) {
	if _, due := s.touched.SetIfAbsent(id, struct{}{}); !due {
		return
	}
	select {
	case s.touches <- touch{key: id, at: s.clock()}:
	default:
		s.touched.Invalidate(id)
	}
}

func (s *Service) touchKeys(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case t := <-s.touches:
			var err error
			if t.key != 0 {
				err = s.store.TouchKey(ctx, t.key, t.at)
			} else {
				err = s.store.TouchSession(ctx, t.session.ID, t.session.PersonID, t.at, t.address)
			}
			if err != nil && ctx.Err() == nil {
				s.log.Warn("noting the last use", "key", t.key, "session", t.session.ID, "error", err)
			}
		}
	}
}

func newCache[K comparable, V any](clock func() bot9.Time, lifetime time.Duration) *otter.Cache[K, V] {
	return otter.Must(&otter.Options[K, V]{
		MaximumSize:      maxCached,
		ExpiryCalculator: otter.ExpiryWriting[K, V](lifetime),
		Clock:            cacheClock(clock),
	})
}

// cacheClock has a cache go by the service's clock. The caches are small enough to do without
// regular clean-ups.
type cacheClock func() bot9.Time

func (c cacheClock) NowNano() int64                      { return int64(c()) * int64(time.Millisecond) }
func (c cacheClock) Tick(time.Duration) <-chan time.Time { return nil }
