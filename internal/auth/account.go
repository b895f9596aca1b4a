package auth

import (
	"context"

	"github.com/bot9/bot9/internal/bot9"
)

// ChangePassword gives the person who is logged in another password and ends their other sessions. It
// fails with "wrongPassword", "weakPassword", or RateLimited "tooManyLogins" as Login does.
func (s *Service) ChangePassword(ctx context.Context, p bot9.Principal, current, fresh string, from bot9.LoginFrom) error {
	person, err := s.confirm(ctx, p, current, "body.current", from)
	if err != nil {
		return err
	}
	if err := checkPassword(fresh, "body.new", person.Email, person.Name); err != nil {
		return err
	}
	hash, err := s.passwords.hash(ctx, fresh)
	if err != nil {
		return err
	}
	return s.store.SetPassword(ctx, person.ID, hash, p.SessionID, bot9.AuditPasswordChanged)
}

// confirm makes sure that the session's user knows the password.
func (s *Service) confirm(ctx context.Context, p bot9.Principal, password, location string, from bot9.LoginFrom) (bot9.Person, error) {
	person, err := s.store.PersonByID(ctx, p.Member.PersonID)
	if err != nil {
		return person, err
	}
	if err := s.passwords.enter(ctx); err != nil {
		return person, err
	}
	defer s.passwords.leave()
	_, err = s.prove(ctx, person, person.Email, password, false, from)
	if bot9.CodeOf(err) == "invalidCredentials" {
		err = bot9.InvalidField("wrongPassword", location, "This is not your password.")
	}
	return person, err
}

// ChangeEmail gives the person another address. It fails with "wrongPassword", "invalidEmail" or Conflict
// "emailTaken".
func (s *Service) ChangeEmail(ctx context.Context, p bot9.Principal, password, email string, from bot9.LoginFrom) error {
	person, err := s.confirm(ctx, p, password, "body.password", from)
	if err != nil {
		return err
	}
	if email, err = normalEmail(email); err != nil {
		return err
	}
	return s.store.ChangeEmail(ctx, person.ID, email)
}

// ResetLink makes a one-time link that lets a member set another password. Only somebody who could remove
// the member may, and only if the person belongs to no other account, which the link would open too. It
// fails with NotFound, Forbidden "roleTooLow" or Conflict "belongsElsewhere".
func (s *Service) ResetLink(ctx context.Context, p bot9.Principal, id bot9.MemberID) (token string, expires bot9.Time, err error) {
	member, err := s.mayTouch(ctx, p, id)
	if err != nil {
		return "", 0, err
	}
	if member.PersonID == 0 {
		return "", 0, bot9.Errorf(bot9.Conflict, "notJoined", "The invitation has not been taken up. Invite them again for a new link.")
	}
	memberships, err := s.store.Memberships(ctx, member.PersonID)
	if err != nil {
		return "", 0, err
	}
	if len(memberships) > 1 {
		return "", 0, bot9.Errorf(bot9.Conflict, "belongsElsewhere", "This person belongs to other accounts too, which the link would open. They can change their password themselves, or ask an operator of the server.")
	}
	return s.resetToken(ctx, member.PersonID, "")
}

func (s *Service) resetToken(ctx context.Context, person bot9.PersonID, proves string) (token string, expires bot9.Time, err error) {
	token, hash := newToken()
	expires = s.clock().Add(bot9.ResetTime)
	return token, expires, s.store.CreatePersonToken(ctx, person, bot9.TokenReset, proves, hash, expires)
}

// ResetPassword sets the password of the person whom a one-time link is for, and ends all their sessions.
// It fails with "weakPassword" or "invalidToken".
func (s *Service) ResetPassword(ctx context.Context, token, fresh string) error {
	if err := checkPassword(fresh, "body.new"); err != nil {
		return err
	}
	hash, err := s.passwords.hash(ctx, fresh)
	if err != nil {
		return err
	}
	err = s.store.ResetPassword(ctx, hashOf(token), s.clock(), hash)
	if bot9.KindOf(err) == bot9.NotFound {
		err = bot9.InvalidField("invalidToken", "body.token", "This link was used already, or has expired.")
	}
	return err
}

// SetPassword is the operator's way to let somebody in who has lost password or second factor: a random
// password, which it returns, and no second factor. All their sessions end. NotFound if nobody has the address.
func (s *Service) SetPassword(ctx context.Context, email string) (password string, err error) {
	email, err = normalEmail(email)
	if err != nil {
		return "", err
	}
	person, err := s.store.PersonByEmail(ctx, email)
	if err != nil {
		return "", err
	}
	password, _ = newToken()
	password = password[:20]
	hash, err := s.passwords.hash(ctx, password)
	if err != nil {
		return "", err
	}
	if err := s.store.SetPassword(ctx, person.ID, hash, 0, bot9.AuditPasswordReset); err != nil {
		return "", err
	}
	return password, s.store.DisableFactor(ctx, person.ID)
}

// DeleteAccount deletes the account that the person acts in, with everything in it. Only an owner who
// gives their password may. It fails with Forbidden "roleTooLow" or "wrongPassword".
func (s *Service) DeleteAccount(ctx context.Context, p bot9.Principal, password string, from bot9.LoginFrom) error {
	if err := Allow(p, bot9.Owner); err != nil {
		return err
	}
	if _, err := s.confirm(ctx, p, password, "body.password", from); err != nil {
		return err
	}
	defer s.ForgetKeys()
	return s.store.DeleteAccount(ctx, p.AccountID)
}
