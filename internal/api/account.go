package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
)

// Auth knows people, their sessions and keys. Its errors have a meaning for the caller.
type Auth interface {
	ByKey(ctx context.Context, secret, address string) (bot9.Principal, error)
	BySession(ctx context.Context, token, address string) (bot9.Principal, error)

	// WatchKey and WatchSession return a channel that is closed within a second after the secret stops being valid.
	WatchKey(secret string) (ended <-chan struct{}, stop func())
	WatchSession(token string) (ended <-chan struct{}, stop func())

	Signup(ctx context.Context, email, password, name string, from bot9.LoginFrom) (bot9.NewSession, error)
	SignupInvited(ctx context.Context, inviteToken, email, password, name string, from bot9.LoginFrom) (bot9.NewSession, error)
	Login(ctx context.Context, email, password string, from bot9.LoginFrom) (bot9.NewSession, error)
	Logout(ctx context.Context, token string) error

	Invite(ctx context.Context, p bot9.Principal, email string, role bot9.Role) (member bot9.Member, inviteToken string, err error)
	SetRole(ctx context.Context, p bot9.Principal, id bot9.MemberID, role bot9.Role) (bot9.Member, error)
	Remove(ctx context.Context, p bot9.Principal, id bot9.MemberID) error

	// CheckKeyLimits refuses limits that no key can have with Invalid.
	CheckKeyLimits(bot9.KeyLimits) error
	NewKey(name string) (secret string, key bot9.NewKey)
	// ForgetKeys makes sure that a key which has just been rotated or revoked is looked up again.
	ForgetKeys()

	DeviceAuth
	PeopleAuth
	FactorAuth
}

// AccountStore keeps accounts and their members.
type AccountStore interface {
	AccountByID(ctx context.Context, id bot9.AccountID) (bot9.Account, error)
	Members(ctx context.Context, account bot9.AccountID) ([]bot9.Member, error)
}

// Signup is who wants an account.
type Signup struct {
	Email       string `json:"email" maxLength:"320" doc:"Email address of the person who signs up" example:"ada@example.com"`
	Password    string `json:"password" maxLength:"1024" doc:"10 to 256 characters, none of the commonest passwords" example:"correct horse battery staple"`
	Name        string `json:"name" maxLength:"400" doc:"Their full name" example:"Ada Lovelace"`
	Code        string `json:"code,omitempty" maxLength:"40" doc:"Of the second factor, for somebody who has a log-in with one already" example:"123456"`
	InviteToken string `json:"inviteToken,omitempty" maxLength:"200" doc:"From an invitation: joins that account instead of making a new one"`
}

// Login is who wants to come in.
type Login struct {
	Email    string `json:"email" maxLength:"320" doc:"Email address that they signed up with" example:"ada@example.com"`
	Password string `json:"password" maxLength:"1024" doc:"Their password" example:"correct horse battery staple"`
	Code     string `json:"code,omitempty" maxLength:"40" doc:"Of the second factor, where the person has one: the six digits that the app shows, or a code for when it is lost" example:"123456"`
}

// AccountInfo tells who calls.
type AccountInfo struct {
	ID      bot9.AccountID `json:"id" doc:"The account"`
	Email   string         `json:"email" doc:"Of the person who is logged in; with a key, of the account's owner"`
	Name    string         `json:"name" doc:"Of the person who is logged in; with a key, of the account"`
	Chatbot *ChatbotName   `json:"chatbot" doc:"With a key its chatbot, with a session the account's first; null if there is none"`
	Account bot9.Account   `json:"account" doc:"The account"`
	Member  *bot9.Member   `json:"member,omitempty" doc:"The person who is logged in; absent with a key"`
	Role    bot9.Role      `json:"role" enum:"owner,admin,developer,viewer" doc:"What the caller may do; a key counts as a developer"`
	Quotas  bot9.Quotas    `json:"quotas" doc:"How many of each thing there may be"`
}

// TransformSchema implements huma.SchemaTransformer: chatbot may be null.
func (AccountInfo) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["chatbot"] = &huma.Schema{
		Description: s.Properties["chatbot"].Description,
		OneOf:       []*huma.Schema{schemaOf[ChatbotName](r), {Type: "null"}},
	}
	return s
}

type signupInput struct{ Body Signup }

type loginInput struct{ Body Login }

type sessionOutput struct {
	Cookies []http.Cookie `header:"Set-Cookie"`
	Body    AccountInfo
}

type logoutOutput struct {
	Cookie http.Cookie `header:"Set-Cookie"`
}

func (s *server) registerAccount() {
	open := access{guarded: true}
	signup := operation(http.MethodPost, basePath+"auth/signup", tagAccount, "signup",
		"Sign up", "Makes an account with its owner, or joins one by invitation, and logs in: the answer sets the session cookie. Somebody who "+
			"can log in already gives their password, and belongs to several accounts then; a wrong one is answered like any failed log-in. Where the server doesn't let everybody make accounts, it answers 403 `signupClosed`; invitations work always.")
	signup.DefaultStatus = http.StatusCreated
	register(s, open, signup, s.signup)
	register(s, open, operation(http.MethodPost, basePath+"auth/login", tagAccount, "login",
		"Log in", "The answer sets the session cookie. Where the person has a second factor and no `code` is given, it is 401 `secondFactorRequired`: ask for the code, and call again with it."), s.login)
	register(s, access{guarded: true}, operation(http.MethodPost, basePath+"auth/logout", tagAccount, "logout",
		"Log out", "Ends the session. Without one it does nothing."), s.logout)
	register(s, access{role: bot9.Viewer, self: true}, operation(http.MethodGet, basePath+"auth/account", tagAccount, "getAccount",
		"Who am I", "The account, the caller and their chatbot."), s.account)
}

func (s *server) signup(ctx context.Context, _ *caller, in *signupInput) (*sessionOutput, error) {
	you, from := &in.Body, s.loginFrom(ctx)
	from.Code = you.Code
	if you.InviteToken != "" {
		return s.loggedIn(ctx)(s.Auth.SignupInvited(ctx, you.InviteToken, you.Email, you.Password, you.Name, from))
	}
	return s.loggedIn(ctx)(s.Auth.Signup(ctx, you.Email, you.Password, you.Name, from))
}

func (s *server) login(ctx context.Context, _ *caller, in *loginInput) (*sessionOutput, error) {
	from := s.loginFrom(ctx)
	from.Code = in.Body.Code
	return s.loggedIn(ctx)(s.Auth.Login(ctx, in.Body.Email, in.Body.Password, from))
}

// loggedIn returns what answers with a session that has begun.
func (s *server) loggedIn(ctx context.Context) func(bot9.NewSession, error) (*sessionOutput, error) {
	return func(begun bot9.NewSession, err error) (*sessionOutput, error) {
		if err != nil {
			return nil, err
		}
		info, err := s.memberInfo(ctx, &begun.Member, begun.Account)
		if err != nil {
			return nil, err
		}
		session, device := s.cookie(sessionCookie, begun.Token), s.cookie(deviceCookie, begun.Device)
		session.Expires, device.Expires = begun.ExpiresAt.Std(), time.Now().Add(bot9.DeviceTime)
		return &sessionOutput{Cookies: []http.Cookie{session, device}, Body: info}, nil
	}
}

func (s *server) logout(ctx context.Context, _ *caller, _ *struct{}) (*logoutOutput, error) {
	if session, err := exchangeFrom(ctx).request.Cookie(s.cookieName(sessionCookie)); err == nil && session.Value != "" {
		if err := s.Auth.Logout(ctx, session.Value); err != nil {
			return nil, err
		}
	}
	cookie := s.cookie(sessionCookie, "")
	cookie.MaxAge = -1
	return &logoutOutput{Cookie: cookie}, nil
}

// cookieName is the name that a cookie has here. By HTTPS the prefix makes browsers refuse one that another
// host of the domain, or a page without encryption, has set.
func (s *server) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}

func (s *server) cookie(name, value string) http.Cookie {
	return http.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.secure,
	}
}

func (s *server) account(ctx context.Context, c *caller, _ *struct{}) (*output[AccountInfo], error) {
	account, err := s.Store.AccountByID(ctx, c.AccountID)
	if err != nil {
		return nil, err
	}
	if c.Member != nil {
		return answer(s.memberInfo(ctx, c.Member, account))
	}
	return answer(s.keyInfo(ctx, c, account))
}

func (s *server) memberInfo(ctx context.Context, member *bot9.Member, account bot9.Account) (AccountInfo, error) {
	info := AccountInfo{
		ID: account.ID, Email: member.Email, Name: member.Name, Account: account, Member: member, Role: member.Role, Quotas: s.Quotas,
	}
	chatbots, err := s.Store.Chatbots(ctx, account.ID)
	if len(chatbots) > 0 {
		info.Chatbot = &ChatbotName{ID: chatbots[0].ID, Name: chatbots[0].Name}
	}
	return info, err
}

func (s *server) keyInfo(ctx context.Context, c *caller, account bot9.Account) (AccountInfo, error) {
	info := AccountInfo{ID: account.ID, Name: account.Name, Account: account, Role: c.role(), Quotas: s.Quotas}
	chatbot, err := s.Store.Chatbot(ctx, account.ID, c.ChatbotID)
	if err != nil {
		return info, err
	}
	info.Chatbot = &ChatbotName{ID: chatbot.ID, Name: chatbot.Name}
	members, err := s.Store.Members(ctx, account.ID)
	for _, member := range members {
		if member.Role == bot9.Owner {
			info.Email = member.Email
			break
		}
	}
	return info, err
}
