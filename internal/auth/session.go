package auth

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	sessionTime = 30 * 24 * time.Hour

	loginWindow      = 15 * time.Minute
	maxLoginFailures = 10 // for one address in a window
)

// Login begins a session. Whether the address, the password or both are wrong, the answer is
// Unauthorized "invalidCredentials" after the same work; after 10 failures for an address within
// 15 minutes it is RateLimited "tooManyLogins", also for addresses that nobody has.
func (s *Service) Login(ctx context.Context, email, password string) (member bot9.Member, account bot9.Account, token string, expires bot9.Time, err error) {
	member, err = s.authenticate(ctx, email, password)
	if err != nil {
		return bot9.Member{}, account, "", 0, err
	}
	return s.begin(ctx, member)
}

// authenticate counts failures and hashes in one of the few places for it, so that a crowd of
// simultaneous tries can't outrun the limit by more than the places.
func (s *Service) authenticate(ctx context.Context, email, password string) (bot9.Member, error) {
	if err := s.passwords.enter(ctx); err != nil {
		return bot9.Member{}, err
	}
	defer s.passwords.leave()

	email, emailErr := normalEmail(email)
	if emailErr != nil {
		_, err := s.passwords.matches(password, s.passwords.decoy)
		return bot9.Member{}, refused(err)
	}
	failures, err := s.store.LoginFailures(ctx, email, s.clock().Add(-loginWindow))
	if err != nil {
		return bot9.Member{}, err
	}
	if failures >= maxLoginFailures {
		tooMany := bot9.Errorf(bot9.RateLimited, "tooManyLogins", "Too many failed logins with this email address; try again later.")
		tooMany.RetryAfter = loginWindow
		return bot9.Member{}, tooMany
	}
	member, err := s.store.MemberByEmail(ctx, email)
	if err != nil && bot9.KindOf(err) != bot9.NotFound {
		return bot9.Member{}, err
	}
	encoded := s.passwords.decoy
	if err == nil && member.Status == bot9.MemberActive && member.PasswordHash != "" {
		encoded = member.PasswordHash
	}
	ok, err := s.passwords.matches(password, encoded)
	if err != nil {
		return bot9.Member{}, err
	}
	if !ok {
		return bot9.Member{}, refused(s.store.RecordLoginFailure(ctx, email, s.clock()))
	}
	if failures > 0 {
		err = s.store.ClearLoginFailures(ctx, email)
	}
	return member, err
}

// refused is the one answer to a wrong address or password, unless something else went wrong.
func refused(err error) error {
	if err != nil {
		return err
	}
	return bot9.Errorf(bot9.Unauthorized, "invalidCredentials", "The email address or the password is wrong.")
}

// begin begins a session of the member.
func (s *Service) begin(ctx context.Context, member bot9.Member) (bot9.Member, bot9.Account, string, bot9.Time, error) {
	account, err := s.store.AccountByID(ctx, member.AccountID)
	if err != nil {
		return bot9.Member{}, bot9.Account{}, "", 0, err
	}
	token, hash := newToken()
	expires := s.clock().Add(sessionTime)
	if err := s.store.CreateSession(ctx, member.ID, hash, expires); err != nil {
		return bot9.Member{}, bot9.Account{}, "", 0, err
	}
	return member, account, token, expires, nil
}

// Logout ends a session. One that has ended already is no error.
func (s *Service) Logout(ctx context.Context, token string) error {
	err := s.store.DeleteSession(ctx, hashOf(token))
	if bot9.KindOf(err) == bot9.NotFound {
		return nil
	}
	return err
}

// BySession tells whose session it is; Unauthorized "invalidSession" if nobody's, or ended.
func (s *Service) BySession(ctx context.Context, token string) (bot9.Principal, error) {
	member, err := s.store.MemberBySession(ctx, hashOf(token), s.clock())
	if bot9.KindOf(err) == bot9.NotFound {
		err = bot9.Errorf(bot9.Unauthorized, "invalidSession", "This session has ended; log in again.")
	}
	if err != nil {
		return bot9.Principal{}, err
	}
	return bot9.MemberPrincipal(&member), nil
}

func hashOf(token string) [32]byte { return sha256.Sum256([]byte(token)) }
