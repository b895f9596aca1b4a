package auth

import (
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func TestSignup(t *testing.T) {
	w := newWorld(t)
	member, account, token, expires, err := w.Signup(t.Context(), "  Ada@Example.COM ", "correct horse", " Ada ")
	if err != nil {
		t.Fatal(err)
	}
	if member.Email != "ada@example.com" || member.Name != "Ada" || member.Role != bot9.Owner || member.Status != bot9.MemberActive {
		t.Errorf("member %+v", member)
	}
	if account.Name != "Ada" || account.ID != member.AccountID {
		t.Errorf("account %+v", account)
	}
	if expires != w.now.Add(30*24*time.Hour) {
		t.Errorf("session ends at %v", expires)
	}
	p, err := w.BySession(t.Context(), token)
	if err != nil || p.AccountID != account.ID || p.Member == nil || p.Member.ID != member.ID {
		t.Errorf("principal %+v, error %v", p, err)
	}
	for hash := range w.store.sessions {
		if strings.Contains(string(hash[:]), token) {
			t.Error("the store has the token itself")
		}
	}
	if strings.Contains(w.store.members[member.ID].PasswordHash, "correct horse") {
		t.Error("the store has the password itself")
	}
}

func TestSignupRefuses(t *testing.T) {
	const email, password, name = "ada@example.com", "correct horse", "Ada"
	tests := map[string]struct{ email, password, name, code string }{
		"no address":             {"", password, name, "invalidEmail"},
		"no @":                   {"ada.example.com", password, name, "invalidEmail"},
		"display name":           {"Ada <ada@example.com>", password, name, "invalidEmail"},
		"two addresses":          {"ada@example.com, bob@example.com", password, name, "invalidEmail"},
		"header injection":       {"ada@example.com\r\nBcc: bob@example.com", password, name, "invalidEmail"},
		"long address":           {strings.Repeat("a", 243) + "@example.com", password, name, "invalidEmail"},
		"short password":         {email, "1234567", name, "weakPassword"},
		"7 characters, 14 bytes": {email, "äöüäöüä", name, "weakPassword"},
		"long password":          {email, strings.Repeat("x", 257), name, "weakPassword"},
		"no name":                {email, password, "  ", "invalidName"},
		"long name":              {email, password, strings.Repeat("x", 101), "invalidName"},
		"name of two lines":      {email, password, "A\nB", "invalidName"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			_, _, token, _, err := w.Signup(t.Context(), test.email, test.password, test.name)
			wantCode(t, err, bot9.Invalid, test.code)
			if token != "" || len(w.store.members) != 0 {
				t.Error("something was made all the same")
			}
			if err != nil && test.password != password && strings.Contains(err.Error(), test.password) {
				t.Error("the error repeats the password")
			}
		})
	}
}

func TestSignupTakesBounds(t *testing.T) {
	w := newWorld(t)
	for i, password := range []string{"12345678", strings.Repeat("x", 256), "äöüäöüäö"} {
		email := strings.Repeat("a", 242-i) + "@example.com"
		if _, _, _, _, err := w.Signup(t.Context(), email, password, strings.Repeat("ä", 100)); err != nil {
			t.Errorf("address of %d bytes, password of %d: %v", len(email), len(password), err)
		}
	}
}

func TestSignupWithTakenEmail(t *testing.T) {
	w := newWorld(t)
	w.signup(t, "ada@example.com")
	_, _, _, _, err := w.Signup(t.Context(), "ADA@example.com", "another horse", "Ada")
	wantCode(t, err, bot9.Conflict, "emailTaken")
}

func TestSignupByPolicy(t *testing.T) {
	for policy, want := range map[SignupPolicy]struct{ first, second string }{
		SignupOpen: {"", ""}, SignupFirst: {"", "signupClosed"}, SignupClosed: {"signupClosed", "signupClosed"},
	} {
		t.Run(string(policy), func(t *testing.T) {
			w := newWorld(t)
			w.Service.signup = policy
			_, _, _, _, err := w.Signup(t.Context(), "ada@example.com", "correct horse", "Ada")
			if got := bot9.CodeOf(err); got != want.first {
				t.Errorf("the first one: %v", err)
			}
			_, _, session, _, err := w.MakeAccount(t.Context(), "owner@example.com", "correct horse", "Owner")
			if err != nil {
				t.Fatalf("whoever runs the server: %v", err)
			}
			_, _, _, _, err = w.Signup(t.Context(), "eve@example.com", "correct horse", "Eve")
			if got := bot9.CodeOf(err); got != want.second {
				t.Errorf("the second one: %v", err)
			}
			if want.second != "" && bot9.KindOf(err) != bot9.Forbidden {
				t.Errorf("the refusal's kind is %v", bot9.KindOf(err))
			}
			owner, err := w.BySession(t.Context(), session)
			if err != nil {
				t.Fatal(err)
			}
			_, token, err := w.Invite(t.Context(), owner, "bob@example.com", bot9.Developer)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, _, _, err := w.SignupInvited(t.Context(), token, "bob@example.com", "battery staple", "Bob"); err != nil {
				t.Errorf("an invited one: %v", err)
			}
		})
	}
}

func TestSignupInvited(t *testing.T) {
	w := newWorld(t)
	owner := w.signup(t, "ada@example.com")
	invited, token, err := w.Invite(t.Context(), owner, " Bob@Example.com", bot9.Developer)
	if err != nil || invited.Email != "bob@example.com" || invited.Status != bot9.MemberInvited {
		t.Fatalf("invited %+v, error %v", invited, err)
	}
	_, _, _, _, err = w.SignupInvited(t.Context(), token, "eve@example.com", "correct horse", "Eve")
	wantCode(t, err, bot9.Invalid, "invalidInvite")
	_, _, _, _, err = w.SignupInvited(t.Context(), token+"x", "bob@example.com", "correct horse", "Bob")
	wantCode(t, err, bot9.Invalid, "invalidInvite")

	member, account, session, _, err := w.SignupInvited(t.Context(), token, "bob@example.com", "battery staple", "Bob")
	if err != nil || account.ID != owner.AccountID || account.Name != "Ada" || member.Role != bot9.Developer || member.Name != "Bob" {
		t.Fatalf("member %+v of %+v, error %v", member, account, err)
	}
	if _, err := w.BySession(t.Context(), session); err != nil {
		t.Error(err)
	}
	if _, _, _, _, err := w.Login(t.Context(), "bob@example.com", "battery staple"); err != nil {
		t.Error(err)
	}
	_, _, _, _, err = w.SignupInvited(t.Context(), token, "bob@example.com", "battery staple", "Bob")
	wantCode(t, err, bot9.Invalid, "invalidInvite")
}

func TestInviteExpires(t *testing.T) {
	w := newWorld(t)
	_, token, err := w.Invite(t.Context(), w.signup(t, "ada@example.com"), "bob@example.com", bot9.Viewer)
	if err != nil {
		t.Fatal(err)
	}
	w.pass(7 * 24 * time.Hour)
	_, _, _, _, err = w.SignupInvited(t.Context(), token, "bob@example.com", "correct horse", "Bob")
	wantCode(t, err, bot9.Invalid, "invalidInvite")
}
