package auth

import (
	"context"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bot9/bot9/internal/bot9"
)

// Bounds of what a person may enter; the address's is that of RFC 5321 §4.5.3.1.3.
const (
	maxEmailBytes    = 254
	minPasswordChars = 8
	maxPasswordChars = 256
	maxNameChars     = 100
)

// Signup makes an account with its owner, and logs the owner in. It fails with "invalidEmail",
// "weakPassword", "invalidName", Conflict "emailTaken", or Forbidden "signupClosed" if the policy has it so.
func (s *Service) Signup(ctx context.Context, email, password, name string) (member bot9.Member, account bot9.Account, token string, expires bot9.Time, err error) {
	switch s.signup {
	case SignupClosed:
		return member, account, "", 0, signupClosed()
	case SignupFirst:
		return s.makeAccount(ctx, email, password, name, s.store.CreateFirstAccount)
	}
	return s.MakeAccount(ctx, email, password, name)
}

// MakeAccount does what Signup does where everybody may.
func (s *Service) MakeAccount(ctx context.Context, email, password, name string) (bot9.Member, bot9.Account, string, bot9.Time, error) {
	return s.makeAccount(ctx, email, password, name, s.store.CreateAccount)
}

func signupClosed() error {
	return bot9.Errorf(bot9.Forbidden, "signupClosed", "Accounts can't be made here by whoever comes. Ask somebody who has one to invite you.")
}

func (s *Service) makeAccount(ctx context.Context, email, password, name string,
	create func(context.Context, string, bot9.Member) (bot9.Member, error),
) (member bot9.Member, account bot9.Account, token string, expires bot9.Time, err error) {
	member, err = s.person(ctx, email, password, name)
	if err != nil {
		return bot9.Member{}, account, "", 0, err
	}
	member.Role, member.Status = bot9.Owner, bot9.MemberActive
	member, err = create(ctx, member.Name, member)
	if bot9.CodeOf(err) == "accountExists" {
		err = signupClosed()
	}
	if err != nil {
		return bot9.Member{}, account, "", 0, err
	}
	return s.begin(ctx, member)
}

// SignupInvited makes the invited person an active member of the account that invites, and logs
// them in. It fails as Signup does, and with "invalidInvite" if the invitation is not for this
// address, was used or has expired.
func (s *Service) SignupInvited(ctx context.Context, inviteToken, email, password, name string) (member bot9.Member, account bot9.Account, token string, expires bot9.Time, err error) {
	member, err = s.person(ctx, email, password, name)
	if err != nil {
		return bot9.Member{}, account, "", 0, err
	}
	member, err = s.store.AcceptInvite(ctx, hashOf(inviteToken), s.clock(), member.Name, member.PasswordHash, member.Email)
	if bot9.KindOf(err) == bot9.NotFound {
		err = bot9.InvalidField("invalidInvite", "body.inviteToken", "This invitation is not for this email address, was used already, or has expired.")
	}
	if err != nil {
		return bot9.Member{}, account, "", 0, err
	}
	return s.begin(ctx, member)
}

// person checks what somebody entered about themself, and hashes the password.
func (s *Service) person(ctx context.Context, email, password, name string) (bot9.Member, error) {
	email, err := normalEmail(email)
	if err != nil {
		return bot9.Member{}, err
	}
	if n := utf8.RuneCountInString(password); n < minPasswordChars || n > maxPasswordChars {
		return bot9.Member{}, bot9.InvalidField("weakPassword", "body.password",
			"A password must have %d to %d characters.", minPasswordChars, maxPasswordChars)
	}
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n < 1 || n > maxNameChars || strings.ContainsFunc(name, unicode.IsControl) {
		return bot9.Member{}, bot9.InvalidField("invalidName", "body.name",
			"A name must have 1 to %d characters, in one line.", maxNameChars)
	}
	hash, err := s.passwords.hash(ctx, password)
	return bot9.Member{Email: email, Name: name, PasswordHash: hash}, err
}

// normalEmail returns the one spelling under which an address is stored.
func normalEmail(email string) (string, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || len(email) > maxEmailBytes {
		return "", bot9.InvalidField("invalidEmail", "body.email", "This is not an email address.")
	}
	return email, nil
}
