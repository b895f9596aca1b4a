package auth

import (
	"context"
	"net/mail"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"

	"github.com/bot9/bot9/internal/bot9"
)

// Bounds of what a person may enter; the address's is that of RFC 5321 §4.5.3.1.3.
const (
	maxEmailBytes    = 254
	minPasswordChars = 10
	maxPasswordChars = 256
	maxNameChars     = 100

	// weakestPassword is the least of zxcvbn's scores, 0 to 4, that is taken: more than 10^6 guesses.
	// What it looks at is bounded, since it takes longer than in proportion.
	weakestPassword = 2
	scoredChars     = 40
)

// Signup makes an account with its owner, and logs the owner in. Somebody who is a person already has to
// give their password, and owns another account then; a wrong one fails and counts as at a log-in, so
// that the answer is the same as to any failed log-in. It fails with "invalidEmail", "weakPassword",
// "invalidName", or Forbidden "signupClosed" if the policy has it so.
func (s *Service) Signup(ctx context.Context, email, password, name string, from bot9.LoginFrom) (bot9.NewSession, error) {
	switch s.signup {
	case SignupClosed:
		return bot9.NewSession{}, signupClosed()
	case SignupFirst:
		return s.makeAccount(ctx, email, password, name, from, s.store.CreateFirstAccount)
	}
	return s.MakeAccount(ctx, email, password, name, from)
}

// MakeAccount does what Signup does where everybody may.
func (s *Service) MakeAccount(ctx context.Context, email, password, name string, from bot9.LoginFrom) (bot9.NewSession, error) {
	return s.makeAccount(ctx, email, password, name, from, s.store.CreateAccount)
}

func signupClosed() error {
	return bot9.Errorf(bot9.Forbidden, "signupClosed", "Sign-up is closed on this server. Ask a member of an account to invite you.")
}

func (s *Service) makeAccount(ctx context.Context, email, password, name string, from bot9.LoginFrom,
	create func(context.Context, string, bot9.Person) (bot9.Member, error),
) (bot9.NewSession, error) {
	person, err := s.person(ctx, email, password, name, from)
	if err != nil {
		return bot9.NewSession{}, err
	}
	member, err := create(ctx, strings.TrimSpace(name), person)
	switch bot9.CodeOf(err) {
	case "accountExists":
		err = signupClosed()
	case "emailTaken": // meanwhile
		err = refused(nil)
	}
	if err != nil {
		return bot9.NewSession{}, err
	}
	return s.begin(ctx, member, from)
}

// SignupInvited makes the invited person an active member of the account that invites, and logs
// them in. It fails as Signup does, and with "invalidInvite" if the invitation is not for this
// address, was used or has expired.
func (s *Service) SignupInvited(ctx context.Context, inviteToken, email, password, name string, from bot9.LoginFrom) (bot9.NewSession, error) {
	person, err := s.person(ctx, email, password, name, from)
	if err != nil {
		return bot9.NewSession{}, err
	}
	member, err := s.store.AcceptInvite(ctx, hashOf(inviteToken), s.clock(), person)
	switch {
	case bot9.KindOf(err) == bot9.NotFound:
		err = bot9.InvalidField("invalidInvite", "body.inviteToken", "This invitation is not for this email address, was used already, or has expired.")
	case bot9.CodeOf(err) == "emailTaken":
		err = refused(nil)
	}
	if err != nil {
		return bot9.NewSession{}, err
	}
	return s.begin(ctx, member, from)
}

// Join makes the person who is logged in a member of the account that invites their address; the session
// acts in it from then on. It fails with "invalidInvite".
func (s *Service) Join(ctx context.Context, p bot9.Principal, inviteToken string) (bot9.Member, error) {
	person, err := s.store.PersonByID(ctx, p.Member.PersonID)
	if err != nil {
		return bot9.Member{}, err
	}
	member, err := s.store.AcceptInvite(ctx, hashOf(inviteToken), s.clock(), person)
	if bot9.KindOf(err) == bot9.NotFound {
		err = bot9.InvalidField("invalidInvite", "body.inviteToken", "This invitation is not for your email address, was used already, or has expired.")
	}
	if err != nil {
		return bot9.Member{}, err
	}
	return s.store.SwitchSession(ctx, p.SessionID, person.ID, member.AccountID)
}

// person checks what somebody entered about themself. Who is a person already proves it by the password;
// for somebody new it is hashed. Either takes one hashing.
func (s *Service) person(ctx context.Context, email, password, name string, from bot9.LoginFrom) (bot9.Person, error) {
	email, err := normalEmail(email)
	if err != nil {
		return bot9.Person{}, err
	}
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n < 1 || n > maxNameChars || strings.ContainsFunc(name, unshown) {
		return bot9.Person{}, bot9.InvalidField("invalidName", "body.name",
			"A name must have 1 to %d visible characters, in one line.", maxNameChars)
	}
	if err := checkPassword(password, "body.password", email, name); err != nil {
		return bot9.Person{}, err
	}
	known, err := s.store.PersonByEmail(ctx, email)
	if err == nil {
		if err := s.passwords.enter(ctx); err != nil {
			return bot9.Person{}, err
		}
		defer s.passwords.leave()
		return s.prove(ctx, known, email, password, true, from)
	}
	if bot9.KindOf(err) != bot9.NotFound {
		return bot9.Person{}, err
	}
	hash, err := s.passwords.hash(ctx, password)
	return bot9.Person{Email: email, Name: name, PasswordHash: hash}, err
}

// unshown tells whether a character can't be seen, so that two names could look alike by it.
func unshown(r rune) bool { return !unicode.IsPrint(r) || unicode.Is(unicode.Cf, r) }

// checkPassword refuses a password that is short or easily guessed, such as one of the commonest or one
// made of what the person entered besides.
func checkPassword(password, location string, about ...string) error {
	n := utf8.RuneCountInString(password)
	if n < minPasswordChars || n > maxPasswordChars || strings.TrimSpace(password) == "" {
		return bot9.InvalidField("weakPassword", location, "A password must have %d to %d characters.", minPasswordChars, maxPasswordChars)
	}
	scored := password
	if n > scoredChars {
		scored = string([]rune(password)[:scoredChars])
	}
	if zxcvbn.PasswordStrength(scored, about).Score < weakestPassword {
		return bot9.InvalidField("weakPassword", location, "This password is among the first that somebody would guess. Take a longer one, such as a few unrelated words.")
	}
	return nil
}

// emailPattern is what an address looks like: ASCII only, so that none can look like another, and a domain
// of at least two parts. International domains are written as xn--….
var emailPattern = regexp.MustCompile(`^[!-~]+@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$`)

// normalEmail returns the one spelling that an address is stored in.
func normalEmail(email string) (string, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || len(email) > maxEmailBytes || !emailPattern.MatchString(email) {
		return "", bot9.InvalidField("invalidEmail", "body.email", "This is not an email address.")
	}
	return email, nil
}
