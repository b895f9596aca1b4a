package auth

import (
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func TestSignup(t *testing.T) {
	w := newWorld(t)
	begun, err := w.Signup(t.Context(), "  Ada@Example.COM ", password, " Ada ", here)
	if err != nil {
		t.Fatal(err)
	}
	member, account, token, expires := begun.Member, begun.Account, begun.Token, begun.ExpiresAt
	if member.Email != "ada@example.com" || member.Name != "Ada" || member.Role != bot9.Owner || member.Status != bot9.MemberActive {
		t.Errorf("member %+v", member)
	}
	if account.Name != "Ada" || account.ID != member.AccountID {
		t.Errorf("account %+v", account)
	}
	if expires != w.now.Add(30*24*time.Hour) {
		t.Errorf("session ends at %v", expires)
	}
	p, err := w.BySession(t.Context(), token, here.Address)
	if err != nil || p.AccountID != account.ID || p.Member == nil || p.Member.ID != member.ID {
		t.Errorf("principal %+v, error %v", p, err)
	}
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	for hash := range w.store.sessions {
		if strings.Contains(string(hash[:]), token) {
			t.Error("the store has the token itself")
		}
	}
	if strings.Contains(w.store.people[member.PersonID].PasswordHash, password) {
		t.Error("the store has the password itself")
	}
}

func TestSignupRefuses(t *testing.T) {
	const email, name = "ada@example.com", "Ada"
	tests := map[string]struct{ email, password, name, code string }{
		"no address":              {"", password, name, "invalidEmail"},
		"no @":                    {"ada.example.com", password, name, "invalidEmail"},
		"no domain":               {"a@b", password, name, "invalidEmail"},
		"number for a domain":     {"a@127.0.0.1", password, name, "invalidEmail"},
		"zero width":              {"a\u200bda@example.com", password, name, "invalidEmail"},
		"homoglyph":               {"\u0430da@example.com", password, name, "invalidEmail"}, // a Cyrillic a
		"homoglyph in the domain": {"ada@ex\u0430mple.com", password, name, "invalidEmail"},
		"display name":            {"Ada <ada@example.com>", password, name, "invalidEmail"},
		"two addresses":           {"ada@example.com, bob@example.com", password, name, "invalidEmail"},
		"header injection":        {"ada@example.com\r\nBcc: bob@example.com", password, name, "invalidEmail"},
		"long address":            {strings.Repeat("a", 243) + "@example.com", password, name, "invalidEmail"},
		"short password":          {email, "zq9-kf7!x", name, "weakPassword"},
		"9 characters, 18 bytes":  {email, "äöüßäöüßé", name, "weakPassword"},
		"eight blanks":            {email, "        ", name, "weakPassword"},
		"twelve blanks":           {email, "            ", name, "weakPassword"},
		"common":                  {email, "1234567890", name, "weakPassword"},
		"common and long":         {email, "password123", name, "weakPassword"},
		"one's own address":       {email, "ada@example.com", name, "weakPassword"},
		"long password":           {email, strings.Repeat("x", 257), name, "weakPassword"},
		"no name":                 {email, password, "  ", "invalidName"},
		"long name":               {email, password, strings.Repeat("x", 101), "invalidName"},
		"name of two lines":       {email, password, "A\nB", "invalidName"},
		"invisible name":          {email, password, "Ada\u200b", "invalidName"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			begun, err := w.Signup(t.Context(), test.email, test.password, test.name, here)
			wantCode(t, err, bot9.Invalid, test.code)
			if begun.Token != "" || len(w.store.members) != 0 {
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
	for i, password := range []string{"zq9-kf7!xp", strings.Repeat("zq9-kf7!xp", 25) + "zq9-kf", "äöüßéàîçøå"} {
		email := strings.Repeat("a", 242-i) + "@example.com"
		if _, err := w.Signup(t.Context(), email, password, strings.Repeat("ä", 100), here); err != nil {
			t.Errorf("address of %d bytes, password of %d: %v", len(email), len(password), err)
		}
	}
}

// A person who proves it gets another account, and is told like anybody else if they don't.
func TestSignupOfAPerson(t *testing.T) {
	w := newWorld(t)
	first := w.signup(t, "ada@example.com")
	_, err := w.Signup(t.Context(), "ADA@example.com", "another horse", "Eve", here)
	wantCode(t, err, bot9.Unauthorized, "invalidCredentials")
	begun, err := w.Signup(t.Context(), "ADA@example.com", password, "Second", here)
	if err != nil || begun.Account.ID == first.AccountID || begun.Member.PersonID != first.Member.PersonID {
		t.Fatalf("%+v, error %v", begun, err)
	}
	p, err := w.BySession(t.Context(), begun.Token, here.Address)
	if err != nil {
		t.Fatal(err)
	}
	memberships, err := w.Memberships(t.Context(), p)
	if err != nil || len(memberships) != 2 {
		t.Errorf("belongs to %+v, error %v", memberships, err)
	}
	if member, err := w.Switch(t.Context(), p, first.AccountID); err != nil || member.AccountID != first.AccountID {
		t.Errorf("switched to %+v, error %v", member, err)
	}
}

// An invitation holds no address back: neither from its owner's own sign-up nor from other accounts.
func TestInvitationsReserveNothing(t *testing.T) {
	w := newWorld(t)
	ada, eve := w.signup(t, "ada@example.com"), w.signup(t, "eve@example.com")
	_, first, err := w.Invite(t.Context(), ada, "bob@example.com", bot9.Developer)
	if err != nil {
		t.Fatal(err)
	}
	_, second, err := w.Invite(t.Context(), eve, "bob@example.com", bot9.Viewer)
	if err != nil {
		t.Fatal(err)
	}
	bob := w.signup(t, "bob@example.com")
	if _, _, err := w.Invite(t.Context(), eve, "ada@example.com", bot9.Viewer); err != nil {
		t.Errorf("inviting somebody who has an account: %v", err)
	}
	if _, err := w.SignupInvited(t.Context(), first, "bob@example.com", password, "Bob", here); err != nil {
		t.Errorf("joining with the password: %v", err)
	}
	_, err = w.SignupInvited(t.Context(), second, "bob@example.com", "another horse", "Bob", here)
	wantCode(t, err, bot9.Unauthorized, "invalidCredentials")
	if member, err := w.Join(t.Context(), bob, second); err != nil || member.AccountID != eve.AccountID || member.Role != bot9.Viewer {
		t.Errorf("joined %+v, error %v", member, err)
	}
	_, err = w.Join(t.Context(), bob, second)
	wantCode(t, err, bot9.Invalid, "invalidInvite")
}

func TestSignupByPolicy(t *testing.T) {
	for policy, want := range map[SignupPolicy]struct{ first, second string }{
		SignupOpen: {"", ""}, SignupFirst: {"", "signupClosed"}, SignupClosed: {"signupClosed", "signupClosed"},
	} {
		t.Run(string(policy), func(t *testing.T) {
			w := newWorld(t)
			w.Service.signup = policy
			_, err := w.Signup(t.Context(), "ada@example.com", password, "Ada", here)
			if got := bot9.CodeOf(err); got != want.first {
				t.Errorf("the first one: %v", err)
			}
			begun, err := w.MakeAccount(t.Context(), "owner@example.com", password, "Owner", here)
			if err != nil {
				t.Fatalf("whoever runs the server: %v", err)
			}
			_, err = w.Signup(t.Context(), "eve@example.com", password, "Eve", here)
			if got := bot9.CodeOf(err); got != want.second {
				t.Errorf("the second one: %v", err)
			}
			if want.second != "" && bot9.KindOf(err) != bot9.Forbidden {
				t.Errorf("the refusal's kind is %v", bot9.KindOf(err))
			}
			owner, err := w.BySession(t.Context(), begun.Token, here.Address)
			if err != nil {
				t.Fatal(err)
			}
			_, token, err := w.Invite(t.Context(), owner, "bob@example.com", bot9.Developer)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.SignupInvited(t.Context(), token, "bob@example.com", "battery staple", "Bob", here); err != nil {
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
	_, err = w.SignupInvited(t.Context(), token, "eve2@example.com", password, "Eve", here)
	wantCode(t, err, bot9.Invalid, "invalidInvite")
	_, err = w.SignupInvited(t.Context(), token+"x", "bob@example.com", password, "Bob", here)
	wantCode(t, err, bot9.Invalid, "invalidInvite")

	begun, err := w.SignupInvited(t.Context(), token, "bob@example.com", "battery staple", "Bob", here)
	member, account := begun.Member, begun.Account
	if err != nil || account.ID != owner.AccountID || account.Name != "Ada" || member.Role != bot9.Developer || member.Name != "Bob" {
		t.Fatalf("member %+v of %+v, error %v", member, account, err)
	}
	if _, err := w.BySession(t.Context(), begun.Token, here.Address); err != nil {
		t.Error(err)
	}
	if _, err := w.Login(t.Context(), "bob@example.com", "battery staple", here); err != nil {
		t.Error(err)
	}
	_, err = w.SignupInvited(t.Context(), token, "bob@example.com", "battery staple", "Bob", here)
	wantCode(t, err, bot9.Invalid, "invalidInvite")
}

func TestInviteExpires(t *testing.T) {
	w := newWorld(t)
	_, token, err := w.Invite(t.Context(), w.signup(t, "ada@example.com"), "bob@example.com", bot9.Viewer)
	if err != nil {
		t.Fatal(err)
	}
	w.pass(7 * 24 * time.Hour)
	_, err = w.SignupInvited(t.Context(), token, "bob@example.com", password, "Bob", here)
	wantCode(t, err, bot9.Invalid, "invalidInvite")
}
