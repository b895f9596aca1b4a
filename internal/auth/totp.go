package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/bot9/bot9/internal/bot9"
)

// Codes of the second factor: RFC 6238 as all apps have it, a code of 6 digits each 30 seconds. One step
// before and after is taken too, for clocks that differ.
const (
	totpPeriod    = 30 * time.Second
	totpIssuer    = "Bot9"
	recoveryCodes = 10
	recoveryChars = 16 // base32: 80 bits
)

// FactorStore keeps second factors.
type FactorStore interface {
	FactorSecret(ctx context.Context, person bot9.PersonID) (string, error)
	BeginFactor(ctx context.Context, person bot9.PersonID, secret string) error
	ConfirmFactor(ctx context.Context, person bot9.PersonID, step int64, recovery [][32]byte) error
	DisableFactor(ctx context.Context, person bot9.PersonID) error
	UseStep(ctx context.Context, person bot9.PersonID, step int64) (bool, error)
	UseRecovery(ctx context.Context, person bot9.PersonID, hash [32]byte) (bool, error)
	FactorRequired(ctx context.Context, account bot9.AccountID) (bool, error)
	RequireFactor(ctx context.Context, account bot9.AccountID, required bool) error
}

// BeginFactor makes the secret of a second factor, and the URL that adds it to an app. It is asked for
// once ConfirmFactor was called with a code. It fails with "wrongPassword" or Conflict "secondFactorOn".
func (s *Service) BeginFactor(ctx context.Context, p bot9.Principal, password string, from bot9.LoginFrom) (secret, url string, err error) {
	person, err := s.confirm(ctx, p, password, "body.password", from)
	if err != nil {
		return "", "", err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: totpIssuer, AccountName: person.Email, Period: uint(totpPeriod.Seconds()), Rand: rand.Reader})
	if err != nil {
		return "", "", err
	}
	return key.Secret(), key.URL(), s.store.BeginFactor(ctx, person.ID, key.Secret())
}

// ConfirmFactor switches the second factor on, if the code is right, and returns codes for when it is lost,
// each of which works once. It fails with "invalidCode" or Conflict "secondFactorOn".
func (s *Service) ConfirmFactor(ctx context.Context, p bot9.Principal, code string) (recovery []string, err error) {
	secret, err := s.store.FactorSecret(ctx, p.Member.PersonID)
	if err != nil {
		return nil, err
	}
	step, ok := s.matchCode(secret, code)
	if !ok {
		return nil, bot9.InvalidField("invalidCode", "body.code", "This is not the present code. Check that the device's clock is right.")
	}
	hashes := make([][32]byte, recoveryCodes)
	for i := range recoveryCodes {
		text := strings.ToLower(rand.Text()[:recoveryChars])
		hashes[i] = hashOf(text)
		recovery = append(recovery, text[:recoveryChars/2]+"-"+text[recoveryChars/2:])
	}
	if err := s.store.ConfirmFactor(ctx, p.Member.PersonID, step, hashes); err != nil {
		return nil, err
	}
	return recovery, nil
}

// DisableFactor switches the second factor off. It takes the password and a code of either kind, and fails
// with "wrongPassword" or "invalidCode".
func (s *Service) DisableFactor(ctx context.Context, p bot9.Principal, password, code string, from bot9.LoginFrom) error {
	person, err := s.confirm(ctx, p, password, "body.password", from)
	if err != nil {
		return err
	}
	if person.SecondFactorAt != 0 {
		ok, err := s.checkCode(ctx, person.ID, code)
		if err != nil {
			return err
		}
		if !ok {
			at, err := s.sourceOf(ctx, person, from)
			if err == nil {
				err = s.loginFailed(ctx, person.Email, at, 1, from)
			}
			if err != nil {
				return err
			}
			return bot9.InvalidField("invalidCode", "body.code", "This is not the present code, nor one of the codes for when the device is lost.")
		}
	}
	return s.store.DisableFactor(ctx, person.ID)
}

// RequireFactor has an account take only people with a second factor. Whoever switches it on must have one.
func (s *Service) RequireFactor(ctx context.Context, p bot9.Principal, required bool) error {
	person, err := s.store.PersonByID(ctx, p.Member.PersonID)
	if err != nil {
		return err
	}
	if required && person.SecondFactorAt == 0 {
		return bot9.Errorf(bot9.Conflict, "secondFactorFirst", "Switch on a second factor of your own first, or you would lock yourself out.")
	}
	return s.store.RequireFactor(ctx, p.AccountID, required)
}

// FactorRequired tells what RequireFactor has set.
func (s *Service) FactorRequired(ctx context.Context, p bot9.Principal) (bool, error) {
	return s.store.FactorRequired(ctx, p.AccountID)
}

// checkCode takes a code of the second factor, or one for when it is lost. Neither works twice.
func (s *Service) checkCode(ctx context.Context, person bot9.PersonID, code string) (ok bool, err error) {
	secret, err := s.store.FactorSecret(ctx, person)
	if err != nil {
		return false, err
	}
	if step, ok := s.matchCode(secret, code); ok {
		return s.store.UseStep(ctx, person, step)
	}
	plain := strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(code))
	if len(plain) != recoveryChars {
		return false, nil
	}
	return s.store.UseRecovery(ctx, person, hashOf(plain))
}

// matchCode tells which step a code is of, now or one step off.
func (s *Service) matchCode(secret, code string) (step int64, ok bool) {
	code = strings.ReplaceAll(code, " ", "")
	now := s.clock().Std()
	for _, off := range []time.Duration{0, -totpPeriod, totpPeriod} {
		at := now.Add(off)
		want, err := totp.GenerateCodeCustom(secret, at, totp.ValidateOpts{Period: uint(totpPeriod.Seconds()), Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && secret != "" && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return at.Unix() / int64(totpPeriod.Seconds()), true
		}
	}
	return 0, false
}
