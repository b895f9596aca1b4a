package auth

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func TestChangePassword(t *testing.T) {
	w := newWorld(t)
	p := w.signup(t, "ada@example.com")
	other, err := w.Login(t.Context(), "ada@example.com", password, here)
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, w.ChangePassword(t.Context(), p, "wrong horse", "battery staple", here), bot9.Invalid, "wrongPassword")
	wantCode(t, w.ChangePassword(t.Context(), p, password, "1234567890", here), bot9.Invalid, "weakPassword")
	if err := w.ChangePassword(t.Context(), p, password, "battery staple", here); err != nil {
		t.Fatal(err)
	}
	_, err = w.BySession(t.Context(), other.Token, here.Address)
	wantCode(t, err, bot9.Unauthorized, "invalidSession")
	if sessions, err := w.Sessions(t.Context(), p); err != nil || len(sessions) != 1 || !sessions[0].Current {
		t.Errorf("sessions %+v, error %v", sessions, err)
	}
	_, err = w.Login(t.Context(), "ada@example.com", password, here)
	wantCode(t, err, bot9.Unauthorized, "invalidCredentials")
	if _, err := w.Login(t.Context(), "ada@example.com", "battery staple", here); err != nil {
		t.Error(err)
	}
}

// A session in the wrong hands is no way to try passwords without end.
func TestConfirmingIsLimited(t *testing.T) {
	w := newWorld(t)
	p := w.signup(t, "ada@example.com")
	for range maxLoginFailures {
		wantCode(t, w.DeleteAccount(t.Context(), p, "wrong horse", here), bot9.Invalid, "wrongPassword")
	}
	wantCode(t, w.DeleteAccount(t.Context(), p, password, here), bot9.RateLimited, "tooManyLogins")
}

func TestResetLink(t *testing.T) {
	w := newWorld(t)
	owner := w.signup(t, "ada@example.com")
	bob := w.join(t, owner, "bob@example.com", bot9.Developer)
	_, _, err := w.ResetLink(t.Context(), bob, owner.Member.ID)
	wantCode(t, err, bot9.Forbidden, "roleTooLow")
	token, expires, err := w.ResetLink(t.Context(), owner, bob.Member.ID)
	if err != nil || expires != w.now.Add(bot9.ResetTime) {
		t.Fatal(expires, err)
	}
	wantCode(t, w.ResetPassword(t.Context(), token, "12345678901"), bot9.Invalid, "weakPassword")
	if err := w.ResetPassword(t.Context(), token, "battery staple"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, w.ResetPassword(t.Context(), token, "battery staple"), bot9.Invalid, "invalidToken")
	if _, err := w.Login(t.Context(), "bob@example.com", "battery staple", here); err != nil {
		t.Error(err)
	}
	token, _, err = w.ResetLink(t.Context(), owner, bob.Member.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.pass(bot9.ResetTime + time.Second)
	wantCode(t, w.ResetPassword(t.Context(), token, "battery staple"), bot9.Invalid, "invalidToken")

	// The link would open the person's other accounts, which are no business of this one's admins.
	eve := w.signup(t, "eve@example.com")
	_, invite, err := w.Invite(t.Context(), eve, "bob@example.com", bot9.Viewer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.SignupInvited(t.Context(), invite, "bob@example.com", "battery staple", "Bob", here); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.ResetLink(t.Context(), owner, bob.Member.ID)
	wantCode(t, err, bot9.Conflict, "belongsElsewhere")
}

func TestOperatorSetsPasswords(t *testing.T) {
	w := newWorld(t)
	w.signup(t, "ada@example.com")
	fresh, err := w.SetPassword(t.Context(), "Ada@example.com")
	if err != nil || len(fresh) < 16 {
		t.Fatal(fresh, err)
	}
	if _, err := w.Login(t.Context(), "ada@example.com", fresh, here); err != nil {
		t.Error(err)
	}
	_, err = w.SetPassword(t.Context(), "nobody@example.com")
	wantCode(t, err, bot9.NotFound, "notFound")
}

func TestDeleteAccount(t *testing.T) {
	w := newWorld(t)
	owner := w.signup(t, "ada@example.com")
	admin := w.join(t, owner, "bob@example.com", bot9.Admin)
	wantCode(t, w.DeleteAccount(t.Context(), admin, password, here), bot9.Forbidden, "roleTooLow")
	if err := w.DeleteAccount(t.Context(), owner, password, here); err != nil || len(w.store.accounts) != 0 {
		t.Errorf("%d accounts left, error %v", len(w.store.accounts), err)
	}
}
