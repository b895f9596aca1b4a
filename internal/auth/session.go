package auth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	loginWindow      = 15 * time.Minute
	maxLoginFailures = 10 // with one address from one source in a window
	maxSourceFailure = 50 // from one IP address, whichever email addresses are tried

	maxAgent = 200 // characters
)

// Login begins a session. Whether the address, the password or both are wrong, the answer is
// Unauthorized "invalidCredentials" after the same work; "secondFactorRequired" or "invalidCode" comes
// after the right password only. Failures count for the address and where they come from, never for the
// address alone, so that nobody can lock somebody else out: after 10 within 15 minutes it is RateLimited
// "tooManyLogins" there, also for addresses that nobody has. A device that the person has logged in from
// before counts by itself. Forbidden "noMembership" if the person belongs to no account.
func (s *Service) Login(ctx context.Context, email, password string, from bot9.LoginFrom) (bot9.NewSession, error) {
	person, err := s.authenticate(ctx, email, password, from)
	if err != nil {
		return bot9.NewSession{}, err
	}
	memberships, err := s.store.Memberships(ctx, person.ID)
	if err != nil {
		return bot9.NewSession{}, err
	}
	if len(memberships) == 0 {
		return bot9.NewSession{}, bot9.Errorf(bot9.Forbidden, "noMembership", "You belong to no account. Ask somebody to invite you, or sign up.")
	}
	return s.begin(ctx, memberships[0].Member, from)
}

// source is where failures are counted: the device if it is known, else the IP address.
type source struct {
	key    string
	device bool
	most   int // failures from here, whichever email addresses are tried; 0 = any number
}

func (s *Service) sourceOf(ctx context.Context, person bot9.Person, from bot9.LoginFrom) (source, error) {
	if from.Device != "" && person.ID != 0 {
		hash := hashOf(from.Device)
		known, err := s.store.KnownDevice(ctx, person.ID, hash, s.clock())
		if err != nil || known {
			return source{key: "device:" + hex.EncodeToString(hash[:8]), device: true}, err
		}
	}
	return source{key: from.Address, most: maxSourceFailure}, nil
}

// authenticate counts failures and hashes in one of the few places for it, so that a crowd of
// simultaneous tries can't outrun the limit by more than the places.
func (s *Service) authenticate(ctx context.Context, email, password string, from bot9.LoginFrom) (bot9.Person, error) {
	if err := s.passwords.enter(ctx); err != nil {
		return bot9.Person{}, err
	}
	defer s.passwords.leave()

	email, emailErr := normalEmail(email)
	if emailErr != nil {
		_, err := s.passwords.matches(password, s.passwords.decoy)
		return bot9.Person{}, refused(err)
	}
	person, err := s.store.PersonByEmail(ctx, email)
	if err != nil && bot9.KindOf(err) != bot9.NotFound {
		return bot9.Person{}, err
	}
	return s.prove(ctx, person, email, password, true, from)
}

// prove checks the password of the person who has the address, nobody for the zero person, and with
// factor the second factor too. The caller has entered the hasher.
func (s *Service) prove(ctx context.Context, person bot9.Person, email, password string, factor bool, from bot9.LoginFrom) (bot9.Person, error) {
	at, err := s.sourceOf(ctx, person, from)
	if err != nil {
		return bot9.Person{}, err
	}
	here, all, err := s.store.LoginFailures(ctx, email, at.key, s.clock().Add(-loginWindow))
	if err != nil {
		return bot9.Person{}, err
	}
	if here >= maxLoginFailures || at.most > 0 && all >= at.most {
		tooMany := bot9.Errorf(bot9.RateLimited, "tooManyLogins", "Too many failed log-ins from here; try again later.")
		tooMany.RetryAfter = loginWindow
		return bot9.Person{}, tooMany
	}
	ok, err := s.passwords.matches(password, cmp.Or(person.PasswordHash, s.passwords.decoy))
	if err != nil {
		return bot9.Person{}, err
	}
	if !ok || person.ID == 0 {
		return bot9.Person{}, refused(s.loginFailed(ctx, email, at, here+1, from))
	}
	if factor && person.SecondFactorAt != 0 {
		if err := s.proveFactor(ctx, person, at, here+1, from); err != nil {
			return bot9.Person{}, err
		}
	}
	if here > 0 && (factor || person.SecondFactorAt == 0) { // else codes could be guessed between right passwords
		err = s.store.ClearLoginFailures(ctx, email, at.key)
	}
	return person, err
}

// proveFactor checks the second factor after the right password. A wrong code counts as a failure.
func (s *Service) proveFactor(ctx context.Context, person bot9.Person, at source, failures int, from bot9.LoginFrom) error {
	if from.Code == "" {
		return bot9.Errorf(bot9.Unauthorized, "secondFactorRequired", "This takes a code of your second factor too.")
	}
	ok, err := s.checkCode(ctx, person.ID, from.Code)
	if err != nil || ok {
		return err
	}
	if err := s.loginFailed(ctx, person.Email, at, failures, from); err != nil {
		return err
	}
	return bot9.Errorf(bot9.Unauthorized, "wrongCode", "The code is wrong, or was used already.")
}

// loginFailed counts a failure. A device that was used to guess is no proof any more.
func (s *Service) loginFailed(ctx context.Context, email string, at source, failures int, from bot9.LoginFrom) error {
	if at.device && failures >= maxLoginFailures {
		if err := s.store.ForgetDevice(ctx, hashOf(from.Device)); err != nil {
			return err
		}
	}
	return s.store.RecordLoginFailure(ctx, email, at.key, s.clock())
}

// refused is the one answer to a wrong address or password, unless something else went wrong.
func refused(err error) error {
	if err != nil {
		return err
	}
	return bot9.Errorf(bot9.Unauthorized, "invalidCredentials", "The email address or the password is wrong.")
}

// begin begins a session of the member, on a device that is known from now on.
func (s *Service) begin(ctx context.Context, member bot9.Member, from bot9.LoginFrom) (bot9.NewSession, error) {
	account, err := s.store.AccountByID(ctx, member.AccountID)
	if err != nil {
		return bot9.NewSession{}, err
	}
	token, hash := newToken()
	device, deviceHash := newToken() // a new one each time: a copied one is worth little
	if from.Device != "" {
		if err := s.store.ForgetDevice(ctx, hashOf(from.Device)); err != nil {
			return bot9.NewSession{}, err
		}
	}
	session := bot9.Session{ExpiresAt: s.clock().Add(bot9.SessionTime), Address: from.Address, Agent: plainAgent(from.Agent)}
	if session, err = s.store.CreateSession(ctx, member, session, hash, deviceHash); err != nil {
		return bot9.NewSession{}, err
	}
	return bot9.NewSession{Member: member, Account: account, Token: token, ExpiresAt: session.ExpiresAt, Device: device}, nil
}

// plainAgent is the name of a program fit to be shown.
func plainAgent(agent string) string {
	agent = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(agent, ""))
	if utf8.RuneCountInString(agent) > maxAgent {
		agent = string([]rune(agent)[:maxAgent])
	}
	return agent
}

// Logout ends a session. One that has ended already is no error.
func (s *Service) Logout(ctx context.Context, token string) error {
	return s.store.DeleteSession(ctx, hashOf(token))
}

// BySession tells whose session it is; Unauthorized "invalidSession" if nobody's, or ended.
func (s *Service) BySession(ctx context.Context, token, address string) (bot9.Principal, error) {
	member, session, err := s.store.MemberBySession(ctx, hashOf(token), s.clock())
	if bot9.KindOf(err) == bot9.NotFound {
		err = bot9.Errorf(bot9.Unauthorized, "invalidSession", "This session has ended; log in again.")
	}
	if err != nil {
		return bot9.Principal{}, err
	}
	if s.clock().Sub(session.LastUsedAt) >= touchInterval || session.Address != address {
		s.touchSession(session, address)
	}
	p := bot9.MemberPrincipal(&member)
	p.SessionID, p.FactorMissing = session.ID, session.FactorMissing
	return p, nil
}

// Sessions lists the person's sessions, newest first.
func (s *Service) Sessions(ctx context.Context, p bot9.Principal) ([]bot9.Session, error) {
	sessions, err := s.store.Sessions(ctx, p.Member.PersonID, s.clock())
	for i := range sessions {
		sessions[i].Current = sessions[i].ID == p.SessionID
	}
	return sessions, err
}

// EndSession ends one of the person's sessions; NotFound if it is none of theirs.
func (s *Service) EndSession(ctx context.Context, p bot9.Principal, id bot9.SessionID) error {
	return s.store.EndSessions(ctx, p.Member.PersonID, id, 0)
}

// EndOtherSessions ends all of the person's sessions but the one that asks.
func (s *Service) EndOtherSessions(ctx context.Context, p bot9.Principal) error {
	return s.store.EndSessions(ctx, p.Member.PersonID, 0, p.SessionID)
}

// Memberships lists the accounts that the person belongs to.
func (s *Service) Memberships(ctx context.Context, p bot9.Principal) ([]bot9.Membership, error) {
	return s.store.Memberships(ctx, p.Member.PersonID)
}

// Switch has the session act in another of the person's accounts; NotFound if they don't belong to it.
func (s *Service) Switch(ctx context.Context, p bot9.Principal, account bot9.AccountID) (bot9.Member, error) {
	return s.store.SwitchSession(ctx, p.SessionID, p.Member.PersonID, account)
}

func hashOf(token string) [32]byte { return sha256.Sum256([]byte(token)) }
