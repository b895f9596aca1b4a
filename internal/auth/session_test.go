package auth

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func TestLoginAndLogout(t *testing.T) {
	w := newWorld(t)
	owner := w.signup(t, "ada@example.com")
	begun, err := w.Login(t.Context(), " ADA@example.com", password, here)
	if err != nil || begun.Member.ID != owner.Member.ID || begun.Account.ID != owner.AccountID || begun.ExpiresAt != w.now.Add(bot9.SessionTime) {
		t.Fatalf("%+v, error %v", begun, err)
	}
	if _, err := w.BySession(t.Context(), begun.Token, here.Address); err != nil {
		t.Error(err)
	}
	if err := w.Logout(t.Context(), begun.Token); err != nil {
		t.Error(err)
	}
	_, err = w.BySession(t.Context(), begun.Token, here.Address)
	wantCode(t, err, bot9.Unauthorized, "invalidSession")
	if err := w.Logout(t.Context(), begun.Token); err != nil {
		t.Errorf("logging out twice: %v", err)
	}
}

func TestSessionEnds(t *testing.T) {
	w := newWorld(t)
	begun, err := w.Signup(t.Context(), "ada@example.com", password, "Ada", here)
	if err != nil {
		t.Fatal(err)
	}
	w.pass(bot9.SessionTime - time.Second)
	if _, err := w.BySession(t.Context(), begun.Token, here.Address); err != nil {
		t.Error(err)
	}
	w.pass(time.Second)
	_, err = w.BySession(t.Context(), begun.Token, here.Address)
	wantCode(t, err, bot9.Unauthorized, "invalidSession")
}

// Nobody can learn from the answer, or from the work done for it, who has an account: neither at the
// log-in nor at the sign-up.
func TestFailedLoginsAreAlike(t *testing.T) {
	w := newWorld(t)
	owner := w.signup(t, "ada@example.com")
	if _, _, err := w.Invite(t.Context(), owner, "bob@example.com", bot9.Viewer); err != nil {
		t.Fatal(err)
	}
	_, first := w.Login(t.Context(), "ada@example.com", "wrong horse", here)
	wantCode(t, first, bot9.Unauthorized, "invalidCredentials")
	signup := func(ctx context.Context, email, password string, from bot9.LoginFrom) (bot9.NewSession, error) {
		return w.Signup(ctx, email, password, "Eve", from)
	}
	for name, try := range map[string]struct {
		email, password string
		call            func(context.Context, string, string, bot9.LoginFrom) (bot9.NewSession, error)
	}{
		"unknown address":    {"eve@example.com", password, w.Login},
		"invited only":       {"bob@example.com", "", w.Login},
		"not an address":     {"ada", password, w.Login},
		"wrong password":     {"ada@example.com", "wrong horse", w.Login},
		"no password at all": {"ada@example.com", "", w.Login},
		"sign-up":            {"ada@example.com", "another horse", signup},
	} {
		t.Run(name, func(t *testing.T) {
			before := w.hashings
			begun, err := try.call(t.Context(), try.email, try.password, here)
			if err == nil || err.Error() != first.Error() || bot9.KindOf(err) != bot9.Unauthorized || begun.Token != "" {
				t.Errorf("error %v, want %v", err, first)
			}
			if n := w.hashings - before; n != 1 {
				t.Errorf("%d hashings, want 1", n)
			}
		})
	}
}

func (w *world) fail(t *testing.T, email string, times int, from bot9.LoginFrom) {
	t.Helper()
	for range times {
		_, err := w.Login(t.Context(), email, "wrong horse", from)
		wantCode(t, err, bot9.Unauthorized, "invalidCredentials")
	}
}

func TestTooManyLogins(t *testing.T) {
	for _, email := range []string{"ada@example.com", "nobody@example.com"} {
		t.Run(email, func(t *testing.T) {
			w := newWorld(t)
			w.signup(t, "ada@example.com")
			w.signup(t, "bob@example.com")
			w.fail(t, email, maxLoginFailures, here)
			before := w.hashings
			for _, call := range []func() error{
				func() error { _, err := w.Login(t.Context(), email, password, here); return err },
				func() error {
					_, err := w.Signup(t.Context(), "ada@example.com", "wrong horses", "Eve", here)
					return err
				},
			} {
				err := call()
				if email != "ada@example.com" && bot9.KindOf(err) == bot9.Unauthorized {
					continue // another address's sign-up
				}
				wantCode(t, err, bot9.RateLimited, "tooManyLogins")
				if e, ok := err.(*bot9.Error); !ok || e.RetryAfter != loginWindow {
					t.Errorf("%+v doesn't tell when to try again", err)
				}
			}
			if email == "ada@example.com" && w.hashings != before {
				t.Error("a login over the limit costs a hashing")
			}
			if _, err := w.Login(t.Context(), "bob@example.com", password, here); err != nil {
				t.Errorf("others can't log in either: %v", err)
			}
			w.pass(loginWindow + time.Millisecond)
			_, err := w.Login(t.Context(), email, "wrong horse", here)
			wantCode(t, err, bot9.Unauthorized, "invalidCredentials")
		})
	}
}

// Whoever fails again and again locks out nobody but themself: the owner gets in from elsewhere, and from
// a device that they have used before even from the same address.
func TestStrangersLockNobodyOut(t *testing.T) {
	w := newWorld(t)
	begun, err := w.Signup(t.Context(), "ada@example.com", password, "Ada", here)
	if err != nil {
		t.Fatal(err)
	}
	w.fail(t, "ada@example.com", maxLoginFailures, here)
	known := here
	known.Device = begun.Device
	again, err := w.Login(t.Context(), "ada@example.com", password, known)
	if err != nil {
		t.Errorf("from the known device: %v", err)
	}
	if _, err := w.Login(t.Context(), "ada@example.com", password, bot9.LoginFrom{Address: "198.51.100.1"}); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	for _, device := range []string{"", "made up", begun.Device} { // the last was replaced
		_, err := w.Login(t.Context(), "ada@example.com", password, bot9.LoginFrom{Address: here.Address, Device: device})
		wantCode(t, err, bot9.RateLimited, "tooManyLogins")
	}
	known.Device = again.Device // stolen, it gives as many tries as any address and is worth nothing then
	w.fail(t, "ada@example.com", maxLoginFailures, known)
	_, err = w.Login(t.Context(), "ada@example.com", "wrong horse", known)
	wantCode(t, err, bot9.RateLimited, "tooManyLogins")
}

// A device is a proof for its own person only.
func TestKnownDeviceOfAnother(t *testing.T) {
	w := newWorld(t)
	w.signup(t, "ada@example.com")
	eve, err := w.Signup(t.Context(), "eve@example.com", password, "Eve", bot9.LoginFrom{Address: "198.51.100.1"})
	if err != nil {
		t.Fatal(err)
	}
	w.fail(t, "ada@example.com", maxLoginFailures, here)
	_, err = w.Login(t.Context(), "ada@example.com", "wrong horse", bot9.LoginFrom{Address: here.Address, Device: eve.Device})
	wantCode(t, err, bot9.RateLimited, "tooManyLogins")
}

func TestOneAddressTriesMany(t *testing.T) {
	w := newWorld(t)
	for i := range maxSourceFailure {
		w.fail(t, fmt.Sprintf("person%d@example.com", i), 1, here)
	}
	_, err := w.Login(t.Context(), "another@example.com", "wrong horse", here)
	wantCode(t, err, bot9.RateLimited, "tooManyLogins")
}

func TestLoginForgetsFailuresBefore(t *testing.T) {
	w := newWorld(t)
	w.signup(t, "ada@example.com")
	for range 3 {
		w.fail(t, "ada@example.com", maxLoginFailures-1, here)
		if _, err := w.Login(t.Context(), "ada@example.com", password, here); err != nil {
			t.Fatal(err)
		}
	}
}

// A crowd of simultaneous tries gets no more than one beyond the limit for each place to hash in.
func TestCrowdOfLogins(t *testing.T) {
	w := newWorld(t)
	w.signup(t, "ada@example.com")
	before := w.hashings
	answers := make(chan error)
	const crowd = 100
	for i := range crowd {
		go func() {
			_, err := w.Login(t.Context(), "ada@example.com", fmt.Sprint("wrong horse ", i), here)
			answers <- err
		}()
	}
	for range crowd {
		if err := <-answers; bot9.KindOf(err) != bot9.Unauthorized && bot9.KindOf(err) != bot9.RateLimited {
			t.Error(err)
		}
	}
	if tries := w.hashings - before; tries > maxLoginFailures+maxHashings-1 {
		t.Errorf("%d passwords were tried", tries)
	}
}
