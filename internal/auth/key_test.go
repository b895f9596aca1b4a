package auth

import (
	"context"
	"regexp"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bot9/bot9/internal/bot9"
)

func (w *world) addKey(id bot9.KeyID) (string, bot9.NewKey) {
	secret, key := w.NewKey("production")
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	w.store.keys[key.Hash] = bot9.Key{ID: id, ChatbotID: 70, AccountID: 700}
	return secret, key
}

func (w *world) revoke(key bot9.NewKey) {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	delete(w.store.keys, key.Hash)
}

func TestNewKey(t *testing.T) {
	w := newWorld(t)
	seen := map[string]bool{}
	for range 1000 {
		secret, key := w.NewKey("production")
		if !regexp.MustCompile(`^bot9_sk_[0-9A-Za-z]{49}$`).MatchString(secret) || !wellFormed(secret) || seen[secret] {
			t.Fatalf("secret %q", secret)
		}
		seen[secret] = true
		if key.Name != "production" || key.Hash != hashOf(secret) || key.Hint != secret[len(secret)-4:] {
			t.Fatalf("key %+v of %q", key, secret)
		}
	}
}

func TestByKey(t *testing.T) {
	w := newWorld(t)
	secret, _ := w.addKey(7)
	for range 100 {
		p, err := w.ByKey(t.Context(), secret, here.Address)
		if err != nil || p.Kind != bot9.ByKey || p.AccountID != 700 || p.ChatbotID != 70 || p.KeyID != 7 {
			t.Fatalf("principal %+v, error %v", p, err)
		}
	}
	if w.store.lookups != 1 {
		t.Errorf("looked up %d times", w.store.lookups)
	}
}

func TestByKeyRefuses(t *testing.T) {
	w := newWorld(t)
	unknown, _ := w.NewKey("")
	_, err := w.ByKey(t.Context(), unknown, here.Address)
	wantCode(t, err, bot9.Unauthorized, "invalidKey")

	secret, _ := w.addKey(7)
	lookups := w.store.lookups
	typo := []byte(secret)
	typo[20]++
	for _, wrong := range []string{"", "bot9_sk_", string(typo), secret + "0", secret[:len(secret)-1], "sk_live_" + secret[8:]} {
		_, err := w.ByKey(t.Context(), wrong, here.Address)
		wantCode(t, err, bot9.Unauthorized, "invalidKey")
	}
	if w.store.lookups != lookups {
		t.Error("looked up what can't be a key")
	}
}

func TestRevokedKeyStops(t *testing.T) {
	t.Run("at once where it was revoked", func(t *testing.T) {
		w := newWorld(t)
		secret, key := w.addKey(7)
		if _, err := w.ByKey(t.Context(), secret, here.Address); err != nil {
			t.Fatal(err)
		}
		w.revoke(key)
		w.ForgetKeys()
		_, err := w.ByKey(t.Context(), secret, here.Address)
		wantCode(t, err, bot9.Unauthorized, "invalidKey")
	})
	t.Run("within seconds elsewhere", func(t *testing.T) {
		w := newWorld(t)
		secret, key := w.addKey(7)
		if _, err := w.ByKey(t.Context(), secret, here.Address); err != nil {
			t.Fatal(err)
		}
		w.revoke(key)
		w.pass(keyCacheTime + time.Millisecond)
		_, err := w.ByKey(t.Context(), secret, here.Address)
		wantCode(t, err, bot9.Unauthorized, "invalidKey")
	})
	t.Run("also when it is being looked up", func(t *testing.T) {
		w := newWorld(t)
		secret, key := w.addKey(7)
		w.store.onLookup = func() {
			w.store.onLookup = nil
			w.revoke(key)
			w.ForgetKeys()
		}
		if _, err := w.ByKey(t.Context(), secret, here.Address); err != nil {
			t.Fatalf("the call that was first: %v", err)
		}
		_, err := w.ByKey(t.Context(), secret, here.Address)
		wantCode(t, err, bot9.Unauthorized, "invalidKey")
	})
}

func TestLookupOutlivesItsCaller(t *testing.T) {
	w := newWorld(t)
	secret, _ := w.addKey(7)
	ctx, cancel := context.WithCancel(t.Context())
	w.store.onLookup = cancel
	if _, err := w.ByKey(ctx, secret, here.Address); err != nil {
		t.Errorf("error %v: others that wait for the same look-up would get it too", err)
	}
}

func TestCacheIsBounded(t *testing.T) {
	w := newWorld(t)
	for i := range 3 * maxCached {
		w.touched.Set(bot9.KeyID(i+1), struct{}{})
	}
	w.touched.CleanUp()
	if n := w.touched.EstimatedSize(); n > maxCached {
		t.Errorf("%d entries", n)
	}
}

func TestUseIsNotedOnceAMinute(t *testing.T) {
	w := newWorld(t)
	secret, _ := w.addKey(7)
	use := func(secret string) {
		t.Helper()
		if _, err := w.ByKey(t.Context(), secret, here.Address); err != nil {
			t.Fatal(err)
		}
	}
	for range 12 {
		use(secret)
		w.pass(4 * time.Second)
	}
	if id := <-w.store.touched; id != 7 {
		t.Fatalf("noted %v", id)
	}
	other, _ := w.addKey(8)
	use(other)
	if id := <-w.store.touched; id != 8 {
		t.Fatalf("noted %v again within a minute", id)
	}
	w.pass(touchInterval)
	use(secret)
	if id := <-w.store.touched; id != 7 {
		t.Fatalf("noted %v", id)
	}
}

func TestUsesNeverWaitToBeNoted(t *testing.T) {
	w := newWorld(t)
	var secrets []string
	for i := range maxTouches + 50 {
		secret, _ := w.addKey(bot9.KeyID(i + 1))
		secrets = append(secrets, secret)
		if _, err := w.ByKey(t.Context(), secret, here.Address); err != nil {
			t.Fatal(err)
		}
	}
	noted := map[bot9.KeyID]bool{}
	for range maxTouches {
		noted[<-w.store.touched] = true
	}
	// What there was no room for is noted by the next use.
	last := bot9.KeyID(len(secrets))
	if noted[last] {
		t.Fatal("the queue has no bound")
	}
	if _, err := w.ByKey(t.Context(), secrets[last-1], here.Address); err != nil {
		t.Fatal(err)
	}
	for !noted[last] {
		noted[<-w.store.touched] = true
	}
}

func TestCloseStopsTheBackground(t *testing.T) {
	before := goleak.IgnoreCurrent()
	w := newWorld(t)
	secret, _ := w.addKey(7)
	if _, err := w.ByKey(t.Context(), secret, here.Address); err != nil { // its note waits for a store that hangs
		t.Fatal(err)
	}
	w.Close()
	select {
	case <-w.stopped:
	default:
		t.Error("Close doesn't wait for the end")
	}
	goleak.VerifyNone(t, before)
}
