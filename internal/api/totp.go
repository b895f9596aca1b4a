package api

import (
	"context"
	"net/http"

	"github.com/bot9/bot9/internal/bot9"
)

// FactorAuth is what people do with their second factor, and owners with who needs one.
type FactorAuth interface {
	BeginFactor(ctx context.Context, p bot9.Principal, password string, from bot9.LoginFrom) (secret, url string, err error)
	ConfirmFactor(ctx context.Context, p bot9.Principal, code string) (recovery []string, err error)
	DisableFactor(ctx context.Context, p bot9.Principal, password, code string, from bot9.LoginFrom) error
	FactorRequired(ctx context.Context, p bot9.Principal) (bool, error)
	RequireFactor(ctx context.Context, p bot9.Principal, required bool) error
}

// PasswordProof proves who uses the session.
type PasswordProof struct {
	Password string `json:"password" maxLength:"1024" doc:"The person's password"`
}

// TOTPSecret is a second factor that is yet to be confirmed.
type TOTPSecret struct {
	Secret string `json:"secret" doc:"Base32, for typing it into an app" example:"JBSWY3DPEHPK3PXP"`
	URL    string `json:"url" doc:"For an app to take over, as a QR code" example:"otpauth://totp/Bot9:ada@example.com?secret=JBSWY3DPEHPK3PXP&issuer=Bot9"`
}

// FactorCode is a code of the second factor.
type FactorCode struct {
	Code string `json:"code" minLength:"1" maxLength:"40" doc:"The six digits that the app shows" example:"123456"`
}

// RecoveryCodes are for when the second factor is lost.
type RecoveryCodes struct {
	RecoveryCodes []string `json:"recoveryCodes" doc:"Each works once in place of a code; shown this once"`
}

// FactorEnd switches the second factor off.
type FactorEnd struct {
	Password string `json:"password" maxLength:"1024" doc:"The person's password"`
	Code     string `json:"code,omitempty" maxLength:"40" doc:"The six digits that the app shows, or a code for when it is lost; not needed before the factor was confirmed" example:"123456"`
}

type passwordProofInput struct{ Body PasswordProof }

type factorCodeInput struct{ Body FactorCode }

type factorEndInput struct{ Body FactorEnd }

type securityInput struct {
	IfMatch
	Body bot9.Security
}

func (s *server) registerFactors() {
	const path = basePath + "auth/totp"
	self := access{role: bot9.Viewer, session: true, guarded: true, self: true}
	register(s, self, operation(http.MethodPost, path, tagAccount, "beginSecondFactor",
		"Set a second factor up", "Makes the secret of a second factor: codes by time (TOTP, RFC 6238). It is asked for at log-ins once a code of it was confirmed."), s.beginFactor)
	register(s, self, operation(http.MethodPost, path+"/confirm", tagAccount, "confirmSecondFactor",
		"Switch the second factor on", "By a code that the app shows. The answer has ten codes for when the app is lost."), s.confirmFactor)
	register(s, self, operation(http.MethodPost, path+"/disable", tagAccount, "disableSecondFactor",
		"Switch the second factor off", "By the password and a code of either kind, so that somebody with a session alone can't do it."), s.disableFactor)
	register(s, access{role: bot9.Viewer, session: true}, operation(http.MethodGet, basePath+"auth/security", tagAccount, "getSecurity",
		"What the account asks of its people", "Whether they need a second factor."), s.getSecurity)
	register(s, access{role: bot9.Owner, session: true}, operation(http.MethodPatch, basePath+"auth/security", tagAccount, "changeSecurity",
		"Change what the account asks of its people", "Whoever requires a second factor must have one."), s.changeSecurity)
}

func (s *server) beginFactor(ctx context.Context, c *caller, in *passwordProofInput) (*output[TOTPSecret], error) {
	secret, url, err := s.Auth.BeginFactor(ctx, c.Principal, in.Body.Password, s.loginFrom(ctx))
	return answer(TOTPSecret{Secret: secret, URL: url}, err)
}

func (s *server) confirmFactor(ctx context.Context, c *caller, in *factorCodeInput) (*output[RecoveryCodes], error) {
	codes, err := s.Auth.ConfirmFactor(ctx, c.Principal, in.Body.Code)
	return answer(RecoveryCodes{RecoveryCodes: codes}, err)
}

func (s *server) disableFactor(ctx context.Context, c *caller, in *factorEndInput) (*struct{}, error) {
	return nil, s.Auth.DisableFactor(ctx, c.Principal, in.Body.Password, in.Body.Code, s.loginFrom(ctx))
}

func (s *server) getSecurity(ctx context.Context, c *caller, _ *struct{}) (*editable[bot9.Security], error) {
	required, err := s.Auth.FactorRequired(ctx, c.Principal)
	security := bot9.Security{RequireSecondFactor: required}
	return answerEditable(security, security, err)
}

func (s *server) changeSecurity(ctx context.Context, c *caller, in *securityInput) (*editable[bot9.Security], error) {
	err := s.Auth.RequireFactor(in.expect(ctx), c.Principal, in.Body.RequireSecondFactor)
	return answerEditable(in.Body, in.Body, err)
}
