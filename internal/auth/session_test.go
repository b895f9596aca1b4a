package auth

import (
	"fmt"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func TestLoginAndLogout(t *testing.T) {
	w := newWorld(t)
	owner := w.signup(t, "ada@example.com")
	member, account, token, expires, err := w.Login(t.Context(), " ADA@example.com", "correct horse")
	if err != nil || member.ID != owner.Member.ID || account.ID != owner.AccountID || expires != w.now.Add(sessionTime) {
		t.Fatalf("member %+v of %+v until %v, error %v", member, account, expires, err)
	}
	if _, err := w.BySession(t.Context(), token); err != nil {
		t.Error(err)
	}
	if err := w.Logout(t.Context(), token); err != nil {
		t.Error(err)
	}
	_, err = w.BySession(t.Context(), token)
	wantCode(t, err, bot9.Unauthorized, "invalidSession")
	if err := w.Logout(t.Context(), token); err != nil {
		t.Errorf("logging out twice: %v", err)
	}
}

func TestSessionEnds(t *testing.T) {
	w := newWorld(t)
	_, _, token, _, err := w.Signup(t.Context(), "ada@example.com", "correct horse", "Ada")
	if err != nil {
		t.Fatal(err)
	}
	w.pass(sessionTime - time.Second)
	if _, err := w.BySession(t.Context(), token); err != nil {
		t.Error(err)
	}
	w.pass(time.Second)
	_, err = w.BySession(t.Context(), token)
	wantCode(t, err, bot9.Unauthorized, "invalidSession")
}

// Nobody can learn from the answer, or from the work done for it, who is a member.
func TestFailedLoginsAreAlike(t *testing.T) {
	w := newWorld(t)
	owner := w.signup(t, "ada@example.com")
	if _, _, err := w.Invite(t.Context(), owner, "bob@example.com", bot9.Viewer); err != nil {
		t.Fatal(err)
	}
	_, _, _, _, first := w.Login(t.Context(), "ada@example.com", "wrong horse")
	wantCode(t, first, bot9.Unauthorized, "invalidCredentials")
	for name, try := range map[string]struct{ email, password string }{
		"unknown address":    {"eve@example.com", "correct horse"},
		"invited only":       {"bob@example.com", ""},
		"not an address":     {"ada", "correct horse"},
		"wrong password":     {"ada@example.com", "wrong horse"},
		"no password at all": {"ada@example.com", ""},
	} {
		t.Run(name, func(t *testing.T) {
			before := w.hashings
			_, _, token, _, err := w.Login(t.Context(), try.email, try.password)
			if err == nil || err.Error() != first.Error() || bot9.KindOf(err) != bot9.Unauthorized || token != "" {
				t.Errorf("error %v, want %v", err, first)
			}
			if n := w.hashings - before; n != 1 {
				t.Errorf("%d hashings, want 1", n)
			}
		})
	}
}

func TestTooManyLogins(t *testing.T) {
	for _, email := range []string{"ada@example.com", "nobody@example.com"} {
		t.Run(email, func(t *testing.T) {
			w := newWorld(t)
			w.signup(t, "ada@example.com")
			w.signup(t, "bob@example.com")
			for range maxLoginFailures {
				_, _, _, _, err := w.Login(t.Context(), email, "wrong horse")
				wantCode(t, err, bot9.Unauthorized, "invalidCredentials")
			}
			before := w.hashings
			_, _, _, _, err := w.Login(t.Context(), email, "correct horse")
			wantCode(t, err, bot9.RateLimited, "tooManyLogins")
			if e, ok := err.(*bot9.Error); !ok || e.RetryAfter != loginWindow {
				t.Errorf("%+v doesn't tell when to try again", err)
			}
			if w.hashings != before {
				t.Error("a login over the limit costs a hashing")
			}
			if _, _, _, _, err := w.Login(t.Context(), "bob@example.com", "correct horse"); err != nil {
				t.Errorf("others can't log in either: %v", err)
			}
			w.pass(loginWindow + time.Millisecond)
			_, _, _, _, err = w.Login(t.Context(), email, "wrong horse")
			wantCode(t, err, bot9.Unauthorized, "invalidCredentials")
		})
	}
}

func TestLoginForgetsFailuresBefore(t *testing.T) {
	w := newWorld(t)
	w.signup(t, "ada@example.com")
	for range 3 {
		for range maxLoginFailures - 1 {
			_, _, _, _, err := w.Login(t.Context(), "ada@example.com", "wrong horse")
			wantCode(t, err, bot9.Unauthorized, "invalidCredentials")
		}
		if _, _, _, _, err := w.Login(t.Context(), "ada@example.com", "correct horse"); err != nil {
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
			_, _, _, _, err := w.Login(t.Context(), "ada@example.com", fmt.Sprint("wrong horse ", i))
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
