package auth

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// Whatever is watched is told of its end within a second, whoever caused it; all of it costs one look-up at a time,
// and nothing is looked up where nothing is watched.
func TestWatchedSecretsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		secret, key := w.addKey(7)
		token := "token"
		_, _ = w.store.CreateSession(t.Context(), bot9.Member{ID: 1}, bot9.Session{ExpiresAt: w.clock().Add(time.Hour)}, hashOf(token), [32]byte{})
		time.Sleep(time.Minute)
		if w.store.lookUps() != 0 {
			t.Errorf("%d look-ups for nobody", w.store.lookUps())
		}
		ofKey, stopKey := w.WatchKey(secret)
		again, stopAgain := w.WatchKey(secret)
		ofSession, stopSession := w.WatchSession(token)
		time.Sleep(10 * time.Second)
		if closed(ofKey) || closed(again) || closed(ofSession) || w.store.lookUps() > 21 { // two a second, and one at either end
			t.Errorf("ended while valid, after %d look-ups", w.store.lookUps())
		}
		w.revoke(key)
		time.Sleep(time.Second)
		if !closed(ofKey) || !closed(again) || closed(ofSession) {
			t.Errorf("of a revoked key: %t, %t; of the session: %t", closed(ofKey), closed(again), closed(ofSession))
		}
		_ = w.store.DeleteSession(t.Context(), hashOf(token))
		time.Sleep(time.Second)
		if !closed(ofSession) {
			t.Error("the session's end was not told")
		}
		stopKey()
		stopAgain()
		stopSession()
		if len(w.watched) != 0 {
			t.Errorf("%d secrets are still watched", len(w.watched))
		}
	})
}

// One that ends of itself is told as well, and one that nobody watches any more is forgotten.
func TestWatchedSessionExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		_, _ = w.store.CreateSession(t.Context(), bot9.Member{ID: 1}, bot9.Session{ExpiresAt: w.clock().Add(time.Minute)}, hashOf("token"), [32]byte{})
		ended, stop := w.WatchSession("token")
		_, left := w.WatchSession("another")
		left()
		if len(w.watched) != 1 {
			t.Errorf("%d secrets are watched", len(w.watched))
		}
		w.pass(time.Minute)
		time.Sleep(time.Second)
		if !closed(ended) {
			t.Error("the session's end was not told")
		}
		stop()
	})
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
