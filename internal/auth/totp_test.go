package auth

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/bot9/bot9/internal/bot9"
)

// memoryFactor is a second factor in a memory.
type memoryFactor struct {
	secret   string
	step     int64
	recovery [][32]byte
}

func (m *memory) FactorSecret(_ context.Context, person bot9.PersonID) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.factors[person].secret, nil
}

func (m *memory) BeginFactor(_ context.Context, person bot9.PersonID, secret string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.people[person].SecondFactorAt != 0 {
		return bot9.Errorf(bot9.Conflict, "secondFactorOn", "on")
	}
	m.factors[person] = memoryFactor{secret: secret}
	return nil
}

func (m *memory) ConfirmFactor(_ context.Context, id bot9.PersonID, step int64, recovery [][32]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	person, factor := m.people[id], m.factors[id]
	person.SecondFactorAt, factor.step, factor.recovery = 1, step, recovery
	m.people[id], m.factors[id] = person, factor
	return nil
}

func (m *memory) DisableFactor(_ context.Context, id bot9.PersonID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	person := m.people[id]
	person.SecondFactorAt = 0
	m.people[id] = person
	delete(m.factors, id)
	return nil
}

func (m *memory) UseStep(_ context.Context, id bot9.PersonID, step int64) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	factor := m.factors[id]
	if step <= factor.step {
		return false, nil
	}
	factor.step = step
	m.factors[id] = factor
	return true, nil
}

func (m *memory) UseRecovery(_ context.Context, id bot9.PersonID, hash [32]byte) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	factor := m.factors[id]
	i := slices.Index(factor.recovery, hash)
	if i < 0 {
		return false, nil
	}
	factor.recovery = slices.Delete(slices.Clone(factor.recovery), i, i+1)
	m.factors[id] = factor
	return true, nil
}

func (m *memory) FactorRequired(_ context.Context, account bot9.AccountID) (bool, error) {
	return m.required[account], nil
}

func (m *memory) RequireFactor(_ context.Context, account bot9.AccountID, required bool) error {
	m.required[account] = required
	return nil
}

// code is what the app shows now.
func (w *world) code(t *testing.T, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, w.now.Std())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func with(code string) bot9.LoginFrom {
	from := here
	from.Code = code
	return from
}

func TestSecondFactor(t *testing.T) {
	w := newWorld(t)
	p := w.signup(t, "ada@example.com")
	_, _, err := w.BeginFactor(t.Context(), p, "wrong horse", here)
	wantCode(t, err, bot9.Invalid, "wrongPassword")
	secret, url, err := w.BeginFactor(t.Context(), p, password, here)
	if err != nil || !strings.HasPrefix(url, "otpauth://totp/Bot9:ada@example.com?") {
		t.Fatal(url, err)
	}
	if _, err := w.Login(t.Context(), "ada@example.com", password, here); err != nil {
		t.Errorf("a factor that was never confirmed is asked for: %v", err)
	}
	_, err = w.ConfirmFactor(t.Context(), p, "000000")
	wantCode(t, err, bot9.Invalid, "invalidCode")
	codes, err := w.ConfirmFactor(t.Context(), p, w.code(t, secret))
	if err != nil || len(codes) != recoveryCodes {
		t.Fatal(codes, err)
	}

	_, err = w.Login(t.Context(), "ada@example.com", password, here)
	wantCode(t, err, bot9.Unauthorized, "secondFactorRequired")
	_, err = w.Login(t.Context(), "ada@example.com", "wrong horse", with(w.code(t, secret)))
	wantCode(t, err, bot9.Unauthorized, "invalidCredentials")
	_, err = w.Signup(t.Context(), "ada@example.com", password, "Second", here)
	wantCode(t, err, bot9.Unauthorized, "secondFactorRequired")
	_, err = w.Login(t.Context(), "ada@example.com", password, with(w.code(t, secret))) // it was used to confirm
	wantCode(t, err, bot9.Unauthorized, "wrongCode")
	w.pass(totpPeriod)
	code := w.code(t, secret)
	w.pass(totpPeriod) // the app's clock is late
	if _, err := w.Login(t.Context(), "ada@example.com", password, with(code)); err != nil {
		t.Errorf("with the code: %v", err)
	}
	_, err = w.Login(t.Context(), "ada@example.com", password, with(code))
	wantCode(t, err, bot9.Unauthorized, "wrongCode")
	if _, err := w.Login(t.Context(), "ada@example.com", password, with(strings.ToUpper(codes[3]))); err != nil {
		t.Errorf("with a recovery code: %v", err)
	}
	_, err = w.Login(t.Context(), "ada@example.com", password, with(codes[3]))
	wantCode(t, err, bot9.Unauthorized, "wrongCode")

	wantCode(t, w.DisableFactor(t.Context(), p, password, "000000", here), bot9.Invalid, "invalidCode")
	w.pass(2 * totpPeriod)
	if err := w.DisableFactor(t.Context(), p, password, w.code(t, secret), here); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Login(t.Context(), "ada@example.com", password, here); err != nil {
		t.Error(err)
	}
}

// Whoever has the password can't try all codes: each counts, and the right password takes none back.
func TestCodesAreLimited(t *testing.T) {
	w := newWorld(t)
	p := w.signup(t, "ada@example.com")
	secret, _, err := w.BeginFactor(t.Context(), p, password, here)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.ConfirmFactor(t.Context(), p, w.code(t, secret)); err != nil {
		t.Fatal(err)
	}
	w.pass(2 * totpPeriod)
	for range maxLoginFailures {
		_, err := w.Login(t.Context(), "ada@example.com", password, with("000000"))
		wantCode(t, err, bot9.Unauthorized, "wrongCode")
		_, err = w.Login(t.Context(), "ada@example.com", password, here)
		if bot9.KindOf(err) != bot9.RateLimited {
			wantCode(t, err, bot9.Unauthorized, "secondFactorRequired")
		}
		if err := w.ChangePassword(t.Context(), p, password, "short", here); bot9.KindOf(err) != bot9.RateLimited {
			wantCode(t, err, bot9.Invalid, "weakPassword")
		}
	}
	_, err = w.Login(t.Context(), "ada@example.com", password, with(w.code(t, secret)))
	wantCode(t, err, bot9.RateLimited, "tooManyLogins")
}

func TestRequiringAFactor(t *testing.T) {
	w := newWorld(t)
	p := w.signup(t, "ada@example.com")
	wantCode(t, w.RequireFactor(t.Context(), p, true), bot9.Conflict, "secondFactorFirst")
	secret, _, err := w.BeginFactor(t.Context(), p, password, here)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.ConfirmFactor(t.Context(), p, w.code(t, secret)); err != nil {
		t.Fatal(err)
	}
	if err := w.RequireFactor(t.Context(), p, true); err != nil {
		t.Fatal(err)
	}
	if required, err := w.FactorRequired(t.Context(), p); err != nil || !required {
		t.Error(required, err)
	}
	fresh, err := w.SetPassword(t.Context(), "ada@example.com") // the operator's help takes the factor off
	if err != nil {
		t.Fatal(err)
	}
	w.pass(time.Hour)
	if _, err := w.Login(t.Context(), "ada@example.com", fresh, here); err != nil {
		t.Error(err)
	}
}
