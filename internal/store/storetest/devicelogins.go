package storetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/store"
)

var deviceLogins = topic{"Device logins", []testCase{
	{"a login is found by its user code until its time is up", func(t *testing.T, w *world) {
		login := w.deviceLogin("BCDFGHJK", "device code")
		found, err := w.DeviceLogin(w.ctx, "BCDFGHJK", w.clock.Now())
		must(t, err)
		want(t, "login", found, login)
		_, err = w.DeviceLogin(w.ctx, "BCDFGHJL", w.clock.Now())
		missing(t, err)
		refused(t, w.CreateDeviceLogin(w.ctx, hash("other code"), login, time.Second), bot9.Conflict, "userCodeTaken")
		_, err = w.DeviceLogin(w.ctx, "BCDFGHJK", login.ExpiresAt)
		missing(t, err)
	}},
	{"an approved login brings one key, named after the program", func(t *testing.T, w *world) {
		w.deviceLogin("BCDFGHJK", "device code")
		want(t, "before", w.collect("device code"), bot9.DeviceAnswer{Status: bot9.DevicePending})
		decided, err := w.DecideDeviceLogin(w.ctx, "BCDFGHJK", w.clock.Now(), w.chatbot)
		must(t, err)
		want(t, "status", decided.Status, bot9.DeviceApproved)
		_, err = w.DecideDeviceLogin(w.ctx, "BCDFGHJK", w.clock.Now(), 0)
		refused(t, err, bot9.Conflict, "deviceLoginDecided")

		_, err = w.CollectDeviceLogin(w.ctx, hash("another's code"), w.clock.Now(), time.Second, newKey())
		missing(t, err)
		answer := w.collect("device code")
		want(t, "status", answer.Status, bot9.DeviceApproved)
		want(t, "chatbot", answer.Chatbot, bot9.Chatbot{ID: w.chatbot, AccountID: w.account, Name: "Helper", CreatedAt: w.chatbot.Time()})
		key, err := w.KeyBySecret(w.ctx, hash("secret of device code"), w.clock.Now())
		must(t, err)
		want(t, "key", [2]any{key.ID, key.Name}, [2]any{answer.Key.ID, "bot9 on laptop"})

		_, err = w.CollectDeviceLogin(w.ctx, hash("device code"), w.clock.Now(), time.Second, newKey())
		missing(t, err)
		_, err = w.DeviceLogin(w.ctx, "BCDFGHJK", w.clock.Now())
		missing(t, err)
	}},
	{"a denied login brings none", func(t *testing.T, w *world) {
		w.deviceLogin("BCDFGHJK", "device code")
		decided, err := w.DecideDeviceLogin(w.ctx, "BCDFGHJK", w.clock.Now(), 0)
		must(t, err)
		want(t, "status", decided.Status, bot9.DeviceDenied)
		want(t, "answer", w.collect("device code"), bot9.DeviceAnswer{Status: bot9.DeviceDenied})
		_, err = w.KeyBySecret(w.ctx, hash("secret of device code"), w.clock.Now())
		missing(t, err)
	}},
	{"whoever asks too soon is to wait longer", func(t *testing.T, w *world) {
		w.deviceLogin("BCDFGHJK", "device code") // 2 s between questions
		steps := []struct {
			after time.Duration
			soon  bool
		}{{0, false}, {time.Second, true}, {4 * time.Second, true}, {12 * time.Second, false}, {11 * time.Second, true}}
		for i, step := range steps { // 5 s longer each time
			w.clock.Advance(step.after)
			if soon := w.collect("device code").TooSoon; soon != step.soon {
				t.Fatalf("question %d: too soon is %v", i+1, soon)
			}
		}
		_, err := w.DecideDeviceLogin(w.ctx, "BCDFGHJK", w.clock.Now(), w.chatbot)
		must(t, err)
		want(t, "an approved one waits for nothing", w.collect("device code").Status, bot9.DeviceApproved)
	}},
	{"haste makes nobody wait for ever", func(t *testing.T, w *world) {
		w.deviceLogin("BCDFGHJK", "device code")
		w.collect("device code")
		for range 40 {
			want(t, "too soon", w.collect("device code").TooSoon, true)
		}
		w.clock.Advance(65 * time.Second)
		want(t, "too soon", w.collect("device code").TooSoon, false)
	}},
	{"nothing comes of it once the time is up, or the chatbot gone", func(t *testing.T, w *world) {
		login := w.deviceLogin("BCDFGHJK", "late")
		_, err := w.DecideDeviceLogin(w.ctx, "BCDFGHJK", login.ExpiresAt, w.chatbot)
		missing(t, err)
		_, err = w.DecideDeviceLogin(w.ctx, "BCDFGHJK", login.ExpiresAt-1, w.chatbot)
		must(t, err)
		_, err = w.CollectDeviceLogin(w.ctx, hash("late"), login.ExpiresAt, time.Second, newKey())
		missing(t, err)

		w.deviceLogin("BCDFGHJL", "homeless")
		gone := w.newChatbot()
		_, err = w.DecideDeviceLogin(w.ctx, "BCDFGHJL", w.clock.Now(), gone)
		must(t, err)
		must(t, w.DeleteChatbot(w.ctx, w.account, gone))
		_, err = w.CollectDeviceLogin(w.ctx, hash("homeless"), w.clock.Now(), time.Second, newKey())
		missing(t, err)
	}},
	{"of many who collect at once one gets the key", func(t *testing.T, w *world) {
		w.deviceLogin("BCDFGHJK", "device code")
		_, err := w.DecideDeviceLogin(w.ctx, "BCDFGHJK", w.clock.Now(), w.chatbot)
		must(t, err)
		before, err := w.Keys(w.ctx, w.chatbot)
		must(t, err)
		var group sync.WaitGroup
		var got atomic.Int64
		for range 8 {
			group.Go(func() {
				if _, err := w.CollectDeviceLogin(w.ctx, hash("device code"), w.clock.Now(), time.Second, newKey()); err == nil {
					got.Add(1)
				}
			})
		}
		group.Wait()
		after, err := w.Keys(w.ctx, w.chatbot)
		must(t, err)
		want(t, "answers and keys", [2]int{int(got.Load()), len(after) - len(before)}, [2]int{1, 1})
	}},
	{"what expired is cleaned away, and its code free again", func(t *testing.T, w *world) {
		w.deviceLogin("BCDFGHJK", "device code")
		w.clock.Advance(10 * time.Minute)
		_, err := w.Purge(w.ctx)
		must(t, err)
		w.deviceLogin("BCDFGHJK", "next code")
	}},
}}

// deviceLogin makes a pending login of ten minutes.
func (w *world) deviceLogin(userCode, deviceCode string) bot9.DeviceLogin {
	w.t.Helper()
	login := bot9.DeviceLogin{
		UserCode: userCode, ClientName: "bot9 on laptop", Address: "192.0.2.7", Status: bot9.DevicePending,
		CreatedAt: w.clock.Now(), ExpiresAt: w.clock.Now().Add(10 * time.Minute),
	}
	must(w.t, w.CreateDeviceLogin(w.ctx, hash(deviceCode), login, 2*time.Second))
	return login
}

// collect asks for the key of a login, as often as it likes 5 s slower.
func (w *world) collect(deviceCode string) bot9.DeviceAnswer {
	w.t.Helper()
	answer, err := w.CollectDeviceLogin(w.ctx, hash(deviceCode), w.clock.Now(), 5*time.Second, bot9.NewKey{Hash: hash("secret of " + deviceCode), Hint: "wxyz"})
	must(w.t, err)
	return answer
}

// deviceLoginAcross begins logins on one store and decides them on another; both are asked for the key.
func deviceLoginAcross(t *testing.T, n *nodes) {
	a, b := n.stores[0], n.open(newRecorder())
	now := bot9.At(time.Now())
	for i := range 20 {
		code := "BCDFGH" + string("JKLMN"[i%5]) + string("PQRS"[i/5])
		login := bot9.DeviceLogin{UserCode: code, ClientName: "bot9 on laptop", CreatedAt: now, ExpiresAt: now.Add(10 * time.Minute)}
		must(t, a.CreateDeviceLogin(n.ctx, hash(code), login, time.Second))
		_, err := b.DecideDeviceLogin(n.ctx, code, now, n.chatbot)
		must(t, err)
		var group sync.WaitGroup
		given, gone := atomic.Int64{}, atomic.Int64{}
		for _, s := range []*store.Store{a, b} {
			group.Go(func() {
				switch _, err := s.CollectDeviceLogin(n.ctx, hash(code), now, time.Second, newKey()); {
				case err == nil:
					given.Add(1)
				case bot9.KindOf(err) == bot9.NotFound:
					gone.Add(1)
				}
			})
		}
		group.Wait()
		want(t, "keys and refusals", [2]int64{given.Load(), gone.Load()}, [2]int64{1, 1})
	}
	keys, err := b.Keys(n.ctx, n.chatbot)
	must(t, err)
	want(t, "keys", len(keys), 1+20)
}
