package api

import (
	"context"

	"github.com/bot9/bot9/internal/bot9"
)

func (w *world) ChangePassword(_ context.Context, _ bot9.Principal, current, _ string, _ bot9.LoginFrom) error {
	if current != "right password" {
		return bot9.InvalidField("wrongPassword", "body.current", "This is not your password.")
	}
	return nil
}

func (w *world) ChangeEmail(context.Context, bot9.Principal, string, string, bot9.LoginFrom) error {
	return nil
}

func (w *world) ResetLink(context.Context, bot9.Principal, bot9.MemberID) (string, bot9.Time, error) {
	return "reset token", 1_795_000_000_000, nil
}

func (w *world) ResetPassword(_ context.Context, token, _ string) error {
	if token != "reset token" {
		return bot9.InvalidField("invalidToken", "body.token", "This link was used already, or has expired.")
	}
	return nil
}

func (w *world) DeleteAccount(context.Context, bot9.Principal, string, bot9.LoginFrom) error {
	return nil
}

func (w *world) Sessions(_ context.Context, p bot9.Principal) ([]bot9.Session, error) {
	return []bot9.Session{{ID: 5, Current: true, Agent: p.Label + "'s browser", Address: "192.0.2.7"}}, nil
}

func (w *world) EndSession(_ context.Context, _ bot9.Principal, id bot9.SessionID) error {
	_, err := first([]bot9.SessionID{5}, func(known bot9.SessionID) bool { return known == id })
	return err
}

func (w *world) EndOtherSessions(context.Context, bot9.Principal) error { return nil }

func (w *world) Memberships(_ context.Context, p bot9.Principal) ([]bot9.Membership, error) {
	return []bot9.Membership{
		{Member: *p.Member, Account: bot9.Account{ID: p.AccountID, Name: "Acme"}},
		{Member: bot9.Member{Role: bot9.Viewer}, Account: bot9.Account{ID: 9, Name: "Other"}},
	}, nil
}

func (w *world) Switch(_ context.Context, p bot9.Principal, account bot9.AccountID) (bot9.Member, error) {
	return bot9.Member{ID: 77, AccountID: account, Email: p.Member.Email, Role: bot9.Viewer}, nil
}

func (w *world) Join(_ context.Context, p bot9.Principal, _ string) (bot9.Member, error) {
	return bot9.Member{ID: 78, AccountID: 9, Email: p.Member.Email, Role: bot9.Viewer}, nil
}

func (w *world) BeginFactor(context.Context, bot9.Principal, string, bot9.LoginFrom) (string, string, error) {
	return "SECRET", "otpauth://totp/x", nil
}

func (w *world) ConfirmFactor(_ context.Context, _ bot9.Principal, code string) ([]string, error) {
	if code != "123456" {
		return nil, bot9.InvalidField("invalidCode", "body.code", "No.")
	}
	return []string{"aaaa-bbbb"}, nil
}

func (w *world) DisableFactor(context.Context, bot9.Principal, string, string, bot9.LoginFrom) error {
	return nil
}

func (w *world) FactorRequired(context.Context, bot9.Principal) (bool, error) { return true, nil }

func (w *world) RequireFactor(context.Context, bot9.Principal, bool) error { return nil }
