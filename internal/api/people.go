package api

import (
	"context"
	"net/http"
	"net/url"

	"github.com/bot9/bot9/internal/bot9"
)

// PeopleAuth is what people do with their own log-in.
type PeopleAuth interface {
	ChangePassword(ctx context.Context, p bot9.Principal, current, fresh string, from bot9.LoginFrom) error
	ChangeEmail(ctx context.Context, p bot9.Principal, password, email string, from bot9.LoginFrom) error
	ResetLink(ctx context.Context, p bot9.Principal, id bot9.MemberID) (token string, expires bot9.Time, err error)
	ResetPassword(ctx context.Context, token, fresh string) error
	DeleteAccount(ctx context.Context, p bot9.Principal, password string, from bot9.LoginFrom) error

	Sessions(ctx context.Context, p bot9.Principal) ([]bot9.Session, error)
	EndSession(ctx context.Context, p bot9.Principal, id bot9.SessionID) error
	EndOtherSessions(ctx context.Context, p bot9.Principal) error

	Memberships(ctx context.Context, p bot9.Principal) ([]bot9.Membership, error)
	Switch(ctx context.Context, p bot9.Principal, account bot9.AccountID) (bot9.Member, error)
	Join(ctx context.Context, p bot9.Principal, inviteToken string) (bot9.Member, error)
}

// PasswordChange is a new password with the one that it replaces.
type PasswordChange struct {
	Current string `json:"current" maxLength:"1024" doc:"The password until now"`
	New     string `json:"new" maxLength:"1024" doc:"10 to 256 characters, none of the commonest passwords" example:"correct horse battery staple"`
}

// PasswordReset is a new password with a one-time link's token.
type PasswordReset struct {
	Token string `json:"token" minLength:"1" maxLength:"200" doc:"From the link"`
	New   string `json:"new" maxLength:"1024" doc:"10 to 256 characters, none of the commonest passwords" example:"correct horse battery staple"`
}

// EmailChange is a person's new address.
type EmailChange struct {
	Password string `json:"password" maxLength:"1024" doc:"The person's password"`
	Email    string `json:"email" maxLength:"320" doc:"The new address" example:"ada@example.com"`
}

// AccountDeletion confirms that an account is to be deleted.
type AccountDeletion struct {
	Password string `json:"password" maxLength:"1024" doc:"The owner's password"`
}

// ResetLink is a one-time link to set a password, which is shown this once.
type ResetLink struct {
	Token     string    `json:"token" doc:"For POST /api/auth/password/reset; works once"`
	URL       string    `json:"url" doc:"The page that asks for the new password" example:"https://bot9.example.com/reset?token=…"`
	ExpiresAt bot9.Time `json:"expiresAt" format:"date-time" doc:"When it stops working"`
}

// MembershipInfo is an account that a person belongs to.
type MembershipInfo struct {
	Account bot9.Account `json:"account" doc:"The account"`
	Role    bot9.Role    `json:"role" enum:"owner,admin,developer,viewer" doc:"What the person may do in it"`
	Current bool         `json:"current" doc:"The session acts in it"`
}

// AccountChoice says which account to act in.
type AccountChoice struct {
	AccountID *Ref[bot9.AccountID] `json:"accountId" doc:"One of the person's accounts"`
}

// InviteAcceptance takes an invitation up.
type InviteAcceptance struct {
	InviteToken string `json:"inviteToken" minLength:"1" maxLength:"200" doc:"From the invitation, which must be for the person's address"`
}

// SessionPath names a session.
type SessionPath struct {
	SessionID PathID[bot9.SessionID] `path:"sessionId" doc:"The session"`
}

type passwordChangeInput struct{ Body PasswordChange }

type passwordResetInput struct{ Body PasswordReset }

type emailChangeInput struct{ Body EmailChange }

type accountDeletionInput struct{ Body AccountDeletion }

type accountChoiceInput struct{ Body AccountChoice }

type inviteAcceptanceInput struct{ Body InviteAcceptance }

func (s *server) registerPeople() {
	const auth = basePath + "auth/"
	person := access{role: bot9.Viewer, session: true, self: true}
	proving := access{role: bot9.Viewer, session: true, self: true, guarded: true}
	register(s, proving, operation(http.MethodPost, auth+"password", tagAccount, "changePassword",
		"Change the password", "Ends the person's other sessions, and forgets their devices."), s.changePassword)
	register(s, access{guarded: true}, operation(http.MethodPost, auth+"password/reset", tagAccount, "resetPassword",
		"Set a password by a link", "By a one-time link that an admin has made. All of the person's sessions end."), s.resetPassword)
	register(s, proving, operation(http.MethodPost, auth+"email", tagAccount, "changeEmail",
		"Change the email address", "That the person logs in with, in all accounts."), s.changeEmail)
	register(s, access{role: bot9.Admin, session: true}, operation(http.MethodPost, auth+"members/{memberId}/password-reset", tagAccount, "createPasswordReset",
		"Make a link to set a password", "For a member who can't log in and belongs to no other account. The link works once, for an hour, and is shown this once."), s.createPasswordReset)
	register(s, person, operation(http.MethodGet, auth+"sessions", tagAccount, "listSessions",
		"List sessions", "The person's log-ins that have not ended, newest first. A session ends after 30 days, or 7 without a call."), s.listSessions)
	register(s, person, operation(http.MethodDelete, auth+"sessions", tagAccount, "endSessions",
		"Log out everywhere else", "Ends all of the person's sessions but the one that asks."), s.endOtherSessions)
	register(s, person, operation(http.MethodDelete, auth+"sessions/{sessionId}", tagAccount, "endSession",
		"End a session", "One of the person's own."), s.endSession)
	register(s, person, operation(http.MethodGet, auth+"accounts", tagAccount, "listAccounts",
		"List the person's accounts", "A person may belong to several."), s.listAccounts)
	register(s, person, operation(http.MethodPost, auth+"accounts/switch", tagAccount, "switchAccount",
		"Act in another account", "The session acts in it from now on."), s.switchAccount)
	register(s, person, operation(http.MethodPost, auth+"invitations/accept", tagAccount, "acceptInvitation",
		"Take an invitation up", "For somebody who is logged in. The session acts in the account from now on."), s.acceptInvitation)
	register(s, access{role: bot9.Owner, session: true, guarded: true}, operation(http.MethodDelete, auth+"account", tagAccount, "deleteAccount",
		"Delete the account", "With its chatbots and everything in them, its keys and its members. There is no way back."), s.deleteAccount)
}

// loginFrom tells where the request comes from.
func (s *server) loginFrom(ctx context.Context) bot9.LoginFrom {
	r := exchangeFrom(ctx).request
	from := bot9.LoginFrom{Address: s.ClientIP(r), Agent: r.UserAgent()}
	if cookie, err := r.Cookie(s.cookieName(deviceCookie)); err == nil {
		from.Device = cookie.Value
	}
	return from
}

func (s *server) changePassword(ctx context.Context, c *caller, in *passwordChangeInput) (*struct{}, error) {
	return nil, s.Auth.ChangePassword(ctx, c.Principal, in.Body.Current, in.Body.New, s.loginFrom(ctx))
}

func (s *server) resetPassword(ctx context.Context, _ *caller, in *passwordResetInput) (*struct{}, error) {
	return nil, s.Auth.ResetPassword(ctx, in.Body.Token, in.Body.New)
}

func (s *server) changeEmail(ctx context.Context, c *caller, in *emailChangeInput) (*struct{}, error) {
	return nil, s.Auth.ChangeEmail(ctx, c.Principal, in.Body.Password, in.Body.Email, s.loginFrom(ctx))
}

func (s *server) createPasswordReset(ctx context.Context, c *caller, in *MemberPath) (*output[ResetLink], error) {
	token, expires, err := s.Auth.ResetLink(ctx, c.Principal, in.MemberID.ID)
	return answer(ResetLink{Token: token, URL: s.BaseURL + "/reset?token=" + url.QueryEscape(token), ExpiresAt: expires}, err)
}

func (s *server) listSessions(ctx context.Context, c *caller, in *PageQuery) (*output[bot9.List[bot9.Session]], error) {
	all, err := s.Auth.Sessions(ctx, c.Principal)
	return answerPart(ctx, in, all, func(session bot9.Session) int64 { return -int64(session.ID) }, err) // newest first
}

func (s *server) endOtherSessions(ctx context.Context, c *caller, _ *struct{}) (*struct{}, error) {
	return nil, s.Auth.EndOtherSessions(ctx, c.Principal)
}

func (s *server) endSession(ctx context.Context, c *caller, in *SessionPath) (*struct{}, error) {
	return nil, s.Auth.EndSession(ctx, c.Principal, in.SessionID.ID)
}

func (s *server) listAccounts(ctx context.Context, c *caller, in *PageQuery) (*output[bot9.List[MembershipInfo]], error) {
	memberships, err := s.Auth.Memberships(ctx, c.Principal)
	accounts := make([]MembershipInfo, len(memberships))
	for i, m := range memberships {
		accounts[i] = MembershipInfo{Account: m.Account, Role: m.Member.Role, Current: m.Account.ID == c.AccountID}
	}
	return answerPart(ctx, in, accounts, func(m MembershipInfo) int64 { return int64(m.Account.ID) }, err)
}

func (s *server) switchAccount(ctx context.Context, c *caller, in *accountChoiceInput) (*output[AccountInfo], error) {
	member, err := s.Auth.Switch(ctx, c.Principal, in.Body.AccountID.ID)
	return s.nowIn(ctx, member, err)
}

func (s *server) acceptInvitation(ctx context.Context, c *caller, in *inviteAcceptanceInput) (*output[AccountInfo], error) {
	member, err := s.Auth.Join(ctx, c.Principal, in.Body.InviteToken)
	return s.nowIn(ctx, member, err)
}

// nowIn answers with the account that the session acts in from now on.
func (s *server) nowIn(ctx context.Context, member bot9.Member, err error) (*output[AccountInfo], error) {
	if err != nil {
		return nil, err
	}
	account, err := s.Store.AccountByID(ctx, member.AccountID)
	if err != nil {
		return nil, err
	}
	return answer(s.memberInfo(ctx, &member, account))
}

func (s *server) deleteAccount(ctx context.Context, c *caller, in *accountDeletionInput) (*struct{}, error) {
	return nil, s.Auth.DeleteAccount(ctx, c.Principal, in.Body.Password, s.loginFrom(ctx))
}
