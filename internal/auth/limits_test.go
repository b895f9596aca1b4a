package auth

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// limit gives the key with the secret limits.
func (w *world) limit(secret string, limits bot9.KeyLimits) {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	key := w.store.keys[hashOf(secret)]
	key.KeyLimits = limits
	w.store.keys[hashOf(secret)] = key
}

func TestKeyIsConfinedToAddresses(t *testing.T) {
	w := newWorld(t)
	secret, _ := w.addKey(7)
	w.limit(secret, bot9.KeyLimits{AllowedIPs: []string{"192.0.2.0/24", "198.51.100.7", "2001:db8:0:1::/64", "::ffff:203.0.113.9"}})
	for address, allowed := range map[string]bool{
		"192.0.2.7": true, "198.51.100.7": true, "2001:db8:0:1::/64": true, "2001:db8:0:1::5": true, "203.0.113.9": true,
		"192.0.3.7": false, "198.51.100.8": false, "2001:db8:0:2::/64": false, "": false, "nonsense": false,
	} {
		_, err := w.ByKey(t.Context(), secret, address)
		if allowed && err != nil {
			t.Errorf("from %s: %v", address, err)
		}
		if !allowed {
			wantCode(t, err, bot9.Forbidden, "addressNotAllowed")
		}
	}
}

func TestKeyExpires(t *testing.T) {
	w := newWorld(t)
	secret, _ := w.addKey(7)
	w.limit(secret, bot9.KeyLimits{ExpiresAt: w.now.Add(2 * time.Second), Scopes: []bot9.Scope{bot9.EventsWrite}})
	p, err := w.ByKey(t.Context(), secret, here.Address)
	if err != nil || !p.May(bot9.EventsWrite) || p.May(bot9.EventsRead) {
		t.Fatalf("%+v, %v", p, err)
	}
	w.pass(2 * time.Second) // it is still cached
	_, err = w.ByKey(t.Context(), secret, here.Address)
	wantCode(t, err, bot9.Unauthorized, "invalidKey")
}

func TestCheckKeyLimits(t *testing.T) {
	w := newWorld(t)
	for code, limits := range map[string]bot9.KeyLimits{
		"invalidScope":      {Scopes: []bot9.Scope{bot9.EventsRead, "everything"}},
		"invalidExpiry":     {ExpiresAt: w.now},
		"invalidAllowedIps": {AllowedIPs: []string{"192.0.2.7", "example.com"}},
	} {
		wantCode(t, w.CheckKeyLimits(limits), bot9.Invalid, code)
	}
	wantCode(t, w.CheckKeyLimits(bot9.KeyLimits{Scopes: []bot9.Scope{}}), bot9.Invalid, "invalidScope")
	wantCode(t, w.CheckKeyLimits(bot9.KeyLimits{AllowedIPs: make([]string, maxAllowedIPs+1)}), bot9.Invalid, "invalidAllowedIps")
	if err := w.CheckKeyLimits(bot9.KeyLimits{Scopes: bot9.Scopes, ExpiresAt: w.now.Add(time.Hour), AllowedIPs: []string{"192.0.2.7", "2001:db8::/32"}}); err != nil {
		t.Error(err)
	}
}
